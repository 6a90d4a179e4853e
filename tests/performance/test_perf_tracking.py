"""`track`: what platforms give, late, wrong or not at all, is stored as it is; nothing is made up."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from fakes import FakeClock
from sales_world import add_cost, add_listing, add_product, run
from store_rows import DAY, NOW, put
from trendctl.commerce.fees import FEES_VERSION
from trendctl.errors import AccessError, TrendctlError
from trendctl.ports import Answer, DayMetrics, Sold, Talk, Wire
from trendctl.posting import stock, tracking
from trendctl.posting.drafting import Account
from trendctl.posting.service import Posting
from trendctl.store import metrics, stocks
from trendctl.store.cases import Context
from trendctl.store.engine import Store
from trendctl.store.journal import Journal
from trendctl.store.writers import Role

TODAY = date(2026, 6, 1)
Capture = pytest.CaptureFixture[str]


@dataclass
class Gauge:
    """A platform that tells of each listing what it was given, and remembers what it was asked."""

    tells: dict[str, list[DayMetrics]] = field(default_factory=dict)
    fault: Exception | None = None
    asked: list[tuple[str, date, date]] = field(default_factory=list)

    def performance(self, listing: Sold, days: Sequence[date], talk: Talk) -> Sequence[DayMetrics]:
        self.asked.append((listing.sku, days[0], days[-1]))
        if self.fault is not None:
            raise self.fault
        return self.tells.get(listing.sku, [])


class NoTalk:
    def send(self, wire: Wire) -> Answer:
        raise AssertionError("nothing is sent here")


@contextmanager
def no_talk(name: str) -> Iterator[Talk]:
    yield NoTalk()


def working(store: Store, journal: Journal, clock: FakeClock, **platforms: Any) -> Posting:
    accounts = {name: Account() for name in platforms}
    return Posting(store, journal, clock, platforms, accounts, no_talk, Path("images"), Path("."), Context())


def stored(store: Store) -> list[dict[str, Any]]:
    with store.read() as db:
        return [dict(r) for r in db.execute("SELECT * FROM metric_day ORDER BY number, day")]


def sums(store: Store) -> dict[str, Any]:
    with store.read() as db:
        return dict(db.execute("SELECT * FROM metric_listing").fetchone())


@pytest.fixture
def sold(store: Store) -> Store:
    add_product(store, 1, "Lamp")
    add_listing(store, 1, "ebay")
    return store


def age(store: Store, days: int) -> None:
    """Make the listings that much older."""
    from trendctl.store.writers import Role

    with store.write(Role.POSTING) as db:
        db.execute("UPDATE listing SET created_at = created_at - ?", (days * DAY,))


def test_figures_not_given_stay_not_given(sold: Store, journal: Journal, clock: FakeClock) -> None:
    gauge = Gauge({"ebay-1": [DayMetrics(TODAY, views=7)]})
    (row,) = tracking.track(working(sold, journal, clock, ebay=gauge))
    assert (row.state, row.listings, row.days, row.changed, row.told) == ("ok", 1, 1, 1, [])
    (day,) = stored(sold)
    assert (day["views"], day["units"], day["revenue_minor"], day["fees_minor"], day["returns"]) == (
        7,
        None,
        None,
        None,
        None,
    )
    assert (sums(sold)["views"], sums(sold)["units"], sums(sold)["orders"]) == (7, None, None)


def test_nought_is_nought(sold: Store, journal: Journal, clock: FakeClock) -> None:
    gauge = Gauge({"ebay-1": [DayMetrics(TODAY, views=0, units=0, revenue_minor=0, currency="USD")]})
    tracking.track(working(sold, journal, clock, ebay=gauge))
    assert (sums(sold)["views"], sums(sold)["units"], sums(sold)["revenue_minor"], sums(sold)["fees_minor"]) == (
        0,
        0,
        0,
        0,
    )


def test_late_data_replaces_its_day_and_the_sums_follow(sold: Store, journal: Journal, clock: FakeClock) -> None:
    gauge = Gauge({"ebay-1": [DayMetrics(TODAY, 5, units=2, revenue_minor=4998, fees_minor=722, currency="USD")]})
    work = working(sold, journal, clock, ebay=gauge)
    tracking.track(work)
    gauge.tells["ebay-1"] = [DayMetrics(TODAY, 9, units=1, revenue_minor=2499, fees_minor=361, currency="USD")]
    (row,) = tracking.track(work)
    assert row.changed == 1
    assert len(stored(sold)) == 1
    assert (sums(sold)["views"], sums(sold)["units"], sums(sold)["revenue_minor"], sums(sold)["fees_minor"]) == (
        9,
        1,
        2499,
        361,
    )
    assert tracking.track(work)[0].changed == 0


def test_the_last_two_weeks_are_read_again_and_new_listings_from_their_first_day(
    sold: Store, journal: Journal, clock: FakeClock
) -> None:
    age(sold, 200)
    gauge = Gauge({"ebay-1": [DayMetrics(TODAY, 1)]})
    work = working(sold, journal, clock, ebay=gauge)
    tracking.track(work)
    clock.advance(3 * DAY)
    tracking.track(work)
    assert gauge.asked == [
        ("ebay-1", TODAY - timedelta(days=tracking.FIRST_DAYS), TODAY),
        ("ebay-1", TODAY - timedelta(days=tracking.LATE_DAYS), TODAY + timedelta(days=3)),
    ]


def test_days_that_were_not_asked_for_are_dropped(sold: Store, journal: Journal, clock: FakeClock) -> None:
    gauge = Gauge({"ebay-1": [DayMetrics(TODAY + timedelta(days=1), 5), DayMetrics(date(1990, 1, 1), 5)]})
    tracking.track(working(sold, journal, clock, ebay=gauge))
    assert stored(sold) == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (DayMetrics(TODAY, units=1, revenue_minor=2000, currency="EUR"), "EUR"),
        (DayMetrics(TODAY, units=1, revenue_minor=2000), "no currency"),
        (DayMetrics(TODAY, views=-1), "below 0"),
    ],
)
def test_amounts_in_another_currency_and_figures_below_nought_are_left_out_and_told_once(
    sold: Store, journal: Journal, clock: FakeClock, wrong: DayMetrics, words: str
) -> None:
    work = working(sold, journal, clock, ebay=Gauge({"ebay-1": [wrong]}))
    (row,) = tracking.track(work)
    assert (row.state, len(row.told), stored(sold)) == ("partial", 1, [])
    assert words in row.told[0]
    assert tracking.track(work)[0].told == []


def test_a_missing_permission_is_told_once_and_again_only_after_it_worked(
    sold: Store, journal: Journal, clock: FakeClock
) -> None:
    add_product(sold, 2, "Mat")
    add_listing(sold, 2, "ebay")
    gauge = Gauge(fault=AccessError("The traffic report is not allowed", next="trendctl platforms check"))
    work = working(sold, journal, clock, ebay=gauge)
    first, second = tracking.track(work)[0], tracking.track(work)[0]
    assert (first.state, second.state, second.told) == ("failed", "failed", [])
    assert len(first.told) == 1
    assert "not allowed" in first.told[0]
    assert len(gauge.asked) == 2  # the second listing is not asked for: the account is of no use
    gauge.fault = None
    tracking.track(work)
    gauge.fault = AccessError("The traffic report is not allowed")
    assert len(tracking.track(work)[0].told) == 1


def test_one_listings_trouble_does_not_stop_the_others_and_no_foreign_words_are_kept(
    sold: Store, journal: Journal, clock: FakeClock
) -> None:
    add_product(sold, 2, "Mat")
    add_listing(sold, 2, "ebay")
    gauge = Gauge(fault=KeyError("Buyer Name, Some Street 1"))
    (row,) = tracking.track(working(sold, journal, clock, ebay=gauge))
    assert (row.state, len(gauge.asked)) == ("failed", 2)
    assert row.told == ["a listing cannot be read: KeyError"]
    gauge.fault = TrendctlError("The report is late")
    assert "The report is late" in tracking.track(working(sold, journal, clock, ebay=gauge))[0].told[0]


def test_a_platform_without_figures_is_na_and_said_once(store: Store, journal: Journal, clock: FakeClock) -> None:
    add_product(store, 1, "Lamp")
    add_listing(store, 1, "local")
    work = working(store, journal, clock, local=object())
    first, second = tracking.track(work)[0], tracking.track(work)[0]
    assert (first.state, first.told, second.told) == ("n/a", ["local gives no figures"], [])
    assert stored(store) == []


def test_fees_not_given_are_reckoned_by_the_dated_table_and_say_so(
    sold: Store, journal: Journal, clock: FakeClock
) -> None:
    gauge = Gauge({"ebay-1": [DayMetrics(TODAY, units=2, revenue_minor=5000, returns=1, currency="USD")]})
    tracking.track(working(sold, journal, clock, ebay=gauge))
    (day,) = stored(sold)
    # eBay US, by the table in data/fees.toml: 13.6% of 25.00 = 3.40 and 0.40 an order over 10 USD, two of them 7.60;
    # the unit sent back brings its 3.40 back.
    assert (day["fees_minor"], day["fees_by"], day["refunds_minor"]) == (760 - 340, FEES_VERSION, 2500)


def test_fees_are_reckoned_by_the_category_that_was_approved(store: Store, journal: Journal, clock: FakeClock) -> None:
    with store.write(Role.SCANNER) as db:
        put(db, "product", id=1, uid="u1", title="Linen shirt", category="Books", first_seen_at=NOW, last_seen_at=NOW)
    path = "Apparel & Accessories > Clothing"
    add_listing(store, 1, "amazon", price=10000, category={"id": "", "path": path})
    told = [DayMetrics(TODAY, orders=1, units=1, revenue_minor=10000, currency="USD")]
    tracking.track(working(store, journal, clock, amazon=Gauge({"amazon-1": told})))
    assert stored(store)[0]["fees_minor"] == 1700  # Amazon US: 17% of apparel above 20.00, 15% of most else


def test_a_market_without_a_fee_table_leaves_the_fees_unknown(store: Store, journal: Journal, clock: FakeClock) -> None:
    add_product(store, 1, "Lamp")
    add_listing(store, 1, "ebay", currency="EUR")
    gauge = Gauge({"ebay-1": [DayMetrics(TODAY, units=2, revenue_minor=5000, currency="EUR")]})
    tracking.track(working(store, journal, clock, ebay=gauge))
    assert (sums(store)["fees_minor"], sums(store)["revenue_minor"], sums(store)["fees_by"]) == (None, 5000, "")


def test_the_sum_of_fees_is_unknown_when_one_selling_day_has_none(store: Store) -> None:
    add_product(store, 1, "Lamp")
    listing = add_listing(store, 1, "ebay")
    from sales_world import add_days

    add_days(store, listing, [{"day": 1, "revenue_minor": 5, "fees_minor": 1}, {"day": 2, "revenue_minor": 5}])
    assert sums(store)["fees_minor"] is None
    add_days(store, listing, [{"day": 2, "revenue_minor": 0}])
    assert sums(store)["fees_minor"] == 1


def test_what_sells_after_a_stock_was_told_is_taken_off_it_though_both_are_seen_at_once(
    store: Store, journal: Journal, clock: FakeClock
) -> None:
    add_product(store, 1, "Lamp")
    add_cost(store, 1, stock=5)
    add_listing(store, 1)
    gauge = Gauge()
    work = working(store, journal, clock, ebay=gauge)
    tracking.track(work)
    stock.lower(work)
    with store.write(Role.APPROVAL) as db:
        db.execute("UPDATE supply SET stock_tellings = stock_tellings + 1")
    gauge.tells["ebay-1"] = [DayMetrics(TODAY, units=2)]
    tracking.track(work)
    stock.lower(work)
    with store.read() as db:
        assert stocks.quantities(db) == {1: 3}


def test_listings_ended_lately_are_still_read(store: Store, journal: Journal, clock: FakeClock) -> None:
    add_product(store, 1, "Lamp")
    add_listing(store, 1, "ebay", state="ended")
    gauge = Gauge({"ebay-1": [DayMetrics(TODAY, returns=1)]})
    work = working(store, journal, clock, ebay=gauge)
    assert tracking.track(work)[0].listings == 1
    clock.advance((tracking.ENDED_DAYS + 1) * DAY)
    assert tracking.track(work) == []


def test_no_column_could_hold_a_buyer() -> None:
    assert set(DayMetrics.__dataclass_fields__) == {
        "day", "views", "clicks", "orders", "units", "revenue_minor", "fees_minor", "returns", "currency"
    }  # fmt: skip
    assert set(metrics.DayRow.__dataclass_fields__) - set(DayMetrics.__dataclass_fields__) == {
        "refunds_minor",
        "fees_by",
    }


def test_the_command_says_na_for_the_local_outbox(store: Store, capsys: Capture) -> None:
    add_product(store, 1, "Lamp")
    add_listing(store, 1, "local")
    ran = run(capsys, "track", "--json")
    assert (ran.code, ran.json["accounts"][0]["state"]) == (0, "n/a")
    assert "gives no figures" in ran.err


def test_the_command_with_nothing_listed(store: Store, capsys: Capture) -> None:
    ran = run(capsys, "track")
    assert ran.code == 0
    assert "Nothing is listed" in ran.err


def test_now_is_a_day_of_the_fakes() -> None:
    assert (TODAY - tracking.EPOCH).days == NOW // DAY
