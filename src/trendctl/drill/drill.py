"""The drill as a whole: which runs, in which homes, and what came of them."""

import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trendctl.drill import catalogue, homes
from trendctl.drill.run import Setting, Wanted, run_all
from trendctl.errors import UsageError

CONTROL_VARIANTS = 3
ROOM = 4_000_000_000  # bytes; a home may not even seem to be short of room
SELLING = frozenset({"listing.unknown", "journal.unwritable", "journal.damaged", "journal.ahead"})


@dataclass(frozen=True, slots=True)
class Drilled:
    """`runs`: as `child.Seen` has them; `skipped`: faults that this machine cannot show."""

    runs: tuple[dict[str, Any], ...]
    skipped: tuple[str, ...]


def _fast() -> str | None:
    """A folder in memory where there is one with enough room: a drill syncs to the disk tens of thousands of times."""
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM:
        return str(memory)
    return None


def planned(faults: Sequence[str], variants: int | None) -> tuple[list[Wanted], list[str]]:
    """The runs, and the faults that this machine cannot show. No faults named: all, and the controls."""
    known = [*catalogue.faults(), *catalogue.all_controls()]
    names = {case.name for case in known}
    for name in faults:
        if name not in names:
            from trendctl.registry import nearest

            raise UsageError(f"There is no fault {name!r} in the drill", why=nearest(name, tuple(sorted(names))))
    chosen = [case for case in known if not faults or case.name in faults]
    shown = [case for case in chosen if case.here()]
    wanted = [
        Wanted(case.name, n, case.heavy)
        for case in shown
        for n in range(variants or (CONTROL_VARIANTS if case.kind == "control" else case.variants))
    ]
    return wanted, [case.name for case in chosen if case not in shown]


def drill(
    faults: Sequence[str],
    variants: int | None,
    seed: int,
    step: Callable[[int, int], object],
    *,
    learning: bool = False,
    hours: int = homes.HOURS,
) -> Drilled:
    """Run it. `learning`: see `run.Setting`; `hours`: the life of the homes before the fault. They have a listing if
    any run needs one.

    Raises UsageError for an unknown fault.
    """
    wanted, skipped = planned(faults, variants)
    folder = Path(tempfile.mkdtemp(prefix="trendctl-drill-", dir=_fast()))
    try:
        selling = not faults or bool(SELLING & set(faults))
        template = homes.prepare(folder, seed, selling=selling, hours=hours)
        runs = run_all(wanted, Setting(template, folder, seed, learning), step)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return Drilled(tuple(runs), tuple(skipped))
