"""kill -9 at any step of a repair, and two processes at once: the next start leaves everything as it was before.

The child dies by its own SIGKILL just before its n-th act on the disk (Python's audit events: every open, rename,
chmod, mkdir, remove, connect), so that between each two of them it has died once.
"""

import os
import random
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "selfheal"))
from heal_kit import Rig, file_check, file_fault, planned, snapshot
from test_selfheal_safeguard import EVERY, furnish, job

from fakes import FakeClock
from trendctl.errors import Refused
from trendctl.home import Home
from trendctl.selfheal import coordinator
from trendctl.store.engine import Store

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the child is a fork")
ACTS = frozenset(
    {"open", "os.rename", "os.chmod", "os.mkdir", "os.remove", "os.rmdir", "sqlite3.connect", "fcntl.flock"}
)
SHORT = 14  # of the moments to die at, in the default run


@pytest.fixture
def rig(home: Home, store: Store, clock: FakeClock) -> Rig:
    for name in "ab":
        (home.root / f"{name}.txt").write_text("good")
    faults, checks = [planned("a", *EVERY)], [file_check(home, "a", "a.txt")]
    made = Rig(home, store, clock, faults, checks, window=60)
    furnish(made)
    made.register.make()
    return made


def child(act: Callable[[], object], die_at: int | None = None) -> tuple[int, int]:
    """(how the child ended, how many acts it came to): 0 or the signal's number."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        count = 0

        def hook(event: str, args: tuple[object, ...]) -> None:
            nonlocal count
            if event in ACTS:
                count += 1
                if count == die_at:
                    os.kill(os.getpid(), signal.SIGKILL)

        try:
            sys.addaudithook(hook)
            act()
            os.write(writer, str(count).encode())
        finally:
            os._exit(0)
    os.close(writer)
    _, status = os.waitpid(pid, 0)
    told = os.read(reader, 20)
    os.close(reader)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, int(told or b"0")


def moments(rig: Rig, act: Callable[[], object]) -> int:
    """How many acts it takes, by a child whose work is then undone by the caller."""
    ended, count = child(act)
    assert ended == 0
    assert count > 50
    return count


def chosen(count: int, seed: int) -> list[int]:
    return sorted(random.Random(seed).sample(range(1, count + 1), min(count, SHORT)))


def as_it_was(rig: Rig, before: object, state: object) -> None:
    coordinator.recover(rig.healing())
    entries = rig.register.all()
    assert [e.state for e in entries if e.is_open] == []
    if any(e.state == "final" for e in entries):  # it died after it was proven: a person can still take it back
        rig.heal()
        coordinator.take_back(rig.healing(), 1)
    assert snapshot(rig.home, rig.store) == before
    assert job(rig) == state
    left = [p for p in rig.home.root.rglob("*") if p.name.endswith(".part") and "repairs" not in p.parts]
    assert left == []


def restart(rig: Rig) -> None:
    """A day later, so that no limit of a day stands in the way."""
    rig.clock.advance(86_401)


def kill_at(rig: Rig, points: list[int]) -> None:
    before, state = snapshot(rig.home, rig.store), job(rig)
    died = 0
    for point in points:
        ended, _ = child(rig.heal, point)
        died += ended == signal.SIGKILL
        as_it_was_once(rig, before, state)
        restart(rig)
    assert died == len(points)
    assert rig.heal().told[0].action == "fixed"


def as_it_was_once(rig: Rig, before: object, state: object) -> None:
    """As `as_it_was`, and the register emptied of what a proven repair left, for the next child."""
    coordinator.recover(rig.healing())
    for entry in rig.register.all():
        assert not entry.is_open
        if entry.state == "final":
            done = coordinator.safeguard.take_back(rig.ward, entry, 0)
            assert done.state == "rolled_back"
    assert snapshot(rig.home, rig.store) == before
    assert job(rig) == state
    assert [p for p in rig.home.root.rglob("*.part") if "repairs" not in p.parts] == []


def total(rig: Rig) -> int:
    before, state = snapshot(rig.home, rig.store), job(rig)
    count = moments(rig, rig.heal)
    as_it_was_once(rig, before, state)
    restart(rig)
    return count


def test_killed_at_any_step_of_a_repair_the_next_start_takes_it_back(rig: Rig, soak_seed: int) -> None:
    kill_at(rig, chosen(total(rig), soak_seed))


@pytest.mark.soak
def test_killed_at_every_single_step_of_a_repair_the_next_start_takes_it_back(rig: Rig) -> None:
    kill_at(rig, list(range(1, total(rig) + 1)))


def test_killed_while_it_takes_a_repair_back_the_next_start_goes_on(rig: Rig, soak_seed: int) -> None:
    """A repair that does not help: half of its acts are those of the way back."""
    rig.faults = (planned("a", *(c for c in EVERY if c.path != "a.txt")),)
    before, state = snapshot(rig.home, rig.store), job(rig)
    count = total(rig)
    for point in (p for p in chosen(count, soak_seed + 1) if p > count // 2):
        child(rig.heal, point)
        as_it_was_once(rig, before, state)
        restart(rig)


def test_a_fault_in_the_middle_of_a_repair_takes_it_back(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The n-th write to the disk fails, for every n."""
    from trendctl.selfheal import acts

    before, state = snapshot(rig.home, rig.store), job(rig)
    done = acts.do
    for n in range(len(EVERY)):
        calls: list[int] = []

        def do(bench: acts.Bench, change: object, undo: acts.Undo, n: int = n, calls: list[int] = calls) -> None:
            calls.append(1)
            if len(calls) == n + 1:
                raise OSError(28, "No space left on device")
            done(bench, change, undo)  # type: ignore[arg-type]  # a Change

        with monkeypatch.context() as patch:
            patch.setattr(acts, "do", do)
            told = rig.heal(prior=rig.healing().prior).told
        assert (told[0].action, "No space left" in told[0].detail) == ("rolled_back", True)
        assert snapshot(rig.home, rig.store) == before
        assert job(rig) == state
        restart(rig)
        with rig.store.write(coordinator_role()) as db:
            db.execute("DELETE FROM learning")


def coordinator_role() -> object:
    from trendctl.store.writers import Role

    return Role.SELFHEAL


def test_two_processes_at_once_repair_once(home: Home, store: Store, clock: FakeClock) -> None:
    (home.root / "a.txt").write_text("bad")
    rig = Rig(home, store, clock, [file_fault("a", "a.txt")], [file_check(home, "a", "a.txt")], window=0)
    rig.register.make()
    children = []
    for _ in range(4):
        pid = os.fork()
        if pid == 0:
            code = 3
            try:
                report = rig.heal()
                code = 1 if report.repaired else 0
            except Refused:
                code = 2
            finally:
                os._exit(code)
        children.append(pid)
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
    assert codes.count(1) == 1
    assert set(codes) <= {0, 1, 2}
    assert [e.state for e in rig.register.all()] == ["final"]
    assert (home.root / "a.txt").read_text() == "good"
