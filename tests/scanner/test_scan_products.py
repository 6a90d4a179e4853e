"""Items into products: who may create one, what joins one, and the person's merges and splits."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from trendctl.errors import UsageError
from trendctl.ports import Record
from trendctl.scanner.measure import term_of
from trendctl.scanner.products import Grouped, Grouping, group_items, merge, names, split
from trendctl.store import products
from trendctl.store.engine import Store
from trendctl.store.observations import store_records
from trendctl.store.writers import Role

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
TUMBLER = "Stanley Quencher H2.0 FlowState 40oz Tumbler"
SAME = "STANLEY Quencher H2.0 Flow State Tumbler 40 oz"
KETTLE = "Fellow Stagg EKG Electric Gooseneck Kettle"


@pytest.fixture
def named(store: Store) -> Callable[..., Grouped]:
    """Let a source name titles, and put them to products."""
    numbers = iter(range(1000))

    def name(source: str, *titles: str, chance: float = 0.8, at: int = AT, **more: Any) -> Grouped:
        records = [
            Record(title, title, category=more.get("category", ""), brand=more.get("brand", "")) for title in titles
        ]
        grouping = Grouping(
            {"deals", "shop"}, lambda title: chance, 0.5, lambda: f"p{next(numbers)}",
            more.get("include", ()), more.get("exclude", ()), more.get("watch", ()),
        )  # fmt: skip
        with store.write(Role.SCANNER) as db:
            stored = store_records(db, source, records, at)
            return group_items(db, stored.ids, grouping, at)

    return name


@pytest.fixture
def table(store: Store) -> Callable[[], dict[str, list[str]]]:
    """Product title -> the sources and titles of its items."""

    def look() -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        with store.read() as db:
            for title, source, item in db.execute(
                "SELECT p.title, i.source, i.title FROM product p LEFT JOIN item i ON i.product_id = p.id "
                "WHERE p.merged_into IS NULL ORDER BY p.id, i.id"
            ):
                found.setdefault(title, []).append(f"{source}: {item}")
        return found

    return look


def item_ids(store: Store, *titles: str) -> Sequence[int]:
    with store.read() as db:
        return [db.execute("SELECT id FROM item WHERE title = ?", (title,)).fetchone()[0] for title in titles]


def test_a_deal_source_creates_a_product_of_what_can_be_sold(named: Any, table: Any) -> None:
    assert len(named("deals", TUMBLER).new) == 1
    assert named("deals", "50% off all flights to Rome", chance=0.2).new == []
    assert list(table()) == [TUMBLER]


def test_another_sources_name_for_it_joins_the_product(named: Any, table: Any) -> None:
    named("deals", TUMBLER)
    grouped = named("press", SAME, chance=0.1)
    assert (grouped.new, len(grouped.updated)) == ([], 1)
    assert table() == {TUMBLER: [f"deals: {TUMBLER}", f"press: {SAME}"]}


def test_different_things_stay_different_products(named: Any, table: Any) -> None:
    named("deals", TUMBLER, KETTLE, "Stanley Quencher H2.0 FlowState 30oz Tumbler")
    assert len(table()) == 3


def test_a_trend_feed_alone_creates_nothing_unless_the_filter_is_sure(named: Any, table: Any) -> None:
    assert named("trends", TUMBLER, chance=0.8).new == []
    assert len(named("trends", TUMBLER, chance=0.95).new) == 1


def test_two_feeds_together_create_a_product(named: Any, store: Store, table: Any) -> None:
    named("trends", TUMBLER, chance=0.3)
    with store.write(Role.SCANNER) as db:
        ids = [*item_ids(store, TUMBLER), *store_records(db, "reddit", [Record("1", SAME)], AT).ids]
        grouping = Grouping({"deals"}, lambda title: 0.3, 0.5, lambda: "p")
        assert len(group_items(db, ids, grouping, AT).new) == 1
    assert len(table()) == 1


def test_two_feeds_together_do_not_make_a_product_of_a_person(store: Store) -> None:
    with store.write(Role.SCANNER) as db:
        ids = [
            *store_records(db, "trends", [Record("1", "Some Singer")], AT).ids,
            *store_records(db, "wiki", [Record("1", "Some Singer")], AT).ids,
        ]
        assert group_items(db, ids, Grouping({"deals"}, lambda title: 0.05, 0.5, lambda: "p"), AT).new == []


def test_an_item_left_over_is_taken_up_when_a_shop_names_the_product(named: Any, table: Any) -> None:
    named("trends", TUMBLER, chance=0.3)
    named("deals", SAME)
    named("trends", TUMBLER, chance=0.3, at=AT + 3600)
    assert table() == {SAME: [f"trends: {TUMBLER}", f"deals: {SAME}"]}


def test_excluded_niches_never_become_products_nor_join_them(named: Any, table: Any) -> None:
    named("deals", TUMBLER)
    named("shop", SAME, exclude=["tumbler"])
    assert named("deals", KETTLE, exclude=["KITCHEN"], category="Kitchen").new == []
    assert table() == {TUMBLER: [f"deals: {TUMBLER}"]}


def test_included_niches_limit_new_products(named: Any) -> None:
    assert named("deals", KETTLE, include=["tumbler"]).new == []
    assert len(named("deals", TUMBLER, include=["tumbler"]).new) == 1


def test_a_watched_term_creates_whatever_the_filter_thinks(named: Any) -> None:
    assert len(named("trends", "gooseneck kettle craze", chance=0.01, watch=["Gooseneck Kettle"]).new) == 1
    assert named("trends", "some other craze", chance=0.01, watch=["Gooseneck Kettle"]).new == []


def test_a_term_is_whole_words() -> None:
    assert names("lamp", "Desk LAMP, black")
    assert not names("lamp", "Lampshade")
    assert not names("", "Desk lamp")


def test_a_merge_is_for_good(named: Any, table: Any, store: Store) -> None:
    named("deals", TUMBLER, KETTLE)
    tumbler, kettle = 1, 2
    assert merge(store, kettle, tumbler, NOW) == 1
    named("shop", KETTLE + " Matte Black", at=AT + 60)
    assert table() == {TUMBLER: [f"deals: {TUMBLER}", f"deals: {KETTLE}", f"shop: {KETTLE} Matte Black"]}
    with store.read() as db:
        uid = db.execute("SELECT uid FROM product WHERE id = ?", (kettle,)).fetchone()[0]
        assert products.product_id(db, uid) == tumbler


def test_merging_chains_leads_to_the_last_product(named: Any, table: Any, store: Store) -> None:
    named("deals", TUMBLER, KETTLE, "Acme Aurora desk lamp")
    merge(store, 2, 1, NOW)
    merge(store, 1, 3, NOW)
    named("shop", KETTLE, TUMBLER, at=AT + 60)
    assert list(table()) == ["Acme Aurora desk lamp"]
    with pytest.raises(UsageError):
        merge(store, 2, 3, NOW)
    with pytest.raises(UsageError):
        merge(store, 3, 3, NOW)


def test_a_split_is_for_good_even_when_the_item_is_named_again(named: Any, table: Any, store: Store) -> None:
    named("deals", TUMBLER)
    named("shop", SAME)
    (item,) = item_ids(store, SAME)
    new = split(store, 1, [item], NOW, lambda: "puid")
    with store.write(Role.SCANNER) as db:
        db.execute("UPDATE item SET product_id = NULL WHERE id = ?", (item,))  # as if it had to be placed anew
    named("shop", SAME, at=AT + 60)
    assert new == 2
    assert table() == {TUMBLER: [f"deals: {TUMBLER}"], SAME: [f"shop: {SAME}"]}


def test_a_split_needs_items_of_the_product_and_leaves_some(named: Any, store: Store) -> None:
    named("deals", TUMBLER)
    named("shop", SAME, KETTLE)
    tumbler, same, kettle = item_ids(store, TUMBLER, SAME, KETTLE)
    for items in ([], [kettle], [tumbler, same]):
        with pytest.raises(UsageError):
            split(store, 1, items, NOW, lambda: "x")


def test_seeing_a_product_again_moves_its_last_seen(named: Any, store: Store) -> None:
    named("deals", TUMBLER)
    later = int((NOW + timedelta(hours=2)).timestamp())
    assert named("deals", TUMBLER, at=later).updated == {1}
    with store.read() as db:
        assert tuple(db.execute("SELECT first_seen_at, last_seen_at FROM product").fetchone()) == (AT, later)


def test_the_product_takes_title_and_brand_from_the_shop_rather_than_the_feed(store: Store, table: Any) -> None:
    with store.write(Role.SCANNER) as db:
        ids = [
            *store_records(db, "trends", [Record("1", SAME)], AT).ids,
            *store_records(db, "deals", [Record("1", TUMBLER, brand="Stanley", category="Kitchen")], AT).ids,
        ]
        group_items(db, ids, Grouping({"deals"}, lambda title: 0.8, 0.5, lambda: "p"), AT)
        row = db.execute("SELECT title, brand, category FROM product").fetchone()
    assert tuple(row) == (TUMBLER, "Stanley", "Kitchen")


@pytest.mark.parametrize(
    ("title", "term"),
    [
        ("Stanley Quencher 40oz Tumbler $25.99 (Reg. $45) + Free Shipping", "stanley quencher 40oz tumbler"),
        ("Acme Aurora desk lamp - 50% off at Shop", "acme aurora desk lamp"),
        (
            "[Prime] Fellow Stagg EKG Electric Gooseneck Kettle 0.9 L black",
            "fellow stagg ekg electric gooseneck kettle",
        ),
        ("電気ケトル 1.2L", "電気ケトル 1.2l"),
        ("$5", ""),
    ],
)
def test_a_title_becomes_a_search_term(title: str, term: str) -> None:
    assert term_of(title) == term
