"""Steam's store lists: best sellers and new releases, games and Valve's own hardware, with prices."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from trendctl.errors import ParseError
from trendctl.ports import Ask, Parsed, Record, Reply, Request, Source, SourceFacts
from trendctl.scanner.formats import asks, jsonbody
from trendctl.scanner.formats.numbers import whole
from trendctl.scanner.formats.rows import Price, Row, collect, item, levels, price

_LANGUAGES: Final = {"en": "english", "de": "german", "fr": "french", "es": "spanish", "ja": "japanese"}

FACTS: Final = SourceFacts(
    name="steam_charts",
    about="best sellers of the Steam store, with prices",
    url="https://store.steampowered.com/api/featuredcategories",
    terms_url="https://store.steampowered.com/subscriber_agreement/",
    kind=("discover",),
    terms="unofficial",  # public and used by many, but not documented
    commercial_use="ask",
    ai_ok=True,
    may_create_product=False,  # nearly all is downloads, which no seller can list
    may_price=True,
    rate="about 200 calls in 5 minutes (general knowledge, not verified)",
    gap_seconds=2.0,
    options={"lists": ("top_sellers",)},
    fields={
        "id": "id",
        "type": "type",
        "title": "name",
        "image": "header_image || large_capsule_image",
        "cents": "final_price",
        "currency": "currency",
        "discount": "discount_percent",
    },
)


def requests(ask: Ask) -> Sequence[Request]:
    """One call for all lists. Names come in the asked language."""
    asks.texts(FACTS, ask, "lists")  # told now, not after the call
    params = (("cc", ask.geo.lower()), ("l", _LANGUAGES.get(ask.language, ask.language)))
    return (Request(FACTS.url, params=params),)


def parse(reply: Reply, ask: Ask) -> Parsed:
    """`position` in the list after repeated entries are taken out, with the price where there is one."""
    document = jsonbody.load_object(reply.body)
    fields = asks.fields(FACTS, ask)
    wanted = [name for name in asks.texts(FACTS, ask, "lists") if name in document]
    if not wanted:
        raise ParseError("the answer holds none of the lists asked for")
    parts = [_listed(document, name, fields) for name in wanted]
    records: dict[str, Record] = {}
    for record in (record for part in parts for record in part.records):
        records.setdefault(record.external_id, record)  # the first list that names a thing has its place
    return Parsed(tuple(records.values()), rejected=sum(part.rejected for part in parts))


def _listed(document: dict[str, object], name: str, fields: Mapping[str, str]) -> Parsed:
    def build(row: Row, position: int) -> Record | None:
        kind, number = whole(row.raw("type")), whole(row.raw("id"))
        if kind is None or number is None:
            return None
        readings = levels(position, cost=_cost(row), discount_percent=row.count("discount"))
        return item(row, readings, external_id=f"{kind}:{number}", category=name)

    return collect(jsonbody.rows(document.get(name), {**fields, "rows": "items"}), build)


def _cost(row: Row) -> Price | None:
    """Steam counts hundredths in every currency, also in those that have none (JPY 123,400 is 1,234 yen)."""
    hundredths = whole(row.raw("cents"))
    return price(str(Decimal(hundredths) / 100), row.raw("currency")) if hundredths is not None else None


SOURCES: Final = (Source(FACTS, requests=requests, parse=parse),)
