"""Stand-ins that tests of many parts share."""

import threading
from datetime import UTC, datetime, timedelta

START = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


class FakeClock:
    """A ports.Clock whose time moves only by `sleep` and `advance`; safe to share between threads."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self._monotonic = 1000.0
        self._lock = threading.Lock()
        self.slept: list[float] = []

    def now(self) -> datetime:
        with self._lock:
            return self._now

    def monotonic(self) -> float:
        with self._lock:
            return self._monotonic

    def sleep(self, seconds: float) -> None:
        """Return at once, that much later."""
        with self._lock:
            self.slept.append(seconds)
        self.advance(max(0.0, seconds))

    def advance(self, seconds: float) -> None:
        with self._lock:
            self._now += timedelta(seconds=seconds)
            self._monotonic += seconds
