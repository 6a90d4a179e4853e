"""TikTok Shop's affiliate search for creators: products by units sold, with price."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Final

from trendctl.errors import ParseError
from trendctl.ports import Ask, Parsed, Record, Reply, Request, Source, SourceFacts
from trendctl.scanner.formats import asks, jsonbody, text
from trendctl.scanner.formats.numbers import whole
from trendctl.scanner.formats.rows import Row, collect, item, levels, price

_HOST: Final = "https://open-api.tiktokglobalshop.com"
_PATH: Final = "/affiliate_creator/202405/open_collaborations/products/search"

FACTS: Final = SourceFacts(
    name="tiktok_shop_affiliate",
    about="products that creators can promote on TikTok Shop, by units sold",
    url="https://partner.tiktokshop.com/docv2/page/affiliate-creator-api-overview",
    terms_url="https://partner.tiktokshop.com/docv2/page/tiktok-shop-developer-terms-of-service",
    kind=("discover",),
    auth="oauth",
    credentials=("TIKTOK_SHOP_API_KEY", "TIKTOK_SHOP_SECRET", "TIKTOK_CREATOR_TOKEN"),
    get_key="https://partner.tiktokshop.com/ (scope creator.affiliate_collaboration.read; each app is reviewed)",
    commercial_use="ask",
    ai_ok=False,
    may_create_product=True,
    may_price=True,
    rate="20 products a call (github.com/lazykern/ecommerce-api-docs)",
    gap_seconds=1.0,
    min_interval_minutes=180,
    options={"keywords": ("",)},  # "": all products
    fields={
        "rows": "data.products",
        "id": "id",
        "title": "title",
        "url": "detail_link",
        "image": "main_image_url",
        "brand": "shop.name",
        "category": "category_chains[-1].local_name",
        "sold": "units_sold",
        "price": "sales_price.minimum_amount || original_price.minimum_amount",
        "currency": "sales_price.currency || original_price.currency",
    },
)


def requests(ask: Ask) -> Sequence[Request]:
    """One signed call for each keyword. The time stamp is the run's: it holds for five minutes."""
    chosen = asks.texts(FACTS, ask, "keywords") or ("",)
    return tuple(_call(word, ask) for word in chosen)


def _call(word: str, ask: Ask) -> Request:
    body = json.dumps({"title_keywords": [word]} if word else {}, separators=(",", ":")).encode()
    params = {
        "app_key": asks.secret(ask, "TIKTOK_SHOP_API_KEY"),
        "timestamp": str(int(ask.now.timestamp())),
        "page_size": "20",
        "sort_field": "units_sold",
        "sort_order": "DESC",
    }
    params["sign"] = sign(_PATH, params, body, asks.secret(ask, "TIKTOK_SHOP_SECRET"))
    token = ("x-tts-access-token", asks.secret(ask, "TIKTOK_CREATOR_TOKEN"))
    headers = (("Content-Type", "application/json"), token)
    return Request(f"{_HOST}{_PATH}", "POST", tuple(params.items()), headers, body, cacheable=False, tag=word)


def sign(path: str, params: Mapping[str, str], body: bytes, secret: str) -> str:
    """TikTok Shop's signature: HMAC-SHA256 over secret, path, sorted parameters, exact body, secret; in hex."""
    named = "".join(key + params[key] for key in sorted(params) if key not in ("sign", "access_token"))
    message = secret.encode() + path.encode() + named.encode() + body + secret.encode()
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def parse(reply: Reply, ask: Ask) -> Parsed:
    """`position` by units sold and `units_sold`, with the lowest price. Success is code 0, whatever the status."""
    document = jsonbody.load_object(reply.body)
    if whole(document.get("code")) != 0:
        told = document.get("message")
        raise ParseError("TikTok Shop refused", why=text.clean(told, 120) if isinstance(told, str) else "")
    if isinstance(document.get("data"), dict) and not document["data"].get("products"):
        return Parsed()
    return collect(jsonbody.rows(document, asks.fields(FACTS, ask)), _product)


def _product(row: Row, position: int) -> Record | None:
    cost = price(row.raw("price"), row.raw("currency"))
    return item(row, levels(position, cost=cost, units_sold=row.count("sold")))


SOURCES: Final = (Source(FACTS, requests=requests, parse=parse),)
