"""How a product type wants its attributes written: the shape of each, from its schema; and a fact in that shape.

A shape is a word of five (text, number, integer, boolean, measure) or `json`, with `market` and `lang` where an entry
names its marketplace and language: `text lang market`. It stands in the intent, so that the body follows from it.
"""

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

_UNITS = {
    "g": "grams", "kg": "kilograms", "mg": "milligrams", "oz": "ounces", "lb": "pounds", "lbs": "pounds",
    "mm": "millimeters", "cm": "centimeters", "m": "meters", "in": "inches", "inch": "inches", "ft": "feet",
    "ml": "milliliters", "l": "liters", "liter": "liters", "w": "watts", "v": "volts", "h": "hours",
}  # fmt: skip
_MEASURE = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*([^\d\s].*?)\s*")
_YES = {"yes": True, "true": True, "no": False, "false": False}
_DROPPED = frozenset(
    ("$schema", "$id", "$comment", "description", "examples", "editable", "hidden", "selectors", "enumNames",
     "enumDeprecated", "$lifecycle", "replaces", "replacedBy")
)  # fmt: skip


def reduced(schema: Mapping[str, Any], wanted: Sequence[str]) -> dict[str, Any]:
    """What of a product type's schema checks: of attributes needed, named in a condition, or `wanted`."""
    plain = _plain(schema)
    own = plain.get("properties")
    known: dict[str, Any] = own if isinstance(own, dict) else {}
    rest = {name: value for name, value in plain.items() if name not in ("properties", "$defs")}
    keep = set(wanted) | set(_needed(rest))
    return {**plain, "properties": {name: value for name, value in known.items() if name in keep}}


def shape(schema: Mapping[str, Any], name: str) -> str:
    """The shape of an attribute; `json` where a fact cannot be written in one line; "" where it is not known."""
    properties = schema.get("properties")
    found = properties.get(name) if isinstance(properties, Mapping) else None
    if not isinstance(found, Mapping):
        return ""
    entry = _resolved(schema, found.get("items"))
    fields = entry.get("properties")
    fields = fields if isinstance(fields, Mapping) else {}
    more = [word for word, field in (("lang", "language_tag"), ("market", "marketplace_id")) if field in fields]
    needed = set(entry.get("required") or ()) - {"language_tag", "marketplace_id", "value", "unit"}
    if "value" not in fields or needed:
        return " ".join(("json", *more))
    kind = "measure" if "unit" in fields else _kind(_resolved(schema, fields["value"]))
    return " ".join((kind, *more))


def choices(schema: Mapping[str, Any], name: str) -> list[str]:
    """The values that an attribute may have; [] where any will do."""
    properties = schema.get("properties")
    found = properties.get(name) if isinstance(properties, Mapping) else None
    entry = _resolved(schema, found.get("items")) if isinstance(found, Mapping) else {}
    value = _resolved(schema, (entry.get("properties") or {}).get("value"))
    options = [value, *(_resolved(schema, one) for one in value.get("anyOf") or ())]
    return [one for option in options for one in option.get("enum") or () if isinstance(one, str) and one.isprintable()]


def written(told: str, values: Sequence[str], market: str, language: str) -> list[Any]:
    """An attribute's entries of its shape and values. Raises ValueError where a value does not fit the shape."""
    kind, *more = told.split()
    if kind == "json":
        made = [entry for value in values for entry in _parsed(value)]
    else:
        made = [_entry(kind, value) for value in values]
    extra = {"language_tag": language} if "lang" in more else {}
    extra |= {"marketplace_id": market} if "market" in more else {}
    return [{**extra, **entry} for entry in made]


def _entry(kind: str, value: str) -> dict[str, Any]:
    if kind == "measure":
        found = _MEASURE.fullmatch(value)
        if found is None:
            raise ValueError(f"{value!r} is not a number with its unit, such as 1.5 kilograms")
        unit = found[2].casefold()
        return {"value": number(found[1]), "unit": _UNITS.get(unit, unit.replace(" ", "_"))}
    if kind in ("number", "integer"):
        return {"value": number(value)}
    if kind == "boolean":
        if value.strip().casefold() not in _YES:
            raise ValueError(f"{value!r} is neither yes nor no")
        return {"value": _YES[value.strip().casefold()]}
    return {"value": value}


def number(text: str) -> int | float:
    """A JSON number that reads as the text does. Raises ValueError."""
    try:
        found = Decimal(text.strip())
    except InvalidOperation as fault:
        raise ValueError(f"{text!r} is no number") from fault
    if not found.is_finite():
        raise ValueError(f"{text!r} is no number")
    return int(found) if found == found.to_integral_value() else float(found)


def _parsed(value: str) -> list[dict[str, Any]]:
    try:
        found = json.loads(value, parse_constant=_no_number)
    except ValueError as fault:
        raise ValueError(f"{value[:40]!r} is not JSON") from fault
    entries = found if isinstance(found, list) else [found]
    if not all(isinstance(entry, dict) for entry in entries):
        raise ValueError("a list of JSON objects is needed")
    return entries


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number")


def _kind(value: Mapping[str, Any]) -> str:
    options = [value, *(o for o in value.get("anyOf") or () if isinstance(o, Mapping))]
    told = next((str(o["type"]) for o in options if isinstance(o.get("type"), str)), "string")
    return told if told in ("number", "integer", "boolean") else "json" if told in ("object", "array") else "text"


def _resolved(schema: Mapping[str, Any], value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        return {}
    reference = value.get("$ref")
    if isinstance(reference, str) and reference.startswith("#/$defs/"):
        found = (schema.get("$defs") or {}).get(reference.removeprefix("#/$defs/"))
        return found if isinstance(found, Mapping) else {}
    return value


def _plain(value: Any) -> Any:
    """Without what only explains. Names of properties are no keywords, whatever they are."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if not isinstance(value, Mapping):
        return value
    return {
        str(name): {n: _plain(v) for n, v in one.items()}
        if name in ("properties", "$defs") and isinstance(one, Mapping)
        else _plain(one)
        for name, one in value.items()
        if name not in _DROPPED
    }


def _needed(value: Any) -> list[str]:
    """Every name in a `required` list, at any depth."""
    if isinstance(value, list):
        return [name for one in value for name in _needed(one)]
    if not isinstance(value, Mapping):
        return []
    required = value.get("required")
    own = [name for name in required if isinstance(name, str)] if isinstance(required, list) else []
    return own + [name for key, one in value.items() if key != "required" for name in _needed(one)]
