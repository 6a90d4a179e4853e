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
    heard, off = _heard(probe)
    if off is None:
        words = "too few servers were heard lately to compare" if heard < LEAST else "as the servers' clocks"
        return CheckResult("clock_servers", "ok", words)
    detail = f"the clock is {ago(abs(off))} {'ahead of' if off > 0 else 'behind'} {heard} servers' clocks"
    return CheckResult("clock_servers", "warn", detail, "set the clock (timedatectl)")


def ahead(probe: Probe) -> int:
    """Seconds by which the clock is ahead of the servers'; 0: it agrees, is behind, or too few were heard."""
    return max(0, int(_heard(probe)[1] or 0))


def _heard(probe: Probe) -> tuple[int, float | None]:
    """(servers that agree, seconds that the clock is ahead of them); None: not far off, or they do not agree."""
    offs = list({a.validator.split(" ")[0]: a.at - a.date for a in _recent(probe) if a.date is not None}.values())
    if len(offs) < LEAST:
        return len(offs), None
    off = median(offs)
    agree = sum(abs(o - off) <= FAR for o in offs)
    far = abs(off) > FAR and agree >= max(LEAST, 0.8 * len(offs))
    return (agree, off) if far else (len(offs), None)


def _recent(probe: Probe) -> list[answers.Answer]:
    found = answers.newest(probe.home.cache)
    return [a for a in found if abs(probe.now - a.at) <= RECENT]


CHECK = Check("clock_servers", "the clock agrees with the servers'", run)
