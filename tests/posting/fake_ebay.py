"""A small eBay with memory: items by SKU, offers unique by (sku, marketplace, format), listings that a buyer sees."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from fake_ebay_sales import ROUTES as SALES_ROUTES
from fake_ebay_sales import FakeSales
from fake_kit import Got, Said

_ROUTES = (
    ("token", "POST", r"/identity/v1/oauth2/token"),
    ("image", "POST", r"/commerce/media/v1_beta/image/create_image_from_file"),
    ("image_url", "POST", r"/commerce/media/v1_beta/image/create_image_from_url"),
    ("image_get", "GET", r"/commerce/media/v1_beta/image/(?P<id>[^/]+)"),
    ("item", "PUT", r"/sell/inventory/v1/inventory_item/(?P<id>[^/]+)"),
    ("offers", "GET", r"/sell/inventory/v1/offer"),
    ("fees", "POST", r"/sell/inventory/v1/offer/get_listing_fees"),
    ("offer", "POST", r"/sell/inventory/v1/offer"),
    ("offer_put", "PUT", r"/sell/inventory/v1/offer/(?P<id>[^/]+)"),
    ("offer_get", "GET", r"/sell/inventory/v1/offer/(?P<id>[^/]+)"),
    ("publish", "POST", r"/sell/inventory/v1/offer/(?P<id>[^/]+)/publish"),
    ("withdraw", "POST", r"/sell/inventory/v1/offer/(?P<id>[^/]+)/withdraw"),
    ("locations", "GET", r"/sell/inventory/v1/location"),
    ("location", "POST", r"/sell/inventory/v1/location/(?P<id>[^/]+)"),
    ("policies", "GET", r"/sell/account/v1/(?P<id>fulfillment|payment|return)_policy"),
    ("privilege", "GET", r"/sell/account/v1/privilege"),
    ("programs", "GET", r"/sell/account/v1/program/get_opted_in_programs"),
    ("opt_in", "POST", r"/sell/account/v1/program/opt_in"),
    ("tree", "GET", r"/commerce/taxonomy/v1/get_default_category_tree_id"),
    ("suggest", "GET", r"/commerce/taxonomy/v1/category_tree/(?P<id>\d+)/get_category_suggestions"),
    ("aspects", "GET", r"/commerce/taxonomy/v1/category_tree/(?P<id>\d+)/get_item_aspects_for_category"),
    ("quota", "GET", r"/developer/analytics/v1_beta/user_rate_limit/"),
    *SALES_ROUTES,
)
_COMPILED = [(name, method, re.compile(path)) for name, method, path in _ROUTES]
_OPEN = ("token",)
_SPOKEN = ("item", "offer", "offer_put")  # need a Content-Language
REFRESH = "refresh-1"


def error(number: int, message: str, status: int = 400, **parameters: str) -> Said:
    """eBay's error shape."""
    category = "APPLICATION" if status >= 500 else "REQUEST"
    found = {"errorId": number, "domain": "API_INVENTORY", "subdomain": "Selling", "category": category,
             "message": message, "parameters": [{"name": n, "value": v} for n, v in parameters.items()]}  # fmt: skip
    return Said(status, {"errors": [found]})


@dataclass
class FakeEbay(FakeSales):
    """`listings`: what buyers see or saw, by offer id; one entry a listing ever made."""

    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    images: dict[str, bytes] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    granted: int = 0
    refresh: str = REFRESH
    policies: dict[str, list[str]] = field(
        default_factory=lambda: {"fulfillment": ["F1"], "payment": ["P1"], "return": ["R1"]}
    )
    locations: list[str] = field(default_factory=lambda: ["WAREHOUSE-1"])
    required: list[str] = field(default_factory=lambda: ["Material"])
    category: str = "16036"
    programs: list[str] = field(default_factory=lambda: ["SELLING_POLICY_MANAGEMENT"])
    status_of_new: str = "ACTIVE"  # INACTIVE: accepted, and never shown to a buyer
    refuse_publish: int = 0  # an error id
    names_duplicates: bool = True
    republished: int = 0  # publishes of what is published already: careless, though eBay makes no second listing
    refuse_search: int = 0  # an error id, where there is no offer
    blind_reads: int = 0  # so many searches for an offer find nothing yet

    # ------------------------------------------------------------ what tests look at

    @property
    def live(self) -> list[dict[str, Any]]:
        return [row for row in self.listings if row["status"] == "ACTIVE"]

    # ------------------------------------------------------------ the kit's side

    def named(self, got: Got) -> str:
        for name, method, path in _COMPILED:
            if method == got.method and path.fullmatch(got.path):
                return name
        return "unknown"

    def expire(self) -> None:
        self.tokens.clear()

    def refusal(self, name: str) -> Said:
        return Said(200, error(25007, "invalid data in the associated fulfillment policy").body)

    def answer(self, name: str, got: Got, base_url: str) -> Said:
        if name == "unknown":
            return Said(404, {"errors": []})
        if name not in _OPEN and got.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return Said(401, {"errors": [{"errorId": 1001, "message": "Invalid access token"}]})
        if name in _SPOKEN and not re.fullmatch(r"[a-z]{2}-[A-Z]{2}", got.headers.get("content-language", "")):
            return error(25604, "Input error. Content-Language")
        if got.headers.get("accept-language", "*") == "*" and name not in _OPEN:
            return error(25709, "Invalid value for header Accept-Language")
        path = next(path for n, _, path in _COMPILED if n == name)
        found = path.fullmatch(got.path)
        known = unquote(found.groupdict().get("id") or "") if found else ""
        said: Said = getattr(self, f"_{name}")(got, known, base_url)
        return said

    # ------------------------------------------------------------ sign-in

    def _token(self, got: Got, known: str, base_url: str) -> Said:
        form = dict(pair.split("=", 1) for pair in got.body.decode().split("&"))
        if not got.headers.get("authorization", "").startswith("Basic "):
            return Said(401, {"error": "invalid_client"})
        more: dict[str, Any] = {}
        if form["grant_type"] == "authorization_code":
            if form["code"] != "good":
                return Said(400, {"error": "invalid_grant", "error_description": "the code is not valid"})
            more = {"refresh_token": self.refresh, "refresh_token_expires_in": 47_304_000}
        elif form.get("refresh_token") != self.refresh:
            return Said(400, {"error": "invalid_grant", "error_description": "the refresh token is invalid"})
        self.granted += 1
        token = f"access-{self.granted}"
        self.tokens.add(token)
        return Said(200, {"access_token": token, "expires_in": 7200, "token_type": "User Access Token"} | more)

    # ------------------------------------------------------------ media and inventory

    def _image(self, got: Got, known: str, base_url: str) -> Said:
        boundary = got.headers["content-type"].split("boundary=")[1].encode()
        part = got.body.split(b"--" + boundary)[1]
        head, _, data = part.partition(b"\r\n\r\n")
        if b'name="image"' not in head:
            return error(190203, "no image")
        number = f"img{len(self.images) + 1}"
        self.images[number] = data.removesuffix(b"\r\n")
        return Said(201, None, {"Location": f"{base_url}/commerce/media/v1_beta/image/{number}"})

    def _image_url(self, got: Got, known: str, base_url: str) -> Said:
        number = f"img{len(self.images) + 1}"
        self.images[number] = got.json()["imageUrl"].encode()
        return Said(201, {"imageUrl": self.url_of(number), "expirationDate": "2030-01-01T00:00:00Z"})

    def _image_get(self, got: Got, known: str, base_url: str) -> Said:
        if known not in self.images:
            return error(190200, "The image resource was not found.", 404)
        return Said(200, {"imageUrl": self.url_of(known), "expirationDate": "2030-01-01T00:00:00Z"})

    @staticmethod
    def url_of(number: str) -> str:
        return f"https://i.ebayimg.com/images/g/{number}/s-l1600.jpg"

    def _item(self, got: Got, known: str, base_url: str) -> Said:
        new = known not in self.items
        self.items[known] = got.json()
        return Said(201 if new else 204, {} if new else None)

    def _offers(self, got: Got, known: str, base_url: str) -> Said:
        wanted = got.query.get("marketplace_id")
        found = [o for o in self.offers.values() if o["sku"] == got.query.get("sku")]
        found = [o for o in found if wanted in (None, o["marketplaceId"])]
        if not found and self.refuse_search:
            return error(self.refuse_search, "the SKU could not be found or is not available in the system.")
        self.blind_reads -= 1
        if not found or self.blind_reads >= 0:
            return error(25713, "This Offer is not available.", 404)
        return Said(200, {"href": "", "limit": 100, "size": len(found), "total": len(found),
                          "offers": [self._shown(o) for o in found]})  # fmt: skip

    def _offer(self, got: Got, known: str, base_url: str) -> Said:
        body = got.json()
        key = (body["sku"], body["marketplaceId"], body["format"])
        for number, offer in self.offers.items():
            if (offer["sku"], offer["marketplaceId"], offer["format"]) == key:
                more = {"offerId": number} if self.names_duplicates else {}
                return error(25002, "A user error has occurred. Offer entity already exists.", **more)
        if body["sku"] not in self.items:
            return error(25702, f"{body['sku']} could not be found or is not available in the system.")
        number = str(5_000_000 + len(self.offers))
        self.offers[number] = body | {"status": "UNPUBLISHED"}
        return Said(201, {"offerId": number})

    def _offer_put(self, got: Got, known: str, base_url: str) -> Said:
        if known not in self.offers:
            return error(25713, "This Offer is not available.", 404)
        kept = {n: self.offers[known][n] for n in ("sku", "marketplaceId", "format", "status")}
        self.offers[known] = got.json() | kept
        return Said(204)

    def _offer_get(self, got: Got, known: str, base_url: str) -> Said:
        if known not in self.offers:
            return error(25713, "This Offer is not available.", 404)
        return Said(200, self._shown(self.offers[known]))

    def _fees(self, got: Got, known: str, base_url: str) -> Said:
        rows = [{"feeType": "INSERTION_FEE", "amount": {"value": "0.35", "currency": "USD"}}]
        return Said(200, {"feeSummaries": [{"fees": rows, "marketplaceId": "EBAY_US"}]})

    def _publish(self, got: Got, known: str, base_url: str) -> Said:
        offer = self.offers.get(known)
        if offer is None:
            return error(25713, "This Offer is not available.", 404)
        if self.refuse_publish:
            return error(self.refuse_publish, "refused")
        problem = self._problem(offer)
        if problem:
            return problem
        now = self._listing_of(known)
        if now is not None:
            self.republished += 1
        else:
            now = {"offer": known, "id": str(110_000_000 + len(self.listings)), "status": self.status_of_new}
            self.listings.append(now)
        offer["status"] = "PUBLISHED"
        return Said(200, {"listingId": now["id"], "warnings": []})

    def _problem(self, offer: dict[str, Any]) -> Said | None:
        chosen = offer.get("listingPolicies") or {}
        for kind, number in (("fulfillment", 25007), ("payment", 25008), ("return", 25009)):
            if chosen.get(f"{kind}PolicyId") not in self.policies[kind]:
                return error(number, f"invalid data in the associated {kind} policy")
        if offer.get("merchantLocationKey") not in self.locations:
            return error(25012, "Invalid inventory location.")
        if offer.get("categoryId") != self.category:
            return error(25005, "invalid category ID")
        if float(offer["pricingSummary"]["price"]["value"]) <= 0:
            return error(25003, "invalid price")
        item = self.items[offer["sku"]]["product"]
        if not item["imageUrls"]:
            return error(25014, "invalid pictures")
        lacking = [name for name in self.required if name not in item["aspects"]]
        return error(25029, f"{lacking[0]} is required for this category.") if lacking else None

    def _withdraw(self, got: Got, known: str, base_url: str) -> Said:
        now = self._listing_of(known)
        if now is None:
            return error(25713, "This Offer is not available.")
        now["status"] = "ENDED"
        self.offers[known]["status"] = "UNPUBLISHED"
        return Said(200, {"listingId": now["id"]})

    def _listing_of(self, offer: str) -> dict[str, Any] | None:
        return next((row for row in self.listings if row["offer"] == offer and row["status"] != "ENDED"), None)

    def _shown(self, offer: dict[str, Any]) -> dict[str, Any]:
        number = next(n for n, o in self.offers.items() if o is offer)
        now = self._listing_of(number)
        more = {"listing": {"listingId": now["id"], "listingStatus": now["status"], "soldQuantity": 0}} if now else {}
        return offer | {"offerId": number} | more

    # ------------------------------------------------------------ account and taxonomy

    def _policies(self, got: Got, known: str, base_url: str) -> Said:
        field_name = {"fulfillment": "fulfillmentPolicies", "payment": "paymentPolicies", "return": "returnPolicies"}
        rows = [
            {f"{known}PolicyId": n, "name": f"{known} {n}", "marketplaceId": "EBAY_US"} for n in self.policies[known]
        ]
        return Said(200, {field_name[known]: rows, "total": len(rows)})

    def _locations(self, got: Got, known: str, base_url: str) -> Said:
        rows = [{"merchantLocationKey": n, "merchantLocationStatus": "ENABLED", "name": n} for n in self.locations]
        return Said(200, {"locations": rows, "total": len(rows)})

    def _location(self, got: Got, known: str, base_url: str) -> Said:
        if known in self.locations:
            return error(25803, "merchantLocationKey already exists.", 409)
        self.locations.append(known)
        return Said(204)

    def _privilege(self, got: Got, known: str, base_url: str) -> Said:
        limit = {"amount": {"value": "25000.0", "currency": "USD"}, "quantity": 1000}
        return Said(200, {"sellerRegistrationCompleted": True, "sellingLimit": limit})

    def _programs(self, got: Got, known: str, base_url: str) -> Said:
        return Said(200, {"programs": [{"programType": n} for n in self.programs]})

    def _opt_in(self, got: Got, known: str, base_url: str) -> Said:
        self.programs.append(got.json()["programType"])
        return Said(200, {})

    def _tree(self, got: Got, known: str, base_url: str) -> Said:
        return Said(200, {"categoryTreeId": "0", "categoryTreeVersion": "1"})

    def _suggest(self, got: Got, known: str, base_url: str) -> Said:
        if not self.category:
            return Said(204)
        first = {
            "category": {"categoryId": self.category, "categoryName": "Lanterns"}, "categoryTreeNodeLevel": 2,
            "categoryTreeNodeAncestors": [{"categoryId": "1", "categoryName": "Camping"}],
        }  # fmt: skip
        return Said(200, {"categorySuggestions": [first], "categoryTreeId": "0", "categoryTreeVersion": "1"})

    def _aspects(self, got: Got, known: str, base_url: str) -> Said:
        rows = [{"localizedAspectName": n, "aspectConstraint": {"aspectRequired": True}} for n in self.required]
        rows.append({"localizedAspectName": "Colour", "aspectConstraint": {"aspectRequired": False}})
        return Said(200, {"aspects": rows})

    def _quota(self, got: Got, known: str, base_url: str) -> Said:
        rate = {"limit": 5000, "remaining": 4000, "reset": "2026-06-02T00:00:00Z"}
        return Said(200, {"rateLimits": [{"resources": [{"name": "sell.inventory", "rates": [rate]}]}]})
