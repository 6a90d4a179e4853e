"""The weight and size of the parcel, from the seller's facts to TikTok's units. Exact, rounded up, never down.

Units: kilogram and centimetre everywhere, pound and inch in the US only, and both of one system (error texts 12019061
and 12052915 of Create Product). A size is sent in whole units, a weight with two decimals.
"""

import re
from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal

WEIGHT_NAMES = ("package weight", "shipping weight")
SIZE_NAMES = ("package size", "package dimensions", "shipping dimensions")
_GRAMS = {
    "kg": Decimal(1000), "kilogram": Decimal(1000), "kilograms": Decimal(1000), "g": Decimal(1), "gram": Decimal(1),
    "grams": Decimal(1), "lb": Decimal("453.59237"), "lbs": Decimal("453.59237"), "pound": Decimal("453.59237"),
    "pounds": Decimal("453.59237"), "oz": Decimal("28.349523125"), "ounce": Decimal("28.349523125"),
    "ounces": Decimal("28.349523125"),
}  # fmt: skip
_MILLIMETRES = {
    "mm": Decimal(1), "cm": Decimal(10), "m": Decimal(1000), "in": Decimal("25.4"), "inch": Decimal("25.4"),
    "inches": Decimal("25.4"), '"': Decimal("25.4"),
}  # fmt: skip
_IMPERIAL = {"lb", "lbs", "pound", "pounds", "oz", "ounce", "ounces", "in", "inch", "inches", '"'}
_NUMBER = r"([0-9]{1,6}(?:\.[0-9]{1,4})?)"
_WEIGHT = re.compile(rf"{_NUMBER}\s*([a-z]+)", re.ASCII)
_BY = r"\s*[x×*]\s*"
_SIZE = re.compile(rf"{_NUMBER}{_BY}{_NUMBER}{_BY}{_NUMBER}\s*([a-z]+|\")", re.ASCII)


def is_parcel(name: str) -> bool:
    """Whether a fact is about the parcel and not about the product."""
    return _plain(name) in (*WEIGHT_NAMES, *SIZE_NAMES)


def weight(facts: Mapping[str, str], region: str) -> dict[str, str] | None:
    """`{"value": "1.32", "unit": "KILOGRAM"}`; None where it is not told, or not understood."""
    match = _WEIGHT.fullmatch(_fact(facts, WEIGHT_NAMES))
    if match is None or match[2] not in _GRAMS:
        return None
    grams = Decimal(match[1]) * _GRAMS[match[2]]
    if grams <= 0:
        return None
    imperial = _is_imperial(facts, region)
    per = _GRAMS["lb" if imperial else "kg"]
    value = (grams / per).quantize(Decimal("0.01"), ROUND_CEILING)
    return {"value": f"{value:f}", "unit": "POUND" if imperial else "KILOGRAM"}


def size(facts: Mapping[str, str], region: str) -> dict[str, str] | None:
    """`{"length": "20", "width": "15", "height": "10", "unit": "CENTIMETER"}`, the longest first; None: not told."""
    match = _SIZE.fullmatch(_fact(facts, SIZE_NAMES))
    if match is None or match[4] not in _MILLIMETRES:
        return None
    imperial = _is_imperial(facts, region)
    per = _MILLIMETRES["in" if imperial else "cm"]
    sides = [Decimal(match[n]) * _MILLIMETRES[match[4]] / per for n in (1, 2, 3)]
    if min(sides) <= 0:
        return None
    whole = sorted((int(side.to_integral_value(ROUND_CEILING)) for side in sides), reverse=True)
    names = dict(zip(("length", "width", "height"), map(str, whole), strict=True))
    return {**names, "unit": "INCH" if imperial else "CENTIMETER"}


def _is_imperial(facts: Mapping[str, str], region: str) -> bool:
    """The system that the weight is told in, in the US; metric elsewhere."""
    match = _WEIGHT.fullmatch(_fact(facts, WEIGHT_NAMES))
    return region == "US" and match is not None and match[2] in _IMPERIAL


def _fact(facts: Mapping[str, str], names: tuple[str, ...]) -> str:
    told = {_plain(name): value for name, value in facts.items()}
    return next((str(told[name]).strip().lower() for name in names if told.get(name)), "")


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", " ", name.strip().casefold())
