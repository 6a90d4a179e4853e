"""SQLite from outside: the drill opens the database file as any program could, past trendctl's own rules.

This is the one place outside store/ with SQL, on purpose: a fault that went through the store's code would be none.
"""

import hashlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

OWN = frozenset({"incident", "repair", "repair_outcome", "learning", "job_state", "notice", "backup"})
"""Tables that healing itself writes, or that a safety copy adds a row to: no part of a comparison."""
Unreadable = sqlite3.DatabaseError
HOLDER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
for statement in sys.argv[2].split(";"):
    db.execute(statement).fetchone()
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection in autocommit mode without any of the program's pragmas; closed at the end."""
    connection = sqlite3.connect(path, timeout=5, isolation_level=None)
    connection.create_function("sha256_hex", 1, _sha256, deterministic=True)
    try:
        yield connection
    finally:
        connection.close()


def _sha256(data: bytes | str) -> str:
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def run(path: Path, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """One statement; its rows."""
    with opened(path) as db:
        return db.execute(sql, tuple(values)).fetchall()


def many(db: sqlite3.Connection, sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """One statement for each row of values, all in one transaction."""
    db.execute("BEGIN IMMEDIATE")
    db.executemany(sql, rows)
    db.execute("COMMIT")


def without_triggers(path: Path, table: str, statements: Sequence[tuple[str, Sequence[Any]]]) -> None:
    """Run statements as if the table had no triggers, which stand again afterwards, word for word."""
    with opened(path) as db:
        kept = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", (table,))
        triggers = kept.fetchall()
        db.execute("BEGIN IMMEDIATE")
        for name, _ in triggers:
            db.execute(f'DROP TRIGGER "{name}"')
        for sql, values in statements:
            db.execute(sql, tuple(values))
        for _, sql in triggers:
            db.execute(sql)
        db.execute("COMMIT")


def unhook_index(path: Path, index: str, statements: Sequence[str]) -> None:
    """Run statements while the schema does not know the index, so that its entries no longer match its table."""
    with opened(path) as db:
        db.execute("PRAGMA writable_schema = ON")
        row = db.execute("SELECT type, name, tbl_name, rootpage, sql FROM sqlite_master WHERE name = ?", (index,))
        kept = row.fetchone()
        version = int(db.execute("PRAGMA schema_version").fetchone()[0])
        db.execute("DELETE FROM sqlite_master WHERE name = ?", (index,))
        db.execute(f"PRAGMA schema_version = {version + 1}")
    with opened(path) as db:
        for sql in statements:
            db.execute(sql)
        db.execute("PRAGMA writable_schema = ON")
        db.execute("INSERT INTO sqlite_master (type, name, tbl_name, rootpage, sql) VALUES (?, ?, ?, ?, ?)", kept)
        db.execute(f"PRAGMA schema_version = {version + 2}")


def faults_of(path: Path) -> list[str]:
    """What SQLite's own integrity_check says; empty: all is well."""
    try:
        with opened(path) as db:
            said = [str(row[0]) for row in db.execute("PRAGMA integrity_check(20)")]
    except sqlite3.DatabaseError as fault:
        return [str(fault)]
    return [] if said == ["ok"] else said


def dump(path: Path, leave_out: frozenset[str] = OWN) -> dict[str, str]:
    """A digest of each table's rows in a fixed order, and of the schema."""
    with opened(path) as db:
        schema = db.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name").fetchall()
        digests = {"schema": _digest(schema)}
        for kind, name, _, _ in schema:
            if kind == "table" and name not in leave_out and not name.startswith("sqlite_"):
                digests[name] = _digest(sorted(map(repr, db.execute(f'SELECT * FROM "{name}" NOT INDEXED'))))
        return digests


def _digest(rows: Any) -> str:
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def keep_busy(path: Path, ends: threading.Event) -> None:
    """Write in short transactions, one after the other, until told to end."""
    db = sqlite3.connect(path, timeout=10, isolation_level=None)
    while not ends.wait(0.002):
        db.execute("BEGIN IMMEDIATE")
        db.execute("UPDATE observation SET value = value WHERE item_id % 7 = 0")
        db.execute("COMMIT")
    db.close()


def fill_wal(path: Path, size: int) -> None:
    """Grow the write-ahead log to `size` bytes by rewriting rows; nothing is folded back meanwhile.

    The connection is left open on purpose: closing the last one would fold the log in and delete it.
    """
    db = sqlite3.connect(path, timeout=5, isolation_level=None)
    db.execute("PRAGMA wal_autocheckpoint = 0")
    db.execute("PRAGMA synchronous = OFF")
    log = Path(f"{path}-wal")
    db.execute("BEGIN IMMEDIATE")
    db.execute("INSERT INTO llm_answer VALUES ('drill', zeroblob(0) || ?, '', 0)", ("x" * 1_000_000,))
    db.execute("COMMIT")
    while log.stat().st_size < size:  # a megabyte each time
        db.execute("UPDATE llm_answer SET answer = answer || 'x' WHERE hash = 'drill'")
    db.execute("DELETE FROM llm_answer WHERE hash = 'drill'")
    _kept.append(db)


_kept: list[sqlite3.Connection] = []


def let_go() -> None:
    """Close what `fill_wal` left open."""
    while _kept:
        _kept.pop().close()
