"""Numbers from outside: counts in words ("200K+"), decimals as text, prices in minor units."""

import math
import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Final

from trendctl.commerce.money import EXPONENTS

_LARGEST: Final = 2**53  # beyond it a float no longer holds every whole number
_MOST_MINOR: Final = 10**13
_COUNT: Final = re.compile(r"[+]?(-?[0-9]{1,20}(?:\.[0-9]{1,6})?)\s?([KkMmBb]?)\+?", re.ASCII)
_GROUPS: Final = re.compile(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))", re.ASCII)
_UNITS: Final = {"": 1, "k": 1_000, "m": 1_000_000, "b": 1_000_000_000}
_AMOUNT: Final = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,6})?", re.ASCII)
_DOLLARS: Final = re.compile(r"\$\s?([0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]{1,2})?|[0-9]{1,7}(?:\.[0-9]{1,2})?)", re.ASCII)
# "$5 off", "$35+ orders", "$10 gift card" name a rebate or a threshold, not what the thing costs.
_NOT_A_PRICE: Final = re.compile(
    r"\s*(?:\+\s*(?:order|purchase)|\+(?!\s)|(?:off|credit|gift|rebate|coupon|cash|back)\b)", re.I
)


def number(value: object) -> float | None:
    """A finite number given as number or text ("1,234", "2000+", "200K+", "1.5M"); None if it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        if isinstance(value, float) and not math.isfinite(value):
            return None
        return float(value) if abs(value) <= _LARGEST else None
    if not isinstance(value, str) or len(value) > 40:
        return None
    found = _COUNT.fullmatch(_GROUPS.sub("", value.strip()))
    if found is None:
        return None
    result = float(Decimal(found.group(1)) * _UNITS[found.group(2).lower()])
    return result if abs(result) <= _LARGEST else None


def whole(value: object) -> int | None:
    """A whole number; None if it is none, or has a fraction."""
    result = number(value)
    return int(result) if result is not None and result == int(result) else None


def count(value: object) -> float | None:
    """A number that cannot be below zero (views, points of a chart, stock); None if it is none."""
    result = number(value)
    return result if result is not None and result >= 0 else None


def minor(value: object, currency: object) -> int | None:
    """A price in major units (text or number) as minor units of `currency`, halves up; None if it is none.

    None also for a currency that ISO 4217 does not list, and for zero: a missing price is often written as 0.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str) or not isinstance(currency, str):
        return None
    places = EXPONENTS.get(currency.upper())
    if places is None:
        return None
    text = repr(value) if isinstance(value, float) else _short(value)
    text = _GROUPS.sub("", text.strip().removeprefix("$"))
    if not _AMOUNT.fullmatch(text):
        return None
    try:
        amount = int(Decimal(text).scaleb(places).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    except InvalidOperation:
        return None
    return amount if 0 < amount <= _MOST_MINOR else None


def _short(value: int | str) -> str:
    if isinstance(value, int):
        return str(value) if abs(value) <= _LARGEST else ""
    return value if len(value) <= 40 else ""


def dollars_in(title: str) -> int | None:
    """The price in cents that a US deal title names ("... $9.50 + Free S&H"): the first amount that is no rebate."""
    for found in _DOLLARS.finditer(title):
        if not _NOT_A_PRICE.match(title, found.end()):
            return minor(found.group(1), "USD")
    return None
