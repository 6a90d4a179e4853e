"""The clock is wrong: behind what was stored, or far from what the servers' own answers say."""

from collections.abc import Iterator

from trendctl.selfheal.evidence import failing, found, keys, lines, said
from trendctl.selfheal.values import Diagnosis, Fault, Look

NAME = "clock_skew"


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """A clock that was put back within the last day is told too: times stored meanwhile may be off."""
    bad, told = failing(look, "clock", "clock_servers"), look.of("clock.back")
    if not bad and not told:
        return
    explains = keys(look, "check.clock", "check.clock.", "check.clock_servers", "clock.back")
    if bad:  # certificates are judged by the clock: all of them fail where it is far off
        explains |= keys(look, "http.tls")
    cause = "the clock is behind what was stored" if failing(look, "clock") else (
        "the clock differs from the servers' clocks" if bad else "the clock was put back")  # fmt: skip
    yield found(NAME, cause, (*lines(bad), *said(told, look.probe.now)), explains, 0.9 if bad else 0.6)


FAULT = Fault(
    name=NAME,
    about="Approvals end too early or too late, trends are stored at wrong times, secure connections fail.",
    diagnose=diagnose,
    no_fix="only the system can set its clock: timedatectl set-ntp true (Linux), or the date and time settings. The "
    "schedule brings times from the future back by itself",
)
