"""The write-ahead log has grown: no checkpoint got through. It is folded into the database."""

from collections.abc import Iterator

from trendctl.selfheal.evidence import failing, found, keys, lines
from trendctl.selfheal.faults.database_locked import open_by
from trendctl.selfheal.values import Change, Diagnosis, Fault, Kind, Look, Plan
from trendctl.selfheal.wal_readers import pinned_by, words

NAME = "wal_grown"


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """By its size; who reads an old snapshot, or has the database open, says what holds it."""
    bad = failing(look, "wal")
    if not bad or not look.probe.store.path.exists():
        return
    holders, pins = open_by(look.probe.store.path), sorted(pinned_by(look.probe.store.path))
    seen = [*lines(bad), *(f"it reads an old state of the database: {words(pid)}" for pid in pins)]
    seen += [f"it has the database open: {h}" for h in holders] or ["no other process has the database open"]
    cause = "no checkpoint of the write-ahead log got through"
    if pins:
        cause = f"{words(pins[0])} reads an old state of the database, which keeps the write-ahead log"
    yield found(NAME, cause, seen, keys(look, "check.wal"), 0.9, pins=[*pins])


def plan(d: Diagnosis, look: Look) -> Plan | None:
    """A checkpoint changes no row. None where the same reader is still in its transaction: it would not get through."""
    if pinned_by(look.probe.store.path) & set(d.details.get("pins") or ()):
        return None
    return Plan(NAME, "", "checkpoint", "I will fold the write-ahead log into the database",
                "nothing to undo: no row changes", (Change(Kind.CHECKPOINT),))  # fmt: skip


FAULT = Fault(
    name=NAME,
    about="The disk fills, every read becomes slower, and a crash takes longer to recover from.",
    diagnose=diagnose,
    checks=("wal",),
    plan=plan,
    no_fix="the log is kept for a process that reads an old state and does not end. Ending a process could cut a post "
    "in half, so it is never done by itself: look what that process is, and stop it; the log shrinks by itself then",
)
