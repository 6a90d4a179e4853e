"""Landed cost, margin, break-even and floor price."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trendctl.commerce.fees import Terms
from trendctl.commerce.landed import LandedCost, break_even, floor_price, margin, meets
from trendctl.commerce.money import CurrencyMismatch, Money


def usd(minor: int) -> Money:
    return Money(minor, "USD")


COST = LandedCost.from_minor(
    "USD",
    800,
    freight_minor=100,
    duty_minor=50,
    packaging_minor=30,
    outbound_shipping_minor=400,
    ad_minor=20,
)


def test_landed_cost_adds_every_part() -> None:
    assert COST.goods == usd(950)
    assert COST.total == usd(1400)


def test_margin_by_hand() -> None:
    # eBay, 25.00: fee 3.40 + 0.40 = 3.80; net 25.00 - 3.80 - 14.00 = 7.20; 7.20 / 25.00 = 0.288
    found = margin(COST, usd(2500), Terms("ebay"))
    assert found.net == usd(720)
    assert found.fraction == Decimal("0.2880")
    assert found.fees.total == usd(380)


def test_returns_by_hand() -> None:
    # TikTok, 20.00, 10% returns, goods written off, 3.00 return shipping. Fee 20.00 x 6% = 1.20, refundable;
    # refund fee 10% of 0.24 = 0.024 -> 0.02. Returns 10% x (20.00 - 1.20 + 3.00) = 2.18.
    # Net 20.00 - 1.20 - 0.02 - 10.00 - 2.18 = 6.60.
    cost = LandedCost.from_minor("USD", 1000, return_rate="0.1", return_shipping_minor=300)
    found = margin(cost, usd(2000), Terms("tiktok"))
    assert found.returns == usd(218)
    assert found.net == usd(660)
    # Goods that come back as new: 10% x (20.00 - 1.20 - 10.00 + 3.00) = 1.18, so 1.00 more is left.
    kept = LandedCost.from_minor("USD", 1000, return_rate="0.1", return_loss="0", return_shipping_minor=300)
    assert margin(kept, usd(2000), Terms("tiktok")).net == usd(760)


def test_the_expected_loss_by_returns_is_rounded_up() -> None:
    # 1% of 1.01 is 1.01 cents, counted as 2
    cost = LandedCost.from_minor("USD", 10, return_rate="0.01")
    assert margin(cost, usd(101), Terms("local")).returns == usd(2)


def test_a_return_never_counts_as_a_gain() -> None:
    cost = LandedCost.from_minor("USD", 1000, return_rate="0.5", return_loss="0")
    assert margin(cost, usd(100), Terms("local")).returns == usd(0)


def test_a_price_of_nothing_has_no_margin_fraction() -> None:
    assert margin(COST, usd(0), Terms("local")).fraction is None


def test_break_even_by_hand() -> None:
    # Amazon 15%: P - 0.15 P >= 14.00; 16.47 x 15% = 2.4705 -> 2.47, left 14.00; 16.46: 2.469 -> 2.47, left 13.99
    assert break_even(COST, Terms("amazon")) == usd(1647)
    # local: the cost itself
    assert break_even(COST, Terms("local")) == usd(1400)


def test_floor_price_by_margin_and_by_profit() -> None:
    # Amazon, 20% of the price: P (1 - 0.15 - 0.20) >= 14.00 -> P >= 21.5385; 21.54: fee 3.231 -> 3.23,
    # net 4.31 >= 4.308; 21.53: fee 3.2295 -> 3.23, net 4.30 < 4.306
    assert floor_price(COST, Terms("amazon"), minimum_margin=Decimal("0.2")) == usd(2154)
    assert floor_price(COST, Terms("local"), minimum_profit=usd(500)) == usd(1900)


def test_a_step_in_the_fees_can_break_the_requirement_just_above_the_floor() -> None:
    # eBay, no other cost than 8.32: 10.00 - 1.36 - 0.30 = 8.34 is enough, 10.01 - 1.36 - 0.40 = 8.25 is not.
    cost, terms = LandedCost.from_minor("USD", 832), Terms("ebay")
    floor = floor_price(cost, terms)
    assert floor is not None
    assert floor <= usd(1000)
    assert meets(cost, usd(1000), terms)
    assert not meets(cost, usd(1001), terms)


def test_no_price_is_enough_when_fees_and_margin_take_it_all() -> None:
    assert floor_price(COST, Terms("amazon"), minimum_margin=Decimal("0.9")) is None


def test_free_shipping_and_charged_shipping_come_to_the_same_without_fees() -> None:
    assert break_even(COST, Terms("local", shipping=usd(400))) == usd(1000)


def test_currencies_are_never_mixed() -> None:
    with pytest.raises(CurrencyMismatch):
        LandedCost(usd(1), usd(0), Money(0, "EUR"), usd(0), usd(0), usd(0))
    with pytest.raises(CurrencyMismatch):
        margin(COST, Money(2000, "EUR"), Terms("local"))
    with pytest.raises(CurrencyMismatch):
        floor_price(COST, Terms("local"), minimum_profit=Money(1, "EUR"))


@pytest.mark.parametrize(
    "change",
    [
        {"return_rate": "1.1"},
        {"return_rate": "often"},
        {"return_rate": "NaN"},
        {"return_loss": "-1"},
        {"freight_minor": -1},
    ],
)
def test_impossible_costs_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"between 0 and 1|negative"):
        LandedCost.from_minor("USD", 100, **change)  # type: ignore[arg-type] # the refusal is what is tested


costs = st.builds(
    LandedCost.from_minor,
    st.just("USD"),
    st.integers(0, 1200),
    freight_minor=st.integers(0, 100),
    outbound_shipping_minor=st.integers(0, 300),
    ad_minor=st.sampled_from([0, 55]),
    return_rate=st.sampled_from(["0", "0.05", "0.2"]),
    return_loss=st.sampled_from(["1", "0", "0.5"]),
    return_shipping_minor=st.sampled_from([0, 250]),
)
sales = st.builds(
    Terms,
    st.sampled_from(["ebay", "amazon", "tiktok", "local"]),
    category=st.sampled_from([None, "188", "469", "783", "222", "166"]),
    shipping=st.sampled_from([None, usd(499)]),
    tax_rate=st.sampled_from([Decimal(0), Decimal("0.0825")]),
    plan=st.sampled_from(["individual", "professional"]),
    insertion=st.booleans(),
)


@settings(max_examples=25)
@given(costs, sales, st.sampled_from(["0", "0.15", "0.3"]), st.sampled_from([None, 300]))
def test_the_floor_meets_the_requirement_and_no_lower_price_does(
    cost: LandedCost, terms: Terms, share: str, profit: int | None
) -> None:
    least = None if profit is None else usd(profit)
    asked = {"minimum_margin": Decimal(share), "minimum_profit": least}
    floor = floor_price(cost, terms, **asked)  # type: ignore[arg-type] # two keyword arguments of two types
    assert floor is not None
    assert meets(cost, floor, terms, **asked)  # type: ignore[arg-type] # as above
    # Every price of the last dollar below, and a sample of the rest: the search is exact, not close.
    below = [*range(max(1, floor.minor - 100), floor.minor), *range(1, floor.minor, 61)]
    assert not any(meets(cost, usd(price), terms, **asked) for price in below)  # type: ignore[arg-type] # as above


@settings(max_examples=25)
@given(st.integers(1, 2_000_000), st.sampled_from(["ebay", "amazon", "tiktok", "local"]))
def test_break_even_of_large_costs_is_exact_across_the_brackets(minor: int, platform: str) -> None:
    cost, terms = LandedCost.from_minor("USD", minor), Terms(platform)
    floor = break_even(cost, terms)
    assert floor is not None
    assert margin(cost, floor, terms).net.minor >= 0
    assert not any(meets(cost, usd(price), terms) for price in range(max(1, floor.minor - 40), floor.minor))
