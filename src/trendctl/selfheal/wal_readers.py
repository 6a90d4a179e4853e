"""Who holds an old snapshot of the database, so that its write-ahead log cannot be folded in. Nothing is opened.

SQLite's readers each lock one byte of the -shm file for the length of their transaction (walformat.html, "WAL locks":
WAL_READ_LOCK(0) to (4) at offsets 123 to 127). Linux lists all such locks. Opening the file here to ask for them would
drop this process's own locks on it when it is closed (POSIX advisory locks).
"""

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

LOCKS = Path("/proc/locks")
FIRST, LAST = 123, 127  # bytes of the -shm file


def pinned_by(database: Path, listed: Path = LOCKS) -> frozenset[int]:
    """Other processes that read a snapshot of the database at this moment; none where the system does not tell."""
    if sys.platform != "linux":
        return frozenset()
    try:
        inode = os.stat(f"{database}-shm").st_ino
        lines = listed.read_text("ascii", "replace").splitlines()
    except OSError:
        return frozenset()
    return frozenset(_readers(lines, inode)) - {os.getpid(), 0}


def _readers(lines: Iterable[str], inode: int) -> Iterator[int]:
    """`1: POSIX ADVISORY READ 19745 fe:00:2187354 124 124` (proc_locks(5)); one that only waits has `->`. The device
    is not compared: layered file systems tell another one here than stat does."""
    for line in lines:
        words = line.split()
        if len(words) != 8 or words[1] not in ("POSIX", "OFDLCK") or words[3] != "READ":
            continue
        owner, file, first, last = words[4], words[5].rsplit(":", 1)[-1], words[6], words[7]
        if not (owner.isdigit() and file == str(inode) and first.isdigit()):
            continue
        end = int(last) if last.isdigit() else sys.maxsize  # EOF
        if int(first) <= LAST and end >= FIRST:
            yield int(owner)


def words(pid: int) -> str:
    """The process for a person: number and name."""
    import psutil  # only where one is named

    try:
        return f"process {pid} ({psutil.Process(pid).name()})"
    except (psutil.Error, OSError):
        return f"process {pid}"
