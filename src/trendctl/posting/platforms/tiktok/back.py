"""Reading a TikTok Shop product back: audit and state say whether buyers can see it, and at which price."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from trendctl.commerce.money import Money
from trendctl.ports import Answer, Json, ReadBack, State, Talk
from trendctl.posting.body import count, is_amount, part, rows, text
from trendctl.posting.platforms.tiktok import shops, wires
from trendctl.posting.platforms.tiktok.envelope import envelope, trouble

CENTER = "look at your products in the Seller Center"
THERE = ("PENDING", "ACTIVATE", "FREEZE")  # states of a product that buyers see, or may see without the seller's doing
_GONE = ("SELLER_DEACTIVATED", "PLATFORM_DEACTIVATED", "DELETED")
_PRICES = ("sale_price", "tax_exclusive_price", "amount")
_OPEN_AUDITS = ("AUDITING", "PRE_APPROVED")


def read_back(intent: Mapping[str, Json], late: Mapping[str, str], talk: Talk) -> ReadBack:
    """LIVE: shown to buyers, as approved. An empty search proves nothing."""
    shop_id = late.get("shop_id") or str(intent["policies"].get("shop", ""))
    cipher = late.get("shop_cipher", "")
    number = late.get("product_id", "")
    if not number:
        found, why = _twin(intent, shop_id, cipher, talk)
        if not found:
            return ReadBack(State.UNKNOWN, cause=why)
        number = text(found.get("id"))
    answer = shops.ask(talk, shop_id, cipher, lambda now: wires.product_of(number, now))
    told = envelope(answer)
    if told.code != 0 or not told.data:
        return ReadBack(State.UNKNOWN, cause=f"the product could not be read ({trouble(answer)})")
    return _judged(intent, number, told.data)


def twins(answer: Answer, sku: str) -> list[dict[str, Any]]:
    """The products of a search that hold exactly this SKU, the newest first."""
    found = rows(envelope(answer).data.get("products"))
    mine = [
        p for p in found if any(text(s.get("seller_sku")) == sku for s in rows(p.get("skus"))) and text(p.get("id"))
    ]
    return sorted(mine, key=lambda p: p["create_time"] if isinstance(p.get("create_time"), int) else 0, reverse=True)


def sku_of(product: Mapping[str, Any], sku_id: str, sku: str) -> dict[str, Any]:
    """The product's SKU by its number, else by the seller's own; else the only one there is."""
    found: Sequence[dict[str, Any]] = rows(product.get("skus"))
    for name, wanted in (("id", sku_id), ("seller_sku", sku)):
        fit = [s for s in found if wanted and text(s.get(name)) == wanted]
        if fit:
            return fit[0]
    return found[0] if len(found) == 1 else {}


def same_price(sku: Mapping[str, Any], wanted: Money) -> bool:
    """Whether a SKU costs that much, with or without tax, whichever of the two TikTok tells."""
    price = part(sku.get("price"))
    same = any(price.get(name) is not None and is_amount(price[name], wanted) for name in _PRICES)
    return same and text(price.get("currency")) in ("", wanted.currency)


def url_of(number: str, marketplace: str) -> str:
    """Where buyers see the product."""
    region = quote(shops.region(marketplace), safe="")
    return f"https://shop.tiktok.com/view/product/{quote(number, safe='')}?region={region}"


def reasons(product: Mapping[str, Any]) -> str:
    """Why an audit failed, with what TikTok suggests."""
    parts = []
    for row in rows(product.get("audit_failed_reasons"))[:3]:
        said = [" ".join(str(t).split()) for name in ("reasons", "suggestions") for t in _list(row.get(name))]
        where = text(row.get("position"))
        parts.append(f"{where}: {'; '.join(said)[:300]}" if where else "; ".join(said)[:300])
    return " | ".join(p for p in parts if p) or "without a reason"


def _twin(intent: Mapping[str, Json], shop_id: str, cipher: str, talk: Talk) -> tuple[dict[str, Any], str]:
    sku = str(intent["sku"])
    answer = shops.ask(talk, shop_id, cipher, lambda now: wires.search(sku, now))
    if envelope(answer).code != 0:
        return {}, f"the products could not be searched ({trouble(answer)})"
    there = [p for p in twins(answer, sku) if p.get("status") in THERE]
    return (there[0], "") if there else ({}, "TikTok shows no product of this SKU, which proves nothing")


def _judged(intent: Mapping[str, Json], number: str, product: Mapping[str, Any]) -> ReadBack:
    status, action = text(product.get("status")), str(intent["action"])
    sku = sku_of(product, "", str(intent["sku"]))
    late = {"product_id": number} | ({"sku_id": text(sku.get("id"))} if text(sku.get("id")) else {})
    if action == "end":
        return _ended(status, late)
    if status == "ACTIVATE":
        return _live(intent, number, product, sku, late)
    if status == "FAILED":
        return ReadBack(State.REJECTED, number, cause=f"TikTok's review: {reasons(product)}", late=late)
    if status in _GONE:
        why = f" ({reasons(product)})" if product.get("audit_failed_reasons") else ""
        return ReadBack(State.REJECTED, number, cause=f"it is not on sale any more: {status}{why}: {CENTER}", late=late)
    if status == "PENDING":
        return ReadBack(State.ACCEPTED, number, cause="TikTok reviews it", late=late)
    if status == "FREEZE":
        return ReadBack(State.ACCEPTED, number, cause=f"TikTok froze it: {CENTER}", late=late)
    if status == "DRAFT":
        return ReadBack(State.ACCEPTED, number, cause=f"TikTok keeps it as a draft: {CENTER}", late=late)
    return ReadBack(State.UNKNOWN, number, cause=f"TikTok does not say whether it is on sale ({status})", late=late)


def _live(
    intent: Mapping[str, Json], number: str, product: Mapping[str, Any], sku: Mapping[str, Any], late: dict[str, str]
) -> ReadBack:
    action = str(intent["action"])
    if action in ("reprice", "revise") and not _as_approved(intent, sku):
        return ReadBack(State.UNKNOWN, cause="TikTok still shows the old price or quantity", excluded=True, late=late)
    if action == "revise" and text(product.get("title")) != intent["title"]:
        if text(part(product.get("audit")).get("status")) in _OPEN_AUDITS:
            return ReadBack(State.ACCEPTED, cause="TikTok reviews the change", late=late)
        return ReadBack(State.UNKNOWN, cause="TikTok still shows the old title", excluded=True, late=late)
    return ReadBack(State.LIVE, number, url_of(number, str(intent["marketplace"])), late=late)


def _ended(status: str, late: dict[str, str]) -> ReadBack:
    if status in _GONE:
        return ReadBack(State.ENDED, late=late)
    if status in ("ACTIVATE", "PENDING"):
        return ReadBack(State.UNKNOWN, cause="the product is still on sale", excluded=True, late=late)
    return ReadBack(State.UNKNOWN, cause=f"TikTok does not say that it ended ({status}): {CENTER}", late=late)


def _as_approved(intent: Mapping[str, Json], sku: Mapping[str, Any]) -> bool:
    """Price, and after a revise no more pieces than approved (what was sold since is missing)."""
    wanted = Money(intent["price"]["minor"], intent["price"]["currency"])
    if intent["action"] == "reprice":
        return same_price(sku, wanted)
    left = pieces(sku)
    return same_price(sku, wanted) and left is not None and left <= intent["quantity"]


def pieces(sku: Mapping[str, Any]) -> int | None:
    """How many of a SKU are left in all warehouses; None where TikTok does not say."""
    found = [count(row.get("quantity")) for row in rows(sku.get("inventory"))]
    counts = [n for n in found if n is not None and n >= 0]
    return sum(counts) if found and len(counts) == len(found) else None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
