"""`reconcile`: ask the platforms what became of everything whose end is not known; after a restore, rebuild first."""

from collections.abc import Sequence

from trendctl.errors import Refused, UsageError
from trendctl.ports import State
from trendctl.posting import calls, ledger, machine
from trendctl.posting.service import Posted, Posting, carried_on, lock_for, row_of
from trendctl.store import decisions, operations
from trendctl.store.audited import audited
from trendctl.store.operations import OperationRow
from trendctl.store.rebuild import rebuild
from trendctl.store.rows import epoch
from trendctl.store.writers import Role


def reconcile(work: Posting, platform: str | None = None) -> tuple[list[Posted], int]:
    """Read everything open back; nothing is sent. The rows, and how many entries were rebuilt from the journal.

    An account blocked by a restore is freed once each of its listings was read back without a contradiction.
    """
    rebuilt = rebuild(work.store, work.journal, epoch(work.clock.now())) if work.journal.is_ahead(work.store) else 0
    work.journal.catch_up(work.store)
    with work.store.read() as db:
        waiting = operations.open_operations(db, platform)
        blocked = [key for key in operations.blocked(db) if platform in (None, key[0])]
    rows = []
    for key in sorted({(o.platform, o.account) for o in waiting} | set(blocked)):
        mine = [o for o in waiting if (o.platform, o.account) == key]
        rows += _account(work, key, mine, blocked=key in blocked)
    return rows, rebuilt


def verdict(work: Posting, operation_id: str, state: State, url: str, reason: str, seat: str) -> Posted:
    """The person's own word on an `unknown`: live (with its address) or failed (it is not there). Audited.

    The caller made sure that a person sits at a terminal. Raises UsageError for another state.
    """
    with work.store.read() as db:
        operation = operations.operation(db, operation_id)
    if operation is None or operation.state != State.UNKNOWN:
        raise UsageError("Only an unknown listing takes your word", why="it is settled", next="trendctl listings")
    if not reason.strip():
        raise UsageError("A reason is needed", next="type what you saw on the platform")
    now = epoch(work.clock.now())
    with lock_for(work.locks, operation.platform, operation.account):
        with audited(work.store, work.journal, Role.POSTING, now) as tx:
            tx.record("word", operation.id, {"state": str(state), "url": url, "reason": reason, "seat": seat})
        moved = _moved(operation, state, f"your word: {reason}")
        changes = {"state": str(state), "cause": moved.cause} | ({"url": url} if url else {})
        if operation.kind not in ("create", "relist"):
            changes.pop("state")
        ledger.move(work.store, work.journal, moved, changes, now)
    return row_of(work, moved)


def _moved(operation: OperationRow, state: State, cause: str) -> OperationRow:
    from dataclasses import replace

    return replace(operation, state=str(state), cause=cause)


def _account(work: Posting, key: tuple[str, str], waiting: Sequence[OperationRow], *, blocked: bool) -> list[Posted]:
    platform = work.platforms.get(key[0])
    if platform is None:
        return []
    rows = []
    with lock_for(work.locks, *key), work.talk(key[0]) as talk:
        desk = calls.Desk(work.store, work.journal, work.clock, platform, talk, work.images)
        for operation in waiting:
            with work.store.read() as db:
                fresh = operations.operation(db, operation.id)
                approval = decisions.approval(db, operation.decision_id)
            if fresh is not None and approval is not None and fresh.state in operations.OPEN:
                rows.append(carried_on(work, desk, fresh, approval, may_send=False))
        if blocked and _all_seen(work, desk, key):
            ledger.unblock(work.store, work.journal, *key, epoch(work.clock.now()))
    return rows


def _all_seen(work: Posting, desk: calls.Desk, key: tuple[str, str]) -> bool:
    """Whether every live listing of the account is what its approval says, by read-back."""
    with work.store.read() as db:
        live = [r for r in operations.listings(db) if (r["platform"], r["account"]) == key and r["state"] == State.LIVE]
        shown = [r for r in live if not decisions.is_forgotten(db, r["decision_id"])]  # of the others only ids are left
        approvals = [(r, decisions.approval(db, r["decision_id"])) for r in shown]
    for row, approval in approvals:
        if approval is None:
            raise Refused("A listing has no approval", why=row["sku"], next="trendctl audit verify")
        if not machine.seen(desk, approval, row["id"]):
            return False
    return True
