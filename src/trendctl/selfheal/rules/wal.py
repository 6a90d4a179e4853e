"""Does the write-ahead log stay small? A large one means that no checkpoint gets through: a reader never ends."""

from pathlib import Path

from trendctl.ports import Check, CheckResult
from trendctl.selfheal.health import Probe, Status, bytes_words

WARN, FAIL = 64_000_000, 1_000_000_000


def run(probe: Probe) -> CheckResult:
    """By the size of the -wal file."""
    path = Path(f"{probe.store.path}-wal")
    size = path.stat().st_size if path.exists() else 0
    status: Status = "fail" if size >= FAIL else "warn" if size >= WARN else "ok"
    return CheckResult(
        "wal", status, f"write-ahead log: {bytes_words(size)}",
        "" if status == "ok" else "stop other trendctl processes; it shrinks at the next `trendctl daemon --once`",
    )  # fmt: skip


CHECK = Check("wal", "the write-ahead log stays small", run)
