"""How a Page post does. Meta gives a post's figures as a sum so far, not by days: they are told for the day it was
made, and replaced as they grow."""

from collections.abc import Sequence
from datetime import date

from trendctl.ports import DayMetrics, Sold, Talk
from trendctl.posting.graph import api
from trendctl.posting.graph.insights import day_of, total
from trendctl.posting.graph.pages import AsPage
from trendctl.posting.platforms.facebook_page.answers import NAME

METRIC = "post_media_view"  # post_impressions and its kin ended on 2025-11-15


def performance(listing: Sold, days: Sequence[date], talk: Talk) -> Sequence[DayMetrics]:
    """Views; orders and amounts are not Meta's to know. Raises AccessError."""
    version, _, page = listing.late.get("where", "").partition("/")
    post = listing.late.get("post_id", "")
    if not page or not post:
        return ()
    own = AsPage(talk, version, page)
    made = day_of(api.read(own, api.get(version, post, fields="created_time"), NAME).get("created_time"))
    if made is None or made not in days:
        return ()
    views = total(api.read(own, api.get(version, post, "insights", metric=METRIC, period="lifetime"), NAME), METRIC)
    return () if views is None else (DayMetrics(made, views=views),)
