"""Guards that keep every test off the network, the real clock and the real home; and what tests share.

With TRENDCTL_NO_SKIP=1 a test marked `shared` that skips is a failed one: what could be checked is.
"""

import os
import random
import shutil
import sys
import zlib
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import hypothesis.core
import pytest

import guards
import kept
from fakes import START, FakeClock
from loopback import Loopback
from trendctl.home import Home
from trendctl.store.engine import Store
from trendctl.store.journal import Journal
from trendctl.store.migrate import migrate

# Tests sync to the disk thousands of times; in memory that costs nothing, and no test is about the disk itself.
if "PYTEST_DEBUG_TEMPROOT" not in os.environ and os.access("/dev/shm", os.W_OK):
    os.environ["PYTEST_DEBUG_TEMPROOT"] = "/dev/shm"

sys.dont_write_bytecode = False  # whatever the environment says: hundreds of processes compile what one has compiled

NO_SKIP = os.environ.get("TRENDCTL_NO_SKIP") == "1"
SOAK_SEED = int(os.environ.get("TRENDCTL_SOAK_SEED", "1"))  # read before the environment is cleaned
SOAK_SHARE = float(os.environ.get("TRENDCTL_SOAK_SHARE", "1"))

hypothesis.settings.register_profile("project", deadline=None, max_examples=50)  # no test depends on how fast it is
hypothesis.settings.load_profile("project")


@pytest.hookimpl(trylast=True)  # after pytest-randomly has chosen its seed
def pytest_configure(config: pytest.Config) -> None:
    seed = getattr(config.option, "randomly_seed", None)
    if isinstance(seed, int) and hypothesis.core.global_force_seed is None:
        hypothesis.core.global_force_seed = seed


@pytest.hookimpl(optionalhook=True)  # pytest-xdist's
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One more than there are processors: at any time some test waits for another process."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of the long tests with many parameters, keep the share that TRENDCTL_SOAK_SHARE asks for, drawn by the seed."""
    if SOAK_SHARE >= 1:
        return

    def drawn(item: pytest.Item) -> bool:
        return zlib.crc32(f"{SOAK_SEED} {item.nodeid}".encode()) / 2**32 < SOAK_SHARE

    many = {i for i in items if i.get_closest_marker("soak") and "[" in i.name}
    left_out = [i for i in items if i in many and not drawn(i)]
    items[:] = [i for i in items if i not in set(left_out)]
    config.hook.pytest_deselected(items=left_out)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if NO_SKIP and report.skipped and item.get_closest_marker("shared") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, which TRENDCTL_NO_SKIP=1 forbids: {report.longrepr}"
    return report


@pytest.fixture(autouse=True, scope="session")
def _no_platform_folders() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        guards.forbid_platform_folders(patch)
        yield


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    guards.clean_environment(monkeypatch, tmp_path)


@pytest.fixture(autouse=True)
def forbidden(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """What the test tried and may not; not empty at its end: the test fails, whoever swallowed the exception."""
    tried: list[str] = []
    guards.forbid_network(monkeypatch, tried)
    if not (request.node.get_closest_marker("soak") or "real_sleep" in request.fixturenames):
        guards.forbid_sleep(monkeypatch, tried)
    yield tried
    assert not tried, f"forbidden in tests: {tried}"


@pytest.fixture
def new_connections() -> None:
    """Asked for by a test about the database's file itself: each connection is opened anew."""


@pytest.fixture(autouse=True)
def _kept_connections(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[None]:
    if "new_connections" in request.fixturenames:
        yield
    else:
        with kept.kept(monkeypatch):
            yield


@pytest.fixture
def real_sleep() -> None:
    """Asked for by a test that truly has to wait for another process."""


@pytest.fixture
def clock() -> FakeClock:
    """2026-06-01T12:00Z until moved."""
    return FakeClock()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """The home that TRENDCTL_HOME names in this test, made."""
    made = Home(tmp_path / "home")
    made.make()
    return made


@pytest.fixture(scope="session")
def _migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "trendctl.db"
    migrate(path, now=int(START.timestamp()), before=lambda path, reason: None)
    return path


@pytest.fixture
def store(home: Home, _migrated: Path) -> Store:
    """A migrated, empty database in `home`."""
    shutil.copyfile(_migrated, home.database)
    home.database.chmod(0o600)
    return Store(home.database)


@pytest.fixture
def journal(home: Home) -> Journal:
    return Journal(home.journal)


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    """A server on 127.0.0.1; see tests/loopback.py."""
    with Loopback() as server:
        yield server


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder `shared` beside the checkout: recorded payloads, specs, data. Mark such tests `shared`."""
    folder = Path(__file__).resolve().parents[1].parent / "shared"
    if not folder.is_dir():
        pytest.skip("the folder `shared` (payloads, specs, data) is not beside the checkout")
    return folder


@pytest.fixture
def fresh_python(tmp_path: Path) -> Callable[..., str]:
    """Run code in a fresh interpreter (no site customisation of ours, the test's environment); its stdout."""
    import subprocess

    def run(code: str, **environ: str) -> str:
        done: Any = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env=os.environ | environ,
            cwd=tmp_path, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return str(done.stdout)

    return run


@pytest.fixture
def soak_seed() -> int:
    """Another slice of the long runs for each commit: `.ci/run` sets TRENDCTL_SOAK_SEED from the commit's hash."""
    return SOAK_SEED


@pytest.fixture
def soak_slice() -> Callable[[int], list[int]]:
    """Which of so many repetitions a long run makes: all, or the share TRENDCTL_SOAK_SHARE, drawn by the seed."""
    return lambda total: sorted(random.Random(SOAK_SEED).sample(range(total), max(1, round(total * SOAK_SHARE))))
