"""The real clock. Everything else takes a Clock as an argument."""

import threading
import time
from datetime import UTC, datetime


class SystemClock:
    """Wall time in UTC; `sleep` can be cut short by `stop` (set on SIGINT and SIGTERM)."""

    def __init__(self, stop: threading.Event | None = None) -> None:
        self.stop = stop or threading.Event()

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never run backwards, for durations."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait, or return early once `stop` is set."""
        self.stop.wait(max(0.0, seconds))
