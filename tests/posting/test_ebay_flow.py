"""eBay's own ways: what goes out is what was approved; adoption, refusals, never live, sign-in."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conformance import changed, settled, sound
from ebay_rig import EVERY, EbayRig, ebay
from fake_kit import copied_database, restore, rows

from selling import Crash
from store_rows import put
from trendctl.approval import supply
from trendctl.errors import NothingApproved
from trendctl.ports import IMAGE_MARK, Action
from trendctl.posting import ledger, reconcile, wiring
from trendctl.posting.platforms.ebay import wires
from trendctl.store import decisions, operations, platform_known, reviews
from trendctl.store.writers import Role


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[EbayRig]:
    with ebay(tmp_path) as made:
        yield made


def late_of(rig: EbayRig) -> dict[str, str]:
    with rig.shop.store.read() as db:
        return operations.of_listing(db, rig.shop.listings()[0]["id"])[-1].late


def whole(rig: EbayRig, wire: Any) -> bytes:
    """A rendered body with its image put in."""
    if wire.image is None:
        return bytes(wire.body)
    data = next(rig.shop.home.images.glob(f"{wire.image[0]}.*")).read_bytes()
    assert hashlib.sha256(data).hexdigest() == wire.image[0]
    return bytes(wire.body.replace(IMAGE_MARK, data))


NAMES = {"image_1": "image", "inventory_item": "item", "offer": "offer", "fees": "fees", "publish": "publish"}


def test_what_ebay_received_is_the_render_of_the_approved_intent(rig: EbayRig) -> None:
    decision = rig.shop.approve(rig.shop.stock())
    rig.shop.post()
    doc, late = json.loads(rig.shop.approval(decision).intent), late_of(rig)
    for step, name in NAMES.items():
        assert rig.server.bodies(name) == [whole(rig, wires.render(step, doc, late))], step
    assert set(late) <= set(rig.shop.platform.facts.late)
    assert rig.fake.items[doc["sku"]]["product"]["imageUrls"] == [late["image_1"]]
    picture = next(iter(rig.fake.images.values()))
    assert hashlib.sha256(picture).hexdigest() == doc["images"][0]["sha256"]


def test_a_change_and_an_end_are_rendered_from_their_own_approvals(rig: EbayRig) -> None:
    number = rig.shop.stock()
    rig.shop.approve(number)
    rig.shop.post()
    changed(rig, number, Action.REPRICE, price={"minor": 2799, "currency": "USD"})
    doc, late = dict(rig.shop.card(number).intent), late_of(rig)
    assert rig.server.bodies("quantity") == [wires.render("price", doc, late).body]
    assert (rig.server.count("offer_put"), rig.server.count("item")) == (0, 1)  # neither is written again
    assert next(iter(rig.fake.offers.values()))["pricingSummary"]["price"]["value"] == "27.99"
    changed(rig, number, Action.END)
    assert rig.server.bodies("withdraw") == [b""]


def test_a_revise_uploads_its_images_and_replaces_the_whole_item(rig: EbayRig) -> None:
    number = rig.shop.stock()
    rig.shop.approve(number)
    rig.shop.post()
    changed(rig, number, Action.REVISE, title="Folding Camp Lantern 400 lumens", quantity=3)
    sound(rig, ["live"])
    item = next(iter(rig.fake.items.values()))
    assert (item["product"]["title"], item["availability"]["shipToLocationAvailability"]["quantity"]) == (
        "Folding Camp Lantern 400 lumens", 3,
    )  # fmt: skip
    assert rig.server.count("image") == 2
    assert rig.made() == 1


@pytest.mark.parametrize(("blind_reads", "named"), [(0, True), (1, True), (1, False)])
def test_an_offer_that_is_there_already_is_adopted(rig: EbayRig, blind_reads: int, named: bool) -> None:
    """By the read before; where eBay's search lags behind, by what the refusal of a second one names; else by SKU."""
    rig.fake.names_duplicates, rig.fake.blind_reads = named, blind_reads
    number = rig.shop.stock()
    rig.fake.offers["777"] = {
        "sku": rig.shop.card(number).intent["sku"], "marketplaceId": "EBAY_US", "format": "FIXED_PRICE",
        "status": "UNPUBLISHED", "pricingSummary": {"price": {"value": "1.00", "currency": "USD"}},
    }  # fmt: skip
    rig.shop.approve(number)
    assert [r.state for r in rig.shop.post()] == ["live"]
    sound(rig, ["live"])
    assert list(rig.fake.offers) == ["777"]
    assert rig.fake.offers["777"]["pricingSummary"]["price"]["value"] == "24.99"
    assert rig.server.count("offer_put") == 1


def test_a_sku_that_is_live_already_is_refused_not_listed_twice(rig: EbayRig) -> None:
    number = rig.shop.stock()
    sku = rig.shop.card(number).intent["sku"]
    rig.fake.offers["777"] = {"sku": sku, "marketplaceId": "EBAY_US", "format": "FIXED_PRICE", "status": "PUBLISHED"}
    rig.fake.listings.append({"offer": "777", "id": "42", "status": "ACTIVE"})
    rig.shop.approve(number)
    row = rig.shop.post()[0]
    assert row.state == "rejected"
    assert "live at eBay already (listing 42)" in row.cause
    assert rig.made() == 1
    assert rig.server.count("item") == 0  # that listing is left as it is


@pytest.mark.parametrize("number", [25702, 25713])
def test_a_sku_that_ebay_does_not_know_is_no_obstacle(rig: EbayRig, number: int) -> None:
    rig.fake.refuse_search = number
    rig.shop.approve(rig.shop.stock())
    assert [r.state for r in rig.shop.post()] == ["live"]


def test_a_sku_that_is_live_in_another_marketplace_keeps_its_item(rig: EbayRig) -> None:
    """Both listings would share one item: the second one would rewrite the first one's words and quantity."""
    number = rig.shop.stock()
    sku = rig.shop.card(number).intent["sku"]
    rig.fake.offers["777"] = {"sku": sku, "marketplaceId": "EBAY_GB", "format": "FIXED_PRICE", "status": "PUBLISHED"}
    rig.fake.listings.append({"offer": "777", "id": "42", "status": "ACTIVE"})
    rig.shop.approve(number)
    row = rig.shop.post()[0]
    assert (row.state, "live at eBay already (listing 42)" in row.cause) == ("rejected", True)
    assert (rig.server.count("item"), rig.made()) == (0, 1)


def test_an_unpublished_offer_of_another_marketplace_is_not_adopted(rig: EbayRig) -> None:
    number = rig.shop.stock()
    sku = rig.shop.card(number).intent["sku"]
    rig.fake.offers["777"] = {"sku": sku, "marketplaceId": "EBAY_GB", "format": "FIXED_PRICE", "status": "UNPUBLISHED"}
    rig.shop.approve(number)
    assert [r.state for r in rig.shop.post()] == ["live"]
    assert rig.fake.listings[0]["offer"] != "777"


@pytest.mark.parametrize(
    ("number", "words"),
    [(25003, "refuses the price"), (25005, "refuses the category"), (25007, "shipping policy"), (25012, "location"),
     (25026, "selling limit"), (25029, "--fact")],
)  # fmt: skip
def test_a_refused_publish_says_what_to_do_and_stays_unpublished(rig: EbayRig, number: int, words: str) -> None:
    rig.fake.refuse_publish = number
    rig.shop.approve(rig.shop.stock())
    row = rig.shop.post()[0]
    assert (row.state, words in row.cause) == ("rejected", True)
    sound(rig, ["rejected"], live=0)


def test_a_200_with_errors_is_a_refusal(rig: EbayRig) -> None:
    rig.fault("publish", 1, "200_errors")
    rig.shop.approve(rig.shop.stock())
    assert [r.state for r in rig.shop.post()] == ["rejected"]
    sound(rig, ["rejected"], live=0)


def test_what_is_accepted_and_never_shown_stays_accepted_and_is_not_sent_again(rig: EbayRig) -> None:
    rig.fake.status_of_new = "INACTIVE"
    number = rig.shop.stock()
    rig.shop.approve(number)
    row = rig.shop.post()[0]
    assert (row.state, "not shown to buyers yet" in row.cause) == ("accepted", True)
    settled(rig.shop)
    assert rig.server.count("publish") == 1
    assert rig.shop.draft(number) == 0
    rig.fake.listings[0]["status"] = "ACTIVE"
    assert [r.state for r in reconcile.reconcile(rig.shop.posting)[0]] == ["live"]


def test_a_lost_publish_that_cannot_be_read_back_is_unknown_and_never_sent_again(rig: EbayRig) -> None:
    rig.fault("publish", 1, "cut_after")
    for n in range(1, 8):
        rig.fault("offer_get", n, "500_before")
    rig.shop.approve(rig.shop.stock())
    assert [r.state for r in rig.shop.post()] == ["unknown"]
    settled(rig.shop)
    rig.server.plan.clear()
    rig.shop.clock.advance(7200)
    reconcile.reconcile(rig.shop.posting)
    sound(rig, ["live"])
    assert rig.server.count("publish") == 1


@pytest.mark.parametrize("call", ["item", "offer", "publish"])
def test_a_call_without_an_answer_in_time(rig: EbayRig, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.shop.approve(rig.shop.stock())
    monkeypatch.setattr(wiring, "DEADLINE", 0.8)
    rig.fault(call, 1, "timeout_after")
    settled(rig.shop)
    sound(rig, ["live"])
    assert rig.made() == 1


@pytest.mark.parametrize("number", range(1, 8))
def test_a_crash_between_an_answer_and_the_move_after_it_forgets_nothing_that_was_told(
    rig: EbayRig, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Image addresses and the offer's id exist only in that answer."""
    move, left = ledger.move, [number]

    def crashing(*args: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Crash
        move(*args)

    monkeypatch.setattr(ledger, "move", crashing)
    rig.shop.approve(rig.shop.stock())
    with pytest.raises(Crash):
        rig.shop.post()
    settled(rig.shop)
    sound(rig, ["live"])
    assert (rig.made(), rig.server.count("image"), rig.server.count("publish")) == (1, 1, 1)


def test_a_token_refused_twice_leaves_the_approval_for_after_the_sign_in(rig: EbayRig) -> None:
    rig.shop.approve(rig.shop.stock())
    rig.fake.expire()
    rig.fake.refresh = "another"
    row = rig.shop.post()[0]
    assert row.state == "submitting"
    assert "trendctl platforms login ebay" in row.cause
    again = rig.shop.post()[0]
    assert (again.state, "login ebay" in again.cause) == ("submitting", True)
    rig.shop.wallet.put("EBAY_REFRESH_TOKEN", "another")
    assert [r.state for r in rig.shop.post()] == ["live"]


def test_without_a_sign_in_nothing_is_consumed(rig: EbayRig) -> None:
    rig.shop.approve(rig.shop.stock())
    del rig.shop.wallet.values["EBAY_REFRESH_TOKEN"]
    assert rows(rig.shop.post())[0][0] == "refused"
    assert rig.shop.listings() == []
    rig.shop.wallet.put("EBAY_REFRESH_TOKEN", rig.fake.refresh)
    assert [r.state for r in rig.shop.post()] == ["live"]


def test_the_tokens_are_in_no_journal_and_no_database(rig: EbayRig) -> None:
    rig.shop.approve(rig.shop.stock())
    rig.shop.post()
    secrets = [b"access-1", b"refresh-1", b"cert-1"]
    files = [p for p in rig.shop.home.root.rglob("*") if p.is_file() and p.suffix != ".jpg"]
    assert len(files) > 2
    assert [str(p) for p in files for s in secrets if s in p.read_bytes()] == []


def test_a_restore_of_an_older_database_voids_an_unused_approval(rig: EbayRig) -> None:
    number = rig.shop.stock()
    rig.shop.approve(number)
    older = copied_database(rig.shop)
    with rig.shop.store.read() as db:
        unused = decisions.unused(db)
    supply.tell(rig.shop.approving, number, {"stock": "9"}, {}, "USD")
    rig.shop.post()  # refused: it drifted; the approval stays unused
    other = rig.shop.stock("zzzz2345efgh6723", "Another Camp Lantern 900 lm")
    rig.shop.approve(other)
    restore(rig.shop, older)
    reconcile.reconcile(rig.shop.posting)
    with rig.shop.store.read() as db:
        assert decisions.unused(db) == []
    assert len(unused) == 1
    with pytest.raises(NothingApproved):
        rig.shop.post()
    assert rig.made() == 0


def test_what_was_asked_once_is_not_asked_again_that_day(rig: EbayRig) -> None:
    rig.shop.stock()
    first = [name for name, _ in rig.server.got]
    rig.shop.draft(1)
    assert [name for name, _ in rig.server.got] == first
    rig.shop.clock.advance(platform_known.KEPT_SECONDS + 1)
    rig.shop.draft(1)
    assert rig.server.count("tree") == 2


def test_a_category_the_person_chose_is_asked_for_its_aspects(rig: EbayRig) -> None:
    number = rig.shop.stock()
    account = ("ebay", "default")
    with rig.shop.store.write(Role.APPROVAL) as db:
        reviews.save_edit(db, number, *account, {"category": {"id": "4711", "path": "Mine"}}, 1)
    rig.fake.required = ["Material", "Voltage"]
    rig.shop.draft(number)
    shown = rig.shop.card(number)
    assert shown.intent["category"]["id"] == "4711"
    assert [line.split(":")[0] for line in shown.missing] == ["aspect Voltage"]
    assert [got.query["category_id"] for name, got in rig.server.got if name == "aspects"] == ["16036", "4711"]


def test_a_product_without_supply_spends_no_call(rig: EbayRig) -> None:
    with rig.shop.store.write(Role.SCANNER) as db:
        number = put(db, "product", uid="q234", title="A Tent", first_seen_at=1, last_seen_at=2)
    rig.shop.draft(int(number))
    assert rig.server.got == []


def test_an_ebay_that_does_not_answer_leaves_a_draft_that_says_so(rig: EbayRig) -> None:
    for n in range(1, 4):
        rig.fault("tree", n, "500_before")
    number = rig.shop.stock()
    shown = rig.shop.card(number)
    assert shown.hash == ""
    assert any("HTTP 500" in line and "trendctl platforms check ebay" in line for line in shown.missing)
    rig.server.plan.clear()
    rig.shop.draft(number)
    assert rig.shop.card(number).missing == ()


def test_every_call_of_a_create_is_in_the_list_of_calls(rig: EbayRig) -> None:
    number = rig.shop.stock()
    before = len(rig.server.got)
    rig.shop.approve(number)
    rig.shop.post()
    assert [name for name, _ in rig.server.got[before:]] == list(EVERY)


def test_a_refused_sign_in_names_the_command(rig: EbayRig) -> None:
    rig.fake.refresh = "another"
    with wiring.talking(rig.shop.line) as talk:
        assert "trendctl platforms login ebay" in talk.refusal(wires.get(f"{wires.API}/x"))
