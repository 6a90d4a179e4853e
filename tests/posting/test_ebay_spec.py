"""Every call of the eBay flow against the mock server made of eBay's own OpenAPI documents: nothing violates them.

The token and quota calls are not in those documents. The mock keeps no state: what happens is tested on the fake.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ebay_rig import wallet
from fake_kit import HttpShop
from prism import address, mocked

from trendctl.ports import DraftInput, Grant, Seen, Sold
from trendctl.posting import wiring
from trendctl.posting.platforms.ebay import known, orders, traffic, wires
from trendctl.posting.platforms.ebay.platform import Ebay
from trendctl.posting.tokens import Tokens
from trendctl.store import cases

OPERATIONS = {
    "POST /commerce/media/v1_beta/image/create_image_from_file",
    "POST /commerce/media/v1_beta/image/create_image_from_url", "GET /commerce/media/v1_beta/image/img1",
    "PUT /sell/inventory/v1/inventory_item/SKU", "GET /sell/inventory/v1/offer", "POST /sell/inventory/v1/offer",
    "PUT /sell/inventory/v1/offer/OFFER", "GET /sell/inventory/v1/offer/OFFER",
    "POST /sell/inventory/v1/offer/get_listing_fees", "POST /sell/inventory/v1/offer/OFFER/publish",
    "POST /sell/inventory/v1/offer/OFFER/withdraw", "GET /sell/inventory/v1/location",
    "POST /sell/inventory/v1/location/trendctl", "GET /sell/account/v1/fulfillment_policy",
    "GET /sell/account/v1/payment_policy", "GET /sell/account/v1/return_policy", "GET /sell/account/v1/privilege",
    "GET /sell/account/v1/program/get_opted_in_programs", "POST /sell/account/v1/program/opt_in",
    "GET /commerce/taxonomy/v1/get_default_category_tree_id",
    "GET /commerce/taxonomy/v1/category_tree/0/get_category_suggestions",
    "GET /commerce/taxonomy/v1/category_tree/0/get_item_aspects_for_category",
    "GET /sell/analytics/v1/traffic_report", "GET /sell/fulfillment/v1/order",
    "POST /sell/inventory/v1/bulk_update_price_quantity",
}  # fmt: skip


@pytest.fixture
def mock(shared: Path) -> Iterator[Path]:
    with mocked(shared, "ebay") as log:
        yield log


@pytest.mark.shared
@pytest.mark.timeout(400)
def test_no_call_of_the_flow_violates_ebays_documents(tmp_path: Path, mock: Path) -> None:
    shop = HttpShop(tmp_path, Ebay(), base_url=address("ebay"), wallet=wallet())
    Tokens(Ebay.sign_in, shop.wallet, {}, shop.clock, lambda wire: pytest.fail("a token call"), "ebay").keep(
        Grant("access", 7200.0)
    )
    intent = approvable(shop)
    with wiring.talking(shop.line) as talk:
        for name in ("fulfillment", "payment", "return"):
            known.policies(talk, "EBAY_US", name)
        known.tree(talk, "EBAY_US")
        known.locations(talk, "EBAY_US")
        known.category(talk, "EBAY_US", "0", "camping lantern")
        drive(shop.platform, intent, talk)
        with_options(shop, talk)
        sales_and_quantity(shop.platform, intent, talk)
    log = re.sub(r"\x1b\[[0-9;]*m", "", mock.read_text())
    assert "Violation:" not in log
    seen = {f"{m.upper()} {path}" for m, path in re.findall(r"\[HTTP SERVER\] (get|post|put) ([^\s?]+)", log)}
    assert {generic(s) for s in seen} >= OPERATIONS


def generic(line: str) -> str:
    line = re.sub(r"inventory_item/[A-Z0-9]+", "inventory_item/SKU", line)
    line = re.sub(r"offer/(?!get_listing)[^/]+", "offer/OFFER", line)
    return re.sub(r"v1_beta/image/(?!create)[^/]+", "v1_beta/image/img1", line)


def approvable(shop: HttpShop) -> dict[str, Any]:
    """A complete intent, without asking eBay."""
    number = shop.stock()
    with shop.store.read() as db:
        case = cases.one(db, number, shop.context, shop.clock.now())
    assert case is not None
    account = {"tree": "0", "policies": {k: [{"id": "6196947000", "name": "x"}] for k in known.KINDS},
               "locations": [{"id": "W1", "name": "W1"}]}  # fmt: skip
    category = {"id": "16036", "path": "Camping > Lanterns", "required": ["Material"], "names": ["Material"]}
    copy = {"copywriter": {"platforms": {"ebay": {"title": "Lantern", "description": "A lantern.", "bullets": ["x"]}}}}
    made = shop.platform.draft(
        DraftInput(case, copy, "default", "EBAY_US", "TC1", {}, {"_platform": "ebay"}, {},
                   {"account": account, "category": category})
    )  # fmt: skip
    assert made.missing == ()
    return dict(made.intent)


def drive(platform: Any, intent: dict[str, Any], talk: Any) -> None:
    """Each step of each action, as the machine would go; the adopted offer too; and the read-backs."""
    by_file = platform.render("image_1", intent, {})
    # The document names the multipart type and the header, but describes no body: the mock objects to any.
    assert talk.send(replace(by_file, body=b"", image=None)).status == 201
    intent = intent | {"images": [intent["images"][0] | {"url": "https://images.example/lantern.jpg"}]}
    late = {"image_1": "https://i.ebayimg.com/images/g/1/s-l1600.jpg"}
    for action, adopted in (("create", ""), ("create", "9001"), ("reprice", "9001"), ("end", "9001")):
        doc = intent | {"action": action}
        now = late | {"offer_id": adopted or "9001"} | ({"adopted": adopted} if adopted else {})
        for step in platform.steps(doc):
            answer = platform.perform(step.name, platform.render(step.name, doc, now), talk)
            assert 200 <= answer.status < 300, (action, step.name, answer)
        platform.read_back(doc, now, talk)
    talk.send(wires.get(f"{wires.MEDIA}/image/img1"))


def sales_and_quantity(platform: Any, intent: dict[str, Any], talk: Any) -> None:
    """Reports and orders as they are asked for, and the one call that lowers a quantity. The mock's answers are made
    of the documents' types and hold no figures: what they mean is tested on the fake."""
    days = [date(2026, 5, 31), date(2026, 6, 1)]
    reports = traffic.Reports()
    assert traffic.seen("110", "EBAY_US", days, talk, reports) == {}
    assert reports.trouble == ""
    assert orders.read(days[0], talk, "EBAY_US", "USD") == []
    assert talk.send(platform.render_quantity(intent, {"offer_id": "9001"}, 3)).status == 200
    sold = Sold("TC1", "110", "", "EBAY_US", "USD", {"offer_id": "9001"})
    assert platform.left(sold, talk) is None


def with_options(shop: HttpShop, talk: Any) -> None:
    """The checks, with all that may be created there."""
    options = {"country": "US", "postal_code": "94107", "state": "CA"}
    seen = Seen("default", "EBAY_US", {}, options, Emptied(talk), mend=True)
    shop.platform.check(seen)  # type: ignore[attr-defined]  # what a platform may have besides


class Emptied:
    """A talk that finds no location and no programme, so that they are made; every call goes out all the same."""

    def __init__(self, talk: Any) -> None:
        self._talk = talk

    def send(self, wire: Any) -> Any:
        answer = self._talk.send(wire)
        if wire.method == "GET" and ("/location" in wire.url or "opted_in" in wire.url):
            return type(answer)(200, {}, b"{}")
        return answer
