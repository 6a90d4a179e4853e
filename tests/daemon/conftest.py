"""A calm machine: no test of the daemon may depend on how busy the one it runs on is."""

import shutil
import types

import psutil
import pytest


@pytest.fixture(autouse=True)
def _calm_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "getloadavg", lambda: (0.1, 0.1, 0.1))
    monkeypatch.setattr(psutil, "virtual_memory", lambda: types.SimpleNamespace(available=8 << 30, total=16 << 30))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: types.SimpleNamespace(free=100 << 30))


@pytest.fixture(autouse=True)
def _no_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """A repair is looked at once more and is final: nobody waits two real minutes."""
    monkeypatch.setenv("TRENDCTL_SELFHEAL__WINDOW_SECONDS", "0")
