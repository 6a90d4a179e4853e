"""TikTok Shop through its Open API: images, listing check, one create with an idempotency key; read back until live."""

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from trendctl.commerce.money import Money
from trendctl.ports import Answer, CallLimit, Json, PlatformFacts, Resend, Step, Talk, Wire
from trendctl.posting.api_platform import Calls, Market, Marketplace
from trendctl.posting.body import text
from trendctl.posting.platforms.tiktok import answers, back, check, draft, known, performance, quantity, wires
from trendctl.posting.platforms.tiktok.envelope import envelope
from trendctl.posting.platforms.tiktok.login import TiktokSignIn

_CREATE = (Step("check", Resend.SAFE), Step("create", Resend.SAFE))  # a dry run; the same key for every try
_PRICE = Step("price", Resend.SAFE)
_CHANGE = (Step("stock", Resend.SAFE), _PRICE)  # each sets a value
_END = (Step("deactivate", Resend.READ_BACK),)
_LATE = ("approval", "shop_id", "shop_cipher", *(f"image_{n}" for n in range(1, wires.MAX_IMAGES + 1)), "product_id",
         "sku_id")  # fmt: skip
_LIMITS = (
    CallLimit(
        "creates",
        r"POST .*/product/202309/products$",
        100,
        86400.0,
        "EcomPHP/tiktokshop-php#25: about 100 a day while a shop is new",
    ),
    CallLimit("calls", r"\w+ /", 50, 1.0, "partner.tiktokshop.com, rate limits: 50 a second for each shop and API"),
)


class Tiktok(Marketplace):
    """`draft`, `steps`, `render`, `understand` are pure."""

    facts = PlatformFacts(
        name="tiktok",
        about="TikTok Shop, through the Open API",
        terms_url="https://partner.tiktokshop.com/docv2/page/tiktok-shop-developer-terms-of-service",
        credentials=("TIKTOK_SHOP_API_KEY", "TIKTOK_SHOP_SECRET", "TIKTOK_SHOP_REFRESH_TOKEN"),
        currencies=draft.CURRENCIES,
        default_marketplace="US",
        fields=draft.FIELDS,
        late=_LATE,
        limits=_LIMITS,
    )
    sign_in = TiktokSignIn()
    calls = Calls(wires, answers, back)
    market = Market(draft, known, check, wires, quantity, performance)

    def steps(self, intent: Mapping[str, Json]) -> tuple[Step, ...]:
        """First the approved shop's cipher as it is now: a sign-in to another shop sends nothing."""
        shop = Step(f"shop_{intent['policies'].get('shop', '')}", Resend.SAFE)
        action = str(intent["action"])
        if action == "end":
            return (shop, *_END)
        if action == "reprice":
            return (shop, _PRICE)
        uploads = tuple(Step(f"image_{n}", Resend.SAFE) for n in range(1, len(intent["images"]) + 1))
        if action == "revise":
            return (shop, *uploads, Step("edit", Resend.SAFE), *_CHANGE)
        return (shop, *uploads, *_CREATE)

    def perform(self, step: str, wire: Wire, talk: Talk) -> Answer:
        """The call. Before a create, a look for the SKU: its key alone is not trusted to be remembered for days."""
        if step == "create":
            found = _twin(wire, talk)
            if found is not None:
                return found
        return super().perform(step, wire, talk)


def _twin(wire: Wire, talk: Talk) -> Answer | None:
    """The answer in place of a create where the SKU is there already; None where a search shows none, or fails.

    With the same title and price it is what was approved (a create whose answer was lost), and is adopted.
    """
    body = json.loads(wire.body)
    sku = body["skus"][0]
    answer = talk.send(wires.search(sku["seller_sku"], dict(wire.params).get("shop_cipher", "")))
    if envelope(answer).code != 0:
        return None
    there = [p for p in back.twins(answer, sku["seller_sku"]) if p.get("status") in back.THERE]
    if not there:
        return None
    number, own = text(there[0].get("id")), back.sku_of(there[0], "", sku["seller_sku"])
    amount, currency = Decimal(sku["price"]["amount"]), sku["price"]["currency"]
    if there[0].get("title") == body["title"] and back.same_price(own, Money.from_decimal(amount, currency)):
        note = {answers.ADOPTED: f"{number} {text(own.get('id'))}".strip()}
        return Answer(200, note, b'{"code":0,"data":{}}')
    words = f"this SKU is on sale at TikTok already (product {number}): end that product first"
    return replace(answer, headers={answers.TWIN: words})


PLATFORM = Tiktok()
