"""Feeds of magazines that write about products: each article is one mention."""

from collections.abc import Sequence
from typing import Final

from trendctl.ports import Ask, Parsed, Record, Reply, Request, Source, SourceFacts
from trendctl.scanner.formats import asks, feed
from trendctl.scanner.formats.rows import Row, collect, item

FACTS: Final = SourceFacts(
    name="press_rss",
    about="articles of product magazines",
    url="https://www.theverge.com/rss/index.xml",
    terms_url="https://www.voxmedia.com/legal/terms-of-use",
    kind=("discover",),
    terms="feed",
    commercial_use="ask",
    ai_ok=True,
    may_create_product=False,
    rate="not published; feeds are made for readers that ask once an hour",
    gap_seconds=1.0,
    options={
        "feeds": (
            "https://www.theverge.com/rss/index.xml",
            "https://www.engadget.com/rss.xml",
            "https://gizmodo.com/feed",
            "https://www.nytimes.com/wirecutter/feed/",
        )
    },
    fields=feed.FIELDS,
)


def requests(ask: Ask) -> Sequence[Request]:
    """One call a feed; each stands for itself, so a dead one spoils no other."""
    return tuple(Request(address, tag=address) for address in asks.addresses(FACTS, ask, "feeds"))


def parse(reply: Reply, ask: Ask) -> Parsed:
    """Articles, as events, under the feed's own title."""
    found = feed.read(reply.body)
    fields = asks.fields(FACTS, ask)

    def build(row: Row, _: int) -> Record | None:
        return item(row, category=found.title, event=True, event_at=row.time("at"), base=reply.request.tag)

    return collect([feed.FeedRow(entry, fields) for entry in found.entries], build)


SOURCES: Final = (Source(FACTS, requests=requests, parse=parse),)
