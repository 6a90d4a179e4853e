"""A scan killed at any moment (SIGKILL) leaves a sound database, and the next scan completes without doubling."""

import os
import random
import re
import signal
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scan_child import SOURCES

from forked import STDOUT, Forked
from trendctl.scanner.service import scan
from trendctl.scanner.values import Scanning
from trendctl.store.engine import Store

ITEMS = 40
NOW = 1_780_315_200  # what the fake clock of this process says too
CHILD = f"{Path(__file__).with_name('scan_child.py')}:run"


@pytest.fixture
def served(loopback: Any) -> Any:
    """Each source names its own things and some that all of them name."""

    def answer(seen: Any) -> list[dict[str, Any]]:
        name = seen.path[1:]
        own = [{"id": f"{name}-{n}", "title": f"{name} gadget model {n}00", "value": float(n)} for n in range(ITEMS)]
        return [*own, {"id": f"{name}-shared", "title": "Acme Aurora desk lamp"}]

    loopback.add(re.compile(r"^/s\d$"), answer)
    return loopback


def start(home: Path, base_url: str) -> Forked:
    return Forked([CHILD, str(home), base_url, str(NOW)], os.environ, stderr=STDOUT)


def kill(served: Any, child: Forked, after: int, more: float) -> None:
    """Kill the child `more` seconds after it has made `after` calls (0: after its start), unless it is done before."""
    waiting = threading.Event()
    while after and len(served.requests) < after and child.poll() is None:
        waiting.wait(0.002)
    waiting.wait(more)
    if child.poll() is None:
        os.kill(child.pid, signal.SIGKILL)
    child.communicate()


def check(path: Path) -> None:
    """Sound, and nothing half: a source's items are all there or none is, each with its run's row."""
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        items = dict(db.execute("SELECT source, count(*) FROM item GROUP BY source").fetchall())
        runs = {row[0] for row in db.execute("SELECT DISTINCT source FROM source_run WHERE outcome = 'ok'")}
        assert items == dict.fromkeys(runs, ITEMS + 1)
        unplaced = db.execute(
            "SELECT count(*) FROM item i LEFT JOIN observation o ON o.item_id = i.id WHERE o.at IS NULL"
        )
        assert unplaced.fetchone() == (0,)
    db.close()


def killed_and_scanned_again(served: Any, store: Store, wire: Callable[..., Scanning], seed: int) -> None:
    chance = random.Random(seed)
    child = start(store.path.parent, served.base_url)
    kill(served, child, chance.randint(0, len(SOURCES)), chance.uniform(0, 0.25))
    check(store.path)
    assert not scan(wire(*SOURCES)).failed
    check(store.path)
    with store.read() as db:
        assert db.execute("SELECT count(DISTINCT source) FROM item").fetchone()[0] == len(SOURCES)
        assert db.execute("SELECT count(*) FROM observation").fetchone()[0] == len(SOURCES) * (ITEMS + 1)
        assert db.execute("SELECT count(*) FROM item WHERE product_id IS NULL").fetchone()[0] == 0
        assert db.execute("SELECT count(*) FROM product WHERE title = 'Acme Aurora desk lamp'").fetchone()[0] == 1


@pytest.mark.parametrize("seed", range(20))
def test_a_killed_scan_leaves_nothing_half(served: Any, store: Store, wire: Callable[..., Scanning], seed: int) -> None:
    killed_and_scanned_again(served, store, wire, seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(20, 200))
def test_a_killed_scan_leaves_nothing_half_soak(
    served: Any, store: Store, wire: Callable[..., Scanning], seed: int
) -> None:
    killed_and_scanned_again(served, store, wire, seed)
