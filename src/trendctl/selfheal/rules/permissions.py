"""Can only the owner read the home? It holds costs, suppliers, drafts and perhaps secrets."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from trendctl.ports import Check, CheckResult
from trendctl.selfheal.health import Probe

OTHERS = stat.S_IRWXG | stat.S_IRWXO
MOST = 500  # files looked at in a folder


def run(probe: Probe) -> CheckResult:
    """Fail: a file with secrets is open to others; warn: anything else is."""
    if os.name == "nt":
        return CheckResult("permissions", "ok", "the user's own folder")
    home = probe.home
    secret = [p for p in (home.env_file, home.secrets_file) if is_open(p)]
    if secret:
        return CheckResult("permissions", "fail", f"others may read {secret[0]}", f"chmod 600 {secret[0]}")
    other = next((p for p in guarded(probe) if is_open(p)), None)
    if other is not None:
        mode = "700" if other.is_dir() else "600"
        return CheckResult("permissions", "warn", f"others may read {other}", f"chmod {mode} {other}")
    return CheckResult("permissions", "ok", "only you can read the home")


def guarded(probe: Probe) -> Iterator[Path]:
    """What only the owner should read, besides the files with secrets."""
    home = probe.home
    yield home.root
    yield from (home.database, Path(f"{home.database}-wal"))
    if is_open(home.config.parent):
        yield home.config  # written with the person's own editor: private by its folder, or by itself
    for folder in (home.journal, home.backups, home.logs):
        yield folder
        if folder.is_dir():
            yield from sorted(folder.iterdir())[:MOST]


def is_open(path: Path) -> bool:
    """Whether others than the owner may read, write or enter it."""
    try:
        return bool(path.stat().st_mode & OTHERS)
    except OSError:
        return False


CHECK = Check("permissions", "only the owner can read the home", run)
