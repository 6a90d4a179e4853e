"""A backup is not what was written: cut short, overwritten, decayed. It is set aside, a new one made."""

from collections.abc import Iterator

from trendctl.errors import StoreError
from trendctl.selfheal.evidence import failing, found, keys, lines, said
from trendctl.selfheal.faults.backup_stale import REASON
from trendctl.selfheal.home_paths import aside, is_mine, relative
from trendctl.selfheal.rules import backup_files, leftovers
from trendctl.selfheal.values import Change, Diagnosis, Fault, Kind, Look, Plan

NAME = "backup_bad"
EVERYTHING = 10**12


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """By the files themselves; an empty file that the database does not know is a reserved name and belongs to the
    left-over files. One that it knows was a backup, and is no left-over."""
    checked, told = failing(look, "backup_files"), [s for s in look.of("backup.bad") if s.origin != "check"]
    if not checked and not told:
        return
    try:
        read = EVERYTHING if told else backup_files.READ  # a backup that could not be unpacked is worth reading all
        bad = list(backup_files.bad(look.probe, read))
        left = set(leftovers.parts(look.probe))
    except (StoreError, OSError):
        return
    if not bad:
        return
    explains = keys(look, "check.backup_files", "backup.bad", "check.job.restore_drill") | frozenset(
        (s.kind, s.subject) for s in look.of("job.failed") if s.subject == "restore_drill"
    )
    if left <= {b.path for b in bad}:
        explains |= keys(look, "check.leftovers")
    seen = (*(f"{b.path.name} {b.why}" for b in bad[:5]), *lines(checked), *said(told, look.probe.now))
    yield found(NAME, f"the backup {bad[0].path.name} {bad[0].why}", seen, explains, 0.95,
                paths=[name for b in bad if (name := relative(look.probe.home, b.path))])  # fmt: skip


def plan(d: Diagnosis, look: Look) -> Plan | None:
    """Moved, not deleted: a part of it may still be of use to someone."""
    home = look.probe.home
    files = [home.root / name for name in d.details["paths"] if is_mine(home.root / name)]
    if not files or failing(look, "database", "writable") or any(r.status == "fail" for r in failing(look, "disk")):
        return None
    moves = tuple(Change(Kind.MOVE, path=str(relative(home, p)), to=aside(home, p, look.probe.now)) for p in files)
    words = f"I will move {', '.join(p.name for p in files[:3])} into the quarantine and make a new, checked backup"
    return Plan(NAME, d.subject, "replace", words, "the new backup is removed, the old files are moved back",
                (*moves, Change(Kind.BACKUP, name=REASON)))  # fmt: skip


FAULT = Fault(
    name=NAME,
    about="The backup looks fine in the list and would fail on the day it is needed.",
    diagnose=diagnose,
    checks=("backup_files",),
    plan=plan,
    no_fix="a new backup cannot be made now (database, home or disk is in trouble): mend that first, then trendctl "
    "backup create",
)
