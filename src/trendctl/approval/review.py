"""The review: one product at a time, every decision committed at once, so that quitting and coming back resumes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from trendctl.approval import card, service
from trendctl.approval.card import ReviewCard
from trendctl.approval.seat import Seat
from trendctl.approval.service import Approving
from trendctl.errors import TrendctlError
from trendctl.ports import Choice, Said
from trendctl.store import cases, decisions, drafts, reviews
from trendctl.store.rows import epoch
from trendctl.store.writers import Role


class Reviewer(Protocol):
    """Whoever answers: a terminal, or a script in tests and the demo."""

    def choose(self, shown: ReviewCard) -> Said: ...
    def ask_supply(self, shown: ReviewCard) -> None: ...
    def tell(self, words: str) -> None: ...


@dataclass(slots=True)
class Reviewed:
    """What a review did."""

    approved: int = 0
    rejected: int = 0
    deferred: int = 0
    skipped: int = 0
    left: int = 0
    quit: bool = False
    undo: list[tuple[int, str]] = field(default_factory=list)  # (product, what was said), newest last


@dataclass(frozen=True, slots=True)
class Room:
    """What a review works with. `rebuild(product_id)` makes the product's drafts anew (wired by the app)."""

    work: Approving
    seat: Seat
    context: cases.Context
    rebuild: Callable[[int], None]


def run(room: Room, reviewer: Reviewer, product_ids: Sequence[int] | None = None) -> Reviewed:
    """Go through the queue (or the given products) until it is empty or the person quits."""
    done = Reviewed()
    waiting = list(product_ids) if product_ids is not None else _queue(room)
    total, at = len(waiting), 0
    while at < len(waiting):
        said = _one(room, reviewer, waiting[at], done, at + 1, total)
        if said is Choice.QUIT:
            done.quit = True
            break
        if said is Choice.UNDO:
            at = _step_back(room, reviewer, waiting, done, at)
            continue
        at += 1
    done.left = len(waiting) - at
    return done


def _queue(room: Room) -> list[int]:
    with room.work.store.read() as db:
        return [row["id"] for row in reviews.queue(db, epoch(room.work.clock.now()))]


def _one(room: Room, reviewer: Reviewer, product_id: int, done: Reviewed, position: int, total: int) -> Choice:
    """Show one product until something is decided about it."""
    _set_open(room, product_id, opened=True)
    try:
        while True:
            shown = _card(room, product_id, position, total)
            if shown is None:
                return Choice.SKIP
            said = reviewer.choose(shown)
            try:
                if said.choice in (Choice.QUIT, Choice.UNDO):
                    return said.choice
                if _answer(room, reviewer, shown, said, done):
                    return said.choice
            except TrendctlError as fault:
                reviewer.tell(str(fault))
    finally:
        _set_open(room, product_id, opened=False)


def _answer(room: Room, reviewer: Reviewer, shown: ReviewCard, said: Said, done: Reviewed) -> bool:
    """Carry one answer out; True when the product is done with."""
    work, product_id = room.work, shown.product_id
    if said.choice is Choice.APPROVE:
        picked = [(d.id, d.hash) for d in shown.drafts if d.id in said.draft_ids and d.approvable]
        if not picked:
            reviewer.tell("Nothing here can be approved yet: see what is missing or blocked")
            return False
        done.approved += len(service.approve(work, room.seat, picked))
    elif said.choice is Choice.REJECT:
        service.reject(work, product_id, said.reason)
        done.rejected += 1
    elif said.choice is Choice.DEFER:
        service.defer(work, product_id, said.days)
        done.deferred += 1
    elif said.choice is Choice.SKIP:
        done.skipped += 1
        return True
    else:
        _change(room, reviewer, shown, said)
        return False
    done.undo.append((product_id, said.choice))
    return True


def _change(room: Room, reviewer: Reviewer, shown: ReviewCard, said: Said) -> None:
    """Answers that change the card and show it again."""
    if said.choice is Choice.SUPPLY:
        reviewer.ask_supply(shown)
    elif said.choice is Choice.EDIT:
        edit(room.work, shown, said)
    elif said.choice is Choice.LIFT:
        service.lift(room.work, room.seat, shown.product_id, str(said.changes["code"]), said.reason)
    elif said.choice is Choice.PLATFORMS:
        wanted = {name: bool(on) for name, on in said.changes.items()}
        service.choose_platforms(room.work, shown.product_id, wanted)
    else:
        return
    room.rebuild(shown.product_id)


def edit(work: Approving, shown: ReviewCard, said: Said) -> None:
    """Keep the person's own words for the named drafts, apart from what the program proposes."""
    now = epoch(work.clock.now())
    with work.store.write(Role.APPROVAL) as db:
        for found in shown.drafts:
            if found.id in said.draft_ids:
                older = drafts.edits(db, shown.product_id, found.platform, found.account)
                changes = {**older, **said.changes}
                reviews.save_edit(db, shown.product_id, found.platform, found.account, changes, now)


def _step_back(room: Room, reviewer: Reviewer, waiting: list[int], done: Reviewed, at: int) -> int:
    """Undo the last decision of this review and show its product again; the new position."""
    if not done.undo:
        reviewer.tell("There is nothing to undo in this review")
        return at
    product_id, choice = done.undo.pop()
    try:
        undo(room.work, room.seat, product_id, Choice(choice))
    except TrendctlError as fault:
        reviewer.tell(str(fault))
        return at
    counter = {Choice.APPROVE: "approved", Choice.REJECT: "rejected", Choice.DEFER: "deferred"}[Choice(choice)]
    setattr(done, counter, max(0, getattr(done, counter) - 1))
    return waiting.index(product_id)


def undo(work: Approving, seat: Seat, product_id: int, choice: Choice) -> None:
    """Take back what was last said of a product: its unused approvals; or a rejection or deferral, which leaves the
    approvals that it voided void."""
    if choice is not Choice.APPROVE:
        service.reopen(work, product_id)
        return
    with work.store.read() as db:
        unused = [a for a in decisions.unused(db) if a.product_id == product_id]
    if unused:
        service.take_back(work, seat, unused, "undone in review")


def _card(room: Room, product_id: int, position: int, total: int) -> ReviewCard | None:
    with room.work.store.read() as db:
        shown = card.load(db, product_id, room.context, room.work.clock.now())
    return replace(shown, position=position, total=total) if shown else None


def _set_open(room: Room, product_id: int, *, opened: bool) -> None:
    with room.work.store.write(Role.APPROVAL) as db:
        if opened:
            reviews.set_open(db, product_id, epoch(room.work.clock.now()))
        else:
            reviews.set_closed(db, product_id)
