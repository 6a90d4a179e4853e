"""TikTok Shop's affiliate search for creators: products by units sold, with price."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Final

from trendctl.errors import ParseError
from trendctl.ports import Ask, Parsed, Record, Reply, Request, Source, SourceFacts
from trendctl.scanner.formats import asks, jsonbody, text, tokens
from trendctl.scanner.formats.numbers import whole
from trendctl.scanner.formats.rows import Row, collect, item, levels, price

_HOST: Final = "https://open-api.tiktokglobalshop.com"
_TOKEN_URL: Final = "https://auth.tiktok-shops.com/api/v2/token/refresh"  # partner.tiktokshop.com, authorization
_EXPIRED: Final = 105002  # told under whatever status
_PATH: Final = "/affiliate_creator/202405/open_collaborations/products/search"

FACTS: Final = SourceFacts(
    name="tiktok_shop_affiliate",
    about="products that creators can promote on TikTok Shop, by units sold",
    url="https://partner.tiktokshop.com/docv2/page/affiliate-creator-api-overview",
    terms_url="https://partner.tiktokshop.com/docv2/page/tiktok-shop-developer-terms-of-service",
    kind=("discover",),
    auth="oauth",
    credentials=("TIKTOK_SHOP_API_KEY", "TIKTOK_SHOP_SECRET", "TIKTOK_CREATOR_TOKEN"),
    optional=("TIKTOK_CREATOR_KEY", "TIKTOK_CREATOR_SECRET", "TIKTOK_CREATOR_REFRESH_TOKEN"),
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
    return _calls(ask, asks.secret(ask, "TIKTOK_CREATOR_TOKEN"), "")


def fallback(request: Request, status: int | None, ask: Ask) -> Sequence[Request]:
    """A new access token where ours was refused, once for all keywords. TikTok takes the secret in the address."""
    return _renewal(ask) if status == 401 and tokens.may_renew(request, ask, FACTS.optional) else ()


def _renewal(ask: Ask) -> tuple[Request, ...]:
    key, secret = _app(ask)
    named = {"app_key": key, "app_secret": secret}
    token = {"refresh_token": asks.secret(ask, "TIKTOK_CREATOR_REFRESH_TOKEN"), "grant_type": "refresh_token"}
    return (Request(_TOKEN_URL, params=tuple({**named, **token}.items()), cacheable=False, tag=tokens.TAG, auth=True),)


def _app(ask: Ask) -> tuple[str, str]:
    """Key and secret of the app that the token was given to: the creator's own one, else the shop's."""
    own = asks.secret(ask, "TIKTOK_CREATOR_KEY"), asks.secret(ask, "TIKTOK_CREATOR_SECRET")
    return own if all(own) else (asks.secret(ask, "TIKTOK_SHOP_API_KEY"), asks.secret(ask, "TIKTOK_SHOP_SECRET"))


def _calls(ask: Ask, token: str, mark: str) -> tuple[Request, ...]:
    chosen = asks.texts(FACTS, ask, "keywords") or ("",)
    return tuple(_call(word, ask, token, mark) for word in chosen)


def _call(word: str, ask: Ask, access: str, mark: str) -> Request:
    key, secret = _app(ask)
    body = json.dumps({"title_keywords": [word]} if word else {}, separators=(",", ":")).encode()
    params = {
        "app_key": key,
        "timestamp": str(int(ask.now.timestamp())),
        "page_size": "20",
        "sort_field": "units_sold",
        "sort_order": "DESC",
    }
    params["sign"] = sign(_PATH, params, body, secret)
    headers = (("Content-Type", "application/json"), ("x-tts-access-token", access))
    tag = f"{mark}word:{word}"
    return Request(f"{_HOST}{_PATH}", "POST", tuple(params.items()), headers, body, cacheable=False, tag=tag)


def sign(path: str, params: Mapping[str, str], body: bytes, secret: str) -> str:
    """TikTok Shop's signature: HMAC-SHA256 over secret, path, sorted parameters, exact body, secret; in hex."""
    named = "".join(key + params[key] for key in sorted(params) if key not in ("sign", "access_token"))
    message = secret.encode() + path.encode() + named.encode() + body + secret.encode()
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def parse(reply: Reply, ask: Ask) -> Parsed:
    """`position` by units sold and `units_sold`, with the lowest price. Success is code 0, whatever the status."""
    document = jsonbody.load_object(reply.body)
    code = whole(document.get("code"))
    if code == _EXPIRED and tokens.may_renew(reply.request, ask, FACTS.optional):
        return Parsed(follow=_renewal(ask))
    if code == 0 and reply.request.tag == tokens.TAG:
        return Parsed(follow=_calls(ask, tokens.access_token(reply), tokens.AGAIN))
    if code != 0:
        told = document.get("message")
        raise ParseError("TikTok Shop refused", why=text.clean(told, 120) if isinstance(told, str) else "")
    if isinstance(document.get("data"), dict) and not document["data"].get("products"):
        return Parsed()
    return collect(jsonbody.rows(document, asks.fields(FACTS, ask)), _product)


def _product(row: Row, position: int) -> Record | None:
    cost = price(row.raw("price"), row.raw("currency"))
    return item(row, levels(position, cost=cost, units_sold=row.count("sold")))


SOURCES: Final = (Source(FACTS, requests=requests, parse=parse, fallback=fallback),)
