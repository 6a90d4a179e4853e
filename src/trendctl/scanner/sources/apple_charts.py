"""Apple's public chart feeds: the order of apps and books in a country's store."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from trendctl.ports import Ask, Parsed, Record, Reply, Request, Source, SourceFacts
from trendctl.scanner.formats import asks, jsonbody
from trendctl.scanner.formats.rows import Row, collect, item, levels

FACTS: Final = SourceFacts(
    name="apple_charts",
    about="charts of Apple's app and book stores",
    url="https://rss.marketingtools.apple.com/",
    terms_url="https://www.apple.com/legal/internet-services/terms/site.html",
    kind=("discover",),
    terms="feed",
    commercial_use="ask",
    ai_ok=True,
    may_create_product=False,  # downloads
    rate="cached for an hour; more than 100 entries give a 500 (github.com/tweaselORG/parse-tunes issue 2)",
    gap_seconds=1.0,
    min_interval_minutes=180,
    options={"charts": ("apps/top-free", "apps/top-paid", "books/top-paid")},
    fields={
        "rows": "feed.results",
        "id": "id",
        "title": "name",
        "url": "url",
        "image": "artworkUrl100",
        "brand": "artistName",
        "category": "genres[0].name",
    },
)


def requests(ask: Ask) -> Sequence[Request]:
    """One call a chart, 50 entries each."""
    made = []
    for chart in asks.texts(FACTS, ask, "charts"):
        kind = chart.partition("/")[0]
        made.append(Request(f"{FACTS.url}api/v2/{ask.geo.lower()}/{quote(chart)}/50/{quote(kind)}.json", tag=chart))
    return tuple(made)


def parse(reply: Reply, ask: Ask) -> Parsed:
    """`position` in the chart."""
    chart = reply.request.tag

    def build(row: Row, position: int) -> Record | None:
        return item(row, levels(position), category=row.text("category", 100) or chart)

    return collect(jsonbody.rows(jsonbody.load_object(reply.body), asks.fields(FACTS, ask)), build)


SOURCES: Final = (Source(FACTS, requests=requests, parse=parse),)
