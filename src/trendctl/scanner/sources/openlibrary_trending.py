"""Open Library's list of the works its readers look at most."""

from collections.abc import Sequence
from typing import Final

from trendctl.ports import Ask, Parsed, Record, Reply, Request, Source, SourceFacts
from trendctl.scanner.formats import asks, jsonbody
from trendctl.scanner.formats.rows import Row, collect, item, levels

FACTS: Final = SourceFacts(
    name="openlibrary_trending",
    about="books that readers of Open Library look at most",
    url="https://openlibrary.org/",
    terms_url="https://openlibrary.org/developers/api",
    kind=("discover",),
    commercial_use="yes",
    ai_ok=True,
    may_create_product=False,
    rate="not published; polite use is asked for (general knowledge, not verified)",
    gap_seconds=1.0,
    min_interval_minutes=180,
    options={"span": "daily"},
    fields={
        "rows": "works",
        "id": "key",
        "title": "title",
        "url": "key",
        "brand": "author_name[0]",
        "category": "subject[0]",
    },
)


def requests(ask: Ask) -> Sequence[Request]:
    """One call; `span` is now, daily, weekly, monthly or yearly."""
    span = asks.path(FACTS, ask, "span")
    return (Request(f"{FACTS.url}trending/{span}.json", params=(("limit", "100"),)),)


def parse(reply: Reply, ask: Ask) -> Parsed:
    """`position`; the author stands where a product has its brand."""
    document = jsonbody.load_object(reply.body)
    return collect(jsonbody.rows(document, asks.fields(FACTS, ask)), _work)


def _work(row: Row, position: int) -> Record | None:
    return item(row, levels(position), base=FACTS.url)


SOURCES: Final = (Source(FACTS, requests=requests, parse=parse),)
