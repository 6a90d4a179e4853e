"""What the database itself holds about operations, listings and attempts, whatever the code does."""

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
    put_refused,
    refused,
    undo,
)
from trendctl.store.engine import Store
from trendctl.store.writers import Role

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
