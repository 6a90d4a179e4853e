"""Backup and validation: what stands between a plan and the home.

backup -> way back registered -> applied -> watched through a window -> final, or everything as it was before. A process
that dies anywhere in between leaves an open entry in the register, and the next start takes it back.
"""

import logging
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from trendctl import log
from trendctl.errors import Refused, StoreError, TrendctlError
from trendctl.ports import Check, CheckResult
from trendctl.selfheal import acts, analyst, detector, engineer
from trendctl.selfheal.analyst import Found
from trendctl.selfheal.health import Probe, Round, run_round
from trendctl.selfheal.register import Entry, Register
from trendctl.selfheal.values import Hands, Look, Plan
from trendctl.store import repairs

STEP = 30.0  # seconds between two looks of the window
RANK: Mapping[str, int] = {"ok": 0, "warn": 1, "fail": 2}
AMBIENT = frozenset({"cpu", "memory", "daemon.memory", "daemon.files"})  # other programs move these, no repair does
# What the world outside says, and what a job met there: it changes whether or not something is repaired. These count
# against a repair that is about the same source, platform or job only.
OUTSIDE = ("source.", "fields.", "platform.", "platforms", "job.", "missed", "scan", "models", "clock_servers")
BEFORE = "before-repair"  # the reason of the backups made here
Ordered = Literal["healer", "person"]
FAULTS = (StoreError, TrendctlError, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class Ward:
    """What repairs are done with. `eyes` looks anew each time (settings may just have been repaired); `window` in
    seconds; `stopped`: the process is asked to end; `checks` None: all."""

    eyes: Callable[[], Probe]
    hands: Hands
    register: Register
    window: float = 120.0
    stopped: Callable[[], bool] = lambda: False
    checks: Sequence[Check] | None = None

    def bench(self, token: str) -> acts.Bench:
        """For the acts of one repair."""
        probe = self.eyes()
        return acts.Bench(probe.home, probe.store, self.hands, self.register.folder / token)


@dataclass(frozen=True, slots=True)
class Order:
    """A plan to carry out. `confidence`: the measured precision before it, None: none."""

    found: Found
    plan: Plan
    confidence: float | None = None
    by: Ordered = "healer"
    incident_id: int = 0


def carry_out(ward: Ward, orders: Sequence[Order], before: Round) -> list[Entry]:
    """Do them (their targets are independent), watch, finalise or take back; how each ended, in the given order.

    An entry without a token was not begun: not even its way back could be kept, and nothing was touched.
    """
    begun: list[tuple[Order, Entry]] = []
    try:
        for order in orders:
            begun.append((order, _applied(ward, order)))
        watched = _watched(ward, begun, before)
    except BaseException:
        for _, entry in reversed(begun):
            if entry.is_open:
                _back(ward, entry, "it was broken off before it was proven", None)
        raise
    return watched


def take_back(ward: Ward, entry: Entry, now: int) -> Entry:
    """Undo a final repair on a person's word; what someone else changed since is left and said. One whose way back
    fails midway stays open and is tried again. Raises Refused, StoreError."""
    if entry.state != "final":
        raise Refused("That repair cannot be taken back", why=f"it is {entry.state}", next="trendctl repairs")
    opened = ward.register.save(replace(entry, state="applying", success=False, synced=False))
    return _back(ward, opened, "taken back by a person", False)


def recover(ward: Ward) -> list[Entry]:
    """Take back whatever a process that died left in progress; what became of each. Only under the lock."""
    left = [entry for entry in ward.register.all() if entry.is_open]
    done = [_back(ward, e, "it had been left in progress, and was taken back", None) for e in reversed(left)]
    if ward.register.tidy(ward.eyes().now) or left:
        acts.sweep_backups(ward.eyes().home, BEFORE)
    return done


# ---------------------------------------------------------------- before and during


def _applied(ward: Ward, order: Order) -> Entry:
    """Backed up, registered, done. What fails on the way is taken back."""
    try:
        with _undisturbed(ward, order.plan):
            entry = _registered(ward, order)
            return _done(ward, order, entry)
    except FAULTS as fault:
        log.event("repair not begun", stage="heal", leaf=order.plan.fault, level=logging.WARNING, cause=str(fault))
        return _unbegun(order, ward.eyes().now, str(fault))


def _registered(ward: Ward, order: Order) -> Entry:
    plan, probe = order.plan, ward.eyes()
    folder = ward.register.begin(probe.now, plan.fault)
    try:
        backup = _backup(ward, plan, folder)
        bench = ward.bench(folder.name)
        undo = tuple(acts.keep(bench, change, n) for n, change in enumerate(plan.changes))
        return ward.register.save(
            replace(_unbegun(order, probe.now, ""), token=folder.name, state="applying", finished_at=None,
                    backup=backup or (f"repairs/{folder.name}" if any(u.get("blob") for u in undo) else ""),
                    undo=undo)
        )  # fmt: skip
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _unbegun(order: Order, now: int, why: str) -> Entry:
    """An entry that is not in the register: nothing was touched."""
    plan = order.plan
    return Entry(
        "", plan.fault, plan.subject, plan.fix, plan.words, plan.undo_words, order.found.diagnosis.evidence, now,
        order.by, "rolled_back", now, touched=engineer.targets(plan), confidence=order.confidence, detail=why,
        incident_id=order.incident_id,
    )  # fmt: skip


def _backup(ward: Ward, plan: Plan, folder: Path) -> str:
    """Where the database is touched: a verified backup, or a plain copy of a database that is not sound."""
    if not any(change.kind in acts.IN_DATABASE for change in plan.changes):
        return ""
    try:
        return ward.hands.backup(BEFORE)
    except StoreError:
        target = folder / "database.db"
        repairs.copy_as_it_is(ward.eyes().store, target)
        return f"repairs/{folder.name}/{target.name}"


def _done(ward: Ward, order: Order, entry: Entry) -> Entry:
    bench = ward.bench(entry.token)
    try:
        for change, undo in zip(order.plan.changes, entry.undo, strict=True):
            acts.do(bench, change, undo)
        return ward.register.save(replace(entry, state="validating"))
    except Refused as other:  # someone else is at it: this says nothing about the repair
        return _back(ward, entry, f"it could not be done: {other}", None)
    except FAULTS as fault:
        return _back(ward, entry, f"it could not be done: {fault}", False)
    except BaseException:
        _back(ward, entry, "it was broken off", None)
        raise


def _undisturbed(ward: Ward, plan: Plan) -> AbstractContextManager[object]:
    """No job works on the database and no restore replaces it while a repair touches it."""
    if not any(change.kind in acts.IN_DATABASE for change in plan.changes):
        return nullcontext()
    from filelock import FileLock, Timeout

    try:
        return FileLock(ward.eyes().home.lock, mode=0o600).acquire(timeout=0)
    except Timeout:
        raise Refused("Another trendctl works in this home", next="it is tried again at the next round") from None


# ---------------------------------------------------------------- the window


def _watched(ward: Ward, begun: Sequence[tuple[Order, Entry]], before: Round) -> list[Entry]:
    """Look again until the window is over; then each repair is final or taken back."""
    if not any(entry.state == "validating" for _, entry in begun):
        return [entry for _, entry in begun]
    looks = [run_round(ward.eyes(), ward.checks)]
    left = ward.window
    while left > 0 and not ward.stopped():
        step = min(STEP, left)
        ward.eyes().clock.sleep(step)
        left -= step
        looks.append(run_round(ward.eyes(), ward.checks))
    if ward.window and ward.stopped():
        return _all_back(ward, begun, "asked to stop before it was proven", None)
    worse = set.intersection(*(set(_worse(before, seen)) for seen in looks[-2:]))
    inside = {name for name in worse if not name.startswith(OUTSIDE)}
    if inside:  # whichever of them did it
        return _all_back(ward, begun, _named(inside), False)
    return [_judged(ward, o, e, before, looks[-2:], worse) if e.is_open else e for o, e in begun]


def _named(worse: Iterable[str]) -> str:
    return f"something got worse meanwhile: {', '.join(sorted(worse)[:3])}"


def _all_back(ward: Ward, begun: Sequence[tuple[Order, Entry]], why: str, success: bool | None) -> list[Entry]:
    """Those that are open, the last one first."""
    return [_back(ward, e, why, success) if e.is_open else e for _, e in reversed(begun)][::-1]


def _judged(
    ward: Ward, order: Order, entry: Entry, before: Round, last: Sequence[Round], worse: Iterable[str]
) -> Entry:
    subject, names = order.found.diagnosis.subject, order.found.fault.checks
    mine = [name for name in worse if (subject and subject in name.split(".")) or name.startswith(names)]
    if mine:
        return _back(ward, entry, _named(mine), False)
    wrong = next((w for seen in last if (w := _still_wrong(ward, order.found, before, seen))), "")
    if wrong:
        return _back(ward, entry, f"it did not help: {wrong}", False)
    now = ward.eyes().now
    return ward.register.save(replace(entry, state="final", finished_at=now, success=True, detail="proven"))


def _still_wrong(ward: Ward, found: Found, before: Round, seen: Round) -> str:
    """What of the fault is still there; "": nothing. Its checks must be well; where they say nothing (there are none,
    or they were well all the time) its own diagnosis must no longer find it. A check that the same fault of another
    subject keeps bad says nothing against this one, if its own diagnosis is gone."""
    subject, names = found.diagnosis.subject, found.fault.checks
    bad = [r for r in seen.results if r.status != "ok" and _about(r, names, subject)]
    if not bad and any(r.status != "ok" and _about(r, names, subject) for r in before.results):
        return ""
    probe = ward.eyes()
    look = Look(probe, seen, detector.detect(probe, seen))
    again = {f.key: f.diagnosis for f in analyst.analyse((found.fault,), look).found}
    others = {kind for key, d in again.items() if key != found.key for kind, _ in d.explains}
    wrong = [r for r in bad if found.key in again or f"check.{r.name}" not in others]
    if wrong:
        return f"{wrong[0].name}: {wrong[0].detail}"
    return again[found.key].cause if found.key in again else ""


def _about(result: CheckResult, names: Sequence[str], subject: str) -> bool:
    """Whether a result is one of those; of `source.` only the subject's own."""
    for name in names:
        if name.endswith(".") and result.name.startswith(name):
            return not subject or result.name.removeprefix(name).split(".")[0] == subject
        if result.name == name:
            return True
    return False


def _worse(before: Round, after: Round) -> list[str]:
    """Results that are worse than before. One that could not be looked at before is not compared."""
    old = {r.name: RANK[r.status] for r in before.results}
    base = 0 if before.complete else max(RANK.values())
    return [r.name for r in after.results if r.name not in AMBIENT and RANK[r.status] > old.get(r.name, base)]


# ---------------------------------------------------------------- back


def _back(ward: Ward, entry: Entry, why: str, success: bool | None) -> Entry:
    """Everything as it was, the last change first. An entry whose way back fails stays open and is tried again."""
    bench, notes = ward.bench(entry.token), []
    success = entry.success if success is None else success  # what was proven before stays so
    now = ward.eyes().now
    try:
        for undo in reversed(entry.undo):
            _sweep(bench, undo)
            notes.append(acts.take_back(bench, undo))
        words = "; ".join(filter(None, [why, *notes]))
        back = replace(entry, state="rolled_back", finished_at=now, success=success, detail=words, synced=False)
        return ward.register.save(back)
    except FAULTS as fault:
        log.event("a repair could not be taken back", stage="heal", leaf=entry.fault, level=logging.ERROR,
                  cause=str(fault))  # fmt: skip
        stuck = replace(entry, success=success, detail=f"{why}; not taken back yet: {fault}", synced=False)
        with suppress(StoreError):
            return ward.register.save(stuck)
        return stuck


def _sweep(bench: acts.Bench, undo: acts.Undo) -> None:
    """Half-written files that a killed process left beside a file it was replacing."""
    if undo["kind"] != "write":
        return
    import psutil  # only where something is taken back

    target = acts.place(bench.home, str(undo["path"]))
    for part in target.parent.glob(f".{target.name}.*.part"):
        owner = part.name.removeprefix(f".{target.name}.").split("-")[0]
        if not owner.isdigit() or not psutil.pid_exists(int(owner)):
            part.unlink(missing_ok=True)
