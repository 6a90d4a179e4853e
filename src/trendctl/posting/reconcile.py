"""`reconcile`: ask the platforms what became of everything whose end is not known; after a restore, rebuild first."""

import json
from collections.abc import Sequence
from dataclasses import replace

from trendctl.errors import AccessError, Refused, UsageError
from trendctl.ports import Action, Json, ReadBack, State
from trendctl.posting import calls, ledger, machine
from trendctl.posting.service import Posted, Posting, carried_on, held, row_of, switched_off, told_of
from trendctl.store import decisions, operations
from trendctl.store.audited import audited
from trendctl.store.operations import OperationRow
from trendctl.store.rebuild import rebuild
from trendctl.store.rows import epoch
from trendctl.store.writers import Role


def reconcile(work: Posting, platform: str | None = None) -> tuple[list[Posted], int]:
    """Read everything open back; nothing is sent. The rows, and how many entries were rebuilt from the journal.

    An account blocked by a restore is freed once each of its listings was read back: shown as approved, or over; else
    a row says which one keeps it blocked. Raises AccessError where no account can be reached.
    """
    rebuilt = rebuild(work.store, work.journal, epoch(work.clock.now())) if work.journal.is_ahead(work.store) else 0
    work.journal.catch_up(work.store)
    with work.store.read() as db:
        waiting = operations.open_operations(db, platform)
        blocked = [key for key in operations.blocked(db) if platform in (None, key[0])]
    rows: list[Posted] = []
    faults: list[AccessError] = []
    keys = {(o.platform, o.account) for o in waiting} | set(blocked)
    for key in sorted(keys):
        mine = [o for o in waiting if (o.platform, o.account) == key]
        try:
            rows += _account(work, key, mine, blocked=key in blocked)
        except AccessError as fault:
            faults.append(fault)
            rows += [told_of(work, o, str(fault)) for o in mine or _made(work, key)]
    if faults and len(faults) == len(keys):
        raise faults[0]
    return rows, rebuilt


def verdict(work: Posting, operation_id: str, state: State, url: str, reason: str, seat: str) -> Posted:
    """The person's own word on an `unknown`: live (with its address; of a change: it is there) or failed (it is not).
    Audited.

    The caller made sure that a person sits at a terminal. Raises UsageError for another state.
    """
    if not reason.strip():
        raise UsageError("A reason is needed", next="type what you saw on the platform")
    place = _unclear(work, operation_id)
    with held(work.locks, place.platform, place.account):
        operation = _unclear(work, operation_id)  # another command may have settled it meanwhile
        moved = replace(operation, state=str(state), cause=f"your word: {reason}")
        changes, now = _changes(work, moved, url), epoch(work.clock.now())
        with audited(work.store, work.journal, Role.POSTING, now) as tx:
            tx.record("word", operation.id, {"state": str(state), "url": url, "reason": reason, "seat": seat})
        ledger.move(work.store, work.journal, moved, changes, now)
    return row_of(work, moved)


def stuck(work: Posting, product_id: int, platform: str | None = None) -> list[OperationRow]:
    """What made the live listings of a product in blocked accounts: of these, `gone` takes the person's word."""
    with work.store.read() as db:
        keys = operations.blocked(db)
    made = [o for key in keys if platform in (None, key[0]) for o in _made(work, key)]
    with work.store.read() as db:
        mine = {r["id"] for r in operations.listings(db, product_id)}
    return [o for o in made if o.listing_id in mine]


def gone(work: Posting, made: OperationRow, reason: str, seat: str) -> Posted:
    """The person's own word that a live listing which keeps its account blocked is not there any more. Audited.

    The caller made sure that a person sits at a terminal. Raises UsageError where it is not live, or nothing blocked.
    """
    if not reason.strip():
        raise UsageError("A reason is needed", next="type what you saw on the platform")
    with held(work.locks, made.platform, made.account):
        with work.store.read() as db:
            row, why = operations.listing(db, made.listing_id), operations.blocked(db)
        if row is None or row["state"] != State.LIVE or (made.platform, made.account) not in why:
            raise UsageError("Only a live listing of a blocked account takes your word", next="trendctl listings")
        now = epoch(work.clock.now())
        with audited(work.store, work.journal, Role.POSTING, now) as tx:
            tx.record("word", made.id, {"state": str(State.ENDED), "url": "", "reason": reason, "seat": seat})
        changes: dict[str, Json] = {"state": State.ENDED, "cause": f"your word: {reason}"}
        ledger.move(work.store, work.journal, made, changes, now)
    return told_of(work, made, f"your word: {reason}")


def _unclear(work: Posting, operation_id: str) -> OperationRow:
    with work.store.read() as db:
        operation = operations.operation(db, operation_id)
    if operation is None or operation.state != State.UNKNOWN:
        raise UsageError("Only an unknown listing takes your word", why="it is settled", next="trendctl listings")
    return operation


def _changes(work: Posting, moved: OperationRow, url: str) -> dict[str, Json]:
    """What the word changes on the listing."""
    changes: dict[str, Json] = {"cause": moved.cause} | ({"url": url} if url else {})
    if moved.kind in machine.MAKES_A_LISTING:
        return changes | {"state": moved.state}
    if moved.state != State.LIVE:
        return changes
    with work.store.read() as db:
        approval = decisions.approval(db, moved.decision_id)
    if approval is None and moved.kind != Action.END:
        raise Refused("You had this listing's words forgotten", next="change or end it on the platform's own page")
    return changes | machine.effect(Action(moved.kind), json.loads(approval.intent) if approval is not None else {})


def _account(work: Posting, key: tuple[str, str], waiting: Sequence[OperationRow], *, blocked: bool) -> list[Posted]:
    platform = work.platforms.get(key[0])
    if platform is None:
        return switched_off(work, key[0], waiting or _made(work, key))
    rows = []
    with held(work.locks, *key), work.talk(key[0]) as talk:
        desk = calls.Desk(work.store, work.journal, work.clock, platform, talk, work.images)
        for operation in waiting:
            with work.store.read() as db:
                fresh = operations.operation(db, operation.id)
                approval = decisions.approval(db, operation.decision_id)
            if fresh is not None and approval is not None and fresh.state in operations.OPEN:
                rows.append(carried_on(work, desk, fresh, approval, may_send=False))
        if blocked:
            found = _looked_at(work, desk, key)
            if not any(row.state == State.LIVE for row in found):
                ledger.unblock(work.store, work.journal, *key, epoch(work.clock.now()))
            rows += found
    return rows


def _made(work: Posting, key: tuple[str, str]) -> list[OperationRow]:
    """The operations that made an account's live listings."""
    with work.store.read() as db:
        live = [r for r in operations.listings(db) if (r["platform"], r["account"]) == key and r["state"] == State.LIVE]
        return [operations.of_listing(db, r["id"])[0] for r in live]


def _looked_at(work: Posting, desk: calls.Desk, key: tuple[str, str]) -> list[Posted]:
    """The live listings of a blocked account that are not, by read-back, what their approval says: those that are over
    are ended; what stays live keeps the account blocked."""
    with work.store.read() as db:
        live = [r for r in operations.listings(db) if (r["platform"], r["account"]) == key and r["state"] == State.LIVE]
        shown = [r for r in live if not decisions.is_forgotten(db, r["decision_id"])]  # of the others only ids are left
        approvals = [(r["id"], r["sku"], decisions.approval(db, r["decision_id"])) for r in shown]
    rows = []
    for listing_id, sku, approval in approvals:
        if approval is None:
            raise Refused("A listing has no approval", why=sku, next="trendctl audit verify")
        back = machine.looked(desk, approval, listing_id)
        if back.state is not State.LIVE:
            rows.append(_not_as_approved(work, listing_id, back))
    return rows


def _not_as_approved(work: Posting, listing_id: str, back: ReadBack) -> Posted:
    with work.store.read() as db:
        made = operations.of_listing(db, listing_id)[0]
    if back.state in (State.REJECTED, State.ENDED):
        changes: dict[str, Json] = {"state": State.ENDED, "cause": back.cause}
        ledger.move(work.store, work.journal, made, changes, epoch(work.clock.now()))
        return told_of(work, made, back.cause)
    why = f"not seen as it was approved ({back.cause or back.state}), so nothing is posted there"
    ways = f"trendctl platforms check {made.platform}, then trendctl reconcile; where it is gone, --is not-posted"
    return told_of(work, made, f"{why}. Next: {ways}")
