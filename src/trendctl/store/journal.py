"""The append-only journal outside the database: committed, then journaled and synced, then the call is made.

A journal BEHIND the database catches up. A journal AHEAD of it means an older database, however it came there.
"""

import json
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from filelock import FileLock

from trendctl.errors import Refused, StoreError
from trendctl.store import audit
from trendctl.store.backup import sync_folder
from trendctl.store.engine import Store

FILE = "journal.jsonl"
_LOOKS = 5  # each waits for another process's entry to be on the disk


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `audit verify` says. Heads are (number, chain value)."""

    ok: bool
    database_head: tuple[int, str]
    journal_head: tuple[int, str]
    differences: tuple[str, ...]


class Journal:
    """`folder`/journal.jsonl, one entry a line, mode 0600."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._lock = FileLock(folder / "journal.lock", mode=0o600)

    def catch_up(self, store: Store) -> int:
        """Append and sync what the database has and the journal has not; how many. Raises StoreError when it cannot.

        Raises Refused where the journal is ahead: then nothing may be appended before a person reconciles.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self._lock:
                last = self._last_whole()
                with store.read() as db:
                    self.refuse_ahead_of(db, last)
                    missing = audit.entries(db, last.seq if last else 0)
                if missing:
                    self._append(missing)
                return len(missing)
        except OSError as fault:
            raise StoreError(
                "The journal cannot be written", why=str(fault), next="free some space, then try again"
            ) from fault

    def refuse_if_ahead(self, store: Store) -> None:
        """Raise Refused where the journal holds what the database does not."""
        with store.read() as db:
            self.refuse_ahead_of(db)

    def refuse_ahead_of(self, db: sqlite3.Connection, last: audit.Entry | None = None) -> None:
        """The same within the caller's transaction, which no other process can then overtake."""
        if self._ahead_of(db, last):
            raise Refused(
                "The journal is ahead of the database",
                why="an older database was put in place, so approving and posting are blocked",
                next="trendctl reconcile",
            )

    def is_ahead(self, store: Store) -> bool:
        """Whether the journal holds what the database does not: a restore, or another database."""
        with store.read() as db:
            return self._ahead_of(db)

    def _ahead_of(self, db: sqlite3.Connection, last: audit.Entry | None = None) -> bool:
        last = last or self.last()
        if last is None:
            return False
        row = db.execute("SELECT chain FROM audit WHERE seq = ?", (last.seq,)).fetchone()
        return row is None or row[0] != last.chain

    def last(self) -> audit.Entry | None:
        """The last whole entry, read from the end of the file; None for an empty journal."""
        end = self._end_of_whole_lines()
        if end == 0:
            return None
        with self.path.open("rb") as file:
            block, start = b"", end - 1
            while start > 0 and b"\n" not in block:
                step = min(start, 65_536)
                start -= step
                file.seek(start)
                block = file.read(step) + block
        return _entry(block.rsplit(b"\n", 1)[-1])

    def entries(self) -> Iterator[audit.Entry]:
        """All whole entries in order. A torn last line (the power went) is left out; a bad line before it raises."""
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    return  # torn: the database still has it, catch_up writes it again
                yield _entry(line)

    def forget(self, store: Store) -> int:
        """Empty the bodies of the entries whose bodies the database emptied; their hashes and the chain stay. How many.

        The one act that rewrites: into a file beside it, synced, then put in its place in one step; a crash leaves
        either the old or the new, and doing it again does the rest.
        """
        with self._lock:
            with store.read() as db:
                gone = audit.emptied(db)
            todo = sum(1 for entry in self.entries() if entry.body is not None and entry.seq in gone)
            if todo:
                lines = (_line(replace(e, body=None) if e.seq in gone else e) for e in self.entries())
                self._replace(lines)
            return todo

    def verify(self, store: Store) -> Verdict:
        """Walk both chains and compare them."""
        with store.read() as db:
            ours = audit.entries(db)
        theirs, differences = [], []
        try:
            theirs = list(self.entries())
        except StoreError as fault:
            differences.append(f"journal: {fault.why}")
        differences += [f"database: {p}" for p in _problems(ours)] + [f"journal: {p}" for p in _problems(theirs)]
        by_seq = {e.seq: e for e in theirs}
        for e in ours:
            other = by_seq.pop(e.seq, None)
            if other is None:
                differences.append(f"entry {e.seq} ({e.kind} {e.key}) is not in the journal")
            elif other.chain != e.chain:
                differences.append(f"entry {e.seq} differs between database and journal")
        differences += [f"entry {s} ({e.kind} {e.key}) is not in the database" for s, e in sorted(by_seq.items())]
        return Verdict(not differences, _head(ours), _head(theirs), tuple(differences))

    def settled(self, store: Store) -> Verdict:
        """As `verify`, while other processes write: what one of them has committed and not yet journaled is no
        difference. Raises StoreError when the journal cannot be brought up to date."""
        found = self.verify(store)
        for _ in range(_LOOKS):
            if found.ok or self.is_ahead(store):
                break
            self.catch_up(store)  # waits for the one that is just writing
            before, found = found, self.verify(store)
            if found.differences == before.differences:
                break
        return found

    def _replace(self, lines: Iterator[str]) -> None:
        part = self.path.with_name(f".{FILE}.part")
        try:
            handle = os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
            with open(handle, "w", encoding="utf-8") as file:
                file.writelines(lines)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, self.path)
            sync_folder(self.path.parent)
        except OSError as fault:
            raise StoreError(
                "The journal cannot be rewritten", why=str(fault), next="free some space, then trendctl health"
            ) from fault
        finally:
            part.unlink(missing_ok=True)

    def _last_whole(self) -> audit.Entry | None:
        """As `last`, and a torn tail is cut off so that the next line starts clean."""
        data_end = self._end_of_whole_lines()
        if self.path.exists() and data_end != self.path.stat().st_size:
            with self.path.open("r+b") as file:
                file.truncate(data_end)
        return self.last()

    def _end_of_whole_lines(self) -> int:
        if not self.path.exists():
            return 0
        end = self.path.stat().st_size
        with self.path.open("rb") as file:
            while end > 0:
                start = max(0, end - 65_536)
                file.seek(start)
                cut = file.read(end - start).rfind(b"\n")
                if cut >= 0:
                    return start + cut + 1
                end = start
        return 0

    def _append(self, entries: list[audit.Entry]) -> None:
        text = "".join(map(_line, entries))
        handle = os.open(self.path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        try:
            view = memoryview(text.encode())
            while view:
                view = view[os.write(handle, view) :]
            os.fsync(handle)
        finally:
            os.close(handle)


def _line(entry: audit.Entry) -> str:
    return json.dumps(asdict(entry), ensure_ascii=False, separators=(",", ":")) + "\n"


def _entry(line: bytes) -> audit.Entry:
    try:
        entry = audit.Entry(**json.loads(line))
        texts = (entry.kind, entry.key, entry.body_sha256, entry.prev, entry.chain, entry.body or "")
        numbers = (entry.seq, entry.at)
        if not all(type(t) is str for t in texts) or not all(type(n) is int and 0 <= n < 2**62 for n in numbers):
            raise ValueError("a field of another kind")
        return entry
    except (ValueError, TypeError, RecursionError) as fault:
        raise StoreError(
            "The journal is damaged", why=f"a line of {FILE} cannot be read", next="trendctl audit verify"
        ) from fault


def _problems(chain: list[audit.Entry]) -> Iterator[str]:
    before = None
    for entry in chain:
        problem = entry.problem(before)
        if problem:
            yield problem
        before = entry


def _head(chain: list[audit.Entry]) -> tuple[int, str]:
    return (chain[-1].seq, chain[-1].chain) if chain else (0, audit.GENESIS)
