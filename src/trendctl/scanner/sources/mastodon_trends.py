"""Mastodon servers' trending tags and links with a week of daily use, and the week of the tag of a term."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from urllib.parse import quote

from trendctl.errors import ParseError
from trendctl.ports import Ask, Json, Parsed, Reading, Record, Reply, Request, Source, SourceFacts
from trendctl.scanner.formats import asks, jsonbody
from trendctl.scanner.formats.numbers import count
from trendctl.scanner.formats.rows import Row, collect, item, levels, series
from trendctl.scanner.formats.times import DAY, day_of, moment

FACTS: Final = SourceFacts(
    name="mastodon_trends",
    about="trending tags and links of Mastodon servers, with a week of history",
    url="https://mastodon.social/",
    terms_url="https://docs.joinmastodon.org/methods/trends/",
    kind=("discover", "measure"),
    commercial_use="ask",
    ai_ok=True,
    may_create_product=False,
    rate="300 calls in 5 minutes and address (header x-ratelimit-limit of a recorded reply)",
    gap_seconds=1.0,
    options={"instances": ("mastodon.social",)},
    fields={
        "rows": "@",
        "tag": "name",
        "id": "name || url",
        "title": "name || title",
        "url": "url",
        "image": "image",
        "history": "history",
        "at": "published_at",
    },
)


def requests(ask: Ask) -> Sequence[Request]:
    """Tags and links of each server; or the tag that the term's words make, at the first server."""
    servers = asks.hosts(FACTS, ask, "instances")
    if ask.term is None:
        pairs = [(server, what) for server in servers for what in ("tags", "links")]
        return tuple(Request(f"https://{server}/api/v1/trends/{what}", tag=server) for server, what in pairs)
    tag = "".join(re.findall(r"\w+", ask.term))
    if not tag or not servers:
        return ()
    return (Request(f"https://{servers[0]}/api/v1/tags/{quote(tag, safe='')}", tag=servers[0]),)


def parse(reply: Reply, ask: Ask) -> Parsed:
    """`position`, `uses_1d` (today so far) and `uses` of each whole day; links are articles, so events."""
    fields, server = asks.fields(FACTS, ask), reply.request.tag
    document = jsonbody.load(reply.body)

    def build(row: Row, position: int) -> Record | None:
        today, days = _history(row.raw("history"), ask.now)
        link = row.raw("tag") is None
        readings = (*levels(position, uses_1d=today), *days)
        return item(row, readings, category=server, event=link, event_at=row.time("at") if link else None)

    if ask.term is None:
        return collect(jsonbody.rows(document, fields), build)
    row = jsonbody.JsonRow(document, fields)
    if row.raw("history") is None:
        raise ParseError("the answer is no tag with a history")
    return series(ask, _history(row.raw("history"), ask.now)[1])


def _history(entries: Json, now: datetime) -> tuple[float | None, list[Reading]]:
    """Today's uses so far, and the whole days, oldest first. The server writes all numbers as text."""
    days: dict[datetime, float] = {}
    for entry in entries if isinstance(entries, list) else ():
        at = moment(entry.get("day")) if isinstance(entry, dict) else None
        uses = count(entry.get("uses")) if isinstance(entry, dict) else None
        if at is not None and uses is not None:
            days[day_of(at)] = uses
    whole = [Reading("uses", days[day], at=day, period=DAY) for day in sorted(days) if day < day_of(now)]
    return days.get(day_of(now)), whole


SOURCES: Final = (Source(FACTS, requests=requests, parse=parse),)
