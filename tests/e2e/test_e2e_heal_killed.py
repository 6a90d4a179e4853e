"""kill -9 at any step of a repair, and two processes at once: the next start leaves everything as it was before.

The child dies by its own SIGKILL just before its n-th act on the disk (Python's audit events: every open, rename,
chmod, mkdir, remove, connect), so that between each two of them it has died once.
"""

import os
import random
import signal
import sys
from collections.abc import Callable

import pytest

from fakes import FakeClock
from heal_kit import EVERY, Rig, file_check, file_fault, furnish, job, planned, snapshot
from trendctl.errors import Refused
from trendctl.home import Home
from trendctl.selfheal import acts, coordinator, safeguard
from trendctl.store.engine import Store
from trendctl.store.writers import Role

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


def restart(rig: Rig) -> None:
    """A day later, so that no limit of a day stands in the way."""
    rig.clock.advance(86_401)


def kill_at(rig: Rig, points: list[int]) -> None:
    before, state = snapshot(rig.home, rig.store), job(rig)
    died = 0
    for point in points:
        ended, _ = child(rig.heal, point)
        died += ended == signal.SIGKILL
        as_it_was(rig, before, state)
        restart(rig)
    assert died == len(points)
    assert rig.heal().told[0].action == "fixed"


def as_it_was(rig: Rig, before: object, state: object) -> None:
    """After a new start; what was proven before it died is taken back as a person would, for the next child."""
    coordinator.recover(rig.healing())
    for entry in rig.register.all():
        assert not entry.is_open
        if entry.state == "final":
            done = safeguard.take_back(rig.ward, entry, 0)
            assert done.state == "rolled_back"
    assert snapshot(rig.home, rig.store) == before
    assert job(rig) == state
    assert [p for p in rig.home.root.rglob("*.part") if "repairs" not in p.parts] == []


def total(rig: Rig) -> int:
    before, state = snapshot(rig.home, rig.store), job(rig)
    count = moments(rig, rig.heal)
    as_it_was(rig, before, state)
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
        as_it_was(rig, before, state)
        restart(rig)


def test_a_fault_in_the_middle_of_a_repair_takes_it_back(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The n-th write to the disk fails, for every n."""
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
        with rig.store.write(Role.SELFHEAL) as db:
            db.execute("DELETE FROM learning")


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


@pytest.mark.skipif(sys.platform != "linux", reason="root gives its rights up by Linux capabilities")
@pytest.mark.parametrize(
    ("path", "mode"), [(".", 0o500), (".", 0o300), ("trendctl.db", 0o400), ("overlays", 0o500)], ids=str
)
def test_a_home_that_was_shut_is_opened_again_though_nothing_can_be_written_in_it(
    home: Home, store: Store, path: str, mode: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole program, as a user whom modes bind."""
    from trendctl.cli.main import main
    from trendctl.drill.disks import obey_modes

    monkeypatch.setenv("TRENDCTL_SELFHEAL__WINDOW_SECONDS", "0")
    with store.write(Role.SELFHEAL) as db:
        db.execute("INSERT INTO learning VALUES ('home_read_only', 40, 40, 1)")
    for part in (home.root, *home.root.rglob("*")):
        part.chmod(0o700 if part.is_dir() else 0o600)
    (home.root / path).chmod(mode)

    def as_user() -> None:
        obey_modes()
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
        main(["heal"])

    assert child(as_user)[0] == 0
    assert (home.root / path).stat().st_mode & 0o777 == (0o600 if path.endswith(".db") else 0o700)
    with store.read() as db:
        row = db.execute("SELECT fault, state FROM repair").fetchone()
    assert tuple(row) == ("home_read_only", "final")
