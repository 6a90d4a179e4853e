"""X's trends of a place. Every call costs money: off by default even with a key, under a daily budget."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from trendctl.ports import Ask, Parsed, Record, Reply, Request, Source, SourceFacts
from trendctl.scanner.formats import asks, jsonbody
from trendctl.scanner.formats.rows import Row, collect, item, levels

# "Where on earth" ids of countries, a retired numbering of Yahoo that X still uses.
_WOEID: Final = {"US": 23424977, "GB": 23424975, "CA": 23424775, "AU": 23424748, "DE": 23424829, "FR": 23424819}

FACTS: Final = SourceFacts(
    name="x_trends",
    about="trends of a country on X, with posts of the last day",
    url="https://api.x.com/2/trends/by/woeid/",
    terms_url="https://developer.x.com/en/developer-terms/agreement-and-policy",
    kind=("discover",),
    auth="key",
    credentials=("TWITTER_BEARER_TOKEN",),
    get_key="https://console.x.com/ (an app's bearer token; calls are paid for in advance)",
    commercial_use="ask",
    ai_ok=False,  # X's terms on models
    may_create_product=False,
    rate="75 calls in 15 minutes (docs.x.com, trends introduction); paid per use since 2026-02-06",
    daily_budget_usd=0.5,
    gap_seconds=12.0,
    min_interval_minutes=360,
    enabled=False,
    # woeid "": the country of your market. The price of a call stands in X's console only: this is 50 trends at what a
    # post read costs (0.005 USD, postproxy.dev), so rather too much.
    options={"woeid": "", "usd_per_call": 0.25, "daily_budget_usd": 0.5},
    fields={"rows": "data", "id": "trend_name", "title": "trend_name", "posts": "tweet_count"},
)


def requests(ask: Ask) -> Sequence[Request]:
    """One call; none for a country whose id is not known."""
    for name in ("usd_per_call", "daily_budget_usd"):
        asks.dollars(FACTS, name, asks.option(FACTS, ask, name))  # told now, not when it is paid
    chosen = asks.word(FACTS, ask, "woeid")
    woeid = chosen if chosen.isascii() and chosen.isdigit() else _WOEID.get(ask.geo)
    if woeid is None:
        return ()
    params = (("max_trends", "50"), ("trend.fields", "trend_name,tweet_count"))
    headers = (("Authorization", f"Bearer {asks.secret(ask, 'TWITTER_BEARER_TOKEN')}"),)
    return (Request(f"{FACTS.url}{woeid}", params=params, headers=headers, tag=str(woeid)),)


def parse(reply: Reply, ask: Ask) -> Parsed:
    """`position` and, for most trends, `tweet_count`. Without trends the API leaves `data` out and counts 0."""
    document = jsonbody.load_object(reply.body)
    if jsonbody.find(document, "meta.result_count") == 0 and "data" not in document:
        return Parsed()
    woeid = reply.request.tag

    def build(row: Row, position: int) -> Record | None:
        name = row.ident("id")
        page = f"https://x.com/search?q={quote(name, safe='')}"
        readings = levels(position, tweet_count=row.count("posts"))
        return item(row, readings, external_id=f"{woeid}:{name}", category=woeid, url=page) if name else None

    return collect(jsonbody.rows(document, asks.fields(FACTS, ask)), build)


SOURCES: Final = (Source(FACTS, requests=requests, parse=parse),)
