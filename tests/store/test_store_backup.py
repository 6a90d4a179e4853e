"""Backups: whole, private, verified, and back in place without a trace of what was there."""

import gzip
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from store_rows import NOW, product, put
from trendctl.errors import StoreError, UsageError
from trendctl.home import Home
from trendctl.store import backup
from trendctl.store.engine import Store
from trendctl.store.writers import Role


@pytest.fixture
def folder(home: Home) -> Path:
    return home.backups


def titles(store: Store) -> list[str]:
    with store.read() as db:
        return [row["uid"] for row in db.execute("SELECT uid FROM product ORDER BY uid")]


def leftovers(folder: Path) -> list[str]:
    return [p.name for p in folder.iterdir() if p.name.startswith(".") or "tmp" in p.name]


def test_a_backup_is_private_recorded_and_verified(store: Store, folder: Path) -> None:
    product(store, "kept")
    made = backup.create(store, folder, "manual", NOW)
    file = folder / made.path
    assert made.path == "20260601T120000Z-manual.db.gz"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (made.bytes, made.verified_at) == (file.stat().st_size, NOW)
    assert backup.listed(store, folder) == (made,)
    assert leftovers(folder) == []


def test_a_round_trip_brings_the_old_rows_back_and_keeps_what_was_there(store: Store, folder: Path) -> None:
    product(store, "old")
    made = backup.create(store, folder, "manual", NOW)
    product(store, "new")
    restored, safety = backup.restore(store, folder, str(made.id), NOW + 60)
    assert restored == made
    assert titles(store) == ["old"]
    assert safety is not None
    assert safety.name.endswith("before-restore.db.gz")
    backup.restore(store, folder, safety.name, NOW + 120)
    assert titles(store) == ["new", "old"]
    assert leftovers(folder) == []


def test_a_restored_database_is_private_in_wal_mode_and_guarded(store: Store, folder: Path) -> None:
    backup.create(store, folder, "manual", NOW)
    backup.restore(store, folder, "latest", NOW)
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    connection = store.connect()
    assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    connection.close()
    product(store, "later")
    with store.write(Role.SCANNER) as db, store.read() as other:
        put(db, "watch", term="x", created_at=1)
        assert other.execute("SELECT count(*) FROM product").fetchone()[0] == 1


def test_a_stale_wal_file_is_not_played_into_the_restored_database(store: Store, folder: Path) -> None:
    product(store, "old")
    backup.create(store, folder, "manual", NOW)
    reader = store.connect()  # holds the WAL open, as a crashed process leaves it
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM product").fetchone()
    product(store, "new")
    wal = Path(f"{store.path}-wal")
    stale = wal.read_bytes()
    assert stale
    reader.close()
    wal.write_bytes(stale)
    backup.restore(store, folder, "latest", NOW)
    assert not wal.exists()
    assert titles(store) == ["old"]


def test_a_backup_of_a_busy_database_is_whole(store: Store, folder: Path) -> None:
    product(store, "kept")
    with store.write(Role.SCANNER) as db:
        put(db, "watch", term="uncommitted", created_at=1)
        path = backup.write_copy(store.path, folder, "busy", NOW)
    plain = folder / "plain.db"
    plain.write_bytes(gzip.decompress(path.read_bytes()))
    with closing(sqlite3.connect(plain)) as copy:
        assert copy.execute("SELECT uid FROM product").fetchall() == [("kept",)]
        assert copy.execute("SELECT count(*) FROM watch").fetchone() == (0,)


def test_two_backups_of_one_second_have_two_names(store: Store, folder: Path) -> None:
    names = {backup.create(store, folder, "manual", NOW).path for _ in range(3)}
    assert len(names) == 3
    assert len(backup.listed(store, folder)) == 3


def test_backups_are_listed_newest_first_and_found_without_a_record(store: Store, folder: Path) -> None:
    first = backup.create(store, folder, "manual", NOW)
    second = backup.create(store, folder, "manual", NOW + 10)
    stray = backup.write_copy(store.path, folder, "by-hand", NOW + 5)
    os.utime(stray, (NOW + 5, NOW + 5))
    (folder / second.path).with_name("notes.txt").touch()
    assert [b.path for b in backup.listed(store, folder)] == [second.path, stray.name, first.path]
    (folder / second.path).unlink()
    assert backup.find(store, folder, "latest").path == stray.name
    assert backup.verify(store, folder, stray.name, NOW).reason == "found"


def test_verify_records_when(store: Store, folder: Path) -> None:
    made = backup.create(store, folder, "manual", NOW)
    assert backup.verify(store, folder, "latest", NOW + 99).verified_at == NOW + 99
    assert backup.listed(store, folder)[0].verified_at == NOW + 99
    assert backup.listed(store, folder)[0].id == made.id


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "text"])
def test_a_damaged_backup_is_found_out_and_not_put_in_place(store: Store, folder: Path, damage: str) -> None:
    product(store, "safe")
    made = backup.create(store, folder, "manual", NOW)
    file = folder / made.path
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0xFF
    file.write_bytes({"flip": bytes(data), "cut": bytes(data[:200]), "empty": b"", "text": b"hello"}[damage])
    with pytest.raises(StoreError, match="bytes changed"):
        backup.verify(store, folder, made.path, NOW)
    with pytest.raises(StoreError):
        backup.restore(store, folder, made.path, NOW)
    assert titles(store) == ["safe"]
    assert leftovers(folder) == []


def test_a_good_archive_of_something_else_is_not_put_in_place(store: Store, folder: Path) -> None:
    (folder / "x.db.gz").write_bytes(gzip.compress(b"not a database" * 1000))
    with pytest.raises(StoreError, match="not a good database"):
        backup.restore(store, folder, "x.db.gz", NOW)


def test_a_damaged_database_is_replaced_and_its_bytes_are_kept(store: Store, folder: Path) -> None:
    product(store, "old")
    made = backup.create(store, folder, "manual", NOW)
    store.path.write_bytes(b"damaged" * 5000)
    _, safety = backup.restore(store, folder, made.path, NOW)
    assert titles(store) == ["old"]
    assert safety is not None
    assert safety.read_bytes() == b"damaged" * 5000
    assert stat.S_IMODE(safety.stat().st_mode) == 0o600


def test_a_lost_database_is_restored_by_file_name_or_latest(store: Store, folder: Path) -> None:
    product(store, "old")
    made = backup.create(store, folder, "manual", NOW)
    store.path.unlink()
    assert backup.restore(store, folder, "latest", NOW)[1] is None
    store.path.unlink()
    backup.restore(store, folder, made.path, NOW)
    assert titles(store) == ["old"]


def test_a_backup_that_there_is_not_names_the_list(store: Store, folder: Path) -> None:
    with pytest.raises(UsageError, match="trendctl backup list"):
        backup.find(store, folder, "7")
    with pytest.raises(UsageError):
        backup.restore(store, folder, "7", NOW)


def test_a_backup_that_fails_leaves_nothing(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(StoreError):
        backup.write_copy(tmp_path / "none.db", folder, "manual", NOW)
    assert not (tmp_path / "none.db").exists()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="No space"):
        backup.write_copy(store.path, folder, "manual", NOW)
    monkeypatch.undo()
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(b"x" * 5000)
    with pytest.raises(StoreError):
        backup.write_copy(damaged, folder, "manual", NOW)
    assert list(folder.iterdir()) == []


def test_a_database_with_a_broken_reference_is_no_good_backup(store: Store, folder: Path) -> None:
    with closing(sqlite3.connect(store.path, isolation_level=None)) as db:
        db.execute("INSERT INTO review_open (product_id, at) VALUES (99, 1)")
    with pytest.raises(StoreError, match="not a good database"):
        backup.create(store, folder, "manual", NOW)
    assert list(folder.iterdir()) == []


_READER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("BEGIN")
db.execute("SELECT count(*) FROM product").fetchone()
print("open", flush=True)
sys.stdin.read()
"""


@contextmanager
def read_by_another(store: Store) -> Iterator[None]:
    """Another process has the database open: what is written meanwhile stays in its log. It ends by SIGKILL."""
    with subprocess.Popen(
        [sys.executable, "-c", _READER, str(store.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        try:
            yield
        finally:
            other.kill()


def test_the_copy_of_a_damaged_database_holds_what_stands_in_its_log(store: Store, folder: Path) -> None:
    product(store, "old")
    made = backup.create(store, folder, "manual", NOW)
    with read_by_another(store):
        product(store, "typed-in-today")
        with closing(sqlite3.connect(store.path, isolation_level=None)) as db:
            db.execute("INSERT INTO review_open (product_id, at) VALUES (99, 1)")
        _, safety = backup.restore(store, folder, made.path, NOW + 1)
    assert safety is not None
    assert {stat.S_IMODE(p.stat().st_mode) for p in folder.glob("damaged-*")} == {0o600}
    assert set(folder.glob("damaged-*")) <= set(backup.made_before(folder, NOW))
    with closing(sqlite3.connect(safety)) as copy:
        assert copy.execute("SELECT uid FROM product ORDER BY uid").fetchall() == [("old",), ("typed-in-today",)]
    assert titles(store) == ["old"]


@pytest.mark.parametrize("step", ["wal", "replace"])
def test_a_restore_that_fails_loses_no_commit(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    product(store, "old")
    made = backup.create(store, folder, "manual", NOW)
    real_connect, real_replace = sqlite3.connect, os.replace

    class Full(sqlite3.Connection):
        def execute(self, sql: str, *more: object) -> sqlite3.Cursor:
            if sql == "PRAGMA journal_mode = WAL":
                raise sqlite3.OperationalError("database or disk is full")
            return super().execute(sql, *more)  # type: ignore[arg-type]  # as given

    def replace(source: Path, target: Path) -> None:
        if target == store.path:
            raise OSError(28, "No space left on device")
        real_replace(source, target)

    product(store, "typed-in-today")
    before = [str(p) for p in folder.iterdir()] if step == "wal" else []
    if step == "wal":
        monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: real_connect(*a, factory=Full, **k))
    else:
        monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(StoreError, match=r"full|No space"):
        backup.restore(store, folder, made.path, NOW + 1)
    monkeypatch.undo()
    assert titles(store) == ["old", "typed-in-today"]
    assert leftovers(folder) == []
    assert not before or [str(p) for p in folder.iterdir()] == before


def test_a_failed_restore_beside_a_reader_loses_no_commit(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    product(store, "old")
    made = backup.create(store, folder, "manual", NOW)

    def full(path: Path) -> None:
        raise StoreError("The backup cannot be made ready", why="database or disk is full")

    monkeypatch.setattr(backup, "_use_wal", full)
    with read_by_another(store):
        product(store, "typed-in-today")
        with pytest.raises(StoreError):
            backup.restore(store, folder, made.path, NOW + 1)
    assert titles(store) == ["old", "typed-in-today"]


def test_the_latest_backup_is_not_what_a_restore_replaced(store: Store, folder: Path) -> None:
    product(store, "good")
    made = backup.create(store, folder, "manual", NOW)
    product(store, "wrong")
    for seconds in (100, 200):
        found, _ = backup.restore(store, folder, "latest", NOW + seconds)
        assert found.path == made.path
        assert titles(store) == ["good"]
    (folder / made.path).unlink()
    assert "before-restore" in backup.find(store, folder, "latest").path


def test_a_name_that_a_dead_process_had_reserved_is_no_backup(store: Store, folder: Path) -> None:
    made = backup.create(store, folder, "manual", NOW)
    (folder / "20990101T000000Z-scheduled.db.gz").touch()
    assert backup.listed(store, folder) == (made,)
    assert backup.find(store, folder, "latest") == made
