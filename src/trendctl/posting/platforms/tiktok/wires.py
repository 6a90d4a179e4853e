"""TikTok Shop's wire bodies, by pure rendering of the approved intent and the closed list of late values.

Paths and fields: partner.tiktokshop.com, Product API 202309 (partial edit 202509, search 202502), Logistics and
Authorization API 202309. Key, time and signature are added as a call is sent.
"""

import html
import re
import uuid
from collections.abc import Mapping
from urllib.parse import quote

from trendctl.commerce.canonical import canonical
from trendctl.commerce.identifiers import gtin_kind
from trendctl.commerce.money import Money
from trendctl.errors import Refused
from trendctl.ports import Json, Wire
from trendctl.posting.platforms.tiktok.attributes import posted
from trendctl.posting.upload import upload

API = "https://open-api.tiktokglobalshop.com"
SHOPS = "/authorization/202309/shops"
WAREHOUSES = "/logistics/202309/warehouses"
PREREQUISITES = "/product/202312/prerequisites"
PRODUCTS = "/product/202309/products"
CATEGORIES = "/product/202309/categories"
BRANDS = "/product/202309/brands"
SEARCH = "/product/202502/products/search"
EDIT = "/product/202509/products"
MAX_IMAGES = 9
_ENTITY = re.compile(r"&amp;(?!#?\w{1,31};)")
_JSON = (("Accept", "application/json"), ("Content-Type", "application/json"))


def get(path: str, cipher: str = "", **params: str) -> Wire:
    """A read; without `cipher` for the calls that take no shop_cipher (they refuse one)."""
    query = {"shop_cipher": cipher} if cipher else {}
    return Wire("GET", f"{API}{path}", _JSON, params=tuple({**query, **params}.items()))


def post(path: str, cipher: str, body: Json, **params: str) -> Wire:
    """A call with a JSON body."""
    return Wire("POST", f"{API}{path}", _JSON, canonical(body), (("shop_cipher", cipher), *params.items()))


def product_of(number: str, cipher: str) -> Wire:
    """The read of one product."""
    return get(f"{PRODUCTS}/{quote(number, safe='')}", cipher)


def search(sku: str, cipher: str) -> Wire:
    """The search for the products of one SKU."""
    return post(SEARCH, cipher, {"seller_skus": [sku]}, page_size="20")


def render(step: str, intent: Mapping[str, Json], late: Mapping[str, str]) -> Wire:
    """The call of a step. Raises Refused where what an earlier step told is not known."""
    cipher = late.get("shop_cipher", "")
    if step.startswith("shop_"):
        return get(SHOPS)
    if step.startswith("image_"):
        picture = intent["images"][int(step.removeprefix("image_")) - 1]
        return upload(f"{API}/product/202309/images/upload", picture, "data", {"use_case": "MAIN_IMAGE"})
    if step == "check":
        return post(f"{PRODUCTS}/listing_check", cipher, product(intent, late))
    if step == "create":
        own = {"category_version": intent["extra"]["category_version"], "save_mode": "LISTING"}
        return post(PRODUCTS, cipher, product(intent, late) | own | {"idempotency_key": key(late)})
    number = _told(late, "product_id")
    if step == "deactivate":
        return post(f"{PRODUCTS}/deactivate", cipher, {"product_ids": [number]})
    if step == "edit":
        return post(f"{EDIT}/{quote(number, safe='<>')}/partial_edit", cipher, _edit(intent, late))
    if step == "price":
        return _of_sku(f"{number}/prices/update", intent, late, {"price": _price(intent)})
    return render_quantity(intent, late, int(intent["quantity"]))  # stock


def render_quantity(intent: Mapping[str, Json], late: Mapping[str, str], quantity: int) -> Wire:
    """The call that sets how many are left, in the approved warehouse, and nothing else."""
    return _of_sku(
        f"{_told(late, 'product_id')}/inventory/update", intent, late, {"inventory": _stock(intent, quantity)}
    )


def key(late: Mapping[str, str]) -> str:
    """The idempotency key: the approval's own id, so that every try of it is the same product to TikTok."""
    told = _told(late, "approval")
    try:
        return str(uuid.UUID(told))
    except ValueError:
        return told[:128]


def product(intent: Mapping[str, Json], late: Mapping[str, str]) -> dict[str, Json]:
    """What `listing_check` and `create` have in common: every approved field that TikTok takes."""
    extra, policies = intent["extra"], intent["policies"]
    sku: dict[str, Json] = {
        "seller_sku": intent["sku"], "price": _price(intent), "inventory": _stock(intent, int(intent["quantity"])),
    }  # fmt: skip
    code = _identifier(str(intent["gtin"]))
    if code:
        sku["identifier_code"] = code
    body: dict[str, Json] = {
        "title": intent["title"],
        "description": page(intent),
        "category_id": intent["category"]["id"],
        "main_images": [{"uri": _told(late, f"image_{n}")} for n in range(1, len(intent["images"]) + 1)],
        "skus": [sku],
        "package_weight": extra["package_weight"],
    }
    attributes = posted(intent["aspects"], extra["attributes"])
    if attributes:
        body["product_attributes"] = attributes
    if intent["condition"] != "new":
        body["is_pre_owned"] = True
    for name in ("package_dimensions", "brand_id"):
        if extra.get(name):
            body[name] = extra[name]
    for name in ("manufacturer", "responsible_person"):
        if policies.get(name):
            body[f"{name}_ids"] = [policies[name]]
    return body


def page(intent: Mapping[str, Json]) -> str:
    """The description as a buyer sees it: the approved words in paragraphs and a list, nothing else.

    TikTok refuses escaped characters, so that only what would otherwise be markup is escaped.
    """
    told = [part for part in str(intent["description"]).split("\n") if part.strip()]
    bullets = "".join(f"<li>{_words(text)}</li>" for text in intent["bullets"])
    return "".join(f"<p>{_words(part)}</p>" for part in told) + (f"<ul>{bullets}</ul>" if bullets else "")


def _words(text: str) -> str:
    return _ENTITY.sub("&", html.escape(str(text), quote=False))


def _edit(intent: Mapping[str, Json], late: Mapping[str, str]) -> dict[str, Json]:
    """A change of texts, images and what is measured; the category stays, price and stock have calls of their own."""
    whole = product(intent, late)
    names = ("title", "description", "main_images", "package_weight", "package_dimensions", "product_attributes",
             "brand_id")  # fmt: skip
    return {name: whole[name] for name in names if name in whole} | {"save_mode": "LISTING"}


def _of_sku(path: str, intent: Mapping[str, Json], late: Mapping[str, str], change: dict[str, Json]) -> Wire:
    body = {"skus": [{"id": _told(late, "sku_id"), **change}]}
    return post(f"{PRODUCTS}/{quote(path, safe='/<>')}", late.get("shop_cipher", ""), body)


def _price(intent: Mapping[str, Json]) -> dict[str, str]:
    price = Money(intent["price"]["minor"], intent["price"]["currency"])
    return {"amount": f"{price.decimal():f}", "currency": price.currency}


def _stock(intent: Mapping[str, Json], quantity: int) -> list[dict[str, Json]]:
    return [{"warehouse_id": intent["policies"].get("warehouse", ""), "quantity": quantity}]


def _identifier(gtin: str) -> dict[str, str]:
    kind = gtin_kind(gtin) if gtin else None
    return {"code": gtin, "type": kind.upper()} if kind else {}


def _told(late: Mapping[str, str], name: str) -> str:
    found = late.get(name, "")
    if not found:
        raise Refused(
            f"What TikTok told of this listing is not known ({name})",
            why="it is kept with the operation that listed it", next="trendctl reconcile",
        )  # fmt: skip
    return found
