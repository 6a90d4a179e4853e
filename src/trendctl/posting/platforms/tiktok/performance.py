"""How a TikTok Shop product does, day by day. What TikTok does not give is None, a day it does not know is left out.

Analytics API, version 202405 (202509 and 202605 have other shapes). Days are the shop's own.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote

from trendctl.commerce.money import exponent, round_minor
from trendctl.errors import AccessError, ParseError
from trendctl.ports import Answer, DayMetrics, Sold, Talk
from trendctl.posting.body import count, part, rows, text
from trendctl.posting.platforms.tiktok import shops, wires
from trendctl.posting.platforms.tiktok.envelope import SCOPE, envelope, trouble

PATH = "/analytics/202405/shop_products"
MOST_DAYS = 30  # asked for in one call
_NOTHING, _BAD_DAYS = 28001007, 28001022  # "can't find any related data"; "start time or end time is invalid"
_FRESH = timedelta(days=3)  # days that TikTok may refuse to be asked for, as it does not know them yet


def performance(listing: Sold, days: Sequence[date], talk: Talk) -> Sequence[DayMetrics]:
    """The days that TikTok tells, oldest first. Raises AccessError without the permission, ParseError for nonsense."""
    number = listing.late.get("product_id") or listing.external_id
    if not number or not days:
        return ()
    found: dict[date, DayMetrics] = {}
    for first, last in _spans(min(days), max(days)):
        answer = _ask(listing, number, first, last, talk)
        told = envelope(answer)
        if told.code == _NOTHING or (told.code == _BAD_DAYS and first > max(days) - _FRESH):
            continue
        if told.code != 0:
            raise _fault(told.code, answer)
        found |= {day.day: day for day in _days(told.data, first, last)}
    return [found[day] for day in sorted(found)]


def _spans(first: date, last: date) -> Iterator[tuple[date, date]]:
    """The days in parts, each with the day after its last."""
    while first <= last:
        end = min(first + timedelta(days=MOST_DAYS), last + timedelta(days=1))
        yield first, end
        first = end


def _ask(listing: Sold, number: str, first: date, end: date, talk: Talk) -> Answer:
    params = {
        "start_date_ge": first.isoformat(), "end_date_lt": end.isoformat(), "granularity": "1D", "currency": "LOCAL",
    }  # fmt: skip
    late = listing.late
    path = f"{PATH}/{quote(number, safe='')}/performance"
    return shops.ask(
        talk, late.get("shop_id", ""), late.get("shop_cipher", ""), lambda cipher: wires.get(path, cipher, **params)
    )


def _fault(code: int | None, answer: Answer) -> AccessError:
    if code == SCOPE:
        return AccessError(
            "TikTok gives no figures", why="your app lacks the permission data.shop_analytics.public.read",
            next="add it at partner.tiktokshop.com (App & Service > Manage API), then trendctl platforms login tiktok",
        )  # fmt: skip
    return AccessError("TikTok's figures cannot be read", why=trouble(answer), next="trendctl platforms check tiktok")


def _days(data: Mapping[str, Any], first: date, end: date) -> Iterator[DayMetrics]:
    """The days up to the newest one that TikTok has finished counting."""
    newest = _date(data.get("latest_available_date"))
    for row in rows(part(data.get("performance")).get("intervals")):
        start, over = _date(row.get("start_date")), _date(row.get("end_date"))
        if start is None or not first <= start < end or (newest is not None and start > newest):
            continue
        if over is not None and over > start + timedelta(days=1):
            raise ParseError("TikTok's figures are not by the day", why=f"{start} to {over}")
        yield _day(start, row)


def _day(day: date, row: Mapping[str, Any]) -> DayMetrics:
    amount = part(row.get("gmv"))
    currency = text(amount.get("currency")) or None
    return DayMetrics(
        day, views=_count(row.get("page_views")), orders=_count(row.get("orders")), units=_count(row.get("units_sold")),
        revenue_minor=_minor(amount.get("amount"), currency), currency=currency,
    )  # fmt: skip


def _minor(amount: object, currency: str | None) -> int | None:
    try:
        exact = Decimal(str(amount)) if amount is not None and currency else None
        return round_minor(exact * 10 ** exponent(str(currency)), "half_up") if exact is not None else None
    except (InvalidOperation, ValueError, OverflowError) as fault:
        raise ParseError("An amount of TikTok's cannot be understood", why=type(fault).__name__) from fault


def _count(value: object) -> int | None:
    if isinstance(value, str) and value.isdecimal() and len(value) < 16:
        return int(value)
    return count(value)


def _date(value: object) -> date | None:
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None
