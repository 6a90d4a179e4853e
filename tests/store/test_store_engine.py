"""Opening the database: pragmas, modes, transactions, and faults told for a person."""

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy

from store_rows import NOW, product, put
from trendctl.errors import StoreError
from trendctl.models import Watch
from trendctl.store import engine
from trendctl.store.audited import audited
from trendctl.store.engine import Store, create_file
from trendctl.store.journal import Journal
from trendctl.store.writers import Role


def test_rows_come_by_name_and_reading_sees_what_was_written(store: Store) -> None:
    product(store, "mug")
    with store.read() as db:
        row = db.execute("SELECT uid, title FROM product").fetchone()
    assert (row["uid"], row["title"]) == ("mug", "Product mug")


def test_a_read_connection_cannot_write(store: Store) -> None:
    with pytest.raises(StoreError, match="cannot be written"), store.read() as db:
        db.execute("INSERT INTO watch (term, created_at) VALUES ('x', 1)")


class Struck(frozenset[int]):
    """A Ctrl-C arrives while the Guard looks into it."""

    def __contains__(self, item: object) -> bool:
        signal.raise_signal(signal.SIGINT)
        return super().__contains__(item)


@pytest.mark.parametrize("through", ["write", "session"])
def test_a_ctrl_c_within_the_guard_is_a_ctrl_c(store: Store, monkeypatch: pytest.MonkeyPatch, through: str) -> None:
    monkeypatch.setattr(engine, "_SELECTS", Struck(engine._SELECTS))
    opened = store.write if through == "write" else store.session
    with pytest.raises(KeyboardInterrupt), opened(Role.APPROVAL) as db:
        db.execute(sqlalchemy.text("SELECT 1") if through == "session" else "SELECT 1")


def test_a_refusal_of_the_guard_is_a_fault_as_before(store: Store) -> None:
    for _ in range(2):
        with pytest.raises(StoreError, match="said no"), store.write(Role.HTTP) as db:
            db.execute("INSERT INTO watch (term, created_at) VALUES ('x', 1)")


def test_a_read_is_one_snapshot(store: Store) -> None:
    with store.read() as db:
        assert db.execute("SELECT count(*) FROM product").fetchone()[0] == 0
        product(store)
        assert db.execute("SELECT count(*) FROM product").fetchone()[0] == 0


@pytest.mark.parametrize("fault", [RuntimeError, KeyboardInterrupt])
def test_a_write_that_fails_leaves_nothing(store: Store, fault: type[BaseException]) -> None:
    def half() -> None:
        with store.write(Role.SCANNER) as db:
            put(db, "watch", term="x", created_at=1)
            raise fault

    with pytest.raises(fault):
        half()
    with store.read() as db:
        assert db.execute("SELECT count(*) FROM watch").fetchone()[0] == 0


def test_a_session_commits_at_its_end_or_leaves_nothing(store: Store) -> None:
    with store.session(Role.SCANNER) as session:
        session.add(Watch(term="kept", created_at=1))

    def half() -> None:
        with store.session(Role.SCANNER) as session:
            session.add(Watch(term="dropped", created_at=1))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half()
    with store.read() as db:
        assert [row["term"] for row in db.execute("SELECT term FROM watch")] == ["kept"]


def test_the_database_saying_no_passes_through_from_both(store: Store) -> None:
    with store.write(Role.SCANNER) as db:
        put(db, "watch", term="x", created_at=1)
    with pytest.raises(sqlite3.IntegrityError), store.write(Role.SCANNER) as db:
        put(db, "watch", term="x", created_at=1)
    with pytest.raises(sqlite3.IntegrityError), store.session(Role.SCANNER) as session:
        session.add(Watch(term="x", created_at=1))


def test_foreign_keys_hold(store: Store) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"), store.write(Role.APPROVAL) as db:
        put(db, "review_open", product_id=999, at=1)


def test_columns_are_typed(store: Store) -> None:
    with pytest.raises(sqlite3.IntegrityError), store.write(Role.SCANNER) as db:
        put(db, "watch", term="x", created_at="yesterday")


@pytest.mark.parametrize("name", ["", "-wal", "-shm"])
def test_every_file_of_the_database_is_private(store: Store, name: str) -> None:
    with store.write(Role.SCANNER) as db:
        put(db, "watch", term="x", created_at=1)
        mode = os.stat(f"{store.path}{name}").st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_a_new_file_is_private_under_any_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        create_file(tmp_path / "new.db")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new.db").stat().st_mode) == 0o600


def test_what_must_not_be_lost_is_synced_at_every_commit(store: Store) -> None:
    levels = {}
    for role in Role:
        connection = store.connect(role)
        connection.set_authorizer(None)
        levels[role] = connection.execute("PRAGMA synchronous").fetchone()[0]
        connection.close()
    assert {role for role, level in levels.items() if level == 2} == {Role.APPROVAL, Role.POSTING, Role.FORGET}


def test_the_journal_mode_is_wal(store: Store) -> None:
    connection = store.connect()
    assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    connection.close()


def test_no_database_yet_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="trendctl init"), Store(tmp_path / "none.db").read():
        pass
    assert not (tmp_path / "none.db").exists()


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "bad.db").write_bytes(b"this is no database at all" * 100)
    store = Store(tmp_path / "bad.db")
    with pytest.raises(StoreError, match="damaged"), store.read() as db:
        db.execute("SELECT 1 FROM product")
    with pytest.raises(StoreError, match="damaged"), store.write(Role.SCANNER) as db:
        put(db, "watch", term="x", created_at=1)


def test_a_folder_in_the_databases_place_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError), Store(tmp_path).read() as db:
        db.execute("SELECT 1")


def test_a_home_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be created"):
        create_file(tmp_path / "no" / "such" / "folder.db")


def test_a_writer_waits_for_another_and_says_so_when_it_takes_too_long(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trendctl.store.engine.BUSY_MS", 1)
    with store.write(Role.SCANNER) as db:
        put(db, "watch", term="x", created_at=1)
        with pytest.raises(StoreError, match="busy"), store.write(Role.APPROVAL):
            pass
        with pytest.raises(StoreError, match="busy"), store.session(Role.APPROVAL) as session:
            session.connection()


def test_readers_do_not_wait_for_a_writer(store: Store) -> None:
    with store.write(Role.SCANNER) as db:
        put(db, "watch", term="x", created_at=1)
        with store.read() as other:
            assert other.execute("SELECT count(*) FROM watch").fetchone()[0] == 0


WRITER = """
import json, sys
from pathlib import Path
from trendctl.store.audited import audited
from trendctl.store.engine import Store
from trendctl.store.journal import Journal
from trendctl.store.writers import Role
root, who = Path(sys.argv[1]), sys.argv[2]
store, journal = Store(root / "trendctl.db"), Journal(root / "journal")
for n in range(25):
    with audited(store, journal, Role.APPROVAL, 1) as work:
        work.record("test", f"{who}-{n}", {"n": n})
        work.db.execute("INSERT INTO compliance_lift VALUES (1, ?, 'r', 1)", (f"{who}-{n}",))
print(json.dumps({"done": who}))
"""


def test_two_processes_writing_at_once_lose_nothing(store: Store, journal: Journal) -> None:
    product(store)
    started = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(store.path.parent), who], stdout=subprocess.PIPE)
        for who in ("a", "b")
    ]
    with audited(store, journal, Role.APPROVAL, NOW) as work:
        work.record("test", "ours", {})
    outputs = [process.communicate(timeout=60)[0] for process in started]
    assert [json.loads(out)["done"] for out in outputs] == ["a", "b"]
    with store.read() as db:
        assert db.execute("SELECT count(*) FROM compliance_lift").fetchone()[0] == 50
        keys = {row["key"] for row in db.execute("SELECT key FROM audit")}
    assert keys == {f"{who}-{n}" for who in "ab" for n in range(25)} | {"ours"}
    verdict = journal.verify(store)
    assert verdict.ok, verdict.differences
    assert verdict.journal_head[0] == 51
