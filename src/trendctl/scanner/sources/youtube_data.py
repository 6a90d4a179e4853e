"""YouTube's Data API: a country's most played videos, and how much is published and watched on a term."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from urllib.parse import quote

from trendctl.ports import Ask, Json, Parsed, Reading, Record, Reply, Request, Source, SourceFacts
from trendctl.scanner.formats import asks, jsonbody
from trendctl.scanner.formats.numbers import count
from trendctl.scanner.formats.rows import Row, collect, item, levels, series

_API: Final = "https://www.googleapis.com/youtube/v3"

FACTS: Final = SourceFacts(
    name="youtube_data",
    about="most played videos of a country; videos on a term and their views",
    url="https://developers.google.com/youtube/v3",
    terms_url="https://developers.google.com/youtube/terms/api-services-terms-of-service",
    kind=("discover", "measure"),
    auth="key",
    credentials=("YOUTUBE_API_KEY",),
    get_key="https://console.cloud.google.com/apis/library/youtube.googleapis.com (enable it, then create an API key)",
    commercial_use="ask",
    ai_ok=False,
    retention_days=30,  # terms: refresh or delete after 30 days (general knowledge, not verified)
    may_create_product=False,
    rate="10,000 units a day; a chart costs 1, a search 100 (general knowledge, not verified)",
    gap_seconds=1.0,
    min_interval_minutes=180,
    options={"categories": ("26", "28")},  # how-to and style; science and technology
    fields={
        "rows": "items",
        "id": "id.videoId || id",
        "title": "snippet.title",
        "category": "snippet.categoryId",
        "image": "snippet.thumbnails.medium.url",
        "brand": "snippet.channelTitle",
        "views": "statistics.viewCount",
        "likes": "statistics.likeCount",
        "comments": "statistics.commentCount",
        "total": "pageInfo.totalResults",
    },
)


def requests(ask: Ask) -> Sequence[Request]:
    """A chart a category (1 unit each); or the term's newest videos by views (100 units), their figures follow."""
    if ask.term is None:
        base = (("part", "snippet,statistics"), ("chart", "mostPopular"), ("regionCode", ask.geo), ("maxResults", "50"))
        chosen = asks.texts(FACTS, ask, "categories")
        return tuple(_call("videos", (*base, ("videoCategoryId", number)), ask, "chart") for number in chosen)
    since = ask.now - timedelta(days=ask.days)
    params = (
        ("part", "snippet"),
        ("type", "video"),
        ("order", "viewCount"),
        ("maxResults", "50"),
        ("q", ask.term),
        ("regionCode", ask.geo),
        ("publishedAfter", f"{since:%Y-%m-%dT%H:%M:%SZ}"),
    )
    return (_call("search", params, ask, "search"),)


def _call(what: str, params: tuple[tuple[str, str], ...], ask: Ask, tag: str) -> Request:
    key = asks.secret(ask, "YOUTUBE_API_KEY")
    return Request(f"{_API}/{what}", params=params, headers=(("X-Goog-Api-Key", key),), cacheable=False, tag=tag)


def parse(reply: Reply, ask: Ask) -> Parsed:
    """Chart: `position`, `views`, `likes`. Term: `videos` and `views_top50` of those published in the last days."""
    fields = asks.fields(FACTS, ask)
    document = jsonbody.load_object(reply.body)
    rows = jsonbody.rows(document, fields)
    if ask.term is None:
        return collect(rows, _video)
    if reply.request.tag == "search":
        return _found(document, rows, ask)
    views = [number for row in rows if (number := row.count("views")) is not None]
    return series(ask, [Reading("views_top50", sum(views), at=ask.now)] if views else [])


def _video(row: Row, position: int) -> Record | None:
    readings = levels(position, views=row.count("views"), likes=row.count("likes"), num_comments=row.count("comments"))
    return item(row, readings, url=f"https://www.youtube.com/watch?v={quote(row.ident('id'), safe='')}")


def _found(document: Json, rows: Sequence[Row], ask: Ask) -> Parsed:
    ids = [name for row in rows if (name := row.ident("id")) and name.replace("-", "").replace("_", "").isalnum()]
    total = count(jsonbody.find(document, asks.fields(FACTS, ask)["total"]))
    if not ids:
        return Parsed(rejected=len(rows))
    follow = _call("videos", (("part", "statistics"), ("id", ",".join(ids[:50])), ("maxResults", "50")), ask, "figures")
    known = [Reading("videos", total, at=ask.now)] if total is not None else []
    return Parsed(series(ask, known).records, (follow,), len(rows) - len(ids))


SOURCES: Final = (Source(FACTS, requests=requests, parse=parse),)
