"""Reading a catalogue product back: what became of its batch, then whether Meta shows the product."""

import re
from collections.abc import Mapping
from typing import Any

from trendctl.commerce.money import Money
from trendctl.ports import Json, ReadBack, State, Talk
from trendctl.posting.body import parsed, text
from trendctl.posting.graph import api, errors
from trendctl.posting.platforms.facebook import answers, wires

_DONE = "finished"
_STOPPED = ("dead", "failed", "error")
_FORGOTTEN = "finished long ago"


def read_back(intent: Mapping[str, Json], late: Mapping[str, str], talk: Talk) -> ReadBack:
    """LIVE: in the catalogue, as approved, not refused in review. Nothing is ever excluded by an empty search."""
    state, refused, why = _batch(intent, late, talk)
    if why:
        return ReadBack(State.UNKNOWN, cause=why)
    if state and state not in (_DONE, _FORGOTTEN, *_STOPPED):
        return ReadBack(State.UNKNOWN, cause=f"Meta still works on it ({state})")
    product, why = find(wires.version(intent), wires.catalog(intent), str(intent["sku"]), talk)
    if why:
        return ReadBack(State.UNKNOWN, cause=why)
    if intent["action"] == "end":
        return _ended(state, refused, product)
    if refused or state in _STOPPED:
        return ReadBack(State.REJECTED, cause=f"Meta refuses it: {refused or f'the batch is {state}'}")
    if product is None:
        return ReadBack(State.UNKNOWN, cause="the catalogue does not show it yet, which proves nothing")
    unproven = not state and intent["action"] in ("reprice", "revise")
    return _shown(intent, product, exact=unproven)


def find(version: str, catalog: str, sku: str, talk: Talk) -> tuple[dict[str, Any] | None, str]:
    """The product of a SKU (None: the catalogue shows none); or why that cannot be read."""
    answer = talk.send(wires.search(version, catalog, sku))
    said = errors.common(answer, answers.NAME)
    if said is not None:
        return None, f"the catalogue could not be read ({said.cause})"
    found = parsed(answer).get("data")
    if not isinstance(found, list):
        return None, "the catalogue's answer could not be understood"
    return next((row for row in api.rows(found) if row.get("retailer_id") == sku), None), ""


def _batch(intent: Mapping[str, Json], late: Mapping[str, str], talk: Talk) -> tuple[str, str, str]:
    """The state of this intent's own batch, what it refused, and why it cannot be read; empty without one.

    FORGOTTEN: Meta took it, and does not keep its story any more.
    """
    handle = late.get("handle", "")
    if not handle or late.get("sent") != wires.digest(wires.of_action(intent).body):
        return "", "", ""
    answer = talk.send(wires.status(intent, handle))
    said = errors.common(answer, answers.NAME)
    if said is None:
        return (*answers.progress(parsed(answer)), "")
    found = errors.problem(answer)
    if found is not None and found.code == errors.PARAMETER:
        return _FORGOTTEN, "", ""
    return "", "", f"the batch could not be read ({said.cause})"


def _ended(state: str, refused: str, product: Mapping[str, Any] | None) -> ReadBack:
    if product is None and state in (_DONE, _FORGOTTEN):
        return ReadBack(State.ENDED)  # Meta's word on the batch, and the product is not there
    if product is not None and refused:
        return ReadBack(State.REJECTED, cause=f"Meta refuses to take it out: {refused}")
    shown = "the catalogue still shows it" if product is not None else "it is not shown, which alone proves nothing"
    return ReadBack(State.UNKNOWN, cause=shown)


def _shown(intent: Mapping[str, Json], product: Mapping[str, Any], *, exact: bool) -> ReadBack:
    number = text(product.get("id"))
    if not number or not _as_approved(intent, product, exact=exact):
        return ReadBack(State.UNKNOWN, cause="the catalogue still shows the old price or quantity")
    review = text(product.get("review_status")).lower()
    serious = [e for e in api.rows(product.get("errors")) if text(e.get("error_priority")).upper() in ("", "HIGH")]
    if review == "rejected" or serious:
        reasons = product.get("review_rejection_reasons")
        told = ", ".join(map(str, reasons)) if isinstance(reasons, list) else ""
        said = answers.words(serious) or told or "its review says no"
        return ReadBack(State.REJECTED, number, cause=f"Meta does not show it: {said}")
    if review == "pending" or product.get("visibility") == "staging":
        return ReadBack(State.ACCEPTED, cause=f"in the catalogue, not shown yet ({review or 'hidden'})")
    late = {"node": f"{wires.version(intent)}/{number}"}
    minor = answers.words(api.rows(product.get("errors")))
    return ReadBack(State.LIVE, number, f"https://www.facebook.com/commerce/products/{number}", minor, late=late)


def _as_approved(intent: Mapping[str, Json], product: Mapping[str, Any], *, exact: bool) -> bool:
    """Price and quantity, where Meta shows them. A price is shown as text ("$9.99"): its digits are compared.

    The quantity may have been lowered since, unless `exact`: then it is what proves a change. A new price leaves it
    alone: there the price itself has to.
    """
    wanted = Money(intent["price"]["minor"], intent["price"]["currency"])
    digits = re.sub(r"\D", "", text(product.get("price")))
    whole = f"{wanted.decimal():f}".partition(".")
    same = {f"{wanted.minor:03d}", str(wanted.minor)} | ({whole[0]} if not whole[2].strip("0") else set())
    if digits and digits not in same and digits.lstrip("0") not in same:
        return False
    if text(product.get("currency")) not in ("", wanted.currency):
        return False
    if intent["action"] == "reprice":
        return bool(digits) or not exact
    left = product.get("inventory")
    if not isinstance(left, int):
        return True
    wished = int(intent["quantity"])
    return left == wished if exact else left <= wished
