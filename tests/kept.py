"""Connections to the database that tests use again, as long as nothing of a test is about how they are opened.

Opening one makes SQLite read the whole schema (about a millisecond), and a test of a platform's flow opens hundreds:
most of its time. Here `Store.connect` hands out a connection that the same thread has closed before, of the same role
and to the same file (by its inode: a restored database is another file). A transaction left open is rolled back, as
closing does it. Tests of the store, of backups and of repairs do without: there, each connection is a new one.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from trendctl.store.engine import Store
from trendctl.store.writers import Role

_Key = tuple[str, int, int, Role | None, int]
_MOST = 64  # idle ones; each holds file descriptors


class Kept(sqlite3.Connection):
    """A connection whose `close` leaves it to its keeper, if it has one."""

    keeper: "Keeper | None" = None
    key: _Key

    def close(self) -> None:
        if self.keeper is None or not self.keeper.takes_back(self):
            super().close()


class Keeper:
    def __init__(self) -> None:
        self._idle: list[Kept] = []
        self._lock = threading.Lock()
        self._open = True

    def key(self, store: Store, role: Role | None) -> _Key | None:
        """None where there is no file."""
        with suppress(OSError):
            found = store.path.stat()
            return str(store.path), found.st_dev, found.st_ino, role, threading.get_ident()
        return None

    def lent(self, key: _Key) -> Kept | None:
        with self._lock:
            for number in range(len(self._idle) - 1, -1, -1):
                if self._idle[number].key == key:
                    return self._idle.pop(number)
        return None

    def takes_back(self, connection: Kept) -> bool:
        with suppress(sqlite3.Error):
            if connection.in_transaction:
                connection.rollback()
            connection.row_factory = sqlite3.Row
            if connection.key[3] is None:  # `read` has forbidden it to write
                connection.execute("PRAGMA query_only = OFF")
            with self._lock:
                if self._open and len(self._idle) < _MOST:
                    self._idle.append(connection)
                    return True
        return False

    def end(self) -> None:
        with self._lock:
            self._open, idle = False, self._idle
        for connection in idle:
            sqlite3.Connection.close(connection)


@contextmanager
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    keeper, connect, opened = Keeper(), Store.connect, sqlite3.connect

    def lent(store: Store, role: Role | None = None) -> sqlite3.Connection:
        key = keeper.key(store, role)
        if key is None:
            return connect(store, role)
        found = keeper.lent(key)
        if found is None:
            made = connect(store, role)
            assert isinstance(made, Kept)
            made.keeper, made.key = keeper, key
            return made
        return found

    monkeypatch.setattr(sqlite3, "connect", lambda *args, **options: opened(*args, **{"factory": Kept, **options}))
    monkeypatch.setattr(Store, "connect", lent)
    try:
        yield
    finally:
        keeper.end()
