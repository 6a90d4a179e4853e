"""Ctrl-C and SIGTERM at any point of a scan, a supply, a review or a post: one line, exit code 130, nothing lost."""

import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import pexpect
import pytest
from e2e_kit import Ran, at_terminal, child, environ, left, serve_fixtures, sound

from forked import CLI, Forked
from loopback import Loopback
from selling import Shop
from trendctl.home import Home
from trendctl.store.engine import Store

pytestmark = pytest.mark.usefixtures("real_sleep")
SEEDS = [*range(3), *(pytest.param(n, marks=pytest.mark.soak) for n in range(3, 30))]
FEEDS = ("--source", "slickdeals_rss", "--source", "steam_charts", "--source", "google_trends_rss")


def cut_short(
    home: Path, args: tuple[str, ...], number: int, after: float, told: Mapping[str, str], real: bool = False
) -> Ran:
    """A command that is sent a signal some time after it is loaded; `real`: an interpreter is started for it."""
    env = {**os.environ, **told, "TRENDCTL_HOME": str(home)}
    started = begun(args, env) if real else Forked([CLI, *args], env)
    threading.Event().wait(after)
    if started.poll() is None:
        os.kill(started.pid, number)
    out, err = started.communicate(timeout=60)
    return Ran(started.returncode, out, err)


def begun(args: tuple[str, ...], env: Mapping[str, str]) -> "subprocess.Popen[str]":
    started = subprocess.Popen(
        [sys.executable, "-c", START, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env
    )
    assert started.stderr is not None
    assert started.stderr.readline() == "ready\n"
    return started


START = "import sys, trendctl.cli.main as m; print('ready', file=sys.stderr, flush=True); m.run()"


def clean(ran: Ran) -> None:
    assert "Traceback" not in ran.err, ran.err
    assert "bug in trendctl" not in ran.err
    if ran.code == 130:
        assert ran.err.strip().splitlines()[-1] == "interrupted"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_scan_cut_short_keeps_what_was_stored_and_the_next_one_completes(
    home: Home, store: Store, loopback: Loopback, seed: int
) -> None:
    serve_fixtures(loopback)
    loopback.add(re.compile("^/steam_charts/"), b"{}", delay=1.0)
    chance, told = random.Random(seed), environ(loopback)
    number = signal.SIGINT if seed % 2 else signal.SIGTERM
    before = time.monotonic()
    after, real = chance.uniform(0.1, 1.3), seed % 3 == 0
    ran = cut_short(home.root, ("scan", "--json", *FEEDS), number, after, told, real)
    assert time.monotonic() - before < 20
    clean(ran)
    assert ran.code in (0, 1, 130, -number)  # the last: before the program had begun to listen
    sound(store)
    serve_fixtures(loopback)
    again = child(home.root, "scan", "--json", "--force", *FEEDS, **told)
    assert set(again.outcomes.values()) == {"ok"}, again.causes
    sound(store)
    with store.read() as db:
        assert db.execute("SELECT count(*) FROM item WHERE source = 'slickdeals_rss'").fetchone()[0] == 2


@pytest.mark.parametrize("seed", SEEDS)
def test_a_post_cut_short_is_finished_by_the_next_one_with_one_pack(tmp_path: Path, seed: int) -> None:
    shop = Shop(tmp_path)
    shop.clock.advance(time.time() - shop.clock.now().timestamp())
    shop.approve(shop.stock())
    real = seed % 3 == 0  # a started interpreter imports first
    after = random.Random(seed).uniform(0.1, 0.9 if real else 0.25)
    ran = cut_short(shop.home.root, ("post", "--json"), signal.SIGINT, after, {}, real)
    clean(ran)
    assert ran.code in (0, 130)
    child(shop.home.root, "post", "--json")
    assert [row["state"] for row in shop.listings()] == ["live"]
    assert len(shop.packs()) == 1
    assert shop.journal.verify(shop.store).ok
    assert not [p for p in shop.home.outbox.rglob("*") if p.name.endswith(".part")]
    sound(shop.store)


@pytest.mark.parametrize("at", ["cost", "fact"])
@pytest.mark.parametrize("key", ["c", "d"])
def test_questions_of_supply_left_by_ctrl_c_or_ctrl_d_store_nothing(
    home: Home, store: Store, at: str, key: str
) -> None:
    from store_rows import product

    number = product(store, "abcd2345efgh6723")
    told = at_terminal(home.root, "supply", str(number))
    for question in ("cost", "stock", "condition", "lead_days", "price", "brand", "mpn", "gtin", "fact"):
        told.expect(question)
        if question == at:
            break
        told.sendline({"cost": "3.50", "stock": "2", "condition": "new"}.get(question, "-"))
    told.expect(r"[:\]] ?$")
    left(told, key)
    assert "Traceback" not in told.before
    told.close()
    assert told.exitstatus == 130
    with store.read() as db:
        assert db.execute("SELECT count(*) FROM supply").fetchone()[0] == 0


def test_words_that_are_not_utf_8_do_not_break_a_question(home: Home, store: Store) -> None:
    from store_rows import product

    number = product(store, "abcd2345efgh6723")
    told = at_terminal(home.root, "supply", str(number), encoding=None)
    told.expect("cost")
    told.send(b"\xff\xfe\r")
    told.expect("cannot be .* a number such as 7.50 is needed")
    told.expect(r"cost \[-\]: $")
    left(told, "c")
    told.close()
    assert told.exitstatus == 130


def test_a_terminated_review_ends(home: Home, store: Store, loopback: Loopback) -> None:
    serve_fixtures(loopback)
    child(home.root, "scan", "--json", *FEEDS, **environ(loopback))
    told = at_terminal(home.root, "review", dimensions=(60, 100))
    told.expect(r"\[q\]uit")
    told.kill(signal.SIGTERM)
    told.expect(pexpect.EOF)
    told.close()
    assert told.exitstatus == 130
    sound(store)
