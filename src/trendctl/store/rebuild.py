"""After a restore: put back from the journal what the older database does not know, in one transaction."""

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from trendctl.errors import Refused
from trendctl.ports import Json
from trendctl.store import audit, forgetting, operations
from trendctl.store.engine import Store
from trendctl.store.journal import Journal
from trendctl.store.operations import AttemptRow, OperationRow
from trendctl.store.rows import new_id
from trendctl.store.writers import Role


def rebuild(store: Store, journal: Journal, now: int) -> int:
    """Replay the journal's entries behind the database's last one; void unused approvals; block every account seen.

    Nothing is sent. The number of entries replayed. Raises Refused where the two chains do not share a past: then the
    database is not an older one of this home, and a person must look (`audit verify`).
    """
    entries = list(journal.entries())
    # What was forgotten since is forgotten in the older database too, which takes more than rebuilding may do.
    forgot = any(entry.kind == "forget" for entry in entries)
    with store.write(Role.FORGET if forgot else Role.RESTORE) as db:
        last, chain = audit.head(db)
        if last and (last > len(entries) or entries[last - 1].chain != chain):
            raise Refused(
                "The database and the journal do not share a past",
                why="this database was not restored from a backup of this home",
                next="trendctl audit verify",
            )
        db.execute("DELETE FROM account_block")  # its trigger would refuse the operations that are put back
        for entry in entries[last:]:
            audit.replay(db, entry)
            if entry.body is not None and entry.kind in _REPLAY:
                _REPLAY[entry.kind](db, json.loads(entry.body))
        if forgot:
            forgetting.same_bodies(db, {entry.seq for entry in entries if entry.body is None})
        void_and_block(db, "restore", now)
    journal.catch_up(store)
    return len(entries) - last


def after_restore(store: Store, journal: Journal, now: int) -> bool:
    """What a restore means when the journal is not ahead: the same voids and blocks, at once. False: it is ahead."""
    if journal.is_ahead(store):
        return False
    with store.write(Role.RESTORE) as db:
        void_and_block(db, "restore", now)
    journal.catch_up(store)
    return True


def void_and_block(db: sqlite3.Connection, reason: str, now: int) -> None:
    """Take every unused approval back, and block every account that a draft or listing names until it is reconciled."""
    rows = db.execute(
        "SELECT d.id, d.draft_id, d.hash FROM decision d WHERE d.kind = 'approve'"
        " AND NOT EXISTS (SELECT 1 FROM decision u WHERE u.of_decision = d.id)"
        " AND NOT EXISTS (SELECT 1 FROM operation o WHERE o.decision_id = d.id)"
    ).fetchall()
    for row in rows:
        body = {
            "id": new_id(), "draft_id": row["draft_id"], "hash": row["hash"], "kind": "void",
            "of_decision": row["id"], "reason": reason, "seat": "restore", "at": now, "expires_at": None,
        }  # fmt: skip
        _decision(db, body)
        audit.append(db, "decision", str(body["id"]), body, now)
    accounts = db.execute("SELECT DISTINCT platform, account FROM listing").fetchall()
    for platform, account in accounts:
        operations.block(db, platform, account, reason, now)
        audit.append(
            db, "block", f"{platform}/{account}", {"platform": platform, "account": account, "reason": reason}, now
        )


def _draft(db: sqlite3.Connection, body: dict[str, Json]) -> None:
    product_id = _product(db, body["product"])
    row = {**body["draft"], "product_id": product_id, "intent": body["draft"]["intent"].encode()}
    db.execute(
        "INSERT OR IGNORE INTO draft (id, product_id, platform, account, action, listing_id, intent, hash, doc,"
        " missing, blocks, warnings, created_at) VALUES (:id, :product_id, :platform, :account, :action, :listing_id,"
        " :intent, :hash, '{}', '[]', '[]', :warnings, :created_at)",
        row,
    )


def _product(db: sqlite3.Connection, stub: dict[str, Json]) -> int:
    """The product by its uid; a stub where the older database never saw it."""
    found = db.execute("SELECT id FROM product WHERE uid = ?", (stub["uid"],)).fetchone()
    if found:
        return int(found[0])
    row = db.execute(
        "INSERT INTO product (uid, title, sellable, first_seen_at, last_seen_at) VALUES (?, ?, 1.0, ?, ?) RETURNING id",
        (stub["uid"], stub["title"], stub["at"], stub["at"]),
    ).fetchone()
    return int(row[0])


def _decision(db: sqlite3.Connection, body: dict[str, Json]) -> None:
    db.execute(
        "INSERT INTO decision (id, draft_id, hash, kind, of_decision, reason, seat, at, expires_at)"
        " VALUES (:id, :draft_id, :hash, :kind, :of_decision, :reason, :seat, :at, :expires_at)",
        body,
    )


def _operation(db: sqlite3.Connection, body: dict[str, Any]) -> None:
    operations.insert_operation(db, OperationRow(**body["operation"]))
    if body["listing"] is not None:
        product = db.execute(
            "SELECT f.product_id FROM decision d JOIN draft f ON f.id = d.draft_id WHERE d.id = ?",
            (body["operation"]["decision_id"],),
        ).fetchone()
        operations.insert_listing(db, {**body["listing"], "product_id": product[0]})


def _attempt(db: sqlite3.Connection, body: dict[str, Any]) -> None:
    operations.insert_attempt(db, AttemptRow(**body))


def _answer(db: sqlite3.Connection, body: dict[str, Any]) -> None:
    operations.answer_attempt(
        db, body["attempt"], verdict=body["verdict"], status=body["status"], cause=body["cause"], late=body["late"],
        now=body["finished_at"],
    )  # fmt: skip


def _forget(db: sqlite3.Connection, body: dict[str, Any]) -> None:
    forgetting.again(db, body)


def _state(db: sqlite3.Connection, body: dict[str, Any]) -> None:
    operations.move_operation(
        db, body["operation"], state=body["state"], cause=body["cause"], late=body["late"], now=body["at"]
    )
    operations.move_listing(db, body["listing"], body["changes"], body["at"])


_REPLAY: dict[str, Callable[[sqlite3.Connection, dict[str, Any]], None]] = {
    "draft": _draft, "decision": _decision, "operation": _operation, "attempt": _attempt, "answer": _answer,
    "state": _state, "forget": _forget,
}  # fmt: skip
