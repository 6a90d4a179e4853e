"""Operations, listings and attempts. Written by posting only; every row also enters the audit chain."""

import json
import sqlite3
from dataclasses import asdict, dataclass
from typing import Any

from trendctl.ports import Json

OPEN = ("submitting", "accepted", "unknown")


@dataclass(frozen=True, slots=True)
class OperationRow:
    """One row of `operation`; `late` decoded."""

    id: str
    kind: str
    decision_id: str
    listing_id: str
    platform: str
    account: str
    hash: str
    quantity: int | None
    state: str
    cause: str
    late: dict[str, str]
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One row of `attempt`; `verdict` None: no answer was recorded."""

    id: str
    operation_id: str
    step: str
    number: int
    wire_sha256: str
    started_at: int
    finished_at: int | None
    verdict: str | None
    status: int | None
    cause: str
    late: dict[str, str]


def insert_operation(db: sqlite3.Connection, row: OperationRow) -> None:
    """Raises sqlite3.IntegrityError with the trigger's words when no approval allows it."""
    db.execute(
        "INSERT INTO operation (id, kind, decision_id, listing_id, platform, account, hash, quantity, state, cause,"
        " late, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (row.id, row.kind, row.decision_id, row.listing_id, row.platform, row.account, row.hash, row.quantity,
         row.state, row.cause, json.dumps(row.late), row.created_at, row.updated_at),
    )  # fmt: skip


def insert_listing(db: sqlite3.Connection, row: dict[str, Any]) -> None:
    """Add a listing, in the transaction of its create operation."""
    db.execute(
        "INSERT INTO listing (id, product_id, platform, account, sku, decision_id, state, external_id, url, cause,"
        " quantity, price_minor, currency, created_at, updated_at) VALUES (:id, :product_id, :platform, :account, :sku,"
        " :decision_id, :state, :external_id, :url, :cause, :quantity, :price_minor, :currency, :created_at,"
        " :updated_at)",
        row,
    )


def insert_attempt(db: sqlite3.Connection, row: AttemptRow) -> None:
    """Add the attempt that is about to be made."""
    db.execute(
        "INSERT INTO attempt (id, operation_id, step, try, wire_sha256, started_at) VALUES (?, ?, ?, ?, ?, ?)",
        (row.id, row.operation_id, row.step, row.number, row.wire_sha256, row.started_at),
    )


def answer_attempt(
    db: sqlite3.Connection, attempt_id: str, *, verdict: str, status: int, cause: str, late: dict[str, str], now: int
) -> None:
    """Write an attempt's answer, once."""
    db.execute(
        "UPDATE attempt SET finished_at = ?, verdict = ?, status = ?, cause = ?, late = ? WHERE id = ?",
        (now, verdict, status, cause, json.dumps(late), attempt_id),
    )


def move_operation(
    db: sqlite3.Connection, operation_id: str, *, state: str, cause: str, late: dict[str, str], now: int
) -> None:
    """Change an operation's state; illegal moves are refused by trigger."""
    db.execute(
        "UPDATE operation SET state = ?, cause = ?, late = ?, updated_at = ? WHERE id = ?",
        (state, cause, json.dumps(late), now, operation_id),
    )


def move_listing(db: sqlite3.Connection, listing_id: str, changes: dict[str, Json], now: int) -> None:
    """Change a listing's state, external id, url, cause, quantity or price."""
    names = [n for n in ("state", "external_id", "url", "cause", "quantity", "price_minor", "currency") if n in changes]
    text = ", ".join(f"{n} = :{n}" for n in names)
    db.execute(
        f"UPDATE listing SET {text}, updated_at = :now WHERE id = :id", {**changes, "now": now, "id": listing_id}
    )


def open_operations(
    db: sqlite3.Connection, platform: str | None = None, account: str | None = None
) -> list[OperationRow]:
    """Operations whose end is not known, oldest first; never an auto_decrease, whose one step is not its intent's."""
    rows = db.execute(
        "SELECT * FROM operation WHERE state IN ('submitting', 'accepted', 'unknown') AND kind <> 'auto_decrease'"
        " ORDER BY created_at, rowid"
    )
    found = [_operation(r) for r in rows]
    return [o for o in found if (platform in (None, o.platform)) and (account in (None, o.account))]


def operation(db: sqlite3.Connection, operation_id: str) -> OperationRow | None:
    """One operation by id."""
    row = db.execute("SELECT * FROM operation WHERE id = ?", (operation_id,)).fetchone()
    return _operation(row) if row else None


def of_listing(db: sqlite3.Connection, listing_id: str) -> list[OperationRow]:
    """All operations of a listing, oldest first."""
    rows = db.execute("SELECT * FROM operation WHERE listing_id = ? ORDER BY created_at, rowid", (listing_id,))
    return [_operation(r) for r in rows]


def attempts(db: sqlite3.Connection, operation_id: str) -> list[AttemptRow]:
    """All attempts of an operation, in the order they were made."""
    rows = db.execute("SELECT * FROM attempt WHERE operation_id = ? ORDER BY started_at, rowid", (operation_id,))
    return [
        AttemptRow(r["id"], r["operation_id"], r["step"], r["try"], r["wire_sha256"], r["started_at"], r["finished_at"],
                   r["verdict"], r["status"], r["cause"], json.loads(r["late"]))
        for r in rows
    ]  # fmt: skip


def listing(db: sqlite3.Connection, listing_id: str) -> sqlite3.Row | None:
    """One listing by id."""
    row: sqlite3.Row | None = db.execute("SELECT * FROM listing WHERE id = ?", (listing_id,)).fetchone()
    return row


def listings(db: sqlite3.Connection, product_id: int | None = None) -> list[sqlite3.Row]:
    """Listings with their product's title, newest first."""
    where, args = ("WHERE l.product_id = ?", (product_id,)) if product_id is not None else ("", ())
    return db.execute(
        "SELECT l.*, p.title, p.uid FROM listing l JOIN product p ON p.id = l.product_id"
        f" {where} ORDER BY l.created_at DESC, l.rowid DESC",
        args,
    ).fetchall()


def is_listed(db: sqlite3.Connection, product_id: int, platform: str, account: str) -> bool:
    """Whether a listing of the product is there, or may be."""
    row = db.execute(
        "SELECT 1 FROM listing WHERE product_id = ? AND platform = ? AND account = ?"
        " AND state IN ('submitting', 'accepted', 'live', 'unknown')",
        (product_id, platform, account),
    ).fetchone()
    return row is not None


def live_urls(db: sqlite3.Connection, product_id: int) -> dict[str, str]:
    """Where buyers find the product now: platform -> address of a live listing, where the platform gave one."""
    rows = db.execute(
        "SELECT platform, url FROM listing WHERE product_id = ? AND state = 'live' AND url LIKE 'https://%'"
        " ORDER BY platform, rowid", (product_id,),
    )  # fmt: skip
    return {row["platform"]: row["url"] for row in rows}


def previous_sku(db: sqlite3.Connection, product_id: int, platform: str, account: str) -> str | None:
    """The SKU this product had there before: a new create uses the same."""
    row = db.execute(
        "SELECT sku FROM listing WHERE product_id = ? AND platform = ? AND account = ? AND sku <> ''"
        " ORDER BY created_at DESC, rowid DESC LIMIT 1",
        (product_id, platform, account),
    ).fetchone()
    return row[0] if row else None


def last_failure(db: sqlite3.Connection, product_id: int, platform: str, account: str) -> str:
    """Why the last listing there was rejected or failed; "" if it was not."""
    row = db.execute(
        "SELECT state, cause FROM listing WHERE product_id = ? AND platform = ? AND account = ?"
        " ORDER BY created_at DESC, rowid DESC LIMIT 1",
        (product_id, platform, account),
    ).fetchone()
    return f"{row[0]}: {row[1]}" if row and row[0] in ("rejected", "failed") else ""


def blocked(db: sqlite3.Connection) -> dict[tuple[str, str], str]:
    """Accounts that may not post until reconciled, with the reason."""
    return {(r[0], r[1]): r[2] for r in db.execute("SELECT platform, account, reason FROM account_block")}


def block(db: sqlite3.Connection, platform: str, account: str, reason: str, now: int) -> None:
    """Forbid posting to an account until `unblock`."""
    db.execute("INSERT OR REPLACE INTO account_block VALUES (?, ?, ?, ?)", (platform, account, reason, now))


def unblock(db: sqlite3.Connection, platform: str, account: str) -> None:
    """Allow posting to an account again."""
    db.execute("DELETE FROM account_block WHERE platform = ? AND account = ?", (platform, account))


def as_body(row: OperationRow | AttemptRow) -> dict[str, Json]:
    """A row as the audit chain's body."""
    return asdict(row)


def _operation(r: sqlite3.Row) -> OperationRow:
    return OperationRow(**{**dict(r), "late": json.loads(r["late"])})
