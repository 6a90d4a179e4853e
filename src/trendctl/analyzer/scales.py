"""Which measured counts speak of demand or of competition, and what a large value of each is.

The full values are judgements (no outcomes exist to fit on): from there on more is not counted as more.
"""

import math
from collections.abc import Mapping

DEMAND: Mapping[str, float] = {
    "interest": 100.0,
    "relative_demand": 5.0,
    "searches": 100_000.0,
    "search_volume": 100_000.0,
    "traffic": 200_000.0,
    "views": 100_000.0,
    "pageviews": 100_000.0,
    "sold": 1_000.0,
    "sales": 1_000.0,
    "orders": 1_000.0,
    "units": 1_000.0,
    "watchers": 500.0,
    "watches": 500.0,
    "favorites": 5_000.0,
    "favorers": 5_000.0,
    "reviews": 10_000.0,
    "review": 10_000.0,
    "scans": 5_000.0,
    "points": 2_000.0,
    "score": 5_000.0,
    "upvotes": 5_000.0,
    "votes": 1_000.0,
    "likes": 20_000.0,
    "like": 20_000.0,
    "comments": 1_000.0,
    "posts": 5_000.0,
    "post": 5_000.0,
    "tweet": 50_000.0,
    "mentions": 5_000.0,
    "uses": 5_000.0,
    "articles": 500.0,
    "article": 500.0,
    "stories": 50.0,
    "stars": 5_000.0,
    "players": 100_000.0,
    "thumb": 300.0,
}
"""Value a day (or as it stands) at which demand counts as full, by a word of the metric's name."""

COMPETITION: Mapping[str, float] = {
    "offers": 10_000.0,
    "listings": 10_000.0,
    "results": 10_000.0,
    "competitors": 1_000.0,
    "sellers": 1_000.0,
}
"""Number of offers or sellers at which a market counts as full."""

NO_TREND = frozenset(
    {"price", "listed", "deal", "discount", "change", "growth", "weeks", "ratings", "share", *COMPETITION}
)
"""Words of metrics whose rise is no rise of attention."""

LINEAR = frozenset({"interest", "relative_demand"})  # an index with a top, not a count


def full_value(metric: str, table: Mapping[str, float]) -> float | None:
    """The full value for a metric's name ("search_volume", "video_views_total"); None if the table has none."""
    name = metric.casefold()
    if name in table:
        return table[name]
    return next((table[word] for word in reversed(_words(metric)) if word in table), None)


def is_attention(metric: str) -> bool:
    """Whether a rise of the metric can be a trend: counts and levels of attention, not prices or numbers of sellers."""
    return not NO_TREND.intersection(_words(metric))


def _words(metric: str) -> list[str]:
    return metric.casefold().replace("-", "_").split("_")


def level(value: float, full: float, *, linear: bool = False) -> float:
    """0 to 1: in proportion, or by the logarithm of the count."""
    if not math.isfinite(value) or value <= 0:
        return 0.0
    return min(1.0, value / full if linear else math.log1p(value) / math.log1p(full))
