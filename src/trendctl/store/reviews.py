"""The person's word on products: review status, platform choices, edits, lifts, decisions. Written by approval only."""

import json
import sqlite3
from collections.abc import Mapping, Sequence

from trendctl.ports import Json


def insert_decision(db: sqlite3.Connection, row: Mapping[str, Json]) -> None:
    """Add a decision; sqlite3.IntegrityError with the trigger's words when it does not hold."""
    db.execute(
        "INSERT INTO decision (id, draft_id, hash, kind, of_decision, reason, seat, at, expires_at)"
        " VALUES (:id, :draft_id, :hash, :kind, :of_decision, :reason, :seat, :at, :expires_at)",
        dict(row),
    )


def set_status(db: sqlite3.Connection, product_id: int, status: str, reason: str, until: int | None, now: int) -> None:
    """pending_review, rejected or deferred (until)."""
    db.execute(
        "INSERT INTO review (product_id, status, reason, until, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (product_id)"
        " DO UPDATE SET status = excluded.status, reason = excluded.reason, until = excluded.until, at = excluded.at",
        (product_id, status, reason, until, now),
    )


def enqueue(db: sqlite3.Connection, product_ids: Sequence[int], now: int) -> int:
    """Put products up for review that nobody has spoken of yet, or whose deferral is over; how many."""
    done = db.executemany(
        "INSERT INTO review (product_id, status, at) VALUES (?, 'pending_review', ?) ON CONFLICT (product_id) DO UPDATE"
        " SET status = 'pending_review', until = NULL, at = excluded.at"
        " WHERE status = 'deferred' AND until <= excluded.at",
        [(p, now) for p in product_ids],
    )
    return done.rowcount


def worthy(db: sqlite3.Connection, least: float, limit: int) -> list[int]:
    """Products to draft: the best by score with `least` or more, less the rejected and deferred ones; and every
    product whose review is pending or whose supply was told."""
    rows = db.execute(
        """
        SELECT id FROM (SELECT s.product_id AS id FROM score s JOIN product p ON p.id = s.product_id
            LEFT JOIN review r ON r.product_id = s.product_id
            WHERE s.score >= :least AND p.merged_into IS NULL AND (r.status IS NULL OR r.status = 'pending_review')
            ORDER BY s.score DESC LIMIT :limit)
        UNION SELECT product_id FROM review WHERE status = 'pending_review'
        UNION SELECT product_id FROM supply ORDER BY id
        """,
        {"least": least, "limit": limit},
    )
    return [row[0] for row in rows]


# A change of a live listing awaits the person though its product was put aside: the end of a rejected one, and
# whatever was proposed since.
_AWAITED = """
FROM review r JOIN product p ON p.id = r.product_id
JOIN draft f ON f.product_id = p.id AND f.superseded_at IS NULL
LEFT JOIN score s ON s.product_id = p.id
WHERE (r.status = 'pending_review' OR (r.status = 'deferred' AND r.until <= :now)
       OR (f.action IN ('end', 'reprice') AND EXISTS (SELECT 1 FROM listing l WHERE l.id = f.listing_id
           AND l.state = 'live') AND (f.created_at >= r.at OR (f.action = 'end' AND r.status = 'rejected'))))
  AND p.merged_into IS NULL
  AND NOT EXISTS (SELECT 1 FROM decision d WHERE d.draft_id = f.id AND d.kind = 'approve'
        AND NOT EXISTS (SELECT 1 FROM decision u WHERE u.of_decision = d.id)
        AND (d.expires_at >= :now OR EXISTS (SELECT 1 FROM operation o WHERE o.decision_id = d.id
            AND o.kind <> 'auto_decrease')))
"""


def queue(db: sqlite3.Connection, now: int, limit: int = 1000) -> list[sqlite3.Row]:
    """Products that await a decision, best score first: with a draft nobody has approved, and pending (or a deferral
    that is over), or with a change of a live listing. Columns: id, title, score, stage, ready (drafts that can be
    approved)."""
    return db.execute(
        "SELECT p.id, p.title, coalesce(s.score, 0) AS score, coalesce(s.stage, '') AS stage,"
        f" sum(f.hash IS NOT NULL AND f.blocks = '[]') AS ready {_AWAITED}"
        " GROUP BY p.id ORDER BY score DESC, p.id LIMIT :limit",
        {"now": now, "limit": limit},
    ).fetchall()


def awaited(db: sqlite3.Connection, now: int) -> int:
    """How many products `queue` would list without a limit."""
    return int(db.execute(f"SELECT count(DISTINCT p.id) {_AWAITED}", {"now": now}).fetchone()[0])


def set_open(db: sqlite3.Connection, product_id: int, now: int) -> None:
    """The product lies open in a review: its drafts are left alone meanwhile."""
    db.execute("INSERT OR REPLACE INTO review_open (product_id, at) VALUES (?, ?)", (product_id, now))


def set_closed(db: sqlite3.Connection, product_id: int) -> None:
    """The review of this product ended."""
    db.execute("DELETE FROM review_open WHERE product_id = ?", (product_id,))


def choose_platform(db: sqlite3.Connection, product_id: int, platform: str, *, wanted: bool) -> None:
    """Switch a platform on or off for this product."""
    db.execute("INSERT OR REPLACE INTO platform_choice VALUES (?, ?, ?)", (product_id, platform, int(wanted)))


def save_edit(
    db: sqlite3.Connection, product_id: int, platform: str, account: str, changes: Mapping[str, Json], now: int
) -> None:
    """Keep the person's own words for a draft; none: forget them."""
    db.execute(
        "DELETE FROM draft_edit WHERE product_id = ? AND platform = ? AND account = ?", (product_id, platform, account)
    )
    if changes:
        text = json.dumps(dict(changes), sort_keys=True)
        db.execute("INSERT INTO draft_edit VALUES (?, ?, ?, ?, ?)", (product_id, platform, account, text, now))


def lift(db: sqlite3.Connection, product_id: int, code: str, reason: str, now: int) -> None:
    """Lift one compliance block of a product."""
    db.execute("INSERT OR REPLACE INTO compliance_lift VALUES (?, ?, ?, ?)", (product_id, code, reason, now))
