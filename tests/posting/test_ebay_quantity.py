"""Lowering at eBay: the offer's quantity and nothing else, downward only, safe to repeat."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ebay_rig import EbayRig, listed

from sales_world import add_listing
from trendctl.errors import AccessError, Refused
from trendctl.ports import Answer, Json, PlatformFacts, Sold, Talk, Verdict, Wire
from trendctl.posting import drafting, stock, tracking
from trendctl.posting.platforms.ebay import quantity, wires
from trendctl.posting.platforms.ebay.platform import Ebay

TODAY = date(2026, 6, 1)


@dataclass
class Stall:
    """Another platform, where `there` pieces are left."""

    there: int = 5
    facts = PlatformFacts(name="amazon", about="", terms_url="")

    def left(self, listing: Sold, talk: Talk) -> int:
        return self.there


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[EbayRig]:
    with listed(tmp_path) as made:
        made.fake.today = made.fake.told_until = TODAY
        yield made


def offer(rig: EbayRig) -> dict[str, Any]:
    found: dict[str, Any] = next(iter(rig.fake.offers.values()))
    return found


def listing(rig: EbayRig) -> dict[str, Any]:
    return next(row for row in rig.shop.listings() if row["platform"] == "ebay")


def lower(rig: EbayRig, stall: Stall) -> list[stock.Lowered]:
    """One `track` of a seller who has the product on another platform too."""
    if len(rig.shop.listings()) == 1:
        add_listing(rig.shop.store, 1, "amazon", auto=False)
    accounts = rig.shop.accounts | {"amazon": drafting.Account()}
    work = replace(rig.shop.posting, platforms={"ebay": rig.shop.platform, "amazon": stall}, accounts=accounts)
    tracking.track(work, "ebay")
    return stock.lower(work)


@pytest.fixture(autouse=True)
def _short_intent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stall's listing has a shortened intent."""
    from trendctl.posting import calls

    thawed = calls.thawed

    def either(platform: Any, approval: Any) -> dict[str, Json]:
        if approval.platform == "amazon":
            return dict(json.loads(approval.intent)) | {"marketplace": ""}
        return thawed(platform, approval)

    monkeypatch.setattr(calls, "thawed", either)


def test_pieces_sold_elsewhere_are_taken_off_the_offer_and_nothing_else_is_sent(rig: EbayRig) -> None:
    before = dict(offer(rig))
    (row,) = lower(rig, Stall(3))
    assert (row.platform, row.quantity, row.state) == ("ebay", 3, "live")
    assert offer(rig) == before | {"availableQuantity": 3}
    assert listing(rig)["quantity"] == 3
    (body,) = rig.server.bodies("quantity")
    only = {"availableQuantity": 3, "offerId": next(iter(rig.fake.offers))}
    assert json.loads(body) == {"requests": [{"offers": [only], "sku": listing(rig)["sku"]}]}
    assert rig.server.count("item") == 0
    assert lower(rig, Stall(3)) == []


def test_the_last_piece_sold_elsewhere_empties_the_offer(rig: EbayRig) -> None:
    assert [r.quantity for r in lower(rig, Stall(0))] == [0]
    assert offer(rig)["availableQuantity"] == 0


def test_ebays_own_sales_are_not_counted_twice(rig: EbayRig) -> None:
    rig.fake.buy(next(iter(rig.fake.offers)), TODAY, 2)
    rows = lower(rig, Stall(5))
    assert [(r.platform, r.quantity, r.state) for r in rows] == [("amazon", 3, "skipped")]  # not allowed there
    assert rig.server.count("quantity") == 0


@pytest.mark.parametrize("fault", ["500_after", "cut_after", "half_body"])
def test_a_lost_answer_is_read_back(rig: EbayRig, fault: str) -> None:
    rig.fault("quantity", 1, fault)
    assert [r.state for r in lower(rig, Stall(3))] == ["live"]
    assert listing(rig)["quantity"] == 3


@pytest.mark.parametrize("fault", ["429", "500_before", "cut_before", "expired"])
def test_what_was_not_applied_is_done_by_the_next_track(rig: EbayRig, fault: str) -> None:
    rig.fault("quantity", 1, fault)
    first = lower(rig, Stall(3))
    assert [r.state for r in first] == ["failed"]
    rig.shop.clock.advance(3600)
    lower(rig, Stall(3))
    assert offer(rig)["availableQuantity"] == 3
    assert rig.shop.journal.verify(rig.shop.store).ok


def test_a_refusal_inside_a_multi_status_is_a_refusal(rig: EbayRig) -> None:
    rig.fake.refuse_quantity = 25004
    (row,) = lower(rig, Stall(3))
    assert (row.state, "25004" in row.cause) == ("rejected", True)
    assert (listing(rig)["quantity"], listing(rig)["state"]) == (5, "live")


def test_a_sale_between_reading_and_setting_is_not_undone(rig: EbayRig) -> None:
    """Set to 3 while only 2 are left: nothing is sent, for it would put a sold piece back."""
    offer_id = next(iter(rig.fake.offers))
    wire = wires.render_quantity({"marketplace": "EBAY_US", "sku": "x"}, {"offer_id": offer_id}, 3)
    offer(rig)["availableQuantity"] = 2
    with rig.shop._talk("ebay") as talk:
        said = Ebay().understand("quantity", Ebay().perform("quantity", wire, talk))
    assert (said.verdict, offer(rig)["availableQuantity"], rig.server.count("quantity")) == (Verdict.APPLIED, 2, 0)


def test_an_ended_listing_does_not_say_that_everything_is_sold(rig: EbayRig) -> None:
    rig.fake.listings[0]["status"] = "ENDED"
    sold = Sold("x", "1", "", "EBAY_US", "USD", {"offer_id": next(iter(rig.fake.offers))})
    with rig.shop._talk("ebay") as talk:
        assert quantity.left(sold, talk) is None
        rig.fake.listings[0]["status"] = "OUT_OF_STOCK"
        assert quantity.left(sold, talk) == 0
        assert quantity.left(replace(sold, late={}), talk) is None
        with pytest.raises(AccessError):
            quantity.left(replace(sold, late={"offer_id": "gone"}), talk)
    with pytest.raises(Refused):
        wires.render_quantity({"marketplace": "EBAY_US"}, {}, 3)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (Answer(200, body=b"{}"), Verdict.UNKNOWN),
        (Answer(200, body=b"not json"), Verdict.UNKNOWN),
        (Answer(200, body=b'{"responses":[{"statusCode":200},{"statusCode":500}]}'), Verdict.UNKNOWN),
        (Answer(200, body=b'{"responses":[{"statusCode":200,"warnings":[]}]}'), Verdict.APPLIED),
        (Answer(207, body=b'{"responses":[{"statusCode":500,"errors":[{"errorId":25001}]}]}'), Verdict.UNKNOWN),
        (Answer(207, body=b'{"responses":[{"statusCode":500,"errors":[{"errorId":25025}]}]}'), Verdict.NOT_APPLIED),
        (Answer(400, body=b'{"errors":[{"errorId":25002}]}'), Verdict.REJECTED),
        (Answer(429), Verdict.NOT_APPLIED),
        (Answer(0), Verdict.UNKNOWN),
    ],
)
def test_what_an_answer_proves(answer: Answer, verdict: Verdict) -> None:
    assert quantity.understand(answer).verdict is verdict


def test_nothing_but_the_quantity_can_be_sent_this_way() -> None:
    wire: Wire = wires.render_quantity({"marketplace": "EBAY_DE", "sku": "S", "price": 1}, {"offer_id": "9"}, 0)
    assert json.loads(wire.body) == {"requests": [{"offers": [{"availableQuantity": 0, "offerId": "9"}], "sku": "S"}]}
