"""Is the log written at a sane pace? A flood hides what matters and rotates it away."""

from trendctl.ports import Check, CheckResult
from trendctl.selfheal import logbook
from trendctl.selfheal.health import Probe


def run(probe: Probe) -> CheckResult:
    """By the lines of the last ten minutes."""
    page = logbook.read(probe.home.logs, probe.now)
    if page.flood:
        detail = f"{page.flood} lines in ten minutes, most by {page.busiest or 'nobody named'}"
        return CheckResult("log_rate", "warn", detail, "trendctl incidents")
    return CheckResult("log_rate", "ok", "no flood")


CHECK = Check("log_rate", "the log is written at a sane pace", run)
