"""Half-written files lie about after a process was killed. They are moved aside."""

from collections.abc import Iterator

from trendctl.selfheal.evidence import failing, found, keys
from trendctl.selfheal.health import ago, bytes_words
from trendctl.selfheal.home_paths import aside, is_mine, relative
from trendctl.selfheal.rules import leftovers
from trendctl.selfheal.values import Change, Diagnosis, Fault, Kind, Look, Plan

NAME = "part_files"
MOST = 50  # of one repair


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """All of them at once."""
    if not failing(look, "leftovers"):
        return
    paths = list(leftovers.parts(look.probe))
    if not paths:
        return
    seen = tuple(
        f"{p.name}: {bytes_words(p.stat().st_size)}, {ago(look.probe.now - p.stat().st_mtime)} old" for p in paths[:6]
    )
    names = [name for p in paths[:MOST] if (name := relative(look.probe.home, p)) is not None]
    yield found(NAME, f"{len(paths)} files were left half-written by a process that is gone", seen,
                keys(look, "check.leftovers"), 0.9, paths=names)  # fmt: skip


def plan(d: Diagnosis, look: Look) -> Plan | None:
    """Moved, not deleted."""
    home, changes, taken = look.probe.home, [], set[str]()
    for name in d.details["paths"]:
        path = home.root / name
        if is_mine(path):
            to = aside(home, path, look.probe.now)
            if to not in taken:
                taken.add(to)
                changes.append(Change(Kind.MOVE, path=name, to=to))
    if not changes:
        return None
    words = f"I will move {len(changes)} half-written files into the quarantine"
    return Plan(NAME, d.subject, "move", words, "they are moved back", tuple(changes))


FAULT = Fault(
    name=NAME,
    about="They take room, may hold copies of your data, and an empty one passes for a backup.",
    diagnose=diagnose,
    checks=("leftovers",),
    plan=plan,
)
