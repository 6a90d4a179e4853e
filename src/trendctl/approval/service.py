"""The only writer of Decision: approve, undo, void, reject, defer; each committed and journaled at once."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from trendctl.approval.seat import Seat
from trendctl.errors import Refused, UsageError
from trendctl.ports import Clock, Json
from trendctl.store import decisions, drafts, reviews
from trendctl.store.audited import Audited, audited
from trendctl.store.engine import Store
from trendctl.store.journal import Journal
from trendctl.store.rows import epoch, new_id
from trendctl.store.writers import Role


@dataclass(frozen=True, slots=True)
class Approving:
    """What approval works with; `home` is where it happens, for the seat to check."""

    store: Store
    journal: Journal
    clock: Clock
    home: Path
    expires_hours: int = 72


def approve(work: Approving, seat: Seat, shown: Sequence[tuple[str, str]]) -> list[str]:
    """Approve drafts as they were shown: (draft id, the hash on the card). The decisions' ids.

    Raises Refused when the seat may not, or when a draft changed, is blocked, or was decided since it was shown.
    """
    now = epoch(work.clock.now())
    with work.store.read() as db:
        rows = [_current(drafts.by_id(db, draft_id), draft_id, digest) for draft_id, digest in shown]
        stubs = [decisions.product_stub(db, row["product_id"]) for row in rows]
    for row in rows:
        seat.check(work.home, row["platform"])
    ids = []
    try:
        with audited(work.store, work.journal, Role.APPROVAL, now) as tx:
            for row, stub in zip(rows, stubs, strict=True):
                tx.record("draft", row["id"], {"draft": _draft_body(row), "product": stub})
                ids.append(_decide(tx, row, "approve", seat.name, expires_at=now + 3600 * work.expires_hours))
    except sqlite3.IntegrityError as fault:
        raise Refused("The database refused this approval", why=str(fault), next="trendctl review") from fault
    return ids


def take_back(work: Approving, seat: Seat, approvals: Sequence[decisions.Approval], reason: str) -> int:
    """Undo unused approvals: new rows, never updates; how many. Raises Refused when one was used meanwhile."""
    for found in approvals:
        seat.check(work.home, found.platform)
    return _withdraw(work, approvals, "undo", reason, seat.name)


def void(work: Approving, approvals: Sequence[decisions.Approval], reason: str) -> int:
    """Void approvals that no longer stand (drift). Takes only rights away, so it needs no seat."""
    return _withdraw(work, approvals, "void", reason, "program")


def reject(work: Approving, product_id: int, reason: str) -> int:
    """The product is not for this seller; its unused approvals to list it are void: how many. Raises UsageError
    without a reason."""
    if not reason.strip():
        raise UsageError("A rejection needs a reason", next="trendctl reject ID --reason WHY")
    return _say(work, product_id, "rejected", reason.strip(), None)


def defer(work: Approving, product_id: int, days: int) -> None:
    """Look again in `days` days; its unused approvals to list it are void. Raises UsageError outside 1 to 365."""
    if not 1 <= days <= 365:
        raise UsageError("A deferral is 1 to 365 days long", next="trendctl defer ID --days 7")
    _say(work, product_id, "deferred", "", epoch(work.clock.now()) + 86_400 * days)


def reopen(work: Approving, product_id: int) -> None:
    """Back to `pending_review`: the undo of a rejection or deferral."""
    _say(work, product_id, "pending_review", "", None)


def choose_platforms(work: Approving, product_id: int, wanted: Mapping[str, bool]) -> None:
    """Switch platforms on or off for a product; the unused approvals to list it on those now off are void."""
    now = epoch(work.clock.now())
    off = [name for name, on in wanted.items() if not on]
    with audited(work.store, work.journal, Role.APPROVAL, now) as tx:
        _no_new_listing(tx, product_id, "its platform was switched off", lambda a: a.platform in off)
        for name, on in wanted.items():
            reviews.choose_platform(tx.db, product_id, name, wanted=on)


def lift(work: Approving, seat: Seat, product_id: int, code: str, reason: str) -> None:
    """Lift a compliance block by a typed reason, in the audit log. Raises UsageError for too short a reason."""
    if len(reason.strip()) < 10:
        raise UsageError("Lifting a block needs a reason of at least 10 characters", next="say why you may sell it")
    seat.check(work.home, "local")
    now = epoch(work.clock.now())
    with audited(work.store, work.journal, Role.APPROVAL, now) as tx:
        reviews.lift(tx.db, product_id, code, reason.strip(), now)
        tx.record("lift", f"{product_id}/{code}", {"product_id": product_id, "code": code, "reason": reason.strip()})


def _withdraw(work: Approving, found: Sequence[decisions.Approval], kind: str, reason: str, seat: str) -> int:
    now = epoch(work.clock.now())
    try:
        with audited(work.store, work.journal, Role.APPROVAL, now) as tx:
            for a in found:
                _take_away(tx, a, kind, reason, seat)
    except sqlite3.IntegrityError as fault:
        raise Refused("It cannot be taken back", why=str(fault), next="trendctl listings") from fault
    return len(found)


def _no_new_listing(
    tx: Audited, product_id: int, why: str, which: Callable[[decisions.Approval], bool] = lambda _: True
) -> int:
    """Void the product's unused approvals to list it: how many. What was approved of a live one stays."""
    mine = [a for a in decisions.unused(tx.db) if a.product_id == product_id and a.action in ("create", "relist")]
    gone = [a for a in mine if which(a)]
    for found in gone:
        _take_away(tx, found, "void", why, "program")
    return len(gone)


def _take_away(tx: Audited, a: decisions.Approval, kind: str, reason: str, seat: str) -> None:
    body: dict[str, Json] = {
        "id": new_id(), "draft_id": a.draft_id, "hash": a.hash, "kind": kind, "of_decision": a.decision_id,
        "reason": reason, "seat": seat, "at": tx.now, "expires_at": None,
    }  # fmt: skip
    reviews.insert_decision(tx.db, body)
    tx.record("decision", str(body["id"]), body)


def _decide(tx: Audited, row: sqlite3.Row, kind: str, seat: str, *, expires_at: int) -> str:
    body: dict[str, Json] = {
        "id": new_id(), "draft_id": row["id"], "hash": row["hash"], "kind": kind, "of_decision": None, "reason": "",
        "seat": seat, "at": tx.now, "expires_at": expires_at,
    }  # fmt: skip
    reviews.insert_decision(tx.db, body)
    tx.record("decision", str(body["id"]), body)
    return str(body["id"])


def _say(work: Approving, product_id: int, status: str, reason: str, until: int | None) -> int:
    """The number of approvals that it made void."""
    now = epoch(work.clock.now())
    with audited(work.store, work.journal, Role.APPROVAL, now) as tx:
        voided = 0 if status == "pending_review" else _no_new_listing(tx, product_id, f"the product was {status}")
        reviews.set_status(tx.db, product_id, status, reason, until, now)
        tx.record(
            "review", str(product_id), {"product_id": product_id, "status": status, "reason": reason, "until": until}
        )
    return voided


def _current(row: sqlite3.Row | None, draft_id: str, digest: str) -> sqlite3.Row:
    if row is None or row["superseded_at"] is not None or row["hash"] != digest:
        raise Refused("The draft changed since it was shown", why=draft_id, next="trendctl review")
    return row


def _draft_body(row: sqlite3.Row) -> dict[str, Json]:
    names = ("id", "platform", "account", "action", "listing_id", "hash", "warnings", "created_at")
    return {**{n: row[n] for n in names}, "intent": bytes(row["intent"]).decode()}
