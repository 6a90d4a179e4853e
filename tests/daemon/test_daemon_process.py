"""The real process with the real scheduler: stopped, killed, frozen, its clock set, a second one, a full disk."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from forked import PIPE, STDOUT, Forked
from trendctl.home import Home
from trendctl.store import incidents, jobs
from trendctl.store.engine import Store

CHILD = str(Path(__file__).with_name("daemon_child.py"))
LONGEST = 120.0  # only a test that fails waits so long
pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="signals and the service are for Linux and macOS"),
    pytest.mark.timeout(400),
]


class Process:
    """A daemon under test; ended with the test whatever happens."""

    def __init__(self, home: Home, base_url: str, real: bool = False, **environ: str) -> None:
        """`real`: an interpreter is started for it."""
        self.home = home
        args, env = (str(home.root), base_url, "0.1"), os.environ | environ
        self.child: Any = (
            subprocess.Popen([sys.executable, CHILD, *args], stdout=PIPE, stderr=STDOUT, env=env, text=True)
            if real
            else Forked([f"{CHILD}:run", *args], env, stderr=STDOUT)
        )

    def until(self, what: Callable[[], object], say: str) -> Any:
        """Wait until it is so; the daemon must live meanwhile."""
        ends, waiting = time.monotonic() + LONGEST, threading.Event()
        while time.monotonic() < ends:
            if found := what():
                return found
            assert self.child.poll() is None, self.child.stdout and self.child.stdout.read()
            waiting.wait(0.03)
        raise AssertionError(f"not within {LONGEST} s: {say}")

    def end(self, number: int = signal.SIGTERM) -> int:
        self.child.send_signal(number)
        self.child.send_signal(signal.SIGCONT)
        output, _ = self.child.communicate(timeout=LONGEST)
        self.output = output
        return self.child.returncode


@pytest.fixture
def begin(home: Home, store: Store, loopback: Any) -> Iterator[Callable[..., Process]]:
    """Start a daemon whose sources are on the loopback server."""
    begun: list[Process] = []
    loopback.add(re.compile("^/$"), [{"id": f"t{n}", "title": f"gadget number {n}00"} for n in range(9)])

    def start(real: bool = False, **environ: str) -> Process:
        begun.append(Process(home, loopback.base_url, real, **environ))
        return begun[-1]

    yield start
    for process in begun:
        if process.child.poll() is None:
            process.child.kill()
        process.child.communicate()


def job(store: Store, name: str) -> jobs.JobState:
    with store.read() as db:
        return jobs.all_states(db).get(name, jobs.JobState(name))


def faults(store: Store, prefix: str) -> list[str]:
    with store.read() as db:
        return [i.fault for i in incidents.listed(db) if i.fault.startswith(prefix)]


def times(store: Store, name: str) -> list[int]:
    with store.read() as db:
        return [row[0] for row in db.execute("SELECT started_at FROM scan_run ORDER BY id")]


def shift(home: Home, seconds: int) -> None:
    """Set the daemon's clock."""
    (home.root / "shift.new").write_text(str(seconds))
    os.replace(home.root / "shift.new", home.root / "shift")


def test_the_real_scheduler_runs_both_lanes_and_ends_politely(begin: Any, store: Store, home: Home) -> None:
    process = begin(real=True)
    process.until(lambda: job(store, "scan").outcome == "ok" and job(store, "health").outcome == "ok", "both lanes")
    assert job(store, "daemon").detail == str(process.child.pid)
    assert process.end() == 0
    assert job(store, "daemon").outcome == "stopped"
    assert not [s for s in ("scan", "health", "backup") if job(store, s).outcome == "running"]


def test_an_hour_later_by_the_clock_it_scans_again_and_a_clock_set_back_does_not_stop_it(
    begin: Any, store: Store, home: Home
) -> None:
    process = begin()
    process.until(lambda: job(store, "backup").outcome == "ok" and len(times(store, "scan")) == 1, "the first scan")
    shift(home, 3600)
    process.until(lambda: job(store, "scan").outcome == "ok" and len(times(store, "scan")) == 2, "after an hour")
    shift(home, -7200)
    process.until(lambda: job(store, "scan").outcome == "ok" and len(times(store, "scan")) == 3, "set back")
    shift(home, 4 * 3600)
    process.until(lambda: job(store, "scan").outcome == "ok" and len(times(store, "scan")) == 4, "set ahead")
    assert process.end() == 0
    assert sorted({*faults(store, "clock."), *faults(store, "missed.")}) == ["clock.back", "missed.scan"]


def test_sigterm_in_the_middle_of_a_scan_stores_what_came_and_scans_again_at_the_next_start(
    begin: Any, store: Store, loopback: Any
) -> None:
    hang = threading.Event()
    loopback.add(re.compile("^/$"), lambda seen: hang.wait(LONGEST) and [])
    process = begin()
    process.until(lambda: loopback.requests, "the scan asks")
    assert process.end() == 0
    hang.set()
    assert job(store, "scan").outcome == "stopped"
    with store.read() as db:
        assert db.execute("SELECT count(*) FROM scan_run WHERE finished_at IS NULL").fetchone()[0] == 0
        assert {r[0] for r in db.execute("SELECT outcome FROM source_run")} == {"skipped"}
    again = begin()
    again.until(lambda: len(times(store, "scan")) == 2, "due at the next start")
    assert again.end() == 0
    assert faults(store, "broken_off") == []


def test_killed_in_the_middle_of_a_scan_it_is_told_and_scanned_again(begin: Any, store: Store, loopback: Any) -> None:
    hang = threading.Event()
    loopback.add(re.compile("^/$"), lambda seen: hang.wait(LONGEST) and [])
    process = begin()
    process.until(lambda: loopback.requests, "the scan asks")
    process.end(signal.SIGKILL)
    hang.set()
    assert job(store, "scan").outcome == "running"
    again = begin()
    again.until(lambda: job(store, "scan").outcome in ("ok", "failed"), "scanned again")
    assert again.end() == 0
    assert "broken_off.scan" in faults(store, "broken_off")
    with store.read() as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_frozen_for_hours_it_goes_on_and_tells_the_missed_hours(begin: Any, store: Store, home: Home) -> None:
    process = begin()
    process.until(lambda: job(store, "scan").outcome == "ok", "the first scan")
    process.child.send_signal(signal.SIGSTOP)
    shift(home, 5 * 3600)
    process.child.send_signal(signal.SIGCONT)
    process.until(lambda: job(store, "scan").outcome == "ok" and len(times(store, "scan")) == 2, "goes on")
    assert process.end() == 0
    assert faults(store, "missed.") == ["missed.scan"]


def test_a_second_daemon_refuses_and_leaves_the_first_alone(begin: Any, store: Store) -> None:
    first = begin()
    first.until(lambda: job(store, "scan").outcome == "ok", "the first runs")
    second = begin()
    output, _ = second.child.communicate(timeout=LONGEST)
    assert second.child.returncode != 0
    assert "Another daemon works in this home" in output
    assert job(store, "daemon").detail == str(first.child.pid)
    assert first.end() == 0


def test_sighup_reads_the_settings_anew(begin: Any, store: Store, home: Home) -> None:
    process = begin()
    process.until(lambda: job(store, "scan").outcome == "ok", "it runs")
    home.config.write_text("[backup]\nevery_hours = 3\n")
    process.child.send_signal(signal.SIGHUP)
    process.until(lambda: "settings reloaded" in (home.logs / "trendctl.jsonl").read_text(), "reloaded")
    assert process.end() == 0


def test_systemd_hears_ready_status_and_signs_of_life(begin: Any, tmp_path: Path, store: Store) -> None:
    address = f"\0trendctl-test-{os.getpid()}-{tmp_path.name}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
        try:
            there.bind(address)
        except OSError:
            pytest.skip("no abstract Unix sockets here")
        there.settimeout(LONGEST)
        process = begin(NOTIFY_SOCKET="@" + address[1:], WATCHDOG_USEC="2000000")
        heard: list[str] = []
        looked = re.compile("WATCHDOG=1\nSTATUS=(healthy|degraded|unhealthy); ")
        while not any(looked.match(h) for h in heard):
            heard.append(there.recv(4096).decode())
        assert heard[0] == "READY=1"
        assert process.end() == 0
        while not heard[-1].startswith("STOPPING=1"):
            heard.append(there.recv(4096).decode())


FULL = """
import resource, sys
sys.path[:0] = {paths!r}
from daemon_world import World
from fakes import FakeClock
from forked import PIPE, STDOUT, Forked
from trendctl.home import Home
from pathlib import Path
w = World(Home(Path({home!r})), FakeClock())
w.acts.update(scan=w.light_scan)
w.tick()
size = Path({home!r}, "trendctl.db").stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
for hour in range(3):
    done = w.tick(3600)
    print("full:", sorted({{(r.job, r.outcome) for r in done}}))
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print("after:", sorted({{(r.job, r.outcome) for r in w.tick(3600)}}))
print("missed:", [i.detail for i in w.found("missed.")])
"""


def test_a_full_disk_stops_nothing_for_good_and_its_hours_are_told(home: Home, fresh_python: Any) -> None:
    paths = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
    said = fresh_python(FULL.format(paths=paths, home=str(home.root)))
    lines = dict(line.split(": ", 1) for line in said.splitlines() if line.startswith(("full", "after", "missed")))
    assert "'failed'" in lines["full"]
    assert "('scan', 'ok')" in lines["after"]
    assert "no scan in 3 hours" in lines["missed"]
