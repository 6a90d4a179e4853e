"""How many the catalogue offers, and the one batch that sets that number and what a buyer is told of it."""

import json

from trendctl.ports import Answer, Sold, Talk, Wire
from trendctl.posting.body import count, parsed
from trendctl.posting.graph import api
from trendctl.posting.platforms.facebook import answers, back, wires

_LOOKS = 3  # at the batch, before it counts as taken
_DONE = Answer(200, body=b'{"handles": ["none was needed"]}')


def left(listing: Sold, talk: Talk) -> int | None:
    """How many the catalogue says there are; None where it does not say. Raises AccessError."""
    version, _, number = listing.late.get("node", "").partition("/")
    if not number:
        return None
    return count(
        api.read(talk, api.get(version, number, fields="inventory,retailer_id"), answers.NAME).get("inventory")
    )


def perform(wire: Wire, talk: Talk) -> Answer:
    """The batch, unless no more than that is offered by now: a quantity is never raised by it."""
    version, catalog = wire.url.removeprefix(f"{api.HOST}/").split("/")[:2]
    wanted = json.loads(wire.body)["requests"][0]["data"]
    product, why = back.find(version, catalog, str(wanted["id"]), talk)
    if why or product is None:
        return Answer(0, error=why or "the catalogue does not show the product")
    now = count(product.get("inventory"))
    if now is not None and now <= wanted["inventory"]:
        return _DONE
    answer = talk.send(wire)
    handle = answers.handle_of(answer)
    return answers.noted(answer, wires.digest(wire.body), _refused(version, catalog, handle, talk) if handle else "")


def _refused(version: str, catalog: str, handle: str, talk: Talk) -> str:
    """What the batch refused, as far as it tells soon."""
    for _ in range(_LOOKS):
        state, refused = answers.progress(parsed(talk.send(wires.progress(version, catalog, handle))))
        if refused or state == "finished":
            return refused
    return ""
