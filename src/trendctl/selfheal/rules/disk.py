"""Is there room for the database to grow and for the next backup?"""

import shutil

from trendctl.ports import Check, CheckResult
from trendctl.selfheal.health import Probe, Status, bytes_words

FAIL_BYTES, WARN_BYTES = 200_000_000, 1_000_000_000
COPIES = 2  # a backup unpacks the whole database beside the packed file


def run(probe: Probe) -> CheckResult:
    """Free bytes against what the next backup needs."""
    try:
        free = shutil.disk_usage(probe.home.root).free
    except OSError as fault:
        return CheckResult("disk", "fail", f"the home cannot be reached: {fault.strerror}", "trendctl config path")
    wanted = wanted_bytes(probe)
    status: Status = "fail" if free < FAIL_BYTES else "warn" if free < wanted else "ok"
    return CheckResult("disk", status, f"{bytes_words(free)} free, {bytes_words(wanted)} wanted",
                       "" if status == "ok" else "free some space, or move TRENDCTL_HOME")  # fmt: skip


def wanted_bytes(probe: Probe) -> int:
    """Free bytes that make nobody worry."""
    database = probe.store.path.stat().st_size if probe.store.path.exists() else 0
    return max(WARN_BYTES, COPIES * database)


CHECK = Check("disk", "room for the database and its next backup", run)
