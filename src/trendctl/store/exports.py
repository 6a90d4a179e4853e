"""Every table of the database, whole, row by row, for `export`."""

import sqlite3
from collections.abc import Iterator, Mapping

# TEXT columns that hold JSON. The audit chain's body is left a text: its hash is of exactly that text.
JSON_COLUMNS: Mapping[str, frozenset[str]] = {
    "analysis": frozenset({"output"}),
    "attempt": frozenset({"late"}),
    "draft": frozenset({"intent", "doc", "missing", "blocks", "warnings"}),
    "draft_edit": frozenset({"changes"}),
    "operation": frozenset({"late"}),
    "platform_known": frozenset({"value"}),
    "prediction": frozenset({"sources"}),
    "score": frozenset({"parts", "inputs"}),
    "supply": frozenset({"facts"}),
}
Cell = int | float | str | bytes | None


def tables(db: sqlite3.Connection) -> tuple[str, ...]:
    """The names of all tables, sorted."""
    rows = db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
    return tuple(row[0] for row in rows)


def columns(db: sqlite3.Connection, table: str) -> tuple[str, ...]:
    """The table's columns in their order. `table` must be one of `tables`: it is written into the statement."""
    return tuple(row[0] for row in db.execute("SELECT name FROM pragma_table_info(?)", (table,)))


def rows(db: sqlite3.Connection, table: str) -> Iterator[tuple[Cell, ...]]:
    """All rows, in the order of the key, never more than one of them in memory. `table` must be one of `tables`."""
    cursor = db.cursor()
    cursor.row_factory = None
    yield from cursor.execute(f'SELECT * FROM "{table}"')
