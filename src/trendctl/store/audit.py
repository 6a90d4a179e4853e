"""The audit chain: every draft's intent, decision, operation, attempt and answer, in the transaction that makes it.

    chain = sha256(prev | seq | kind | key | body_sha256)

The chain holds hashes only, so that a body can later become a tombstone and the chain still verifies.
"""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from trendctl.ports import Json
from trendctl.store.engine import sha256_hex

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """One link. `body` None: forgotten on the person's order, only its hash is left."""

    seq: int
    kind: str
    key: str
    body: str | None
    body_sha256: str
    prev: str
    chain: str
    at: int

    def problem(self, before: "Entry | None") -> str | None:
        """What is wrong with this link behind `before` (None: it is the first). None: it holds."""
        prev, seq = (before.chain, before.seq + 1) if before else (GENESIS, 1)
        if self.seq != seq:
            return f"entry {self.seq} stands where {seq} should"
        if self.prev != prev or self.chain != link(prev, self.seq, self.kind, self.key, self.body_sha256):
            return f"entry {self.seq} does not follow from the one before"
        if self.body is not None and sha256_hex(self.body) != self.body_sha256:
            return f"entry {self.seq} was changed"
        return None


def link(prev: str, seq: int, kind: str, key: str, body_sha256: str) -> str:
    """The chain value of an entry."""
    return sha256_hex("|".join((prev, str(seq), kind, key, body_sha256)))


def append(db: sqlite3.Connection, kind: str, key: str, body: Mapping[str, Json], now: int) -> int:
    """Add an entry inside the caller's write transaction; its number. `body` must be JSON without floats."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    last = db.execute("SELECT seq, chain FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
    seq, prev = (last[0] + 1, last[1]) if last else (1, GENESIS)
    digest = sha256_hex(text)
    db.execute(
        "INSERT INTO audit (seq, kind, key, body, body_sha256, prev, chain, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (seq, kind, key, text, digest, prev, link(prev, seq, kind, key, digest), now),
    )
    return int(seq)


def head(db: sqlite3.Connection) -> tuple[int, str]:
    """Number and chain value of the last entry; (0, GENESIS) when there is none."""
    row = db.execute("SELECT seq, chain FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
    return (row[0], row[1]) if row else (0, GENESIS)


def entries(db: sqlite3.Connection, after: int = 0) -> list[Entry]:
    """All entries behind number `after`, in order."""
    rows = db.execute(
        "SELECT seq, kind, key, body, body_sha256, prev, chain, at FROM audit WHERE seq > ? ORDER BY seq", (after,)
    )
    return [Entry(*row) for row in rows]


def emptied(db: sqlite3.Connection) -> set[int]:
    """The numbers of the entries whose bodies were forgotten."""
    return {row[0] for row in db.execute("SELECT seq FROM audit WHERE body IS NULL")}


def replay(db: sqlite3.Connection, entry: Entry) -> None:
    """Put an entry of the journal back into a restored database, as it was."""
    db.execute(
        "INSERT INTO audit (seq, kind, key, body, body_sha256, prev, chain, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (entry.seq, entry.kind, entry.key, entry.body, entry.body_sha256, entry.prev, entry.chain, entry.at),
    )
