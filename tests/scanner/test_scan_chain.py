"""A chain's turns: another way where a call is unavailable, tokens that rotate, overlays that are told."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from scan_fakes import Known, make_source

from loopback import Response
from trendctl import registry
from trendctl.errors import UsageError
from trendctl.ports import Ask, Outcome, Request, Source
from trendctl.scanner.once import ask_once
from trendctl.scanner.service import scan
from trendctl.scanner.values import SourceValues

LAMP = [{"id": "1", "title": "Acme Aurora desk lamp"}]


def with_fallback(name: str) -> Source:
    def other(request: Request, status: int | None, ask: Ask) -> Sequence[Request]:
        return () if request.tag else (Request(f"https://{name}.example/other", tag=str(status)),)

    return replace(make_source(name), fallback=other)


@pytest.mark.parametrize("answer", [{"status": 503}, {"status": 404}, {"drop": True}])
def test_an_unavailable_call_is_made_another_way_and_that_is_told(
    wire: Callable[..., Any], loopback: Any, answer: dict[str, Any]
) -> None:
    loopback.add("/a", **answer)
    loopback.add("/other", LAMP)
    line = scan(wire(with_fallback("a"))).sources[0]
    assert (line.outcome, line.items) == (Outcome.OK, 1)
    assert line.cause.endswith("its fallback was asked")


def test_where_the_other_way_fails_too_its_cause_is_told(wire: Callable[..., Any], loopback: Any) -> None:
    loopback.add("/a", status=503)
    loopback.add("/other", status=403)
    line = scan(wire(with_fallback("a"))).sources[0]
    assert (line.outcome, line.cause) == (Outcome.UNAVAILABLE, "1 of 2 calls: HTTP 403: refused")
    assert len(loopback.requests) == 2


def test_an_answer_not_understood_has_no_other_way(wire: Callable[..., Any], loopback: Any) -> None:
    loopback.add("/a", b"{")
    assert scan(wire(with_fallback("a"))).sources[0].outcome == Outcome.FAILED
    assert len(loopback.requests) == 1


# ---------------------------------------------------------------- the shipped sources that have another way


def test_hacker_news_own_api_stands_in_for_algolia(
    wire: Callable[..., Any], loopback: Any, rows: Callable[..., Any]
) -> None:
    loopback.add("/api/v1/search", status=503)
    loopback.add("/v0/topstories.json", [11, 12, 13, "x"])
    story = {"by": "someone", "descendants": 4, "id": 11, "score": 90, "title": "Show HN: A kettle", "type": "story"}
    loopback.add("/v0/item/11.json", story)
    loopback.add("/v0/item/12.json", b"null")
    loopback.add("/v0/item/13.json", story | {"id": 13, "url": "https://a.example/k", "title": "A camp lantern"})
    line = scan(wire(registry.load("sources", "hackernews")), ["hackernews"]).sources[0]
    assert (line.outcome, line.items, line.cause) == (Outcome.OK, 2, "HTTP 503: its fallback was asked")
    assert rows(
        "SELECT i.external_id, m.name, o.value, o.rank FROM observation o JOIN item i ON i.id = o.item_id"
        " JOIN metric m ON m.id = o.metric_id WHERE m.name <> 'num_comments' ORDER BY 1, 2"
    ) == [("11", "points", 90.0, None), ("11", "position", None, 1), ("13", "points", 90.0, None),
          ("13", "position", None, 3)]  # fmt: skip


def test_wikipedias_list_of_the_day_before_stands_in_for_one_not_there_yet(
    wire: Callable[..., Any], loopback: Any, rows: Callable[..., Any]
) -> None:
    articles = [{"article": "Kettle", "rank": 1, "views": 70}]
    loopback.add(re.compile("/top/en.wikipedia/all-access/2026/05/31"), status=404)
    loopback.add(re.compile("/top/en.wikipedia/all-access/2026/05/30"), {"items": [{"articles": articles}]})
    line = scan(wire(registry.load("sources", "wikipedia_pageviews"), contact="me@mail.example")).sources[0]
    assert (line.outcome, line.items) == (Outcome.OK, 1)
    assert rows("SELECT DISTINCT date(at, 'unixepoch') FROM observation") == [("2026-05-30",)]


def test_no_older_list_of_wikipedia_is_asked_for(wire: Callable[..., Any], loopback: Any) -> None:
    loopback.add(re.compile("/"), status=404)
    line = scan(wire(registry.load("sources", "wikipedia_pageviews"), contact="me@mail.example")).sources[0]
    assert (line.outcome, len(loopback.requests)) == (Outcome.UNAVAILABLE, 2)


# ---------------------------------------------------------------- tokens

GOOGLE = {"GOOGLE_MERCHANT_REFRESH_TOKEN": "first", "GOOGLE_CLIENT_ID": "id", "GOOGLE_CLIENT_SECRET": "simulated"}
ACCOUNT: dict[str, Any] = {"account": "77"}


@pytest.mark.parametrize(("told", "kept"), [("second", "second"), ("first", "first"), (None, "first"), (7, "first"),
                                            ("two\nlines", "first"), ("", "first")])  # fmt: skip
def test_a_rotated_refresh_token_is_kept_even_when_the_run_then_fails(
    wire: Callable[..., Any], loopback: Any, told: Any, kept: str
) -> None:
    loopback.add("/token", {"access_token": "a", "refresh_token": told}, method="POST")
    loopback.add(re.compile("/reports"), status=500)
    source = registry.load("sources", "google_merchant_bestsellers")
    wiring = wire(source, sources={source.facts.name: SourceValues(options=ACCOUNT)}, credentials=GOOGLE)
    credentials = wiring.credentials
    assert isinstance(credentials, Known)
    assert scan(wiring).sources[0].outcome == Outcome.UNAVAILABLE
    assert credentials.get("GOOGLE_MERCHANT_REFRESH_TOKEN") == kept
    assert len(credentials.values) == len(GOOGLE)


def test_an_expired_credential_is_told_with_the_command_that_sets_it(wire: Callable[..., Any], loopback: Any) -> None:
    loopback.add(re.compile("/v5/"), {"code": 2, "message": "Authentication failed."}, 401)
    source = registry.load("sources", "pinterest_trends")
    line = scan(wire(source, credentials={"PINTEREST_ACCESS_TOKEN": "old"})).sources[0]
    assert line.outcome == Outcome.UNAVAILABLE
    assert line.cause.endswith("trendctl secrets set PINTEREST_ACCESS_TOKEN")


# ---------------------------------------------------------------- overlays


def test_a_drifted_source_is_read_with_an_overlay_and_its_cause_says_so(
    wire: Callable[..., Any], loopback: Any, rows: Callable[..., Any], clock: Any
) -> None:
    source = registry.load("sources", "github_search")
    drifted = {"total_count": 1, "results": [
        {"id": 5, "name_full": "kim/lantern", "html_url": "https://a.example/l", "stargazers_count": 9}]}  # fmt: skip
    loopback.add(re.compile("/search"), drifted)
    assert scan(wire(source)).sources[0].outcome == Outcome.FAILED
    clock.advance(86_400)
    wiring = replace(wire(source), overlay=lambda name: {"rows": "results", "title": "name_full"})
    line = scan(wiring, force=True).sources[0]
    assert (line.outcome, line.items) == (Outcome.OK, 1)
    assert line.cause == "read with an overlay of its fields: rows, title"
    assert rows("SELECT title FROM item") == [("kim/lantern",)]
    assert rows("SELECT cause FROM source_run ORDER BY id DESC LIMIT 1") == [(line.cause,)]


def test_an_overlay_that_cannot_be_read_stops_its_own_source_only(wire: Callable[..., Any], loopback: Any) -> None:
    loopback.add("/b", LAMP)

    def overlay(name: str) -> dict[str, str]:
        if name == "a":
            raise UsageError("The overlay of a cannot be read", next="fix or delete it")
        return {}

    report = scan(replace(wire(make_source("a"), make_source("b")), overlay=overlay))
    found = {line.name: (line.outcome, line.cause) for line in report.sources}
    assert found["b"][0] == Outcome.OK
    assert found["a"] == (Outcome.SKIPPED, "The overlay of a cannot be read. Next: fix or delete it")


def test_an_overlay_with_a_path_that_is_none_fails_its_source_with_the_reason(
    wire: Callable[..., Any], loopback: Any
) -> None:
    loopback.add(re.compile("/search"), {"items": []})
    wiring = replace(wire(registry.load("sources", "github_search")), overlay=lambda name: {"rows": "items["})
    line = scan(wiring).sources[0]
    assert line.outcome == Outcome.FAILED
    assert "no JMESPath" in line.cause


# ---------------------------------------------------------------- told to slow down


def test_gdelts_slow_down_in_a_200_is_unavailable_and_holds_the_host(
    wire: Callable[..., Any], loopback: Any, rows: Callable[..., Any], clock: Any
) -> None:
    words = "Please limit requests to one every 5 seconds or contact us for larger queries."
    answers = iter([Response(words), Response({"timeline": []}), Response({"timeline": []})])
    loopback.add("/api/v2/doc/doc", lambda seen: next(answers))
    wiring = wire(registry.load("sources", "gdelt"))
    first = ask_once(wiring, "gdelt", "camp lantern")
    assert (first.outcome, first.records) == (Outcome.UNAVAILABLE, ())
    assert first.cause.startswith("told to slow down")
    before = clock.now()
    assert ask_once(wiring, "gdelt", "camp lantern").outcome == Outcome.EMPTY
    assert (clock.now() - before).total_seconds() == 60
    assert rows("SELECT count(*) FROM observation") == [(0,)]
