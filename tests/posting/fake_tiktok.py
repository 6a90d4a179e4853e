"""A small TikTok Shop with memory: signatures recomputed, idempotency keys remembered, an audit, rotating tokens."""

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fake_kit import Got, Said

KEY, SECRET, REFRESH, CIPHER, SHOP = "key-68xu9", "secret-e59af8", "refresh-one", "GCP_first", "7001"
_ROUTES = (
    ("token_get", "GET", r"/api/v2/token/get"),
    ("token_refresh", "GET", r"/api/v2/token/refresh"),
    ("shops", "GET", r"/authorization/202309/shops"),
    ("prerequisites", "GET", r"/product/202312/prerequisites"),
    ("warehouses", "GET", r"/logistics/202309/warehouses"),
    ("recommend", "POST", r"/product/202309/categories/recommend"),
    ("attributes", "GET", r"/product/202309/categories/(?P<id>\d+)/attributes"),
    ("rules", "GET", r"/product/202309/categories/(?P<id>\d+)/rules"),
    ("brands", "GET", r"/product/202309/brands"),
    ("image", "POST", r"/product/202309/images/upload"),
    ("check", "POST", r"/product/202309/products/listing_check"),
    ("search", "POST", r"/product/202502/products/search"),
    ("create", "POST", r"/product/202309/products"),
    ("deactivate", "POST", r"/product/202309/products/deactivate"),
    ("product", "GET", r"/product/202309/products/(?P<id>\d+)"),
    ("stock", "POST", r"/product/202309/products/(?P<id>\d+)/inventory/update"),
    ("price", "POST", r"/product/202309/products/(?P<id>\d+)/prices/update"),
    ("edit", "POST", r"/product/202509/products/(?P<id>\d+)/partial_edit"),
    ("figures", "GET", r"/analytics/202405/shop_products/(?P<id>\d+)/performance"),
    ("shop_figures", "GET", r"/analytics/202405/shop/performance"),
)
_COMPILED = [(name, method, re.compile(path)) for name, method, path in _ROUTES]
_TOKENS = ("token_get", "token_refresh")
_WITHOUT_CIPHER = (*_TOKENS, "shops", "image")


def ok(**data: Any) -> Said:
    return Said(200, {"code": 0, "message": "Success", "data": data, "request_id": "r"})


def no(code: int, message: str = "refused", status: int = 200) -> Said:
    return Said(status, {"code": code, "message": message, "data": None, "request_id": "r"})


@dataclass
class FakeTiktok:
    """`products`: by number, one entry a product ever made. `now`: the server's clock; None checks no timestamp."""

    now: Callable[[], float] | None = None
    products: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    images: dict[str, bytes] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    refresh: str = REFRESH
    keeps_old: bool = False  # the refresh token before this one still works
    old: str = ""
    granted: int = 0
    life: int = 7 * 86_400  # seconds of an access token
    shops: list[dict[str, str]] = field(
        default_factory=lambda: [{"id": SHOP, "cipher": CIPHER, "name": "Lantern Shop", "region": "US"}]
    )
    warehouses: list[dict[str, Any]] = field(
        default_factory=lambda: [
            {"id": "8001", "name": "Main", "type": "SALES_WAREHOUSE", "effect_status": "ENABLED", "is_default": True},
            {"id": "8002", "name": "Returns", "type": "RETURN_WAREHOUSE", "effect_status": "ENABLED"},
        ]
    )
    failed: list[str] = field(default_factory=list)  # prerequisites that are not met
    category: str = "605254"
    attributes: list[dict[str, Any]] = field(
        default_factory=lambda: [
            {"id": "100392", "name": "Material", "type": "PRODUCT_PROPERTY", "is_requried": True,
             "values": [{"id": "1", "name": "Steel"}, {"id": "2", "name": "Wood"}]},
            {"id": "100393", "name": "Colour", "type": "PRODUCT_PROPERTY", "is_requried": False, "values": []},
        ]
    )  # fmt: skip
    rules: dict[str, Any] = field(default_factory=dict)
    brands: list[dict[str, Any]] = field(default_factory=list)
    denied: set[str] = field(default_factory=set)  # calls whose permission is not granted
    polls: int = 1  # reads of a new product that still find it in review
    verdict: str = "ACTIVATE"  # what the review ends with
    refuse_check: int = 0
    refuse_create: int = 0
    blind: bool = False  # a search finds nothing
    expired_status: int = 401
    figures: dict[str, Any] = field(default_factory=dict)

    # ------------------------------------------------------------ what tests look at

    @property
    def live(self) -> list[dict[str, Any]]:
        return [p for p in self.products.values() if p["status"] == "ACTIVATE"]

    @property
    def one(self) -> dict[str, Any]:
        return list(self.products.values())[-1]

    # ------------------------------------------------------------ the kit's side

    def named(self, got: Got) -> str:
        for name, method, path in _COMPILED:
            if method == got.method and path.fullmatch(got.path):
                return name
        return "unknown"

    def expire(self) -> None:
        self.tokens.clear()

    def refusal(self, name: str) -> Said:
        return no(12052093, "Exceeded the product listing limit for the seller.")

    def answer(self, name: str, got: Got, base_url: str) -> Said:
        if name == "unknown":
            return no(36009009, "no such path", 404)
        if name not in _TOKENS:
            turned = self._turned_away(name, got)
            if turned is not None:
                return turned
        path = next(path for n, _, path in _COMPILED if n == name)
        found = path.fullmatch(got.path)
        known = (found.groupdict().get("id") or "") if found else ""
        if known and name in ("product", "stock", "price", "edit") and known not in self.products:
            return no(12052260, "The product ID does not exist")
        said: Said = getattr(self, f"_{name}")(got, known)
        return said

    def _turned_away(self, name: str, got: Got) -> Said | None:
        query = got.query
        if query.get("sign") != self.signature(got):
            return no(106001, "Invalid credentials. The 'sign' query parameter is invalid.", 401)
        if self.now is not None and not -300 <= int(query["timestamp"]) - self.now() <= 30:
            return no(106001, "Invalid timestamp", 401)
        if got.headers.get("x-tts-access-token", "") not in self.tokens:
            return no(105002, "Expired credentials.", self.expired_status)
        if name in self.denied:
            return no(105005, "Access denied: scope not granted", 401)
        cipher = query.get("shop_cipher")
        if name in _WITHOUT_CIPHER:
            return no(36009004, "unexpected shop_cipher") if cipher is not None else None
        if cipher is None:
            return no(106013, "shop_cipher is required")
        return None if cipher in [s["cipher"] for s in self.shops] else no(101000, "token and shop do not match")

    def signature(self, got: Got) -> str:
        """As the document describes it, on what came."""
        named = sorted((k, v) for k, v in got.query.items() if k not in ("sign", "access_token"))
        text = got.path + "".join(k + v for k, v in named)
        body = b"" if got.headers.get("content-type", "").startswith("multipart/form-data") else got.body
        return hmac.new(
            SECRET.encode(), SECRET.encode() + text.encode() + body + SECRET.encode(), hashlib.sha256
        ).hexdigest()

    # ------------------------------------------------------------ sign-in

    def _token_get(self, got: Got, known: str) -> Said:
        if got.query.get("grant_type") != "authorized_code" or got.query.get("auth_code") != "good":
            return no(36004004, "Authorization code is invalid")
        return self._grant(got)

    def _token_refresh(self, got: Got, known: str) -> Said:
        usable = {self.refresh} | ({self.old} if self.keeps_old else set())
        if got.query.get("grant_type") != "refresh_token" or got.query.get("refresh_token") not in usable:
            return no(36004005, "refresh_token is invalid")
        return self._grant(got)

    def _grant(self, got: Got) -> Said:
        if (got.query.get("app_key"), got.query.get("app_secret")) != (KEY, SECRET):
            return no(36004001, "app_key or app_secret is invalid")
        self.granted += 1
        self.old, self.refresh = self.refresh, f"refresh-{self.granted}-{hash(self.refresh) % 1000}"
        token = f"access-{self.granted}-tts"
        self.tokens.add(token)
        at = int(self.now()) if self.now is not None else 1_780_000_000
        return ok(access_token=token, access_token_expire_in=at + self.life, refresh_token=self.refresh,
                  refresh_token_expire_in=at + 300 * 86_400, seller_name="x", user_type=0)  # fmt: skip

    # ------------------------------------------------------------ shop and category

    def _shops(self, got: Got, known: str) -> Said:
        return ok(shops=self.shops)

    def _prerequisites(self, got: Got, known: str) -> Said:
        return ok(check_results=[{"check_item": "RETURN_WAREHOUSE", "is_failed": bool(self.failed),
                                  "fail_reasons": self.failed}])  # fmt: skip

    def _warehouses(self, got: Got, known: str) -> Said:
        return ok(warehouses=self.warehouses)

    def _recommend(self, got: Got, known: str) -> Said:
        if not self.category:
            return no(12019064, "No matching categories.")
        if got.json().get("category_version") != "v2":
            return no(12052217, "Incorrect category version.")
        tree = [{"id": "1", "name": "Camping", "level": 1}, {"id": self.category, "name": "Lanterns", "level": 2,
                 "is_leaf": True, "permission_statuses": ["AVAILABLE"]}]  # fmt: skip
        return ok(leaf_category_id=self.category, categories=tree)

    def _attributes(self, got: Got, known: str) -> Said:
        return ok(attributes=self.attributes)

    def _rules(self, got: Got, known: str) -> Said:
        return ok(**self.rules)

    def _brands(self, got: Got, known: str) -> Said:
        return ok(brands=self.brands, total_count=len(self.brands))

    # ------------------------------------------------------------ products

    def _image(self, got: Got, known: str) -> Said:
        boundary = got.headers["content-type"].split("boundary=")[1].encode()
        parts = [p.partition(b"\r\n\r\n") for p in got.body.split(b"--" + boundary)]
        data = next((body for head, _, body in parts if b'name="data"' in head), b"")
        use = next((body for head, _, body in parts if b'name="use_case"' in head), b"")
        if not data or use.strip() != b"MAIN_IMAGE":
            return no(12038002, "Invalid upload file.")
        uri = f"tos-useast5/{len(self.images) + 1}"
        self.images[uri] = data.removesuffix(b"\r\n")
        return ok(uri=uri, url=f"https://p16.example/{uri}", width=1200, height=1200, use_case="MAIN_IMAGE")

    def _check(self, got: Got, known: str) -> Said:
        wrong = self._wrong(got.json())
        if self.refuse_check:
            wrong = [(self.refuse_check, "refused")]
        if wrong:
            return ok(check_result="FAILED", fail_reasons=[{"code": c, "message": m} for c, m in wrong])
        return ok(check_result="PASS", warnings={})

    def _create(self, got: Got, known: str) -> Said:
        body = got.json()
        same = self.keys.get(body.get("idempotency_key", ""))
        if same is None:
            wrong = [(self.refuse_create, "refused")] if self.refuse_create else self._wrong(body)
            if body.get("category_version") != "v2" or body.get("save_mode") != "LISTING":
                wrong = [(12052217, "Incorrect category version.")]
            if wrong:
                return no(*wrong[0])
            same = self._made(body)
            if body.get("idempotency_key"):
                self.keys[body["idempotency_key"]] = same
        skus = [{"id": s["id"], "seller_sku": s["seller_sku"]} for s in self.products[same]["skus"]]
        return ok(product_id=same, skus=skus, warnings=[])

    def _made(self, body: dict[str, Any]) -> str:
        number = str(1_729_592_969_712_207_008 + len(self.products))
        skus = [
            {"id": f"{number}1", "seller_sku": s["seller_sku"], "inventory": [dict(i) for i in s["inventory"]],
             "price": {"currency": s["price"]["currency"], "tax_exclusive_price": s["price"]["amount"]}}
            for s in body["skus"]
        ]  # fmt: skip
        self.products[number] = {"id": number, "status": "PENDING", "title": body["title"], "skus": skus, "body": body,
                                 "reads": 0, "create_time": 1_780_000_000 + len(self.products)}  # fmt: skip
        return number

    def _wrong(self, body: dict[str, Any]) -> list[tuple[int, str]]:
        houses = {w["id"] for w in self.warehouses if w.get("type") == "SALES_WAREHOUSE"}
        sku = body["skus"][0]
        given = {a["id"] for a in body.get("product_attributes", []) if a["values"]}
        tests = (
            (12052025, body["category_id"] == self.category),
            (12052300, bool(body["main_images"]) and all(i["uri"] in self.images for i in body["main_images"])),
            (12019011, float(body["package_weight"]["value"]) > 0),
            (12052097, {i["warehouse_id"] for i in sku["inventory"]} <= houses),
            (12052073, float(sku["price"]["amount"]) > 0 and sku["price"]["currency"] == "USD"),
            (12052104, {a["id"] for a in self.attributes if a.get("is_requried")} <= given),
        )
        return [(code, f"error {code}") for code, fine in tests if not fine]

    def _product(self, got: Got, known: str) -> Said:
        product = self.products[known]
        product["reads"] += 1
        if product["status"] == "PENDING" and product["reads"] > self.polls:
            product["status"] = self.verdict
        more: dict[str, Any] = {}
        if product["status"] == "FAILED":
            more = {
                "audit_failed_reasons": [{"position": "Title", "reasons": ["Too vague"], "suggestions": ["Say what"]}]
            }
        return ok(**{k: v for k, v in product.items() if k not in ("body", "reads")}, **more)

    def _search(self, got: Got, known: str) -> Said:
        wanted = set(got.json().get("seller_skus", []))
        found = [p for p in self.products.values() if wanted & {s["seller_sku"] for s in p["skus"]}]
        shown = [{k: v for k, v in p.items() if k not in ("body", "reads")} for p in found]
        return ok(total_count=len(shown), products=[] if self.blind else shown)

    def _price(self, got: Got, known: str) -> Said:
        for change in got.json()["skus"]:
            sku = self._sku(known, change["id"])
            sku["price"] = {"currency": change["price"]["currency"], "tax_exclusive_price": change["price"]["amount"]}
        return ok()

    def _stock(self, got: Got, known: str) -> Said:
        for change in got.json()["skus"]:
            for row in change["inventory"]:
                if row["warehouse_id"] != "8001":
                    inner = [{"warehouse_id": row["warehouse_id"], "code": 12052097, "message": "no such warehouse"}]
                    return ok(errors=[{"code": 12052990, "message": "Check failed",
                                       "detail": {"sku_id": change["id"], "extra_errors": inner}}])  # fmt: skip
            self._sku(known, change["id"])["inventory"] = change["inventory"]
        return ok()

    def _sku(self, number: str, sku_id: str) -> dict[str, Any]:
        found: dict[str, Any] = next(s for s in self.products[number]["skus"] if s["id"] == sku_id)
        return found

    def _edit(self, got: Got, known: str) -> Said:
        self.products[known] |= {"title": got.json()["title"], "edited": got.json()}
        return ok(product_id=known)

    def _deactivate(self, got: Got, known: str) -> Said:
        failed = []
        for number in got.json()["product_ids"]:
            if self.products.get(number, {}).get("status") != "ACTIVATE":
                failed.append({"code": 12052901, "message": "not available", "detail": {"product_id": number}})
            else:
                self.products[number]["status"] = "SELLER_DEACTIVATED"
        return ok(errors=failed)

    # ------------------------------------------------------------ figures

    def _figures(self, got: Got, known: str) -> Said:
        return Said(200, self.figures) if "code" in self.figures else ok(**self.figures)

    def _shop_figures(self, got: Got, known: str) -> Said:
        return ok(performance={"intervals": []})
