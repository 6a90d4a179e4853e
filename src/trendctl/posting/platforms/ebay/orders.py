"""eBay's orders, read down to what was sold: listing, SKU, day, pieces and amounts. Nothing of a buyer leaves here.

Paths and fields: eBay's OpenAPI document of Fulfillment v1 (getOrders).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from trendctl.commerce.money import exponent, round_minor
from trendctl.errors import AccessError, ParseError
from trendctl.ports import Answer, Talk
from trendctl.posting.body import parsed, part, rows
from trendctl.posting.platforms.ebay import wires
from trendctl.posting.platforms.ebay.known import trouble

URL = f"{wires.API}/sell/fulfillment/v1/order"
PAGE = 200  # the most that eBay gives at once
MOST_PAGES = 1000
_MOST = 10**12
_UNPAID = ("PENDING", "FAILED")


@dataclass(frozen=True, slots=True)
class Sale:
    """One line of an order. `order` only tells orders apart within one reading.

    Minor units of `currency`: `revenue` is goods and shipping without tax, before refunds; `fees` eBay's for this line
    (None: not told). `refunds`: (day, amount, pieces sent back) each. A currency like "USD/EUR" is more than one.
    """

    order: int
    sku: str
    listing_id: str
    day: date
    units: int
    revenue: int
    fees: int | None
    currency: str
    refunds: tuple[tuple[date, int, int], ...] = ()


def read(first: date, talk: Talk, marketplace: str, currency: str) -> list[Sale]:
    """What was sold or refunded since that UTC day. Orders changed since then are asked for: a refund may be of an
    older one. Raises AccessError or ParseError."""
    found: list[Sale] = []
    seen: set[str] = set()
    for page in range(MOST_PAGES):
        body = _page(first, page * PAGE, talk, marketplace)
        orders = rows(body.get("orders"))
        for order in orders:
            key = _text(order, "orderId")
            if key not in seen:  # a new order pushes others onto the next page
                seen.add(key)
                found += sales(order, len(seen), currency)
        total = body.get("total")
        more = page * PAGE + len(orders) < total if isinstance(total, int) else bool(body.get("next"))
        if not more:
            return found
        if not orders:
            raise ParseError("eBay's list of orders broke off", why=f"{len(seen)} of {total} were given")
    raise ParseError("eBay's list of orders has no end", why=f"more than {MOST_PAGES * PAGE}")


def _page(first: date, offset: int, talk: Talk, marketplace: str) -> dict[str, Any]:
    since = f"lastmodifieddate:[{first.isoformat()}T00:00:00.000Z..]"
    answer = talk.send(wires.get(URL, marketplace, filter=since, limit=str(PAGE), offset=str(offset)))
    if answer.status == 403:
        raise AccessError(
            "eBay does not let this sign-in read orders", why="sell.fulfillment", next="trendctl platforms login ebay"
        )
    if answer.status != 200:
        raise AccessError("eBay's orders cannot be read", why=lasting(answer), next="trendctl platforms check ebay")
    return parsed(answer)


def lasting(answer: Answer) -> str:
    """Why a read failed, without what changes by the minute: the person is told the same thing once."""
    return trouble(answer).split(": try again")[0]


def sales(order: Mapping[str, Any], number: int, currency: str) -> Iterator[Sale]:
    """The lines of one order; none where it was cancelled or is not paid. Raises ParseError."""
    if part(order.get("cancelStatus")).get("cancelState") == "CANCELED":
        return
    lines = rows(order.get("lineItems"))
    whole = [r for r in rows(part(order.get("paymentSummary")).get("refunds")) if _is_made(r)]
    refunded = bool(whole) or any(rows(line.get("refunds")) for line in lines)
    if order.get("orderPaymentStatus") in _UNPAID and not refunded:  # else it is the refund that pends or failed
        return
    day = _day(_text(order, "creationDate"))
    paid = [_paid(line, currency) for line in lines]
    fees = _fees(order, paid, currency)
    for index, line in enumerate(lines):
        own = [r for r in rows(line.get("refunds")) if r.get("refundDate")]
        back = [(_day(str(r["refundDate"])), *_money(r, "amount", currency)) for r in own]
        if not any(rows(other.get("refunds")) for other in lines):
            back += [(_day(str(r["refundDate"])), *_part_of(r, index, paid, currency)) for r in whole]
        yield _sale(line, number, day, paid[index], fees[index], back)


def _sale(
    line: Mapping[str, Any], number: int, day: date, paid: tuple[int, int, str], fees: int | None,
    back: Sequence[tuple[date, int, str]],
) -> Sale:  # fmt: skip
    units = line.get("quantity")
    if not isinstance(units, int) or units < 1:
        raise ParseError("eBay's order could not be understood", why="a line without quantity")
    goods, revenue, currency = paid
    others = sorted({c for _, _, c in back} - {currency})
    refunds, so_far = [], 0
    for when, amount, _ in sorted(back):
        taken = min(amount, revenue - so_far)
        before, so_far = _pieces(so_far, goods, units), so_far + taken
        refunds.append((when, taken, _pieces(so_far, goods, units) - before))
    return Sale(
        number, str(line.get("sku") or ""), str(line.get("legacyItemId") or ""), day, units, revenue, fees,
        "/".join([currency, *others]), tuple(refunds),
    )  # fmt: skip


def _pieces(refunded: int, goods: int, units: int) -> int:
    """How many pieces a refund is the whole price of: eBay tells amounts, not pieces."""
    return min(units, refunded * units // goods) if goods else 0


def _paid(line: Mapping[str, Any], currency: str) -> tuple[int, int, str]:
    """What the buyer paid for a line's goods, and with its shipping, after discounts and without tax."""
    name = "discountedLineItemCost" if line.get("discountedLineItemCost") else "lineItemCost"
    goods, found = _money(line, name, currency)
    revenue, delivery = goods, part(line.get("deliveryCost"))
    others = set()
    for field, sign in (("shippingCost", 1), ("handlingCost", 1), ("discountAmount", -1)):
        if delivery.get(field):
            amount, its = _money(delivery, field, currency)
            revenue += sign * abs(amount)
            others |= {its} if amount else set()
    return goods, max(revenue, 0), "/".join([found, *sorted(others - {found})])


def _fees(order: Mapping[str, Any], paid: Sequence[tuple[int, int, str]], currency: str) -> list[int | None]:
    """The order's fees, shared out by what each line cost, to the cent; None where they are not told."""
    if not order.get("totalMarketplaceFee"):
        return [None] * len(paid)
    fee, its = _money(order, "totalMarketplaceFee", currency)
    if any(c != its for _, _, c in paid):
        return [None] * len(paid)
    return [*_shares(fee, [revenue for _, revenue, _ in paid])]


def _part_of(
    refund: Mapping[str, Any], index: int, paid: Sequence[tuple[int, int, str]], currency: str
) -> tuple[int, str]:
    """A line's part of a refund that was made for the whole order."""
    amount, its = _money(refund, "amount", currency)
    return _shares(amount, [revenue for _, revenue, _ in paid])[index], its


def _shares(amount: int, weights: Sequence[int]) -> list[int]:
    """An amount in parts by weight; the parts add up to it."""
    if not sum(weights):
        weights = [1] * len(weights)
    parts, given, weighed = [], 0, 0
    for weight in weights:
        weighed += weight
        upto = amount * weighed // sum(weights)
        parts.append(upto - given)
        given = upto
    return parts


def _is_made(refund: Mapping[str, Any]) -> bool:
    return bool(refund.get("refundDate")) and refund.get("refundStatus") not in ("PENDING", "FAILED")


def _money(body: Mapping[str, Any], field: str, wanted: str) -> tuple[int, str]:
    """An amount in minor units and its currency: the wanted one, where the amount was converted from it."""
    amount = part(body.get(field))
    value, currency = amount.get("value"), str(amount.get("currency") or "")
    if currency != wanted and amount.get("convertedFromCurrency") == wanted:
        value, currency = amount.get("convertedFromValue"), wanted
    try:
        exact = Decimal(str(value))
        if exact.is_finite() and abs(exact) < _MOST:
            return round_minor(exact * 10 ** exponent(currency), "half_up"), currency
    except (InvalidOperation, ValueError):
        pass
    raise ParseError("eBay's order could not be understood", why=f"{field} is no amount")


def _day(text: str) -> date:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as fault:
        raise ParseError("eBay's order could not be understood", why="a date is no date") from fault
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).date()


def _text(body: Mapping[str, Any], field: str) -> str:
    value = body.get(field)
    if not isinstance(value, str) or not value:
        raise ParseError("eBay's order could not be understood", why=f"without {field}")
    return value
