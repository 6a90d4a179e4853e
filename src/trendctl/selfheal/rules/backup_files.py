"""Are the backup files what was written? By size and form; the newest also by hash, where that takes a moment."""

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from trendctl.ports import Check, CheckResult
from trendctl.selfheal.health import Probe
from trendctl.store import integrity
from trendctl.store.integrity import KnownBackup

READ = 8_000_000  # bytes hashed in a round, newest first
_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Bad:
    """A backup file that could not be restored."""

    path: Path
    why: str


def run(probe: Probe) -> CheckResult:
    """Fail: the file would be useless on the day it is needed."""
    found = list(bad(probe))
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        return CheckResult("backup_files", "fail", f"{found[0].path.name} {found[0].why}{more}", "trendctl heal")
    return CheckResult("backup_files", "ok", "as they were written")


def bad(probe: Probe, read: int = READ) -> Iterator[Bad]:
    """Backups whose bytes are not those that were written, newest first; at most `read` bytes are hashed."""
    left = read
    with probe.read() as db:
        known = integrity.known_backups(db)
    for backup in known:
        path = probe.home.backups / backup.path
        if not path.is_file():
            continue
        size = path.stat().st_size
        why = _shape(path, size, backup)
        if not why and size <= left:
            left -= size
            why = _hash(path, backup)
        if why:
            yield Bad(path, why)
    yield from _strangers(probe, {b.path for b in known})


def _shape(path: Path, size: int, backup: KnownBackup) -> str:
    if size != backup.bytes:
        return f"has {size} bytes, {backup.bytes} were written"
    return "" if _starts(path) else "is no packed file any more"


def _hash(path: Path, backup: KnownBackup) -> str:
    with path.open("rb") as file:
        same = hashlib.file_digest(file, "sha256").hexdigest() == backup.sha256
    return "" if same else "is not what was written: its bytes changed"


def _strangers(probe: Probe, known: set[str]) -> Iterator[Bad]:
    """Files that this database does not know (it was restored): only their form can be looked at."""
    for path in sorted(probe.home.backups.glob("*.db.gz")):
        if path.name not in known and path.stat().st_size and not _unpacks(path):
            yield Bad(path, "cannot be unpacked")


def _starts(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == _MAGIC


def _unpacks(path: Path) -> bool:
    if path.stat().st_size > READ:
        return _starts(path)
    try:
        with gzip.open(path, "rb") as file:
            while file.read(1 << 20):
                pass
    except (OSError, EOFError, ValueError, zlib.error):
        return False
    return True


CHECK = Check("backup_files", "backup files are as they were written", run)
