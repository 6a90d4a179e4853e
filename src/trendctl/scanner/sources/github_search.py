"""GitHub's search: new repositories by stars, a weak sign of what makers and gadget fans build with."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from trendctl.ports import Ask, Parsed, Record, Reply, Request, Source, SourceFacts
from trendctl.scanner.formats import asks, jsonbody
from trendctl.scanner.formats.rows import Row, collect, item, levels

FACTS: Final = SourceFacts(
    name="github_search",
    about="new repositories with the most stars",
    url="https://api.github.com/search/repositories",
    terms_url="https://docs.github.com/en/site-policy/github-terms/github-terms-of-service",
    kind=("discover",),
    commercial_use="yes",
    ai_ok=True,
    may_create_product=False,
    rate="10 searches a minute and address without a key (general knowledge, not verified)",
    gap_seconds=7.0,
    min_interval_minutes=360,
    options={"days": 30, "query": ""},
    fields={
        "rows": "items",
        "id": "id",
        "title": "full_name",
        "url": "html_url",
        "category": "language",
        "stars": "stargazers_count",
    },
)


def requests(ask: Ask) -> Sequence[Request]:
    """One call, 50 repositories created in the last `days`."""
    since = ask.now - timedelta(days=asks.amount(FACTS, ask, "days", 3650))
    query = f"created:>{since:%Y-%m-%d} {asks.word(FACTS, ask, 'query')}".strip()
    params = (("q", query), ("sort", "stars"), ("order", "desc"), ("per_page", "50"))
    return (Request(FACTS.url, params=params, headers=(("Accept", "application/vnd.github+json"),)),)


def parse(reply: Reply, ask: Ask) -> Parsed:
    """`position` and `stars`. A reply may be marked incomplete; what it holds is still true."""
    document = jsonbody.load_object(reply.body)
    return collect(jsonbody.rows(document, asks.fields(FACTS, ask)), _repository)


def _repository(row: Row, position: int) -> Record | None:
    return item(row, levels(position, stars=row.count("stars")))


SOURCES: Final = (Source(FACTS, requests=requests, parse=parse),)
