"""The recorded replies in `shared` of the keyed sources, shapes that somebody made up, and the signature vectors."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from source_cases import ask, parse, reading, sources
from test_source_details import gather, reddit

from trendctl.errors import ParseError
from trendctl.ports import Parsed
from trendctl.scanner.sources.tiktok_shop_affiliate import sign

pytestmark = pytest.mark.shared


@pytest.fixture
def payload(shared: Path) -> Callable[[str], bytes]:
    return lambda name: (shared / "payloads" / name).read_bytes()


Payload = Callable[[str], bytes]


def readings(parsed: Parsed, place: int = 0) -> list[str]:
    return [reading(value) for value in parsed.records[place].readings]


def ids(parsed: Parsed) -> list[str]:
    return [record.external_id for record in parsed.records]


# ---------------------------------------------------------------- keyed


def test_youtube_data(payload: Payload) -> None:
    chart = parse("youtube_data", payload("youtube_data/videos_chart_paged_1.json"), tag="chart")
    assert ids(chart)[0] == "hDeuSfo_Ys0"
    assert (chart.records[0].category, len(chart.records)) == ("22", 5)
    assert readings(chart) == ["position#1"]  # recorded without statistics
    several = parse("youtube_data", payload("youtube_data/videos_info_multi.json"), tag="chart")
    assert ids(several)[0] == "D-lhorsDlUQ"
    assert several.records[0].title == "What are Actions on Google (Assistant on Air)"
    assert several.records[0].url == "https://www.youtube.com/watch?v=D-lhorsDlUQ"


def test_ebay_browse(payload: Payload) -> None:
    asked = ask("ebay_browse", term="iphone")
    cheapest = parse("ebay_browse", payload("ebay_browse/browse_sample_response_100.json"), asked, "offers")
    values = readings(cheapest)
    assert values[0] == "listings_total=7206380@2026-11-24T10:00"
    assert values[1] == "price_low=0.75@2026-11-24T10:00 75 USD"
    best = readings(
        parse("ebay_browse", payload("ebay_browse/browse_sample_response_100_best_match.json"), asked, "offers")
    )
    assert [value.split("=")[0] for value in best] == ["listings_total", "price_low", "price_high", "price_mid"]


def test_bestbuy(payload: Payload) -> None:
    parsed = parse("bestbuy", payload("bestbuy/Recommendations_search_also_viewed_0_200.json"))
    assert len(parsed.records) == 10
    first = parsed.records[0]
    assert (first.external_id, first.title) == (
        "7731217", "Apple - iPad® mini 2 with Wi-Fi + Cellular - 32GB - (AT&T) - Space Gray/Black",
    )  # fmt: skip
    assert readings(parsed) == ["position#1 39999 USD", "review_count=218"]
    searched = parse("bestbuy", payload("bestbuy/Product_search_with_paging_0_200.json"), ask("bestbuy", term="movie"))
    assert readings(searched) == ["listings_total=84913@2026-11-24T10:00"]


@pytest.mark.parametrize(
    ("file", "first", "rank", "count"),
    [
        ("test_item_ranking_with_page_0_200.json", "rakuten24:10621515", 31, 30),
        ("test_item_ranking_with_period_0_200.json", None, 1, None),
        ("test_item_ranking_with_period_1_200.json", None, 1, None),
        ("test_item_ranking_with_sex_1_200.json", None, 1, None),
    ],
)
def test_rakuten_ranking(payload: Payload, file: str, first: str | None, rank: int, count: int | None) -> None:
    parsed = parse("rakuten_ranking", payload(f"rakuten_ranking/{file}"))
    assert parsed.rejected == 0
    assert first is None or parsed.records[0].external_id == first
    assert count is None or len(parsed.records) == count
    assert parsed.records[0].readings[0].rank == rank
    assert all(record.readings[0].currency == "JPY" for record in parsed.records)
    if first:
        assert readings(parsed) == ["position#31@2019-10-21/86400 3359 JPY", "review_count=493@2019-10-21/86400"]


def test_nyt_books(payload: Payload) -> None:
    asked = ask("nyt_books", fields={"rows": "[@]", "published": "published_date"})  # one element of an older reply
    parsed = parse("nyt_books", payload("nyt_books/lists_one_result_2020-05-17.json"), asked)
    record = parsed.records[0]
    assert (record.external_id, record.title, record.brand) == ("9780385545938", "CAMINO WINDS", "John Grisham")
    assert readings(parsed) == ["position#1@2020-05-17/604800", "weeks_on_list=1@2020-05-17/604800"]


def test_reddit_praw(payload: Payload) -> None:
    body = payload("reddit_praw/TestSubredditListings.test_hot_1.json")
    parsed, _ = gather("reddit_praw", reddit(body), options={"subreddits": ["askreddit"], "listings": ["hot"]})
    raw = json.loads(body)["data"]["children"]
    assert len(raw) == 102  # a limit of 100 does not count the pinned ones
    unpinned: list[Any] = [child["data"] for child in raw if not child["data"]["stickied"]]
    assert ids(parsed) == [post["name"] for post in unpinned[:98]]  # praw stops at 100 with the two pinned ones
    assert readings(parsed)[1:] == [f"score={unpinned[0]['score']}", f"num_comments={unpinned[0]['num_comments']}"]
    with pytest.raises(ParseError):
        gather("reddit_praw", reddit(payload("_errors/reddit_blocked_403_excerpt.html")), options={"subreddits": ["x"]})


# ---------------------------------------------------------------- shapes that somebody made up


def test_shapes_made_up_elsewhere_fit_the_sources_built_from_documentation(payload: Payload) -> None:
    news = parse("google_news_rss", payload("google_news_rss/shape_googlenews.xml"))
    assert [record.title for record in news.records] == [
        "Rust 2.0 release brings major performance gains",
        "Why developers love the Rust programming language",
    ]
    lemmy = parse("lemmy_hot", payload("lemmy/shape_lemmy.json"))
    assert readings(lemmy) == ["position#1", "score=512", "num_comments=34"]
    sky = parse("bluesky_trends", payload("bluesky_trends/getTrends_shape.json"))
    assert (ids(sky), readings(sky), sky.rejected) == (["apples"], ["position#1", "post_count=1200"], 1)
    launch = parse("producthunt_feed", payload("product_hunt/feed_shape_ihsansengun.xml"))
    assert (ids(launch), launch.records[0].title) == (["Post/1"], "Nightowl")
    books = parse(
        "openlibrary_trending",
        payload("openlibrary/shape_openlibrary.json"),
        ask("openlibrary_trending", fields={"rows": "docs"}),
    )
    assert ids(books) == ["/works/OL24209721W", "/works/OL12345678W"]


def test_tiktoks_signature_equals_the_documented_vectors(shared: Path) -> None:
    vectors = json.loads((shared / "specs" / "tiktok" / "sign_test_vectors.json").read_text("utf-8"))
    assert vectors
    for vector in vectors:
        made = sign(vector["path"], vector["query"], vector["body"].encode(), vector["app_secret"])
        assert made == vector["expected"], vector["name"]


def test_all_sources_are_known_here() -> None:
    assert len(sources()) == 34
