"""One account in trouble (locked, blocked, switched off) hides nothing; and the person's own word takes effect."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from fake_kit import StockedShop
from filelock import FileLock

from selling import Market, Shop, Twin
from trendctl.approval import card
from trendctl.approval import service as approval
from trendctl.approval.seat import TerminalSeat
from trendctl.cli import reconcile as asking
from trendctl.errors import AccessError, Refused, UsageError
from trendctl.ports import Action, DraftInput, DraftOutput, ReadBack, State, Talk
from trendctl.posting import base, confirming, drafting, ledger, proposing, reconcile
from trendctl.posting import service as posting
from trendctl.store import operations

PRICE = {"minor": 2999, "currency": "USD"}
LOST = {("publish", 1): "cut_after"}


class Other(Twin):
    """A second platform, told after the first."""

    facts = replace(Twin.facts, name="tiktok")

    def draft(self, wanted: DraftInput) -> DraftOutput:
        return DraftOutput(base.common(wanted, "ebay") | {"platform": "tiktok"}, base.missing(wanted))


@pytest.fixture
def market() -> Market:
    return Market()


@pytest.fixture
def shop(tmp_path: Path, market: Market) -> Shop:
    return StockedShop(tmp_path, Twin(), market)


@pytest.fixture
def two(shop: Shop) -> posting.Posting:
    """The product is approved on two platforms."""
    number = shop.stock()
    shop.approve(number)
    accounts = {"tiktok": drafting.Account()}
    drafting.make_drafts(
        drafting.Drafting(shop.store, shop.clock, {"tiktok": Other()}, accounts, shop.context), [number]
    )
    with shop.store.read() as db:
        cards = card.draft_cards(db, number, int(shop.clock.now().timestamp()))
    (second,) = [c for c in cards if c.platform == "tiktok"]
    approval.approve(shop.approving, shop.seat, [(second.id, second.hash)])
    return replace(
        shop.posting, platforms={"ebay": shop.platform, "tiktok": Other()}, accounts={**shop.accounts, **accounts}
    )


def lock_of(shop: Shop, platform: str) -> FileLock:
    return FileLock(shop.home.root / f"post-{platform}-default.lock")


def block(shop: Shop) -> None:
    ledger.block(shop.store, shop.journal, shop.name, "default", "restored", int(shop.clock.now().timestamp()))


def blocked(shop: Shop) -> bool:
    with shop.store.read() as db:
        return bool(operations.blocked(db))


def lost(shop: Shop, market: Market) -> posting.Posted:
    """A create whose answer is lost and that cannot be read back."""
    market.faults, market.blind = dict(LOST), True
    shop.approve(shop.stock())
    (row,) = shop.post()
    assert row.state == "unknown"
    return row


def lost_change(shop: Shop, market: Market, action: Action, step: str) -> posting.Posted:
    """A change of a live listing, of which every answer is lost."""
    number = shop.stock()
    shop.approve(number)
    shop.post()
    proposing.propose(shop.drafting, number, shop.name, action, {"price": PRICE} if action != "end" else {})
    shop.approve(number)
    count = market.calls.count(step)
    market.faults, market.blind = {(step, count + n): "cut_after" for n in range(1, 9)}, True
    (row,) = shop.post()
    assert row.state == "unknown"
    return row


# ---------------------------------------------------------------- locks


def test_a_locked_second_account_does_not_hide_what_the_first_one_did(
    shop: Shop, two: posting.Posting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "LOCK_SECONDS", 0.0)
    with lock_of(shop, "tiktok"):
        rows = posting.post(two)
    assert [(r.platform, r.state) for r in rows] == [("ebay", "live"), ("tiktok", "waiting")]
    assert "locked" in rows[1].cause
    assert [r.platform for r in posting.post(two)] == ["tiktok"]  # its approval is as good as before


def test_a_sign_in_that_fails_does_not_hide_what_the_others_did(shop: Shop, two: posting.Posting) -> None:
    @contextmanager
    def talk(name: str) -> Iterator[Talk]:
        if name == "ebay":
            raise AccessError("no sign-in")
        with shop._talk(name) as way:
            yield way

    rows = posting.post(replace(two, talk=talk))
    assert [(r.platform, r.state, r.cause) for r in rows] == [
        ("ebay", "waiting", "no sign-in"), ("tiktok", "live", ""),
    ]  # fmt: skip


def test_where_no_account_can_be_reached_the_command_fails_as_one(
    shop: Shop, two: posting.Posting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "LOCK_SECONDS", 0.0)
    with lock_of(shop, "tiktok"), lock_of(shop, "ebay"), pytest.raises(AccessError, match="locked"):
        posting.post(two)


def test_nobody_waits_for_a_held_lock_for_ever(shop: Shop, market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "LOCK_SECONDS", 0.0)
    row = lost(shop, market)
    with lock_of(shop, "ebay"):
        with pytest.raises(AccessError, match="locked"):
            reconcile.reconcile(shop.posting)
        with pytest.raises(AccessError, match="locked"):
            reconcile.verdict(shop.posting, row.operation, State.FAILED, "", "not there", "test")
        with pytest.raises(AccessError, match="locked"):
            confirming.confirm(shop.posting, row.operation, confirming.Word(uploaded=True), "test")


def test_a_locked_account_is_told_by_reconcile_beside_the_others(
    shop: Shop, two: posting.Posting, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "LOCK_SECONDS", 0.0)
    market.faults, market.blind = {("publish", n): "cut_after" for n in (1, 2)}, True
    assert [r.state for r in posting.post(two)] == ["unknown", "unknown"]
    market.blind = False
    with lock_of(shop, "ebay"):
        rows, _ = reconcile.reconcile(two)
    assert [(r.platform, r.state) for r in rows] == [("ebay", "unknown"), ("tiktok", "live")]
    assert "locked" in rows[0].cause


# ---------------------------------------------------------------- blocked


def test_a_blocked_account_sends_nothing_of_what_was_begun(shop: Shop, market: Market) -> None:
    market.faults = {("item", n): "429" for n in range(1, 5)}
    shop.approve(shop.stock())
    assert [r.state for r in shop.post()] == ["submitting"]
    block(shop)
    market.calls.clear()
    (row,) = shop.post()
    assert (row.state, "blocked until reconciled" in row.cause) == ("submitting", True)
    assert [c for c in market.calls if c != "GET"] == []


def test_a_blocked_account_whose_listing_ended_there_is_freed(shop: Shop, market: Market) -> None:
    class Over(Twin):
        def read_back(self, intent, late, talk):  # type: ignore[no-untyped-def]  # as Twin's
            return ReadBack(State.REJECTED, cause="the market shows it as ended")

    shop.approve(shop.stock())
    shop.post()
    block(shop)
    rows, _ = reconcile.reconcile(replace(shop.posting, platforms={"ebay": Over()}))
    assert [(r.state, r.cause) for r in rows] == [("ended", "the market shows it as ended")]
    assert [r["state"] for r in shop.listings()] == ["ended"]
    assert not blocked(shop)
    assert shop.journal.verify(shop.store).ok


def test_a_blocked_account_says_which_listing_keeps_it_blocked(shop: Shop, market: Market) -> None:
    shop.approve(shop.stock())
    shop.post()
    block(shop)
    market.blind = True
    rows, _ = reconcile.reconcile(shop.posting)
    assert [(r.state, "not seen as it was approved" in r.cause, "Next:" in r.cause) for r in rows] == [
        ("live", True, True)
    ]
    assert blocked(shop)
    market.blind = False
    assert reconcile.reconcile(shop.posting)[0] == []
    assert not blocked(shop)


def test_a_blocked_account_takes_the_word_that_a_listing_is_gone(shop: Shop, market: Market) -> None:
    number = shop.stock()
    shop.approve(number)
    shop.post()
    assert reconcile.stuck(shop.posting, number) == []
    block(shop)
    market.blind = True
    reconcile.reconcile(shop.posting)
    (made,) = reconcile.stuck(shop.posting, number)
    assert reconcile.gone(shop.posting, made, "eBay says that it is removed", "test").state == "ended"
    with pytest.raises(UsageError, match="live listing"):
        reconcile.gone(shop.posting, made, "again", "test")
    assert reconcile.reconcile(shop.posting) == ([], 0)
    assert not blocked(shop)
    assert shop.journal.verify(shop.store).ok


def test_a_blocked_account_that_cannot_be_reached_is_told_with_its_listings(
    shop: Shop, two: posting.Posting, monkeypatch: pytest.MonkeyPatch
) -> None:
    posting.post(two)
    for name in ("ebay", "tiktok"):
        ledger.block(shop.store, shop.journal, name, "default", "restored", int(shop.clock.now().timestamp()))
    monkeypatch.setattr(posting, "LOCK_SECONDS", 0.0)
    with lock_of(shop, "ebay"):
        rows, _ = reconcile.reconcile(two)
    assert [(r.platform, r.state, "locked" in r.cause) for r in rows] == [("ebay", "live", True)]
    off = replace(two, platforms={"ebay": shop.platform}, accounts=shop.accounts)
    ledger.block(shop.store, shop.journal, "tiktok", "default", "restored", int(shop.clock.now().timestamp()))
    rows, _ = reconcile.reconcile(off)
    assert [(r.platform, r.state, "switched off" in r.cause) for r in rows] == [("tiktok", "live", True)]


# ---------------------------------------------------------------- switched off


def test_what_is_open_on_a_platform_that_was_switched_off_is_told(shop: Shop, market: Market) -> None:
    lost(shop, market)
    off = replace(shop.posting, platforms={}, accounts={})
    for rows in (posting.post(off), reconcile.reconcile(off)[0]):
        assert [(r.state, "ebay is switched off" in r.cause) for r in rows] == [("unknown", True)]


# ---------------------------------------------------------------- the person's word


def test_the_word_that_a_reprice_is_there_changes_the_listings_price(shop: Shop, market: Market) -> None:
    row = lost_change(shop, market, Action.REPRICE, "offer")
    said = reconcile.verdict(shop.posting, row.operation, State.LIVE, "", "the new price is shown", "test")
    assert said.state == "live"
    assert [(r["state"], r["price_minor"]) for r in shop.listings()] == [("live", 2999)]
    assert shop.journal.verify(shop.store).ok


def test_the_word_that_an_end_was_done_ends_the_listing(shop: Shop, market: Market) -> None:
    row = lost_change(shop, market, Action.END, "end")
    said = reconcile.verdict(shop.posting, row.operation, State.LIVE, "", "it is gone", "test")
    assert said.state == "ended"
    assert [r["state"] for r in shop.listings()] == ["ended"]


@pytest.mark.parametrize(
    ("action", "there", "words"),
    [(Action.END, True, "on ebay the listing is ended there?"), (Action.END, False, "the listing is not ended there?"),
     (Action.REPRICE, True, "the new price is there?"), (Action.REPRICE, False, "the new price is not there?")],
)  # fmt: skip
def test_the_question_says_what_would_be_recorded_of_a_change(
    shop: Shop, market: Market, action: Action, there: bool, words: str
) -> None:
    row = lost_change(shop, market, action, "end" if action == "end" else "offer")
    with shop.store.read() as db:
        operation = operations.operation(db, row.operation)
    assert operation is not None
    assert words in asking._question(operation, there=there)


def test_the_command_takes_two_keys_and_a_reason_for_a_word(
    shop: Shop, market: Market, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lost_change(shop, market, Action.REPRICE, "offer")
    run = SimpleNamespace(posting=shop.posting, home=shop.home, store=shop.store, product_id=int)
    keys = iter("yyyY")
    monkeypatch.setattr(asking.base, "open_app", lambda: run)
    monkeypatch.setattr(TerminalSeat, "check", lambda *_: None)
    monkeypatch.setattr(typer, "prompt", lambda *_, **__: "it is shown")
    monkeypatch.setattr(typer, "getchar", lambda: next(keys))
    with pytest.raises(Refused, match="Not recorded"):
        asking.reconcile("1", is_="live")
    assert asking.reconcile("1", is_="live") == 0  # a change needs no address
    assert "the new price is there? Type y, then Y" in " ".join(capsys.readouterr().err.split())
    assert [(r["state"], r["price_minor"]) for r in shop.listings()] == [("live", 2999)]


def test_the_word_that_a_change_is_not_there_changes_nothing(shop: Shop, market: Market) -> None:
    row = lost_change(shop, market, Action.REPRICE, "offer")
    reconcile.verdict(shop.posting, row.operation, State.FAILED, "", "the old price is shown", "test")
    assert [(r["state"], r["price_minor"]) for r in shop.listings()] == [("live", 2499)]


def test_the_word_on_what_another_command_settled_meanwhile_is_refused(
    shop: Shop, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = lost(shop, market)
    held = posting.held

    @contextmanager
    def settled_meanwhile(*key: Any) -> Iterator[None]:
        monkeypatch.setattr(reconcile, "held", held)
        market.blind = False
        assert [r.state for r in reconcile.reconcile(shop.posting)[0]] == ["live"]
        with held(*key):
            yield

    monkeypatch.setattr(reconcile, "held", settled_meanwhile)
    with pytest.raises(UsageError, match="unknown"):
        reconcile.verdict(shop.posting, row.operation, State.FAILED, "", "not there", "test")
    assert [r["state"] for r in shop.listings()] == ["live"]
