"""Amazon's Brand Analytics: the week's most frequent search terms with the products clicked (brand-registered sellers).

The report is made by Amazon in minutes to hours. A run takes the newest finished one; where the last week's is not
there yet, it asks for it and takes it at a later run. The file is sorted by rank and may hold millions of rows, so
only its beginning is fetched.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote

from trendctl.errors import ParseError
from trendctl.ports import Ask, Json, Parsed, Record, Reply, Request, Source, SourceFacts
from trendctl.scanner.formats import asks, jsonbody, prefix, text, tokens
from trendctl.scanner.formats.rows import Row, collect, item, levels
from trendctl.scanner.formats.times import DAY, day_of, moment

_TOKEN_URL: Final = "https://api.amazon.com/auth/o2/token"
_REPORT: Final = "GET_BRAND_ANALYTICS_SEARCH_TERMS_REPORT"
_HOSTS: Final = {"US": "na", "CA": "na", "MX": "na", "JP": "fe", "AU": "fe"}
_MARKETS: Final = {
    "US": "ATVPDKIKX0DER", "CA": "A2EUQ1WTGCTBG2", "MX": "A1AM78C64UM0Y8", "GB": "A1F83G8C2ARO7P",
    "DE": "A1PA6795UKMFR9", "FR": "A13V1IB3VIYZZH", "IT": "APJ6JRA9NG5V4", "ES": "A1RKKUPIHCS9HS",
    "JP": "A1VC38T7YXB528", "AU": "A39IBJ37TRP1C6",
}  # fmt: skip
_FETCHED: Final = 1_500_000  # bytes of the file, packed

FACTS: Final = SourceFacts(
    name="amazon_search_terms",
    about="most frequent search terms of Amazon in the last week, with the products clicked",
    url="https://developer-docs.amazon.com/sp-api/docs/report-type-values-analytics",
    terms_url="https://sellercentral.amazon.com/mws/static/policy?documentType=AUP",
    kind=("discover",),
    auth="oauth",
    credentials=("AMAZON_SP_API_KEY", "AMAZON_SP_API_SECRET", "AMAZON_SP_REFRESH_TOKEN"),
    get_key="https://sellercentral.amazon.com/ (a brand-registered seller's app with the Brand Analytics role)",
    commercial_use="ask",
    ai_ok=False,
    may_create_product=True,
    rate="weekly; a new report at most about once a minute (general knowledge, not verified)",
    gap_seconds=2.0,
    min_interval_minutes=1440,
    fields={
        "reports": "reports",
        "report_id": "reportDocumentId",
        "status": "processingStatus",
        "until": "dataEndTime",
        "rows": "dataByDepartmentAndSearchTerm",
        "term": "searchTerm",
        "asin": "clickedAsin",
        "title": "clickedItemName || searchTerm",
        "category": "departmentName",
        "rank": "searchFrequencyRank",
        "clicks": "clickShare",
        "conversions": "conversionShare",
    },
)


def requests(ask: Ask) -> Sequence[Request]:
    """The token; the rest follows. None for a country where the program knows no marketplace."""
    if ask.geo not in _MARKETS:
        return ()
    form = {
        "grant_type": "refresh_token",
        "refresh_token": asks.secret(ask, "AMAZON_SP_REFRESH_TOKEN"),
        "client_id": asks.secret(ask, "AMAZON_SP_API_KEY"),
        "client_secret": asks.secret(ask, "AMAZON_SP_API_SECRET"),
    }
    return (tokens.token_request(_TOKEN_URL, form),)


def parse(reply: Reply, ask: Ask) -> Parsed:
    """`position` is the search frequency rank of the week (a rank, not a volume); click and conversion shares."""
    step, _, detail = reply.request.tag.partition(":")
    if step == tokens.TAG:
        token = ("x-amz-access-token", tokens.access_token(reply))
        wanted = (("reportTypes", _REPORT), ("marketplaceIds", _MARKETS.get(ask.geo, "")), ("pageSize", "10"))
        return Parsed(follow=(_call(ask, "reports", "list", token, wanted),))
    if step == "data":
        return _terms(reply.body, detail, ask)
    document = jsonbody.load_object(reply.body)
    if step == "list":
        return _chosen(document, reply, ask)
    return _file(document, detail) if step == "document" else Parsed()  # "created": it is taken at a later run


def _call(ask: Ask, path: str, tag: str, token: tuple[str, str], params: tuple[tuple[str, str], ...] = ()) -> Request:
    address = f"https://sellingpartnerapi-{_HOSTS.get(ask.geo, 'eu')}.amazon.com/reports/2021-06-30/{path}"
    return Request(address, params=params, headers=(token,), cacheable=False, tag=tag)


def _last_week(now: datetime) -> tuple[datetime, datetime]:
    """Sunday to Saturday: the last week that is over, with two days for Amazon to count."""
    today = day_of(now - timedelta(days=2))
    sunday = today - timedelta(days=(today.weekday() + 1) % 7 + 7)
    return sunday, sunday + timedelta(days=6)


def _chosen(document: dict[str, Json], reply: Reply, ask: Ask) -> Parsed:
    """The newest finished report; also a request for the last week's, unless one is there or being made."""
    token = next(
        (pair for pair in reply.request.headers if pair[0] == "x-amz-access-token"), ("x-amz-access-token", "")
    )
    fields = asks.fields(FACTS, ask)
    sunday, saturday = _last_week(ask.now)
    known = [(row.time("until"), row) for row in jsonbody.rows(document, {**fields, "rows": fields["reports"]})]
    done = [(at, row.ident("report_id")) for at, row in known if at is not None and row.text("status") == "DONE"]
    follow: list[Request] = []
    if found := max((pair for pair in done if pair[1]), default=None):
        path = f"documents/{quote(found[1], safe='')}"
        follow.append(_call(ask, path, f"document:{day_of(found[0]):%Y-%m-%d}", token))
    alive = ("DONE", "IN_QUEUE", "IN_PROGRESS")
    if not any(at is not None and at >= saturday and row.text("status") in alive for at, row in known):
        follow.append(_order(ask, sunday, saturday, token))
    return Parsed(follow=tuple(follow))


def _order(ask: Ask, sunday: datetime, saturday: datetime, token: tuple[str, str]) -> Request:
    body = {
        "reportType": _REPORT,
        "marketplaceIds": [_MARKETS.get(ask.geo, "")],
        "dataStartTime": f"{sunday:%Y-%m-%dT00:00:00Z}",
        "dataEndTime": f"{saturday:%Y-%m-%dT00:00:00Z}",
        "reportOptions": {"reportPeriod": "WEEK"},
    }
    base = _call(ask, "reports", "created", token)
    headers = (token, ("Content-Type", "application/json"))
    return Request(base.url, "POST", headers=headers, body=json.dumps(body).encode(), cacheable=False, tag=base.tag)


def _file(document: dict[str, Json], until: str) -> Parsed:
    address = text.web_url(document.get("url"))
    if not address.startswith("https://"):
        raise ParseError("the report's document has no address")
    how = "gzip" if document.get("compressionAlgorithm") == "GZIP" else "plain"
    part = (("Range", f"bytes=0-{_FETCHED - 1}"),)
    return Parsed(follow=(Request(address, headers=part, cacheable=False, tag=f"data:{how}:{until}"),))


def _terms(body: bytes, detail: str, ask: Ask) -> Parsed:
    how, _, until = detail.partition(":")
    at, fields = moment(until), asks.fields(FACTS, ask)

    def build(row: Row, _: int) -> Record | None:
        term, asin, rank = row.text("term", 200), row.ident("asin"), row.rank("rank")
        clicks, bought = row.count("clicks"), row.count("conversions")
        readings = levels(rank, at=at, period=7 * DAY if at else 0, click_share=clicks, conversion_share=bought)
        return item(row, readings, external_id=f"{term}|{asin}") if term and asin and rank is not None else None

    rows = [
        jsonbody.JsonRow(value, fields)
        for value in prefix.objects(prefix.unpacked(body, how == "gzip"), fields["rows"])
    ]
    return collect(rows, build)


SOURCES: Final = (Source(FACTS, requests=requests, parse=parse),)
