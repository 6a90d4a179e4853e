"""Google News' search feed: how many articles of the last day name a term, and articles on standing queries."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from trendctl.ports import Ask, Parsed, Reading, Record, Reply, Request, Source, SourceFacts
from trendctl.scanner.formats import asks, feed
from trendctl.scanner.formats.rows import Row, collect, item, series

FACTS: Final = SourceFacts(
    name="google_news_rss",
    about="news articles of the last day that name a term",
    url="https://news.google.com/rss/search",
    terms_url="https://policies.google.com/terms",
    kind=("discover", "measure"),
    terms="feed",
    commercial_use="no",  # a feed for personal reading
    ai_ok=True,
    may_create_product=False,
    rate="not published; a feed holds at most 100 articles (general knowledge, not verified)",
    gap_seconds=2.0,
    options={"queries": ("viral product", "sold out gadget")},
    fields={**feed.FIELDS, "publisher": "source"},
)


def requests(ask: Ask) -> Sequence[Request]:
    """One call for the term as a phrase, or one for each standing query; articles of the last day only."""
    queries = asks.texts(FACTS, ask, "queries") if ask.term is None else ('"' + ask.term.replace('"', " ") + '"',)
    return tuple(_request(query, ask) for query in queries)


def _request(query: str, ask: Ask) -> Request:
    locale = f"{ask.language}-{ask.geo}"
    params = (("q", f"{query} when:1d"), ("hl", locale), ("gl", ask.geo), ("ceid", f"{ask.geo}:{ask.language}"))
    return Request(FACTS.url, params=params, tag=query)


def parse(reply: Reply, ask: Ask) -> Parsed:
    """Term: `mentions_24h`, each title once, at most 100 (one feed). Else: the articles, as events."""
    rows = feed.rows(reply.body, asks.fields(FACTS, ask))

    def build(row: Row, _: int) -> Record | None:
        at = row.time("at")
        return item(row, title=_title(row), category=reply.request.tag, event=True, event_at=at) if at else None

    if ask.term is None:
        return collect(rows, build)
    since = ask.now - timedelta(hours=24)
    fresh = {_title(row).casefold() for row in rows if (at := row.time("at")) is not None and at > since} - {""}
    if not fresh:
        return Parsed()
    return series(ask, (Reading("mentions_24h", float(len(fresh)), at=ask.now),))


def _title(row: Row) -> str:
    """The headline without the publisher that Google adds, so that one story in two feeds looks the same."""
    publisher = row.text("publisher")
    return row.text("title").removesuffix(f" - {publisher}") if publisher else row.text("title")


SOURCES: Final = (Source(FACTS, requests=requests, parse=parse),)
