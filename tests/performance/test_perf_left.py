"""What is left of a told stock: no draft offers more, no approval outlives it, and a number told anew begins anew."""

import json
from pathlib import Path

import pytest

from sales_world import add_days, add_listing
from selling import Shop
from store_rows import put
from trendctl.approval import supply
from trendctl.posting import service
from trendctl.store import analyses, stocks, supplies
from trendctl.store.writers import Role


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def sell_elsewhere(shop: Shop, number: int, units: int) -> None:
    """So many of the product have sold on eBay, by its last report."""
    with shop.store.read() as db:
        there = db.execute("SELECT id FROM listing WHERE platform = 'ebay'").fetchone()
    listing_id = there[0] if there else add_listing(shop.store, number, "ebay")
    add_days(shop.store, listing_id, [{"day": 1, "units": units}])
    count(shop)


def count(shop: Shop) -> None:
    with shop.store.write(Role.POSTING) as db:
        stocks.count(db, int(shop.clock.now().timestamp()))


def left(shop: Shop) -> dict[int, int]:
    with shop.store.read() as db:
        return stocks.quantities(db)


def offered(shop: Shop, number: int) -> tuple[int, list[str]]:
    """The quantity of the product's current draft, and what is missing from it."""
    with shop.store.read() as db:
        row = db.execute(
            "SELECT doc, missing FROM draft WHERE platform = 'local' AND product_id = ? AND superseded_at IS NULL",
            (number,),
        ).fetchone()
    return json.loads(row["doc"])["quantity"], json.loads(row["missing"])


def test_a_draft_offers_no_more_than_is_left(shop: Shop) -> None:
    number = shop.stock()
    sell_elsewhere(shop, number, 3)
    shop.draft(number)
    assert offered(shop, number) == (2, [])


def test_a_product_that_sold_out_is_not_offered_elsewhere(shop: Shop) -> None:
    number = shop.stock()
    sell_elsewhere(shop, number, 6)
    shop.draft(number)
    assert offered(shop, number) == (0, ["stock above 0"])


def test_an_approval_of_more_than_is_left_is_not_posted(shop: Shop) -> None:
    number = shop.stock()
    shop.approve(number)
    sell_elsewhere(shop, number, 3)
    (row,) = service.post(shop.posting, [number])
    assert (row.state, row.cause) == ("refused", "the supply changed: review it again")


def test_a_product_whose_stock_fell_is_analysed_again(shop: Shop) -> None:
    number = shop.stock()
    shop.clock.advance(60)
    with shop.store.write(Role.ANALYZER) as db:
        now = int(shop.clock.now().timestamp())
        put(db, "score", product_id=number, score=50.0, stage="steady", parts="[]", inputs="{}", sources=1,
            computed_at=now)  # fmt: skip
    shop.clock.advance(60)
    with shop.store.read() as db:
        assert analyses.changed(db) == []
    sell_elsewhere(shop, number, 1)
    with shop.store.read() as db:
        assert analyses.changed(db) == [number]


def test_the_same_number_told_again_after_it_sold_out_is_new_stock(shop: Shop) -> None:
    number = shop.stock()
    sell_elsewhere(shop, number, 5)
    assert left(shop) == {number: 0}
    supply.tell(shop.approving, number, {"stock": "5"}, {}, "USD")
    shop.draft(number)
    assert offered(shop, number) == (5, [])
    count(shop)
    assert left(shop) == {number: 5}
    sell_elsewhere(shop, number, 7)
    assert left(shop) == {number: 3}


def test_another_fact_told_is_no_new_stock(shop: Shop) -> None:
    number = shop.stock()
    sell_elsewhere(shop, number, 5)
    supply.tell(shop.approving, number, {"cost": "8.00"}, {"size": "M"}, "USD")
    count(shop)
    assert left(shop) == {number: 0}


def test_what_is_left_and_what_was_told_are_both_said(shop: Shop) -> None:
    number = shop.stock()
    sell_elsewhere(shop, number, 3)
    with shop.store.read() as db:
        row = supplies.row(db, number)
    assert row is not None
    assert (row["stock_told"], row["stock"]) == (5, 2)


@pytest.mark.parametrize(("told", "missing"), [(0, 1), (1, 0), (2, 0)])
def test_a_sale_found_when_a_quantity_was_set_is_counted_until_it_is_told(told: int, missing: int) -> None:
    """Set to 2 when one had gone that nobody had told of; 2 are still offered."""
    shelf = stocks.Shelf("l", 1, "ebay", "default", set_to=2, units=told, units_at_set=1, allowed=True)
    assert shelf.unseen(left=2) == missing
