"""What ends an approval before it is posted: a rejection, a deferral, a platform switched off, a picture taken away."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from selling import UID, Market, Shop, Twin, picture
from trendctl.approval import images, review, service
from trendctl.approval.card import ReviewCard
from trendctl.errors import NothingApproved, UsageError
from trendctl.ports import Action, Choice, Json, Said
from trendctl.posting import proposing


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


@dataclass
class Script:
    """A reviewer who answers what is written down, then quits."""

    answers: list[Said]
    shown: list[ReviewCard] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def choose(self, shown: ReviewCard) -> Said:
        self.shown.append(shown)
        return self.answers.pop(0) if self.answers else Said(Choice.QUIT)

    def ask_supply(self, shown: ReviewCard) -> None:
        raise AssertionError("nobody asked for it")

    def tell(self, words: str) -> None:
        self.told.append(words)


def answered(shop: Shop, number: int, *answers: Said) -> Script:
    """A review of one product with these answers."""
    script = Script(list(answers))
    room = review.Room(shop.approving, shop.seat, shop.context, lambda n: None)
    review.run(room, script, [number] * 2)
    return script


def price(minor: int) -> dict[str, Json]:
    return {"price": {"minor": minor, "currency": "USD"}}


def live(shop: Shop) -> int:
    number = shop.stock()
    shop.approve(number)
    assert [r.state for r in shop.post()] == ["live"]
    return number


def test_a_rejected_product_is_not_posted(shop: Shop) -> None:
    number = shop.stock()
    shop.approve(number)
    service.reject(shop.approving, number, "it was recalled")
    with pytest.raises(NothingApproved):
        shop.post()
    assert shop.packs() == []
    assert shop.card(number).state == "draft"
    assert shop.journal.verify(shop.store).ok


def test_a_deferred_product_is_not_posted(shop: Shop) -> None:
    number = shop.stock()
    shop.approve(number)
    service.defer(shop.approving, number, 7)
    with pytest.raises(NothingApproved):
        shop.post()
    assert shop.packs() == []


def test_a_rejection_without_a_reason_takes_no_approval_away(shop: Shop) -> None:
    number = shop.stock()
    shop.approve(number)
    with pytest.raises(UsageError):
        service.reject(shop.approving, number, "  ")
    assert [r.state for r in shop.post()] == ["live"]


def test_a_rejection_leaves_the_approved_end_of_a_live_listing(shop: Shop) -> None:
    number = live(shop)
    proposing.propose(shop.drafting, number, "local", Action.END, {})
    shop.approve(number)
    service.reject(shop.approving, number, "it was recalled")
    assert [r.state for r in shop.post()] == ["ended"]


def test_a_rejection_leaves_the_approvals_of_other_products(shop: Shop) -> None:
    number = shop.stock()
    other = shop.stock("zzzz2345efgh6723", "Bamboo Cutting Board")
    shop.approve(number)
    shop.approve(other)
    service.reject(shop.approving, number, "it was recalled")
    assert [(r.product_id, r.state) for r in shop.post()] == [(other, "live")]


def test_the_undo_of_a_rejection_opens_the_product_and_leaves_it_to_be_approved_again(shop: Shop) -> None:
    number = shop.stock()
    shop.approve(number)
    answered(shop, number, Said(Choice.REJECT, reason="too heavy"), Said(Choice.UNDO))
    with shop.store.read() as db:
        assert db.execute("SELECT status FROM review").fetchone()[0] == "pending_review"
    with pytest.raises(NothingApproved):
        shop.post()
    shop.approve(number)
    assert [r.state for r in shop.post()] == ["live"]


def test_the_undo_of_a_rejection_is_not_the_undo_of_an_approved_price(shop: Shop) -> None:
    number = live(shop)
    proposing.propose(shop.drafting, number, "local", Action.REPRICE, price(2999))
    shop.approve(number)
    answered(shop, number, Said(Choice.REJECT, reason="too heavy"), Said(Choice.UNDO))
    with shop.store.read() as db:
        assert db.execute("SELECT status FROM review").fetchone()[0] == "pending_review"
    assert [r.state for r in shop.post()] == ["live"]
    assert shop.listings()[0]["price_minor"] == 2999


def test_a_platform_switched_off_in_review_is_not_posted_to(shop: Shop) -> None:
    number = shop.stock()
    shop.approve(number)
    answered(shop, number, Said(Choice.PLATFORMS, changes={"local": False}))
    with pytest.raises(NothingApproved):
        shop.post()
    assert shop.packs() == []
    assert shop.draft(number) == 1  # it leaves the review, too
    with shop.store.read() as db:
        assert db.execute("SELECT count(*) FROM draft WHERE superseded_at IS NULL").fetchone()[0] == 0


def test_another_platform_switched_off_takes_no_approval_away(shop: Shop) -> None:
    number = shop.stock()
    shop.approve(number)
    answered(shop, number, Said(Choice.PLATFORMS, changes={"ebay": False, "local": True}))
    assert [r.state for r in shop.post()] == ["live"]


def test_a_change_does_not_hide_one_that_is_approved_and_not_posted(shop: Shop) -> None:
    number = live(shop)
    proposing.propose(shop.drafting, number, "local", Action.REPRICE, price(2999))
    shop.approve(number)
    with pytest.raises(UsageError, match="approved and not posted"):
        proposing.propose(shop.drafting, number, "local", Action.REPRICE, price(3499))
    card = shop.card(number)
    assert (card.state, card.intent["price"]["minor"]) == ("approved", 2999)
    assert [r.state for r in shop.post()] == ["live"]
    proposing.propose(shop.drafting, number, "local", Action.REPRICE, price(3499))
    assert shop.card(number).state == "draft"


def test_a_change_takes_the_place_of_one_whose_approval_expired_or_was_taken_back(shop: Shop) -> None:
    number = live(shop)
    proposing.propose(shop.drafting, number, "local", Action.REPRICE, price(2999))
    shop.approve(number)
    shop.clock.advance(72 * 3600 + 1)
    proposing.propose(shop.drafting, number, "local", Action.REPRICE, price(3299))
    decision = shop.approve(number)
    service.take_back(shop.approving, shop.seat, [shop.approval(decision)], "second thoughts")
    proposing.propose(shop.drafting, number, "local", Action.REPRICE, price(3499))
    assert shop.card(number).intent["price"]["minor"] == 3499


def rows_of(shop: Shop, number: int) -> list[tuple[str, bool]]:
    return [(r.state, bool(r.drifted)) for r in shop.post()]


def test_a_picture_removed_after_approval_is_drift(shop: Shop) -> None:
    number = shop.stock()
    images.add(shop.approving, shop.home.images, number, picture(shop.root / "b.jpg", "red"), "own")
    shop.draft(number)
    shop.approve(number)
    images.remove(shop.approving, number, images.listed(shop.approving, number)[1]["id"])
    assert rows_of(shop, number) == [("refused", True)]
    assert shop.packs() == []


@pytest.mark.parametrize(("rights", "url"), [("licensed", ""), ("own", "https://shop.example/other.jpg")])
def test_other_rights_or_another_address_of_a_picture_is_drift(shop: Shop, rights: str, url: str) -> None:
    number = shop.stock()
    shop.approve(number)
    images.add(shop.approving, shop.home.images, number, shop.root / f"{UID}.jpg", rights, url)
    assert len(images.listed(shop.approving, number)) == 1
    assert rows_of(shop, number) == [("refused", True)]


def test_one_more_picture_is_no_drift(shop: Shop) -> None:
    number = shop.stock()
    shop.approve(number)
    images.add(shop.approving, shop.home.images, number, picture(shop.root / "b.jpg", "red"), "own")
    assert rows_of(shop, number) == [("live", False)]


def test_a_live_listing_may_be_ended_without_its_pictures(shop: Shop) -> None:
    number = live(shop)
    images.remove(shop.approving, number, images.listed(shop.approving, number)[0]["id"])
    for file in shop.home.images.iterdir():
        file.unlink()
    proposing.propose(shop.drafting, number, "local", Action.END, {})
    shop.approve(number)
    assert rows_of(shop, number) == [("ended", False)]
    assert shop.packs() == []


def test_a_price_needs_no_picture_that_is_still_the_products(shop: Shop) -> None:
    number = live(shop)
    images.remove(shop.approving, number, images.listed(shop.approving, number)[0]["id"])
    proposing.propose(shop.drafting, number, "local", Action.REPRICE, price(2999))
    shop.approve(number)
    assert rows_of(shop, number) == [("live", False)]


def test_a_price_of_a_platform_that_holds_the_pictures_itself_needs_no_picture_file(tmp_path: Path) -> None:
    shop = Shop(tmp_path, Twin(), Market())
    number = live(shop)
    for file in shop.home.images.iterdir():
        file.unlink()
    proposing.propose(shop.drafting, number, shop.name, Action.REPRICE, price(2999))
    shop.approve(number)
    assert rows_of(shop, number) == [("live", False)]


def test_a_price_of_a_pack_needs_the_picture_files_that_go_into_it(shop: Shop) -> None:
    number = live(shop)
    next(shop.home.images.iterdir()).unlink()
    proposing.propose(shop.drafting, number, "local", Action.REPRICE, price(2999))
    shop.approve(number)
    assert rows_of(shop, number) == [("refused", True)]
    assert shop.listings()[0]["price_minor"] == 2499
