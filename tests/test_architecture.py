"""The structure as a test: which room may import which, no cycles, leaves alone, SQL in the store only."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from trendctl.store.writers import CACHES, WRITERS, Role

SRC = Path(__file__).resolve().parents[1] / "src" / "trendctl"
CONTRACTS = {"errors", "ports", "models", "clock"}
BASE = CONTRACTS | {"home", "config", "settings", "secrets", "redaction", "log", "store", "http", "registry"}

# Room -> the rooms of ours it may import. A room is a top-level module or folder of the package.
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "clock": {"errors"},
    "ports": set(),
    "models": set(),
    "trends": {"errors"},
    "commerce": {"errors"},
    "intent": {"errors", "ports", "commerce"},
    "home": {"errors"},
    "registry": {"errors", "ports"},
    "config": {"errors", "home", "registry", "settings"},
    "settings": {"errors"},
    "redaction": {"errors"},
    "secrets": {"errors", "home", "redaction", "registry"},
    "wording": {"commerce"},  # names cleaned of prices and promotions, for the scanner and the analysts
    "log": {"errors", "home", "settings", "secrets", "redaction"},
    "store": CONTRACTS | {"commerce"},  # the hot list needs the exponents of currencies
    "http": CONTRACTS,
    "scanner": BASE
    | {"trends", "commerce", "wording"},  # prices are parsed to minor units by their currency's exponent
    "analyzer": BASE | {"trends", "commerce", "wording"},
    "approval": BASE | {"commerce", "intent"},
    "posting": BASE | {"commerce", "intent"},
    "selfheal": BASE - {"http", "secrets"},
    "render": CONTRACTS | {"commerce"},
    "report": CONTRACTS | {"store", "commerce", "render"},  # reads and draws; writes nothing
}
WIRING = {
    "app",
    "flows",
    "cli",
    "demo",
    "daemon",
    "drill",
    "healing",
}  # these wire, so they may import everything below


def room(module: str) -> str:
    """trendctl.http_pace and trendctl.http are one room; trendctl.store.audit is `store`."""
    name = module.split(".")[1]
    return next((r for r in ("http", "config", "daemon", "ports") if name == r or name.startswith(f"{r}_")), name)


@cache
def files() -> tuple[tuple[str, ast.Module], ...]:
    found = []
    for path in sorted(SRC.rglob("*.py")):
        parts = path.relative_to(SRC.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found.append((name, ast.parse(path.read_text("utf-8"))))
    return tuple(found)


def imports(tree: ast.AST, *, at_start: bool = False) -> Iterator[str]:
    """Our modules that are imported; with `at_start` only those loaded when the module itself is."""
    for node in ast.walk(tree) if not at_start else _top(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("trendctl"):
            yield node.module
            yield from (f"{node.module}.{a.name}" for a in node.names)
        elif isinstance(node, ast.Import):
            yield from (a.name for a in node.names)


def _top(tree: ast.AST) -> Iterator[ast.stmt]:
    for node in getattr(tree, "body", []):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.If | ast.Try):
            yield from _top(node)
        yield node


def test_rooms_import_only_what_the_design_allows() -> None:
    wrong = []
    for name, tree in files():
        here = room(name) if "." in name else "trendctl"
        if here in WIRING or here == "trendctl":
            continue
        for target in imports(tree):
            if target.startswith("trendctl."):
                there = room(target)
                if there != here and there not in MAY_IMPORT[here] and not target.startswith("trendctl.VERSION"):
                    wrong.append(f"{name} imports {target}")
    assert wrong == []


def test_every_room_is_in_the_table() -> None:
    rooms = {room(name) for name, _ in files() if "." in name} - {"data"}
    assert rooms - WIRING - set(MAY_IMPORT) == set()


def test_there_is_no_import_cycle() -> None:
    modules = {name for name, _ in files()}
    graph = {name: {t for t in imports(tree, at_start=True) if t in modules and t != name} for name, tree in files()}
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, f"cycle: {' -> '.join((*path[path.index(name) :], name))}"
        if name not in done:
            for target in sorted(graph[name]):
                visit(target, (*path, name))
            done.add(name)

    for name in sorted(graph):
        visit(name, ())


@pytest.mark.parametrize("folder", ["scanner/sources", "analyzer/agents"])
def test_leaves_do_not_import_each_other_nor_the_store(folder: str) -> None:
    prefix = f"trendctl.{folder.replace('/', '.')}"
    for name, tree in files():
        if name.startswith(prefix + "."):
            bad = [t for t in imports(tree) if t.startswith((prefix + ".", "trendctl.store", "trendctl.models"))]
            assert bad == [], name


def test_init_files_are_empty() -> None:
    assert [str(p) for p in SRC.rglob("__init__.py") if p.read_text().strip()] == []


def test_sql_stands_in_the_store_only() -> None:
    outside = [n for n, tree in files() if not n.startswith("trendctl.store") and ".execute(" in ast.unparse(tree)]
    assert outside == ["trendctl.drill.raw"]  # which breaks databases from outside, past the store's rules


def test_healing_cannot_reach_sqlite_approval_posting_or_secrets() -> None:
    forbidden = ("sqlite3", "trendctl.approval", "trendctl.posting", "trendctl.secrets", "trendctl.intent")
    for name, tree in files():
        if name.startswith("trendctl.selfheal"):
            assert [t for t in imports(tree) if t.startswith(forbidden)] == [], name


def test_the_drill_and_what_it_drills_share_nothing() -> None:
    for name, tree in files():
        if name.startswith("trendctl.drill"):
            assert [t for t in imports(tree) if t.startswith(("trendctl.selfheal", "trendctl.healing"))] == [], name
            assert "import_module('trendctl.selfheal" not in ast.unparse(tree), name
        if name.startswith(("trendctl.selfheal", "trendctl.healing")):
            assert [t for t in imports(tree) if t.startswith("trendctl.drill")] == [], name


def test_only_approval_writes_decisions_and_only_posting_writes_listings() -> None:
    # What FORGET may do to these tables stands in their triggers: empty texts while its run is open.
    assert [r for r in WRITERS if "decision" in WRITERS[r]] == [Role.APPROVAL, Role.RESTORE, Role.FORGET]
    for table in ("draft", "operation", "listing", "attempt"):
        assert [r for r in WRITERS if table in WRITERS[r]] == [Role.POSTING, Role.RESTORE, Role.FORGET]


def test_every_table_has_one_writer_but_the_shared_ones() -> None:
    shared = {"audit", "product", "draft", "decision", "operation", "listing", "attempt", "account_block", "job_state"}
    shared |= CACHES
    tables = [t for r in WRITERS if r not in (Role.RESTORE, Role.FORGET) for t in WRITERS[r]]
    assert {t for t in tables if tables.count(t) > 1} <= shared
    schema = "\n".join(p.read_text() for p in (SRC / "store" / "migrations").glob("*.sql"))
    assert set(re.findall(r"CREATE TABLE (\w+)", schema)) <= {*tables, "forget_run"}


def test_a_role_is_used_by_its_own_stage_only() -> None:
    owner = {"SCANNER": ("scanner", "cli"), "ANALYZER": ("analyzer",), "APPROVAL": ("approval", "app"),
             "POSTING": ("posting",), "SELFHEAL": ("selfheal", "daemon"), "RESTORE": ("store",),
             "FORGET": ("store", "posting")}  # fmt: skip
    for name, tree in files():
        if name.startswith("trendctl.store.") and name != "trendctl.store.rebuild":
            continue
        for role in re.findall(r"Role\.([A-Z]+)", ast.unparse(tree)):
            assert role not in owner or room(name) in owner[role], f"{name} writes as {role}"


def test_files_and_functions_stay_small() -> None:
    long = []
    for name, tree in files():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno + 1 > 60:
                long.append(f"{name}.{node.name}")
    big = [str(p) for p in SRC.rglob("*.py") if p.read_text("utf-8").count("\n") > 400]
    assert (long, big) == ([], [])
