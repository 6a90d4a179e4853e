"""The recorded replies in `shared`: values read off by hand, and the malformed ones refused.

None is real for etsy, pinterest_trends, x_trends, amazon_creators, amazon_search_terms, google_merchant_bestsellers,
tiktok_shop_affiliate, lemmy_hot, gdelt, google_news_rss, bluesky_trends, producthunt_feed and openlibrary_trending:
those are tested by replies built from documentation.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from source_cases import ask, names, parse, reading, sources
from test_source_details import gather, reddit, trends

from trendctl.errors import ParseError
from trendctl.ports import Parsed
from trendctl.scanner.formats import feed
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


# ---------------------------------------------------------------- keyless


def test_google_trends_rss(payload: Payload) -> None:
    parsed = parse("google_trends_rss", payload("google_trends_rss/trending_rss.xml"), tag="US")
    assert (len(parsed.records), parsed.rejected) == (10, 0)
    assert parsed.records[0].title == "david hearn reflecting pool case dismissed"
    assert readings(parsed) == ["approx_traffic=2000"]
    assert parsed.records[0].image_url.startswith("https://encrypted-tbn2.gstatic.com/")
    assert parsed.records[1].title == "amazon ftc settlement payouts"


def test_google_trends_explore(payload: Payload) -> None:
    one = payload("google_trends_explore/multiline_one.json")
    parsed, _ = gather("google_trends_explore", trends(data=one), term="coffee", days=365)
    values = readings(parsed)
    assert len(values) == 52  # of 53 weeks the last is not over
    assert values[0] == "interest=70@2025-09-28/604800"
    assert values[-1] == "interest=72@2026-09-20/604800"
    explore = payload("google_trends_explore/pytrends_test_interest_over_time_partial_1_200.json")
    again, _ = gather("google_trends_explore", trends(explore=explore, data=one), term="coffee")
    assert again == parsed
    for other in ("related_topics.json", "related_queries.json", "comparedgeo_one.json"):
        with pytest.raises(ParseError):
            gather("google_trends_explore", trends(data=payload(f"google_trends_explore/{other}")), term="coffee")


@pytest.mark.parametrize("file", ["algolia_4.json", "algolia_5.json", "algolia_6.json", "algolia_16.json"])
def test_hackernews(payload: Payload, file: str) -> None:
    parsed = parse("hackernews", payload(f"hackernews/{file}"))
    found = {
        "algolia_5.json": (
            "7919424",
            "Judge says concerned about Apple, Google hiring settlement",
            ["points=1", "num_comments=0"],
        ),
        "algolia_16.json": (
            "6651926",
            "Patent war goes nuclear: Microsoft, Apple-owned Rockstar sues Google",
            ["points=293"],
        ),
    }
    assert (len(parsed.records), parsed.rejected) == (1, 0)
    if file in found:
        record = parsed.records[0]
        assert (record.external_id, record.title, readings(parsed)[1:]) == found[file]
    else:
        assert parsed.records[0].title == "Steve Jobs has passed away."


def test_wikipedia_pageviews(payload: Payload) -> None:
    body = payload("wikipedia_pageviews/per_article_main_page_2016-01-01.json")
    parsed = parse("wikipedia_pageviews", body, ask("wikipedia_pageviews", term="Main Page"), "views")
    assert readings(parsed) == ["views=16357307@2016-01-01/86400"]


def test_reddit_rss(payload: Payload) -> None:
    parsed = parse("reddit_rss", payload("reddit_rss/reddit-atom.rss"), tag="all")
    assert len(parsed.records) >= 24
    first = parsed.records[0]
    assert (first.external_id, first.title, first.category) == ("t3_42babr", "The Difficulties in Space", "space")
    assert readings(parsed) == ["position#1"]
    older = parse("reddit_rss", payload("reddit_rss/reddit.rss"), tag="all")
    assert older.records[0].external_id == "t3_3skxqc"
    assert older.records[0].title == "The water is too deep, so he improvises"
    assert len(set(ids(older))) == len(older.records)


def test_slickdeals_rss(payload: Payload) -> None:
    parsed = parse("slickdeals_rss", payload("slickdeals_rss/slickdeals_2026-09-26_excerpt.xml"))
    assert ids(parsed) == ["thread-20058393", "thread-20063790"]
    assert readings(parsed) == ["position#1 950 USD", "thumb_score=15"]
    assert readings(parsed, 1) == ["position#2 450 USD", "thumb_score=11"]
    assert parsed.records[1].title == '8" Squishmallows Original Star Wars Grogu Plush $4.50'
    assert parsed.records[1].category == "amazon"
    assert parsed.records[0].image_url.endswith("/300x300/21704442.thumb")
    assert parsed.records[0].event_at == datetime(2026, 9, 26, 19, 44, 11, tzinfo=UTC)


def test_dealnews_rss(payload: Payload) -> None:
    parsed = parse("dealnews_rss", payload("dealnews_rss/dealnews_2026-09-26_excerpt.xml"))
    assert ids(parsed) == ["22203475", "22184519", "22216125"]
    assert [readings(parsed, place) for place in range(3)] == [["deal=1 5999 USD"], ["deal=1"], ["deal=1 87500 USD"]]
    assert [record.category for record in parsed.records] == ["Monitors", "Laptops", "Laptops"]


def test_steam_charts(payload: Payload) -> None:
    parsed = parse("steam_charts", payload("steam_charts/featuredcategories_2023-03_es_excerpt.json"))
    assert ids(parsed) == ["0:2050650", "0:1675200", "0:1888930", "0:1326470", "1:354231", "0:311210"]
    assert readings(parsed, 1) == ["position#2 39900 USD", "discount_percent=0"]
    assert readings(parsed, 5) == ["position#6 1979 USD", "discount_percent=67"]
    assert parsed.records[4].title == "Kit de RV de Valve Index"


def test_apple_charts(payload: Payload) -> None:
    parsed = parse("apple_charts", payload("apple_charts/rss_v1_top100.json"))
    assert (len(parsed.records), parsed.rejected) == (100, 0)
    assert (parsed.records[0].external_id, parsed.records[0].title) == ("1084662006", "香港01")
    assert parsed.records[1].brand == "Nintendo Co., Ltd."
    assert readings(parsed, 99) == ["position#100"]


def test_mastodon_trends(payload: Payload) -> None:
    asked = ask("mastodon_trends")
    parsed = parse(
        "mastodon_trends", payload("mastodon_trends/test_entity_trendinglinkhistory_0.json"), asked, "mastodon.social"
    )
    first = parsed.records[0]
    assert first.title == "OpenAI says CEO Sam Altman's house was targeted with a Molotov cocktail"
    assert (first.event, first.event_at) == (True, datetime(2026, 4, 10, 17, 23, 39, 754000, tzinfo=UTC))
    assert readings(parsed)[0] == "position#1"
    assert readings(parsed)[-2:] == ["uses=320@2026-04-10/86400", "uses=176@2026-04-11/86400"]
    for file in ("test_trending_tags_0.json", "test_trending_statuses_0.json"):
        assert parse("mastodon_trends", payload(f"mastodon_trends/{file}")) == Parsed()


def test_open_food_facts(payload: Payload) -> None:
    asked = ask("open_food_facts", fields={"rows": "[product]"})  # the recorded reply is of a single product
    parsed = parse("open_food_facts", payload("open_food_facts/product-7622210288257.json"), asked)
    record = parsed.records[0]
    assert (record.external_id, record.title, record.brand) == ("7622210288257", "Grand Arôme", "Poulain")
    assert readings(parsed) == ["position#1", "unique_scans=60"]


def test_youtube_feeds(payload: Payload) -> None:
    parsed = parse("youtube_feeds", payload("youtube_feed/channel_videos.xml"))
    assert len(parsed.records) == 15
    assert (parsed.records[0].external_id, parsed.records[0].title) == ("OCs1E0vP7Oc", "SecDSM 2017 March - Talk 01")
    assert readings(parsed) == ["views=36", "ratings=0"]
    assert readings(parsed, 1) == ["views=14", "ratings=0"]


def test_github_search_reads_the_bodies_of_recorded_replies(payload: Payload) -> None:
    recorded = payload("github_search/Enterprise.testHttp.txt").decode().rstrip("\n").split("\n")
    body = next(line for line in recorded if line.startswith("[{"))
    with pytest.raises(ParseError):  # a list of repositories is no search result
        parse("github_search", body.encode())
    wrapped = json.dumps({"items": json.loads(body)}).encode()
    parsed = parse("github_search", wrapped)
    assert (parsed.records[0].external_id, parsed.records[0].title) == ("4454027", "jacquev6/TestPyGithub")
    assert parsed.records[0].url == "https://github.com/jacquev6/TestPyGithub"


PRESS = {
    "rssparser_latin2.rss": ("ZAŻÓŁĆ GĘSLĄ JAŹŃ", 1),
    "huginn_iso-8859-1.rss": ("Mëkanïk Zaïn", 1),
    "reader_full.rss": ("Example entry", 2),
    "rssparser_heise.atom": (None, None),
    "rssparser_encoding-gb2312.xml": (None, None),
    "huginn_unknown-encoding.xml": (None, None),
    "rssparser_encoding.rss": (None, None),
    "rssparser_feedburner.atom": (None, None),
    "rssparser_many-links.rss": (None, None),
    "rssparser_craigslist.rss": (None, None),
}


@pytest.mark.parametrize("file", PRESS)
def test_press_rss_reads_real_feeds_in_every_encoding(payload: Payload, file: str) -> None:
    parsed = parse("press_rss", payload(f"product_press_rss/{file}"))
    title, count = PRESS[file]
    assert parsed.records
    assert count is None or len(parsed.records) == count
    assert title is None or parsed.records[0].title == title
    assert not any("\ufffd" in record.title for record in parsed.records)
    pageless = [record.title for record in parsed.records if not record.url]
    assert pageless == (["Example entry, again"] if file == "reader_full.rss" else [])


def test_press_rss_reads_a_gb2312_feed_and_an_unknown_encoding_as_meant(payload: Payload) -> None:
    chinese = parse("press_rss", payload("product_press_rss/rssparser_encoding-gb2312.xml"))
    assert chinese.records[0].title.startswith("拟298亿元重组盛大游戏后")
    portuguese = feed.read(payload("product_press_rss/huginn_unknown-encoding.xml"))
    assert portuguese.mended
    assert portuguese.title == "CBN - Arnaldo Jabor - O Comentário de Arnaldo Jabor"


def test_press_rss_finds_the_page_among_many_links(payload: Payload) -> None:
    parsed = parse("press_rss", payload("product_press_rss/rssparser_many-links.rss"))
    assert not any("/feeds/" in record.url or "#" in record.url for record in parsed.records)


MALFORMED = {
    "product_press_rss/rssparser_unrecognized.rss": "press_rss",
    "product_press_rss/feedparser_bozo_invalid-bytes-with-bom.xml": "press_rss",
    "product_press_rss/feedparser_big5.xml": "press_rss",
    "bgg_hot/hot_type=boardgameperson.xml": "press_rss",
    "_errors/reddit_blocked_403_excerpt.html": "reddit_rss",
    "_errors/gdelt_429.txt": "gdelt",
    "gdelt/shape_gdelt.json": "gdelt",
    "_errors/etsy_offset_400.json": "etsy",
    "_errors/amazon_creators_403.json": "amazon_creators",
    "_errors/mercadolibre_search_403.json": "ebay_browse",
    "_errors/bgg_401.txt": "hackernews",
    "google_trends_rss/trending_now.txt": "google_trends_rss",
    "instagram_hashtag/error_data.json": "instagram_hashtag",
    "rakuten_ranking/test_genre_search_error_response_without_required_param_0_400.json": "rakuten_ranking",
    "rakuten_ranking/test_item_search_error_response_with_invalid_param_1_400.json": "rakuten_ranking",
    "bestbuy/Get_stores_as_stream_garbage_data_0_400.json": "bestbuy",
    "bestbuy/Recommendations_search_trendingview_criteria_as_string_1_200.json": "bestbuy",
    "google_trends_explore/pytrends_test_top_charts_ok_1_200.json": "bluesky_trends",
}


@pytest.mark.parametrize("file", MALFORMED)
def test_errors_and_other_kinds_of_answers_are_refused(payload: Payload, file: str) -> None:
    with pytest.raises(ParseError):
        parse(MALFORMED[file], payload(file))


def test_every_payload_given_to_every_source_is_understood_or_refused(shared: Path) -> None:
    files = [
        path for path in sorted((shared / "payloads").rglob("*")) if path.is_file() and path.stat().st_size < 60_000
    ]
    assert len(files) > 50
    for path in files:
        for name in names(parsing=True):
            try:
                parsed = parse(name, path.read_bytes())
            except ParseError:
                continue
            assert isinstance(parsed, Parsed)


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
