"""When a piece sells on one platform, the others are lowered where their approval allowed it: quantity only, down only.

How many are really left is read from each platform just before: what is missing there has sold already, though its
report is not out yet. The delay that remains is the time between two `track` runs.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from trendctl.errors import Refused, TrendctlError
from trendctl.ports import Json, Sold, State, Talk, Understood, Verdict
from trendctl.posting import calls, ledger
from trendctl.posting.calls import Desk
from trendctl.posting.service import held
from trendctl.store import decisions, metrics, operations, stocks
from trendctl.store.audited import audited
from trendctl.store.decisions import Approval
from trendctl.store.engine import Store, sha256_hex
from trendctl.store.journal import Journal
from trendctl.store.operations import OperationRow
from trendctl.store.rows import epoch, new_id
from trendctl.store.stocks import Shelf
from trendctl.store.writers import Role

if TYPE_CHECKING:
    from trendctl.posting.service import Posting

Way = Callable[[str], Talk | None]  # a platform's name -> the way out; None: there is none now

STEP = "quantity"
_SOLD = "sold_when_set"  # in a lowering's late values: units that were gone from the listing by then, told or not
_UNSETTLED = "whether it was lowered before cannot be read; nothing of this product is lowered until it can"


@dataclass(frozen=True, slots=True)
class Lowered:
    """A listing that has more than there is. `state`: live (lowered), failed, rejected, unknown (it may be), or
    skipped, with its `cause`."""

    product_id: int
    platform: str
    quantity: int
    state: str
    cause: str = ""


def lower(work: "Posting") -> list[Lowered]:
    """Count what sold, and lower what offers more than is left. Nothing else is sent, nothing is ever raised."""
    if work.journal.is_ahead(work.store):
        return []
    now = epoch(work.clock.now())
    with ExitStack() as open_talks:
        talks: dict[str, Talk | None] = {}

        def way(name: str) -> Talk | None:
            return _talk(work, open_talks, talks, name)

        unsettled = _settle_leftovers(work, way, now)
        with work.store.write(Role.POSTING) as db:
            stocks.count(db, now)
        with work.store.read() as db:
            there, shelves = stocks.quantities(db), stocks.shelves(db)
        # Without another listing there is nobody to tell: a platform counts its own sales down by itself.
        several = {s.product_id for s in shelves if sum(o.product_id == s.product_id for o in shelves) > 1}
        rows: list[Lowered] = []
        for product_id in sorted(several):
            mine = [s for s in shelves if s.product_id == product_id]
            doubtful = [s for s in mine if s.listing_id in unsettled]
            rows += [_skipped(s, unsettled[s.listing_id], _UNSETTLED) for s in doubtful]
            rows += [] if doubtful else _product(work, mine, there[product_id], way, now)
        return rows


def _talk(work: "Posting", stack: ExitStack, talks: dict[str, Talk | None], name: str) -> Talk | None:
    if name not in talks:
        try:
            talks[name] = stack.enter_context(work.talk(name))
        except TrendctlError:
            talks[name] = None
    return talks[name]


def _product(work: "Posting", mine: Sequence[Shelf], quantity: int, talk: Way, now: int) -> list[Lowered]:
    """One product: how many are left on each platform, then every listing that offers more than there is."""
    left: dict[str, int] = {}
    for shelf in mine:
        hook = getattr(work.platforms.get(shelf.platform), "left", None)
        line = talk(shelf.platform) if hook is not None else None
        found = _left(work, shelf, hook, line) if line is not None else None
        if found is not None:
            left[shelf.listing_id] = found
    unseen = {s.listing_id: s.unseen(left[s.listing_id]) for s in mine if s.listing_id in left}
    target = max(0, quantity - sum(unseen.values()))
    rows = []
    for shelf in mine:
        offered, line = left.get(shelf.listing_id), talk(shelf.platform)
        if offered is None and shelf.allowed and shelf.set_to > target:
            rows.append(_skipped(shelf, target, f"{shelf.platform} does not tell how many are left"))
        elif offered is not None and offered > target and line is not None:
            rows.append(_one(work, shelf, target, unseen[shelf.listing_id], line, now))
    return rows


def _skipped(shelf: Shelf, target: int, why: str) -> Lowered:
    return Lowered(shelf.product_id, shelf.platform, target, "skipped", why)


def _left(work: "Posting", shelf: Shelf, hook: Any, talk: Talk) -> int | None:
    with work.store.read() as db:
        row = operations.listing(db, shelf.listing_id)
        late = calls.late_of(operations.of_listing(db, shelf.listing_id))
        approval = decisions.approval(db, row["decision_id"]) if row is not None else None
    if row is None or approval is None:
        return None
    doc = calls.thawed(work.platforms[shelf.platform], approval)
    sold = Sold(row["sku"], row["external_id"], row["url"], str(doc["marketplace"]), str(row["currency"]), late)
    try:
        found = hook(sold, talk)
    except Exception:  # noqa: BLE001 - one edge per leaf call: what cannot be read is not lowered
        return None
    return found if isinstance(found, int) and found >= 0 else None


def _one(work: "Posting", shelf: Shelf, target: int, unseen: int, talk: Talk, now: int) -> Lowered:
    if not shelf.allowed:
        return _skipped(shelf, target, "its approval does not allow it: trendctl end or edit it there yourself")
    if target >= shelf.set_to:
        return _skipped(shelf, target, "more is offered there than was approved: look at it yourself")
    platform = work.platforms[shelf.platform]
    desk = Desk(work.store, work.journal, work.clock, platform, talk, work.images)
    try:
        with held(work.locks, shelf.platform, shelf.account):
            with work.store.read() as db:
                blocked = operations.blocked(db).get((shelf.platform, shelf.account))
            if blocked:
                return _skipped(shelf, target, f"the account is blocked until reconciled ({blocked})")
            operation, approval = _begin(work, shelf, target, unseen, now)
            moved = _send(desk, operation, approval)
    except TrendctlError as fault:
        return Lowered(shelf.product_id, shelf.platform, target, "failed", str(fault))
    return Lowered(shelf.product_id, shelf.platform, target, moved.state, moved.cause)


def _begin(work: "Posting", shelf: Shelf, target: int, unseen: int, now: int) -> tuple[OperationRow, Approval]:
    """The Operation. The database itself demands a lower quantity and an approval that allows it."""
    import sqlite3

    with work.store.read() as db:
        row = operations.listing(db, shelf.listing_id)
        late = calls.late_of(operations.of_listing(db, shelf.listing_id))
        approval = decisions.approval(db, row["decision_id"]) if row is not None else None
    late[_SOLD] = str((shelf.units or 0) + unseen)
    if approval is None:
        raise Refused("The listing's approval is gone", next="trendctl audit verify")
    operation = OperationRow(
        new_id(), "auto_decrease", approval.decision_id, shelf.listing_id, shelf.platform, shelf.account,
        approval.hash, target, State.SUBMITTING, "", late, now, now,
    )  # fmt: skip
    try:
        with audited(work.store, work.journal, Role.POSTING, now) as tx:
            operations.insert_operation(tx.db, operation)
            tx.record("operation", operation.id, {"operation": operations.as_body(operation), "listing": None})
    except sqlite3.IntegrityError as fault:
        raise Refused("The database refused to lower this", why=str(fault), next="trendctl listings") from fault
    return operation, approval


def _send(desk: Desk, operation: OperationRow, approval: Approval) -> OperationRow:
    doc = calls.thawed(desk.platform, approval)
    said = _attempt(desk, operation, doc)
    if said.verdict is Verdict.APPLIED:
        return _close(desk.store, desk.journal, operation, State.LIVE, "", epoch(desk.clock.now()))
    state = State.REJECTED if said.verdict is Verdict.REJECTED else State.FAILED
    if said.verdict is Verdict.UNKNOWN:
        state = _by_what_is_left(desk, operation, doc)
    return _close(desk.store, desk.journal, operation, state, said.cause, epoch(desk.clock.now()))


def _close(
    store: Store, journal: Journal, operation: OperationRow, state: State, cause: str, now: int
) -> OperationRow:  # fmt: skip
    """The lowering's end as far as it is known; where it is there, the listing's new quantity."""
    done = state is State.LIVE
    moved = replace(operation, state=state, cause="" if done else cause)
    changes: dict[str, Json] = {"quantity": operation.quantity} if done else {"cause": shelf_cause(cause)}
    ledger.move(store, journal, moved, changes, now)
    if done:
        with store.write(Role.POSTING) as db:
            metrics.number_of(db, operation.listing_id, now)
            stocks.was_set(db, operation.listing_id, int(operation.late.get(_SOLD, 0)))
    return moved


def shelf_cause(cause: str) -> str:
    """What the listing says about a lowering that did not work."""
    return f"its quantity could not be lowered: {cause}"


def _attempt(desk: Desk, operation: OperationRow, doc: Mapping[str, Json]) -> Understood:
    """The one call, its Attempt on the disk before it."""
    hook: Any = desk.platform
    wire = hook.render_quantity(doc, operation.late, operation.quantity)
    digest = sha256_hex(b"\n".join((wire.method.encode(), wire.url.encode(), wire.body)))
    now = epoch(desk.clock.now())
    attempt_id = ledger.attempt(desk.store, desk.journal, operation.id, STEP, 1, digest, now)
    status = 0
    try:
        answer = desk.platform.perform(STEP, wire, desk.talk)
        status, said = answer.status, desk.platform.understand(STEP, answer)
    except Exception as fault:  # noqa: BLE001 - one edge per leaf call: whatever broke, the call may have been applied
        said = Understood(Verdict.UNKNOWN, f"the answer broke the client: {type(fault).__name__}")
    ledger.answer(desk.store, desk.journal, attempt_id, said, status, epoch(desk.clock.now()))
    return said


def _by_what_is_left(desk: Desk, operation: OperationRow, doc: Mapping[str, Json]) -> State:
    """After a lost answer: LIVE where the platform offers no more than was asked, else FAILED; UNKNOWN: unreadable."""
    hook: Any = desk.platform
    with desk.store.read() as db:
        row = operations.listing(db, operation.listing_id)
    if row is None:
        return State.UNKNOWN
    sold = Sold(row["sku"], row["external_id"], row["url"], str(doc["marketplace"]), str(row["currency"]),
                operation.late)  # fmt: skip
    try:
        found = hook.left(sold, desk.talk)
    except Exception:  # noqa: BLE001 - one edge per leaf call: an unreadable read-back proves nothing
        return State.UNKNOWN
    if not isinstance(found, int):
        return State.UNKNOWN
    return State.LIVE if found <= int(operation.quantity or 0) else State.FAILED


def _settle_leftovers(work: "Posting", way: Way, now: int) -> dict[str, int]:
    """Close what a crash or an unreadable answer left open, by its answer or by what is left there now.

    The listings of which that cannot be told, and the quantity they may have been lowered to.
    """
    with work.store.read() as db:
        waiting = stocks.open_lowerings(db)
    unsettled = {}
    for operation in waiting:
        try:
            with held(work.locks, operation.platform, operation.account):
                state = _judged(work, way, operation, now)
        except TrendctlError:
            state = State.UNKNOWN
        if state is State.UNKNOWN:
            unsettled[operation.listing_id] = int(operation.quantity or 0)
    return unsettled


def _judged(work: "Posting", way: Way, operation: OperationRow, now: int) -> State:
    """What became of one leftover; it is closed unless that is UNKNOWN. The account's lock is held."""
    with work.store.read() as db:
        attempts = operations.attempts(db, operation.id)
        approval = decisions.approval(db, operation.decision_id)
    for row in attempts:
        if row.verdict is None:
            said = Understood(Verdict.UNKNOWN, "no answer was recorded (the program stopped)")
            ledger.answer(work.store, work.journal, row.id, said, 0, now)
    state = State.LIVE if any(a.verdict == Verdict.APPLIED for a in attempts) else State.FAILED
    if any(a.verdict in (None, Verdict.UNKNOWN) for a in attempts):
        platform, talk = work.platforms.get(operation.platform), way(operation.platform)
        if platform is None or talk is None or approval is None:
            return State.UNKNOWN
        desk = Desk(work.store, work.journal, work.clock, platform, talk, work.images)
        state = _by_what_is_left(desk, operation, calls.thawed(platform, approval))
    if state is not State.UNKNOWN:
        _close(work.store, work.journal, operation, state, "the program stopped while it was lowered", now)
    return state
