"""Migrations: whole or not at all, backed up before, and never over a stranger's database."""

import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store_rows import NOW
from trendctl.errors import StoreError
from trendctl.models import TABLES
from trendctl.store import backup
from trendctl.store.engine import Store, create_file
from trendctl.store.migrate import Migration, _apply, is_current, migrate, migrations, statements

NEWEST = migrations()[-1].number


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "trendctl.db"


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes the program know these scripts, as migrations behind its own."""

    own = migrations()

    def set_to(*scripts: str) -> None:
        more = tuple(Migration(NEWEST + n, f"extra{n}", sql) for n, sql in enumerate(scripts, start=1))
        monkeypatch.setattr("trendctl.store.migrate.migrations", lambda: own + more)

    return set_to


def refuse(path: Path, reason: str) -> None:
    raise AssertionError(f"no backup was due: {reason}")


def tables(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as db:
        return {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_a_new_database_gets_all_migrations_once(path: Path) -> None:
    assert migrate(path, now=NOW, before=refuse) == tuple(m.number for m in migrations())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert is_current(path)
    assert migrate(path, now=NOW, before=refuse) == ()
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert {row[0] for row in db.execute("SELECT applied_at FROM migration")} == {NOW}


def test_an_empty_file_left_by_a_crash_is_filled(path: Path) -> None:
    path.touch()
    assert not is_current(path)
    migrate(path, now=NOW, before=refuse)
    assert "draft" in tables(path)


def test_a_backup_is_made_before_data_is_changed(path: Path, known: Callable[..., None], tmp_path: Path) -> None:
    migrate(path, now=NOW, before=refuse)
    known("CREATE TABLE extra (a INTEGER) STRICT;")
    assert not is_current(path)
    made: list[Path] = []
    applied = migrate(
        path, now=NOW, before=lambda p, reason: made.append(backup.write_copy(p, tmp_path / "b", reason, NOW))
    )
    assert applied == (NEWEST + 1,)
    assert made[0].name.endswith(f"before-migration-{NEWEST + 1:04d}.db.gz")
    assert "extra" in tables(path)


def test_where_the_backup_fails_nothing_is_changed(path: Path, known: Callable[..., None]) -> None:
    migrate(path, now=NOW, before=refuse)
    known("CREATE TABLE extra (a INTEGER) STRICT;")

    def full(path: Path, reason: str) -> None:
        raise StoreError("The backup could not be written")

    with pytest.raises(StoreError, match="could not be written"):
        migrate(path, now=NOW, before=full)
    assert "extra" not in tables(path)


@pytest.mark.parametrize("torn", ["CREATE TABLE late (a) STRICT;", "INSERT INTO nowhere VALUES (1);", "CREATE TABL"])
def test_a_migration_that_breaks_half_way_leaves_nothing_of_itself(
    path: Path, known: Callable[..., None], torn: str
) -> None:
    migrate(path, now=NOW, before=refuse)
    known("CREATE TABLE one (a INTEGER) STRICT;", f"CREATE TABLE two (a INTEGER) STRICT;\n{torn}")
    with pytest.raises((StoreError, ValueError)):
        migrate(path, now=NOW, before=lambda path, reason: None)
    assert "one" in tables(path)
    assert "two" not in tables(path)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT max(number) FROM migration").fetchone()[0] == NEWEST + 1


def test_days_without_their_units_are_known_of_listings_tracked_before(path: Path) -> None:
    create_file(path)
    for m in migrations():
        if m.number <= 10:
            _apply(path, m, NOW)
    with closing(sqlite3.connect(path)) as db:
        db.execute("INSERT INTO metric_listing (number, listing_id, fetched_at) VALUES (1, 'l', 1), (2, 'm', 1)")
        for number, units in ((1, None), (1, 2), (2, 1)):
            db.execute(
                "INSERT INTO metric_day (number, day, units, revenue_minor, currency, fetched_at)"
                " VALUES (?, ?, ?, 100, 'USD', 1)", (number, units or 0, units),
            )  # fmt: skip
        db.commit()
    migrate(path, now=NOW, before=lambda path, reason: None)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT unit_gaps FROM metric_listing ORDER BY number").fetchall() == [(1,), (0,)]


def test_it_goes_on_where_it_stopped(path: Path, known: Callable[..., None]) -> None:
    migrate(path, now=NOW, before=refuse)
    known("CREATE TABLE one (a INTEGER) STRICT;", "CREATE TABLE torn (")
    with pytest.raises((StoreError, ValueError)):
        migrate(path, now=NOW, before=lambda path, reason: None)
    known("CREATE TABLE one (a INTEGER) STRICT;", "CREATE TABLE two (a INTEGER) STRICT;")
    assert migrate(path, now=NOW, before=lambda path, reason: None) == (NEWEST + 2,)


def test_a_newer_database_is_refused_and_left_alone(path: Path, known: Callable[..., None]) -> None:
    known("CREATE TABLE extra (a INTEGER) STRICT;")
    migrate(path, now=NOW, before=refuse)
    known()
    bytes_before = path.read_bytes()
    for act in (lambda: migrate(path, now=NOW, before=refuse), lambda: is_current(path)):
        with pytest.raises(StoreError, match=f"newer than this program.*knows {NEWEST}"):
            act()
    assert path.read_bytes() == bytes_before


def test_a_database_of_another_build_is_refused(path: Path, known: Callable[..., None]) -> None:
    known("CREATE TABLE extra (a INTEGER) STRICT;")
    migrate(path, now=NOW, before=refuse)
    known("CREATE TABLE extra (b INTEGER) STRICT;")
    with pytest.raises(StoreError, match="another build"):
        migrate(path, now=NOW, before=refuse)


def test_a_file_that_is_no_database_is_told(path: Path) -> None:
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError, match="damaged"):
        migrate(path, now=NOW, before=refuse)


def test_models_have_the_columns_of_the_schema(store: Store) -> None:
    from sqlalchemy import inspect

    with store.read() as db:
        for model in TABLES:
            mapped = inspect(model).local_table
            ours = {column.name: (column.nullable, column.primary_key) for column in mapped.columns}
            rows = db.execute('SELECT name, "notnull", pk FROM pragma_table_info(?)', (mapped.name,)).fetchall()
            theirs = {row["name"]: (not row["notnull"] and not row["pk"], bool(row["pk"])) for row in rows}
            assert ours == theirs, mapped.name


def test_model_types_are_the_columns_types(store: Store) -> None:
    from sqlalchemy import inspect

    kinds = {"INTEGER": int, "TEXT": str, "REAL": float, "BLOB": bytes}
    with store.read() as db:
        for model in TABLES:
            mapped = inspect(model).local_table
            rows = db.execute("SELECT name, type FROM pragma_table_info(?)", (mapped.name,)).fetchall()
            theirs = {row["name"]: kinds[row["type"]] for row in rows}
            assert {c.name: getattr(c.type, "impl", c.type).python_type for c in mapped.columns} == theirs, mapped.name


def test_the_schema_has_no_broken_reference(store: Store) -> None:
    with store.read() as db:
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


SCRIPTS = (
    "CREATE TABLE a (x);",
    "-- note; it's a comment\n",
    "INSERT INTO a VALUES ('a;b');",
    "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n SELECT 1; SELECT 2;\nEND;",
    "\n",
)


@given(st.lists(st.sampled_from(SCRIPTS)))
def test_statements_are_cut_where_they_end(parts: list[str]) -> None:
    sql = "\n".join(parts)
    cut = list(statements(sql))
    assert len(cut) == sum(part.endswith(";") for part in parts)
    assert all(sqlite3.complete_statement(one) for one in cut)


def test_an_unfinished_statement_is_refused() -> None:
    with pytest.raises(ValueError, match="unfinished"):
        list(statements("CREATE TABLE a (x);\nCREATE TABLE b ("))
