"""Product Hunt's public feed of launches. It has no votes, and other query words are ignored."""

from collections.abc import Sequence
from typing import Final

from trendctl.ports import Ask, Parsed, Record, Reply, Request, Source, SourceFacts
from trendctl.scanner.formats import asks, feed
from trendctl.scanner.formats.rows import Row, collect, item

FACTS: Final = SourceFacts(
    name="producthunt_feed",
    about="newly launched products, mostly software",
    url="https://www.producthunt.com/feed",
    terms_url="https://www.producthunt.com/legal/terms",
    kind=("discover",),
    terms="feed",
    commercial_use="no",  # Product Hunt's API is non-commercial unless agreed; the feed is treated alike
    ai_ok=True,
    may_create_product=False,
    rate="not published",
    gap_seconds=2.0,
    fields={**feed.FIELDS, "at": "published|updated"},
)


def requests(ask: Ask) -> Sequence[Request]:
    """One call."""
    return (Request(FACTS.url),)


def parse(reply: Reply, ask: Ask) -> Parsed:
    """Launches, as events. The id is the number behind the tag URI's `Post/`."""
    return collect(feed.rows(reply.body, asks.fields(FACTS, ask)), _launch)


def _launch(row: Row, _: int) -> Record | None:
    at = row.time("at")
    name = row.ident("id").rpartition(":")[2]
    return item(row, external_id=name, category="", event=True, event_at=at) if at is not None else None


SOURCES: Final = (Source(FACTS, requests=requests, parse=parse),)
