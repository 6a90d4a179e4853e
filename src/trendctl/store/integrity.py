"""Is the database's structure whole: indexes against their tables, the schema against the recorded migrations."""

import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache

from trendctl.store.engine import Store, prepare
from trendctl.store.migrate import migrations, statements

_MOST = 20  # lines of a verdict
_NAMED = re.compile(r"\bindex (\w+)$")


@dataclass(frozen=True, slots=True)
class Schema:
    """How the schema stands against what is recorded. `half`: objects of migrations that are not recorded, or missing
    ones of recorded migrations; `due`: numbers not applied yet; `newer`: numbers this program does not know."""

    half: tuple[str, ...] = ()
    due: tuple[int, ...] = ()
    newer: tuple[int, ...] = ()


def wrong_entries(db: sqlite3.Connection, tables: tuple[str, ...] = ()) -> list[str]:
    """What integrity_check says of these tables and their indexes (of all without names); [] where all is well."""
    told: list[str] = []
    for table in tables or ("",):
        argument = f"({table})" if table else f"({_MOST})"
        told += [str(row[0]) for row in db.execute(f"PRAGMA integrity_check{argument}").fetchall()]
    return [line for line in told if line != "ok"][:_MOST]


def broken_indexes(verdict: list[str]) -> tuple[str, ...]:
    """The indexes that a verdict names where it speaks of nothing else, so that rebuilding them mends all; else ().

    Only entries that do not fit the table: damaged pages are no case for a rebuild, which would follow their wrong
    pointers and could free pages of others; two rows where one may be are a fault of the table.
    """
    lines = [part.strip() for text in verdict for part in re.split(r"[;\n]", text)]
    named = [(line, _NAMED.search(line)) for line in lines if line and not line.startswith("***")]
    if any(match is None or "non-unique" in line for line, match in named):
        return ()
    return tuple(sorted({match[1] for _, match in named if match}))


def names_of_indexes(db: sqlite3.Connection) -> frozenset[str]:
    """Every index that a REINDEX could name."""
    return frozenset(row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'index'"))


def tables_of(db: sqlite3.Connection, indexes: tuple[str, ...]) -> tuple[str, ...]:
    """The tables that these indexes belong to."""
    marks = ",".join("?" * len(indexes))
    rows = db.execute(
        f"SELECT DISTINCT tbl_name FROM sqlite_master WHERE type = 'index' AND name IN ({marks})", indexes
    )
    return tuple(row[0] for row in rows)


def can_write(store: Store, wait_ms: int) -> str:
    """ "" where the write lock can be had within so many milliseconds (nothing is written), else SQLite's words.

    Raises StoreError where the database cannot be opened at all.
    """
    with closing(store.connect()) as db:
        try:
            db.execute(f"PRAGMA busy_timeout = {int(wait_ms)}")
            db.execute("BEGIN IMMEDIATE")
            db.execute("ROLLBACK")
        except sqlite3.DatabaseError as fault:
            return str(fault)
    return ""


def schema(db: sqlite3.Connection) -> Schema:
    """The schema of a database against its own record and this program's migrations."""
    known = migrations()
    recorded = {int(row[0]) for row in db.execute("SELECT number FROM migration")}
    newest = max((m.number for m in known), default=0)
    newer = tuple(sorted(n for n in recorded if n > newest))
    if newer:
        return Schema(newer=newer)
    there = _objects(db)
    due = tuple(m.number for m in known if m.number not in recorded)
    half = []
    for number, names in _made_by().items():
        if number in recorded:
            half += [f"{name} of migration {number} is missing" for name in sorted(names - there)]
        else:
            half += [f"{name} is there, migration {number} is not recorded" for name in sorted(names & there)]
    return Schema(tuple(half), due)


def _objects(db: sqlite3.Connection) -> frozenset[str]:
    """Tables, indexes, triggers and columns by name."""
    rows = db.execute("SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'").fetchall()
    tables = [row[1] for row in rows if row[0] == "table"]
    columns = {f"{table}.{column[1]}" for table in tables for column in db.execute(f"PRAGMA table_info({table})")}
    return frozenset({f"{row[0]} {row[1]}" for row in rows} | {f"column {name}" for name in columns})


@lru_cache(maxsize=1)
def _made_by() -> dict[int, frozenset[str]]:
    """What each migration adds, found by running them in memory."""
    made: dict[int, frozenset[str]] = {}
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        prepare(db)
        before: frozenset[str] = frozenset()
        for m in migrations():
            for statement in statements(m.sql):
                db.execute(statement)
            now = _objects(db)
            made[m.number] = now - before
            before = now
    return made


@dataclass(frozen=True, slots=True)
class KnownBackup:
    """A backup as it was written: file name, size, hash."""

    path: str
    bytes: int
    sha256: str
    created_at: int


def known_backups(db: sqlite3.Connection) -> list[KnownBackup]:
    """Every backup on record, newest first."""
    rows = db.execute("SELECT path, bytes, sha256, created_at FROM backup ORDER BY created_at DESC, id DESC")
    return [KnownBackup(*tuple(row)) for row in rows]


def has_validator(db: sqlite3.Connection, key: str) -> bool:
    """Whether an ETag is kept under that key."""
    return db.execute("SELECT 1 FROM http_validator WHERE url = ?", (key,)).fetchone() is not None
