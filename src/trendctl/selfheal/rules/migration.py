"""Does the schema fit the recorded migrations? Half a migration: a foreign hand, or a damaged file."""

from trendctl.ports import Check, CheckResult
from trendctl.selfheal.health import Probe
from trendctl.store import integrity


def run(probe: Probe) -> CheckResult:
    """An older database is no fault: the next command brings it up to date."""
    with probe.read() as db:
        found = integrity.schema(db)
    if found.newer:
        detail = f"the database is newer than this program: it has migration {found.newer[-1]}"
        return CheckResult("migration", "fail", detail, "install the newer trendctl")
    if found.half:
        return CheckResult("migration", "fail", "; ".join(found.half)[:300], "trendctl backup list")
    if found.due:
        return CheckResult("migration", "ok", f"migration {found.due[0]} comes with the next command")
    return CheckResult("migration", "ok", "the schema is as recorded")


CHECK = Check("migration", "the schema is as its migrations made it", run)
