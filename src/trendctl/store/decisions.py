"""Decisions: a person's approvals and their undoing. Written by approval only."""

import sqlite3
from dataclasses import dataclass

_USABLE = """
SELECT d.id AS decision_id, d.draft_id, d.hash, d.at, d.expires_at, f.product_id, f.platform, f.account, f.action,
       f.listing_id, f.intent, p.uid, p.title
FROM decision d JOIN draft f ON f.id = d.draft_id JOIN product p ON p.id = f.product_id
WHERE d.kind = 'approve' AND f.intent <> x'' AND NOT EXISTS (SELECT 1 FROM decision u WHERE u.of_decision = d.id)
  AND NOT EXISTS (SELECT 1 FROM operation o WHERE o.decision_id = d.id AND o.kind <> 'auto_decrease')
"""


@dataclass(frozen=True, slots=True)
class Approval:
    """An approval that no operation has consumed and nobody has taken back. `intent`: the approved bytes."""

    decision_id: str
    draft_id: str
    hash: str
    at: int
    expires_at: int
    product_id: int
    platform: str
    account: str
    action: str
    listing_id: str | None
    intent: bytes
    uid: str
    title: str


def unused(db: sqlite3.Connection) -> list[Approval]:
    """Unused approvals, oldest first, the expired ones too."""
    return [Approval(*row) for row in db.execute(_USABLE + " ORDER BY d.at, d.rowid")]


def approval(db: sqlite3.Connection, decision_id: str) -> Approval | None:
    """The approval an operation consumed, by its decision; None when there is no such decision, or it was forgotten."""
    row = db.execute(
        "SELECT d.id, d.draft_id, d.hash, d.at, d.expires_at, f.product_id, f.platform, f.account, f.action,"
        " f.listing_id, f.intent, p.uid, p.title FROM decision d JOIN draft f ON f.id = d.draft_id"
        " JOIN product p ON p.id = f.product_id WHERE d.id = ? AND d.kind = 'approve' AND f.intent <> x''",
        (decision_id,),
    ).fetchone()
    return Approval(*row) if row else None


def is_forgotten(db: sqlite3.Connection, decision_id: str) -> bool:
    """Whether the words of a decision were forgotten on the person's order."""
    row = db.execute(
        "SELECT f.intent = x'' FROM decision d JOIN draft f ON f.id = d.draft_id WHERE d.id = ?", (decision_id,)
    ).fetchone()
    return bool(row and row[0])


def last_undoable(db: sqlite3.Connection, since: int) -> list[Approval]:
    """The approvals of the newest moment at or after `since` that nothing used: what `undo` takes back."""
    rows = [a for a in unused(db) if a.at >= since]
    newest = max((a.at for a in rows), default=0)
    return [a for a in rows if a.at == newest]


def draft_state(db: sqlite3.Connection, draft_id: str, now: int) -> tuple[str, int | None] | None:
    """What became of a draft: its operation's state, or approved or expired with the expiry; None: undecided."""
    row = db.execute(
        "SELECT d.id, d.expires_at, o.state FROM decision d LEFT JOIN operation o ON o.decision_id = d.id"
        " AND o.kind <> 'auto_decrease' WHERE d.draft_id = ? AND d.kind = 'approve'"
        " AND NOT EXISTS (SELECT 1 FROM decision u WHERE u.of_decision = d.id)"
        " ORDER BY d.at DESC, d.rowid DESC LIMIT 1",
        (draft_id,),
    ).fetchone()
    if row is None:
        return None
    if row["state"]:
        return str(row["state"]), None
    return ("approved" if row["expires_at"] >= now else "expired"), row["expires_at"]


def previous_intent(db: sqlite3.Connection, draft: sqlite3.Row) -> bytes | None:
    """The intent last approved for the same product, platform and account by another draft; None: there is none."""
    row = db.execute(
        "SELECT f.intent FROM decision d JOIN draft f ON f.id = d.draft_id WHERE d.kind = 'approve' AND f.intent <> x''"
        " AND f.id <> ? AND f.product_id = ? AND f.platform = ? AND f.account = ?"
        " ORDER BY d.at DESC, d.rowid DESC LIMIT 1",
        (draft["id"], draft["product_id"], draft["platform"], draft["account"]),
    ).fetchone()
    return row[0] if row else None


def product_stub(db: sqlite3.Connection, product_id: int) -> dict[str, str | int]:
    """Enough of a product to rebuild its listing in a database that never saw it."""
    row = db.execute("SELECT uid, title, first_seen_at FROM product WHERE id = ?", (product_id,)).fetchone()
    return {"uid": row["uid"], "title": row["title"], "at": row["first_seen_at"]}


def of_product(db: sqlite3.Connection, product_id: int) -> list[sqlite3.Row]:
    """All decisions on a product's drafts, newest first."""
    return db.execute(
        "SELECT d.*, f.platform, f.account, f.action FROM decision d JOIN draft f ON f.id = d.draft_id"
        " WHERE f.product_id = ? ORDER BY d.at DESC, d.rowid DESC",
        (product_id,),
    ).fetchall()
