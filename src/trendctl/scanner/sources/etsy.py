"""Etsy's Open API: the listings that score best on standing words, and the offers for a term with their prices."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from trendctl.ports import Ask, Parsed, Record, Reply, Request, Source, SourceFacts
from trendctl.scanner.formats import asks, jsonbody, market
from trendctl.scanner.formats.numbers import count, whole
from trendctl.scanner.formats.rows import Price, Row, collect, item, levels, price

FACTS: Final = SourceFacts(
    name="etsy",
    about="active Etsy listings with favourites and views; offers and prices for a term",
    url="https://openapi.etsy.com/v3/application/listings/active",
    terms_url="https://www.etsy.com/legal/api",
    kind=("discover", "measure"),
    auth="key",
    credentials=("ETSY_API_KEY",),
    get_key="https://www.etsy.com/developers/register (each app is reviewed)",
    commercial_use="ask",
    ai_ok=False,
    may_create_product=True,
    may_price=True,
    rate="10 calls a second and 10,000 a day, some apps 5,000; offsets end at 12,000 "
    "(github.com/etsy/open-api issues 256 and 344)",
    gap_seconds=0.5,
    options={"keywords": ("personalized gift", "home decor", "desk accessory")},
    fields={
        "rows": "results",
        "id": "listing_id",
        "title": "title",
        "url": "url",
        "category": "to_string(taxonomy_id)",
        "favorers": "num_favorers",
        "views": "views",
        "amount": "price.amount",
        "divisor": "price.divisor",
        "currency": "price.currency_code",
        "total": "count",
    },
)


def requests(ask: Ask) -> Sequence[Request]:
    """One call for each of the standing words, or one for the term."""
    words = asks.texts(FACTS, ask, "keywords") if ask.term is None else (ask.term,)
    headers = (("x-api-key", asks.secret(ask, "ETSY_API_KEY")),)
    tail = (("sort_on", "score"), ("limit", "100"))
    return tuple(Request(FACTS.url, params=(("keywords", word), *tail), headers=headers, tag=word) for word in words)


def parse(reply: Reply, ask: Ask) -> Parsed:
    """Discover: `num_favorers` and `views`, with the price. Term: see market.offers. The order is no rank."""
    fields, document = asks.fields(FACTS, ask), jsonbody.load_object(reply.body)
    rows = jsonbody.rows(document, fields)
    if ask.term is None:
        return collect(rows, _listing)
    return market.offers(ask, count(jsonbody.find(document, fields["total"])), [_price(row) for row in rows])


def _listing(row: Row, _: int) -> Record | None:
    return item(row, levels(cost=_price(row), num_favorers=row.count("favorers"), views=row.count("views")))


def _price(row: Row) -> Price | None:
    """Etsy gives an amount and what to divide it by."""
    amount, divisor = whole(row.raw("amount")), whole(row.raw("divisor"))
    if amount is None or divisor is None or divisor not in (1, 10, 100, 1000):
        return None
    return price(str(Decimal(amount) / divisor), row.raw("currency"))


SOURCES: Final = (Source(FACTS, requests=requests, parse=parse),)
