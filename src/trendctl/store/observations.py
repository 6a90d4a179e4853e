"""Items and their observations, written in bulk: what a source named, and each value at the time it is about."""

import hashlib
import re
import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from trendctl.ports import Reading, Record

HOUR = 3600
_CHUNK = 1_000  # records whose ids are looked up with one statement
_ROWS = 10_000  # observations held before they are written
_BAD = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")  # control characters, and halves that UTF-8 cannot hold
_AHEAD = 2 * 86400  # a value about later than this is a wrong clock or a wrong unit
_OLDEST = 631_152_000  # 1990-01-01
_MOST = 2**63 - 1
_HUGE = 1e300
_UPSERT = """INSERT INTO observation (item_id, metric_id, at, value, rank, price, currency, fetched_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (item_id, metric_id, at) DO UPDATE SET value = excluded.value,
rank = excluded.rank, price = excluded.price, currency = excluded.currency, fetched_at = excluded.fetched_at"""
_INSERT = """INSERT INTO item (id, source, external_id, title, url, category, image_url, brand, event_at,
first_seen_at, last_seen_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_CHANGE = """UPDATE item SET title = ?, url = coalesce(nullif(?, ''), url),
category = coalesce(nullif(?, ''), category), image_url = coalesce(nullif(?, ''), image_url),
brand = coalesce(nullif(?, ''), brand), last_seen_at = ? WHERE id = ?"""

Row = tuple[int, int, int, float | None, int | None, int | None, str | None, int]


@dataclass(slots=True)
class Stored:
    """What became of a source's records. `ids`: the items seen, each once; `duplicate`: named again in this run;
    `rejected`: without an id or a title; `bad_readings`: neither value nor rank, not finite, or of no possible time.
    """

    new_items: int = 0
    observations: int = 0
    duplicate: int = 0
    rejected: int = 0
    bad_readings: int = 0
    ids: "array[int]" = field(default_factory=lambda: array("q"))


def store_records(db: sqlite3.Connection, source: str, records: Iterable[Record], now: int) -> Stored:
    """Write a source's records within the caller's transaction.

    A reading without a time is about this hour, so that a second scan in the hour replaces and never doubles.
    Of two records with one id the first counts; the second adds only readings that the first has not.
    """
    return _Writer(db, source, now).write(records)


class _Writer:
    """Written for speed: plain loops over a chunk, one statement a chunk where there can be one."""

    def __init__(self, db: sqlite3.Connection, source: str, now: int) -> None:
        self._db = db
        self._cursor = db.cursor()
        self._cursor.row_factory = None  # plain tuples
        self._source = source
        self._now = now
        self._metrics = {(r[1], r[2]): int(r[0]) for r in db.execute("SELECT id, name, period FROM metric")}
        self._next = int(db.execute("SELECT coalesce(max(id), 0) + 1 FROM item").fetchone()[0])
        self._first: dict[str, tuple[int, Record]] = {}
        self._rows: list[Row] = []
        self._done = Stored()

    def write(self, records: Iterable[Record]) -> Stored:
        rest = iter(records)
        while chunk := list(islice(rest, _CHUNK)):
            fresh: dict[str, Record] = {}
            again = [record for record in chunk if not self._is_first(record, fresh)]
            self._values(self._items(fresh))
            self._values(self._more(record) for record in again)
        self._flush()
        return self._done

    def _is_first(self, record: Record, fresh: dict[str, Record]) -> bool:
        """Note a record whose id comes for the first time; a useless one is counted and forgotten."""
        key = record.external_id
        if not key or not record.title or record.title.isspace():
            self._done.rejected += 1
            return True
        if key in fresh or key in self._first:
            self._done.duplicate += 1
            return False
        fresh[key] = record
        return True

    def _more(self, record: Record) -> tuple[int, list[Reading]]:
        """What a second record of an item adds to the first."""
        number, first = self._first[record.external_id]
        said = {(r.metric, r.period, r.at) for r in first.readings}
        return number, [r for r in record.readings if (r.metric, r.period, r.at) not in said]

    def _items(self, fresh: dict[str, Record]) -> list[tuple[int, Sequence[Reading]]]:
        """Make or renew the items; each with its readings."""
        keys = [_ident(external_id) for external_id in fresh]
        marks = ",".join("?" * len(keys))
        query = f"SELECT external_id, id, title, url FROM item WHERE source = ? AND external_id IN ({marks})"
        known = {row[0]: row for row in self._cursor.execute(query, (self._source, *keys))}
        new, changed, same = [], [], []
        numbers: list[int] = []
        for key, record in zip(keys, fresh.values(), strict=True):
            row = known.get(key)
            if row is None:
                number, self._next = self._next, self._next + 1
                known[key] = (key, number, "", "")
                new.append(self._new(number, key, record))
            elif record.title == row[2] and record.url in ("", row[3]):
                number = row[1]
                same.append(number)
            else:
                number = row[1]
                changed.append(self._changed(number, record))
            numbers.append(number)
        self._done.new_items += len(new)
        self._done.ids.extend(numbers)
        self._first.update(zip(fresh, zip(numbers, fresh.values(), strict=True), strict=True))
        self._db.executemany(_INSERT, new)
        self._db.executemany(_CHANGE, changed)
        marks = ",".join("?" * len(same))
        self._db.execute(f"UPDATE item SET last_seen_at = ? WHERE id IN ({marks})", (self._now, *same))
        return [(number, record.readings) for number, record in zip(numbers, fresh.values(), strict=True)]

    def _new(self, number: int, key: str, r: Record) -> tuple[object, ...]:
        at = (int(r.event_at.timestamp()) if r.event_at else self._now) if r.event else None
        return (
            number, self._source, key, _clean(r.title, 500), r.url and _clean(r.url, 2000),
            r.category and _clean(r.category, 200), r.image_url and _clean(r.image_url, 2000),
            r.brand and _clean(r.brand, 200), at, self._now, self._now,
        )  # fmt: skip

    def _changed(self, number: int, r: Record) -> tuple[object, ...]:
        title, url, image = _clean(r.title, 500), _clean(r.url, 2000), _clean(r.image_url, 2000)
        return (title, url, _clean(r.category, 200), image, _clean(r.brand, 200), self._now, number)

    def _values(self, items: Iterable[tuple[int, Sequence[Reading]]]) -> None:
        now, latest = self._now, self._now + _AHEAD
        hour, known, add = now - now % HOUR, self._metrics, self._rows.append
        for number, readings in items:
            for r in readings:
                at = hour if r.at is None else int(r.at.timestamp())
                metric = known.get((r.metric, r.period)) or self._metric(r.metric, r.period)
                value, rank, price = r.value, r.rank, r.price_minor
                plain = rank is None and price is None and value is not None and -_HUGE < value < _HUGE
                if (plain or _usable(r)) and _OLDEST <= at <= latest:
                    add((number, metric, at, value, rank, price, r.currency, now))
                else:
                    self._done.bad_readings += 1
            if len(self._rows) >= _ROWS:
                self._flush()

    def _metric(self, name: str, period: int) -> int:
        cursor = self._db.execute("INSERT INTO metric (name, period) VALUES (?, ?)", (name, period))
        self._metrics[name, period] = int(cursor.lastrowid or 0)
        return self._metrics[name, period]

    def _flush(self) -> None:
        self._db.executemany(_UPSERT, self._rows)
        self._done.observations += len(self._rows)
        self._rows.clear()


def _usable(r: Reading) -> bool:
    """A finite value or a rank from 1, and no price without its currency."""
    value, rank, price = r.value, r.rank, r.price_minor
    if value is None:
        if rank is None:
            return False
    elif not -_HUGE < value < _HUGE:  # not a number is neither
        return False
    if rank is not None and not 0 < rank <= _MOST:
        return False
    return price is None or (0 <= price <= _MOST and bool(r.currency))


def _ident(external_id: str) -> str:
    """The id as stored: a very long one (a whole URL) by its hash."""
    clean = (external_id if external_id.isprintable() else _BAD.sub(" ", external_id)).strip()
    return clean if len(clean) <= 300 else "sha256:" + hashlib.sha256(clean.encode()).hexdigest()


def _clean(text: str, limit: int) -> str:
    return (text if text.isprintable() else _BAD.sub(" ", text))[:limit].strip()


def event_days(db: sqlite3.Connection, product_id: int, since: int) -> Iterator[tuple[str, int, int]]:
    """(source, day as epoch seconds at 00:00 UTC, count) of articles, launches and deals about a product."""
    rows = db.execute(
        "SELECT source, event_at - event_at % 86400 AS day, count(*) FROM item WHERE product_id = ? "
        "AND event_at >= ? GROUP BY source, day ORDER BY source, day",
        (product_id, since),
    )
    yield from (tuple(row) for row in rows)
