"""The recorded replies in `shared`: values read off by hand, and the malformed ones refused.

None is real for etsy, pinterest_trends, x_trends, amazon_creators, amazon_search_terms, google_merchant_bestsellers,
tiktok_shop_affiliate, lemmy_hot, gdelt, google_news_rss, bluesky_trends, producthunt_feed and openlibrary_trending:
those are tested by replies built from documentation.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from source_cases import ask, names, parse, reading
from test_source_details import gather, trends

from trendctl.errors import ParseError
from trendctl.ports import Parsed
from trendctl.scanner.formats import feed

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
