"""The rules that the database itself holds, whatever the code does: tried as the role that may write the table."""

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
)
from trendctl.store import audit
from trendctl.store.engine import Store, sha256_hex
from trendctl.store.writers import Role


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


def undo(store: Store, hash: str, id: str = "u1", of: str = "c1", kind: str = "undo") -> None:
    decision(store, hash, id, kind=kind, of_decision=of, expires_at=None)


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


# ---------------------------------------------------------------- operations and listings


def test_a_listing_without_an_approval_is_refused(store: Store) -> None:
    product_id = product(store)
    put_refused(store, Role.POSTING, "no approval", ("listing", listing_row(product_id)))
    draft(store, product_id)
    put_refused(store, Role.POSTING, "no approval", ("listing", listing_row(product_id)))


def test_a_listing_without_its_operation_is_refused(store: Store) -> None:
    product_id = product(store)
    decision(store, draft(store, product_id))
    put_refused(store, Role.POSTING, "no approval", ("listing", listing_row(product_id)))


def test_an_operation_without_an_approval_is_refused(store: Store) -> None:
    hash = draft(store, product(store))
    put_refused(store, Role.POSTING, "no approval", ("operation", operation_row(hash)))


@pytest.mark.parametrize(
    "change",
    [{"hash": "0" * 64}, {"platform": "ebay"}, {"account": "other"}, {"kind": "end"}, {"kind": "revise"},
     {"created_at": NOW + 3 * DAY + 1}, {"created_at": NOW - 1}, {"decision_id": "c9"}],
    ids=str,
)  # fmt: skip
def test_an_operation_must_be_the_approved_one_in_time(store: Store, change: dict[str, Any]) -> None:
    product_id = product(store)
    hash = draft(store, product_id)
    decision(store, hash)
    rows = ("operation", operation_row(hash) | change), ("listing", listing_row(product_id))
    put_refused(store, Role.POSTING, "no approval", *rows)
    with store.write(Role.POSTING) as db:  # the unchanged one passes
        put(db, "operation", **operation_row(hash, created_at=NOW + 3 * DAY))
        put(db, "listing", **listing_row(product_id))


@pytest.mark.parametrize(
    "change", [{"platform": "ebay"}, {"account": "other"}, {"sku": "SKU-2"}, {"product_id": 2}, {"id": "l2"}], ids=str
)
def test_a_listing_must_be_what_was_approved(store: Store, change: dict[str, Any]) -> None:
    product_id = product(store)
    product(store, "p2")
    hash = draft(store, product_id)
    decision(store, hash)
    rows = ("operation", operation_row(hash)), ("listing", listing_row(product_id) | change)
    put_refused(store, Role.POSTING, "listing: no approval", *rows)


def test_an_approval_that_was_taken_back_is_no_approval(store: Store) -> None:
    hash = draft(store, product(store))
    decision(store, hash)
    undo(store, hash, kind="void")
    put_refused(store, Role.POSTING, "taken back", ("operation", operation_row(hash)))


def test_an_approval_is_used_once(store: Store) -> None:
    _, hash = posted(store)
    put_refused(store, Role.POSTING, "UNIQUE", ("operation", operation_row(hash, id="o2")))


def test_nothing_is_posted_to_a_blocked_account(store: Store) -> None:
    hash = draft(store, product(store))
    decision(store, hash)
    insert(store, Role.POSTING, "account_block", platform="local", account="default", reason="restore", at=NOW)
    put_refused(store, Role.POSTING, "blocked until reconciled", ("operation", operation_row(hash)))


@pytest.mark.parametrize("state", ["submitting", "accepted", "live", "unknown"])
def test_a_second_open_listing_of_a_product_is_refused(store: Store, state: str) -> None:
    product_id, _ = posted(store)
    if state != "submitting":
        with store.write(Role.POSTING) as db:
            db.execute("UPDATE listing SET state = ?", (state,))
    other = intent(quantity=6)
    hash = draft(store, product_id, "d2", doc=other)
    decision(store, hash, "c2", draft_id="d2")
    rows = [("operation", operation_row(hash, id="o2", decision_id="c2", listing_id="l2")),
            ("listing", listing_row(product_id, id="l2", decision_id="c2"))]  # fmt: skip
    put_refused(store, Role.POSTING, "UNIQUE", *rows)
    with store.write(Role.POSTING) as db:
        for end in ("live", "ended"):
            db.execute("UPDATE listing SET state = ? WHERE state <> ?", (end, end))
        for table, values in rows:
            put(db, table, **values)


@pytest.mark.parametrize("table", ["operation", "listing", "attempt"])
def test_what_was_done_is_kept(store: Store, table: str) -> None:
    posted(store)
    refused(store, Role.POSTING, f"{table}: kept", (f"DELETE FROM {table}", ()))
    columns = "id, operation_id, step, try, wire_sha256, started_at"
    if table == "attempt":
        sql = f"INSERT OR REPLACE INTO attempt ({columns}) VALUES ('a1', 'o1', 'create', 1, 'f', 2)"
        refused(store, Role.POSTING, "attempt: kept", (sql, ()))


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [("operation", "hash", "0"), ("operation", "decision_id", "c2"), ("operation", "quantity", 1),
     ("operation", "kind", "auto_decrease"), ("operation", "platform", "ebay"), ("operation", "account", "x"),
     ("operation", "id", "o9"), ("operation", "listing_id", "l9"), ("listing", "sku", "SKU-2"),
     ("listing", "decision_id", "c2"), ("listing", "platform", "ebay"), ("listing", "account", "x"),
     ("listing", "product_id", 7), ("listing", "id", "l9"), ("attempt", "wire_sha256", "f"), ("attempt", "step", "x"),
     ("attempt", "try", 2), ("attempt", "started_at", 1), ("attempt", "operation_id", "o2")],
)  # fmt: skip
def test_what_was_done_is_frozen(store: Store, table: str, column: str, value: Any) -> None:
    posted(store)
    refused(store, Role.POSTING, "frozen", (f"UPDATE {table} SET {column} = ?", (value,)))


def test_an_attempt_is_answered_once(store: Store) -> None:
    posted(store)
    with store.write(Role.POSTING) as db:
        db.execute("UPDATE attempt SET finished_at = 5, verdict = 'unknown', status = 0")
    refused(store, Role.POSTING, "frozen", ("UPDATE attempt SET verdict = 'applied'", ()))


MOVES = {
    "submitting": {"accepted", "live", "rejected", "failed", "unknown"},
    "accepted": {"live", "rejected", "failed", "unknown"},
    "unknown": {"accepted", "live", "rejected", "failed"},
    "live": {"ended"},
}
PATHS = {"submitting": (), "accepted": ("accepted",), "live": ("live",), "rejected": ("rejected",),
         "failed": ("failed",), "unknown": ("unknown",), "ended": ("live", "ended")}  # fmt: skip


@pytest.mark.parametrize("start", PATHS)
@pytest.mark.parametrize("table", ["operation", "listing"])
def test_states_move_only_as_they_may(store: Store, table: str, start: str) -> None:
    if table == "operation" and start == "ended":
        return
    posted(store)
    with store.write(Role.POSTING) as db:
        for state in PATHS[start]:
            db.execute(f"UPDATE {table} SET state = ?", (state,))
    allowed = MOVES.get(start, set()) - ({"ended"} if table == "operation" else set())
    moved = set()
    for state in PATHS:
        try:
            with store.write(Role.POSTING) as db:
                db.execute(f"UPDATE {table} SET state = ?", (state,))
                moved.add(state)
                raise InterruptedError  # tried; undone
        except (sqlite3.IntegrityError, InterruptedError):
            continue
    assert moved - {start} == allowed


@pytest.mark.parametrize(
    ("quantity", "good"), [(4, True), (0, True), (5, False), (6, False), (-1, False), (None, False)]
)
def test_a_quantity_is_lowered_without_a_decision_only_downwards(store: Store, quantity: Any, good: bool) -> None:
    _, hash = posted(store)
    row = operation_row(hash, id="o2", kind="auto_decrease", quantity=quantity)
    put_refused(store, Role.POSTING, "not a lower quantity", ("operation", row))  # not live yet
    with store.write(Role.POSTING) as db:
        db.execute("UPDATE listing SET state = 'live'")
    if good:
        insert(store, Role.POSTING, "operation", **row)
    else:
        put_refused(store, Role.POSTING, "not a lower quantity", ("operation", row))


def test_a_quantity_is_not_lowered_where_the_card_did_not_say_so(store: Store) -> None:
    product_id = product(store)
    hash = draft(store, product_id, doc=intent(auto_decrease=False))
    decision(store, hash)
    with store.write(Role.POSTING) as db:
        put(db, "operation", **operation_row(hash))
        put(db, "listing", **listing_row(product_id))
        db.execute("UPDATE listing SET state = 'live'")
    row = operation_row(hash, id="o2", kind="auto_decrease", quantity=1)
    put_refused(store, Role.POSTING, "not a lower quantity", ("operation", row))


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
    with store.write(role) as db:
        db.execute("UPDATE audit SET body = NULL WHERE seq = 1")
