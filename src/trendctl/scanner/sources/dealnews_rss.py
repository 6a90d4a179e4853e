"""DealNews' feed: deals with a typed price, the only keyless feed that has one."""

import re
from collections.abc import Sequence
from typing import Final

from trendctl.ports import Ask, Parsed, Record, Reply, Request, Source, SourceFacts
from trendctl.scanner.formats import asks, feed
from trendctl.scanner.formats.rows import Row, collect, item, levels, price

_NUMBER: Final = re.compile(r"/(\d{4,12})\.html")

FACTS: Final = SourceFacts(
    name="dealnews_rss",
    about="editors' deals with a typed price",
    url="https://www.dealnews.com/",
    terms_url="https://www.dealnews.com/about/terms-of-use.html",
    kind=("discover",),
    terms="feed",
    commercial_use="ask",
    ai_ok=True,
    may_create_product=True,
    may_price=True,
    rate="not published",
    gap_seconds=2.0,
    fields={
        **feed.FIELDS,
        "id": "guid|link",
        "price": "price",
        "currency": "price@currency",
        "category": "category",
        "image": "content@url",
    },
)


def requests(ask: Ask) -> Sequence[Request]:
    """One call: the front page's feed."""
    return (Request(FACTS.url, params=(("rss", "1"),)),)


def parse(reply: Reply, ask: Ask) -> Parsed:
    """Deals, as events: `deal` 1 with the price; a `sale` has none."""
    return collect(feed.rows(reply.body, asks.fields(FACTS, ask)), _deal)


def _deal(row: Row, _: int) -> Record | None:
    found = _NUMBER.search(row.ident("id"))
    readings = levels(cost=price(row.raw("price"), row.raw("currency")), deal=1.0)
    number = found.group(1) if found else ""
    return item(row, readings, external_id=number, event=True, event_at=row.time("at"))


SOURCES: Final = (Source(FACTS, requests=requests, parse=parse),)
