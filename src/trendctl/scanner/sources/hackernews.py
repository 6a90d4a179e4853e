"""Hacker News through Algolia's public search: what stands on the front page, and stories on a term by day.

Where Algolia gives nothing, the front page comes from Hacker News' own API (github.com/HackerNews/API): the list of
its stories, then one call a story. It has no search, so terms have no such way.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from trendctl.errors import ParseError
from trendctl.ports import Ask, Json, Parsed, Reading, Record, Reply, Request, Source, SourceFacts
from trendctl.scanner.formats import asks, jsonbody
from trendctl.scanner.formats.numbers import whole
from trendctl.scanner.formats.rows import Row, collect, item, levels, series
from trendctl.scanner.formats.times import DAY, day_of, days_before, moment

_API: Final = "https://hn.algolia.com/api/v1"
_OWN: Final = "https://hacker-news.firebaseio.com/v0"
_MOST: Final = 1_000  # hits that one query ever returns
_STORIES: Final = 30  # of the own API: as many as the front page shows, each a call
_OWN_FIELDS: Final = {"id": "id", "title": "title", "url": "url", "points": "score", "comments": "descendants"}

FACTS: Final = SourceFacts(
    name="hackernews",
    about="front page of Hacker News; stories on a term, by day",
    url="https://news.ycombinator.com/",
    terms_url="https://hn.algolia.com/api",
    kind=("discover", "measure"),
    commercial_use="ask",
    ai_ok=True,
    may_create_product=False,
    rate="10,000 calls an hour and address (general knowledge, not verified)",
    gap_seconds=1.0,
    fields={
        "rows": "hits",
        "id": "objectID",
        "title": "title || story_title",
        "url": "url || story_url",
        "category": "_tags[?@ == 'show_hn' || @ == 'ask_hn'] | [0]",
        "points": "points",
        "comments": "num_comments",
        "at": "created_at_i",
    },
)


def requests(ask: Ask) -> Sequence[Request]:
    """One call: the front page, or the stories that hold the term as a phrase, newest first."""
    if ask.term is None:
        return (Request(f"{_API}/search", params=(("tags", "front_page"), ("hitsPerPage", "100"))),)
    since = int(days_before(ask.now, ask.days)[0].timestamp())
    quoted = '"' + ask.term.replace('"', " ") + '"'
    params = (
        ("query", quoted),
        ("tags", "story"),
        ("hitsPerPage", str(_MOST)),
        ("numericFilters", f"created_at_i>={since}"),
        ("attributesToRetrieve", "created_at_i"),
        ("attributesToHighlight", ""),
    )
    return (Request(f"{_API}/search_by_date", params=params),)


def parse(reply: Reply, ask: Ask) -> Parsed:
    """Front page: position, points, num_comments. Term: `stories` a day."""
    step, _, place = reply.request.tag.partition(":")
    if step == "top":
        return _listed(jsonbody.load(reply.body))
    if step == "story":
        return _own_story(jsonbody.load(reply.body), int(place))
    document = jsonbody.load_object(reply.body)
    rows = jsonbody.rows(document, asks.fields(FACTS, ask))
    return collect(rows, _story) if ask.term is None else _by_day(document, rows, ask)


def _story(row: Row, position: int) -> Record | None:
    readings = levels(position, points=row.count("points"), num_comments=row.count("comments"))
    return item(row, readings)


def fallback(request: Request, status: int | None, ask: Ask) -> Sequence[Request]:
    """The own API's list in place of Algolia's front page."""
    asked_own = request.tag.startswith(("top", "story"))
    return () if asked_own or ask.term is not None else (Request(f"{_OWN}/topstories.json", tag="top"),)


def _listed(numbers: Json) -> Parsed:
    if not isinstance(numbers, list):
        raise ParseError("the answer is no list of stories")
    found = [number for number in map(whole, numbers[:_STORIES]) if number is not None and number > 0]
    calls = (Request(f"{_OWN}/item/{n}.json", cacheable=False, tag=f"story:{at}") for at, n in enumerate(found, 1))
    return Parsed(follow=tuple(calls), rejected=min(len(numbers), _STORIES) - len(found))


def _own_story(told: Json, place: int) -> Parsed:
    """One story; null stands for one that was taken away."""
    if told is None:
        return Parsed()
    return collect([jsonbody.JsonRow(told, _OWN_FIELDS)], lambda row, _: _story(row, place))


def _by_day(document: dict[str, Json], rows: Sequence[Row], ask: Ask) -> Parsed:
    """Counts of whole days. Where there are more hits than one reply holds, only the days it holds completely."""
    total = whole(document.get("nbHits"))
    if total is None:
        raise ParseError("the answer does not say how many hits there are")
    times = [at for at in (moment(row.raw("at")) for row in rows) if at is not None]
    if not times:
        return Parsed(rejected=len(rows))
    days = days_before(ask.now, ask.days)
    if total > len(rows):
        days = [day for day in days if day >= day_of(min(times)) + timedelta(days=1)]
    counts = Counter(day_of(at) for at in times)
    return series(ask, (Reading("stories", float(counts[day]), at=day, period=DAY) for day in days))


SOURCES: Final = (Source(FACTS, requests=requests, parse=parse, fallback=fallback),)
