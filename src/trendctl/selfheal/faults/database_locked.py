"""Another process holds the database's write lock and does not let go."""

from collections.abc import Iterator
from pathlib import Path

from trendctl.selfheal.evidence import failing, found, keys, lines, said
from trendctl.selfheal.health import ago
from trendctl.selfheal.values import Diagnosis, Fault, Look

NAME = "database_locked"
_LOCKED = ("check.lock", "database.locked")


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """Who has it open is looked up: the person needs a name."""
    held, told = failing(look, "lock"), [s for s in look.of("database.locked") if s.origin != "check"]
    if not held and not told:
        return
    holders = open_by(look.probe.store.path) if held else []
    who = f": {holders[0]}" if len(holders) == 1 else ""
    seen = (*lines(held), *said(told, look.probe.now), *(f"it has the database open: {h}" for h in holders))
    yield found(NAME, f"another process holds the database{who}", seen, keys(look, *_LOCKED), 0.9 if held else 0.5)


def open_by(path: Path) -> list[str]:
    """Other processes of this user that have the file open: number, program and age."""
    import time

    import psutil

    seen = []
    for process in psutil.process_iter(["pid", "name", "create_time"]):
        try:
            files = {f.path for f in process.open_files()} if process.pid != psutil.Process().pid else set()
        except (psutil.Error, OSError):
            continue  # gone, or another user's
        if files & {str(path), f"{path}-wal", f"{path}-shm"}:
            age = ago(time.time() - process.info["create_time"])
            seen.append(f"process {process.pid} ({process.info['name']}), started {age} ago")
    return seen[:5]


FAULT = Fault(
    name=NAME,
    about="Nothing can be stored: scans, approvals and posts wait, then fail with 'the database is busy'.",
    diagnose=diagnose,
    checks=("lock",),
    no_fix="the lock ends with the process that holds it. Ending a process could cut a post in half, so it is never "
    "done by itself: look what that process is, and stop it (trendctl service status)",
)
