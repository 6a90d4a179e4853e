"""How an Instagram post does. Its figures are a sum so far, up to 48 h late: told for the day it was made, and replaced
as they grow."""

from collections.abc import Sequence
from datetime import date

from trendctl.ports import DayMetrics, Sold, Talk
from trendctl.posting.graph import api
from trendctl.posting.graph.insights import day_of, total
from trendctl.posting.platforms.instagram.answers import NAME

METRICS = "views"  # `impressions` and `plays` ended on 2025-04-21


def performance(listing: Sold, days: Sequence[date], talk: Talk) -> Sequence[DayMetrics]:
    """Views; orders and amounts are not Meta's to know. Raises AccessError."""
    version, media = listing.late.get("where", "").partition("/")[0], listing.late.get("media_id", "")
    if not version or not media:
        return ()
    made = day_of(api.read(talk, api.get(version, media, fields="timestamp"), NAME).get("timestamp"))
    if made is None or made not in days:
        return ()
    views = total(api.read(talk, api.get(version, media, "insights", metric=METRICS), NAME), METRICS)
    return () if views is None else (DayMetrics(made, views=views),)
