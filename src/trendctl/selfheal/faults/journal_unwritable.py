"""The journal cannot be written, so that nothing may be approved or posted. Its modes are put right, where they are
the cause."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from trendctl.selfheal.evidence import failing, found, keys, lines
from trendctl.selfheal.home_paths import is_mine, relative
from trendctl.selfheal.values import Change, Diagnosis, Fault, Kind, Look, Plan

NAME = "journal_unwritable"
_KINDS = ("check.journal", "check.journal_file", "journal.broken")


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """A journal that is ahead is another fault: an older database was put in place."""
    bad = tuple(
        r for r in failing(look, "journal", "journal_file") if "ahead" not in r.detail and "damaged" not in r.detail
    )
    if not bad:
        return
    paths = list(shut(look.probe.journal.path))
    if not paths and not any("not in the journal yet" in r.detail or "cannot" in r.detail for r in bad):
        return
    seen = (*lines(bad), *(f"{p.name} has mode {p.stat().st_mode & 0o777:o}" for p in paths if p.exists()))
    cause = f"{paths[0].name} may not be written" if paths else "it could not be written when it had to be"
    names = [name for p in paths if (name := relative(look.probe.home, p)) is not None]
    yield found(NAME, cause, seen, keys(look, *_KINDS), 0.9 if paths else 0.6, paths=names)


def shut(journal: Path) -> Iterator[Path]:
    """The folder and the journal, as far as the owner's own bits forbid writing."""
    if os.name == "nt":
        return
    for path, wanted in ((journal.parent, stat.S_IRWXU), (journal, 0o600)):
        try:
            mode = path.lstat().st_mode
        except OSError:
            continue
        if mode & wanted != wanted:
            yield path


def plan(d: Diagnosis, look: Look) -> Plan | None:
    """The owner's own bits, of what belongs to the owner; the next command catches up."""
    home, changes = look.probe.home, []
    for name in d.details["paths"]:
        path = home.root / name
        if is_mine(path):
            changes.append(Change(Kind.MODE, path=name, mode=0o700 if path.is_dir() else 0o600))
    if not changes:
        return None
    words = f"I will let you write {', '.join(c.path for c in changes)} again (only you)"
    return Plan(NAME, d.subject, "chmod", words, "the old permissions come back", tuple(changes))


FAULT = Fault(
    name=NAME,
    about="Nothing may be approved or posted: what is not in the journal first could be posted twice after a crash.",
    diagnose=diagnose,
    checks=("journal_file",),
    plan=plan,
    no_fix="free some space or mend the disk; the next command writes what is missing",
)
