"""The common part of every platform's draft: the intent's shared fields, and what is still missing."""

import secrets
from collections.abc import Mapping
from typing import Any

from trendctl.commerce.fees import NoFeeTable, Terms, fees_for
from trendctl.commerce.money import CurrencyMismatch, Money
from trendctl.ports import DraftInput, Json, SupplyView

NEEDED = (("cost", "cost_minor"), ("stock", "stock"), ("condition", "condition"))


def sku_for(uid: str) -> str:
    """The SKU of a product: the same everywhere and after a relist; letters and digits only (eBay takes no other)."""
    return f"TC{uid.upper()}"


def new_uid() -> str:
    """16 random base32 characters, as a product's uid."""
    return "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz234567") for _ in range(16))


def missing(wanted: DraftInput) -> tuple[str, ...]:
    """What the seller must still tell: no draft can be approved without cost, stock, condition and image rights."""
    supply = wanted.case.supply or SupplyView()
    names = [name for name, attribute in NEEDED if getattr(supply, attribute) in (None, "")]
    if supply.stock is not None and supply.stock <= 0:
        names.append("stock above 0")
    if not wanted.case.images:
        names.append("an image with its rights")
    if price_minor(wanted) is None:
        names.append("price")
    return tuple(names)


def price_minor(wanted: DraftInput) -> int | None:
    """The price to propose, in minor units of the market's currency: the seller's own wish, else the middle of the
    range, but never below the floor. None when neither is known, or when the currencies do not fit."""
    supply = wanted.case.supply or SupplyView()
    if supply.price_minor is not None and supply.currency == wanted.case.currency:
        return supply.price_minor
    price = _output(wanted, "price")
    middle = price.get("mid_minor") if price.get("currency") == wanted.case.currency else None
    floor = floor_minor(wanted)
    if middle is None:
        return floor
    return max(int(middle), floor or 0)


def floor_minor(wanted: DraftInput) -> int | None:
    """The margin agent's floor price on this platform, in minor units; None without supply."""
    name = wanted.options.get("_platform", "")
    found = [m for m in _output(wanted, "margin").get("platforms", ()) if m["platform"] == name]
    return found[0]["floor_minor"] if found else None


def common(wanted: DraftInput, platform: str, action: str = "create") -> dict[str, Json]:
    """Every shared field of the intent, from analyses and supply; `extra` is left to the platform."""
    case, supply = wanted.case, wanted.case.supply or SupplyView()
    copy = _output(wanted, "copywriter").get("platforms", {}).get(platform, {})
    words = _output(wanted, "keywords")
    category = _output(wanted, "category")
    amount = price_minor(wanted)
    return {
        "schema": 1,
        "platform": platform,
        "account": wanted.account,
        "marketplace": wanted.marketplace,
        "action": action,
        "product": case.uid,
        "sku": wanted.sku,
        "title": copy.get("title", ""),
        "description": copy.get("description", ""),
        "bullets": list(copy.get("bullets", [])),
        "keywords": list(words.get("search_terms", [])),
        "price": {"minor": amount or 0, "currency": case.currency},
        "quantity": supply.stock or 0,
        "condition": supply.condition or "",
        "brand": supply.brand,
        "mpn": supply.mpn,
        "gtin": supply.gtin,
        "category": {
            "id": str(category.get("platform_categories", {}).get(platform, "") or ""),
            "path": str(category.get("path", "") or ""),
        },
        "aspects": {str(k): [str(v)] for k, v in sorted(words.get("aspects", supply.facts).items())},
        "images": [
            {"sha256": i.sha256, "mime": i.mime, "width": i.width, "height": i.height, "bytes": i.bytes,
             "rights": i.rights, "url": i.url}
            for i in case.images
        ],
        "policies": dict(wanted.policies),
        "link": supply.link,
        "auto_decrease": supply.auto_decrease,
        "extra": {},
        "basis": dict(wanted.basis),
    }  # fmt: skip


def fee_words(doc: Mapping[str, Json], name: str) -> tuple[str, ...]:
    """The fees of the dated table at the drafted price, in a line for the card. `name`: the platform's, as written."""
    price = Money(doc["price"]["minor"], doc["price"]["currency"])
    if not price.minor:
        return ()
    try:
        told = fees_for(Terms(doc["platform"], doc["marketplace"], category=doc["category"]["path"] or None), price)
    except (NoFeeTable, CurrencyMismatch):
        return ()
    as_of = max((line.as_of for line in told.lines), default="")
    return (f"{name}'s fee at this price: about {told.total.format_plain()} (fee table of {as_of})",)


def _output(wanted: DraftInput, agent: str) -> Mapping[str, Any]:
    found = wanted.analyses.get(agent)
    return found if isinstance(found, Mapping) else {}
