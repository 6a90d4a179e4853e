"""What health checks read of the database: few rows by index, so that its size does not matter."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from trendctl.store.engine import Store, explain

DAY = 86_400
LOOK_BACK = 30 * DAY  # a source that was only skipped for longer has nothing to compare with
RUNS = 12  # of a source, newest first
_SMALL = ("draft", "decision", "operation", "listing", "attempt", "supply", "image")
_NAMES = """WITH RECURSIVE s(name) AS (SELECT min(source) FROM source_run UNION ALL
SELECT (SELECT min(source) FROM source_run WHERE source > name) FROM s WHERE name IS NOT NULL)
SELECT name FROM s WHERE name IS NOT NULL"""  # walks the index from name to name
_RUNS = """SELECT outcome, cause, items, at FROM source_run WHERE source = ? AND kind = ? AND at >= ?
AND outcome <> 'skipped' ORDER BY at DESC, id DESC LIMIT ?"""
_MEASURED = """SELECT r.finished_at FROM (SELECT id, finished_at FROM scan_run ORDER BY id DESC LIMIT 200) r
WHERE r.finished_at IS NOT NULL AND EXISTS (SELECT 1 FROM source_run s WHERE s.run_id = r.id
AND s.outcome IN ('ok', 'empty')) ORDER BY r.id DESC LIMIT 1"""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a source in which it was asked; `at` in epoch seconds."""

    outcome: str
    cause: str
    items: int
    at: int


@contextmanager
def reading(store: Store, shared: sqlite3.Connection | None) -> Iterator[sqlite3.Connection]:
    """The shared connection, or one of its own where there is none. Raises StoreError, as `Store.read` does."""
    if shared is None:
        with store.read() as own:
            yield own
        return
    try:
        yield shared
    except sqlite3.DatabaseError as fault:
        raise explain(fault, store.path) from fault


def broken_references(db: sqlite3.Connection) -> list[str]:
    """Tables of the selling half with a reference that leads nowhere. The large tables are for the deep check."""
    return [table for table in _SMALL if db.execute(f"PRAGMA foreign_key_check({table})").fetchone()]


def thorough(db: sqlite3.Connection) -> str:
    """integrity_check (with the indexes) and every reference; what is wrong, or "". Reads all: seconds to minutes."""
    verdict = "; ".join(str(row[0]) for row in db.execute("PRAGMA integrity_check(3)"))
    if verdict != "ok":
        return verdict
    broken = db.execute("PRAGMA foreign_key_check").fetchone()
    return f"a row of {broken[0]} refers to a missing row of {broken[2]}" if broken else ""


def source_runs(db: sqlite3.Connection, now: int) -> Iterator[tuple[str, list[Run]]]:
    """Each source that was ever planned, with its last discovery runs (measuring where it does only that)."""
    for (name,) in db.execute(_NAMES).fetchall():
        for kind in ("discover", "measure"):
            rows = db.execute(_RUNS, (name, kind, now - LOOK_BACK, RUNS)).fetchall()
            if rows:
                break
        yield name, [Run(*tuple(row)) for row in rows]


def switched(db: sqlite3.Connection) -> dict[str, bool]:
    """Sources that a command switched on or off."""
    return {row[0]: bool(row[1]) for row in db.execute("SELECT source, enabled FROM source_setting")}


def last_measured_scan(db: sqlite3.Connection) -> int | None:
    """When the last scan ended that measured anything (epoch seconds); None: none of the last 200 did."""
    row = db.execute(_MEASURED).fetchone()
    return row[0] if row else None


def newest_time(db: sqlite3.Connection) -> int:
    """The latest time that any act stored (epoch seconds); 0 in an empty database."""
    row = db.execute(
        "SELECT max(coalesce((SELECT started_at FROM scan_run ORDER BY id DESC LIMIT 1), 0),"
        " coalesce((SELECT at FROM audit ORDER BY seq DESC LIMIT 1), 0),"
        " coalesce((SELECT max(coalesce(last_finished_at, 0), coalesce(last_started_at, 0)) AS t FROM job_state"
        " ORDER BY t DESC LIMIT 1), 0))"
    ).fetchone()
    return int(row[0])


def journal_head(db: sqlite3.Connection) -> int:
    """The number of the newest audit entry; 0: none."""
    return int(db.execute("SELECT coalesce(max(seq), 0) FROM audit").fetchone()[0])


def unclear_listings(db: sqlite3.Connection, before: int) -> list[tuple[str, str, int]]:
    """(platform, state, number) of operations without a known end: unknown ones, and others older than `before`."""
    rows = db.execute(
        "SELECT platform, state, count(*) FROM operation WHERE state IN ('submitting', 'accepted', 'unknown')"
        " AND (state = 'unknown' OR updated_at < ?) GROUP BY platform, state ORDER BY platform, state",
        (before,),
    )
    return [tuple(row) for row in rows]


def blocked_accounts(db: sqlite3.Connection) -> list[tuple[str, str, str]]:
    """(platform, account, reason) of accounts that may not post."""
    rows = db.execute("SELECT platform, account, reason FROM account_block ORDER BY platform, account")
    return [tuple(row) for row in rows]


def open_circuits(db: sqlite3.Connection, now: int) -> list[tuple[str, float, str]]:
    """(name, until, cause) of accounts that rest after failures."""
    rows = db.execute("SELECT name, open_until, cause FROM http_circuit WHERE open_until > ? ORDER BY name", (now,))
    return [tuple(row) for row in rows]


def silent_calls(db: sqlite3.Connection, number: int) -> str:
    """Why the last so many calls of the language model all gave nothing; "": one answered, or they are fewer."""
    rows = db.execute(
        "SELECT state, cause FROM llm_call WHERE state <> 'reserved' ORDER BY id DESC LIMIT ?", (number,)
    ).fetchall()
    if len(rows) < number or any(row[0] not in ("failed", "lost") for row in rows):
        return ""
    return str(rows[0][1]) or "no answer"


def sign_ins(db: sqlite3.Connection) -> list[tuple[str, str, int]]:
    """(platform, account, end in epoch seconds) of every sign-in whose end is known."""
    return [tuple(row) for row in db.execute("SELECT platform, account, ends_at FROM platform_sign_in ORDER BY 1, 2")]


def spent_limits(db: sqlite3.Connection, since: int) -> list[str]:
    """Names of published call limits that were used up since then; an older row has refilled meanwhile."""
    return [
        row[0]
        for row in db.execute("SELECT name FROM http_bucket WHERE tokens < 1 AND at >= ? ORDER BY name", (since,))
    ]
