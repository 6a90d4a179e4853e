"""eBay's traffic report: how often listings were looked at, a UTC day each. One report tells of many listings.

Filters and metrics: eBay's OpenAPI document of Sell Analytics v1 (getTrafficReport). 100 reports a day are allowed, so
a report is of one day and of every listing, and is kept for the other listings asked for over the same talk.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from trendctl.errors import ParseError
from trendctl.ports import Answer, Talk
from trendctl.posting.body import parsed, part, rows
from trendctl.posting.platforms.ebay import wires
from trendctl.posting.platforms.ebay.answers import errors
from trendctl.posting.platforms.ebay.orders import lasting

URL = f"{wires.API}/sell/analytics/v1/traffic_report"
VIEWS, CLICKS = "LISTING_VIEWS_TOTAL", "LISTING_VIEWS_SOURCE_SEARCH_RESULTS_PAGE"  # a click on a search result
OLDEST = 730  # days back that eBay tells of
_MARKETS = {"EBAY_MOTORS": "EBAY_MOTORS_US"} | {
    f"EBAY_{country}": f"EBAY_{country}" for country in ("AU", "DE", "ES", "FR", "GB", "IT", "US")
}
# There is nothing yet of that day, or of the whole account: a future day, no data, not updated, no such listing.
_NOTHING_YET = frozenset({50018, 50030, 50037, 50600})

Seen = tuple[int | None, int | None]  # views, clicks


@dataclass(slots=True)
class Reports:
    """What one talk was told: (marketplace, day) -> listing -> figures. `trouble`: why nothing more is asked; it is
    worth telling only where no report was given at all: the newest days come first, older ones were read before."""

    told: dict[tuple[str, date], Mapping[str, Seen]] = field(default_factory=dict)
    given: int = 0
    trouble: str = ""

    @property
    def withheld(self) -> str:
        """Why there are no views; "" where there are some."""
        return "" if self.given else self.trouble


def seen(listing_id: str, marketplace: str, days: Sequence[date], talk: Talk, reports: Reports) -> dict[date, Seen]:
    """The days that eBay tells of, the newest asked for first. What it does not tell is left out."""
    market = _MARKETS.get(marketplace)
    if market is None or not listing_id or not days:
        return {}
    found: dict[date, Seen] = {}
    for day in sorted(days, reverse=True):
        if (max(days) - day).days >= OLDEST:
            break
        told = reports.told.get((market, day))
        if told is None:
            if reports.trouble:
                continue
            told = _report(market, day, talk, reports)
            reports.told[market, day] = told
        if listing_id in told:
            found[day] = told[listing_id]
    return found


def _report(market: str, day: date, talk: Talk, reports: Reports) -> Mapping[str, Seen]:
    moment = f"{day.isoformat()}T00:00:00.000+00:00"
    only = f"marketplace_ids:{{{market}}},date_range:[{moment}..{moment}]"
    answer = talk.send(
        wires.get(URL, market, dimension="LISTING", metric=f"{VIEWS},{CLICKS}", filter=only, sort=f"-{VIEWS}")
    )
    nothing_yet = answer.status == 400 and {e.get("errorId") for e in errors(answer)} & _NOTHING_YET
    if answer.status == 200 or nothing_yet:
        reports.given += 1
        return {} if nothing_yet else parse(answer, day)
    reports.trouble = _words(answer)
    return {}


def _words(answer: Answer) -> str:
    if answer.status == 403:
        return (
            "eBay does not let this sign-in read views (sell.analytics.readonly). Next: trendctl platforms login ebay"
        )
    return f"eBay's views cannot be read now: {lasting(answer)}"


def parse(answer: Answer, day: date) -> dict[str, Seen]:
    """Views and clicks by listing id; {} where eBay has not counted that day yet. Raises ParseError."""
    body = parsed(answer)
    if _before(body.get("lastUpdatedDate"), day) or _before(body.get("endDate"), day):
        return {}
    keys = [str(m.get("key") or "") for m in rows(part(body.get("header")).get("metrics"))]
    found: dict[str, Seen] = {}
    for record in rows(body.get("records")):
        ids, values = rows(record.get("dimensionValues")), rows(record.get("metricValues"))
        if not ids or len(values) != len(keys):
            raise ParseError("eBay's traffic report could not be understood", why="a record without its values")
        by_key = {key: _count(value) for key, value in zip(keys, values, strict=True)}
        found[str(ids[0].get("value") or "")] = (by_key.get(VIEWS), by_key.get(CLICKS))
    return found


def _before(moment: object, day: date) -> bool:
    try:
        return date.fromisoformat(str(moment)[:10]) < day
    except ValueError:  # not told
        return False


def _count(value: Mapping[str, Any]) -> int | None:
    """A whole number; None where eBay calls it not applicable, or gives none."""
    if value.get("applicable") is False:
        return None
    try:
        return int(float(str(value.get("value"))))
    except (ValueError, OverflowError):
        return None
