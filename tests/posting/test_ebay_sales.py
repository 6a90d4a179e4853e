"""How eBay listings do: what its orders and reports tell, to the cent, and nothing of a buyer anywhere."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from ebay_rig import EbayRig, listed
from fake_ebay import FakeEbay
from fake_ebay_sales import BUYER, line, money
from fake_kit import Got

from trendctl.errors import AccessError, ParseError
from trendctl.ports import Answer, DayMetrics, Sold, Wire
from trendctl.posting import tracking
from trendctl.posting.figures import Withheld
from trendctl.posting.platforms.ebay import orders, performance

TODAY = date(2026, 6, 1)
WEEK = [TODAY - timedelta(days=n) for n in range(6, -1, -1)]
LISTING = Sold("SKU-1", "110", "", "EBAY_US", "USD", {"offer_id": "5", "listing_id": "110"})


class Line:
    """A talk straight into the fake, past HTTP and limits; it remembers what was asked."""

    def __init__(self, fake: FakeEbay) -> None:
        self.fake = fake
        self.asked: list[str] = []

    def send(self, wire: Wire) -> Answer:
        target = urlsplit(wire.url).path + (f"?{urlencode(wire.params)}" if wire.params else "")
        headers = {name.lower(): value for name, value in wire.headers} | {"authorization": "Bearer t"}
        got = Got(wire.method, target, headers, wire.body)
        name = self.fake.named(got)
        self.asked.append(name)
        said = self.fake.answer(name, got, "")
        return Answer(said.status, said.headers, json.dumps(said.body).encode())


@dataclass
class Desk:
    """The fake, and the calls of the last reading."""

    fake: FakeEbay
    line: Line

    def count(self, name: str) -> int:
        return self.line.asked.count(name)


@pytest.fixture
def rig() -> Desk:
    fake = FakeEbay(tokens={"t"}, today=TODAY, told_until=TODAY)
    return Desk(fake, Line(fake))


def ask(rig: Desk, listing: Sold = LISTING, days: list[date] = WEEK) -> dict[date, Any]:
    """The figures by day, over a talk of its own."""
    rig.line = Line(rig.fake)
    return {row.day: row for row in performance.performance(listing, days, rig.line)}


def figures(row: DayMetrics) -> tuple[Any, ...]:
    return (row.orders, row.units, row.revenue_minor, row.fees_minor, row.returns, getattr(row, "refunds_minor", None))


def test_an_order_by_hand_goods_and_shipping_less_discounts_without_tax(rig: Desk) -> None:
    # 2 lamps at 24.99 less 5.00 of a promotion, shipping 6.90 less 1.90, handling 1.00; tax 3.77 passes through.
    rig.fake.order(
        TODAY, line("110", 2, "49.98", discountedLineItemCost=money("44.98"), taxes=[{"amount": money("3.77")}],
                    deliveryCost={"shippingCost": money("6.90"), "discountAmount": money("1.90"),
                                  "handlingCost": money("1.00")}),
        totalMarketplaceFee=money("7.34"),
    )  # fmt: skip
    assert figures(ask(rig)[TODAY]) == (1, 2, 4498 + 690 - 190 + 100, 734, 0, 0)


def test_a_day_without_orders_is_nought_and_a_day_without_a_report_has_no_views(rig: Desk) -> None:
    rig.fake.looks = {("110", WEEK[0]): (31, 12), ("110", WEEK[1]): (0, 0)}
    found = ask(rig)
    assert figures(found[TODAY]) == (0, 0, 0, 0, 0, 0)
    assert [(found[d].views, found[d].clicks) for d in WEEK[:3]] == [(31, 12), (0, 0), (None, None)]


def test_the_fee_of_an_order_is_shared_out_among_its_lines_and_adds_up(rig: Desk) -> None:
    lines = [line("110", 1, "10.00"), line("111", 1, "10.00"), line("112", 1, "10.00")]
    rig.fake.order(TODAY, *lines, totalMarketplaceFee=money("1.00"))
    found = [ask(rig, replace(LISTING, late={"listing_id": n}))[TODAY].fees_minor for n in ("110", "111", "112")]
    assert (sum(found), sorted(found)) == (100, [33, 33, 34])


def test_an_order_without_its_fee_leaves_the_days_fees_to_the_fee_table(rig: Desk) -> None:
    rig.fake.order(TODAY, line("110"), totalMarketplaceFee=money("3.00"))
    rig.fake.order(TODAY, line("110"))
    assert figures(ask(rig)[TODAY]) == (2, 2, 4998, None, 0, 0)


def test_a_refund_counts_on_its_day_in_pieces_and_money(rig: Desk) -> None:
    sold = rig.fake.order(WEEK[0], line("110", 2, "49.98"), totalMarketplaceFee=money("6.80"))
    rig.fake.refund(sold, WEEK[3], "24.99")
    rig.fake.refund(sold, WEEK[5], "5.00")  # goodwill: money, no piece
    found = ask(rig)
    assert figures(found[WEEK[0]]) == (1, 2, 4998, 680, 0, 0)
    assert figures(found[WEEK[3]]) == (0, 0, 0, 0, 1, 2499)
    assert figures(found[WEEK[5]]) == (0, 0, 0, 0, 0, 500)


def test_refunds_are_never_more_than_was_paid(rig: Desk) -> None:
    sold = rig.fake.order(WEEK[0], line("110", 1, "24.99"))
    rig.fake.refund(sold, WEEK[1], "24.99")
    rig.fake.refund(sold, WEEK[2], "24.99")
    found = ask(rig)
    assert [figures(found[d])[4:] for d in WEEK[1:3]] == [(1, 2499), (0, 0)]


def test_a_refund_in_these_days_of_an_order_from_before_them(rig: Desk) -> None:
    sold = rig.fake.order(TODAY - timedelta(days=40), line("110"))
    rig.fake.refund(sold, TODAY, "24.99")
    found = ask(rig)
    assert figures(found[TODAY]) == (0, 0, 0, 0, 1, 2499)
    assert sum(row.units for row in found.values()) == 0


def test_a_refund_of_the_whole_order_is_shared_out(rig: Desk) -> None:
    back = {"amount": money("30.00"), "refundDate": f"{TODAY}T10:00:00.000Z", "refundStatus": "REFUNDED"}
    rig.fake.order(TODAY, line("110", 1, "10.00"), line("111", 2, "20.00"), orderPaymentStatus="FULLY_REFUNDED",
                   paymentSummary={"refunds": [back, back | {"refundStatus": "FAILED"}]})  # fmt: skip
    assert figures(ask(rig)[TODAY])[4:] == (1, 1000)
    assert figures(ask(rig, replace(LISTING, late={"listing_id": "111"}))[TODAY])[4:] == (2, 2000)


@pytest.mark.parametrize(
    "changes",
    [
        {"cancelStatus": {"cancelState": "CANCELED"}},
        {"orderPaymentStatus": "PENDING"},
        {"orderPaymentStatus": "FAILED"},
    ],
)
def test_what_was_cancelled_or_not_paid_was_not_sold(rig: Desk, changes: dict[str, Any]) -> None:
    rig.fake.order(TODAY, line("110"), **changes)
    assert figures(ask(rig)[TODAY]) == (0, 0, 0, 0, 0, 0)


def test_an_order_whose_refund_is_pending_was_sold(rig: Desk) -> None:
    sold = rig.fake.order(WEEK[0], line("110"), orderPaymentStatus="PENDING")
    rig.fake.refund(sold, TODAY, "24.99")
    assert ask(rig)[WEEK[0]].units == 1


def test_a_sku_that_is_listed_again_is_told_apart_by_the_listings_number(rig: Desk) -> None:
    rig.fake.order(TODAY, line("109", sku="SKU-1"))  # the listing that ended
    rig.fake.order(TODAY, line("110", sku="SKU-1"))
    rig.fake.order(TODAY, line("", sku="SKU-1"))  # no number: the SKU decides
    assert ask(rig)[TODAY].units == 2


def test_amounts_in_another_currency_are_not_added_up(rig: Desk) -> None:
    rig.fake.order(TODAY, line("110"))
    rig.fake.order(TODAY, line("110", lineItemCost=money("20.00", "EUR")))
    rig.fake.order(WEEK[0], line("110", lineItemCost=money("22.00", "GBP", convertedFromValue="24.99",
                                                            convertedFromCurrency="USD")))  # fmt: skip
    found = ask(rig)
    assert found[TODAY].currency == "EUR"  # tracking leaves that day out and says so
    assert (found[WEEK[0]].currency, found[WEEK[0]].revenue_minor) == ("USD", 2499)


def test_every_page_is_read_and_an_order_on_two_pages_counts_once(rig: Desk) -> None:
    for _ in range(450):
        rig.fake.order(TODAY, line("110", 1, "1.00"))
    rig.fake.book.append(rig.fake.book[0])
    assert figures(ask(rig)[TODAY])[:3] == (450, 450, 45000)
    assert rig.count("orders") == 3


def test_a_list_that_breaks_off_is_no_list(rig: Desk) -> None:
    for _ in range(30):
        rig.fake.order(TODAY, line("110"))
    rig.fake.page = 0
    with pytest.raises(ParseError, match="broke off"):
        ask(rig)


def test_two_listings_ask_for_the_account_once(rig: Desk) -> None:
    rig.fake.looks = {("110", TODAY): (5, 1), ("111", TODAY): (7, 2)}
    for number in ("110", "111"):
        performance.performance(replace(LISTING, late={"listing_id": number}), WEEK, rig.line)
    assert (rig.count("orders"), rig.count("traffic")) == (1, len(WEEK))


def test_without_the_right_to_read_views_the_sales_are_given_all_the_same(rig: Desk) -> None:
    rig.fake.hidden = frozenset({"traffic"})
    rig.fake.order(TODAY, line("110"))
    with pytest.raises(Withheld, match="read views") as caught:
        ask(rig)
    assert (caught.value.given[-1].units, caught.value.given[-1].views) == (1, None)
    assert rig.count("traffic") == 1  # not asked again for every day


def test_without_the_right_to_read_orders_the_views_are_given_and_nothing_is_nought(rig: Desk) -> None:
    rig.fake.hidden = frozenset({"orders"})
    rig.fake.looks = {("110", WEEK[0]): (31, 12)}
    with pytest.raises(Withheld, match="read orders") as caught:
        ask(rig)
    (row,) = caught.value.given
    assert (row.views, row.units, row.revenue_minor) == (31, None, None)


def test_without_both_it_is_a_missing_permission(rig: Desk) -> None:
    rig.fake.hidden = frozenset({"orders", "traffic"})
    with pytest.raises(AccessError) as caught:
        ask(rig)
    assert not isinstance(caught.value, Withheld)


def test_a_report_that_is_not_there_yet_is_no_trouble(rig: Desk) -> None:
    rig.fake.today = WEEK[-2]  # eBay calls today the future
    rig.fake.told_until = WEEK[-3]
    rig.fake.looks = {("110", day): (9, 3) for day in WEEK}
    assert [row.views for row in ask(rig).values()] == [9] * 5 + [None, None]


def test_a_market_without_reports_has_no_views(rig: Desk) -> None:
    found = ask(rig, replace(LISTING, marketplace="EBAY_CA"))
    assert {row.views for row in found.values()} == {None}
    assert rig.count("traffic") == 0


@pytest.mark.parametrize(
    "broken",
    [
        {"orderId": ""}, {"creationDate": "soon"}, {"lineItems": [line("110", lineItemCost={})]},
        {"lineItems": [line("110", quantity=0)]}, {"lineItems": [line("110", lineItemCost=money("NaN"))]},
        {"lineItems": [line("110", lineItemCost=money("1e999999"))]},
        {"lineItems": [line("110", lineItemCost=money("1", "XXXX"))]},
    ],
)  # fmt: skip
def test_an_order_that_cannot_be_understood_stops_the_count_instead_of_missing_in_it(
    rig: Desk, broken: dict[str, Any]
) -> None:
    rig.fake.order(TODAY, line("110"), **broken)
    with pytest.raises(ParseError) as caught:
        ask(rig)
    assert not any(word in str(caught.value) for word in BUYER)


def test_nothing_of_a_buyer_is_kept(sold: EbayRig) -> None:
    assert set(orders.Sale.__dataclass_fields__) == {
        "order", "sku", "listing_id", "day", "units", "revenue", "fees", "currency", "refunds"
    }  # fmt: skip
    sold.fake.buy(offer(sold), TODAY)
    (row,) = tracking.track(sold.shop.posting)
    assert (row.state, row.told) == ("ok", [])
    for file in sold.shop.home.root.rglob("*"):
        kept = file.read_bytes() if file.is_file() else b""
        assert not any(word.encode() in kept for word in (*BUYER, "24-00000")), file


# ---------------------------------------------------------------- from a post to the day's row


@pytest.fixture
def sold(tmp_path: Path) -> Iterator[EbayRig]:
    """With a listing that is live."""
    with listed(tmp_path) as made:
        made.fake.today = made.fake.told_until = TODAY
        yield made


def offer(rig: EbayRig) -> str:
    return str(next(iter(rig.fake.offers)))


def days(rig: EbayRig) -> list[dict[str, Any]]:
    with rig.shop.store.read() as db:
        return [dict(r) for r in db.execute("SELECT * FROM metric_day ORDER BY day")]


def test_a_sale_is_tracked_corrected_and_refunded(sold: EbayRig) -> None:
    number = sold.fake.listings[0]["id"]
    sold.fake.looks = {(number, TODAY): (40, 9)}
    sold.fake.buy(offer(sold), TODAY, 2, totalMarketplaceFee=money("7.20"))
    tracking.track(sold.shop.posting)
    (day,) = days(sold)
    assert {n: day[n] for n in ("views", "clicks", "orders", "units", "revenue_minor", "fees_minor", "fees_by")} == {
        "views": 40, "clicks": 9, "orders": 1, "units": 2, "revenue_minor": 4998, "fees_minor": 720,
        "fees_by": "platform",
    }  # fmt: skip
    assert day["unit_minor"] == 750
    sold.fake.refund(sold.fake.book[0], TODAY, "24.99")
    sold.fake.hidden = frozenset({"traffic"})
    (row,) = tracking.track(sold.shop.posting)
    assert (row.state, len(row.told)) == ("partial", 1)
    assert tracking.track(sold.shop.posting)[0].told == []  # said once
    (day,) = days(sold)
    # The views told before stay; 49.98 - 24.99 - 7.20 - 2 x 7.50 are left.
    assert (day["views"], day["units"], day["returns"], day["refunds_minor"]) == (40, 2, 1, 2499)
    from trendctl.report.sales import gather

    with sold.shop.store.read() as db:
        (purse,) = gather(db, tracking.DAY * 20605).whole.purses.values()
    assert purse.to_json()["profit"] == "2.79"


def test_a_cost_told_later_does_not_rewrite_past_profit(sold: EbayRig) -> None:
    from trendctl.approval import supply
    from trendctl.report.sales import gather

    sold.fake.buy(offer(sold), TODAY, 1, totalMarketplaceFee=money("3.80"))
    tracking.track(sold.shop.posting)
    supply.tell(sold.shop.approving, 1, {"cost": "9.99"}, {}, "USD")
    sold.shop.clock.advance(86_400)
    sold.fake.today = TODAY + timedelta(days=1)
    sold.fake.buy(offer(sold), TODAY + timedelta(days=1), 1, totalMarketplaceFee=money("3.80"))
    tracking.track(sold.shop.posting)
    assert [d["unit_minor"] for d in days(sold)] == [750, 999]
    with sold.shop.store.read() as db:
        (purse,) = gather(db, tracking.DAY * 20606).whole.purses.values()
    # 2 x 24.99 - 2 x 3.80 - 7.50 - 9.99
    assert (purse.to_json()["cost"], purse.to_json()["profit"]) == ("17.49", "24.89")


def test_what_is_taken_once_an_order_is_reckoned_once_an_order(sold: EbayRig) -> None:
    """eBay US, by data/fees.toml, where eBay tells no fee: 13.6% of 24.99 = 3.40 a piece, 0.40 an order over 10 USD."""
    sold.fake.buy(offer(sold), TODAY, 3)
    sold.fake.buy(offer(sold), TODAY, 1)
    tracking.track(sold.shop.posting)
    (day,) = days(sold)
    assert (day["orders"], day["units"], day["fees_minor"]) == (2, 4, 4 * 340 + 2 * 40)
    assert day["fees_by"] != "platform"


def test_json_of_a_track_holds_no_amounts_of_orders(sold: EbayRig) -> None:
    sold.fake.buy(offer(sold), TODAY)
    told = json.dumps([row.to_json() for row in tracking.track(sold.shop.posting)])
    assert "24.99" not in told


def test_the_hundred_reports_of_a_day_are_not_exceeded_and_the_newest_days_come_first(sold: EbayRig) -> None:
    days = [TODAY - timedelta(days=n) for n in range(120, -1, -1)]
    sold.fake.looks = {("110", day): (1, 0) for day in days}
    with sold.shop._talk("ebay") as talk:
        seen = [row.day for row in performance.performance(LISTING, days, talk) if row.views is not None]
    assert (len(seen), seen[-1], sold.server.count("traffic")) == (100, TODAY, 100)
    with sold.shop._talk("ebay") as talk, pytest.raises(Withheld, match="limit of 100 calls is used up") as caught:
        performance.performance(LISTING, WEEK, talk)
    assert "try again" not in str(caught.value)  # the same words every time are told once
