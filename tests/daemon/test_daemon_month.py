"""Ten days (in soak: thirty) by `run_due` on an injected clock: a real database, real scans of sources that fail."""

import os
import random
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from daemon_world import Apprise, World, items, world

from fakes import START, FakeClock
from trendctl.home import Home

HOUR, DAY = 3600, 86_400
SETTINGS = '[log]\nlevel = "WARNING"\n[notify]\nurls = ["json://localhost/"]\n'


def between(first: int, last: int) -> tuple[datetime, datetime]:
    return START + timedelta(days=first), START + timedelta(days=last)


@dataclass(frozen=True)
class Plan:
    """What goes wrong on which days: first and the one after the last; off for seven hours, asleep for 50 minutes, the
    clock set back two hours."""

    days: int
    refused: tuple[int, int]
    emptied: tuple[int, int]
    broken: tuple[int, int]
    off: int
    asleep: int
    back: int
    backups: int  # daily ones kept: the default keeps the last of each of 24 hours


MONTH = Plan(30, (5, 7), (10, 12), (15, 16), 20, 22, 25, 24)
SHORT = Plan(10, (1, 2), (3, 4), (5, 6), 6, 7, 8, 10)


def planned(plan: Plan) -> dict[str, Any]:
    """Four sources: one steady, one refused for a while, one empty, one broken."""

    def when(first: int, last: int, name: str, bad: httpx.Response) -> Any:
        begin, end = between(first, last)
        return lambda now: bad if begin <= now < end else items(12, name)

    return {
        "steady": lambda now: items(12, "steady"),
        "refused": when(*plan.refused, "refused", httpx.Response(403)),
        "emptied": when(*plan.emptied, "emptied", httpx.Response(200, json=[])),
        "broken": when(*plan.broken, "broken", httpx.Response(200, text="<html>")),
    }


EXPLAIN = ("missed_schedule", "clock_skew")  # of an event that was told under its own name: no second message


def drive(w: World, plan: Plan, step: int) -> None:
    """All of the plan, in ticks of so many seconds."""
    end = START + timedelta(days=plan.days)
    while w.clock.now() < end:
        now = w.clock.now()
        if now == START + timedelta(days=plan.off):
            w.clock.advance(7 * HOUR)
        elif now == START + timedelta(days=plan.asleep):
            w.clock.advance(3000)
        elif now == START + timedelta(days=plan.back, hours=5) and not w.found("clock.back"):
            w.clock.advance(-2 * HOUR)
        w.schedule.run_due(w.clock.now())
        now = w.clock.now()
        w.clock.advance(step - now.timestamp() % step)


def check(w: World, sent: list[tuple[datetime, str, str]]) -> Counter[str]:
    """No hour without a scan that was not told, no incident told less or more than once; how many of each fault."""
    hours = scanned_hours(w)
    told = {h for i in w.found("missed.scan") for h in range(i.opened_at // HOUR, (i.closed_at or 0) // HOUR)}
    assert set(range(min(hours), max(hours))) - hours == told
    counts = Counter(i.fault for i in w.found() if i.fault not in EXPLAIN)
    lines = Counter(line.split(": ")[1] for _, _, body in sent for line in body.splitlines())
    assert {fault: n for fault, n in lines.items() if fault in counts} == dict(counts)
    market = ZoneInfo("America/New_York")
    assert all(7 <= at.astimezone(market).hour < 22 for at, _, _ in sent)
    return counts


def check_plan(w: World, sent: list[tuple[datetime, str, str]]) -> None:
    """What was planned is what was found."""
    counts = check(w, sent)
    assert counts == Counter(["refused", "sudden_emptiness", "source.broken", "missed.scan", "clock.back"])
    assert all(i.closed_at is not None for i in w.found())
    assert Counter(i.fault for i in w.found() if i.fault in EXPLAIN) == Counter(EXPLAIN)
    missed = w.found("missed.scan")
    assert [len(range(i.opened_at // HOUR, (i.closed_at or 0) // HOUR)) for i in missed] == [7]


def scanned_hours(w: World) -> set[int]:
    with w.app.store.read() as db:
        return {row[0] // HOUR for row in db.execute("SELECT started_at FROM scan_run WHERE finished_at IS NOT NULL")}


def open_files(home: Home) -> int:
    """How many files this process has open, without the database's, which tests keep open (tests/kept.py); 0 where
    the system does not tell."""
    links = Path("/proc/self/fd")
    if not links.is_dir():
        return 0
    database = os.path.realpath(home.database)
    return sum(not os.path.realpath(one).startswith(database) for one in links.iterdir())


@pytest.mark.timeout(600)  # the month takes half a minute where the machine is free
@pytest.mark.parametrize("plan", [SHORT, pytest.param(MONTH, marks=pytest.mark.soak)], ids=["10 days", "30 days"])
def test_days_of_trouble_leave_no_missed_hour_unreported_and_tell_every_incident_once(
    home: Home, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, plan: Plan
) -> None:
    post = Apprise(clock).install(monkeypatch)
    with world(home, clock, SETTINGS, planned(plan)) as w:
        w.acts.update(scan=w.light_scan)
        for name in ("analyze", "reconcile", "track"):
            del w.acts[name]
        w.tick()
        files = open_files(home)
        drive(w, plan, HOUR)
        check_plan(w, post.sent)
        assert open_files(home) <= files
        assert len(list(home.backups.glob("*-scheduled.db.gz"))) == plan.backups
        assert {r.job for r in w.tick(DAY)} >= {"scan", "backup", "retention", "health"}


def whole_month(home: Home, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same at five minutes with real scans; tests/benchmarks/bench_daemon.py runs it."""
    post = Apprise(clock).install(monkeypatch)
    with world(home, clock, SETTINGS, planned(MONTH)) as w:
        drive(w, MONTH, 300)
        check_plan(w, post.sent)


@pytest.mark.soak
@pytest.mark.parametrize("part", range(2))
def test_a_day_of_any_troubles_leave_nothing_untold(
    home: Home, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, soak_seed: int, part: int
) -> None:
    """Real scans, ticks of five minutes; sources fail and the machine sleeps as the seed has it. Then a quiet day."""
    chance = random.Random(f"{soak_seed} {part}")
    post = Apprise(clock).install(monkeypatch)

    def shaky(now: datetime) -> httpx.Response:
        kind = random.Random(f"{soak_seed} {part} {int(now.timestamp()) // (4 * HOUR)}").choice(
            ["ok", "ok", "403", "[]", "<html>"]
        )
        if kind == "ok":
            return items(12, "shaky")
        return httpx.Response(403) if kind == "403" else httpx.Response(200, text=kind)

    with world(home, clock, SETTINGS, {"steady": lambda now: items(12, "steady"), "shaky": shaky}) as w:
        for _ in range(288):
            w.tick(300 if chance.random() > 0.02 else chance.choice([600, 3000, 3 * HOUR, -HOUR]))
        w.answers["shaky"] = w.answers["steady"]
        for _ in range(36):
            w.tick(HOUR)
        check(w, post.sent)
