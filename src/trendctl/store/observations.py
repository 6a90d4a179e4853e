"""Items and their observations, written in bulk: what a source named, and each value at the time it is about."""

import hashlib
import re
import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from trendctl.ports import Reading, Record

HOUR = 3600
_CHUNK = 1_000  # records whose ids are looked up with one statement
_VALUES = 16_000  # values of observations, eight each, held before they are written
_BAD = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")  # control characters, and halves that UTF-8 cannot hold
_LONG_ID, _LONG_TITLE, _LONG_URL = 300, 500, 2000  # characters
_AHEAD = 2 * 86400  # a value about later than this is a wrong clock or a wrong unit
_OLDEST = 631_152_000  # 1990-01-01
_MOST = 2**63 - 1
_HUGE = 1e300
_AT_ONCE = 200  # rows of one INSERT: half the time that a statement a row takes
_READING = "item_id, metric_id, at, value, rank, price, currency, fetched_at"
_REPLACE = """ ON CONFLICT (item_id, metric_id, at) DO UPDATE SET value = excluded.value,
rank = excluded.rank, price = excluded.price, currency = excluded.currency, fetched_at = excluded.fetched_at"""
_NAMED = "id, source, external_id, title, url, first_seen_at, last_seen_at"
_DESCRIBED = f"{_NAMED}, category, image_url, brand, event_at"
_CHANGE = """UPDATE item SET title = ?, url = coalesce(nullif(?, ''), url),
category = coalesce(nullif(?, ''), category), image_url = coalesce(nullif(?, ''), image_url),
brand = coalesce(nullif(?, ''), brand), last_seen_at = ? WHERE id = ?"""

_Known = tuple[str, int, str, str]  # the source's id as stored, our number, title and address


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
        self._first: dict[
            str, Record
        ] = {}  # by the source's id: no object more for each, which the collector would walk
        self._numbers: dict[str, int] = {}
        self._values: list[object] = []
        self._done = Stored()

    def write(self, records: Iterable[Record]) -> Stored:
        rest = iter(records)
        while chunk := list(islice(rest, _CHUNK)):
            fresh, again = self._sorted(chunk)
            self._take(self._items(fresh), (record.readings for record in fresh.values()))
            for record in again:
                number, more = self._more(record)
                self._take((number,), (more,))
        self._flush()
        return self._done

    def _sorted(self, chunk: Iterable[Record]) -> tuple[dict[str, Record], list[Record]]:
        """Records whose id comes for the first time, and those named before; a useless one is counted and forgotten."""
        fresh: dict[str, Record] = {}
        again: list[Record] = []
        first = self._first
        for record in chunk:
            key, title = record.external_id, record.title
            if not key or not title or title.isspace():
                self._done.rejected += 1
            elif key in fresh or key in first:
                again.append(record)
            else:
                fresh[key] = record
        self._done.duplicate += len(again)
        return fresh, again

    def _more(self, record: Record) -> tuple[int, list[Reading]]:
        """What a second record of an item adds to the first."""
        first, numbers = self._first, self._numbers
        if len(numbers) < len(first):  # made when first needed: most sources name each item once
            numbers.update(islice(zip(first, self._done.ids, strict=True), len(numbers), None))
        said = {(r.metric, r.period, r.at) for r in first[record.external_id].readings}
        return numbers[record.external_id], [r for r in record.readings if (r.metric, r.period, r.at) not in said]

    def _items(self, fresh: dict[str, Record]) -> list[int]:
        """Make or renew the items; their numbers."""
        keys = [key.strip() if len(key) <= _LONG_ID and key.isprintable() else _ident(key) for key in fresh]
        marks = ",".join("?" * len(keys))
        query = f"SELECT external_id, id, title, url FROM item WHERE source = ? AND external_id IN ({marks})"
        known = {row[0]: row for row in self._cursor.execute(query, (self._source, *keys))}
        if known or len(set(keys)) < len(keys):
            numbers = self._renewed(keys, fresh, known)
        else:  # a source's first time: nothing to look up
            numbers = list(range(self._next, self._next + len(keys)))
            self._make(numbers, keys, fresh.values())
        self._done.ids.extend(numbers)
        self._first.update(fresh)
        return numbers

    def _renewed(self, keys: Sequence[str], fresh: Mapping[str, Record], known: dict[str, _Known]) -> list[int]:
        """The numbers of items of which some are known; two ids may have become one key."""
        new: list[tuple[int, str, Record]] = []
        changed: list[tuple[object, ...]] = []
        same: list[int] = []
        numbers: list[int] = []
        for key, record in zip(keys, fresh.values(), strict=True):
            row = known.get(key)
            if row is None:
                number = self._next + len(new)
                known[key] = (key, number, "", "")
                new.append((number, key, record))
            elif record.title == row[2] and record.url in ("", row[3]):
                same.append(number := row[1])
            else:
                changed.append(self._changed(number := row[1], record))
            numbers.append(number)
        if new:
            self._make(*zip(*new, strict=True))
        self._db.executemany(_CHANGE, changed)
        marks = ",".join("?" * len(same))
        self._db.execute(f"UPDATE item SET last_seen_at = ? WHERE id IN ({marks})", (self._now, *same))
        return numbers

    def _make(self, numbers: Sequence[int], keys: Iterable[str], records: Iterable[Record]) -> None:
        """Insert items: those with no more than a name and an address, and those with more."""
        now, source = self._now, self._source
        self._next += len(numbers)
        self._done.new_items += len(numbers)
        named: list[object] = []
        described: list[object] = []
        for number, key, r in zip(numbers, keys, records, strict=True):
            title, url = r.title, r.url
            title = title.strip() if len(title) <= _LONG_TITLE and title.isprintable() else _clean(title, _LONG_TITLE)
            url = url.strip() if len(url) <= _LONG_URL and url.isprintable() else _clean(url, _LONG_URL)
            if r.category or r.image_url or r.brand or r.event:
                at = (int(r.event_at.timestamp()) if r.event_at else now) if r.event else None
                more = (_clean(r.category, 200), _clean(r.image_url, _LONG_URL), _clean(r.brand, 200), at)
                described += (number, source, key, title, url, now, now, *more)
            else:
                named += (number, source, key, title, url, now, now)
        self._insert("item", _NAMED, named)
        self._insert("item", _DESCRIBED, described)

    def _changed(self, number: int, r: Record) -> tuple[object, ...]:
        title, url, image = _clean(r.title, _LONG_TITLE), _clean(r.url, _LONG_URL), _clean(r.image_url, _LONG_URL)
        return (title, url, _clean(r.category, 200), image, _clean(r.brand, 200), self._now, number)

    def _take(self, numbers: Sequence[int], readings: Iterable[Sequence[Reading]]) -> None:
        """Hold the readings of items for writing."""
        now, latest = self._now, self._now + _AHEAD
        hour, known, values = now - now % HOUR, self._metrics, self._values
        for number, some in zip(numbers, readings, strict=True):
            for r in some:
                at = hour if r.at is None else int(r.at.timestamp())
                metric = known.get((r.metric, r.period)) or self._metric(r.metric, r.period)
                value, rank, price = r.value, r.rank, r.price_minor
                plain = price is None and (rank is None or 0 < rank <= _MOST)
                plain = plain and value is not None and -_HUGE < value < _HUGE
                if (plain or _usable(r)) and _OLDEST <= at <= latest:
                    values += (number, metric, at, value, rank, price, r.currency, now)
                else:
                    self._done.bad_readings += 1
            if len(values) >= _VALUES:
                self._flush()

    def _metric(self, name: str, period: int) -> int:
        cursor = self._db.execute("INSERT INTO metric (name, period) VALUES (?, ?)", (name, period))
        self._metrics[name, period] = int(cursor.lastrowid or 0)
        return self._metrics[name, period]

    def _flush(self) -> None:
        self._done.observations += self._insert("observation", _READING, self._values, _REPLACE)
        self._values.clear()

    def _insert(self, table: str, columns: str, values: Sequence[object], then: str = "") -> int:
        """Insert the rows whose values follow one another; how many there were."""
        width = columns.count(",") + 1
        step, marks = _AT_ONCE * width, "(" + ",".join("?" * width) + ")"
        whole = len(values) - len(values) % step
        insert = f"INSERT INTO {table} ({columns}) VALUES "
        many = insert + ",".join([marks] * _AT_ONCE) + then
        self._db.executemany(many, (values[start : start + step] for start in range(0, whole, step)))
        if rest := values[whole:]:
            self._db.execute(insert + ",".join([marks] * (len(rest) // width)) + then, rest)
        return len(values) // width


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
    return clean if len(clean) <= _LONG_ID else "sha256:" + hashlib.sha256(clean.encode()).hexdigest()


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
