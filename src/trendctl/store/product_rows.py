"""The hot list: products as `trendctl products` shows them. Plain SQL on the index of scores, nothing heavy imported.

Prices in the rows are major units as numbers (19.99) beside their currency; times are ISO 8601 in UTC.
"""

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from trendctl.commerce.money import exponent

Sort = Literal["score", "newest", "title"]


def category_sql(product: str = "p") -> str:
    """SQL of a product's category: the analysed path, as review shows it, else the source's own word.

    `product`: the alias of `product` in the query.
    """
    return (
        "coalesce((SELECT nullif(json_extract(c.output, '$.path'), '') FROM analysis c"
        f" WHERE c.product_id = {product}.id AND c.agent = 'category' AND c.cause = ''), {product}.category)"
    )


_COLUMNS = f"""p.id AS pid, p.uid, p.title, p.brand, {category_sql()} AS category, p.first_seen_at, p.last_seen_at,
    s.score, s.stage, s.sources, s.price_low, s.price_mid, s.price_high, s.currency, r.status, r.until"""
_OPEN = ("submitting", "accepted", "live", "unknown")
_LISTING_STATES = (*_OPEN, "rejected", "failed", "ended")
_REVIEW = "SELECT 1 FROM review r2 WHERE r2.product_id = p.id AND r2.status = :status"
_APPROVED = """SELECT f.product_id, f.platform FROM decision d JOIN draft f ON f.id = d.draft_id
    WHERE d.kind = 'approve' AND d.expires_at >= :now
    AND NOT EXISTS (SELECT 1 FROM decision u WHERE u.of_decision = d.id)
    AND NOT EXISTS (SELECT 1 FROM operation o WHERE o.decision_id = d.id AND o.kind <> 'auto_decrease')"""
_STATUS: dict[str, str] = {
    "discovered": "NOT EXISTS (SELECT 1 FROM review r2 WHERE r2.product_id = p.id"
    " AND NOT (r2.status = 'deferred' AND r2.until IS NOT NULL AND r2.until <= :now))",
    "pending_review": f"EXISTS ({_REVIEW})",
    "deferred": f"EXISTS ({_REVIEW} AND (r2.until IS NULL OR r2.until > :now))",
    "approved": f"p.id IN (SELECT product_id FROM ({_APPROVED}))",
    **dict.fromkeys(_LISTING_STATES, "p.id IN (SELECT product_id FROM listing WHERE state = :status)"),
    "rejected": f"(EXISTS ({_REVIEW}) OR p.id IN (SELECT product_id FROM listing WHERE state = :status))",
}
STATUSES: tuple[str, ...] = tuple(_STATUS)
"""What `status` may be: the product's own, or one of its platforms' (rejected means either)."""

# Which of a platform's states is shown when there are several, first wins.
_PRECEDENCE = ("unknown", "submitting", "live", "accepted", "approved", "draft", "failed", "rejected", "ended")


def product_rows(
    db: sqlite3.Connection, *, now: int, status: str | None = None, category: str | None = None,
    stage: str | None = None, sort: Sort = "score", limit: int = 50,
) -> list[dict[str, Any]]:  # fmt: skip
    """Products as `products --json` prints them (DESIGN section 6); best score first, those without a score last.

    `now` in epoch seconds decides what has expired. `category` is any part of the path, in any case.
    ValueError for a status that is not in STATUSES.
    """
    if limit <= 0:
        return []
    where, values = _filter(status, category)
    values |= {"now": now, "stage": stage, "limit": limit}
    scored = f"{where} AND s.stage = :stage" if stage else where
    if sort == "score":
        found = _scored(db, scored, values)
        if len(found) < limit and not stage:
            found += _unscored(db, where, values | {"limit": limit - len(found)})
    else:
        found = _sorted(db, scored, values, sort)
    platforms = platform_states(db, [row["pid"] for row in found], now)
    return [_row(row, platforms.get(row["pid"], {}), now) for row in found]


def product_row(db: sqlite3.Connection, product_id: int, *, now: int) -> dict[str, Any] | None:
    """The same for one product by its number; None if there is none."""
    row = db.execute(
        f"SELECT {_COLUMNS} FROM product p LEFT JOIN score s ON s.product_id = p.id"
        " LEFT JOIN review r ON r.product_id = p.id WHERE p.id = ?", (product_id,)
    ).fetchone()  # fmt: skip
    return None if row is None else _row(row, platform_states(db, [product_id], now).get(product_id, {}), now)


def product_id(db: sqlite3.Connection, word: str) -> int | None:
    """The number of the product a person named: by number, by uid, or by a beginning of the uid that only one has.

    A merged product answers with the one it became. None: no such product, or several begin so.
    """
    rows = []
    if word.isascii() and word.isdigit() and len(word) < 19:
        rows = db.execute("SELECT id FROM product WHERE id = ?", (int(word),)).fetchall()
    if not rows:
        rows = db.execute("SELECT id FROM product WHERE uid = ?", (word,)).fetchall()
    if not rows and len(word) >= 4:
        rows = db.execute(
            "SELECT id FROM product WHERE uid >= ? AND uid < ? LIMIT 2", (word, word + "\U0010ffff")
        ).fetchall()
    return _survivor(db, rows[0][0]) if len(rows) == 1 else None


def platform_states(db: sqlite3.Connection, product_ids: Sequence[int], now: int) -> dict[int, dict[str, str]]:
    """For each product the state of each platform: a listing's, "approved", or "draft"."""
    if not product_ids:
        return {}
    marks = ",".join(str(int(i)) for i in product_ids)  # our own integers
    found: dict[int, dict[str, str]] = {}
    queries = (
        f"SELECT product_id, platform, state FROM listing WHERE product_id IN ({marks})",
        f"SELECT product_id, platform, 'approved' FROM ({_APPROVED}) WHERE product_id IN ({marks})",
        (
            f"SELECT product_id, platform, 'draft' FROM draft WHERE product_id IN ({marks}) AND superseded_at IS NULL"
            " AND action IN ('create', 'relist') AND NOT EXISTS (SELECT 1 FROM decision d JOIN operation o"
            " ON o.decision_id = d.id WHERE d.draft_id = draft.id)"
        ),
    )
    for query in queries:
        for pid, platform, state in db.execute(query, {"now": now}):
            states = found.setdefault(pid, {})
            states[platform] = min(states.get(platform, state), state, key=_PRECEDENCE.index)
    return {pid: dict(sorted(states.items())) for pid, states in found.items()}


def _filter(status: str | None, category: str | None) -> tuple[str, dict[str, Any]]:
    if status is not None and status not in _STATUS:
        raise ValueError(f"no such status: {status}")
    parts, values = ["p.merged_into IS NULL"], {}
    if status is not None:
        parts.append(_STATUS[status])
        values["status"] = status
    if category:
        parts.append(f"instr(lower({category_sql()}), :category) > 0")
        values["category"] = category.lower()
    return " AND ".join(parts), values


def _scored(db: sqlite3.Connection, where: str, values: dict[str, Any]) -> list[sqlite3.Row]:
    # CROSS JOIN keeps the order of the tables: the walk down score_best stops at the limit.
    return db.execute(
        f"SELECT {_COLUMNS} FROM score s CROSS JOIN product p ON p.id = s.product_id"
        f" LEFT JOIN review r ON r.product_id = p.id WHERE {where} ORDER BY s.score DESC, s.product_id LIMIT :limit",
        values,
    ).fetchall()


def _unscored(db: sqlite3.Connection, where: str, values: dict[str, Any]) -> list[sqlite3.Row]:
    return db.execute(
        f"SELECT {_COLUMNS} FROM product p LEFT JOIN score s ON s.product_id = p.id"
        f" LEFT JOIN review r ON r.product_id = p.id WHERE s.product_id IS NULL AND {where}"
        " ORDER BY p.id DESC LIMIT :limit", values,
    ).fetchall()  # fmt: skip


def _sorted(db: sqlite3.Connection, where: str, values: dict[str, Any], sort: Sort) -> list[sqlite3.Row]:
    order = "p.title COLLATE NOCASE, p.id" if sort == "title" else "p.first_seen_at DESC, p.id DESC"
    ids = [
        row[0]
        for row in db.execute(
            f"SELECT p.id FROM product p LEFT JOIN score s ON s.product_id = p.id"
            f" WHERE {where} ORDER BY {order} LIMIT :limit", values,
        )
    ]  # fmt: skip
    marks = ",".join(map(str, ids))
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM product p LEFT JOIN score s ON s.product_id = p.id"
        f" LEFT JOIN review r ON r.product_id = p.id WHERE p.id IN ({marks})"
    )
    by_id = {row["pid"]: row for row in rows}
    return [by_id[i] for i in ids]


def _survivor(db: sqlite3.Connection, number: int) -> int:
    for _ in range(16):  # a chain of merges; a loop cannot hang us
        row = db.execute("SELECT merged_into FROM product WHERE id = ?", (number,)).fetchone()
        if row is None or row[0] is None:
            break
        number = row[0]
    return number


def _row(row: sqlite3.Row, platforms: dict[str, str], now: int) -> dict[str, Any]:
    over = row["status"] == "deferred" and row["until"] is not None and row["until"] <= now
    currency = row["currency"]
    price = {name: _major(row[f"price_{name}"], currency) for name in ("low", "mid", "high")}
    return {
        "id": row["pid"],
        "uid": row["uid"],
        "title": row["title"],
        "brand": row["brand"],
        "category": row["category"],
        "status": "discovered" if over or row["status"] is None else row["status"],
        "stage": row["stage"],
        "score": row["score"],
        "sources": row["sources"] or 0,
        "first_seen": _iso(row["first_seen_at"]),
        "last_seen": _iso(row["last_seen_at"]),
        "price": price | {"currency": currency},
        "platforms": platforms,
    }


def _major(minor: int | None, currency: str | None) -> int | float | None:
    if minor is None or currency is None:
        return None
    digits = exponent(currency)
    return minor if digits == 0 else round(minor / 10**digits, digits)


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
