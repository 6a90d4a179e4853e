"""A small Graph API with memory: batches and containers that need some looks, posts made unseen, a rolling quota."""

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import Any

from fake_kit import Got, Said

APP, SECRET, SEED = "4711", "app-secret-1", "EAAseed0000000000000000000001"
CATALOG, PAGE, USER = "111", "222", "333"
_ROUTES = (
    ("exchange", "GET", r"oauth/access_token"), ("debug", "GET", r"debug_token"), ("accounts", "GET", r"me/accounts"),
    ("businesses", "GET", r"me/businesses"),
    ("batch", "POST", rf"{CATALOG}/items_batch"), ("status", "GET", rf"{CATALOG}/check_batch_request_status"),
    ("products", "GET", rf"{CATALOG}/products"), ("product", "GET", r"(?P<id>9\d+)"),
    ("photo", "POST", rf"{PAGE}/photos"), ("post", "POST", rf"{PAGE}/feed"), ("posts", "GET", rf"{PAGE}/posts"),
    ("post_change", "POST", r"(?P<id>222_\d+)"), ("post_get", "GET", r"(?P<id>222_\d+)"),
    ("delete", "DELETE", r"(?P<id>222_\d+)"), ("post_insights", "GET", r"(?P<id>222_\d+)/insights"),
    ("container", "POST", rf"{USER}/media"), ("state", "GET", r"(?P<id>7\d+)"),
    ("quota", "GET", rf"{USER}/content_publishing_limit"), ("publish", "POST", rf"{USER}/media_publish"),
    ("media", "GET", rf"{USER}/media"), ("media_get", "GET", r"(?P<id>8\d+)"),
    ("media_insights", "GET", r"(?P<id>8\d+)/insights"), ("node", "GET", rf"(?P<id>{CATALOG}|{PAGE}|{USER})"),
)  # fmt: skip
_COMPILED = [(name, method, re.compile(rf"/v\d+\.\d+/{path}")) for name, method, path in _ROUTES]
_OPEN = ("exchange", "debug")
DAY = 86_400


def error(code: int, message: str, status: int = 400, subcode: int = 0, **more: Any) -> Said:
    """Meta's error shape."""
    found = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "A1b2"} | more
    return Said(status, {"error": found | ({"error_subcode": subcode} if subcode else {})})


def gone(number: str) -> Said:
    return error(100, f"Unsupported request. Object with ID '{number}' does not exist", subcode=33)


@dataclass
class FakeGraph:
    """`looks`: how often a batch, a review or a container has to be looked at before it is done."""

    clock: Any = None
    looks: int = 1
    tokens: dict[str, str] = field(default_factory=dict)  # token -> user or page
    good: set[str] = field(default_factory=lambda: {SEED})  # tokens that may be exchanged
    granted: int = 0
    lasts: int | None = 5_183_944  # seconds of a long-lived token; None: for ever
    token_status: int = 401
    scopes: list[str] | None = None  # None: all
    expires_at: int = 0
    data_access: int = 0
    page_role: bool = True
    products: dict[str, dict[str, Any]] = field(default_factory=dict)
    made_products: int = 0
    waiting: list[dict[str, Any]] = field(default_factory=list)  # batches
    review: str = "approved"
    item_errors: list[dict[str, Any]] = field(default_factory=list)
    batch_errors: list[dict[str, Any]] = field(default_factory=list)
    photos: dict[str, Any] = field(default_factory=dict)
    made: list[dict[str, Any]] = field(default_factory=list)  # posts
    published: int = 0
    containers: dict[str, dict[str, Any]] = field(default_factory=dict)
    becomes: str = "FINISHED"
    feed: list[dict[str, Any]] = field(default_factory=list)  # Instagram media
    quota_total: int = 50
    hidden_media: bool = False
    insights: dict[str, int] = field(default_factory=dict)
    refuse: dict[str, Said] = field(default_factory=dict)  # name -> what it always says

    # ------------------------------------------------------------ the kit's side

    def named(self, got: Got) -> str:
        for name, method, path in _COMPILED:
            if method == got.method and path.fullmatch(got.path):
                if name == "node" and got.query.get("fields") == "access_token":
                    return "page_token"
                if name == "post_change":
                    return "publish" if "is_published" in got.json() else "message"
                return name
        return "unknown"

    def expire(self) -> None:
        """Every token in use is refused; exchanged, they give new ones."""
        self.tokens.clear()

    def revoke(self) -> None:
        """The person took the app's rights away: only a new sign-in helps."""
        self.tokens.clear()
        self.good.clear()

    def refusal(self, name: str) -> Said:
        return Said(200, error(100, "Invalid parameter").body)

    def answer(self, name: str, got: Got, base_url: str) -> Said:
        if name == "unknown":
            return error(2500, "Unknown path components", 404)
        said = self.refuse.get(name) or (None if name in _OPEN else self._locked(name, got))
        if said is None:
            path = next(p for n, _, p in _COMPILED if p.fullmatch(got.path) and _METHODS[n] == got.method)
            match = path.fullmatch(got.path)
            known = (match.groupdict().get("id") if match else "") or ""
            handler = "node" if name == "page_token" else name
            if name == "publish" and known:
                handler = "publish_post"
            said = getattr(self, f"_{handler}")(got, known)
        assert isinstance(said, Said)
        return said

    def _locked(self, name: str, got: Got) -> Said | None:
        token = got.headers.get("authorization", "").removeprefix("Bearer ")
        kind = self.tokens.get(token)
        if kind is None:
            return error(190, f"Malformed access token {token}", self.token_status, 463)
        if got.query.get("appsecret_proof") != hmac.new(SECRET.encode(), token.encode(), hashlib.sha256).hexdigest():
            return error(100, "Invalid appsecret_proof provided in the API argument")
        if "EAA" in got.target:
            return error(100, "a token in the address")
        of_page = name in ("photo", "post", "posts", "message", "delete", "post_get", "post_insights") or (
            name == "publish" and "is_published" in got.body.decode("utf-8", "replace")
        )
        return error(200, "(#200) a Page token is needed", 403) if of_page and kind != "page" else None

    # ------------------------------------------------------------ sign-in

    def _exchange(self, got: Got, known: str) -> Said:
        query = got.query
        if (query.get("client_id"), query.get("client_secret")) != (APP, SECRET):
            return error(101, "Error validating client secret.")
        if "code" in query:
            if query["code"] != "good-code":
                return error(100, "This authorization code has expired.", subcode=36007)
            return self._grant("short", 5_400)
        if query.get("fb_exchange_token") not in self.good:
            return error(190, f"Error validating access token {query.get('fb_exchange_token')}", subcode=460)
        return self._grant("long", self.lasts)

    def _grant(self, kind: str, lasts: int | None) -> Said:
        self.granted += 1
        token = f"EAA{kind}{self.granted:020d}"
        self.tokens[token] = "user"
        self.good.add(token)
        return Said(200, {"access_token": token, "token_type": "bearer"} | ({"expires_in": lasts} if lasts else {}))

    def _debug(self, got: Got, known: str) -> Said:
        if got.query.get("access_token") != f"{APP}|{SECRET}":
            return error(190, "Invalid OAuth access token.")
        if got.query.get("input_token") not in self.tokens:
            return Said(200, {"data": {"is_valid": False, "error": {"code": 190, "message": "it was revoked"}}})
        scopes = self.scopes if self.scopes is not None else [
            "catalog_management", "business_management", "pages_show_list", "pages_manage_posts",
            "pages_read_engagement", "read_insights", "instagram_basic", "instagram_content_publish",
            "instagram_manage_insights",
        ]  # fmt: skip
        data = {"is_valid": True, "type": "USER", "app_id": APP, "expires_at": self.expires_at, "scopes": scopes,
                "data_access_expires_at": self.data_access}  # fmt: skip
        return Said(200, {"data": data})

    def _accounts(self, got: Got, known: str) -> Said:
        linked = {"id": USER, "username": "lantern_shop"}
        return Said(200, {"data": [{"id": PAGE, "name": "Lantern Shop", "instagram_business_account": linked}]})

    def _businesses(self, got: Got, known: str) -> Said:
        owned = {"data": [{"id": CATALOG, "name": "Lanterns"}]}
        return Said(200, {"data": [{"id": "5", "owned_product_catalogs": owned}, {"id": "6"}]})

    def _node(self, got: Got, known: str) -> Said:
        if got.query.get("fields") == "access_token":
            if not self.page_role:
                return Said(200, {"id": known})
            token = f"EAApage{self.granted:020d}"
            self.tokens[token] = "page"
            return Said(200, {"access_token": token, "id": known})
        return Said(200, {"id": known, "name": "Lantern Shop"})

    # ------------------------------------------------------------ catalogue

    def _batch(self, got: Got, known: str) -> Said:
        body = got.json()
        told = []
        for request in body["requests"]:
            problem = self._problem(request, upsert=body.get("allow_upsert", True))
            told.append({"retailer_id": request["data"].get("id"), "errors": [{"message": problem}] if problem else [],
                         "warnings": []})  # fmt: skip
            if not problem:
                handle = f"handle-{len(self.waiting) + 1}"
                self.waiting.append({"handle": handle, "looks": self.looks, "request": request, "done": False})
        handles = [row["handle"] for row in self.waiting[-1:]] if not told[0]["errors"] else []
        return Said(200, {"handles": handles, "validation_status": [row for row in told if row["errors"]]})

    def _problem(self, request: dict[str, Any], *, upsert: bool) -> str:
        data = request["data"]
        if request["method"] == "DELETE":
            return ""
        if not re.fullmatch(r"\d+(\.\d\d)? [A-Z]{3}", data.get("price", "1.00 USD")):
            return "price: not a number followed by a currency"
        if upsert and not {"title", "description", "availability", "condition", "price", "link", "image_link"} <= set(
            data
        ):
            return "a required field is missing"
        return ""

    def _status(self, got: Got, known: str) -> Said:
        for row in self.waiting:  # Meta goes on with all of them, whoever looks
            row["looks"] -= 1
            if row["looks"] < 0 and not row["done"]:
                row["done"] = True
                self._apply(row["request"])
        own = next((row for row in self.waiting if row["handle"] == got.query.get("handle")), None)
        if own is None:
            return error(100, "Invalid handle")
        state = "finished" if own["done"] else "in_progress"
        problems = self.batch_errors if own["done"] else []
        return Said(200, {"data": [{"handle": own["handle"], "status": state, "errors": problems, "warnings": [],
                                    "errors_total_count": len(problems), "ids_of_invalid_requests": []}]})  # fmt: skip

    def _apply(self, request: dict[str, Any]) -> None:
        sku = request["data"]["id"]
        if self.batch_errors:
            return
        if request["method"] == "DELETE":
            self.products.pop(sku, None)
            return
        if sku not in self.products:
            self.made_products += 1
            self.products[sku] = {"number": str(9000 + self.made_products), "looks": self.looks}
        self.products[sku] |= request["data"]

    def _products(self, got: Got, known: str) -> Said:
        import json

        wanted = json.loads(got.query["filter"])["retailer_id"]["eq"]
        return Said(200, {"data": [self._shown(row) for sku, row in self.products.items() if sku == wanted]})

    def _product(self, got: Got, known: str) -> Said:
        found = next((row for row in self.products.values() if row["number"] == known), None)
        return gone(known) if found is None else Said(200, self._shown(found))

    def _shown(self, row: dict[str, Any]) -> dict[str, Any]:
        row["looks"] -= 1
        amount, _, currency = row["price"].partition(" ")
        return {
            "id": row["number"], "retailer_id": row["id"], "name": row.get("title"), "inventory": row.get("inventory"),
            "availability": row["availability"], "price": f"${amount}", "currency": currency,
            "review_status": "pending" if row["looks"] >= 0 else self.review, "errors": self.item_errors,
            "visibility": "published",
        }  # fmt: skip

    # ------------------------------------------------------------ Page

    @property
    def live_posts(self) -> list[dict[str, Any]]:
        return [p for p in self.made if p["is_published"] and not p["gone"]]

    def _photo(self, got: Got, known: str) -> Said:
        if got.headers["content-type"].startswith("application/json"):
            body = got.json()
            held: Any = body["url"]
            unseen = body["published"] is False
        else:
            boundary = got.headers["content-type"].split("boundary=")[1].encode()
            parts = [p.partition(b"\r\n\r\n") for p in got.body.split(b"--" + boundary)[1:-1]]
            fields = {h.split(b'name="')[1].split(b'"')[0].decode(): v.removesuffix(b"\r\n") for h, _, v in parts}
            held, unseen = fields["source"], fields["published"] == b"false"
        if not unseen:
            self.published += 1
        number = str(5000 + len(self.photos))
        self.photos[number] = held
        return Said(200, {"id": number})

    def _post(self, got: Got, known: str) -> Said:
        body = got.json()
        if any(p["message"] == body["message"] for p in self.live_posts):
            return error(506, "Duplicate status message")
        if any(m["media_fbid"] not in self.photos for m in body.get("attached_media", [])):
            return error(100, "Invalid parameter: media_fbid")
        post = body | {"id": f"{PAGE}_{len(self.made) + 1}", "is_published": body["published"], "gone": False}
        self.published += int(body["published"])
        self.made.append(post)
        return Said(200, {"id": post["id"]})

    def _found(self, number: str) -> dict[str, Any] | None:
        return next((p for p in self.made if p["id"] == number and not p["gone"]), None)

    def _publish_post(self, got: Got, known: str) -> Said:
        post = self._found(known)
        if post is None:
            return gone(known)
        self.published += 1
        post["is_published"] = got.json()["is_published"]
        return Said(200, {"success": True})

    def _message(self, got: Got, known: str) -> Said:
        post = self._found(known)
        if post is None:
            return gone(known)
        post["message"] = got.json()["message"]
        return Said(200, {"success": True})

    def _post_get(self, got: Got, known: str) -> Said:
        post = self._found(known)
        return gone(known) if post is None else Said(200, self._told(post))

    def _posts(self, got: Got, known: str) -> Said:
        return Said(200, {"data": [self._told(p) for p in reversed(self.live_posts)]})

    def _told(self, post: dict[str, Any]) -> dict[str, Any]:
        return {"id": post["id"], "message": post["message"], "is_published": post["is_published"],
                "permalink_url": f"https://www.facebook.com/{post['id']}", "created_time": self._when()}  # fmt: skip

    def _delete(self, got: Got, known: str) -> Said:
        post = self._found(known)
        if post is None:
            return gone(known)
        post["gone"] = True
        return Said(200, {"success": True})

    def _post_insights(self, got: Got, known: str) -> Said:
        return self._figures(got)

    # ------------------------------------------------------------ Instagram

    def _container(self, got: Got, known: str) -> Said:
        body = got.json()
        if not body["image_url"].startswith("https://"):
            return error(9004, "Only photo or video can be accepted as media type.", subcode=2207052)
        if len(body["caption"]) > 2200:
            return error(100, "too long", subcode=2207010)
        number = str(7000 + len(self.containers))
        self.containers[number] = body | {"looks": self.looks, "status": "IN_PROGRESS"}
        return Said(200, {"id": number})

    def _state(self, got: Got, known: str) -> Said:
        row = self.containers.get(known)
        if row is None:
            return gone(known)
        row["looks"] -= 1
        if row["looks"] < 0 and row["status"] == "IN_PROGRESS":
            row["status"] = self.becomes
        return Said(200, {"id": known, "status_code": row["status"], "status": f"{row['status']}: as it stands"})

    def _used(self) -> int:
        since = self._now() - DAY
        return sum(m["at"] > since for m in self.feed)

    def _quota(self, got: Got, known: str) -> Said:
        config = {"quota_total": self.quota_total, "quota_duration": DAY}
        return Said(200, {"data": [{"quota_usage": self._used(), "config": config}]})

    def _publish(self, got: Got, known: str) -> Said:
        row = self.containers.get(got.json()["creation_id"])
        if row is None:
            return error(24, "The requested resource does not exist", subcode=2207006)
        if row["status"] == "IN_PROGRESS":
            return error(9007, "Media ID is not available", subcode=2207027)
        if self._used() >= self.quota_total:
            return error(9, "Application request limit reached", subcode=2207042)
        row["status"] = "PUBLISHED"  # a second time makes a second post: the client has to look first
        number = str(8000 + len(self.feed))
        self.feed.append({"id": number, "caption": row["caption"], "at": self._now()})
        return Said(200, {"id": number})

    def _media(self, got: Got, known: str) -> Said:
        shown = [] if self.hidden_media else [self._medium(m) for m in reversed(self.feed)]
        return Said(200, {"data": shown})

    def _media_get(self, got: Got, known: str) -> Said:
        found = next((m for m in self.feed if m["id"] == known), None)
        return gone(known) if found is None else Said(200, self._medium(found))

    def _medium(self, media: dict[str, Any]) -> dict[str, Any]:
        return {"id": media["id"], "caption": media["caption"], "timestamp": self._when(media["at"]),
                "permalink": f"https://www.instagram.com/p/{media['id']}/"}  # fmt: skip

    def _media_insights(self, got: Got, known: str) -> Said:
        return self._figures(got)

    def _figures(self, got: Got) -> Said:
        asked = got.query["metric"].split(",")
        rows = [{"name": n, "period": "lifetime", "values": [{"value": self.insights[n]}]} for n in asked
                if n in self.insights]  # fmt: skip
        return Said(200, {"data": rows})

    def _now(self) -> float:
        return float(self.clock.now().timestamp()) if self.clock is not None else 0.0

    def _when(self, at: float | None = None) -> str:
        from datetime import UTC, datetime

        return datetime.fromtimestamp(self._now() if at is None else at, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


_METHODS = {name: method for name, method, _ in _ROUTES}
