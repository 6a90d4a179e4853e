"""Amazon's own ways: what goes out is what was approved; previews that fail, refusals, never shown, figures aside."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from amazon_rig import EVERY, AmazonRig, amazon
from conformance import changed, settled, sound
from fake_amazon import ASIN, SELLER, US, issue

from trendctl.ports import Action, Sold
from trendctl.posting import reconcile, wiring
from trendctl.posting.platforms.amazon import wires
from trendctl.posting.platforms.amazon.places import known_place
from trendctl.store import operations


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[AmazonRig]:
    with amazon(tmp_path) as made:
        yield made


def late_of(rig: AmazonRig) -> dict[str, str]:
    with rig.shop.store.read() as db:
        return operations.of_listing(db, rig.shop.listings()[0]["id"])[-1].late


def test_what_amazon_received_is_the_render_of_the_approved_intent(rig: AmazonRig) -> None:
    number = rig.shop.stock()
    decision = rig.shop.approve(number)
    before = len(rig.server.got)
    rig.shop.post()
    doc, late = json.loads(rig.shop.approval(decision).intent), late_of(rig)
    for step in ("preview", "put"):
        wire = wires.render(step, doc, late)
        assert rig.server.bodies(step) == [wire.body]
        got = next(got for name, got in rig.server.got if name == step)
        assert (got.path, got.query) == (wire.url.removeprefix(known_place("").host), dict(wire.params))
    assert set(late) == set(rig.shop.platform.facts.late)
    assert list(dict.fromkeys(name for name, _ in rig.server.got[before:])) == list(EVERY)
    row = rig.shop.listings()[0]
    assert (row["external_id"], row["url"]) == (ASIN, f"https://www.amazon.com/dp/{ASIN}")


def test_an_offer_holds_condition_price_and_quantity_and_nothing_else(rig: AmazonRig) -> None:
    rig.shop.approve(rig.shop.stock())
    rig.shop.post()
    body = json.loads(rig.server.bodies("put")[0])
    assert (body["productType"], body["requirements"]) == ("LANTERN", "LISTING_OFFER_ONLY")
    assert body["attributes"] == {
        "merchant_suggested_asin": [{"value": ASIN, "marketplace_id": US}],
        "condition_type": [{"value": "new_new", "marketplace_id": US}],
        "fulfillment_availability": [{"fulfillment_channel_code": "DEFAULT", "quantity": 5}],
        "purchasable_offer": [
            {"currency": "USD", "marketplace_id": US, "our_price": [{"schedule": [{"value_with_tax": 24.99}]}]}
        ],
    }


def test_a_change_and_an_end_are_rendered_from_their_own_approvals(rig: AmazonRig) -> None:
    number = rig.shop.stock()
    rig.shop.approve(number)
    rig.shop.post()
    changed(rig, number, Action.REPRICE, price={"minor": 2799, "currency": "USD"})
    doc = dict(rig.shop.card(number).intent)
    assert rig.server.bodies("patch") == [wires.render("patch", doc, {}).body]
    patches = json.loads(rig.server.bodies("patch")[0])["patches"]
    assert [p["path"] for p in patches] == ["/attributes/purchasable_offer"]
    changed(rig, number, Action.REVISE, quantity=2)
    paths = [p["path"] for p in json.loads(rig.server.bodies("patch")[1])["patches"]]
    assert "/attributes/condition_type" in paths
    assert "/attributes/merchant_suggested_asin" not in paths
    changed(rig, number, Action.END)
    sound(rig, ["ended"], live=0)
    assert (rig.server.bodies("delete"), rig.made()) == ([b""], 1)


def test_a_sku_and_a_seller_are_quoted_in_the_address() -> None:
    doc = {"marketplace": US, "sku": "a/b c?", "extra": {"seller": "A/1"}}
    assert wires.render("delete", doc, {}).url.endswith("/listings/2021-08-01/items/A%2F1/a%2Fb%20c%3F")


def test_an_invalid_preview_is_refused_with_amazons_words_and_puts_nothing(rig: AmazonRig) -> None:
    rig.fake.preview_issues = [issue("90000900", "The price is too high.", "purchasable_offer")]
    rig.shop.approve(rig.shop.stock())
    row = rig.shop.post()[0]
    assert row.state == "rejected"
    assert "The price is too high." in row.cause
    assert "trendctl edit ID" in row.cause
    assert rig.server.count("put") == 0


def test_a_preview_that_fails_by_itself_stops_nothing(rig: AmazonRig) -> None:
    rig.fake.preview_issues = [issue("4000000", "Internal error")]
    rig.shop.approve(rig.shop.stock())
    assert [r.state for r in rig.shop.post()] == ["live"]


def test_a_200_with_invalid_is_a_refusal(rig: AmazonRig) -> None:
    rig.fault("put", 1, "200_errors")
    rig.shop.approve(rig.shop.stock())
    row = rig.shop.post()[0]
    assert (row.state, "'size' is required" in row.cause) == ("rejected", True)
    sound(rig, ["rejected"], live=0)


def test_errors_found_after_it_was_accepted_are_a_refusal_and_a_new_draft_may_follow(rig: AmazonRig) -> None:
    rig.fake.later_issues = [issue("8541", "The SKU data provided is different.", "merchant_suggested_asin")]
    number = rig.shop.stock()
    rig.shop.approve(number)
    row = rig.shop.post()[0]
    assert (row.state, "8541" in row.cause) == ("rejected", True)
    rig.fake.later_issues = []
    assert rig.shop.draft(number) == 1
    assert any("8541" in line for line in rig.shop.card(number).warnings)
    rig.shop.approve(number)
    settled(rig.shop)
    sound(rig, ["rejected", "live"])
    assert rig.made() == 1  # the same SKU, updated


def test_what_is_accepted_and_never_shown_stays_accepted_until_it_is_read(rig: AmazonRig) -> None:
    rig.fake.hidden_reads = 100
    rig.shop.approve(rig.shop.stock())
    row = rig.shop.post()[0]
    assert (row.state, "proves nothing" in row.cause) == ("accepted", True)
    rig.fake.hidden_reads = 0
    assert [r.state for r in reconcile.reconcile(rig.shop.posting)[0]] == ["live"]
    assert (rig.server.count("put"), rig.made()) == (1, 1)


def test_what_buyers_see_but_cannot_buy_is_live_and_says_so(rig: AmazonRig) -> None:
    rig.fake.status = ["DISCOVERABLE"]
    rig.shop.approve(rig.shop.stock())
    row = rig.shop.post()[0]
    assert (row.state, "not to be bought now" in row.cause) == ("live", True)


def test_a_deleted_sku_that_lingers_is_not_ended_yet(rig: AmazonRig) -> None:
    number = rig.shop.stock()
    rig.shop.approve(number)
    rig.shop.post()
    rig.fake.lingers = 100
    changed(rig, number, Action.END)
    assert rig.shop.listings()[0]["state"] == "live"
    rig.fake.lingers = 0
    reconcile.reconcile(rig.shop.posting)
    sound(rig, ["ended"], live=0)


def test_a_missing_permission_waits_for_the_person_and_is_not_tried_on_and_on(rig: AmazonRig) -> None:
    rig.fake.denied = {"put"}
    rig.shop.approve(rig.shop.stock())
    row = rig.shop.post()[0]
    assert (row.state, "platforms check amazon" in row.cause) == ("submitting", True)
    assert rig.server.count("put") == 1
    rig.fake.denied = set()
    assert [r.state for r in rig.shop.post()] == ["live"]


def test_the_tokens_and_keys_are_in_no_journal_and_no_database(rig: AmazonRig) -> None:
    rig.shop.approve(rig.shop.stock())
    rig.shop.post()
    secrets = [b"Atza|", b"Atzr|", b"secret-1"]
    files = [p for p in rig.shop.home.root.rglob("*") if p.is_file() and p.suffix != ".jpg"]
    assert len(files) > 2
    assert [str(p) for p in files for s in secrets if s in p.read_bytes()] == []


# ---------------------------------------------------------------- lowering


def sold(rig: AmazonRig) -> Sold:
    row = rig.shop.listings()[0]
    return Sold(row["sku"], row["external_id"], row["url"], "", "USD", late_of(rig))


def test_what_is_left_is_read_and_lowered_by_quantity_only(rig: AmazonRig) -> None:
    decision = rig.shop.approve(rig.shop.stock())
    rig.shop.post()
    doc: dict[str, Any] = json.loads(rig.shop.approval(decision).intent)
    platform = rig.shop.platform
    with wiring.talking(rig.shop.line) as talk:
        listing = sold(rig)
        assert platform.left(listing, talk) is None  # a listing without its marketplace
        listing = Sold(listing.sku, ASIN, "", US, "USD", listing.late)
        assert platform.left(listing, talk) == 5
        wire = platform.render_quantity(doc, listing.late, 2)
        answer = platform.perform("quantity", wire, talk)
        assert platform.understand("quantity", answer).verdict == "applied"
        assert platform.left(listing, talk) == 2
        higher = platform.render_quantity(doc, listing.late, 4)  # sold meanwhile: it is never raised
        assert platform.understand("quantity", platform.perform("quantity", higher, talk)).verdict == "applied"
    assert [p["path"] for p in json.loads(wire.body)["patches"]] == ["/attributes/fulfillment_availability"]
    assert rig.server.bodies("patch") == [wire.body]
    assert f"/items/{SELLER}/" in wire.url
