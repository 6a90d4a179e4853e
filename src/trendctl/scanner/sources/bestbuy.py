"""Best Buy's API: what is viewed more and more, and the products for a term with their prices."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from trendctl.ports import Ask, Parsed, Record, Reply, Request, Source, SourceFacts
from trendctl.scanner.formats import asks, jsonbody, market
from trendctl.scanner.formats.numbers import count
from trendctl.scanner.formats.rows import Row, collect, item, levels, price

_API: Final = "https://api.bestbuy.com"

FACTS: Final = SourceFacts(
    name="bestbuy",
    about="products whose views rise at Best Buy; products and prices for a term",
    url="https://developer.bestbuy.com/",
    terms_url="https://developer.bestbuy.com/legal",
    kind=("discover", "measure"),
    auth="key",
    credentials=("BESTBUY_API_KEY",),
    get_key="https://developer.bestbuy.com/ (a company's mail address is needed)",
    commercial_use="ask",
    ai_ok=False,
    retention_days=3,  # catalogue data may be cached for 72 hours (general knowledge, not verified)
    may_create_product=True,
    may_price=True,
    rate="5 calls a second, 50,000 a day (general knowledge, not verified)",
    gap_seconds=0.5,
    options={"categories": ("",), "list": "trendingViewed", "version": "beta"},  # "": the whole store
    fields={
        "rows": "results",
        "id": "sku",
        "title": "names.title",
        "url": "links.web",
        "image": "images.standard",
        "rank": "rank",
        "price": "prices.current",
        "reviews": "customerReviews.count",
        "products": "products",
        "total": "total",
        "product_price": "salePrice",
    },
)


def requests(ask: Ask) -> Sequence[Request]:
    """One call a category, or one search. The API wants its key in the address."""
    key = ("apiKey", asks.secret(ask, "BESTBUY_API_KEY"))
    if ask.term is not None:
        words = "&".join(f"search={quote(word, safe='')}" for word in ask.term.split())
        params = (key, ("format", "json"), ("show", "sku,name,salePrice"), ("pageSize", "100"))
        return (Request(f"{_API}/v1/products(({words}))", params=params, cacheable=False, tag="search"),)
    version, kind = asks.path(FACTS, ask, "version"), asks.path(FACTS, ask, "list")
    chosen = asks.texts(FACTS, ask, "categories") or ("",)
    narrowed = {name: f"(categoryId={quote(name, safe='')})" if name else "" for name in chosen}
    return tuple(
        Request(f"{_API}/{version}/products/{kind}{part}", params=(key,), cacheable=False, tag=name)
        for name, part in narrowed.items()
    )


def parse(reply: Reply, ask: Ask) -> Parsed:
    """Discover: `position` as the API ranks, with the price. Term: see market.offers."""
    fields, document = asks.fields(FACTS, ask), jsonbody.load_object(reply.body)
    if ask.term is not None:
        rows = jsonbody.rows(document, {**fields, "rows": fields["products"]})
        total = count(jsonbody.find(document, fields["total"]))
        return market.offers(ask, total, [price(row.raw("product_price"), "USD") for row in rows])

    def build(row: Row, position: int) -> Record | None:
        cost = price(row.raw("price"), "USD")
        readings = levels(row.rank("rank") or position, cost=cost, review_count=row.count("reviews"))
        return item(row, readings, category=reply.request.tag)

    return collect(jsonbody.rows(document, fields), build)


SOURCES: Final = (Source(FACTS, requests=requests, parse=parse),)
