"""A job is noted as running for longer than it may. Where its process is gone, its row is released."""

from collections.abc import Iterator

from trendctl.selfheal.evidence import about, failing, found, lines, states
from trendctl.selfheal.health import ago
from trendctl.selfheal.rules.jobs import BROKEN, LONGEST
from trendctl.selfheal.rules.machine import daemon
from trendctl.selfheal.values import Change, Diagnosis, Fault, Kind, Look, Plan
from trendctl.store import jobs

NAME = "stuck_job"
EARLY = 120  # seconds by which a process may seem younger than what it runs (clocks are corrected)


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """Who runs it: the daemon, a cron's `daemon --once`, or nobody any more."""
    for state in states(look).values():
        began = state.last_started_at
        if state.outcome != jobs.RUNNING or state.next_due_at is None or began is None:
            continue
        if look.probe.now - began <= look.probe.wanted.longest.get(state.job, LONGEST):
            continue
        owner = owner_of(look, began)
        seen = (*lines(failing(look, f"job.{state.job}")), f"it began {ago(look.probe.now - began)} ago",
                f"{owner} still runs" if owner else "no process that could run it is there any more")  # fmt: skip
        cause = "it hangs in a process that lives" if owner else "its process went without a word"
        yield found(NAME, f"{state.job}: {cause}", seen, about(look, state.job), 0.9, state.job,
                    gone=not owner, began=began, broken_off=state.broken_off)  # fmt: skip


def owner_of(look: Look, began: int) -> str:
    """The process that may be running a job begun then; "" where there is none: all of them are younger, or gone."""
    running = daemon(look.probe)
    if running is not None:
        return f"the daemon (process {running.pid})"
    return next((f"process {number}" for number, since in workers() if since <= began + EARLY), "")


def workers() -> list[tuple[int, int]]:
    """(number, start in epoch seconds) of every process of trendctl's that could run jobs."""
    import psutil

    found_ = []
    for process in psutil.process_iter(["pid", "cmdline", "create_time"]):
        words = process.info["cmdline"] or []
        if any("trendctl" in w for w in words[:4]) and "daemon" in words:
            found_.append((int(process.info["pid"]), int(process.info["create_time"])))
    return found_


def plan(d: Diagnosis, look: Look) -> Plan | None:
    """Release the row; not one that took its process down before: it would do so again."""
    if not d.details["gone"] or int(d.details["broken_off"]) + 1 >= BROKEN:
        return None
    values = {"outcome": "broken off", "broken_off": int(d.details["broken_off"]) + 1, "next_due_at": look.probe.now}
    words = f"I will note that {d.subject} was broken off and make it due again"
    return Plan(NAME, d.subject, "release", words, "its row comes back as it was",
                (Change(Kind.JOB, name=d.subject, values=values),))  # fmt: skip


FAULT = Fault(
    name=NAME,
    about="A part of the schedule stands still: no new trends, prices or backups while nobody notices.",
    diagnose=diagnose,
    checks=("job.",),
    plan=plan,
    no_fix="a job whose process lives is not cut short by itself: restart the daemon (trendctl service status). One "
    "that took its process down twice is left to its usual time, and to you",
)
