"""How an Amazon listing does: orders, units and revenue from the sales metrics, page views from a report.

Counts and sums only: no order is read, so no buyer. `revenue_minor` is Amazon's ordered product sales. Returns and fees
are not told.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from trendctl.errors import TrendctlError
from trendctl.ports import DayMetrics, Sold, Talk
from trendctl.posting.body import count, rows
from trendctl.posting.figures import Withheld
from trendctl.posting.platforms.amazon import known, views, wires
from trendctl.posting.platforms.amazon.answers import money
from trendctl.posting.platforms.amazon.places import Place, known_place

METRICS = "/sales/v1/orderMetrics"


def performance(listing: Sold, days: Sequence[date], talk: Talk) -> Sequence[DayMetrics]:
    """The days that Amazon tells of, oldest first. Raises Withheld where sales or views are missing, AccessError where
    both are."""
    if not days:
        return []
    where = known_place(listing.marketplace)
    seen, trouble = views.seen(listing, where, days, talk)
    try:
        sold = sales(listing.sku, where, days, talk)
    except TrendctlError as fault:
        if not seen:
            raise
        given = [DayMetrics(day, views=seen[day]) for day in sorted(seen)]
        raise Withheld(fault.what, why=fault.why, next=fault.next, given=given) from fault
    given = [_day(day, sold.get(day), seen.get(day)) for day in sorted({*sold, *seen} & set(days))]
    if trouble:
        raise Withheld(trouble, given=given)
    return given


def sales(sku: str, where: Place, days: Sequence[date], talk: Talk) -> dict[date, dict[str, Any]]:
    """Each UTC day's row. Raises AccessError."""
    interval = f"{min(days).isoformat()}T00:00:00Z--{(max(days) + timedelta(days=1)).isoformat()}T00:00:00Z"
    wire = wires.get(
        where,
        METRICS,
        marketplaceIds=where.id,
        interval=interval,
        granularity="Day",
        granularityTimeZone="UTC",
        sku=sku,
    )
    found: dict[date, dict[str, Any]] = {}
    for row in rows(known.read(talk, wire).get("payload")):
        try:
            found[date.fromisoformat(str(row.get("interval"))[:10])] = row
        except ValueError:  # an interval that is no day of ours
            continue
    return found


def _day(day: date, sold: Mapping[str, Any] | None, seen: int | None) -> DayMetrics:
    if sold is None:
        return DayMetrics(day, views=seen)
    amount = money(sold.get("totalSales"))
    return DayMetrics(
        day, views=seen, orders=count(sold.get("orderCount")), units=count(sold.get("unitCount")),
        revenue_minor=amount.minor if amount else None, currency=amount.currency if amount else None,
    )  # fmt: skip
