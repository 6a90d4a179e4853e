"""What a round writes down: incidents with their causes, repairs and outcomes as the register has them.

A database that cannot be written stops nothing here: what is not written now is written by a later round.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from trendctl import log
from trendctl.errors import StoreError
from trendctl.ports import CheckResult
from trendctl.selfheal import detector
from trendctl.selfheal.analyst import Analysis, Found
from trendctl.selfheal.engineer import Proposal
from trendctl.selfheal.health import Round
from trendctl.selfheal.register import Entry
from trendctl.selfheal.safeguard import Ward
from trendctl.selfheal.values import Fault, Told
from trendctl.store import incidents, repairs
from trendctl.store.incidents import Finding

RECORDED = frozenset({"missed", "clock"})  # the daemon records these as they happen: not a second time as a state
_EVENTS = {"job.missed": "missed.", "check.missed": "missed.", "clock.back": "clock.back", "check.clock": "clock.back"}
DAY = 86_400


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that is wrong: a fault that stands, or (`found` None) a check's result that no fault explains.

    `confidence`: the measured precision of the fault's diagnosis, None: not measured. `incident_id` 0: not stored.
    """

    found: Found | None
    proposal: Proposal
    severity: str
    result: CheckResult | None = None
    confidence: float | None = None
    incident_id: int = 0

    @property
    def key(self) -> tuple[str, str]:
        """What its incident is about: fault and subject."""
        return self.found.key if self.found is not None else (self.result.name if self.result else "", "")

    @property
    def told(self) -> Told:
        """What can be said before anything is done."""
        fault, subject = self.key
        if self.found is None:
            detail = self.result.detail if self.result else ""
            return Told(self.incident_id, fault, "", None, "told", detail=detail)
        d = self.found.diagnosis
        return Told(self.incident_id, fault, d.cause, self.confidence, "told", None, "", subject, d.evidence)


def unexplained(seen: Round, analysis: Analysis) -> list[Case]:
    """A case for each bad result that no fault accounts for."""
    free = {sign.kind for sign in analysis.unexplained}
    nothing = Proposal(None, False, "")
    return [
        Case(None, nothing, r.status, r) for r in seen.results
        if r.status != "ok" and r.name not in RECORDED and f"check.{r.name}" in free
        and not r.detail.startswith(detector.UNSEEN)
    ]  # fmt: skip


def worst(seen: Round, found: Found) -> str:
    """How bad a fault is: fail, if one of the results that it explains is."""
    kinds = {kind for kind, _ in found.diagnosis.explains}
    return "fail" if any(r.status == "fail" and f"check.{r.name}" in kinds for r in seen.results) else "warn"


def _quiet(ward: Ward, cases: Sequence[Case]) -> set[tuple[str, str]]:
    """What does no more than explain an event that is recorded: nobody is sent a second message that an hour was missed
    or the clock went back."""
    asked = {c.key: kinds for c in cases if c.found and (kinds := {k for k, _ in c.found.diagnosis.explains})}
    asked = {key: kinds for key, kinds in asked.items() if kinds <= _EVENTS.keys()}
    if not asked:
        return set()
    probe = ward.eyes()
    with probe.store.read() as db:
        seen = {p for p in set(_EVENTS.values()) if incidents.recent(db, p, probe.now - DAY, probe.now)}
    return {key for key, kinds in asked.items() if seen & {_EVENTS[kind] for kind in kinds}}


def settle(ward: Ward, faults: Sequence[Fault], seen: Round, cases: Sequence[Case], now: int) -> tuple[int, int]:
    """Open what is new, close what is gone; how many of each. (0, 0) where the database cannot be written."""
    fine = None if seen.complete else _fine(faults, seen)
    try:
        quiet = _quiet(ward, cases)
        return incidents.settle(ward.eyes().store, [_finding(c, c.key in quiet) for c in cases], now, fine)
    except StoreError as fault:
        log.event("incidents not written", stage="heal", level=logging.WARNING, cause=str(fault))
        return 0, 0


def _fine(faults: Sequence[Fault], seen: Round) -> set[str]:
    """What is surely gone when it is not found, though some check could not look: a bug of one check that lasts must
    not keep every incident open. While the database cannot be read only what a check has seen to be well is."""
    well = {r.name for r in seen.results if r.status == "ok"}
    bad = {r.name for r in seen.results if r.status != "ok"}
    blind = any(r.detail.startswith(detector.UNSEEN) for r in seen.results)
    return well | {f.name for f in faults if all(_is_well(name, well, bad, blind) for name in f.checks or ("",))}


def _is_well(name: str, well: set[str], bad: set[str], blind: bool) -> bool:
    """Whether nothing speaks against the results of that name; a trailing dot: all that begin so, "": none is named."""
    if blind and name not in well:
        return False
    return (
        name not in bad
        and f"check.{name}" not in bad
        and not (name.endswith(".") and any(b.startswith(name) for b in bad))
    )


def _finding(c: Case, quiet: bool) -> Finding:
    fault, subject = c.key
    if c.found is None:
        return Finding(fault, c.severity, c.told.detail, "", subject)
    d = c.found.diagnosis
    return Finding(fault, c.severity, "", d.cause, subject, d.evidence, quiet)


def numbered(ward: Ward, cases: Sequence[Case]) -> list[Case]:
    """The cases with the numbers of their open incidents; 0 where they could not be stored."""
    ids: dict[tuple[str, str], int] = {}
    if not cases:
        return []
    with suppress(StoreError), ward.eyes().store.read() as db:
        ids = incidents.open_ids(db)
    return [replace(c, incident_id=ids.get(c.key, 0)) for c in cases]


def joined(ward: Ward, cases: Sequence[Case], entries: Mapping[tuple[str, str], Entry]) -> dict[tuple[str, str], Entry]:
    """The repairs with the numbers of incidents that could be stored only after them."""
    ids = {c.key: c.incident_id for c in cases if c.incident_id}
    for key, entry in entries.items():
        if entry.token and not entry.incident_id and key in ids:
            with suppress(StoreError):
                ward.register.save(replace(entry, incident_id=ids[key], synced=False))
    sync(ward)
    return {key: ward.register.find(e.token) or e for key, e in entries.items()}


def tell(ward: Ward, told: Sequence[Told], now: int) -> None:
    """Write down what became of each incident; one that was fixed is over."""
    known = [(t.incident_id, t.action, t.confidence, t.repair_id, t.detail) for t in told if t.incident_id]
    try:
        if known:
            incidents.judge(ward.eyes().store, known, now)
    except StoreError as fault:
        log.event("incidents not written", stage="heal", level=logging.WARNING, cause=str(fault))
    for t in told:
        if t.action in ("fixed", "rolled_back"):
            log.event(t.action, stage="heal", leaf=t.fault, cause=t.cause, detail=t.detail, repair=t.repair_id)


def recovered(ward: Ward, entries: Sequence[Entry]) -> None:
    """Write down at their incidents that repairs were broken off and taken back."""
    known = [e for e in (ward.register.find(e.token) for e in entries) if e is not None and e.incident_id]
    told = [
        (e.incident_id, "rolled_back", e.confidence, e.number or None, f"taken back, {e.detail} (announced: {e.words})")
        for e in known
    ]
    with suppress(StoreError):
        if told:
            incidents.judge(ward.eyes().store, told, ward.eyes().now)


def sync(ward: Ward) -> None:
    """Bring the tables up to what the register says."""
    for entry in ward.register.all():
        if not entry.synced:
            with suppress(StoreError):
                _write(ward, entry)


def _write(ward: Ward, entry: Entry) -> None:
    probe = ward.eyes()
    number = repairs.put(probe.store, dict(_row(entry)))
    if entry.success is not None and not entry.is_open:
        repairs.learn(
            probe.store, entry.token, entry.fault, entry.success, entry.confidence, entry.detail, probe.now
        )  # fmt: skip
    ward.register.save(replace(entry, number=number, synced=True))


def _row(e: Entry) -> Iterator[tuple[str, str | int | list[str] | None]]:
    yield from (("token", e.token), ("incident_id", e.incident_id or None), ("fault", e.fault), ("subject", e.subject))
    yield from (("fix", e.fix), ("words", e.words), ("undo_words", e.undo_words), ("evidence", list(e.evidence)))
    yield from (("state", e.state), ("backup", e.backup), ("touched", list(e.touched)), ("detail", e.detail))
    yield from (("ordered_by", e.ordered_by), ("started_at", e.started_at), ("finished_at", e.finished_at))
