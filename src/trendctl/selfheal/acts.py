"""The closed list of acts: for each kind of Change how its way back is kept, how it is done, how it is taken back.

`keep` only reads and writes into the repair's own folder. `take_back` may be called at any moment after it, also when
the act was never or only half done, and twice.
"""

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from trendctl.errors import Refused, StoreError
from trendctl.home import PRIVATE_FILE, PRIVATE_FOLDER, Home, write_private
from trendctl.ports import Json
from trendctl.selfheal.register import copy_private, sync
from trendctl.selfheal.values import Change, Hands, Kind
from trendctl.store import repairs
from trendctl.store.engine import Store

CONFIG = "@config"
IN_DATABASE = frozenset({Kind.JOB, Kind.CACHE, Kind.REINDEX, Kind.CHECKPOINT})
Undo = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Bench:
    """What an act works on. `folder`: the repair's own, for copies."""

    home: Home
    store: Store
    hands: Hands
    folder: Path


def place(home: Home, path: str) -> Path:
    """The file or folder that a Change names. Raises Refused for one outside the home, or reached by a link."""
    if path == CONFIG:
        return home.config
    parts = Path(path).parts
    if not parts or Path(path).is_absolute() or ".." in parts or "\0" in path:
        if path == ".":
            return home.root
        raise Refused(f"{path!r} is no place in the home")
    target = home.root / path
    if target.is_symlink() or not target.parent.resolve().is_relative_to(home.root.resolve()):
        raise Refused(f"{path!r} leads out of the home")
    return target


# ---------------------------------------------------------------- files


def _keep_write(bench: Bench, change: Change, number: int) -> Undo:
    target = place(bench.home, change.path)
    undo: Undo = {"new": hashlib.sha256(change.data).hexdigest(), "blob": "", "old": "", "mode": PRIVATE_FILE}
    if target.exists():
        kept = bench.folder / f"{number}.old"
        undo |= {"blob": kept.name, "mode": target.stat().st_mode & 0o7777}
        copy_private(target, kept)
        undo["old"] = digest(kept)
    if change.before not in (None, undo["old"]):
        raise _changed(target.name)
    return undo


def _do_write(bench: Bench, change: Change, undo: Undo) -> None:
    target = place(bench.home, change.path)
    if digest(target) != undo["old"]:
        raise _changed(target.name)
    write_private(target, change.data)
    target.chmod(int(undo["mode"]))
    sync(target.parent)


def _undo_write(bench: Bench, undo: Undo) -> str:
    target = place(bench.home, str(undo["path"]))
    now = digest(target)
    if now == undo["old"]:
        return ""
    if now != undo["new"]:
        return f"{undo['path']} was changed by someone else meanwhile and is left as it is"
    if undo["blob"]:
        write_private(target, (bench.folder / str(undo["blob"])).read_bytes())
        target.chmod(int(undo["mode"]))
    else:
        target.unlink()
    sync(target.parent)
    return ""


def _changed(path: str) -> Refused:
    return Refused(f"{path} was changed by someone else meanwhile and is left as it is", next="trendctl heal")


def _keep_mode(bench: Bench, change: Change, number: int) -> Undo:
    """A file that is gone by now (SQLite removes its log with the last connection) needs no permissions."""
    target = place(bench.home, change.path)
    return {"old": target.stat().st_mode & 0o7777 if target.exists() else None, "new": change.mode}


def _do_mode(bench: Bench, change: Change, undo: Undo) -> None:
    if undo["old"] is not None:
        place(bench.home, change.path).chmod(change.mode)


def _undo_mode(bench: Bench, undo: Undo) -> str:
    target = place(bench.home, str(undo["path"]))
    if undo["old"] is None or not target.exists():
        return ""
    now = target.stat().st_mode & 0o7777
    if now == undo["new"] != undo["old"]:
        target.chmod(int(undo["old"]))
    elif now != undo["old"]:
        return f"the permissions of {undo['path']} were changed by someone else meanwhile and are left as they are"
    return ""


def _keep_move(bench: Bench, change: Change, number: int) -> Undo:
    source, target = place(bench.home, change.path), place(bench.home, change.to)
    if not source.exists() or target.exists():
        why = "the new name is taken" if source.exists() else "it is gone"
        raise StoreError(f"{change.path} cannot be moved", why=why)
    missing = [p for p in target.parents if not p.exists() and p.is_relative_to(bench.home.root)]
    return {"to": change.to, "made": [str(p.relative_to(bench.home.root)) for p in missing]}


def _do_move(bench: Bench, change: Change, undo: Undo) -> None:
    source, target = place(bench.home, change.path), place(bench.home, change.to)
    target.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    if source.suffix == ".lock" and source.is_file() and os.name != "nt":  # there a file that is open is not moved
        _move_lock(source, target)
    else:
        os.rename(source, target)
    sync(target.parent)
    sync(source.parent)


def _move_lock(source: Path, target: Path) -> None:
    """Only while nobody holds it, and as a copy: who had just opened the file finds it unlinked when it gets the lock,
    and opens the new one (filelock sees to that). Of a renamed one he would believe that he is alone with it."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(source, timeout=0):
            copy_private(source, target)
            target.chmod(source.stat().st_mode & 0o7777)
            source.unlink()
    except Timeout:
        raise Refused(f"{source.name} was taken by someone else meanwhile", next="trendctl heal") from None


def _undo_move(bench: Bench, undo: Undo) -> str:
    source, target = place(bench.home, str(undo["path"])), place(bench.home, str(undo["to"]))
    if target.exists() and source.exists():
        return f"{undo['path']} is there again meanwhile; what was moved stays at {undo['to']}"
    if target.exists():
        os.rename(target, source)
        sync(source.parent)
    elif not source.exists():
        return f"{undo['to']} is gone and cannot be moved back"
    for folder in _texts(undo["made"]):
        with suppress(OSError):  # someone else put something into it: then it stays
            (bench.home.root / folder).rmdir()
    return ""


# ---------------------------------------------------------------- the database


def _keep_job(bench: Bench, change: Change, number: int) -> Undo:
    with bench.store.read() as db:
        row = repairs.job_row(db, change.name)
    if row is None:
        raise StoreError(f"There is no job {change.name!r}")
    return {"row": row, "new": {**row, **change.values}}


def _do_job(bench: Bench, change: Change, undo: Undo) -> None:
    repairs.set_job(bench.store, change.name, change.values)


def _undo_job(bench: Bench, undo: Undo) -> str:
    with bench.store.read() as db:
        row = repairs.job_row(db, str(undo["name"]))
    if row == undo["new"] != undo["row"]:
        old = undo["row"]
        repairs.put_job(bench.store, str(undo["name"]), old if isinstance(old, dict) else None)
    elif row != undo["row"]:
        return f"the job {undo['name']} has run meanwhile and is left as it is"
    return ""


def _keep_cache(bench: Bench, change: Change, number: int) -> Undo:
    with bench.store.read() as db:
        rows = repairs.cached(db, change.name, change.values)
    blob = f"{number}.rows"
    write_private(bench.folder / blob, json.dumps(rows).encode())
    return {"blob": blob}


def _do_cache(bench: Bench, change: Change, undo: Undo) -> None:
    repairs.forget_cached(bench.store, change.name, change.values)


def _undo_cache(bench: Bench, undo: Undo) -> str:
    rows = json.loads((bench.folder / str(undo["blob"])).read_bytes())
    repairs.put_cached(bench.store, str(undo["name"]), rows)
    return ""


def _keep_nothing(bench: Bench, change: Change, number: int) -> Undo:
    return {}


def _do_reindex(bench: Bench, change: Change, undo: Undo) -> None:
    repairs.reindex(bench.store, change.name)


def _do_checkpoint(bench: Bench, change: Change, undo: Undo) -> None:
    repairs.checkpoint(bench.store)


def _undo_nothing(bench: Bench, undo: Undo) -> str:
    return ""


# ---------------------------------------------------------------- backups


def _keep_backup(bench: Bench, change: Change, number: int) -> Undo:
    return {"before": sorted(_backups(bench.home))}


def _do_backup(bench: Bench, change: Change, undo: Undo) -> None:
    write_private(bench.folder / "made", Path(bench.hands.backup(change.name)).name.encode())


def _undo_backup(bench: Bench, undo: Undo) -> str:
    """The one that was made; after a kill before its name was noted, the only new one with this reason."""
    note = bench.folder / "made"
    new = _backups(bench.home) - set(_texts(undo["before"]))
    mine = {note.read_text()} if note.exists() else {n for n in new if f"Z-{undo['name']}" in n}
    if len(mine) > 1:
        return f"{len(mine)} backups were made meanwhile; all are kept"
    for name in mine:
        bench.hands.drop_backup(name)
        (bench.home.backups / f".{name}.part").unlink(missing_ok=True)
    return ""


def sweep_backups(home: Home, reason: str) -> None:
    """What a killed process left of a backup for that reason, which nobody else makes: a reserved name, a half-packed
    file, an unpacked copy. Only under the lock."""
    import psutil  # only after a kill

    for part in home.backups.glob(f".*Z-{reason}*.db.gz.part"):
        part.unlink(missing_ok=True)
    for name in home.backups.glob(f"*Z-{reason}*.db.gz"):
        if not name.stat().st_size:
            name.unlink(missing_ok=True)
    for plain in home.backups.glob(".*.tmp.db*"):
        owner = plain.name.split(".tmp.db")[0].rsplit("-", 1)[-1]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            plain.unlink(missing_ok=True)


def _backups(home: Home) -> set[str]:
    return {p.name for p in home.backups.glob("*.db.gz")}


@dataclass(frozen=True, slots=True)
class Act:
    """The three halves of a kind."""

    keep: Callable[[Bench, Change, int], Undo]
    do: Callable[[Bench, Change, Undo], None]
    undo: Callable[[Bench, Undo], str]


_ACTS: Mapping[Kind, Act] = {
    Kind.WRITE: Act(_keep_write, _do_write, _undo_write),
    Kind.MODE: Act(_keep_mode, _do_mode, _undo_mode),
    Kind.MOVE: Act(_keep_move, _do_move, _undo_move),
    Kind.JOB: Act(_keep_job, _do_job, _undo_job),
    Kind.CACHE: Act(_keep_cache, _do_cache, _undo_cache),
    Kind.REINDEX: Act(_keep_nothing, _do_reindex, _undo_nothing),
    Kind.CHECKPOINT: Act(_keep_nothing, _do_checkpoint, _undo_nothing),
    Kind.BACKUP: Act(_keep_backup, _do_backup, _undo_backup),
}


def keep(bench: Bench, change: Change, number: int) -> Undo:
    """What is needed to take the change back, saved. Raises StoreError, Refused, OSError: then it may not be done."""
    basis: Undo = {"kind": str(change.kind), "path": change.path, "name": change.name}
    return basis | _ACTS[change.kind].keep(bench, change, number)


def do(bench: Bench, change: Change, undo: Undo) -> None:
    """Carry the change out. Raises StoreError, Refused, OSError."""
    _ACTS[change.kind].do(bench, change, undo)


def take_back(bench: Bench, undo: Undo) -> str:
    """As it was before; why not, in words, where someone else changed it meanwhile. Raises StoreError, OSError."""
    return _ACTS[Kind(str(undo["kind"]))].undo(bench, undo)


def digest(path: Path) -> str:
    """SHA-256 of a file, "" where there is none. Raises OSError."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""


def _texts(value: Json) -> list[str]:
    return [str(v) for v in value] if isinstance(value, list | tuple) else []
