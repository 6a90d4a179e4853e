"""Wikipedia's page views: the most read articles of a day, and the daily views of the article on a term."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote

from trendctl.errors import ParseError
from trendctl.ports import Ask, Parsed, Reading, Record, Reply, Request, Source, SourceFacts
from trendctl.scanner.formats import asks, jsonbody, text
from trendctl.scanner.formats.numbers import count
from trendctl.scanner.formats.rows import Row, collect, item, levels, series
from trendctl.scanner.formats.times import DAY, day_of, moment

_METRICS: Final = "https://wikimedia.org/api/rest_v1/metrics/pageviews"
# Pages about Wikipedia itself, and lists that are read every day.
_NOISE: Final = re.compile(
    r"(Main_Page|Wikipedia|-|Special:.*|File:.*|User:.*|User_talk:.*|Talk:.*|Template:.*|Portal:.*|Help:.*|Category:.*"
    r"|Wikipedia:.*|Draft:.*|Deaths_in_.*|.*\.php.*)",
    re.ASCII,
)

FACTS: Final = SourceFacts(
    name="wikipedia_pageviews",
    about="most read articles of Wikipedia; daily views of the article on a term",
    url="https://wikimedia.org/api/rest_v1/",
    terms_url="https://foundation.wikimedia.org/wiki/Policy:Terms_of_Use",
    kind=("discover", "measure"),
    commercial_use="yes",  # the figures are CC0
    ai_ok=True,
    may_create_product=False,
    rate="limits are being rolled out since April 2026; without a contact in the User-Agent they are severe "
    "(github.com/goldsmith/Wikipedia issue 350)",
    gap_seconds=1.0,
    min_interval_minutes=720,  # daily figures
    needs_contact=True,
    options={"project": "en.wikipedia"},
    fields={"rows": "items[0].articles", "id": "article", "rank": "rank", "views": "views", "days": "items"},
)


def requests(ask: Ask) -> Sequence[Request]:
    """Discover: one day's list. Measure: the search for the article; its views follow.

    Yesterday's list is complete around noon UTC (general knowledge); before, the day before yesterday is asked for.
    """
    project = asks.host(FACTS, ask, "project")
    if ask.term is not None:
        params = (("q", ask.term), ("limit", "5"))
        return (Request(f"https://{project}.org/w/rest.php/v1/search/page", params=params, tag="search"),)
    return (_top_of(day_of(ask.now) - timedelta(days=1 if ask.now.hour >= 12 else 2), project),)


def fallback(request: Request, status: int | None, ask: Ask) -> Sequence[Request]:
    """The list of the day before where yesterday's is not there yet (404); no older one, which would be stale."""
    asked, day = moment(request.tag), day_of(ask.now) - timedelta(days=2)
    if ask.term is not None or status != 404 or asked is None or asked <= day:
        return ()
    return (_top_of(day, asks.host(FACTS, ask, "project")),)


def _top_of(day: datetime, project: str) -> Request:
    return Request(f"{_METRICS}/top/{project}/all-access/{day:%Y/%m/%d}", tag=f"{day:%Y-%m-%d}")


def parse(reply: Reply, ask: Ask) -> Parsed:
    """`views` of a whole day, with the place in the list as `position`."""
    document = jsonbody.load_object(reply.body)
    if reply.request.tag == "search":
        return _article(document, ask)
    return _top(document, reply, ask) if ask.term is None else _views(document, ask)


def _top(document: dict[str, object], reply: Reply, ask: Ask) -> Parsed:
    if document.get("items") == []:
        return Parsed()
    project, day = asks.word(FACTS, ask, "project"), moment(reply.request.tag)

    def build(row: Row, _: int) -> Record | None:
        article = row.ident("id")
        readings = levels(row.rank("rank"), at=day, period=DAY, views=row.count("views"))
        title = text.clean(article.replace("_", " "))
        record = item(row, readings, external_id=f"{project}:{article}", title=title, category=project)
        return record if article and readings else None

    rows = jsonbody.rows(document, asks.fields(FACTS, ask))
    return collect([row for row in rows if not _NOISE.fullmatch(row.ident("id"))], build)


def _article(document: dict[str, object], ask: Ask) -> Parsed:
    """The first page found whose title says the same as the term; none: nothing is measured."""
    for row in jsonbody.rows(document, {"rows": "pages", "key": "key", "title": "title"}):
        key = row.ident("key")
        if key and _same(row.text("title"), ask.term or ""):
            project = asks.word(FACTS, ask, "project")
            first, last = day_of(ask.now) - timedelta(days=ask.days), day_of(ask.now) - timedelta(days=1)
            span = f"{first:%Y%m%d}00/{last:%Y%m%d}00"
            path = f"per-article/{project}/all-access/user/{quote(key, safe='')}/daily/{span}"
            return Parsed(follow=(Request(f"{_METRICS}/{path}", tag="views"),))
    return Parsed()


def _same(title: str, term: str) -> bool:
    """Equal words, or one is the other with words added, where at least two words are shared."""
    ours, theirs = _words(term), _words(re.sub(r"\([^()]*\)", " ", title))
    shared = ours & theirs
    return bool(ours) and (ours == theirs or (len(shared) >= 2 and shared in (ours, theirs)))


def _words(phrase: str) -> set[str]:
    return set(re.findall(r"\w+", phrase.casefold()))


def _views(document: dict[str, object], ask: Ask) -> Parsed:
    items = document.get("items")
    if not isinstance(items, list):
        raise ParseError("the answer has no list of days")
    readings: dict[object, Reading] = {}
    for entry in items:
        stamp = entry.get("timestamp") if isinstance(entry, dict) else None
        at = moment(f"{stamp[:8]}T00:00:00Z") if isinstance(stamp, str) else None
        views = count(entry.get("views")) if isinstance(entry, dict) else None
        if at is not None and views is not None:
            readings[at] = Reading("views", views, at=at, period=DAY)
    parsed = series(ask, readings.values())
    return Parsed(parsed.records, rejected=len(items) - len(readings))


SOURCES: Final = (Source(FACTS, requests=requests, parse=parse, fallback=fallback),)
