"""Others on this machine can read what only the owner should: costs, suppliers, drafts, perhaps secrets."""

import os
from collections.abc import Iterator
from pathlib import Path

from trendctl.selfheal.evidence import failing, found, keys
from trendctl.selfheal.faults.database_locked import open_by
from trendctl.selfheal.home_paths import is_mine, relative
from trendctl.selfheal.rules import permissions
from trendctl.selfheal.values import Change, Diagnosis, Fault, Kind, Look, Plan

NAME = "wrong_permissions"


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """Every open file and folder, not only the first that the check names."""
    if os.name == "nt" or not failing(look, "permissions"):
        return
    wide = list(_wide(look))
    seen = tuple(f"{p.name} has mode {p.stat().st_mode & 0o777:o}" for p in wide[:8])
    home = look.probe.home
    secret = any(p in (home.env_file, home.secrets_file) for p in wide)
    told = ("it may hold secrets: where others use this machine, change those keys",) if secret else ()
    paths = [name for p in wide if (name := relative(home, p)) is not None]
    yield found(NAME, f"others may read {wide[0] if wide else 'the home'}", (*seen, *told),
                keys(look, "check.permissions"), 0.95, paths=paths)  # fmt: skip


def _wide(look: Look) -> Iterator[Path]:
    home = look.probe.home
    for path in (home.env_file, home.secrets_file, *permissions.guarded(look.probe)):
        if permissions.is_open(path):
            yield path


def plan(d: Diagnosis, look: Look) -> Plan | None:
    """0600 and 0700, of what belongs to the owner."""
    home, changes = look.probe.home, []
    for name in dict.fromkeys(d.details["paths"]):
        path = home.config if name == "@config" else home.root / name
        if is_mine(path) and not _passing(look, path):
            changes.append(Change(Kind.MODE, path=name, mode=0o700 if path.is_dir() else 0o600))
    if not changes:
        return None
    words = f"I will make {', '.join(c.path for c in changes[:5])}{' and others' if len(changes) > 5 else ''} private"
    return Plan(NAME, d.subject, "chmod", words, "the old permissions come back", tuple(changes))


def _passing(look: Look, path: Path) -> bool:
    """A write-ahead log that goes with our own connections, and comes again with the database's modes."""
    return path.name.endswith("-wal") and not open_by(look.probe.store.path)


FAULT = Fault(
    name=NAME,
    about="Other users of the machine can read your costs, suppliers and drafts, or your keys.",
    diagnose=diagnose,
    checks=("permissions",),
    plan=plan,
    no_fix="what belongs to another owner only that owner can change: chmod 600 (files), chmod 700 (folders)",
)
