"""Products, the keys they are found by, and the person's merges and splits. Ids are the database's own numbers."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

_CHUNK = 500  # ids in one IN list
_PER_KEY = 64  # products looked at for one key: a key of a very common phrase tells little


@dataclass(frozen=True, slots=True)
class PendingItem:
    """An item without a product."""

    id: int
    source: str
    external_id: str
    title: str
    category: str
    brand: str
    first_seen_at: int


@dataclass(frozen=True, slots=True)
class NewProduct:
    """A product to be made. `uid` is what people and scripts see; `sellable` a probability."""

    uid: str
    title: str
    brand: str
    category: str
    sellable: float
    first_seen_at: int


def _chunks(ids: Iterable[int]) -> Iterator[tuple[list[int], str]]:
    rest = iter(ids)
    while part := list(islice(rest, _CHUNK)):
        yield part, ",".join("?" * len(part))


def pending_items(db: sqlite3.Connection, ids: Iterable[int]) -> list[PendingItem]:
    """Those of the items that have no product yet, by id. Measured series (`q:`) are not among them."""
    found: list[PendingItem] = []
    for part, marks in _chunks(ids):
        rows = db.execute(
            "SELECT id, source, external_id, title, category, brand, first_seen_at FROM item "
            f"WHERE id IN ({marks}) AND product_id IS NULL AND external_id NOT GLOB 'q:*'",
            part,
        )
        found += [PendingItem(*row) for row in rows]
    return sorted(found, key=lambda item: item.id)


def left_over(db: sqlite3.Connection, since: int) -> list[int]:
    """Items seen since then that have no product. Reads the whole table: for the scan after one that was broken off."""
    query = "SELECT id FROM item WHERE last_seen_at >= ? AND product_id IS NULL ORDER BY id"
    return [row[0] for row in db.execute(query, (since,))]


def links(db: sqlite3.Connection, item_ids: Iterable[int]) -> dict[int, list[tuple[int, bool]]]:
    """The person's word on items: (product, together), products resolved to what they were merged into."""
    found: dict[int, list[tuple[int, bool]]] = {}
    for part, marks in _chunks(item_ids):
        rows = db.execute(
            "SELECT l.item_id, coalesce(p.merged_into, p.id), l.together FROM product_link l "
            f"JOIN product p ON p.id = l.product_id WHERE l.item_id IN ({marks}) ORDER BY l.at, l.product_id",
            part,
        )
        for item, product, together in rows:
            found.setdefault(item, []).append((product, bool(together)))
    return found


def products_by_key(db: sqlite3.Connection, key: int) -> list[int]:
    """Products that have the key, oldest first, not all of a very common one."""
    query = "SELECT product_id FROM product_key WHERE key = ? LIMIT ?"
    return [row[0] for row in db.execute(query, (key, _PER_KEY))]


def titles(db: sqlite3.Connection, ids: Iterable[int]) -> dict[int, tuple[int, str]]:
    """For each product (the product it now is, its own title): one merged away still finds by its old name."""
    found: dict[int, tuple[int, str]] = {}
    for part, marks in _chunks(ids):
        rows = db.execute(f"SELECT id, coalesce(merged_into, id), title FROM product WHERE id IN ({marks})", part)
        found |= {row[0]: (row[1], row[2]) for row in rows}
    return found


def create_products(db: sqlite3.Connection, new: Sequence[NewProduct], now: int) -> list[int]:
    """Make products; their ids, in order."""
    first = int(db.execute("SELECT coalesce(max(id), 0) + 1 FROM product").fetchone()[0])
    rows = [
        (first + n, p.uid, p.title, p.brand, p.category, p.sellable, p.first_seen_at, now) for n, p in enumerate(new)
    ]
    db.executemany(
        "INSERT INTO product (id, uid, title, brand, category, sellable, first_seen_at, last_seen_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )
    return [row[0] for row in rows]


def add_keys(db: sqlite3.Connection, keys: Iterable[tuple[int, int]]) -> None:
    """(key, product) pairs under which products will be found."""
    db.executemany("INSERT INTO product_key (key, product_id) VALUES (?, ?) ON CONFLICT DO NOTHING", keys)


def assign(db: sqlite3.Connection, pairs: Iterable[tuple[int, int]]) -> None:
    """Put items to products: (item, product)."""
    db.executemany("UPDATE item SET product_id = ?2 WHERE id = ?1", pairs)


def touch(db: sqlite3.Connection, item_ids: Iterable[int], now: int) -> set[int]:
    """Note that the products of these items were seen now; the products. Being measured is not being seen."""
    seen: set[int] = set()
    for part, marks in _chunks(item_ids):
        query = (
            f"SELECT DISTINCT product_id FROM item WHERE id IN ({marks}) AND product_id IS NOT NULL "
            "AND external_id NOT GLOB 'q:*'"
        )
        seen |= {row[0] for row in db.execute(query, part)}
    db.executemany("UPDATE product SET last_seen_at = max(last_seen_at, ?) WHERE id = ?", [(now, p) for p in seen])
    return seen


def product_id(db: sqlite3.Connection, uid: str) -> int | None:
    """The product of a uid, what it was merged into if it was; None: there is none."""
    row = db.execute("SELECT coalesce(merged_into, id) FROM product WHERE uid = ?", (uid,)).fetchone()
    return row[0] if row else None


def items_of(db: sqlite3.Connection, product: int) -> list[tuple[int, str, str, str]]:
    """(id, source, external_id, title) of a product's items."""
    query = "SELECT id, source, external_id, title FROM item WHERE product_id = ? ORDER BY id"
    return [tuple(row) for row in db.execute(query, (product,))]


def merge_into(db: sqlite3.Connection, product: int, into: int, now: int) -> int:
    """Make `product` part of `into`, as a person said; how many items moved. Its old names still lead there."""
    items = [row[0] for row in items_of(db, product)]
    remember(db, [(item, into, True) for item in items], now)
    assign(db, [(item, into) for item in items])
    db.execute("UPDATE product SET merged_into = ?2 WHERE id = ?1 OR merged_into = ?1", (product, into))
    db.execute(
        "UPDATE product SET first_seen_at = min(first_seen_at, (SELECT first_seen_at FROM product WHERE id = ?1)), "
        "last_seen_at = max(last_seen_at, (SELECT last_seen_at FROM product WHERE id = ?1)) WHERE id = ?2",
        (product, into),
    )
    return len(items)


def remember(db: sqlite3.Connection, said: Iterable[tuple[int, int, bool]], now: int) -> None:
    """The person's word: (item, product, together)."""
    db.executemany(
        "INSERT INTO product_link (item_id, product_id, together, at) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (item_id, product_id) DO UPDATE SET together = excluded.together, at = excluded.at",
        [(item, product, int(together), now) for item, product, together in said],
    )


def describe(db: sqlite3.Connection, product: int) -> Mapping[str, object] | None:
    """The product's row; None: there is none."""
    row = db.execute("SELECT * FROM product WHERE id = ?", (product,)).fetchone()
    return dict(row) if row else None
