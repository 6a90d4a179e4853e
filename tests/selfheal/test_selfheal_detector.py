"""What is seen: each fault class from each of its places, once, with the words that show it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import store_rows
from fakes import START, FakeClock
from trendctl.home import Home
from trendctl.ports import CheckResult, Outcome
from trendctl.selfheal import logbook
from trendctl.selfheal.detector import KINDS, PATTERNS, classify, detect, merged
from trendctl.selfheal.health import Probe, Round, Wanted
from trendctl.selfheal.values import Sign
from trendctl.store import incidents, scans
from trendctl.store.engine import Store
from trendctl.store.incidents import Finding
from trendctl.store.journal import Journal
from trendctl.store.scans import SourceRun
from trendctl.store.writers import Role

NOW = int(START.timestamp())
HOUR = 3600
See = Callable[..., dict[tuple[str, str], Sign]]


@pytest.fixture
def probe(home: Home, store: Store, journal: Journal, clock: FakeClock) -> Probe:
    return Probe(home, store, journal, clock, wanted=Wanted(longest={"scan": 1200}))


@pytest.fixture
def see(probe: Probe) -> See:
    def run(*results: CheckResult) -> dict[tuple[str, str], Sign]:
        found = detect(probe, Round(results, True))
        assert all(s.kind in KINDS or s.kind.startswith("check.") for s in found)
        assert len({(s.kind, s.subject) for s in found}) == len(found)
        return {(s.kind, s.subject): s for s in found}

    return run


def ran(store: Store, name: str, *runs: tuple[Outcome, int, str], rejected: int = 0) -> None:
    """Runs of a source, the newest last, an hour apart."""
    for n, (outcome, items, cause) in enumerate(runs):
        at = NOW - HOUR * (len(runs) - n)
        with store.write(Role.SCANNER) as db:
            number = scans.begin_run(db, at, "all")
            row = SourceRun(name, "discover", outcome, cause, items, rejected=rejected, at=at)
            scans.add_source_runs(db, number, [row])


CAUSES = [
    ("HTTP 401: refused", "http.401"), ("HTTP 403: refused", "http.403"),
    ("HTTP 403: refused, a block page", "http.block_page"),
    ("HTTP 429, come back in 30 s", "http.429"), ("told to slow down: limit requests", "http.429"),
    ("HTTP 429", "http.429"), ("HTTP 500", "http.5xx"), ("HTTP 503, come back in 5 s", "http.5xx"),
    ("HTTP 404", "http.404"), ("HTTP 418", "http.other"), ("a block page came", "http.block_page"),
    ("a web page came where data was due", "http.block_page"), ("x.example cannot be resolved", "http.dns"),
    ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired", "http.tls"),
    ("[SSL] record layer failure", "http.tls"), ("cannot connect in time", "http.timeout"),
    ("no whole answer in time (20 s)", "http.timeout"), ("the deadline of 30 s has passed", "http.timeout"),
    ("it did not come back within 40 s", "http.timeout"), ("[Errno 111] Connection refused", "http.unreachable"),
    ("[Errno 101] Network is unreachable", "http.unreachable"),
    ("Server disconnected without sending a response.", "http.unreachable"),
    ("the compressed body is damaged", "http.cut"), ("the body was cut short", "http.cut"),
    ("the body is larger than 10 MB", "http.too_large"), ("the answer is not whole JSON: line 3", "source.parse"),
    ("the answer has no list at 'data.items'", "source.parse"), ("the feed is not whole XML: line 2", "source.parse"),
    ("the answer is not in the encoding of JSON: byte 7", "source.encoding"),
    ("the answer is a web page where a feed was expected", "http.block_page"),
    ("the answer is empty where JSON was expected", "source.parse"),
    ("The overlay of x is no object of texts", "source.overlay"),
    ("the field map holds no JMESPath: 'a[': x", "source.overlay"),
    ("database is locked", "database.locked"),
    ("The database is busy: another trendctl has been writing for long", "database.locked"),
    ("The database is damaged: database disk image is malformed", "database.malformed"),
    ("The database is damaged: file is not a database", "database.malformed"),
    ("row 3 missing from index item_by_product", "database.index"), ("wrong # of entries in index x", "database.index"),
    ("references of draft lead nowhere", "database.references"), ("no such table: repair", "database.migration"),
    ("The database is newer than this program: it has migration 99", "database.migration"),
    ("The disk would not read or write: trendctl.db: disk I/O error", "database.io"),
    ("The database cannot be written: trendctl.db: attempt to write a readonly database", "database.readonly"),
    ("The disk is full: database or disk is full", "disk.full"), ("[Errno 28] No space left on device", "disk.full"),
    ("[Errno 13] Permission denied: 'x'", "home.readonly"), ("[Errno 30] Read-only file system: 'x'", "home.readonly"),
    ("Backup 3 is bad: its bytes changed since it was made", "backup.bad"),
    ("The backup cannot be unpacked: EOF", "backup.bad"), ("The copy is not a good database: x", "backup.bad"),
    ("HTTP 402: the account has no credit", "model.quota"), ("the budget of this day is spent", "model.budget"),
    ("the answer breaks the schema (title: missing)", "model.invalid"), ("all is well", ""), ("", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind"), CAUSES)
def test_words_are_sorted_into_fault_classes(text: str, kind: str) -> None:
    assert classify(text) == kind


def test_every_pattern_has_a_known_kind() -> None:
    assert {kind for _, kind in PATTERNS} <= KINDS.keys()


@given(st.text(max_size=300))
def test_any_text_is_classified_without_trouble(text: str) -> None:
    assert classify(text, "x") in {*KINDS, "x"}


# ---------------------------------------------------------------- health results


def test_each_bad_result_is_a_sign_with_its_subject(see: See) -> None:
    found = see(
        CheckResult("wal", "warn", "large"), CheckResult("source.hackernews", "fail", "nothing"),
        CheckResult("platform.ebay.sign_in", "warn", "ends"), CheckResult("disk", "ok", "fine"),
    )  # fmt: skip
    assert set(found) == {
        ("check.wal", ""), ("check.source.hackernews", "hackernews"), ("check.platform.ebay.sign_in", "ebay"),
    }  # fmt: skip


def test_what_a_result_says_of_the_database_is_a_sign_of_its_own(see: See) -> None:
    found = see(CheckResult("database", "fail", "The database is damaged: malformed"),
                CheckResult("config", "fail", "x"),
                CheckResult("check.wal", "fail", "the check itself is broken: x"))  # fmt: skip
    assert {("database.malformed", ""), ("config.broken", ""), ("leaf.broken", "wal")} <= set(found)


# ---------------------------------------------------------------- sources


def test_the_last_run_counts_and_how_often_in_a_row(see: See, store: Store) -> None:
    ran(store, "limited", (Outcome.OK, 20, ""), *[(Outcome.UNAVAILABLE, 0, "HTTP 429")] * 3)
    ran(store, "again", (Outcome.UNAVAILABLE, 0, "HTTP 429"), (Outcome.OK, 20, ""))
    found = see()
    assert found["http.429", "limited"].times == 3
    assert found["http.429", "limited"].origin == "outcome"
    assert not [key for key in found if key[1] == "again"]


def test_emptiness_few_and_unusable_records_against_the_usual(see: See, store: Store) -> None:
    usual = [(Outcome.OK, 40, "")] * 4
    ran(store, "emptied", *usual, (Outcome.EMPTY, 0, ""))
    ran(store, "few", *usual, (Outcome.OK, 3, ""))
    ran(store, "never", (Outcome.EMPTY, 0, ""), (Outcome.EMPTY, 0, ""))
    ran(store, "odd", *usual, (Outcome.OK, 0, ""), rejected=40)
    found = see()
    assert {("source.empty", "emptied"), ("source.few", "few"), ("source.rejected", "odd")} <= set(found)
    assert not [key for key in found if key[1] == "never"]


def test_a_source_that_is_off_or_was_not_asked_for_a_week_says_nothing(
    see: See, store: Store, clock: FakeClock
) -> None:
    ran(store, "off", (Outcome.FAILED, 0, "strange"))
    ran(store, "on", (Outcome.FAILED, 0, "strange"))
    store_rows.insert(store, Role.SCANNER, "source_setting", source="off", enabled=0)
    assert set(see()) == {("source.failed", "on")}
    clock.advance(8 * 86_400)
    assert see() == {}


# ---------------------------------------------------------------- jobs, calls, the model


def job(store: Store, name: str, **row: Any) -> None:
    store_rows.insert(store, Role.APP, "job_state", job=name, **{"next_due_at": NOW + 60, "last_started_at": NOW} | row)


def test_the_schedules_troubles(see: See, store: Store) -> None:
    job(store, "scan", outcome="running", last_started_at=NOW - 5000)
    job(store, "analyze", outcome="broken off", broken_off=2)
    job(store, "backup", outcome="failed", detail="The disk is full: no space left on device")
    job(store, "daemon", outcome="running", next_due_at=None, last_started_at=1)
    incidents.record(store, Finding("missed.scan", "warn", "no scan in 3 hours"), NOW - 9000, NOW)
    incidents.record(store, Finding("clock.back", "warn", "the clock went back"), NOW - 9000, NOW)
    found = see()
    assert set(found) == {
        ("job.stuck", "scan"), ("job.broken_off", "analyze"), ("job.failed", "backup"), ("disk.full", ""),
        ("job.missed", "scan"), ("clock.back", ""),
    }  # fmt: skip
    assert found["job.broken_off", "analyze"].times == 2


def test_a_job_due_for_long_is_late(see: See, store: Store) -> None:
    job(store, "scan", outcome="ok", next_due_at=NOW - 9000)
    assert set(see()) == {("job.late", "scan")}


def test_the_last_call_to_a_platform_counts(see: See, store: Store) -> None:
    store_rows.posted(store)
    with store.write(Role.POSTING) as db:
        db.execute("UPDATE attempt SET finished_at = ?, verdict = 'not_applied', status = 429", (NOW,))
    assert set(see()) == {("http.429", "local")}
    with store.write(Role.POSTING) as db:
        store_rows.put(db, "attempt", id="a2", operation_id="o1", step="create", **{"try": 2}, wire_sha256="0" * 64,
                       started_at=NOW + 1, finished_at=NOW + 2, verdict="applied", status=200)  # fmt: skip
    assert see() == {}


@pytest.mark.parametrize(
    ("cause", "kind"),
    [("HTTP 401: the key is not valid", "http.401"), ("the answer is no JSON", "model.invalid"),
     ("the answer breaks the schema (x)", "model.invalid"), ("strange", "model.failed"),
     ("HTTP 402: the account has no credit", "model.quota")],
)  # fmt: skip
def test_calls_of_the_model_since_the_last_good_one(see: See, store: Store, cause: str, kind: str) -> None:
    row = {"day": 1, "agents": "x", "provider": "openai", "model": "m", "reserved_micro_usd": 0, "at": NOW}
    for state, said in (("failed", "old"), ("done", ""), ("failed", cause), ("failed", cause)):
        store_rows.insert(store, Role.ANALYZER, "llm_call", **row, state=state, cause=said)
    found = see()
    assert (set(found), found[kind, "openai"].times) == ({(kind, "openai")}, 2)


# ---------------------------------------------------------------- the log


def line(at: int = NOW, **changes: object) -> str:
    when = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return json.dumps({"at": when, "level": "ERROR", "event": "job", "module": "trendctl", **changes})


@pytest.fixture
def written(home: Home) -> Callable[..., None]:
    def write(*lines: str) -> None:
        (home.logs / logbook.FILE).write_text("".join(f"{text}\n" for text in lines))

    return write


def test_errors_of_the_log_are_classified_and_counted(see: See, written: Callable[..., None]) -> None:
    written(
        line(cause="database is locked"), line(cause="database is locked"), line(leaf="scan", event="odd", cause="x"),
        line(level="INFO", cause="No space left"), line(level="WARNING", cause="nothing known"),
        line(NOW - 2 * HOUR, cause="No space left"), line(stage="heal", cause="No space left"),
        line(error="Traceback\n  x\nOSError: [Errno 13] Permission denied: 'y'"), "not json", '["list"]',
    )  # fmt: skip
    found = see()
    assert set(found) == {("database.locked", ""), ("log.error", "scan"), ("home.readonly", ""), ("log.unreadable", "")}
    assert (found["database.locked", ""].times, found["log.unreadable", ""].times) == (2, 2)


def test_a_flood_is_a_sign_that_names_its_source_and_a_busy_scan_is_none(
    see: See, written: Callable[..., None]
) -> None:
    written(*[line(level="INFO", leaf="chatty")] * 300)
    assert see() == {}
    written(*[line(level="INFO", leaf="chatty")] * 2500, *[line(level="INFO", leaf="quiet")] * 5)
    found = see()
    assert set(found) == {("log.flood", "chatty")}
    written(*[line(NOW - HOUR, level="INFO", leaf="chatty")] * 2500)
    assert see() == {}


def test_a_source_that_answered_since_is_not_accused_by_an_old_line(
    see: See, store: Store, written: Callable[..., None]
) -> None:
    ran(store, "s", (Outcome.FAILED, 0, "the answer has no list at 'x'"))
    written(line(NOW - 60, leaf="s", cause="HTTP 429"))
    assert set(see()) == {("source.parse", "s")}


def test_crash_files_of_the_last_day_are_a_sign(see: See, home: Home) -> None:
    import os

    (home.logs / "crash-1.txt").write_text("x")
    os.utime(home.logs / "crash-1.txt", (NOW - 60, NOW - 60))
    (home.logs / "crash-2.txt").write_text("x")
    os.utime(home.logs / "crash-2.txt", (NOW - 9 * 86_400, NOW - 9 * 86_400))
    assert see()["program.crash", ""].times == 1


@given(st.binary(max_size=400))
def test_behind_any_bytes_an_error_is_seen(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("log")
    at = datetime.fromtimestamp(NOW, UTC).isoformat()
    line = json.dumps({"at": at, "level": "ERROR", "event": "it broke", "stage": "scan"})
    (folder / logbook.FILE).write_bytes(data + b"\n" + line.encode())
    page = logbook.read(folder, NOW)
    assert [t.event for t in page.troubles][-1] == "it broke"
    assert page.unreadable <= data.count(b"\n") + 1


# ---------------------------------------------------------------- without a database, and once each


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (lambda p: p.unlink(), "database.missing"), (lambda p: p.write_bytes(b"x" * 5000), "database.malformed"),
        (lambda p: p.chmod(0), "database.readonly"),
    ],
)  # fmt: skip
def test_a_database_that_cannot_be_read_is_a_sign(see: See, store: Store, spoil: Callable[..., Any], kind: str) -> None:
    import os

    if os.geteuid() == 0 and kind == "database.readonly":
        pytest.skip("root reads everything")
    spoil(store.path)
    assert ("database.malformed" if kind == "database.malformed" else kind, "") in see()


def test_the_same_seen_twice_is_one_sign() -> None:
    one = Sign("a", "x", "first", 5, 2, "check")
    assert merged([one, Sign("a", "x", "second", 9, 3, "log")]) == (Sign("a", "x", "first", 9, 3, "check"),)
    assert merged([one, Sign("a", "x", "third", 1, 3, "check")]) == (Sign("a", "x", "first", 5, 5, "check"),)
    assert len(merged([one, Sign("a", "y", "", 1)])) == 2
