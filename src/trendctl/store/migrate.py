"""Numbered SQL migrations: each in one transaction with its record, a verified backup before the first of them."""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from trendctl.errors import StoreError
from trendctl.store.engine import create_file, explain, prepare

_RECORD = """CREATE TABLE IF NOT EXISTS migration (
    number INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file of store/migrations."""

    number: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        """Of the file's text: a database made by another text of the same number is refused."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


@cache
def migrations() -> tuple[Migration, ...]:
    """All migrations of this program, in order."""
    folder = resources.files("trendctl.store").joinpath("migrations")
    found = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    return tuple(Migration(int(f.name[:4]), f.name[5:-4], f.read_text("utf-8")) for f in found)


def migrate(path: Path, *, now: int, before: Callable[[Path, str], object]) -> tuple[int, ...]:
    """Bring the database to this program's version; the numbers applied. Creates the file if there is none.

    `before(path, reason)` makes the verified backup; it is called only where data exists.
    Raises StoreError for a newer database, or one whose recorded migrations differ from ours.
    """
    fresh = not path.exists()
    if fresh:
        create_file(path)
    known = migrations()
    applied = _applied(path)
    _refuse_strangers(applied, known)
    due = [m for m in known if m.number not in applied]
    if due and applied:
        before(path, f"before-migration-{due[0].number:04d}")
    return tuple(m.number for m in due if _apply(path, m, now))


def is_current(path: Path) -> bool:
    """Whether nothing is left to apply; a cheap check for every start. Raises StoreError as `migrate` does."""
    known = migrations()
    applied = _applied(path)
    _refuse_strangers(applied, known)
    return len(applied) == len(known)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    prepare(connection, durable=True)
    return connection


def _applied(path: Path) -> dict[int, str]:
    try:
        connection = _connect(path)
    except sqlite3.DatabaseError as fault:
        raise explain(fault, path) from fault
    try:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'migration'").fetchone():
            return {}
        return dict(connection.execute("SELECT number, sha256 FROM migration ORDER BY number").fetchall())
    except sqlite3.DatabaseError as fault:
        raise explain(fault, path) from fault
    finally:
        connection.close()


def _refuse_strangers(applied: dict[int, str], known: tuple[Migration, ...]) -> None:
    newest = max((m.number for m in known), default=0)
    if applied and max(applied) > newest:
        raise StoreError(
            "The database is newer than this program",
            why=f"it has migration {max(applied)}, this trendctl knows {newest}",
            next="install the newer trendctl, or restore an older backup",
        )
    for m in known:
        if applied.get(m.number, m.sha256) != m.sha256:
            raise StoreError(
                "The database was made by another build",
                why=f"its migration {m.number} differs from this program's",
                next="install the trendctl that made it, or restore a backup",
            )


def _apply(path: Path, m: Migration, now: int) -> bool:
    """One migration in one transaction; False if another process was faster."""
    connection = _connect(path)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(_RECORD)
        if connection.execute("SELECT 1 FROM migration WHERE number = ?", (m.number,)).fetchone():
            connection.execute("ROLLBACK")
            return False
        for statement in statements(m.sql):
            connection.execute(statement)
        connection.execute("INSERT INTO migration VALUES (?, ?, ?, ?)", (m.number, m.name, m.sha256, now))
        connection.execute("COMMIT")
        return True
    except sqlite3.DatabaseError as fault:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise explain(fault, path) from fault
    finally:
        connection.close()


def statements(sql: str) -> Iterator[str]:
    """The statements of a script. `executescript` would commit the open transaction, so they run one by one."""
    held = ""
    for line in sql.splitlines(keepends=True):
        held += line
        if sqlite3.complete_statement(held):
            yield held
            held = ""
    if held.strip() and not all(part.strip().startswith("--") or not part.strip() for part in held.splitlines()):
        raise ValueError(f"unfinished statement: {held.strip()[:60]}")
