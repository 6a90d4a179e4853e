"""Puts rows into a store the way the stages do: each with its own role, past no trigger."""

import json
import sqlite3
from typing import Any

import pytest

from trendctl.store.engine import Store, sha256_hex
from trendctl.store.writers import Role

NOW = 1_780_315_200  # 2026-06-01T12:00Z
DAY = 86_400


def insert(store: Store, role: Role, table: str, **values: Any) -> Any:
    """One row in its own transaction; its rowid."""
    with store.write(role) as db:
        return put(db, table, **values)


def put(db: sqlite3.Connection, table: str, **values: Any) -> Any:
    """One row in the caller's transaction."""
    marks = ", ".join(f":{name}" for name in values)
    return db.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", values).lastrowid


def product(store: Store, uid: str = "p1") -> int:
    row = {"uid": uid, "title": f"Product {uid}", "first_seen_at": NOW, "last_seen_at": NOW}
    return int(insert(store, Role.SCANNER, "product", **row))


def intent(**changes: Any) -> bytes:
    """An intent document as the drafts hold it."""
    return json.dumps({"sku": "SKU-1", "quantity": 5, "auto_decrease": True} | changes, sort_keys=True).encode()


def draft(store: Store, product_id: int, id: str = "d1", *, doc: bytes | None = None, **changes: Any) -> str:
    """An approvable draft; returns its hash."""
    doc = intent() if doc is None else doc
    row = {
        "id": id,
        "product_id": product_id,
        "platform": "local",
        "account": "default",
        "action": "create",
        "intent": doc,
        "hash": sha256_hex(doc),
        "created_at": NOW,
    }
    insert(store, Role.POSTING, "draft", **(row | changes))
    return sha256_hex(doc)


def decision(store: Store, hash: str, id: str = "c1", **changes: Any) -> str:
    """An approval of draft d1; returns its id."""
    row = {
        "id": id,
        "draft_id": "d1",
        "hash": hash,
        "kind": "approve",
        "seat": "tty",
        "at": NOW,
        "expires_at": NOW + 3 * DAY,
    }
    insert(store, Role.APPROVAL, "decision", **(row | changes))
    return id


def operation_row(hash: str, **changes: Any) -> dict[str, Any]:
    row = {
        "id": "o1",
        "kind": "create",
        "decision_id": "c1",
        "listing_id": "l1",
        "platform": "local",
        "account": "default",
        "hash": hash,
        "state": "submitting",
        "created_at": NOW,
        "updated_at": NOW,
    }
    return row | changes


def listing_row(product_id: int, **changes: Any) -> dict[str, Any]:
    row = {
        "id": "l1",
        "product_id": product_id,
        "platform": "local",
        "account": "default",
        "sku": "SKU-1",
        "decision_id": "c1",
        "state": "submitting",
        "quantity": 5,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return row | changes


def posted(store: Store) -> tuple[int, str]:
    """Product, draft d1, decision c1, operation o1, listing l1 and attempt a1; (product id, hash)."""
    product_id = product(store)
    hash = draft(store, product_id)
    decision(store, hash)
    with store.write(Role.POSTING) as db:
        put(db, "operation", **operation_row(hash))
        put(db, "listing", **listing_row(product_id))
        put(
            db, "attempt", id="a1", operation_id="o1", step="create", **{"try": 1}, wire_sha256="0" * 64, started_at=NOW
        )
    return product_id, hash


def undo(store: Store, hash: str, id: str = "u1", of: str = "c1", kind: str = "undo") -> None:
    """Take an approval of draft d1 back."""
    decision(store, hash, id, kind=kind, of_decision=of, expires_at=None)


def refused(store: Store, role: Role, words: str, *statements: tuple[str, tuple[Any, ...]]) -> None:
    """Run the statements in one transaction of that role; the database must say no, in these words."""

    def run() -> None:
        with store.write(role) as db:
            for sql, values in statements:
                db.execute(sql, values)

    with pytest.raises(sqlite3.IntegrityError, match=words):
        run()


def put_refused(store: Store, role: Role, words: str, *rows: tuple[str, dict[str, Any]]) -> None:
    def run() -> None:
        with store.write(role) as db:
            for table, values in rows:
                put(db, table, **values)

    with pytest.raises(sqlite3.IntegrityError, match=words):
        run()
