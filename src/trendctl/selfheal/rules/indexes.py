"""Do the indexes say what their tables say? Whole for a small database, the selling half for a large one."""

from trendctl.ports import Check, CheckResult
from trendctl.selfheal.health import Probe
from trendctl.store import integrity

SMALL = 4_000_000  # bytes of a database that is read whole in a moment; a larger one has the weekly thorough look
SELLING = ("draft", "decision", "operation", "listing", "attempt", "supply", "image", "job_state", "incident", "backup")


def run(probe: Probe) -> CheckResult:
    """Fail: rows and an index differ, so that a search finds too little or too much."""
    found = verdict(probe)
    if not found:
        return CheckResult("indexes", "ok", "as their tables")
    return CheckResult("indexes", "fail", "; ".join(found)[:300], "trendctl heal")


def verdict(probe: Probe) -> list[str]:
    """What does not fit, a line each. Raises StoreError where the database cannot be read."""
    size = probe.store.path.stat().st_size if probe.store.path.exists() else 0
    with probe.read() as db:
        return integrity.wrong_entries(db, () if size <= SMALL else SELLING)


CHECK = Check("indexes", "indexes hold what their tables hold", run)
