"""Half-written files that a killed process left behind: they are in the way of nobody, but they hold space and data."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from trendctl.ports import Check, CheckResult
from trendctl.selfheal.health import Probe, bytes_words

OLD = 3600  # seconds without a write; nothing of ours writes one file for so long without a word
_PART = re.compile(r".*\.part|\.[\w-]+\.tmp\.db.*|\.new-.*")
_OWNER = re.compile(r"[.-](\d{2,9})(?:-\d+)?\.(?:part|tmp\.db)")  # the process id that our writers put into the name


def run(probe: Probe) -> CheckResult:
    """Warn: nobody will ever finish them."""
    found = list(parts(probe))
    if found:
        size = sum(p.stat().st_size for p in found)
        detail = f"{len(found)} half-written files, {bytes_words(size)}: {found[0].name}"
        return CheckResult("leftovers", "warn", detail, "trendctl heal")
    return CheckResult("leftovers", "ok", "no half-written files")


def parts(probe: Probe) -> Iterator[Path]:
    """Files left half-written, older than an hour, whose process is gone; and backups of no bytes (a reserved name)."""
    home = probe.home
    for folder in (
        home.root,
        home.journal,
        home.backups,
        home.logs,
        home.cache,
        home.overlays,
        home.outbox,
        home.images,
    ):
        for path in _files(folder):
            half = _PART.fullmatch(path.name) is not None
            if (
                (half or (folder == home.backups and _is_empty(path)))
                and _is_old(path, probe.now)
                and not _writes(path)
            ):
                yield path


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(Path(e.path) for e in os.scandir(folder) if e.is_file(follow_symlinks=False))
    except OSError:
        return []


def _is_empty(path: Path) -> bool:
    return path.name.endswith(".db.gz") and path.stat().st_size == 0


def _is_old(path: Path, now: int) -> bool:
    try:
        return now - path.stat().st_mtime > OLD
    except OSError:
        return False


def _writes(path: Path) -> bool:
    """Whether the process named in the file's name still runs."""
    match = _OWNER.search(path.name)
    if match is None:
        return False
    import psutil  # only where there is such a file

    return bool(psutil.pid_exists(int(match[1])))


CHECK = Check("leftovers", "no half-written files lie about", run)
