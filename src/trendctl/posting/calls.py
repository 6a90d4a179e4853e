"""One call of the posting machine: may it be made, the Attempt before it, and what earlier answers told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from trendctl.errors import Refused
from trendctl.intent import thaw
from trendctl.ports import Answer, Clock, Json, Platform, Step, Talk, Understood, Verdict
from trendctl.posting import images, ledger
from trendctl.store import operations
from trendctl.store.decisions import Approval
from trendctl.store.engine import Store, sha256_hex
from trendctl.store.journal import Journal
from trendctl.store.operations import AttemptRow, OperationRow
from trendctl.store.rows import epoch


@dataclass(frozen=True, slots=True)
class Desk:
    """What the machine works with, for one platform and account whose lock the caller holds."""

    store: Store
    journal: Journal
    clock: Clock
    platform: Platform
    talk: Talk
    images: Path


def attempt(desk: Desk, operation: OperationRow, doc: Mapping[str, Json], step: Step) -> Understood:
    """Commit and journal the attempt, make the call, write its answer down."""
    wire = desk.platform.render(step.name, doc, operation.late)
    number = 1 + sum(1 for a in history(desk, operation) if a.step == step.name)
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


def why_never(
    desk: Desk, operation: OperationRow, approval: Approval, doc: Mapping[str, Json], step: Step
) -> str:  # fmt: skip
    """Why this step may not be sent for this approval any more; "" when it may be."""
    if epoch(desk.clock.now()) > approval.expires_at:
        return "the approval expired before it was sent"
    problems = images.changed(desk.images, doc["images"]) if images.are_sent(doc) else []
    if problems:
        return f"{problems[0]} after it was approved"
    try:
        desk.platform.render(step.name, doc, operation.late)
    except Refused as fault:
        return str(fault)
    return ""


def why_not_begin(desk: Desk, approval: Approval) -> str:
    """Why the talk would not make the first call: known before the approval is consumed, so that it stays usable."""
    doc = thawed(desk.platform, approval)
    ask = getattr(desk.talk, "refusal", None)
    if ask is None:
        return ""
    late = late_of_listing(desk, approval) if approval.listing_id else {}
    return str(ask(desk.platform.render(desk.platform.steps(doc)[0].name, doc, late)))


def why_not_now(desk: Desk, operation: OperationRow, doc: Mapping[str, Json], step: Step) -> str:
    """Why the talk would not make this call now (pace, breaker, sign-in); asked before anything is written down."""
    ask = getattr(desk.talk, "refusal", None)
    return str(ask(desk.platform.render(step.name, doc, operation.late))) if ask is not None else ""


def caught_up(desk: Desk, operation: OperationRow) -> OperationRow:
    """The operation with what its answers told: a crash may have come between an answer and the move after it.

    An attempt without an answer, found under the account's lock, is a lost answer.
    """
    for row in history(desk, operation):
        if row.verdict is None:
            lost = Understood(Verdict.UNKNOWN, "no answer was recorded (the program stopped)")
            ledger.answer(desk.store, desk.journal, row.id, lost, 0, epoch(desk.clock.now()))
    told = {k: v for row in history(desk, operation) for k, v in row.late.items()}
    return replace(operation, late={**operation.late, **told})


def history(desk: Desk, operation: OperationRow) -> list[AttemptRow]:
    """All attempts of an operation, in order."""
    with desk.store.read() as db:
        return operations.attempts(db, operation.id)


def half_done(desk: Desk, operation: OperationRow, doc: Mapping[str, Json]) -> bool:
    """Whether a step that buyers may see was applied: no read, and no upload of an image, which nothing shows yet."""
    applied = {a.step for a in history(desk, operation) if a.verdict == Verdict.APPLIED}
    visible = [name for name in applied if not name.startswith("image_")]
    return any(desk.platform.render(name, doc, operation.late).method != "GET" for name in visible)


def late_of_listing(desk: Desk, approval: Approval) -> dict[str, str]:
    """What earlier operations of the listing learned: a change goes on with its offer and its uploaded images."""
    with desk.store.read() as db:
        return late_of(operations.of_listing(db, str(approval.listing_id)))


def late_of(rows: Sequence[OperationRow]) -> dict[str, str]:
    """The late values of operations, the newest of each. A lowering learns nothing, and what it notes is its own."""
    return {k: v for row in rows if row.kind != "auto_decrease" for k, v in row.late.items()}


def thawed(platform: Platform, approval: Approval) -> dict[str, Json]:
    """The approved document, its hash checked. Raises Refused."""
    if sha256_hex(approval.intent) != approval.hash:
        raise Refused(
            "The approved intent was changed", why="its bytes no longer match their hash", next="trendctl audit verify"
        )
    doc = thaw(approval.intent, frozenset(platform.facts.fields))
    way = str(doc["policies"].get("way", "api"))
    if way != platform.facts.way:
        raise Refused(
            f"This was approved to go out by {way}", why=f"{platform.facts.name} is set to {platform.facts.way} now",
            next=f"trendctl config set platforms.{platform.facts.name}.way {way}",
        )  # fmt: skip
    return doc
