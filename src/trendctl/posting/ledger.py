"""Every change the posting machine makes: one transaction each, in audit chain and journal before it goes on."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from trendctl.errors import Refused
from trendctl.ports import Json, State, Understood
from trendctl.store import operations
from trendctl.store.audited import audited
from trendctl.store.decisions import Approval
from trendctl.store.engine import Store
from trendctl.store.journal import Journal
from trendctl.store.operations import AttemptRow, OperationRow
from trendctl.store.rows import new_id
from trendctl.store.writers import Role


def begin(
    store: Store, journal: Journal, approval: Approval, doc: Mapping[str, Json], late: dict[str, str], now: int
) -> OperationRow:
    """The Operation that consumes the approval, with its Listing where it makes one. Raises Refused.

    `late`: what earlier operations of the listing learned.
    """
    makes = approval.action in ("create", "relist")
    listing_id = new_id() if makes else str(approval.listing_id)
    operation = OperationRow(
        new_id(), approval.action, approval.decision_id, listing_id, approval.platform, approval.account,
        approval.hash, None, State.SUBMITTING, "", late, now, now,
    )  # fmt: skip
    listing = _new_listing(approval, doc, listing_id, now) if makes else None
    try:
        with audited(store, journal, Role.POSTING, now) as tx:
            operations.insert_operation(tx.db, operation)
            if listing is not None:
                operations.insert_listing(tx.db, listing)
            tx.record("operation", operation.id, {"operation": operations.as_body(operation), "listing": listing})
    except sqlite3.IntegrityError as fault:
        raise Refused("The database refused to post this", why=_words(fault), next="trendctl review") from fault
    return operation


def attempt(
    store: Store, journal: Journal, operation_id: str, step: str, number: int, wire_sha256: str, now: int
) -> str:
    """The attempt that is about to be made; its id. When this returns, it is on the disk twice."""
    row = AttemptRow(new_id(), operation_id, step, number, wire_sha256, now, None, None, None, "", {})
    with audited(store, journal, Role.POSTING, now) as tx:
        operations.insert_attempt(tx.db, row)
        tx.record("attempt", row.id, operations.as_body(row))
    return row.id


def answer(store: Store, journal: Journal, attempt_id: str, said: Understood, status: int, now: int) -> None:
    """What the attempt's answer proved."""
    late = {str(k): str(v) for k, v in said.late.items()}
    body = {"attempt": attempt_id, "verdict": str(said.verdict), "status": status, "cause": said.cause, "late": late,
            "finished_at": now}  # fmt: skip
    with audited(store, journal, Role.POSTING, now) as tx:
        operations.answer_attempt(
            tx.db, attempt_id, verdict=said.verdict, status=status, cause=said.cause, late=late, now=now
        )
        tx.record("answer", attempt_id, body)


def move(store: Store, journal: Journal, operation: OperationRow, changes: dict[str, Json], now: int) -> None:
    """The operation's new state, and what changes on its listing."""
    changes = {k: str(v) if isinstance(v, State) else v for k, v in changes.items()}
    body = {"operation": operation.id, "state": str(operation.state), "cause": operation.cause, "late": operation.late,
            "listing": operation.listing_id, "changes": changes, "at": now}  # fmt: skip
    with audited(store, journal, Role.POSTING, now) as tx:
        operations.move_operation(
            tx.db, operation.id, state=operation.state, cause=operation.cause, late=operation.late, now=now
        )
        operations.move_listing(tx.db, operation.listing_id, changes, now)
        tx.record("state", operation.id, body)


def block(store: Store, journal: Journal, platform: str, account: str, reason: str, now: int) -> None:
    """Forbid posting to an account until it is reconciled."""
    with audited(store, journal, Role.POSTING, now) as tx:
        operations.block(tx.db, platform, account, reason, now)
        tx.record("block", f"{platform}/{account}", {"platform": platform, "account": account, "reason": reason})


def unblock(store: Store, journal: Journal, platform: str, account: str, now: int) -> None:
    """Allow posting to an account again."""
    with audited(store, journal, Role.POSTING, now) as tx:
        operations.unblock(tx.db, platform, account)
        tx.record("unblock", f"{platform}/{account}", {"platform": platform, "account": account})


def _new_listing(approval: Approval, doc: Mapping[str, Json], listing_id: str, now: int) -> dict[str, Any]:
    return {
        "id": listing_id, "product_id": approval.product_id, "platform": approval.platform,
        "account": approval.account, "sku": doc["sku"], "decision_id": approval.decision_id,
        "state": str(State.SUBMITTING), "external_id": "", "url": "", "cause": "", "quantity": doc["quantity"],
        "price_minor": doc["price"]["minor"], "currency": doc["price"]["currency"],
        "created_at": now, "updated_at": now,
    }  # fmt: skip


def _words(fault: sqlite3.IntegrityError) -> str:
    text = str(fault)
    if "UNIQUE" in text and "operation.decision_id" in text:
        return "the approval was used already"
    if "UNIQUE" in text and "listing" in text:
        return "a listing of this product is open there already"
    return text
