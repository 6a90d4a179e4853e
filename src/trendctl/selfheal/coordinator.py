"""The coordinator: one round of healing, from what is seen to what is told.

monitor -> detector -> analyst -> learning and engineer -> safeguard -> outcome. Only one round at a time in a home.
"""

import logging
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace

from trendctl import log
from trendctl.errors import Refused, StoreError, UsageError
from trendctl.selfheal import analyst, config_kept, detector, engineer, learning, notes, safeguard
from trendctl.selfheal.analyst import Found
from trendctl.selfheal.engineer import Proposal
from trendctl.selfheal.health import Round, run_round
from trendctl.selfheal.learning import Tally
from trendctl.selfheal.notes import Case
from trendctl.selfheal.register import Entry, alone
from trendctl.selfheal.safeguard import Order, Ward
from trendctl.selfheal.values import Fault, Look, Told
from trendctl.store import incidents, repairs

DAY = 86_400
MOST = 3  # repairs of one fault and subject a day
PAUSES = (600, 3600)  # seconds after the first, the second of them
WAITS = "it is tried again later"


@dataclass(frozen=True, slots=True)
class Healing:
    """What a round works with. `faults`: the catalogue; `most_a_day`: automatic repairs of all kinds; `enabled` False:
    nothing is done by itself; `prior` None: the shipped one; `broken`: leaves that do not load."""

    ward: Ward
    faults: tuple[Fault, ...]
    enabled: bool = True
    most_a_day: int = 10
    prior: Mapping[str, Tally] | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What a round found and did. `seen`: the health round after it; `recovered`: repairs that a dead process left."""

    told: tuple[Told, ...]
    seen: Round
    cases: tuple[Case, ...] = ()
    recovered: tuple[Entry, ...] = ()
    opened: int = 0
    closed: int = 0

    @property
    def repaired(self) -> int:
        """How many faults were fixed."""
        return sum(t.action == "fixed" for t in self.told)


@dataclass(slots=True)
class _Work:
    """One round in progress."""

    healing: Healing
    seen: Round
    tallies: Mapping[str, Tally]
    entries: list[Entry]
    now: int
    cases: list[Case] = field(default_factory=list)

    @property
    def today(self) -> list[Entry]:
        """The repairs of the last 24 hours; not those of a clock that was ahead, which would count for ever."""
        return [e for e in self.entries if self.now - DAY < e.started_at <= self.now]


def recover(healing: Healing) -> list[Entry]:
    """At a start: take back what a dead process left in progress. Raises Refused while another one heals."""
    with alone(healing.ward.eyes().home):
        return _recovered(healing)


def _recovered(healing: Healing) -> list[Entry]:
    healing.ward.register.make()
    done = safeguard.recover(healing.ward)
    notes.sync(healing.ward)
    notes.recovered(healing.ward, done)
    return done


def heal(healing: Healing, seen: Round | None = None, *, dry_run: bool = False) -> Report:
    """One round. `seen`: the health round just made, else one is made. `dry_run`: nothing is written at all.

    Raises Refused while another process heals.
    """
    if dry_run:
        work = _looked(healing, seen)
        return Report(tuple(_would(c) for c in work.cases), work.seen, tuple(work.cases))
    try:
        with alone(healing.ward.eyes().home):
            recovered = _recovered(healing)
            work = _looked(healing, None if recovered else seen)
            probe = healing.ward.eyes()
            if not probe.wanted.config_fault:
                config_kept.keep_good(probe.home)
            return replace(_round(work), recovered=tuple(recovered))
    except (StoreError, OSError) as fault:  # no lock, or no room for a note of ours: all is told, nothing repaired
        log.event("nothing is repaired", stage="heal", level=logging.ERROR, cause=str(fault))
        work = _looked(healing, seen)
        why = fault.what if isinstance(fault, StoreError) else f"nothing can be written: {fault.strerror or fault}"
        cases = tuple(replace(c, proposal=Proposal(None, False, why)) if c.found else c for c in work.cases)
        return Report(tuple(_no_plan(c) for c in cases), work.seen, cases)


def case(healing: Healing, incident_id: int) -> Case:
    """The proposed repair of an open incident, worked out anew. Raises UsageError where there is none."""
    with healing.ward.eyes().store.read() as db:
        key = next((k for k, number in incidents.open_ids(db).items() if number == incident_id), None)
    if key is None:
        raise UsageError(f"There is no open incident {incident_id}", next="trendctl incidents --open")
    work = _looked(healing, None)
    mine = next((c for c in work.cases if c.found is not None and c.key == key), None)
    if mine is None:
        raise UsageError(f"Incident {incident_id} is over, or has no known cause", next="trendctl heal")
    return replace(mine, incident_id=incident_id)


def apply(healing: Healing, wanted: Case) -> Told:
    """Carry out exactly the plan of that case on a person's order. Raises Refused, StoreError, UsageError."""
    found, plan, ward = wanted.found, wanted.proposal.plan, healing.ward
    if found is None or plan is None or not plan.changes:
        why = plan.words if plan else wanted.proposal.reason
        raise UsageError("Nothing here can be carried out", why=why, next="trendctl incidents")
    with alone(ward.eyes().home):
        _recovered(healing)
        now = ward.eyes().now
        if len(ward.register.since(now - DAY, now, *found.key)) >= MOST:
            raise Refused(f"Repaired {MOST} times within a day, and it came back", next="trendctl repairs")
        before = run_round(ward.eyes(), ward.checks)
        order = Order(found, plan, wanted.confidence, "person", wanted.incident_id)
        entry = safeguard.carry_out(ward, [order], before)[0]
        notes.sync(ward)
        told = _ended(wanted, ward.register.find(entry.token) or entry)
        notes.tell(ward, [told], now)
        return told


def take_back(healing: Healing, number: int) -> Entry:
    """Undo a final repair on a person's word. Raises UsageError, Refused, StoreError."""
    with healing.ward.eyes().store.read() as db:
        row = repairs.find(db, number)
    if row is None:
        raise UsageError(f"There is no repair {number}", next="trendctl repairs")
    with alone(healing.ward.eyes().home):
        entry = healing.ward.register.find(row.token)
        if entry is None:
            raise Refused("Its way back is no longer kept", next="trendctl backup list")
        done = safeguard.take_back(healing.ward, entry, healing.ward.eyes().now)
        notes.sync(healing.ward)
        return done


# ---------------------------------------------------------------- one round


def _looked(healing: Healing, seen: Round | None) -> _Work:
    """See, diagnose, and work out what would be done; all by one connection, closed before anything is touched."""
    ward = healing.ward
    probe = ward.eyes()
    seen = seen or run_round(probe, ward.checks)
    with ExitStack() as open_things:
        with suppress(StoreError):
            probe = replace(probe, db=open_things.enter_context(probe.store.read()))
        try:
            with probe.read() as db:
                own = repairs.learned(db)
        except StoreError:
            own = repairs.learned_as_stored(probe.store)
        look = Look(probe, seen, detector.detect(probe, seen))
        found = analyst.analyse(healing.faults, look)
        work = _Work(healing, seen, learning.measured(own, healing.prior), ward.register.all(), probe.now)
        open_targets = ward.register.targets()
        work.cases = [_case(work, look, one, open_targets) for one in found.found]
    work.cases += notes.unexplained(seen, found)
    return work


def _case(work: _Work, look: Look, found: Found, open_targets: set[str]) -> Case:
    tally = work.tallies.get(found.fault.name, Tally())
    proposal = engineer.propose(found, look, open_targets)
    if proposal.automatic:
        proposal = _measured(proposal, tally)
    return Case(found, proposal, notes.worst(work.seen, found), confidence=tally.confidence)


def _measured(proposal: Proposal, tally: Tally) -> Proposal:
    if tally.is_enough:
        return proposal
    words = (
        f"in {tally.trials} trials it proved right {tally.successes} times, which is not enough yet"
        if tally.trials else "it was not measured yet"
    )  # fmt: skip
    return replace(proposal, automatic=False, reason=words)


def _round(work: _Work) -> Report:
    ward = work.healing.ward
    opened, closed = notes.settle(ward, work.healing.faults, work.seen, work.cases, work.now)
    work.cases = notes.numbered(ward, work.cases)
    _returned(work)
    entries = _carried_out(work, _chosen(work))
    seen = run_round(ward.eyes(), ward.checks) if entries else work.seen
    if entries and any(not c.incident_id for c in work.cases):  # the database was the patient, and may be well again
        bad = {r.name for r in seen.results if r.status != "ok"}
        left = [c for c in work.cases if c.result is None or c.result.name in bad]
        opened, closed = notes.settle(ward, work.healing.faults, seen, left, work.now)
        work.cases = notes.numbered(ward, work.cases)
        entries = notes.joined(ward, work.cases, entries)
    told = [_ended(c, entries[c.key]) if c.key in entries else _told(work, c) for c in work.cases]
    notes.tell(ward, told, work.now)
    return Report(tuple(told), seen, tuple(work.cases), (), opened, closed)


def _chosen(work: _Work) -> list[Order]:
    """The automatic repairs of this round: within the limits, on independent targets; one that was taken back lately is
    tried alone."""
    today = [e for e in work.today if e.ordered_by == "healer"]
    orders: list[Order] = []
    for c in work.cases if work.healing.enabled else ():
        plan = c.proposal.plan
        if c.found is None or plan is None or not c.proposal.automatic or _too_often(work, c.found):
            continue
        risky = any(e.state == "rolled_back" and (e.fault, e.subject) == c.key for e in today)
        taken = [t for o in orders for t in engineer.targets(o.plan)]
        full = len(today) + len(orders) >= work.healing.most_a_day
        if full or (risky and orders) or engineer.overlap(engineer.targets(plan), taken):
            continue
        orders.append(Order(c.found, plan, c.confidence, "healer", c.incident_id))
        if risky:
            break
    return orders


def _past(work: _Work, found: Found) -> list[Entry]:
    return [e for e in work.today if (e.fault, e.subject) == found.key]


def _too_often(work: _Work, found: Found) -> str:
    """Why a fault is left alone for now: back-off, or its repairs of this day are used up. "": it is not."""
    past = _past(work, found)
    if len(past) >= MOST:
        return f"repaired {len(past)} times within a day and still there: this is for you"
    ended = [e for e in past if e.success is not None]
    if ended and 0 <= work.now - (ended[-1].finished_at or 0) < PAUSES[min(len(ended), len(PAUSES)) - 1]:
        return f"repaired a short while ago; {WAITS}"
    return ""


def _returned(work: _Work) -> None:
    """A fault that is there again within a day of its repair: the repair did not hold, and that is learned."""
    ward = work.healing.ward
    keys = {c.key for c in work.cases if c.found is not None}
    for e in work.today:
        if e.state == "final" and e.success and (e.fault, e.subject) in keys:
            with suppress(StoreError):
                ward.register.save(replace(e, success=False, detail="proven, but it came back", synced=False))
    notes.sync(ward)


def _carried_out(work: _Work, orders: Sequence[Order]) -> dict[tuple[str, str], Entry]:
    """How the repairs of this round ended, by what they are about."""
    if not orders:
        return {}
    ward = work.healing.ward
    done = safeguard.carry_out(ward, orders, work.seen)
    notes.sync(ward)
    return {o.found.key: ward.register.find(e.token) or e for o, e in zip(orders, done, strict=True)}


# ---------------------------------------------------------------- what is told


def _ended(c: Case, entry: Entry) -> Told:
    """A repair that was tried."""
    told = replace(c.told, repair_id=entry.number or None)
    if not entry.token:
        return replace(told, action="abstained", detail=f"not begun: {entry.detail}; {WAITS}")
    if entry.state == "final":
        return replace(told, action="fixed", detail=f"done as announced: {entry.words}")
    return replace(told, action="rolled_back", detail=f"taken back, {entry.detail} (announced: {entry.words})")


def _told(work: _Work, c: Case) -> Told:
    """A fault that was left alone."""
    told, plan = c.told, c.proposal.plan
    if c.found is None or plan is None:
        return _no_plan(c)
    past, often = _past(work, c.found), _too_often(work, c.found)
    if len(past) >= MOST:
        return replace(told, action="told", detail=often, repair_id=past[-1].number or None)
    if often and past[-1].state == "rolled_back":
        words = f"taken back, {past[-1].detail} (announced: {plan.words}); {WAITS}"
        return replace(told, action="rolled_back", detail=words, repair_id=past[-1].number or None)
    why = often or c.proposal.reason or ("" if work.healing.enabled else "healing is switched off")
    return replace(told, action="proposed", detail=f"{plan.words} ({why or f'another repair goes first; {WAITS}'})")


def _would(c: Case) -> Told:
    """Of a dry run."""
    plan = c.proposal.plan
    if c.found is None or plan is None:
        return _no_plan(c)
    words = "would have been done" if c.proposal.automatic else f"would have been proposed: {c.proposal.reason}"
    return replace(c.told, action="proposed", detail=f"{plan.words} ({words})")


def _no_plan(c: Case) -> Told:
    unclear = c.found is not None and c.found.unclear
    return replace(c.told, action="abstained" if unclear else "told", detail=c.proposal.reason or c.told.detail)
