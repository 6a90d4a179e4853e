"""Does the schedule hold: jobs late, stuck, failing or broken off, and hours that were missed."""

from collections.abc import Iterator

from trendctl.ports import Check, CheckResult
from trendctl.selfheal.health import Probe, ago
from trendctl.store import incidents, jobs
from trendctl.store.jobs import JobState

GRACE = 4500  # seconds a due job may wait for its turn; cron may tick hourly
LONGEST = 3600  # seconds a job may take where the schedule says nothing else
MISSED_FOR = 86_400  # a missed hour is shown for a day
BROKEN = 2  # times in a row a job took its process down


def run(probe: Probe) -> list[CheckResult]:
    """Nothing to say where no daemon and no cron ever ran."""
    return list(_look(probe))


def _look(probe: Probe) -> Iterator[CheckResult]:
    with probe.read() as db:
        states = jobs.all_states(db)
        missed = incidents.recent(db, "missed.", probe.now - MISSED_FOR, probe.now)
    planned = [s for s in states.values() if s.next_due_at is not None]
    bad = [result for s in planned if (result := _judge(s, probe))]
    yield from bad
    if missed:
        yield CheckResult("missed", "warn", "; ".join(i.detail for i in missed[:3]), "trendctl incidents")
    if not planned:
        yield CheckResult("jobs", "ok", "no daemon has run here yet", "trendctl service print")
    elif not bad:
        yield CheckResult("jobs", "ok", f"{len(planned)} jobs in time")


def _judge(s: JobState, probe: Probe) -> CheckResult | None:
    longest, name = probe.wanted.longest.get(s.job, LONGEST), f"job.{s.job}"
    if s.outcome == jobs.RUNNING and s.last_started_at is not None:
        took = probe.now - s.last_started_at
        if took > longest:
            return CheckResult(name, "fail", f"running for {ago(took)}: stuck", "trendctl service status")
        return None
    if s.outcome == "broken off" and s.broken_off >= BROKEN:
        return CheckResult(name, "fail", f"took its process down {s.broken_off} times", "trendctl service status")
    if s.outcome == "failed":
        return CheckResult(name, "warn", f"failed: {s.detail}"[:300], "trendctl daemon --once")
    late = probe.now - (s.next_due_at or 0)
    if s.job in probe.wanted.longest and late > longest + GRACE:
        return CheckResult(name, "fail", f"due since {ago(late)}: does the daemon run?", "trendctl service status")
    return None


CHECK = Check("jobs", "the schedule holds, no hour was missed", run)
