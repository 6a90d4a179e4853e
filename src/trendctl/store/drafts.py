"""Drafts: what a person approves. Written by posting only."""

import json
import sqlite3
from collections.abc import Mapping, Sequence

from trendctl.ports import Json
from trendctl.store.rows import new_id

_CURRENT = "superseded_at IS NULL"


def current(db: sqlite3.Connection, product_id: int, platform: str, account: str) -> sqlite3.Row | None:
    """The draft that review would show; None when there is none."""
    row: sqlite3.Row | None = db.execute(
        f"SELECT * FROM draft WHERE product_id = ? AND platform = ? AND account = ? AND {_CURRENT}"
        " ORDER BY created_at DESC, rowid DESC LIMIT 1",
        (product_id, platform, account),
    ).fetchone()
    return row


def of_product(db: sqlite3.Connection, product_id: int) -> list[sqlite3.Row]:
    """All current drafts of a product, by platform."""
    return db.execute(
        f"SELECT * FROM draft WHERE product_id = ? AND {_CURRENT} ORDER BY platform, account", (product_id,)
    ).fetchall()


def by_id(db: sqlite3.Connection, draft_id: str) -> sqlite3.Row | None:
    """A draft by its id."""
    row: sqlite3.Row | None = db.execute("SELECT * FROM draft WHERE id = ?", (draft_id,)).fetchone()
    return row


def is_held(db: sqlite3.Connection, draft_id: str, now: int) -> bool:
    """Whether an unused, unexpired approval, or a listing that is in progress or live, rests on this draft."""
    return (
        db.execute(
            "SELECT 1 FROM decision d LEFT JOIN operation o ON o.decision_id = d.id"
            " LEFT JOIN listing l ON l.id = o.listing_id WHERE d.draft_id = ?"
            " AND d.kind = 'approve' AND NOT EXISTS (SELECT 1 FROM decision u WHERE u.of_decision = d.id)"
            " AND ((o.id IS NULL AND d.expires_at >= ?) OR o.state IN ('submitting', 'accepted', 'unknown')"
            " OR (o.state = 'live' AND l.state <> 'ended'))",
            (draft_id, now),
        ).fetchone()
        is not None
    )


def is_used(db: sqlite3.Connection, draft_id: str) -> bool:
    """Whether an operation came of this draft: it is never shown again, a new one takes its place."""
    return (
        db.execute(
            "SELECT 1 FROM decision d JOIN operation o ON o.decision_id = d.id WHERE d.draft_id = ?", (draft_id,)
        ).fetchone()
        is not None
    )


def is_open(db: sqlite3.Connection, product_id: int, since: int) -> bool:
    """Whether the product lies open in a review that began after `since`."""
    return (
        db.execute("SELECT 1 FROM review_open WHERE product_id = ? AND at >= ?", (product_id, since)).fetchone()
        is not None
    )


def insert(
    db: sqlite3.Connection,
    *,
    product_id: int,
    platform: str,
    account: str,
    action: str,
    listing_id: str | None,
    frozen: tuple[bytes, str] | None,
    doc: Mapping[str, Json],
    missing: Sequence[str],
    blocks: Sequence[str],
    warnings: Sequence[str],
    now: int,
) -> str:
    """Add a draft and supersede the ones of the same (product, platform, account, action); its id.

    `frozen`: canonical bytes and hash, or None while something is missing.
    """
    draft_id = new_id()
    db.execute(
        f"UPDATE draft SET superseded_at = ? WHERE product_id = ? AND platform = ? AND account = ? AND {_CURRENT}",
        (now, product_id, platform, account),
    )
    intent, digest = frozen or (None, None)
    db.execute(
        "INSERT INTO draft (id, product_id, platform, account, action, listing_id, intent, hash, doc, missing, blocks,"
        " warnings, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (draft_id, product_id, platform, account, action, listing_id, intent, digest, json.dumps(doc, sort_keys=True),
         json.dumps(list(missing)), json.dumps(list(blocks)), json.dumps(list(warnings)), now),
    )  # fmt: skip
    return draft_id


def supersede(db: sqlite3.Connection, draft_id: str, now: int) -> None:
    """Take a draft out of review."""
    db.execute("UPDATE draft SET superseded_at = ? WHERE id = ? AND superseded_at IS NULL", (now, draft_id))


def edits(db: sqlite3.Connection, product_id: int, platform: str, account: str) -> dict[str, Json]:
    """The person's own words for this draft; empty when there are none."""
    row = db.execute(
        "SELECT changes FROM draft_edit WHERE product_id = ? AND platform = ? AND account = ?",
        (product_id, platform, account),
    ).fetchone()
    return dict(json.loads(row[0])) if row else {}


def wanted(db: sqlite3.Connection, product_id: int) -> dict[str, bool]:
    """Which platforms the person switched on or off for this product."""
    rows = db.execute("SELECT platform, wanted FROM platform_choice WHERE product_id = ?", (product_id,)).fetchall()
    return {r[0]: bool(r[1]) for r in rows}


def lifts(db: sqlite3.Connection, product_id: int) -> dict[str, str]:
    """Compliance codes the person lifted, with the typed reason."""
    rows = db.execute("SELECT code, reason FROM compliance_lift WHERE product_id = ? ORDER BY code", (product_id,))
    return {r[0]: r[1] for r in rows}
