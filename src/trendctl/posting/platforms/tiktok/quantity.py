"""How many pieces a listing has left at TikTok, and the one call that sets that number: inventory/update, nothing else.

It sets a number, so it may be repeated.
"""

import json

from trendctl.errors import AccessError
from trendctl.ports import Answer, Sold, Talk, Wire
from trendctl.posting.platforms.tiktok import back, shops, wires
from trendctl.posting.platforms.tiktok.envelope import envelope, trouble


def left(listing: Sold, talk: Talk) -> int | None:
    """What buyers can still buy; None where TikTok does not say, or does not sell it now. Raises AccessError."""
    number = listing.late.get("product_id") or listing.external_id
    if not number:
        return None
    late = listing.late
    answer = shops.ask(
        talk, late.get("shop_id", ""), late.get("shop_cipher", ""), lambda cipher: wires.product_of(number, cipher)
    )
    if envelope(answer).code != 0:
        raise AccessError("The quantity at TikTok cannot be read", why=trouble(answer))
    return _left(answer, late.get("sku_id", ""), listing.sku)


def perform(wire: Wire, talk: Talk) -> Answer:
    """The call, unless no more than that is left by now: a sale in between must not be undone by it."""
    wanted = json.loads(wire.body)["skus"][0]
    number = wire.url.split("/")[-3]
    now = talk.send(wires.product_of(number, dict(wire.params).get("shop_cipher", "")))
    if envelope(now).code != 0:
        return Answer(0, error=f"the quantity could not be read first ({trouble(now)})")
    there = _left(now, wanted["id"], "")
    if there is not None and there <= sum(row["quantity"] for row in wanted["inventory"]):
        return Answer(200, body=b'{"code":0,"data":{}}')
    return talk.send(wire)


def _left(answer: Answer, sku_id: str, sku: str) -> int | None:
    product = envelope(answer).data
    if product.get("status") != "ACTIVATE":
        return None
    return back.pieces(back.sku_of(product, sku_id, sku))
