"""Profit to the cent, worked out by hand; and what is not known is never counted."""

from datetime import date
from typing import Any

import pytest
from test_perf_tracking import Gauge, working

from fakes import FakeClock
from sales_world import add_cost, add_days, add_listing, add_product, run
from store_rows import NOW
from trendctl.ports import DayMetrics
from trendctl.posting import tracking
from trendctl.report.profit import grouped
from trendctl.report.sales import Sales, gather
from trendctl.store.engine import Store
from trendctl.store.journal import Journal

TODAY = date(2026, 6, 1)
Capture = pytest.CaptureFixture[str]


def sales(store: Store) -> Sales:
    with store.read() as db:
        return gather(db, NOW)


def money(store: Store) -> dict[str, Any]:
    """The one purse of everything, in text."""
    (purse,) = sales(store).whole.purses.values()
    return purse.to_json()


def test_the_platforms_own_fees(store: Store) -> None:
    add_product(store, 1, "Lamp")
    add_cost(
        store, 1, 750, freight_minor=60, duty_minor=15, packaging_minor=40, outbound_shipping_minor=395, ad_minor=20
    )
    add_days(store, add_listing(store, 1), [
        {"day": 2, "views": 100, "orders": 2, "units": 2, "revenue_minor": 4998, "fees_minor": 760, "refunds_minor": 0},
        {"day": 1, "views": 50, "orders": 1, "units": 1, "revenue_minor": 2499, "fees_minor": 380, "refunds_minor": 0},
    ])  # fmt: skip
    # 3 x 24.99 = 74.97; fees 11.40; a unit costs 7.50 + 0.60 + 0.15 + 0.40 + 3.95 + 0.20 = 12.80, three 38.40;
    # 74.97 - 11.40 - 38.40 = 25.17
    assert money(store) == {
        "currency": "USD", "revenue": "74.97", "refunds": "0.00", "fees": "11.40", "cost": "38.40", "profit": "25.17",
        "listings_sold": 1, "listings_with_profit": 1, "listings_before_returns": 0,
    }  # fmt: skip
    assert sales(store).whole.conversion == 3 / 150


def test_a_refund_gives_the_revenue_and_the_refundable_fee_back_and_loses_the_goods(
    store: Store, journal: Journal, clock: FakeClock
) -> None:
    add_product(store, 1, "Lamp")
    add_cost(store, 1, 800, outbound_shipping_minor=450)
    add_listing(store, 1, "ebay")
    told = [DayMetrics(TODAY, units=4, revenue_minor=9996, returns=1, currency="USD")]
    tracking.track(working(store, journal, clock, ebay=Gauge({"ebay-1": told})))
    # eBay US on 24.99: 13.6% = 3.39864 -> 3.40, and 0.40 an order: 3.80 a unit, 15.20 for four. The return brings 3.40
    # back: 11.80. Refund 24.99. Cost 4 x 12.50 = 50.00. 99.96 - 24.99 - 11.80 - 50.00 = 13.17
    assert (money(store)["fees"], money(store)["refunds"], money(store)["profit"]) == ("11.80", "24.99", "13.17")


def test_amazons_fees_by_the_table(store: Store, journal: Journal, clock: FakeClock) -> None:
    add_product(store, 1, "Lamp")
    add_cost(store, 1, 600)
    add_listing(store, 1, "amazon")
    told = [DayMetrics(TODAY, units=2, revenue_minor=4000, currency="USD")]
    tracking.track(working(store, journal, clock, amazon=Gauge({"amazon-1": told})))
    # referral 15% of 20.00 = 3.00, twice 6.00; cost 12.00; 40.00 - 6.00 - 12.00 = 22.00
    assert (money(store)["fees"], money(store)["profit"]) == ("6.00", "22.00")


def test_refunds_that_are_not_told_are_not_nought_and_the_profit_says_so(store: Store) -> None:
    for number, told in ((1, {}), (2, {"returns": 1, "refunds_minor": 2499})):
        add_product(store, number, "Lamp")
        add_cost(store, number, 750)
        day = {"day": 2, "units": 4, "revenue_minor": 9996, "fees_minor": 1500}
        add_days(store, add_listing(store, number, "amazon"), [day | told])
    first, second = (p.to_json() for g in sales(store).products for p in g.purses.values())
    assert {first["refunds"], second["refunds"]} == {None, "24.99"}
    # 99.96 - 15.00 - 4 x 7.50 = 54.96, the other 24.99 less
    assert {(p["profit"], p["listings_before_returns"]) for p in (first, second)} == {("54.96", 1), ("29.97", 0)}
    whole = money(store)
    assert (whole["refunds"], whole["profit"], whole["listings_before_returns"]) == ("24.99", "84.93", 1)


def test_a_day_with_revenue_and_no_units_leaves_the_cost_unknown(store: Store) -> None:
    add_product(store, 1, "Lamp")
    add_cost(store, 1, 750)
    listing = add_listing(store, 1)
    days = [
        {"day": 3, "units": 1, "revenue_minor": 2499, "fees_minor": 375},
        {"day": 2, "revenue_minor": 9996, "fees_minor": 1500},
    ]
    add_days(store, listing, days)
    assert (money(store)["cost"], money(store)["profit"], money(store)["listings_with_profit"]) == (None, None, 0)
    add_days(store, listing, [days[1] | {"units": 4}])
    assert (money(store)["cost"], money(store)["profit"]) == ("37.50", "68.70")  # 124.95 - 18.75 - 5 x 7.50


def test_a_loss_is_a_loss(store: Store) -> None:
    add_product(store, 1, "Lamp")
    add_cost(store, 1, 2400)
    add_days(store, add_listing(store, 1), [{"day": 1, "units": 1, "revenue_minor": 2499, "fees_minor": 380}])
    assert money(store)["profit"] == "-2.81"


def test_returns_without_a_sale_of_the_day_take_the_listings_price(
    store: Store, journal: Journal, clock: FakeClock
) -> None:
    add_product(store, 1, "Lamp")
    add_cost(store, 1, 750)
    add_listing(store, 1, "ebay", price=2499)
    told = [DayMetrics(TODAY, units=0, revenue_minor=0, returns=1, currency="USD")]
    tracking.track(working(store, journal, clock, ebay=Gauge({"ebay-1": told})))
    # refund 24.99, of the fee 3.40 comes back: 0 - 24.99 + 3.40 = -21.59
    assert money(store)["profit"] == "-21.59"


def test_without_a_cost_there_is_no_profit_and_it_is_said_of_how_many(store: Store) -> None:
    for number in (1, 2):
        add_product(store, number, f"Lamp {number}")
        day = {"day": 1, "units": 1, "revenue_minor": 2000, "fees_minor": 300}
        add_days(store, add_listing(store, number), [day])
    add_cost(store, 1, 700)
    told = money(store)
    assert (told["revenue"], told["profit"], told["listings_sold"], told["listings_with_profit"]) == (
        "40.00",
        "10.00",
        2,
        1,
    )


def test_a_cost_in_another_currency_is_not_converted(store: Store) -> None:
    add_product(store, 1, "Lamp")
    add_cost(store, 1, 700, currency="EUR")
    add_days(store, add_listing(store, 1), [{"day": 1, "units": 1, "revenue_minor": 2000, "fees_minor": 300}])
    assert (money(store)["cost"], money(store)["profit"]) == (None, None)


def test_currencies_are_kept_apart_and_yen_have_no_cents(store: Store) -> None:
    for number, currency, amount in ((1, "USD", 2000), (2, "JPY", 2980)):
        add_product(store, number, f"Lamp {number}")
        add_cost(store, number, 700, currency=currency)
        day = {"day": 1, "units": 1, "revenue_minor": amount, "fees_minor": 300}
        add_days(store, add_listing(store, number, currency=currency), [day], currency)
    purses = {c: p.to_json()["profit"] for c, p in sales(store).whole.purses.items()}
    assert purses == {"USD": "10.00", "JPY": "1980"}


def test_views_without_orders_count_for_no_conversion(store: Store) -> None:
    add_product(store, 1, "Lamp")
    add_days(store, add_listing(store, 1, "facebook"), [{"day": 1, "views": 1000, "currency": None}])
    add_days(store, add_listing(store, 1, "ebay"), [{"day": 1, "views": 100, "units": 3}])
    assert sales(store).whole.conversion == 0.03
    assert {g.key: g.conversion for g in sales(store).platforms} == {"ebay": 0.03, "facebook": None}


def test_a_product_counts_for_each_of_its_sources(store: Store) -> None:
    from store_rows import put
    from trendctl.store.writers import Role

    add_product(store, 1, "Lamp")
    with store.write(Role.SCANNER) as db:
        put(db, "item", source="reddit_rss", external_id="x", title="t", first_seen_at=1, last_seen_at=1, product_id=1)
    add_days(store, add_listing(store, 1), [{"day": 1, "units": 2}])
    assert {g.key: g.sums["units"] for g in sales(store).sources} == {"reddit_rss": 2, "wikipedia_pageviews": 2}


def test_the_sparkline_counts_back_from_today(store: Store) -> None:
    add_product(store, 1, "Lamp")
    add_days(store, add_listing(store, 1), [{"day": 0, "units": 3}, {"day": 27, "units": 1}, {"day": 28, "units": 9}])
    what, days = sales(store).spark(sales(store).whole)
    assert (what, len(days), days[-1], days[0], sum(days)) == ("units", 28, 3, 1, 4)


def test_groups_without_rows() -> None:
    assert grouped([], lambda r: ("x",)) == []


def test_stats_keeps_its_keys_and_adds_the_sales(store: Store, capsys: Capture) -> None:
    add_product(store, 1, "Lamp")
    add_cost(store, 1, 700)
    add_days(
        store, add_listing(store, 1), [{"day": 1, "views": 9, "units": 1, "revenue_minor": 2000, "fees_minor": 300}]
    )
    told = run(capsys, "stats", "--json").json
    assert {"pipeline", "by_platform", "by_source"} <= set(told)
    assert told["by_platform"][0]["live"] == 1
    assert told["by_platform"][0]["money"][0]["profit"] == "10.00"
    assert told["by_source"][0]["items"] == 1
    assert told["by_product"][0]["title"] == "Lamp"
    assert told["by_category"][0]["category"] == "Home & Garden > Lighting"
    shown = run(capsys, "stats")
    assert "USD 10.00" in shown.out
    assert shown.code == 0


def test_stats_of_an_empty_home(store: Store, capsys: Capture) -> None:
    ran = run(capsys, "stats")
    assert ran.code == 0
    assert "nothing is listed" in ran.err
    assert run(capsys, "stats", "--json").json["total"]["views"] is None


@pytest.mark.parametrize(("platforms", "step"), [(("local",), "platforms list"), (("local", "ebay"), "track")])
def test_stats_without_sales_names_a_step_that_can_bring_some(
    store: Store, capsys: Capture, platforms: tuple[str, ...], step: str
) -> None:
    for number, platform in enumerate(platforms, 1):
        add_product(store, number, f"Lamp {number}")
        add_listing(store, number, platform)
    assert run(capsys, "stats").err.splitlines()[-1].endswith(f"Next: trendctl {step}")


def test_stats_says_which_figures_are_given(store: Store, capsys: Capture) -> None:
    assert "trendctl track" in run(capsys, "stats", "--metrics").err
    add_product(store, 1, "Lamp")
    add_days(store, add_listing(store, 1, "facebook"), [{"day": 1, "views": 9, "currency": None}])
    (row,) = run(capsys, "stats", "--metrics", "--json").json["platforms"]
    assert (row["views"], row["units"], row["last_day"]) == (1, 0, "2026-05-31")
    assert "n/a" in run(capsys, "stats", "--metrics").out


def test_no_model_no_costs(store: Store, capsys: Capture) -> None:
    assert run(capsys, "stats", "--costs", "--json").json == []
    assert "No model has cost anything" in run(capsys, "stats", "--costs").err
