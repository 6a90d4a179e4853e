"""One source answers badly in every way there is: its outcome and cause are told, the others' items are stored."""

import re
from typing import Any

import pytest
from e2e_kit import HTML, JSON, SIX, XML, Patient, child, environ, items, named, point_at, run, serve_fixtures, sound

from loopback import Loopback, Response
from trendctl.home import Home
from trendctl.store.engine import Store

Capture = pytest.CaptureFixture[str]
BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">' + b"".join(
    b'<!ENTITY %s "%s">' % (b"b%d" % n, (b"&b%d;" % (n - 1) if n else b"&a;") * 10) for n in range(9)
) + b"]><rss><channel><item><title>&b8;</title></item></channel></rss>"  # fmt: skip
OUTSIDE = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss><channel>&a;</channel></rss>'
)
FEED = '<?xml version="1.0" encoding="{}"?><rss version="2.0"><channel><title>x</title>{}</channel></rss>'
ITEM = "<item><title>Café kettle $9.99</title><guid>thread-1</guid><link>https://slickdeals.net/f/1-x</link></item>"

# (source, body, status, headers, more of the route, outcome, words of the cause)
BAD: dict[str, tuple[str, Any, int, dict[str, str], dict[str, Any], str, str]] = {
    "html for json": ("hackernews", "<!doctype html><html><body>Sorry</body></html>", 200, {"Content-Type": HTML}, {},
                      "unavailable", "web page"),
    "html for xml": ("slickdeals_rss", "<html><head><title>x</title></head></html>", 200, {"Content-Type": HTML}, {},
                     "unavailable", "web page"),
    "nothing": ("hackernews", b"", 200, {"Content-Type": JSON}, {}, "failed", ""),
    "binary": ("hackernews", bytes(range(256)) * 9, 200, {"Content-Type": JSON}, {}, "failed", ""),
    "half a character": ("hackernews", b'{"hits": [{"title": "\xc3"}]}', 200, {"Content-Type": JSON}, {}, "failed", ""),
    "deep json": ("hackernews", b"[" * 100_000, 200, {"Content-Type": JSON}, {}, "failed", ""),
    "huge number": ("hackernews", b'{"hits": [{"objectID": "1", "title": "x", "points": ' + b"9" * 9999 + b"}]}", 200,
                    {"Content-Type": JSON}, {}, "failed", ""),
    "json cut": ("hackernews", b'{"hits": [{"objectID": "1", "ti', 200, {"Content-Type": JSON}, {}, "failed", ""),
    "body cut": ("slickdeals_rss", b"<rss><channel>" + b" " * 5000, 200, {"Content-Type": XML}, {"cut_after": 100},
                 "unavailable", ""),
    "connection lost": ("slickdeals_rss", b"", 200, {}, {"drop": True}, "unavailable", ""),
    "403": ("reddit_rss", b"no", 403, {}, {}, "unavailable", "403"),
    "404": ("reddit_rss", b"no", 404, {}, {}, "unavailable", "404"),
    "429": ("reddit_rss", b"slow down", 429, {}, {}, "unavailable", "429"),
    "429 with retry-after": ("reddit_rss", b"slow down", 429, {"Retry-After": "600"}, {}, "unavailable", "429"),
    "500": ("steam_charts", b"", 500, {}, {}, "unavailable", "500"),
    "gzip that is none": ("steam_charts", b"{}", 200, {"Content-Encoding": "gzip"}, {}, "unavailable", ""),
    "xml bomb": ("google_trends_rss", BOMB, 200, {"Content-Type": XML}, {}, "failed", ""),
    "external entity": ("google_trends_rss", OUTSIDE, 200, {"Content-Type": XML}, {}, "failed", ""),
    "malformed feed": ("google_trends_rss", b"<rss><channel><item><title>a</titel>", 200, {"Content-Type": XML}, {},
                       "failed", ""),
    "redirect to a private address": ("steam_charts", b"", 302, {"Location": "http://192.168.0.1/x"}, {},
                                      "unavailable", "redirect"),
    "redirect to the metadata service": ("steam_charts", b"", 302, {"Location": "http://169.254.169.254/latest"}, {},
                                         "unavailable", "redirect"),
    "redirect to a file": ("steam_charts", b"", 302, {"Location": "file:///etc/passwd"}, {}, "unavailable", ""),
}  # fmt: skip


@pytest.fixture
def clock() -> Patient:
    return Patient()


@pytest.fixture(autouse=True)
def _served(
    request: pytest.FixtureRequest, loopback: Loopback, monkeypatch: pytest.MonkeyPatch, clock: Patient
) -> None:
    serve_fixtures(loopback)
    if "real_sleep" not in request.fixturenames:
        point_at(monkeypatch, loopback, clock)


@pytest.mark.parametrize("case", BAD)
def test_a_bad_answer_is_told_and_the_other_sources_go_on(
    capsys: Capture, loopback: Loopback, store: Store, case: str
) -> None:
    source, body, status, headers, more, outcome, words = BAD[case]
    loopback.add(re.compile(rf"^/{source}/"), body, status, headers, **more)
    ran = run(capsys, "scan", "--json", "--no-analyze", *named())
    assert ran.outcomes == dict.fromkeys(SIX, "ok") | {source: outcome}, ran.causes
    assert words in ran.causes[source]
    assert ran.causes[source]
    assert "Traceback" not in ran.err
    assert items(store, source) == []
    sound(store)


def test_a_body_of_30_mb_is_not_read(capsys: Capture, loopback: Loopback, store: Store) -> None:
    sent: list[int] = []

    def flood(seen: Any) -> Response:
        def parts() -> Any:
            for _ in range(480):
                sent.append(65_536)
                yield b" " * 65_536

        return Response(parts(), headers={"Content-Type": XML})

    loopback.add(re.compile("^/slickdeals_rss/"), flood, chunked=True)
    ran = run(capsys, "scan", "--json", "--no-analyze", "--source", "slickdeals_rss", "--source", "steam_charts")
    assert ran.outcomes == {"slickdeals_rss": "unavailable", "steam_charts": "ok"} or ran.outcomes == {
        "slickdeals_rss": "failed", "steam_charts": "ok"
    }  # fmt: skip
    assert sum(sent) < 25_000_000


def test_a_feed_that_lies_about_its_encoding_is_still_read(capsys: Capture, loopback: Loopback, store: Store) -> None:
    body = FEED.format("utf-8", ITEM).encode("iso-8859-1")
    loopback.add(re.compile("^/slickdeals_rss/"), body, headers={"Content-Type": XML})
    assert run(capsys, "scan", "--json", "--source", "slickdeals_rss").outcomes == {"slickdeals_rss": "ok"}
    assert items(store, "slickdeals_rss") == [("thread-1", "Café kettle $9.99")]


def test_a_source_that_said_wait_is_not_asked_again_even_with_force(
    capsys: Capture, loopback: Loopback, store: Store, clock: Patient
) -> None:
    loopback.add(re.compile("^/steam_charts/"), b"", 429, {"Retry-After": "1800"})
    assert run(capsys, "scan", "--json", "--source", "steam_charts").outcomes == {"steam_charts": "unavailable"}
    asked = len(loopback.requests)
    again = run(capsys, "scan", "--json", "--force", "--source", "steam_charts")
    assert again.outcomes == {"steam_charts": "unavailable"}
    assert len(loopback.requests) == asked
    assert "only in 1800 s" in again.causes["steam_charts"]


def test_one_failure_makes_exit_code_1_and_unavailable_ones_do_not(
    capsys: Capture, loopback: Loopback, store: Store
) -> None:
    loopback.add(re.compile("^/steam_charts/"), b"", 503)
    assert run(capsys, "scan", "--json", *named()).code == 0
    loopback.add(re.compile("^/slickdeals_rss/"), b"{}", headers={"Content-Type": XML})
    assert run(capsys, "scan", "--json", "--force", *named()).code == 1


def test_when_nothing_could_be_measured_the_exit_code_is_1(capsys: Capture, loopback: Loopback, store: Store) -> None:
    for name in SIX:
        loopback.add(re.compile(f"^/{name}/"), b"", 503)
    ran = run(capsys, "scan", "--json", *named())
    assert set(ran.outcomes.values()) == {"unavailable"}
    assert ran.code == 1


def test_silence_ends_with_the_scans_deadline(loopback: Loopback, store: Store, home: Home, real_sleep: None) -> None:
    loopback.add(re.compile("^/steam_charts/"), b"{}", delay=30)
    told = environ(loopback) | {"TRENDCTL_SCAN__DEADLINE_SECONDS": "2"}
    ran = child(home.root, "scan", "--json", "--source", "steam_charts", "--source", "slickdeals_rss", **told)
    assert ran.outcomes == {"steam_charts": "unavailable", "slickdeals_rss": "ok"}, ran.err
    assert ran.code == 0
