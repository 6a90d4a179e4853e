"""Price proposals: drafts only, by sales and competition, never below the floor, not again and again."""

from pathlib import Path
from typing import Any

import pytest

from sales_world import add_product, run
from selling import Market, Shop, Twin
from store_rows import DAY, put
from trendctl.posting import repricing, stock
from trendctl.posting.repricing import propose_prices, wish
from trendctl.posting.stock import Lowered
from trendctl.store import drafts, metrics
from trendctl.store.engine import Store
from trendctl.store.writers import Role


def row(**changes: Any) -> dict[str, Any]:
    base = {"price_minor": 2000, "price_mid": 1900, "price_high": 2400, "currency": "USD", "asked_currency": "USD",
            "units": 0, "views": 100, "recent": 0}  # fmt: skip
    return base | changes


@pytest.mark.parametrize(
    ("changes", "price"),
    [
        ({}, 1900),
        ({"price_mid": 1000}, 1800),  # a tenth at most
        ({"views": 99}, None),
        ({"views": None}, None),
        ({"units": None}, None),
        ({"units": 1}, None),
        ({"price_mid": 2000}, None),
        ({"price_mid": None}, None),
        ({"asked_currency": "EUR"}, None),
        ({"units": 12, "recent": 10}, 2100),
        ({"units": 12, "recent": 10, "price_high": 2050}, 2050),
        ({"units": 12, "recent": 10, "price_high": 2000}, None),
        ({"units": 12, "recent": 9}, None),
    ],
)
def test_what_the_figures_speak_for(changes: dict[str, Any], price: int | None) -> None:
    found = wish(row(**changes))
    assert (found[0] if found else None) == price


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A lantern at 24.99 that is live, seen 300 times in three weeks and never bought; others ask 19.00 to 23.00."""
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
        put(db, "score", product_id=number, score=50.0, stage="rising", parts="[]", inputs="{}", price_low=1900,
            price_mid=2300, price_high=2600, currency="USD", computed_at=now)  # fmt: skip
    return made


def test_a_proposal_is_a_draft_that_changes_nothing_by_itself(shop: Shop) -> None:
    (made,) = propose_prices(shop.drafting)
    assert (made.old_minor, made.new_minor, made.currency) == (2499, 2300, "USD")
    with shop.store.read() as db:
        (draft,) = drafts.of_product(db, made.product_id)
        assert (draft["action"], draft["blocks"]) == ("reprice", "[]")
        assert db.execute("SELECT count(*) FROM decision").fetchone()[0] == 1
    assert shop.listings()[0]["price_minor"] == 2499


def test_it_is_not_made_again_while_it_waits_nor_soon_after(shop: Shop) -> None:
    assert len(propose_prices(shop.drafting)) == 1
    assert propose_prices(shop.drafting) == []
    shop.clock.advance(repricing.QUIET + DAY)
    assert propose_prices(shop.drafting) == []


def test_a_price_below_the_floor_is_not_proposed(shop: Shop) -> None:
    with shop.store.write(Role.APPROVAL) as db:
        db.execute("UPDATE supply SET cost_minor = 1900")
    assert propose_prices(shop.drafting) == []


def test_an_ended_listing_is_left_alone(shop: Shop) -> None:
    with shop.store.write(Role.POSTING) as db:
        db.execute("UPDATE listing SET state = 'ended'")
    assert propose_prices(shop.drafting) == []


def test_track_tells_of_lowerings_and_proposals(
    store: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_product(store, 4, "Lamp")
    low = Lowered(3, "amazon", 0, "failed", "no answer")
    offer = repricing.Proposal(4, "ebay", 2499, 2300, "USD", "300 views and no sale, others ask less")
    monkeypatch.setattr(stock, "lower", lambda work: [low])
    monkeypatch.setattr(repricing, "propose_prices", lambda work: [offer])
    ran = run(capsys, "track", "--json")
    assert ran.code == 1  # a listing still offers what is gone
    assert (ran.json["lowered"][0]["cause"], ran.json["proposed"][0]["new_minor"]) == ("no answer", 2300)
    assert "USD 23.00 instead of USD 24.99 proposed" in ran.err
    assert "0 left, not lowered (failed): no answer" in ran.err
