"""The clock is wrong: behind what was stored, or far from what the servers' own answers say."""

import re
from collections.abc import Iterator

from trendctl.selfheal.evidence import Keys, failing, found, keys, lines, said
from trendctl.selfheal.rules import clock_servers
from trendctl.selfheal.values import Diagnosis, Fault, Look

NAME = "clock_skew"
HOUR = 3600
_HOURS = re.compile(r"in (\d+) hours")  # as the daemon writes down what was missed


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """A clock that was put back within the last day is told too: times stored meanwhile may be off."""
    bad, told = failing(look, "clock", "clock_servers"), look.of("clock.back")
    if not bad and not told:
        return
    explains = keys(look, "check.clock", "check.clock.", "check.clock_servers", "clock.back")
    if bad:  # certificates are judged by the clock: all of them fail where it is far off
        explains |= keys(look, "http.tls")
        explains |= _leapt(look)
    cause = "the clock is behind what was stored" if failing(look, "clock") else (
        "the clock differs from the servers' clocks" if bad else "the clock was put back")  # fmt: skip
    yield found(NAME, cause, (*lines(bad), *said(told, look.probe.now)), explains, 0.9 if bad else 0.6)


def _leapt(look: Look) -> Keys:
    """Hours that seem to have been missed and are no more than the clock is ahead: it leapt over them."""
    ahead = clock_servers.ahead(look.probe)
    late = [s for s in look.of("job.late") if look.probe.now - s.at <= ahead + HOUR]
    missed = [s for s in look.of("job.missed") if (n := _HOURS.search(s.text)) and int(n[1]) * HOUR <= ahead + HOUR]
    explains = frozenset((s.kind, s.subject) for s in (*late, *missed))
    if ahead and explains and explains == keys(look, "job.late", "job.missed"):
        explains |= keys(look, "check.missed", "check.missed.")
        explains |= {(s.kind, s.subject) for s in look.of("check.job.") if "due since" in s.text}
    return explains if ahead else frozenset()


FAULT = Fault(
    name=NAME,
    about="Approvals end too early or too late, trends are stored at wrong times, secure connections fail.",
    diagnose=diagnose,
    no_fix="only the system can set its clock: timedatectl set-ntp true (Linux), or the date and time settings. The "
    "schedule brings times from the future back by itself",
)
