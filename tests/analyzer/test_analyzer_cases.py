"""Cases: what is read of the store, on which grid, and what the sources' facts allow."""

from datetime import timedelta

from analyzer_world import DAY, HOUR, NOW, STAMP, add_item, add_product, observe, tell_supply

from trendctl.ports import Case
from trendctl.store import cases
from trendctl.store.cases import Context
from trendctl.store.engine import Store
from trendctl.store.writers import Role

OPEN = Context(platforms=("local", "ebay"), ai_ok=frozenset({"feed"}), may_price=frozenset({"feed"}))


def the_case(store: Store, product_id: int, context: Context = OPEN) -> Case:
    with store.read() as db:
        case = cases.one(db, product_id, context, NOW)
    assert case is not None
    return case


def test_a_product_without_anything_else_is_a_case(store: Store) -> None:
    case = the_case(store, add_product(store, "Kettle", brand="Acme"))

    assert (case.title, case.brand, case.items, case.series, case.supply) == ("Kettle", "Acme", (), (), None)
    assert case.platforms == ("local", "ebay")


def test_a_merged_or_unknown_product_is_none(store: Store) -> None:
    kept = add_product(store, "Kettle")
    gone = add_product(store, "Ketle", merged_into=kept)
    with store.read() as db:
        assert set(cases.build(db, [kept, gone, 999], OPEN, NOW)) == {kept}
        assert cases.build(db, [], OPEN, NOW) == {}


def test_a_series_has_a_regular_grid_with_missing_points(store: Store) -> None:
    product = add_product(store, "Kettle")
    item = add_item(store, product, "Kettle", external_id="q:kettle|US")
    day = STAMP // DAY * DAY
    observe(store, item, "views", [(day - 3 * DAY, 1.0), (day - DAY, 3.0), (day, 4.0)], period=DAY)
    (series,) = the_case(store, product).series

    assert (series.values, series.period, series.kind, series.measured) == ((1.0, None, 3.0, 4.0), DAY, "count", True)
    assert series.start.timestamp() == day - 3 * DAY


def test_a_momentary_level_is_read_once_an_hour_and_the_last_counts(store: Store) -> None:
    product = add_product(store, "Kettle")
    item = add_item(store, product, "Kettle")
    hour = STAMP // HOUR * HOUR
    observe(store, item, "points", [(hour - HOUR, 5.0), (hour - HOUR + 900, 7.0), (hour, 9.0)])
    (series,) = the_case(store, product).series

    assert (series.values, series.kind, series.period, series.measured) == ((7.0, 9.0), "level", HOUR, False)


def test_values_and_ranks_of_one_metric_are_two_series(store: Store) -> None:
    product = add_product(store, "Kettle")
    observe(store, add_item(store, product, "Kettle"), "players", [(STAMP, 5.0)], rank=3)

    assert [(s.metric, s.kind, s.values) for s in the_case(store, product).series] == [
        ("players", "level", (5.0,)),
        ("players rank", "rank", (3.0,)),
    ]


def test_only_the_window_of_the_period_is_read(store: Store) -> None:
    product = add_product(store, "Kettle")
    item = add_item(store, product, "Kettle")
    observe(store, item, "hourly", [(STAMP - 29 * DAY, 1.0), (STAMP, 2.0)], period=HOUR)
    observe(store, item, "daily", [(STAMP - 29 * DAY, 1.0), (STAMP, 2.0)], period=DAY)
    lengths = {s.metric: len(s.values) for s in the_case(store, product).series}

    assert lengths == {"hourly": 1, "daily": 30}


def test_a_measured_series_of_days_reaches_back_more_than_a_year(store: Store) -> None:
    product = add_product(store, "Kettle")
    points = [(STAMP - 7 * n * DAY, 1.0) for n in range(62, 30, -1)] + [(STAMP, 2.0)]
    for name in ("q:kettle|US", "kettle"):
        observe(store, add_item(store, product, name, external_id=name), "views", points, period=DAY)
    lengths = {s.measured: len(s.values) for s in the_case(store, product).series}

    assert lengths == {True: 435, False: 1}


def test_a_value_from_far_in_the_future_does_not_stretch_the_series(store: Store) -> None:
    product = add_product(store, "Kettle")
    observe(store, add_item(store, product, "Kettle"), "views", [(STAMP, 1.0), (STAMP + 9999 * DAY, 2.0)], period=DAY)

    assert the_case(store, product).series[0].values == (1.0,)


def test_events_are_counted_by_source_and_day(store: Store) -> None:
    product = add_product(store, "Kettle")
    for n, ago in enumerate((0, 0, 2, 90)):
        add_item(store, product, f"Article {n}", source="press", event_at=STAMP - ago * DAY)

    assert the_case(store, product).event_days == {"press": (1, 0, 2)}


def test_prices_come_from_sources_that_may_price_newest_of_each_item(store: Store) -> None:
    product = add_product(store, "Kettle")
    shop, keyed = add_item(store, product, "Kettle"), add_item(store, product, "Kettle", source="keyed")
    observe(store, shop, "deal", [(STAMP - DAY, None)], price=2000, currency="USD")
    observe(store, shop, "deal", [(STAMP, None)], price=1900, currency="USD")
    observe(store, keyed, "deal", [(STAMP, None)], price=5, currency="USD")

    assert [(p.source, p.minor, p.currency) for p in the_case(store, product).prices] == [("feed", 1900, "USD")]


def test_what_a_source_allows_stands_with_its_items(store: Store) -> None:
    product = add_product(store, "Kettle")
    add_item(store, product, "Kettle", source="feed")
    add_item(store, product, "Kettle", source="keyed")

    assert {i.source: (i.ai_ok, i.may_price) for i in the_case(store, product).items} == {
        "feed": (True, True),
        "keyed": (False, False),
    }


def test_supply_images_and_choices_are_read(store: Store) -> None:
    product = add_product(store, "Kettle")
    tell_supply(store, product, stock=4, auto_decrease=1, facts='{"size": "M", "bad": 3}')
    with store.write(Role.APPROVAL) as db:
        db.execute("INSERT INTO platform_choice VALUES (?, 'ebay', 0)", (product,))
        db.execute(
            "INSERT INTO image (product_id, path, sha256, mime, width, height, bytes, rights, position, added_at)"
            " VALUES (?, 'images/a.jpg', ?, 'image/jpeg', 10, 20, 30, 'own', 0, 1)", (product, "a" * 64),
        )  # fmt: skip
    case = the_case(store, product)

    assert case.supply is not None
    assert (case.supply.stock, case.supply.auto_decrease, case.supply.facts) == (4, True, {"size": "M"})
    assert (case.images[0].width, case.platforms) == (10, ("local",))


def test_many_products_do_not_mix(store: Store) -> None:
    numbers = [add_product(store, f"Kettle {n}") for n in range(6)]
    for n, product in enumerate(numbers):
        observe(store, add_item(store, product, f"Kettle {n}"), "points", [(STAMP, float(n))])
    with store.read() as db:
        built = cases.build(db, numbers, OPEN, NOW)

    assert [built[product].series[0].values for product in numbers] == [(float(n),) for n in range(6)]


def test_recent_prices_leave_out_old_ones_other_currencies_and_closed_sources(store: Store) -> None:
    product = add_product(store, "Kettle")
    for source, at, price, currency in (
        ("feed", STAMP, 100, "USD"), ("feed", STAMP - 99 * DAY, 200, "USD"), ("feed", STAMP, 300, "EUR"),
        ("keyed", STAMP, 400, "USD"),
    ):  # fmt: skip
        item = add_item(store, product, f"{price}", source=source)
        observe(store, item, "deal", [(at, None)], price=price, currency=currency)
    with store.read() as db:
        found = cases.recent_prices(db, OPEN, STAMP)

    assert [(number, view.minor) for number, view in found] == [(product, 100)]


def test_the_time_of_a_case_is_the_one_given(store: Store) -> None:
    case = the_case(store, add_product(store, "Kettle"))

    assert case.now == NOW
    assert case.now - case.last_seen == timedelta(hours=1)
