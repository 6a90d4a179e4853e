"""The drill itself: a few faults and controls from end to end, in processes of their own as in the whole drill."""

import socket
import sys
import threading
from pathlib import Path

import pytest

import trendctl.app
from trendctl.cli.main import main
from trendctl.drill import catalogue, raw
from trendctl.drill.clock import DrillClock
from trendctl.drill.drill import drill, planned
from trendctl.drill.terminal import at_terminal
from trendctl.errors import UsageError
from trendctl.store.engine import Store


def test_faults_are_found_repaired_and_rolled_back_and_controls_are_left_alone() -> None:
    before = trendctl.app.__dict__["SystemClock"], socket.getaddrinfo
    steps: list[tuple[int, int]] = []
    done = drill(
        ["index.broken", "leftover.parts", "http.403", "free_locks"], 1, 5, lambda n, of: steps.append((n, of)),
        learning=True, hours=2,
    )  # fmt: skip
    by_case = {r["case"]: r for r in done.runs}
    assert [r["broken"] for r in done.runs] == [""] * 4
    for name in ("index.broken", "leftover.parts"):
        r = by_case[name]
        assert (r["found"], r["claimed"], r["well"], r["same"]) == (True, True, True, True), r
    assert (by_case["http.403"]["found"], by_case["http.403"]["repairs"]) == (True, 0)
    assert (by_case["free_locks"]["found"], by_case["free_locks"]["repairs"]) == (False, 0), by_case["free_locks"]
    assert steps == [(n, 4) for n in range(1, 5)]
    assert (trendctl.app.__dict__["SystemClock"], socket.getaddrinfo) == before


def test_the_whole_is_planned_with_every_case_and_its_variants() -> None:
    wanted, skipped = planned([], None)
    shown = {w.case for w in wanted}
    assert shown | set(skipped) == {c.name for c in (*catalogue.faults(), *catalogue.all_controls())}
    assert sum(w.case == "wal.grown" for w in wanted) == 10
    assert sum(w.case == "http.429" for w in wanted) == 3
    assert len(planned(["dns"], 7)[0]) == 7


def test_an_unknown_fault_is_a_usage_error_with_the_nearest_name(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match=r"wal\.grow"):
        planned(["wal.grow"], None)
    capsys.readouterr()
    assert main(["drill", "--fault", "wal.grow", "--json"]) == 2
    assert "wal.grown" in capsys.readouterr().err


def test_an_index_is_broken_without_a_change_to_its_table_or_schema(store: Store) -> None:
    raw.run(store.path, "INSERT INTO scan_run (id, started_at) VALUES (1, 1)")
    with raw.opened(store.path) as db:
        rows = [(n, f"source {n % 3}", n) for n in range(1, 60)]
        raw.many(db, "INSERT INTO source_run (id, run_id, source, outcome, at) VALUES (?, 1, ?, 'ok', ?)", rows)
    assert raw.faults_of(store.path) == []
    schema = raw.dump(store.path)["schema"]
    raw.unhook_index(store.path, "source_run_by_source", ["DELETE FROM source_run WHERE id % 5 = 0"])
    assert raw.faults_of(store.path)
    assert raw.dump(store.path)["schema"] == schema
    raw.run(store.path, "REINDEX source_run_by_source")
    assert raw.faults_of(store.path) == []


def test_triggers_stand_again_after_a_change_past_them(store: Store) -> None:
    before = raw.dump(store.path)["schema"]
    raw.without_triggers(store.path, "audit", [("DELETE FROM audit", ())])
    assert raw.dump(store.path)["schema"] == before


def test_a_dump_sees_any_change_but_those_of_healing_itself(store: Store) -> None:
    before = raw.dump(store.path)
    raw.run(store.path, "INSERT INTO job_state (job) VALUES ('scan')")
    assert raw.dump(store.path) == before
    raw.run(store.path, "INSERT INTO watch VALUES ('kettle', 1, NULL)")
    assert {name for name, digest in raw.dump(store.path).items() if digest != before[name]} == {"watch"}


def test_the_write_ahead_log_grows_and_no_row_changes(store: Store) -> None:
    before = raw.dump(store.path)
    raw.fill_wal(store.path, 5_000_000)
    try:
        assert Path(f"{store.path}-wal").stat().st_size >= 5_000_000
        assert raw.dump(store.path) == before
    finally:
        raw.let_go()


def test_a_busy_writer_ends_when_it_is_told(store: Store) -> None:
    ends = threading.Event()
    thread = threading.Thread(target=raw.keep_busy, args=(store.path, ends))
    thread.start()
    ends.set()
    thread.join(5)
    assert not thread.is_alive()


def test_the_clock_moves_by_sleep_and_never_waits() -> None:
    clock = DrillClock(offset=-3600.0)
    before = clock.now()
    clock.sleep(7200)
    assert 7200 <= (clock.now() - before).total_seconds() < 7300
    clock.at_least(int(before.timestamp()))
    assert (clock.now() - before).total_seconds() < 7300


@pytest.mark.skipif("sys.platform == 'win32'", reason="no pseudo-terminals")
def test_keys_are_typed_when_they_are_waited_for() -> None:
    def ask() -> None:
        import click

        sys.stdout.write(f"first {click.getchar()} {click.getchar()}")

    assert "first y Y" in at_terminal(ask, b"yY")
