"""The New York Times' best-seller lists: place, place last week, weeks on the list."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from trendctl.ports import Ask, Parsed, Record, Reply, Request, Source, SourceFacts
from trendctl.scanner.formats import asks, jsonbody
from trendctl.scanner.formats.rows import Row, collect, item, levels, price
from trendctl.scanner.formats.times import DAY, moment

FACTS: Final = SourceFacts(
    name="nyt_books",
    about="best-selling books of the week in the United States",
    url="https://api.nytimes.com/svc/books/v3/lists/current/",
    terms_url="https://developer.nytimes.com/terms",
    kind=("discover",),
    auth="key",
    credentials=("NYT_API_KEY",),
    get_key="https://developer.nytimes.com/get-started (an app with the Books API)",
    commercial_use="no",
    ai_ok=False,
    may_create_product=True,
    may_price=True,
    rate="5 calls a minute, 500 a day (github.com/news-r/nytimes issue 1)",
    gap_seconds=13.0,
    min_interval_minutes=1440,  # weekly lists
    deadline_seconds=90.0,
    options={"lists": ("hardcover-fiction", "hardcover-nonfiction", "advice-how-to-and-miscellaneous")},
    fields={
        "rows": "results.books",
        "id": "primary_isbn13 || book_details[0].primary_isbn13",
        "title": "title || book_details[0].title",
        "brand": "author || book_details[0].author",
        "url": "amazon_product_url",
        "image": "book_image",
        "category": "list_name",
        "rank": "rank",
        "before": "rank_last_week",
        "weeks": "weeks_on_list",
        "price": "price || book_details[0].price",
        "published": "results.published_date",
    },
)


def requests(ask: Ask) -> Sequence[Request]:
    """One call a list. The API wants its key in the address."""
    key = (("api-key", asks.secret(ask, "NYT_API_KEY")),)
    chosen = asks.texts(FACTS, ask, "lists")
    return tuple(
        Request(f"{FACTS.url}{quote(name, safe='')}.json", params=key, cacheable=False, tag=name) for name in chosen
    )


def parse(reply: Reply, ask: Ask) -> Parsed:
    """`position`, `weeks_on_list`, `rank_change` (up is positive). A price of 0 means unknown; rank 0: not listed."""
    fields, document = asks.fields(FACTS, ask), jsonbody.load(reply.body)
    at = moment(jsonbody.find(document, fields["published"]))

    def build(row: Row, position: int) -> Record | None:
        place, before = row.rank("rank") or position, row.rank("before")
        readings = levels(
            place,
            at=at,
            period=7 * DAY if at else 0,
            cost=price(row.raw("price"), "USD"),
            weeks_on_list=row.count("weeks"),
            rank_change=before - place if before is not None else None,
        )
        return item(row, readings, category=row.text("category", 100) or reply.request.tag)

    return collect(jsonbody.rows(document, fields), build)


SOURCES: Final = (Source(FACTS, requests=requests, parse=parse),)
