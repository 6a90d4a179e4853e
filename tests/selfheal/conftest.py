"""A home with faults of the tests' own."""

import pytest

from fakes import FakeClock
from heal_kit import Make, Rig, file_check, file_fault
from trendctl.home import Home
from trendctl.store.engine import Store


@pytest.fixture
def make(home: Home, store: Store, clock: FakeClock) -> Make:
    """A round over two files: `a` and `b`, each with its check and its fault."""

    def build(**changes: object) -> Rig:
        names = ("a", "b")
        for name in names:
            (home.root / f"{name}.txt").write_text("good")
        faults = changes.pop("faults", [file_fault(n, f"{n}.txt") for n in names])
        checks = changes.pop("checks", [file_check(home, n, f"{n}.txt") for n in names])
        return Rig(home, store, clock, faults, checks, **changes)  # type: ignore[arg-type]  # of Rig

    return build


@pytest.fixture(autouse=True)
def _anew(new_connections: None) -> None:
    """Repairs look at the database's file itself."""
