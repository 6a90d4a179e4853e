"""`post`: send what was approved, one account at a time, each under its own lock."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
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

    Raises NothingApproved when there is neither. A refusal (drift, expiry, block) is a row, not an exception.
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
    results = []
    keys = {(a.platform, a.account) for a in usable} | {(o.platform, o.account) for o in begun}
    for key in sorted(keys):
        mine = [a for a in usable if (a.platform, a.account) == key]
        for row in _account(work, key, mine, [o for o in begun if (o.platform, o.account) == key], dry_run=dry_run):
            told(row)
            results.append(row)
    return results


def lock_for(folder: Path, platform: str, account: str) -> FileLock:
    """The one lock of an account: whoever holds it may talk to the platform for it."""
    safe = "".join(c if c.isalnum() else "_" for c in account)
    return FileLock(folder / f"post-{platform}-{safe}.lock", mode=0o600)


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


def _account(
    work: Posting, key: tuple[str, str], usable: Sequence[Approval], begun: Sequence[OperationRow], *, dry_run: bool
) -> list[Posted]:
    name, account = key
    platform = work.platforms.get(name)
    if platform is None:
        return [_refused(a, f"there is no platform {name} in this program") for a in usable]
    if dry_run:
        return [_dry(work, platform, a) for a in usable]
    try:
        with lock_for(work.locks, name, account).acquire(timeout=LOCK_SECONDS), work.talk(name) as talk:
            desk = calls.Desk(work.store, work.journal, work.clock, platform, talk, work.images)
            rows = [_continue(work, desk, o.id) for o in begun]
            return [r for r in rows if r] + [_send(work, desk, a) for a in usable]
    except Timeout as fault:
        raise AccessError(
            f"Another trendctl is posting to {name}",
            why=f"account {account} is locked",
            next="wait, then trendctl post",
        ) from fault


def _continue(work: Posting, desk: calls.Desk, operation_id: str) -> Posted | None:
    with work.store.read() as db:
        operation = operations.operation(db, operation_id)
        approval = decisions.approval(db, operation.decision_id) if operation else None
    if operation is None or approval is None or operation.state not in operations.OPEN:
        return None  # another process was faster
    return carried_on(work, desk, operation, approval)


def carried_on(
    work: Posting, desk: calls.Desk, operation: OperationRow, approval: Approval, *, may_send: bool = True
) -> Posted:
    """An open operation, as far as it goes now; one that may not go on is told, and does not stop the others."""
    try:
        return row_of(work, machine.advance(desk, operation, approval, may_send=may_send))
    except Refused as fault:
        return replace(row_of(work, operation), cause=str(fault))


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
    with work.store.read() as db:
        blocked = operations.blocked(db).get((approval.platform, approval.account))
    if blocked:
        return f"the account is blocked until reconciled ({blocked})"
    if epoch(work.clock.now()) < approval.at + 60 * work.cooling_minutes:
        return f"it cools off for {work.cooling_minutes} minutes after approval"
    return ""


def _drift(work: Posting, platform: Platform, approval: Approval, doc: Mapping[str, Json]) -> list[str]:
    account = work.accounts.get(approval.platform)
    with work.store.read() as db:
        row = supplies.row(db, approval.product_id)
        lifts = drafts.lifts(db, approval.product_id)
        live = operations.live_urls(db, approval.product_id).values()
    market = (account.marketplace if account else "") or platform.facts.default_marketplace
    return drifted(
        doc, account=account, marketplace=market, supply=cases.supply_view(row) if row else None, lifts=lifts,
        minimum_margin=work.context.minimum_margin, image_folder=work.images, live=live,
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


def _asked(approval: Approval, product_ids: Sequence[int], platform: str | None) -> bool:
    return (not product_ids or approval.product_id in product_ids) and platform in (None, approval.platform)


def _op_asked(db: Any, operation: OperationRow, product_ids: Sequence[int]) -> bool:
    listing = operations.listing(db, operation.listing_id)
    return listing is not None and (not product_ids or listing["product_id"] in product_ids)


def _nothing(unused: Sequence[Approval]) -> NothingApproved:
    if unused:
        return NothingApproved("Nothing to post", why=f"{len(unused)} approvals have expired", next="trendctl review")
    return NothingApproved("Nothing to post", why="nothing is approved", next="trendctl review")
