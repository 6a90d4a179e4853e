"""The six sources' recorded replies, served from the loopback server and scanned by the real program.

The items are read off the files by hand. Two calls have no recorded reply (Hacker News' front page, Wikipedia's list of
a day, and its search that measuring begins with): those tests say "built from documentation".
"""

import re
from pathlib import Path

import pytest
from e2e_kit import HTML, JSON, SIX, XML, Patient, items, named, point_at, readings, run, serve_fixtures, sound

from loopback import Loopback, Seen
from trendctl.store.engine import Store

pytestmark = pytest.mark.shared
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def clock() -> Patient:
    return Patient()


VIEWS = "wikipedia_pageviews/per_article_main_page_2016-01-01.json"
REAL = {
    "google_trends_rss": ("google_trends_rss/trending_rss.xml", XML),
    "hackernews": ("hackernews/algolia_4.json", JSON),
    "reddit_rss": ("reddit_rss/reddit-atom.rss", XML),
    "slickdeals_rss": ("slickdeals_rss/slickdeals_2026-09-26_excerpt.xml", XML),
    "steam_charts": ("steam_charts/featuredcategories_2023-03_es_excerpt.json", JSON),
}
STEAM_NEW = ("0:2050650", "0:1675200", "0:1888930", "0:1326470", "1:354231", "0:311210")


@pytest.fixture
def served(shared: Path, loopback: Loopback, monkeypatch: pytest.MonkeyPatch, clock: Patient, store: Store) -> Loopback:
    """The recorded replies; our own fixture where none was recorded."""
    payloads = shared / "payloads"
    serve_fixtures(loopback)
    for name, (file, kind) in REAL.items():
        loopback.add(re.compile(rf"^/{name}/"), (payloads / file).read_bytes(), headers={"Content-Type": kind})
    old = (payloads / "reddit_rss/reddit.rss").read_bytes()
    first: list[str] = []

    def reddit(seen: Seen) -> bytes:
        """The Atom feed for the subreddit asked first, the older RSS for the others."""
        first.append(seen.path)
        return (payloads / REAL["reddit_rss"][0]).read_bytes() if seen.path == first[0] else old

    loopback.add(re.compile(r"^/reddit_rss/r/"), reddit, headers={"Content-Type": XML})
    loopback.add(re.compile(r"/search_by_date"), (payloads / "hackernews/algolia_5.json").read_bytes())
    loopback.add(re.compile(r"/per-article/"), (payloads / VIEWS).read_bytes())
    pages = {"pages": [{"id": 1, "key": "Main_Page", "title": "Main Page"}]}
    loopback.add(re.compile(r"/w/rest.php/v1/search/page"), pages)
    point_at(monkeypatch, loopback, clock)
    return loopback


def test_the_six_sources_recorded_replies_become_their_items(capsys: Capture, served: Loopback, store: Store) -> None:
    ran = run(capsys, "scan", "--json", *named())
    assert ran.outcomes == dict.fromkeys(SIX, "ok"), ran.causes
    assert ran.code == 0
    assert items(store, "google_trends_rss") == [
        (found[0], title)
        for found, title in zip(items(store, "google_trends_rss"), [
            "david hearn reflecting pool case dismissed", "amazon ftc settlement payouts", "jim justice", "emirates",
            "ray kerr", "detention", "kylie kelce", "cronos venom", "petrol station", "renee good",
        ], strict=True)
    ]  # fmt: skip
    assert items(store, "hackernews") == [("3078128", "Steve Jobs has passed away.")]
    assert readings(store, "hackernews", "3078128") == {
        "position": (None, 1, None), "points": (4271.0, None, None), "num_comments": (376.0, None, None)
    }  # fmt: skip
    assert items(store, "slickdeals_rss") == [
        ("thread-20058393", items(store, "slickdeals_rss")[0][1]),
        ("thread-20063790", '8" Squishmallows Original Star Wars Grogu Plush $4.50'),
    ]
    assert readings(store, "slickdeals_rss", "thread-20063790")["position"] == (None, 2, 450)
    assert readings(store, "slickdeals_rss", "thread-20063790")["thumb_score"] == (11.0, None, None)
    assert tuple(i for i, _ in items(store, "steam_charts")) == STEAM_NEW
    assert dict(items(store, "steam_charts"))["1:354231"] == "Kit de RV de Valve Index"
    assert readings(store, "steam_charts", "0:311210")["position"] == (None, 6, 1979)
    sound(store)


def test_reddits_atom_feed_and_its_older_rss_become_posts(capsys: Capture, served: Loopback, store: Store) -> None:
    ran = run(capsys, "scan", "--json", "--source", "reddit_rss")
    assert ran.outcomes == {"reddit_rss": "ok"}
    found = dict(items(store, "reddit_rss"))
    assert len(found) == 48
    assert found["t3_42babr"] == "The Difficulties in Space"
    assert found["t3_42b7ov"].startswith("Today I found out how to remotely control my high school student's computers")
    assert found["t3_3skxqc"] == "The water is too deep, so he improvises"
    assert found["t3_3sktb0"] == "People Want DEA Chief to Resign After He Called Medical Marijuana ‘a Joke’"
    assert found["t3_3sknd4"].startswith('"Safe Space" Students Silence')


def test_wikipedias_recorded_views_are_measured_for_a_watched_term(
    capsys: Capture, served: Loopback, store: Store
) -> None:
    run(capsys, "watch", "add", "Main Page")
    run(capsys, "scan", "--json", "--source", "wikipedia_pageviews")
    assert [seen.path for seen in served.requests if "/per-article/" in seen.path] == [
        (
            "/wikipedia_pageviews/api/rest_v1/metrics/pageviews/per-article/en.wikipedia/all-access/user/Main_Page/daily"
            "/2026030300/2026053100"
        )
    ]
    with store.read() as db:
        row = db.execute(
            "SELECT o.value, o.at, m.name, m.period FROM observation o JOIN item i ON i.id = o.item_id"
            " JOIN metric m ON m.id = o.metric_id WHERE i.external_id LIKE 'q:%' AND i.source = 'wikipedia_pageviews'"
        ).fetchall()  # fmt: skip
    assert [tuple(r) for r in row] == [(16_357_307.0, 1_451_606_400, "views", 86_400)]  # 2016-01-01


def test_hackernews_front_page_built_from_documentation(
    capsys: Capture, loopback: Loopback, monkeypatch: pytest.MonkeyPatch, clock: Patient, store: Store
) -> None:
    serve_fixtures(loopback)
    point_at(monkeypatch, loopback, clock)
    assert run(capsys, "scan", "--json", "--source", "hackernews").outcomes == {"hackernews": "ok"}
    assert loopback.requests[0].query == {"tags": "front_page", "hitsPerPage": "100"}
    assert items(store, "hackernews") == [("9001", "Show HN: A folding kettle"), ("9002", "Café lamps, measured")]


def test_wikipedia_top_built_from_documentation(
    capsys: Capture, loopback: Loopback, monkeypatch: pytest.MonkeyPatch, clock: Patient, store: Store
) -> None:
    serve_fixtures(loopback)
    point_at(monkeypatch, loopback, clock)
    assert run(capsys, "scan", "--json", "--source", "wikipedia_pageviews").outcomes == {"wikipedia_pageviews": "ok"}
    assert loopback.requests[0].path.endswith("/pageviews/top/en.wikipedia/all-access/2026/05/31")
    assert items(store, "wikipedia_pageviews") == [
        ("en.wikipedia:Folding_kettle", "Folding kettle"), ("en.wikipedia:Café_lamp", "Café lamp")
    ]  # fmt: skip


# (recorded reply, its status, its type, the source that is given it, what must come of it)
WRONG = [
    ("_errors/reddit_blocked_403_excerpt.html", 403, HTML, "reddit_rss", "unavailable"),
    ("_errors/reddit_blocked_403_excerpt.html", 200, HTML, "reddit_rss", "unavailable"),
    ("_errors/gdelt_429.txt", 429, "text/plain", "hackernews", "unavailable"),
    ("_errors/bgg_401.txt", 401, "text/plain", "slickdeals_rss", "unavailable"),
    ("_errors/etsy_offset_400.json", 400, JSON, "steam_charts", "failed"),
    ("_errors/mercadolibre_search_403.json", 403, JSON, "google_trends_rss", "unavailable"),
    ("google_trends_rss/trending_now.txt", 200, "text/plain", "google_trends_rss", "failed"),
    ("product_press_rss/rssparser_unrecognized.rss", 200, XML, "slickdeals_rss", "unavailable"),
    ("product_press_rss/feedparser_bozo_invalid-bytes-with-bom.xml", 200, XML, "slickdeals_rss", "failed"),
    ("product_press_rss/feedparser_big5.xml", 200, XML, "google_trends_rss", "failed"),
    ("bgg_hot/hot_type=boardgameperson.xml", 200, XML, "reddit_rss", "failed"),
    ("instagram_hashtag/error_data.json", 200, JSON, "hackernews", "failed"),
    ("bestbuy/Get_stores_as_stream_garbage_data_0_400.json", 200, JSON, "steam_charts", "failed"),
    ("reddit_rss/reddit-atom.rss", 200, JSON, "hackernews", "failed"),
    ("hackernews/algolia_4.json", 200, XML, "slickdeals_rss", "failed"),
    (VIEWS, 200, JSON, "steam_charts", "failed"),
]


@pytest.mark.parametrize(("file", "status", "kind", "source", "outcome"), WRONG)
def test_a_malformed_reply_has_its_outcome_while_the_rest_go_on(
    capsys: Capture, served: Loopback, store: Store, shared: Path,
    file: str, status: int, kind: str, source: str, outcome: str,
) -> None:  # fmt: skip
    body = (shared / "payloads" / file).read_bytes()
    served.add(re.compile(rf"^/{source}/"), body, status, {"Content-Type": kind})
    ran = run(capsys, "scan", "--json", "--no-analyze", *named())
    assert ran.outcomes == dict.fromkeys(SIX, "ok") | {source: outcome}, ran.causes
    assert ran.code == (1 if outcome == "failed" else 0)
    assert ran.causes[source]
    assert items(store, source) == []
    sound(store)
