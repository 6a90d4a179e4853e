"""Prices that sales speak for come to the review with their reason, once a week at most; nothing is posted unasked."""

from pathlib import Path

import pytest

from selling import Market, Shop, Twin
from store_rows import DAY, put
from trendctl.approval import card
from trendctl.cli import card_view
from trendctl.errors import NothingApproved
from trendctl.posting import repricing
from trendctl.posting.repricing import propose_prices
from trendctl.render import Screen
from trendctl.store import metrics, reviews
from trendctl.store.writers import Role


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A lantern at 24.99 that is live, seen 300 times in three weeks and never bought; others ask 23.00."""
    made = Shop(tmp_path, Twin(), Market())
    number = made.stock()
    made.approve(number)
    made.post(number)
    made.clock.advance(repricing.WATCHED + DAY)
    now = int(made.clock.now().timestamp())
    with made.store.write(Role.POSTING) as db:
        day = metrics.DayRow(now // DAY - 1, views=300, units=0, revenue_minor=0, currency="USD")
        metrics.save(db, made.listings()[0]["id"], [day], now)
    with made.store.write(Role.ANALYZER) as db:
        put(db, "score", product_id=number, score=50.0, stage="rising", parts="[]", inputs="{}", price_low=1200,
            price_mid=1300, price_high=2600, currency="USD", computed_at=now)  # fmt: skip
    return made


def waiting(shop: Shop) -> list[int]:
    with shop.store.read() as db:
        return [row["id"] for row in reviews.queue(db, int(shop.clock.now().timestamp()))]


def enqueue(shop: Shop) -> None:
    """As the app does after a track."""
    with shop.store.write(Role.APPROVAL) as db:
        reviews.enqueue(db, [1], int(shop.clock.now().timestamp()))


def test_it_waits_in_the_review_with_its_reason_and_nothing_is_posted(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert waiting(shop) == []
    (made,) = propose_prices(shop.drafting)
    enqueue(shop)
    assert waiting(shop) == [1]
    (draft,) = [shop.card(1)]
    assert (draft.action, draft.state, draft.approvable) == ("reprice", "draft", True)
    assert draft.warnings[0] == f"proposed because: {made.why}"
    with shop.store.read() as db:
        shown = card.load(db, 1, shop.context, shop.clock.now())
    assert shown is not None
    card_view.draw(Screen().console(), shown, shop.clock.now())
    assert "300 views and no sale, others ask less" in capsys.readouterr().out
    with pytest.raises(NothingApproved):
        shop.post()
    assert shop.listings()[0]["price_minor"] == 2499


def test_once_approved_and_posted_the_next_one_comes_after_a_week(shop: Shop) -> None:
    propose_prices(shop.drafting)
    shop.approve(1)
    shop.post()
    assert shop.listings()[0]["price_minor"] == 2250  # a tenth at most
    shop.clock.advance(6 * DAY)
    assert propose_prices(shop.drafting) == []
    shop.clock.advance(2 * DAY)
    (second,) = propose_prices(shop.drafting)
    assert (second.old_minor, second.new_minor) == (2250, 2025)


def test_one_that_waits_is_not_made_again(shop: Shop) -> None:
    assert len(propose_prices(shop.drafting)) == 1
    for _ in range(4):
        shop.clock.advance(8 * DAY)
        assert propose_prices(shop.drafting) == []
