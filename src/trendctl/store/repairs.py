"""Everything that healing asks of the database and does to it: repairs, outcomes, and the few acts it is allowed."""

import json
import os
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from trendctl.errors import StoreError
from trendctl.ports import Json
from trendctl.store.engine import Store, explain, prepare
from trendctl.store.writers import CACHES, Role

JOB_COLUMNS = ("last_started_at", "last_finished_at", "last_ok_at", "next_due_at", "outcome", "detail", "broken_off")
_NUMBERED = frozenset({"http_validator"})  # caches whose rows have a number of their own: the others are WITHOUT ROWID
MOST_CACHED = 20_000  # rows that one repair may forget: the way back holds them all
_COLUMNS = (
    "id, token, incident_id, fault, subject, fix, words, undo_words, evidence, state, backup, touched, detail,"
    " ordered_by, started_at, finished_at"
)


@dataclass(frozen=True, slots=True)
class Repair:
    """One row. Times in epoch seconds; `finished_at` None: in progress. `backup` "": none was needed or possible."""

    id: int
    token: str
    incident_id: int | None
    fault: str
    subject: str
    fix: str
    words: str
    undo_words: str
    evidence: tuple[str, ...]
    state: str
    backup: str
    touched: tuple[str, ...]
    detail: str
    ordered_by: str
    started_at: int
    finished_at: int | None


# ---------------------------------------------------------------- repairs and what came of them


def put(store: Store, row: Mapping[str, Json]) -> int:
    """Write a repair as its register entry has it, by token; its number."""
    values = {name: json.dumps(v) if isinstance(v, list) else v for name, v in row.items()}
    names = list(values)
    changes = ", ".join(f"{n} = excluded.{n}" for n in names if n != "token")
    with store.write(Role.SELFHEAL) as db:
        made = db.execute(
            f"INSERT INTO repair ({', '.join(names)}) VALUES ({', '.join(f':{n}' for n in names)})"
            f" ON CONFLICT (token) DO UPDATE SET {changes} RETURNING id",
            values,
        ).fetchone()
    return int(made[0])


def listed(db: sqlite3.Connection, limit: int = 200) -> list[Repair]:
    """The newest first."""
    rows = db.execute(f"SELECT {_COLUMNS} FROM repair ORDER BY started_at DESC, id DESC LIMIT ?", (limit,))
    return [_repair(row) for row in rows]


def find(db: sqlite3.Connection, number: int) -> Repair | None:
    """The repair of that number; None: there is none."""
    row = db.execute(f"SELECT {_COLUMNS} FROM repair WHERE id = ?", (number,)).fetchone()
    return _repair(row) if row else None


def _repair(row: sqlite3.Row) -> Repair:
    values = {name: row[name] for name in row.keys()}  # noqa: SIM118 - a Row iterates over its values
    return Repair(**values | {n: tuple(json.loads(values[n])) for n in ("evidence", "touched")})


def learn(store: Store, token: str, fault: str, success: bool, confidence: float | None, reason: str, now: int) -> None:
    """Note whether a repair helped, once for each; a later word on the same repair replaces the earlier one."""
    with store.write(Role.SELFHEAL) as db:
        before = db.execute("SELECT success FROM repair_outcome WHERE token = ?", (token,)).fetchone()
        db.execute(
            "INSERT INTO repair_outcome VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (token) DO UPDATE"
            " SET success = excluded.success, reason = excluded.reason, at = excluded.at",
            (token, fault, int(success), confidence, reason[:300], now),
        )
        trials, change = (0, int(success) - before[0]) if before else (1, int(success))
        db.execute("INSERT OR IGNORE INTO learning (fault, updated_at) VALUES (?, ?)", (fault, now))
        db.execute(
            "UPDATE learning SET trials = trials + ?, successes = successes + ?, updated_at = ? WHERE fault = ?",
            (trials, change, now, fault),
        )


def learned(db: sqlite3.Connection) -> dict[str, tuple[int, int]]:
    """(trials, successes) on this machine, by fault."""
    return {row[0]: (row[1], row[2]) for row in db.execute("SELECT fault, trials, successes FROM learning")}


def learned_as_stored(store: Store) -> dict[str, tuple[int, int]]:
    """The same of a database that cannot be opened in the usual way (a read-only folder), by its bytes alone: what is
    in the write-ahead log is missing. {} where even that cannot be read."""
    try:
        uri = f"{store.path.absolute().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(uri, uri=True)) as db:
            return learned(db)
    except sqlite3.Error:
        return {}


def judged(db: sqlite3.Connection, limit: int = 1000) -> list[tuple[float, bool]]:
    """(confidence before, whether it helped) of the last repairs that had a confidence."""
    rows = db.execute(
        "SELECT confidence, success FROM repair_outcome WHERE confidence IS NOT NULL ORDER BY at DESC LIMIT ?", (limit,)
    )
    return [(row[0], bool(row[1])) for row in rows]


# ---------------------------------------------------------------- the acts that are allowed, and their way back


def job_row(db: sqlite3.Connection, job: str) -> dict[str, Json] | None:
    """A row of job_state as it stands; None: there is none."""
    row = db.execute(f"SELECT {', '.join(JOB_COLUMNS)} FROM job_state WHERE job = ?", (job,)).fetchone()
    return dict(zip(JOB_COLUMNS, tuple(row), strict=True)) if row else None


def set_job(store: Store, job: str, values: Mapping[str, Json]) -> None:
    """Change columns of a job's row. Raises StoreError where there is no such job or column."""
    unknown = [name for name in values if name not in JOB_COLUMNS]
    if unknown or not values:
        raise StoreError(f"A job has no column {unknown[0] if unknown else ''!r}")
    with store.write(Role.SELFHEAL) as db:
        changed = db.execute(
            f"UPDATE job_state SET {', '.join(f'{n} = :{n}' for n in values)} WHERE job = :job", {**values, "job": job}
        ).rowcount
    if not changed:
        raise StoreError(f"There is no job {job!r}")


def put_job(store: Store, job: str, row: Mapping[str, Json] | None) -> None:
    """Put a job's row back as it was; None: remove it."""
    with store.write(Role.SELFHEAL) as db:
        if row is None:
            db.execute("DELETE FROM job_state WHERE job = ?", (job,))
            return
        names = ("job", *JOB_COLUMNS)
        db.execute(
            f"INSERT INTO job_state ({', '.join(names)}) VALUES ({', '.join(f':{n}' for n in names)})"
            f" ON CONFLICT (job) DO UPDATE SET {', '.join(f'{n} = excluded.{n}' for n in JOB_COLUMNS)}",
            {**dict.fromkeys(JOB_COLUMNS), **row, "job": job},
        )


def cached(db: sqlite3.Connection, table: str, values: Mapping[str, Json]) -> list[dict[str, Json]]:
    """The rows of a cache table in which every named column has that value. Raises StoreError for another table,
    an unknown column, or more rows than one repair may forget."""
    columns = _cache_columns(db, table)
    unknown = [name for name in values if name not in columns]
    if unknown:
        raise StoreError(f"The cache {table} has no column {unknown[0]!r}")
    rows = db.execute(
        f"SELECT {', '.join(columns)} FROM {table}{_where(values)} LIMIT {MOST_CACHED + 1}", dict(values)
    ).fetchall()
    if len(rows) > MOST_CACHED:
        raise StoreError(f"The cache {table} holds more rows than one repair may forget")
    return [dict(zip(columns, tuple(row), strict=True)) for row in rows]


def forget_cached(store: Store, table: str, values: Mapping[str, Json]) -> int:
    """Forget those rows; how many."""
    with store.write(Role.SELFHEAL) as db:
        _cache_columns(db, table)
        return db.execute(f"DELETE FROM {table}{_where(values)}", dict(values)).rowcount


def put_cached(store: Store, table: str, rows: Sequence[Mapping[str, Json]]) -> None:
    """Put forgotten rows back, each where it was; one that was learned anew meanwhile stays."""
    with store.write(Role.SELFHEAL) as db:
        columns = _cache_columns(db, table)
        for names in (columns, [c for c in columns if c != "rowid"]):  # its old place may be taken by another
            db.executemany(
                f"INSERT OR IGNORE INTO {table} ({', '.join(names)}) VALUES ({', '.join(f':{c}' for c in names)})",
                [{name: row[name] for name in names} for row in rows],
            )


def _cache_columns(db: sqlite3.Connection, table: str) -> list[str]:
    if table not in CACHES:
        raise StoreError(f"{table!r} is no cache", why=f"these are: {', '.join(sorted(CACHES))}")
    every = "rowid, *" if table in _NUMBERED else "*"
    return [column[0] for column in db.execute(f"SELECT {every} FROM {table} LIMIT 0").description]


def _where(values: Mapping[str, Json]) -> str:
    return f" WHERE {' AND '.join(f'{n} IS :{n}' for n in sorted(values))}" if values else ""


def reindex(store: Store, index: str) -> None:
    """Rebuild an index from its table. Raises StoreError where there is no such index, or its table contradicts it."""
    connection = store.connect(Role.SELFHEAL)
    try:
        known = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = ?", (index,)).fetchone()
        if known is None:
            raise StoreError(f"There is no index {index!r}")
        quoted = index.replace('"', '""')
        connection.execute(f'REINDEX "{quoted}"')
    except sqlite3.DatabaseError as fault:
        raise explain(fault, store.path) from fault
    finally:
        connection.close()


def checkpoint(store: Store) -> None:
    """Fold the write-ahead log into the database and cut it. Raises StoreError where another process is in the way."""
    connection = store.connect(Role.SELFHEAL)
    try:
        busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.DatabaseError as fault:
        raise explain(fault, store.path) from fault
    finally:
        connection.close()
    if busy:
        raise StoreError("The write-ahead log cannot be folded in", why="another process reads or writes all the time")


def copy_as_it_is(store: Store, target: Path) -> None:
    """A copy by SQLite's own call, not verified: for a database that is not sound. Mode 0600. Raises StoreError."""
    try:
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o600))
        uri = f"{store.path.absolute().as_uri()}?mode=rw"
        with closing(sqlite3.connect(uri, uri=True)) as live, closing(sqlite3.connect(target)) as copy:
            prepare(live)
            live.backup(copy, pages=-1)
    except (OSError, sqlite3.Error) as fault:
        raise StoreError("The database cannot be copied", why=str(fault), next="free some space, try again") from fault


# ---------------------------------------------------------------- what the detector reads


def last_attempts(db: sqlite3.Connection, since: int) -> list[tuple[str, int | None, str, int]]:
    """(platform, HTTP status, cause, time) of the newest answered call to each platform, where it was not applied."""
    rows = db.execute(
        "SELECT o.platform, a.status, a.cause, max(a.started_at) AS at, a.verdict FROM attempt a"
        " JOIN operation o ON o.id = a.operation_id WHERE a.started_at >= ? AND a.verdict IS NOT NULL"
        " GROUP BY o.platform ORDER BY o.platform",
        (since,),
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows if row[4] in ("not_applied", "unknown")]


def failed_model_calls(db: sqlite3.Connection, since: int) -> list[tuple[str, str, int]]:
    """(provider, cause, time) of the model's calls that failed since the last good one, newest first."""
    rows = db.execute(
        "SELECT provider, cause, at, state FROM llm_call WHERE at >= ? AND state <> 'reserved'"
        " ORDER BY id DESC LIMIT 20",
        (since,),
    ).fetchall()
    good = next((n for n, row in enumerate(rows) if row[3] == "done"), len(rows))
    return [(row[0], row[1], row[2]) for row in rows[:good]]
