"""Forgetting a source, an account or everything: what goes, what stays, in one transaction with its audit entry.

What lies outside the database (journal, backups, caches, secrets) is cleared after it, for as long as the run is open.
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from trendctl.errors import StoreError
from trendctl.ports import Json
from trendctl.store import audit, source_data, tombstones
from trendctl.store.engine import Store, explain
from trendctl.store.tombstones import OPEN, TITLE

_KEPT = frozenset(
    {"migration", "forget_run", "audit", "draft", "decision", "operation", "listing", "attempt", "product",
     "account_block"}
)  # fmt: skip
_DECIDED = "EXISTS (SELECT 1 FROM decision d WHERE d.draft_id = f.id)"


@dataclass(frozen=True, slots=True)
class Scope:
    """What is forgotten: kind `source` (`name`), `account` (of the platform `name`) or `everything`."""

    kind: str
    name: str = ""
    account: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.kind, self.name, self.account) if part)


@dataclass(frozen=True, slots=True)
class Run:
    """A forgetting that is not finished."""

    id: int
    scope: Scope
    at: int


def open_runs(db: sqlite3.Connection) -> list[Run]:
    """What a crash left to be done, oldest first."""
    rows = db.execute("SELECT id, scope, name, account, at FROM forget_run WHERE finished_at IS NULL ORDER BY id")
    return [Run(row[0], Scope(row[1], row[2], row[3]), row[4]) for row in rows]


def finish(db: sqlite3.Connection, run_id: int, now: int) -> None:
    """All of it is done."""
    db.execute("UPDATE forget_run SET finished_at = ? WHERE id = ?", (now, run_id))


def accounts(db: sqlite3.Connection, scope: Scope) -> list[tuple[str, str]]:
    """The accounts whose drafts or listings this touches."""
    if scope.kind == "account":
        return [(scope.name, scope.account)]
    return [(r[0], r[1]) for r in db.execute("SELECT DISTINCT platform, account FROM draft ORDER BY 1, 2")]


def known_accounts(db: sqlite3.Connection, platform: str) -> set[str]:
    """The accounts of a platform that there is anything of."""
    tables = ("draft", "listing", "account_block", "platform_sign_in", "metric_note")
    union = " UNION ".join(f"SELECT account FROM {table} WHERE platform = :platform" for table in tables)
    return {row[0] for row in db.execute(union, {"platform": platform})}


def decided_drafts(db: sqlite3.Connection, scope: Scope) -> list[str]:
    """The decided drafts that are emptied. Of a source: those of products that came from nowhere else, unless their
    listing is not over (what a buyer sees is what the person approved)."""
    if scope.kind == "everything":
        rows = db.execute(f"SELECT f.id FROM draft f WHERE {_DECIDED} ORDER BY f.rowid")
    elif scope.kind == "account":
        rows = db.execute(
            f"SELECT f.id FROM draft f WHERE f.platform = ? AND f.account = ? AND {_DECIDED} ORDER BY f.rowid",
            (scope.name, scope.account),
        )
    else:
        orphans, shown = set(source_data.orphans_of(db, scope.name)), _shown(db)
        rows = db.execute(f"SELECT f.id, f.product_id FROM draft f WHERE {_DECIDED} ORDER BY f.rowid")
        return [r[0] for r in rows if r[1] in orphans and r[0] not in shown]
    return [r[0] for r in rows]


def _shown(db: sqlite3.Connection) -> set[str]:
    """Drafts with an operation on a listing that is not over."""
    rows = db.execute(
        "SELECT d.draft_id FROM decision d JOIN operation o ON o.decision_id = d.id"
        f" JOIN listing l ON l.id = o.listing_id WHERE l.state IN {OPEN}"
    )
    return {r[0] for r in rows}


def sources(db: sqlite3.Connection) -> set[str]:
    """The sources that there is anything of."""
    return {row[0] for row in db.execute("SELECT DISTINCT source FROM item")}


def skus(db: sqlite3.Connection) -> set[str]:
    """The SKUs of listings that are known."""
    return {row[0] for row in db.execute("SELECT sku FROM listing WHERE sku <> ''")}


def judged_anew(db: sqlite3.Connection) -> list[int]:
    """Products that have a name and items, and no analysis: those whose other source was forgotten."""
    rows = db.execute(
        "SELECT p.id FROM product p WHERE p.merged_into IS NULL AND p.title <> ?"
        " AND EXISTS (SELECT 1 FROM item i WHERE i.product_id = p.id)"
        " AND NOT EXISTS (SELECT 1 FROM analysis a WHERE a.product_id = p.id) ORDER BY p.id", (TITLE,),
    )  # fmt: skip
    return [row[0] for row in rows]


def plan(db: sqlite3.Connection, scope: Scope) -> dict[str, int]:
    """What would go, in numbers; nothing is changed."""
    drafts = decided_drafts(db, scope)
    names = tombstones.names_of(db, drafts)
    found = {"approved_drafts": len(drafts), "listings_kept": len(tombstones.skeletons(db, drafts))}
    if scope.kind == "source":
        one = (scope.name,)
        found |= {
            "items": _count(db, "SELECT count(*) FROM item WHERE source = ?", one),
            "observations": _count(
                db, "SELECT count(*) FROM observation WHERE item_id IN (SELECT id FROM item WHERE source = ?)", one
            ),
            "products_of_it_alone": len(source_data.orphans_of(db, scope.name)),
            "products_judged_anew": len(source_data.touched_by(db, scope.name))
            - len(source_data.orphans_of(db, scope.name)),
        }
    elif scope.kind == "account":
        mine = (scope.name, scope.account)
        of = "FROM metric_day d JOIN metric_listing m ON m.number = d.number JOIN listing l ON l.id = m.listing_id"
        found |= {
            "drafts": _count(db, "SELECT count(*) FROM draft WHERE platform = ? AND account = ?", mine),
            "listings": _count(db, "SELECT count(*) FROM listing WHERE platform = ? AND account = ?", mine),
            "days_of_figures": _count(db, f"SELECT count(*) {of} WHERE l.platform = ? AND l.account = ?", mine),
        }
    else:
        found |= {table: _count(db, f"SELECT count(*) FROM {table}", ()) for table in ("product", "item", "listing")}
    rows = db.execute("SELECT kind, key, body FROM audit WHERE body IS NOT NULL")
    found["audit_entries"] = sum(1 for r in rows if _is_of(scope, names)(r["kind"], r["key"], json.loads(r["body"])))
    return found


def _count(db: sqlite3.Connection, sql: str, values: Sequence[str]) -> int:
    return int(db.execute(sql, tuple(values)).fetchone()[0])


def begin(db: sqlite3.Connection, scope: Scope, now: int) -> int:
    """Forget it in the database, in the caller's transaction; the open run's number."""
    run = _open(db, scope, now)
    kept, drafts = _apply(db, scope, decided_drafts(db, scope), now)
    body: dict[str, Json] = {"scope": asdict(scope), "drafts": drafts, "kept": kept, "at": now}
    audit.append(db, "forget", str(scope), body, now)
    return run


def again(db: sqlite3.Connection, body: Mapping[str, Any]) -> None:
    """After a restore of an older database: forget the same once more, and put back what has to be known."""
    scope, now = Scope(**body["scope"]), int(body["at"])
    _open(db, scope, now)
    _apply(db, scope, sorted({*body["drafts"], *decided_drafts(db, scope)}), now)
    for bones in body["kept"]:
        tombstones.put_back(db, bones, now)


def same_bodies(db: sqlite3.Connection, gone: set[int]) -> None:
    """After a restore: what is empty in the journal is empty in the database."""
    db.executemany("UPDATE audit SET body = NULL WHERE seq = ? AND body IS NOT NULL", [(seq,) for seq in gone])


def _open(db: sqlite3.Connection, scope: Scope, now: int) -> int:
    row = db.execute(
        "INSERT INTO forget_run (scope, name, account, at) VALUES (?, ?, ?, ?) RETURNING id",
        (scope.kind, scope.name, scope.account, now),
    ).fetchone()
    return int(row[0])


def _apply(db: sqlite3.Connection, scope: Scope, drafts: list[str], now: int) -> tuple[list[dict[str, Any]], list[str]]:
    names = tombstones.names_of(db, drafts)
    tombstones.empty_audit(db, _is_of(scope, names))
    tombstones.of_drafts(db, drafts, now)
    kept = tombstones.skeletons(db, drafts)  # as they stand now: what was underway is `unknown`
    if scope.kind == "source":
        source_data.delete(db, scope.name)
    elif scope.kind == "account":
        _account(db, scope)
    else:
        _everything(db)
    return kept, drafts


def _is_of(scope: Scope, names: set[str]) -> Any:
    """Whether an audit entry goes: of a forgotten row, of the account, of an earlier forgetting of the same."""

    def is_of(kind: str, key: str, body: Mapping[str, Json]) -> bool:
        if scope.kind == "everything" or tombstones.refers(key, body, names):
            return True
        if kind == "forget":
            return key == str(scope)
        return scope.kind == "account" and key == f"{scope.name}/{scope.account}"

    return is_of


def _account(db: sqlite3.Connection, scope: Scope) -> None:
    mine = {"platform": scope.name, "account": scope.account}
    where = "platform = :platform AND account = :account"
    db.execute(f"DELETE FROM draft AS f WHERE f.platform = :platform AND f.account = :account AND NOT {_DECIDED}", mine)
    listings = f"(SELECT id FROM listing WHERE {where})"
    numbers = f"(SELECT number FROM metric_listing WHERE listing_id IN {listings})"
    db.execute(f"DELETE FROM metric_day WHERE number IN {numbers}", mine)
    db.execute(f"DELETE FROM metric_listing WHERE listing_id IN {listings}", mine)
    for table in ("metric_note", "platform_known", "platform_sign_in", "draft_edit"):
        db.execute(f"DELETE FROM {table} WHERE {where}", mine)
    db.execute("UPDATE http_circuit SET cause = '' WHERE name = ?", (f"{scope.name}/{scope.account}",))


def _everything(db: sqlite3.Connection) -> None:
    db.execute(f"DELETE FROM draft AS f WHERE NOT {_DECIDED}")
    waiting = [r[0] for r in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    waiting = [t for t in waiting if t not in _KEPT and not t.startswith("sqlite_")]
    while waiting:  # children first: what is still referred to waits for the next round
        left = [table for table in waiting if not _emptied(db, table)]
        if len(left) == len(waiting):
            raise sqlite3.IntegrityError(f"forget: {', '.join(left)} cannot be emptied")
        waiting = left
    db.execute("UPDATE product SET merged_into = NULL, title = ?, brand = '', category = ''", (TITLE,))
    db.execute("DELETE FROM product WHERE id NOT IN (SELECT product_id FROM draft)")


def _emptied(db: sqlite3.Connection, table: str) -> bool:
    try:
        db.execute(f'DELETE FROM "{table}"')
    except sqlite3.IntegrityError:
        return False
    return True


def scrub(store: Store) -> None:
    """Leave no forgotten word in the file's free pages or in the write-ahead log. Raises StoreError while another
    process reads or writes."""
    connection = store.connect()
    try:
        connection.execute("VACUUM")
        held = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.DatabaseError as fault:
        raise explain(fault, store.path) from fault
    finally:
        connection.close()
    if held:
        raise StoreError(
            "The database is being read by another trendctl", why="what it reads cannot be wiped yet",
            next="stop the daemon, then trendctl health: the next command finishes it",
        )  # fmt: skip
