"""The wall: each forbidden write is attempted on healing's own connection and refused; no import leads past it."""

import ast
import sqlite3
from pathlib import Path

import pytest

import store_rows
from trendctl.errors import StoreError
from trendctl.store import repairs
from trendctl.store.engine import Store
from trendctl.store.migrate import migrations, statements
from trendctl.store.writers import CACHES, WRITERS, Role

SRC = Path(__file__).resolve().parents[2] / "src" / "trendctl"
MAY = {"incident", "notice", "job_state", "repair", "repair_outcome", "learning", *CACHES}
TABLES = sorted(
    words[2] for s in (s for m in migrations() for s in statements(m.sql))
    if (words := s[s.index("CREATE") if "CREATE" in s else 0 :].split())[:2] == ["CREATE", "TABLE"]
)  # fmt: skip
NO = r"not authorized|prohibited"


def attempt(store: Store, sql: str) -> None:
    with store.write(Role.SELFHEAL) as db:
        db.execute(sql)


def test_healing_may_write_these_tables_and_no_other() -> None:
    assert WRITERS[Role.SELFHEAL] == MAY
    assert set(TABLES) > MAY


@pytest.mark.parametrize("verb", ["INSERT INTO {0} DEFAULT VALUES", "DELETE FROM {0}", 'UPDATE {0} SET "{1}" = 1'])
def test_a_write_to_any_other_table_is_refused(store: Store, verb: str) -> None:
    with store.read() as db:
        first = {t: db.execute("SELECT name FROM pragma_table_info(?)", (t,)).fetchone()[0]
                 for t in [*TABLES, "migration", "sqlite_master"] if t not in MAY}  # fmt: skip
    assert len(first) > 30
    for table, column in first.items():
        with pytest.raises(StoreError, match=NO + "|may not be modified"):
            attempt(store, verb.format(table, column))


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO decision (id, draft_id, hash, kind, seat, at, expires_at) VALUES ('x','d1','h','approve','s',1,2)",
        "UPDATE draft SET intent = x'00'", "UPDATE listing SET price_minor = 1", "UPDATE supply SET cost_minor = 0",
        "DELETE FROM account_block", "UPDATE http_host SET next_at = 0", "DELETE FROM http_bucket",
        "DELETE FROM http_circuit",
        "INSERT INTO audit (seq, kind, key, body_sha256, prev, chain, at) VALUES (1, '', '', '', '', '', 1)",
    ],
)  # fmt: skip
def test_no_approval_no_listing_no_price_no_pace_of_calls_can_be_written(store: Store, sql: str) -> None:
    store_rows.posted(store)
    with pytest.raises(StoreError, match=NO):
        attempt(store, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE x (a)", "CREATE TEMP TABLE x (a)", "DROP TABLE incident", "DROP TRIGGER decision_frozen",
        "DROP INDEX item_by_product", "ALTER TABLE incident ADD COLUMN x", "CREATE INDEX i ON incident (fault)",
        "CREATE TRIGGER t AFTER INSERT ON incident BEGIN DELETE FROM decision; END", "CREATE VIEW v AS SELECT 1",
        "ATTACH ':memory:' AS other", "DETACH main", "ANALYZE", "VACUUM INTO '/tmp/trendctl-stolen.db'",
        "PRAGMA writable_schema = ON", "PRAGMA foreign_keys = OFF", "PRAGMA journal_mode = DELETE",
        "PRAGMA recursive_triggers = OFF", "PRAGMA user_version = 9", "PRAGMA trusted_schema = ON",
        "PRAGMA ignore_check_constraints = ON", "PRAGMA query_only = OFF", "PRAGMA locking_mode = EXCLUSIVE",
        "PRAGMA wal_autocheckpoint = 0", "PRAGMA synchronous = OFF", "PRAGMA incremental_vacuum",
        "SELECT load_extension('x')",
    ],
)  # fmt: skip
def test_the_schema_other_files_and_pragmas_are_out_of_reach(store: Store, sql: str) -> None:
    connection = store.connect(Role.SELFHEAL)
    try:
        with pytest.raises(sqlite3.DatabaseError):
            connection.execute(sql)
    finally:
        connection.close()
    with store.read() as db:
        assert db.execute("PRAGMA foreign_keys").fetchone()[0] == 1


def test_it_may_rebuild_an_index_and_fold_the_log_in(store: Store) -> None:
    repairs.reindex(store, "item_by_product")
    repairs.checkpoint(store)
    with pytest.raises(StoreError, match="There is no index"):
        repairs.reindex(store, "item; DROP TABLE item")


@pytest.mark.parametrize("table", ["decision", "draft", "http_host", "http_bucket", "item", "sqlite_master"])
def test_only_a_cache_can_be_forgotten(store: Store, table: str) -> None:
    with pytest.raises(StoreError, match="is no cache"):
        repairs.forget_cached(store, table, {})
    with store.read() as db, pytest.raises(StoreError, match="is no cache"):
        repairs.cached(db, table, {})
    with pytest.raises(StoreError, match="is no cache"):
        repairs.put_cached(store, table, [])


def test_a_cache_is_not_asked_for_columns_it_does_not_have(store: Store) -> None:
    with store.read() as db, pytest.raises(StoreError, match="has no column"):
        repairs.cached(db, "http_validator", {"1=1 OR url": "x"})


def test_a_job_is_changed_in_its_own_columns_only(store: Store) -> None:
    for values in ({"job": "other"}, {"outcome = 'x', detail": "y"}, {}):
        with pytest.raises(StoreError, match="no column"):
            repairs.set_job(store, "scan", values)
    with pytest.raises(StoreError, match="There is no job"):
        repairs.set_job(store, "scan", {"outcome": "ok"})


# ---------------------------------------------------------------- imports


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{a.name}" for a in node.names)}
        elif isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
    return found


FORBIDDEN = ("sqlite3", "trendctl.approval", "trendctl.posting", "trendctl.secrets", "trendctl.intent", "trendctl.http",
             "trendctl.app", "trendctl.flows", "trendctl.cli", "importlib.import_module", "ctypes", "subprocess",
             "socket", "httpx")  # fmt: skip
STORE = ("decisions", "drafts", "operations", "reviews", "supplies", "ledger", "rebuild", "stocks", "orm", "migrate")


FILES = sorted((SRC / "selfheal").rglob("*.py"))


def test_no_part_of_healing_imports_what_approves_posts_calls_or_knows_a_secret() -> None:
    assert len(FILES) > 20
    for path in FILES:
        names, text = imported(path), path.read_text("utf-8")
        assert [n for n in names if n in FORBIDDEN or n.startswith(tuple(f"{f}." for f in FORBIDDEN))] == [], path
        assert [n for n in names if n.startswith(tuple(f"trendctl.store.{s}" for s in STORE))] == [], path
        assert [
            w
            for w in ("__import__", "import_module", "eval(", "exec(", ".sqlite3", "os.system", "os.exec")
            if w in text
        ] == [], path


def test_healing_writes_by_its_own_functions_of_the_store_only() -> None:
    """No transaction of its own: the SQL of healing stands in store/repairs.py and store/incidents.py."""
    for path in FILES:
        text = path.read_text("utf-8")
        assert [w for w in ("store.write(", ".session(", "store.connect(", "Role.") if w in text] == [], path


def test_healing_loads_nothing_of_them_when_it_runs(fresh_python) -> None:  # type: ignore[no-untyped-def]
    code = (
        "import sys, trendctl.selfheal.coordinator; from trendctl import registry; registry.load_all('faults');"
        "names = [f'trendctl.{n}' for n in ('approval', 'posting', 'secrets', 'http', 'intent')];"
        "print([m for m in sys.modules if any(m == n or m.startswith(n + '.') for n in names)])"
    )
    assert fresh_python(code).strip() == "[]"
