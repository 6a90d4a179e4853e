"""The schedule as data: which jobs there are, when each is due, how long it may take."""

from collections.abc import Mapping
from dataclasses import dataclass

MINUTE, HOUR, DAY = 60, 3600, 86_400


@dataclass(frozen=True, slots=True)
class Plan:
    """One job. `every`: seconds between two runs; `aligned`: they begin at whole multiples of it (UTC), else counted
    from the last run. `lane`: jobs of one lane run one after the other, lanes side by side. `longest`: the seconds
    after which it counts as stuck. `reports_missed`: a whole interval without a run is told.
    """

    name: str
    every: int
    lane: str = "work"
    longest: int = HOUR
    aligned: bool = False
    reports_missed: bool = False
    quiet: bool = False  # not in the market's quiet hours
    optional: bool = False  # only where the settings ask for it: its lateness says nothing

    def next_due(self, started: int) -> int:
        """When it is due after a run that began at `started` (epoch seconds)."""
        return (started // self.every + 1) * self.every if self.aligned else started + self.every

    def missed(self, last_started: int | None, now: int) -> int:
        """How many whole intervals passed without a run, before the one of now."""
        if not self.reports_missed or last_started is None:
            return 0
        return max(0, now // self.every - last_started // self.every - 1)


PLANS: tuple[Plan, ...] = (
    Plan("scan", HOUR, longest=20 * MINUTE, aligned=True, reports_missed=True),
    Plan("analyze", HOUR, longest=HOUR),
    Plan("reconcile", HOUR, longest=20 * MINUTE),
    Plan("track", HOUR, longest=20 * MINUTE),
    Plan("post", 10 * MINUTE, longest=30 * MINUTE, quiet=True, optional=True),
    Plan("backup", DAY, longest=HOUR),
    Plan("retention", DAY, longest=2 * HOUR),
    Plan("restore_drill", 7 * DAY, longest=HOUR),
    Plan("deep_check", 7 * DAY, longest=2 * HOUR),
    Plan("health", 5 * MINUTE, lane="watch", longest=5 * MINUTE),
    Plan("notify", 15 * MINUTE, lane="watch", longest=5 * MINUTE, quiet=True, optional=True),
)
LANES: tuple[str, ...] = ("work", "watch")  # in this order where one process runs both


def longest() -> Mapping[str, int]:
    """The seconds that each job which always runs may take; by these health judges lateness."""
    return {plan.name: plan.longest for plan in PLANS if not plan.optional}


def is_quiet(hours: str, timezone: str, now: int) -> bool:
    """Whether `now` lies within quiet hours such as 22:00-07:00 on the market's wall clock; "" is never.

    Wall times are compared, so a change of daylight saving time needs no care: the night is an hour longer or shorter.
    """
    if not hours:
        return False
    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo

    wall = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(timezone)).strftime("%H:%M")
    begin, end = hours.split("-")
    if begin == end:
        return False
    return begin <= wall < end if begin < end else wall >= begin or wall < end
