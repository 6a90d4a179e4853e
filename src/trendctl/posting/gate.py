"""May this account be called now? Its token buckets, its circuit breaker, and what the other side asked for."""

import re
from urllib.parse import urlsplit

from trendctl.ports import Answer, CallLimit, Clock, Wire
from trendctl.store import http_gate
from trendctl.store.engine import Store

PATIENCE = 65.0  # seconds a call waits for its turn; a longer wait is told, and left for the next `post`


class Gate:
    """`refusal` looks, `enter` takes a token (waiting for it), `leave` counts what came of the call."""

    def __init__(self, store: Store, clock: Clock, platform: str, account: str, limits: tuple[CallLimit, ...]) -> None:
        self._store = store
        self._clock = clock
        self._name = f"{platform}/{account}"
        self._platform = platform
        self._limits = limits

    def refusal(self, wire: Wire, host: str) -> str:
        """Why the call may not be made for longer than PATIENCE; "" when it may be."""
        now, limit = self._now(), self._limit(wire)
        bucket = (self._bucket(limit), limit.calls, limit.seconds) if limit is not None else None
        view = http_gate.look(self._store, self._name, host, bucket, now)
        breaker, pause = view.circuit, view.held_until - now
        if breaker.open_until > now:
            rest = self._in(breaker.open_until - now)
            return f"{self._platform} failed {breaker.failures} times in a row ({breaker.cause}): {rest}"
        if pause > PATIENCE:
            return f"{self._platform} asked for a pause: {self._in(pause)}"
        if limit is not None and view.bucket_wait > PATIENCE:
            return f"the limit of {limit.calls} calls is used up ({limit.name}): {self._in(view.bucket_wait)}"
        return ""

    def enter(self, wire: Wire) -> bool:
        """Take this call's token, after a wait where it is short; False where it would be long."""
        limit = self._limit(wire)
        while limit is not None:
            wait = http_gate.take(self._store, self._bucket(limit), limit.calls, limit.seconds, self._now())
            if wait <= 0.0:
                return True
            if wait > PATIENCE:
                return False
            self._clock.sleep(wait + 0.001)
        return True

    def leave(self, answer: Answer) -> None:
        """No answer, 429 and 5xx are failures; anything else means that the other side works."""
        if answer.status in (0, 429) or answer.status >= 500:
            cause = answer.error or f"HTTP {answer.status}"
            http_gate.failed(self._store, self._name, cause[:200], self._now())
        else:
            http_gate.succeeded(self._store, self._name)

    def _limit(self, wire: Wire) -> CallLimit | None:
        target = f"{wire.method} {urlsplit(wire.url).path}"
        return next((limit for limit in self._limits if re.match(limit.pattern, target)), None)

    def _bucket(self, limit: CallLimit) -> str:
        return f"{self._name} {limit.name}"

    def _now(self) -> float:
        return self._clock.now().timestamp()

    @staticmethod
    def _in(seconds: float) -> str:
        return f"try again in {seconds / 60:.0f} min" if seconds > 90 else f"try again in {seconds:.0f} s"
