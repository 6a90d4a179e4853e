"""Answers do not come in time: from all hosts (this machine's connection) or from one."""

from collections.abc import Iterator

from trendctl.selfheal.evidence import network
from trendctl.selfheal.values import Diagnosis, Fault, Look

NAME = "time_out"


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """One slow hour of one host is no fault."""
    return network(
        look, NAME, ("http.timeout",), "no host answers in time: the connection is slow or cut",
        "{} does not answer in time", at_once=False,
    )  # fmt: skip


FAULT = Fault(
    name=NAME,
    about="The source's trends are missed while it is slow; a scan takes longer.",
    diagnose=diagnose,
    no_fix="the other side or the line is slow: the source rests for a while and is asked again by itself; trendctl "
    "sources disable NAME if it stays so",
)
