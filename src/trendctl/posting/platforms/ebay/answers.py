"""What eBay's answers prove. Pure: status, headers and body in; a verdict with a sentence for the person out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from trendctl.ports import Answer, Understood, Verdict
from trendctl.posting.body import parsed, part, retry_after, rows

_SYSTEM, _BUSY, _NO_SKU_YET, _USER, _NO_OFFER = 25001, 25025, 25702, 25002, 25713
_SEARCHES = ("offer_read", "offer_find")
LONG = 3600.0  # seconds: not in this run
_FOUND = "x-trendctl-offer"  # our own note on an answer, never sent

_POLICY = ": choose another one (ebay.com/bp/manage), then trendctl platforms check ebay"
# What a person can do about an error id (ids and texts: eBay's Inventory API documents).
_MEANS = {
    25003: "eBay refuses the price: trendctl edit ID",
    25004: "eBay refuses the quantity: trendctl supply ID --stock N",
    25005: "eBay refuses the category: trendctl edit ID (category.id)",
    25007: f"the shipping policy does not fit{_POLICY}",
    25008: f"the payment policy does not fit{_POLICY}",
    25009: f"the return policy does not fit{_POLICY}",
    25012: "the inventory location does not fit: trendctl platforms check ebay",
    25014: "eBay refuses a picture: trendctl image list ID",
    25015: "eBay refuses a picture's address: trendctl image list ID",
    25021: "the condition is not allowed in this category: trendctl supply ID --condition ...",
    25026: "your selling limit is reached: ask for more at ebay.com/sh/ovw, or end another listing",
    25029: "a field is required in this category: trendctl supply ID --fact NAME=VALUE",
    25604: "eBay refuses an input",
    25707: "eBay refuses the SKU",
    25708: "eBay refuses the SKU",
    190201: "the image file is too large: trendctl image list ID",
    190202: "the image has too many pixels: trendctl image list ID",
    190203: "eBay does not take this kind of image: trendctl image list ID",
}


def errors(answer: Answer) -> list[dict[str, Any]]:
    """eBay's error objects (a bare one is taken too)."""
    body = parsed(answer)
    return rows(body.get("errors")) or ([body] if "errorId" in body else [])


def words(problems: Sequence[Mapping[str, Any]]) -> str:
    """What eBay says, and what to do where it is known."""
    parts = []
    for error in problems[:3]:
        said = str(error.get("longMessage") or error.get("message") or "no reason given")
        more = ", ".join(f"{p.get('name')}={p.get('value')}" for p in rows(error.get("parameters")) if p.get("value"))
        means = _MEANS.get(_id(error), "")
        parts.append(f"{f'{means} ' if means else ''}(eBay {_id(error)}: {said}{f'; {more}' if more else ''})")
    return "; ".join(parts)


def understand(step: str, answer: Answer) -> Understood:
    """The verdict on a step's answer."""
    common = _common(answer)
    if step == "fees":  # only told to the person: whatever comes back, it holds no listing up
        return common if answer.status == 401 and common else _fees(answer)
    if common is not None:
        return common
    problems = errors(answer)
    if problems and not parsed(answer).get("listingId"):
        return _refused(step, answer, problems)
    if answer.status == 404 and step in _SEARCHES:
        return _offer(step, {})
    if not 200 <= answer.status < 300:
        verdict = Verdict.UNKNOWN if step in ("publish", "withdraw") or answer.status >= 500 else Verdict.REJECTED
        return Understood(verdict, f"eBay answered HTTP {answer.status} without a reason")
    return _applied(step, answer)


def _common(answer: Answer) -> Understood | None:
    """Answers that mean the same for every call."""
    if answer.status == 0:
        return Understood(Verdict.UNKNOWN, answer.error or "no answer")
    if answer.status == 401:
        return Understood(
            Verdict.NOT_APPLIED, "eBay did not take the access token: trendctl platforms check ebay", retry_after=0.0
        )
    if answer.status == 403:
        return Understood(
            Verdict.NOT_APPLIED, "eBay refuses permission (HTTP 403): trendctl platforms check ebay", retry_after=LONG
        )
    if answer.status == 429:
        return Understood(Verdict.NOT_APPLIED, "eBay's call limit (HTTP 429)", retry_after=retry_after(answer, 5.0))
    return None


def _refused(step: str, answer: Answer, problems: list[dict[str, Any]]) -> Understood:
    ids = {_id(e) for e in problems}
    said = words(problems)
    if _BUSY in ids:
        return Understood(Verdict.NOT_APPLIED, said, retry_after=3.0)
    theirs = answer.status < 300 and any(e.get("category") == "APPLICATION" for e in problems)
    if answer.status >= 500 or _SYSTEM in ids or theirs:
        return Understood(Verdict.UNKNOWN, said)
    if step in _SEARCHES and (answer.status == 404 or ids & {_NO_OFFER, _NO_SKU_YET}):
        return _offer(step, {})
    adopted = _adopted(answer, problems) if step == "offer" else None
    if adopted is not None:
        return adopted
    if step == "offer" and _NO_SKU_YET in ids:  # the item was put a moment ago; eBay sees it a little later
        return Understood(Verdict.NOT_APPLIED, said, retry_after=3.0)
    if step in ("publish", "withdraw") and _NO_OFFER in ids | ({_NO_OFFER} if answer.status == 404 else set()):
        return Understood(Verdict.UNKNOWN, said)
    return Understood(Verdict.REJECTED, said)


def is_published(answer: Answer) -> bool:
    """Whether a search for offers shows one that buyers see."""
    return bool(_published(parsed(answer)))


def is_unread(answer: Answer) -> bool:
    """Whether a search for offers says neither which there are nor that there is none."""
    return understand("offer_read", answer).verdict is not Verdict.APPLIED


def _published(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [o for o in rows(body.get("offers")) if o.get("offerId") and o.get("status") == "PUBLISHED"]


def is_nameless_duplicate(answer: Answer) -> bool:
    """Whether an offer was refused because there is one already, without saying which."""
    return any(_is_duplicate(e) and not _named_offer(e) for e in errors(answer))


def naming(answer: Answer, found: Answer) -> Answer:
    """The refusal with the id of the offer that a search found, so that it can be understood alone."""
    offers = rows(parsed(found).get("offers")) or [{}]
    return replace(answer, headers={**answer.headers, _FOUND: str(offers[0].get("offerId") or "")})


def _is_duplicate(error: Mapping[str, Any]) -> bool:
    """25002 is "any user error": the text decides."""
    text = f"{error.get('message', '')} {error.get('longMessage', '')}".lower()
    return "offer" in text and "exist" in text and "not exist" not in text


def _named_offer(error: Mapping[str, Any]) -> str:
    parameters = rows(error.get("parameters"))
    return next((str(p["value"]) for p in parameters if p.get("name") == "offerId" and p.get("value")), "")


def _adopted(answer: Answer, problems: list[dict[str, Any]]) -> Understood | None:
    """A second offer was refused: the one that is there is updated instead. None: refused for another reason."""
    twins = [e for e in problems if _is_duplicate(e)]
    if not twins:
        return None
    offer = next((n for n in map(_named_offer, twins) if n), "") or answer.headers.get(_FOUND, "")
    if not offer:
        return Understood(
            Verdict.NOT_APPLIED, "eBay has an offer of this SKU and does not show it yet", retry_after=3.0
        )
    late = {"offer_id": offer, "adopted": offer}
    return Understood(Verdict.NOT_APPLIED, f"offer {offer} exists already and is adopted", late, 0.0)


def _applied(step: str, answer: Answer) -> Understood:
    body = parsed(answer)
    if step.startswith("image_"):
        url = str(body.get("imageUrl") or "")
        if urlsplit(url).scheme not in ("https", "http"):
            return Understood(Verdict.UNKNOWN, "eBay took the image but did not say where it is")
        return Understood(Verdict.APPLIED, late={step: url})
    if step in _SEARCHES:
        return _offer(step, body)
    if step == "offer" and answer.status == 201:
        offer = str(body.get("offerId") or "")
        if not offer:
            return Understood(Verdict.UNKNOWN, "eBay made an offer without saying its id")
        return Understood(Verdict.APPLIED, late={"offer_id": offer})
    if step == "publish":
        listing = str(body.get("listingId") or "")
        if not listing:
            return Understood(Verdict.UNKNOWN, "eBay's answer names no listing")
        return Understood(Verdict.APPLIED, words(rows(body.get("warnings"))), {"listing_id": listing})
    return Understood(Verdict.APPLIED, words(rows(body.get("warnings"))))


def _offer(step: str, body: Mapping[str, Any]) -> Understood:
    """The offer of a SKU. `offer_read` comes before a create, `offer_find` before a change or an end."""
    offers = [o for o in rows(body.get("offers")) if o.get("offerId")]
    if not offers:
        if step == "offer_read":
            return Understood(Verdict.APPLIED)
        return Understood(Verdict.REJECTED, "eBay shows no offer of this SKU: look at your listings at ebay.com/sh/lst")
    live = _published(body) if step == "offer_read" else []
    if live:
        listing = str(part(live[0].get("listing")).get("listingId") or live[0]["offerId"])
        return Understood(
            Verdict.REJECTED, f"this SKU is live at eBay already (listing {listing}): end that listing first"
        )
    offer = str(offers[0]["offerId"])
    return Understood(Verdict.APPLIED, late={"offer_id": offer, "adopted": offer})


def _fees(answer: Answer) -> Understood:
    if answer.status != 200:
        return Understood(Verdict.APPLIED, "eBay did not tell the fees")
    fees = [fee for summary in rows(parsed(answer).get("feeSummaries")) for fee in rows(summary.get("fees"))]
    told = [(str(fee.get("feeType") or "fee"), part(fee.get("amount"))) for fee in fees]
    texts = [f"{kind} {a['value']} {a.get('currency', '')}".strip() for kind, a in told if _is_money(a.get("value"))]
    return Understood(Verdict.APPLIED, late={"fees": ", ".join(texts) or "none to list"})


def _is_money(value: object) -> bool:
    """Whether an amount is given and is not nothing."""
    try:
        return Decimal(str(value)) != 0
    except InvalidOperation:
        return False


def _id(error: Mapping[str, Any]) -> int:
    found = error.get("errorId")
    return found if isinstance(found, int) else int(found) if isinstance(found, str) and found.isdecimal() else 0
