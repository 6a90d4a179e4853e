"""Slickdeals' front page feed: deals with the price in the title and the readers' score in the text."""

import re
from collections.abc import Sequence
from typing import Final

from trendctl.ports import Ask, Parsed, Record, Reply, Request, Source, SourceFacts
from trendctl.scanner.formats import asks, feed, text
from trendctl.scanner.formats.numbers import dollars_in, number
from trendctl.scanner.formats.rows import Price, Row, collect, item, levels

_SCORE: Final = re.compile(r"Thumb Score:\s{0,3}([+-]?\d{1,6})", re.ASCII)
_STORE: Final = re.compile(r'data-store-slug="([a-z0-9-]{1,60})"')
_IMAGE: Final = re.compile(r'<img src="(https://[^"\s<>]{1,500})"')
_LOOKED_AT: Final = 100_000  # characters of an entry's text

FACTS: Final = SourceFacts(
    name="slickdeals_rss",
    about="front page deals with price and readers' score",
    url="https://slickdeals.net/newsearch.php",
    terms_url="https://slickdeals.net/corp/terms-of-service.html",
    kind=("discover",),
    terms="feed",
    commercial_use="ask",
    ai_ok=True,
    may_create_product=True,
    may_price=True,
    rate="the feed's own ttl is 5 minutes (seen 2026-09-26)",
    gap_seconds=2.0,
    fields={**feed.FIELDS, "id": "guid"},
)


def requests(ask: Ask) -> Sequence[Request]:
    """One call."""
    params = (("mode", "frontpage"), ("searcharea", "deals"), ("searchin", "first"), ("rss", "1"))
    return (Request(FACTS.url, params=params),)


def parse(reply: Reply, ask: Ask) -> Parsed:
    """`thumb_score` and `position`; the price is the first amount in the title that is no rebate."""
    return collect(feed.rows(reply.body, asks.fields(FACTS, ask)), _deal)


def _deal(row: Row, position: int) -> Record | None:
    title = row.text("title")
    details = (row.raw("summary") or "")[:_LOOKED_AT]
    cents = dollars_in(title)
    readings = levels(
        position,
        cost=Price(cents, "USD") if cents is not None else None,
        thumb_score=number(_first(_SCORE, details).removeprefix("+")),
    )
    image = text.web_url(_first(_IMAGE, details))
    store, at = _first(_STORE, details), row.time("at")
    return item(row, readings, category=store, image_url=image, event=True, event_at=at)


def _first(pattern: re.Pattern[str], details: str) -> str:
    found = pattern.search(details)
    return found.group(1) if found else ""


SOURCES: Final = (Source(FACTS, requests=requests, parse=parse),)
