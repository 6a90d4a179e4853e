"""Jobs did not run: the machine was off, no daemon runs, or a job's time lies so far ahead that it never comes."""

from collections.abc import Iterator

from trendctl.selfheal.evidence import about, failing, found, keys, lines, states
from trendctl.selfheal.health import ago
from trendctl.selfheal.rules import due
from trendctl.selfheal.rules.machine import daemon
from trendctl.selfheal.values import Change, Diagnosis, Fault, Kind, Look, Plan

NAME = "missed_schedule"


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """The never-due job first: it can be put right; lateness and missed hours have causes outside."""
    now = look.probe.now
    for state in states(look).values():
        if due.never_due(state, look.probe):
            wait = ago((state.next_due_at or 0) - now)
            explains = about(look, state.job) | keys(look, f"check.due.{state.job}")
            yield found(NAME, f"{state.job} would not run before {wait} have passed", (f"due in {wait}",), explains,
                        0.95, state.job, never=True)  # fmt: skip
    late, missed = look.of("job.late"), look.of("job.missed")
    if not late and not missed:
        return
    running = daemon(look.probe) is not None
    seen = (*(f"{s.subject}: {s.text}" for s in (*late, *missed)[:6]), *lines(failing(look, "missed")),
            "the daemon runs" if running else "no daemon runs")  # fmt: skip
    explains = keys(look, "job.late", "job.missed", "check.missed", "check.missed.") | frozenset(
        (s.kind, s.subject) for s in look.of("check.job.") if "due since" in s.text
    )
    if late:
        cause = "jobs are late although the daemon runs" if running else "jobs are late and no daemon runs"
    else:
        cause = "the machine was off, asleep or busy for whole hours"
    yield found(NAME, cause, seen, explains, 0.8)


def plan(d: Diagnosis, look: Look) -> Plan | None:
    """Only the job whose time lies too far ahead."""
    if not d.details.get("never"):
        return None
    words = f"I will make {d.subject} due now"
    return Plan(NAME, d.subject, "reschedule", words, "its old time comes back",
                (Change(Kind.JOB, name=d.subject, values={"next_due_at": look.probe.now}),))  # fmt: skip


FAULT = Fault(
    name=NAME,
    about="Trends are seen too late, listings are not read back, backups grow old.",
    diagnose=diagnose,
    checks=("due", "due."),
    plan=plan,
    no_fix="healing starts no process: let the daemon run as a service (trendctl service install), or call `trendctl "
    "daemon --once` by cron; what was missed is caught up by the next run",
)
