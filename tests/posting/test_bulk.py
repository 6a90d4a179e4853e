"""Bulk files: approved like an API post, one row an approval, the seller's word at the end, nothing offered twice."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_kit import copied_database, restore

from selling import Crash
from selling_by_file import LIVE, FileShop, shop_of
from trendctl import registry
from trendctl.errors import ConfigError, NothingApproved, Refused
from trendctl.ports import Action, Wire
from trendctl.posting import bulk, confirming, drafting, proposing, reconcile
from trendctl.posting.bulk_folder import BulkFolder
from trendctl.posting.bulk_forms import FORMS, safe_cell, sheet
from trendctl.posting.confirming import Word
from trendctl.store import drafts, reviews
from trendctl.store.writers import Role


@pytest.fixture(params=sorted(FORMS))
def shop(tmp_path: Path, request: pytest.FixtureRequest) -> FileShop:
    return shop_of(tmp_path, request.param)


@pytest.fixture
def ebay(tmp_path: Path) -> FileShop:
    return shop_of(tmp_path)


def live(shop: FileShop) -> int:
    number = shop.ready()
    shop.approve(number)
    shop.post()
    shop.say(LIVE)
    return number


def test_an_approval_is_one_row_and_live_only_when_the_seller_says_so(shop: FileShop) -> None:
    number = shop.ready()
    shop.approve(number)
    posted = shop.post()
    assert [r.state for r in posted] == ["accepted"]
    assert "listings --confirm" in posted[0].cause
    assert len(shop.rows()) == 1
    assert sum(shop.clock.slept) == 0  # nobody waits for a platform that is not asked
    assert shop.say(LIVE) == "live"
    assert shop.rows() == []
    (listing,) = shop.listings()
    assert (listing["state"], listing["external_id"], listing["url"]) == ("live", LIVE.number, LIVE.url)
    assert shop.journal.verify(shop.store).ok
    with shop.store.read() as db:
        said = db.execute("SELECT count(*) FROM audit WHERE kind = 'word'").fetchone()[0]
    assert said == 1


def test_the_row_says_what_was_approved(shop: FileShop) -> None:
    number = shop.ready()
    shop.approve(number)
    doc = shop.card(number).intent
    shop.post()
    cells = set(shop.rows()[0].values())
    assert {doc["sku"], "24.99" if shop.name != "facebook" else "24.99 USD"} <= cells
    assert "5" in cells or shop.name == "facebook"


def test_what_a_form_needs_is_missing_until_it_is_told(ebay: FileShop) -> None:
    number = ebay.stock()
    card = ebay.card(number)
    assert not card.hash
    assert any("category number" in m for m in card.missing)
    unseen = [{**image, "url": ""} for image in card.intent["images"]]
    assert any("public address" in m for m in FORMS["ebay"].needs({**card.intent, "images": unseen}))


def test_the_approved_bullets_are_in_the_description(shop: FileShop) -> None:
    number = shop.ready()
    doc = shop.card(number).intent
    assert doc["bullets"] == ["Steel body"]
    shop.approve(number)
    shop.post()
    (row,) = shop.rows()
    told = [v for k, v in row.items() if "escription" in k]
    assert all("Steel body" in text and "A folding lantern of steel" in text for text in told)
    assert len(told) == (0 if shop.name == "amazon" else 1)  # an offer on Amazon's own page has no words


@pytest.mark.parametrize("sign", ["=", "+", "-", "@"])
def test_words_that_a_spreadsheet_would_run_are_never_approved(ebay: FileShop, sign: str) -> None:
    number = ebay.ready()
    edited(ebay, number, title=f"{sign}5 Folding Camp Lantern")
    card = ebay.card(number)
    assert not card.approvable
    assert any("*Title" in m and "begin" in m for m in card.missing)
    edited(ebay, number, title="Folding Camp Lantern 5")
    ebay.approve(number)
    ebay.post()
    assert ebay.rows()[0]["*Title"] == "Folding Camp Lantern 5"


def test_a_description_is_judged_as_its_cell_says_it(tmp_path: Path) -> None:
    for name, plain in (("ebay", True), ("tiktok", False), ("facebook", False), ("amazon", True)):
        (tmp_path / name).mkdir()
        shop = shop_of(tmp_path / name, name)
        number = shop.ready()
        edited(shop, number, description="- a lantern of steel for camp and garden, folds flat. " * 4)
        assert shop.card(number).approvable is plain, name


def edited(shop: FileShop, number: int, **changes: str) -> None:
    """The person's own words for the draft, besides the category that the form needs."""
    with shop.store.write(Role.APPROVAL) as db:
        mine = {**drafts.edits(db, number, shop.name, "default"), **changes}
        reviews.save_edit(db, number, shop.name, "default", mine, int(shop.clock.now().timestamp()))
    shop.draft(number)


def test_posting_again_writes_the_row_once(ebay: FileShop) -> None:
    ebay.approve(ebay.ready())
    ebay.post()
    assert [r.state for r in ebay.post()] == ["accepted"]
    assert len(ebay.rows()) == 1
    assert len(ebay.listings()) == 1


def test_a_new_price_and_an_end_are_rows_that_name_the_item(shop: FileShop) -> None:
    number = live(shop)
    proposing.propose(shop.drafting, number, shop.name, Action.REPRICE, {"price": {"minor": 2999, "currency": "USD"}})
    shop.approve(number)
    assert [r.state for r in shop.post()] == ["accepted"]
    assert any("29.99" in v for v in shop.rows()[0].values())
    shop.say(Word(uploaded=True))
    assert [r["price_minor"] for r in shop.listings()] == [2999]
    proposing.propose(shop.drafting, number, shop.name, Action.END, {})
    shop.approve(number)
    shop.post()
    ended = shop.rows()[0]
    if shop.name == "ebay":
        assert (ended["ItemID"], ended["EndCode"]) == (LIVE.number, "NotAvailable")
    shop.say(Word(uploaded=True))
    assert [r["state"] for r in shop.listings()] == ["ended"]
    assert shop.journal.verify(shop.store).ok


def test_a_new_price_offers_no_stock(shop: FileShop) -> None:
    number = live(shop)
    proposing.propose(shop.drafting, number, shop.name, Action.REPRICE, {"price": {"minor": 2999, "currency": "USD"}})
    shop.approve(number)
    shop.post()
    (row,) = shop.rows()
    assert not any(row.get(name) for name in ("*Quantity", "quantity", "Quantity", "availability"))
    assert "5" not in row.values()


def test_the_same_price_a_second_time_is_a_row_again(ebay: FileShop) -> None:
    number = live(ebay)
    for minor in (2999, 2499, 2999):
        change = {"price": {"minor": minor, "currency": "USD"}}
        proposing.propose(ebay.drafting, number, "ebay", Action.REPRICE, change)
        ebay.approve(number)
        ebay.post()
        assert len(ebay.rows()) == 1
        ebay.say(Word(uploaded=True))
    assert [r["price_minor"] for r in ebay.listings()] == [2999]


def test_a_refused_row_leaves_the_file_and_may_be_approved_anew(ebay: FileShop) -> None:
    number = ebay.ready()
    ebay.approve(number)
    ebay.post()
    assert ebay.say(Word(uploaded=False, reason="the category is closed")) == "rejected"
    assert ebay.rows() == []
    ebay.draft(number)
    assert any("the category is closed" in w for w in ebay.card(number).warnings)
    ebay.approve(number)
    ebay.post()
    assert len(ebay.rows()) == 1


def test_a_row_is_confirmed_once(ebay: FileShop) -> None:
    ebay.approve(ebay.ready())
    ebay.post()
    operation = ebay.waiting()
    confirming.confirm(ebay.posting, operation, LIVE, "test")
    with pytest.raises(Refused):
        confirming.confirm(ebay.posting, operation, LIVE, "test")
    with pytest.raises(NothingApproved):
        ebay.waiting()


def test_a_crash_after_the_row_was_written_writes_it_once(ebay: FileShop) -> None:
    ebay.approve(ebay.ready())
    ebay.cut = "WRITE"
    with pytest.raises(Crash):
        ebay.post()
    assert [r.state for r in ebay.post()] == ["accepted"]
    assert len(ebay.rows()) == 1
    assert len(ebay.listings()) == 1


def test_a_crash_while_confirming_asks_again_and_offers_the_row_to_nobody(ebay: FileShop) -> None:
    ebay.approve(ebay.ready())
    ebay.post()
    ebay.cut = "DONE"
    with pytest.raises(Crash):
        ebay.say(LIVE)
    assert ebay.rows() == []
    assert ebay.say(LIVE) == "live"
    assert [r["state"] for r in ebay.listings()] == ["live"]


def test_reconcile_leaves_a_row_that_waits_for_its_seller(ebay: FileShop) -> None:
    ebay.approve(ebay.ready())
    ebay.post()
    found, _ = reconcile.reconcile(ebay.posting)
    assert [r.state for r in found] == ["accepted"]
    assert len(ebay.rows()) == 1


def test_an_older_database_gets_its_confirmed_listing_back(ebay: FileShop) -> None:
    number = ebay.ready()
    ebay.approve(number)
    older = copied_database(ebay)  # type: ignore[arg-type]  # a shop with a home is all it asks for
    ebay.post()
    ebay.say(LIVE)
    restore(ebay, older)  # type: ignore[arg-type]
    with pytest.raises(Refused):
        ebay.post()
    reconcile.reconcile(ebay.posting)
    assert [(r["state"], r["external_id"]) for r in ebay.listings()] == [("live", LIVE.number)]
    with pytest.raises(NothingApproved):
        ebay.post()
    assert ebay.rows() == []


def test_an_approval_holds_for_the_way_it_was_given_for(ebay: FileShop) -> None:
    ebay.approve(ebay.ready())
    ebay.accounts = {"ebay": drafting.Account()}
    ebay.platform = registry.load("platforms", "ebay")
    assert [r.state for r in ebay.post()] == ["refused"]
    assert ebay.rows() == []


def test_what_was_begun_by_file_is_not_sent_by_api(ebay: FileShop) -> None:
    ebay.approve(ebay.ready())
    ebay.cut = "WRITE"
    with pytest.raises(Crash):
        ebay.post()
    ebay.platform = registry.load("platforms", "ebay")
    ebay.send = lambda wire: pytest.fail("nothing may be sent")  # type: ignore[method-assign]
    (row,) = ebay.post()
    assert "approved to go out by file" in row.cause
    found, _ = reconcile.reconcile(ebay.posting)
    assert "approved to go out by file" in found[0].cause


def test_a_full_disk_is_told_and_tried_again(ebay: FileShop, monkeypatch: pytest.MonkeyPatch) -> None:
    ebay.approve(ebay.ready())
    with monkeypatch.context() as patch:
        patch.setattr("trendctl.posting.bulk_folder.write_private", _full)
        assert "No space" in ebay.post()[0].cause
    assert [r.state for r in ebay.post()] == ["accepted"]
    assert len(ebay.rows()) == 1


def _full(path: Path, data: bytes) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("name", ["", ".", "..", "../x.json", "/etc/x", ".hidden", "a/b.json"])
def test_a_row_never_leaves_its_folder(tmp_path: Path, name: str) -> None:
    folder = BulkFolder(tmp_path / "up", FORMS["ebay"])
    assert folder.send(Wire("WRITE", f"bulk:/{name}", body=b"{}")).status == 422
    assert not (tmp_path / "up").exists()


def test_no_cell_is_a_formula() -> None:
    row = {"a": '=HYPERLINK("http://x")', "b": "+1", "c": "-1", "d": "@x", "e": "\tx", "f": "plain"}
    assert all(not cell.startswith(("=", "+", "-", "@", "\t")) for cell in map(safe_cell, row.values()))
    assert next(csv.DictReader(io.StringIO(sheet([row]))))["f"] == "plain"


def test_rows_of_different_acts_share_one_file() -> None:
    text = sheet([{"a": "1", "b": "2"}, {"a": "3", "c": "4"}])
    assert list(csv.reader(io.StringIO(text))) == [["a", "b", "c"], ["1", "2", ""], ["3", "", "4"]]


def test_a_platform_without_a_form_is_refused() -> None:
    with pytest.raises(ConfigError):
        bulk.Filed(registry.load("platforms", "local"))


def test_the_wire_is_the_approved_document_and_nothing_else(shop: FileShop) -> None:
    number = shop.ready()
    doc: dict[str, Any] = dict(shop.card(number).intent)
    first = shop.platform.render("row", doc, {})
    assert first == shop.platform.render("row", doc, {})
    other = shop.platform.render("row", doc | {"quantity": 4}, {})
    assert other.url != first.url
    assert json.loads(first.body)["row"] != json.loads(replace(other).body)["row"] or shop.name == "facebook"
