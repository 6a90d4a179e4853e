"""Which of Amazon's products is the seller's? A GTIN says it; words only suggest it, and the person decides."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trendctl.ports import DraftInput, Json
from trendctl.posting.body import rows

ENOUGH = 0.6  # of our title's words in Amazon's title
# What a page of the seller's own says of the shared fields, where the product type knows the attribute.
OWN_ATTRIBUTES = (
    "item_name", "product_description", "brand", "manufacturer", "generic_keyword", "bullet_point", "part_number",
    "model_number", "list_price", "externally_assigned_product_identifier",
    "supplier_declared_has_product_identifier_exemption", "condition_type", "fulfillment_availability",
    "purchasable_offer", "merchant_shipping_group", "main_product_image_locator",
    *(f"other_product_image_locator_{n}" for n in range(1, 9)),
)  # fmt: skip
_WORD = re.compile(r"[^\W_]+(?:[.-][^\W_]+)*")
_SMALL = frozenset(("a", "an", "and", "by", "for", "in", "of", "on", "or", "the", "to", "with"))


@dataclass(frozen=True, slots=True)
class Chosen:
    """`asin` "": none of Amazon's, a page of the seller's own. `undecided`: what the person has to decide first."""

    asin: str = ""
    title: str = ""
    type: str = ""
    how: str = ""
    undecided: str = ""


def chosen(told: Json | None, wanted: DraftInput) -> Chosen:
    """The product among what the catalogue gave (`known["catalog"]`)."""
    found = told if isinstance(told, Mapping) else {}
    how, items = str(found.get("how") or ""), rows(found.get("items"))
    if how == "asin":
        return (
            _taken(items[0], how) if items else Chosen(how=how, undecided=_asks(wanted, "Amazon has no such ASIN", ()))
        )
    fitting = items if how == "gtin" else [item for item in items if fits(item, wanted)]
    if len(fitting) == 1:
        return _taken(fitting[0], how)
    if fitting:
        return Chosen(how=how, undecided=_asks(wanted, "choose the product among", fitting))
    if items:
        return Chosen(how=how, undecided=_asks(wanted, "none of these is surely yours:", items))
    return Chosen(how=how)


def fits(item: Mapping[str, Any], wanted: DraftInput) -> bool:
    """Whether Amazon's title speaks of the same: most of our words, every word with a digit, no other brand."""
    ours, theirs = _words(wanted.case.title), _words(str(item.get("title") or ""))
    supply = wanted.case.supply
    brand, other = (supply.brand if supply else "").casefold(), str(item.get("brand") or "").casefold()
    if not ours or (brand and other and brand != other):
        return False
    numbers = {word for word in ours if any(c.isdigit() for c in word)}
    return numbers <= theirs and len(ours & theirs) >= ENOUGH * len(ours)


def _words(title: str) -> set[str]:
    return {word for word in _WORD.findall(title.casefold()) if word not in _SMALL}


def _taken(item: Mapping[str, Any], how: str) -> Chosen:
    return Chosen(str(item["asin"]), str(item.get("title") or ""), str(item.get("type") or ""), how)


def _asks(wanted: DraftInput, words: str, items: Any) -> str:
    told = ", ".join(f"{item['asin']} ({str(item.get('title') or 'without a title')[:60]})" for item in list(items)[:5])
    command = f"trendctl supply {wanted.case.uid} --fact asin=ASIN (asin=new: a product page of your own)"
    return f"the product at Amazon: {words}{f' {told}' if told else ''}: {command}"
