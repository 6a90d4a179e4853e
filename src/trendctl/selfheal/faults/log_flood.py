"""The log is flooded: one part writes without measure. The flood is moved aside, so that what follows can be read."""

from collections.abc import Iterator
from pathlib import Path

from trendctl.log import FILE
from trendctl.selfheal.evidence import failing, found, keys, lines, said
from trendctl.selfheal.home_paths import aside, is_mine
from trendctl.selfheal.rules import logs
from trendctl.selfheal.values import Change, Diagnosis, Fault, Kind, Look, Plan

NAME = "log_flood"
MOST = 200  # files of one repair


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """By pace or by size; many crash files alone are a bug's trace, not a flood."""
    bad, told = failing(look, "log_rate"), look.of("log.flood")
    large = tuple(r for r in failing(look, "logs") if "expected" in r.detail)
    if not bad and not told and not large:
        return
    busiest = next((s.subject for s in told if s.subject), "")
    seen = (*lines((*bad, *large)), *said(told, look.probe.now))
    explains = keys(look, "check.log_rate", "log.flood") | (keys(look, "check.logs") if large else frozenset())
    yield found(NAME, f"the log is flooded by {busiest or 'many parts'}", seen, explains, 0.9)


def plan(d: Diagnosis, look: Look) -> Plan | None:
    """The running log where it is flooded (every process notices and begins a new one); the oldest files where all
    together are too large."""
    home, now = look.probe.home, look.probe.now
    running = home.logs / FILE
    files = [running] if failing(look, "log_rate") or look.of("log.flood") else []
    files += [p for p in _oldest(look) if p not in files]
    names = dict.fromkeys(p.name for p in files if p.is_file() and is_mine(p))
    changes = tuple(Change(Kind.MOVE, path=f"logs/{n}", to=aside(home, home.logs / n, now)) for n in names)
    if not changes:
        return None
    words = f"I will move {len(changes)} files of the log into the quarantine"
    return Plan(NAME, d.subject, "rotate", words, "they are moved back", changes)


def _oldest(look: Look) -> list[Path]:
    """The oldest files, until the rest is well within the limit; none where the size is right."""
    if not failing(look, "logs"):
        return []
    home = look.probe.home
    files = sorted((p for p in home.logs.iterdir() if p.is_file()), key=lambda p: (p.name == FILE, p.stat().st_mtime))
    chosen: list[Path] = []
    size, room = sum(p.stat().st_size for p in files), 0.8 * logs.limit(look.probe)
    for path in files:
        if size <= room or len(chosen) == MOST:
            break
        size -= path.stat().st_size
        chosen.append(path)
    return chosen


FAULT = Fault(
    name=NAME,
    about="The disk fills with one message, and what matters is rotated away before you can read it.",
    diagnose=diagnose,
    checks=("log_rate",),
    plan=plan,
)
