"""Lock files: can each be used, and is the process that one names still there? A left-over empty file is no lock."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from trendctl.ports import Check, CheckResult
from trendctl.selfheal.health import Probe

_LONGEST = 200  # bytes of a lock file that names its owner


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock file that keeps others out although nobody holds it. `shut`: its modes alone do."""

    path: Path
    why: str
    shut: bool = False


def run(probe: Probe) -> CheckResult:
    """Warn: what needs the lock would wait for ever."""
    bad = list(stale(probe))
    if bad:
        return CheckResult("locks", "warn", f"{bad[0].path.name}: {bad[0].why}", "trendctl heal")
    return CheckResult("locks", "ok", "none is left behind")


def stale(probe: Probe) -> Iterator[Lock]:
    """Locks of the home that are unusable, or that name a process which is gone.

    What stands in the home's own lock and the journal's keeps nobody out: only the system's lock on them counts.
    """
    home = probe.home
    for folder in (home.root, home.journal, home.root / "locks"):
        for path in sorted(folder.glob("*.lock")) if folder.is_dir() else ():
            found = _look(path, own=path == home.lock or folder == home.journal)
            if found is not None:
                yield found


def _look(path: Path, *, own: bool) -> Lock | None:
    try:
        status = path.lstat()
    except OSError:
        return None
    if not stat.S_ISREG(status.st_mode):
        return Lock(path, "is no file, so that nobody can lock it")
    if os.name != "nt" and status.st_mode & 0o600 != 0o600:
        return Lock(path, "may not be opened by its owner", shut=True)
    owner = 0 if own else _owner(path, status.st_size)
    if owner and not _runs(owner) and not held(path):
        return Lock(path, f"names process {owner}, which is gone")
    return None


def _owner(path: Path, size: int) -> int:
    """The process id that stands in the file (as file systems without locks need it); 0: none."""
    if not 0 < size <= _LONGEST:
        return 0
    try:
        words = path.read_text("ascii").split()
    except (OSError, ValueError):
        return 0
    return int(words[0]) if words and words[0].isdigit() and len(words[0]) < 10 else 0


def _runs(number: int) -> bool:
    import psutil  # only where a lock names a process

    return bool(psutil.pid_exists(number))


def held(path: Path) -> bool:
    """Whether a process holds the lock now; where that cannot be seen, yes."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(path, timeout=0, mode=0o600):
            return False
    except Timeout:
        return True
    except OSError:
        return True


CHECK = Check("locks", "no lock is left behind", run)
