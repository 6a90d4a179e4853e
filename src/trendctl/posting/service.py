"""`post`: send what was approved, one account at a time, each under its own lock."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from trendctl.errors import AccessError, NothingApproved, Refused, StoreError, TrendctlError
from trendctl.intent import thaw
from trendctl.ports import Clock, Json, Platform, State, Talk, Wire
from trendctl.posting import calls, machine
from trendctl.posting.drafting import Account
from trendctl.posting.drift import drifted
from trendctl.store import cases, decisions, drafts, operations, supplies
from trendctl.store.decisions import Approval
from trendctl.store.engine import Store
from trendctl.store.journal import Journal
from trendctl.store.operations import OperationRow
from trendctl.store.rows import epoch

LOCK_SECONDS = 20.0  # another trendctl posting to the same account is given this long


@dataclass(frozen=True, slots=True)
class Posting:
    """What posting works with. `talk(platform)` opens the way out; `secrets` are read only inside it."""

    store: Store
    journal: Journal
    clock: Clock
    platforms: Mapping[str, Platform]
    accounts: Mapping[str, Account]
    talk: Callable[[str], AbstractContextManager[Talk]]
    images: Path
    locks: Path
    context: cases.Context
    cooling_minutes: int = 0


@dataclass(frozen=True, slots=True)
class Posted:
    """One row of `post`, `listings` and `reconcile`. `state` is a listing's, or dry_run, refused or waiting."""

    product_id: int
    platform: str
    state: str
    sku: str
    external_id: str
    url: str
    cause: str
    title: str = ""
    operation: str = ""
    drifted: str = ""  # the decision that no longer stands, to be voided
    wires: tuple[tuple[str, Wire], ...] = ()

    def to_json(self) -> dict[str, Json]:
        """Design section 6."""
        return {
            "product_id": self.product_id, "platform": self.platform, "state": self.state, "sku": self.sku,
            "external_id": self.external_id, "url": self.url, "cause": self.cause,
        }  # fmt: skip


def post(
    work: Posting,
    product_ids: Sequence[int] = (),
    platform: str | None = None,
    *,
    dry_run: bool = False,
    told: Callable[[Posted], object] = lambda _: None,
) -> list[Posted]:
    """Continue what was begun, then send every usable approval asked for (all, without ids).

    Raises NothingApproved when there is neither. A refusal (drift, expiry, block) is a row, not an exception; so is an
    account that cannot be reached, unless none can: then AccessError.
    """
    work.journal.refuse_if_ahead(work.store)
    work.journal.catch_up(work.store)
    with work.store.read() as db:
        unused = [a for a in decisions.unused(db) if _asked(a, product_ids, platform)]
        begun = [o for o in operations.open_operations(db, platform) if _op_asked(db, o, product_ids)]
    now = epoch(work.clock.now())
    usable = [a for a in unused if a.expires_at >= now]
    if not usable and not begun:
        raise _nothing(unused)
    results, faults = [], list[AccessError]()
    keys = {(a.platform, a.account) for a in usable} | {(o.platform, o.account) for o in begun}
    for key in sorted(keys):
        mine = [a for a in usable if (a.platform, a.account) == key]
        ours = [o for o in begun if (o.platform, o.account) == key]
        for row in _reached(work, key, mine, ours, faults, dry_run=dry_run):
            told(row)
            results.append(row)
    if len(faults) == len(keys):
        raise faults[0]
    return results


def _reached(
    work: Posting, key: tuple[str, str], usable: Sequence[Approval], begun: Sequence[OperationRow],
    faults: list[AccessError], *, dry_run: bool,
) -> list[Posted]:  # fmt: skip
    """An account's rows; where it cannot be reached, `faults` grows by why, and the rows wait."""
    try:
        return _account(work, key, usable, begun, dry_run=dry_run)
    except AccessError as fault:
        faults.append(fault)
        return [told_of(work, o, str(fault)) for o in begun] + [_waiting(a, str(fault)) for a in usable]


def lock_for(folder: Path, platform: str, account: str) -> FileLock:
    """The one lock of an account: whoever holds it may talk to the platform for it."""
    safe = "".join(c if c.isalnum() else "_" for c in account)
    return FileLock(folder / f"post-{platform}-{safe}.lock", mode=0o600)


@contextmanager
def held(folder: Path, platform: str, account: str) -> Iterator[None]:
    """With the account's lock. Raises AccessError where another trendctl keeps it for longer than LOCK_SECONDS."""
    lock = lock_for(folder, platform, account)
    try:
        lock.acquire(timeout=LOCK_SECONDS)
    except Timeout as fault:
        raise AccessError(
            f"Another trendctl is at work on {platform}",
            why=f"account {account} is locked",
            next="wait, then type the command again",
        ) from fault
    try:
        yield
    finally:
        lock.release()


def row_of(work: Posting, operation: OperationRow) -> Posted:
    """An operation as a row, with its listing as it stands now."""
    with work.store.read() as db:
        listing = operations.listing(db, operation.listing_id)
        title = decisions.product_stub(db, listing["product_id"])["title"] if listing else ""
    if listing is None:
        raise StoreError("An operation has no listing", why=operation.id, next="trendctl audit verify")
    state = operation.state if operation.state != State.LIVE else listing["state"]
    return Posted(
        listing["product_id"], operation.platform, state, listing["sku"], listing["external_id"], listing["url"],
        operation.cause, str(title), operation.id,
    )  # fmt: skip


def told_of(work: Posting, operation: OperationRow, cause: str) -> Posted:
    """An open operation as a row that says why it does not go on."""
    return replace(row_of(work, operation), cause=cause)


def switched_off(work: Posting, name: str, begun: Sequence[OperationRow]) -> list[Posted]:
    """What is open on a platform that the settings leave out."""
    back = f"config edit, then enabled = true under [platforms.{name}]"
    return [told_of(work, o, f"{name} is switched off. Next: trendctl {back}") for o in begun]


def _account(
    work: Posting, key: tuple[str, str], usable: Sequence[Approval], begun: Sequence[OperationRow], *, dry_run: bool
) -> list[Posted]:
    name, account = key
    platform = work.platforms.get(name)
    if platform is None:
        off = [_refused(a, f"there is no platform {name} in this program") for a in usable]
        return switched_off(work, name, begun) + off
    if dry_run:
        return [_dry(work, platform, a) for a in usable]
    with held(work.locks, name, account), work.talk(name) as talk:
        desk = calls.Desk(work.store, work.journal, work.clock, platform, talk, work.images)
        rows = [_continue(work, desk, o.id) for o in begun]
        return [r for r in rows if r] + [_send(work, desk, a) for a in usable]


def _continue(work: Posting, desk: calls.Desk, operation_id: str) -> Posted | None:
    with work.store.read() as db:
        operation = operations.operation(db, operation_id)
        approval = decisions.approval(db, operation.decision_id) if operation else None
    if operation is None or approval is None or operation.state not in operations.OPEN:
        return None  # another process was faster
    held_back = _why_blocked(work, operation.platform, operation.account)
    row = carried_on(work, desk, operation, approval, may_send=not held_back)
    return replace(row, cause=held_back) if held_back and row.state in operations.OPEN else row


def carried_on(
    work: Posting, desk: calls.Desk, operation: OperationRow, approval: Approval, *, may_send: bool = True
) -> Posted:
    """An open operation, as far as it goes now; one that may not go on is told, and does not stop the others."""
    try:
        return row_of(work, machine.advance(desk, operation, approval, may_send=may_send))
    except Refused as fault:
        return told_of(work, operation, str(fault))


def _send(work: Posting, desk: calls.Desk, approval: Approval) -> Posted:
    try:
        refusal = _refusal(work, desk.platform, approval)
        if refusal is not None:
            return refusal
        held = calls.why_not_begin(desk, approval)
        if held:
            return _refused(approval, held)
        operation = machine.begin(desk, approval)
    except Refused as fault:
        return _refused(approval, fault.why or fault.what)
    return row_of(work, machine.advance(desk, operation, approval))


def _refusal(work: Posting, platform: Platform, approval: Approval) -> Posted | None:
    """Why this approval may not be used now; None when it may. Raises Refused for a broken intent."""
    doc = thaw(approval.intent, frozenset(platform.facts.fields))
    waiting = _why_wait(work, approval)
    if waiting:
        return _refused(approval, waiting)
    for name in ("platform", "account", "action"):
        if doc[name] != getattr(approval, name):
            return _refused(approval, f"the approval is for another {name}")
    if doc["product"] != approval.uid:
        return _refused(approval, "the approval is for another product")
    reasons = _drift(work, platform, approval, doc)
    return _refused(approval, f"{'; '.join(reasons)}: review it again", drifted=True) if reasons else None


def _why_wait(work: Posting, approval: Approval) -> str:
    """What forbids posting for now, though the approval stands."""
    blocked = _why_blocked(work, approval.platform, approval.account)
    if blocked:
        return blocked
    if epoch(work.clock.now()) < approval.at + 60 * work.cooling_minutes:
        return f"it cools off for {work.cooling_minutes} minutes after approval"
    return ""


def _why_blocked(work: Posting, platform: str, account: str) -> str:
    """Why nothing may be sent to an account since a restore; "" when it may."""
    with work.store.read() as db:
        why = operations.blocked(db).get((platform, account))
    return f"the account is blocked until reconciled ({why})" if why else ""


def _drift(work: Posting, platform: Platform, approval: Approval, doc: Mapping[str, Json]) -> list[str]:
    account = work.accounts.get(approval.platform)
    with work.store.read() as db:
        row = supplies.row(db, approval.product_id)
        lifts = drafts.lifts(db, approval.product_id)
        live = operations.live_urls(db, approval.product_id).values()
        pictures = supplies.pictures(db, approval.product_id)
    market = (account.marketplace if account else "") or platform.facts.default_marketplace
    return drifted(
        doc, account=account, marketplace=market, supply=cases.supply_view(row) if row else None, lifts=lifts,
        minimum_margin=work.context.minimum_margin, image_folder=work.images, pictures=pictures, live=live,
    )  # fmt: skip


def _dry(work: Posting, platform: Platform, approval: Approval) -> Posted:
    try:
        refusal = _refusal(work, platform, approval)
        if refusal is not None:
            return refusal
        wires = machine.rendered(platform, approval)
    except TrendctlError as fault:
        return _refused(approval, fault.why or fault.what)
    doc = thaw(approval.intent, frozenset(platform.facts.fields))
    cause = f"would have {approval.action}d" if approval.action.endswith("e") else f"would have {approval.action}ed"
    return Posted(
        approval.product_id, approval.platform, "dry_run", doc["sku"], "", "", cause, approval.title, wires=wires
    )  # fmt: skip


def _refused(approval: Approval, why: str, *, drifted: bool = False) -> Posted:
    gone = approval.decision_id if drifted else ""
    return Posted(
        approval.product_id, approval.platform, "refused", "", "", "", why, approval.title, drifted=gone
    )  # fmt: skip


def _waiting(approval: Approval, why: str) -> Posted:
    return replace(_refused(approval, why), state="waiting")


def _asked(approval: Approval, product_ids: Sequence[int], platform: str | None) -> bool:
    return (not product_ids or approval.product_id in product_ids) and platform in (None, approval.platform)


def _op_asked(db: Any, operation: OperationRow, product_ids: Sequence[int]) -> bool:
    listing = operations.listing(db, operation.listing_id)
    return listing is not None and (not product_ids or listing["product_id"] in product_ids)


def _nothing(unused: Sequence[Approval]) -> NothingApproved:
    if unused:
        return NothingApproved("Nothing to post", why=f"{len(unused)} approvals have expired", next="trendctl review")
    return NothingApproved("Nothing to post", why="nothing is approved", next="trendctl review")
