"""One round from what is seen to what is told: limits, back-off, two at once, one at a time, no database."""

import sqlite3
from dataclasses import replace

import pytest

from heal_kit import Make, Rig, file_check, file_fault, planned
from trendctl.errors import Refused, StoreError, UsageError
from trendctl.ports import Check, CheckResult
from trendctl.selfheal import coordinator
from trendctl.selfheal.health import Probe
from trendctl.selfheal.learning import Tally
from trendctl.selfheal.register import Entry, Register, alone
from trendctl.selfheal.values import Change, Diagnosis, Fault, Kind, Look
from trendctl.store import repairs

HOUR, DAY = 3600, 86_400


def spoil(w: Rig, *names: str) -> None:
    for name in names:
        (w.home.root / f"{name}.txt").write_text("bad")


def text(w: Rig, name: str) -> str:
    return (w.home.root / f"{name}.txt").read_text()


def actions(report: coordinator.Report) -> list[tuple[str, str]]:
    return [(t.fault, t.action) for t in report.told]


def test_a_fault_is_found_repaired_watched_for_two_minutes_and_told(make: Make) -> None:
    w = make()
    spoil(w, "a")
    began = w.clock.now()
    report = w.heal()
    assert [(t.fault, t.action, t.cause) for t in report.told] == [("a", "fixed", "a.txt is bad")]
    assert text(w, "a") == "good"
    assert (w.clock.now() - began).total_seconds() == 120
    (row,) = w.incidents()
    assert (row.fault, row.action, row.closed_at is not None, row.repair_id) == ("a", "fixed", True, 1)
    assert row.evidence == ("a.txt says bad",)
    assert report.seen.whole == "healthy"


def test_all_well_writes_nothing(make: Make) -> None:
    w = make()
    report = w.heal()
    assert (report.told, w.incidents(), w.register.all()) == ((), [], [])


def test_two_faults_at_once_are_repaired_together_in_one_window(make: Make) -> None:
    w = make()
    spoil(w, "a", "b")
    began = w.clock.now()
    assert actions(w.heal()) == [("a", "fixed"), ("b", "fixed")]
    assert (w.clock.now() - began).total_seconds() == 120


def test_of_two_faults_with_one_target_the_second_waits_for_the_next_round(make: Make) -> None:
    w = make()
    w.faults = (file_fault("a", "shared.txt"), file_fault("b", "shared.txt"))
    checks = [file_check(w.home, n, "shared.txt") for n in "ab"]
    w.ward = replace(w.ward, checks=tuple(checks))
    report = w.heal()
    assert actions(report) == [("a", "fixed"), ("b", "proposed")]
    assert "another repair goes first" in report.told[1].detail
    assert actions(w.heal()) == []


def test_a_repair_that_fails_leaves_the_other_one_of_the_round_alone(make: Make) -> None:
    w = make()
    w.faults = (planned("a", Change(Kind.MOVE, "nowhere", to="a2")), file_fault("b", "b.txt"))
    spoil(w, "a", "b")
    assert actions(w.heal()) == [("a", "abstained"), ("b", "fixed")]
    assert [e.fault for e in w.register.all()] == ["b"]


def test_nothing_measured_is_proposed_and_not_done(make: Make) -> None:
    w = make()
    spoil(w, "a")
    report = w.heal(prior={})
    assert actions(report) == [("a", "proposed")]
    assert report.told[0].confidence is None
    assert "not measured yet" in report.told[0].detail
    assert text(w, "a") == "bad"
    assert w.heal(prior={"a": Tally(10, 9)}).told[0].action == "proposed"
    assert w.heal(prior={"a": Tally(10, 10)}).told[0].action == "fixed"


def test_switched_off_it_tells_and_repairs_nothing(make: Make) -> None:
    w = make()
    spoil(w, "a")
    report = w.heal(enabled=False)
    assert (actions(report), text(w, "a")) == ([("a", "proposed")], "bad")
    assert "switched off" in report.told[0].detail


def test_a_dry_run_writes_nothing_at_all(make: Make) -> None:
    w = make()
    spoil(w, "a")
    report = coordinator.heal(w.healing(), dry_run=True)
    assert "would have been done" in report.told[0].detail
    assert (w.incidents(), w.register.all(), text(w, "a"), list(w.home.repairs.iterdir())) == ([], [], "bad", [])


def test_a_fault_that_comes_back_is_repaired_three_times_a_day_with_growing_pauses_then_told(make: Make) -> None:
    w = make()
    seen = []
    for pause in (0, 300, 400, 1800, 3600, 3600, 3600):
        w.clock.advance(pause)
        spoil(w, "a")
        seen.append(w.heal().told[0].action)
    assert seen == ["fixed", "proposed", "fixed", "proposed", "fixed", "told", "told"]
    assert len(w.register.all()) == 3
    assert "this is for you" in w.heal().told[0].detail
    w.clock.advance(DAY)
    assert w.heal(prior={"a": Tally(500, 500)}).told[0].action == "fixed"


def test_repairs_of_a_clock_that_was_ahead_do_not_mute_those_of_today(make: Make) -> None:
    w = make()
    w.clock.advance(365 * DAY)
    for _ in range(3):
        spoil(w, "a")
        w.clock.advance(2 * HOUR)
        assert w.heal().told[0].action == "fixed"
    spoil(w, "a")
    w.clock.advance(2 * HOUR)
    assert w.heal().told[0].action == "told"
    w.clock.advance(-360 * DAY)
    assert w.heal().told[0].action == "fixed"


@pytest.mark.parametrize("checks", [("a",), ("a", "due."), ()])
def test_a_bug_of_one_check_that_lasts_keeps_no_other_incident_open(make: Make, checks: tuple[str, ...]) -> None:
    w = make()
    watched = file_fault("a", "a.txt").diagnose
    w.faults = (
        Fault("wal_grown", "", lambda look: [replace(d, fault="wal_grown") for d in watched(look)], checks),
    )  # fmt: skip

    def broken(probe: Probe) -> CheckResult:
        raise KeyError("a bug")

    w.ward = replace(w.ward, checks=(file_check(w.home, "a", "a.txt"), Check("odd", "", broken)))
    spoil(w, "a")
    w.heal()
    (w.home.root / "a.txt").write_text("good")
    w.heal()
    assert {i.fault: i.closed_at is None for i in w.incidents()} == {"wal_grown": False, "check.odd": True}


@pytest.mark.parametrize("status", ["not looked at", "broken"])
def test_a_fault_whose_own_check_could_not_look_is_not_over(make: Make, status: str) -> None:
    w = make()
    w.faults = (file_fault("a", "a.txt"),)
    spoil(w, "a")
    w.heal(enabled=False)

    def run(probe: Probe) -> CheckResult:
        raise StoreError("The database is busy") if status == "not looked at" else KeyError("a bug")

    w.ward = replace(w.ward, checks=(Check("a", "", run),))
    w.heal(enabled=False)
    assert {i.fault: i.closed_at for i in w.incidents()}["a"] is None


def test_a_fault_that_came_back_counts_against_its_repair(make: Make) -> None:
    w = make()
    spoil(w, "a")
    w.heal()
    with w.store.read() as db:
        assert repairs.learned(db) == {"a": (1, 1)}
    spoil(w, "a")
    w.clock.advance(HOUR)
    w.heal()
    with w.store.read() as db:
        assert repairs.learned(db) == {"a": (2, 1)}
    assert w.register.all()[0].detail == "proven, but it came back"


def test_repairs_that_keep_failing_lose_their_right_to_be_automatic(make: Make) -> None:
    w = make()
    w.faults = (file_fault("a", "a.txt", writes=b"worse"),)
    prior = {"a": Tally(11, 11, 11, 11)}
    spoil(w, "a")
    assert w.heal(prior=prior).told[0].action == "rolled_back"
    w.clock.advance(2 * HOUR)
    report = w.heal(prior=prior)
    assert (report.told[0].action, report.told[0].confidence) == ("proposed", 12 / 14)


def test_the_limit_of_a_day_holds_for_all_faults_together(make: Make) -> None:
    w = make()
    spoil(w, "a", "b")
    assert actions(w.heal(most_a_day=1)) == [("a", "fixed"), ("b", "proposed")]


def test_only_one_heals_a_home_at_a_time(make: Make) -> None:
    w = make()
    spoil(w, "a")
    with alone(w.home), pytest.raises(Refused, match="heals this home"):
        w.heal()
    assert text(w, "a") == "bad"
    assert actions(w.heal()) == [("a", "fixed")]


def test_two_causes_that_fit_as_well_are_told_and_nothing_is_done(make: Make) -> None:
    w = make()

    def also(look: Look) -> list[Diagnosis]:
        return [
            Diagnosis("b", "", "something else", (), frozenset({(s.kind, s.subject)}), 0.88) for s in look.of("check.a")
        ]

    w.faults = (file_fault("a", "a.txt"), file_fault("b", "b.txt", diagnose=also))
    spoil(w, "a")
    report = w.heal()
    assert (actions(report), text(w, "a")) == ([("a", "abstained")], "bad")
    assert "something else" in report.told[0].detail


def test_a_check_that_no_fault_explains_is_told_as_it_is(make: Make) -> None:
    w = make()
    w.faults = ()
    spoil(w, "b")
    report = w.heal()
    assert [(t.fault, t.action, t.cause, t.confidence) for t in report.told] == [("b", "told", "", None)]
    assert [i.fault for i in w.incidents()] == ["b"]


def test_without_a_usable_database_a_repair_is_done_and_written_down_afterwards(make: Make) -> None:
    w = make()
    moved = w.store.path.with_name("trendctl.db.away")
    spoil(w, "a")
    w.store.path.rename(moved)
    report = w.heal()
    assert actions(report) == [("a", "fixed")]
    assert report.told[0].incident_id == 0
    moved.rename(w.store.path)
    w.heal()
    with w.store.read() as db:
        (repair,) = repairs.listed(db)
    assert (repair.fault, repair.state) == ("a", "final")


def test_a_home_that_cannot_be_locked_is_told_of_and_left_alone(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    w = make()
    spoil(w, "a")
    open_ = os.open

    def refuse(path: object, *args: object, **kwargs: object) -> int:
        if str(path) in (str(w.home.root), str(w.home.repairs)):
            raise PermissionError(13, "Permission denied", str(path))
        return open_(path, *args, **kwargs)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(os, "open", refuse)
    report = w.heal()
    assert (actions(report), text(w, "a")) == ([("a", "told")], "bad")


def test_without_room_for_a_note_of_ours_all_is_told_and_nothing_repaired(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    from trendctl.selfheal import config_kept

    def full(*args: object) -> bool:
        raise OSError(28, "No space left on device")

    w = make()
    spoil(w, "a")
    monkeypatch.setattr(config_kept, "keep_good", full)
    report = w.heal()
    assert (actions(report), text(w, "a")) == ([("a", "told")], "bad")
    assert "No space left" in report.told[0].detail


def test_what_is_only_told_states_how_often_such_a_diagnosis_proved_right(make: Make) -> None:
    w = make()
    spoil(w, "a")
    (told,) = w.heal(prior={"a": Tally(0, 0, 8, 7)}).told
    assert (told.action, told.confidence) == ("proposed", 0.8)
    assert [i.confidence for i in w.incidents()] == [0.8]


# ---------------------------------------------------------------- a person's orders


def test_a_person_may_order_what_is_only_proposed(make: Make) -> None:
    w = make()
    spoil(w, "a")
    w.heal(prior={})
    healing = w.healing(prior={})
    wanted = coordinator.case(healing, w.incidents()[0].id)
    assert wanted.proposal.plan is not None
    told = coordinator.apply(healing, wanted)
    assert (told.action, text(w, "a")) == ("fixed", "good")
    assert w.register.all()[0].ordered_by == "person"
    assert w.incidents()[0].action == "fixed"


@pytest.mark.parametrize("when", ["before it is kept", "before it is written"])
def test_what_a_person_saved_after_the_plan_was_shown_is_not_written_over(
    make: Make, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    w = make()
    mine = "[scan]\nworkers = 2\n"
    w.home.config.write_text("[scan\n")
    w.faults = (planned("a", Change(Kind.WRITE, "@config", data=b"[scan]\nworkers = 4\n")),)
    spoil(w, "a")
    w.heal()
    wanted = coordinator.case(w.healing(), w.incidents()[0].id)
    if when == "before it is kept":
        w.home.config.write_text(mine)
    else:
        save = w.register.save

        def saved(self: Register, entry: Entry) -> Entry:
            if entry.state == "applying":
                w.home.config.write_text(mine)
            return save(entry)

        monkeypatch.setattr(Register, "save", saved)
    told = coordinator.apply(w.healing(), wanted)
    assert told.action in ("abstained", "rolled_back")
    assert "config.toml was changed by someone else meanwhile" in told.detail
    assert w.home.config.read_text() == mine
    with w.store.read() as db:
        assert repairs.learned(db) == {}  # it says nothing about the repair


def test_what_is_over_or_unknown_cannot_be_ordered(make: Make) -> None:
    w = make()
    spoil(w, "a")
    w.heal(prior={})
    with pytest.raises(UsageError, match="no open incident 99"):
        coordinator.case(w.healing(), 99)
    (w.home.root / "a.txt").write_text("good")
    with pytest.raises(UsageError, match="is over"):
        coordinator.case(w.healing(), w.incidents()[0].id)


def test_a_plan_without_changes_is_advice(make: Make) -> None:
    w = make()
    w.faults = (planned("a", automatic=False, because="a restore is yours to order"),)
    spoil(w, "a")
    report = w.heal()
    assert (report.told[0].action, "yours to order" in report.told[0].detail) == ("proposed", True)
    with pytest.raises(UsageError, match="Nothing here can be carried out"):
        coordinator.apply(w.healing(), coordinator.case(w.healing(), w.incidents()[0].id))


def test_the_limit_of_three_a_day_holds_for_a_person_too(make: Make) -> None:
    w = make()
    for _ in range(3):
        spoil(w, "a")
        w.heal()
        w.clock.advance(2 * HOUR)
    spoil(w, "a")
    w.heal()
    with pytest.raises(Refused, match="3 times within a day"):
        coordinator.apply(w.healing(), coordinator.case(w.healing(), w.incidents()[0].id))


def test_the_databases_rows_say_what_the_register_says(make: Make) -> None:
    w = make()
    spoil(w, "a")
    w.heal()
    with sqlite3.connect(w.store.path) as db:
        row = db.execute("SELECT fault, fix, state, touched, ordered_by FROM repair").fetchone()
    assert row == ("a", "rewrite_a", "final", '["a.txt"]', "healer")


def test_a_database_of_an_older_version_is_looked_at_all_the_same(make: Make) -> None:
    w = make()
    spoil(w, "a")
    with sqlite3.connect(w.store.path) as db:
        for table in ("repair_outcome", "repair", "learning", "incident"):
            db.execute(f"DROP TABLE {table}")
    assert coordinator.heal(w.healing(), dry_run=True).told[0].fault == "a"
    assert actions(w.heal()) == [("a", "fixed")]
