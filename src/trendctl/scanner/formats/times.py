"""Times from outside, as aware UTC datetimes."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from trendctl.scanner.formats.numbers import number

DAY: Final = 86_400
_EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)


def moment(value: object) -> datetime | None:
    """A time written as RFC 822, ISO 8601 or seconds since 1970 (number or text); None if it is none.

    Without a zone it is taken as UTC. Years outside 1990 to 2099 are no times of ours.
    """
    found = _written(value.strip()) if isinstance(value, str) else _epoch(number(value))
    return found if found is not None and _EARLIEST <= found < _LATEST else None


def _written(text: str) -> datetime | None:
    if not text or len(text) > 64:
        return None
    if text.isascii() and text.isdigit() and len(text) in (9, 10):
        return _epoch(float(text))
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        try:
            found = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    try:
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _epoch(seconds: float | None) -> datetime | None:
    if seconds is None or not 0 <= seconds < 4_200_000_000:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def day_of(at: datetime) -> datetime:
    """The start of the UTC day that `at` lies in."""
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def days_before(now: datetime, count: int) -> list[datetime]:
    """The `count` (at least one) whole UTC days before today, oldest first. Today is left out: it is not over."""
    today = day_of(now)
    return [today - timedelta(days=back) for back in range(max(1, count), 0, -1)]
