"""What the sales left, in whole minor units, and never a guess: what is not known makes the result unknown.

    profit = revenue - refunds - fees - units x (landed cost + packaging + outbound shipping + ads)

Revenue is what buyers paid before refunds. Where a platform does not give refunds, the profit is before returns and
counted as such. The goods of a returned unit count as lost. Fees are the platform's own
figure, else reckoned by the dated table when the day was read (posting/tracking.py), refundable parts given back.
A unit's cost is kept with the day that was read first with it; a cost told later counts from then on.
Sales tax passes through. Currencies are never added up or converted.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from trendctl.commerce.money import Money

SUMS = ("views", "clicks", "orders", "units", "returns")


@dataclass(slots=True)
class Purse:
    """Sums in one currency; None: of no listing known. `of`, `known`, `early`: listings with sales, with profit, and
    with a profit that is before returns."""

    currency: str
    revenue: int = 0
    refunds: int | None = None
    fees: int | None = None
    cost: int | None = None
    profit: int | None = None
    of: int = 0
    known: int = 0
    early: int = 0

    @property
    def note(self) -> str:
        """What to know of the profit: for how much of the sales it is known, and whether returns are off it."""
        found = [] if self.known == self.of else [f"known for {self.known} of {self.of} that sold"]
        if self.early:
            found.append("before returns" if self.early == self.known else f"before returns for {self.early}")
        return "; ".join(found)

    def to_json(self) -> dict[str, Any]:
        """Amounts as decimal text in major units."""
        amounts = {n: getattr(self, n) for n in ("revenue", "refunds", "fees", "cost", "profit")}
        told = {n: None if v is None else str(Money(v, self.currency).decimal()) for n, v in amounts.items()}
        return {"currency": self.currency, **told, "listings_sold": self.of, "listings_with_profit": self.known,
                "listings_before_returns": self.early}  # fmt: skip


@dataclass(slots=True)
class Group:
    """Listings of one kind. A sum is None when no listing of it has the figure."""

    key: Any
    listings: int = 0
    sums: dict[str, int | None] = field(default_factory=lambda: dict.fromkeys(SUMS))
    seen: int = 0  # views, and the orders (else units) beside them, of listings that give both
    bought: int = 0
    purses: dict[str, Purse] = field(default_factory=dict)
    numbers: list[int] = field(default_factory=list)

    @property
    def conversion(self) -> float | None:
        """Orders a view, of the listings that give both; None without any."""
        return self.bought / self.seen if self.seen else None

    def add(self, row: Mapping[str, Any]) -> None:
        """One listing of `counts.sales`."""
        self.listings += 1
        if row["number"] is None:
            return
        self.numbers.append(row["number"])
        for name in SUMS:
            if row[name] is not None:
                self.sums[name] = (self.sums[name] or 0) + row[name]
        bought = row["orders"] if row["orders"] is not None else row["units"]
        if row["views"] and bought is not None:
            self.seen, self.bought = self.seen + row["views"], self.bought + bought
        if row["revenue_minor"] is not None:
            self._earn(row)

    def _earn(self, row: Mapping[str, Any]) -> None:
        purse = self.purses.setdefault(row["currency"], Purse(row["currency"]))
        purse.revenue += row["revenue_minor"]
        if row["refunds_minor"] is not None:
            purse.refunds = (purse.refunds or 0) + row["refunds_minor"]
        if row["fees_minor"] is not None:
            purse.fees = (purse.fees or 0) + row["fees_minor"]
        spent, left = cost(row), profit(row)
        if spent is not None:
            purse.cost = (purse.cost or 0) + spent
        if row["units"] or row["revenue_minor"]:
            purse.of += 1
            purse.known += left is not None
            purse.early += left is not None and row["refunds_minor"] is None
        if left is not None:
            purse.profit = (purse.profit or 0) + left


def cost(row: Mapping[str, Any]) -> int | None:
    """The landed cost of the units sold, in the sales' currency: as it was when their day was first read, else as it
    is now. None while it is not told, or told in another currency; or while units are not told of all that sold."""
    if row["units"] is None or row["cost_minor"] is None:
        return None
    if not row["uncosted"]:
        return int(row["cost_minor"])
    if row["unit_minor"] is None or row["cost_currency"] != row["currency"]:
        return None
    return int(row["cost_minor"] + row["uncosted"] * row["unit_minor"])


def profit(row: Mapping[str, Any]) -> int | None:
    """What one listing's sales left, before returns where refunds are not given; None when its revenue, fees or cost
    are not known."""
    spent = cost(row)
    if row["revenue_minor"] is None or row["fees_minor"] is None or spent is None:
        return None
    return int(row["revenue_minor"] - (row["refunds_minor"] or 0) - row["fees_minor"] - spent)


def grouped(rows: Iterable[Mapping[str, Any]], keys: Callable[[Mapping[str, Any]], Sequence[Hashable]]) -> list[Group]:
    """The listings by each of their keys (a product of three sources counts for each of the three), most revenue first.

    Where currencies differ, revenue is compared by minor units: it orders the rows, nothing else.
    """
    found: dict[Hashable, Group] = {}
    for row in rows:
        for key in keys(row):
            found.setdefault(key, Group(key)).add(row)
    return sorted(found.values(), key=lambda g: (-sum(p.revenue for p in g.purses.values()), str(g.key)))
