"""Money: exact in and out, one currency at a time, rounding by name."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trendctl.commerce.fx import RateProblem, Rates, convert
from trendctl.commerce.money import (
    EXPONENTS,
    CurrencyMismatch,
    Money,
    parse_amount,
    quantize,
    round_minor,
    total,
    zero,
)

currencies = st.sampled_from(sorted(EXPONENTS))
minors = st.integers(min_value=-(10**40), max_value=10**40)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("19.99", "USD", 1999),
        ("19.9", "USD", 1990),
        (" 20 ", "USD", 2000),
        ("1,299.00", "USD", 129900),
        ("-3.50", "EUR", -350),
        ("1500", "JPY", 1500),
        ("1.234", "KWD", 1234),
        ("19.990", "USD", 1999),
    ],
)
def test_amounts_are_read_exactly(text: str, currency: str, minor: int) -> None:
    assert parse_amount(text, currency) == Money(minor, currency)


@pytest.mark.parametrize("text", ["19,99", "1,29", "", "abc", "1e3", "nan", "$5", "1.2.3", "١٢", "--1", "5 USD", ".5"])
def test_what_is_no_plain_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        parse_amount(text, "USD")


@pytest.mark.parametrize(("text", "currency"), [("19.999", "USD"), ("1.5", "JPY"), ("1.2345", "KWD")])
def test_more_decimals_than_the_currency_has_are_refused_not_rounded(text: str, currency: str) -> None:
    with pytest.raises(ValueError, match="more decimals"):
        parse_amount(text, currency)


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (Money(1999, "USD"), "USD 19.99"),
        (Money(5, "USD"), "USD 0.05"),
        (Money(-5, "USD"), "USD -0.05"),
        (Money(1500, "JPY"), "JPY 1500"),
        (Money(1234, "KWD"), "KWD 1.234"),
        (Money(10**30, "USD"), "USD 1" + "0" * 28 + ".00"),
    ],
)
def test_plain_form_shows_code_and_every_minor_digit(amount: Money, shown: str) -> None:
    assert amount.format_plain() == shown


@settings(max_examples=100)
@given(minors, currencies)
def test_what_is_written_is_read_back(minor: int, currency: str) -> None:
    amount = Money(minor, currency)
    assert Money.from_decimal(amount.decimal(), currency) == amount
    assert parse_amount(amount.format_plain().removeprefix(f"{currency} "), currency) == amount


@settings(max_examples=100)
@given(minors, minors, currencies)
def test_sums_and_differences_are_exact(left: int, right: int, currency: str) -> None:
    one, two = Money(left, currency), Money(right, currency)
    assert (one + two).minor == left + right
    assert one + two - two == one
    assert (one < two) == (left < right)
    assert (one >= two) == (left >= right)
    assert total([one, two, -one], currency) == two


@pytest.mark.parametrize("act", ["__add__", "__sub__", "__lt__", "__le__", "__gt__", "__ge__"])
def test_two_currencies_are_never_combined(act: str) -> None:
    with pytest.raises(CurrencyMismatch):
        getattr(Money(1, "USD"), act)(Money(1, "EUR"))


def test_equal_minor_units_of_two_currencies_are_not_equal() -> None:
    assert Money(1, "USD") != Money(1, "CAD")
    assert total([], "JPY") == zero("JPY")


@pytest.mark.parametrize("minor", [1.0, True, "1", Decimal(1)])
def test_minor_units_must_be_whole_numbers(minor: object) -> None:
    with pytest.raises(ValueError, match="whole number"):
        Money(minor, "USD")  # type: ignore[arg-type] # the refusal is what is tested


def test_unknown_currencies_and_inexact_factors_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown currency"):
        Money(1, "usd")
    with pytest.raises(ValueError, match="exact"):
        Money(1, "USD").scale(1.1)  # type: ignore[arg-type] # the refusal is what is tested
    with pytest.raises(ValueError, match="finite"):
        Money.from_decimal(Decimal("NaN"), "USD")


@pytest.mark.parametrize(
    ("rounding", "results"),
    # of -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.4, 0.6
    [
        ("half_even", [-2, -2, 0, 0, 2, 2, 0, 1]),
        ("half_up", [-3, -2, -1, 1, 2, 3, 0, 1]),
        ("up", [-2, -1, 0, 1, 2, 3, 1, 1]),
        ("down", [-3, -2, -1, 0, 1, 2, 0, 0]),
    ],
)
def test_rounding_by_name(rounding: str, results: list[int]) -> None:
    values = [Fraction(-5, 2), Fraction(-3, 2), Fraction(-1, 2), Fraction(1, 2), Fraction(3, 2), Fraction(5, 2)]
    values += [Fraction(2, 5), Fraction(3, 5)]
    assert [round_minor(value, rounding) for value in values] == results  # type: ignore[arg-type] # names of the table


def test_scaling_rounds_once() -> None:
    assert Money(1999, "USD").scale(Decimal("0.15")) == Money(300, "USD")  # 299.85
    assert Money(25, "USD").scale(Decimal("0.1")) == Money(2, "USD")  # 2.5, half to even
    assert Money(25, "USD").scale(Decimal("0.1"), "half_up") == Money(3, "USD")
    assert quantize(Decimal("2.345"), "USD", "half_up") == Money(235, "USD")


RATES = Rates("EUR", date(2026, 11, 20), "test table", {"USD": Decimal("1.10"), "JPY": Decimal("165")})
ON = date(2026, 11, 24)


def test_conversion_goes_through_the_base_and_minds_minor_units() -> None:
    # 110.00 USD / 1.10 = 100.00 EUR; x 165 = 16,500 JPY, which has no minor unit.
    assert convert(Money(11000, "USD"), "EUR", RATES, on=ON) == Money(10000, "EUR")
    assert convert(Money(11000, "USD"), "JPY", RATES, on=ON) == Money(16500, "JPY")
    assert convert(Money(16500, "JPY"), "USD", RATES, on=ON) == Money(11000, "USD")


def test_the_same_currency_needs_no_rate() -> None:
    assert convert(Money(5, "CHF"), "CHF", RATES, on=date(2030, 1, 1)) == Money(5, "CHF")


@pytest.mark.parametrize(
    ("currency", "on", "reason"),
    [("GBP", ON, "missing"), ("USD", date(2026, 11, 28), "old"), ("USD", date(2026, 11, 19), "future")],
)
def test_a_rate_that_cannot_be_used_is_a_problem_not_a_guess(currency: str, on: date, reason: str) -> None:
    problem = convert(Money(1, "EUR"), currency, RATES, on=on)
    assert isinstance(problem, RateProblem)
    assert (problem.reason, problem.currency, problem.as_of) == (reason, currency, date(2026, 11, 20))


def test_a_rate_is_good_to_the_last_day() -> None:
    assert convert(Money(100, "EUR"), "USD", RATES, on=date(2026, 11, 27)) == Money(110, "USD")


@pytest.mark.parametrize("rate", [Decimal(0), Decimal(-1), Decimal("NaN"), 1.1])
def test_rates_must_be_positive_decimals(rate: object) -> None:
    with pytest.raises(ValueError, match="positive Decimal"):
        Rates("EUR", ON, "test", {"USD": rate})  # type: ignore[dict-item] # the refusal is what is tested
