"""A transaction whose audit entries are on the disk, in database and journal, before the caller goes on."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from sqlmodel import Session

from trendctl.ports import Json
from trendctl.store import audit
from trendctl.store.engine import Store
from trendctl.store.journal import Journal
from trendctl.store.writers import Role


@dataclass(frozen=True, slots=True)
class Audited:
    """An open transaction: `session` for rows, `db` for plain SQL on the same connection, `record` for the chain."""

    session: Session
    db: sqlite3.Connection
    now: int

    def record(self, kind: str, key: str, body: Mapping[str, Json]) -> int:
        """Flush what the session holds, then add an audit entry; its number."""
        self.session.flush()
        return audit.append(self.db, kind, key, body, self.now)


@contextmanager
def audited(store: Store, journal: Journal, role: Role, now: int) -> Iterator[Audited]:
    """Commit at the end (synchronous=FULL), then append to the journal and sync it.

    If the journal cannot be written, StoreError is raised although the commit stands: whatever was to follow
    (a call to a platform) must not happen, and the next start catches the journal up.
    """
    with store.session(role) as session:
        raw = session.connection().connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)  # our creator made it
        yield Audited(session, raw, now)
    journal.catch_up(store)
