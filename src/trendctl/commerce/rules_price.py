"""The rules of a listing's price and quantity."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from trendctl.commerce.money import Money
from trendctl.commerce.violation import Violation


def check_price(rules: Sequence[Mapping[str, Any]], fields: Mapping[str, object]) -> Iterator[Violation]:
    """Whether the price lies in the platform's range for its currency; a currency without a range is not checked."""
    price = _price(fields)
    if price is None:
        return
    for rule in rules:
        if rule["currency"] != price.currency:
            continue
        low, high = (Money.from_decimal(Decimal(rule[edge]), price.currency) for edge in ("min", "max"))
        if not low <= price <= high:
            allowed = f"{low.format_plain()} to {high.format_plain()}"
            message = f"the price is {price.format_plain()}, accepted: {allowed}"
            yield Violation.of(rule, "price", "price_range", allowed, price.format_plain(), message)


def _price(fields: Mapping[str, object]) -> Money | None:
    price = fields.get("price")
    if isinstance(price, Money):
        return price
    minor, currency = fields.get("price_minor"), fields.get("currency")
    if isinstance(price, Mapping):
        minor, currency = price.get("minor"), price.get("currency")
    if minor is None or currency is None:
        return None
    if not isinstance(minor, int) or not isinstance(currency, str):
        raise ValueError("a price is whole minor units with a currency code")
    return Money(minor, currency)


def check_quantity(rule: Mapping[str, Any], quantity: object) -> Iterator[Violation]:
    """A whole number, at least the platform's least."""
    if isinstance(quantity, bool) or not isinstance(quantity, int):
        raise ValueError(f"a quantity is a whole number, not {quantity!r}")
    if quantity < rule["min"]:
        message = f"the quantity is {quantity}, at least {rule['min']}"
        yield Violation.of(rule, "quantity", "quantity", rule["min"], quantity, message)
