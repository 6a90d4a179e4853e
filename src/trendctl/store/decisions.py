"""Decisions: a person's approvals and their undoing. Written by approval only."""

import sqlite3
from dataclasses import dataclass

_USABLE = """
SELECT d.id AS decision_id, d.draft_id, d.hash, d.at, d.expires_at, f.product_id, f.platform, f.account, f.action,
       f.listing_id, f.intent, p.uid, p.title
FROM decision d JOIN draft f ON f.id = d.draft_id JOIN product p ON p.id = f.product_id
WHERE d.kind = 'approve' AND NOT EXISTS (SELECT 1 FROM decision u WHERE u.of_decision = d.id)
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
    """The approval an operation consumed, by its decision; None when there is no such decision."""
    row = db.execute(
        "SELECT d.id, d.draft_id, d.hash, d.at, d.expires_at, f.product_id, f.platform, f.account, f.action,"
        " f.listing_id, f.intent, p.uid, p.title FROM decision d JOIN draft f ON f.id = d.draft_id"
        " JOIN product p ON p.id = f.product_id WHERE d.id = ? AND d.kind = 'approve'",
        (decision_id,),
    ).fetchone()
    return Approval(*row) if row else None


def last_undoable(db: sqlite3.Connection, since: int) -> list[Approval]:
    """The approvals of the newest moment at or after `since` that nothing used: what `undo` takes back."""
    rows = [a for a in unused(db) if a.at >= since]
    newest = max((a.at for a in rows), default=0)
    return [a for a in rows if a.at == newest]


def of_product(db: sqlite3.Connection, product_id: int) -> list[sqlite3.Row]:
    """All decisions on a product's drafts, newest first."""
    return db.execute(
        "SELECT d.*, f.platform, f.account, f.action FROM decision d JOIN draft f ON f.id = d.draft_id"
        " WHERE f.product_id = ? ORDER BY d.at DESC, d.rowid DESC",
        (product_id,),
    ).fetchall()
