"""Faults of the schedule, the clock and the daemon's memory."""

import types
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from faults_kit import DAY, HOUR, NOW, Ill, names

from fakes import FakeClock
from trendctl.home import Home
from trendctl.selfheal.faults import missed_schedule, stuck_job
from trendctl.selfheal.rules import growth, machine
from trendctl.store import answers, incidents, jobs
from trendctl.store.answers import Answer
from trendctl.store.engine import Store
from trendctl.store.incidents import Finding

Run = Callable[..., None]


@pytest.fixture
def ill(home: Home, store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Ill:
    processes(monkeypatch)
    return Ill(home, store, clock)


def processes(
    monkeypatch: pytest.MonkeyPatch, daemon: int | None = None, workers: tuple[tuple[int, int], ...] = ()
) -> None:
    """What of trendctl's runs on this machine."""
    running = types.SimpleNamespace(pid=daemon) if daemon else None
    for module in (stuck_job, missed_schedule):
        monkeypatch.setattr(module, "daemon", lambda probe: running)
    monkeypatch.setattr(machine, "daemon", lambda probe: None)
    monkeypatch.setattr(stuck_job, "workers", lambda: list(workers))


# ---------------------------------------------------------------- stuck jobs


def test_a_job_of_a_process_that_is_gone_is_released(ill: Ill) -> None:
    ill.job("scan", NOW - 3 * HOUR, NOW + HOUR)
    told = ill.heal()["stuck_job"]
    assert told.action == "fixed"
    with ill.store.read() as db:
        state = jobs.all_states(db)["scan"]
    assert (state.outcome, state.next_due_at, state.broken_off) == ("broken off", NOW, 1)
    ill.take_back(told)
    with ill.store.read() as db:
        assert jobs.all_states(db)["scan"].outcome == "running"


@pytest.mark.parametrize("alive", ["daemon", "cron"])
def test_a_job_of_a_living_process_is_told_not_released(ill: Ill, monkeypatch: pytest.MonkeyPatch, alive: str) -> None:
    ill.job("scan", NOW - 3 * HOUR, NOW + HOUR)
    processes(monkeypatch, 77 if alive == "daemon" else None, ((78, NOW - 4 * HOUR),) if alive == "cron" else ())
    assert ill.heal()["stuck_job"].action == "told"


def test_a_process_younger_than_the_job_does_not_run_it(ill: Ill, monkeypatch: pytest.MonkeyPatch) -> None:
    ill.job("scan", NOW - 3 * HOUR, NOW + HOUR)
    processes(monkeypatch, workers=((78, NOW - HOUR),))
    plan = ill.plan("stuck_job", "scan")
    assert plan is not None


def test_a_job_that_took_its_process_down_before_is_left_to_a_person(ill: Ill) -> None:
    ill.job("scan", NOW - 9 * HOUR, NOW - 5 * HOUR)
    jobs.break_off(ill.store, 9, NOW - 5 * HOUR)
    ill.job("scan", NOW - 3 * HOUR, NOW + HOUR)
    assert ill.plan("stuck_job", "scan") is None


def test_a_long_job_within_its_time_is_no_fault(ill: Ill) -> None:
    ill.job("scan", NOW - 1100, NOW + HOUR)
    jobs.note(ill.store, "daemon", NOW - 9 * DAY, "running", "1")
    assert "stuck_job" not in names(ill.found())


# ---------------------------------------------------------------- lateness


def test_a_job_that_would_never_run_is_made_due(ill: Ill) -> None:
    ill.job("backup", NOW - 30 * DAY, NOW + 400 * DAY)
    jobs.finish(ill.store, "backup", NOW - 30 * DAY, "ok", "")
    told = ill.heal()["missed_schedule"]
    assert told.action == "fixed"
    with ill.store.read() as db:
        assert jobs.all_states(db)["backup"].next_due_at == NOW
    ill.take_back(told)
    with ill.store.read() as db:
        assert jobs.all_states(db)["backup"].next_due_at == NOW + 400 * DAY


def test_a_weekly_job_may_wait_a_week(ill: Ill) -> None:
    for job in ("deep_check", "restore_drill"):
        ill.job(job, NOW, NOW + 7 * DAY)
        jobs.finish(ill.store, job, NOW, "ok", "")
    assert names(ill.found()) == set()


def test_late_jobs_without_a_daemon_are_told_with_the_command(ill: Ill) -> None:
    ill.job("scan", NOW - 9 * HOUR, NOW - 8 * HOUR)
    jobs.finish(ill.store, "scan", NOW - 9 * HOUR, "ok", "")
    incidents.record(ill.store, Finding("missed.scan", "warn", "no scan in 7 hours"), NOW - 8 * HOUR, NOW)
    found = ill.found()["missed_schedule", ""]
    assert "no daemon runs" in found.cause
    assert {"check.job.scan", "job.late", "job.missed", "check.missed"} <= {kind for kind, _ in found.explains}
    assert missed_schedule.plan(found, ill.look()) is None


def test_one_late_hour_is_no_fault(ill: Ill) -> None:
    ill.job("scan", NOW - 2 * HOUR, NOW - HOUR)
    jobs.finish(ill.store, "scan", NOW - 2 * HOUR, "ok", "")
    assert names(ill.found()) == set()


# ---------------------------------------------------------------- the clock


def test_a_clock_behind_what_was_stored_is_told(ill: Ill) -> None:
    ill.job("scan", NOW + 5 * DAY, NOW + 5 * DAY + 60)
    jobs.finish(ill.store, "scan", NOW + 5 * DAY, "ok", "")
    assert "clock_skew" in names(ill.found())


def heard(ill: Ill, offs: list[int]) -> None:
    """Answers of servers whose clocks are so many seconds behind ours."""
    (ill.home.cache / answers.FOLDER).mkdir()
    for n, off in enumerate(offs):
        answer = Answer(f"s{n}", NOW - HOUR, "https://x.example/", validator=f"h{n}.example k", date=NOW - HOUR - off)
        answers.path_of(ill.home.cache, f"s{n}", "good").write_bytes(answers.packed(answer))


def test_a_clock_that_differs_from_all_servers_is_told(ill: Ill) -> None:
    heard(ill, [7200, 7205, 7190, 7201])
    assert "ahead of 4 servers" in " ".join(ill.found()["clock_skew", ""].evidence)


@pytest.mark.parametrize("offs", [[7200, 2, -3, 1], [2, 0, 5], [7200, 7200]])
def test_a_server_with_a_wrong_clock_of_its_own_is_no_skew(ill: Ill, offs: list[int]) -> None:
    heard(ill, offs)
    assert "clock_skew" not in names(ill.found())


# ---------------------------------------------------------------- memory


class Process:
    """A daemon as psutil shows it."""

    pid = 77

    def __init__(self) -> None:
        self.rss = 200_000_000

    def create_time(self) -> float:
        return 1.0

    def memory_info(self) -> Any:
        return types.SimpleNamespace(rss=self.rss)


def memory(ill: Ill, monkeypatch: pytest.MonkeyPatch, sizes: list[int]) -> list[str]:
    process = Process()
    monkeypatch.setattr(growth, "_seen", {})
    monkeypatch.setattr(machine, "daemon", lambda probe: process)
    ill.ward = replace(ill.ward, checks=tuple(c for c in ill.ward.checks or () if c.name == "growth"))
    for size in sizes[:-1]:
        process.rss = size
        growth.run(ill.probe())
        ill.clock.advance(300)
    process.rss = sizes[-1]
    return [f for f in names(ill.found()) if f == "memory_growth"]


def test_memory_that_grows_round_by_round_is_told(ill: Ill, monkeypatch: pytest.MonkeyPatch) -> None:
    assert memory(ill, monkeypatch, [200_000_000 + n * 25_000_000 for n in range(30)]) == ["memory_growth"]


@pytest.mark.parametrize(
    "sizes",
    [[100_000_000, 350_000_000, *[400_000_000] * 20], [*[400_000_000] * 12, 900_000_000, *[400_000_000] * 6],
     [60_000_000 + n * 4_000_000 for n in range(20)]],
)  # fmt: skip
def test_caches_that_fill_and_single_peaks_are_no_growth(
    ill: Ill, monkeypatch: pytest.MonkeyPatch, sizes: list[int]
) -> None:
    assert memory(ill, monkeypatch, sizes) == []
