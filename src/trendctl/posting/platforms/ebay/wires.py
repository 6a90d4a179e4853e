"""eBay's wire bodies, by pure rendering of the approved intent and the closed list of late values.

Paths and fields: eBay's OpenAPI documents of Inventory v1, Account v1, Taxonomy v1 and Media v1_beta.
"""

import html
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

from trendctl.commerce.canonical import canonical
from trendctl.commerce.money import Money
from trendctl.errors import Refused
from trendctl.ports import Json, Wire
from trendctl.posting.upload import upload

API = "https://api.ebay.com"
MEDIA = "https://apim.ebay.com/commerce/media/v1_beta"
INVENTORY = f"{API}/sell/inventory/v1"
ACCOUNT = f"{API}/sell/account/v1"
TAXONOMY = f"{API}/commerce/taxonomy/v1"
UPLOAD = f"{MEDIA}/image/create_image_from_file"
SETTING = f"{INVENTORY}/bulk_update_price_quantity"
FORMAT = "FIXED_PRICE"
MAX_IMAGES = 24

# Language of a marketplace's listings, for Content-Language (a missing or wildcard language is refused).
_LANGUAGE = {
    "EBAY_US": "en-US", "EBAY_MOTORS": "en-US", "EBAY_CA": "en-CA", "EBAY_GB": "en-GB", "EBAY_AU": "en-AU",
    "EBAY_IE": "en-IE", "EBAY_SG": "en-SG", "EBAY_MY": "en-MY", "EBAY_PH": "en-PH", "EBAY_DE": "de-DE",
    "EBAY_AT": "de-AT", "EBAY_CH": "de-CH", "EBAY_FR": "fr-FR", "EBAY_BE": "nl-BE", "EBAY_NL": "nl-NL",
    "EBAY_IT": "it-IT", "EBAY_ES": "es-ES", "EBAY_PL": "pl-PL", "EBAY_HK": "zh-HK", "EBAY_TW": "zh-TW",
}  # fmt: skip
_CONDITION = {
    "new": "NEW", "open_box": "NEW_OTHER", "refurbished": "SELLER_REFURBISHED", "used_like_new": "LIKE_NEW",
    "used_good": "USED_GOOD", "used_acceptable": "USED_ACCEPTABLE",
}  # fmt: skip
_POLICIES = {"fulfillment": "fulfillmentPolicyId", "payment": "paymentPolicyId", "return": "returnPolicyId"}


def language(marketplace: str) -> str:
    """The language tag of a marketplace; English where it is not known."""
    return _LANGUAGE.get(marketplace, "en-US")


def get(url: str, marketplace: str = "EBAY_US", **params: str) -> Wire:
    """A read. Accept-Language is always explicit."""
    headers = (("Accept", "application/json"), ("Accept-Language", language(marketplace)))
    return Wire("GET", url, headers, params=tuple(params.items()))


def post(url: str, marketplace: str, body: Json | None, method: str = "POST") -> Wire:
    """A write of a JSON document, or of nothing."""
    tag = language(marketplace)
    headers = (("Accept", "application/json"), ("Accept-Language", tag), ("Content-Language", tag),
               ("Content-Type", "application/json"))  # fmt: skip
    return Wire(method, url, headers, b"" if body is None else canonical(body))


def render_quantity(intent: Mapping[str, Json], late: Mapping[str, str], quantity: int) -> Wire:
    """The call that sets how many are left, and nothing else. Raises Refused where the offer is not known."""
    return _set(intent, late, {"availableQuantity": quantity})


def _set(intent: Mapping[str, Json], late: Mapping[str, str], values: Mapping[str, Json]) -> Wire:
    """Only these values of the published offer."""
    offer_id = late.get("offer_id", "")
    if not offer_id:
        raise Refused("The offer of this listing is not known", next="trendctl reconcile")
    # Without shipToLocationAvailability the SKU only names the item; the document wants it.
    body = {"requests": [{"offers": [{**values, "offerId": offer_id}], "sku": intent["sku"]}]}
    return post(SETTING, str(intent["marketplace"]), body)


def offers_of(intent: Mapping[str, Json]) -> Wire:
    """The offer of the intent's SKU, if there is one."""
    market = str(intent["marketplace"])
    return get(f"{INVENTORY}/offer", market, sku=str(intent["sku"]), marketplace_id=market, format=FORMAT)


def everywhere(wire: Wire) -> Wire:
    """A search for offers, without its marketplace and format."""
    return replace(wire, params=tuple(pair for pair in wire.params if pair[0] == "sku"))


def render(step: str, intent: Mapping[str, Json], late: Mapping[str, str]) -> Wire:
    """The call of a step."""
    market = str(intent["marketplace"])
    offer = f"{INVENTORY}/offer/{quote(late.get('offer_id', ''), safe='<>')}"
    if step.startswith("image_"):
        picture = intent["images"][int(step.removeprefix("image_")) - 1]
        if picture["url"]:
            return post(f"{MEDIA}/image/create_image_from_url", market, {"imageUrl": picture["url"]})
        return upload(UPLOAD, picture, "image", {}, ("Accept-Language", "en-US"))
    if step == "inventory_item":
        url = f"{INVENTORY}/inventory_item/{quote(str(intent['sku']), safe='')}"
        return post(url, market, item(intent, late), "PUT")
    if step in ("offer_read", "offer_find"):
        return offers_of(intent)
    if step == "offer":
        if late.get("adopted"):
            return post(offer, market, offer_body(intent, update=True), "PUT")
        return post(f"{INVENTORY}/offer", market, offer_body(intent))
    if step == "price":
        return _set(intent, late, {"price": _price(intent)})
    if step == "fees":
        return post(f"{INVENTORY}/offer/get_listing_fees", market, {"offers": [{"offerId": late.get("offer_id", "")}]})
    return post(f"{offer}/{step}", market, None)  # publish, withdraw


def item(intent: Mapping[str, Json], late: Mapping[str, str]) -> dict[str, Json]:
    """The whole inventory item: a PUT replaces it, and a field left out would be lost.

    Raises Refused where the address of an uploaded image is not known.
    """
    urls = [late.get(f"image_{n}", "") for n in range(1, len(intent["images"]) + 1)]
    if not all(urls):
        raise Refused(
            "The addresses of this listing's images at eBay are not known",
            why="they are kept with the operation that uploaded them",
            next="end the listing and list it again",
        )
    product: dict[str, Json] = {
        "title": intent["title"], "description": intent["description"], "aspects": aspects(intent), "imageUrls": urls,
    } | _identifiers(intent)  # fmt: skip
    return {
        "availability": {"shipToLocationAvailability": {"quantity": intent["quantity"]}},
        "condition": _CONDITION[str(intent["condition"])],
        "product": product,
    }


def aspects(intent: Mapping[str, Json]) -> dict[str, list[str]]:
    """Item specifics as approved; Brand and MPN from their own fields."""
    own = {"Brand": intent["brand"], "MPN": intent["mpn"]}
    return {**{name: [value] for name, value in own.items() if value}, **intent["aspects"]}


def offer_body(intent: Mapping[str, Json], *, update: bool = False) -> dict[str, Json]:
    """The offer with every field (an update takes all of them again, except what identifies it)."""
    policies = intent["policies"]
    body: dict[str, Json] = {
        "availableQuantity": intent["quantity"],
        "categoryId": intent["category"]["id"],
        "listingDescription": page(intent),
        "listingDuration": "GTC",
        "listingPolicies": {field: policies[name] for name, field in _POLICIES.items()},
        "merchantLocationKey": policies["location"],
        "pricingSummary": {"price": _price(intent)},
        "includeCatalogProductDetails": False,
    }
    if not update:
        body |= {"sku": intent["sku"], "marketplaceId": intent["marketplace"], "format": FORMAT}
    return body


def _price(intent: Mapping[str, Json]) -> dict[str, Json]:
    price = Money(intent["price"]["minor"], intent["price"]["currency"])
    return {"currency": price.currency, "value": f"{price.decimal():f}"}


def page(intent: Mapping[str, Json]) -> str:
    """The description as a buyer sees it: the approved words, escaped, nothing else."""
    paragraphs = "".join(
        f"<p>{html.escape(part)}</p>" for part in str(intent["description"]).split("\n") if part.strip()
    )
    bullets = "".join(f"<li>{html.escape(str(text))}</li>" for text in intent["bullets"])
    return f"{paragraphs}<ul>{bullets}</ul>" if bullets else paragraphs


def _identifiers(intent: Mapping[str, Json]) -> dict[str, Json]:
    found: dict[str, Json] = {name: intent[name] for name in ("brand", "mpn") if intent[name]}
    gtin = str(intent["gtin"])
    if len(gtin) == 13 and gtin.startswith(("978", "979")):
        found["isbn"] = [gtin]
    elif gtin:
        found["upc" if len(gtin) == 12 else "ean"] = [gtin]
    return found
