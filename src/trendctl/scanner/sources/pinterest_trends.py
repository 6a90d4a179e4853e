"""Pinterest's trending keywords: growth by week, month and year, with a year's weekly curve."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from trendctl.ports import Ask, Json, Parsed, Reading, Record, Reply, Request, Source, SourceFacts
from trendctl.scanner.formats import asks, jsonbody, tokens
from trendctl.scanner.formats.numbers import count
from trendctl.scanner.formats.rows import Row, collect, item, levels, series
from trendctl.scanner.formats.times import DAY, moment

_API: Final = "https://api.pinterest.com/v5/trends/keywords"
_TOKEN_URL: Final = "https://api.pinterest.com/v5/oauth/token"  # developers.pinterest.com, refresh an access token
_REGIONS: Final = {"US": "US", "CA": "CA", "GB": "GB+IE", "IE": "GB+IE", "DE": "DE", "FR": "FR", "ES": "ES", "IT": "IT"}

FACTS: Final = SourceFacts(
    name="pinterest_trends",
    about="keywords that grow on Pinterest; a term's year",
    url="https://developers.pinterest.com/docs/analytics-and-reports/trends",
    terms_url="https://policy.pinterest.com/en/developer-guidelines",
    kind=("discover", "measure"),
    auth="oauth",
    credentials=("PINTEREST_ACCESS_TOKEN",),
    optional=("PINTEREST_APP_ID", "PINTEREST_APP_SECRET", "PINTEREST_REFRESH_TOKEN"),
    get_key="https://developers.pinterest.com/apps/ (each app is reviewed)",
    commercial_use="ask",
    ai_ok=False,
    may_create_product=False,
    rate="up to 50 keywords a call, of today only (developers.pinterest.com, trends)",
    gap_seconds=1.0,
    min_interval_minutes=720,
    options={"trend": "growing"},  # or monthly, yearly, seasonal
    fields={
        "rows": "trends",
        "id": "keyword",
        "title": "keyword",
        "wow": "pct_growth_wow",
        "mom": "pct_growth_mom",
        "yoy": "pct_growth_yoy",
        "weeks": "time_series",
    },
)


def requests(ask: Ask) -> Sequence[Request]:
    """One call; none for a country that Pinterest has no trends of."""
    return _calls(ask, asks.secret(ask, "PINTEREST_ACCESS_TOKEN"), "")


def fallback(request: Request, status: int | None, ask: Ask) -> Sequence[Request]:
    """A new access token where ours was refused, once; both tokens of the answer replace ours."""
    if status != 401 or not tokens.may_renew(request, ask, FACTS.optional):
        return ()
    form = {"grant_type": "refresh_token", "refresh_token": asks.secret(ask, "PINTEREST_REFRESH_TOKEN")}
    pair = (asks.secret(ask, "PINTEREST_APP_ID"), asks.secret(ask, "PINTEREST_APP_SECRET"))
    return (tokens.token_request(_TOKEN_URL, {**form, "refresh_on": "true"}, pair),)


def _calls(ask: Ask, token: str, mark: str) -> tuple[Request, ...]:
    region = _REGIONS.get(ask.geo)
    if region is None:
        return ()
    wanted = (("limit", "50"),) if ask.term is None else (("limit", "50"), ("include_keywords", ask.term))
    address = f"{_API}/{region}/top/{asks.path(FACTS, ask, 'trend')}"
    return (Request(address, params=wanted, headers=(tokens.bearer(token),), tag=mark + region),)


def parse(reply: Reply, ask: Ask) -> Parsed:
    """Discover: `position`, growth in percent (10001 says "more than 10000"). Term: `interest` by week, 0 to 100."""
    if reply.request.tag == tokens.TAG:
        return Parsed(follow=_calls(ask, tokens.access_token(reply), tokens.AGAIN))
    rows = jsonbody.rows(jsonbody.load_object(reply.body), asks.fields(FACTS, ask))
    region = reply.request.tag.removeprefix(tokens.AGAIN)
    if ask.term is not None:
        wanted = ask.term.casefold()
        same = [row for row in rows if row.text("title").casefold() == wanted]
        return series(ask, _weeks(same[0].raw("weeks"), ask.now) if same else [])

    def build(row: Row, position: int) -> Record | None:
        week, month, year = row.number("wow"), row.number("mom"), row.number("yoy")
        readings = levels(position, pct_growth_wow=week, pct_growth_mom=month, pct_growth_yoy=year)
        name = row.ident("id")
        return item(row, readings, external_id=f"{region}:{name}", category=region) if name else None

    return collect(rows, build)


def _weeks(curve: Json, now: datetime) -> list[Reading]:
    """The weekly curve, oldest first, without dates to come (the API may add a forecast)."""
    points = {moment(day): count(value) for day, value in curve.items()} if isinstance(curve, dict) else {}
    known = sorted((at, value) for at, value in points.items() if at is not None and value is not None and at <= now)
    return [Reading("interest", value, at=at, period=7 * DAY) for at, value in known]


SOURCES: Final = (Source(FACTS, requests=requests, parse=parse, fallback=fallback),)
