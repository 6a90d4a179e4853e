"""The audit chain and its journal: both tell the same story, and neither can be changed unseen."""

import json
import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store_rows import NOW, product, put
from trendctl.errors import Refused, StoreError
from trendctl.home import Home
from trendctl.store import audit, backup
from trendctl.store.audited import audited
from trendctl.store.engine import Store
from trendctl.store.journal import Journal
from trendctl.store.writers import Role


def record(store: Store, journal: Journal, *keys: str) -> None:
    for key in keys:
        with audited(store, journal, Role.APPROVAL, NOW) as work:
            work.record("test", key, {"key": key, "text": "Größe\n2"})


def head(store: Store) -> tuple[int, str]:
    with store.read() as db:
        return audit.head(db)


def tamper(store: Store, sql: str, *values: Any) -> None:
    """Change the file behind the program's back, as its owner could."""
    with closing(sqlite3.connect(store.path, isolation_level=None)) as db:
        for name in ("audit_frozen", "audit_kept"):
            db.execute(f"DROP TRIGGER {name}")
        db.execute(sql, values)


# ---------------------------------------------------------------- the chain


def test_an_empty_chain_has_the_genesis_head(store: Store) -> None:
    assert head(store) == (0, audit.GENESIS)


def test_each_entry_follows_from_the_one_before(store: Store, journal: Journal) -> None:
    record(store, journal, "a", "b", "c")
    with store.read() as db:
        chain = audit.entries(db)
        assert audit.entries(db, 2) == chain[2:]
    assert [e.seq for e in chain] == [1, 2, 3]
    assert [e.problem(before) for before, e in zip([None, *chain], chain, strict=False)] == [None, None, None]
    assert chain[1].problem(None) is not None
    assert head(store) == (3, chain[-1].chain)


def test_an_entry_is_there_only_if_its_transaction_is(store: Store, journal: Journal) -> None:
    def half() -> None:
        with audited(store, journal, Role.APPROVAL, NOW) as work:
            work.record("test", "dropped", {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half()
    assert head(store) == (0, audit.GENESIS)
    assert journal.last() is None


def test_rows_and_their_entry_are_written_together(store: Store, journal: Journal) -> None:
    product_id = product(store)
    with audited(store, journal, Role.APPROVAL, NOW) as work:
        put(work.db, "review", product_id=product_id, status="rejected", at=work.now)
        assert work.record("review", "p1", {"status": "rejected"}) == 1
    with store.read() as db:
        assert db.execute("SELECT status FROM review").fetchone()["status"] == "rejected"
    last = journal.last()
    assert last is not None
    assert (last.kind, last.key, last.at) == ("review", "p1", NOW)


def test_a_tombstone_keeps_the_chain_whole(store: Store, journal: Journal) -> None:
    record(store, journal, "a", "b")
    with store.write(Role.FORGET) as db:
        put(db, "forget_run", scope="everything", at=NOW)
        db.execute("UPDATE audit SET body = NULL WHERE seq = 1")
    assert journal.verify(store).ok
    assert journal.forget(store) == 1
    assert [e.body is None for e in journal.entries()] == [True, False]
    assert journal.verify(store).ok


def test_a_replayed_entry_is_the_same(store: Store, journal: Journal) -> None:
    record(store, journal, "a", "b")
    kept = list(journal.entries())
    tamper(store, "DELETE FROM audit WHERE seq = 2")
    with store.write(Role.APPROVAL) as db:
        audit.replay(db, kept[1])
    assert journal.verify(store).ok


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20), st.integers(1, 99))
def test_every_part_of_an_entry_is_in_its_link(kind: str, key: str, body: str, seq: int) -> None:
    whole = audit.link(audit.GENESIS, seq, kind, key, body)
    assert len(whole) == 64
    assert whole != audit.link(audit.GENESIS, seq + 1, kind, key, body)
    assert whole != audit.link(audit.GENESIS, seq, kind + "x", key, body)
    assert whole != audit.link(audit.GENESIS, seq, kind, key, body + "x")
    assert whole != audit.link("1" * 64, seq, kind, key, body)


# ---------------------------------------------------------------- the journal


def test_the_journal_is_private_and_one_entry_a_line(store: Store, journal: Journal) -> None:
    record(store, journal, "a", "b")
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600
    lines = journal.path.read_text("utf-8").splitlines()
    assert [json.loads(line)["key"] for line in lines] == ["a", "b"]
    with store.read() as db:
        assert list(journal.entries()) == audit.entries(db)


def test_a_journal_behind_the_database_catches_up(store: Store, journal: Journal) -> None:
    record(store, journal, "a", "b", "c")
    first = journal.path.read_bytes().splitlines(keepends=True)[0]
    journal.path.write_bytes(first)
    assert not journal.verify(store).ok
    assert not journal.is_ahead(store)
    assert journal.catch_up(store) == 2
    assert journal.catch_up(store) == 0
    assert journal.verify(store).ok


def test_a_lost_journal_is_written_anew(store: Store, journal: Journal) -> None:
    record(store, journal, "a", "b")
    journal.path.unlink()
    assert journal.catch_up(store) == 2
    assert journal.verify(store).ok


@pytest.mark.parametrize("left", [0, 1, 30, -1])
def test_a_torn_last_line_is_written_again(store: Store, journal: Journal, left: int) -> None:
    record(store, journal, "a", "b", "c")
    lines = journal.path.read_bytes().splitlines(keepends=True)
    journal.path.write_bytes(b"".join(lines[:2]) + lines[2][:left])
    assert [e.key for e in journal.entries()] == ["a", "b"]
    last = journal.last()
    assert last is not None
    assert last.key == "b"
    record(store, journal, "d")
    assert [e.key for e in journal.entries()] == ["a", "b", "c", "d"]
    assert journal.verify(store).ok


def test_a_torn_first_line_is_an_empty_journal(store: Store, journal: Journal) -> None:
    record(store, journal, "a")
    journal.path.write_bytes(journal.path.read_bytes()[:-5])
    assert journal.last() is None
    assert journal.catch_up(store) == 1
    assert journal.verify(store).ok


def test_entries_longer_than_a_block_are_read_whole(store: Store, journal: Journal) -> None:
    for key in ("a", "b"):
        with audited(store, journal, Role.APPROVAL, NOW) as work:
            work.record("test", key, {"intent": "é" * 100_000})
    last = journal.last()
    assert last is not None
    assert last.key == "b"
    assert journal.verify(store).ok


def test_an_older_database_is_noticed_however_it_came_there(store: Store, journal: Journal, home: Home) -> None:
    record(store, journal, "a")
    old = store.path.read_bytes()
    record(store, journal, "b")
    assert not journal.is_ahead(store)
    store.path.write_bytes(old)
    assert journal.is_ahead(store)
    before = journal.path.read_bytes()
    with pytest.raises(Refused, match="trendctl reconcile"):
        journal.catch_up(store)
    assert journal.path.read_bytes() == before
    assert journal.verify(store).differences == ("entry 2 (test b) is not in the database",)


def test_a_restored_backup_is_noticed(store: Store, journal: Journal, home: Home) -> None:
    record(store, journal, "a")
    backup.create(store, home.backups, "manual", NOW)
    assert not journal.is_ahead(store)
    record(store, journal, "b")
    backup.restore(store, home.backups, "latest", NOW)
    assert journal.is_ahead(store)


def test_another_database_that_went_on_is_noticed(store: Store, journal: Journal) -> None:
    record(store, journal, "a")
    old = store.path.read_bytes()
    record(store, journal, "b")
    store.path.write_bytes(old)
    with store.write(Role.APPROVAL) as db:
        audit.append(db, "test", "another b", {}, NOW)
        audit.append(db, "test", "another c", {}, NOW)
    assert journal.is_ahead(store)


def test_after_a_restore_no_act_goes_on(store: Store, journal: Journal) -> None:
    record(store, journal, "a")
    old = store.path.read_bytes()
    record(store, journal, "b")
    store.path.write_bytes(old)
    with pytest.raises(Refused, match="ahead"):
        record(store, journal, "c")
    assert head(store)[0] == 1, "refused before anything was written"


def test_a_journal_that_cannot_be_written_stops_the_act(
    store: Store, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(store, journal, "a")

    def full(handle: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("trendctl.store.journal.os.write", full)
        with pytest.raises(StoreError, match="cannot be written"):
            record(store, journal, "b")
    assert head(store)[0] == 2, "the commit stands"
    assert journal.catch_up(store) == 1


def test_a_disk_that_fills_within_a_line_leaves_a_journal_that_goes_on(
    store: Store, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(store, journal, "a")
    write = os.write
    written: list[int] = []

    def filling(handle: int, data: bytes) -> int:
        if written:
            raise OSError(28, "No space left on device")
        written.append(write(handle, bytes(data)[:20]))
        return written[0]

    with monkeypatch.context() as patched:
        patched.setattr("trendctl.store.journal.os.write", filling)
        with pytest.raises(StoreError):
            record(store, journal, "b")
    record(store, journal, "c")
    assert [e.key for e in journal.entries()] == ["a", "b", "c"]
    assert journal.verify(store).ok


def test_the_journal_is_on_the_disk_before_the_act_goes_on(
    store: Store, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (synced.append(os.fstat(handle).st_size), fsync(handle))[1])
    record(store, journal, "a")
    assert journal.path.stat().st_size in synced


# ---------------------------------------------------------------- verify


@pytest.mark.parametrize(
    ("sql", "seen"),
    [
        ("UPDATE audit SET body = '{}' WHERE seq = 2", "database: entry 2 was changed"),
        ("UPDATE audit SET key = 'x' WHERE seq = 2", "database: entry 2 does not follow"),
        ("UPDATE audit SET at = at WHERE seq = 2", ""),
        ("DELETE FROM audit WHERE seq = 2", "entry 2 (test b) is not in the database"),
        ("DELETE FROM audit WHERE seq = 3", "entry 3 (test c) is not in the database"),
        ("UPDATE audit SET seq = 9 WHERE seq = 3", "database: entry 9 stands where 3 should"),
    ],
)
def test_a_change_in_the_database_is_seen(store: Store, journal: Journal, sql: str, seen: str) -> None:
    record(store, journal, "a", "b", "c")
    tamper(store, sql)
    verdict = journal.verify(store)
    assert verdict.ok is (seen == "")
    assert any(seen in difference for difference in verdict.differences) or not seen


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        (lambda lines: lines[:1] + lines[2:], "entry 2 (test b) is not in the journal"),
        (lambda lines: [lines[0], lines[2], lines[1]], "journal: entry 3 stands where 2 should"),
        (lambda lines: [lines[0], lines[1].replace(b'"b"', b'"x"'), lines[2]], "journal: entry 2"),
        (lambda lines: [lines[0], b"garbage\n", lines[2]], "cannot be read"),
        (lambda lines: [lines[0], b'{"seq": 2}\n', lines[2]], "cannot be read"),
    ],
)
def test_a_change_in_the_journal_is_seen(store: Store, journal: Journal, change: Any, seen: str) -> None:
    record(store, journal, "a", "b", "c")
    journal.path.write_bytes(b"".join(change(journal.path.read_bytes().splitlines(keepends=True))))
    verdict = journal.verify(store)
    assert not verdict.ok
    assert any(seen in difference for difference in verdict.differences), verdict.differences


def test_verify_gives_both_heads(store: Store, journal: Journal) -> None:
    record(store, journal, "a", "b")
    verdict = journal.verify(store)
    assert (verdict.ok, verdict.differences) == (True, ())
    assert verdict.database_head == verdict.journal_head == head(store)


def test_a_chain_that_was_rewritten_whole_is_seen_against_the_journal(store: Store, journal: Journal) -> None:
    record(store, journal, "a", "b")
    tamper(store, "DELETE FROM audit")
    with store.write(Role.APPROVAL) as db:
        audit.append(db, "test", "a", {}, NOW)
        audit.append(db, "test", "b", {}, NOW)
    verdict = journal.verify(store)
    assert "entry 1 differs between database and journal" in verdict.differences
    assert journal.is_ahead(store)


def test_a_damaged_last_line_of_the_journal_is_told(store: Store, journal: Journal) -> None:
    record(store, journal, "a")
    journal.path.write_bytes(b"garbage\n")
    with pytest.raises(StoreError, match="trendctl audit verify"):
        journal.catch_up(store)


def test_a_journal_in_a_folder_that_cannot_be_made_is_told(store: Store, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be written"):
        record(store, Journal(tmp_path / "file" / "journal"), "a")


def test_what_another_process_has_not_journaled_yet_is_no_difference(store: Store, journal: Journal) -> None:
    record(store, journal, "a")
    with store.write(Role.APPROVAL) as db:
        audit.append(db, "test", "b", {}, NOW)
    assert not journal.verify(store).ok
    assert journal.settled(store).ok


def test_a_difference_that_stays_is_told_by_settled_too(store: Store, journal: Journal) -> None:
    record(store, journal, "a", "b")
    tamper(store, "UPDATE audit SET body = '{}' WHERE seq = 1")
    assert journal.settled(store).differences == journal.verify(store).differences != ()
