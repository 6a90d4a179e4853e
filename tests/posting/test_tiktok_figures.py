"""How a TikTok listing does, and how many it has left: counts and amounts, days that TikTok knows, quantity only."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiktok_rig import TiktokRig, tiktok

from trendctl.errors import AccessError, ParseError, Refused, TrendctlError
from trendctl.ports import Answer, Sold, Verdict, Wire
from trendctl.posting import tracking, wiring
from trendctl.posting.platforms.tiktok import performance, quantity
from trendctl.posting.platforms.tiktok.platform import Tiktok

TODAY = date(2026, 6, 10)
DAYS = [TODAY - timedelta(days=n) for n in reversed(range(45))]
LISTING = Sold("TC1", "9", "", "US", "USD", {"product_id": "9", "sku_id": "91", "shop_id": "7", "shop_cipher": "c"})


class Told:
    """A talk that answers with these, in order, the last one over and over."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.got: list[Wire] = []

    def send(self, wire: Wire) -> Answer:
        self.got.append(wire)
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return found if isinstance(found, Answer) else Answer(200, {}, json.dumps(found).encode())


def figures(*rows: dict[str, Any], newest: str | None = None, code: int = 0) -> dict[str, Any]:
    return {
        "code": code,
        "message": "m",
        "data": {"performance": {"intervals": list(rows)}, "latest_available_date": newest},
    }


def row(day: date, **more: Any) -> dict[str, Any]:
    return {"start_date": day.isoformat(), "end_date": (day + timedelta(days=1)).isoformat(), **more}


def test_a_day_has_what_tiktok_gives_and_none_for_the_rest() -> None:
    money = {"amount": "49.98", "currency": "USD"}
    full = row(DAYS[1], gmv=money, orders=1, units_sold=2, impressions=900, page_views=40, click_through_rate="0.05")
    bare = row(DAYS[0])
    found = performance.performance(LISTING, DAYS[:2], Told(figures(full, bare)))
    assert [d.day for d in found] == DAYS[:2]
    assert (found[1].views, found[1].orders, found[1].units, found[1].revenue_minor, found[1].currency) == (
        40, 1, 2, 4998, "USD",
    )  # fmt: skip
    assert (found[1].clicks, found[1].fees_minor, found[1].returns) == (None, None, None)
    assert (found[0].views, found[0].orders, found[0].units, found[0].revenue_minor, found[0].currency) == (None,) * 5


def test_the_version_is_pinned_and_the_days_are_asked_for_in_parts_that_join() -> None:
    talk = Told(figures())
    performance.performance(LISTING, DAYS, talk)
    assert {w.url.split(".com")[1] for w in talk.got} == {"/analytics/202405/shop_products/9/performance"}
    spans = [(dict(w.params)["start_date_ge"], dict(w.params)["end_date_lt"]) for w in talk.got]
    assert (spans[0][0], spans[-1][1]) == (DAYS[0].isoformat(), (TODAY + timedelta(days=1)).isoformat())
    assert [end for _, end in spans[:-1]] == [start for start, _ in spans[1:]]
    assert {dict(w.params)["granularity"] for w in talk.got} == {"1D"}


def test_days_after_the_newest_one_that_tiktok_knows_are_left_out_not_zero() -> None:
    told = figures(row(DAYS[0], orders=1), row(DAYS[1], orders=0), newest=DAYS[0].isoformat())
    assert [d.day for d in performance.performance(LISTING, DAYS[:2], Told(told))] == [DAYS[0]]
    foreign = figures(row(TODAY - timedelta(days=400), orders=1))
    assert performance.performance(LISTING, DAYS[:2], Told(foreign)) == []


@pytest.mark.parametrize("code", [28001007, 28001022])
def test_a_product_that_is_too_new_has_no_days_yet(code: int) -> None:
    assert performance.performance(LISTING, [TODAY], Told({"code": code, "message": "no data"})) == []


def test_what_cannot_be_read_is_a_fault_and_a_missing_permission_is_named() -> None:
    with pytest.raises(AccessError) as fault:
        performance.performance(LISTING, DAYS, Told(Answer(401, {}, b'{"code": 105005, "message": "scope"}')))
    assert "data.shop_analytics.public.read" in str(fault.value)
    assert "trendctl platforms login tiktok" in fault.value.next
    for bad in (Answer(0, error="cut"), {"code": 36009003, "message": "x"}, Answer(500), {"code": 28001022}):
        with pytest.raises(TrendctlError):
            performance.performance(LISTING, DAYS, Told(bad))
    week = row(DAYS[0]) | {"end_date": DAYS[7].isoformat()}
    for nonsense in (figures(week), figures(row(DAYS[0], gmv={"amount": "much", "currency": "USD"})),
                     figures(row(DAYS[0], gmv={"amount": "1", "currency": "XXX"}))):  # fmt: skip
        with pytest.raises(ParseError):
            performance.performance(LISTING, DAYS, Told(nonsense))


@given(st.decimals(0, 10**9, places=4), st.sampled_from(["USD", "JPY", "KWD"]))
def test_an_amount_is_rounded_once_to_its_currencys_minor_units(amount: Decimal, currency: str) -> None:
    told = figures(row(DAYS[0], gmv={"amount": str(amount), "currency": currency}))
    found = performance.performance(LISTING, DAYS[:1], Told(told))[0].revenue_minor
    places = {"USD": 2, "JPY": 0, "KWD": 3}[currency]
    assert found is not None
    assert abs(Decimal(found) - amount * 10**places) <= Decimal("0.5")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["2026-06-10", "1.5"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["performance", "intervals", "start_date", "end_date", "gmv", "amount", "currency", "orders",
                         "latest_available_date", "status", "skus", "inventory", "quantity"]), inner, max_size=4
    ),
)  # fmt: skip


@given(_JSON)
def test_no_document_breaks_the_reading(data: Any) -> None:
    for told in ({"code": 0, "data": data}, {"code": 0, "data": {"performance": {"intervals": [data]}}}):
        try:
            performance.performance(LISTING, DAYS[-2:], Told(told))
        except TrendctlError:
            continue
    left = quantity.left(LISTING, Told({"code": 0, "data": {"status": "ACTIVATE", "skus": [data]}}))
    assert left is None or left >= 0


# ---------------------------------------------------------------- how many are left


def product(left: Any, status: str = "ACTIVATE") -> dict[str, Any]:
    sku = {"id": "91", "seller_sku": "TC1", "inventory": [{"warehouse_id": "8", "quantity": left}]}
    return {"code": 0, "data": {"id": "9", "status": status, "skus": [{"id": "90", "inventory": []}, sku]}}


def test_what_is_left_is_read_of_what_is_on_sale_only() -> None:
    assert quantity.left(LISTING, Told(product(4))) == 4
    assert quantity.left(LISTING, Told(product(0))) == 0
    for told in (product(4, "SELLER_DEACTIVATED"), product(None), product(-1), product(True), {"code": 0, "data": {}}):
        assert quantity.left(LISTING, Told(told)) is None
    with pytest.raises(AccessError):
        quantity.left(LISTING, Told(Answer(0, error="cut")))


INTENT = {"policies": {"shop": "7", "warehouse": "8"}}


def test_a_lowering_sets_the_quantity_and_nothing_else_and_undoes_no_sale() -> None:
    platform = Tiktok()
    wire = platform.render_quantity(INTENT, LISTING.late, 3)
    assert wire.url.endswith("/product/202309/products/9/inventory/update")
    assert json.loads(wire.body) == {"skus": [{"id": "91", "inventory": [{"warehouse_id": "8", "quantity": 3}]}]}
    higher = Told(product(5), {"code": 0, "data": {}})
    assert platform.understand("quantity", platform.perform("quantity", wire, higher)).verdict is Verdict.APPLIED
    assert [w.method for w in higher.got] == ["GET", "POST"]
    sold = Told(product(2))
    assert platform.understand("quantity", platform.perform("quantity", wire, sold)).verdict is Verdict.APPLIED
    assert [w.method for w in sold.got] == ["GET"]
    blind = Told(Answer(500))
    assert platform.understand("quantity", platform.perform("quantity", wire, blind)).verdict is Verdict.UNKNOWN
    with pytest.raises(Refused):
        platform.render_quantity(INTENT, {}, 3)


# ---------------------------------------------------------------- against the fake


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[TiktokRig]:
    with tiktok(tmp_path) as made:
        yield made


def test_track_stores_the_days_and_tells_a_missing_permission_once(rig: TiktokRig) -> None:
    rig.shop.approve(rig.shop.stock())
    rig.shop.post()
    today = rig.shop.clock.now().date()
    rig.fake.figures = figures(row(today, gmv={"amount": "24.99", "currency": "USD"}, orders=1, units_sold=1),
                               newest=today.isoformat())  # fmt: skip
    done = tracking.track(rig.shop.posting)[0]
    assert (done.state, done.listings, done.days, done.changed) == ("ok", 1, 1, 1)
    rig.fake.denied.add("figures")
    first, second = tracking.track(rig.shop.posting)[0], tracking.track(rig.shop.posting)[0]
    assert (first.state, second.state) == ("failed", "failed")
    assert "data.shop_analytics.public.read" in first.told[0]
    assert second.told == []
    rig.fake.denied.clear()
    rig.fake.shops[0]["cipher"] = "GCP_new"  # the one kept with the listing is no longer taken
    assert tracking.track(rig.shop.posting)[0].state == "ok"
    with wiring.talking(rig.shop.line) as talk:
        sku, late = (
            rig.shop.listings()[0]["sku"],
            {"product_id": rig.fake.one["id"], "shop_id": "7001", "shop_cipher": "old"},
        )
        assert Tiktok().left(Sold(sku, "", "", "US", "USD", late), talk) == 5
