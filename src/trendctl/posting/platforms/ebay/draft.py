"""The intent of an eBay listing: shared fields, eBay's category and aspects, the account's policies, location."""

from collections.abc import Mapping

from trendctl.ports import DraftInput, DraftOutput, Json
from trendctl.posting import asked, base

CURRENCIES = {
    "EBAY_US": "USD", "EBAY_GB": "GBP", "EBAY_DE": "EUR", "EBAY_FR": "EUR", "EBAY_IT": "EUR", "EBAY_ES": "EUR",
    "EBAY_AT": "EUR", "EBAY_BE": "EUR", "EBAY_NL": "EUR", "EBAY_IE": "EUR", "EBAY_CA": "CAD", "EBAY_AU": "AUD",
    "EBAY_CH": "CHF", "EBAY_PL": "PLN",
}  # fmt: skip
NEEDED = ("fulfillment", "payment", "return", "location")


def draft(wanted: DraftInput) -> DraftOutput:
    """Pure: what eBay told is in `wanted.known`. Without it the draft stays provisional, with the next command."""
    doc = base.common(wanted, "ebay")
    account, category = asked.known(wanted, "account"), asked.known(wanted, "category")
    if not doc["category"]["id"] and category:
        # `path` stays our own taxonomy's: fees and compliance go by it. eBay's own words are a line on the card.
        doc["category"] = {**doc["category"], "id": str(category["id"])}
    doc["aspects"] = _named(doc["aspects"], category.get("names", ()))
    doc["policies"], lacking = _policies(wanted.policies, account)
    missing = [
        *base.missing(wanted),
        *asked.why_unknown(wanted, "eBay's category and policies", ("account", "category")),
        *lacking,
    ]
    if category and not doc["category"]["id"]:
        missing.append(f"an eBay category: trendctl edit {wanted.case.uid}")
    missing += _aspects(wanted, doc, category.get("required", ()))
    return DraftOutput(
        doc,
        tuple(missing),
        blocks=asked.other_currency(
            wanted, wanted.marketplace, CURRENCIES.get(wanted.marketplace, wanted.case.currency)
        ),
        warnings=(*_suggested(category), *asked.fetched(doc, "eBay"), *base.fee_words(doc, "eBay")),
    )


def _policies(chosen: Mapping[str, str], account: Mapping[str, Json]) -> tuple[dict[str, str], list[str]]:
    """The seller's own choice; else the only one there is. The rest is missing."""
    found, lacking = dict(chosen), []
    offered = {**account.get("policies", {}), "location": account.get("locations", [])}
    for kind in NEEDED:
        if found.get(kind) or not account:
            continue
        rows = offered.get(kind) or []
        if len(rows) == 1:
            found[kind] = str(rows[0]["id"])
        else:
            lacking.append(asked.choose("ebay", kind, rows, "you have none at eBay"))
    return found, lacking


def _named(given: Mapping[str, list[str]], names: object) -> dict[str, list[str]]:
    """Facts under eBay's own spelling of their names (`material` is `Material`)."""
    known = {str(n).casefold(): str(n) for n in names} if isinstance(names, list | tuple) else {}
    return {known.get(name.casefold(), name): values for name, values in sorted(given.items())}


def _aspects(wanted: DraftInput, doc: Mapping[str, Json], required: object) -> list[str]:
    """The required aspects that nothing fills, each with the command that does."""
    have = {name.casefold() for name, values in doc["aspects"].items() if values}
    have |= {
        name for name, field in (("brand", "brand"), ("mpn", "mpn"), ("upc", "gtin"), ("ean", "gtin")) if doc[field]
    }
    lines = []
    for name in required if isinstance(required, list | tuple) else ():
        if str(name).casefold() not in have:
            option = f"--{name.lower()} ..." if name in ("Brand", "MPN") else f'--fact "{name}=..."'
            lines.append(f"aspect {name}: trendctl supply {wanted.case.uid} {option}")
    return lines


def _suggested(category: Mapping[str, Json]) -> tuple[str, ...]:
    """eBay's category in eBay's words."""
    return (f"eBay suggests the category {category['path']} ({category['id']})",) if category.get("path") else ()
