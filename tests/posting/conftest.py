"""What the posting tests share: cheap durability, and the parameters of the conformance suite.

A killed process loses nothing that it wrote, so these tests need no fsync (tests/store look after durability).
"""

import os
import sqlite3

import pytest

from trendctl.store import engine

pytest.register_assert_rewrite("conformance")


@pytest.fixture(autouse=True)
def _no_fsync(monkeypatch: pytest.MonkeyPatch) -> None:
    prepare = engine.prepare

    def unsynced(connection: sqlite3.Connection, *, durable: bool = False) -> None:
        prepare(connection, durable=durable)
        connection.execute("PRAGMA synchronous = OFF")

    monkeypatch.setattr(os, "fsync", lambda fd: None)
    monkeypatch.setattr(engine, "prepare", unsynced)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`call` and `fault` of a conformance class: its own `calls` and `faults`."""
    if metafunc.cls is None:
        return
    for name, many in (("call", "calls"), ("fault", "faults"), ("lost", "lost_faults")):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, getattr(metafunc.cls, many))
