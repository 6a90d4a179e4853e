"""GDELT's count of the world's news articles on a term, by day."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from trendctl.ports import Ask, Parsed, Reading, Reply, Request, Source, SourceFacts
from trendctl.scanner.formats import asks, jsonbody
from trendctl.scanner.formats.rows import series
from trendctl.scanner.formats.times import DAY, day_of

FACTS: Final = SourceFacts(
    name="gdelt",
    about="news articles on a term, by day, worldwide",
    url="https://api.gdeltproject.org/api/v2/doc/doc",
    terms_url="https://www.gdeltproject.org/about.html",
    kind=("measure",),
    commercial_use="yes",
    ai_ok=True,
    may_create_product=False,
    rate="one call in 5 seconds by its own word, yet refuses much of the day "
    "(github.com/koala73/worldmonitor issue 5843)",
    gap_seconds=15.0,
    deadline_seconds=90.0,
    fields={"rows": "timeline[0].data", "at": "date", "articles": "value"},
)


def requests(ask: Ask) -> Sequence[Request]:
    """One call for the term as a phrase."""
    if ask.term is None:
        return ()
    params = (
        ("query", '"' + ask.term.replace('"', " ") + '"'),
        ("mode", "timelinevolraw"),
        ("format", "json"),
        ("timespan", f"{max(1, min(ask.days, 90))}d"),
    )
    return (Request(FACTS.url, params=params),)


def parse(reply: Reply, ask: Ask) -> Parsed:
    """`article_volume` of each whole day. `{}` says that there were none; its plain-text refusals do not."""
    document = jsonbody.load_object(reply.body)
    if not document or document.get("timeline") == []:
        return Parsed()
    rows = jsonbody.rows(document, asks.fields(FACTS, ask))
    days: dict[datetime, float] = {}
    rejected = 0
    for row in rows:
        at, articles = row.time("at"), row.count("articles")
        if at is None or articles is None:
            rejected += 1
        elif at < day_of(ask.now):  # today is not over
            days[day_of(at)] = days.get(day_of(at), 0.0) + articles
    parsed = series(ask, (Reading("article_volume", days[day], at=day, period=DAY) for day in sorted(days)))
    return Parsed(parsed.records, rejected=rejected)


SOURCES: Final = (Source(FACTS, requests=requests, parse=parse),)
