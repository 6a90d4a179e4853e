"""eBay's Buy APIs: best sellers of categories, and the offers for a term with their prices."""

from collections.abc import Callable, Sequence
from typing import Final

from trendctl.ports import Ask, Parsed, Record, Reply, Request, Source, SourceFacts
from trendctl.scanner.formats import asks, jsonbody, market, tokens
from trendctl.scanner.formats.numbers import count
from trendctl.scanner.formats.rows import Row, collect, item, levels, price

_API: Final = "https://api.ebay.com"

FACTS: Final = SourceFacts(
    name="ebay_browse",
    about="eBay's best sellers by category; offers and prices for a term",
    url="https://developer.ebay.com/api-docs/buy/browse/overview.html",
    terms_url="https://developer.ebay.com/join/api-license-agreement",
    kind=("discover", "measure"),
    auth="oauth",
    credentials=("EBAY_APP_ID", "EBAY_CERT_ID"),
    get_key="https://developer.ebay.com/my/keys (a production keyset; the Buy APIs may need approval)",
    commercial_use="ask",
    ai_ok=False,  # the licence limits feeding content to models
    may_create_product=True,
    may_price=True,
    rate="5,000 calls a day (general knowledge, not verified)",
    gap_seconds=0.5,
    options={"categories": ("9355", "20710", "220", "26395")},
    fields={
        "rows": "merchandisedProducts",
        "id": "epid",
        "title": "title",
        "image": "image.imageUrl",
        "price": "marketPriceDetails[0].estimatedStartPrice.value",
        "currency": "marketPriceDetails[0].estimatedStartPrice.currency",
        "reviews": "reviewCount",
        "offers": "itemSummaries",
        "total": "total",
        "offer_price": "price.value",
        "offer_currency": "price.currency",
    },
)


def requests(ask: Ask) -> Sequence[Request]:
    """The application token; the searches follow it."""
    asks.texts(FACTS, ask, "categories")  # told now, not in the middle of the chain
    pair = (asks.secret(ask, "EBAY_APP_ID"), asks.secret(ask, "EBAY_CERT_ID"))
    form = {"grant_type": "client_credentials", "scope": f"{_API}/oauth/api_scope"}
    return (tokens.token_request(f"{_API}/identity/v1/oauth2/token", form, pair),)


def parse(reply: Reply, ask: Ask) -> Parsed:
    """Discover: `position` among a category's best sellers, with the market price. Term: see market.offers."""
    if reply.request.tag == tokens.TAG:
        return Parsed(follow=_searches(tokens.access_token(reply), ask))
    fields, document = asks.fields(FACTS, ask), jsonbody.load_object(reply.body)
    if ask.term is None:
        return collect(jsonbody.rows(document, fields), _best_seller(reply.request.tag))
    total = count(jsonbody.find(document, fields["total"]))
    if total == 0:
        return Parsed()
    offered = jsonbody.rows(document, {**fields, "rows": fields["offers"]})
    return market.offers(ask, total, [price(row.raw("offer_price"), row.raw("offer_currency")) for row in offered])


def _searches(token: str, ask: Ask) -> tuple[Request, ...]:
    headers = (tokens.bearer(token), ("X-EBAY-C-MARKETPLACE-ID", f"EBAY_{ask.geo}"))
    if ask.term is not None:
        params = (("q", ask.term), ("limit", "100"))
        return (Request(f"{_API}/buy/browse/v1/item_summary/search", params=params, headers=headers, tag="offers"),)
    address = f"{_API}/buy/marketing/v1_beta/merchandised_product"
    return tuple(
        Request(
            address,
            params=(("metric_name", "BEST_SELLING"), ("category_id", number), ("limit", "50")),
            headers=headers,
            tag=number,
        )
        for number in asks.texts(FACTS, ask, "categories")
    )


def _best_seller(category: str) -> Callable[[Row, int], Record | None]:
    def build(row: Row, position: int) -> Record | None:
        cost = price(row.raw("price"), row.raw("currency"))
        return item(row, levels(position, cost=cost, review_count=row.count("reviews")), category=category)

    return build


SOURCES: Final = (Source(FACTS, requests=requests, parse=parse),)
