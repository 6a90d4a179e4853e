"""Currency conversion by a dated table of rates that the user or a source brought; none is built in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from trendctl.commerce.money import Money, Rounding, exponent, round_minor

MAX_AGE_DAYS = 7


@dataclass(frozen=True, slots=True)
class Rates:
    """One unit of `base` is `rates[code]` units of each currency, as published by `source` on `as_of`."""

    base: str
    as_of: date
    source: str
    rates: Mapping[str, Decimal]

    def __post_init__(self) -> None:
        exponent(self.base)
        for code, rate in self.rates.items():
            exponent(code)
            if not isinstance(rate, Decimal) or not rate.is_finite() or rate <= 0:
                raise ValueError(f"the rate of {code} must be a positive Decimal, not {rate!r}")

    def rate(self, code: str) -> Decimal | None:
        """Units of `code` for one `base`; None: not in the table."""
        return Decimal(1) if code == self.base else self.rates.get(code)


@dataclass(frozen=True, slots=True)
class RateProblem:
    """Why an amount could not be converted: `missing`, `old` or `future`. Told to the person, never guessed round."""

    reason: str
    currency: str
    as_of: date
    source: str
    message: str


def convert(
    amount: Money,
    currency: str,
    rates: Rates,
    *,
    on: date,
    max_age_days: int = MAX_AGE_DAYS,
    rounding: Rounding = "half_even",
) -> Money | RateProblem:
    """`amount` in `currency` (exact cross rate, rounded once), or the problem. The same currency needs no rate."""
    exponent(currency)
    if amount.currency == currency:
        return amount
    for code in (amount.currency, currency):
        if rates.rate(code) is None:
            return _problem(
                "missing", code, rates, f"the table of {rates.as_of} ({rates.source}) has no rate for {code}"
            )
    age = (on - rates.as_of).days
    if age > max_age_days:
        return _problem("old", currency, rates, f"the rates of {rates.as_of} are {age} days old (most {max_age_days})")
    if age < 0:
        return _problem("future", currency, rates, f"the rates are dated {rates.as_of}, after {on}")
    source, target = rates.rate(amount.currency), rates.rate(currency)
    assert source is not None  # looked up above
    assert target is not None  # looked up above
    shift = Fraction(10) ** (exponent(currency) - exponent(amount.currency))
    return Money(round_minor(amount.minor * Fraction(target) / Fraction(source) * shift, rounding), currency)


def _problem(reason: str, currency: str, rates: Rates, message: str) -> RateProblem:
    return RateProblem(reason, currency, rates.as_of, rates.source, message)
