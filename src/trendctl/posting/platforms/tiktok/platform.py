"""TikTok Shop through its Open API: images, listing check, one create with an idempotency key; read back until live."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from trendctl.commerce.money import Money
from trendctl.ports import (
    Answer,
    CallLimit,
    CheckResult,
    DayMetrics,
    DraftInput,
    DraftOutput,
    Json,
    PlatformFacts,
    ReadBack,
    Resend,
    Seen,
    Sold,
    Step,
    Talk,
    Understood,
    Wire,
)
from trendctl.posting.platforms.tiktok import answers, back, check, known, performance, quantity, wires
from trendctl.posting.platforms.tiktok.draft import CURRENCIES, FIELDS, draft
from trendctl.posting.platforms.tiktok.envelope import envelope, text
from trendctl.posting.platforms.tiktok.login import TiktokSignIn

_CREATE = (Step("check", Resend.SAFE), Step("create", Resend.SAFE))  # a dry run; the same key for every try
_CHANGE = (Step("stock", Resend.SAFE), Step("price", Resend.SAFE))  # each sets a value
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


class Tiktok:
    """`draft`, `steps`, `render`, `understand` are pure."""

    facts = PlatformFacts(
        name="tiktok",
        about="TikTok Shop, through the Open API",
        terms_url="https://partner.tiktokshop.com/docv2/page/tiktok-shop-developer-terms-of-service",
        credentials=("TIKTOK_SHOP_API_KEY", "TIKTOK_SHOP_SECRET", "TIKTOK_SHOP_REFRESH_TOKEN"),
        currencies=CURRENCIES,
        default_marketplace="US",
        fields=FIELDS,
        late=_LATE,
        limits=_LIMITS,
    )
    sign_in = TiktokSignIn()

    def draft(self, wanted: DraftInput) -> DraftOutput:
        """See draft.py."""
        return draft(wanted)

    def asks(self, wanted: DraftInput) -> Mapping[str, str]:
        """See known.py."""
        return known.asks(wanted)

    def ask(self, name: str, wanted: DraftInput, found: Mapping[str, Json], talk: Talk) -> Json:
        """See known.py."""
        return known.ask(name, wanted, found, talk)

    def check(self, seen: Seen) -> Sequence[CheckResult]:
        """See check.py."""
        return check.check(seen)

    def steps(self, intent: Mapping[str, Json]) -> tuple[Step, ...]:
        """First the approved shop's cipher as it is now: a sign-in to another shop sends nothing."""
        shop = Step(f"shop_{intent['policies'].get('shop', '')}", Resend.SAFE)
        action = str(intent["action"])
        if action == "end":
            return (shop, *_END)
        if action == "reprice":
            return (shop, *_CHANGE)
        uploads = tuple(Step(f"image_{n}", Resend.SAFE) for n in range(1, len(intent["images"]) + 1))
        if action == "revise":
            return (shop, *uploads, Step("edit", Resend.SAFE), *_CHANGE)
        return (shop, *uploads, *_CREATE)

    def render(self, step: str, intent: Mapping[str, Json], late: Mapping[str, str]) -> Wire:
        """See wires.py."""
        return wires.render(step, intent, late)

    def perform(self, step: str, wire: Wire, talk: Talk) -> Answer:
        """The call. Before a create, a look for the SKU: its key alone is not trusted to be remembered for days."""
        if step == "quantity":
            return quantity.perform(wire, talk)
        if step == "create":
            found = _twin(wire, talk)
            if found is not None:
                return found
        return talk.send(wire)

    def understand(self, step: str, answer: Answer) -> Understood:
        """See answers.py."""
        return answers.understand(step, answer)

    def read_back(self, intent: Mapping[str, Json], late: Mapping[str, str], talk: Talk) -> ReadBack:
        """See back.py."""
        return back.read_back(intent, late, talk)

    def performance(self, listing: Sold, days: Sequence[date], talk: Talk) -> Sequence[DayMetrics]:
        """See performance.py."""
        return performance.performance(listing, days, talk)

    def left(self, listing: Sold, talk: Talk) -> int | None:
        """See quantity.py."""
        return quantity.left(listing, talk)

    def render_quantity(self, intent: Mapping[str, Json], late: Mapping[str, str], quantity: int) -> Wire:
        """See wires.py."""
        return wires.render_quantity(intent, late, quantity)


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
