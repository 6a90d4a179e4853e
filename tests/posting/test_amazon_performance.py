"""How Amazon listings do: a day each from sales metrics, views from reports that take a while, late corrections."""

import gzip
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from amazon_rig import AmazonRig, amazon
from fake_amazon import ASIN, US
from hypothesis import given
from hypothesis import strategies as st

from trendctl.errors import AccessError
from trendctl.ports import DayMetrics, Sold
from trendctl.posting import tracking, wiring
from trendctl.posting.figures import Withheld
from trendctl.posting.platforms.amazon import views
from trendctl.posting.platforms.amazon.platform import PLATFORM

TODAY = date(2026, 6, 1)
DAYS = [TODAY - timedelta(days=n) for n in range(5, -1, -1)]
SKU = "TCABCD2345EFGH6723"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[AmazonRig]:
    with amazon(tmp_path) as made:
        yield made


def read(rig: AmazonRig, *skus: str) -> list[list[DayMetrics]]:
    """One `track` run's talk, listing after listing."""
    with wiring.talking(rig.shop.line) as talk:
        return [list(PLATFORM.performance(Sold(sku, ASIN, "", US, "USD"), DAYS, talk)) for sku in skus or (SKU,)]


def by_day(found: list[DayMetrics]) -> dict[int, DayMetrics]:
    return {(TODAY - row.day).days: row for row in found}


def test_orders_units_and_revenue_are_amazons_of_each_utc_day(rig: AmazonRig) -> None:
    rig.fake.sold = {"2026-05-30": (2, 3, "74.97"), "2026-05-31": (0, 0, "0.00"), "2026-05-01": (9, 9, "9.00")}
    found = by_day(read(rig)[0])
    assert set(found) == {1, 2}
    assert found[2] == DayMetrics(date(2026, 5, 30), orders=2, units=3, revenue_minor=7497, currency="USD")
    assert (found[1].orders, found[1].revenue_minor, found[1].views, found[1].returns) == (0, 0, None, None)
    got = next(got.query for name, got in rig.server.got if name == "metrics")
    assert got == {
        "marketplaceIds": US, "interval": "2026-05-27T00:00:00Z--2026-06-02T00:00:00Z", "granularity": "Day",
        "granularityTimeZone": "UTC", "sku": SKU,
    }  # fmt: skip


def test_views_are_asked_for_now_and_read_later_for_all_listings_at_once(rig: AmazonRig) -> None:
    rig.fake.viewed = {"2026-05-30": {SKU: 40, "OTHER": 7}, "2026-05-29": {SKU: 50}}
    rig.fake.report_polls = 5
    assert [row.views for row in read(rig)[0]] == []
    assert rig.server.count("report_make") == 4  # of 30, 29, 28 and 27 May: the newest two days are not counted yet
    for report in rig.fake.reports:
        report["polls"] = 9
    first, other = read(rig, SKU, "OTHER")
    assert {n: row.views for n, row in by_day(first).items()} == {2: 40, 3: 50}
    assert {n: row.views for n, row in by_day(other).items()} == {2: 7}
    assert (rig.server.count("report_make"), rig.server.count("reports"), rig.server.count("document")) == (4, 2, 4)


def test_a_report_that_is_ready_at_once_is_read_at_once(rig: AmazonRig) -> None:
    rig.fake.viewed, rig.fake.report_polls = {"2026-05-30": {SKU: 40}}, 0
    assert by_day(read(rig)[0])[2].views == 40


def test_a_day_that_had_not_settled_is_asked_for_again_and_corrected(rig: AmazonRig) -> None:
    rig.fake.viewed, rig.fake.report_polls = {"2026-05-28": {SKU: 10}}, 0
    rig.fake.today = "2026-05-30"
    rig.fake.reports = [
        {"reportId": "R0", "day": "2026-05-28", "polls": 9, "at": "2026-05-30", "views": {SKU: 8}},
        {"reportId": "R-1", "day": "2026-05-27", "polls": 9, "at": "2026-05-31", "views": {SKU: 3}},
    ]
    found = by_day(read(rig)[0])
    assert (found[4].views, found[5].views) == (10, 3)
    made = [json.loads(body)["dataStartTime"][:10] for body in rig.server.bodies("report_make")]
    assert "2026-05-28" in made
    assert "2026-05-27" not in made


def test_no_more_than_four_reports_an_hour_are_asked_for(rig: AmazonRig) -> None:
    for _ in range(2):
        rig.fake.reports.clear()
        read(rig)
    assert rig.server.count("report_make") == 4
    rig.shop.clock.advance(3600)
    rig.fake.reports.clear()
    read(rig)
    assert rig.server.count("report_make") == 8


def test_without_the_role_views_are_withheld_and_the_rest_is_given(rig: AmazonRig) -> None:
    rig.fake.denied = {"reports"}
    rig.fake.sold = {"2026-05-30": (2, 3, "74.97")}
    with pytest.raises(Withheld, match="Brand Analytics") as fault:
        read(rig)
    assert [(row.orders, row.views) for row in fault.value.given] == [(2, None)]


def test_without_sales_the_views_are_given_and_without_both_nothing_is(rig: AmazonRig) -> None:
    rig.fake.denied = {"metrics"}
    rig.fake.viewed, rig.fake.report_polls = {"2026-05-30": {SKU: 40}}, 0
    with pytest.raises(Withheld) as fault:
        read(rig)
    assert [(row.orders, row.views) for row in fault.value.given] == [(None, 40)]
    rig.fake.denied = {"metrics", "reports"}
    with pytest.raises(AccessError, match="permission"):
        read(rig)


def test_track_keeps_what_it_is_given_and_tells_the_missing_role_once(rig: AmazonRig) -> None:
    rig.shop.approve(rig.shop.stock())
    rig.shop.post()
    rig.shop.clock.advance(5 * 86_400)
    rig.fake.denied = {"reports"}
    rig.fake.sold = {"2026-06-01": (1, 1, "24.99")}
    (first,) = tracking.track(rig.shop.posting)
    assert (first.state, first.days, len(first.told)) == ("partial", 1, 1)
    assert "orders and revenue are" in first.told[0]
    rig.fake.sold = {"2026-06-01": (2, 2, "49.98")}  # Amazon corrects late
    (second,) = tracking.track(rig.shop.posting)
    assert (second.changed, second.told) == (1, [])


# ---------------------------------------------------------------- pure


def report(*rows: Any) -> bytes:
    return json.dumps({"salesAndTrafficByAsin": rows}).encode()


def test_a_report_is_read_packed_or_not_by_sku_or_else_by_asin() -> None:
    row = {"parentAsin": "P", "childAsin": ASIN, "sku": SKU, "trafficByAsin": {"pageViews": 4, "sessions": 2}}
    data = report(row, row | {"sku": None})
    assert views.parse(data) == {SKU: 4, ASIN: 4}
    assert views.parse(gzip.compress(data), packed=True) == {SKU: 4, ASIN: 4}
    assert views.parse(gzip.compress(data)) == {SKU: 4, ASIN: 4}
    assert views.parse(b"\x1f\x8bbroken", packed=True) is None
    assert views.parse(b"<html>") is None
    assert views.parse(report({"sku": SKU, "trafficByAsin": {"pageViews": "n/a"}})) == {}


_DOCUMENTS = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["salesAndTrafficByAsin", "sku", "trafficByAsin", "pageViews"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@given(st.binary(max_size=40) | _DOCUMENTS.map(lambda found: json.dumps(found).encode()))
def test_no_report_breaks_the_reading(data: bytes) -> None:
    found = views.parse(data)
    assert found is None or all(name and number >= 0 for name, number in found.items())
