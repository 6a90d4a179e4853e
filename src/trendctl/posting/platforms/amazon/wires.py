"""Amazon's calls, by pure rendering of the approved intent. Nothing of them exists only later.

Paths and fields: Amazon's OpenAPI documents of Listings Items 2021-08-01 and its neighbours; attributes: the product
type definitions (an offer: condition, price, quantity of an existing ASIN; a listing: the product too).
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from trendctl.commerce.money import Money
from trendctl.errors import Refused
from trendctl.ports import Json, Wire
from trendctl.posting.platforms.amazon import shapes
from trendctl.posting.platforms.amazon.places import Place, known_place

OFFER, LISTING = "LISTING_OFFER_ONLY", "LISTING"
ANY_TYPE = "PRODUCT"  # the product type of an offer whose product's own is not known
MAX_IMAGES = 9
BULLETS = 5
CONDITION = {
    "new": "new_new", "open_box": "new_open_box", "refurbished": "refurbished_refurbished",
    "used_like_new": "used_like_new", "used_good": "used_good", "used_acceptable": "used_acceptable",
}  # fmt: skip
_IDENTITY = ("merchant_suggested_asin", "externally_assigned_product_identifier")  # not changed by a patch
_PRICED = ("purchasable_offer",)


def get(place: Place, path: str, **params: str) -> Wire:
    """A read."""
    return Wire("GET", f"{place.host}{path}", (("Accept", "application/json"),), params=tuple(params.items()))


def sent(method: str, place: Place, path: str, body: Json, **params: str) -> Wire:
    """A write of a JSON document."""
    headers = (("Accept", "application/json"), ("Content-Type", "application/json"))
    return Wire(method, f"{place.host}{path}", headers, encoded(body), tuple(params.items()))


def encoded(body: Json) -> bytes:
    """The bytes of a document: sorted, without spaces; a price reads as it was written."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def item_path(seller: str, sku: str) -> str:
    """A listing's path: both names are URL-encoded."""
    return f"/listings/2021-08-01/items/{quote(seller, safe='')}/{quote(sku, safe='')}"


def item_read(place: Place, seller: str, sku: str, data: str) -> Wire:
    """A listing as Amazon has it now."""
    return get(place, item_path(seller, sku), marketplaceIds=place.id, includedData=data)


def render(step: str, intent: Mapping[str, Json], late: Mapping[str, str]) -> Wire:
    """The call of a step: preview, put, patch or delete. Raises Refused where an edited aspect does not fit."""
    try:
        return _rendered(step, intent)
    except ValueError as fault:
        raise Refused(
            "An aspect does not have the shape that Amazon wants", why=str(fault), next="trendctl edit ID"
        ) from fault


def _rendered(step: str, intent: Mapping[str, Json]) -> Wire:
    place = known_place(str(intent["marketplace"]))
    path = item_path(str(intent["extra"]["seller"]), str(intent["sku"]))
    if step == "delete":
        return Wire("DELETE", f"{place.host}{path}", (("Accept", "application/json"),), params=_where(place))
    if step == "patch":
        return sent("PATCH", place, path, patches(intent, place), **dict(_where(place)))
    params = dict(_where(place)) | {"includedData": "issues,identifiers"}
    params |= {"mode": "VALIDATION_PREVIEW"} if step == "preview" else {}
    return sent("PUT", place, path, put_body(intent, place), **params)


def render_quantity(intent: Mapping[str, Json], late: Mapping[str, str], quantity: int) -> Wire:
    """The quantity and nothing else."""
    place = known_place(str(intent["marketplace"]))
    changes = [_replace("fulfillment_availability", [_availability({**intent, "quantity": quantity})])]
    path = item_path(str(intent["extra"]["seller"]), str(intent["sku"]))
    return sent("PATCH", place, path, {"productType": type_of(intent), "patches": changes}, **dict(_where(place)))


def put_body(intent: Mapping[str, Json], place: Place) -> dict[str, Json]:
    """The whole listing: a PUT replaces it."""
    return {
        "productType": type_of(intent),
        "requirements": OFFER if intent["extra"]["asin"] else LISTING,
        "attributes": attributes(intent, place),
    }


def patches(intent: Mapping[str, Json], place: Place) -> dict[str, Json]:
    """A new price changes nothing else; a revise every attribute but what identifies the product."""
    found = attributes(intent, place)
    names = _PRICED if intent["action"] == "reprice" else [n for n in sorted(found) if n not in _IDENTITY]
    return {"productType": type_of(intent), "patches": [_replace(name, found[name]) for name in names]}


def type_of(intent: Mapping[str, Json]) -> str:
    """The product type; an offer may go without its product's own."""
    return str(intent["category"]["id"] or ANY_TYPE).upper()


def attributes(intent: Mapping[str, Json], place: Place) -> dict[str, Json]:
    """The attributes of an offer, and of a listing those of its product besides.

    Raises ValueError where an aspect does not fit its shape.
    """
    found: dict[str, Json] = {
        "condition_type": [_in(place, value=CONDITION.get(str(intent["condition"]), ""))],
        "fulfillment_availability": [_availability(intent)],
        "purchasable_offer": [_price(intent, place)],
    }
    template = str(intent["policies"].get("shipping_template") or "")
    if template:
        found["merchant_shipping_group"] = [_in(place, value=template)]
    if intent["extra"]["asin"]:
        return found | {"merchant_suggested_asin": [_in(place, value=intent["extra"]["asin"])]}
    own = {name: value for name, value in _product(intent, place).items() if name in intent["extra"]["attributes"]}
    return found | own | _facts(intent, place)


def _product(intent: Mapping[str, Json], place: Place) -> dict[str, Json]:
    """What the shared fields say, under Amazon's names; those that the product type knows are sent."""
    tag = {"language_tag": place.language}
    text = {
        "item_name": intent["title"], "product_description": intent["description"], "brand": intent["brand"],
        "manufacturer": intent["brand"], "generic_keyword": " ".join(intent["keywords"]),
    }  # fmt: skip
    found: dict[str, Json] = {name: [_in(place, value=value, **tag)] for name, value in text.items() if value}
    if intent["bullets"]:
        found["bullet_point"] = [_in(place, value=value, **tag) for value in intent["bullets"][:BULLETS]]
    for name in ("part_number", "model_number"):
        if intent["mpn"]:
            found[name] = [_in(place, value=intent["mpn"])]
    price = Money(intent["price"]["minor"], intent["price"]["currency"])
    found["list_price"] = [_in(place, value=shapes.number(f"{price.decimal():f}"), currency=price.currency)]
    return found | _identifier(intent, place) | _images(intent, place)


def _identifier(intent: Mapping[str, Json], place: Place) -> dict[str, Json]:
    gtin = str(intent["gtin"])
    if not gtin:
        return {"supplier_declared_has_product_identifier_exemption": [_in(place, value=True)]}
    kind = {12: "upc", 14: "gtin"}.get(len(gtin), "ean")
    return {"externally_assigned_product_identifier": [_in(place, type=kind, value=gtin)]}


def _images(intent: Mapping[str, Json], place: Place) -> dict[str, Json]:
    """Amazon fetches images from their public addresses."""
    urls = [picture["url"] for picture in intent["images"] if picture["url"]][:MAX_IMAGES]
    names = ["main_product_image_locator", *(f"other_product_image_locator_{n}" for n in range(1, MAX_IMAGES))]
    return {name: [_in(place, media_location=url)] for name, url in zip(names, urls, strict=False)}


def _facts(intent: Mapping[str, Json], place: Place) -> dict[str, Json]:
    """The aspects of which the product type has an attribute, in its shape."""
    return {
        name: shapes.written(str(told), intent["aspects"][name], place.id, place.language)
        for name, told in sorted(intent["extra"]["shapes"].items())
        if intent["aspects"].get(name)
    }


def _price(intent: Mapping[str, Json], place: Place) -> dict[str, Json]:
    price = Money(intent["price"]["minor"], intent["price"]["currency"])
    amount = shapes.number(f"{price.decimal():f}")
    return _in(place, currency=price.currency, our_price=[{"schedule": [{"value_with_tax": amount}]}])


def _availability(intent: Mapping[str, Json]) -> dict[str, Json]:
    """The seller's own stock (`DEFAULT`), never Amazon's warehouses."""
    days = intent["extra"].get("lead_days")
    more = {"lead_time_to_ship_max_days": days} if isinstance(days, int) and days > 0 else {}
    return {"fulfillment_channel_code": "DEFAULT", "quantity": intent["quantity"], **more}


def _in(place: Place, **fields: Any) -> dict[str, Json]:
    return {**fields, "marketplace_id": place.id}


def _replace(name: str, value: Sequence[Json] | Json) -> dict[str, Json]:
    return {"op": "replace", "path": f"/attributes/{name}", "value": value}


def _where(place: Place) -> tuple[tuple[str, str], ...]:
    return (("marketplaceIds", place.id),)
