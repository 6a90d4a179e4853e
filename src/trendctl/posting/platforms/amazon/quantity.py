"""How many a listing has left at Amazon, and the one call that sets that number and nothing else (may be repeated)."""

import json
from collections.abc import Mapping
from dataclasses import replace

from trendctl.errors import AccessError
from trendctl.ports import Answer, Sold, Talk, Wire
from trendctl.posting.body import parsed
from trendctl.posting.platforms.amazon import wires
from trendctl.posting.platforms.amazon.answers import trouble
from trendctl.posting.platforms.amazon.back import quantity_of
from trendctl.posting.platforms.amazon.places import place

DATA = "fulfillmentAvailability"


def left(listing: Sold, talk: Talk) -> int | None:
    """The seller's own stock there; None where Amazon does not say, or the seller is not known. Raises AccessError."""
    seller, where = listing.late.get("seller", ""), place(listing.marketplace)
    if not seller or where is None:
        return None
    answer = talk.send(wires.item_read(where, seller, listing.sku, DATA))
    if answer.status == 404:
        return None
    if answer.status != 200:
        raise AccessError("The quantity at Amazon cannot be read", why=trouble(answer))
    return quantity_of(parsed(answer))


def perform(wire: Wire, talk: Talk) -> Answer:
    """The call, unless no more than that is left by now: a sale in between must not be undone by it."""
    params = (*wire.params, ("includedData", DATA))
    now = talk.send(replace(wire, method="GET", headers=wire.headers[:1], body=b"", params=params))
    if now.status != 200:
        return Answer(0, error=f"the quantity could not be read first ({trouble(now)})")
    there = quantity_of(parsed(now))
    if there is not None and there <= _wanted(json.loads(wire.body)):
        return Answer(200, body=b'{"status":"ACCEPTED"}')
    return talk.send(wire)


def _wanted(body: Mapping[str, list[Mapping[str, list[Mapping[str, int]]]]]) -> int:
    return int(body["patches"][0]["value"][0]["quantity"])
