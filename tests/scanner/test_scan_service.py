"""A whole scan: outcomes with causes, what is stored, the breaker, and the report that scripts rely on."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from scan_fakes import Watcher, make_source

from trendctl.errors import UsageError
from trendctl.ports import Outcome, Parsed, Reading, Record, Request
from trendctl.scanner.report import ScanReport
from trendctl.scanner.service import scan
from trendctl.scanner.values import SourceValues
from trendctl.store import scans, watches
from trendctl.store.engine import Store
from trendctl.store.products import NewProduct, create_products, merge_into
from trendctl.store.writers import Role

LAMP = [{"id": "1", "title": "Acme Aurora desk lamp", "value": 5.0, "rank": 1}]


def outcome_of(report: ScanReport, name: str) -> tuple[Outcome, str]:
    return next((s.outcome, s.cause) for s in report.sources if s.name == name)


def test_a_scan_stores_items_observations_and_products(
    wire: Callable[..., Any], loopback: Any, rows: Callable[..., Any], clock: Any
) -> None:
    loopback.add("/deals", LAMP)
    report = scan(wire(make_source("deals")))
    at = int(clock.now().timestamp())
    assert rows("SELECT source, external_id, title, first_seen_at, last_seen_at FROM item") == [
        ("deals", "1", "Acme Aurora desk lamp", at, at)
    ]
    assert rows("SELECT m.name, o.at, o.value, o.rank FROM observation o JOIN metric m ON m.id = o.metric_id") == [
        ("points", at - at % 3600, 5.0, 1)
    ]
    assert rows("SELECT uid, title, sellable FROM product") == [("p000", "Acme Aurora desk lamp", 0.8)]
    assert report.product_ids == (1,)
    assert not report.failed


def test_the_report_has_the_documented_shape(wire: Callable[..., Any], loopback: Any) -> None:
    loopback.add("/deals", [*LAMP, {"id": "1", "title": "Acme Aurora desk lamp"}, {"bad": 1}])
    document = scan(wire(make_source("deals"))).to_json()
    line = {
        "name": "deals",
        "outcome": "ok",
        "items": 1,
        "new_items": 1,
        "observations": 1,
        "seconds": 0.0,
        "cause": "",
    }
    assert json.loads(json.dumps(document)) == {
        "run_id": 1,
        "started_at": "2026-06-01T12:00:00Z",
        "finished_at": "2026-06-01T12:00:00Z",
        "sources": [line],
        "items": {"received": 3, "stored": 1, "duplicate": 1, "rejected": 1},
        "products": {"new": 1, "updated": 0},
    }  # fmt: skip


def test_a_second_scan_in_the_hour_replaces_and_does_not_double(
    wire: Callable[..., Any], loopback: Any, rows: Callable[..., Any], clock: Any
) -> None:
    loopback.add("/deals", LAMP)
    scan(wire(make_source("deals")))
    clock.advance(600)
    loopback.add("/deals", [LAMP[0] | {"value": 9.0}])
    report = scan(wire(make_source("deals")), force=True)
    assert rows("SELECT value FROM observation") == [(9.0,)]
    assert (report.products_new, report.products_updated) == (0, 1)
    clock.advance(3600)
    scan(wire(make_source("deals")))
    assert len(rows("SELECT at FROM observation")) == 2


def test_304_records_the_hours_observation_again(
    wire: Callable[..., Any], loopback: Any, rows: Callable[..., Any], clock: Any
) -> None:
    from loopback import Response

    def answer(seen: Any) -> Response:
        if "if-none-match" in seen.headers:
            return Response(b"", 304)
        return Response(LAMP, 200, {"ETag": '"x"'})

    loopback.add("/deals", answer)
    scan(wire(make_source("deals")))
    clock.advance(3600)
    report = scan(wire(make_source("deals")))
    assert (outcome_of(report, "deals")[0], len(rows("SELECT at FROM observation"))) == (Outcome.OK, 2)


TROUBLE: list[tuple[str, dict[str, Any], Outcome, str]] = [
    ("forbidden", {"status": 403}, Outcome.UNAVAILABLE, "403"),
    ("limited", {"status": 429, "headers": {"Retry-After": "90"}}, Outcome.UNAVAILABLE, "come back in 90 s"),
    ("page", {"body": "<!doctype html><title>Blocked</title>"}, Outcome.UNAVAILABLE, "block page"),
    ("malformed", {"body": "[{"}, Outcome.FAILED, "not JSON"),
    ("wrong_bytes", {"body": b"\xff\xfe\x00"}, Outcome.FAILED, "not understood"),
    ("cut", {"body": LAMP, "cut_after": 5}, Outcome.UNAVAILABLE, "cut short"),
    ("gone", {"drop": True}, Outcome.UNAVAILABLE, "reset"),
    ("moved_inside", {"status": 302, "headers": {"Location": "http://10.0.0.1/"}}, Outcome.UNAVAILABLE, "redirect"),
    ("huge", {"body": b" " * 300_000}, Outcome.FAILED, "larger than"),
    ("strange", {"body": [{"bad": 1}]}, Outcome.FAILED, "none of 1 entries"),
    ("nothing", {"body": []}, Outcome.EMPTY, ""),
]


def test_one_failure_never_stops_another_and_each_has_its_outcome_and_cause(
    wire: Callable[..., Any], loopback: Any, rows: Callable[..., Any]
) -> None:
    loopback.add("/good", LAMP)
    for name, how, _, _ in TROUBLE:
        loopback.add(f"/{name}", **how)
    sources = [make_source(name, max_bytes=200_000) for name, *_ in TROUBLE]
    report = scan(wire(make_source("good"), *sources))
    assert outcome_of(report, "good")[0] == Outcome.OK
    for name, _, outcome, words in TROUBLE:
        got, cause = outcome_of(report, name)
        assert (name, got) == (name, outcome), cause
        assert words in cause
    stored = dict(rows("SELECT source, outcome FROM source_run"))
    assert stored == {"good": "ok"} | {name: str(outcome) for name, _, outcome, _ in TROUBLE}
    assert report.failed


def test_a_bug_in_a_source_is_its_own_failure(wire: Callable[..., Any], loopback: Any) -> None:
    def broken(reply: Any, ask: Any) -> Parsed:
        raise ZeroDivisionError("oh")

    loopback.add("/good", LAMP)
    loopback.add("/bad", LAMP)
    report = scan(wire(make_source("bad", parse=broken), make_source("good")))
    assert outcome_of(report, "bad") == (Outcome.FAILED, "a bug in the source: ZeroDivisionError: oh")
    assert outcome_of(report, "good")[0] == Outcome.OK


def test_values_no_table_can_hold_fail_only_their_source(
    wire: Callable[..., Any], loopback: Any, rows: Callable[..., Any]
) -> None:
    def odd(reply: Any, ask: Any) -> Parsed:
        readings = (Reading("points", 1.0, currency=b"x", price_minor=1),)  # type: ignore[arg-type]  # a parser's bug
        return Parsed((Record("1", "Acme lamp", readings=readings),))

    loopback.add("/odd", LAMP)
    loopback.add("/good", LAMP)
    report = scan(wire(make_source("odd", parse=odd), make_source("good")))
    assert outcome_of(report, "odd")[0] == Outcome.FAILED
    assert rows("SELECT DISTINCT source FROM item") == [("good",)]


def test_a_chain_is_followed_and_a_dead_link_does_not_spoil_the_rest(wire: Callable[..., Any], loopback: Any) -> None:
    loopback.add("/deals", [*LAMP, {"next": "https://deals.example/p2"}, {"next": "https://deals.example/p3"}])
    loopback.add("/p2", status=404)
    loopback.add("/p3", [{"id": "2", "title": "Bolt kettle"}])
    report = scan(wire(make_source("deals")))
    assert outcome_of(report, "deals") == (Outcome.OK, "1 of 3 calls: HTTP 404")
    assert report.stored == 2


def test_no_more_items_are_kept_than_asked_for(wire: Callable[..., Any], loopback: Any) -> None:
    loopback.add("/deals", [{"id": str(n), "title": f"Thing number {n}"} for n in range(9)])
    assert scan(wire(make_source("deals"), max_items_per_source=4)).stored == 4


def test_skips_say_what_to_do(wire: Callable[..., Any], loopback: Any) -> None:
    loopback.add(r"/", LAMP)
    sources = [
        make_source("off", enabled=False),
        make_source("keyed", auth="key", credentials=("SOME_KEY",)),
        make_source("polite", needs_contact=True),
        make_source("idle", paths=()),
        make_source("kept_off"),
    ]
    wiring = wire(*sources, sources={"kept_off": SourceValues(enabled=False)})
    report = scan(wiring, ["off", "keyed", "polite", "kept_off"])
    assert {s.name: s.outcome for s in report.sources} == dict.fromkeys(
        ["off", "keyed", "polite", "kept_off"], Outcome.SKIPPED
    )
    assert "trendctl sources enable off" in outcome_of(report, "off")[1]
    assert "trendctl secrets set SOME_KEY" in outcome_of(report, "keyed")[1]
    assert "contact" in outcome_of(report, "polite")[1]
    assert loopback.requests == []
    assert report.failed  # nothing was measured, and not for want of time


def test_credentials_are_handed_to_the_source(wire: Callable[..., Any], loopback: Any) -> None:
    seen = []

    def parse(reply: Any, ask: Any) -> Parsed:
        seen.append((dict(ask.credentials), ask.contact))
        return Parsed()

    loopback.add("/keyed", LAMP)
    source = make_source("keyed", auth="key", credentials=("SOME_KEY",), parse=parse)
    scan(wire(source, credentials={"SOME_KEY": "s3cret", "OTHER": "x"}, contact="me@example.com"))
    assert seen == [({"SOME_KEY": "s3cret"}, "")]  # no contact: it does not ask for one


def test_a_source_not_due_is_skipped_and_that_is_no_failure(
    wire: Callable[..., Any], loopback: Any, clock: Any
) -> None:
    loopback.add("/deals", LAMP)
    source = make_source("deals", min_interval_minutes=55)
    scan(wire(source))
    clock.advance(54 * 60)
    report = scan(wire(source))
    assert outcome_of(report, "deals") == (Outcome.SKIPPED, "not due before 12:55 UTC")
    assert not report.failed
    clock.advance(60)
    assert outcome_of(scan(wire(source)), "deals")[0] == Outcome.OK


def test_only_the_wanted_are_asked_and_an_unknown_name_is_an_error(wire: Callable[..., Any], loopback: Any) -> None:
    loopback.add("/a", LAMP)
    wiring = wire(make_source("a"), make_source("b"))
    assert [s.name for s in scan(wiring, ["a"]).sources] == ["a"]
    with pytest.raises(UsageError, match="no source 'c'"):
        scan(wiring, ["c"])


def test_three_refusals_open_the_breaker_and_one_probe_closes_it(
    wire: Callable[..., Any], loopback: Any, clock: Any
) -> None:
    loopback.add("/shy", status=503)
    source = make_source("shy", min_interval_minutes=1)
    for _ in range(3):
        assert outcome_of(scan(wire(source)), "shy")[0] == Outcome.UNAVAILABLE
        clock.advance(120)
    got, cause = outcome_of(scan(wire(source)), "shy")
    assert (got, len(loopback.requests)) == (Outcome.SKIPPED, 3)
    assert "resting" in cause
    assert "HTTP 503" in cause
    clock.advance(3600)
    scan(wire(source))  # the probe: refused again
    clock.advance(3700)
    assert "resting" in outcome_of(scan(wire(source)), "shy")[1]  # twice as long now
    loopback.add("/shy", LAMP)
    clock.advance(3600)
    assert outcome_of(scan(wire(source)), "shy")[0] == Outcome.OK
    clock.advance(120)
    assert outcome_of(scan(wire(source)), "shy")[0] == Outcome.OK


def test_the_breaker_never_rests_longer_than_twelve_hours(wire: Callable[..., Any], loopback: Any, clock: Any) -> None:
    loopback.add("/shy", status=503)
    source = make_source("shy", min_interval_minutes=1)
    for _ in range(12):
        scan(wire(source), force=True)
        clock.advance(120)
    clock.advance(12 * 3600)
    assert outcome_of(scan(wire(source)), "shy")[0] == Outcome.UNAVAILABLE


def test_sudden_emptiness_is_an_alarm_and_usual_emptiness_is_not(
    wire: Callable[..., Any], loopback: Any, clock: Any
) -> None:
    loopback.add("/rich", [{"id": str(n), "title": f"Thing number {n}"} for n in range(8)])
    loopback.add("/quiet", [])
    sources = [make_source("rich", min_interval_minutes=1), make_source("quiet", min_interval_minutes=1)]
    for _ in range(3):
        scan(wire(*sources))
        clock.advance(3600)
    loopback.add("/rich", [])
    report = scan(wire(*sources))
    got, cause = outcome_of(report, "rich")
    assert (got, "about 8 items" in cause) == (Outcome.EMPTY, True)
    assert outcome_of(report, "quiet") == (Outcome.EMPTY, "")


def test_a_dry_run_asks_but_stores_nothing_and_says_what_would_be(
    wire: Callable[..., Any], loopback: Any, rows: Callable[..., Any]
) -> None:
    loopback.add("/deals", LAMP)
    report = scan(wire(make_source("deals")), dry_run=True)
    assert (report.run_id, report.stored, report.products_new) == (None, 1, 1)
    for table in ("scan_run", "source_run", "item", "observation", "product", "product_key", "metric"):
        assert rows(f"SELECT count(*) FROM {table}") == [(0,)]


def test_progress_is_told_of_every_source(wire: Callable[..., Any], loopback: Any) -> None:
    loopback.add("/deals", LAMP)
    watcher = Watcher()
    scan(wire(make_source("deals"), make_source("off", enabled=False)), progress=watcher)
    assert watcher.started == ["deals"]
    assert {(name, str(outcome), items) for name, outcome, items, _ in watcher.finished} == {
        ("off", "skipped", 0),
        ("deals", "ok", 1),
    }


def test_interrupted_in_the_middle_leaves_what_was_committed_and_nothing_half(
    wire: Callable[..., Any], loopback: Any, rows: Callable[..., Any]
) -> None:
    class Impatient(Watcher):
        def done(self, source: str, outcome: Outcome, items: int, cause: str) -> None:
            raise KeyboardInterrupt

    loopback.add("/a", LAMP)
    loopback.add("/b", LAMP, delay=5)
    wiring = wire(make_source("a"), make_source("b"))
    with pytest.raises(KeyboardInterrupt):
        scan(wiring, progress=Impatient())
    assert wiring.client.stop.is_set()
    assert rows("SELECT source, outcome FROM source_run") == [("a", "ok")]
    assert rows("SELECT finished_at FROM scan_run") == [(None,)]
    loopback.add("/b", [])
    again = scan(wire(make_source("a"), make_source("b")))  # "a" is not due, but its lamp still wants a product
    assert (outcome_of(again, "a")[0], again.products_new) == (Outcome.SKIPPED, 1)


def test_a_full_disk_is_told_and_leaves_nothing_half_written(
    wire: Callable[..., Any], loopback: Any, rows: Callable[..., Any], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's page limit stands for the disk: it raises the very same error."""
    loopback.add("/big", [{"id": str(n), "title": f"Thing number {n} " + "x" * 400} for n in range(900)])
    connect = Store.connect

    def small(self: Store, role: Role | None = None) -> Any:
        connection = connect(self, None)
        if role == Role.SCANNER:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {pages + 20}")
        return connection

    monkeypatch.setattr(Store, "connect", small)
    report = scan(wire(make_source("big"), max_items_per_source=1000))
    assert outcome_of(report, "big")[0] == Outcome.FAILED
    assert "disk is full" in outcome_of(report, "big")[1]
    assert rows("SELECT (SELECT count(*) FROM item), (SELECT count(*) FROM observation)") == [(0, 0)]


# ---------------------------------------------------------------- measuring


def series(reply: Any, ask: Any) -> Parsed:
    if ask.term is None:
        return Parsed()
    value = json.loads(reply.body)["value"]
    readings = () if value is None else (Reading("views", value, at=ask.now, period=86400),)
    return Parsed((Record(f"q:{ask.term}|{ask.geo}", ask.term, readings=readings),)) if readings else Parsed()


def test_promising_products_and_watched_terms_are_measured_once_a_day(
    wire: Callable[..., Any], loopback: Any, rows: Callable[..., Any], clock: Any, store: Store
) -> None:
    with store.write(Role.SCANNER) as db:
        watches.add(db, "standing desk", 1)
    loopback.add("/deals", LAMP)
    loopback.add("/wiki", {"value": 7.0})
    wiki = make_source("wiki", kind=("measure",), parse=series)
    report = scan(wire(make_source("deals"), wiki))
    assert [seen.query for seen in loopback.to("/wiki")] == [
        {"q": "standing desk", "days": "90"},
        {"q": "acme aurora desk lamp", "days": "90"},
    ]
    found = rows(
        "SELECT i.external_id, p.title FROM item i JOIN product p ON p.id = i.product_id "
        "WHERE source = 'wiki' ORDER BY 1"
    )
    assert found == [("q:acme aurora desk lamp|US", "Acme Aurora desk lamp"), ("q:standing desk|US", "standing desk")]
    assert rows("SELECT last_measured_at FROM watch") == [(int(clock.now().timestamp()),)]
    assert (report.products_new, outcome_of(report, "wiki")[0]) == (2, Outcome.OK)
    clock.advance(3600)
    scan(wire(make_source("deals"), wiki))
    assert len(loopback.to("/wiki")) == 2
    clock.advance(86400)
    scan(wire(make_source("deals"), wiki))
    assert [seen.query["days"] for seen in loopback.to("/wiki")[2:]] == ["30", "30"]


def test_rejected_and_merged_products_are_not_measured(store: Store) -> None:
    with store.write(Role.SCANNER) as db:
        new = [NewProduct(f"u{n}", f"Acme lamp {n}", "", "", 0.8, 100) for n in range(3)]
        kept, rejected, merged = create_products(db, new, 100)
        merge_into(db, merged, kept, 100)
    with store.write(Role.APPROVAL) as db:
        db.execute("INSERT INTO review (product_id, status, at) VALUES (?, 'rejected', 100)", (rejected,))
    with store.read() as db:
        assert [found.id for found in watches.promising(db, 0, 10)] == [kept]


def test_a_term_answered_with_nothing_is_not_asked_again_today(
    wire: Callable[..., Any], loopback: Any, rows: Callable[..., Any], clock: Any
) -> None:
    loopback.add("/deals", LAMP)
    loopback.add("/wiki", {"value": None})
    wiki = make_source("wiki", kind=("measure",), parse=series)
    report = scan(wire(make_source("deals"), wiki))
    assert next((s.outcome, s.items) for s in report.sources if s.name == "wiki") == (Outcome.EMPTY, 0)
    clock.advance(3600)
    scan(wire(make_source("deals"), wiki))
    assert len(loopback.to("/wiki")) == 1


def test_a_refused_term_is_asked_again_at_the_next_scan(wire: Callable[..., Any], loopback: Any, clock: Any) -> None:
    loopback.add("/deals", LAMP)
    loopback.add("/wiki", status=503)
    wiki = make_source("wiki", kind=("measure",), parse=series)
    report = scan(wire(make_source("deals"), wiki))
    assert outcome_of(report, "wiki") == (Outcome.UNAVAILABLE, "HTTP 503")
    loopback.add("/wiki", {"value": 1.0})
    clock.advance(3600)
    scan(wire(make_source("deals"), wiki))
    assert len(loopback.to("/wiki")) == 2


def discovers_at(path: str) -> Any:
    """Requests of a source that discovers at another path than it measures at."""

    def requests(ask: Any) -> tuple[Request, ...]:
        return (Request(f"https://both.example/{path if ask.term is None else 'history'}"),)

    return requests


def both(**facts: Any) -> Any:
    return replace(
        make_source("both", kind=("discover", "measure"), parse=series, **facts), requests=discovers_at("hot")
    )


@pytest.mark.parametrize(("status", "outcome"), [(503, Outcome.UNAVAILABLE), (400, Outcome.FAILED)])
def test_a_source_whose_discovery_failed_is_measured_all_the_same(
    wire: Callable[..., Any], loopback: Any, store: Store, status: int, outcome: Outcome
) -> None:
    with store.write(Role.SCANNER) as db:
        watches.add(db, "standing desk", 1)
    loopback.add("/hot", status=status)
    loopback.add("/history", {"value": 7.0})
    report = scan(wire(both()))
    assert outcome_of(report, "both")[0] == outcome
    assert len(loopback.to("/history")) == 1
    assert report.sources[0].observations == 1


def test_a_source_whose_breaker_opens_in_this_scan_is_not_measured(
    wire: Callable[..., Any], loopback: Any, store: Store, clock: Any
) -> None:
    loopback.add("/hot", status=503)
    loopback.add("/history", {"value": 7.0})
    for _ in range(2):
        scan(wire(both(min_interval_minutes=1)))
        clock.advance(120)
    with store.write(Role.SCANNER) as db:
        watches.add(db, "standing desk", 1)
    scan(wire(both(min_interval_minutes=1)))
    assert loopback.to("/history") == []


def test_measuring_ends_after_three_refusals_in_a_row(wire: Callable[..., Any], loopback: Any, store: Store) -> None:
    with store.write(Role.SCANNER) as db:
        for n in range(6):
            watches.add(db, f"standing desk {n}", 1)
    loopback.add("/wiki", status=503)
    scan(wire(make_source("wiki", kind=("measure",), parse=series)))
    assert len(loopback.to("/wiki")) == 3


def test_the_last_outcome_is_that_of_the_discovery(wire: Callable[..., Any], loopback: Any, store: Store) -> None:
    with store.write(Role.SCANNER) as db:
        watches.add(db, "standing desk", 1)
    loopback.add("/deals", LAMP)
    loopback.add("/history", {"value": None})
    source = replace(both(), parse=lambda reply, ask: Parsed((Record("1", "Acme lamp"),)) if not ask.term else Parsed())
    loopback.add("/hot", {"value": 1})
    scan(wire(source))
    with store.read() as db:
        assert [last for _, _, last in scans.last_seen_outcomes(db, ["both"])] == ["ok"]


@pytest.mark.parametrize(
    ("body", "outcome", "words"),
    [
        (b'{"error": {"message": "the secret 123", "type": "OAuthException", "code": 190, "fbtrace_id": "A"}}',
         Outcome.FAILED, "190"),
        (b'{"error": {"message": "too many calls", "code": 4, "fbtrace_id": "A"}}', Outcome.UNAVAILABLE, "too often"),
        (b'{"error": "invalid_grant"}', Outcome.FAILED, "invalid_grant"),
        (b"<html>no", Outcome.FAILED, "our request"),
        (b"[" * 5000, Outcome.FAILED, "our request"),
    ],
)  # fmt: skip
def test_a_400_is_our_mistake_unless_it_says_too_often(
    wire: Callable[..., Any], loopback: Any, body: bytes, outcome: Outcome, words: str
) -> None:
    loopback.add("/deals", body, status=400)
    got, cause = outcome_of(scan(wire(make_source("deals"))), "deals")
    assert got == outcome
    assert words in cause
    assert "secret" not in cause


def test_recording_and_replay_give_the_same_scan(
    wire: Callable[..., Any], loopback: Any, rows: Callable[..., Any], tmp_path: Path, store: Store
) -> None:
    from trendctl.scanner.har import Recorder, Replay

    loopback.add("/deals", LAMP)
    with Recorder(tmp_path / "scan.har", "1") as tape:
        scan(wire(make_source("deals"), client={"recorder": tape}))
    first = rows("SELECT external_id, title FROM item")
    with store.write(Role.SCANNER) as db:
        for table in ("observation", "product_key", "item", "source_run"):
            db.execute(f"DELETE FROM {table}")
    loopback.clear()
    scan(wire(make_source("deals"), client={"transport": Replay(tmp_path / "scan.har")}))
    assert rows("SELECT external_id, title FROM item") == first
    assert loopback.requests == []
