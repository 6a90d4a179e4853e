"""What TikTok Shop's answers prove. Pure: status and envelope in; a verdict with a sentence for the person out."""

from collections.abc import Mapping, Sequence
from typing import Any

from trendctl.ports import Answer, Understood, Verdict
from trendctl.posting.body import count, part, retry_after, rows, text
from trendctl.posting.platforms.tiktok.envelope import (
    BUSY,
    EXPIRED,
    GATE,
    LOGIN,
    MANY_MEANINGS,
    TOO_MANY,
    Envelope,
    envelope,
    gate_words,
)

LONG = 3600.0  # seconds: not in this run
SOON = 2.0  # seconds; TikTok's limit is one of calls in a second
ADOPTED, TWIN = "x-trendctl-product", "x-trendctl-twin"  # our own notes on an answer, never sent
OVER = (12052901, 12052260, 12052032, 12019150)  # not possible in its state, or no such product
_QUIET = ("shop", "image", "check")  # calls that make nothing a buyer could see, whatever became of them

_SUPPLY, _EDIT, _IMAGES, _SHOP = "trendctl supply ID", "trendctl edit ID", "trendctl image list ID", "Seller Center"
_CATEGORY = f"TikTok refuses the category: {_EDIT} (category.id)"
_IMAGE = f"TikTok refuses a picture: {_IMAGES}"
_WEIGHT = f'TikTok refuses the package weight: {_SUPPLY} --fact "package weight=500 g"'
_SIZE = f'TikTok refuses the package size: {_SUPPLY} --fact "package size=20x15x10 cm"'
_WAREHOUSE = "the warehouse does not fit: trendctl platforms check tiktok"
_TEXT = f"TikTok refuses the wording: {_EDIT}"
_PRICE = f"TikTok refuses the price: {_EDIT}"
_INACTIVE = f"your shop is not active: look at the {_SHOP}"
# What a person can do about a code (codes and texts: the error lists of Create Product and Check Product Listing).
_MEANS = {
    12019002: _CATEGORY, 12052023: _CATEGORY, 12052024: _CATEGORY, 12052025: _CATEGORY, 12052220: _CATEGORY,
    12052230: _CATEGORY, 12052446: _CATEGORY, 12052217: "this market has another category version: trendctl analyze ID",
    12052221: f"only admitted sellers may sell in this category: ask at the {_SHOP}",
    12052223: f"this category needs to be applied for: {_SHOP} > Qualification Center",
    12052226: f"this category needs to be applied for: {_SHOP} > Qualification Center",
    12052225: f"this category is not your shop's main one: {_EDIT} (category.id)",
    12052093: f"your listing limit is reached: end another listing, or ask at the {_SHOP}",
    12052117: f"your listing limit is reached: end another listing, or ask at the {_SHOP}",
    12052097: _WAREHOUSE, 12052115: _WAREHOUSE, 12052530: _WAREHOUSE, 12052531: _WAREHOUSE, 12052532: _WAREHOUSE,
    12019022: _WAREHOUSE, 12052403: _WAREHOUSE, 12052535: f"set a return warehouse in the {_SHOP} first",
    12052104: f"an attribute is required in this category: {_SUPPLY} --fact NAME=VALUE",
    12052105: f"this category needs a certificate: list it in the {_SHOP}",
    12019011: _WEIGHT, 12052006: _WEIGHT, 12052016: _WEIGHT, 12052181: _WEIGHT, 12052401: _WEIGHT,
    12019012: _SIZE, 12052003: _SIZE, 12052004: _SIZE, 12052005: _SIZE, 12052116: _SIZE,
    12019010: _PRICE, 12052012: _PRICE, 12052073: _PRICE, 12052570: _PRICE,
    12052038: f"the price is locked by a promotion: end that in the {_SHOP}",
    12019045: f"the price is locked by a promotion: end that in the {_SHOP}",
    12052084: "this market has another currency: trendctl config edit",
    12019009: _IMAGE, 12019116: _IMAGE, 12038002: _IMAGE, 12038004: _IMAGE, 12038005: _IMAGE, 12038014: _IMAGE,
    12038015: _IMAGE, 12052028: _IMAGE, 12052300: _IMAGE, 12052301: _IMAGE, 12052302: _IMAGE, 12052722: _IMAGE,
    12019006: _TEXT, 12052013: _TEXT, 12052051: _TEXT, 12052262: _TEXT, 12052266: _TEXT, 12052344: _TEXT,
    12052931: _TEXT, 12052932: _TEXT,
    12019004: _INACTIVE, 12052700: _INACTIVE, 12052995: f"finish setting up your shop in the {_SHOP}",
    12052282: "a manufacturer is required: set manufacturer under [platforms.tiktok.policies]",
    12052287: "a responsible person is required: set responsible_person under [platforms.tiktok.policies]",
    12052146: "more is promised to buyers than that: look at its orders and campaigns",
    12052592: f"that identifier is on another listing of yours: {_SUPPLY} --gtin ...",
    12052316: f"TikTok takes no used goods there: {_SUPPLY} --condition new, or another category",
}  # fmt: skip


def understand(step: str, answer: Answer) -> Understood:
    """The verdict on a step's answer."""
    told = envelope(answer)
    if told.code == 0:
        return _applied(step, told, answer)
    if told.code in GATE:
        return _gate(told, answer)
    if told.code is None:
        return _without_envelope(step, answer)
    said = words([{"code": told.code, "message": told.message}])
    if told.code in BUSY or told.code == MANY_MEANINGS or answer.status >= 500:
        return _lost(step, said)
    if answer.status == 429:
        return Understood(Verdict.NOT_APPLIED, said, retry_after=retry_after(answer, SOON))
    if answer.status == 401 or 100_000 <= told.code < 110_000:  # the gate's own family: nothing was done
        return Understood(Verdict.NOT_APPLIED, f"{said}: trendctl platforms check tiktok", retry_after=LONG)
    if step == "deactivate" and told.code in OVER:
        return Understood(Verdict.UNKNOWN, said)
    if 36_000_000 <= told.code < 37_000_000:  # the gateway's family: only those that are known prove something
        return _lost(step, said)
    return Understood(Verdict.REJECTED, said)


def adopted(answer: Answer) -> dict[str, str]:
    """The product that a look before the call found, from our own note on an answer: its number and its SKU's."""
    number, _, sku = answer.headers.get(ADOPTED, "").partition(" ")
    return {name: value for name, value in (("product_id", number), ("sku_id", sku)) if value}


def words(problems: Sequence[Mapping[str, Any]]) -> str:
    """What TikTok says, and what to do where it is known."""
    parts = []
    for one in problems[:3]:
        code = _code(one)
        said = " ".join(str(one.get("message") or "no reason given").split())[:200]
        means = _MEANS.get(code, "")
        parts.append(f"{means} (TikTok {code}: {said})" if means else f"TikTok {code}: {said}")
    return "; ".join(parts)


def _gate(told: Envelope, answer: Answer) -> Understood:
    wait = {EXPIRED: 0.0, TOO_MANY: retry_after(answer, SOON)}.get(told.code or 0, LONG)
    return Understood(Verdict.NOT_APPLIED, gate_words(told), retry_after=wait)


def _without_envelope(step: str, answer: Answer) -> Understood:
    if answer.status == 429:
        return Understood(Verdict.NOT_APPLIED, "TikTok's call limit (HTTP 429)", retry_after=retry_after(answer, SOON))
    if answer.status == 401:
        return Understood(
            Verdict.NOT_APPLIED,
            "TikTok did not take the access token: trendctl platforms check tiktok",
            retry_after=0.0,
        )
    return _lost(step, answer.error or f"TikTok answered HTTP {answer.status} without saying what it did")


def _lost(step: str, said: str) -> Understood:
    """Nothing is proven; but a read, a dry run or an upload leaves nothing that a buyer could see."""
    quiet = step.split("_")[0] in _QUIET
    return Understood(Verdict.NOT_APPLIED if quiet else Verdict.UNKNOWN, said)


def _applied(step: str, told: Envelope, answer: Answer) -> Understood:
    if step.startswith("shop_"):
        return _shop(step.removeprefix("shop_"), told)
    if step.startswith("image_"):
        uri = text(told.data.get("uri"))
        return Understood(Verdict.APPLIED, late={step: uri}) if uri else _lost(step, "TikTok did not name the image")
    if step == "check":
        return _checked(told)
    if step == "create":
        return _created(told, answer)
    failed = rows(told.data.get("errors"))
    if not failed:
        return Understood(Verdict.APPLIED, _warnings(told))
    codes = {_code(one) for one in _inner(failed)}
    said = words(_inner(failed))
    if codes & BUSY or (step == "deactivate" and codes & set(OVER)):
        return Understood(Verdict.UNKNOWN, said)
    return Understood(Verdict.REJECTED, said)


def _shop(number: str, told: Envelope) -> Understood:
    for shop in rows(told.data.get("shops")):
        if text(shop.get("id")) == number and text(shop.get("cipher")):
            return Understood(Verdict.APPLIED, late={"shop_id": number, "shop_cipher": text(shop["cipher"])})
    why = f"this sign-in does not open the approved shop ({number}): {LOGIN}"
    return Understood(Verdict.NOT_APPLIED, why, retry_after=LONG)


def _checked(told: Envelope) -> Understood:
    """The dry run: its reasons refuse, its warnings are told."""
    reasons = rows(told.data.get("fail_reasons")) or rows(told.data.get("issues"))
    if told.data.get("check_result") == "FAILED" or reasons:
        return Understood(Verdict.REJECTED, words(reasons) or "TikTok's listing check failed without a reason")
    return Understood(Verdict.APPLIED, _warnings(told))


def _created(told: Envelope, answer: Answer) -> Understood:
    if answer.headers.get(TWIN):
        return Understood(Verdict.REJECTED, answer.headers[TWIN])
    found = adopted(answer)
    if found:
        return Understood(Verdict.APPLIED, f"product {found['product_id']} is there already and is adopted", found)
    number = text(told.data.get("product_id"))
    if not number:
        return Understood(Verdict.UNKNOWN, "TikTok's answer names no product")
    skus = rows(told.data.get("skus"))
    sku = text(skus[0].get("id")) if skus else ""
    late = {"product_id": number} | ({"sku_id": sku} if sku else {})
    return Understood(Verdict.APPLIED, _warnings(told), late)


def _warnings(told: Envelope) -> str:
    given = told.data.get("warnings")
    found = rows(given) or ([given] if isinstance(given, dict) else [])
    return "; ".join(" ".join(str(w.get("message") or "").split())[:200] for w in found[:3] if w.get("message"))


def _inner(failed: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The errors within "check failed", where there are any."""
    deeper = [inner for one in failed for inner in rows(part(one.get("detail")).get("extra_errors"))]
    return deeper or [dict(one) for one in failed]


def _code(one: Mapping[str, Any]) -> int:
    found = one.get("code")
    if isinstance(found, str) and found.isdecimal():
        return int(found[:12])
    return count(found) or 0
