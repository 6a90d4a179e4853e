"""The posting machine: whatever crashes, at most one listing exists for an approval.

Each call is an Attempt, committed and journaled BEFORE it is made. A step is sent again only if the answer proves that
it was not applied, where the step is safe to repeat, or after a read-back that excludes it (design section 2.3).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from trendctl.errors import Refused
from trendctl.intent import thaw
from trendctl.ports import (
    Action,
    Answer,
    Clock,
    Json,
    Platform,
    ReadBack,
    Resend,
    State,
    Step,
    Talk,
    Understood,
    Verdict,
    Wire,
)
from trendctl.posting import images, ledger
from trendctl.store import decisions, operations
from trendctl.store.decisions import Approval
from trendctl.store.engine import Store, sha256_hex
from trendctl.store.journal import Journal
from trendctl.store.operations import AttemptRow, OperationRow
from trendctl.store.rows import epoch

MAX_TRIES = 4  # of one step in one run; what is left over waits for the next `post`
MAX_WAIT = 60.0  # seconds between two tries; a longer Retry-After waits for the next `post`
SETTLE_WAITS = (0.0, 2.0, 5.0, 10.0)  # seconds before each read-back after the last step
_MAKES_A_LISTING = (Action.CREATE, Action.RELIST)
_STATE_OF = {Verdict.REJECTED: State.REJECTED, Verdict.UNKNOWN: State.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Desk:
    """What the machine works with, for one platform and account whose lock the caller holds."""

    store: Store
    journal: Journal
    clock: Clock
    platform: Platform
    talk: Talk
    images: Path


def begin(desk: Desk, approval: Approval) -> OperationRow:
    """Consume the approval: the Operation (and for a create its Listing), in one transaction.

    Raises Refused with the database's own words when it does not allow it (expired, used, foreign, blocked).
    """
    doc = _document(desk, approval)
    return ledger.begin(desk.store, desk.journal, approval, doc, epoch(desk.clock.now()))


def advance(desk: Desk, operation: OperationRow, approval: Approval, *, may_send: bool = True) -> OperationRow:
    """Carry an open operation as far as is proven safe. `may_send` False only reads back (`reconcile`)."""
    doc = _document(desk, approval)
    operation = _close_lost_answers(desk, operation)
    if operation.state == State.ACCEPTED:
        return _settle(desk, operation, doc)
    for step in desk.platform.steps(doc):
        done, operation = _take(desk, operation, approval, doc, step, may_send=may_send)
        if not done:
            return operation
    return _settle(desk, operation, doc)


def rendered(platform: Platform, approval: Approval) -> tuple[tuple[str, Wire], ...]:
    """Every step's wire, as it would be sent, with late values named instead of known (`post --dry-run`)."""
    doc = _thawed(platform, approval)
    late = {name: f"<{name}>" for name in platform.facts.late}
    return tuple((step.name, platform.render(step.name, doc, late)) for step in platform.steps(doc))


def seen(desk: Desk, approval: Approval, listing_id: str) -> bool:
    """Whether the platform still shows this live listing as it should be (nothing is changed or sent)."""
    with desk.store.read() as db:
        rows = operations.of_listing(db, listing_id)
    late = {k: v for row in rows for k, v in row.late.items()}
    changed = [row for row in rows if row.kind in ("revise", "reprice") and row.state == State.LIVE]
    if changed:  # the newest approved intent is what should be there
        with desk.store.read() as db:
            approval = decisions.approval(db, changed[-1].decision_id) or approval
    try:
        return desk.platform.read_back(_document(desk, approval), late, desk.talk).state is State.LIVE
    except Exception:  # noqa: BLE001 - one edge per leaf call: an unreadable read-back proves nothing
        return False


def _document(desk: Desk, approval: Approval) -> dict[str, Json]:
    return _thawed(desk.platform, approval)


def _thawed(platform: Platform, approval: Approval) -> dict[str, Json]:
    if sha256_hex(approval.intent) != approval.hash:
        raise Refused(
            "The approved intent was changed", why="its bytes no longer match their hash", next="trendctl audit verify"
        )
    return thaw(approval.intent, frozenset(platform.facts.fields))


def _close_lost_answers(desk: Desk, operation: OperationRow) -> OperationRow:
    """An attempt without an answer, found under the account's lock, is a lost answer."""
    for attempt in _history(desk, operation):
        if attempt.verdict is None:
            lost = Understood(Verdict.UNKNOWN, "no answer was recorded (the program stopped)")
            ledger.answer(desk.store, desk.journal, attempt.id, lost, 0, epoch(desk.clock.now()))
    return operation


def _take(
    desk: Desk, operation: OperationRow, approval: Approval, doc: Mapping[str, Json], step: Step, *, may_send: bool
) -> tuple[bool, OperationRow]:
    """One step: (True, ...) when it is applied and the next may follow; else the operation as it stands."""
    history = [a for a in _history(desk, operation) if a.step == step.name]
    if any(a.verdict == Verdict.APPLIED for a in history):
        return True, operation
    doubtful = any(a.verdict == Verdict.UNKNOWN for a in history)
    for _ in range(MAX_TRIES):
        if doubtful and (step.resend is Resend.READ_BACK or not may_send):
            back = _read_back(desk, operation, doc)
            if back.state is not State.UNKNOWN:
                return False, _conclude(desk, operation, doc, back)
            if not back.excluded:
                return False, _move(desk, operation, doc, State.UNKNOWN, back.cause or "it may have been applied")
            operation = replace(operation, late={**operation.late, **back.late})
        stop = _why_not_send(desk, approval, doc, may_send=may_send)
        if stop is not None:
            return False, _rest(desk, operation, doc, stop, doubtful=doubtful and step.resend is Resend.SAFE)
        said = _attempt(desk, operation, doc, step)
        operation = replace(operation, late={**operation.late, **said.late})
        if said.verdict is Verdict.APPLIED:
            return True, _move(desk, operation, doc, State(operation.state), "")
        if said.verdict is Verdict.REJECTED:
            return False, _move(desk, operation, doc, State.REJECTED, said.cause)
        doubtful = doubtful or said.verdict is Verdict.UNKNOWN
        if (said.retry_after or 0.0) > MAX_WAIT:
            break
        desk.clock.sleep(said.retry_after if said.retry_after is not None else 2.0)
    return False, _gave_up(desk, operation, doc, doubtful=doubtful)


def _why_not_send(desk: Desk, approval: Approval, doc: Mapping[str, Json], *, may_send: bool) -> str | None:
    """None when a call may be made now; else the reason, "" for "only reading"."""
    if not may_send:
        return ""
    if epoch(desk.clock.now()) > approval.expires_at:
        return "the approval expired before it was sent"
    problems = images.changed(desk.images, doc["images"])
    return f"{problems[0]} after it was approved" if problems else None


def _rest(desk: Desk, operation: OperationRow, doc: Mapping[str, Json], why: str, *, doubtful: bool) -> OperationRow:
    """Nothing is sent. Without a reason the operation stays; with one it failed, unless something may be applied."""
    if not why:
        return operation
    if doubtful:
        return _move(desk, operation, doc, State.UNKNOWN, f"{why}, and an earlier call may have been applied")
    return _move(desk, operation, doc, State.FAILED, why)


def _gave_up(desk: Desk, operation: OperationRow, doc: Mapping[str, Json], *, doubtful: bool) -> OperationRow:
    last = _history(desk, operation)[-1]
    if doubtful:
        return _move(desk, operation, doc, State.UNKNOWN, last.cause)
    return _move(desk, operation, doc, State(operation.state), f"not sent yet: {last.cause}")


def _attempt(desk: Desk, operation: OperationRow, doc: Mapping[str, Json], step: Step) -> Understood:
    """Commit and journal the attempt, make the call, write its answer down."""
    wire = desk.platform.render(step.name, doc, operation.late)
    number = 1 + sum(1 for a in _history(desk, operation) if a.step == step.name)
    digest = sha256_hex(b"\n".join((wire.method.encode(), wire.url.encode(), wire.body)))
    now = epoch(desk.clock.now())
    attempt_id = ledger.attempt(desk.store, desk.journal, operation.id, step.name, number, digest, now)
    try:
        answer = desk.platform.perform(step.name, wire, desk.talk)
        said = desk.platform.understand(step.name, answer)
    except Exception as fault:  # noqa: BLE001 - one edge per leaf call: whatever broke, the call may have been applied
        answer, said = Answer(0, error=str(fault)), Understood(Verdict.UNKNOWN, f"the answer broke the client: {fault}")
    ledger.answer(desk.store, desk.journal, attempt_id, said, answer.status, epoch(desk.clock.now()))
    return said


def _settle(desk: Desk, operation: OperationRow, doc: Mapping[str, Json]) -> OperationRow:
    """`accepted` is not `live`: read it back, a few times, then leave it for the next `reconcile`."""
    back = ReadBack(State.ACCEPTED)
    for wait in SETTLE_WAITS:
        desk.clock.sleep(wait)
        back = _read_back(desk, operation, doc)
        if back.state in (State.LIVE, State.REJECTED, State.ENDED):
            return _conclude(desk, operation, doc, back)
    cause = back.cause or "accepted by the platform, not seen live yet"
    return _conclude(desk, operation, doc, replace(back, state=State.ACCEPTED, cause=cause))


def _read_back(desk: Desk, operation: OperationRow, doc: Mapping[str, Json]) -> ReadBack:
    try:
        return desk.platform.read_back(doc, operation.late, desk.talk)
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
    if operation.kind in _MAKES_A_LISTING:
        changes["state"] = moved.state
        changes |= {k: v for k, v in (("external_id", external_id), ("url", url)) if v}
    elif moved.state == State.LIVE:
        changes |= _effect(Action(operation.kind), doc)
    ledger.move(desk.store, desk.journal, moved, changes, epoch(desk.clock.now()))
    return moved


def _effect(action: Action, doc: Mapping[str, Json]) -> dict[str, Json]:
    """What a finished revise, reprice or end changes on its listing."""
    if action is Action.END:
        return {"state": State.ENDED}
    price = doc["price"]
    return {"price_minor": price["minor"], "currency": price["currency"], "quantity": doc["quantity"]}


def _history(desk: Desk, operation: OperationRow) -> list[AttemptRow]:
    with desk.store.read() as db:
        return operations.attempts(db, operation.id)
