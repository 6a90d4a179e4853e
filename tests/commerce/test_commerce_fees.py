"""Fees against examples worked by hand; the arithmetic stands beside each."""

from decimal import Decimal

import pytest

from trendctl.commerce import facts
from trendctl.commerce.fees import FEES_VERSION, FeeBreakdown, NoFeeTable, Terms, fees, has_table, rate_for
from trendctl.commerce.money import CurrencyMismatch, Money


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def amounts(breakdown: FeeBreakdown) -> dict[str, int]:
    return {line.name: line.amount.minor for line in breakdown.lines}


def test_ebay_takes_its_share_of_price_shipping_and_tax() -> None:
    # (50.00 + 10.00) x 8.25% tax = 4.95; 64.95 x 13.6% = 8.8332 -> 8.83; over 10.00: 0.40; together 9.23
    found = fees("ebay", usd(5000), shipping=usd(1000), tax_rate=Decimal("0.0825"))
    assert amounts(found) == {"final value fee": 883, "order fee": 40}
    assert found.total == usd(923)


@pytest.mark.parametrize(
    ("price", "order_fee", "total"),
    [
        (999, 30, 166),  # 9.99 x 13.6% = 1.35864 -> 1.36; + 0.30
        (1000, 30, 166),  # 10.00 x 13.6% = 1.36; + 0.30
        (1001, 40, 176),  # 10.01 x 13.6% = 1.36136 -> 1.36; + 0.40
    ],
)
def test_ebay_order_fee_steps_up_above_ten_dollars(price: int, order_fee: int, total: int) -> None:
    found = fees("ebay", usd(price))
    assert amounts(found)["order fee"] == order_fee
    assert found.total == usd(total)


def test_ebay_order_fee_looks_at_the_whole_order() -> None:
    # 9.50 + 0.60 shipping = 10.10, above 10.00
    assert amounts(fees("ebay", usd(950), shipping=usd(60)))["order fee"] == 40


@pytest.mark.parametrize(
    ("price", "fee"),
    [
        (749_999, 102_000),  # 7,499.99 x 13.6% = 1,019.99864
        (750_000, 102_000),  # 7,500.00 x 13.6% = 1,020.00
        (750_001, 102_000),  # + 0.01 x 2.35% = 0.000235
        (800_000, 103_175),  # 1,020.00 + 500.00 x 2.35% = 11.75
    ],
)
def test_ebay_rate_falls_for_the_part_above_7500(price: int, fee: int) -> None:
    assert amounts(fees("ebay", usd(price)))["final value fee"] == fee


def test_ebay_media_jewelry_and_surcharges() -> None:
    # 20.00 x 15.3% = 3.06
    assert amounts(fees("ebay", usd(2000), category="783"))["final value fee"] == 306
    # 5,000.00 x 15% = 750.00; 5,000.01 x 9% = 450.0009: the whole amount at the rate of its bracket
    assert amounts(fees("ebay", usd(500_000), category="188"))["final value fee"] == 75_000
    assert amounts(fees("ebay", usd(500_001), category="188"))["final value fee"] == 45_000
    # below standard: 20.00 x 4% = 0.80; beyond the free listings: 0.35
    found = amounts(fees("ebay", usd(2000), below_standard=True, insertion=True))
    assert found == {"final value fee": 272, "order fee": 40, "insertion fee": 35, "below standard surcharge": 80}


@pytest.mark.parametrize(
    ("category", "price", "fee"),
    [
        (None, 2000, 300),  # 20.00 x 15%
        (None, 200, 30),  # 2.00 x 15% = 0.30, the minimum itself
        (None, 199, 30),  # 1.99 x 15% = 0.2985, below the minimum of 0.30
        (None, 100, 30),  # 1.00 x 15% = 0.15, below the minimum
        ("166", 2000, 340),  # clothing: 20.00 x 17%
        ("222", 10000, 800),  # electronics: 100.00 x 8%
        ("electronics_accessories", 15000, 1900),  # 100.00 x 15% + 50.00 x 8%
        ("469", 1000, 80),  # beauty: 10.00 x 8%
        ("469", 1001, 150),  # beauty: 10.01 x 15% = 1.5015
        ("537", 1000, 80),  # baby: 10.00 x 8%
        ("188", 30000, 5250),  # jewelry: 250.00 x 20% + 50.00 x 5%
    ],
)
def test_amazon_referral_fee(category: str | None, price: int, fee: int) -> None:
    assert amounts(fees("amazon", usd(price), category=category)) == {"referral fee": fee}


def test_amazon_counts_shipping_but_not_tax_and_the_individual_plan_pays_per_item() -> None:
    # (20.00 + 5.00) x 15% = 3.75; + 0.99
    found = fees("amazon", usd(2000), shipping=usd(500), tax_rate=Decimal("0.1"), plan="individual")
    assert amounts(found) == {"referral fee": 375, "per-item fee": 99}
    assert found.total == usd(474)


def test_amazon_media_pays_a_closing_fee_and_no_refund_fee() -> None:
    # 20.00 x 15% = 3.00; + 1.80
    found = fees("amazon", usd(2000), category="783", return_rate=Decimal("0.5"))
    assert amounts(found) == {"referral fee": 300, "closing fee": 180}


def test_tiktok_takes_six_percent_without_tax() -> None:
    # (30.00 + 5.00) x 6% = 2.10
    assert amounts(fees("tiktok", usd(3000), shipping=usd(500), tax_rate=Decimal("0.0825"))) == {"referral fee": 210}
    # jewelry: 30.00 x 5% = 1.50
    assert fees("tiktok", usd(3000), category="jewelry").total == usd(150)


def test_tiktok_refund_fee_is_expected_by_the_return_rate_and_capped() -> None:
    # 100.00 x 6% = 6.00; 20% of it = 1.20; at 10% returns 0.12
    found = fees("tiktok", usd(10_000), return_rate=Decimal("0.1"))
    assert amounts(found) == {"referral fee": 600, "refund administration fee (expected)": 12}
    # 1,000.00 x 6% = 60.00; 20% of it = 12.00, at most 5.00; at 10% returns 0.50
    found = fees("tiktok", usd(100_000), return_rate=Decimal("0.1"))
    assert amounts(found)["refund administration fee (expected)"] == 50
    assert found.refundable == usd(6000)


@pytest.mark.parametrize("platform", ["facebook", "facebook_page", "instagram", "local"])
def test_platforms_without_checkout_take_nothing_in_any_currency(platform: str) -> None:
    found = fees(platform, Money(1000, "EUR"), marketplace="DE")
    assert (found.lines, found.total) == ((), Money(0, "EUR"))
    assert found.note
    assert has_table(platform, "DE")


@pytest.mark.parametrize("name", ["US", "EBAY_US", "ATVPDKIKX0DER", "EBAY_MOTORS_US", "EBAY_MOTORS"])
def test_a_market_is_known_by_each_of_its_names(name: str) -> None:
    assert fees("ebay", usd(1000), marketplace=name).total == usd(166)


def test_unknown_markets_and_foreign_prices_are_refused_not_guessed() -> None:
    with pytest.raises(NoFeeTable):
        fees("ebay", Money(1000, "EUR"), marketplace="EBAY_DE")
    with pytest.raises(NoFeeTable):
        fees("nowhere", usd(1000))
    with pytest.raises(NoFeeTable):
        fees("none", usd(1000))
    with pytest.raises(CurrencyMismatch):
        fees("ebay", Money(1000, "EUR"))
    with pytest.raises(CurrencyMismatch):
        fees("ebay", usd(1000), shipping=Money(100, "EUR"))
    assert not has_table("ebay", "EBAY_DE")


@pytest.mark.parametrize(
    "terms",
    [
        {"tax_rate": Decimal("-0.1")},
        {"return_rate": Decimal(2)},
        {"tax_rate": 0.08},
        {"plan": "gold"},
        {"shipping": Money(-1, "USD")},
    ],
)
def test_impossible_terms_are_refused(terms: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"fraction|plan|negative"):
        Terms("ebay", **terms)  # type: ignore[arg-type] # the refusal is what is tested


@pytest.mark.parametrize(
    ("category", "key"),
    [
        ("166", "clothing"),
        ("Apparel & Accessories", "clothing"),
        ("Apparel & Accessories > Clothing > Shirts", "clothing"),
        ("Apparel & Accessories > Jewelry > Rings", "jewelry"),
        ("electronics", "electronics"),
        ("Furniture", "default"),
        ("", "default"),
    ],
)
def test_a_category_is_known_by_id_name_path_or_key(category: str, key: str) -> None:
    assert rate_for("amazon", "US", category)["key"] == key


def test_every_line_says_where_it_is_from_and_when() -> None:
    for platform in ("ebay", "amazon", "tiktok"):
        for line in fees(platform, usd(2000), plan="individual", insertion=True, return_rate=Decimal("0.1")).lines:
            assert line.source
            assert len(line.as_of) == 10
    assert facts.version("fees") == FEES_VERSION
