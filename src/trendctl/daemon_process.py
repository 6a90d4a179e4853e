"""The long-running process: ticks by APScheduler, signals, signs of life, a look at the clock."""

import logging
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from trendctl import daemon_systemd, log
from trendctl.daemon import Schedule, alone
from trendctl.daemon_schedule import LANES
from trendctl.errors import StoreError
from trendctl.store import incidents, jobs
from trendctl.store.incidents import Finding
from trendctl.store.rows import epoch

TICK = 30.0  # seconds between two looks of a lane at what is due
STEP = 5.0  # seconds between two looks of the main thread
DRIFT = 10.0  # seconds by which wall and monotonic clock may part within a step
LATE = 10  # ticks without one: the lane is stuck


class Daemon:
    """One process for one home. `port`: a page for this machine only; None: none."""

    def __init__(self, schedule: Schedule, *, tick: float = TICK, step: float = STEP, port: int | None = None) -> None:
        self.schedule = schedule
        self._tick = tick
        self._step = step
        self._port = port
        self._reload = threading.Event()
        self._wake = threading.Event()  # a signal cuts the main thread's wait short

    def run(self) -> None:
        """Until SIGTERM or SIGINT. Raises Refused where another daemon has the home."""
        with alone(self.schedule.app), self._signals():
            with suppress(StoreError):  # a full disk at the start: the ticks try again, health tells
                self.schedule.recover()
            self._note("running", str(os.getpid()))
            try:
                self._serve()
            finally:
                self._note("stopped", "")

    def _serve(self) -> None:
        scheduler, page = self._scheduler(), self._page()
        scheduler.start()
        self._tell("READY=1")
        log.event("daemon started", stage="daemon")
        try:
            self._loop(scheduler)
        finally:
            self._tell("STOPPING=1", "STATUS=finishing what is in hand")
            scheduler.shutdown(wait=True)
            if page is not None:
                page.close()
            log.event("daemon stopped", stage="daemon")

    def _scheduler(self) -> Any:
        """A lane is one job of one instance; a tick that comes late is still made, many late ones are one."""
        from apscheduler.executors.pool import ThreadPoolExecutor
        from apscheduler.schedulers.background import BackgroundScheduler

        logging.getLogger("apscheduler").setLevel(logging.ERROR)  # "still running" at every tick of a long job
        scheduler = BackgroundScheduler(timezone=UTC, executors={"default": ThreadPoolExecutor(len(LANES))})
        for lane in LANES:
            self.schedule.beat.expect(lane, self._tick * LATE)
            scheduler.add_job(
                self._run_lane, "interval", seconds=self._tick, args=[lane], id=lane, next_run_time=datetime.now(UTC),
                coalesce=True, misfire_grace_time=None, max_instances=1,
            )  # fmt: skip
        return scheduler

    def _run_lane(self, lane: str) -> None:
        self.schedule.run_due(lane=lane)
        self.schedule.beat.expect(lane, self._tick * LATE)

    def _loop(self, scheduler: Any) -> None:
        clock, environ = self.schedule.app.clock, self.schedule.app.environ
        between = min(self._step, daemon_systemd.watchdog_seconds(environ) or self._step)
        wall, steady = clock.now().timestamp(), clock.monotonic()
        while not self.schedule.ending.is_set():
            self._wake.wait(between)
            self._wake.clear()
            if self._reload.is_set():
                self._reload.clear()
                self._tell("STATUS=reloading")
                self.schedule.reload()
            now_wall, now_steady = clock.now().timestamp(), clock.monotonic()
            if abs((now_wall - wall) - (now_steady - steady)) > DRIFT:
                self._leapt(scheduler, now_wall - wall)
            wall, steady = now_wall, now_steady
            if self.schedule.beat.alive():  # a stuck lane is not hidden: systemd restarts the process
                self._tell("WATCHDOG=1", f"STATUS={self._status()}")

    def _leapt(self, scheduler: Any, by: float) -> None:
        """The wall clock was set: ticks waiting for a time that is now far away are made at once."""
        log.event("the clock leapt", stage="daemon", level=logging.WARNING, seconds=round(by))
        for job in scheduler.get_jobs():
            job.modify(next_run_time=datetime.now(UTC))

    def _status(self) -> str:
        doing = ", ".join(words for words in self.schedule.beat.words.values() if words)
        seen = self.schedule.watch.last
        return f"{seen.whole if seen else 'not looked yet'}; {doing or 'waiting'}"

    def _tell(self, *words: str) -> None:
        daemon_systemd.tell(self.schedule.app.environ, *words)

    def _note(self, outcome: str, detail: str) -> None:
        app = self.schedule.app
        with suppress(StoreError):  # only for those who look; the work does not depend on it
            jobs.note(app.store, "daemon", epoch(app.clock.now()), outcome, detail)

    def _page(self) -> Any | None:
        if self._port is None:
            return None
        from trendctl.daemon_page import Page

        try:
            return Page(self.schedule, self._port)
        except OSError as fault:  # the port is taken: scans and health matter more than the page
            app, words = self.schedule.app, f"nothing is answered on port {self._port}: {fault.strerror or fault}"
            log.event("no page", stage="daemon", level=logging.ERROR, cause=words)
            now = epoch(app.clock.now())
            with suppress(StoreError):
                incidents.record(app.store, Finding("daemon.page", "warn", words), now, now)
            return None

    def _signals(self) -> "Handlers":
        def end() -> None:
            self.schedule.ending.set()
            self.schedule.app.stop.set()
            self._wake.set()

        def reload() -> None:
            self._reload.set()
            self._wake.set()

        return Handlers({"SIGTERM": end, "SIGINT": end, "SIGHUP": reload})


class Handlers:
    """Signal handlers for the time of a `with` block; the main thread only. Names this system lacks are left out."""

    def __init__(self, wanted: dict[str, Callable[[], None]]) -> None:
        self._wanted = {getattr(signal, name): act for name, act in wanted.items() if hasattr(signal, name)}
        self._before: dict[int, Any] = {}

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for number, act in self._wanted.items():
                self._before[number] = signal.signal(number, lambda *_, act=act: act())

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
