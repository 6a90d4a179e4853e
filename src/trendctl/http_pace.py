"""What answers say about pace: Retry-After and the rate-limit headers, as seconds from now."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

WEEK = 7 * 86400.0
UNSAID = 60.0  # seconds to stay away after a 429 that does not say how long
_EPOCH = 1_000_000_000.0  # a larger "reset" is a point in time (GitHub), a smaller one a duration (Reddit)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds of a Retry-After header (RFC 9110: a number or a date), between 0 and a week; None without one."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        return _within(float(text))
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return _within((at - now).total_seconds())


def exhausted(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds until calls are allowed again, where `x-ratelimit-remaining` says that none is left. None: not said."""
    left, reset = headers.get("x-ratelimit-remaining"), headers.get("x-ratelimit-reset")
    if left is None or reset is None:
        return None
    try:
        if float(left) >= 1:
            return None
        value = float(reset)
    except ValueError:
        return _until(reset, now)
    return _within(value - now.timestamp() if value > _EPOCH else value)


def _until(reset: str, now: datetime) -> float | None:
    try:
        at = datetime.fromisoformat(reset.strip())
    except ValueError:
        return None
    return _within((at - now).total_seconds()) if at.tzinfo else None


def _within(seconds: float) -> float | None:
    return min(max(0.0, seconds), WEEK) if seconds == seconds else None  # NaN is no time
