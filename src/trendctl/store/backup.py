"""Backups by SQLite's own backup call: compressed, verified, listed, restored with a safety copy."""

import gzip
import hashlib
import os
import shutil
import sqlite3
import zlib
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from trendctl.errors import StoreError, UsageError
from trendctl.store.engine import Store, prepare
from trendctl.store.writers import Role


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup as `backup list` shows it. `verified_at` None: never verified since it was made."""

    id: int
    path: str
    bytes: int
    created_at: int
    verified_at: int | None
    reason: str


def write_copy(source: Path, folder: Path, reason: str, now: int) -> Path:
    """A verified, compressed copy of the database in `folder`, mode 0600; its path. Raises StoreError.

    Works on a live database: pages=-1 copies in one step, so that a busy writer cannot make it start over for ever.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    plain = folder / f".{stamp}-{os.getpid()}.tmp.db"
    target = _free_name(folder, f"{stamp}-{reason}")
    try:
        _copy(source, plain)
        _check(plain)
        _pack(plain, target)
        return target
    except (OSError, sqlite3.Error) as fault:
        raise StoreError(
            "The backup could not be written", why=str(fault), next="free some space, try again"
        ) from fault
    finally:
        if target.stat().st_size == 0:  # only its name was reserved
            target.unlink()
        for leftover in folder.glob(f"{plain.name}*"):
            leftover.unlink(missing_ok=True)


def create(store: Store, folder: Path, reason: str, now: int) -> Backup:
    """Back the database up and record it."""
    path = write_copy(store.path, folder, reason, now)
    size, digest = path.stat().st_size, _digest(path)
    with store.write(Role.APP) as db:
        row = db.execute(
            "INSERT INTO backup (path, bytes, created_at, verified_at, reason, sha256)"
            " VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
            (path.name, size, now, now, reason, digest),
        ).fetchone()
    return Backup(row[0], path.name, size, now, now, reason)


def listed(store: Store, folder: Path) -> tuple[Backup, ...]:
    """Every backup whose file is there, newest first; files that the database does not know (it was restored) too.

    A database that is lost or damaged is no obstacle: then the files alone are listed. An empty file is no backup but
    the name that a process which died had reserved.
    """
    rows: list[sqlite3.Row] = []
    with suppress(StoreError), store.read() as db:
        rows = db.execute("SELECT id, path, bytes, created_at, verified_at, reason FROM backup").fetchall()
    known = {r["path"]: Backup(*tuple(r)) for r in rows if (folder / r["path"]).exists()}
    for file in folder.glob("*.db.gz"):
        if file.name not in known and (status := file.stat()).st_size:
            made = int(status.st_mtime)
            known[file.name] = Backup(-made, file.name, status.st_size, made, None, "found")
    return tuple(sorted(known.values(), key=lambda b: (b.created_at, b.path), reverse=True))


def verify(store: Store, folder: Path, wanted: str, now: int) -> Backup:
    """Unpack a backup beside the others, run integrity_check, compare its recorded hash. Raises StoreError if bad."""
    backup = find(store, folder, wanted)
    row = None
    with suppress(StoreError), store.read() as db:  # a damaged database knows no hash; the file is checked all the same
        row = db.execute("SELECT sha256 FROM backup WHERE path = ?", (backup.path,)).fetchone()
    if row and row[0] != _digest(folder / backup.path):
        raise StoreError(
            f"Backup {backup.id} is bad", why="its bytes changed since it was made", next="use another one"
        )
    plain = _unpack(folder / backup.path, folder)
    try:
        _check(plain)
    finally:
        plain.unlink(missing_ok=True)
    with suppress(StoreError), store.write(Role.APP) as db:
        db.execute("UPDATE backup SET verified_at = ? WHERE path = ?", (now, backup.path))
    return Backup(backup.id, backup.path, backup.bytes, backup.created_at, now, backup.reason)


def restore(store: Store, folder: Path, wanted: str, now: int) -> tuple[Backup, Path | None]:
    """Put a backup in the database's place, after a safety copy of what is there (None where it cannot be read).

    The caller holds the home's lock, so that no other trendctl has the file open; stale WAL files are removed.
    What a restore means for approvals and accounts is `journal.detect_restore`'s business, at the next start.
    """
    backup = find(store, folder, wanted)
    plain = _unpack(folder / backup.path, folder)
    try:
        _check(plain)
        _use_wal(plain)  # the copy was taken out of it, to be one file; all that can fail comes before the first loss
        safety = _safety_copy(store.path, folder, now) if store.path.exists() else None
        _swap(plain, store.path)
    finally:
        for left in (plain, *_beside(plain)):
            left.unlink(missing_ok=True)
    return backup, safety


def _safety_copy(path: Path, folder: Path, now: int) -> Path:
    """A backup of what is there; of a database that is not sound its bytes and its log's: the newest rows are there."""
    try:
        return write_copy(path, folder, "before-restore", now)
    except StoreError:
        safety = folder / f"damaged-{now}.db"
        log, log_copy = Path(f"{path}-wal"), Path(f"{safety}-wal")
        try:
            with suppress(FileNotFoundError):  # folded in; before the database: what is folded in meanwhile is in both
                _copy_bytes(log, log_copy)
            _copy_bytes(path, safety)
        except OSError as fault:
            for half in (log_copy, safety):
                half.unlink(missing_ok=True)
            raise StoreError(
                "The database cannot be saved before the restore", why=str(fault), next="free some space, try again"
            ) from fault
        return safety


def _copy_bytes(source: Path, target: Path) -> None:
    with source.open("rb") as old, open(os.open(target, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as new:
        shutil.copyfileobj(old, new, 1 << 20)
        new.flush()
        os.fsync(new.fileno())


def _swap(plain: Path, path: Path) -> None:
    """The new file in the old one's place. The old log is folded in first, as far as readers let it: if the last step
    fails, the old database is whole without it."""
    old_uri = f"{path.absolute().as_uri()}?mode=rw"  # a missing database is not created
    with suppress(sqlite3.Error), closing(sqlite3.connect(old_uri, uri=True)) as old:  # damaged: its copy has the log
        old.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    try:
        for stale in _beside(path):
            stale.unlink(missing_ok=True)
        os.replace(plain, path)
        sync_folder(path.parent)
    except OSError as fault:
        raise StoreError("The backup cannot be put in place", why=str(fault), next="check the home") from fault


def _beside(path: Path) -> tuple[Path, Path]:
    """SQLite's log of a database and the log's index."""
    return Path(f"{path}-wal"), Path(f"{path}-shm")


def drop(store: Store, folder: Path, name: str) -> None:
    """Remove a backup by its file name, and its row. Raises StoreError."""
    if Path(name).name != name or not name.endswith(".db.gz"):
        raise StoreError(f"{name!r} is no backup")
    with store.write(Role.APP) as db:
        db.execute("DELETE FROM backup WHERE path = ?", (name,))
    try:
        (folder / name).unlink(missing_ok=True)
    except OSError as fault:
        raise StoreError("The backup cannot be removed", why=str(fault), next="check the folder") from fault


def made_before(folder: Path, at: int) -> list[Path]:
    """Every backup of that time or older, and those whose name does not say; half-made ones and damaged copies too."""
    found = [p for p in folder.glob("*.db.gz") if (stamp(p.name) or 0) <= at]
    return [*found, *(p for pattern in ("damaged-*.db*", ".*.tmp.db*", ".*.part") for p in folder.glob(pattern))]


def drop_before(store: Store, folder: Path, at: int) -> int:
    """Delete those, and what is written down of them; how many files. A person's `forget` wants it."""
    gone = made_before(folder, at)
    for path in gone:
        path.unlink(missing_ok=True)
    sync_folder(folder)
    with store.write(Role.FORGET) as db:
        db.executemany("DELETE FROM backup WHERE path = ?", [(path.name,) for path in gone])
    return len(gone)


def stamp(name: str) -> int | None:
    """The time (UTC) that a name begins with, as backups and the quarantine have it; None where it begins with none."""
    try:
        return int(datetime.strptime(name[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None


def find(store: Store, folder: Path, wanted: str) -> Backup:
    """The backup by id or file name. Raises UsageError. 'latest' is the newest that was not made before an act to keep
    what that act replaced: asked for twice, a restore brings the same. Only where there is no other is it one of these.
    """
    known = listed(store, folder)
    if wanted == "latest":
        known = tuple(sorted(known, key=lambda b: "Z-before-" in b.path))[:1]
    for backup in known:
        if wanted in (str(backup.id), backup.path, "latest"):
            return backup
    raise UsageError(f"There is no backup {wanted!r}", next="trendctl backup list")


def _free_name(folder: Path, stem: str) -> Path:
    for n in range(1000):
        path = folder / (f"{stem}.db.gz" if n == 0 else f"{stem}-{n}.db.gz")
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            return path
        except FileExistsError:
            continue
        except OSError as fault:
            raise StoreError("The backup could not be written", why=str(fault), next="check the folder") from fault
    raise StoreError("The backup folder is full of backups of this second")


def _copy(source: Path, target: Path) -> None:
    os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o600))
    live_uri = f"{source.absolute().as_uri()}?mode=rw"  # a missing database is not created
    with closing(sqlite3.connect(live_uri, uri=True)) as live, closing(sqlite3.connect(target)) as copy:
        prepare(live)
        live.backup(copy, pages=-1)
        copy.execute("PRAGMA journal_mode = DELETE")


def _use_wal(path: Path) -> None:
    try:
        with closing(sqlite3.connect(path)) as copy:
            prepare(copy, durable=True)
            copy.execute("PRAGMA journal_mode = WAL")
    except sqlite3.Error as fault:
        raise StoreError(
            "The backup cannot be made ready", why=str(fault), next="free some space, try again"
        ) from fault


def _check(path: Path) -> None:
    try:
        with closing(sqlite3.connect(path)) as copy:
            prepare(copy)
            verdict = copy.execute("PRAGMA integrity_check(3)").fetchall()
            broken = copy.execute("PRAGMA foreign_key_check").fetchone()
            ours = copy.execute("SELECT 1 FROM sqlite_master WHERE name = 'migration'").fetchone()
    except sqlite3.DatabaseError as fault:
        raise StoreError("The copy is not a good database", why=str(fault), next="trendctl backup list") from fault
    if verdict != [("ok",)] or broken is not None or ours is None:  # an empty file is a good database to SQLite
        why = str(verdict[0][0]) if verdict != [("ok",)] else "a reference leads nowhere" if broken else "it is empty"
        raise StoreError("The copy is not a good database", why=why, next="trendctl backup list")


def _pack(plain: Path, target: Path) -> None:
    part = target.with_name(f".{target.name}.part")
    try:
        handle = os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with plain.open("rb") as source, open(handle, "wb") as raw:
            with gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=3, mtime=0) as packed:
                shutil.copyfileobj(source, packed, 1 << 20)
            raw.flush()
            os.fsync(raw.fileno())
        os.replace(part, target)
        sync_folder(target.parent)
    finally:
        part.unlink(missing_ok=True)


def _unpack(packed: Path, folder: Path) -> Path:
    plain = folder / f".unpacked-{os.getpid()}.tmp.db"
    try:
        os.close(os.open(plain, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
        with gzip.open(packed, "rb") as source, plain.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
            target.flush()
            os.fsync(target.fileno())
        return plain
    except (OSError, EOFError, zlib.error) as fault:
        plain.unlink(missing_ok=True)
        raise StoreError("The backup cannot be unpacked", why=str(fault), next="use another one") from fault


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync_folder(folder: Path) -> None:
    """A rename in this folder is on the disk when this returns."""
    if os.name == "nt":  # a folder cannot be opened for syncing there
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
