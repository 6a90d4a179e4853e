"""The home cannot be written: its own modes (put right), or a disk that is mounted read-only (told)."""

from collections.abc import Iterator

from trendctl.selfheal.evidence import failing, found, keys, lines, said
from trendctl.selfheal.home_paths import is_mine, relative
from trendctl.selfheal.rules import writable
from trendctl.selfheal.values import Change, Diagnosis, Fault, Kind, Look, Plan

NAME = "home_read_only"
_KINDS = ("home.readonly", "database.readonly")


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """Modes and the mount are looked at now."""
    bad, told = failing(look, "writable"), look.of(*_KINDS)
    if not bad and not told:
        return
    probe = look.probe
    mounted, shut = writable.read_only_mount(probe.home.root), list(writable.shut(probe))
    if not mounted and not shut and not bad:
        return  # what could not be written once can be written now, or lies outside the home
    explains = keys(look, "check.writable", *_KINDS) | frozenset(
        (s.kind, s.subject) for s in look.of("check.") if s.text.startswith("not looked at")
    )
    paths = [p for p in (relative(probe.home, path) for path in shut) if p is not None]
    cause = (
        "the home lies on a read-only disk" if mounted else f"{paths[0] if paths else 'the home'} may not be written"
    )
    seen = (*lines(bad), *(f"{p} has mode {p.stat().st_mode & 0o777:o}" for p in shut[:6]), *said(told, probe.now))
    yield found(NAME, cause, seen, explains, 0.9, paths=[] if mounted else paths)


def plan(d: Diagnosis, look: Look) -> Plan | None:
    """The owner's own bits, of what belongs to the owner."""
    home, changes = look.probe.home, []
    names = list(d.details["paths"])
    if home.database.name in names:  # SQLite gives its two companions the database's own mode
        names += [n for n in (f"{home.database.name}-wal", f"{home.database.name}-shm") if n not in names]
    for name in names:
        path = home.root if name == "." else home.root / name
        if not path.exists() or is_mine(path):  # they may be gone by then: then nothing is done to them
            changes.append(Change(Kind.MODE, path=name, mode=0o700 if path.is_dir() else 0o600))
    if not changes:
        return None
    words = f"I will let you write {', '.join(c.path for c in changes[:5])} again (only you)"
    return Plan(NAME, d.subject, "chmod", words, "the old permissions come back", tuple(changes))


FAULT = Fault(
    name=NAME,
    about="Nothing can be stored: scans, approvals and posts fail at once.",
    diagnose=diagnose,
    checks=("writable",),
    plan=plan,
    no_fix="a disk that is mounted read-only needs an administrator (a disk error may have caused it: look into the "
    "system's log); files of another owner need their owner",
)
