"""One writer for each table: whatever else a role tries, the database refuses."""

import sqlite3
from itertools import product as pairs

import pytest

from trendctl.errors import StoreError
from trendctl.store.engine import Store
from trendctl.store.migrate import migrations, statements
from trendctl.store.writers import CACHES, WRITERS, Role

TABLES = sorted(
    words[2] for s in (s for m in migrations() for s in statements(m.sql))
    if (words := s[s.index("CREATE") if "CREATE" in s else 0 :].split())[:2] == ["CREATE", "TABLE"]
)  # fmt: skip
REFUSED = r"not authorized|prohibited"
SHARED = {"audit", "job_state", *CACHES}  # the chain every act enters; the schedule and caches, which healing mends
FORBIDDEN = {role: [table for table in [*TABLES, "migration"] if table not in WRITERS[role]] for role in Role}


def statement(store: Store, verb: str, table: str) -> str:
    """A statement whose only fault can be that it writes to that table."""
    with store.read() as db:
        column = db.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchone()[0]
    return {
        "insert": f'INSERT INTO {table} ("{column}") SELECT "{column}" FROM {table} WHERE 0',
        "replace": f'REPLACE INTO {table} ("{column}") SELECT "{column}" FROM {table} WHERE 0',
        "update": f'UPDATE {table} SET "{column}" = "{column}" WHERE 0',
        "delete": f"DELETE FROM {table} WHERE 0",
    }[verb]


def test_every_table_has_its_writer_and_every_writer_a_table() -> None:
    """Role.RESTORE and Role.FORGET are no stages: a person's reconcile rebuilds with the one what a restore took away,
    a person's `forget` reaches everything with the other."""
    no_stage = (Role.RESTORE, Role.FORGET)
    written = [table for role, tables in WRITERS.items() if role not in no_stage for table in tables]
    assert len(TABLES) > 25
    assert {*written, "forget_run"} == set(TABLES) == WRITERS[Role.FORGET]
    assert "forget_run" not in written
    assert {table for table in written if written.count(table) > 1} == SHARED
    assert WRITERS[Role.RESTORE].isdisjoint({"supply", "review", "image", "analysis", "score", "observation"})


@pytest.mark.parametrize("role", list(Role))
def test_another_stages_tables_are_refused(store: Store, role: Role) -> None:
    for table, verb in pairs(FORBIDDEN[role], ("insert", "replace", "update", "delete")):
        sql = statement(store, verb, table)
        with pytest.raises(StoreError, match=REFUSED), store.write(role) as db:
            db.execute(sql)


@pytest.mark.parametrize("role", list(Role))
def test_its_own_tables_are_open_to_a_role(store: Store, role: Role) -> None:
    for table in WRITERS[role]:
        for verb in ("insert", "replace", "update"):
            with store.write(role) as db:
                db.execute(statement(store, verb, table))


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE x (a)", "CREATE TEMP TABLE x (a)", "DROP TABLE watch", "DROP TRIGGER decision_frozen",
        "ALTER TABLE watch ADD COLUMN x", "CREATE TRIGGER t AFTER INSERT ON watch BEGIN SELECT 1; END",
        "CREATE VIEW v AS SELECT 1", "CREATE INDEX i ON watch (created_at)", "REINDEX", "ANALYZE",
        "ATTACH ':memory:' AS other", "PRAGMA foreign_keys = OFF", "PRAGMA writable_schema = ON",
        "PRAGMA recursive_triggers = OFF", "PRAGMA journal_mode = DELETE", "PRAGMA user_version = 3",
        "PRAGMA ignore_check_constraints = ON", "PRAGMA trusted_schema = ON",
        "INSERT INTO sqlite_master (type) VALUES ('table')", "UPDATE sqlite_master SET sql = ''",
        "DELETE FROM sqlite_sequence",
    ],
)  # fmt: skip
def test_schema_pragmas_and_other_files_are_refused_to_every_role(store: Store, sql: str) -> None:
    for role in set(Role) - ({Role.SELFHEAL} if sql == "REINDEX" else set()):
        with pytest.raises(StoreError, match=REFUSED + r"|no such table|may not be modified"), store.write(role) as db:
            db.execute(sql)


def test_vacuum_into_another_file_is_refused(store: Store) -> None:
    target = store.path.with_name("stolen.db")
    connection = store.connect(Role.APP)
    with pytest.raises(sqlite3.DatabaseError):
        connection.execute("VACUUM INTO ?", (str(target),))
    connection.close()
    assert not target.exists() or target.stat().st_size == 0


def test_a_session_is_guarded_in_the_same_way(store: Store) -> None:
    from sqlalchemy import text

    for role, table in [(Role.SCANNER, "decision"), (Role.ANALYZER, "listing"), (Role.SELFHEAL, "decision")]:
        with pytest.raises(StoreError, match=REFUSED), store.session(role) as session:
            session.execute(text(statement(store, "update", table)))


@pytest.mark.parametrize("role", list(Role))
def test_every_role_may_read_everything(store: Store, role: Role) -> None:
    with store.write(role) as db:
        for table in TABLES:
            db.execute(f"SELECT * FROM {table}").fetchall()
        assert db.execute("PRAGMA quick_check").fetchone()[0] == "ok"
