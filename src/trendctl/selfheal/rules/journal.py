"""Are journal and database at the same entry? Ahead: an older database came back. Behind: it could not be written."""

from trendctl.ports import Check, CheckResult
from trendctl.selfheal.health import Probe
from trendctl.store import vitals


def run(probe: Probe) -> CheckResult:
    """By the last entry of each."""
    if probe.journal.is_ahead(probe.store):
        detail = "the journal is ahead: an older database was put in place; approving and posting are blocked"
        return CheckResult("journal", "fail", detail, "trendctl reconcile")
    last = probe.journal.last()
    with probe.read() as db:
        behind = vitals.journal_head(db) - (last.seq if last else 0)
    if behind:
        detail = f"{behind} entries are not in the journal yet"
        return CheckResult("journal", "fail", detail, "free some space; the next command catches up")
    return CheckResult("journal", "ok", f"at entry {last.seq if last else 0}, as the database")


CHECK = Check("journal", "the journal holds what the database holds", run)
