"""What an item costs until it is with the buyer, what a sale leaves, and the lowest price worth asking.

The expected result of one order at price P, with S the shipping charged, F the fees, Fr their refundable part, r the
return rate and l the share of the goods' value that a return loses:

    net = P + S - F - goods - packaging - outbound - ads - returns
    returns = r * (P + S - Fr - (1 - l) * goods + return shipping), rounded up

A refunded order brings nothing: the revenue goes back, the refundable fees come back, and of the goods (1 - l).
Sales tax passes through (the platform collects it); VAT that the seller owes is not in here.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from trendctl.commerce.fees import ExactLine, FeeBreakdown, Terms, breakpoints, exact_lines, fees_for
from trendctl.commerce.money import CurrencyMismatch, Money, round_minor, total

MAX_PRICE_MINOR = 10**10
_SLACK = 6  # more than all roundings together can move a result: half a unit a fee line and the tax, one for returns
_SCAN = 50_000  # prices tried one by one where the result hardly rises with the price


def _share(text: str | Decimal) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text!r} is not a decimal fraction between 0 and 1") from None


@dataclass(frozen=True, slots=True)
class LandedCost:
    """What one unit costs, every amount in the currency of `unit`.

    `return_rate` and `return_loss` are fractions from 0 to 1; loss 1 (the default, on the safe side) writes off the
    goods of every return. `return_shipping` is paid by the seller for each return; None: nothing.
    """

    unit: Money
    freight: Money
    duty: Money
    packaging: Money
    outbound: Money
    ads: Money
    return_rate: Decimal = Decimal(0)
    return_loss: Decimal = Decimal(1)
    return_shipping: Money | None = None

    def __post_init__(self) -> None:
        parts = [self.unit, self.freight, self.duty, self.packaging, self.outbound, self.ads]
        for amount in [*parts, *([self.return_shipping] if self.return_shipping else [])]:
            if amount.currency != self.unit.currency:
                raise CurrencyMismatch("all parts of a landed cost must be in one currency; convert first")
            if amount.minor < 0:
                raise ValueError("a cost cannot be negative")
        for name, share in (("return_rate", self.return_rate), ("return_loss", self.return_loss)):
            if not isinstance(share, Decimal) or not share.is_finite() or not 0 <= share <= 1:
                raise ValueError(f"{name} must be a Decimal between 0 and 1")

    @classmethod
    def from_minor(
        cls,
        currency: str,
        cost_minor: int,
        *,
        freight_minor: int = 0,
        duty_minor: int = 0,
        packaging_minor: int = 0,
        outbound_shipping_minor: int = 0,
        ad_minor: int = 0,
        return_rate: str | Decimal = "0",
        return_loss: str | Decimal = "1",
        return_shipping_minor: int = 0,
    ) -> "LandedCost":
        """From whole minor units of one currency, under the names a stored supply has."""
        amounts = (cost_minor, freight_minor, duty_minor, packaging_minor, outbound_shipping_minor, ad_minor)
        unit, freight, duty, packaging, outbound, ads = (Money(amount, currency) for amount in amounts)
        back = Money(return_shipping_minor, currency)
        rate, loss = _share(return_rate), _share(return_loss)
        return cls(unit, freight, duty, packaging, outbound, ads, rate, loss, back)

    @property
    def currency(self) -> str:
        """The currency of every part."""
        return self.unit.currency

    @property
    def goods(self) -> Money:
        """The item in the seller's hands: unit, freight in and duty."""
        return self.unit + self.freight + self.duty

    @property
    def total(self) -> Money:
        """All costs of one order that do not depend on its price (returns and fees do)."""
        return total([self.goods, self.packaging, self.outbound, self.ads], self.currency)


@dataclass(frozen=True, slots=True)
class Margin:
    """`net`: what one order leaves on average. `fraction`: net / (price + shipping charged); None at a price of 0."""

    net: Money
    fraction: Decimal | None
    revenue: Money
    costs: Money
    returns: Money
    fees: FeeBreakdown


def margin(cost: LandedCost, price: Money, terms: Terms) -> Margin:
    """The expected result of one order. CurrencyMismatch unless cost, price and shipping are in one currency.

    The return rate is the cost's; the one in `terms` is not looked at. The fraction is rounded down to 4 places.
    """
    if price.currency != cost.currency:
        raise CurrencyMismatch(f"the cost is in {cost.currency}, the price in {price.currency}")
    breakdown = fees_for(_with_returns(terms, cost), price)
    revenue = price if terms.shipping is None else price + terms.shipping
    lost = _returned(cost, revenue.minor, Fraction(breakdown.refundable.minor))
    returns = Money(round_minor(lost, "up"), price.currency)
    net = revenue - breakdown.total - cost.total - returns
    fraction = None
    if revenue.minor:
        fraction = Decimal(round_minor(Fraction(net.minor * 10_000, revenue.minor), "down")).scaleb(-4)
    return Margin(net, fraction, revenue, cost.total, returns, breakdown)


def break_even(cost: LandedCost, terms: Terms) -> Money | None:
    """The lowest price at which an order loses nothing; None: no price does."""
    return floor_price(cost, terms)


def floor_price(
    cost: LandedCost,
    terms: Terms,
    *,
    minimum_margin: Decimal = Decimal(0),
    minimum_profit: Money | None = None,
) -> Money | None:
    """The lowest price from 1 minor unit at which net >= `minimum_profit` and net >= `minimum_margin` of the revenue.

    Exact: no lower price meets both, in whole minor units and with every rounding. A somewhat higher price need not
    meet them, because fees step up at the edges of their brackets: check the asked price itself with `meets`.
    None: no price up to 10**10 minor units does.
    """
    profit = minimum_profit if minimum_profit is not None else Money(0, cost.currency)
    if profit.currency != cost.currency:
        raise CurrencyMismatch(f"the cost is in {cost.currency}, the least profit in {profit.currency}")
    if not isinstance(minimum_margin, Decimal) or minimum_margin >= 1:
        raise ValueError("minimum_margin must be a Decimal below 1")
    search = _Search(cost, _with_returns(terms, cost), Fraction(minimum_margin), profit.minor)
    found = search.smallest()
    return None if found is None else Money(found, cost.currency)


def meets(
    cost: LandedCost,
    price: Money,
    terms: Terms,
    *,
    minimum_margin: Decimal = Decimal(0),
    minimum_profit: Money | None = None,
) -> bool:
    """Whether this very price leaves the least profit and margin."""
    result = margin(cost, price, terms)
    profit = minimum_profit if minimum_profit is not None else Money(0, cost.currency)
    return result.net >= profit and result.net.minor >= Fraction(minimum_margin) * result.revenue.minor


def _with_returns(terms: Terms, cost: LandedCost) -> Terms:
    return Terms(
        terms.platform,
        terms.marketplace,
        terms.category,
        terms.shipping,
        terms.tax_rate,
        terms.plan,
        terms.insertion,
        terms.below_standard,
        cost.return_rate,
    )


def _returned(cost: LandedCost, revenue_minor: int, refundable_fees: Fraction) -> Fraction:
    """The expected loss by returns, exact, in minor units; never below zero."""
    kept = (1 - Fraction(cost.return_loss)) * cost.goods.minor
    back = cost.return_shipping.minor if cost.return_shipping else 0
    return max(Fraction(cost.return_rate) * (revenue_minor - refundable_fees - kept + back), Fraction(0))


@dataclass(frozen=True, slots=True)
class _Search:
    """Between two break points the result before rounding is linear in the price, and rounding moves it by less than
    `_SLACK`. So in each piece two prices tell where the unrounded result comes within the slack of what is asked, and
    from there the prices are tried one by one with every rounding."""

    cost: LandedCost
    terms: Terms
    share: Fraction
    profit: int

    def smallest(self) -> int | None:
        for start, end in self._pieces():
            found = self._in_piece(start, end)
            if found is not None:
                return found
        return None

    def _pieces(self) -> Iterator[tuple[int, int]]:
        """Ranges of prices, rising, without gap. The tax is rounded, so a break point may lie a little beside its
        exact place: the prices around it are ranges of their own."""
        edges: set[int] = set()
        for point in self._break_points():
            edges.update(range(max(1, point - 2), point + 4))
        start = 1
        for edge in sorted(edge for edge in edges if 1 < edge <= MAX_PRICE_MINOR):
            yield start, edge - 1
            start = edge
        yield start, MAX_PRICE_MINOR

    def _break_points(self) -> list[int]:
        points = breakpoints(self.terms)
        if self.cost.return_rate:
            # The loss by returns leaves zero where the revenue exceeds what a return keeps: linear on either side.
            low, high = 0, MAX_PRICE_MINOR
            while low < high:
                middle = (low + high) // 2
                low, high = (low, middle) if self._exact_return(middle) > 0 else (middle + 1, high)
            points.append(low)
        return points

    def _revenue(self, price: int) -> int:
        return price + (self.terms.shipping.minor if self.terms.shipping is not None else 0)

    def _exact_return(self, price: int) -> Fraction:
        return self._lost(price, exact_lines(self.terms, price, rounded_tax=False))

    def _lost(self, price: int, lines: list[ExactLine]) -> Fraction:
        back = sum((line.exact for line in lines if line.refundable), Fraction(0))
        return _returned(self.cost, self._revenue(price), back)

    def _net(self, price: int) -> Fraction:
        """The unrounded result."""
        lines = exact_lines(self.terms, price, rounded_tax=False)
        taken = sum((line.exact for line in lines), Fraction(0))
        return self._revenue(price) - taken - self.cost.total.minor - self._lost(price, lines)

    def _holds(self, price: int) -> bool:
        net = margin(self.cost, Money(price, self.cost.currency), self.terms).net.minor
        return net >= self.profit and net >= self.share * self._revenue(price)

    def _in_piece(self, start: int, end: int) -> int | None:
        near = self._first_near(start, end)
        if near is None:
            return None
        for price in range(near, min(end, near + _SCAN) + 1):
            if self._holds(price):
                return price
        return None

    def _first_near(self, start: int, end: int) -> int | None:
        """The first price of the piece whose unrounded result is within the slack of both demands; None: none is.

        The result and what is asked of it are lines in the piece, so two prices tell them.
        """
        low, high = start, end
        first, last = self._net(start) + _SLACK, self._net(end) + _SLACK
        for asked_first, asked_last in (
            (Fraction(self.profit), Fraction(self.profit)),
            (self.share * self._revenue(start), self.share * self._revenue(end)),
        ):
            within = _not_below_zero(start, end, first - asked_first, last - asked_last)
            if within is None:
                return None
            low, high = max(low, within[0]), min(high, within[1])
        return low if low <= high else None


def _not_below_zero(start: int, end: int, first: Fraction, last: Fraction) -> tuple[int, int] | None:
    """The whole numbers from `start` to `end` at which a line with these values at the two is 0 or more."""
    if first >= 0 and last >= 0:
        return start, end
    if first < 0 and last < 0:
        return None
    crossing = start - first * (end - start) / (last - first)
    return (math.ceil(crossing), end) if first < 0 else (start, math.floor(crossing))
