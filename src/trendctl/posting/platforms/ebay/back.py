"""Reading an eBay listing back: the offer says whether a buyer can see it, and at which price."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from trendctl.commerce.money import Money
from trendctl.ports import Json, ReadBack, State, Talk
from trendctl.posting.body import is_amount, parsed, part, rows
from trendctl.posting.platforms.ebay import wires
from trendctl.posting.platforms.ebay.known import trouble

_SITE = {
    "EBAY_GB": "www.ebay.co.uk", "EBAY_AU": "www.ebay.com.au", "EBAY_AT": "www.ebay.at", "EBAY_BE": "www.ebay.be",
    "EBAY_CA": "www.ebay.ca", "EBAY_CH": "www.ebay.ch", "EBAY_DE": "www.ebay.de", "EBAY_ES": "www.ebay.es",
    "EBAY_FR": "www.ebay.fr", "EBAY_IE": "www.ebay.ie", "EBAY_IT": "www.ebay.it", "EBAY_NL": "www.ebay.nl",
    "EBAY_PL": "www.ebay.pl",
}  # fmt: skip
_SHOWN = ("ACTIVE", "OUT_OF_STOCK")
_OVER = ("ENDED", "EBAY_ENDED")


def read_back(intent: Mapping[str, Json], late: Mapping[str, str], talk: Talk) -> ReadBack:
    """LIVE: shown to buyers, as approved. An offer that is UNPUBLISHED excludes a publish; a 404 or an empty search
    proves nothing."""
    offer, cause = _offer(intent, late, talk)
    if offer is None:
        return ReadBack(State.UNKNOWN, cause=cause)
    listing = part(offer.get("listing"))
    found = {"offer_id": str(offer.get("offerId") or ""), "listing_id": str(listing.get("listingId") or "")}
    told = {name: value for name, value in found.items() if value}
    action = str(intent["action"])
    if action == "end":
        return _ended(offer, listing)
    if offer.get("status") == "UNPUBLISHED":
        return ReadBack(State.UNKNOWN, cause="eBay has the offer, not published", excluded=True, late=told)
    if offer.get("status") != "PUBLISHED":
        return ReadBack(State.UNKNOWN, cause="eBay does not say whether the offer is published", late=told)
    if listing.get("listingStatus") in _OVER:
        return ReadBack(State.REJECTED, cause="eBay shows the listing as ended: look at ebay.com/sh/lst", late=told)
    if not told.get("listing_id") or listing.get("listingStatus") not in _SHOWN:
        status = str(listing.get("listingStatus") or "without a state")
        return ReadBack(State.ACCEPTED, cause=f"published, not shown to buyers yet ({status})", late=told)
    if action in ("reprice", "revise") and not _as_approved(intent, offer):
        return ReadBack(State.UNKNOWN, cause="eBay still shows the old price or quantity", excluded=True, late=told)
    number = told["listing_id"]
    url = f"https://{_SITE.get(str(intent['marketplace']), 'www.ebay.com')}/itm/{quote(number, safe='')}"
    told_fees = action in ("create", "relist") and late.get("fees")
    fees = f"fees as eBay told them: {told_fees}" if told_fees else ""
    return ReadBack(State.LIVE, external_id=number, url=url, cause=fees, late=told)


def _offer(intent: Mapping[str, Json], late: Mapping[str, str], talk: Talk) -> tuple[dict[str, Any] | None, str]:
    """The offer by its id, or by SKU where the id is not known; else None and why."""
    known = late.get("offer_id", "")
    if known:
        url = f"{wires.INVENTORY}/offer/{quote(known, safe='')}"
        answer = talk.send(wires.get(url, str(intent["marketplace"])))
    else:
        answer = talk.send(wires.offers_of(intent))
    if answer.status != 200:
        return None, f"the offer could not be read ({trouble(answer)})"
    body = parsed(answer)
    if known:
        return (body, "") if body else (None, "the offer could not be understood")
    offers = rows(body.get("offers"))
    return (offers[0], "") if offers else (None, "eBay shows no offer of this SKU, which proves nothing")


def _ended(offer: Mapping[str, Any], listing: Mapping[str, Any]) -> ReadBack:
    if offer.get("status") == "UNPUBLISHED" or listing.get("listingStatus") in _OVER:
        return ReadBack(State.ENDED)
    if offer.get("status") == "PUBLISHED":
        return ReadBack(State.UNKNOWN, cause="the listing is still published", excluded=True)
    return ReadBack(State.UNKNOWN, cause="eBay does not say whether the offer is published")


def _as_approved(intent: Mapping[str, Json], offer: Mapping[str, Any]) -> bool:
    """The price, and of a revise the quantity too, from which what was sold since may be missing."""
    price = part(part(offer.get("pricingSummary")).get("price"))
    wanted = Money(intent["price"]["minor"], intent["price"]["currency"])
    same = is_amount(price.get("value"), wanted) and price.get("currency") == wanted.currency
    if intent["action"] == "reprice":
        return same
    left, sold = offer.get("availableQuantity"), part(offer.get("listing")).get("soldQuantity") or 0
    return same and isinstance(left, int) and intent["quantity"] - sold <= left <= intent["quantity"]
