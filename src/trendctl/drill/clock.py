"""The drill's clock: real time with an offset that a run moves on, and durations that can be made to pass faster."""

import threading
import time
from datetime import UTC, datetime, timedelta


class DrillClock:
    """A `ports.Clock`. `sleep` moves the offset instead of waiting; `speed` lets deadlines pass sooner.

    It starts at the real time, because files and log lines carry real times beside the stored ones.
    """

    def __init__(self, offset: float = 0.0, speed: float = 1.0) -> None:
        self._offset = offset
        self._lock = threading.Lock()
        self.speed = speed

    def now(self) -> datetime:
        """The time of the run, aware, UTC."""
        with self._lock:
            return datetime.now(UTC) + timedelta(seconds=self._offset)

    def monotonic(self) -> float:
        """Seconds for durations and deadlines, `speed` times as many as really pass."""
        return time.monotonic() * self.speed

    def sleep(self, seconds: float) -> None:
        """Return at once, that much later."""
        self.advance(max(0.0, seconds))

    def advance(self, seconds: float) -> None:
        """Set the clock on, or back for a negative number."""
        with self._lock:
            self._offset += seconds

    def at_least(self, epoch: int) -> None:
        """Not before that time: a home that slept through its own past would see a clock set back."""
        behind = epoch - self.now().timestamp()
        if behind > 0:
            self.advance(behind)
