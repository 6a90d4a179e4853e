"""Each health check: what is well, what is worth a warning, what is a failure."""

import errno
import os
import sys
import types
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fakes import START, FakeClock
from trendctl import registry
from trendctl.errors import StoreError, TrendctlError
from trendctl.home import Home
from trendctl.ports import Check, CheckResult, Outcome
from trendctl.selfheal import health
from trendctl.selfheal.health import Probe, Wanted, run_checks, run_round, whole
from trendctl.store import audit, backup, incidents, jobs, scans
from trendctl.store.engine import Store
from trendctl.store.incidents import Finding
from trendctl.store.journal import Journal
from trendctl.store.scans import SourceRun
from trendctl.store.writers import Role

NOW = int(START.timestamp())
HOUR, DAY = 3600, 86_400
Look = Callable[..., dict[str, CheckResult]]


@pytest.fixture
def probe(home: Home, store: Store, journal: Journal, clock: FakeClock) -> Probe:
    return Probe(home, store, journal, clock, wanted=Wanted(longest={"scan": 1200, "health": 300}))


@pytest.fixture
def look(probe: Probe) -> Look:
    """Run one check; its results by name."""

    def run(name: str, **changes: Any) -> dict[str, CheckResult]:
        found = run_round(replace(probe, **changes), [registry.load("checks", name)]).results
        return {result.name: result for result in found}

    return run


def scanned(store: Store, at: int, **outcomes: tuple[Outcome, int]) -> None:
    with store.write(Role.SCANNER) as db:
        run = scans.begin_run(db, at, "all")
        rows = [SourceRun(name, "discover", o, "because", n, at=at) for name, (o, n) in outcomes.items()]
        scans.add_source_runs(db, run, rows)
        scans.finish_run(db, run, at)


def test_a_fresh_home_is_healthy_apart_from_the_machine(probe: Probe) -> None:
    bad = [r for r in run_checks(probe) if r.status != "ok" and r.name not in ("cpu", "memory", "disk")]
    assert bad == []


def test_looking_changes_nothing(probe: Probe, home: Home) -> None:
    before = {p: p.stat().st_mtime_ns for p in home.root.rglob("*") if p.is_file() and p.suffix != ".db-shm"}
    run_checks(probe)
    after = {p: p.stat().st_mtime_ns for p in home.root.rglob("*") if p.is_file() and p.suffix != ".db-shm"}
    assert {p: t for p, t in after.items() if p.name != "trendctl.db-wal"} == before


def test_the_whole_is_as_good_as_its_worst_part() -> None:
    ok, warn, fail = (CheckResult("x", s, "") for s in ("ok", "warn", "fail"))  # type: ignore[arg-type]  # literals
    assert (whole([ok]), whole([ok, warn]), whole([warn, fail])) == ("healthy", "degraded", "unhealthy")
    assert whole([]) == "healthy"


# ---------------------------------------------------------------- the runner


def broken(probe: Probe) -> CheckResult:
    raise ZeroDivisionError("oops")


def test_a_broken_check_is_its_own_failure_and_the_others_run(probe: Probe) -> None:
    fine = Check("fine", "", lambda probe: CheckResult("fine", "ok", ""))
    seen = run_round(probe, [Check("bad", "", broken), fine])
    assert [(r.name, r.status) for r in seen.results] == [("check.bad", "fail"), ("fine", "ok")]
    assert not seen.complete


def test_a_check_that_a_full_disk_stops_is_no_bug_and_closes_nothing(probe: Probe) -> None:
    def run(probe: Probe) -> CheckResult:
        raise OSError(errno.ENOSPC, "No space left on device")

    seen = run_round(probe, [Check("x", "", run)])
    assert [(r.name, r.status, r.detail) for r in seen.results] == [
        ("x", "warn", "not looked at: No space left on device")
    ]
    assert not seen.complete


def test_a_check_that_cannot_reach_the_database_warns_and_closes_nothing(probe: Probe) -> None:
    def run(probe: Probe) -> CheckResult:
        raise StoreError("The database is busy", next="try again")

    seen = run_round(probe, [Check("x", "", run)])
    assert [(r.name, r.status) for r in seen.results] == [("x", "warn")]
    assert not seen.complete


def test_an_expected_failure_inside_a_check_is_told_in_its_words(probe: Probe) -> None:
    def run(probe: Probe) -> list[CheckResult]:
        raise TrendctlError("No", why="because", next="do")

    assert run_round(probe, [Check("x", "", run)]).results == (CheckResult("x", "fail", "No: because", "do"),)


def test_a_leaf_that_cannot_be_imported_is_a_failure_of_health(probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    def load_all(kind: str, on_broken: Callable[[str, str], object]) -> tuple[Check, ...]:
        on_broken("new_rule", "SyntaxError")
        return ()

    monkeypatch.setattr(health.registry, "load_all", load_all)
    seen = run_round(probe)
    assert [(r.name, r.status) for r in seen.results] == [("check.new_rule", "fail")]
    assert not seen.complete


# ---------------------------------------------------------------- database, wal, disk


def test_a_missing_or_damaged_database_fails_and_the_rest_is_still_looked_at(
    look: Look, home: Home, probe: Probe
) -> None:
    home.database.write_bytes(b"not a database, though it is long enough to look like a file" * 100)
    assert look("database")["database"].status == "fail"
    home.database.unlink()
    assert look("database")["database"].next == "trendctl init"
    by_name = {r.name: r for r in run_checks(probe)}
    assert by_name["permissions"].status == "ok"
    assert by_name["sources"].detail.startswith("not looked at")


def test_a_reference_that_leads_nowhere_fails(look: Look, store: Store) -> None:
    connection = store.connect()
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("INSERT INTO supply (product_id, updated_at) VALUES (404, 1)")
    connection.close()
    found = look("database")["database"]
    assert found.status == "fail"
    assert "supply" in found.detail


def test_what_the_thorough_look_found_stays_a_failure_until_it_is_gone(look: Look, store: Store) -> None:
    jobs.begin(store, "deep_check", NOW, NOW + 7 * DAY)
    jobs.finish(store, "deep_check", NOW, "failed", "page 5 is never used")
    assert look("database")["database"].status == "fail"
    jobs.finish(store, "deep_check", NOW, "ok", "sound")
    assert look("database")["database"].status == "ok"
    jobs.finish(store, "deep_check", NOW - 15 * DAY, "ok", "sound")
    assert look("database")["database"].status == "warn"


@pytest.mark.parametrize(("size", "status"), [(0, "ok"), (64_000_000, "warn"), (1_000_000_000, "fail")])
def test_the_write_ahead_log_is_judged_by_its_size(look: Look, home: Home, size: int, status: str) -> None:
    other = Store(home.root / "other.db")
    with open(f"{other.path}-wal", "wb") as file:
        file.truncate(size)
    assert look("wal", store=other)["wal"].status == status


@pytest.mark.parametrize(("free", "status"), [(10_000_000_000, "ok"), (999_000_000, "warn"), (100_000_000, "fail")])
def test_the_disk_is_judged_by_what_the_next_backup_needs(
    look: Look, monkeypatch: pytest.MonkeyPatch, free: int, status: str
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: types.SimpleNamespace(free=free))
    assert look("disk")["disk"].status == status


# ---------------------------------------------------------------- the machine


class Machine(types.ModuleType):
    """Stands in for psutil."""

    RLIMIT_NOFILE = 7
    Error = ValueError

    def __init__(self, *, available: int = 50, load: float = 0.5, rss: int = 10, fds: int = 5, command: str = "python"):
        super().__init__("psutil")
        self.virtual_memory = lambda: types.SimpleNamespace(available=available, total=100)
        self.getloadavg = lambda: (0.0, load, 0.0)
        self.cpu_count = lambda: 1
        asked: list[int | None] = []
        self.asked = asked

        class Process:
            def __init__(self, pid: int | None = None) -> None:
                asked.append(pid)
                if pid == 404:
                    raise ValueError("no such process")

            def memory_info(self) -> Any:
                return types.SimpleNamespace(rss=rss)

            def num_fds(self) -> int:
                return fds

            def rlimit(self, which: int) -> tuple[int, int]:
                return 100, 100

            def cmdline(self) -> list[str]:
                return [command]

        self.Process = Process


@pytest.mark.parametrize(
    ("machine", "bad"),
    [
        ({}, set()),
        ({"available": 4}, {"memory"}),
        ({"load": 4.5}, {"cpu"}),
        ({"rss": 2_000_000_000}, {"daemon.memory"}),
        ({"fds": 81}, {"daemon.files"}),
    ],
)
def test_the_machine_is_judged_by_memory_load_and_files(
    look: Look, monkeypatch: pytest.MonkeyPatch, machine: dict[str, Any], bad: set[str]
) -> None:
    monkeypatch.setitem(sys.modules, "psutil", Machine(**machine))
    assert {name for name, r in look("machine").items() if r.status != "ok"} == bad


@pytest.mark.parametrize(("pid", "command", "name"), [
    ("77", "python", "the daemon"), ("404", "python", "this process"), ("77", "cat", "this process"),
])  # fmt: skip
def test_the_daemons_own_process_is_looked_at_where_one_runs(
    look: Look, store: Store, monkeypatch: pytest.MonkeyPatch, pid: str, command: str, name: str
) -> None:
    monkeypatch.setitem(sys.modules, "psutil", Machine(command=command))
    jobs.note(store, "daemon", NOW, "running", pid)
    assert look("machine")["daemon.memory"].detail.startswith(name)


# ---------------------------------------------------------------- journal, backups


def test_a_journal_behind_or_ahead_fails(look: Look, store: Store, journal: Journal, home: Home) -> None:
    assert look("journal")["journal"].status == "ok"
    old = home.database.read_bytes()
    with store.write(Role.POSTING) as db:
        audit.append(db, "test", "key", {"a": 1}, NOW)
    behind = look("journal")["journal"]
    assert (behind.status, "not in the journal" in behind.detail) == ("fail", True)
    journal.catch_up(store)
    assert look("journal")["journal"].status == "ok"
    for stale in home.root.glob("trendctl.db-*"):
        stale.unlink()
    home.database.write_bytes(old)
    ahead = look("journal")["journal"]
    assert (ahead.status, ahead.next) == ("fail", "trendctl reconcile")


def test_backups_are_judged_by_age_and_last_check(look: Look, store: Store, home: Home) -> None:
    assert look("backups")["backups"].status == "ok"  # no daemon ran: the person's own affair
    jobs.begin(store, "backup", NOW, NOW + DAY)
    assert look("backups")["backups"].status == "warn"
    backup.create(store, home.backups, "scheduled", NOW - HOUR)
    assert look("backups")["backups"].status == "ok"
    assert look("backups", wanted=Wanted(backup_every_hours=0))["backups"].status == "warn"
    later = FakeClock()
    later.advance(22 * DAY)
    assert "checked" in look("backups", clock=later, wanted=Wanted(backup_every_hours=9999))["backups"].detail
    assert look("backups", clock=later, wanted=Wanted(backup_every_hours=9999))["backups"].status == "warn"


def test_a_copy_made_before_some_act_is_no_backup_of_the_schedule(look: Look, store: Store, home: Home) -> None:
    jobs.begin(store, "backup", NOW, NOW + DAY)
    backup.create(store, home.backups, "before-restore", NOW)
    backup.write_copy(store.path, home.backups, "before-migration-0009", NOW)  # the database has no row for it
    assert look("backups")["backups"].status == "warn"


# ---------------------------------------------------------------- sources


@pytest.mark.parametrize(
    ("last", "status", "words"),
    [
        ((Outcome.OK, 30), "ok", "30 items"),
        ((Outcome.EMPTY, 0), "warn", "usually gives about 30"),
        ((Outcome.OK, 3), "warn", "only 3 items"),
        ((Outcome.FAILED, 0), "warn", "because"),
        ((Outcome.UNAVAILABLE, 0), "ok", "unavailable 1 times"),
    ],
)
def test_a_source_is_judged_against_its_usual(
    look: Look, store: Store, last: tuple[Outcome, int], status: str, words: str
) -> None:
    for n in range(5, 1, -1):
        scanned(store, NOW - n * HOUR, feed=(Outcome.OK, 30), other=(Outcome.OK, 5))
    scanned(store, NOW - HOUR, feed=last, other=(Outcome.OK, 5))
    found = look("sources")
    assert found["source.feed"].status == status
    assert words in found["source.feed"].detail
    assert found["source.other"].status == "ok"
    assert found["scan"].status == "ok"


def test_a_source_refused_three_times_is_worth_a_warning(look: Look, store: Store) -> None:
    for n in range(3, 0, -1):
        scanned(store, NOW - n * HOUR, feed=(Outcome.UNAVAILABLE, 0), other=(Outcome.OK, 5))
    assert look("sources")["source.feed"].status == "warn"


def test_emptiness_of_a_source_that_never_gave_much_is_no_alarm(look: Look, store: Store) -> None:
    scanned(store, NOW - 2 * HOUR, feed=(Outcome.OK, 30))
    scanned(store, NOW - HOUR, feed=(Outcome.EMPTY, 0))
    assert look("sources")["source.feed"].status == "ok"


def test_skipped_runs_do_not_hide_how_a_source_did_when_it_was_asked(look: Look, store: Store) -> None:
    scanned(store, NOW - 2 * HOUR, feed=(Outcome.FAILED, 0), other=(Outcome.OK, 1))
    scanned(store, NOW - HOUR, feed=(Outcome.SKIPPED, 0), other=(Outcome.OK, 1))
    assert look("sources")["source.feed"].status == "warn"


def test_a_source_switched_off_or_long_not_asked_is_not_judged(look: Look, store: Store) -> None:
    scanned(store, NOW - 8 * DAY, old=(Outcome.FAILED, 0))
    scanned(store, NOW - HOUR, off=(Outcome.FAILED, 0), commanded=(Outcome.FAILED, 0), on=(Outcome.OK, 3))
    with store.write(Role.SCANNER) as db:
        db.execute("INSERT INTO source_setting (source, enabled) VALUES ('commanded', 0)")
    assert set(look("sources", wanted=Wanted(sources={"off": False}))) == {"scan", "source.on"}


def test_a_scan_in_which_nothing_answered_fails(look: Look, store: Store) -> None:
    scanned(store, NOW - 2 * HOUR, a=(Outcome.OK, 3), b=(Outcome.OK, 3))
    scanned(store, NOW - HOUR, a=(Outcome.UNAVAILABLE, 0), b=(Outcome.UNAVAILABLE, 0))
    assert look("sources")["scan"].status == "fail"


@pytest.mark.parametrize(("minutes", "status"), [(None, "ok"), (121, "ok"), (120, "ok"), (119, "fail")])
def test_max_age_is_about_the_last_scan_that_measured_anything(
    look: Look, store: Store, minutes: int | None, status: str
) -> None:
    scanned(store, NOW - 2 * HOUR, a=(Outcome.OK, 3), b=(Outcome.OK, 2))
    scanned(store, NOW - HOUR, a=(Outcome.UNAVAILABLE, 0), b=(Outcome.SKIPPED, 0))
    assert look("sources", max_age_minutes=minutes)["scan"].status == status


def test_max_age_fails_where_nothing_was_ever_scanned(look: Look) -> None:
    assert look("sources", max_age_minutes=60)["scan"].status == "fail"
    assert look("sources")["scan"].status == "ok"


# ---------------------------------------------------------------- platforms, schedule, clock


def test_unclear_listings_blocked_and_resting_accounts_are_told(look: Look, store: Store) -> None:
    assert {n: r.status for n, r in look("platforms").items()} == {"platforms": "ok"}
    with store.write(Role.POSTING) as db:
        db.execute("INSERT INTO account_block VALUES ('ebay', 'default', 'a restore', 1)")
    with store.write(Role.HTTP) as db:
        db.execute("INSERT INTO http_circuit VALUES ('ebay:default', 5, ?, 'HTTP 500')", (NOW + 600,))
        db.execute("INSERT INTO http_circuit VALUES ('etsy:default', 5, ?, 'HTTP 500')", (NOW - 600,))
    assert set(look("platforms")) == {"platform.ebay.blocked", "platform.ebay:default.rests"}


def test_unknown_listings_warn_at_once_and_others_when_they_are_stale(look: Look, store: Store) -> None:
    connection = store.connect()
    connection.execute("PRAGMA foreign_keys = OFF")
    for trigger in ("operation_needs_a_decision",):
        connection.execute(f"DROP TRIGGER {trigger}")
    for n, (state, at) in enumerate([("unknown", NOW), ("accepted", NOW), ("submitting", NOW - DAY)]):
        connection.execute(
            "INSERT INTO operation (id, kind, decision_id, listing_id, platform, account, hash, state, created_at,"
            " updated_at) VALUES (?, 'create', ?, ?, 'ebay', 'default', 'h', ?, ?, ?)",
            (f"o{n}", f"d{n}", f"l{n}", state, at, at),
        )
    connection.close()
    assert set(look("platforms")) == {"platform.ebay.unknown", "platform.ebay.submitting"}


def test_without_a_daemon_the_schedule_is_no_trouble(look: Look) -> None:
    assert look("jobs")["jobs"].status == "ok"


@pytest.mark.parametrize(
    ("began", "ended", "outcome", "status"),
    [
        (60, None, "", "ok"),
        (1300, None, "", "fail"),  # stuck: 20 minutes are allowed
        (60, 30, "ok", "ok"),
        (60, 30, "failed", "warn"),
        (60, 30, "stopped", "ok"),
        (10 * HOUR, 10 * HOUR, "ok", "fail"),  # due since nine hours
    ],
)
def test_a_job_is_stuck_failed_or_late(
    look: Look, store: Store, began: int, ended: int | None, outcome: str, status: str
) -> None:
    jobs.begin(store, "scan", NOW - began, NOW - began + HOUR)
    if ended is not None:
        jobs.finish(store, "scan", NOW - ended, outcome, "why")
    found = look("jobs")
    assert found["job.scan" if status != "ok" else "jobs"].status == status


def test_a_job_that_waits_for_the_morning_or_was_switched_off_is_not_late(look: Look, store: Store) -> None:
    jobs.begin(store, "notify", NOW - DAY, NOW - DAY + 900)
    jobs.finish(store, "notify", NOW - DAY, "ok", "")
    assert set(look("jobs")) == {"jobs"}


def test_a_job_that_took_its_process_down_twice_fails(look: Look, store: Store) -> None:
    for _ in range(2):
        jobs.begin(store, "scan", NOW, NOW)
        jobs.break_off(store, 3, NOW)
    assert look("jobs")["job.scan"].status == "fail"


def test_missed_hours_are_shown_for_a_day(look: Look, store: Store) -> None:
    incidents.record(store, Finding("missed.scan", "warn", "no scan in 4 hours"), NOW - 5 * HOUR, NOW - HOUR)
    assert look("jobs")["missed"].detail == "no scan in 4 hours"
    later = FakeClock()
    later.advance(DAY)
    assert "missed" not in look("jobs", clock=later)


def test_a_clock_behind_stored_times_is_told(look: Look, store: Store) -> None:
    scanned(store, NOW + 100, a=(Outcome.OK, 1))
    assert look("clock")["clock"].status == "ok"
    scanned(store, NOW + HOUR, a=(Outcome.OK, 1))
    assert look("clock")["clock"].status == "warn"


def called(store: Store, state: str, spent: int, at: int = NOW) -> None:
    with store.write(Role.ANALYZER) as db:
        db.execute(
            "INSERT INTO llm_call (day, agents, provider, model, reserved_micro_usd, spent_micro_usd, state, cause, at)"
            " VALUES (?, 'copywriter', 'groq', 'm', ?, ?, ?, 'HTTP 401', ?)", (at // DAY, spent, spent, state, at),
        )  # fmt: skip


def test_the_models_budget_and_silence_are_told_unless_it_is_off(look: Look, store: Store) -> None:
    groq = Wanted(llm_provider="groq", llm_budget_usd="0.50")
    assert look("models", wanted=groq)["models"].status == "ok"
    for _ in range(5):
        called(store, "failed", 0)
    assert "HTTP 401" in look("models", wanted=groq)["models"].detail
    called(store, "done", 499_999)
    assert look("models", wanted=groq)["models"].status == "ok"
    called(store, "done", 1)
    assert look("models", wanted=groq)["models"].status == "warn"
    assert look("models")["models"].detail.startswith("offline")
    tomorrow = FakeClock()
    tomorrow.advance(DAY)
    assert look("models", wanted=groq, clock=tomorrow)["models"].status == "ok"


# ---------------------------------------------------------------- settings, permissions, logs


def test_wrong_settings_fail_with_their_fault(look: Look) -> None:
    found = look("config", wanted=Wanted(config_fault="config.toml: unknown key"))["config"]
    assert (found.status, found.detail) == ("fail", "config.toml: unknown key")


@pytest.mark.skipif(os.name == "nt", reason="file modes are for Linux and macOS")
@pytest.mark.parametrize(
    ("file", "mode", "status"),
    [
        (".env", 0o644, "fail"), ("secrets.json", 0o640, "fail"), ("secrets.json", 0o600, "ok"),
        ("backups/x.db.gz", 0o644, "warn"), ("logs/trendctl.jsonl", 0o604, "warn"), ("config.toml", 0o644, "ok"),
    ],
)  # fmt: skip
def test_files_that_others_may_read_are_told(look: Look, home: Home, file: str, mode: int, status: str) -> None:
    path = home.root / file
    path.write_text("x")
    path.chmod(mode)
    assert look("permissions")["permissions"].status == status


@pytest.mark.skipif(os.name == "nt", reason="file modes are for Linux and macOS")
def test_an_open_home_is_told_with_the_command_that_closes_it(look: Look, home: Home) -> None:
    home.root.chmod(0o755)
    assert look("permissions")["permissions"].next == f"chmod 700 {home.root}"


def test_logs_beyond_their_limit_and_fresh_crashes_are_told(look: Look, home: Home) -> None:
    assert look("logs")["logs"].status == "ok"
    crash = home.logs / "crash-1.txt"
    crash.write_text("x")
    os.utime(crash, (NOW - HOUR, NOW - HOUR))
    assert look("logs")["logs"].status == "warn"
    os.utime(crash, (NOW - 2 * DAY, NOW - 2 * DAY))
    assert look("logs")["logs"].status == "ok"
    with open(home.logs / "trendctl.jsonl", "wb") as file:
        file.truncate(200_000_000)
    assert look("logs")["logs"].status == "warn"


# ---------------------------------------------------------------- the leaves


def test_every_check_says_what_it_is_about_and_bears_its_own_name() -> None:
    checks = registry.load_all("checks")
    assert len(checks) >= 13
    assert len({c.name for c in checks}) == len(checks)
    for name in registry.names("checks"):
        module = __import__(f"trendctl.selfheal.rules.{name}", fromlist=["x"])
        assert module.__doc__
    assert all(c.about for c in checks)


def test_no_check_reaches_approval_posting_secrets_or_the_database_itself() -> None:
    import ast

    for file in Path(health.__file__).parent.rglob("*.py"):
        found = {
            name for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Import | ast.ImportFrom)
            for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names])
        }  # fmt: skip
        banned = ("sqlite3", "trendctl.approval", "trendctl.posting", "trendctl.secrets", "trendctl.app")
        assert not [name for name in found if name.startswith(banned)], file


@pytest.mark.parametrize(("days", "status"), [(-1, "fail"), (3, "warn"), (30, None)])
def test_a_sign_in_that_ends_is_told_a_week_ahead(look: Look, store: Store, days: int, status: str | None) -> None:
    from trendctl.store import platform_known

    with store.write(Role.POSTING) as db:
        platform_known.note_sign_in(db, "ebay", "default", NOW + days * DAY)
    found = look("platforms")
    assert (found["platform.ebay.sign_in"].status if status else found["platforms"].status) == (status or "ok")


def test_a_call_limit_that_is_used_up_is_told(look: Look, store: Store) -> None:
    from trendctl.store import http_gate

    while http_gate.take(store, "ebay/default/traffic", 2, 86_400, NOW) <= 0:
        pass
    assert look("platforms")["platform.limit.ebay/default/traffic"].status == "warn"
