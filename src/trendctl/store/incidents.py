"""Incidents: opened once a fault, closed when it is gone, told once; and the messages sent about them."""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from trendctl.store.engine import Store
from trendctl.store.writers import Role

REOPEN_SECONDS = (
    6 * 3600
)  # back within this time, it is the same incident: a source that flaps from scan to scan is told once
_COLUMNS = "id, fault, severity, cause, confidence, action, repair_id, opened_at, closed_at, detail, times, told_at"


@dataclass(frozen=True, slots=True)
class Incident:
    """One row. `confidence` None: nothing was diagnosed; `closed_at` None: open. Times in epoch seconds."""

    id: int
    fault: str
    severity: str
    cause: str
    confidence: float | None
    action: str
    repair_id: int | None
    opened_at: int
    closed_at: int | None
    detail: str
    times: int
    told_at: int | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong now. `detail` is for a person."""

    fault: str
    severity: str
    detail: str
    cause: str = ""


def settle(store: Store, findings: Sequence[Finding], now: int, fine: Collection[str] | None = None) -> tuple[int, int]:
    """Open what is new, close what is gone; how many of each.

    `fine`: the faults known to be gone; None: all that are not found. A check that could not run closes nothing.
    Writes only where something changed: an unchanged round leaves the disk alone.
    """
    with store.read() as db:
        before = {row["fault"]: row for row in db.execute(f"SELECT {_COLUMNS} FROM incident WHERE closed_at IS NULL")}
    wrong = {f.fault: f for f in findings}
    gone = [fault for fault in before if fault not in wrong and (fine is None or fault in fine)]
    fresh = [f for f in wrong.values() if f.fault not in before]
    changed = [f for f in wrong.values() if f.fault in before and _differs(f, before[f.fault])]
    if not (gone or fresh or changed):
        return 0, 0
    with store.write(Role.SELFHEAL) as db:
        opened = sum(_open(db, f, now) for f in fresh)
        db.executemany("UPDATE incident SET closed_at = ? WHERE fault = ? AND closed_at IS NULL",
                       [(now, fault) for fault in gone])  # fmt: skip
        db.executemany(
            "UPDATE incident SET severity = ?, detail = ?, cause = ?, seen_at = ?"
            " WHERE fault = ? AND closed_at IS NULL",
            [(f.severity, f.detail[:500], f.cause[:500], now, f.fault) for f in changed],
        )
    return opened, len(gone)


def _differs(f: Finding, row: sqlite3.Row) -> bool:
    return (f.severity, f.detail[:500], f.cause[:500]) != (row["severity"], row["detail"], row["cause"])


def _open(db: sqlite3.Connection, f: Finding, now: int) -> bool:
    """A new row; or the last one again, where the fault came back soon."""
    row = db.execute(
        "SELECT id FROM incident WHERE fault = ? AND closed_at > ? ORDER BY id DESC LIMIT 1",
        (f.fault, now - REOPEN_SECONDS),
    ).fetchone()
    if row:
        db.execute(
            "UPDATE incident SET closed_at = NULL, times = times + 1, seen_at = ?, severity = ?, detail = ?, cause = ?"
            " WHERE id = ?",
            (now, f.severity, f.detail[:500], f.cause[:500], row[0]),
        )
        return False
    _insert(db, f, now, now, None)
    return True


def _insert(db: sqlite3.Connection, f: Finding, opened: int, now: int, closed: int | None) -> None:
    db.execute(
        "INSERT INTO incident (fault, severity, cause, detail, opened_at, seen_at, closed_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (f.fault, f.severity, f.cause[:500], f.detail[:500], opened, now, closed),
    )


def record(store: Store, f: Finding, opened: int, now: int) -> None:
    """Something that happened and is over (a missed hour, a clock jump): an incident opened then and closed now."""
    with store.write(Role.SELFHEAL) as db:
        _insert(db, f, min(opened, now), now, now)


def listed(db: sqlite3.Connection, *, only_open: bool = False, limit: int = 200) -> list[Incident]:
    """Open ones first, then the newest."""
    where = "WHERE closed_at IS NULL" if only_open else ""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM incident {where} ORDER BY closed_at IS NOT NULL, opened_at DESC, id DESC LIMIT ?",
        (limit,),
    )
    return [Incident(*tuple(row)) for row in rows]


def recent(db: sqlite3.Connection, prefix: str, since: int) -> list[Incident]:
    """Incidents of faults that begin with `prefix`, seen since then, newest first."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM incident WHERE fault >= ? AND fault < ? AND seen_at >= ? ORDER BY id DESC",
        (prefix, prefix + "\U0010ffff", since),
    )
    return [Incident(*tuple(row)) for row in rows]


def untold(db: sqlite3.Connection) -> list[Incident]:
    """Those about which no message was sent, the most severe and oldest first."""
    rows = db.execute(f"SELECT {_COLUMNS} FROM incident WHERE told_at IS NULL ORDER BY severity, id")
    return [Incident(*tuple(row)) for row in rows]


def told(store: Store, ids: Sequence[int], now: int, title: str) -> None:
    """A message about these was sent."""
    with store.write(Role.SELFHEAL) as db:
        db.executemany("UPDATE incident SET told_at = ? WHERE id = ?", [(now, i) for i in ids])
        db.execute("INSERT INTO notice (at, incidents, title) VALUES (?, ?, ?)", (now, len(ids), title[:200]))


def notices_since(db: sqlite3.Connection, since: int) -> int:
    """How many messages were sent."""
    return int(db.execute("SELECT count(*) FROM notice WHERE at >= ?", (since,)).fetchone()[0])


def last_notice(db: sqlite3.Connection) -> int:
    """When the last message was sent (epoch seconds); 0: never."""
    return int(db.execute("SELECT coalesce(max(at), 0) FROM notice").fetchone()[0])


def forget_closed(store: Store, before: int) -> int:
    """Drop incidents closed, and messages sent, before then; how many incidents."""
    with store.write(Role.SELFHEAL) as db:
        db.execute("DELETE FROM notice WHERE at < ?", (before,))
        return db.execute("DELETE FROM incident WHERE closed_at < ?", (before,)).rowcount


def by_severity(found: Sequence[Incident]) -> Mapping[str, int]:
    """How many of each severity."""
    return {s: sum(i.severity == s for i in found) for s in ("fail", "warn")}
