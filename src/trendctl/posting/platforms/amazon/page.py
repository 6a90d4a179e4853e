"""A product page of the seller's own: product type, attributes in their shapes, checked against Amazon's schema."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trendctl.ports import DraftInput, Json
from trendctl.posting.body import part
from trendctl.posting.platforms.amazon import known, schema, shapes, wires
from trendctl.posting.platforms.amazon.answers import texts
from trendctl.posting.platforms.amazon.matching import OWN_ATTRIBUTES
from trendctl.posting.platforms.amazon.places import Place

_GTIN, _EXEMPT = "externally_assigned_product_identifier", "supplier_declared_has_product_identifier_exemption"
_IMAGE = "main_product_image_locator"
# Attributes that a field of the supply fills, with the option that tells it.
_TOLD_BY = {
    "brand": "--brand ...", "manufacturer": "--brand ...", "part_number": "--mpn ...", "model_number": "--mpn ...",
    _GTIN: "--gtin ...",
}  # fmt: skip
MOST = 12  # lines of a kind


@dataclass(slots=True)
class Page:
    """As a DraftOutput's."""

    missing: list[str] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def fill(wanted: DraftInput, doc: dict[str, Json], where: Place, *, ready: bool) -> Page:
    """Put product type, attributes and shapes into the intent. `ready`: all else is told, so that it can be checked."""
    found = Page()
    told = part(wanted.known.get("type"))
    number, rules = str(told.get("id") or ""), part(told.get("schema"))
    doc["category"] = {**doc["category"], "id": number}
    if not number:
        choose = f"trendctl supply {wanted.case.uid} --fact product_type=..."
        found.missing.append(f"Amazon's product type (it has none for this title): {choose}")
        return found
    others = f" (or {', '.join(texts(told.get('others')))}: --fact product_type=...)" if told.get("others") else ""
    found.warnings.append(f"a new product page at Amazon, of the product type {told.get('name') or number}{others}")
    properties = part(rules.get("properties"))
    doc["extra"]["attributes"] = _own(wanted, doc, rules, properties)
    _facts(wanted, doc, rules, found)
    found.missing += _identity(wanted, doc, properties) + _pictures(wanted, doc, properties)
    if ready and not found.missing:
        _checked(wanted, doc, where, rules, found)
    return found


def _own(
    wanted: DraftInput, doc: Mapping[str, Json], rules: Mapping[str, Any], properties: Mapping[str, Any]
) -> list[str]:
    """The shared fields' attributes that this product type knows."""
    left_out = {"list_price"} - set(texts(rules.get("required")))
    left_out |= set() if wanted.options.get("gtin_exempt") and not doc["gtin"] else {_EXEMPT}
    return [name for name in OWN_ATTRIBUTES if name in properties and name not in left_out]


def _facts(wanted: DraftInput, doc: dict[str, Json], rules: Mapping[str, Any], found: Page) -> None:
    """The facts as aspects under Amazon's names, each with its shape."""
    aspects: dict[str, list[str]] = {}
    unknown = []
    for name, value in sorted(known.fact_names(wanted).items()):
        told = shapes.shape(rules, name)
        if not told or name in doc["extra"]["attributes"]:
            unknown.append(name)
            continue
        spelt = {one.casefold(): one for one in shapes.choices(rules, name)}
        aspects[name] = [spelt.get(value.strip().casefold(), value)]
        doc["extra"]["shapes"][name] = told
    doc["aspects"] = aspects
    if unknown:
        found.warnings.append(f"not sent, as Amazon's product type has no such attribute: {', '.join(unknown)}")


def _identity(wanted: DraftInput, doc: Mapping[str, Json], properties: Mapping[str, Any]) -> list[str]:
    if doc["gtin"] or wanted.options.get("gtin_exempt") or _GTIN not in properties:
        return []
    how = f"trendctl supply {wanted.case.uid} --gtin ..."
    return [
        f"a GTIN for the new page: {how}, or gtin_exempt = true in [platforms.amazon.options] if Amazon exempted you"
    ]


def _pictures(wanted: DraftInput, doc: Mapping[str, Json], properties: Mapping[str, Any]) -> list[str]:
    if _IMAGE not in properties or not doc["images"] or any(picture["url"] for picture in doc["images"]):
        return []
    return [
        f"a public address of the main image, for Amazon to fetch: trendctl image add {wanted.case.uid} FILE --url ..."
    ]


def _checked(wanted: DraftInput, doc: Mapping[str, Json], where: Place, rules: Mapping[str, Any], found: Page) -> None:
    """What the schema still wants. What lacks names its command, what is wrong blocks."""
    try:
        made = wires.attributes(doc, where)
    except ValueError as fault:
        found.missing.append(
            f"a fact in the shape that Amazon wants ({fault}): trendctl supply {wanted.case.uid} --fact ..."
        )
        return
    for problem in schema.problems(made, rules):
        if problem.lacking and len(problem.where) == 1:
            found.missing.append(_lacks(wanted, rules, problem.attribute))
        else:
            found.blocks.append(f"Amazon's {'.'.join(problem.where) or 'listing'} {problem.words}")
    found.missing, found.blocks = found.missing[:MOST], found.blocks[:MOST]
    numbers = [str(n) for n, picture in enumerate(doc["images"], 1) if picture["url"]]
    if numbers and _IMAGE in doc["extra"]["attributes"]:
        which = ", ".join(numbers)
        found.warnings.append(
            f"Amazon fetches image {which} from its address: the bytes there can change after you approve"
        )


def _lacks(wanted: DraftInput, rules: Mapping[str, Any], name: str) -> str:
    title = str(part(part(rules.get("properties")).get(name)).get("title") or "")
    option = _TOLD_BY.get(name, f'--fact "{name}=..."')
    some = shapes.choices(rules, name)[:6]
    among = (
        f", one of {', '.join(some)}" if some else " (as JSON)" if shapes.shape(rules, name).startswith("json") else ""
    )
    return f"attribute {name}{f' ({title})' if title else ''}{among}: trendctl supply {wanted.case.uid} {option}"
