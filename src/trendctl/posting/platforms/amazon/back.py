"""Reading an Amazon listing back: ACCEPTED is only a queue, the listing itself says whether buyers see it."""

from collections.abc import Mapping
from typing import Any

from trendctl.commerce.money import Money
from trendctl.ports import Answer, Json, ReadBack, State, Talk
from trendctl.posting.body import count, is_amount, parsed, part, rows
from trendctl.posting.platforms.amazon import wires
from trendctl.posting.platforms.amazon.answers import errors, problems, texts, trouble, words
from trendctl.posting.platforms.amazon.places import Place, known_place

DATA = "summaries,issues,offers,fulfillmentAvailability"
_OFFERED = frozenset(("purchasable_offer", "fulfillment_availability", "list_price", "condition_type"))


def read_back(intent: Mapping[str, Json], late: Mapping[str, str], talk: Talk) -> ReadBack:
    """LIVE: buyers see it, as approved. A SKU that Amazon does not know proves nothing, but for an end."""
    place, seller = known_place(str(intent["marketplace"])), str(intent["extra"]["seller"])
    answer = talk.send(wires.item_read(place, seller, str(intent["sku"]), DATA))
    action, told = str(intent["action"]), {"seller": seller}
    if answer.status == 404 and is_not_found(answer):
        if action == "end":
            return ReadBack(State.ENDED, late=told)
        return ReadBack(State.UNKNOWN, cause="Amazon does not show the SKU (yet), which proves nothing", late=told)
    body = parsed(answer)
    if answer.status != 200 or not body:
        return ReadBack(State.UNKNOWN, cause=f"the listing could not be read ({trouble(answer)})", late=told)
    summary = _own(body.get("summaries"), place)
    asin = str(summary.get("asin") or late.get("asin") or intent["extra"]["asin"] or "")
    return _judged(intent, body, summary, place, told | ({"asin": asin} if asin else {}))


def is_not_found(answer: Answer) -> bool:
    """Whether it is Amazon's own 404, not one of something in between."""
    return any(str(error.get("code")).upper() == "NOT_FOUND" or error.get("message") for error in errors(answer))


def _judged(
    intent: Mapping[str, Json], body: Mapping[str, Any], summary: Mapping[str, Any], place: Place, told: dict[str, str]
) -> ReadBack:
    action, shown = str(intent["action"]), set(texts(summary.get("status")))
    wrong = [p for p in problems(body) if place.id in (texts(p.get("marketplaceIds")) or [place.id])]
    if action == "end":
        if shown:
            return ReadBack(State.UNKNOWN, cause="Amazon still shows the listing", excluded=True, late=told)
        return ReadBack(State.UNKNOWN, cause="Amazon still knows the SKU, without a listing that buyers see", late=told)
    if action in ("reprice", "revise") and not _as_approved(intent, body, place):
        of_offer = [p for p in wrong if _OFFERED & set(texts(p.get("attributeNames")))]
        if of_offer:
            return ReadBack(State.REJECTED, cause=words(of_offer), late=told)
        return ReadBack(State.UNKNOWN, cause="Amazon still shows the old price or quantity", excluded=True, late=told)
    if "BUYABLE" not in shown and wrong:
        return ReadBack(State.REJECTED, cause=words(wrong), late=told)
    sold_out = not shown and quantity_of(body) == 0
    if not (shown or sold_out) or not told.get("asin"):
        return ReadBack(State.ACCEPTED, cause="accepted, not shown to buyers yet", late=told)
    note = words(wrong) if "BUYABLE" in shown else "nothing is left" if sold_out else "shown, and not to be bought now"
    return ReadBack(State.LIVE, external_id=told["asin"], url=place.page(told["asin"]), cause=note, late=told)


def _own(value: object, place: Place) -> dict[str, Any]:
    """The row of our marketplace; {} where there is none."""
    return next((row for row in rows(value) if row.get("marketplaceId") == place.id), {})


def _as_approved(intent: Mapping[str, Json], body: Mapping[str, Any], place: Place) -> bool:
    """The price, and of a revise the quantity too, from which what was sold since is missing."""
    wanted = Money(intent["price"]["minor"], intent["price"]["currency"])
    offers = [row for row in rows(body.get("offers")) if row.get("marketplaceId") == place.id]
    prices = [part(row.get("price")) for row in offers if row.get("offerType") in (None, "B2C")]
    priced, left = any(_is(price, wanted) for price in prices), quantity_of(body)
    if intent["action"] == "reprice":
        return priced
    return priced and left is not None and left <= int(intent["quantity"])


def quantity_of(body: Mapping[str, Any]) -> int | None:
    """What the seller's own stock has left; None where Amazon does not say."""
    for row in rows(body.get("fulfillmentAvailability")):
        number = count(row.get("quantity"))
        if row.get("fulfillmentChannelCode") == "DEFAULT" and number is not None:
            return number if number >= 0 else None
    return None


def _is(price: Mapping[str, Any], wanted: Money) -> bool:
    currency = price.get("currencyCode", price.get("currency"))
    return is_amount(price.get("amount"), wanted) and currency == wanted.currency
