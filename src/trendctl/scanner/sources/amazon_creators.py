"""Amazon's Creators API (which replaced the Product Advertising API): items on standing words, with sales rank."""

import json
from collections.abc import Sequence
from typing import Final

from trendctl.ports import Ask, Parsed, Record, Reply, Request, Source, SourceFacts
from trendctl.scanner.formats import asks, jsonbody, market, tokens
from trendctl.scanner.formats.numbers import count
from trendctl.scanner.formats.rows import Price, Row, collect, item, levels, price

_STORES: Final = {"US": "www.amazon.com", "GB": "www.amazon.co.uk", "DE": "www.amazon.de", "JP": "www.amazon.co.jp"}
_RESOURCES: Final = (
    "itemInfo.title",
    "itemInfo.byLineInfo",
    "images.primary.medium",
    "offersV2.listings.price",
    "browseNodeInfo.websiteSalesRank",
)

FACTS: Final = SourceFacts(
    name="amazon_creators",
    about="Amazon items on standing words with sales rank; offers and prices for a term",
    url="https://creatorsapi.amazon/catalog/v1/searchItems",
    terms_url="https://affiliate-program.amazon.com/help/operating/policies",
    kind=("discover", "measure"),
    auth="oauth",
    credentials=("AMAZON_CREATORS_ID", "AMAZON_CREATORS_SECRET", "AMAZON_ASSOCIATE_TAG"),
    get_key="https://affiliate-program.amazon.com/creatorsapi (an Associate with qualifying sales; else 403)",
    commercial_use="ask",
    ai_ok=False,
    retention_days=1,  # prices may be kept for 24 hours (general knowledge, not verified)
    may_create_product=True,
    may_price=True,
    rate="grows with the tag's sales (general knowledge, not verified)",
    gap_seconds=1.5,
    min_interval_minutes=180,
    options={
        "keywords": ("best seller gadget", "viral home"),
        "token_url": "https://creatorsapi.auth.us-east-1.amazoncognito.com/oauth2/token",
        "version": "2.1",  # of the credentials: 2.1 America, 2.2 Europe, 2.3 Far East
    },
    fields={
        "rows": "searchResult.items",
        "id": "asin",
        "title": "itemInfo.title.displayValue",
        "url": "detailPageURL",
        "image": "images.primary.medium.url",
        "brand": "itemInfo.byLineInfo.brand.displayValue",
        "category": "browseNodeInfo.websiteSalesRank.displayName",
        "rank": "browseNodeInfo.websiteSalesRank.salesRank",
        "price": "offersV2.listings[0].price.money.amount",
        "currency": "offersV2.listings[0].price.money.currency",
        "total": "searchResult.totalResultCount",
    },
)


def requests(ask: Ask) -> Sequence[Request]:
    """The token; the searches follow it."""
    for check, name in ((asks.texts, "keywords"), (asks.word, "version")):
        check(FACTS, ask, name)  # told now, not in the middle of the chain
    address = next(iter(asks.addresses(FACTS, ask, "token_url")), FACTS.options["token_url"])
    form = {
        "grant_type": "client_credentials",
        "client_id": asks.secret(ask, "AMAZON_CREATORS_ID"),
        "client_secret": asks.secret(ask, "AMAZON_CREATORS_SECRET"),
        "scope": "creatorsapi/default",
    }
    return (tokens.token_request(address, form),)


def parse(reply: Reply, ask: Ask) -> Parsed:
    """Discover: the place in the store's sales ranking as `sales_rank`, with the price. Term: see market.offers."""
    if reply.request.tag == tokens.TAG:
        words = asks.texts(FACTS, ask, "keywords") if ask.term is None else (ask.term,)
        return Parsed(follow=tuple(_search(word, tokens.access_token(reply), ask) for word in words))
    fields, document = asks.fields(FACTS, ask), jsonbody.load_object(reply.body)
    total = count(jsonbody.find(document, fields["total"]))
    if total == 0:
        return Parsed()
    rows = jsonbody.rows(document, fields)
    return collect(rows, _item) if ask.term is None else market.offers(ask, total, [_price(row) for row in rows])


def _search(word: str, token: str, ask: Ask) -> Request:
    store = _STORES.get(ask.geo, _STORES["US"])
    wanted = {
        "keywords": word,
        "partnerTag": asks.secret(ask, "AMAZON_ASSOCIATE_TAG"),
        "marketplace": store,
        "itemCount": 10,
        "resources": list(_RESOURCES),
    }
    headers = (
        ("Authorization", f"Bearer {token}, Version {asks.word(FACTS, ask, 'version')}"),
        ("x-marketplace", store),
        ("Content-Type", "application/json"),
    )
    return Request(FACTS.url, "POST", headers=headers, body=json.dumps(wanted).encode(), cacheable=False, tag=word)


def _item(row: Row, _: int) -> Record | None:
    return item(row, levels(cost=_price(row), sales_rank=row.rank("rank")))


def _price(row: Row) -> Price | None:
    return price(row.raw("price"), row.raw("currency"))


SOURCES: Final = (Source(FACTS, requests=requests, parse=parse),)
