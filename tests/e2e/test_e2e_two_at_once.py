"""Two processes at once on one home: nothing corrupt, nothing lost, nothing twice."""

import os
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from e2e_kit import REAL, Ran, child, environ, items, serve_fixtures, sound

from forked import CLI, Forked
from loopback import Loopback
from selling import Shop
from trendctl.home import Home
from trendctl.store import audit
from trendctl.store.audited import audited
from trendctl.store.engine import Store
from trendctl.store.journal import Journal
from trendctl.store.writers import Role

pytestmark = pytest.mark.usefixtures("real_sleep")
FEEDS = ("--source", "slickdeals_rss", "--source", "steam_charts", "--source", "google_trends_rss")


def at_once(home: Path, commands: Sequence[Sequence[str]], **environ: str) -> list[Ran]:
    """All of them let go at the same moment, then all waited for."""
    env = {**os.environ, **environ, "TRENDCTL_HOME": str(home)}
    running = [Forked([CLI, *args], env, held=True) for args in commands]
    for process in running:
        process.go()
    return ended(running)


def started_at_once(home: Path, commands: Sequence[Sequence[str]]) -> list[Ran]:
    """The same with an interpreter started for each."""
    env = {**os.environ, "TRENDCTL_HOME": str(home)}
    return ended(
        [subprocess.Popen([*REAL, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
         for args in commands]
    )  # fmt: skip


def ended(running: Sequence[Any]) -> list[Ran]:
    told = [(p, *p.communicate(timeout=90)) for p in running]
    return [Ran(p.returncode, out, err) for p, out, err in told]


def test_two_scans_at_once_store_each_thing_once(home: Home, store: Store, loopback: Loopback) -> None:
    serve_fixtures(loopback)
    told = environ(loopback)
    done = at_once(home.root, [["scan", "--json", "--force", *FEEDS]] * 2, **told)
    assert [ran.code for ran in done] == [0, 0], [ran.err for ran in done]
    assert all(ran.json["sources"] for ran in done)
    for name in ("slickdeals_rss", "steam_charts"):
        found = items(store, name)
        assert found
        assert len(found) == len(set(found))
    sound(store)
    with store.read() as db:
        doubles = (
            "SELECT count(*) FROM (SELECT 1 FROM product WHERE merged_into IS NULL GROUP BY title HAVING count(*) > 1)"
        )
        assert db.execute(doubles).fetchone()[0] == 0
        assert db.execute("SELECT count(*) FROM scan_run WHERE finished_at IS NULL").fetchone()[0] == 0


def test_decisions_during_a_scan_are_kept(home: Home, store: Store, loopback: Loopback) -> None:
    serve_fixtures(loopback)
    told = environ(loopback)
    assert child(home.root, "scan", "--json", *FEEDS, **told).code == 0
    with store.read() as db:
        first, second = (str(r[0]) for r in db.execute("SELECT id FROM product ORDER BY id LIMIT 2"))
    done = at_once(
        home.root,
        [["scan", "--force", "--json", *FEEDS], ["reject", first, "--reason", "too heavy to ship"],
         ["supply", second, "--cost", "3.50", "--stock", "2", "--json"], ["audit", "verify", "--json"]],
        **told,
    )  # fmt: skip
    assert [ran.code for ran in done] == [0, 0, 0, 0], [ran.err for ran in done]
    with store.read() as db:
        assert db.execute("SELECT status FROM review WHERE product_id = ?", (first,)).fetchone()[0] == "rejected"
        assert db.execute("SELECT cost_minor FROM supply WHERE product_id = ?", (second,)).fetchone()[0] == 350
    assert child(home.root, "audit", "verify", "--json").json["ok"] is True
    sound(store)


def test_two_posts_at_once_make_one_listing(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.clock.advance(time.time() - shop.clock.now().timestamp())
    number = shop.stock()
    shop.approve(number)
    done = at_once(shop.home.root, [["post", "--json"]] * 3)
    live = [row for ran in done if isinstance(ran.json, list) for row in ran.json if row["state"] == "live"]
    assert live, [ran.out + ran.err for ran in done]
    assert all("bug in trendctl" not in ran.err for ran in done)
    assert {ran.code for ran in done} <= {0, 1, 4}
    assert len(shop.listings()) == 1
    assert len(shop.packs()) == 1
    with shop.store.read() as db:
        assert db.execute("SELECT count(*) FROM operation").fetchone()[0] == 1
    assert shop.journal.verify(shop.store).ok


def test_two_first_runs_at_once_make_one_database(tmp_path: Path) -> None:
    home = tmp_path / "fresh"
    told = started_at_once(home, [["init", "--json"]] * 4)
    assert [ran.code for ran in told] == [0] * 4, [ran.err for ran in told]
    store = Store(home / "trendctl.db")
    sound(store)
    with store.read() as db:
        numbers = [row[0] for row in db.execute("SELECT number FROM migration ORDER BY number")]
    assert numbers == list(range(1, len(numbers) + 1))
    assert not list(home.glob("*.part"))


def test_many_writers_of_the_journal_leave_one_whole_chain(home: Home, store: Store) -> None:
    def write(name: str) -> None:
        for n in range(10):
            with audited(store, Journal(home.journal), Role.APPROVAL, 1_780_000_000) as tx:
                tx.record("review", f"{name}-{n}", {"product_id": n})

    threads = [threading.Thread(target=write, args=(f"t{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    journal = Journal(home.journal)
    assert journal.verify(store).ok
    with store.read() as db:
        keys = [e.key for e in audit.entries(db)]
    assert sorted(keys) == sorted(f"t{n}-{m}" for n in range(6) for m in range(10))
    assert [e.key for e in journal.entries()] == keys


def test_two_processes_write_the_journal_in_turn(home: Home, store: Store) -> None:
    from store_rows import product

    numbers = [str(product(store, f"p{n:015d}")) for n in range(4)]
    done = at_once(home.root, [["reject", n, "--reason", "not for me at all"] for n in numbers])
    assert [ran.code for ran in done] == [0] * 4, [ran.err for ran in done]
    assert Journal(home.journal).verify(store).ok
    assert len(list(Journal(home.journal).entries())) == 4


def test_a_backup_during_a_scan_is_whole(home: Home, store: Store, loopback: Loopback) -> None:
    serve_fixtures(loopback)
    done: Any = at_once(
        home.root,
        [["scan", "--force", "--json", *FEEDS], ["backup", "create", "--json"], ["backup", "create", "--json"]],
        **environ(loopback),
    )  # fmt: skip
    assert [ran.code for ran in done] == [0, 0, 0], [ran.err for ran in done]
    assert child(home.root, "backup", "verify", "latest").code == 0
