"""A transaction whose audit entries are on the disk, in database and journal, before the caller goes on."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from trendctl.ports import Json
from trendctl.store import audit
from trendctl.store.engine import Store
from trendctl.store.journal import Journal
from trendctl.store.writers import Role


@dataclass(frozen=True, slots=True)
class Audited:
    """An open write transaction; `record` adds to the chain inside it."""

    db: sqlite3.Connection
    now: int

    def record(self, kind: str, key: str, body: Mapping[str, Json]) -> int:
        """Add an audit entry; its number."""
        return audit.append(self.db, kind, key, body, self.now)


@contextmanager
def audited(store: Store, journal: Journal, role: Role, now: int) -> Iterator[Audited]:
    """Commit at the end (synchronous=FULL), then append to the journal and sync it.

    Refused before anything is written while the journal is ahead (a restore that nobody reconciled yet).
    If the journal cannot be written, StoreError is raised although the commit stands: whatever was to follow
    (a call to a platform) must not happen, and the next start catches the journal up.
    """
    with store.write(role) as db:
        journal.refuse_ahead_of(db)
        yield Audited(db, now)
    journal.catch_up(store)
