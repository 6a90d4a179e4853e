"""What answers say about pace: Retry-After and the rate-limit headers, as seconds from now."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

WEEK = 7 * 86400.0
UNSAID = 60.0  # seconds to stay away after a 429 that does not say how long
SPENT = 600.0  # seconds to stay away where all calls are used up and nothing says until when
SLOWER = 10.0  # seconds between calls where most of them are used up
_METERS = ("x-app-usage", "x-page-usage", "x-business-use-case-usage")
_SHARES = ("call_count", "total_time", "total_cputime")
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


def metered(headers: Mapping[str, str]) -> float | None:
    """Seconds to stay away by Meta's usage headers (percent of what is allowed; minutes until it is again): all of
    them at 100 percent, a moment from 75 on. None: nothing to wait for. Source: developers.facebook.com, rate limiting.
    """
    found = [row for name in _METERS if name in headers for row in _usages(headers[name])]
    rest = max((_number(row.get("estimated_time_to_regain_access")) * 60 for row in found), default=0.0)
    used = max((_number(row.get(share)) for row in found for share in _SHARES), default=0.0)
    if rest > 0 or used >= 100:
        return _within(rest or SPENT)
    return SLOWER if used >= 75 else None


def _usages(text: str) -> list[Mapping[str, object]]:
    """The usage objects of a header: one, or several by the account they are of."""
    try:
        found = json.loads(text)
    except ValueError:
        return []
    if not isinstance(found, dict):
        return []
    rows = [found, *(row for many in found.values() if isinstance(many, list) for row in many)]
    return [row for row in rows if isinstance(row, dict)]


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and value == value else 0.0


def _until(reset: str, now: datetime) -> float | None:
    try:
        at = datetime.fromisoformat(reset.strip())
    except ValueError:
        return None
    return _within((at - now).total_seconds()) if at.tzinfo else None


def _within(seconds: float) -> float | None:
    return min(max(0.0, seconds), WEEK) if seconds == seconds else None  # NaN is no time
