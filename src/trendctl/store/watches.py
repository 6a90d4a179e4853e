"""Terms to be measured: the user's watch list, and the most promising products."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Watched:
    """A term of the watch list; times in epoch seconds, `last_measured_at` None: not yet."""

    term: str
    created_at: int
    last_measured_at: int | None


@dataclass(frozen=True, slots=True)
class Promising:
    """A product worth measuring now."""

    id: int
    title: str
    sources: int


def add(db: sqlite3.Connection, term: str, now: int) -> bool:
    """Put a term on the list; False if it is there already."""
    query = "INSERT INTO watch (term, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING"
    return db.execute(query, (term, now)).rowcount == 1


def remove(db: sqlite3.Connection, term: str) -> bool:
    """Take a term off the list; False if it was not on it."""
    return db.execute("DELETE FROM watch WHERE term = ?", (term,)).rowcount == 1


def listed(db: sqlite3.Connection) -> list[Watched]:
    """The watch list, oldest first."""
    return [Watched(*row) for row in db.execute("SELECT term, created_at, last_measured_at FROM watch ORDER BY 2, 1")]


def mark_measured(db: sqlite3.Connection, terms: Sequence[str], now: int) -> None:
    """Note that terms were measured now."""
    db.executemany("UPDATE watch SET last_measured_at = ? WHERE term = ?", [(now, term) for term in terms])


def promising(db: sqlite3.Connection, since: int, limit: int) -> list[Promising]:
    """Products seen since then: most independent sources first, then the newest. Those that the person has rejected
    and those merged into another are not among them."""
    rows = db.execute(
        "SELECT p.id, p.title, (SELECT count(DISTINCT i.source) FROM item i WHERE i.product_id = p.id "
        "AND i.external_id NOT GLOB 'q:*') AS sources FROM product p "
        "WHERE p.last_seen_at >= ? AND p.merged_into IS NULL AND NOT EXISTS (SELECT 1 FROM review r "
        "WHERE r.product_id = p.id AND r.status = 'rejected') "
        "ORDER BY sources DESC, p.first_seen_at DESC, p.id LIMIT ?",
        (since, limit),
    )
    return [Promising(*row) for row in rows]


def series_items(db: sqlite3.Connection, source: str, external_ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Measured series of a source by their external id: (item, when it was last asked, epoch seconds)."""
    query = "SELECT id, last_seen_at FROM item WHERE source = ? AND external_id = ?"
    found = ((key, db.execute(query, (source, key)).fetchone()) for key in external_ids)
    return {key: (row[0], row[1]) for key, row in found if row}
