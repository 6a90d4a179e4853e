"""How fast an account may be called, across restarts and processes: token buckets and circuit breakers."""

import sqlite3
from dataclasses import dataclass

from trendctl.store.engine import Store
from trendctl.store.writers import Role

TRIP_AFTER = 5  # failures in a row
FIRST_REST = 120.0  # seconds a tripped breaker stays open; doubled with each failed probe
LONGEST_REST = 3600.0


@dataclass(frozen=True, slots=True)
class Circuit:
    """A breaker as it stands. `open_until` in epoch seconds; 0: closed."""

    failures: int
    open_until: float
    cause: str


def take(store: Store, name: str, calls: int, seconds: float, now: float) -> float:
    """Take one token of a bucket that holds `calls` and refills in `seconds`; 0.0, or the seconds until one is there.

    Nothing is taken where one has to wait.
    """
    with store.write(Role.HTTP) as db:
        row = db.execute("SELECT tokens, at FROM http_bucket WHERE name = ?", (name,)).fetchone()
        left = float(calls) if row is None else min(calls, row["tokens"] + max(0.0, now - row["at"]) * calls / seconds)
        if left < 1.0:
            return float((1.0 - left) * seconds / calls)
        db.execute(
            "INSERT INTO http_bucket (name, tokens, at) VALUES (?, ?, ?)"
            " ON CONFLICT (name) DO UPDATE SET tokens = excluded.tokens, at = excluded.at",
            (name, left - 1.0, now),
        )
    return 0.0


@dataclass(frozen=True, slots=True)
class View:
    """All that may hold a call up, read at once. Times in epoch seconds, `bucket_wait` in seconds."""

    circuit: Circuit
    held_until: float
    bucket_wait: float


def look(store: Store, name: str, host: str, bucket: tuple[str, int, float] | None, now: float) -> View:
    """The breaker, the host's pause and the bucket (name, calls, seconds) of a call; nothing is taken."""
    with store.read() as db:
        breaker = _circuit(db, name)
        held = db.execute("SELECT next_at FROM http_host WHERE host = ?", (host,)).fetchone()
        row = (
            db.execute("SELECT tokens, at FROM http_bucket WHERE name = ?", (bucket[0],)).fetchone() if bucket else None
        )
    wait = 0.0
    if bucket is not None and row is not None:
        _, calls, seconds = bucket
        left = min(calls, row["tokens"] + max(0.0, now - row["at"]) * calls / seconds)
        wait = max(0.0, float((1.0 - left) * seconds / calls))
    return View(breaker, float(held[0]) if held else 0.0, wait)


def circuit(store: Store, name: str) -> Circuit:
    """The breaker of an account."""
    with store.read() as db:
        return _circuit(db, name)


def _circuit(db: sqlite3.Connection, name: str) -> Circuit:
    row = db.execute("SELECT failures, open_until, cause FROM http_circuit WHERE name = ?", (name,)).fetchone()
    return Circuit(row["failures"], row["open_until"], row["cause"]) if row else Circuit(0, 0.0, "")


def succeeded(store: Store, name: str) -> None:
    """Close the breaker."""
    if circuit(store, name) != Circuit(0, 0.0, ""):
        with store.write(Role.HTTP) as db:
            db.execute("DELETE FROM http_circuit WHERE name = ?", (name,))


def failed(store: Store, name: str, cause: str, now: float) -> None:
    """Count a failure; from TRIP_AFTER on the breaker opens, after a failed probe for twice as long."""
    with store.write(Role.HTTP) as db:
        row = db.execute("SELECT failures FROM http_circuit WHERE name = ?", (name,)).fetchone()
        failures = 1 + (row["failures"] if row else 0)
        over = failures - TRIP_AFTER
        until = now + min(LONGEST_REST, FIRST_REST * 2.0 ** min(over, 10)) if over >= 0 else 0.0
        db.execute(
            "INSERT INTO http_circuit (name, failures, open_until, cause) VALUES (?, ?, ?, ?) ON CONFLICT (name)"
            " DO UPDATE SET failures = excluded.failures, open_until = excluded.open_until, cause = excluded.cause",
            (name, failures, until, cause),
        )
