"""What the database itself holds about drafts, decisions and the audit chain, whatever the code does."""

import sqlite3
from typing import Any

import pytest

from store_rows import (
    DAY,
    NOW,
    decision,
    draft,
    insert,
    intent,
    listing_row,
    operation_row,
    posted,
    product,
    put,
    refused,
    undo,
)
from trendctl.store import audit
from trendctl.store.engine import Store, sha256_hex
from trendctl.store.writers import Role

# ---------------------------------------------------------------- drafts


def test_a_draft_holds_the_hash_of_its_own_intent(store: Store) -> None:
    product_id = product(store)
    with pytest.raises(sqlite3.IntegrityError, match="not the SHA-256"):
        draft(store, product_id, hash=sha256_hex(b"something else"))
    with pytest.raises(sqlite3.IntegrityError):
        draft(store, product_id, hash=None)


@pytest.mark.parametrize(
    ("column", "value"),
    [("intent", b"{}"), ("hash", "0" * 64), ("platform", "ebay"), ("account", "other"), ("action", "relist"),
     ("product_id", 2), ("id", "d9"), ("intent", None)],
)  # fmt: skip
def test_a_draft_with_an_intent_is_frozen(store: Store, column: str, value: Any) -> None:
    product(store, "p0")
    product_id = product(store)
    assert product_id == 2
    draft(store, 1)
    refused(store, Role.POSTING, "draft: frozen|CHECK", (f"UPDATE draft SET {column} = ?", (value,)))


def test_a_draft_is_superseded_once_and_kept(store: Store) -> None:
    draft(store, product(store))
    with store.write(Role.POSTING) as db:
        db.execute("UPDATE draft SET superseded_at = ?", (NOW,))
    refused(store, Role.POSTING, "frozen", ("UPDATE draft SET superseded_at = NULL", ()))
    refused(store, Role.POSTING, "kept", ("DELETE FROM draft", ()))


def test_a_frozen_draft_cannot_be_replaced(store: Store) -> None:
    product_id, _ = posted(store)
    other = intent(price=1)
    sql = (
        "INSERT OR REPLACE INTO draft (id, product_id, platform, account, action, intent, hash, created_at)"
        " VALUES ('d1', ?, 'local', 'default', 'create', ?, ?, 1)"
    )
    refused(store, Role.POSTING, "draft: kept", (sql, (product_id, other, sha256_hex(other))))


# ---------------------------------------------------------------- decisions


@pytest.mark.parametrize("state", ["missing", "blocked", "superseded", "provisional", "other hash", "no draft"])
def test_only_a_current_complete_draft_can_be_approved(store: Store, state: str) -> None:
    product_id = product(store)
    changes: dict[str, Any] = {
        "missing": {"missing": '["stock"]'}, "blocked": {"blocks": '["recall"]'}, "superseded": {"superseded_at": NOW},
    }.get(state, {})  # fmt: skip
    if state == "provisional":
        insert(store, Role.POSTING, "draft", id="d1", product_id=product_id, platform="local", account="default",
               action="create", created_at=NOW)  # fmt: skip
        hash = sha256_hex(b"")
    else:
        hash = draft(store, product_id, id="d2" if state == "no draft" else "d1", **changes)
    with pytest.raises(sqlite3.IntegrityError, match=r"no current draft|FOREIGN KEY"):
        decision(store, "0" * 64 if state == "other hash" else hash)


def test_a_draft_is_approved_once_at_a_time(store: Store) -> None:
    hash = draft(store, product(store))
    decision(store, hash)
    with pytest.raises(sqlite3.IntegrityError, match="approved already"):
        decision(store, hash, "c2")
    decision(store, hash, "c3", at=NOW + 4 * DAY, expires_at=NOW + 7 * DAY)


def test_an_undone_approval_can_be_given_again_and_a_posted_draft_cannot(store: Store) -> None:
    hash = draft(store, product(store))
    decision(store, hash)
    undo(store, hash)
    decision(store, hash, "c2")
    with store.write(Role.POSTING) as db:
        put(db, "operation", **operation_row(hash, decision_id="c2"))
        put(db, "listing", **listing_row(1, decision_id="c2"))
    with pytest.raises(sqlite3.IntegrityError, match="posted already"):
        decision(store, hash, "c3", at=NOW + 9 * DAY, expires_at=NOW + 10 * DAY)


def test_a_decision_is_frozen_and_kept(store: Store) -> None:
    hash = draft(store, product(store))
    decision(store, hash)
    for column in ("hash", "expires_at", "at", "kind", "seat", "reason"):
        refused(store, Role.APPROVAL, "decision: frozen", (f"UPDATE decision SET {column} = {column}", ()))
    refused(store, Role.APPROVAL, "decision: kept", ("DELETE FROM decision", ()))


def test_an_expired_decision_cannot_be_replaced_by_a_longer_one(store: Store) -> None:
    hash = draft(store, product(store))
    decision(store, hash)
    sql = (
        "INSERT OR REPLACE INTO decision (id, draft_id, hash, kind, seat, at, expires_at)"
        " VALUES ('c1', 'd1', ?, 'approve', 'x', ?, ?)"
    )
    refused(store, Role.APPROVAL, "decision: kept", (sql, (hash, NOW + 4 * DAY, NOW + 9 * DAY)))


def test_an_approval_is_taken_back_once_and_only_unused(store: Store) -> None:
    _, hash = posted(store)
    with pytest.raises(sqlite3.IntegrityError, match="used already"):
        undo(store, hash)


def test_what_is_no_approval_cannot_be_taken_back(store: Store) -> None:
    hash = draft(store, product(store))
    decision(store, hash)
    undo(store, hash)
    for id, of in (("u2", "c1"), ("u3", "u1"), ("u4", "none")):
        with pytest.raises(sqlite3.IntegrityError, match=r"UNIQUE|nothing to take back"):
            undo(store, hash, id, of)


def test_an_approval_has_an_end(store: Store) -> None:
    hash = draft(store, product(store))
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        decision(store, hash, expires_at=None)


# ---------------------------------------------------------------- audit


@pytest.mark.parametrize("role", [Role.POSTING, Role.APPROVAL])
def test_the_audit_chain_is_append_only_but_for_tombstones(store: Store, role: Role) -> None:
    with store.write(role) as db:
        audit.append(db, "test", "k", {"a": 1}, NOW)
    for column in ("kind", "key", "body", "body_sha256", "prev", "chain", "at", "seq"):
        other = "7" if column in ("at", "seq") else "'x'"
        refused(store, role, "append only", (f"UPDATE audit SET {column} = {other}", ()))
    refused(store, role, "append only", ("DELETE FROM audit", ()))
    columns = "seq, kind, key, body_sha256, prev, chain, at"
    sql = f"INSERT OR REPLACE INTO audit ({columns}) VALUES (1, 'x', 'x', 'x', 'x', 'x', 1)"
    refused(store, role, "append only", (sql, ()))
    refused(store, role, "append only", ("UPDATE audit SET body = NULL", ()))
    with store.write(Role.FORGET) as db:  # tests/store/test_store_forget.py
        put(db, "forget_run", scope="everything", at=NOW)
        db.execute("UPDATE audit SET body = NULL WHERE seq = 1")
