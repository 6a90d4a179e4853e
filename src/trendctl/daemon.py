"""Runs what is due: one `run_due` for the daemon and for cron, and the process that calls it by APScheduler.

job_state is the truth; the scheduler in memory only ticks. A job is claimed before it runs, so that a crash is seen
and a job that takes the process down does not do so for ever.
"""

import contextlib
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from trendctl import daemon_jobs, daemon_watch, log
from trendctl.app import App
from trendctl.daemon_jobs import Act, Stopped
from trendctl.daemon_schedule import DAY, LANES, PLANS, Plan, is_quiet
from trendctl.errors import ConfigError, Refused, StoreError, TrendctlError
from trendctl.store import incidents, jobs
from trendctl.store.incidents import Finding
from trendctl.store.jobs import JobState
from trendctl.store.rows import epoch

SLACK = 120  # seconds the clock may be set back without a word
LONG_GAP = 2 * DAY  # after a longer silence the clock may simply be wrong: nothing is deleted for a day
TRIES = 3  # times in a row that a job which broke off is begun again at once
RETRY = 3600  # seconds after which a failed job is due again, where its interval is longer


@dataclass(frozen=True, slots=True)
class Ran:
    """How a job ended: ok, failed or stopped."""

    job: str
    outcome: str
    detail: str


class Beat:
    """Whether each lane still comes along: a job within its longest time, or a tick not long ago."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._until: dict[str, float] = {}
        self.words: dict[str, str] = {}

    def expect(self, lane: str, seconds: float, words: str = "") -> None:
        """The lane must be heard of again within so many seconds."""
        self._until[lane] = self._monotonic() + seconds
        self.words[lane] = words

    def alive(self) -> bool:
        """False: a lane is stuck, and the service manager should know."""
        now = self._monotonic()
        return all(until > now for until in self._until.values())


class Schedule:
    """The jobs of one home. `acts` replaces what they do (tests); `ending` is set when the process should end."""

    def __init__(
        self, app: App, *, acts: Mapping[str, Act] | None = None, ending: threading.Event | None = None
    ) -> None:
        self.app = app
        self._acts = acts
        self.ending = ending or threading.Event()
        self.beat = Beat(app.clock.monotonic)
        self.watch = daemon_watch.Watch()
        self._said: set[str] = set()  # jobs of which the log says that they cannot be begun

    def acts(self) -> dict[str, Act]:
        """What is run, by job: the work, and the looking after it."""
        given = daemon_jobs.acts(self.app) if self._acts is None else self._acts
        return {**self.watch.acts(self.app), **given}

    def reload(self) -> str:
        """Read the settings anew; what was wrong with them, or "": then they hold from the next job on."""
        fresh = App(self.app.home, self.app.environ, self.app.clock)
        fresh.stop = self.app.stop
        try:
            fresh.settings  # noqa: B018 - loaded and checked for its effect
        except ConfigError as fault:
            log.event("settings not reloaded", stage="daemon", level=logging.ERROR, cause=str(fault))
            return str(fault)
        self.app = fresh
        log.event("settings reloaded", stage="daemon")
        return ""

    def recover(self) -> list[JobState]:
        """At the start, under the daemon's lock: what the last process left running is told and due again."""
        now = epoch(self.app.clock.now())
        left = jobs.break_off(self.app.store, TRIES, now)
        for state in left:
            since = state.last_started_at or now
            words = f"{state.job} began at {_clock(since)} and never came to its end (killed, crashed or power lost)"
            incidents.record(self.app.store, Finding(f"broken_off.{state.job}", "warn", words), since, now)
        self.watch.recover(self.app)
        return left

    def run_due(self, now: datetime | None = None, lane: str | None = None) -> list[Ran]:
        """Run every job that is due at `now` (None: the clock's time), of one lane or of all, one after the other.

        Never raises for what a job does. What cannot even be noted (full disk) comes back as failed.
        """
        at = epoch(now or self.app.clock.now())
        done: list[Ran] = []
        acts = self.acts()
        try:
            states = self._states(at)
            for plan in (p for wanted in LANES for p in PLANS if p.lane == wanted and lane in (None, wanted)):
                if self.ending.is_set():
                    break
                if plan.name in acts and self._may(plan, states.get(plan.name), at):
                    done += self._run(plan, acts[plan.name], states.get(plan.name), at)
                    at = max(at, epoch(self.app.clock.now()))
                    states = self._all() if plan.name == "scan" else states  # it makes the analysis due
        except TrendctlError as fault:  # the database is full, damaged or gone: the next tick tries again
            log.event("schedule", stage="daemon", level=logging.ERROR, cause=str(fault))
            done.append(Ran("schedule", "failed", str(fault)))
            if lane in (None, "watch"):
                self.watch.rescue(self.app)
        return done

    def _all(self) -> dict[str, JobState]:
        with self.app.store.read() as db:
            return jobs.all_states(db)

    def _states(self, at: int) -> dict[str, JobState]:
        """The stored states, after a look at the clock."""
        states = self._all()
        back = jobs.ahead_by(states, at)
        if back > SLACK and jobs.bring_back(self.app.store, at):
            words = f"the clock went back by {_length(back)}; jobs go on from {_clock(at)}"
            incidents.record(self.app.store, Finding("clock.back", "warn", words), at, at)
            states = self._all()
        newest = max((s.last_started_at or 0 for s in states.values()), default=0)
        if newest and at - newest > LONG_GAP and (old := states.get("retention")):
            jobs.finish(self.app.store, "retention", at, old.outcome, "put off: the clock leapt", at + DAY)
            states = self._all()
        return states

    def _may(self, plan: Plan, state: JobState | None, at: int) -> bool:
        if state is not None and state.next_due_at is not None and state.next_due_at > at:
            return False
        market, quiet = self.app.settings.market, self.app.settings.notify.quiet_hours
        return not (plan.quiet and is_quiet(quiet, market.timezone, at))

    def _run(self, plan: Plan, act: Act, state: JobState | None, at: int) -> list[Ran]:
        with contextlib.ExitStack() as held:
            if plan.lane == "work":
                from filelock import FileLock, Timeout

                try:  # no restore puts another database in place while a job works; while one does, jobs wait
                    held.enter_context(FileLock(self.app.home.lock, mode=0o600).acquire(timeout=0))
                except Timeout:
                    return []
                except OSError as fault:  # it is a folder, or shut: health tells, and the watch goes on
                    return [self._not_begun(plan, f"the home's lock cannot be taken: {fault}")]
            self._said.discard(plan.name)
            return self._claimed(plan, act, state, at)

    def _not_begun(self, plan: Plan, why: str) -> Ran:
        if plan.name not in self._said:  # not at every tick
            log.event("job not begun", stage="daemon", leaf=plan.name, level=logging.ERROR, cause=why)
            self._said.add(plan.name)
        return Ran(plan.name, "failed", why)

    def _claimed(self, plan: Plan, act: Act, state: JobState | None, at: int) -> list[Ran]:
        every = daemon_jobs.intervals(self.app).get(plan.name)
        next_due = at + every if every else plan.next_due(at)
        if not jobs.begin(self.app.store, plan.name, at, next_due, *_missed(plan, state, at)):
            return []  # another process was faster
        self.beat.expect(plan.lane, plan.longest, plan.name)
        ran = self._outcome(plan, act)
        self.beat.expect(plan.lane, plan.longest)
        after = max(at, epoch(self.app.clock.now()))
        again = {"failed": min(next_due, after + RETRY), "stopped": after}.get(ran.outcome)
        jobs.finish(self.app.store, plan.name, after, ran.outcome, ran.detail, again)
        if plan.name == "scan" and ran.outcome == "ok" and "analyze" in self.acts():
            jobs.due_now(self.app.store, "analyze", after)
        log.event("job", stage="daemon", leaf=plan.name, cause=ran.detail, outcome=ran.outcome)
        return [ran]

    def _outcome(self, plan: Plan, act: Act) -> Ran:
        try:
            return Ran(plan.name, "ok", act(self.app))
        except Stopped as early:
            return Ran(plan.name, "stopped", str(early))
        except TrendctlError as fault:
            return Ran(plan.name, "failed", str(fault))
        except Exception as bug:  # noqa: BLE001 - the edge of a job: the others and the daemon go on
            log.event("job failed by a bug", stage="daemon", leaf=plan.name, level=logging.ERROR, exc=bug)
            return Ran(plan.name, "failed", f"a bug: {type(bug).__name__}: {bug}"[:300])
        finally:
            if not self.ending.is_set():
                self.app.stop.clear()  # a scan that broke sets it to wake its own threads


def _missed(plan: Plan, state: JobState | None, at: int) -> tuple[Finding | None, int | None]:
    """The hours without that job, and since when."""
    missed = plan.missed(state.last_started_at if state else None, at)
    if not missed or state is None or state.last_started_at is None:
        return None, None
    first = (state.last_started_at // plan.every + 1) * plan.every
    last = (at // plan.every) * plan.every - 1
    words = f"no {plan.name} in {missed} hours, from {_clock(first)} to {_clock(last)}: off, asleep or busy"
    return Finding(f"missed.{plan.name}", "warn", words), first


def alone(app: App) -> contextlib.AbstractContextManager[object]:
    """The lock of the one daemon a home may have. Raises Refused where another one runs, StoreError without a lock."""
    from filelock import FileLock, Timeout

    lock = FileLock(app.home.root / "daemon.lock", mode=0o600)
    try:
        return lock.acquire(timeout=0)
    except Timeout:
        raise Refused("Another daemon works in this home", next="trendctl service status") from None
    except OSError as fault:
        raise StoreError("The daemon's lock cannot be taken", why=str(fault), next="trendctl heal") from fault


def _clock(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _length(seconds: int) -> str:
    return f"{seconds // 3600} h {seconds % 3600 // 60} min" if seconds >= 3600 else f"{seconds // 60} min"
