"""YouTube channels' public feeds: the newest 15 videos of review channels that the user names, with views."""

import re
from collections.abc import Sequence
from typing import Final

from trendctl.ports import Ask, Parsed, Record, Reply, Request, Source, SourceFacts
from trendctl.scanner.formats import asks, feed
from trendctl.scanner.formats.rows import Row, collect, item, levels

_CHANNEL: Final = re.compile(r"UC[A-Za-z0-9_-]{22}")

FACTS: Final = SourceFacts(
    name="youtube_feeds",
    about="newest videos of review channels you name, with views",
    url="https://www.youtube.com/feeds/videos.xml",
    terms_url="https://www.youtube.com/static?template=terms",
    kind=("discover",),
    terms="feed",
    commercial_use="ask",
    ai_ok=True,
    may_create_product=False,
    rate="not published; 15 newest videos a channel",
    gap_seconds=1.0,
    options={"channels": ()},  # none by default: whose reviews count is the user's choice
    fields={
        **feed.FIELDS,
        "id": "videoId",
        "at": "published",
        "views": "group/community/statistics@views",
        "ratings": "group/community/starRating@count",
        "image": "group/thumbnail@url",
        "category": "author/name",
    },
)


def requests(ask: Ask) -> Sequence[Request]:
    """One call a channel id (UC and 22 letters); no channels named: nothing to ask."""
    names = [name for name in asks.texts(FACTS, ask, "channels") if _CHANNEL.fullmatch(name)]
    return tuple(Request(FACTS.url, params=(("channel_id", name),), tag=name) for name in names)


def parse(reply: Reply, ask: Ask) -> Parsed:
    """Videos, as events, with `views` and `ratings` as levels."""
    return collect(feed.rows(reply.body, asks.fields(FACTS, ask)), _video)


def _video(row: Row, _: int) -> Record | None:
    readings = levels(views=row.count("views"), ratings=row.count("ratings"))
    return item(row, readings, event=True, event_at=row.time("at"))


SOURCES: Final = (Source(FACTS, requests=requests, parse=parse),)
