"""`listings --confirm`: the seller's word on bulk-file rows that they uploaded, audited like a platform's answer."""

from collections.abc import Sequence
from dataclasses import dataclass

from trendctl.errors import NothingApproved, Refused
from trendctl.intent import thaw
from trendctl.ports import Action, State
from trendctl.posting import bulk, calls, machine
from trendctl.posting.service import Posted, Posting, held, row_of
from trendctl.store import decisions, operations
from trendctl.store.audited import audited
from trendctl.store.operations import OperationRow
from trendctl.store.rows import epoch
from trendctl.store.writers import Role


@dataclass(frozen=True, slots=True)
class Word:
    """What the seller saw. `uploaded` False: the platform refused the row, or it was never uploaded, for `reason`."""

    uploaded: bool
    number: str = ""  # the platform's own number of the listing
    url: str = ""
    reason: str = ""


def waiting(work: Posting, product_ids: Sequence[int] = (), platform: str | None = None) -> list[OperationRow]:
    """The rows that wait for the seller's word, oldest first. Raises NothingApproved when there is none."""
    with work.store.read() as db:
        mine = {r["id"]: r["product_id"] for r in operations.listings(db)}
        found = [o for o in operations.open_operations(db, platform) if o.state == State.ACCEPTED]
    found = [o for o in found if isinstance(work.platforms.get(o.platform), bulk.Filed)]
    found = [o for o in found if not product_ids or mine.get(o.listing_id) in product_ids]
    if not found:
        raise NothingApproved("Nothing waits for your word", why="no row of a file is open", next="trendctl listings")
    return found


def confirm(work: Posting, operation_id: str, word: Word, seat: str) -> Posted:
    """Record one row's end. The caller made sure that a person sits at a terminal. Raises Refused if it is settled."""
    with work.store.read() as db:
        operation = operations.operation(db, operation_id)
        approval = decisions.approval(db, operation.decision_id) if operation else None
    if operation is None or approval is None:
        raise Refused("There is no such operation", next="trendctl listings")
    with held(work.locks, operation.platform, operation.account), work.talk(operation.platform) as talk:
        desk = calls.Desk(work.store, work.journal, work.clock, work.platforms[operation.platform], talk, work.images)
        with work.store.read() as db:
            fresh = operations.operation(db, operation_id)
        if fresh is None or fresh.state != State.ACCEPTED:
            raise Refused("That row is settled already", next="trendctl listings")
        doc = thaw(approval.intent, frozenset(desk.platform.facts.fields))
        answer = talk.send(bulk.taken_out(doc, uploaded=word.uploaded))
        if answer.status != 200:
            raise Refused("The row could not be taken out of the file", why=answer.error, next="trendctl listings")
        _note(work, operation_id, word, seat)
        return row_of(work, machine.told(desk, fresh, approval, _end(fresh, word), word.number, word.url, word.reason))


def _end(operation: OperationRow, word: Word) -> State:
    if not word.uploaded:
        return State.REJECTED
    return State.ENDED if operation.kind == Action.END else State.LIVE


def _note(work: Posting, operation_id: str, word: Word, seat: str) -> None:
    body = {"state": "uploaded" if word.uploaded else "refused", "url": word.url, "number": word.number,
            "reason": word.reason, "seat": seat}  # fmt: skip
    with audited(work.store, work.journal, Role.POSTING, epoch(work.clock.now())) as tx:
        tx.record("word", operation_id, body)
