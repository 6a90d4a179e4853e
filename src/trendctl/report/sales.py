"""How it sells, gathered once for `stats` and `report`: groups of listings with their last days."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trendctl.report.profit import Group, grouped
from trendctl.store import counts

DAYS = 28  # of a sparkline
_Day = list[int]


@dataclass(frozen=True, slots=True)
class Sales:
    """`days`: units (or views, where nothing sold) of each of the last days by listing number, oldest first."""

    rows: Sequence[Mapping[str, Any]]
    whole: Group
    platforms: list[Group]
    products: list[Group]
    categories: list[Group]
    sources: list[Group]
    units: Mapping[int, _Day]
    views: Mapping[int, _Day]
    titles: Mapping[int, str]

    def spark(self, group: Group) -> tuple[str, list[int]]:
        """What the sparkline of a group counts ("units", "views" or ""), and its days."""
        for name, days in (("units", self.units), ("views", self.views)):
            found = [days[number] for number in group.numbers if number in days]
            if found:
                return name, [sum(column) for column in zip(*found, strict=True)]
        return "", []


def gather(db: Any, now: int) -> Sales:
    """All sales from an open reading connection. `now` in epoch seconds: the sparklines end with its day."""
    rows = [dict(row) for row in counts.sales(db)]
    of = counts.sources_of_listed(db)
    first = now // counts.DAY - DAYS + 1
    units: dict[int, _Day] = defaultdict(lambda: [0] * DAYS)
    views: dict[int, _Day] = defaultdict(lambda: [0] * DAYS)
    for number, day, sold, seen in counts.sold_by_day(db, first):
        if day < first + DAYS:
            if sold:
                units[number][day - first] = sold
            if seen:
                views[number][day - first] = seen
    whole = Group("")
    for row in rows:
        whole.add(row)
    return Sales(
        rows, whole, grouped(rows, lambda r: (r["platform"],)), grouped(rows, lambda r: (r["product_id"],)),
        grouped(rows, lambda r: (top_level(r["category"]),)), grouped(rows, lambda r: of.get(r["product_id"], ())),
        dict(units), dict(views), {r["product_id"]: r["title"] for r in rows},
    )  # fmt: skip


def top_level(category: str) -> str:
    """The first two levels of a category's path; "(none)" without one."""
    parts = [part.strip() for part in category.split(">") if part.strip()]
    return " > ".join(parts[:2]) or "(none)"


def as_json(group: Group, name: str, sales: Sales) -> dict[str, Any]:
    """A group for `stats --json`. None: no platform gives the figure."""
    what, days = sales.spark(group)
    rate = group.conversion
    return {
        name: group.key, "listings": group.listings, **group.sums,
        "conversion": None if rate is None else round(rate, 6),
        "money": [purse.to_json() for _, purse in sorted(group.purses.items())],
        "last_days": days, "last_days_of": what,
    }  # fmt: skip
