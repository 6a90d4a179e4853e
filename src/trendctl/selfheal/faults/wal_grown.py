"""The write-ahead log has grown: no checkpoint got through. It is folded into the database."""

from collections.abc import Iterator

from trendctl.selfheal.evidence import failing, found, keys, lines
from trendctl.selfheal.faults.database_locked import open_by
from trendctl.selfheal.values import Change, Diagnosis, Fault, Kind, Look, Plan

NAME = "wal_grown"


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """By its size; who has the database open says whether a reader holds it."""
    bad = failing(look, "wal")
    if not bad or not look.probe.store.path.exists():
        return
    holders = open_by(look.probe.store.path)
    seen = (*lines(bad), *(f"it has the database open: {h}" for h in holders)) if holders else (
        *lines(bad), "no other process has the database open")  # fmt: skip
    yield found(NAME, "no checkpoint of the write-ahead log got through", seen, keys(look, "check.wal"), 0.9)


def plan(d: Diagnosis, look: Look) -> Plan | None:
    """A checkpoint waits for nobody and changes no row."""
    return Plan(NAME, "", "checkpoint", "I will fold the write-ahead log into the database",
                "nothing to undo: no row changes", (Change(Kind.CHECKPOINT),))  # fmt: skip


FAULT = Fault(
    name=NAME,
    about="The disk fills, every read becomes slower, and a crash takes longer to recover from.",
    diagnose=diagnose,
    checks=("wal",),
    plan=plan,
)
