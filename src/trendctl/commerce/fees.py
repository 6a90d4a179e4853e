"""What a platform keeps of one sale, by dated tables: one line for each fee, with its source."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any

from trendctl.commerce import facts
from trendctl.commerce.markets import country
from trendctl.commerce.money import CurrencyMismatch, Money, exponent, round_minor, total

FEES_VERSION = facts.version("fees")


class NoFeeTable(ValueError):
    """The platform's fees in this market are not in the data; a sale there cannot be priced, and is not guessed."""


@dataclass(frozen=True, slots=True)
class FeeLine:
    """One fee. `refundable`: the platform gives it back when the buyer is refunded. `note`: what it leaves out.

    `per_order`: taken once an order, however many pieces it has; the others are of each piece.
    """

    name: str
    amount: Money
    source: str
    as_of: str
    refundable: bool = False
    note: str = ""
    per_order: bool = False


@dataclass(frozen=True, slots=True)
class FeeBreakdown:
    """All fees of a sale. `category` is the key of the rate that was applied; "" where there is no fee."""

    platform: str
    marketplace: str
    category: str
    lines: tuple[FeeLine, ...]
    total: Money
    note: str = ""

    @property
    def refundable(self) -> Money:
        """The part that comes back when the buyer is refunded."""
        return total([line.amount for line in self.lines if line.refundable], self.total.currency)


@dataclass(frozen=True, slots=True)
class Terms:
    """How an item is sold. Amounts are in the price's currency; `shipping` is what the buyer pays on top (None: free).

    `category`: a Google top-level id or name, a path that begins with one, or a fee table's own key (`jewelry`).
    `tax_rate`: sales tax the buyer pays on price and shipping. `plan`: `individual` or `professional` (Amazon).
    `insertion`: the free listings of the month are used up (eBay). `return_rate`: share of sales that is refunded.
    """

    platform: str
    marketplace: str = "US"
    category: str | None = None
    shipping: Money | None = None
    tax_rate: Decimal = Decimal(0)
    plan: str = "professional"
    insertion: bool = False
    below_standard: bool = False
    return_rate: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        for rate in (self.tax_rate, self.return_rate):
            if not isinstance(rate, Decimal) or not rate.is_finite() or not 0 <= rate <= 1:
                raise ValueError("tax_rate and return_rate are Decimal fractions between 0 and 1")
        if self.shipping is not None and self.shipping.minor < 0:
            raise ValueError("the shipping charge cannot be negative")
        if self.plan not in ("individual", "professional"):
            raise ValueError(f"unknown plan {self.plan!r}: individual or professional")


@dataclass(frozen=True, slots=True)
class ExactLine:
    """A fee before rounding, in minor units."""

    name: str
    exact: Fraction
    facts: Mapping[str, Any]
    refundable: bool


def has_table(platform: str, marketplace: str = "US") -> bool:
    """Whether the fees of this platform in this market are known (also true where they are known to be none)."""
    data = facts.load("fees")
    return platform in data["none"]["platforms"] or country(marketplace) in data.get(platform, {})


def table(platform: str, marketplace: str) -> Mapping[str, Any] | None:
    """The fee table; None where the platform takes no fee; NoFeeTable where it is not known."""
    data = facts.load("fees")
    if platform in data["none"]["platforms"]:
        return None
    if platform in ("none", "") or country(marketplace) not in data.get(platform, {}):
        raise NoFeeTable(f"no fee table for {platform} in {marketplace or 'an unnamed market'}")
    found: Mapping[str, Any] = data[platform][country(marketplace)]
    return found


def fees(
    platform: str,
    price: Money,
    *,
    category: str | None = None,
    shipping: Money | None = None,
    tax_rate: Decimal = Decimal(0),
    plan: str = "professional",
    marketplace: str = "US",
    insertion: bool = False,
    below_standard: bool = False,
    return_rate: Decimal = Decimal(0),
) -> FeeBreakdown:
    """The fees of one sale at `price`, each rounded half up to the minor unit. The arguments are those of Terms.

    CurrencyMismatch if price or shipping is not in the table's currency; NoFeeTable if there is no table.
    """
    terms = Terms(platform, marketplace, category, shipping, tax_rate, plan, insertion, below_standard, return_rate)
    return fees_for(terms, price)


def fees_for(terms: Terms, price: Money) -> FeeBreakdown:
    """As `fees`, with the arguments already in Terms."""
    if price.minor < 0:
        raise ValueError("a price cannot be negative")
    if terms.shipping is not None and terms.shipping.currency != price.currency:
        raise CurrencyMismatch(f"shipping in {terms.shipping.currency}, price in {price.currency}")
    found = table(terms.platform, terms.marketplace)
    if found is None:
        none = facts.load("fees")["none"]
        return FeeBreakdown(terms.platform, terms.marketplace, "", (), Money(0, price.currency), none["note"])
    if found["currency"] != price.currency:
        raise CurrencyMismatch(
            f"{terms.platform} counts its fees in {found['currency']}, the price is {price.currency}"
        )
    lines = tuple(
        FeeLine(
            line.name,
            Money(round_minor(line.exact, "half_up"), price.currency),
            line.facts["source"],
            line.facts["as_of"].isoformat(),
            line.refundable,
            line.facts.get("note", ""),
            line.facts.get("per_order", False),
        )
        for line in exact_lines(terms, price.minor, rounded_tax=True)
    )
    whole = total([line.amount for line in lines], price.currency)
    key = rate_for(terms.platform, terms.marketplace, terms.category)["key"]
    return FeeBreakdown(terms.platform, terms.marketplace, key, lines, whole, found.get("note", ""))


def rate_for(platform: str, marketplace: str, category: str | None) -> Mapping[str, Any]:
    """The rate of the category, or the table's default."""
    found = table(platform, marketplace)
    if found is None:
        raise NoFeeTable(f"{platform} takes no fee")
    wanted = _category(category)
    rates = found["rates"]
    for rate in rates:
        if wanted and (rate["key"] == wanted or wanted in rate["google"]):
            return dict(rate)
    return next(dict(rate) for rate in rates if rate["key"] == "default")


# Top level of the Google product taxonomy, version 2021-09-21, as far as a fee table names it; and jewelry below it.
_GOOGLE = {
    "apparel & accessories": "166",
    "jewelry": "188",
    "baby & toddler": "537",
    "cameras & optics": "141",
    "electronics": "222",
    "health & beauty": "469",
    "media": "783",
}


@lru_cache(maxsize=4096)
def _category(category: str | None) -> str:
    parts = [part.strip().casefold() for part in (category or "").split(">")]
    if "jewelry" in parts:
        return "jewelry"
    return _GOOGLE.get(parts[0], parts[0])


def exact_lines(terms: Terms, price_minor: int, *, rounded_tax: bool) -> list[ExactLine]:
    """The fees before rounding. `rounded_tax` False leaves the tax unrounded too (for the search of a floor price)."""
    found = table(terms.platform, terms.marketplace)
    if found is None:
        return []
    rate = rate_for(terms.platform, terms.marketplace, terms.category)
    currency = found["currency"]
    base = _base(found["base"], terms, price_minor, rounded_tax)
    referral = max(_rated(rate, base, currency), _minor(rate.get("minimum", "0"), currency))
    lines = [ExactLine(found["rate_name"], referral, rate, found["refundable"])]
    if "closing" in rate:
        lines.append(ExactLine("closing fee", _minor(rate["closing"], currency), rate, False))
    lines += _fixed(found, terms, price_minor, rounded_tax)
    if terms.below_standard and "below_standard" in found:
        extra = found["below_standard"]
        lines.append(ExactLine(extra["name"], base * Fraction(extra["rate"]), extra, True))
    if terms.return_rate and "refund_fee" in found and rate["key"] not in found["refund_fee"].get("not_for", ()):
        kept = found["refund_fee"]
        one = min(referral * Fraction(kept["rate"]), _minor(kept["cap"], currency))
        lines.append(ExactLine(kept["name"], one * Fraction(terms.return_rate), kept, False))
    return lines


def _fixed(found: Mapping[str, Any], terms: Terms, price_minor: int, rounded_tax: bool) -> list[ExactLine]:
    on = {"": True, "insertion": terms.insertion, "individual": terms.plan == "individual"}
    lines = []
    for fixed in found.get("fixed", ()):
        if on[fixed.get("when", "")]:
            base = _base(fixed["of"], terms, price_minor, rounded_tax)
            bracket = _bracket(fixed["brackets"], base, found["currency"])
            amount = _minor(bracket["amount"], found["currency"])
            lines.append(ExactLine(fixed["name"], amount, fixed, fixed["refundable"]))
    return lines


def _base(parts: list[str], terms: Terms, price_minor: int, rounded_tax: bool) -> Fraction:
    shipping = terms.shipping.minor if terms.shipping is not None else 0
    tax = (price_minor + shipping) * Fraction(terms.tax_rate)
    amounts = {
        "price": Fraction(price_minor),
        "shipping": Fraction(shipping),
        "tax": Fraction(round_minor(tax, "half_up")) if rounded_tax else tax,
    }
    return sum((amounts[part] for part in parts), Fraction(0))


def _rated(rate: Mapping[str, Any], base: Fraction, currency: str) -> Fraction:
    if rate["mode"] == "whole":
        return base * Fraction(_bracket(rate["brackets"], base, currency)["rate"])
    fee, start = Fraction(0), Fraction(0)
    for bracket in rate["brackets"]:
        end = _minor(bracket["upto"], currency) if "upto" in bracket else base
        fee += max(min(base, end) - start, Fraction(0)) * Fraction(bracket["rate"])
        start = end
    return fee


def _bracket(brackets: list[dict[str, str]], base: Fraction, currency: str) -> dict[str, str]:
    return next(one for one in brackets if "upto" not in one or base <= _minor(one["upto"], currency))


@cache
def _minor(amount: str, currency: str) -> Fraction:
    scale: int = 10 ** exponent(currency)
    return Fraction(amount) * scale


def breakpoints(terms: Terms) -> list[int]:
    """Prices in minor units (rounded down) at which a fee's formula changes: between them every fee is linear."""
    found = table(terms.platform, terms.marketplace)
    if found is None:
        return []
    rate, currency = rate_for(terms.platform, terms.marketplace, terms.category), found["currency"]
    edges = [(found["base"], _minor(one["upto"], currency)) for one in rate["brackets"] if "upto" in one]
    for fixed in found.get("fixed", ()):
        edges += [(fixed["of"], _minor(one["upto"], currency)) for one in fixed["brackets"] if "upto" in one]
    # The base at which the fee leaves its minimum, or the refund fee reaches its cap, in each bracket it could be.
    targets = [_minor(rate["minimum"], currency)] if "minimum" in rate else []
    if "refund_fee" in found:
        targets.append(_minor(found["refund_fee"]["cap"], currency) / Fraction(found["refund_fee"]["rate"]))
    edges += [(found["base"], base) for target in targets for base in _inverse(rate, target, currency)]
    return sorted({_price_at(parts, base, terms) for parts, base in edges})


def _inverse(rate: Mapping[str, Any], fee: Fraction, currency: str) -> list[Fraction]:
    """Bases at which the rated fee equals `fee`, one for each bracket's own line (some may lie outside it)."""
    if rate["mode"] == "whole":
        return [fee / Fraction(bracket["rate"]) for bracket in rate["brackets"]]
    found, start, below = [], Fraction(0), Fraction(0)
    for bracket in rate["brackets"]:
        share = Fraction(bracket["rate"])
        found.append(start + (fee - below) / share)
        if "upto" in bracket:
            end = _minor(bracket["upto"], currency)
            below, start = below + (end - start) * share, end
    return found


def _price_at(parts: list[str], base: Fraction, terms: Terms) -> int:
    shipping = terms.shipping.minor if terms.shipping is not None else 0
    if "tax" in parts:
        base = base / (1 + Fraction(terms.tax_rate))
    return max(0, int(base - (shipping if "shipping" in parts else 0)))
