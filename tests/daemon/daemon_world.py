"""A home with a schedule whose sources fail on a plan and whose messages are caught."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from types import ModuleType
from typing import Any

import httpx

from fakes import FakeClock
from trendctl import daemon_jobs, log
from trendctl.app import App
from trendctl.daemon import Ran, Schedule
from trendctl.daemon_jobs import Act
from trendctl.errors import ParseError
from trendctl.home import Home
from trendctl.http import Client
from trendctl.ports import Ask, Outcome, Parsed, Reading, Record, Reply, Request, Source, SourceFacts
from trendctl.scanner.service import scan
from trendctl.scanner.values import Scanning, ScanValues
from trendctl.store import incidents, scans
from trendctl.store.http_state import StoredHttpState
from trendctl.store.incidents import Incident
from trendctl.store.scans import SourceRun
from trendctl.store.writers import Role

MACHINE = frozenset({"cpu", "memory", "disk", "daemon.memory", "daemon.files"})  # of the machine that runs the tests
Answer = Callable[[datetime], httpx.Response]


def items(number: int = 12, name: str = "thing") -> httpx.Response:
    """A good answer: a list of items."""
    return httpx.Response(200, json=[{"id": f"{name}-{n}", "title": f"{name} gadget {n}00"} for n in range(number)])


def parse(reply: Reply, ask: Ask) -> Parsed:
    """[{"id", "title"}]"""
    try:
        entries = json.loads(reply.body)
    except ValueError as fault:
        raise ParseError("not JSON") from fault
    return Parsed(tuple(Record(e["id"], e["title"], readings=(Reading("points", 1.0),)) for e in entries))


def source(name: str) -> Source:
    """A source at https://NAME.example/."""
    url = f"https://{name}.example/"
    facts = SourceFacts(name, "a test", url, url, ("discover",), gap_seconds=0.0, may_create_product=True)
    return Source(facts, lambda ask: (Request(url, cacheable=False),), parse)


class World:
    """`answers`: what each source says at a time; `acts`: jobs beside the real ones of backup and retention."""

    def __init__(
        self, home: Home, clock: FakeClock, settings: str = "", answers: dict[str, Answer] | None = None
    ) -> None:
        home.config.write_text(settings)
        self.clock = clock
        self.answers = answers or {"steady": lambda now: items()}
        self.app = App(home, {"TRENDCTL_HOME": str(home.root)}, clock)
        self.app.init()
        self.calls: list[str] = []
        self.acts: dict[str, Act] = daemon_jobs.acts(self.app) | {
            "scan": self.scan, "analyze": self.noted("analyze"), "reconcile": self.noted("reconcile"),
            "track": self.noted("track"),
        }  # fmt: skip
        self.schedule = Schedule(self.app, acts=self.acts)

    def noted(self, name: str) -> Act:
        """A job that only remembers that it ran."""

        def act(app: App) -> str:
            self.calls.append(name)
            return "done"

        return act

    def scan(self, app: App) -> str:
        """The real scanner over the planned answers."""

        def answer(request: httpx.Request) -> httpx.Response:
            return self.answers[request.url.host.split(".")[0]](self.clock.now())

        client = Client(
            StoredHttpState(app.store, self.clock), self.clock, app.home.cache, user_agent="test",
            transport=httpx.MockTransport(answer), spread=lambda: 0.0,
        )  # fmt: skip
        sources = [source(name) for name in self.answers]
        wiring = Scanning(app.store, client, self.clock, sources, ScanValues(), app.secrets,
                          sellable=lambda title: 0.8, threshold=lambda: 0.5)  # fmt: skip
        try:
            report = scan(wiring)
        finally:
            client.close()
        return f"{sum(line.outcome == Outcome.OK for line in report.sources)} ok"

    def light_scan(self, app: App) -> str:
        """The rows that a scan leaves, without the scanner: for tests of thousands of rounds."""
        now = int(self.clock.now().timestamp())
        runs = [self._light(name, now) for name in self.answers]
        with app.store.write(Role.SCANNER) as db:
            run_id = scans.begin_run(db, now, "all")
            scans.add_source_runs(db, run_id, runs)
            scans.finish_run(db, run_id, now)
        return "done"

    def _light(self, name: str, now: int) -> SourceRun:
        said = self.answers[name](self.clock.now())
        try:
            number = len(said.json()) if said.status_code == 200 else 0
        except ValueError:
            return SourceRun(name, "discover", Outcome.FAILED, "not understood", at=now)
        bad = said.status_code != 200
        outcome = Outcome.UNAVAILABLE if bad else Outcome.OK if number else Outcome.EMPTY
        return SourceRun(name, "discover", outcome, f"HTTP {said.status_code}" if bad else "", number, at=now)

    def tick(self, seconds: float = 0.0) -> list[Ran]:
        """Move on, then run what is due."""
        self.clock.advance(seconds)
        return self.schedule.run_due(self.clock.now())

    def found(self, prefix: str = "") -> list[Incident]:
        """Incidents of faults that begin so, oldest first; without those of the machine itself."""
        with self.app.store.read() as db:
            rows = incidents.listed(db, limit=100_000)
        return sorted((i for i in rows if i.fault.startswith(prefix) and i.fault not in MACHINE), key=lambda i: i.id)


@contextmanager
def world(
    home: Home, clock: FakeClock, settings: str = "", answers: dict[str, Answer] | None = None
) -> Iterator[World]:
    """A World whose log is closed at the end."""
    try:
        yield World(home, clock, settings, answers)
    finally:
        log.close()


class Apprise(ModuleType):
    """Stands in for the package `apprise`: messages are kept as (time, title, body)."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__("apprise")
        sent: list[tuple[datetime, str, str]] = []
        self.sent, self.works = sent, True
        outer = self

        class Post:
            def add(self, url: str) -> bool:
                return url.startswith("json://")

            def notify(self, title: str, body: str) -> bool:
                if outer.works:
                    sent.append((clock.now(), title, body))
                return outer.works

        self.Apprise = Post

    def install(self, monkeypatch: Any) -> "Apprise":
        """As the import system sees it."""
        monkeypatch.setitem(sys.modules, "apprise", self)
        return self
