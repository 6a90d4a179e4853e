"""Checks a listing's fields against the platform's dated rules and cuts texts to their limits."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trendctl.commerce import facts
from trendctl.commerce.invisible import invisible_characters
from trendctl.commerce.length import cut, measure
from trendctl.commerce.rules_image import check_images
from trendctl.commerce.rules_price import check_price, check_quantity
from trendctl.commerce.rules_text import check_text
from trendctl.commerce.violation import Violation

__all__ = [
    "RULES_VERSION",
    "Limit",
    "Violation",
    "check",
    "fit",
    "invisible_characters",
    "limit",
    "measure",
    "platforms",
]

RULES_VERSION = facts.version("listing_rules")


@dataclass(frozen=True, slots=True)
class Limit:
    """A field's length: at most `maximum` and at least `minimum` of `unit`. `entries`: most entries of a list field.

    For a list field (`bullets`) the length is that of each entry.
    """

    maximum: int
    minimum: int
    unit: str
    source: str
    as_of: str
    entries: int | None = None


def platforms() -> tuple[str, ...]:
    """The platforms whose rules are known."""
    return tuple(name for name in facts.load("listing_rules") if name != "words")


def _platform(platform: str) -> Mapping[str, Any]:
    rules = facts.load("listing_rules")
    if platform == "words" or platform not in rules:
        raise ValueError(f"no listing rules for the platform {platform!r}")
    found: Mapping[str, Any] = rules[platform]
    return found


def limit(platform: str, field: str) -> Limit | None:
    """The field's length limit; None: the platform's rules name none. ValueError for an unknown platform."""
    rule = _platform(platform)["fields"].get(field)
    if rule is None:
        return None
    as_of = rule["as_of"].isoformat()
    return Limit(rule["max"], rule.get("min", 0), rule["unit"], rule["source"], as_of, rule.get("entries"))


def fit(text: str, platform: str, field: str) -> str:
    """The text cut to the field's limit, at a word or cluster boundary; unchanged where it fits or has no limit."""
    found = limit(platform, field)
    return text if found is None else cut(text, found.maximum, found.unit)


def check(platform: str, fields: Mapping[str, object], *, partial: bool = False) -> tuple[Violation, ...]:
    """Every rule that the fields break, in the order of the rules; fields without a rule are not looked at.

    Texts by their names; `bullets` a list of texts; `aspects` a mapping of name to text or texts; `images` a list of
    mappings with `width`, `height`, `bytes` and `mime`; the price as `price` (Money, or a mapping with `minor` and
    `currency`) or as `price_minor` and `currency`; `quantity`. `partial`: fields that are left out are not missed.
    """
    rules = _platform(platform)
    found: list[Violation] = []
    for field, rule in rules["fields"].items():
        found += _check_field(platform, field, rule, fields, partial)
    if "images" in rules and ("images" in fields or not partial):
        found += check_images(rules["images"], fields.get("images"))
    found += check_price(rules.get("prices", ()), fields)
    if "quantity" in rules and "quantity" in fields:
        found += check_quantity(rules["quantity"], fields["quantity"])
    return tuple(found)


def _check_field(
    platform: str, field: str, rule: Mapping[str, Any], fields: Mapping[str, object], partial: bool
) -> Iterator[Violation]:
    texts = list(_texts(field, fields))
    if not any(text for _, text in texts) and rule.get("required") and (field in fields or not partial):
        yield Violation.of(rule, field, "required", 1, 0, f"{field} is missing")
        return
    if "entries" in rule and len(texts) > rule["entries"]:
        most = rule["entries"]
        yield Violation.of(rule, field, "entries", most, len(texts), f"{len(texts)} {field}, at most {most}")
    brand = fields.get("brand")
    for name, text in texts:
        if text or name != field:
            yield from check_text(platform, name, text, rule, brand if isinstance(brand, str) else "")


def _texts(field: str, fields: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """The texts that a rule is about, each with the name a message gives it."""
    if field in ("aspect_name", "aspect_value"):
        yield from _aspect_texts(field, fields.get("aspects"))
        return
    value = fields.get(field)
    if value is None:
        return
    if isinstance(value, str):
        yield field, value
    elif isinstance(value, Sequence):
        for index, entry in enumerate(value, 1):
            yield f"{field}[{index}]", str(entry)
    else:
        raise ValueError(f"{field} must be text or a list of texts, not {type(value).__name__}")


def _aspect_texts(field: str, aspects: object) -> Iterator[tuple[str, str]]:
    if aspects is None:
        return
    if not isinstance(aspects, Mapping):
        raise ValueError("aspects must be a mapping of name to text or texts")
    for name, values in aspects.items():
        if field == "aspect_name":
            yield f"aspects.{name}", str(name)
            continue
        for value in [values] if isinstance(values, str) else values:
            yield f"aspects.{name}", str(value)
