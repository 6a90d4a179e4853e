"""Prices that sales and competition speak for: proposed as drafts, one at a time; a person approves or not."""

import json
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from trendctl.commerce.money import round_minor
from trendctl.errors import TrendctlError
from trendctl.ports import Action, Json
from trendctl.posting import checks
from trendctl.posting.drafting import Drafting
from trendctl.posting.proposing import propose
from trendctl.store import cases, decisions, metrics, supplies
from trendctl.store.rows import epoch

DAY = 86_400
WATCHED = 21 * DAY  # a listing is given that long before its price is doubted
ENOUGH_VIEWS = 100  # fewer say nothing about the price
GOOD_FORTNIGHT = 10  # units in 14 days that speak for a higher price
QUIET = 7 * DAY  # after a draft of any kind: a listing's price is proposed once a week at most
DOWN, UP = Fraction(9, 10), Fraction(21, 20)  # the largest step


@dataclass(frozen=True, slots=True)
class Proposal:
    """A price draft. Minor units of `currency`."""

    product_id: int
    platform: str
    old_minor: int
    new_minor: int
    currency: str
    why: str


def propose_prices(work: Drafting) -> list[Proposal]:
    """Make a draft for each live listing whose sales speak for another price; nothing changes before it is approved."""
    now = epoch(work.clock.now())
    with work.store.read() as db:
        rows = metrics.priced(db, now - WATCHED, now - QUIET, now // DAY - 13)
        wanted = [(row, found) for row in rows if (found := wish(row)) and not _too_low(db, work, row, found[0])]
    made = []
    for row, (price, why) in wanted:
        changes: dict[str, Json] = {"price": {"minor": price, "currency": row["currency"]}}
        try:
            propose(work, row["product_id"], row["platform"], Action.REPRICE, changes, f"proposed because: {why}")
        except TrendctlError:
            continue  # not enabled any more, or ended meanwhile
        made.append(Proposal(row["product_id"], row["platform"], row["price_minor"], price, row["currency"], why))
    return made


def wish(row: Any) -> tuple[int, str] | None:
    """The price that the figures speak for, and why; None: none. Only prices that were seen of this product count."""
    price, mid, high = row["price_minor"], row["price_mid"], row["price_high"]
    if row["units"] is None or mid is None or row["asked_currency"] != row["currency"]:
        return None
    if row["units"] == 0 and (row["views"] or 0) >= ENOUGH_VIEWS and mid < price:
        lower = max(mid, round_minor(price * DOWN, "up"))
        return (lower, f"{row['views']} views and no sale, others ask less") if lower < price else None
    if row["recent"] >= GOOD_FORTNIGHT and price < high:
        higher = min(high, round_minor(price * UP, "down"))
        return (higher, f"{row['recent']} sold in 14 days, others ask more") if higher > price else None
    return None


def _too_low(db: Any, work: Drafting, row: Any, price: int) -> bool:
    """Whether the price would be below the floor: then it is not even proposed."""
    approval = decisions.approval(db, row["decision_id"])
    supply = supplies.row(db, row["product_id"])
    if approval is None or supply is None:
        return True
    doc = {**json.loads(approval.intent), "price": {"minor": price, "currency": row["currency"]}}
    return bool(checks.below_floor(doc, cases.supply_view(supply), work.context.minimum_margin))
