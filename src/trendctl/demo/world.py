"""What differs from a real run: the transport and the clock. Everything else is the program itself."""

import threading
import time
from datetime import datetime, timedelta

import httpx

from trendctl.demo.answers import answer


class DemoClock:
    """A clock that starts in the past and moves by `sleep` and `advance` only; durations are real."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The simulated time, UTC."""
        with self._lock:
            return self._now

    def monotonic(self) -> float:
        """Real seconds: deadlines stay deadlines."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Simulated waiting takes no time."""
        self.advance(max(0.0, seconds))

    def advance(self, seconds: float) -> None:
        """Move on."""
        with self._lock:
            self._now += timedelta(seconds=seconds)


def transport(clock: DemoClock, start: datetime) -> httpx.MockTransport:
    """Answers every call from the simulation; nothing leaves the process."""

    def handle(request: httpx.Request) -> httpx.Response:
        status, kind, body = answer(str(request.url), clock.now(), start)
        return httpx.Response(status, headers={"content-type": kind}, content=body)

    return httpx.MockTransport(handle)
