"""The register of repairs: what is about to be touched and the way back, on the disk before the first touch.

A folder a repair: repairs/TOKEN/entry.json and copies of what it replaces. It lies outside the database, which may be
the very thing that is broken; the tables of the database are a copy for queries. A folder without a whole entry.json
belongs to a repair that was never begun: nothing had been touched.
"""

import errno
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from trendctl.errors import Refused, StoreError
from trendctl.home import PRIVATE_FILE, PRIVATE_FOLDER, Home, write_private
from trendctl.ports import Json

FILE = "entry.json"
KEEP_SECONDS = 90 * 86_400  # how long a finished repair can be taken back
State = Literal["applying", "validating", "final", "rolled_back"]
OPEN: tuple[State, ...] = ("applying", "validating")


@dataclass(frozen=True, slots=True)
class Entry:
    """One repair. `undo`: the way back of each change, in the order of doing; `success` None: proves nothing (killed).

    `synced`: the database knows of this state. `number`: its number there, 0: not yet known.
    """

    token: str
    fault: str
    subject: str
    fix: str
    words: str
    undo_words: str
    evidence: tuple[str, ...]
    started_at: int
    ordered_by: Literal["healer", "person"] = "healer"
    state: State = "applying"
    finished_at: int | None = None
    backup: str = ""
    touched: tuple[str, ...] = ()
    undo: tuple[dict[str, Json], ...] = ()
    detail: str = ""
    confidence: float | None = None
    success: bool | None = None
    incident_id: int = 0
    number: int = 0
    synced: bool = False

    @property
    def is_open(self) -> bool:
        """In progress, or left so by a process that died."""
        return self.state in OPEN


@dataclass(frozen=True, slots=True)
class Register:
    """The folder `repairs` of a home."""

    home: Home
    folder: Path = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "folder", self.home.repairs)

    def make(self) -> None:
        """Create the folder while the home can be written: a later repair of a read-only home needs it."""
        with suppress(OSError):
            self.folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)

    def begin(self, now: int, name: str) -> Path:
        """A new, empty folder for a repair. Raises StoreError."""
        stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
        safe = "".join(c if c.isalnum() else "_" for c in name)[:40]
        try:
            self.folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
            for n in range(1000):
                path = self.folder / (f"{stamp}-{safe}" if n == 0 else f"{stamp}-{safe}-{n}")
                with suppress(FileExistsError):
                    path.mkdir(mode=PRIVATE_FOLDER)
                    return path
        except OSError as fault:
            raise _unsafe(fault) from fault
        raise StoreError("There are too many repairs of this second")

    def save(self, entry: Entry) -> Entry:
        """On the disk when it returns. Raises StoreError."""
        path = self.folder / entry.token
        try:
            write_private(path / FILE, json.dumps(asdict(entry), ensure_ascii=False).encode())
            sync(path)
            sync(self.folder)
        except OSError as fault:
            raise _unsafe(fault) from fault
        return entry

    def all(self) -> list[Entry]:
        """Every repair, oldest first; what cannot be read is left out."""
        return sorted((e for e in map(self._read, self._tokens()) if e), key=lambda e: (e.started_at, e.token))

    def find(self, token: str) -> Entry | None:
        """The repair of that token; None: its way back is no longer there."""
        return self._read(token)

    def since(self, at: int, now: int, fault: str, subject: str) -> list[Entry]:
        """Repairs of that fault and subject begun since then, oldest first; none of a clock that was ahead."""
        return [e for e in self.all() if at <= e.started_at <= now and (e.fault, e.subject) == (fault, subject)]

    def targets(self) -> set[str]:
        """What repairs in progress touch."""
        return {target for e in self.all() if e.is_open for target in e.touched}

    def tidy(self, now: int) -> bool:
        """Drop what was never begun and what is too old to be taken back; whether there was the former. Only under the
        lock."""
        any_torn = False
        for token in self._tokens():
            entry = self._read(token)
            torn = not (self.folder / token / FILE).exists()
            any_torn = any_torn or torn
            if torn or (entry is not None and not entry.is_open and entry.synced
                        and (entry.finished_at or 0) < now - KEEP_SECONDS):  # fmt: skip
                shutil.rmtree(self.folder / token, ignore_errors=True)
        return any_torn

    def _tokens(self) -> list[str]:
        try:
            return sorted(p.name for p in self.folder.iterdir() if p.is_dir())
        except OSError:
            return []

    def _read(self, token: str) -> Entry | None:
        try:
            found: dict[str, Any] = json.loads((self.folder / token / FILE).read_bytes())
            found |= {name: tuple(found[name]) for name in ("evidence", "touched", "undo")}
            return replace(Entry(**found), token=token)
        except (OSError, ValueError, TypeError, KeyError):
            return None


def sync(folder: Path) -> None:
    """The folder's own entries on the disk, where the system can do that. Raises OSError."""
    if os.name == "nt":
        return
    try:
        handle = os.open(folder, os.O_RDONLY)
    except (
        PermissionError
    ):  # a folder that is shut for reading: what is in it is synced all the same, its names are not
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def copy_private(source: Path, target: Path) -> None:
    """A copy that is on the disk when it returns, mode 0600. Raises OSError."""
    handle = os.open(target, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, PRIVATE_FILE)
    with source.open("rb") as old, open(handle, "wb") as new:
        shutil.copyfileobj(old, new, 1 << 20)
        new.flush()
        os.fsync(new.fileno())


@contextmanager
def alone(home: Home) -> Iterator[None]:
    """Only one process and thread heals a home at a time. Raises Refused where another does.

    The lock is on the home's folder itself: a home that cannot be written can still be locked.
    """
    busy = Refused("Another trendctl heals this home at the moment", next="try again in a few minutes")
    if os.name == "nt":
        from filelock import FileLock, Timeout

        try:
            with FileLock(home.root / "heal.lock", timeout=0):
                yield
        except Timeout:
            raise busy from None
        return
    handles: list[int] = []
    try:
        _hold(home, handles, busy)
        yield
    finally:
        for handle in handles:
            os.close(handle)


def _hold(home: Home, handles: list[int], busy: Refused) -> None:
    """Lock the home's folder and the register's, those that can be opened: a home that is shut may still let its
    register be reached."""
    import fcntl  # not on Windows

    for folder in (home.root, home.repairs):
        with suppress(OSError):
            handles.append(os.open(folder, os.O_RDONLY))
    try:
        for handle in handles:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise busy from None
    except OSError as fault:  # a file system that knows no locks
        raise _unsafe(fault) from fault
    if not handles:
        raise _unsafe(PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(home.root)))


def _unsafe(fault: OSError) -> StoreError:
    return StoreError(
        "The way back cannot be kept, so nothing is repaired", why=f"{fault.filename or ''}: {fault.strerror}",
        next="free some space, check the home's owner and mode",
    )  # fmt: skip
