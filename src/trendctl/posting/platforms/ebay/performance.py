"""How an eBay listing does: views from the traffic report, the rest from orders. What eBay does not give is None."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from weakref import WeakKeyDictionary

from trendctl.errors import AccessError, TrendctlError
from trendctl.ports import DayMetrics, Sold, Talk
from trendctl.posting.figures import RefundedDay, Withheld
from trendctl.posting.platforms.ebay import orders, traffic
from trendctl.posting.platforms.ebay.orders import Sale


@dataclass(slots=True)
class _Told:
    """What one talk was told already: both answers are of the whole account. `since`: the first day of the sales."""

    reports: traffic.Reports = field(default_factory=traffic.Reports)
    sales: dict[str, list[Sale]] = field(default_factory=dict)  # by the currency asked for
    since: dict[str, date] = field(default_factory=dict)
    fault: TrendctlError | None = None


_TOLD: "WeakKeyDictionary[Talk, _Told]" = WeakKeyDictionary()  # gone with the talk, which lives for one `track`


def performance(listing: Sold, days: Sequence[date], talk: Talk) -> Sequence[DayMetrics]:
    """The days, oldest first. Raises Withheld where one of the two cannot be read, AccessError where both cannot."""
    told = _told(talk)
    number = listing.late.get("listing_id") or listing.external_id
    seen = traffic.seen(number, listing.marketplace, days, talk, told.reports)
    try:
        sales = _sales(listing, days, talk, told)
    except TrendctlError as fault:
        if not seen:
            raise
        views = [DayMetrics(day, *seen[day]) for day in sorted(seen)]
        raise Withheld(fault.what, why=fault.why, next=fault.next, given=views) from fault
    mine = [s for s in sales if _is_of(s, listing, number)]
    given = [_day(day, mine, listing.currency, seen.get(day, (None, None))) for day in days]
    if told.reports.withheld:
        raise Withheld(told.reports.withheld, given=given)
    return given


def _told(talk: Talk) -> _Told:
    try:
        return _TOLD.setdefault(talk, _Told())
    except TypeError:  # a talk that nothing can be remembered of: everything is asked anew
        return _Told()


def _sales(listing: Sold, days: Sequence[date], talk: Talk, told: _Told) -> list[Sale]:
    if told.fault is not None:
        raise told.fault
    key, first = listing.currency, min(days)
    if key not in told.since or first < told.since[key]:
        try:
            told.sales[key] = orders.read(first, talk, listing.marketplace, listing.currency)
        except AccessError as fault:
            told.fault = fault
            raise
        told.since[key] = first
    return told.sales[key]


def _is_of(sale: Sale, listing: Sold, number: str) -> bool:
    """By the listing's number, which changes when a SKU is listed again; by SKU where eBay gives no number."""
    return sale.listing_id == number if sale.listing_id and number else sale.sku == listing.sku


def _day(day: date, sales: Sequence[Sale], currency: str, seen: traffic.Seen) -> DayMetrics:
    """One day's sums. Where amounts are in another currency, the day says so, and tracking leaves it out."""
    sold = [s for s in sales if s.day == day]
    back = [(s, amount, pieces) for s in sales for when, amount, pieces in s.refunds if when == day]
    others = {s.currency for s in sold if s.revenue} | {s.currency for s, amount, _ in back if amount}
    fees = [s.fees for s in sold]
    return RefundedDay(
        day, *seen, orders=len({s.order for s in sold}), units=sum(s.units for s in sold),
        revenue_minor=sum(s.revenue for s in sold), fees_minor=_sum(fees), returns=sum(pieces for _, _, pieces in back),
        currency=next(iter(sorted(others - {currency})), currency), refunds_minor=sum(amount for _, amount, _ in back),
    )  # fmt: skip


def _sum(fees: Sequence[int | None]) -> int | None:
    """None where one of them is not told: then all are reckoned by the fee table."""
    known = [fee for fee in fees if fee is not None]
    return sum(known) if len(known) == len(fees) else None
