"""The daemon heals: within its health job, at its start, and where the database itself is what is broken."""

from pathlib import Path

import pytest
from daemon_world import World, world

from fakes import FakeClock
from trendctl import daemon_watch
from trendctl.home import Home
from trendctl.selfheal import acts, coordinator, safeguard
from trendctl.selfheal.register import Entry, Register
from trendctl.store import jobs
from trendctl.store.writers import Role

QUICK = "[selfheal]\nwindow_seconds = 0\n"


def private(w: World) -> None:
    for path in w.app.home.root.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    w.app.home.root.chmod(0o700)


def spoiled(w: World) -> Path:
    """Others may read the database; this machine has good memories of mending that."""
    w.acts = {}
    w.schedule._acts = {}  # nothing but the looking after it
    with w.app.store.write(Role.SELFHEAL) as db:
        db.execute("INSERT INTO learning VALUES ('wrong_permissions', 40, 40, 1)")
    private(w)
    w.app.home.database.chmod(0o644)
    return w.app.home.database


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_the_health_job_repairs_what_proved_right_and_says_so(home: Home, clock: FakeClock) -> None:
    with world(home, clock, QUICK) as w:
        path = spoiled(w)
        done = {r.job: r.detail for r in w.tick()}
        assert (mode(path), ", 1 repaired" in done["health"]) == (0o600, True)
        assert [(i.fault, i.action) for i in w.found("wrong")] == [("wrong_permissions", "fixed")]


def test_switched_off_it_only_tells(home: Home, clock: FakeClock) -> None:
    with world(home, clock, QUICK + "enabled = false\n") as w:
        path = spoiled(w)
        w.tick()
        assert mode(path) == 0o644
        assert [(i.fault, i.action) for i in w.found("wrong")] == [("wrong_permissions", "proposed")]


def test_what_a_dead_process_left_in_progress_is_taken_back_at_the_start(home: Home, clock: FakeClock) -> None:
    with world(home, clock, QUICK) as w:
        register = Register(home)
        folder = register.begin(1, "x")
        undo: acts.Undo = {"kind": "mode", "path": "overlays", "name": "", "old": 0o700, "new": 0o500}
        home.overlays.chmod(0o500)
        register.save(Entry(folder.name, "f", "", "x", "w", "u", (), 1, undo=(undo,), touched=("overlays",)))
        w.schedule.recover()
        assert (mode(home.overlays), [e.state for e in register.all()]) == (0o700, ["rolled_back"])


def test_while_a_person_heals_the_daemon_looks_and_leaves_it(home: Home, clock: FakeClock) -> None:
    from trendctl.selfheal.register import alone

    with world(home, clock, QUICK) as w:
        path = spoiled(w)
        with alone(home):
            done = {r.job: (r.outcome, r.detail) for r in w.tick()}
        assert done["health"][0] == "ok"
        assert "heals this home" in done["health"][1]
        assert mode(path) == 0o644


def test_where_no_job_can_be_noted_healing_looks_every_five_minutes(
    home: Home, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[object] = []
    heal = coordinator.heal

    def counted(healing: coordinator.Healing) -> coordinator.Report:
        looks.append(clock.now())
        return heal(healing)

    monkeypatch.setattr(coordinator, "heal", counted)
    with world(home, clock, QUICK) as w:
        away = home.database.rename(home.database.with_suffix(".away"))
        for _ in range(21):
            w.schedule.run_due(clock.now(), "watch")
            clock.advance(30)
        away.rename(home.database)
    assert len(looks) == 3
    assert daemon_watch.RESCUE == 300
    assert safeguard.BEFORE not in str(list(home.backups.iterdir()))


def test_a_repair_in_the_daemon_leaves_its_schedule_as_it_was(home: Home, clock: FakeClock) -> None:
    with world(home, clock, QUICK) as w:
        spoiled(w)
        w.tick()
        with w.app.store.read() as db:
            state = jobs.all_states(db)["health"]
        assert state.outcome == "ok"
