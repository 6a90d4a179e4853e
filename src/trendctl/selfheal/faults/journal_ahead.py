"""The journal holds what the database does not: an older database was put in place, or the journal is damaged."""

from collections.abc import Iterator

from trendctl.selfheal.evidence import failing, found, keys, lines
from trendctl.selfheal.values import Diagnosis, Fault, Look

NAME = "journal_ahead"


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """By the words of the check: ahead, or a line that cannot be read."""
    bad = tuple(r for r in failing(look, "journal") if "ahead" in r.detail or "damaged" in r.detail)
    if bad:
        ahead = "ahead" in bad[0].detail
        cause = "an older database was put in place" if ahead else "a line of the journal cannot be read"
        yield found(NAME, cause, lines(bad), keys(look, "check.journal", "journal.broken"), 0.95)


FAULT = Fault(
    name=NAME,
    about="Approving and posting are blocked, because what was posted since may be unknown to this database.",
    diagnose=diagnose,
    no_fix="only you can say what is true: trendctl reconcile rebuilds from the journal and reads the listings back; "
    "trendctl audit verify shows what differs",
)
