"""Approval binds to the exact thing that is posted: whatever is changed afterwards, nothing is sent."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from selling import Market, Shop, Twin
from store_rows import put
from trendctl.approval import service, supply
from trendctl.errors import NothingApproved, Refused
from trendctl.intent import freeze
from trendctl.posting import drift
from trendctl.posting import images as posting_images
from trendctl.posting.drafting import Account
from trendctl.store.engine import prepare
from trendctl.store.writers import Role


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every leaf of a document; an empty list or mapping is one."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not entries or not value:
        yield path
        return
    for key, entry in entries:
        yield from leaves(entry, (*path, key))


def changed(document: Any, path: tuple[Any, ...]) -> Any:
    """A copy with another value at the path, of the same kind where there is one."""
    copy = json.loads(json.dumps(document))
    holder = copy
    for key in path[:-1]:
        holder = holder[key]
    old = holder[path[-1]]
    holder[path[-1]] = (
        (not old) if isinstance(old, bool)
        else old + 1 if isinstance(old, int)
        else old + "x" if isinstance(old, str)
        else ["x"] if isinstance(old, list)
        else {"x": "y"}
    )  # fmt: skip
    return copy


def tampered(shop: Shop, sql: str, *values: Any) -> None:
    """Somebody with the file and no scruples: triggers off, the row changed."""
    with closing(sqlite3.connect(shop.home.database, isolation_level=None)) as db:
        prepare(db)
        triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            db.execute(f"DROP TRIGGER {name}")
        db.execute(sql, values)
        for _, text in triggers:
            db.execute(text)


def nothing_was_posted(shop: Shop) -> bool:
    try:
        rows = shop.post()
    except NothingApproved:
        rows = []
    return all(row.state == "refused" for row in rows) and shop.packs() == [] and shop.listings() == []


def test_every_leaf_of_the_intent_changed_after_approval_is_refused(shop: Shop) -> None:
    decision = shop.approve(shop.stock())
    approval = shop.approval(decision)
    document = json.loads(approval.intent)
    paths = list(leaves(document))
    assert len(paths) > 30
    for path in paths:
        data, _ = _frozen(changed(document, path))
        tampered(shop, "UPDATE draft SET intent = ? WHERE id = ?", data, approval.draft_id)
        assert nothing_was_posted(shop), path
    tampered(shop, "UPDATE draft SET intent = ? WHERE id = ?", approval.intent, approval.draft_id)
    assert [row.state for row in shop.post()] == ["live"]


def test_every_leaf_changed_together_with_the_drafts_hash_is_refused(shop: Shop) -> None:
    decision = shop.approve(shop.stock())
    approval = shop.approval(decision)
    document = json.loads(approval.intent)
    for path in leaves(document):
        data, digest = _frozen(changed(document, path))
        tampered(shop, "UPDATE draft SET intent = ?, hash = ? WHERE id = ?", data, digest, approval.draft_id)
        assert nothing_was_posted(shop), path


def _frozen(document: Any) -> tuple[bytes, str]:
    try:
        return freeze(document)
    except Refused:  # outside the schema: the bytes of a forger
        from trendctl.commerce.canonical import canonical, sha256_hex

        return (data := canonical(document)), sha256_hex(data)


def test_an_unknown_field_in_the_intent_is_refused_even_with_matching_hashes(shop: Shop) -> None:
    decision = shop.approve(shop.stock())
    approval = shop.approval(decision)
    document = {**json.loads(approval.intent), "gift_wrap": True}
    from trendctl.commerce.canonical import canonical, sha256_hex

    data = canonical(document)
    tampered(shop, "UPDATE draft SET intent = ?, hash = ? WHERE id = ?", data, sha256_hex(data), approval.draft_id)
    tampered(shop, "UPDATE decision SET hash = ? WHERE id = ?", sha256_hex(data), decision)
    assert nothing_was_posted(shop)


def test_every_image_byte_changed_after_approval_is_noticed(shop: Shop) -> None:
    number = shop.stock()
    document = json.loads(shop.approval(shop.approve(number)).intent)
    path = next(shop.home.images.iterdir())
    data = path.read_bytes()
    for place in range(len(data)):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        assert posting_images.changed(shop.home.images, document["images"]) == ["image 1 was changed"]
    for place in (0, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        assert nothing_was_posted(shop)
    path.write_bytes(data)
    assert [row.state for row in shop.post()] == ["live"]


def test_an_image_that_is_gone_is_refused(shop: Shop) -> None:
    shop.approve(shop.stock())
    next(shop.home.images.iterdir()).unlink()
    assert nothing_was_posted(shop)


def test_an_approval_expires(shop: Shop) -> None:
    shop.approve(shop.stock())
    shop.clock.advance(72 * 3600 + 1)
    with pytest.raises(NothingApproved, match="expired"):
        shop.post()
    assert shop.packs() == []


def test_an_approval_is_used_once(shop: Shop) -> None:
    shop.approve(shop.stock())
    assert [row.state for row in shop.post()] == ["live"]
    with pytest.raises(NothingApproved):
        shop.post()
    assert len(shop.packs()) == 1


def test_an_approval_taken_back_posts_nothing(shop: Shop) -> None:
    decision = shop.approve(shop.stock())
    assert service.take_back(shop.approving, shop.seat, [shop.approval(decision)], "second thoughts") == 1
    with pytest.raises(NothingApproved):
        shop.post()


def test_a_used_approval_cannot_be_taken_back(shop: Shop) -> None:
    decision = shop.approve(shop.stock())
    shop.post()
    with pytest.raises(Refused, match="used already"):
        service.take_back(shop.approving, shop.seat, [shop.approval(decision)], "too late")


def test_an_approval_of_one_product_does_not_serve_another(shop: Shop) -> None:
    first = shop.approval(shop.approve(shop.stock()))
    other = shop.stock("zzzz2345efgh6723", "Bamboo Cutting Board")
    tampered(shop, "UPDATE draft SET product_id = ? WHERE id = ?", other, first.draft_id)
    assert nothing_was_posted(shop)


def test_an_unapproved_listing_cannot_be_inserted_by_hand(shop: Shop) -> None:
    number = shop.stock()
    shown = shop.card(number)
    row = {"id": "x", "product_id": number, "platform": "local", "account": "default", "sku": "S", "state": "live",
           "decision_id": shown.id, "created_at": 1, "updated_at": 1}  # fmt: skip
    names = ", ".join(row)
    with closing(sqlite3.connect(shop.home.database, isolation_level=None)) as db:
        prepare(db)
        with pytest.raises(sqlite3.IntegrityError, match="no approval"):
            db.execute(f"INSERT INTO listing ({names}) VALUES ({', '.join(':' + n for n in row)})", row)


def test_a_card_that_changed_since_it_was_shown_cannot_be_approved(shop: Shop) -> None:
    number = shop.stock()
    shown = shop.card(number)
    supply.tell(shop.approving, number, {"price": "25.99"}, {}, "USD")
    shop.draft(number)
    with pytest.raises(Refused, match="changed since it was shown"):
        service.approve(shop.approving, shop.seat, [(shown.id, shown.hash)])


def test_a_draft_with_something_missing_has_no_hash_and_cannot_be_approved(shop: Shop) -> None:
    number = shop.stock()
    supply.tell(shop.approving, number, {"stock": "0"}, {}, "USD")
    shop.draft(number)
    shown = shop.card(number)
    assert (shown.state, shown.hash, shown.missing) == ("provisional", "", ("stock above 0",))
    with pytest.raises(Refused):
        service.approve(shop.approving, shop.seat, [(shown.id, shown.hash)])


def drift_supply(shop: Shop, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    supply.tell(shop.approving, number, {"cost": "8.00"}, {}, "USD")


def drift_policies(shop: Shop, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.accounts["local"] = Account(policies={"return": "another"})


def drift_account(shop: Shop, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.accounts["local"] = Account(name="second")


def drift_marketplace(shop: Shop, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.accounts["local"] = Account(marketplace="DE")


def drift_rules(shop: Shop, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drift, "RULES_VERSION", "another")


def drift_floor(shop: Shop, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.context = replace(shop.context, minimum_margin="0.90")


def drift_lift(shop: Shop, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    service.lift(shop.approving, shop.seat, number, "tobacco", "it is a lamp, no pipe")


def drift_switched_off(shop: Shop, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.accounts.clear()


@pytest.mark.parametrize(
    "change",
    [drift_supply, drift_policies, drift_account, drift_marketplace, drift_rules, drift_floor, drift_lift,
     drift_switched_off],
)  # fmt: skip
def test_drift_after_approval_refuses_to_post(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, change: Callable[[Shop, int, pytest.MonkeyPatch], None]
) -> None:
    number = shop.stock()
    shop.approve(number)
    change(shop, number, monkeypatch)
    rows = shop.post()
    assert [(r.state, bool(r.drifted)) for r in rows] == [("refused", True)]
    assert shop.packs() == []


def test_new_trend_evidence_is_no_drift(shop: Shop) -> None:
    number = shop.stock()
    shop.approve(number)
    with shop.store.write(Role.ANALYZER) as db:
        db.execute(
            "INSERT INTO score (product_id, score, stage, parts, inputs, computed_at)"
            " VALUES (?, 5, 'fading', '[]', '{}', 1)",
            (number,),
        )
    assert shop.draft(number) == 0  # an approved draft is left alone
    assert [r.state for r in shop.post()] == ["live"]


def test_the_demo_seat_decides_on_local_in_a_home_of_this_process_only(shop: Shop, tmp_path: Path) -> None:
    from trendctl.approval.seat import DemoSeat, is_throwaway

    seat = DemoSeat()
    seat.check(shop.home.root, "local")
    for home, platform in [(shop.home.root, "ebay"), (tmp_path, "local"), (Path.home(), "local")]:
        with pytest.raises(Refused):
            seat.check(home, platform)
    forged = tmp_path / "forged"
    forged.mkdir()
    (forged / ".throwaway").write_text((shop.home.root / ".throwaway").read_text())
    assert not is_throwaway(forged)


def test_a_terminal_seat_needs_a_terminal(shop: Shop) -> None:
    from trendctl.approval.seat import TerminalSeat

    with pytest.raises(Refused, match="terminal"):
        TerminalSeat().check(shop.home.root, "local")


def test_a_twin_market_refuses_the_demo_seat(tmp_path: Path) -> None:
    from trendctl.approval.seat import DemoSeat

    shop = Shop(tmp_path, Twin(), Market())
    shop.stock()
    shown = shop.card(1)
    with pytest.raises(Refused):
        service.approve(shop.approving, DemoSeat(), [(shown.id, shown.hash)])


def test_a_models_doubt_is_on_the_card_and_no_part_of_what_is_approved(shop: Shop) -> None:
    number = shop.stock()
    before = shop.card(number)
    flag = {"code": "doubt_medical_claim", "severity": "warn", "words": "it may promise to heal", "evidence": "x"}
    with shop.store.write(Role.ANALYZER) as db:
        put(db, "analysis", product_id=number, agent="compliance", version=1, input_hash="x", created_at=1,
            output=json.dumps({"flags": [flag]}))  # fmt: skip
    assert shop.draft(number) == 1
    after = shop.card(number)
    assert any("it may promise to heal" in w for w in after.warnings)
    assert (after.hash, after.blocks) == (before.hash, before.blocks)
