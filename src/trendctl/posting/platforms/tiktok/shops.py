"""Which shop a call is for: an account's shops, the one meant, and its cipher as it is now."""

from collections.abc import Callable, Mapping, Sequence

from trendctl.commerce.markets import country
from trendctl.ports import Answer, Json, Talk, Wire
from trendctl.posting.body import rows, text
from trendctl.posting.platforms.tiktok import wires
from trendctl.posting.platforms.tiktok.envelope import NO_CIPHER, OTHER_SHOP, envelope, read


def shops(talk: Talk) -> list[dict[str, str]]:
    """The shops that this sign-in opens. Raises AccessError."""
    told = rows(read(talk, wires.get(wires.SHOPS)).get("shops"))
    names = ("id", "cipher", "name", "region")
    return [{name: text(shop.get(name)) for name in names} for shop in told if shop.get("id") and shop.get("cipher")]


def meant(found: Sequence[Mapping[str, Json]], chosen: str, marketplace: str) -> dict[str, str]:
    """The chosen shop, else the only one in the marketplace's country; {} where that is not clear."""
    fit = [s for s in found if (s["id"] == chosen if chosen else s["region"] == region(marketplace))]
    return dict(fit[0]) if len(fit) == 1 else {}


def region(marketplace: str) -> str:
    """`US` of `US`, `GB` of `UK`."""
    return country(marketplace) or marketplace


def cipher_of(talk: Talk, shop_id: str) -> str:
    """A shop's cipher as it is now; "" where this sign-in does not open that shop. Raises AccessError."""
    return next((shop["cipher"] for shop in shops(talk) if shop["id"] == shop_id), "")


def ask(talk: Talk, shop_id: str, cipher: str, make: Callable[[str], Wire]) -> Answer:
    """A read for a shop: with the cipher that is known, and with its new one where that is not taken any more."""
    answer = talk.send(make(cipher)) if cipher else None
    if answer is not None and envelope(answer).code not in (NO_CIPHER, OTHER_SHOP):
        return answer
    now = cipher_of(talk, shop_id) if shop_id else ""
    if now and now != cipher:
        return talk.send(make(now))
    return answer if answer is not None else Answer(0, error="this sign-in does not open that shop")
