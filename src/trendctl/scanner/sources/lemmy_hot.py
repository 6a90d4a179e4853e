"""Lemmy communities' hot posts, with score and comments (API version 3, which 1.0 keeps for reading)."""

from collections.abc import Sequence
from typing import Final

from trendctl.ports import Ask, Parsed, Record, Reply, Request, Source, SourceFacts
from trendctl.scanner.formats import asks, jsonbody
from trendctl.scanner.formats.rows import Row, collect, item, levels

FACTS: Final = SourceFacts(
    name="lemmy_hot",
    about="hot posts of product communities on a Lemmy server",
    url="https://lemmy.world/",
    terms_url="https://legal.lemmy.world/tos/",
    kind=("discover",),
    commercial_use="ask",
    ai_ok=True,
    may_create_product=False,
    rate="set by each server (general knowledge, not verified)",
    gap_seconds=2.0,
    options={"instance": "lemmy.world", "communities": ("technology", "gadgets", "buyitforlife", "diy"), "per_run": 2},
    fields={
        "rows": "posts",
        "id": "post.ap_id",
        "title": "post.name",
        "url": "post.url",
        "image": "post.thumbnail_url",
        "category": "community.name",
        "score": "counts.score",
        "comments": "counts.comments",
    },
)


def requests(ask: Ask) -> Sequence[Request]:
    """`per_run` communities, another part of the list each hour."""
    server = asks.host(FACTS, ask, "instance")
    chosen = asks.this_hour(ask, asks.texts(FACTS, ask, "communities"), asks.amount(FACTS, ask, "per_run", 20))
    address = f"https://{server}/api/v3/post/list"
    return tuple(
        Request(address, params=(("sort", "Hot"), ("limit", "50"), ("community_name", name)), tag=name)
        for name in chosen
    )


def parse(reply: Reply, ask: Ask) -> Parsed:
    """`position`, `score` (may be negative), `num_comments`."""
    document = jsonbody.load_object(reply.body)
    return collect(jsonbody.rows(document, asks.fields(FACTS, ask)), _post)


def _post(row: Row, position: int) -> Record | None:
    return item(row, levels(position, score=row.number("score"), num_comments=row.count("comments")))


SOURCES: Final = (Source(FACTS, requests=requests, parse=parse),)
