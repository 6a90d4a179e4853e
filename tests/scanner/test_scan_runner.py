"""Threads: order, deadlines, one that does not come back; and packages that talk by themselves."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from scan_fakes import Watcher, make_source

from trendctl.ports import Ask, Outcome, Parsed, Record, Source
from trendctl.scanner import runner
from trendctl.scanner.runner import Job, run_all
from trendctl.scanner.values import SourceValues


def job(source: Source, clock: Any, base_url: str, expected: float = 1.0) -> Job:
    return Job(source, (Ask(clock.now()),), SourceValues(base_url=base_url), "", 100, expected)


def test_the_longest_is_asked_first(wire: Callable[..., Any], loopback: Any, clock: Any) -> None:
    names = ["short", "long", "middle"]
    for name in names:
        loopback.add(f"/{name}", [])
    sources = [make_source(name) for name in names]
    jobs = [job(s, clock, loopback.base_url, t) for s, t in zip(sources, (1.0, 9.0, 5.0), strict=True)]
    watcher = Watcher()
    results = list(
        run_all(jobs, wire(*sources).client, clock, workers=1, ends=clock.monotonic() + 60, progress=watcher)
    )
    assert watcher.started == ["long", "middle", "short"]
    assert {r.outcome for r in results} == {Outcome.EMPTY}


def test_sources_are_asked_side_by_side(wire: Callable[..., Any], loopback: Any, clock: Any) -> None:
    """Each answer waits for the other to be asked: one after the other would never end."""
    both = threading.Barrier(2, timeout=20)

    def answer(seen: Any) -> list[Any]:
        both.wait()
        return []

    loopback.add("/a", answer)
    loopback.add("/b", answer)
    sources = [make_source("a", deadline_seconds=30.0), make_source("b", deadline_seconds=30.0)]
    jobs = [job(s, clock, loopback.base_url) for s in sources]
    results = run_all(jobs, wire(*sources).client, clock, workers=2, ends=clock.monotonic() + 60, progress=Watcher())
    assert [r.outcome for r in results] == [Outcome.EMPTY, Outcome.EMPTY]


def test_a_source_that_never_comes_back_is_given_up(
    wire: Callable[..., Any], loopback: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "_LOOK", 0.01)
    hang = threading.Event()

    def parse(reply: Any, ask: Ask) -> Parsed:
        clock.advance(1_000)
        hang.wait(20)
        return Parsed()

    loopback.add("/stuck", [])
    loopback.add("/next", [])
    stuck, after = make_source("stuck", parse=parse, deadline_seconds=5.0), make_source("next")
    jobs = [job(stuck, clock, loopback.base_url, 9.0), job(after, clock, loopback.base_url, 1.0)]
    results = run_all(
        jobs, wire(stuck, after).client, clock, workers=1, ends=clock.monotonic() + 9e9, progress=Watcher()
    )
    found = {r.source.facts.name: (r.outcome, r.cause) for r in results}
    hang.set()
    assert found["stuck"][0] == Outcome.UNAVAILABLE
    assert "did not come back" in found["stuck"][1]
    assert found["next"][0] == Outcome.EMPTY  # the only worker was replaced


def test_beyond_the_scans_time_nothing_is_asked(wire: Callable[..., Any], loopback: Any, clock: Any) -> None:
    source = make_source("a")
    (result,) = run_all(
        [job(source, clock, loopback.base_url)], wire(source).client, clock, workers=1, ends=clock.monotonic(),
        progress=Watcher(),
    )  # fmt: skip
    assert (result.outcome, loopback.requests) == (Outcome.SKIPPED, [])


# ---------------------------------------------------------------- packages that talk by themselves


def talker(gather: Callable[[Any, Ask], Parsed]) -> Source:
    return replace(make_source("talker"), requests=None, parse=None, gather=gather)


def run_talker(wire: Callable[..., Any], loopback: Any, clock: Any, gather: Callable[[Any, Ask], Parsed]) -> Any:
    source = talker(gather)
    jobs = [job(source, clock, loopback.base_url)]
    (result,) = run_all(jobs, wire(source).client, clock, workers=1, ends=clock.monotonic() + 60, progress=Watcher())
    return result


def session_of(adapter: Any) -> Any:
    from requests import Session

    session = Session()
    session.trust_env = False
    session.mount("https://", adapter)
    return session


def test_requests_goes_through_our_client_with_cookies_of_its_own(
    wire: Callable[..., Any], loopback: Any, clock: Any
) -> None:
    loopback.add("/start", b"", headers={"Set-Cookie": "id=7; Path=/"})
    loopback.add("/data", {"title": "Lamp"})

    def gather(adapter: Any, ask: Ask) -> Parsed:
        session = session_of(adapter)
        session.get("https://talker.example/start")
        answer = session.post("https://talker.example/data", data={"a": "1"})
        return Parsed((Record("1", answer.json()["title"]),))

    result = run_talker(wire, loopback, clock, gather)
    assert (result.outcome, result.records[0].title) == (Outcome.OK, "Lamp")
    seen = loopback.requests[1]
    assert (seen.method, seen.form, seen.headers["cookie"]) == ("POST", {"a": "1"}, "id=7")


def test_what_our_client_says_beats_what_the_package_makes_of_it(
    wire: Callable[..., Any], loopback: Any, clock: Any
) -> None:
    loopback.add("/data", b"slow down", status=429)

    def gather(adapter: Any, ask: Ask) -> Parsed:
        session_of(adapter).get("https://talker.example/data").json()
        return Parsed()

    result = run_talker(wire, loopback, clock, gather)
    assert (result.outcome, result.cause) == (Outcome.UNAVAILABLE, "HTTP 429")


def test_a_lost_connection_of_a_package_is_unavailable(wire: Callable[..., Any], loopback: Any, clock: Any) -> None:
    loopback.add("/data", drop=True)

    def gather(adapter: Any, ask: Ask) -> Parsed:
        try:
            session_of(adapter).get("https://talker.example/data")
        except Exception as error:
            raise RuntimeError("wrapped") from error
        return Parsed()

    assert run_talker(wire, loopback, clock, gather).outcome == Outcome.UNAVAILABLE


def test_a_package_cannot_be_led_away_by_a_redirect(wire: Callable[..., Any], loopback: Any, clock: Any) -> None:
    """requests follows a redirected POST by itself, on a connection of its own."""
    loopback.add("/data", status=302, headers={"Location": loopback.base_url + "/inside"})
    loopback.add("/inside", b"secret")

    def gather(adapter: Any, ask: Ask) -> Parsed:
        session_of(adapter).post("https://talker.example/data")
        return Parsed()

    result = run_talker(wire, loopback, clock, gather)
    assert (result.outcome, "redirect" in result.cause) == (Outcome.UNAVAILABLE, True)
    assert loopback.to("/inside") == []


def test_a_bug_of_a_package_is_a_failure(wire: Callable[..., Any], loopback: Any, clock: Any) -> None:
    def gather(adapter: Any, ask: Ask) -> Parsed:
        raise IndexError("rankedList")

    result = run_talker(wire, loopback, clock, gather)
    assert (result.outcome, "IndexError" in result.cause) == (Outcome.FAILED, True)
