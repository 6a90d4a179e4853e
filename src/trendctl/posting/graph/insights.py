"""Reading Meta's figures of a post."""

from datetime import UTC, date, datetime
from typing import Any

from trendctl.ports import Json
from trendctl.posting.body import part, text
from trendctl.posting.graph import api


def total(body: Json, metric: str) -> int | None:
    """The newest value of a metric; None where Meta gives none (an empty set is no zero)."""
    for row in api.rows(body):
        values = api.rows(row.get("values"))
        found: Any = values[-1].get("value") if values else part(row.get("total_value")).get("value")
        if row.get("name") == metric and isinstance(found, int) and not isinstance(found, bool):
            return found
    return None


def day_of(told: object) -> date | None:
    """The UTC day of Meta's time (2026-06-01T12:00:00+0000); None where it is none."""
    try:
        at = datetime.strptime(text(told), "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        return None
    return at.astimezone(UTC).date()
