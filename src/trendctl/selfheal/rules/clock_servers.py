"""Does the clock agree with the servers' own? Looked up in the dates of their kept answers: nothing is asked."""

from statistics import median

from trendctl.ports import Check, CheckResult
from trendctl.selfheal.health import Probe, ago
from trendctl.store import answers

FAR = 300  # seconds
RECENT = 2 * 86_400
LEAST = 3  # hosts that must agree: one may be wrong itself


def run(probe: Probe) -> CheckResult:
    """Warn: approvals, intervals and certificates go by a wrong clock."""
    offs = list({a.validator.split(" ")[0]: a.at - a.date for a in _recent(probe) if a.date is not None}.values())
    if len(offs) < LEAST:
        return CheckResult("clock_servers", "ok", "too few servers were heard lately to compare")
    off = median(offs)
    agree = sum(abs(o - off) <= FAR for o in offs)
    if abs(off) > FAR and agree >= max(LEAST, 0.8 * len(offs)):
        detail = f"the clock is {ago(abs(off))} {'ahead of' if off > 0 else 'behind'} {agree} servers' clocks"
        return CheckResult("clock_servers", "warn", detail, "set the clock (timedatectl)")
    return CheckResult("clock_servers", "ok", "as the servers' clocks")


def _recent(probe: Probe) -> list[answers.Answer]:
    found = answers.newest(probe.home.cache)
    return [a for a in found if abs(probe.now - a.at) <= RECENT]


CHECK = Check("clock_servers", "the clock agrees with the servers'", run)
