"""Is every job due some day soon? A time far ahead (the clock was wrong) would keep it from ever running."""

from trendctl.ports import Check, CheckResult
from trendctl.selfheal.health import Probe, ago
from trendctl.store import jobs
from trendctl.store.jobs import JobState

DAY = 86_400
WEEKLY = frozenset({"restore_drill", "deep_check"})
LATEST = 2 * DAY  # all others come at least daily


def run(probe: Probe) -> list[CheckResult]:
    """One line a job that would wait too long."""
    with probe.read() as db:
        states = jobs.all_states(db)
    bad = [s for s in states.values() if never_due(s, probe)]
    if not bad:
        return [CheckResult("due", "ok", "no job waits too long")]
    return [
        CheckResult(f"due.{s.job}", "fail", f"not due before {ago((s.next_due_at or 0) - probe.now)} have passed",
                    "trendctl heal") for s in bad
    ]  # fmt: skip


def never_due(s: JobState, probe: Probe) -> bool:
    """Whether a job waits for longer than any of its kind does."""
    most = 8 * DAY if s.job in WEEKLY else max(LATEST, 2 * probe.wanted.backup_every_hours * 3600)
    return s.next_due_at is not None and s.next_due_at - probe.now > most


CHECK = Check("due", "every job comes up in time", run)
