"""Can the database be opened and read, do its references hold, and did the last thorough look find it sound?"""

from trendctl.errors import StoreError
from trendctl.ports import Check, CheckResult
from trendctl.selfheal.health import Probe, ago, bytes_words
from trendctl.store import jobs, vitals

DEEP = "deep_check"  # the job that reads the whole file
OVERDUE = 14 * 86_400  # it runs weekly


def run(probe: Probe) -> CheckResult:
    """Fail: it cannot be used, or it is damaged."""
    try:
        with probe.store.read() as db:
            broken = vitals.broken_references(db)
            deep = jobs.all_states(db).get(DEEP)
    except StoreError as fault:
        return CheckResult("database", "fail", f"{fault.what}: {fault.why}", fault.next)
    if broken:
        detail = f"references of {', '.join(broken)} lead nowhere"
        return CheckResult("database", "fail", detail, "trendctl backup list, then trendctl backup restore ID")
    if deep and deep.outcome == "failed":
        return CheckResult("database", "fail", f"the thorough look says: {deep.detail}", "trendctl backup list")
    size = bytes_words(probe.store.path.stat().st_size)
    if deep and deep.last_ok_at and probe.now - deep.last_ok_at > OVERDUE:
        age = ago(probe.now - deep.last_ok_at)
        return CheckResult("database", "warn", f"{size}; last checked whole {age} ago", "trendctl daemon --once")
    return CheckResult("database", "ok", f"{size}, references hold")


CHECK = Check("database", "opens, references hold, sound at the last thorough look", run)
