"""One round of the schedule: claims, failures, crashes, the clock, a polite stop."""

import contextlib
import socket
from collections.abc import Iterator
from datetime import timedelta

import pytest
from daemon_world import World, items, world
from filelock import FileLock

from fakes import START, FakeClock
from trendctl import log, registry
from trendctl.app import App
from trendctl.daemon import Ran, Schedule, alone
from trendctl.daemon_jobs import Stopped
from trendctl.daemon_process import Daemon
from trendctl.daemon_schedule import PLANS
from trendctl.errors import Refused, StoreError, TrendctlError
from trendctl.home import Home
from trendctl.store import incidents, jobs
from trendctl.store.jobs import JobState
from trendctl.store.writers import Role

HOUR, DAY = 3600, 86_400
NOW = int(START.timestamp())


@pytest.fixture
def w(home: Home, clock: FakeClock) -> Iterator[World]:
    with world(home, clock) as made:
        made.acts.update(scan=made.noted("scan"))
        yield made


def state(w: World, job: str) -> JobState:
    with w.app.store.read() as db:
        return jobs.all_states(db)[job]


def names(done: list[Ran]) -> list[str]:
    return [r.job for r in done]


def test_the_first_round_runs_everything_and_an_immediate_second_one_nothing(w: World) -> None:
    assert set(names(w.tick())) == {*w.acts, "health"}
    assert w.tick() == []


def test_the_scan_comes_first_and_the_analysis_after_it_every_hour(w: World) -> None:
    w.tick()
    w.calls.clear()
    w.tick(HOUR)
    assert w.calls[:2] == ["scan", "analyze"]


def test_an_analysis_that_was_just_made_is_made_again_after_the_next_scan(w: World) -> None:
    w.tick(3300)  # 12:55: scan and analysis
    w.calls.clear()
    w.tick(300)  # 13:00
    assert w.calls == ["scan", "analyze"]


def test_health_runs_every_five_minutes_between_the_scans(w: World) -> None:
    w.tick()
    assert [names(w.tick(300)) for _ in range(11)] == [["health"]] * 11


@pytest.mark.parametrize("fault", [TrendctlError("no"), ValueError("bug"), OSError(28, "No space left on device")])
def test_a_job_that_fails_is_noted_and_the_others_run(w: World, fault: Exception) -> None:
    def broken(app: App) -> str:
        raise fault

    w.acts["scan"] = broken
    done = {r.job: r.outcome for r in w.tick()}
    assert done["scan"] == "failed"
    assert all(outcome == "ok" for job, outcome in done.items() if job != "scan")
    assert str(fault) in state(w, "scan").detail
    assert [i.fault for i in w.found("job.")] == ["job.scan"]
    w.acts["scan"] = w.noted("scan")
    w.tick(HOUR)
    assert [i.closed_at for i in w.found("job.")] == [NOW + HOUR]


def test_a_failed_daily_job_is_tried_again_within_the_hour(w: World) -> None:
    def broken(app: App) -> str:
        raise TrendctlError("no space")

    backup, w.acts["backup"] = w.acts["backup"], broken
    w.tick()
    w.acts["backup"] = backup
    assert "backup" in names(w.tick(HOUR))
    assert "backup" not in names(w.tick(HOUR))


def test_a_scan_that_sets_the_stop_flag_in_its_trouble_does_not_stop_the_others(w: World) -> None:
    def broken(app: App) -> str:
        app.stop.set()
        raise TrendctlError("full disk")

    w.acts["scan"] = broken
    assert "backup" in names(w.tick())
    assert not w.app.stop.is_set()


def test_a_polite_stop_ends_after_the_job_in_hand_and_it_is_due_at_the_next_start(w: World) -> None:
    def cut(app: App) -> str:
        w.schedule.ending.set()
        raise Stopped("stopped", why="2 sources were stored")

    w.acts["scan"] = cut
    assert names(w.tick()) == ["scan"]
    assert state(w, "scan").outcome == "stopped"
    again = Schedule(w.app, acts={"scan": w.noted("scan")})
    again.recover()
    assert "scan" in names(again.run_due())
    assert w.found("broken_off") == []


def crash(w: World) -> None:
    """The process dies in the scan: what is left is the claim."""

    def dying(app: App) -> str:
        raise KeyboardInterrupt

    w.acts["scan"] = dying
    with contextlib.suppress(KeyboardInterrupt):
        w.tick()


def test_a_job_whose_process_died_is_told_and_run_again_at_the_next_start(w: World) -> None:
    crash(w)
    assert state(w, "scan").outcome == "running"
    fresh = Schedule(w.app, acts={"scan": w.noted("scan")})
    assert [s.job for s in fresh.recover()] == ["scan"]
    assert "scan" in names(fresh.run_due())
    assert [i.fault for i in w.found("broken_off")] == ["broken_off.scan"]
    assert fresh.recover() == []
    assert state(w, "scan").broken_off == 0


def test_a_job_that_takes_its_process_down_again_and_again_waits_for_its_usual_time(w: World) -> None:
    for _ in range(3):
        crash(w)
        w.schedule.recover()
    assert state(w, "scan").broken_off == 3
    assert "scan" not in names(w.tick(60))
    assert [i.fault for i in w.found("job.scan")] == ["job.scan"]
    w.acts["scan"] = w.noted("scan")
    assert "scan" in names(w.tick(HOUR))


def test_a_job_claimed_by_another_process_is_left_to_it(w: World) -> None:
    w.tick()
    w.clock.advance(HOUR)
    assert jobs.begin(w.app.store, "scan", NOW + HOUR, NOW + 2 * HOUR)
    w.calls.clear()
    w.tick()
    assert "scan" not in w.calls


def test_only_one_daemon_has_a_home(w: World) -> None:
    with alone(w.app), pytest.raises(Refused, match="Another daemon"):
        alone(w.app)
    with alone(w.app):
        pass


def test_work_waits_while_a_restore_holds_the_home_and_health_goes_on(w: World, home: Home) -> None:
    with FileLock(home.lock):
        assert names(w.tick()) == ["health"]
    assert "scan" in names(w.tick(60))


def test_missed_hours_are_told_once_with_their_times(w: World) -> None:
    w.tick()
    w.tick(5 * HOUR)
    w.tick(HOUR)
    assert [(i.fault, i.detail.split(": ")[0]) for i in w.found("missed.")] == [
        ("missed.scan", "no scan in 4 hours, from 2026-06-01 13:00 UTC to 2026-06-01 16:59 UTC")
    ]


def test_missed_hours_are_not_lost_when_the_claim_cannot_be_written(
    w: World, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    w.tick()

    def busy(*given: object) -> None:
        raise StoreError("The database is busy")

    with monkeypatch.context() as patch:
        patch.setattr(incidents, "add", busy)
        assert names(w.tick(5 * HOUR)) == ["schedule"]
    assert state(w, "scan").outcome == "ok"  # not claimed either
    w.tick(60)
    assert [i.detail.split(", ")[0] for i in w.found("missed.")] == ["no scan in 4 hours"]


def test_a_lock_of_the_home_that_cannot_be_taken_is_a_failure_and_health_goes_on(w: World, home: Home) -> None:
    home.lock.unlink(missing_ok=True)
    home.lock.mkdir()
    done = {r.job: r.outcome for r in w.tick()}
    assert (done["scan"], done["health"]) == ("failed", "ok")
    home.lock.rmdir()
    assert "scan" in names(w.tick())


def test_a_daemon_whose_lock_cannot_be_taken_says_so(w: World, home: Home) -> None:
    (home.root / "daemon.lock").mkdir()
    with pytest.raises(StoreError, match="trendctl heal"):
        alone(w.app)


def test_a_port_that_is_taken_costs_the_page_and_not_the_daemon(w: World) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        w.schedule.ending.set()
        port = taken.getsockname()[1]
        Daemon(w.schedule, port=port).run()
    (told,) = w.found("daemon.page")
    assert told.detail.startswith(f"nothing is answered on port {port}: ")


def test_a_clock_set_back_does_not_stop_the_schedule(w: World) -> None:
    w.tick()
    w.clock.advance(-30 * DAY)
    assert "scan" in names(w.tick())
    assert [names(w.tick(HOUR))[0] for _ in range(3)] == ["scan"] * 3
    assert len(w.found("clock.back")) == 1
    assert w.found("missed.") == []


def test_a_small_correction_of_the_clock_is_no_news(w: World) -> None:
    w.tick()
    w.clock.advance(-100)
    w.tick()
    assert w.found("clock.back") == []


def test_nothing_is_deleted_in_the_day_after_the_clock_leapt_ahead(w: World) -> None:
    w.tick()
    assert "retention" not in names(w.tick(400 * DAY))
    assert "retention" not in names(w.tick(23 * HOUR))
    assert "retention" in names(w.tick(HOUR))


def test_after_a_leap_ahead_and_back_sources_are_due_and_hosts_may_be_called(w: World) -> None:
    w.acts.update(scan=w.scan)
    w.tick()
    w.tick(400 * DAY)
    with w.app.store.write(Role.HTTP) as db:
        db.execute("INSERT INTO http_host VALUES ('slow.example', ?)", (NOW + 400 * DAY,))
    w.clock.advance(-400 * DAY + HOUR)
    w.tick()
    done = {r.job: r.detail for r in w.tick(HOUR)}
    assert done["scan"] == "1 ok"
    with w.app.store.read() as db:
        assert db.execute("SELECT max(next_at) FROM http_host").fetchone()[0] <= NOW + 3 * HOUR


def test_a_leap_ahead_and_back_leaves_the_schedule_running(w: World) -> None:
    w.tick()
    w.tick(400 * DAY)
    w.clock.advance(-400 * DAY)
    assert "scan" in names(w.tick(HOUR))
    assert "scan" in names(w.tick(HOUR))


def test_settings_are_read_anew_and_wrong_ones_leave_the_old_in_force(w: World, home: Home) -> None:
    w.tick()
    home.config.write_text("[backup]\nevery_hours = 2\n")
    assert w.schedule.reload() == ""
    assert "backup" in names(w.tick(DAY))
    assert "backup" in names(w.tick(2 * HOUR))
    home.config.write_text("[backup]\nevery_hours = 'often'\n")
    assert "every_hours" in w.schedule.reload()
    assert w.schedule.app.settings.backup.every_hours == 2


def test_approved_drafts_are_posted_only_if_the_settings_say_so_and_not_at_night(home: Home, clock: FakeClock) -> None:
    with world(home, clock) as w:
        assert "post" not in w.acts
    with world(home, clock, "[daemon]\npost_approved = true\n[market]\ntimezone = 'UTC'\n") as w:
        assert "post" in names(w.tick())
        assert "post" not in names(w.tick(11 * HOUR))  # 23:00
        assert "post" in names(w.tick(8 * HOUR))  # 07:00


def test_a_source_in_trouble_is_one_incident_however_often_it_fails(home: Home, clock: FakeClock) -> None:
    bad = {"shaky": lambda now: items() if now.hour % 2 else items(0)}
    with world(home, clock, answers=bad) as w:
        w.acts.update(scan=w.light_scan)
        for _ in range(30):
            w.tick(HOUR)
        flapping = [i for i in w.found("sudden_emptiness") if i.subject == "shaky"]
        assert len(flapping) <= 2
        assert flapping[-1].times > 5


def test_a_database_that_is_gone_is_told_and_the_next_round_works_again(w: World, home: Home) -> None:
    w.tick()
    away = home.database.rename(home.database.with_suffix(".away"))
    done = w.tick(HOUR)
    assert [(r.job, r.outcome) for r in done] == [("schedule", "failed")]
    away.rename(home.database)
    assert "scan" in names(w.tick(timedelta(hours=1).total_seconds()))


def test_every_real_job_runs_on_an_empty_home_with_all_sources_off(home: Home, clock: FakeClock) -> None:
    off = "".join(f"[sources.{s.facts.name}]\nenabled = false\n" for s in registry.load_all("sources"))
    home.config.write_text(off)
    app = App(home, {"TRENDCTL_HOME": str(home.root)}, clock)
    app.init()
    try:
        done = {r.job: (r.outcome, r.detail) for r in Schedule(app).run_due()}
    finally:
        log.close()
    assert {outcome for outcome, _ in done.values()} == {"ok"}, done
    assert set(done) == {plan.name for plan in PLANS} - {"post", "notify"}
    assert done["scan"][1] == "0 of 0 sources measured, 0 new products"
