"""The intent of an eBay listing: shared fields, eBay's category and aspects, the account's policies, location."""

from collections.abc import Mapping

from trendctl.ports import DraftInput, DraftOutput, Json
from trendctl.posting import base

CURRENCIES = {
    "EBAY_US": "USD", "EBAY_GB": "GBP", "EBAY_DE": "EUR", "EBAY_FR": "EUR", "EBAY_IT": "EUR", "EBAY_ES": "EUR",
    "EBAY_AT": "EUR", "EBAY_BE": "EUR", "EBAY_NL": "EUR", "EBAY_IE": "EUR", "EBAY_CA": "CAD", "EBAY_AU": "AUD",
    "EBAY_CH": "CHF", "EBAY_PL": "PLN",
}  # fmt: skip
NEEDED = ("fulfillment", "payment", "return", "location")


def draft(wanted: DraftInput) -> DraftOutput:
    """Pure: what eBay told is in `wanted.known`. Without it the draft stays provisional, with the next command."""
    doc = base.common(wanted, "ebay")
    account, category = _known(wanted, "account"), _known(wanted, "category")
    if not doc["category"]["id"] and category:
        # `path` stays our own taxonomy's: fees and compliance go by it. eBay's own words are a line on the card.
        doc["category"] = {**doc["category"], "id": str(category["id"])}
    doc["aspects"] = _named(doc["aspects"], category.get("names", ()))
    doc["policies"], lacking = _policies(wanted.policies, account)
    missing = [*base.missing(wanted), *_why_unknown(wanted), *lacking]
    if category and not doc["category"]["id"]:
        missing.append(f"an eBay category: trendctl edit {wanted.case.uid}")
    missing += _aspects(wanted, doc, category.get("required", ()))
    return DraftOutput(
        doc,
        tuple(missing),
        blocks=_currency(wanted),
        warnings=(*_suggested(category), *_fetched(doc), *base.fee_words(doc, "eBay")),
    )


def _known(wanted: DraftInput, name: str) -> Mapping[str, Json]:
    found = wanted.known.get(name)
    return found if isinstance(found, Mapping) else {}


def _why_unknown(wanted: DraftInput) -> list[str]:
    """One line where eBay was not asked yet, or did not answer."""
    trouble = str(wanted.known.get("trouble") or "")
    if trouble:
        return [f"eBay's category and policies ({trouble})"]
    if wanted.case.supply is None or ("account" in wanted.known and "category" in wanted.known):
        return []
    return [f"eBay's category and policies: trendctl analyze {wanted.case.uid}"]


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
        elif rows:
            names = ", ".join(f"{r['id']} ({r['name']})" if r["name"] else str(r["id"]) for r in rows[:5])
            lacking.append(f"{kind}: choose one of {names} in [platforms.ebay.policies]: trendctl config edit")
        else:
            lacking.append(f"{kind}: you have none at eBay: trendctl platforms check ebay")
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


def _currency(wanted: DraftInput) -> tuple[str, ...]:
    """A marketplace takes prices in its own currency only."""
    own = CURRENCIES.get(wanted.marketplace, wanted.case.currency)
    if own == wanted.case.currency:
        return ()
    return (f"{wanted.marketplace} sells in {own}, your market is in {wanted.case.currency}: trendctl config edit",)


def _fetched(doc: Mapping[str, Json]) -> tuple[str, ...]:
    """Images with a public address are fetched by eBay; the others are uploaded, byte for byte as approved."""
    numbers = [str(n) for n, picture in enumerate(doc["images"], 1) if picture["url"]]
    if not numbers:
        return ()
    return (f"eBay fetches image {', '.join(numbers)} from its address: the bytes there can change after you approve",)
