"""Amounts of money: whole minor units of one ISO 4217 currency, exact in every operation."""

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

Rounding = Literal["half_even", "half_up", "up", "down"]

# ISO 4217 (list one, as amended to 2026-01-01: Bulgaria uses EUR). Minor-unit exponents that are not 2.
_ZERO = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_TWO = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC "
    "CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR "
    "JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD "
    "NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN "
    "SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"
)
EXPONENTS: dict[str, int] = {
    **dict.fromkeys(_TWO.split(), 2),
    **dict.fromkeys(_ZERO.split(), 0),
    **dict.fromkeys(_THREE.split(), 3),
}

_AMOUNT = re.compile(r"-?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]+)?", re.ASCII)


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies met where only one is meant."""


def exponent(currency: str) -> int:
    """Digits after the decimal point (USD 2, JPY 0, KWD 3). ValueError for a code that is not in the table."""
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise ValueError(f"unknown currency {currency!r}: three capital letters of ISO 4217 are needed") from None


def round_minor(value: Fraction | Decimal | int, rounding: Rounding = "half_even") -> int:
    """A whole number of minor units. "up" and "down" mean towards plus and minus infinity; halves away from zero
    for "half_up"."""
    exact = Fraction(value)
    floor, rest = divmod(exact, 1)
    low = int(floor)
    if rest == 0 or rounding == "down":
        return low
    if rounding == "up":
        return low + 1
    if rest != Fraction(1, 2):
        return low + (rest > Fraction(1, 2))
    if rounding == "half_even":
        return low + low % 2
    return low + 1 if exact > 0 else low


@dataclass(frozen=True, slots=True)
class Money:
    """`minor` whole minor units (cents for USD, yen for JPY) of `currency`. May be negative (a loss)."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if isinstance(self.minor, bool) or not isinstance(self.minor, int):
            raise ValueError(f"minor units must be a whole number, not {self.minor!r}")
        exponent(self.currency)

    @classmethod
    def from_decimal(cls, amount: Decimal, currency: str) -> "Money":
        """The exact amount; ValueError if it has a part smaller than the currency's minor unit."""
        if not isinstance(amount, Decimal) or not amount.is_finite():
            raise ValueError(f"an amount must be a finite Decimal, not {amount!r}")
        scaled = Fraction(amount) * 10 ** exponent(currency)
        if scaled.denominator != 1:
            raise ValueError(f"{amount} has more decimals than {currency} allows")
        return cls(int(scaled), currency)

    def decimal(self) -> Decimal:
        """The amount in major units, exact."""
        # Built from its digits: arithmetic would round to the context's precision.
        places = tuple(int(digit) for digit in str(abs(self.minor)))
        return Decimal((int(self.minor < 0), places, -exponent(self.currency)))

    def scale(self, factor: Decimal | Fraction | int, rounding: Rounding = "half_even") -> "Money":
        """This amount times an exact factor, rounded once."""
        if isinstance(factor, float):
            raise ValueError("a factor of money must be exact: Decimal, Fraction or int")
        return Money(round_minor(self.minor * Fraction(factor), rounding), self.currency)

    def format_plain(self) -> str:
        """`USD 19.99`: the code first, no grouping, no symbol; the same everywhere and for every reader."""
        return f"{self.currency} {self.decimal():f}"

    def _other(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} cannot be combined; convert one first")
        return other.minor

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._other(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._other(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._other(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._other(other)

    def __gt__(self, other: "Money") -> bool:
        return self.minor > self._other(other)

    def __ge__(self, other: "Money") -> bool:
        return self.minor >= self._other(other)


def zero(currency: str) -> Money:
    """Nothing, in `currency`."""
    return Money(0, currency)


def total(amounts: "tuple[Money, ...] | list[Money]", currency: str) -> Money:
    """The sum, in `currency` even when there is nothing to add."""
    result = zero(currency)
    for amount in amounts:
        result = result + amount
    return result


def parse_amount(text: str, currency: str) -> Money:
    """What a person or a CSV wrote ("19.99", "1,299.00") as exact money; ValueError says what is wrong.

    The point is the decimal mark. A comma is accepted only as a thousands mark, so "19,99" is refused, not guessed.
    More decimals than the currency has are refused, not rounded.
    """
    cleaned = text.strip()
    if not _AMOUNT.fullmatch(cleaned):
        raise ValueError(f"{text!r} is not an amount; write it like 19.99")
    return Money.from_decimal(Decimal(cleaned.replace(",", "")), currency)


def quantize(amount: Decimal, currency: str, rounding: Rounding = "half_even") -> Money:
    """A Decimal in major units, rounded to the currency's minor unit."""
    return Money(round_minor(Fraction(amount) * 10 ** exponent(currency), rounding), currency)
