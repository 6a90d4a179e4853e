"""The one place that opens the database: pragmas, file mode, roles, transactions."""

import hashlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from trendctl.errors import StoreError
from trendctl.store.writers import WRITERS, Role

if TYPE_CHECKING:
    from sqlmodel import Session

BUSY_MS = 15_000  # a scan's transaction takes well under a second; a person should never see "locked"
_DURABLE = frozenset({Role.APPROVAL, Role.POSTING, Role.FORGET})  # a lost commit here could post twice
_SELECTS = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_TRANSACTION,
     sqlite3.SQLITE_SAVEPOINT, sqlite3.SQLITE_RECURSIVE}
)  # fmt: skip
_WRITES = frozenset({sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE})
_ASKED = frozenset({"read_uncommitted"})  # SQLAlchemy reads it on its first connection; setting it is refused
_spoken = threading.local()  # `refusal`: a Guard has said no in this thread since a fault was last explained
_SAFE_PRAGMAS = frozenset({"foreign_key_check", "quick_check", "integrity_check", "wal_checkpoint", "data_version"})


def sha256_hex(data: bytes | str) -> str:
    """SHA-256 as lower-case hex; text is hashed as UTF-8. Also a function inside the database, for its triggers."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


class Store:
    """One SQLite file. Connections live as long as one `read`, `write` or `session` block; nothing is shared."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A connection in one read transaction that cannot write; rows are sqlite3.Row.

        Raises StoreError when the file is not there or not a database.
        """
        connection = self.connect()
        try:
            connection.execute("PRAGMA query_only = ON")
            connection.execute("BEGIN")
            yield connection
        except sqlite3.DatabaseError as fault:
            raise explain(fault, self.path) from fault
        finally:
            connection.close()

    @contextmanager
    def write(self, role: Role) -> Iterator[sqlite3.Connection]:
        """BEGIN IMMEDIATE on behalf of `role`, which may write its own tables only; commit at the end, or roll back.

        sqlite3.IntegrityError passes through: it is the database saying no, and the caller knows what it means.
        """
        connection = self.connect(role)
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                _roll_back(connection)
                raise
        except sqlite3.IntegrityError:
            raise
        except sqlite3.DatabaseError as fault:
            raise explain(fault, self.path) from fault
        finally:
            connection.close()

    @contextmanager
    def session(self, role: Role) -> Iterator["Session"]:
        """The same as `write`, as an SQLModel session (loads SQLAlchemy). Committed at the end, or rolled back."""
        from sqlalchemy.exc import DBAPIError  # heavy: only commands that edit rows pay for it
        from sqlmodel import Session

        from trendctl.store.orm import engine_for

        try:
            with Session(engine_for(self, role), expire_on_commit=False) as session:
                yield session
                session.commit()
        except DBAPIError as fault:
            if isinstance(fault.orig, sqlite3.IntegrityError):
                raise fault.orig from fault
            if isinstance(fault.orig, sqlite3.DatabaseError):
                raise explain(fault.orig, self.path) from fault
            raise
        except sqlite3.IntegrityError:
            raise
        except sqlite3.DatabaseError as fault:  # of plain SQL on the session's connection
            raise explain(fault, self.path) from fault

    def connect(self, role: Role | None = None) -> sqlite3.Connection:
        """A new connection with the project's pragmas; with a role, the authorizer guards every statement."""
        if not self.path.exists():
            raise StoreError("There is no database yet", why=f"{self.path.name} is missing", next="trendctl init")
        try:
            connection = sqlite3.connect(
                self.path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False, cached_statements=256
            )
        except sqlite3.Error as fault:
            raise explain(fault, self.path) from fault
        try:
            prepare(connection, durable=role in _DURABLE)
        except sqlite3.DatabaseError as fault:
            connection.close()
            raise explain(fault, self.path) from fault
        connection.row_factory = sqlite3.Row
        if role is not None:
            connection.set_authorizer(Guard(WRITERS[role], rebuild=role is Role.SELFHEAL))
        return connection


def prepare(connection: sqlite3.Connection, *, durable: bool = False) -> None:
    """The pragmas every connection has. `durable`: a commit is on the disk before it returns."""
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    connection.execute("PRAGMA foreign_keys = ON")
    # Without it INSERT OR REPLACE deletes the old row past the DELETE triggers, and a frozen row could be rewritten.
    connection.execute("PRAGMA recursive_triggers = ON")
    connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.create_function("sha256_hex", 1, sha256_hex, deterministic=True)


def create_file(path: Path) -> None:
    """An empty WAL database, mode 0600 from its first moment. Raises StoreError (read-only home, full disk)."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        finally:
            connection.close()
    except (OSError, sqlite3.Error) as fault:
        raise StoreError(
            "The database cannot be created", why=str(fault), next="check the folder that `trendctl config path` prints"
        ) from fault


def explain(fault: sqlite3.Error, path: Path) -> StoreError:
    """A database fault as one line for a person.

    Raises KeyboardInterrupt for a refusal that no Guard has spoken: a Ctrl-C broke into its callback, and SQLite takes
    a callback that breaks off for a refusal.
    """
    text = str(fault)
    refused, _spoken.refusal = getattr(_spoken, "refusal", False), False
    forbidden = "not authorized" in text or "prohibited" in text
    if forbidden and not refused and threading.current_thread() is threading.main_thread():
        raise KeyboardInterrupt from fault
    if "locked" in text or "busy" in text:
        return StoreError(
            "The database is busy", why="another trendctl has been writing for long", next="try again in a minute"
        )
    if "full" in text:
        return StoreError("The disk is full", why=text, next="free some space, then run the command again")
    if "disk I/O" in text:
        return StoreError(
            "The disk would not read or write", why=f"{path.name}: {text}",
            next="check its free space and health, then run the command again",
        )  # fmt: skip
    if "readonly" in text or "unable to open" in text:
        return StoreError(
            "The database cannot be written", why=f"{path.name}: {text}", next="check its owner and mode (0600)"
        )
    if "malformed" in text or "not a database" in text:
        return StoreError(
            "The database is damaged", why=text, next="trendctl backup list, then trendctl backup restore ID"
        )
    return StoreError("The database said no", why=text, next="trendctl health")


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


class Guard:
    """An SQLite authorizer that allows reads, and writes to the named tables; nothing else (no DDL, ATTACH, pragma).

    `rebuild`: REINDEX as well, which changes no row: an index is made anew from its table.
    """

    def __init__(self, tables: frozenset[str], *, rebuild: bool = False) -> None:
        self.tables = tables
        self.rebuild = rebuild

    def __call__(
        self, action: int, first: str | None, second: str | None, database: str | None, trigger: str | None
    ) -> int:
        if action in _SELECTS:
            return sqlite3.SQLITE_OK
        if action in _WRITES and first in self.tables:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_REINDEX and self.rebuild:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_PRAGMA and (first in _SAFE_PRAGMAS or (first in _ASKED and second is None)):
            return sqlite3.SQLITE_OK
        _spoken.refusal = True
        return sqlite3.SQLITE_DENY
