"""The sales side of the small eBay: buyers, orders with all that eBay tells of them, traffic, quantities."""

import json
import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from fake_kit import Got, Said

BUYER = ("Wilhelmine Testbuyer", "12 Nowhere Lane", "wtestbuyer77", "leave it at the red door")
ROUTES = (
    ("orders", "GET", r"/sell/fulfillment/v1/order"),
    ("traffic", "GET", r"/sell/analytics/v1/traffic_report"),
    ("quantity", "POST", r"/sell/inventory/v1/bulk_update_price_quantity"),
)


def money(value: str, currency: str = "USD", **more: str) -> dict[str, str]:
    return {"value": value, "currency": currency} | more


def problem(number: int, message: str, status: int = 400) -> Said:
    return Said(status, {"errors": [{"errorId": number, "category": "REQUEST", "message": message}]})


def line(listing: str, quantity: int = 1, cost: str = "24.99", **more: Any) -> dict[str, Any]:
    """A line item as getOrders gives it; `more` replaces fields."""
    return {
        "lineItemId": "1", "legacyItemId": listing, "sku": "", "title": "Lantern", "quantity": quantity,
        "lineItemCost": money(cost), "deliveryCost": {"shippingCost": money("0.0")}, "refunds": [], "taxes": [],
        "total": money(cost),
    } | more  # fmt: skip


@dataclass
class FakeSales:
    """`told_until`: eBay has counted views up to that day. `hidden`: calls that answer 403."""

    book: list[dict[str, Any]] = field(default_factory=list)
    looks: dict[tuple[str, date], tuple[int, int]] = field(default_factory=dict)
    told_until: date = date(2100, 1, 1)
    today: date = date(2100, 1, 1)
    hidden: frozenset[str] = frozenset()
    refuse_quantity: int = 0
    page: int = 1000  # the most orders it gives at once, whatever is asked for
    offers: dict[str, dict[str, Any]] = field(default_factory=dict)
    listings: list[dict[str, Any]] = field(default_factory=list)

    def order(self, day: date, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
        """An order made that noon; `more` replaces fields."""
        made = {
            "orderId": f"24-{len(self.book):05d}-00001", "creationDate": f"{day}T12:00:00.000Z",
            "lastModifiedDate": f"{day}T12:00:00.000Z", "orderPaymentStatus": "PAID",
            "cancelStatus": {"cancelState": "NONE_REQUESTED", "cancelRequests": []}, "lineItems": list(lines),
            "buyer": {"username": BUYER[2], "buyerRegistrationAddress": {"fullName": BUYER[0]}},
            "buyerCheckoutNotes": BUYER[3], "paymentSummary": {"refunds": []},
            "fulfillmentStartInstructions": [
                {"shippingStep": {"shipTo": {"fullName": BUYER[0], "contactAddress": {"addressLine1": BUYER[1]}}}}
            ],
        } | more  # fmt: skip
        self.book.append(made)
        return made

    def refund(self, order: dict[str, Any], day: date, amount: str, index: int = 0, currency: str = "USD") -> None:
        """The seller pays back for one line."""
        paid = {"amount": money(amount, currency), "refundDate": f"{day}T09:00:00.000Z", "refundId": "r"}
        order["lineItems"][index]["refunds"].append(paid)
        order["lastModifiedDate"] = paid["refundDate"]

    def buy(self, offer: str, day: date, pieces: int = 1, **more: Any) -> None:
        """A buyer takes pieces: an order, and so many fewer are left."""
        now = self.offers[offer]
        now["availableQuantity"] -= pieces
        price = float(now["pricingSummary"]["price"]["value"])
        listing = next(row["id"] for row in self.listings if row["offer"] == offer)
        self.order(day, line(listing, pieces, f"{price * pieces:.2f}", sku=now["sku"]), **more)

    # ------------------------------------------------------------ calls

    def _orders(self, got: Got, known: str, base_url: str) -> Said:
        if "orders" in self.hidden:
            return problem(1100, "Access denied", 403)
        asked = re.fullmatch(r"(creationdate|lastmodifieddate):\[([\dT:.-]+Z)\.\.\]", got.query.get("filter", ""))
        if asked is None:
            return problem(30800, "Invalid filter value")
        name = {"creationdate": "creationDate", "lastmodifieddate": "lastModifiedDate"}[asked[1]]
        since = datetime.fromisoformat(asked[2])
        found = [o for o in reversed(self.book) if datetime.fromisoformat(o[name]) >= since]
        limit, offset = min(int(got.query["limit"]), self.page), int(got.query["offset"])
        if int(got.query["limit"]) > 200:
            return problem(31100, "Invalid limit")
        rows = found[offset : offset + limit]
        return Said(200, {"orders": rows, "total": len(found), "limit": limit, "offset": offset})

    def _traffic(self, got: Got, known: str, base_url: str) -> Said:
        if "traffic" in self.hidden:
            return problem(1100, "Access denied", 403)
        stamp = r"(\d{4}-\d\d-\d\d)T\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d"
        asked = re.fullmatch(rf"marketplace_ids:{{EBAY_US}},date_range:\[{stamp}\.\.{stamp}\]", got.query["filter"])
        if asked is None or got.query["dimension"] != "LISTING":
            return problem(50033, "Invalid date range filter format")
        first, last = date.fromisoformat(asked[1]), date.fromisoformat(asked[2])
        if last > self.today:
            return problem(50018, "Neither the start date nor the end date can be in the future.")
        days = [first + timedelta(n) for n in range((last - first).days + 1)]
        ids = sorted({i for i, d in self.looks if d in days})[:200]
        sums = {i: [sum(self.looks.get((i, d), (0, 0))[n] for d in days) for n in (0, 1)] for i in ids}
        columns = {"LISTING_VIEWS_TOTAL": 0, "LISTING_VIEWS_SOURCE_SEARCH_RESULTS_PAGE": 1}
        keys = got.query["metric"].split(",")
        rows = [
            {"dimensionValues": [{"value": i, "applicable": True}],
             "metricValues": [{"value": sums[i][columns[k]], "applicable": True} for k in keys]}
            for i in ids
        ]  # fmt: skip
        return Said(200, {
            "dimensionMetadata": [], "header": {"dimensionKeys": [{"key": "LISTING"}],
                                                "metrics": [{"key": k, "dataType": "NUMBER"} for k in keys]},
            "records": rows, "startDate": f"{first}T00:00:00.000Z", "endDate": f"{last}T23:59:59.000Z",
            "lastUpdatedDate": f"{self.told_until}T23:00:00.000Z",
        })  # fmt: skip

    def _quantity(self, got: Got, known: str, base_url: str) -> Said:
        (asked,) = json.loads(got.body)["requests"]
        (offer,) = asked["offers"]
        assert set(asked) == {"offers", "sku"}, "the item keeps its quantity"
        (value,) = set(offer) - {"offerId"}  # the offer's quantity or its price, and nothing else
        sku = self.offers[offer["offerId"]]["sku"]
        assert asked["sku"] == sku
        if self.refuse_quantity:
            errors = problem(self.refuse_quantity, "refused").body["errors"]
            return Said(207, {"responses": [{"offerId": offer["offerId"], "sku": sku, "statusCode": 400,
                                             "errors": errors}]})  # fmt: skip
        there = self.offers[offer["offerId"]]
        if value == "price":
            there["pricingSummary"] = {"price": offer["price"]}
        else:
            there["availableQuantity"] = offer["availableQuantity"]
        return Said(200, {"responses": [{"offerId": offer["offerId"], "sku": sku, "statusCode": 200}]})
