"""The daemon's memory grows, or is far beyond what it needs."""

from collections.abc import Iterator

from trendctl.selfheal.evidence import failing, found, keys, lines
from trendctl.selfheal.values import Diagnosis, Fault, Look

NAME = "memory_growth"


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """The machine's own shortage is no fault of ours while the daemon is small."""
    bad = failing(look, "growth", "daemon.memory", "daemon.files")
    if not bad:
        return
    grown = any(r.name != "daemon.files" for r in bad)
    short = failing(look, "memory") if grown else ()
    explains = keys(look, *(f"check.{r.name}" for r in (*bad, *short)))
    cause = "the daemon's memory grows" if grown else "the daemon leaves files open"
    yield found(NAME, cause, lines((*bad, *short)), explains, 0.9)


FAULT = Fault(
    name=NAME,
    about="The machine becomes slow and in the end the daemon is killed, in the middle of what it does.",
    diagnose=diagnose,
    no_fix="healing ends no process: restart the daemon (as a service it comes back by itself) and report it",
)
