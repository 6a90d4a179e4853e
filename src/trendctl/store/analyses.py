"""Reads and writes the tables `analysis` and `score`, for many products at a time. Written by the analyzer only."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class AnalysisRow:
    """An agent's latest answer. `output` is its JSON; "null" where the agent failed, with the reason in `cause`."""

    product_id: int
    agent: str
    version: int
    input_hash: str
    output: str
    provider: str
    cause: str
    created_at: int


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """A score with its parts and inputs as JSON. Prices are minor units of `currency`, of prices that were seen."""

    product_id: int
    score: float
    stage: str
    parts: str
    inputs: str
    sources: int
    price_low: int | None
    price_mid: int | None
    price_high: int | None
    currency: str | None
    computed_at: int


_ANALYSIS = ", ".join(AnalysisRow.__dataclass_fields__)
_SCORE = ", ".join(ScoreRow.__dataclass_fields__)
_CHANGED = """
    SELECT p.id FROM product p LEFT JOIN score s ON s.product_id = p.id LEFT JOIN supply u ON u.product_id = p.id
        LEFT JOIN stock k ON k.product_id = p.id
    WHERE p.merged_into IS NULL
        AND (s.product_id IS NULL OR p.last_seen_at >= s.computed_at OR u.updated_at >= s.computed_at
            OR k.updated_at >= s.computed_at)
    ORDER BY p.id"""
_BEST = """
    SELECT s.product_id FROM score s CROSS JOIN product p ON p.id = s.product_id
    WHERE s.score >= :least AND p.merged_into IS NULL
        AND NOT EXISTS (SELECT 1 FROM review r WHERE r.product_id = p.id AND r.status = 'rejected')
    ORDER BY s.score DESC, s.product_id LIMIT :limit"""


def changed(db: sqlite3.Connection) -> list[int]:
    """Products seen, sold, or whose supply was told since their score was computed; or that have none."""
    return [row[0] for row in db.execute(_CHANGED)]


def best(db: sqlite3.Connection, *, least: float, limit: int) -> list[int]:
    """The best products with a score of `least` or more that the person has not rejected, best first."""
    return [row[0] for row in db.execute(_BEST, {"least": least, "limit": limit})]


def existing(db: sqlite3.Connection, product_ids: Iterable[int]) -> list[int]:
    """Those of the numbers that are products, merged ones left out; in the order given."""
    wanted = list(dict.fromkeys(product_ids))
    rows = db.execute(f"SELECT id FROM product WHERE id IN ({_marks(wanted)}) AND merged_into IS NULL")
    known = {row[0] for row in rows}
    return [i for i in wanted if i in known]


def all_products(db: sqlite3.Connection) -> list[int]:
    """Every product that was not merged into another."""
    return [row[0] for row in db.execute("SELECT id FROM product WHERE merged_into IS NULL ORDER BY id")]


def stored(db: sqlite3.Connection, product_ids: Iterable[int]) -> dict[tuple[int, str], AnalysisRow]:
    """All analyses of the products, by product and agent."""
    rows = db.execute(f"SELECT {_ANALYSIS} FROM analysis WHERE product_id IN ({_marks(product_ids)})")
    return {(row[0], row[1]): AnalysisRow(*row) for row in rows}


def scores(db: sqlite3.Connection, product_ids: Iterable[int]) -> dict[int, ScoreRow]:
    """The stored scores of the products."""
    rows = db.execute(f"SELECT {_SCORE} FROM score WHERE product_id IN ({_marks(product_ids)})")
    return {row[0]: ScoreRow(*row) for row in rows}


def score(db: sqlite3.Connection, product_id: int) -> ScoreRow | None:
    """The stored score of one product; None before its first analysis."""
    return scores(db, [product_id]).get(product_id)


def outputs(db: sqlite3.Connection, product_id: int) -> dict[str, Any]:
    """The answers of a product by agent, as JSON values; agents that failed are left out."""
    rows = db.execute("SELECT agent, output FROM analysis WHERE product_id = ? AND cause = '' ORDER BY agent",
                      (product_id,))  # fmt: skip
    return {row[0]: json.loads(row[1]) for row in rows}


def failures(db: sqlite3.Connection, product_id: int) -> dict[str, str]:
    """Why agents have no answer on this product, by agent. A draft must not rest on an agent named here."""
    rows = db.execute("SELECT agent, cause FROM analysis WHERE product_id = ? AND cause <> '' ORDER BY agent",
                      (product_id,))  # fmt: skip
    return dict(rows.fetchall())


def stale(db: sqlite3.Connection, *, before: int, least: float, limit: int) -> list[ScoreRow]:
    """Scores of `least` or more computed before `before`, best first: their evidence has aged since."""
    rows = db.execute(
        f"SELECT {_SCORE} FROM score WHERE score >= ? AND computed_at < ? ORDER BY score DESC, product_id LIMIT ?",
        (least, before, limit),
    )
    return [ScoreRow(*row) for row in rows]


def save_analyses(db: sqlite3.Connection, rows: Sequence[AnalysisRow]) -> None:
    """Insert or replace answers."""
    db.executemany(
        f"INSERT INTO analysis ({_ANALYSIS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (product_id, agent)"
        " DO UPDATE SET version = excluded.version, input_hash = excluded.input_hash, output = excluded.output,"
        " provider = excluded.provider, cause = excluded.cause, created_at = excluded.created_at",
        [_values(row) for row in rows],
    )


def save_scores(db: sqlite3.Connection, rows: Sequence[ScoreRow]) -> None:
    """Insert or replace scores."""
    names = [name for name in ScoreRow.__dataclass_fields__ if name != "product_id"]
    db.executemany(
        f"INSERT INTO score ({_SCORE}) VALUES ({', '.join('?' * (len(names) + 1))}) ON CONFLICT (product_id)"
        f" DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in names)}",
        [_values(row) for row in rows],
    )


def _values(row: AnalysisRow | ScoreRow) -> tuple[Any, ...]:
    fields: Mapping[str, Any] = row.__dataclass_fields__
    return tuple(getattr(row, name) for name in fields)


def _marks(ids: Iterable[int]) -> str:
    # Our own integers; written out because the number of bound variables is limited.
    return ",".join(str(int(i)) for i in ids)
