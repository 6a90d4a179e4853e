"""The ledger of language model calls and their cached answers. Money is reserved before a call, in one transaction."""

import sqlite3
from dataclasses import dataclass

DAY = 86_400
KEEP_DAYS = 60
"""Answers older than this are dropped: what they were about has long changed."""

# A row without a known cost counts with what was reserved for it: its answer may have been paid for.
_TAKEN = "SELECT coalesce(sum(coalesce(spent_micro_usd, reserved_micro_usd)), 0) FROM llm_call WHERE day = ?"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A call about to be made. `reserve`: the most it can cost, in millionths of a US dollar."""

    agents: str
    product_id: int | None
    provider: str
    model: str
    reserve: int
    at: int


@dataclass(frozen=True, slots=True)
class Answered:
    """How a call ended. `spent` None: nobody knows, so that the reserved amount stays taken."""

    state: str
    spent: int | None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A cached answer; "" with a cause: the model gave none that could be used."""

    answer: str
    cause: str
    at: int


def taken(db: sqlite3.Connection, at: int) -> int:
    """Spent and reserved on the UTC day of `at`, in millionths of a US dollar."""
    return int(db.execute(_TAKEN, (at // DAY,)).fetchone()[0])


def reserve(db: sqlite3.Connection, wanted: Wanted, budget: int) -> int | None:
    """Take the money of a call out of the day's budget; its number, or None where it does not fit.

    `db` must be a write transaction (BEGIN IMMEDIATE): two processes then reserve one after the other. A free call
    (0) always fits. After an overrun nothing but free calls fits that day: the estimate proved to be no bound.
    """
    day = wanted.at // DAY
    if wanted.reserve:
        broken = db.execute("SELECT 1 FROM llm_call WHERE day = ? AND state = 'overrun' LIMIT 1", (day,)).fetchone()
        if broken or taken(db, wanted.at) + wanted.reserve > budget:
            return None
    cursor = db.execute(
        "INSERT INTO llm_call (day, agents, product_id, provider, model, reserved_micro_usd, state, at)"
        " VALUES (?, ?, ?, ?, ?, ?, 'reserved', ?)",
        (day, wanted.agents, wanted.product_id, wanted.provider, wanted.model, wanted.reserve, wanted.at),
    )
    return cursor.lastrowid


def settle(db: sqlite3.Connection, number: int, answered: Answered) -> None:
    """Write down how a reserved call ended."""
    db.execute(
        "UPDATE llm_call SET state = ?, spent_micro_usd = ?, input_tokens = ?, output_tokens = ?, cause = ?"
        " WHERE id = ?",
        (answered.state, answered.spent, answered.input_tokens, answered.output_tokens, answered.cause, number),
    )


def kept(db: sqlite3.Connection, hashed: str) -> Kept | None:
    """The cached answer to exactly this content."""
    row = db.execute("SELECT answer, cause, at FROM llm_answer WHERE hash = ?", (hashed,)).fetchone()
    return Kept(row[0], row[1], row[2]) if row else None


def keep(db: sqlite3.Connection, hashed: str, answer: str, cause: str, at: int) -> None:
    """Cache an answer, and drop those that are too old."""
    db.execute("DELETE FROM llm_answer WHERE at < ?", (at - KEEP_DAYS * DAY,))
    db.execute("INSERT OR REPLACE INTO llm_answer VALUES (?, ?, ?, ?)", (hashed, answer, cause, at))
