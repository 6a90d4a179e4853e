"""eBay through its Inventory API: images, inventory item, offer, publish; read back until live."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from urllib.parse import quote, urlsplit

from trendctl.http_address import is_loopback
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
from trendctl.posting.platforms.ebay import answers, back, check, known, performance, quantity, wires
from trendctl.posting.platforms.ebay.draft import CURRENCIES, draft
from trendctl.posting.platforms.ebay.login import EbaySignIn
from trendctl.posting.platforms.ebay.quantity import render as render_quantity

_ITEM = Step("inventory_item", Resend.SAFE)  # a PUT by SKU
_OFFER = Step("offer", Resend.SAFE)  # one a SKU, marketplace and format; nothing a buyer sees before it is published
_CREATE = (
    _ITEM, Step("offer_read", Resend.SAFE), _OFFER, Step("fees", Resend.SAFE), Step("publish", Resend.READ_BACK),
)  # fmt: skip
_CHANGE = (_ITEM, Step("offer_find", Resend.SAFE), _OFFER)
_END = (Step("offer_find", Resend.SAFE), Step("withdraw", Resend.READ_BACK))
_DAY = 86400.0


class Ebay:
    """`draft`, `steps`, `render`, `understand` are pure. A change of price keeps the images uploaded before."""

    facts = PlatformFacts(
        name="ebay",
        about="eBay, fixed price, through the Inventory API",
        terms_url="https://developer.ebay.com/join/api-license-agreement",
        credentials=("EBAY_APP_ID", "EBAY_CERT_ID", "EBAY_REFRESH_TOKEN"),
        currencies=CURRENCIES,
        default_marketplace="EBAY_US",
        late=(*(f"image_{n}" for n in range(1, wires.MAX_IMAGES + 1)), "offer_id", "adopted", "listing_id", "fees"),
        late_maybe=("adopted",),
        limits=(
            CallLimit("media", r"POST .*/commerce/media/", 50, 5.0, "eBay Media API: 50 POST in 5 s for each user"),
            CallLimit("traffic", r"GET .*/traffic_report", 100, _DAY, "developer.ebay.com API call limits"),
            CallLimit("account", r"\w+ .*/sell/account/", 25_000, _DAY, "developer.ebay.com API call limits"),
        ),
    )
    sign_in = EbaySignIn()

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
        """An image has its own step; `reprice` uses the addresses of the images uploaded when it was listed."""
        action = str(intent["action"])
        if action == "end":
            return _END
        if action == "reprice":
            return _CHANGE
        uploads = tuple(Step(f"image_{n}", Resend.SAFE) for n in range(1, len(intent["images"]) + 1))
        return (*uploads, *(_CHANGE if action == "revise" else _CREATE))

    def render(self, step: str, intent: Mapping[str, Json], late: Mapping[str, str]) -> Wire:
        """See wires.py."""
        return wires.render(step, intent, late)

    def perform(self, step: str, wire: Wire, talk: Talk) -> Answer:
        """The call, and the read that tells what its answer leaves out: a new image's address, a known offer's id."""
        if step == "quantity":
            return quantity.perform(wire, talk)
        answer = talk.send(wire)
        if step.startswith("image_") and answer.status == 201 and not answers.parsed(answer).get("imageUrl"):
            image_id = _id_of(answer.headers.get("location", ""))
            if image_id:
                read = talk.send(wires.get(f"{wires.MEDIA}/image/{quote(image_id, safe='')}"))
                return replace(read, status=201) if read.status == 200 else answer
        if step == "offer" and answers.is_nameless_duplicate(answer):
            body = json.loads(wire.body)
            return answers.naming(answer, talk.send(wires.offers_of({**body, "marketplace": body["marketplaceId"]})))
        return answer

    def understand(self, step: str, answer: Answer) -> Understood:
        """See answers.py and, for the one call outside an approval's steps, quantity.py."""
        if step == "quantity":
            return quantity.understand(answer)
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
        """See quantity.py."""
        return render_quantity(intent, late, quantity)


def _id_of(location: str) -> str:
    """The image's id of a Location header; "" for an address that is neither https nor loopback. Only the id is used:
    the read goes to the platform's own address."""
    parts = urlsplit(location)
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        return parts.path.rstrip("/").rsplit("/", 1)[-1]
    return ""


PLATFORM = Ebay()
