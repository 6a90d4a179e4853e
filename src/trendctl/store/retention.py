"""What is kept and for how long: values rolled up with age, each source's own limit, backups by generation.

Values are rolled up where they stand, behind the windows that analysis reads (store/cases.py): hours older than five
weeks become days, everything older than seven months becomes weeks. A rolled-up row holds the mean of value and
rank, and the newest price, at the start of its day or week (Monday); its unit stays that of the metric.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from trendctl.store import backup
from trendctl.store.backup import Backup
from trendctl.store.engine import Store
from trendctl.store.writers import Role

HOUR, DAY, WEEK = 3600, 86_400, 604_800
DAYS_AFTER = 35 * DAY  # analysis reads four weeks of hours
WEEKS_AFTER = 210 * DAY  # and half a year of days
MONDAY = 4 * DAY  # the first Monday after the epoch began (a Thursday)
RUNS_KEPT = 90 * DAY
EVENTS_KEPT = 180 * DAY  # articles, launches, deals: five weeks of them are read
CACHE_DAYS, CACHE_BYTES, CRASH_FILES = 60, 200_000_000, 20
QUARANTINE_KEPT, QUARANTINE_BYTES = 90 * DAY, 500_000_000
ITEMS_AT_ONCE = 2_000  # a transaction stays short, so that a scan beside it never waits long

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Generations:
    """The newest backup of each of so many hours, days and weeks (UTC) in which there is one is kept."""

    hourly: int
    daily: int
    weekly: int


def roll_up(store: Store, now: int, stop: Callable[[], bool] = lambda: False) -> int:
    """Make old values coarser, some items at a time; how many rows went. `stop` ends it between two portions."""
    gone = 0
    for first, last in _portions(store):
        if stop():
            break
        with store.read() as db:
            tasks = [
                (step, offset, found)
                for step, offset, until in _steps(now)
                if (found := _coarse(db, (first, last), step, offset, until))
            ]
        if tasks:
            with store.write(Role.SCANNER) as db:
                gone += sum(_replace(db, step, found) for step, _, found in tasks)
    return gone


def _steps(now: int) -> tuple[tuple[int, int, int], ...]:
    """(step, offset, until) of days, then weeks; only whole days and weeks that have passed the limit."""
    days, weeks = now - DAYS_AFTER, now - WEEKS_AFTER
    return ((DAY, 0, days - days % DAY), (WEEK, MONDAY, weeks - (weeks - MONDAY) % WEEK))


def _portions(store: Store) -> Iterator[Range]:
    with store.read() as db:
        last = int(db.execute("SELECT coalesce(max(item_id), 0) FROM observation").fetchone()[0])
    for first in range(0, last + 1, ITEMS_AT_ONCE):
        yield first, first + ITEMS_AT_ONCE - 1


def _coarse(db: sqlite3.Connection, items: Range, step: int, offset: int, until: int) -> list[sqlite3.Row]:
    """One row for each period that holds more than one value, of metrics finer than the period.

    `price` and `currency` are those of the newest value: SQLite takes bare columns from the row of max(at).
    """
    return db.execute(
        "SELECT o.item_id, o.metric_id, o.at - (o.at - :offset) % :step AS start, avg(o.value),"
        " CAST(round(avg(o.rank)) AS INTEGER), o.price, o.currency, o.fetched_at, max(o.at), count(*)"
        " FROM observation o JOIN metric m ON m.id = o.metric_id"
        " WHERE o.item_id BETWEEN :first AND :last AND o.at < :until AND m.period < :step"
        " GROUP BY o.item_id, o.metric_id, start HAVING count(*) > 1",
        {"offset": offset, "step": step, "first": items[0], "last": items[1], "until": until},
    ).fetchall()


def _replace(db: sqlite3.Connection, step: int, found: list[sqlite3.Row]) -> int:
    before = db.total_changes
    db.executemany(
        "DELETE FROM observation WHERE item_id = ? AND metric_id = ? AND at >= ? AND at < ?",
        [(r[0], r[1], r[2], r[2] + step) for r in found],
    )
    gone = db.total_changes - before
    db.executemany(
        "INSERT INTO observation (item_id, metric_id, at, value, rank, price, currency, fetched_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [tuple(r)[:8] for r in found],
    )
    return gone - len(found)


def purge_sources(store: Store, days: Mapping[str, int], now: int) -> int:
    """Honour `retention_days`: values fetched, and items last seen, before it; and events of long ago. Rows gone.

    Products, scores and decisions stay: they hold our own numbers and words.
    """
    return sum(_purge(store, source, now - limit * DAY) for source, limit in days.items()) + _old_events(store, now)


def _purge(store: Store, source: str, before: int) -> int:
    gone = 0
    with store.read() as db:
        items = [row[0] for row in db.execute("SELECT id FROM item WHERE source = ?", (source,))]
        old = [
            row[0] for row in db.execute("SELECT id FROM item WHERE source = ? AND last_seen_at < ?", (source, before))
        ]
    for some in _slices(items):
        marks = ",".join(map(str, some))
        where = f"WHERE item_id IN ({marks}) AND fetched_at < ?"
        with store.read() as db:
            found = db.execute(f"SELECT 1 FROM observation {where} LIMIT 1", (before,)).fetchone()
        if found:
            with store.write(Role.SCANNER) as db:
                gone += db.execute(f"DELETE FROM observation {where}", (before,)).rowcount
    return gone + _drop_items(store, old)


def _old_events(store: Store, now: int) -> int:
    with store.read() as db:
        old = [row[0] for row in db.execute("SELECT id FROM item WHERE event_at < ?", (now - EVENTS_KEPT,))]
    return _drop_items(store, old)


def _drop_items(store: Store, old: list[int]) -> int:
    gone = 0
    for some in _slices(old):
        marks = ",".join(map(str, some))
        with store.write(Role.SCANNER) as db:
            gone += db.execute(f"DELETE FROM observation WHERE item_id IN ({marks})").rowcount
            db.execute(f"DELETE FROM product_link WHERE item_id IN ({marks})")
            gone += db.execute(f"DELETE FROM item WHERE id IN ({marks})").rowcount
    return gone


def _slices(ids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), ITEMS_AT_ONCE):
        yield ids[start : start + ITEMS_AT_ONCE]


def drop_old_runs(store: Store, now: int) -> int:
    """Forget how sources and scans ended long ago; the newest scan stays. How many rows."""
    with store.write(Role.SCANNER) as db:
        row = db.execute(
            "SELECT max(id) FROM scan_run WHERE started_at < ? AND id < (SELECT max(id) FROM scan_run)",
            (now - RUNS_KEPT,),
        ).fetchone()
        if row[0] is None:
            return 0
        gone = db.execute("DELETE FROM source_run WHERE run_id <= ?", (row[0],)).rowcount
        return int(gone + db.execute("DELETE FROM scan_run WHERE id <= ?", (row[0],)).rowcount)


def checkpoint(store: Store) -> None:
    """Fold the write-ahead log into the database, so that its file is empty where no reader holds it."""
    connection = store.connect(Role.APP)
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        connection.close()


def kept(found: tuple[Backup, ...], generations: Generations) -> set[str]:
    """The file names that stay; `found` newest first. The newest always stays."""
    stay = {b.path for b in found[:1]}
    for size, number in ((HOUR, generations.hourly), (DAY, generations.daily), (WEEK, generations.weekly)):
        newest: dict[int, str] = {}
        for b in found:
            newest.setdefault((b.created_at - (MONDAY if size == WEEK else 0)) // size, b.path)
        stay.update(list(newest.values())[:number])
    return stay


def made_for(store: Store, folder: Path, reason: str) -> tuple[Backup, ...]:
    """Backups of that reason, newest first; by the file's name too, where a restored database does not know it."""
    return tuple(b for b in backup.listed(store, folder) if b.reason == reason or f"Z-{reason}" in b.path)


def thin_out(store: Store, folder: Path, generations: Generations, reason: str) -> int:
    """Drop backups of that reason beyond their generations; how many. Those made by hand or before an act stay."""
    found = made_for(store, folder, reason)
    stay = kept(found, generations)
    gone = [b for b in found if b.path not in stay]
    for b in gone:
        (folder / b.path).unlink(missing_ok=True)
    if gone:
        with store.write(Role.APP) as db:
            db.executemany("DELETE FROM backup WHERE path = ?", [(b.path,) for b in gone])
    return len(gone)


def limit_folder(folder: Path, most: int, before: float) -> int:
    """Delete files of a folder last written before then, and the oldest beyond `most` bytes; the bytes freed."""
    if not folder.is_dir():
        return 0
    files = sorted(((e.stat(), e.path) for e in os.scandir(folder) if e.is_file()), key=lambda f: -f[0].st_mtime)
    total = freed = 0
    for stat, path in files:
        total += stat.st_size
        if total > most or stat.st_mtime < before:
            Path(path).unlink(missing_ok=True)
            freed += stat.st_size
    return freed


def limit_quarantine(folder: Path, now: int) -> int:
    """Delete what repairs put aside longer ago than a repair can be taken back, and the oldest beyond the limit of
    bytes, but nothing of the last week; the bytes freed. The name says when it was put there (its own time is older).
    """
    entries = sorted(((backup.stamp(p.name) or int(p.lstat().st_mtime), p) for p in folder.glob("*")), reverse=True)
    total = freed = 0
    for at, path in entries:
        size = _size(path)
        total += size
        if at < now - QUARANTINE_KEPT or (total > QUARANTINE_BYTES and at < now - WEEK):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
            freed += size
    return freed


def _size(path: Path) -> int:
    inside = path.rglob("*") if path.is_dir() and not path.is_symlink() else ()
    return sum(p.lstat().st_size for p in (path, *inside) if p.is_symlink() or not p.is_dir())


def keep_newest(folder: Path, pattern: str, number: int) -> int:
    """Keep so many of the files that match; how many went."""
    files = sorted(folder.glob(pattern), key=lambda p: p.stat().st_mtime, reverse=True)
    for path in files[number:]:
        path.unlink(missing_ok=True)
    return len(files[number:])
