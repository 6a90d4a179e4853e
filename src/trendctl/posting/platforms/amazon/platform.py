"""Amazon through the Selling Partner API: preview, put by SKU, read back until buyers see it."""

from collections.abc import Mapping

from trendctl.ports import CallLimit, Json, PlatformFacts, Resend, Step
from trendctl.posting.api_platform import Calls, Market, Marketplace
from trendctl.posting.platforms.amazon import answers, back, check, draft, known, performance, quantity, wires
from trendctl.posting.platforms.amazon.login import AmazonSignIn
from trendctl.posting.platforms.amazon.places import CURRENCIES, DEFAULT

_PREVIEW = Step("preview", Resend.SAFE)  # stores nothing
_PUT = Step("put", Resend.SAFE)  # by seller and SKU: "creates a new or fully-updates an existing"
_PATCH = Step("patch", Resend.SAFE)  # replaces by name
_DELETE = Step("delete", Resend.SAFE)
_SPEC = "usage plan in Amazon's OpenAPI document, read 2026-11-24"
_ITEM = r"/listings/2021-08-01/items/[^/]+/[^/]+$"


def _limit(name: str, pattern: str, rate: float, burst: int, source: str = _SPEC) -> CallLimit:
    """`rate` calls a second, `burst` at once."""
    return CallLimit(name, pattern, burst, burst / rate, source)


class Amazon(Marketplace):
    """`draft`, `steps`, `render`, `understand` are pure. Every write is by SKU, and may be sent again."""

    facts = PlatformFacts(
        name="amazon",
        about="Amazon, fulfilled by you, through the Selling Partner API",
        terms_url="https://sellercentral.amazon.com/mws/static/policy?documentType=AUP",
        credentials=("AMAZON_SP_API_KEY", "AMAZON_SP_API_SECRET", "AMAZON_SP_REFRESH_TOKEN", "AMAZON_SELLER_ID"),
        currencies=CURRENCIES,
        default_marketplace=DEFAULT,
        fetches_images=True,
        fields=draft.FIELDS,
        late=("asin", "submission_id", "seller"),
        late_maybe=("asin", "submission_id", "seller"),
        limits=(
            _limit("sellers", r"GET /sellers/v1/marketplaceParticipations", 0.016, 15),
            _limit("catalogue", r"GET /catalog/2022-04-01/items", 2, 2),
            _limit("types", r"GET /definitions/2020-09-01/productTypes", 5, 10),
            _limit("restrictions", r"GET /listings/2021-08-01/restrictions", 5, 10),
            _limit("read", f"GET {_ITEM}", 5, 10),
            _limit("put", f"PUT {_ITEM}", 5, 10),
            _limit("patch", f"PATCH {_ITEM}", 5, 5),
            _limit("delete", f"DELETE {_ITEM}", 5, 5),
            _limit("search", r"GET /listings/2021-08-01/items/[^/]+$", 5, 5),
            _limit("fees", r"POST /products/fees/v0/items/", 1, 2),
            _limit("sales", r"GET /sales/v1/orderMetrics", 0.5, 15),
            CallLimit(
                "views", r"POST /reports/2021-06-30/reports$", 4, 3600.0,
                "4 an hour, 96 a day for a seller: support in amzn/selling-partner-api-models issue 5210",
            ),
            _limit("reports", r"GET /reports/2021-06-30/reports$", 0.0222, 10),
            _limit("report", r"GET /reports/2021-06-30/reports/", 2, 15),
            _limit("documents", r"GET /reports/2021-06-30/documents/", 0.0167, 15),
        ),
    )  # fmt: skip
    sign_in = AmazonSignIn()
    calls = Calls(wires, answers, back)
    market = Market(draft, known, check, wires, quantity, performance)
    from_credentials: Mapping[str, str] = {"seller_id": "AMAZON_SELLER_ID"}  # option -> the credential that holds it

    def steps(self, intent: Mapping[str, Json]) -> tuple[Step, ...]:
        """A new listing is previewed and put; a live one is patched; an end deletes the SKU."""
        action = str(intent["action"])
        if action == "end":
            return (_DELETE,)
        return (_PATCH,) if action in ("reprice", "revise") else (_PREVIEW, _PUT)


PLATFORM = Amazon()
