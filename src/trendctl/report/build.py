"""Gathers what the page shows from one reading connection."""

from datetime import UTC, datetime
from typing import Any

from trendctl.report.page import Report, Trend
from trendctl.report.sales import gather
from trendctl.store import counts, ledger

TRENDS, CURVE_DAYS = 12, 90
POINTS = 180  # of one curve: more than the pixels of a card do not show


def build(db: Any, now: int, market: str) -> Report:
    """The report as of `now` (epoch seconds). `market`: country and currency in words."""
    made = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M")
    trends = [_trend(db, row, now) for row in counts.trending(db, TRENDS)]
    return Report(made, market, counts.pipeline(db, now)["pipeline"], trends, gather(db, now), ledger.summary(db))


def _trend(db: Any, row: Any, now: int) -> Trend:
    source, metric, rank, points = counts.curve(db, row["id"], now - CURVE_DAYS * counts.DAY)
    step = max(1, -(-len(points) // POINTS))
    thinned = points[::step]
    if points and thinned[-1] != points[-1]:
        thinned.append(points[-1])
    return Trend(row, source, metric, rank, thinned)
