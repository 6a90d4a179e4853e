"""The catalogue's wire bodies, by pure rendering of the approved intent.

Fields of an item: developers.facebook.com, catalogue batch API and product data fields. The price has the form
"9.99 USD" here (and another one, whole minor units, in calls that are not used).
"""

from collections.abc import Mapping

from trendctl.commerce.canonical import sha256_hex
from trendctl.commerce.money import Money
from trendctl.ports import Json, Wire
from trendctl.posting.graph import api

MAX_MORE_IMAGES = 20
FIELDS = (
    "id", "retailer_id", "name", "availability", "inventory", "price", "currency", "review_status",
    "review_rejection_reasons", "errors", "image_fetch_status", "visibility",
)  # fmt: skip
_CONDITION = {
    "new": "new", "open_box": "open_box_new", "refurbished": "refurbished", "used_like_new": "used_like_new",
    "used_good": "used_good", "used_acceptable": "used_fair",
}  # fmt: skip


def render(step: str, intent: Mapping[str, Json], late: Mapping[str, str]) -> Wire:
    """The call of a step; all are one batch of one request, idempotent by SKU. No late values are sent."""
    sku = str(intent["sku"])
    if step == "delete":
        return _batch(intent, {"method": "DELETE", "data": {"id": sku}}, upsert=False)
    if step == "price":
        data = {"id": sku, "price": price(intent)}
        return _batch(intent, {"method": "UPDATE", "data": data}, upsert=False)
    makes = intent["action"] in ("create", "relist")
    return _batch(intent, {"method": "UPDATE", "data": item(intent)}, upsert=makes)


def of_action(intent: Mapping[str, Json]) -> Wire:
    """The one batch of the intent's action."""
    return render({"end": "delete", "reprice": "price"}.get(str(intent["action"]), "item"), intent, {})


def digest(body: bytes) -> str:
    """By which a batch's handle is known to be this intent's."""
    return sha256_hex(body)[:16]


def render_quantity(intent: Mapping[str, Json], late: Mapping[str, str], quantity: int) -> Wire:
    """How many there are, and nothing else; no late values."""
    data = {"id": str(intent["sku"]), **stock(quantity)}
    return _batch(intent, {"method": "UPDATE", "data": data}, upsert=False)


def _batch(intent: Mapping[str, Json], request: Json, *, upsert: bool) -> Wire:
    body = {"item_type": "PRODUCT_ITEM", "allow_upsert": upsert, "requests": [request]}
    return api.post(version(intent), catalog(intent), "items_batch", body=body)


def item(intent: Mapping[str, Json]) -> dict[str, Json]:
    """The whole product."""
    images = [str(picture["url"]) for picture in intent["images"] if picture["url"]]
    found: dict[str, Json] = {
        "id": intent["sku"], "title": intent["title"], "description": description(intent),
        "condition": _CONDITION[str(intent["condition"])], "price": price(intent), "link": intent["link"],
        "image_link": images[0] if images else "", "additional_image_link": images[1 : 1 + MAX_MORE_IMAGES],
        "brand": intent["brand"], "gtin": intent["gtin"], "mpn": intent["mpn"],
        "google_product_category": intent["category"]["id"], **stock(int(intent["quantity"])),
    }  # fmt: skip
    return {name: value for name, value in found.items() if value not in ("", [])}


def description(intent: Mapping[str, Json]) -> str:
    """The description and the bullets, as plain text: the catalogue takes no HTML."""
    return "\n".join([str(intent["description"]), *(str(text) for text in intent["bullets"])]).strip()


def price(intent: Mapping[str, Json]) -> str:
    """ "9.99 USD"."""
    amount = Money(intent["price"]["minor"], intent["price"]["currency"])
    return f"{amount.decimal():f} {amount.currency}"


def stock(quantity: int) -> dict[str, Json]:
    """How many there are, and what a buyer is told of it."""
    return {"availability": "in stock" if quantity > 0 else "out of stock", "inventory": quantity}


def status(intent: Mapping[str, Json], handle: str) -> Wire:
    """What became of a batch of the intent's."""
    return progress(version(intent), catalog(intent), handle)


def progress(version: str, catalog: str, handle: str) -> Wire:
    """What became of a batch. The ids of what was refused come only when asked for."""
    params = {"handle": handle, "load_ids_of_invalid_requests": "true"}
    return api.get(version, catalog, "check_batch_request_status", **params)


def search(version: str, catalog: str, sku: str) -> Wire:
    """The product of a SKU in the catalogue."""
    wanted = api.as_text({"retailer_id": {"eq": sku}})
    return api.get(version, catalog, "products", filter=wanted, fields=",".join(FIELDS))


def version(intent: Mapping[str, Json]) -> str:
    """As it was approved."""
    return str(intent["extra"]["graph_version"])


def catalog(intent: Mapping[str, Json]) -> str:
    """As it was approved."""
    return str(intent["extra"]["catalog_id"])
