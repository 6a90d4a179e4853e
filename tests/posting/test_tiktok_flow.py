"""TikTok's own ways: what goes out is what was approved; one key an approval; checks, audits, tokens, another shop."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conformance import changed, settled, sound
from fake_tiktok import CIPHER, KEY, SECRET
from tiktok_rig import EVERY, TiktokRig, tiktok

from trendctl.ports import IMAGE_MARK, Action
from trendctl.posting import reconcile, wiring
from trendctl.posting.platforms.tiktok import wires
from trendctl.posting.platforms.tiktok.platform import Tiktok
from trendctl.store import operations

NAMES = {"shop_7001": "shops", "image_1": "image", "check": "check", "create": "create"}


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[TiktokRig]:
    with tiktok(tmp_path) as made:
        yield made


def late_of(rig: TiktokRig) -> dict[str, str]:
    with rig.shop.store.read() as db:
        return operations.of_listing(db, rig.shop.listings()[-1]["id"])[-1].late


def whole(rig: TiktokRig, wire: Any) -> bytes:
    """A rendered body with its image put in."""
    if wire.image is None:
        return bytes(wire.body)
    data = next(rig.shop.home.images.glob(f"{wire.image[0]}.*")).read_bytes()
    assert hashlib.sha256(data).hexdigest() == wire.image[0]
    return bytes(wire.body.replace(IMAGE_MARK, data))


def keys(rig: TiktokRig) -> list[str]:
    return [json.loads(body)["idempotency_key"] for body in rig.server.bodies("create")]


def test_what_tiktok_received_is_the_render_of_the_approved_intent(rig: TiktokRig) -> None:
    decision = rig.shop.approve(rig.shop.stock())
    before = len(rig.server.got)
    assert [r.state for r in rig.shop.post()] == ["live"]
    doc, late = json.loads(rig.shop.approval(decision).intent), late_of(rig)
    assert set(late) <= set(Tiktok.facts.late)
    assert [name for name, _ in rig.server.got[before:]] == [*EVERY, "product"]
    for step, name in NAMES.items():
        wire = wires.render(step, doc, late)
        got = [g for n, g in rig.server.got[before:] if n == name]
        assert [g.body for g in got] == [whole(rig, wire)], step
        assert got[0].path == wire.url.removeprefix(wires.API)
        added = {k: v for k, v in got[0].query.items() if k not in dict(wire.params)}
        assert set(added) == {"app_key", "timestamp", "sign"}
        assert {**dict(wire.params), **added} == got[0].query
    assert late["shop_cipher"] == CIPHER
    assert rig.shop.listings()[0]["url"] == f"https://shop.tiktok.com/view/product/{late['product_id']}?region=US"
    body = rig.fake.one["body"]
    assert (body["skus"][0]["price"], body["save_mode"]) == ({"amount": "24.99", "currency": "USD"}, "LISTING")
    assert body["package_weight"] == {"value": "0.50", "unit": "KILOGRAM"}
    assert hashlib.sha256(next(iter(rig.fake.images.values()))).hexdigest() == doc["images"][0]["sha256"]


def test_a_change_and_an_end_are_rendered_from_their_own_approvals_and_the_cipher_of_now(rig: TiktokRig) -> None:
    number = rig.shop.stock()
    rig.shop.approve(number)
    rig.shop.post()
    rig.fake.shops[0]["cipher"] = "GCP_second"
    changed(rig, number, Action.REPRICE, price={"minor": 2799, "currency": "USD"})
    sku = rig.fake.one["skus"][0]
    assert sku["price"]["tax_exclusive_price"] == "27.99"
    assert sku["inventory"] == [{"warehouse_id": "8001", "quantity": 5}]
    changed(rig, number, Action.REVISE, title="Folding Camp Lantern with 400 lumens", quantity=2)
    assert rig.fake.one["edited"]["title"] == "Folding Camp Lantern with 400 lumens"
    assert set(rig.fake.one["edited"]) == {"title", "description", "main_images", "package_weight",
                                           "package_dimensions", "product_attributes", "save_mode"}  # fmt: skip
    doc, late = dict(rig.shop.card(number).intent), late_of(rig)
    for step, name in (("edit", "edit"), ("price", "price"), ("stock", "stock")):
        assert rig.server.bodies(name)[-1] == wires.render(step, doc, late).body
    sound(rig, ["live"])
    changed(rig, number, Action.END)
    sound(rig, ["ended"], live=0)
    assert rig.made() == 1
    assert [json.loads(b) for b in rig.server.bodies("deactivate")] == [{"product_ids": [late["product_id"]]}]


@pytest.mark.parametrize("blind", [True, False])
def test_every_try_of_an_approval_has_its_key_and_another_approval_another(rig: TiktokRig, blind: bool) -> None:
    """A lost answer makes no second product: by the key where a search sees nothing, by the search without the key."""
    rig.fake.blind = blind
    number = rig.shop.stock()
    decision = rig.shop.approve(number)
    rig.fault("create", 1, "cut_after")
    rig.shop.post()
    if not blind:  # TikTok forgets keys after a time that it does not tell
        rig.fake.keys.clear()
    settled(rig.shop)
    sound(rig, ["live"])
    assert rig.made() == 1
    assert {k.replace("-", "") for k in keys(rig)} == {decision}
    assert len(keys(rig)) == (2 if blind else 1)
    if blind:
        changed(rig, number, Action.END)
        rig.shop.draft(number)
        rig.shop.approve(number)
        settled(rig.shop)
        sound(rig, ["ended", "live"])
        assert len(set(keys(rig))) == 2


def test_a_sku_that_is_on_sale_already_is_refused_not_listed_twice(rig: TiktokRig) -> None:
    number = rig.shop.stock()
    price = {"currency": "USD", "sale_price": "9.99"}
    sku = {"id": "71", "seller_sku": rig.shop.card(number).intent["sku"], "price": price, "inventory": []}
    rig.fake.products["7"] = {"id": "7", "status": "ACTIVATE", "title": "Mine", "skus": [sku], "reads": 0}
    rig.shop.approve(number)
    row = rig.shop.post()[0]
    assert (row.state, "product 7" in row.cause) == ("rejected", True)
    assert rig.server.count("create") == 0


def test_a_failed_listing_check_is_a_refusal_that_the_next_draft_tells(rig: TiktokRig) -> None:
    rig.fake.refuse_check = 12052025
    rig.shop.approve(rig.shop.stock())
    row = rig.shop.post()[0]
    assert (row.state, row.cause) == (
        "rejected", "TikTok refuses the category: trendctl edit ID (category.id) (TikTok 12052025: refused)",
    )  # fmt: skip
    assert rig.server.count("create") == 0
    rig.shop.draft(1)
    assert row.cause in rig.shop.card(1).warnings[-1]


def test_a_refused_create_is_a_refusal_and_a_code_of_many_meanings_is_none(rig: TiktokRig) -> None:
    rig.fake.refuse_create = 36009004
    rig.shop.approve(rig.shop.stock())
    assert [r.state for r in rig.shop.post()] == ["unknown"]
    rig.fake.refuse_create = 12052093
    row = rig.shop.post()[0]
    assert (row.state, "listing limit" in row.cause) == ("rejected", True)
    assert len(set(keys(rig))) == 1
    sound(rig, ["rejected"], live=0)


def test_what_is_in_review_stays_accepted_and_is_not_sent_again(rig: TiktokRig) -> None:
    rig.fake.polls = 99
    number = rig.shop.stock()
    rig.shop.approve(number)
    for _ in range(2):
        row = rig.shop.post()[0]
        assert (row.state, row.cause) == ("accepted", "TikTok reviews it")
    assert rig.server.count("create") == 1
    assert rig.shop.draft(number) == 0
    rig.fake.polls = 0
    assert [r.state for r in reconcile.reconcile(rig.shop.posting)[0]] == ["live"]
    sound(rig, ["live"])


def test_a_failed_review_is_a_refusal_with_tiktoks_reasons(rig: TiktokRig) -> None:
    rig.fake.verdict = "FAILED"
    rig.shop.approve(rig.shop.stock())
    row = rig.shop.post()[0]
    assert row.state == "rejected"
    assert "Title: Too vague; Say what" in row.cause
    sound(rig, ["rejected"], live=0)


def test_a_sign_in_to_another_shop_sends_nothing_and_keeps_the_approval(rig: TiktokRig) -> None:
    rig.shop.approve(rig.shop.stock())
    rig.fake.shops[:] = [{"id": "7009", "cipher": "GCP_other", "name": "Other", "region": "US"}]
    row = rig.shop.post()[0]
    assert (row.state, "does not open the approved shop" in row.cause) == ("submitting", True)
    assert rig.server.count("image") == rig.server.count("create") == 0
    rig.fake.shops[:] = [{"id": "7001", "cipher": CIPHER, "name": "Lantern Shop", "region": "US"}]
    assert [r.state for r in rig.shop.post()] == ["live"]


def test_an_expired_token_is_renewed_though_it_comes_with_http_200(rig: TiktokRig) -> None:
    rig.fake.expired_status = 200
    rig.shop.approve(rig.shop.stock())
    rig.fake.expire()
    assert [r.state for r in rig.shop.post()] == ["live"]
    assert rig.server.count("token_refresh") == 2


def test_a_wrong_signature_spends_no_refresh_token_and_says_what_may_be_wrong(rig: TiktokRig) -> None:
    rig.shop.approve(rig.shop.stock())
    before = rig.server.count("token_refresh")
    rig.shop.wallet.put("TIKTOK_SHOP_SECRET", "mistyped")
    row = rig.shop.post()[0]
    assert row.state == "submitting"
    assert "TIKTOK_SHOP_SECRET" in row.cause
    assert "clock" in row.cause
    assert rig.server.count("token_refresh") == before
    rig.shop.wallet.put("TIKTOK_SHOP_SECRET", SECRET)
    ahead = rig.shop.clock.now().timestamp() - 60
    rig.fake.now = lambda: ahead  # this computer's clock is a minute ahead
    assert [r.state for r in rig.shop.post()] == ["submitting"]
    rig.fake.now = lambda: rig.shop.clock.now().timestamp()
    assert [r.state for r in rig.shop.post()] == ["live"]


def test_without_keys_or_sign_in_nothing_is_consumed(rig: TiktokRig) -> None:
    rig.shop.approve(rig.shop.stock())
    for name in ("TIKTOK_SHOP_SECRET", "TIKTOK_SHOP_REFRESH_TOKEN"):
        kept = rig.shop.wallet.values.pop(name)
        row = rig.shop.post()[0]
        assert row.state == "refused"
        assert "trendctl secrets set TIKTOK_SHOP_SECRET" in row.cause or "platforms login tiktok" in row.cause
        rig.shop.wallet.put(name, kept)
    assert rig.shop.listings() == []
    assert [r.state for r in rig.shop.post()] == ["live"]


def test_no_token_and_no_secret_is_in_any_file_of_the_home(rig: TiktokRig) -> None:
    rig.shop.approve(rig.shop.stock())
    rig.fake.expire()
    rig.fake.keeps_old = True
    rig.fault("create", 1, "500_after")
    rig.fault("token_refresh", 1, "cut_after")
    settled(rig.shop)
    sound(rig, ["live"])
    secrets = [SECRET.encode(), KEY.encode(), b"refresh-", b"-tts"]
    files = [p for p in rig.shop.home.root.rglob("*") if p.is_file() and p.suffix != ".jpg"]
    assert len(files) > 2
    assert [str(p) for p in files for s in secrets if s in p.read_bytes()] == []


def test_a_shop_cipher_that_changed_is_found_again_by_every_read(rig: TiktokRig) -> None:
    rig.shop.approve(rig.shop.stock())
    rig.shop.post()
    rig.fake.shops[0]["cipher"] = "GCP_third"
    doc, late = json.loads(_intent(rig)), late_of(rig)
    with wiring.talking(rig.shop.line) as talk:
        assert Tiktok().read_back(doc, late, talk).state == "live"
        assert Tiktok().read_back(doc, {}, talk).state == "live"  # by SKU, where nothing is known of it
        rig.fake.shops.clear()
        assert Tiktok().read_back(doc, {}, talk).state == "unknown"


def _intent(rig: TiktokRig) -> bytes:
    with rig.shop.store.read() as db:
        return bytes(db.execute("SELECT intent FROM draft ORDER BY rowid DESC LIMIT 1").fetchone()[0])
