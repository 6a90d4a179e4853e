"""Incidents: opened once a fault, closed when it is gone, told once; and the messages sent about them."""

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from trendctl.store.engine import Store
from trendctl.store.writers import Role

REOPEN_SECONDS = (
    6 * 3600
)  # back within this time, it is the same incident: a source that flaps from scan to scan is told once
_COLUMNS = (
    "id, fault, severity, cause, confidence, action, repair_id, opened_at, closed_at, detail, times, told_at, subject,"
    " evidence"
)
# Takes (severity, quiet, severity, severity). "fail" sorts before "warn"; in an UPDATE all columns are the old ones.
_WORSE = (
    "told_at = CASE WHEN ? < severity AND NOT ? THEN NULL ELSE told_at END,"
    " severity = CASE WHEN told_at IS NULL THEN ? ELSE min(severity, ?) END"
)


@dataclass(frozen=True, slots=True)
class Incident:
    """One row. `confidence` None: nothing was diagnosed; `closed_at` None: open. Times in epoch seconds.

    `subject`: the source, job or platform it is about; "" the whole. `evidence`: how its cause is known.
    """

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
    subject: str = ""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong now. `detail` is for a person; "" leaves that of an open incident as it is. `quiet`: the person was
    told of it under another name, no message is sent."""

    fault: str
    severity: str
    detail: str
    cause: str = ""
    subject: str = ""
    evidence: tuple[str, ...] = ()
    quiet: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """What it is about."""
        return self.fault, self.subject


def settle(store: Store, findings: Sequence[Finding], now: int, fine: Collection[str] | None = None) -> tuple[int, int]:
    """Open what is new, close what is gone; how many of each.

    `fine`: the faults known to be gone; None: all that are not found. A check that could not run closes nothing.
    Writes only where something changed: an unchanged round leaves the disk alone. An incident that becomes worse than
    it was told is told anew, and keeps that severity until it is over: once, however often it goes up and down.
    """
    with store.read() as db:
        rows = db.execute(f"SELECT {_COLUMNS} FROM incident WHERE closed_at IS NULL").fetchall()
    before = {(row["fault"], row["subject"]): row for row in rows}
    wrong = {f.key: f for f in findings}
    gone = [key for key in before if key not in wrong and (fine is None or key[0] in fine)]
    fresh = [f for f in wrong.values() if f.key not in before]
    changed = [f for f in wrong.values() if f.key in before and _differs(f, before[f.key])]
    if not (gone or fresh or changed):
        return 0, 0
    with store.write(Role.SELFHEAL) as db:
        opened = sum(_open(db, f, now) for f in fresh)
        db.executemany("UPDATE incident SET closed_at = ? WHERE fault = ? AND subject = ? AND closed_at IS NULL",
                       [(now, *key) for key in gone])  # fmt: skip
        db.executemany(
            f"UPDATE incident SET {_WORSE}, detail = coalesce(nullif(?, ''), detail), cause = ?, evidence = ?,"
            " seen_at = ? WHERE fault = ? AND subject = ? AND closed_at IS NULL",
            [(*_severity(f), f.detail[:500], f.cause[:500], json.dumps(f.evidence), now, *f.key) for f in changed],
        )
    return opened, len(gone)


def _differs(f: Finding, row: sqlite3.Row) -> bool:
    severity = f.severity if row["told_at"] is None else min(f.severity, row["severity"])  # "fail" before "warn"
    told = (severity, f.detail[:500] or row["detail"], f.cause[:500], json.dumps(f.evidence))
    return told != (row["severity"], row["detail"], row["cause"], row["evidence"])


def _severity(f: Finding) -> tuple[str, bool, str, str]:
    return f.severity, f.quiet, f.severity, f.severity


def _open(db: sqlite3.Connection, f: Finding, now: int) -> bool:
    """A new row; or the last one again, where the fault came back soon."""
    row = db.execute(
        "SELECT id FROM incident WHERE fault = ? AND subject = ? AND closed_at > ? AND closed_at <= ?"
        " ORDER BY id DESC LIMIT 1",
        (*f.key, now - REOPEN_SECONDS, now),
    ).fetchone()
    if row:
        db.execute(
            f"UPDATE incident SET closed_at = NULL, times = times + 1, seen_at = ?, {_WORSE}, detail = ?, cause = ?,"
            " evidence = ? WHERE id = ?",
            (now, *_severity(f), f.detail[:500], f.cause[:500], json.dumps(f.evidence), row[0]),
        )
        return False
    _insert(db, f, now, now, None)
    return True


def open_ids(db: sqlite3.Connection) -> dict[tuple[str, str], int]:
    """The numbers of open incidents by (fault, subject)."""
    rows = db.execute("SELECT fault, subject, id FROM incident WHERE closed_at IS NULL")
    return {(row[0], row[1]): row[2] for row in rows}


def judge(store: Store, told: Sequence[tuple[int, str, float | None, int | None, str]], now: int) -> None:
    """Write (number, action, confidence, repair, detail) down; what was fixed is over now. Only what changed."""
    with store.read() as db:
        before = {row["id"]: row for row in db.execute(f"SELECT {_COLUMNS} FROM incident WHERE closed_at IS NULL")}
    due = [
        (action, confidence, repair, detail[:500], now if action == "fixed" else None, number)
        for number, action, confidence, repair, detail in told
        if (row := before.get(number)) is not None
        and (row["action"], row["confidence"], row["repair_id"], row["detail"])
        != (action, confidence, repair, detail[:500])
    ]
    if due:
        with store.write(Role.SELFHEAL) as db:
            db.executemany(
                "UPDATE incident SET action = ?, confidence = ?, repair_id = ?, detail = ?, closed_at = ? WHERE id = ?",
                due,
            )


def _insert(db: sqlite3.Connection, f: Finding, opened: int, now: int, closed: int | None) -> None:
    db.execute(
        "INSERT INTO incident (fault, severity, cause, detail, opened_at, seen_at, closed_at, subject, evidence,"
        " told_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            f.fault,
            f.severity,
            f.cause[:500],
            f.detail[:500],
            opened,
            now,
            closed,
            f.subject,
            json.dumps(f.evidence),
            now if f.quiet else None,
        ),
    )


def record(store: Store, f: Finding, opened: int, now: int) -> None:
    """Something that happened and is over (a missed hour, a clock jump): an incident opened then and closed now."""
    with store.write(Role.SELFHEAL) as db:
        add(db, f, opened, now)


def add(db: sqlite3.Connection, f: Finding, opened: int, now: int) -> None:
    """The same within a transaction on behalf of healing."""
    _insert(db, f, min(opened, now), now, now)


def listed(db: sqlite3.Connection, *, only_open: bool = False, limit: int = 200) -> list[Incident]:
    """Open ones first, then the newest."""
    where = "WHERE closed_at IS NULL" if only_open else ""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM incident {where} ORDER BY closed_at IS NOT NULL, opened_at DESC, id DESC LIMIT ?",
        (limit,),
    )
    return [_incident(row) for row in rows]


def _incident(row: sqlite3.Row) -> Incident:
    values = {name: row[name] for name in row.keys()}  # noqa: SIM118 - a Row iterates over its values
    return Incident(**values | {"evidence": tuple(json.loads(values["evidence"]))})


def recent(db: sqlite3.Connection, prefix: str, since: int, now: int) -> list[Incident]:
    """Incidents of faults that begin with `prefix`, seen since then, newest first; none of a clock that was ahead."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM incident WHERE fault >= ? AND fault < ? AND seen_at >= ? AND seen_at <= ?"
        " ORDER BY id DESC",
        (prefix, prefix + "\U0010ffff", since, now),
    )
    return [_incident(row) for row in rows]


def untold(db: sqlite3.Connection) -> list[Incident]:
    """Those about which no message was sent, the most severe and oldest first."""
    rows = db.execute(f"SELECT {_COLUMNS} FROM incident WHERE told_at IS NULL ORDER BY severity, id")
    return [_incident(row) for row in rows]


def told(store: Store, ids: Sequence[int], now: int, title: str) -> None:
    """A message about these was sent."""
    with store.write(Role.SELFHEAL) as db:
        db.executemany("UPDATE incident SET told_at = ? WHERE id = ?", [(now, i) for i in ids])
        db.execute("INSERT INTO notice (at, incidents, title) VALUES (?, ?, ?)", (now, len(ids), title[:200]))


def notices_since(db: sqlite3.Connection, since: int, now: int) -> int:
    """How many messages were sent; those of a clock that was ahead do not count."""
    return int(db.execute("SELECT count(*) FROM notice WHERE at >= ? AND at <= ?", (since, now)).fetchone()[0])


def forget_closed(store: Store, before: int) -> int:
    """Drop incidents closed, and messages sent, before then; how many incidents."""
    with store.write(Role.SELFHEAL) as db:
        db.execute("DELETE FROM notice WHERE at < ?", (before,))
        return db.execute("DELETE FROM incident WHERE closed_at < ?", (before,)).rowcount


def by_severity(found: Sequence[Incident]) -> Mapping[str, int]:
    """How many of each severity."""
    return {s: sum(i.severity == s for i in found) for s in ("fail", "warn")}
