"""eBay through its Inventory API: images, inventory item, offer, publish; read back until live."""

import json
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote, urlsplit

from trendctl.http_address import is_loopback
from trendctl.ports import Answer, CallLimit, Json, PlatformFacts, Resend, Step, Talk, Understood, Wire
from trendctl.posting.api_platform import Calls, Market, Marketplace
from trendctl.posting.body import parsed
from trendctl.posting.platforms.ebay import answers, back, check, draft, known, performance, quantity, wires
from trendctl.posting.platforms.ebay.login import EbaySignIn

_ITEM = Step("inventory_item", Resend.SAFE)  # a PUT by SKU
_OFFER = Step("offer", Resend.SAFE)  # one a SKU, marketplace and format; nothing a buyer sees before it is published
# Looked for first: a PUT of the item would change a listing of this SKU that is live already.
_CREATE = (
    Step("offer_read", Resend.SAFE), _ITEM, _OFFER, Step("fees", Resend.SAFE), Step("publish", Resend.READ_BACK),
)  # fmt: skip
_FIND = Step("offer_find", Resend.SAFE)
_CHANGE = (_ITEM, _FIND, _OFFER)
_REPRICE = (_FIND, Step("price", Resend.SAFE))  # sets the offer's price, and nothing else
_END = (_FIND, Step("withdraw", Resend.READ_BACK))
_DAY = 86400.0


class Ebay(Marketplace):
    """`draft`, `steps`, `render`, `understand` are pure."""

    facts = PlatformFacts(
        name="ebay",
        about="eBay, fixed price, through the Inventory API",
        terms_url="https://developer.ebay.com/join/api-license-agreement",
        credentials=("EBAY_APP_ID", "EBAY_CERT_ID", "EBAY_REFRESH_TOKEN"),
        currencies=draft.CURRENCIES,
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
    calls = Calls(wires, answers, back)
    market = Market(draft, known, check, wires, quantity, performance)

    def steps(self, intent: Mapping[str, Json]) -> tuple[Step, ...]:
        """An image has its own step."""
        action = str(intent["action"])
        if action == "end":
            return _END
        if action == "reprice":
            return _REPRICE
        uploads = tuple(Step(f"image_{n}", Resend.SAFE) for n in range(1, len(intent["images"]) + 1))
        return (*uploads, *(_CHANGE if action == "revise" else _CREATE))

    def perform(self, step: str, wire: Wire, talk: Talk) -> Answer:
        """The call, and the read that tells what its answer leaves out: a new image's address, a known offer's id,
        offers in other places."""
        answer = super().perform(step, wire, talk)
        if step.startswith("image_") and answer.status == 201 and not parsed(answer).get("imageUrl"):
            image_id = _id_of(answer.headers.get("location", ""))
            if image_id:
                read = talk.send(wires.get(f"{wires.MEDIA}/image/{quote(image_id, safe='')}"))
                return replace(read, status=201) if read.status == 200 else answer
        if step == "offer_read" and not answers.is_published(answer):
            everywhere = talk.send(wires.everywhere(wire))  # the item is one for all marketplaces and formats
            return everywhere if answers.is_published(everywhere) or answers.is_unread(everywhere) else answer
        if step == "offer" and answers.is_nameless_duplicate(answer):
            body = json.loads(wire.body)
            return answers.naming(answer, talk.send(wires.offers_of({**body, "marketplace": body["marketplaceId"]})))
        return answer

    def understand(self, step: str, answer: Answer) -> Understood:
        """See answers.py and, for the call that sets a quantity or a price alone, quantity.py."""
        if step in ("quantity", "price"):
            return quantity.understand(answer, step)
        return super().understand(step, answer)


def _id_of(location: str) -> str:
    """The image's id of a Location header; "" for an address that is neither https nor loopback. Only the id is used:
    the read goes to the platform's own address."""
    parts = urlsplit(location)
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        return parts.path.rstrip("/").rsplit("/", 1)[-1]
    return ""


PLATFORM = Ebay()
