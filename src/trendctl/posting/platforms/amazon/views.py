"""Page views from Amazon's Sales and Traffic report: one report for each day, of every SKU, made now and read later.

Amazon makes a report in minutes to hours, at most about 4 an hour and 96 a day for a seller (support's word, issue 5210
of amzn/selling-partner-api-models); so `track` asks for a few days each time, and reads what was asked for before.
Only counts are taken out of it.
"""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote
from weakref import WeakKeyDictionary

from trendctl.ports import Answer, Sold, Talk, Wire
from trendctl.posting.body import count, parsed, part, rows
from trendctl.posting.platforms.amazon import wires
from trendctl.posting.platforms.amazon.answers import is_of_token, texts, trouble
from trendctl.posting.platforms.amazon.places import Place

PATH = "/reports/2021-06-30"
KIND = "GET_SALES_AND_TRAFFIC_REPORT"
COUNTED_AFTER = 2  # days after which Amazon has counted a day
SETTLED_AFTER = 4  # a report made earlier than that many days after its day is made once more
MOST_MADE, MOST_READ, POLLS = 4, 14, 2  # of one `track`
LARGEST = 64_000_000  # bytes of an unpacked report
_REFUSED = (
    "Amazon does not let this app read page views (the Brand Analytics role; closed to many private apps since "
    "2026-06-29): views are not given, orders and revenue are. Next: trendctl platforms check amazon"
)

Counts = Mapping[str, int]  # page views by SKU; by ASIN where the report has no SKUs


@dataclass(slots=True)
class _Told:
    """What one talk was told. `trouble`: why nothing more is asked."""

    listed: dict[str, dict[date, dict[str, Any]]] = field(default_factory=dict)  # marketplace -> day -> newest report
    counts: dict[tuple[str, date], Counts] = field(default_factory=dict)
    made: int = 0
    read: int = 0
    trouble: str = ""


_TOLD: "WeakKeyDictionary[Talk, _Told]" = WeakKeyDictionary()  # gone with the talk, which lives for one `track`


def seen(listing: Sold, where: Place, days: Sequence[date], talk: Talk) -> tuple[dict[date, int], str]:
    """A listing's page views by day, the newest asked for first; and why there are not more ("": they come later)."""
    told = _told(talk)
    today, found = max(days), dict[date, int]()
    for day in sorted((d for d in days if d <= today - timedelta(days=COUNTED_AFTER)), reverse=True):
        counts = told.counts.get((where.id, day))
        if counts is None and not told.trouble:
            counts = _counts(where, day, today, talk, told)
            if counts is not None:
                told.counts[where.id, day] = counts
        number = (counts or {}).get(listing.sku, (counts or {}).get(listing.external_id))
        if number is not None:
            found[day] = number
    return found, told.trouble


def _told(talk: Talk) -> _Told:
    try:
        return _TOLD.setdefault(talk, _Told())
    except TypeError:  # a talk that nothing can be remembered of: everything is asked anew
        return _Told()


def _counts(where: Place, day: date, today: date, talk: Talk, told: _Told) -> Counts | None:
    """One day's counts; None where the report is not there yet (or cannot be had now)."""
    report = _listed(where, talk, told).get(day)
    if report is None or _is_stale(report, day, today):
        report = _made(where, day, talk, told) or report
    if report is None or told.trouble:
        return None
    status = report.get("processingStatus")
    if status == "CANCELLED":  # Amazon's word for: there is nothing of that day
        return {}
    number = str(report.get("reportDocumentId") or "")
    return _document(where, number, talk, told) if status == "DONE" and number else None


def _is_stale(report: Mapping[str, Any], day: date, today: date) -> bool:
    """Made before the day had settled, or failed, and not made anew since yesterday."""
    created = _date(report.get("createdTime"))
    if created is None or created >= today - timedelta(days=1):
        return False
    return created < day + timedelta(days=SETTLED_AFTER) or report.get("processingStatus") == "FATAL"


def _listed(where: Place, talk: Talk, told: _Told) -> dict[date, dict[str, Any]]:
    """The reports of single days that this app had made, the newest of each day."""
    if where.id not in told.listed:
        params = {"reportTypes": KIND, "marketplaceIds": where.id, "pageSize": "100"}
        answer = _asked(wires.get(where, f"{PATH}/reports", **params), talk, told)
        found: dict[date, dict[str, Any]] = {}
        for row in sorted(rows(parsed(answer).get("reports")), key=lambda r: str(r.get("createdTime"))):
            day = _date(row.get("dataStartTime"))
            of_market = texts(row.get("marketplaceIds")) in ([], [where.id])
            if day is not None and day == _date(row.get("dataEndTime")) and of_market:
                found[day] = row
        told.listed[where.id] = found
    return told.listed[where.id]


def _made(where: Place, day: date, talk: Talk, told: _Told) -> dict[str, Any] | None:
    """Have a day's report made; the report where it is done at once."""
    body = {
        "reportType": KIND, "marketplaceIds": [where.id],
        "reportOptions": {"dateGranularity": "DAY", "asinGranularity": "SKU"},
        "dataStartTime": f"{day.isoformat()}T00:00:00Z", "dataEndTime": f"{day.isoformat()}T23:59:59Z",
    }  # fmt: skip
    wire = wires.sent("POST", where, f"{PATH}/reports", body)
    if told.made >= MOST_MADE or told.trouble or _held(wire, talk):
        return None
    told.made += 1
    number = str(parsed(_asked(wire, talk, told)).get("reportId") or "")
    report: dict[str, Any] = {}
    for _ in range(POLLS if number else 0):
        if report.get("processingStatus") in ("DONE", "CANCELLED", "FATAL"):
            break
        report = parsed(_asked(wires.get(where, f"{PATH}/reports/{quote(number, safe='')}"), talk, told))
    return report or None


def _document(where: Place, number: str, talk: Talk, told: _Told) -> Counts | None:
    wire = wires.get(where, f"{PATH}/documents/{quote(number, safe='')}")
    fetch = getattr(talk, "fetch", None)
    if told.read >= MOST_READ or fetch is None or _held(wire, talk):
        return None
    told.read += 1
    body = parsed(_asked(wire, talk, told))
    if not body.get("url"):
        return None
    answer: Answer = fetch(str(body["url"]))
    if answer.status != 200:
        told.trouble = f"Amazon's views cannot be read now: {answer.error or f'HTTP {answer.status}'}"
        return None
    return parse(answer.body, packed=body.get("compressionAlgorithm") == "GZIP")


def parse(data: bytes, *, packed: bool = False) -> Counts | None:
    """Page views by SKU of a report's bytes; None where they cannot be understood."""
    if packed or data[:2] == b"\x1f\x8b":
        unpacker = zlib.decompressobj(31)
        try:
            data = unpacker.decompress(data, LARGEST)
        except zlib.error:
            return None
    try:
        body = json.loads(data)
    except ValueError:
        return None
    found: dict[str, int] = {}
    for row in rows(part(body).get("salesAndTrafficByAsin")):
        number, name = count(part(row.get("trafficByAsin")).get("pageViews")), row.get("sku") or row.get("childAsin")
        if number is not None and number >= 0 and isinstance(name, str):
            found[name] = found.get(name, 0) + number
    return found


def _asked(wire: Wire, talk: Talk, told: _Told) -> Answer:
    """The answer; where it is none of use, `trouble` says why."""
    answer = talk.send(wire)
    if answer.status == 403 and not is_of_token(answer):
        told.trouble = _REFUSED
    elif answer.status not in (200, 202):
        told.trouble = f"Amazon's views cannot be read now: {trouble(answer)}"
    return answer


def _held(wire: Wire, talk: Talk) -> bool:
    """Whether the call would have to wait longer than a `track` does: it is left for the next one."""
    ask = getattr(talk, "refusal", None)
    return bool(ask(wire)) if ask is not None else False


def _date(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
