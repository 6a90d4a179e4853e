"""What is left of a forgotten draft and of all that came of it: ids, hashes, states, times; no words, no amounts.

Every function works inside the transaction of an open forget run, which alone the database's guards let empty rows.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from trendctl.ports import Json
from trendctl.store import operations

TITLE = "(forgotten)"
OPEN = ("submitting", "accepted", "live", "unknown")  # a buyer sees it, or may see it
_REFERS = ("operation", "attempt", "listing", "draft_id", "id")  # fields of an audit body that name a row


def of_drafts(db: sqlite3.Connection, draft_ids: Iterable[str], now: int) -> None:
    """Empty decided drafts, their decisions, operations, attempts and listings."""
    for draft_id in draft_ids:
        db.execute(
            "UPDATE draft SET intent = x'', doc = '{}', missing = '[]', blocks = '[]', warnings = '[]',"
            " superseded_at = coalesce(superseded_at, ?) WHERE id = ? AND intent IS NOT NULL",
            (now, draft_id),
        )
        db.execute("UPDATE decision SET reason = '' WHERE draft_id = ? AND reason <> ''", (draft_id,))
        for row in db.execute(
            "SELECT o.id, o.listing_id FROM operation o JOIN decision d ON d.id = o.decision_id WHERE d.draft_id = ?",
            (draft_id,),
        ).fetchall():
            _empty_operation(db, row["id"], now)
            _empty_listing(db, row["listing_id"], now)


def _empty_operation(db: sqlite3.Connection, operation_id: str, now: int) -> None:
    """What was underway can no longer be read back: it is `unknown`, for the person to say."""
    db.execute(
        "UPDATE operation SET cause = '', late = '{}', state = CASE WHEN state IN ('submitting', 'accepted')"
        " THEN 'unknown' ELSE state END, updated_at = ? WHERE id = ?",
        (now, operation_id),
    )
    db.execute(
        "UPDATE attempt SET cause = '', late = '{}' WHERE operation_id = ? AND finished_at IS NOT NULL", (operation_id,)
    )


def _empty_listing(db: sqlite3.Connection, listing_id: str, now: int) -> None:
    db.execute(
        "UPDATE listing SET url = '', cause = '', quantity = NULL, price_minor = NULL, currency = NULL,"
        " state = CASE WHEN state IN ('submitting', 'accepted') THEN 'unknown' ELSE state END, updated_at = :now"
        " WHERE id = :id",
        {"id": listing_id, "now": now},
    )
    db.execute(
        "UPDATE listing SET sku = '', external_id = '' WHERE id = ? AND state IN ('ended', 'rejected', 'failed')",
        (listing_id,),
    )


def names_of(db: sqlite3.Connection, draft_ids: Iterable[str]) -> set[str]:
    """The drafts' ids and those of all that came of them, as audit entries name them."""
    found = set(draft_ids)
    for draft_id in list(found):
        rows = db.execute(
            "SELECT d.id, o.id, a.id FROM decision d LEFT JOIN operation o ON o.decision_id = d.id"
            " LEFT JOIN attempt a ON a.operation_id = o.id WHERE d.draft_id = ?", (draft_id,),
        )  # fmt: skip
        found.update(name for row in rows for name in row if name)
    return found


def empty_audit(db: sqlite3.Connection, is_of: Callable[[str, str, Mapping[str, Json]], bool]) -> int:
    """Empty the bodies of the entries for which `is_of(kind, key, body)`; their hashes stay. How many."""
    rows = db.execute("SELECT seq, kind, key, body FROM audit WHERE body IS NOT NULL").fetchall()
    gone = [(row["seq"],) for row in rows if is_of(row["kind"], row["key"], json.loads(row["body"]))]
    db.executemany("UPDATE audit SET body = NULL WHERE seq = ?", gone)
    return len(gone)


def refers(key: str, body: Mapping[str, Json], names: set[str]) -> bool:
    """Whether an audit entry is about one of these rows."""
    return key in names or any(isinstance(body.get(f), str) and body[f] in names for f in _REFERS)


def skeletons(db: sqlite3.Connection, draft_ids: Iterable[str]) -> list[dict[str, Any]]:
    """Of each listing of these drafts that is not over: what it takes to know, after a restore, that it is there."""
    found = []
    for draft_id in draft_ids:
        rows = db.execute(
            "SELECT p.uid, f.id AS draft, f.hash, f.action, f.platform, f.account, f.created_at AS drafted_at,"
            " d.id AS decision, d.seat, d.at AS decided_at, d.expires_at, o.id AS operation, o.created_at AS begun_at,"
            " o.state AS operation_state, l.id AS listing, l.sku, l.external_id, l.state, l.created_at AS listed_at"
            " FROM listing l JOIN decision d ON d.id = l.decision_id JOIN draft f ON f.id = d.draft_id"
            " JOIN product p ON p.id = l.product_id JOIN operation o ON o.decision_id = d.id"
            f" AND o.kind <> 'auto_decrease' WHERE f.id = ? AND l.state IN {OPEN}",
            (draft_id,),
        )
        found += [dict(row) for row in rows]
    return found


def put_back(db: sqlite3.Connection, bones: Mapping[str, Any], now: int) -> None:
    """A listing that is not over, in a database that is older than it: enough that it is never made twice."""
    row = {**bones, "now": now, "title": TITLE}
    db.execute(
        "INSERT OR IGNORE INTO product (uid, title, sellable, first_seen_at, last_seen_at)"
        " VALUES (:uid, :title, 0, :listed_at, :listed_at)", row,
    )  # fmt: skip
    row["product"] = db.execute("SELECT id FROM product WHERE uid = :uid", row).fetchone()[0]
    for statement in _PUT_BACK:
        db.execute(statement, row)
    _catch_up(db, row)


_PUT_BACK = (
    """INSERT INTO draft (id, product_id, platform, account, action, intent, hash, created_at)
       SELECT :draft, :product, :platform, :account, :action, x'', :hash, :drafted_at
       WHERE NOT EXISTS (SELECT 1 FROM draft WHERE id = :draft)""",
    """INSERT INTO decision (id, draft_id, hash, kind, seat, at, expires_at)
       SELECT :decision, :draft, :hash, 'approve', :seat, :decided_at, :expires_at
       WHERE NOT EXISTS (SELECT 1 FROM decision WHERE id = :decision)""",
    """INSERT INTO operation (id, kind, decision_id, listing_id, platform, account, hash, state, created_at, updated_at)
       SELECT :operation, :action, :decision, :listing, :platform, :account, :hash, :operation_state, :begun_at, :now
       WHERE NOT EXISTS (SELECT 1 FROM operation WHERE id = :operation)""",
    """INSERT INTO listing (id, product_id, platform, account, sku, decision_id, state, external_id, created_at,
                            updated_at)
       SELECT :listing, :product, :platform, :account, :sku, :decision, :state, :external_id, :listed_at, :now
       WHERE NOT EXISTS (SELECT 1 FROM listing WHERE id = :listing)""",
    "UPDATE draft SET superseded_at = :now WHERE id = :draft AND superseded_at IS NULL",
)


def _catch_up(db: sqlite3.Connection, row: Mapping[str, Any]) -> None:
    """The older database knew the listing, in an earlier state."""
    there = db.execute("SELECT state FROM operation WHERE id = :operation", row).fetchone()
    if there["state"] != row["operation_state"]:
        operations.move_operation(db, row["operation"], state=row["operation_state"], cause="", late={}, now=row["now"])
    changes = {"state": row["state"], "external_id": row["external_id"]}
    operations.move_listing(db, row["listing"], changes, row["now"])
