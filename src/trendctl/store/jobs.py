"""The schedule's memory: when each job began, ended and is due, and how it ended."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from trendctl.store import incidents
from trendctl.store.engine import Store
from trendctl.store.incidents import Finding
from trendctl.store.writers import Role

RUNNING = "running"
WAIT = 3600  # seconds that a host or an account may still be left in peace after the clock was set back


@dataclass(frozen=True, slots=True)
class JobState:
    """One row of job_state; times in epoch seconds, None: never. `outcome`: running, ok, failed, stopped, broken off.

    `broken_off`: how often in a row the process died during this job.
    """

    job: str
    last_started_at: int | None = None
    last_finished_at: int | None = None
    last_ok_at: int | None = None
    next_due_at: int | None = None
    outcome: str = ""
    detail: str = ""
    broken_off: int = 0


def all_states(db: sqlite3.Connection) -> dict[str, JobState]:
    """Every job that was ever begun or noted, by name."""
    rows = db.execute(
        "SELECT job, last_started_at, last_finished_at, last_ok_at, next_due_at, outcome, detail, broken_off"
        " FROM job_state"
    )
    return {row[0]: JobState(*tuple(row)) for row in rows}


def begin(
    store: Store, job: str, now: int, next_due: int, missed: Finding | None = None, since: int | None = None
) -> bool:
    """Claim a job: it is running, and due again at `next_due` even if it takes the process down. False: not due.

    `missed`: what was left undone from `since` on, written down with the claim or not at all: the claim is what makes
    it unknown.
    """
    with store.write(Role.SELFHEAL if missed else Role.APP) as db:
        done = db.execute(
            "INSERT INTO job_state (job, last_started_at, next_due_at, outcome) VALUES (:job, :now, :next, 'running')"
            " ON CONFLICT (job) DO UPDATE SET last_started_at = :now, next_due_at = :next, outcome = 'running'"
            " WHERE next_due_at IS NULL OR next_due_at <= :now",
            {"job": job, "now": now, "next": next_due},
        )
        if missed and done.rowcount:
            incidents.add(db, missed, now if since is None else since, now)
        return done.rowcount == 1


def finish(store: Store, job: str, now: int, outcome: str, detail: str, next_due: int | None = None) -> None:
    """How a job ended; `next_due` None: as `begin` set it."""
    with store.write(Role.APP) as db:
        db.execute(
            "UPDATE job_state SET last_finished_at = :now, outcome = :outcome, detail = :detail, broken_off = 0,"
            " last_ok_at = CASE WHEN :outcome = 'ok' THEN :now ELSE last_ok_at END,"
            " next_due_at = coalesce(:next, next_due_at) WHERE job = :job",
            {"job": job, "now": now, "outcome": outcome, "detail": detail[:500], "next": next_due},
        )


def note(store: Store, job: str, now: int, outcome: str, detail: str) -> None:
    """A fact that is no job with a time (the daemon's own process)."""
    with store.write(Role.APP) as db:
        db.execute(
            "INSERT INTO job_state (job, last_started_at, outcome, detail) VALUES (?, ?, ?, ?) ON CONFLICT (job)"
            " DO UPDATE SET last_started_at = excluded.last_started_at, outcome = excluded.outcome,"
            " detail = excluded.detail",
            (job, now, outcome, detail[:500]),
        )


def due_now(store: Store, job: str, now: int) -> None:
    """Make a known job due at once."""
    with store.write(Role.APP) as db:
        db.execute("UPDATE job_state SET next_due_at = ? WHERE job = ? AND next_due_at > ?", (now, job, now))


def break_off(store: Store, at_once_below: int, now: int) -> list[JobState]:
    """Jobs still 'running' although their process is gone (the caller holds the daemon's lock); as they stood.

    One that broke off fewer than `at_once_below` times in a row is due at once, another at its usual next time:
    a job that kills its process must not do so for ever.
    """
    with store.write(Role.APP) as db:
        found = [s for s in all_states(db).values() if s.outcome == RUNNING]
        db.executemany(
            "UPDATE job_state SET outcome = 'broken off', broken_off = broken_off + 1,"
            " next_due_at = CASE WHEN broken_off + 1 < ? THEN ? ELSE next_due_at END WHERE job = ?",
            [(at_once_below, now, s.job) for s in found if s.next_due_at is not None],
        )
    return [s for s in found if s.next_due_at is not None]


def ahead_by(states: Mapping[str, JobState], now: int) -> int:
    """By how many seconds the stored times lie in the future; 0 or less: they do not."""
    return max((max(s.last_started_at or 0, s.last_finished_at or 0) for s in states.values()), default=0) - now


def bring_back(store: Store, now: int) -> bool:
    """Bring stored times from the future (the clock was set back) to now, so that nothing waits for them.

    False: another process, or the other lane, was faster.
    """
    with store.write(Role.APP) as db:
        changed = db.execute(
            "UPDATE job_state SET last_started_at = min(last_started_at, :now),"
            " last_finished_at = min(last_finished_at, :now), last_ok_at = min(last_ok_at, :now),"
            " next_due_at = min(next_due_at, :now)"
            " WHERE EXISTS (SELECT 1 FROM job_state WHERE last_started_at > :now OR last_finished_at > :now)",
            {"now": now},
        ).rowcount
    if not changed:
        return False
    with store.write(Role.SCANNER) as db:  # else a source asked "next year" would not be due before that
        db.execute("UPDATE source_run SET at = :now WHERE at > :now", {"now": now})
    with store.write(Role.HTTP) as db:
        db.execute("UPDATE http_host SET next_at = :then WHERE next_at > :then", {"then": now + WAIT})
        db.execute("UPDATE http_circuit SET open_until = :then WHERE open_until > :then", {"then": now + WAIT})
        db.execute("UPDATE http_bucket SET at = :now WHERE at > :now", {"now": now})
    return True
