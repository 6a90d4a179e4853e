"""Can the home and its database be written? Modes, a read-only disk, and a writer that never lets go."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from trendctl.ports import Check, CheckResult
from trendctl.selfheal.health import Probe
from trendctl.store import integrity

WAIT_MS = 1500  # a writer of ours holds the lock for well under a second


def run(probe: Probe) -> list[CheckResult]:
    """`writable`: the folders and files; `lock`: the database's write lock."""
    shut = next(closed(probe), "")
    if shut:
        return [CheckResult("writable", "fail", shut, "chmod u+rwX, or mount it writable")]
    told = integrity.can_write(probe.store, WAIT_MS)
    if "locked" in told or "busy" in told:
        detail = f"another process has held the database's write lock for more than {WAIT_MS / 1000:g} s"
        return [
            CheckResult("writable", "ok", "home and database"),
            CheckResult("lock", "warn", detail, "see who it is"),
        ]
    if told:
        return [CheckResult("writable", "fail", f"the database: {told}", "trendctl config path")]
    return [CheckResult("writable", "ok", "home and database"), CheckResult("lock", "ok", "free")]


def closed(probe: Probe) -> Iterator[str]:
    """Why something may not be written, by the owner's own bits (for root they hold nothing, but root is told too)."""
    if os.name == "nt":
        return
    if read_only_mount(probe.home.root):
        yield f"{probe.home.root} lies on a read-only disk"
    for path in shut(probe):
        yield f"{path} may not be written by its owner"


def shut(probe: Probe) -> Iterator[Path]:
    """Folders and files of the home whose owner may not write (or enter) them."""
    home = probe.home
    folders = (home.root, home.backups, home.logs, home.cache, home.overlays, home.outbox, home.images)
    for path, wanted in (
        *((f, stat.S_IRWXU) for f in folders),
        *((f, stat.S_IRUSR | stat.S_IWUSR) for f in _files(probe)),
    ):
        try:
            mode = path.stat().st_mode
        except OSError:
            continue  # missing: others say so
        if mode & wanted != wanted:
            yield path


def _files(probe: Probe) -> tuple[Path, ...]:
    """What every act writes; the journal has a look of its own."""
    return (probe.store.path,)


def read_only_mount(path: Path) -> bool:
    """Whether the file system is mounted read-only (or has turned itself so after an error)."""
    if not hasattr(os, "statvfs"):
        return False  # Windows tells it by the error of the first write
    try:
        return bool(os.statvfs(path).f_flag & os.ST_RDONLY)
    except OSError:
        return False


CHECK = Check("writable", "home and database can be written", run)
