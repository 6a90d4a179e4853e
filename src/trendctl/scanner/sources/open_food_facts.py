"""Open Food Facts: food products by how many people scan them."""

from collections.abc import Sequence
from typing import Final

from trendctl.ports import Ask, Parsed, Record, Reply, Request, Source, SourceFacts
from trendctl.scanner.formats import asks, jsonbody
from trendctl.scanner.formats.rows import Row, collect, item, levels

_FIELDS: Final = "code,product_name,brands,unique_scans_n,categories_tags,image_front_url"

FACTS: Final = SourceFacts(
    name="open_food_facts",
    about="food products that people scan most",
    url="https://world.openfoodfacts.org/",
    terms_url="https://world.openfoodfacts.org/terms-of-use",
    kind=("discover",),
    commercial_use="yes",  # Open Database License: name the source, share changes alike
    ai_ok=True,
    may_create_product=False,
    rate="10 searches a minute, with a contact in the User-Agent (general knowledge, not verified)",
    gap_seconds=7.0,
    min_interval_minutes=720,
    needs_contact=True,
    fields={
        "rows": "products",
        "id": "code",
        "title": "product_name",
        "image": "image_front_url",
        "brand": "brands",
        "category": "categories_tags[0]",
        "scans": "unique_scans_n",
    },
)


def requests(ask: Ask) -> Sequence[Request]:
    """One call, 100 products."""
    params = (("sort_by", "unique_scans_n"), ("page_size", "100"), ("fields", _FIELDS))
    return (Request(f"{FACTS.url}api/v2/search", params=params),)


def parse(reply: Reply, ask: Ask) -> Parsed:
    """`position` and `unique_scans`. The id is the bar code."""
    document = jsonbody.load_object(reply.body)
    return collect(jsonbody.rows(document, asks.fields(FACTS, ask)), _product)


def _product(row: Row, position: int) -> Record | None:
    return item(row, levels(position, unique_scans=row.count("scans")))


SOURCES: Final = (Source(FACTS, requests=requests, parse=parse),)
