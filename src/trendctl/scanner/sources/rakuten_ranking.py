"""Rakuten Ichiba's ranking: Japan's best sellers by genre, with prices in yen."""

from collections.abc import Sequence
from typing import Final

from trendctl.ports import Ask, Parsed, Record, Reply, Request, Source, SourceFacts
from trendctl.scanner.formats import asks, jsonbody
from trendctl.scanner.formats.rows import Row, collect, item, levels, price
from trendctl.scanner.formats.times import DAY, day_of, moment

_API: Final = "https://app.rakuten.co.jp/services/api/IchibaItem/Ranking"

FACTS: Final = SourceFacts(
    name="rakuten_ranking",
    about="best sellers of Rakuten Ichiba (Japan), with prices",
    url="https://webservice.rakuten.co.jp/documentation/ichiba-item-ranking",
    terms_url="https://webservice.rakuten.co.jp/guide/rule",
    kind=("discover",),
    auth="key",
    credentials=("RAKUTEN_APP_ID",),
    get_key="https://webservice.rakuten.co.jp/app/create (an application id)",
    commercial_use="ask",
    ai_ok=False,
    may_create_product=True,
    may_price=True,
    rate="about one call a second (general knowledge, not verified)",
    gap_seconds=1.2,
    min_interval_minutes=360,
    options={"genres": ("",), "version": "20220601"},  # "": all genres; recorded replies are of version 20170628
    fields={
        "rows": "Items",
        "id": "itemCode",
        "title": "itemName",
        "url": "itemUrl",
        "image": "mediumImageUrls[0]",
        "brand": "shopName",
        "category": "genreId",
        "rank": "rank",
        "price": "itemPrice",
        "reviews": "reviewCount",
        "at": "lastBuildDate",
    },
)


def requests(ask: Ask) -> Sequence[Request]:
    """One call a genre. The API wants the application id in the address."""
    base = (("applicationId", asks.secret(ask, "RAKUTEN_APP_ID")), ("formatVersion", "2"))
    chosen = asks.texts(FACTS, ask, "genres") or ("",)
    address = f"{_API}/{asks.path(FACTS, ask, 'version')}"
    return tuple(
        Request(address, params=(*base, ("genreId", genre)) if genre else base, cacheable=False, tag=genre)
        for genre in chosen
    )


def parse(reply: Reply, ask: Ask) -> Parsed:
    """`position` and `review_count` of the day the ranking was made for, with the price in yen."""
    fields, document = asks.fields(FACTS, ask), jsonbody.load_object(reply.body)
    built = moment(jsonbody.find(document, fields["at"]))
    day = day_of(built) if built is not None else None

    def build(row: Row, position: int) -> Record | None:
        reading = levels(
            row.rank("rank") or position,
            at=day,
            period=DAY if day else 0,
            cost=price(row.raw("price"), "JPY"),
            review_count=row.count("reviews"),
        )
        return item(row, reading)

    return collect(jsonbody.rows(document, fields), build)


SOURCES: Final = (Source(FACTS, requests=requests, parse=parse),)
