"""The posting machine: whatever happens to a call, one listing for an approval, and nothing lost."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_kit import StockedShop

from selling import Crash, Market, Shop, Twin
from trendctl.errors import NothingApproved
from trendctl.ports import Action, State
from trendctl.posting import proposing, reconcile
from trendctl.posting import service as posting

STEPS = ("item", "offer", "publish")


@pytest.fixture
def market() -> Market:
    return Market()


@pytest.fixture
def shop(tmp_path: Path, market: Market) -> Shop:
    return StockedShop(tmp_path, Twin(), market)


def settled(shop: Shop) -> None:
    """Run `post` and `reconcile` until nothing is open or nothing moves any more."""
    for _ in range(4):
        try:
            shop.post()
        except NothingApproved:
            break
    reconcile.reconcile(shop.posting)


def test_an_approval_becomes_one_live_listing(shop: Shop, market: Market) -> None:
    number = shop.stock()
    shop.approve(number)
    rows = shop.post()
    assert [(r.state, r.external_id) for r in rows] == [("live", f"offer-{rows[0].sku}")]
    assert len(market.published) == 1
    assert shop.journal.verify(shop.store).ok


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("when", ["crash_before", "crash_after"])
def test_a_crash_in_a_step_is_continued_without_a_second_listing(
    shop: Shop, market: Market, step: str, when: str
) -> None:
    market.faults = {(step, 1): when}
    shop.approve(shop.stock())
    with pytest.raises(Crash):
        shop.post()
    settled(shop)
    assert len(market.published) == 1
    assert [r["state"] for r in shop.listings()] == ["live"]
    assert shop.journal.verify(shop.store).ok


def test_a_refusal_of_the_platform_is_final_and_says_why(shop: Shop, market: Market) -> None:
    market.faults = {("publish", 1): "400"}
    number = shop.stock()
    shop.approve(number)
    assert [(r.state, r.cause) for r in shop.post()] == [("rejected", "the market refused it")]
    with pytest.raises(NothingApproved):
        shop.post()
    assert shop.draft(number) == 1
    shown = shop.card(number)
    assert any("the market refused it" in w for w in shown.warnings)
    shop.approve(number)
    assert [r.state for r in shop.post()] == ["live"]
    assert len({r["sku"] for r in shop.listings()}) == 1


def test_a_lost_publish_that_cannot_be_read_back_stays_unknown_and_is_never_sent_again(
    shop: Shop, market: Market
) -> None:
    market.faults, market.blind = {("publish", 1): "cut_after"}, True
    shop.approve(shop.stock())
    assert [r.state for r in shop.post()] == ["unknown"]
    shop.post()
    assert market.calls.count("publish") == 1
    market.blind = False
    rows, _ = reconcile.reconcile(shop.posting)
    assert [r.state for r in rows] == ["live"]
    assert len(market.published) == 1


def test_an_unknown_listing_takes_the_persons_word(shop: Shop, market: Market) -> None:
    market.faults, market.blind = {("publish", 1): "cut_before"}, True
    number = shop.stock()
    shop.approve(number)
    row = shop.post()[0]
    assert row.state == "unknown"
    said = reconcile.verdict(shop.posting, row.operation, State.FAILED, "", "not in my listings", "terminal")
    assert said.state == "failed"
    assert shop.draft(number) == 1  # a new draft may be reviewed now
    assert shop.journal.verify(shop.store).ok


def test_a_second_create_is_refused_while_one_is_open(shop: Shop, market: Market) -> None:
    market.faults, market.blind = {("publish", 1): "cut_after"}, True
    number = shop.stock()
    shop.approve(number)
    shop.post()
    assert shop.draft(number) == 0
    assert len(shop.listings()) == 1


def test_a_rate_limit_that_lasts_leaves_the_operation_for_later(shop: Shop, market: Market) -> None:
    market.faults = {("item", n): "429" for n in range(1, 5)}
    shop.approve(shop.stock())
    row = shop.post()[0]
    assert (row.state, row.cause) == ("submitting", "not sent yet: 429")
    assert [r.state for r in shop.post()] == ["live"]


def test_an_approval_that_expires_before_the_publish_fails_with_nothing_visible(shop: Shop, market: Market) -> None:
    market.faults = {("publish", n): "429" for n in range(1, 5)}
    shop.approve(shop.stock())
    assert shop.post()[0].state == "submitting"
    shop.clock.advance(73 * 3600)
    row = shop.post()[0]
    assert (row.state, "expired" in row.cause) == ("failed", True)
    assert market.published == []


def changing(shop: Shop, market: Market, fault: str) -> None:
    """A reprice of a live listing of which the first step is applied, and the second one meets a fault."""
    number = shop.stock()
    shop.approve(number)
    shop.post()
    change = {"price": {"minor": 2999, "currency": "USD"}}
    proposing.propose(shop.drafting, number, shop.name, Action.REPRICE, change)
    shop.approve(number)
    market.faults = {("offer", market.calls.count("offer") + n): fault for n in range(1, 5)}


def test_a_change_that_expires_half_applied_is_not_told_as_not_sent(shop: Shop, market: Market) -> None:
    changing(shop, market, "429")
    assert [r.state for r in shop.post()] == ["submitting"]
    shop.clock.advance(73 * 3600)
    (row,) = shop.post()
    assert row.state == "unknown"
    assert row.cause == "the approval expired before it was sent, and a part of it was applied"


def test_a_change_that_is_refused_half_applied_is_not_told_as_refused(shop: Shop, market: Market) -> None:
    changing(shop, market, "400")
    cause = "the market refused it, and a part of it was applied"
    for _ in range(2):  # a refusal is not asked for again
        assert [(r.state, r.cause) for r in shop.post()] == [("unknown", cause)]
        assert market.calls.count("offer") == 2
    assert [(r.state, r.cause) for r in reconcile.reconcile(shop.posting)[0]] == [("unknown", cause)]
    said = reconcile.verdict(shop.posting, shop.post()[0].operation, State.FAILED, "", "the old price", "test")
    assert said.state == "failed"


def test_an_image_changed_between_two_steps_stops_the_posting(shop: Shop, market: Market) -> None:
    market.faults = {("offer", n): "429" for n in range(1, 5)}
    shop.approve(shop.stock())
    assert shop.post()[0].state == "submitting"
    image = next(shop.home.images.iterdir())
    image.write_bytes(image.read_bytes() + b"x")
    row = shop.post()[0]
    assert (row.state, row.cause) == ("failed", "image 1 was changed after it was approved")
    assert market.published == []


def test_every_attempt_is_journaled_before_its_call(shop: Shop, market: Market) -> None:
    seen: list[int] = []
    send = market.send

    def watched(wire):  # type: ignore[no-untyped-def]  # a spy
        if wire.method != "GET":
            seen.append(sum(1 for e in shop.journal.entries() if e.kind == "attempt"))
        return send(wire)

    market.send = watched  # type: ignore[method-assign]
    shop.approve(shop.stock())
    shop.post()
    assert seen == [1, 2, 3]


def test_what_was_sent_is_what_renders_from_the_approved_intent(shop: Shop, market: Market) -> None:
    decision = shop.approve(shop.stock())
    shop.post()
    approval = shop.approval(decision)
    import json

    doc, late = json.loads(approval.intent), {"offer": f"offer-{json.loads(approval.intent)['sku']}"}
    renders = {s.name: Twin().render(s.name, doc, late if s.name == "publish" else {}).body for s in Twin().steps(doc)}
    assert dict((k, v) for k, v in market.bodies if k in renders) == renders  # noqa: C402 - the last body of each step


def test_a_dry_run_changes_nothing_and_sends_nothing(shop: Shop, market: Market) -> None:
    shop.approve(shop.stock())
    rows = posting.post(shop.posting, dry_run=True)
    assert [(r.state, [s for s, _ in r.wires]) for r in rows] == [("dry_run", list(STEPS))]
    assert market.calls == []
    assert shop.listings() == []


@pytest.mark.parametrize("seed", range(10))
def test_random_faults_never_make_two_listings_nor_lose_one(tmp_path: Path, seed: int) -> None:
    _random_faults(tmp_path, seed)


@pytest.mark.soak
def test_many_random_faults_never_make_two_listings_nor_lose_one(
    tmp_path: Path, soak_seed: int, soak_slice: Callable[[int], list[int]]
) -> None:
    for n in soak_slice(50):
        (tmp_path / str(n)).mkdir()
        _random_faults(tmp_path / str(n), soak_seed * 1000 + n)


def _random_faults(folder: Path, seed: int) -> None:
    draw = random.Random(seed)
    kinds = ["429", "500_before", "500_after", "cut_before", "cut_after", "crash_before", "crash_after"]
    market = Market({(s, n): draw.choice(kinds) for s in STEPS for n in range(1, 6) if draw.random() < 0.5})
    shop = StockedShop(folder, Twin(), market)
    shop.approve(shop.stock())
    for _ in range(12):
        market.blind = draw.random() < 0.3
        try:
            shop.post()
        except Crash:
            continue
        except NothingApproved:
            break
    market.blind, market.faults = False, {}
    settled(shop)
    assert len(market.published) == 1
    assert [r["state"] for r in shop.listings()] == ["live"]
    assert shop.journal.verify(shop.store).ok
