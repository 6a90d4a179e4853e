"""Reddit's API through praw: hot and rising posts with score and comments, for those who still have an app."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from trendctl.errors import ParseError
from trendctl.ports import Ask, Parsed, Record, Source, SourceFacts
from trendctl.scanner.formats import asks, jsonbody
from trendctl.scanner.formats.rows import Row, collect, item, levels

_MOST: Final = 100

FACTS: Final = SourceFacts(
    name="reddit_praw",
    about="hot and rising posts of product subreddits, with score and comments",
    url="https://oauth.reddit.com/",
    terms_url="https://redditinc.com/policies/data-api-terms",
    kind=("discover",),
    auth="oauth",
    credentials=("REDDIT_CLIENT_ID", "REDDIT_CLIENT_SECRET"),
    get_key="https://support.reddithelp.com/hc/en-us/articles/42728983564564 (new apps need Reddit's approval)",
    commercial_use="ask",
    ai_ok=False,  # Reddit's policy on models
    may_create_product=False,
    rate="100 calls a minute and client (github.com web-researcher-mcp issue 243)",
    gap_seconds=1.0,
    options={
        "subreddits": ("BuyItForLife", "gadgets", "shutupandtakemymoney", "INEEEEDIT", "deals", "Frugal"),
        "listings": ("hot", "rising"),
        "per_run": 3,
    },
    fields={
        "id": "name",
        "title": "title",
        "url": "url",
        "category": "subreddit",
        "score": "score",
        "comments": "num_comments",
        "pinned": "stickied",
    },
)


def gather(adapter: Any, ask: Ask) -> Parsed:
    """`score` and `num_comments`; `position` in the hot list, without pinned posts.

    `adapter` is a requests transport that obeys our limits. Attributes are read from the listing only: asking praw
    for one that is missing would make a call for every post.
    """
    reddit = _client(adapter, ask)
    parts = [
        _listed(reddit, name, listing, ask)
        for name in asks.this_hour(ask, asks.texts(FACTS, ask, "subreddits"), asks.amount(FACTS, ask, "per_run", 20))
        for listing in asks.texts(FACTS, ask, "listings")
        if listing in ("hot", "rising", "top", "new")
    ]
    records: dict[str, Record] = {}
    for record in (record for part in parts for record in part.records):
        records.setdefault(record.external_id, record)
    return Parsed(tuple(records.values()), rejected=sum(part.rejected for part in parts))


def _listed(reddit: Any, name: str, listing: str, ask: Ask) -> Parsed:
    from prawcore.exceptions import PrawcoreException, RequestException

    try:
        posts = [vars(post) for post in getattr(reddit.subreddit(name), listing)(limit=_MOST)]
    except RequestException as error:
        raise error.original_exception from None  # what the adapter said: refused, timed out, too large
    except (PrawcoreException, ValueError, LookupError, TypeError, AttributeError) as error:
        raise ParseError(f"Reddit's list of r/{name} could not be understood", why=type(error).__name__) from None
    return collect(_rows(posts, ask), _hot if listing == "hot" else _other)


def _rows(posts: Iterable[dict[str, Any]], ask: Ask) -> Sequence[Row]:
    """The posts as plain values: praw wraps the subreddit in an object of its own."""
    fields = asks.fields(FACTS, ask)
    plain = ({key: str(value) if key == "subreddit" else value for key, value in post.items()} for post in posts)
    rows = [jsonbody.JsonRow(post, fields) for post in plain]
    return [row for row in rows if row.raw("pinned") is not True]


def _hot(row: Row, position: int) -> Record | None:
    return item(row, levels(position, score=row.number("score"), num_comments=row.count("comments")))


def _other(row: Row, _: int) -> Record | None:
    return item(row, levels(score=row.number("score"), num_comments=row.count("comments")))


def _client(adapter: Any, ask: Ask) -> Any:
    import praw  # here: it loads requests
    from requests import Session

    session = Session()
    session.trust_env = False
    adapter.strict = True  # prawcore would repeat refused calls up to three times, sleeping in between
    session.mount("https://", adapter)
    return praw.Reddit(
        client_id=asks.secret(ask, "REDDIT_CLIENT_ID"),
        client_secret=asks.secret(ask, "REDDIT_CLIENT_SECRET"),
        user_agent="trendctl (trend scanner of one seller)",
        oauth_url="https://oauth.reddit.com",  # given here so that no praw.ini of the folder can change it
        reddit_url="https://www.reddit.com",
        check_for_updates=False,
        check_for_async=False,
        timeout=20,
        requestor_kwargs={"session": session},
    )


SOURCES: Final = (Source(FACTS, gather=gather),)
