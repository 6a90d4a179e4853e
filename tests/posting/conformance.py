"""One suite for every platform: what a listing must survive. A platform's test file makes a `rig` and names its calls.

class TestMine(FaultConformance):
    calls, faults = ("item", "publish"), ("429", "cut_after")
    @pytest.fixture
    def rig(self, tmp_path): ...yield Rig(shop, fault, live, made)
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from fake_kit import StockedShop, copied_database, restore

from trendctl.approval import supply
from trendctl.errors import NothingApproved, Refused, UsageError
from trendctl.ports import Action, State
from trendctl.posting import proposing, reconcile, stock
from trendctl.posting import service as posting
from trendctl.store.stocks import Shelf

ALL_FAULTS = ("429", "429_headers", "500_before", "500_after", "cut_before", "cut_after", "half_body", "expired")
SHORT = ("500_before", "cut_after", "expired")  # what the platforms after the first are run with in the short run
LOST = ("500_after", "cut_after", "half_body")  # applied, and the answer does not say so


@dataclass(frozen=True, slots=True)
class Rig:
    """A shop on a fake. `fault(call, n, kind)` plans what goes wrong; `live` counts what buyers see, `made` what was
    ever made; `every` are the calls of a create in order; `stand` how many the platform offers, after it sold so many
    (0: it only tells); None where it keeps no number."""

    shop: StockedShop
    fault: Callable[[str, int, str], None]
    live: Callable[[], int]
    made: Callable[[], int]
    every: tuple[str, ...] = ()
    stand: Callable[[int], int | None] = lambda sold: None


def settled(shop: Any) -> None:
    """`post` and `reconcile` until nothing is open or nothing moves any more."""
    for _ in range(5):
        try:
            shop.post()
        except NothingApproved:
            break
        shop.clock.advance(200)
    reconcile.reconcile(shop.posting)


def sound(rig: Rig, states: list[str], *, live: int = 1) -> None:
    """The listings are in these states, buyers see so many, and database and journal agree."""
    assert [row["state"] for row in rig.shop.listings()] == states
    assert rig.live() == live
    assert rig.shop.journal.verify(rig.shop.store).ok


def changed(rig: Rig, number: int, action: Action, **changes: Any) -> None:
    """Propose, approve and post a change of the live listing."""
    proposing.propose(rig.shop.drafting, number, rig.shop.name, action, changes)
    rig.shop.approve(number)
    settled(rig.shop)


def lowered(rig: Rig) -> int:
    """Lower the live listing to 3, as if two had sold elsewhere; the quantity of our listing then."""
    (row,) = rig.shop.listings()
    if not hasattr(rig.shop.platform, "left"):
        return int(row["quantity"])
    shelf = Shelf(row["id"], row["product_id"], row["platform"], row["account"], 5, None, 0, allowed=True)
    with rig.shop._talk(rig.shop.name) as talk:
        done = stock._one(rig.shop.posting, shelf, 3, 0, talk, int(rig.shop.clock.now().timestamp()))
    assert (done.state, rig.stand(0)) == ("live", 3), done.cause
    return 3


class FlowConformance:
    """Without faults. `actions`: what can be done to a live listing there; the rest must be refused before a draft."""

    actions: tuple[Action, ...] = (Action.REVISE, Action.REPRICE, Action.END)

    def test_what_a_platform_cannot_do_is_refused_before_there_is_a_draft(self, rig: Rig) -> None:
        number = rig.shop.stock()
        rig.shop.approve(number)
        rig.shop.post()
        for action in {Action.REVISE, Action.REPRICE, Action.END} - set(self.actions):
            with pytest.raises(UsageError):
                proposing.propose(rig.shop.drafting, number, rig.shop.name, action, {})
        for action in self.actions:
            assert proposing.propose(rig.shop.drafting, number, rig.shop.name, action, {})
        sound(rig, ["live"])

    def test_an_approval_becomes_one_live_listing(self, rig: Rig) -> None:
        rig.shop.approve(rig.shop.stock())
        assert [r.state for r in rig.shop.post()] == ["live"]
        sound(rig, ["live"])
        assert rig.shop.listings()[0]["external_id"]

    def test_what_is_live_is_not_listed_again(self, rig: Rig) -> None:
        number = rig.shop.stock()
        rig.shop.approve(number)
        rig.shop.post()
        assert rig.shop.draft(number) == 0
        with pytest.raises(NothingApproved):
            rig.shop.post()
        sound(rig, ["live"])

    def test_a_dry_run_names_every_step_and_sends_nothing(self, rig: Rig) -> None:
        rig.shop.approve(rig.shop.stock())
        found = posting.post(rig.shop.posting, dry_run=True)
        doc = rig.shop.card(1).intent
        assert [name for name, _ in found[0].wires] == [s.name for s in rig.shop.platform.steps(doc)]
        sound(rig, [], live=0)

    def test_a_new_price_is_approved_and_then_changed_once(self, rig: Rig) -> None:
        self._only_with(Action.REPRICE)
        number = rig.shop.stock()
        rig.shop.approve(number)
        rig.shop.post()
        changed(rig, number, Action.REPRICE, price={"minor": 2999, "currency": "USD"})
        sound(rig, ["live"])
        assert [(r["price_minor"], r["quantity"]) for r in rig.shop.listings()] == [(2999, 5)]
        assert rig.made() == 1

    def test_a_new_price_offers_nothing_again_that_was_sold_or_lowered(self, rig: Rig) -> None:
        self._only_with(Action.REPRICE)
        number = rig.shop.stock()
        supply.tell(rig.shop.approving, number, {"auto_decrease": "yes"}, {}, "USD")
        rig.shop.draft(number)
        rig.shop.approve(number)
        rig.shop.post()
        there = lowered(rig)
        left = rig.stand(1)  # and one more is bought there
        changed(rig, number, Action.REPRICE, price={"minor": 2999, "currency": "USD"})
        sound(rig, ["live"])
        assert [(r["price_minor"], r["quantity"]) for r in rig.shop.listings()] == [(2999, there)]
        assert rig.stand(0) == left

    def test_what_is_ended_is_gone_and_may_be_listed_again_under_the_same_sku(self, rig: Rig) -> None:
        self._only_with(Action.END)
        number = rig.shop.stock()
        rig.shop.approve(number)
        rig.shop.post()
        changed(rig, number, Action.END)
        sound(rig, ["ended"], live=0)
        assert rig.shop.draft(number) == 1
        rig.shop.approve(number)
        settled(rig.shop)
        sound(rig, ["ended", "live"])
        assert len({row["sku"] for row in rig.shop.listings()}) == 1

    def test_an_older_database_blocks_posting_until_reconciled_and_lists_nothing_twice(self, rig: Rig) -> None:
        number = rig.shop.stock()
        rig.shop.approve(number)
        older = copied_database(rig.shop)
        rig.shop.post()
        restore(rig.shop, older)
        with pytest.raises(Refused):
            rig.shop.post()
        found, rebuilt = reconcile.reconcile(rig.shop.posting)
        assert rebuilt > 0
        with pytest.raises(NothingApproved):  # the approval is used, not void: it stands in the journal
            rig.shop.post()
        sound(rig, ["live"])
        assert rig.made() == 1
        assert rig.shop.draft(number) == 0
        assert [r.state for r in found] == []

    def _only_with(self, action: Action) -> None:
        if action not in self.actions:
            pytest.skip(f"{action} does not exist there, which another test shows")


class FaultConformance(FlowConformance):
    """With each fault in each call: the right state, exactly one listing, nothing lost."""

    calls: tuple[str, ...] = ()
    faults: tuple[str, ...] = ALL_FAULTS
    lost_faults: tuple[str, ...] = LOST
    publish = "publish"
    end = "withdraw"

    def test_one_fault_in_one_call(self, rig: Rig, call: str, fault: str) -> None:
        rig.fault(call, 1, fault)
        rig.shop.approve(rig.shop.stock())
        settled(rig.shop)
        sound(rig, ["live"])
        assert rig.made() == 1

    def test_the_same_fault_once_in_every_call(self, rig: Rig, fault: str) -> None:
        number = rig.shop.stock()  # what a draft reads before is not what this is about
        rig.shop.approve(number)
        for call in rig.every:
            rig.fault(call, 1, fault)
        settled(rig.shop)
        sound(rig, ["live"])
        assert rig.made() == 1

    def test_an_end_whose_answer_is_lost_ends_once(self, rig: Rig, lost: str) -> None:
        self._only_with(Action.END)
        number = rig.shop.stock()
        rig.shop.approve(number)
        rig.shop.post()
        rig.fault(self.end, 1, lost)
        changed(rig, number, Action.END)
        sound(rig, ["ended"], live=0)

    def test_a_call_limit_that_lasts_leaves_the_listing_for_the_next_post(self, rig: Rig) -> None:
        for n in range(1, 5):
            rig.fault(self.calls[0], n, "429")
        rig.shop.approve(rig.shop.stock())
        row = rig.shop.post()[0]
        assert row.state == "submitting"
        assert row.cause.startswith("not sent yet")
        rig.shop.clock.advance(600)
        assert [r.state for r in rig.shop.post()] == ["live"]
        sound(rig, ["live"])

    def test_an_approval_that_expires_before_the_publish_fails_with_nothing_visible(self, rig: Rig) -> None:
        for n in range(1, 5):
            rig.fault(self.publish, n, "429")
        rig.shop.approve(rig.shop.stock())
        rig.shop.post()
        rig.shop.clock.advance(73 * 3600)
        row = rig.shop.post()[0]
        assert (row.state, "expired" in row.cause) == (State.FAILED, True)
        sound(rig, ["failed"], live=0)
