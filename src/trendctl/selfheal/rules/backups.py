"""Is there a fresh backup, and was one unpacked and checked lately?"""

from trendctl.ports import Check, CheckResult
from trendctl.selfheal.health import Probe, ago
from trendctl.store import backup, jobs

LATE = 2.0  # times the interval between two backups
DRILL_DAYS = 21  # the drill is weekly


def run(probe: Probe) -> CheckResult:
    """Without a daemon backups are the person's affair: then their absence is told, not warned of."""
    found = [b for b in backup.listed(probe.store, probe.home.backups) if "Z-before-" not in b.path]
    with probe.read() as db:
        scheduled = jobs.all_states(db).get("backup")
    if not found:
        if scheduled is None or scheduled.last_started_at is None:
            return CheckResult("backups", "ok", "none yet", "trendctl backup create")
        return CheckResult("backups", "warn", "none is there", "trendctl backup create")
    age = probe.now - found[0].created_at
    verified = max((b.verified_at for b in found if b.verified_at is not None), default=None)
    detail = f"{len(found)}, the newest {ago(age)} old"
    if scheduled is not None and age > LATE * probe.wanted.backup_every_hours * 3600:
        return CheckResult("backups", "warn", detail, "trendctl backup create")
    if verified is None or probe.now - verified > DRILL_DAYS * 86_400:
        return CheckResult("backups", "warn", f"{detail}; none was checked lately", "trendctl backup verify latest")
    return CheckResult("backups", "ok", f"{detail}; checked {ago(probe.now - verified)} ago")


CHECK = Check("backups", "a fresh backup that can be restored", run)
