"""Backup, way back, window: every kind of act is undone without a trace; a repair that harms is taken back."""

from dataclasses import replace
from pathlib import Path

import pytest

from heal_kit import EVERY, Make, Rig, file_check, file_fault, furnish, job, planned, snapshot
from trendctl.errors import Refused, StoreError
from trendctl.ports import Check, CheckResult
from trendctl.selfheal import coordinator, safeguard
from trendctl.selfheal.health import Probe
from trendctl.selfheal.register import Register
from trendctl.selfheal.values import Change, Diagnosis, Kind, Look
from trendctl.store import repairs
from trendctl.store.writers import Role


def validators(w: Rig) -> list[str]:
    with w.store.read() as db:
        return [r[0] for r in db.execute("SELECT url FROM http_validator ORDER BY url")]


def test_every_kind_of_act_is_done(make: Make) -> None:
    w = make()
    furnish(w)
    w.faults = (planned("a", *EVERY),)
    w.ward = w.with_checks("a")
    assert [t.action for t in w.heal().told] == ["fixed"]
    assert (job(w).outcome, job(w).next_due_at, validators(w)) == ("broken off", 99, ["https://b.example/"])
    assert w.home.config.read_text() == "[scan]\nworkers = 4\n"
    assert (w.home.root / "quarantine/deep/b.txt").read_text() == "good"
    assert (w.home.root / "a.txt").stat().st_mode & 0o777 == 0o640
    assert [n.split("Z-")[1] for n in w.hands.made] == ["before-repair.db.gz", "healed.db.gz"]
    assert w.register.all()[0].backup == f"backups/{w.hands.made[0]}"


@pytest.mark.parametrize("how", ["it does not help", "something got worse", "a person takes it back"])
def test_every_kind_of_act_is_taken_back_without_a_trace(make: Make, how: str) -> None:
    w = make()
    furnish(w)
    before, state = snapshot(w.home, w.store), job(w)
    changes = tuple(c for c in EVERY if how != "it does not help" or c.path != "a.txt")
    w.faults = (planned("a", *changes),)
    w.ward = w.with_checks("a", "b") if how == "something got worse" else w.with_checks("a")
    told = w.heal().told
    if how == "a person takes it back":
        assert told[0].action == "fixed"
        assert snapshot(w.home, w.store) != before
        entry = coordinator.take_back(w.healing(), 1)
        assert (entry.state, entry.detail) == ("rolled_back", "taken back by a person")
    else:
        assert (told[0].action, how in told[0].detail or "it did not help" in told[0].detail) == ("rolled_back", True)
    assert snapshot(w.home, w.store) == before
    assert job(w) == state
    assert w.hands.dropped == w.hands.made[1:]
    with w.store.read() as db:
        assert repairs.learned(db) == {"a": (1, 0)}


def test_what_was_changed_by_someone_else_since_is_left_and_said(make: Make) -> None:
    w = make()
    furnish(w)
    w.faults, w.ward = (planned("a", *EVERY),), w.with_checks("a")
    w.heal()
    w.home.config.write_text("[scan]\nworkers = 2\n")
    with w.store.write(Role.APP) as db:
        db.execute("UPDATE job_state SET outcome = 'ok'")
    entry = coordinator.take_back(w.healing(), 1)
    assert entry.state == "rolled_back"
    assert "@config was changed by someone else" in entry.detail
    assert "the job scan has run meanwhile" in entry.detail
    assert (w.home.config.read_text(), job(w).outcome) == ("[scan]\nworkers = 2\n", "ok")


def test_only_a_final_repair_can_be_taken_back_and_only_once(make: Make) -> None:
    w = make()
    furnish(w)
    w.faults, w.ward = (planned("a", EVERY[1]),), w.with_checks("a")
    w.heal()
    coordinator.take_back(w.healing(), 1)
    with pytest.raises(Refused, match="cannot be taken back"):
        coordinator.take_back(w.healing(), 1)


def test_a_change_that_fails_takes_those_before_it_back(make: Make) -> None:
    w = make()
    furnish(w)
    (w.home.root / "a.txt").write_text("bad")
    before = snapshot(w.home, w.store)
    w.faults = (planned("a", EVERY[0], EVERY[6], Change(Kind.REINDEX, name="no_such_index")),)
    report = w.heal()
    assert (report.told[0].action, "no index 'no_such_index'" in report.told[0].detail) == ("rolled_back", True)
    assert snapshot(w.home, w.store) == before


@pytest.mark.parametrize("window", [0.0, 120.0])
def test_a_check_that_fails_only_for_a_moment_takes_nothing_back_but_one_that_stays_does(
    make: Make, window: float
) -> None:
    w = make(window=window)
    furnish(w)
    w.faults = (planned("a", EVERY[1]),)
    looks: list[int] = []

    def flicker(probe: object) -> object:
        from trendctl.ports import CheckResult

        looks.append(1)
        return CheckResult("flicker", "fail" if len(looks) == 3 else "ok", "")

    from trendctl.ports import Check

    checks = (file_check(w.home, "a", "a.txt"), Check("flicker", "", flicker))
    w.ward = safeguard.Ward(w.ward.eyes, w.hands, w.register, window, checks=checks)
    assert w.heal().told[0].action == "fixed"


@pytest.mark.parametrize(
    ("outside", "fixed"),
    [
        ("source.reddit", True), ("platform.ebay.rests", True), ("job.scan", True), ("models", True),
        ("source.steam", False), ("overlay.reddit", False),
    ],
)  # fmt: skip
def test_what_happens_outside_meanwhile_speaks_only_against_a_repair_of_the_same(
    make: Make, outside: str, fixed: bool
) -> None:
    w = make()
    looks: list[int] = []

    def flips(probe: Probe) -> CheckResult:
        looks.append(1)
        return CheckResult(outside, "ok" if len(looks) < 3 else "warn", "unavailable")

    def of_steam(look: Look) -> list[Diagnosis]:
        return [replace(d, subject="steam") for d in file_fault("a", "a.txt").diagnose(look)]

    w.faults = (file_fault("a", "a.txt", diagnose=of_steam), file_fault("b", "b.txt"))
    files = [file_check(w.home, n, f"{n}.txt") for n in "ab"]
    w.ward = replace(w.ward, checks=(*files, Check("outside", "", flips)))
    for name in "ab":
        (w.home.root / f"{name}.txt").write_text("bad")
    told = {t.fault: t.action for t in w.heal().told if t.fault in ("a", "b")}
    other = "rolled_back" if outside.startswith("overlay.") else "fixed"
    assert told == {"a": "fixed" if fixed else "rolled_back", "b": other}


def test_asked_to_stop_within_the_window_it_takes_everything_back(make: Make) -> None:
    w = make()
    furnish(w)
    before = snapshot(w.home, w.store)
    w.faults, w.ward = (planned("a", *EVERY),), w.with_checks("a")
    w.stop = True
    assert "asked to stop" in w.heal().told[0].detail
    assert snapshot(w.home, w.store) == before
    with w.store.read() as db:
        assert repairs.learned(db) == {}  # it proves nothing


def test_ctrl_c_within_the_window_takes_everything_back(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    w = make()
    furnish(w)
    before = snapshot(w.home, w.store)
    w.faults, w.ward = (planned("a", *EVERY),), w.with_checks("a")

    def pressed(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(w.clock, "sleep", pressed)
    with pytest.raises(KeyboardInterrupt):
        w.heal()
    assert snapshot(w.home, w.store) == before
    assert [e.state for e in w.register.all()] == ["rolled_back"]


def test_without_room_for_the_way_back_nothing_is_touched(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    w = make()
    furnish(w)
    before = snapshot(w.home, w.store)

    def full(self: Register, entry: object) -> object:
        raise StoreError("The way back cannot be kept, so nothing is repaired", why="no space left on device")

    monkeypatch.setattr(Register, "save", full)
    w.faults, w.ward = (planned("a", *EVERY),), w.with_checks("a")
    report = w.heal()
    assert (report.told[0].action, "no space left" in report.told[0].detail) == ("abstained", True)
    assert snapshot(w.home, w.store) == before


def test_where_no_verified_backup_can_be_made_the_database_is_copied_as_it_is(make: Make) -> None:
    w = make()
    furnish(w)
    w.hands.refuse = True
    w.faults, w.ward = (planned("a", EVERY[1], EVERY[7]),), w.with_checks("a")
    assert w.heal().told[0].action == "fixed"
    copy = w.home.root / w.register.all()[0].backup
    assert copy.read_bytes()[:15] == b"SQLite format 3"
    assert copy.stat().st_mode & 0o777 == 0o600


def test_while_a_job_works_the_database_is_left_alone(make: Make) -> None:
    from filelock import FileLock

    w = make()
    furnish(w)
    w.faults, w.ward = (planned("a", EVERY[1], EVERY[5]),), w.with_checks("a")
    with FileLock(w.home.lock, mode=0o600):
        report = w.heal()
    assert (report.told[0].action, job(w).outcome) == ("abstained", "running")
    assert w.register.all() == []
    assert w.heal().told[0].action == "fixed"


def test_a_way_back_that_fails_keeps_the_repair_open_and_is_tried_again(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    w = make()
    furnish(w)
    before = snapshot(w.home, w.store)
    w.faults, w.ward = (planned("a", EVERY[0], EVERY[6]),), w.with_checks("a")

    def refuse(store: object, table: str, rows: object) -> None:
        raise StoreError("The database is busy")

    with monkeypatch.context() as patch:
        patch.setattr(repairs, "put_cached", refuse)
        report = w.heal()
        assert report.told[0].action == "rolled_back"
        assert "not taken back yet" in report.told[0].detail
        assert w.heal().told[0].detail  # refused: its target is still open
    assert [e.is_open for e in w.register.all()] == [True]
    w.heal()
    assert [e.state for e in w.register.all()] == ["rolled_back"]
    assert snapshot(w.home, w.store) == before


def test_a_fault_without_checks_is_proven_by_its_own_diagnosis(make: Make) -> None:
    w = make()
    w.faults = (file_fault("a", "a.txt", checks=()),)
    (w.home.root / "a.txt").write_text("bad")
    assert w.heal().told[0].action == "fixed"
    w.faults = (file_fault("a", "a.txt", checks=(), writes=b"also bad"),)
    (w.home.root / "a.txt").write_text("bad")
    w.clock.advance(4000)
    assert w.heal().told[0].action == "rolled_back"


def test_permissions_of_a_file_that_is_gone_by_now_are_no_trouble(make: Make) -> None:
    w = make()
    furnish(w)
    w.faults, w.ward = (
        (planned("a", EVERY[1], Change(Kind.MODE, "trendctl.db-journal", mode=0o600)),),
        w.with_checks("a"),
    )
    assert w.heal().told[0].action == "fixed"
    assert coordinator.take_back(w.healing(), 1).detail == "taken back by a person"


def test_an_entry_cut_short_belongs_to_a_repair_that_was_never_begun(make: Make) -> None:
    w = make()
    w.register.make()
    torn = w.register.begin(1, "torn")
    (torn / "0.old").write_text("x")
    w.heal()
    assert not torn.exists()


def test_old_repairs_leave_the_register_and_stay_in_the_list(make: Make) -> None:
    w = make()
    (w.home.root / "a.txt").write_text("bad")
    w.heal()
    w.clock.advance(91 * 86_400)
    w.heal()
    assert w.register.all() == []
    with w.store.read() as db:
        assert len(repairs.listed(db)) == 1
    with pytest.raises(Refused, match="no longer kept"):
        coordinator.take_back(w.healing(), 1)


@pytest.mark.parametrize("path", ["a.txt", "overlays/one.json"])
def test_half_written_files_of_a_killed_process_are_swept(make: Make, path: str) -> None:
    w = make()
    furnish(w)
    w.faults, w.ward = (planned("a", Change(Kind.WRITE, path, data=b"{}")),), w.with_checks("a")
    target: Path = w.home.root / path
    part = target.with_name(f".{target.name}.999999999-1.part")
    part.write_text("half")
    w.heal()
    assert not part.exists()


def test_the_same_fault_of_another_subject_does_not_spoil_a_repair(make: Make) -> None:
    """Both subjects share one check; only the first may be repaired without a person."""
    from collections.abc import Iterable

    from trendctl.ports import Check, CheckResult
    from trendctl.selfheal.values import Diagnosis, Fault, Look, Plan

    w = make()

    def bad(name: str) -> bool:
        return (w.home.root / f"{name}.txt").read_text() != "good"

    def look(probe: object) -> CheckResult:
        return CheckResult("both", "fail" if bad("a") or bad("b") else "ok", "one of them is bad")

    def diagnose(look: Look) -> Iterable[Diagnosis]:
        for name in (n for n in "ab" if bad(n)):
            yield Diagnosis("both", name, f"{name} is bad", (), frozenset({("check.both", "")} | {("own", name)}), 0.9)

    def plan(d: Diagnosis, look: Look) -> Plan:
        change = Change(Kind.WRITE, f"{d.subject}.txt", data=b"good")
        return Plan(
            "both", d.subject, "write", "It is written.", "It comes back.", (change,), d.subject == "a", "yours"
        )

    w.faults = (Fault("both", "", diagnose, ("both",), plan),)
    w.ward = safeguard.Ward(w.ward.eyes, w.hands, w.register, 60, checks=(Check("both", "", look),))
    (w.home.root / "a.txt").write_text("bad")
    (w.home.root / "b.txt").write_text("bad")
    assert [(t.subject, t.action) for t in w.heal().told] == [("a", "fixed"), ("b", "proposed")]
