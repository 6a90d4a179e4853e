"""Google Trends' public feed of rising searches: a term and a bucket of search volume."""

import hashlib
from collections.abc import Sequence
from typing import Final

from trendctl.ports import Ask, Parsed, Record, Reply, Request, Source, SourceFacts
from trendctl.scanner.formats import asks, feed
from trendctl.scanner.formats.rows import Row, collect, item, levels

FACTS: Final = SourceFacts(
    name="google_trends_rss",
    about="rising Google searches of a country, with a bucket of their volume",
    url="https://trends.google.com/trending/rss",
    terms_url="https://policies.google.com/terms",
    kind=("discover",),
    terms="feed",
    commercial_use="ask",
    ai_ok=True,
    may_create_product=False,  # mostly people, sport and news
    rate="not published; one call a country and hour is plenty (own rule)",
    gap_seconds=2.0,
    fields={**feed.FIELDS, "traffic": "approx_traffic", "image": "picture"},
)


def requests(ask: Ask) -> Sequence[Request]:
    """One call: the feed of the country."""
    return (Request(FACTS.url, params=(("geo", ask.geo),), tag=ask.geo),)


def parse(reply: Reply, ask: Ask) -> Parsed:
    """`approx_traffic` is the lower end of a bucket ("2000+"). The order is no rank; the entries have no id."""
    geo = reply.request.tag or ask.geo

    def build(row: Row, _: int) -> Record | None:
        title, since = row.text("title"), row.time("at")
        traffic = row.count("traffic")
        if not title or traffic is None:
            return None
        key = f"{geo}\n{title}\n{since.isoformat() if since else ''}"
        readings = levels(approx_traffic=traffic)
        return item(row, readings, external_id=hashlib.sha1(key.encode()).hexdigest(), title=title, category=geo)

    return collect(feed.rows(reply.body, asks.fields(FACTS, ask)), build)


SOURCES: Final = (Source(FACTS, requests=requests, parse=parse),)
