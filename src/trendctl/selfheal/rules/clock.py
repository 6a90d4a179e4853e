"""Has the clock gone back behind what was stored? Approvals, intervals and the schedule rely on it."""

from trendctl.ports import Check, CheckResult
from trendctl.selfheal.health import Probe, ago
from trendctl.store import vitals

SLACK = 120  # seconds that time synchronisation may correct


def run(probe: Probe) -> CheckResult:
    """Against the newest time stored by any act."""
    with probe.read() as db:
        ahead = vitals.newest_time(db) - probe.now
    if ahead > SLACK:
        detail = f"the clock says {ago(ahead)} less than what was stored before"
        return CheckResult("clock", "warn", detail, "set the clock (timedatectl)")
    return CheckResult("clock", "ok", "not behind what was stored")


CHECK = Check("clock", "the clock is not behind stored times", run)
