"""What sources have cost, a row a source and UTC day. Money is reserved before the call, in one transaction."""

import sqlite3

DAY = 86_400
MICRO = 1_000_000


def taken(db: sqlite3.Connection, source: str, at: int) -> int:
    """Reserved for a source on the UTC day of `at` (epoch seconds), in millionths of a US dollar."""
    query = "SELECT micro_usd FROM source_spend WHERE source = ? AND day = ?"
    row = db.execute(query, (source, at // DAY)).fetchone()
    return int(row[0]) if row else 0


def reserve(db: sqlite3.Connection, source: str, cost: int, budget: int, at: int) -> bool:
    """Take `cost` out of the day's `budget` (both in millionths of a US dollar); False where it does not fit.

    `db` must be a write transaction (BEGIN IMMEDIATE): two processes then reserve one after the other. What was
    reserved stays taken however the call ends: its answer may have been charged for.
    """
    if cost < 0 or taken(db, source, at) + cost > budget:
        return False
    db.execute(
        "INSERT INTO source_spend (source, day, micro_usd) VALUES (?, ?, ?)"
        " ON CONFLICT (source, day) DO UPDATE SET micro_usd = micro_usd + excluded.micro_usd",
        (source, at // DAY, cost),
    )
    return True
