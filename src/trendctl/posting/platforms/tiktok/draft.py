"""The intent of a TikTok Shop listing: shared fields, category and attributes, shop and warehouse, the parcel."""

from collections.abc import Mapping

from trendctl.commerce.rules import limit, measure
from trendctl.ports import DraftInput, DraftOutput, Json, SupplyView
from trendctl.posting import asked, base
from trendctl.posting.platforms.tiktok import attributes, known, parcel, shops, wires

# Where TikTok Shop sells, and the one currency a shop there sells in (Create Product; the newer markets by their own).
CURRENCIES = {
    "US": "USD", "GB": "GBP", "ID": "IDR", "MY": "MYR", "PH": "PHP", "SG": "SGD", "TH": "THB", "VN": "VND",
    "MX": "MXN", "BR": "BRL", "JP": "JPY", "DE": "EUR", "ES": "EUR", "FR": "EUR", "IE": "EUR", "IT": "EUR",
}  # fmt: skip
FIELDS = ("category_version", "attributes", "package_weight", "package_dimensions", "brand_id")
_CENTER = "TikTok's Seller Center"


def draft(wanted: DraftInput) -> DraftOutput:
    """Pure: what TikTok told is in `wanted.known`. Without it the draft stays provisional, with the next command."""
    doc = base.common(wanted, "tiktok")
    account, category, brand = (asked.known(wanted, name) for name in ("account", "category", "brand"))
    if not doc["category"]["id"] and category:
        doc["category"] = {**doc["category"], "id": str(category["id"])}
    doc["policies"], lacking = _policies(wanted, account)
    rules, given = category.get("rules") or {}, category.get("attributes") or []
    table = attributes.filled(doc["aspects"], given)
    doc["aspects"] = _aspects(doc["aspects"], table, told=bool(category))
    doc["extra"], parcel_lacks = _extra(wanted, table, brand, rules)
    missing = [*base.missing(wanted), *_why_unknown(wanted), *lacking]
    if category and not doc["category"]["id"]:
        missing.append(f"a TikTok category: trendctl edit {wanted.case.uid}")
    missing += [*attributes.missing(table, given, wanted.case.uid), *parcel_lacks]
    missing += _people(doc["policies"], rules)
    return DraftOutput(
        doc, tuple(missing), blocks=(*_currency(wanted), *_shop(account), *_papers(rules), *_length(doc)),
        warnings=(
            *_suggested(category), *_brand_words(doc, wanted), *_used(doc), *_posted(doc),
            *base.fee_words(doc, "TikTok"),
        ),
    )  # fmt: skip


def _why_unknown(wanted: DraftInput) -> list[str]:
    return asked.why_unknown(wanted, "TikTok's category and shop", known.asks(wanted))


def _policies(wanted: DraftInput, account: Mapping[str, Json]) -> tuple[dict[str, str], list[str]]:
    """Shop and warehouse: the seller's own choice; else the only one, or the warehouse that is the shop's default."""
    found = dict(wanted.policies)
    lacking: list[str] = []
    if not account:
        return found, lacking
    shop = account.get("shop") or {}
    if shop:
        found["shop"] = str(shop["id"])
    else:
        mine = account.get("shops") or []
        fit = [s for s in mine if s["region"] == shops.region(wanted.marketplace)] or mine
        lacking.append(asked.choose("tiktok", "shop", fit, f"this sign-in opens no shop in {wanted.marketplace}"))
        return found, lacking
    houses = account.get("warehouses") or []
    default = [w for w in houses if w["default"]] if len(houses) > 1 else houses
    if found.get("warehouse"):
        if found["warehouse"] not in [w["id"] for w in houses]:
            lacking.append(f"warehouse: {found['warehouse']} is not one of yours: trendctl config edit")
    elif len(default) == 1:
        found["warehouse"] = str(default[0]["id"])
    else:
        lacking.append(asked.choose("tiktok", "warehouse", houses, "you have none that sells"))
    return found, lacking


def _aspects(
    given: Mapping[str, list[str]], table: Mapping[str, Mapping[str, Json]], *, told: bool
) -> dict[str, list[str]]:
    """What is posted as attributes, in TikTok's words; before TikTok is asked, all facts but the parcel's."""
    if told:
        return {name: list(entry["values"]) for name, entry in sorted(table.items())}
    return {name: values for name, values in given.items() if not parcel.is_parcel(name)}


def _extra(
    wanted: DraftInput, table: Mapping[str, Json], brand: Mapping[str, Json], rules: Mapping[str, Json]
) -> tuple[dict[str, Json], list[str]]:
    """The fields that only TikTok has, and what of the parcel is not told."""
    facts, region = (wanted.case.supply or SupplyView()).facts, shops.region(wanted.marketplace)
    weight, size = parcel.weight(facts, region), parcel.size(facts, region)
    found: dict[str, Json] = {"category_version": known.version(wanted.marketplace), "attributes": dict(table)}
    command = f"trendctl supply {wanted.case.uid} --fact"
    lacking: list[str] = []
    if weight:
        found["package_weight"] = weight
    else:
        lacking.append(f'package weight: {command} "package weight=500 g"')
    if size:
        found["package_dimensions"] = size
    elif rules.get("package_dimension") or any(parcel.is_parcel(n) and "weight" not in n.casefold() for n in facts):
        lacking.append(f'package size: {command} "package size=20x15x10 cm"')
    if brand.get("id"):
        found["brand_id"] = str(brand["id"])
    return found, lacking


def _people(policies: Mapping[str, str], rules: Mapping[str, Json]) -> list[str]:
    """Who answers for the product, where the category's rules ask for it (EU product safety)."""
    words = {"manufacturer": "manufacturer", "responsible_person": "responsible person"}
    return [
        f'{words[name]}: make it in {_CENTER}, then {name} = "ID" in [platforms.tiktok.policies]: trendctl config edit'
        for name in words
        if rules.get(name) and not policies.get(name)
    ]


def _currency(wanted: DraftInput) -> tuple[str, ...]:
    own = CURRENCIES.get(shops.region(wanted.marketplace), wanted.case.currency)
    return asked.other_currency(wanted, f"TikTok Shop {wanted.marketplace}", own)


def _shop(account: Mapping[str, Json]) -> tuple[str, ...]:
    return tuple(f"your shop cannot list yet: {why}" for why in account.get("failed") or ())


def _papers(rules: Mapping[str, Json]) -> tuple[str, ...]:
    """What TikTok wants to see as files for this category; they are given there."""
    wants = [*(rules.get("papers") or ()), *(["a size chart"] if rules.get("size_chart") else [])]
    return (f"this category needs {', '.join(map(str, wants))}: list it in {_CENTER}",) if wants else ()


def _length(doc: Mapping[str, Json]) -> tuple[str, ...]:
    """The limit is on the whole page, with the bullets and the markup that rendering adds."""
    most, there = limit("tiktok", "description"), wires.page(doc)
    size = measure(there, most.unit) if most is not None else 0
    if most is None or size <= most.maximum:
        return ()
    return (f"description and bullets are {size} characters with their markup, at most {most.maximum}",)


def _suggested(category: Mapping[str, Json]) -> tuple[str, ...]:
    """TikTok's category in TikTok's words."""
    if not category.get("path"):
        return ()
    closed = f"; not open to every shop: {category['closed']}" if category.get("closed") else ""
    return (f"TikTok suggests the category {category['path']} ({category['id']}{closed})",)


def _brand_words(doc: Mapping[str, Json], wanted: DraftInput) -> tuple[str, ...]:
    if not doc["brand"] or doc["extra"].get("brand_id") or "brand" not in wanted.known:
        return ()
    return (f"TikTok has no brand {doc['brand']} for your shop: it is listed without a brand",)


def _used(doc: Mapping[str, Json]) -> tuple[str, ...]:
    if doc["condition"] in ("", "new"):
        return ()
    return ("it is listed as pre-owned, which TikTok lets only admitted sellers do",)


def _posted(doc: Mapping[str, Json]) -> tuple[str, ...]:
    """What is posted beside the shared fields, in one line of the card."""
    extra = doc["extra"]
    told = [f"{extra[name]['value']} {extra[name]['unit'].lower()}" for name in ("package_weight",) if name in extra]
    size = extra.get("package_dimensions")
    if size:
        told.append(f"{size['length']} x {size['width']} x {size['height']} {size['unit'].lower()}")
    return (f"the parcel: {', '.join(told)}",) if told else ()
