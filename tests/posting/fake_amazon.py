"""A small Amazon with memory: listings by SKU that show only after some reads, a catalogue, reports that take time."""

import base64
import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

from fake_kit import Got, Said

_ITEMS = r"/listings/2021-08-01/items/(?P<seller>[^/]+)"
_ITEM = rf"{_ITEMS}/(?P<id>[^/]+)"
_ROUTES = (
    ("token", "POST", r"/auth/o2/token"),
    ("participations", "GET", r"/sellers/v1/marketplaceParticipations"),
    ("catalog", "GET", r"/catalog/2022-04-01/items"),
    ("types", "GET", r"/definitions/2020-09-01/productTypes"),
    ("definition", "GET", r"/definitions/2020-09-01/productTypes/(?P<id>[^/]+)"),
    ("schema", "GET", r"/schemas/(?P<id>[^/]+)"),
    ("restrictions", "GET", r"/listings/2021-08-01/restrictions"),
    ("fees", "POST", r"/products/fees/v0/items/(?P<id>[^/]+)/feesEstimate"),
    ("put", "PUT", _ITEM),
    ("get", "GET", _ITEM),
    ("patch", "PATCH", _ITEM),
    ("delete", "DELETE", _ITEM),
    ("search", "GET", _ITEMS),
    ("metrics", "GET", r"/sales/v1/orderMetrics"),
    ("reports", "GET", r"/reports/2021-06-30/reports"),
    ("report_make", "POST", r"/reports/2021-06-30/reports"),
    ("report", "GET", r"/reports/2021-06-30/reports/(?P<id>[^/]+)"),
    ("document", "GET", r"/reports/2021-06-30/documents/(?P<id>[^/]+)"),
    ("download", "GET", r"/downloads/(?P<id>[^/]+)"),
)
_COMPILED = [(name, method, re.compile(path)) for name, method, path in _ROUTES]
_OPEN = ("token", "schema", "download")
US, SELLER, REFRESH, ASIN = "ATVPDKIKX0DER", "A1SELLER23456", "Atzr|refresh-1", "B0LANTERN1"
LANTERN = {"asin": ASIN, "title": "Acme Folding Camp Lantern, 400 lm, Green", "brand": "Acme", "type": "LANTERN"}


def error(code: str, message: str, status: int = 400, details: str = "") -> Said:
    """Amazon's error shape."""
    return Said(status, {"errors": [{"code": code, "message": message, "details": details}]})


def issue(code: str, message: str, *attributes: str, severity: str = "ERROR") -> dict[str, Any]:
    return {"code": code, "message": message, "severity": severity, "categories": [], "marketplaceIds": [US],
            "attributeNames": list(attributes)}  # fmt: skip


@dataclass
class FakeAmazon:
    """`items`: every SKU that there is; `created`: one entry for each time that one came to be."""

    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    created: list[str] = field(default_factory=list)
    bodies: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    granted: int = 0
    refresh: str = REFRESH
    echoes: bool = True  # names the refresh token again in its answers
    products: list[dict[str, str]] = field(default_factory=lambda: [dict(LANTERN)])
    by_number: dict[str, list[str]] = field(default_factory=dict)  # GTIN -> ASINs
    restricted: list[dict[str, Any]] = field(default_factory=list)
    takes_part: bool = True
    hidden_reads: int = 1  # so many reads of a new SKU find nothing yet
    lingers: int = 1  # so many reads of a deleted one still find it
    preview_issues: list[dict[str, Any]] = field(default_factory=list)
    put_issues: list[dict[str, Any]] = field(default_factory=list)
    later_issues: list[dict[str, Any]] = field(default_factory=list)  # found only after it was accepted
    never_shown: bool = False
    status: list[str] = field(default_factory=lambda: ["BUYABLE", "DISCOVERABLE"])
    kinds: list[str] = field(default_factory=lambda: ["LANTERN"])
    schemas: dict[str, Any] = field(default_factory=dict)
    checksum: str = ""
    denied: set[str] = field(default_factory=set)  # calls for which the app lacks the role
    sold: dict[str, tuple[int, int, str]] = field(default_factory=dict)  # day -> orders, units, amount
    viewed: dict[str, dict[str, int]] = field(default_factory=dict)  # day -> SKU -> page views
    reports: list[dict[str, Any]] = field(default_factory=list)
    report_polls: int = 1  # so many reads of a new report find it unfinished
    today: str = "2026-06-01"

    # ------------------------------------------------------------ what tests look at

    @property
    def live(self) -> list[str]:
        """SKUs that a buyer finds."""
        return [sku for sku, item in self.items.items() if self._shown(item)]

    def _shown(self, item: dict[str, Any]) -> bool:
        return not (item["gone"] or self.never_shown or self.later_issues)

    # ------------------------------------------------------------ the kit's side

    def named(self, got: Got) -> str:
        for name, method, path in _COMPILED:
            if method == got.method and path.fullmatch(got.path):
                return "preview" if name == "put" and got.query.get("mode") == "VALIDATION_PREVIEW" else name
        return "unknown"

    def expire(self) -> None:
        self.tokens.clear()

    def refusal(self, name: str) -> Said:
        return self._submitted("?", "INVALID", [issue("90220", "'size' is required but not supplied.", "size")])

    def answer(self, name: str, got: Got, base_url: str) -> Said:
        if name == "unknown":
            return error("NOT_FOUND", "no such resource", 404)
        if name not in _OPEN and got.headers.get("x-amz-access-token", "") not in self.tokens:
            return error("Unauthorized", "Access to requested resource is denied.", 403,
                         "The access token you provided has expired.")  # fmt: skip
        if name in _OPEN[1:] and "x-amz-access-token" in got.headers:
            return Said(400, {"errors": [{"code": "x", "message": "a token at a foreign address"}]})
        if name in self.denied:
            return error("Unauthorized", "Access to requested resource is denied.", 403)
        path = next(path for n, _, path in _COMPILED if n == ("put" if name == "preview" else name))
        found = path.fullmatch(got.path)
        known = {key: unquote(value) for key, value in (found.groupdict() if found else {}).items()}
        if known.get("seller", SELLER) != SELLER:
            return error("InvalidInput", "the seller is another one", 403)
        said: Said = getattr(self, f"_{name}")(got, known.get("id", ""), base_url)
        return said

    # ------------------------------------------------------------ sign-in

    def _token(self, got: Got, known: str, base_url: str) -> Said:
        form = {name: values[0] for name, values in parse_qs(got.body.decode()).items()}
        if (form.get("client_id"), form.get("client_secret")) != ("client-1", "secret-1"):
            return Said(401, {"error": "invalid_client", "error_description": "Client authentication failed"})
        told = form.get("code") == "good" if form["grant_type"] == "authorization_code" else form.get("refresh_token")
        if told not in (True, self.refresh):
            return Said(400, {"error": "invalid_grant", "error_description": "The request has an invalid grant"})
        self.granted += 1
        token = f"Atza|access-{self.granted}"
        self.tokens.add(token)
        more = {"refresh_token": self.refresh} if self.echoes or told is True else {}
        return Said(200, {"access_token": token, "token_type": "bearer", "expires_in": 3600} | more)

    # ------------------------------------------------------------ account and catalogue

    def _participations(self, got: Got, known: str, base_url: str) -> Said:
        rows = [("ATVPDKIKX0DER", "US", "USD", self.takes_part), ("A2EUQ1WTGCTBG2", "CA", "CAD", True)]
        payload = [
            {"marketplace": {"id": i, "name": c, "countryCode": c, "defaultCurrencyCode": m},
             "participation": {"isParticipating": told, "hasSuspendedListings": False}, "storeName": "S"}
            for i, c, m, told in rows
        ]  # fmt: skip
        return Said(200, {"payload": payload}, {"x-amzn-RateLimit-Limit": "0.016"})

    def _catalog(self, got: Got, known: str, base_url: str) -> Said:
        query = got.query
        if "keywords" in query:
            found = self.products
        elif query["identifiersType"] == "ASIN":
            found = [p for p in self.products if p["asin"] == query["identifiers"]]
        else:
            found = [p for p in self.products if p["asin"] in self.by_number.get(query["identifiers"], [])]
        items = [
            {"asin": p["asin"], "summaries": [{"marketplaceId": US, "itemName": p["title"], "brand": p["brand"],
                                               "itemClassification": p.get("class", "BASE_PRODUCT")}],
             "productTypes": [{"marketplaceId": US, "productType": p["type"]}]}
            for p in found
        ]  # fmt: skip
        return Said(200, {"numberOfResults": len(items), "items": items})

    def _types(self, got: Got, known: str, base_url: str) -> Said:
        rows = [{"name": kind, "displayName": kind.title(), "marketplaceIds": [US]} for kind in self.kinds]
        return Said(200, {"productTypes": rows, "productTypeVersion": "V"})

    def _definition(self, got: Got, known: str, base_url: str) -> Said:
        if known not in self.schemas:
            return error("NOT_FOUND", "no such product type", 404)
        digest = base64.b64encode(hashlib.md5(json.dumps(self.schemas[known]).encode()).digest()).decode()
        link = {"resource": f"{base_url}/schemas/{known}", "verb": "GET"}
        return Said(200, {"schema": {"link": link, "checksum": self.checksum or digest}, "productType": known,
                          "displayName": known.title(), "requirements": "LISTING"})  # fmt: skip

    def _schema(self, got: Got, known: str, base_url: str) -> Said:
        return Said(200, self.schemas[known])

    def _restrictions(self, got: Got, known: str, base_url: str) -> Said:
        reasons = [{"marketplaceId": US, "conditionType": got.query["conditionType"], "reasons": self.restricted}]
        return Said(200, {"restrictions": reasons if self.restricted else []})

    def _fees(self, got: Got, known: str, base_url: str) -> Said:
        asked = got.json()["FeesEstimateRequest"]["PriceToEstimateFees"]["ListingPrice"]
        fee = {"CurrencyCode": asked["CurrencyCode"], "Amount": round(asked["Amount"] * 0.15, 4)}
        estimate = {"TimeOfFeesEstimation": "2026-06-01T00:00:00Z", "TotalFeesEstimate": fee,
                    "FeeDetailList": [{"FeeType": "ReferralFee", "FeeAmount": fee, "FinalFee": fee}]}  # fmt: skip
        return Said(200, {"payload": {"FeesEstimateResult": {"Status": "Success", "FeesEstimate": estimate}}})

    # ------------------------------------------------------------ listings

    @staticmethod
    def _submitted(sku: str, status: str, issues: list[dict[str, Any]]) -> Said:
        number = hashlib.sha256(f"{sku}{status}".encode()).hexdigest()[:12]
        asins = [{"marketplaceId": US, "asin": ASIN}] if status != "INVALID" else []
        body = {"sku": sku, "status": status, "submissionId": number, "issues": issues, "identifiers": asins}
        return Said(200, body)

    def _preview(self, got: Got, known: str, base_url: str) -> Said:
        return self._submitted(known, "INVALID" if self.preview_issues else "VALID", self.preview_issues)

    def _put(self, got: Got, known: str, base_url: str) -> Said:
        body = got.json()
        if self.put_issues:
            return self._submitted(known, "INVALID", self.put_issues)
        lacking = {"condition_type", "purchasable_offer", "fulfillment_availability"} - set(body["attributes"])
        if lacking:
            return self._submitted(known, "INVALID", [issue("90220", "required", *sorted(lacking))])
        if known not in self.items or self.items[known]["gone"]:
            self.created.append(known)
            self.items[known] = {"reads": 0, "gone": False, "gone_reads": 0}
        self.items[known] |= {"type": body["productType"], "attributes": body["attributes"]}
        return self._submitted(known, "ACCEPTED", [])

    def _patch(self, got: Got, known: str, base_url: str) -> Said:
        if known not in self.items:
            return error("NOT_FOUND", f"SKU '{known}' not found", 404)
        for patch in got.json()["patches"]:
            self.items[known]["attributes"][patch["path"].removeprefix("/attributes/")] = patch["value"]
        return self._submitted(known, "ACCEPTED", [])

    def _delete(self, got: Got, known: str, base_url: str) -> Said:
        if known in self.items:
            self.items[known]["gone"] = True
        return self._submitted(known, "ACCEPTED", [])

    def _get(self, got: Got, known: str, base_url: str) -> Said:
        item = self.items.get(known)
        if item is not None:
            item["gone_reads" if item["gone"] else "reads"] += 1
        if item is None or item["reads"] <= self.hidden_reads or item["gone_reads"] > self.lingers:
            return error("NOT_FOUND", f"SKU '{known}' not found in marketplace {US}", 404)
        return Said(200, self._told(known, item))

    def _told(self, sku: str, item: dict[str, Any]) -> dict[str, Any]:
        attributes, status = item["attributes"], [] if self.never_shown or self.later_issues else self.status
        offer = attributes["purchasable_offer"][0]
        price = {"currencyCode": offer["currency"],
                 "amount": str(offer["our_price"][0]["schedule"][0]["value_with_tax"])}  # fmt: skip
        summary = {"marketplaceId": US, "asin": ASIN, "productType": item["type"], "status": status,
                   "createdDate": "2026-06-01T00:00:00Z", "lastUpdatedDate": "2026-06-01T00:00:00Z"}  # fmt: skip
        stock = attributes["fulfillment_availability"][0]
        return {
            "sku": sku, "summaries": [summary], "issues": self.later_issues,
            "offers": [{"marketplaceId": US, "offerType": "B2C", "price": price}],
            "fulfillmentAvailability": [{"fulfillmentChannelCode": "DEFAULT", "quantity": stock["quantity"]}],
        }  # fmt: skip

    def _search(self, got: Got, known: str, base_url: str) -> Said:
        return Said(200, {"numberOfResults": len(self.items), "items": []})

    # ------------------------------------------------------------ figures

    def _metrics(self, got: Got, known: str, base_url: str) -> Said:
        first, last = got.query["interval"].split("--")
        rows = [
            {"interval": f"{day}T00:00Z--{day}T24:00Z", "orderCount": orders, "unitCount": units,
             "orderItemCount": orders, "averageUnitPrice": {"amount": "1", "currencyCode": "USD"},
             "totalSales": {"amount": amount, "currencyCode": "USD"}}
            for day, (orders, units, amount) in sorted(self.sold.items())
            if first[:10] <= day < last[:10]
        ]  # fmt: skip
        return Said(200, {"payload": rows})

    def _reports(self, got: Got, known: str, base_url: str) -> Said:
        return Said(200, {"reports": [self._report_of(r) for r in self.reports]})

    def _report_make(self, got: Got, known: str, base_url: str) -> Said:
        body = got.json()
        number = f"R{len(self.reports) + 1}"
        day = body["dataStartTime"][:10]
        self.reports.append({"reportId": number, "day": day, "polls": 0, "at": self.today,
                             "views": dict(self.viewed.get(day, {}))})  # fmt: skip
        return Said(202, {"reportId": number})

    def _report(self, got: Got, known: str, base_url: str) -> Said:
        found = next(r for r in self.reports if r["reportId"] == known)
        found["polls"] += 1
        return Said(200, self._report_of(found))

    def _report_of(self, report: dict[str, Any]) -> dict[str, Any]:
        done = report["polls"] > self.report_polls
        more = {"reportDocumentId": f"D{report['reportId']}"} if done else {}
        return {"reportId": report["reportId"], "reportType": "GET_SALES_AND_TRAFFIC_REPORT", "marketplaceIds": [US],
                "createdTime": f"{report['at']}T06:00:00Z", "processingStatus": "DONE" if done else "IN_QUEUE",
                "dataStartTime": f"{report['day']}T00:00:00Z",
                "dataEndTime": f"{report['day']}T23:59:59Z"} | more  # fmt: skip

    def _document(self, got: Got, known: str, base_url: str) -> Said:
        return Said(200, {"reportDocumentId": known, "url": f"{base_url}/downloads/{known}"})

    def _download(self, got: Got, known: str, base_url: str) -> Said:
        found = next(r for r in self.reports if f"D{r['reportId']}" == known)
        rows = [{"parentAsin": ASIN, "childAsin": ASIN, "sku": sku, "salesByAsin": {},
                 "trafficByAsin": {"pageViews": n}} for sku, n in found["views"].items()]  # fmt: skip
        return Said(200, {"salesAndTrafficByAsin": rows, "salesAndTrafficByDate": []})
