"""Figures that a platform gives in part, or in more detail than every platform does."""

from collections.abc import Sequence
from dataclasses import dataclass

from trendctl.errors import AccessError
from trendctl.ports import DayMetrics


class Withheld(AccessError):
    """Some figures cannot be read, the others can: `given` holds the days without what is missing."""

    def __init__(self, what: str, *, given: Sequence[DayMetrics], why: str = "", next: str = "") -> None:
        super().__init__(what, why=why, next=next)
        self.given = given


@dataclass(frozen=True, slots=True)
class RefundedDay(DayMetrics):
    """A day whose refunds the platform tells itself: `refunds_minor`, on the day they were made, goodwill too."""

    refunds_minor: int | None = None
