"""Runs of the scanner and of its sources: what was asked, how it ended and why."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from trendctl.ports import Outcome

_HISTORY = 12  # past runs of a source that are looked at


@dataclass(frozen=True, slots=True)
class SourceRun:
    """One row of source_run. `at` in epoch seconds, `seconds` wall time from the first request to the last parse."""

    source: str
    kind: str
    outcome: Outcome
    cause: str = ""
    items: int = 0
    new_items: int = 0
    observations: int = 0
    rejected: int = 0
    seconds: float = 0.0
    at: int = 0


def begin_run(db: sqlite3.Connection, at: int, reason: str) -> int:
    """A new scan; its id. It stays without an end if the program is killed."""
    return int(db.execute("INSERT INTO scan_run (started_at, reason) VALUES (?, ?)", (at, reason)).lastrowid or 0)


def broken_off(db: sqlite3.Connection) -> int | None:
    """When the last scan started, if it never came to its end (epoch seconds); None: all is well."""
    row = db.execute("SELECT started_at, finished_at FROM scan_run ORDER BY id DESC LIMIT 1").fetchone()
    return row[0] if row and row[1] is None else None


def finish_run(db: sqlite3.Connection, run_id: int, at: int) -> None:
    """The scan came to its end."""
    db.execute("UPDATE scan_run SET finished_at = ? WHERE id = ?", (at, run_id))


def add_source_runs(db: sqlite3.Connection, run_id: int, runs: Sequence[SourceRun]) -> None:
    """How sources ended in a scan."""
    db.executemany(
        "INSERT INTO source_run (run_id, source, kind, outcome, cause, items, new_items, observations, rejected, "
        "seconds, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (run_id, r.source, r.kind, str(r.outcome), r.cause[:500], r.items, r.new_items, r.observations, r.rejected,
             r.seconds, r.at)
            for r in runs
        ],
    )  # fmt: skip


def past_runs(db: sqlite3.Connection, source: str, kind: str = "discover") -> list[SourceRun]:
    """The last runs of a source in which it was truly asked, newest first."""
    rows = db.execute(
        "SELECT * FROM source_run WHERE source = ? AND kind = ? AND outcome <> 'skipped' ORDER BY at DESC, id DESC "
        "LIMIT ?",
        (source, kind, _HISTORY),
    )
    return [_run(row) for row in rows]


def last_seen_outcomes(db: sqlite3.Connection, sources: Sequence[str]) -> Iterator[tuple[str, int | None, str | None]]:
    """For each source: when it was last ok or empty (epoch seconds), and how its last scan ended.

    That is its discovery's outcome, and its measuring's where it was not asked to discover: as the scan's report says.
    """
    for source in sources:
        ok = db.execute(
            "SELECT max(at) FROM source_run WHERE source = ? AND outcome IN ('ok', 'empty')", (source,)
        ).fetchone()[0]
        last = db.execute(
            "SELECT outcome FROM source_run WHERE source = ?1 "
            "AND at = (SELECT max(at) FROM source_run WHERE source = ?1) "
            "ORDER BY run_id DESC, outcome = 'skipped', kind = 'measure', id DESC LIMIT 1",
            (source,),
        ).fetchone()
        yield source, ok, last[0] if last else None


def _run(row: sqlite3.Row) -> SourceRun:
    return SourceRun(
        row["source"], row["kind"], Outcome(row["outcome"]), row["cause"], row["items"], row["new_items"],
        row["observations"], row["rejected"], row["seconds"], row["at"],
    )  # fmt: skip
