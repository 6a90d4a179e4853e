"""Bluesky's trending topics, with the number of posts on each."""

from collections.abc import Sequence
from typing import Final

from trendctl.ports import Ask, Parsed, Record, Reply, Request, Source, SourceFacts
from trendctl.scanner.formats import asks, jsonbody
from trendctl.scanner.formats.rows import Row, collect, item, levels

FACTS: Final = SourceFacts(
    name="bluesky_trends",
    about="topics that trend on Bluesky, with their posts",
    url="https://public.api.bsky.app/xrpc/app.bsky.unspecced.getTrends",
    terms_url="https://bsky.social/about/support/tos",
    kind=("discover",),
    terms="unofficial",  # public, but named "unspecced": it may change
    commercial_use="ask",
    ai_ok=True,
    may_create_product=False,
    rate="limits per address, not published (general knowledge, not verified)",
    gap_seconds=1.0,
    fields={
        "rows": "trends",
        "id": "topic",
        "title": "displayName || topic",
        "url": "link",
        "category": "category",
        "posts": "postCount",
    },
)


def requests(ask: Ask) -> Sequence[Request]:
    """One call."""
    return (Request(FACTS.url, params=(("limit", "25"),)),)


def parse(reply: Reply, ask: Ask) -> Parsed:
    """`position` and `post_count`. Links come relative to the app."""
    document = jsonbody.load_object(reply.body)
    return collect(jsonbody.rows(document, asks.fields(FACTS, ask)), _topic)


def _topic(row: Row, position: int) -> Record | None:
    return item(row, levels(position, post_count=row.count("posts")), base="https://bsky.app/")


SOURCES: Final = (Source(FACTS, requests=requests, parse=parse),)
