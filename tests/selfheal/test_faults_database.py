"""Faults of the database: found by what SQLite itself says, and told apart."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from faults_kit import HOUR, NOW, Ill, names

from fakes import FakeClock
from trendctl.home import Home
from trendctl.selfheal import wal_readers
from trendctl.selfheal.faults import database_locked, disk_full
from trendctl.selfheal.rules import disk, indexes, wal, writable
from trendctl.selfheal.values import Kind
from trendctl.store import backup, incidents
from trendctl.store.engine import Store
from trendctl.store.incidents import Finding


@pytest.fixture
def ill(home: Home, store: Store, clock: FakeClock) -> Ill:
    return Ill(home, store, clock)


def damaged_index(ill: Ill) -> None:
    """One key inside an index is another than its row says, as after a flipped bit."""
    for n in range(40):
        incidents.record(ill.store, Finding(f"old.fault{n}", "warn", "x"), NOW - 90 * 86_400, NOW - 90 * 86_400)
    with closing(sqlite3.connect(ill.home.database)) as db:
        (root,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'incident_by_fault'").fetchone()
        (size,) = db.execute("PRAGMA page_size").fetchone()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(ill.home.database.read_bytes())
    at = data.index(b"old.fault7", (root - 1) * size)
    data[at : at + 10] = b"old.faulty"
    ill.home.database.write_bytes(data)


def test_a_broken_index_is_rebuilt_from_its_table(ill: Ill) -> None:
    damaged_index(ill)
    found = ill.found()
    assert names(found) & {"index_broken", "database_corrupt"} == {"index_broken"}
    assert found["index_broken", ""].details["indexes"] == ["incident_by_fault"]
    assert ill.heal()["index_broken"].action == "fixed"
    with closing(sqlite3.connect(ill.home.database)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_what_the_thorough_look_of_a_large_database_named_is_looked_at_again(
    ill: Ill, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trendctl.store import jobs, vitals

    monkeypatch.setattr(indexes, "SMALL", 0)
    monkeypatch.setattr(indexes, "SELLING", ("draft",))
    damaged_index(ill)
    with ill.store.read() as db:
        wrong = vitals.thorough(db)
    jobs.begin(ill.store, "deep_check", NOW - HOUR, NOW + 6 * 86_400)
    jobs.finish(ill.store, "deep_check", NOW - HOUR, "failed", wrong)
    assert names(ill.found()) == {"index_broken"}
    assert ill.heal()["index_broken"].action == "fixed"
    with ill.store.read() as db:
        assert vitals.thorough(db) == ""
        assert jobs.all_states(db)["deep_check"].next_due_at == NOW
    assert "index_broken" not in names(ill.found())


@pytest.mark.parametrize("how", ["header", "pages", "empty"])
def test_a_corrupt_database_is_proposed_and_never_touched(ill: Ill, how: str) -> None:
    made = backup.create(ill.store, ill.home.backups, "scheduled", NOW - HOUR)
    with closing(sqlite3.connect(ill.home.database)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for tail in ("-wal", "-shm"):
        Path(f"{ill.home.database}{tail}").unlink(missing_ok=True)
    data = bytearray(ill.home.database.read_bytes())
    if how == "header":
        data[:100] = b"x" * 100
    elif how == "pages":
        data[4096 : 4096 * 12] = b"\x07" * (4096 * 11)
    else:
        data.clear()
    ill.home.database.write_bytes(data)
    found = ill.found()
    assert ("database_corrupt", "") in found
    assert "index_broken" not in names(found)
    plan = ill.plan("database_corrupt")
    assert plan is not None
    assert not plan.automatic
    assert plan.changes == ()
    assert f"trendctl backup restore {made.path}" in plan.because or "restore 1" in plan.because
    assert ill.home.database.read_bytes() == bytes(data)


def test_rows_that_refer_to_nothing_are_a_damaged_database(ill: Ill) -> None:
    with closing(sqlite3.connect(ill.home.database)) as db:
        db.execute("PRAGMA foreign_keys = OFF")
        db.execute("INSERT INTO supply (product_id, updated_at) VALUES (99, 1)")
        db.commit()
    assert "database_corrupt" in names(ill.found())


# ---------------------------------------------------------------- locked


@pytest.fixture
def held(ill: Ill, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ill]:
    """Another connection writes and does not end."""
    monkeypatch.setattr(writable, "WAIT_MS", 20)
    with closing(sqlite3.connect(ill.home.database, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        yield ill


def test_a_writer_that_never_lets_go_is_named_and_left_alone(held: Ill, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_locked, "open_by", lambda path: ["process 7 (someone), started 3 h ago"])
    found = held.found()["database_locked", ""]
    assert "process 7" in found.cause
    assert {kind for kind, _ in found.explains} == {"check.lock"}


def test_a_reader_is_no_lock(ill: Ill) -> None:
    with closing(sqlite3.connect(ill.home.database, isolation_level=None)) as db:
        db.execute("BEGIN")
        db.execute("SELECT * FROM item").fetchall()
        assert "database_locked" not in names(ill.found())


def test_looking_for_a_lock_writes_nothing(ill: Ill) -> None:
    before = ill.home.database.read_bytes()
    ill.look()
    assert ill.home.database.read_bytes() == before


# ---------------------------------------------------------------- wal and disk


def test_a_grown_log_is_folded_in(ill: Ill, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wal, "WARN", 100_000)
    keeper = sqlite3.connect(ill.home.database)
    keeper.execute("SELECT 1 FROM item").fetchall()
    with closing(sqlite3.connect(ill.home.database)) as db:
        db.execute("PRAGMA wal_autocheckpoint = 0")
        for n in range(60):
            db.execute("INSERT INTO notice (at, incidents, title) VALUES (?, 0, ?)", (n, "x" * 3000))
            db.commit()
    log = Path(f"{ill.home.database}-wal")
    assert log.stat().st_size > 100_000
    assert ill.heal()["wal_grown"].action == "fixed"
    assert log.stat().st_size < 100_000
    keeper.close()


READER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN")
db.execute("SELECT count(*) FROM item").fetchall()
print("reads", flush=True)
sys.stdin.read()
"""


@contextmanager
def reader(database: Path) -> Iterator[int]:
    """Another process in the middle of a transaction that only reads; its number."""
    line = [sys.executable, "-c", READER, str(database)]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        other.stdout.readline()
        yield other.pid
        other.stdin.close()


@pytest.mark.skipif(not wal_readers.LOCKS.exists(), reason="the system does not list its locks")
def test_a_log_that_a_reader_pins_is_told_with_its_name_and_not_tried(
    ill: Ill, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr(wal, "WARN", 10_000)
    with reader(ill.home.database) as pid:
        incidents.record(ill.store, Finding("old.fault", "warn", "x" * 50_000), NOW, NOW)
        told = ill.heal()["wal_grown"]
        assert (told.action, told.repair_id) == ("told", None)
        assert f"process {pid}" in told.cause
    assert wal_readers.pinned_by(ill.home.database) == frozenset()


def test_only_locks_of_readers_on_this_file_count(tmp_path: Path) -> None:
    shm = tmp_path / "x.db-shm"
    shm.touch()
    file, listed = f"fe:00:{shm.stat().st_ino}", tmp_path / "locks"
    listed.write_text(
        f"1: POSIX  ADVISORY  READ 11 {file} 124 124\n"
        f"2: POSIX  ADVISORY  READ 12 {file} 128 128\n"  # has it open
        f"3: POSIX  ADVISORY  WRITE 13 {file} 120 120\n"
        f"3: -> POSIX  ADVISORY  READ 14 {file} 124 124\n"
        "4: POSIX  ADVISORY  READ 15 fe:00:1 124 124\n"
        f"5: POSIX  ADVISORY  READ 16 {file} 0 EOF\n6: FLOCK\n"
    )
    if sys.platform == "linux":
        assert wal_readers.pinned_by(tmp_path / "x.db", listed) == {11, 16}
    assert wal_readers.pinned_by(tmp_path / "other.db", listed) == frozenset()


def room(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    usage = shutil.disk_usage("/")
    for module in (disk.shutil, disk_full.shutil):
        monkeypatch.setattr(module, "disk_usage", lambda path: usage._replace(free=free))


def test_a_full_disk_explains_what_failed_for_it(ill: Ill, monkeypatch: pytest.MonkeyPatch) -> None:
    from trendctl.ports import CheckResult
    from trendctl.selfheal import detector
    from trendctl.selfheal.health import Round
    from trendctl.selfheal.values import Look
    from trendctl.store import jobs

    room(monkeypatch, 1_000_000)
    jobs.begin(ill.store, "backup", NOW - HOUR, NOW + HOUR)
    jobs.finish(ill.store, "backup", NOW - HOUR, "failed", "The backup could not be written: No space left on device")
    seen = Round((CheckResult("disk", "fail", "1.0 MB free"), CheckResult("job.backup", "warn", "failed: No space"),
                  CheckResult("backups", "warn", "none is there")), True)  # fmt: skip
    look = Look(ill.probe(), seen, detector.detect(ill.probe(), seen))
    (found,) = disk_full.diagnose(look)
    assert {"check.disk", "check.job.backup", "job.failed", "disk.full", "check.backups"} <= {
        k for k, _ in found.explains
    }
    assert disk_full.plan(found, look) is None


def test_folding_the_log_is_planned_only_where_that_makes_room(ill: Ill, monkeypatch: pytest.MonkeyPatch) -> None:
    from trendctl.ports import CheckResult
    from trendctl.selfheal.health import Round
    from trendctl.selfheal.values import Look, Sign

    (ill.home.root / "log").write_bytes(bytes(500_000))  # a true one is folded in by the look itself
    monkeypatch.setattr(disk_full, "_wal", lambda look: ill.home.root / "log")
    look = Look(ill.probe(), Round((CheckResult("disk", "warn", "low"),), True), (Sign("check.disk", "", "low", NOW),))
    room(monkeypatch, disk.WARN_BYTES - 400_000)
    plan = disk_full.plan(next(disk_full.diagnose(look)), look)
    assert plan is not None
    assert [c.kind for c in plan.changes] == [Kind.CHECKPOINT]
    room(monkeypatch, disk.WARN_BYTES - 600_000)
    assert disk_full.plan(next(disk_full.diagnose(look)), look) is None


def test_a_disk_that_was_full_yesterday_is_not_full(ill: Ill, monkeypatch: pytest.MonkeyPatch) -> None:
    from trendctl.selfheal.health import Round
    from trendctl.selfheal.values import Look, Sign

    room(monkeypatch, 50_000_000_000)
    told = Sign("disk.full", "", "No space left on device", NOW - HOUR, origin="log")
    assert list(disk_full.diagnose(Look(ill.probe(), Round((), True), (told,)))) == []


# ---------------------------------------------------------------- migrations


def spoil(ill: Ill, statement: str) -> None:
    with closing(sqlite3.connect(ill.home.database)) as db:
        db.execute(statement)
        db.commit()


@pytest.mark.parametrize(
    "statement",
    ["DROP TABLE platform_sign_in", "ALTER TABLE job_state DROP COLUMN broken_off", "DROP TRIGGER audit_frozen",
     "DELETE FROM migration WHERE number = (SELECT max(number) FROM migration)"],
)  # fmt: skip
def test_a_schema_that_differs_from_its_record_is_a_half_migration(ill: Ill, statement: str) -> None:
    spoil(ill, statement)
    found = ill.found()["migration_half_done", ""]
    assert found.evidence
    assert not [f for f in ill.faults if f.name == "migration_half_done" and f.plan]


def test_a_newer_database_is_told_as_such(ill: Ill) -> None:
    spoil(ill, "INSERT INTO migration VALUES (999, 'future', 'x', 1)")
    assert "newer than this program" in ill.found()["migration_half_done", ""].cause


def test_a_database_that_waits_for_its_migration_is_no_fault(home: Home, store: Store, clock: FakeClock) -> None:
    from trendctl.store.migrate import _apply, create_file, migrations

    home.database.unlink()
    create_file(home.database)
    for m in migrations()[:-1]:
        _apply(home.database, m, NOW)
    assert "migration_half_done" not in names(Ill(home, store, clock).found())
