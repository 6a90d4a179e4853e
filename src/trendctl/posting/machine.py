"""The posting machine: whatever crashes, at most one listing exists for an approval.

Each call is an Attempt, committed and journaled BEFORE it is made. A step is sent again only if the answer proves that
it was not applied, where the step is safe to repeat, or after a read-back that excludes it (design section 2.3).
"""

from collections.abc import Mapping
from dataclasses import replace

from trendctl.errors import Refused
from trendctl.ports import (
    Action,
    Json,
    Platform,
    ReadBack,
    Resend,
    State,
    Step,
    Understood,
    Verdict,
    Wire,
)
from trendctl.posting import calls, ledger
from trendctl.posting.calls import Desk
from trendctl.store import decisions, operations
from trendctl.store.decisions import Approval
from trendctl.store.operations import OperationRow
from trendctl.store.rows import epoch

MAX_TRIES = 4  # of one step in one run; what is left over waits for the next `post`
MAX_WAIT = 60.0  # seconds between two tries; a longer Retry-After waits for the next `post`
SETTLE_WAITS = (0.0, 2.0, 5.0, 10.0)  # seconds before each read-back after the last step
MAKES_A_LISTING = (Action.CREATE, Action.RELIST)


def begin(desk: Desk, approval: Approval) -> OperationRow:
    """Consume the approval: the Operation (and for a create its Listing), in one transaction.

    Raises Refused with the database's own words when it does not allow it (expired, used, foreign, blocked).
    """
    doc = calls.thawed(desk.platform, approval)
    late = calls.late_of_listing(desk, approval) if approval.action not in MAKES_A_LISTING else {}
    if "approval" in desk.platform.facts.late:
        late = {**late, "approval": approval.decision_id}
    return ledger.begin(desk.store, desk.journal, approval, doc, late, epoch(desk.clock.now()))


def advance(desk: Desk, operation: OperationRow, approval: Approval, *, may_send: bool = True) -> OperationRow:
    """Carry an open operation as far as is proven safe. `may_send` False only reads back (`reconcile`)."""
    doc = calls.thawed(desk.platform, approval)
    operation = calls.caught_up(desk, operation)
    if operation.state == State.ACCEPTED:
        return _settle(desk, operation, doc)
    for step in desk.platform.steps(doc):
        done, operation = _take(desk, operation, approval, doc, step, may_send=may_send)
        if not done:
            return operation
    return _settle(desk, operation, doc)


def rendered(platform: Platform, approval: Approval) -> tuple[tuple[str, Wire], ...]:
    """Every step's wire, as it would be sent, with late values named instead of known (`post --dry-run`)."""
    doc = calls.thawed(platform, approval)
    late = {name: f"<{name}>" for name in platform.facts.late if name not in platform.facts.late_maybe}
    return tuple((step.name, platform.render(step.name, doc, late)) for step in platform.steps(doc))


def told(
    desk: Desk, operation: OperationRow, approval: Approval, state: State, number: str, url: str, reason: str
) -> OperationRow:
    """The person's word on an operation that only they can see the end of."""
    late = {} if operation.late.get("item_id") and not number else {"item_id": number}
    back = ReadBack(state, external_id=number, url=url, cause=reason, late=late)
    return _conclude(desk, operation, calls.thawed(desk.platform, approval), back)


def looked(desk: Desk, approval: Approval, listing_id: str) -> ReadBack:
    """What the platform says of a live listing: LIVE is as it should be. Nothing is changed or sent."""
    with desk.store.read() as db:
        rows = operations.of_listing(db, listing_id)
    late = calls.late_of(rows)
    changed = [row for row in rows if row.kind in ("revise", "reprice") and row.state == State.LIVE]
    if not changed:
        return _asked(desk, approval, late)
    with desk.store.read() as db:  # the newest approved intent is what should be there
        newest = decisions.approval(db, changed[-1].decision_id) or approval
    back = _asked(desk, newest, late)
    if back.state is State.REJECTED and _asked(desk, approval, late).state is not State.REJECTED:
        return replace(back, state=State.UNKNOWN)  # the change is not there, and the listing is not over
    return back


def _asked(desk: Desk, approval: Approval, late: Mapping[str, str]) -> ReadBack:
    try:
        return _read(desk, calls.thawed(desk.platform, approval), late)
    except Refused as fault:
        return ReadBack(State.UNKNOWN, cause=str(fault))


def _take(
    desk: Desk, operation: OperationRow, approval: Approval, doc: Mapping[str, Json], step: Step, *, may_send: bool
) -> tuple[bool, OperationRow]:
    """One step: (True, ...) when it is applied and the next may follow; else the operation as it stands."""
    history = [a for a in calls.history(desk, operation) if a.step == step.name]
    if any(a.verdict == Verdict.APPLIED for a in history):
        return True, operation
    doubtful = any(a.verdict == Verdict.UNKNOWN for a in history)
    if history and history[-1].verdict == Verdict.REJECTED and not doubtful:  # it would be refused again
        return False, _refused(desk, operation, doc, Understood(Verdict.REJECTED, history[-1].cause), looked=False)
    for number in range(MAX_TRIES):
        if doubtful and (step.resend is Resend.READ_BACK or not may_send):
            excluded, operation = _excluded(desk, operation, doc)
            if not excluded:
                return False, operation
        stopped = _stopped(desk, operation, approval, doc, step, may_send=may_send, doubtful=doubtful)
        if stopped is not None:
            return False, stopped
        said = calls.attempt(desk, operation, doc, step)
        operation = replace(operation, late={**operation.late, **said.late})
        if said.verdict is Verdict.APPLIED:
            return True, _move(desk, operation, doc, State(operation.state), "")
        if said.verdict is Verdict.REJECTED:
            return False, _refused(desk, operation, doc, said, looked=doubtful and step.resend is Resend.READ_BACK)
        doubtful = doubtful or said.verdict is Verdict.UNKNOWN
        if (said.retry_after or 0.0) > MAX_WAIT:
            break
        desk.clock.sleep(said.retry_after if said.retry_after is not None else 2.0 * 2**number)
    return False, _gave_up(desk, operation, doc, doubtful=doubtful)


def _excluded(desk: Desk, operation: OperationRow, doc: Mapping[str, Json]) -> tuple[bool, OperationRow]:
    """Whether a read-back proves that the step was not applied; else the operation as the read-back leaves it."""
    back = _read_back(desk, operation, doc)
    if back.state is not State.UNKNOWN:
        return False, _conclude(desk, operation, doc, back)
    if not back.excluded:
        return False, _move(desk, operation, doc, State.UNKNOWN, back.cause or "it may have been applied")
    return True, replace(operation, late={**operation.late, **back.late})


def _stopped(
    desk: Desk, operation: OperationRow, approval: Approval, doc: Mapping[str, Json], step: Step, *, may_send: bool,
    doubtful: bool,
) -> OperationRow | None:  # fmt: skip
    """The operation as it stands when the step may not be sent (any more, or yet); None when it may be."""
    if not may_send:
        return operation
    why = calls.why_never(desk, operation, approval, doc, step)
    if why:
        if doubtful and step.resend is Resend.SAFE:
            return _move(desk, operation, doc, State.UNKNOWN, f"{why}, and an earlier call may have been applied")
        return _over(desk, operation, doc, State.FAILED, why)
    held = calls.why_not_now(desk, operation, doc, step)
    if held:
        state = State.UNKNOWN if doubtful else State(operation.state)
        return _move(desk, operation, doc, state, f"not sent yet: {held}")
    return None


def _refused(
    desk: Desk, operation: OperationRow, doc: Mapping[str, Json], said: Understood, *, looked: bool
) -> OperationRow:
    """REJECTED; but where an earlier try of the same step is in doubt (`looked`), only if it is not live after all."""
    back = _read_back(desk, operation, doc) if looked else ReadBack(State.UNKNOWN)
    if back.state in (State.LIVE, State.ACCEPTED, State.ENDED):
        return _conclude(desk, operation, doc, back)
    if looked and not back.excluded:
        return _move(desk, operation, doc, State.UNKNOWN, said.cause)
    return _over(desk, operation, doc, State.REJECTED, said.cause)


def _over(desk: Desk, operation: OperationRow, doc: Mapping[str, Json], state: State, cause: str) -> OperationRow:
    """Nothing more is sent; but a change of which buyers see a part is not told as if nothing had happened."""
    if operation.kind not in MAKES_A_LISTING and calls.half_done(desk, operation, doc):
        return _move(desk, operation, doc, State.UNKNOWN, f"{cause}, and a part of it was applied")
    return _move(desk, operation, doc, state, cause)


def _gave_up(desk: Desk, operation: OperationRow, doc: Mapping[str, Json], *, doubtful: bool) -> OperationRow:
    last = calls.history(desk, operation)[-1]
    if doubtful:
        return _move(desk, operation, doc, State.UNKNOWN, last.cause)
    return _move(desk, operation, doc, State(operation.state), f"not sent yet: {last.cause}")


def _settle(desk: Desk, operation: OperationRow, doc: Mapping[str, Json]) -> OperationRow:
    """`accepted` is not `live`: read it back, a few times, then leave it for the next `reconcile`."""
    back = ReadBack(State.ACCEPTED)
    for wait in SETTLE_WAITS:
        desk.clock.sleep(wait)
        back = _read_back(desk, operation, doc)
        if back.state in (State.LIVE, State.REJECTED, State.ENDED):
            return _conclude(desk, operation, doc, back)
        if back.person:
            break
    cause = back.cause or "accepted by the platform, not seen live yet"
    return _conclude(desk, operation, doc, replace(back, state=State.ACCEPTED, cause=cause))


def _read_back(desk: Desk, operation: OperationRow, doc: Mapping[str, Json]) -> ReadBack:
    return _read(desk, doc, operation.late)


def _read(desk: Desk, doc: Mapping[str, Json], late: Mapping[str, str]) -> ReadBack:
    try:
        return desk.platform.read_back(doc, late, desk.talk)
    except Exception as fault:  # noqa: BLE001 - one edge per leaf call: an unreadable read-back proves nothing
        return ReadBack(State.UNKNOWN, cause=f"the read-back failed: {fault}")


def _conclude(desk: Desk, operation: OperationRow, doc: Mapping[str, Json], back: ReadBack) -> OperationRow:
    operation = replace(operation, late={**operation.late, **back.late})
    return _move(desk, operation, doc, back.state, back.cause, external_id=back.external_id, url=back.url)


def _move(
    desk: Desk,
    operation: OperationRow,
    doc: Mapping[str, Json],
    state: State,
    cause: str,
    *,
    external_id: str = "",
    url: str = "",
) -> OperationRow:
    moved = replace(operation, state=State.LIVE if state is State.ENDED else state, cause=cause)
    changes: dict[str, Json] = {"cause": cause}
    if operation.kind in MAKES_A_LISTING:
        changes["state"] = moved.state
        changes |= {k: v for k, v in (("external_id", external_id), ("url", url)) if v}
    elif moved.state == State.LIVE:
        changes |= effect(Action(operation.kind), doc)
    ledger.move(desk.store, desk.journal, moved, changes, epoch(desk.clock.now()))
    return moved


def effect(action: Action, doc: Mapping[str, Json]) -> dict[str, Json]:
    """What a finished revise, reprice or end changes on its listing. A new price says nothing of how many there are:
    some may have been sold, or lowered, since the quantity was approved."""
    if action is Action.END:
        return {"state": State.ENDED}
    price = doc["price"]
    changes: dict[str, Json] = {"price_minor": price["minor"], "currency": price["currency"]}
    return changes if action is Action.REPRICE else {**changes, "quantity": doc["quantity"]}
