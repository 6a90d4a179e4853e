"""How many a listing has left at eBay, and the one call that sets that number: the offer's quantity, nothing else.

Call and fields: eBay's OpenAPI document of Inventory v1 (bulkUpdatePriceQuantity); it sets a number, so it may be
repeated.
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from trendctl.errors import AccessError
from trendctl.ports import Answer, Sold, Talk, Understood, Verdict, Wire
from trendctl.posting.body import parsed, part, rows
from trendctl.posting.platforms.ebay import answers, wires
from trendctl.posting.platforms.ebay.known import trouble


def left(listing: Sold, talk: Talk) -> int | None:
    """What buyers can still buy; None where eBay does not say, or shows the listing as ended. Raises AccessError."""
    offer_id = listing.late.get("offer_id", "")
    if not offer_id:
        return None
    answer = talk.send(wires.get(_url(offer_id), listing.marketplace))
    if answer.status != 200:
        raise AccessError("The quantity at eBay cannot be read", why=trouble(answer))
    return _left(parsed(answer))


def perform(wire: Wire, talk: Talk) -> Answer:
    """The call, unless no more than that is left by now: a sale in between must not be undone by it."""
    wanted = json.loads(wire.body)["requests"][0]["offers"][0]
    kept = tuple((name, value) for name, value in wire.headers if name.startswith("Accept"))
    now = talk.send(Wire("GET", _url(wanted["offerId"]), kept))
    if now.status != 200:
        return Answer(0, error=f"the quantity could not be read first ({trouble(now)})")
    there = _left(parsed(now))
    if there is not None and there <= wanted["availableQuantity"]:
        return Answer(200, body=b'{"responses":[{"statusCode":200}]}')
    return talk.send(wire)


def understand(answer: Answer, value: str = "quantity") -> Understood:
    """Of the call that sets a `value` (the quantity or the price) of an offer. Applied only where eBay says so of the
    offer itself: the call's own 200 and 207 may hold a refusal."""
    said = rows(parsed(answer).get("responses"))
    if answer.status not in (200, 207):
        return answers.understand(value, answer)
    bad = [r for r in said if not 200 <= _code(r) < 300]
    if said and not bad:
        return Understood(Verdict.APPLIED, answers.words([w for r in said for w in rows(r.get("warnings"))]))
    problems = [e for r in bad for e in rows(r.get("errors"))]
    if not said or not problems:
        return Understood(Verdict.UNKNOWN, f"eBay does not say whether the {value} was set")
    code = _code(bad[0])
    inner = Answer(code if code >= 400 else 400, {}, json.dumps({"errors": problems}).encode())
    return answers.understand(value, inner)


def _url(offer_id: str) -> str:
    return f"{wires.INVENTORY}/offer/{quote(offer_id, safe='')}"


def _left(offer: Mapping[str, Any]) -> int | None:
    status = part(offer.get("listing")).get("listingStatus")
    if offer.get("status") != "PUBLISHED" or status not in ("ACTIVE", "OUT_OF_STOCK"):
        return None
    number = offer.get("availableQuantity")
    return 0 if status == "OUT_OF_STOCK" else number if isinstance(number, int) and number >= 0 else None


def _code(response: Mapping[str, Any]) -> int:
    code = response.get("statusCode")
    return code if isinstance(code, int) else 0
