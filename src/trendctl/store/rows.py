"""Ids and time for rows."""

import uuid
from datetime import UTC, datetime


def new_id() -> str:
    """A random id (UUID4 as 32 hex digits): unique across databases, so that a rebuild never collides."""
    return uuid.uuid4().hex


def epoch(moment: datetime) -> int:
    """Epoch seconds of an aware time, as the columns hold it."""
    return int(moment.timestamp())


def moment(seconds: int | None) -> datetime | None:
    """The aware UTC time of a column; None stays None."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
