"""Instagram's hashtag search: the top posts under hashtags that the user names."""

import re
from collections.abc import Sequence
from typing import Final

from trendctl.ports import Ask, Parsed, Record, Reply, Request, Source, SourceFacts
from trendctl.scanner.formats import asks, jsonbody
from trendctl.scanner.formats.rows import Row, collect, item, levels

_API: Final = "https://graph.facebook.com"
_MOST: Final = 30  # hashtags in seven days

FACTS: Final = SourceFacts(
    name="instagram_hashtag",
    about="top posts under hashtags you name, with likes and comments",
    url="https://developers.facebook.com/docs/instagram-platform/instagram-api-with-facebook-login/hashtag-search",
    terms_url="https://developers.facebook.com/terms/",
    kind=("discover",),
    auth="oauth",
    credentials=("FACEBOOK_ACCESS_TOKEN",),
    get_key="https://developers.facebook.com/apps/ (App Review: Instagram Public Content Access)",
    commercial_use="ask",
    ai_ok=False,  # Meta's terms on models
    may_create_product=False,
    rate="30 different hashtags in 7 days (developers.facebook.com, hashtag search)",
    gap_seconds=2.0,
    min_interval_minutes=360,
    options={"user_id": "", "hashtags": ("tiktokmademebuyit", "amazonfinds", "giftideas"), "version": "v23.0"},
    fields={
        "rows": "data",
        "id": "id",
        "title": "caption",
        "url": "permalink",
        "at": "timestamp",
        "likes": "like_count",
        "comments": "comments_count",
    },
)


def requests(ask: Ask) -> Sequence[Request]:
    """The search for each hashtag's id; its top posts follow. None without the account's id (`user_id`)."""
    asks.path(FACTS, ask, "version")  # told now, whether or not there is an account
    user = asks.word(FACTS, ask, "user_id")
    tags = [tag for tag in asks.texts(FACTS, ask, "hashtags") if re.fullmatch(r"\w{1,100}", tag)][:_MOST]
    return tuple(_call("ig_hashtag_search", (("q", tag),), ask, f"id:{tag}") for tag in tags) if user else ()


def _call(path: str, params: tuple[tuple[str, str], ...], ask: Ask, tag: str) -> Request:
    address = f"{_API}/{asks.path(FACTS, ask, 'version')}/{path}"
    headers = (("Authorization", f"Bearer {asks.secret(ask, 'FACEBOOK_ACCESS_TOKEN')}"),)
    return Request(address, params=(("user_id", asks.word(FACTS, ask, "user_id")), *params), headers=headers, tag=tag)


def parse(reply: Reply, ask: Ask) -> Parsed:
    """Posts, as events, with `position`, `like_count`, `comments_count`. The title is the start of the caption."""
    rows = jsonbody.rows(jsonbody.load_object(reply.body), asks.fields(FACTS, ask))
    step, _, hashtag = reply.request.tag.partition(":")
    if step == "id":
        number = rows[0].ident("id") if rows else ""
        if not number.isascii() or not number.isdigit():
            return Parsed(rejected=len(rows))
        wanted = (("fields", "id,caption,permalink,timestamp,like_count,comments_count"), ("limit", "50"))
        return Parsed(follow=(_call(f"{number}/top_media", wanted, ask, f"top:{hashtag}"),))

    def build(row: Row, position: int) -> Record | None:
        readings = levels(position, like_count=row.count("likes"), comments_count=row.count("comments"))
        title = row.text("title", 120)
        return item(row, readings, title=title, category=f"#{hashtag}", event=True, event_at=row.time("at"))

    return collect(rows, build)


SOURCES: Final = (Source(FACTS, requests=requests, parse=parse),)
