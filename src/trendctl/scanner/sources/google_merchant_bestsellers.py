"""Google Merchant Center's best sellers of Shopping: rank and relative demand of products by category, weekly."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from urllib.parse import quote

from trendctl.ports import Ask, Parsed, Record, Reply, Request, Source, SourceFacts
from trendctl.scanner.formats import asks, jsonbody, tokens
from trendctl.scanner.formats.numbers import whole
from trendctl.scanner.formats.rows import Row, collect, item, levels
from trendctl.scanner.formats.times import DAY, moment

_TOKEN_URL: Final = "https://oauth2.googleapis.com/token"
_ROW: Final = "bestSellersProductClusterView"
_DEMAND: Final = {"VERY_LOW": 1.0, "LOW": 2.0, "MEDIUM": 3.0, "HIGH": 4.0, "VERY_HIGH": 5.0}
_COLUMNS: Final = (
    "report_date, report_granularity, report_country_code, report_category_id, title, brand, category_l1, category_l2, "
    "category_l3, rank, previous_rank, relative_demand, relative_demand_change"
)

FACTS: Final = SourceFacts(
    name="google_merchant_bestsellers",
    about="best-selling products of Google Shopping by category",
    url="https://merchantapi.googleapis.com/reports/v1/",
    terms_url="https://support.google.com/merchants/answer/160173",
    kind=("discover",),
    auth="oauth",
    credentials=("GOOGLE_MERCHANT_REFRESH_TOKEN", "GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET"),
    get_key="https://developers.google.com/merchant/api (an account that may see market insights)",
    commercial_use="ask",  # Merchant Center's terms limit what market insights may be used for
    ai_ok=False,
    may_create_product=True,
    rate="weekly figures, up to two weeks late (Google's documentation of the BigQuery export)",
    gap_seconds=1.0,
    min_interval_minutes=1440,
    options={"account": "", "category": ""},  # category: a number of Google's product taxonomy; "": all
    fields={
        "rows": "results",
        "title": f"{_ROW}.title",
        "brand": f"{_ROW}.brand",
        "category": f"{_ROW}.[categoryL3, categoryL2, categoryL1][?@] | [0]",
        "category_id": f"{_ROW}.reportCategoryId",
        "rank": f"{_ROW}.rank",
        "before": f"{_ROW}.previousRank",
        "demand": f"{_ROW}.relativeDemand",
        "year": f"{_ROW}.reportDate.year",
        "month": f"{_ROW}.reportDate.month",
        "day": f"{_ROW}.reportDate.day",
    },
)


def requests(ask: Ask) -> Sequence[Request]:
    """The token; the report follows it. None without the account's number."""
    asks.word(FACTS, ask, "category")  # told now, not in the middle of the chain
    if not asks.word(FACTS, ask, "account"):
        return ()
    form = {
        "grant_type": "refresh_token",
        "refresh_token": asks.secret(ask, "GOOGLE_MERCHANT_REFRESH_TOKEN"),
        "client_id": asks.secret(ask, "GOOGLE_CLIENT_ID"),
        "client_secret": asks.secret(ask, "GOOGLE_CLIENT_SECRET"),
    }
    return (tokens.token_request(_TOKEN_URL, form),)


def parse(reply: Reply, ask: Ask) -> Parsed:
    """`position`, `rank_change` (up is positive), `relative_demand` from 1 (very low) to 5, of the report's week.

    The id is made of category, brand and title: the report has none. An empty result has no `results`.
    """
    if reply.request.tag == tokens.TAG:
        return Parsed(follow=(_report(tokens.access_token(reply), ask),))
    document = jsonbody.load_object(reply.body)
    return collect(jsonbody.rows(document, asks.fields(FACTS, ask)), _product) if document else Parsed()


def _report(token: str, ask: Ask) -> Request:
    category = asks.word(FACTS, ask, "category")
    narrowed = f" AND report_category_id = {int(category)}" if category.isascii() and category.isdigit() else ""
    country = "".join(letter for letter in ask.geo if letter.isalpha())
    query = (
        f"SELECT {_COLUMNS} FROM best_sellers_product_cluster_view WHERE report_granularity = 'WEEKLY' "
        f"AND report_country_code = '{country}'{narrowed} ORDER BY rank LIMIT 200"
    )
    address = f"{FACTS.url}accounts/{quote(asks.word(FACTS, ask, 'account'), safe='')}/reports:search"
    headers = (tokens.bearer(token), ("Content-Type", "application/json"))
    return Request(address, "POST", headers=headers, body=json.dumps({"query": query}).encode(), cacheable=False)


def _product(row: Row, _: int) -> Record | None:
    place, before = row.rank("rank"), row.rank("before")
    at = _date(row)
    title = row.text("title")
    if not title or place is None:
        return None
    readings = levels(
        place,
        at=at,
        period=7 * DAY if at else 0,
        rank_change=before - place if before is not None else None,
        relative_demand=_DEMAND.get(row.text("demand")),
    )
    key = f"{row.ident('category_id')}:{row.text('brand', 60)}:{title}"
    return item(row, readings, external_id=hashlib.sha1(key.encode()).hexdigest(), title=title)


def _date(row: Row) -> datetime | None:
    year, month, day = (whole(row.raw(part)) for part in ("year", "month", "day"))
    if year is None or month is None or day is None:
        return None
    return moment(f"{year:04d}-{month:02d}-{day:02d}")


SOURCES: Final = (Source(FACTS, requests=requests, parse=parse),)
