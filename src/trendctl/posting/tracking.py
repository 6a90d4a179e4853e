"""`track`: how the listings do, a day each, read again while it may still change. Nothing is changed there.

What a platform does not give stays "not given". Buyers are never asked for: a platform's hook hands out counts and
amounts only.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from trendctl.commerce.fees import FEES_VERSION, NoFeeTable, Terms, fees_for
from trendctl.commerce.money import CurrencyMismatch, Money, round_minor
from trendctl.errors import AccessError, TrendctlError
from trendctl.ports import DayMetrics, Json, Sold
from trendctl.posting.calls import late_of
from trendctl.posting.figures import RefundedDay, Withheld
from trendctl.store import metrics, operations, stocks
from trendctl.store.metrics import DayRow
from trendctl.store.rows import epoch
from trendctl.store.writers import Role

if TYPE_CHECKING:
    from trendctl.posting.service import Posting

DAY = 86_400
EPOCH = date(1970, 1, 1)
LATE_DAYS = 14  # days before the newest one that are read again: orders are cancelled, returned, settled late
FIRST_DAYS = 90  # of a listing that was never read
ENDED_DAYS = 60  # an ended listing still gets returns and late data


@dataclass(slots=True)
class Tracked:
    """What one platform and account gave. `told`: what could not be read, only the first time it happened."""

    platform: str
    account: str
    listings: int = 0
    days: int = 0
    changed: int = 0
    state: str = "ok"  # ok, partial (some days were left out), n/a (the platform gives nothing), failed
    told: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Json]:
        """A row of `track --json`."""
        return {name: getattr(self, name) for name in self.__slots__}


def track(work: "Posting", platform: str | None = None) -> list[Tracked]:
    """Read the performance of every listing that is or was lately on sale; a row for each account."""
    now = epoch(work.clock.now())
    with work.store.write(Role.POSTING) as db:
        stocks.count(db, now)  # a number told since the last look begins before what is read now
    with work.store.read() as db:
        rows = metrics.to_track(db, now - ENDED_DAYS * DAY)
        newest = metrics.last_days(db)
    by_account: dict[tuple[str, str], list[Any]] = {}
    for row in rows:
        if platform in (None, row["platform"]):
            by_account.setdefault((row["platform"], row["account"]), []).append(row)
    return [_account(work, key, mine, newest, now) for key, mine in sorted(by_account.items())]


def _account(
    work: "Posting", key: tuple[str, str], rows: Sequence[Any], newest: Mapping[str, int], now: int
) -> Tracked:
    name, account = key
    done = Tracked(name, account)
    platform = work.platforms.get(name)
    ask = getattr(platform, "performance", None)
    if ask is None:
        done.state = "n/a"
        words = f"{name} gives no figures" if platform is not None else f"{name} is not enabled"
        _tell(work, done, words, now)
        return done
    try:
        with work.talk(name) as talk:
            for row in rows:
                if not _one(work, done, row, lambda sold, days: ask(sold, days, talk), newest.get(row["id"]), now):
                    break
    except TrendctlError as fault:  # there is no way out to the platform at all
        done.state = "failed"
        _tell(work, done, str(fault), now)
    if done.state == "ok":
        with work.store.write(Role.POSTING) as db:
            metrics.clear_notes(db, name, account)
    return done


def _one(
    work: "Posting", done: Tracked, row: Any, ask: Callable[[Sold, Sequence[date]], Sequence[DayMetrics]],
    newest: int | None, now: int,
) -> bool:  # fmt: skip
    """Read one listing. False: the whole account is of no use now (a permission is missing)."""
    days = wanted_days(now // DAY, row["created_at"] // DAY, newest)
    try:
        given = ask(_sold(work, row), days)
    except Withheld as fault:
        given = fault.given
        done.state = "partial" if done.state == "ok" else done.state
        _tell(work, done, str(fault), now)
    except AccessError as fault:
        done.state = "failed"
        _tell(work, done, str(fault), now)
        return False
    except Exception as fault:  # noqa: BLE001 - one edge per leaf call: one listing's trouble is its own
        done.state = "failed"
        # The words of a foreign error may hold what a reply held, a buyer's name among it.
        why = str(fault) if isinstance(fault, TrendctlError) else type(fault).__name__
        _tell(work, done, f"a listing cannot be read: {why}", now)
        return True
    kept, wrong = day_rows(given, days, row)
    for words in wrong:
        done.state = "partial" if done.state == "ok" else done.state
        _tell(work, done, words, now)
    with work.store.write(Role.POSTING) as db:
        done.changed += metrics.save(db, row["id"], kept, now)
    done.listings, done.days = done.listings + 1, done.days + len(kept)
    return True


def wanted_days(today: int, listed: int, newest: int | None) -> list[date]:
    """The UTC days to ask for, oldest first, today's included: what is new, and what may have changed since."""
    first = max(listed, today - FIRST_DAYS) if newest is None else max(listed, newest - LATE_DAYS)
    return [EPOCH + timedelta(days=day) for day in range(min(first, today), today + 1)]


def day_rows(given: Sequence[DayMetrics], days: Sequence[date], row: Any) -> tuple[list[DayRow], list[str]]:
    """The days as they are stored, and what is wrong with those that are not. A day that was not asked for is dropped.

    `row`: the listing with its `currency`, `category` and the approved `intent`'s market and price.
    """
    asked, kept, wrong = set(days), {}, []
    for one in given:
        problem = _problem(one, row)
        if problem:
            wrong.append(problem)
        elif one.day in asked:
            kept[one.day] = _row(one, row)
    return [kept[day] for day in sorted(kept)], sorted(set(wrong))


def _problem(one: DayMetrics, row: Any) -> str:
    figures = (one.views, one.clicks, one.orders, one.units, one.revenue_minor, one.returns)
    if any(figure is not None and figure < 0 for figure in figures):
        return f"{row['platform']} told a figure below 0: that day is left out"
    if (one.revenue_minor is not None or one.fees_minor is not None) and one.currency != row["currency"]:
        told = one.currency or "no currency"
        return f"{row['platform']} told amounts in {told}, the listing is in {row['currency']}: those days are left out"
    return ""


def _row(one: DayMetrics, row: Any) -> DayRow:
    refunds = _refunds(one, row)
    fees, by = one.fees_minor, "platform" if one.fees_minor is not None else ""
    if fees is None and one.revenue_minor is not None and one.units is not None:
        fees = _reckoned(one, row)
        by = FEES_VERSION if fees is not None else ""
    return DayRow(
        (one.day - EPOCH).days, one.views, one.clicks, one.orders, one.units, one.revenue_minor, fees, one.returns,
        refunds, one.currency if one.revenue_minor is not None or one.fees_minor is not None else None, by,
    )  # fmt: skip


def _refunds(one: DayMetrics, row: Any) -> int | None:
    """What was paid back: the platform's own figure, else what the units sent back were sold for, by the day's own
    price or the listing's. None: returns not given."""
    if isinstance(one, RefundedDay) and one.refunds_minor is not None:
        return one.refunds_minor
    if one.returns is None:
        return None
    if one.units and one.revenue_minor is not None:
        return round_minor(Decimal(one.returns * one.revenue_minor) / one.units, "half_up")
    return one.returns * int(row["price_minor"] or 0)


def _reckoned(one: DayMetrics, row: Any) -> int | None:
    """The day's fees by the dated table: of each unit, and once an order what is taken once an order (where the orders
    are not told, each unit is one); what is refundable comes back with returns. None: the market has no table."""
    units, returns = one.units or 0, one.returns or 0
    if units == 0 and returns == 0:
        return 0
    orders = max(1, min(units, units if one.orders is None else one.orders))
    revenue, where = Decimal(one.revenue_minor or 0), (row["platform"], row["marketplace"], row["category"])
    price = round_minor(revenue / units, "half_up") if units else int(row["price_minor"] or 0)
    of_unit = _fee(*where, price, str(row["currency"]))
    of_order = _fee(*where, round_minor(revenue / orders, "half_up"), str(row["currency"]))
    if of_unit is None or of_order is None:
        return None
    return units * of_unit[0] + (orders * of_order[1] if units else 0) - returns * of_unit[2]


@lru_cache(maxsize=4096)
def _fee(platform: str, marketplace: str, category: str, price: int, currency: str) -> tuple[int, int, int] | None:
    """Fees of one unit, fees of one order, and the part of the unit's that a refund brings back."""
    try:
        found = fees_for(Terms(platform, marketplace or "US", category or None), Money(price, currency))
    except (NoFeeTable, CurrencyMismatch):
        return None
    once = sum(line.amount.minor for line in found.lines if line.per_order)
    return found.total.minor - once, once, found.refundable.minor


def _sold(work: "Posting", row: Any) -> Sold:
    with work.store.read() as db:
        late = late_of(operations.of_listing(db, row["id"]))
    return Sold(row["sku"], row["external_id"], row["url"], row["marketplace"], str(row["currency"]), late)


def _tell(work: "Posting", done: Tracked, words: str, now: int) -> None:
    with work.store.write(Role.POSTING) as db:
        if metrics.note(db, done.platform, done.account, words, now):
            done.told.append(words)
