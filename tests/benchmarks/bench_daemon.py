"""The daemon's figures: memory after a thousand cycles, a health check on a large database, a year of hourly scans.

    python tests/benchmarks/bench_daemon.py [month] [memory] [health] [year] [--observations 15000000]

Each part prints what it measured beside what it must hold; nothing is asserted here.
"""

import gc
import os
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "daemon"))
from daemon_world import World, items

from fakes import FakeClock
from trendctl import log
from trendctl.daemon_health import probe_of
from trendctl.home import Home
from trendctl.selfheal.health import run_round
from trendctl.store import cases, product_rows, retention
from trendctl.store.engine import Store, prepare
from trendctl.store.migrate import migrate

HOUR, DAY = 3600, 86_400
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
END = int(NOW.timestamp())
SOURCES = 34
PARTS = ("month", "memory", "health", "year")
RECENT = 35  # days that stay by the hour


def megabytes(size: float) -> str:
    return f"{size / 1e6:.1f} MB"


def median(act: Callable[[], object], times: int = 9) -> float:
    """Seconds, the median of some runs after one to warm up."""
    act()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


# ---------------------------------------------------------------- thirty days


def month() -> None:
    """Thirty days of five-minute ticks with real scans: the assertions of tests/daemon/test_daemon_month.py."""
    import pytest
    from test_daemon_month import whole_month

    began = time.perf_counter()
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        home = Home(Path(folder))
        home.make()
        whole_month(home, FakeClock(), pytest.MonkeyPatch())
    print(f"thirty days at five minutes: as planned, {time.perf_counter() - began:.0f} s")


# ---------------------------------------------------------------- memory


def memory(cycles: int = 1000) -> None:
    """Real scans of three sources over a stub transport, health and everything else that is due."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        home = Home(Path(folder))
        home.make()
        answers = {name: (lambda now, name=name: items(12, name)) for name in ("one", "two", "three")}
        clock = FakeClock()
        world = World(home, clock, answers=answers)  # type: ignore[arg-type]  # a default holds the name
        world.acts.pop("backup")  # a copy of the database a day is not what is measured
        process = psutil.Process()
        seen: list[tuple[int, int, int]] = []
        for n in range(1, cycles + 1):
            world.tick(HOUR)
            if n in (10, cycles // 2, cycles):
                gc.collect()
                seen.append((n, process.memory_info().rss, process.num_fds()))
        log.close()
    first = seen[0]
    for n, rss, files in seen:
        print(f"cycle {n:>5}: {megabytes(rss)} ({rss / first[1] - 1:+.1%}), {files} files open")
    print("must: +5 % at most, aim +1 %; no file more")


# ---------------------------------------------------------------- a large database


def build(path: Path, days: int, a_day: int) -> None:
    """`a_day` observations a day for so many days up to NOW, one an hour of each item; four items a product."""
    migrate(path, now=END - days * DAY, before=lambda path, reason: None)
    number = max(4, a_day // 24)
    db = sqlite3.connect(path, isolation_level=None)
    prepare(db)
    db.execute("PRAGMA synchronous = OFF")
    db.execute("BEGIN")
    first = END - days * DAY
    db.execute("INSERT INTO metric (id, name, period) VALUES (1, 'points', 0)")
    db.executemany(
        "INSERT INTO product (id, uid, title, sellable, first_seen_at, last_seen_at) VALUES (?, ?, ?, 0.9, ?, ?)",
        ((n, f"p{n}", f"Gadget {n}", first, END) for n in range(1, number // 4 + 2)),
    )
    db.executemany(
        "INSERT INTO score (product_id, score, stage, parts, inputs, computed_at)"
        " VALUES (?, ?, 'rising', '{}', '{}', ?)",
        ((n, n % 100, END) for n in range(1, number // 4 + 2)),
    )
    db.executemany(
        "INSERT INTO item (id, source, external_id, title, first_seen_at, last_seen_at, product_id)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        ((n, f"source{n % SOURCES}", f"x{n}", f"Gadget {n}", first, END, n // 4 + 1) for n in range(1, number + 1)),
    )
    hours = range(END - days * DAY + HOUR, END + 1, HOUR)
    db.executemany(
        "INSERT INTO observation (item_id, metric_id, at, value, rank, fetched_at) VALUES (?, 1, ?, ?, ?, ?)",
        ((n, at, float((n * at) % 9973), at % 50 + 1, at) for n in range(1, number + 1) for at in hours),
    )
    runs = [(n + 1, at) for n, at in enumerate(hours)]
    db.executemany("INSERT INTO scan_run (id, started_at, finished_at) VALUES (?, ?, ?)", ((n, a, a) for n, a in runs))
    db.executemany(
        "INSERT INTO source_run (run_id, source, outcome, items, at) VALUES (?, ?, ?, 40, ?)",
        ((n, f"source{s}", "skipped" if s % 2 else "ok", at) for n, at in runs for s in range(SOURCES)),
    )
    db.execute("COMMIT")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def used(store: Store) -> int:
    """Bytes of the file that hold something; the rest is used again before the file grows."""
    with store.read() as db:
        size, pages, free = (
            db.execute(f"PRAGMA {p}").fetchone()[0] for p in ("page_size", "page_count", "freelist_count")
        )
    return int(size * (pages - free))


def reads(store: Store, home: Home) -> dict[str, Callable[[], object]]:
    """What a person or the daemon reads."""
    context = cases.Context()

    def listing() -> object:
        with store.read() as db:
            return product_rows.product_rows(db, now=END, limit=50)

    def building() -> object:
        with store.read() as db:
            return cases.build(db, range(1, 51), context, NOW)

    world = app(home)
    probe = probe_of(world)
    return {"products": listing, "50 cases": building, "health round": lambda: run_round(probe)}


def app(home: Home) -> Any:
    from trendctl.app import App

    clock = FakeClock(NOW + timedelta(minutes=1))
    return App(home, {"TRENDCTL_HOME": str(home.root)}, clock)


def made(folder: Path, name: str, days: int, a_day: int) -> tuple[Store, Home]:
    home = Home(folder / name)
    home.make()
    began = time.perf_counter()
    build(home.database, days, a_day)
    size = home.database.stat().st_size
    took = time.perf_counter() - began
    print(f"{name}: {days} days, {days * a_day:,} observations, {megabytes(size)}, {took:.0f} s to make")
    return Store(home.database), home


def health(folder: Path, gigabytes: float = 1.0) -> None:
    """A round of all checks on a database of about a gigabyte, never looked at before in this process."""
    store, home = made(folder, "large", 365, round(gigabytes * 1e9 / 28.4 / 365))
    act = reads(store, home)["health round"]
    began = time.perf_counter()
    act()
    cold = time.perf_counter() - began
    print(f"health, {megabytes(store.path.stat().st_size)}: first {cold * 1e3:.0f} ms, then {median(act) * 1e3:.0f} ms"
          " (must 300, aim 100)")  # fmt: skip
    shutil.rmtree(home.root)


def year(folder: Path, observations: int) -> None:
    """A year by the hour, rolled up as the daemon does every day, against a database of the last five weeks."""
    a_day = observations // 365
    small, small_home = made(folder, "five weeks", RECENT, a_day)
    large, large_home = made(folder, "a year", 365, a_day)
    before = large.path.stat().st_size
    began = time.perf_counter()
    gone = retention.roll_up(large, END)
    retention.drop_old_runs(large, END)
    retention.checkpoint(large)
    print(f"rolled up {gone:,} rows in {time.perf_counter() - began:.0f} s: {megabytes(used(large))} in use of "
          f"{megabytes(large.path.stat().st_size)}; {megabytes(before)} before (must: under 2 GB)")  # fmt: skip
    began = time.perf_counter()
    retention.roll_up(large, END + DAY)
    print(f"the next day's roll-up: {time.perf_counter() - began:.1f} s")
    ours, theirs = reads(large, large_home), reads(small, small_home)
    for what, act in ours.items():
        pairs = [(median(act, 3), median(theirs[what], 3)) for _ in range(7)]  # in turn: the machine is shared
        slow, fast = (statistics.median(column) for column in zip(*pairs, strict=True))
        print(f"{what:>14}: {slow * 1e3:.1f} ms, five weeks {fast * 1e3:.1f} ms: {slow / fast:.2f}x (must 1.2x)")
    log.close()


def main(words: list[str]) -> None:
    number = int(words[words.index("--observations") + 1]) if "--observations" in words else 15_000_000
    parts = [w for w in words if w in PARTS] or list(PARTS)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}")
    if "month" in parts:
        month()
    if "memory" in parts:
        memory()
    with tempfile.TemporaryDirectory() as folder:
        if "health" in parts:
            health(Path(folder))
        if "year" in parts:
            year(Path(folder), number)


if __name__ == "__main__":
    main(sys.argv[1:])
