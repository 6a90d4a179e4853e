"""Reddit's public feeds: the top posts of the day of some subreddits, by place only (feeds carry no score)."""

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from trendctl.ports import Ask, Parsed, Record, Reply, Request, Source, SourceFacts
from trendctl.scanner.formats import asks, feed
from trendctl.scanner.formats.rows import Row, collect, item, levels

_COMMENTS: Final = re.compile(r"/comments/([a-z0-9]{1,12})(?:/|$)")
_FULLNAME: Final = re.compile(r"t3_[a-z0-9]{1,12}")

FACTS: Final = SourceFacts(
    name="reddit_rss",
    about="top posts of the day in product subreddits, by place",
    url="https://www.reddit.com/",
    terms_url="https://redditinc.com/policies/data-api-terms",
    kind=("discover",),
    terms="feed",
    commercial_use="ask",
    ai_ok=False,  # Reddit's policy on models
    may_create_product=False,
    rate="about one call an address and 30 seconds; 35 seconds apart works (github.com/bhpark1013/claudenews issue 6)",
    gap_seconds=35.0,
    deadline_seconds=110.0,
    options={
        "subreddits": (
            "BuyItForLife",
            "gadgets",
            "shutupandtakemymoney",
            "INEEEEDIT",
            "deals",
            "Frugal",
            "HomeImprovement",
            "Coffee",
        ),
        "per_run": 2,  # the others have their turn in the next hours
    },
    fields=feed.FIELDS,
)


def requests(ask: Ask) -> Sequence[Request]:
    """`per_run` subreddits, another part of the list each hour."""
    names = asks.texts(FACTS, ask, "subreddits")
    chosen = asks.this_hour(ask, names, asks.amount(FACTS, ask, "per_run", 10))
    return tuple(
        Request(f"{FACTS.url}r/{quote(name, safe='')}/top/.rss", params=(("t", "day"),), tag=name) for name in chosen
    )


def parse(reply: Reply, ask: Ask) -> Parsed:
    """`position` in the subreddit's list."""
    subreddit = reply.request.tag

    def build(row: Row, position: int) -> Record | None:
        return item(row, levels(position), external_id=_fullname(row), category=row.text("category", 100) or subreddit)

    return collect(feed.rows(reply.body, asks.fields(FACTS, ask)), build)


def _fullname(row: Row) -> str:
    """The post's `t3_` name: Atom gives it, older RSS only the address with it."""
    given = row.ident("id")
    if _FULLNAME.fullmatch(given):
        return given
    found = _COMMENTS.search(given) or _COMMENTS.search(row.url("url"))
    return f"t3_{found.group(1)}" if found else ""


SOURCES: Final = (Source(FACTS, requests=requests, parse=parse),)
