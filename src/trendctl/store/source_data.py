"""What a source gave, and what only it gave: who it is, and how it goes. Written on behalf of `forget`."""

import sqlite3
from collections.abc import Sequence

from trendctl.store.tombstones import TITLE

OF_PRODUCT = (
    "score", "analysis", "supply", "image", "review", "review_open", "platform_choice", "draft_edit",
    "compliance_lift", "stock", "prediction", "product_link",
)  # fmt: skip
_UNDECIDED = "NOT EXISTS (SELECT 1 FROM decision d WHERE d.draft_id = f.id)"


def touched_by(db: sqlite3.Connection, source: str) -> list[int]:
    """The products that the source named."""
    rows = db.execute("SELECT DISTINCT product_id FROM item WHERE source = ? AND product_id IS NOT NULL", (source,))
    return [r[0] for r in rows]


def orphans_of(db: sqlite3.Connection, source: str) -> list[int]:
    """Those of them that no other source named; and those that an earlier `forget` left without any, because a buyer
    still saw them."""
    rows = db.execute(
        "SELECT product_id FROM item WHERE product_id IS NOT NULL GROUP BY product_id HAVING max(source <> :source) = 0"
        " UNION SELECT p.id FROM product p WHERE p.title = :none AND p.merged_into IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM item i WHERE i.product_id = p.id)",
        {"source": source, "none": TITLE},
    )
    return [r[0] for r in rows]


def delete(db: sqlite3.Connection, source: str) -> None:
    """All that the source gave, and its words in what was made of it; its products where nothing else holds them."""
    orphans = orphans_of(db, source)
    named = sorted(set(touched_by(db, source)) - set(orphans))
    one = (source,)
    touched = "product_id IN (SELECT product_id FROM item WHERE source = ?)"
    for table in ("analysis", "score"):
        db.execute(f"DELETE FROM {table} WHERE {touched}", one)
    db.execute(f"UPDATE llm_call SET cause = '' WHERE {touched}", one)
    db.execute(f"DELETE FROM draft AS f WHERE {touched} AND {_UNDECIDED}", one)
    for table in ("observation", "product_link"):
        db.execute(f"DELETE FROM {table} WHERE item_id IN (SELECT id FROM item WHERE source = ?)", one)
    db.execute("DELETE FROM item WHERE source = ?", one)
    db.execute("UPDATE source_run SET cause = '' WHERE source = ?", one)
    for table in ("llm_answer", "platform_known", "http_validator"):  # caches: whose words are in them is not known
        db.execute(f"DELETE FROM {table}")
    for table, only in (("draft", f" AND {_UNDECIDED}"), ("analysis", ""), ("score", "")):
        db.executemany(f"DELETE FROM {table} AS f WHERE product_id = ?{only}", [(p,) for p in orphans])
    _rename(db, named, orphans)
    _drop_products(db, orphans)


def _rename(db: sqlite3.Connection, named: Sequence[int], orphans: Sequence[int]) -> None:
    """What another source gave: its name, brand and category ("" where it gave none); the tombstone's where no other
    did. What was merged into a product is called so."""
    for product_id in named:
        row = db.execute(
            "SELECT i.title, i.brand, i.category FROM item i JOIN product p ON p.id = i.product_id WHERE p.id = ?"
            " ORDER BY i.external_id GLOB 'q:*', instr(i.title, p.title) = 0, i.last_seen_at DESC, i.id LIMIT 1",
            (product_id,),
        ).fetchone()
        db.execute(
            "UPDATE product SET title = CASE WHEN instr(:title, title) > 0 THEN title ELSE :title END,"
            " brand = CASE WHEN brand IN (SELECT brand FROM item WHERE product_id = :id) THEN brand ELSE :brand END,"
            " category = CASE WHEN category IN (SELECT category FROM item WHERE product_id = :id) THEN category"
            " ELSE :category END WHERE id = :id",
            {**row, "id": product_id},
        )
    db.executemany(
        "UPDATE product SET title = ?, brand = '', category = '' WHERE id = ?", [(TITLE, p) for p in orphans]
    )
    db.executemany(
        "UPDATE product SET title = p.title, brand = p.brand, category = p.category FROM product p"
        " WHERE p.id = product.merged_into AND product.merged_into = ?",
        [(p,) for p in (*named, *orphans)],
    )


def _drop_products(db: sqlite3.Connection, orphans: Sequence[int]) -> None:
    """The products and what was said of them, unless a draft was decided or the seller told what they have."""
    parts: dict[int, list[int]] = {}
    for part, into in db.execute("SELECT id, merged_into FROM product WHERE merged_into IS NOT NULL"):
        parts.setdefault(into, []).append(part)
    told = "SELECT product_id FROM draft UNION SELECT product_id FROM supply UNION SELECT product_id FROM image"
    held = {row[0] for row in db.execute(told)}
    gone = [p for p in orphans if held.isdisjoint((p, *parts.get(p, ())))]
    ids = [(part,) for p in gone for part in (*parts.get(p, ()), p)]  # parts before the whole: they refer to it
    for table in OF_PRODUCT:
        db.executemany(f"DELETE FROM {table} WHERE product_id = ?", ids)
    db.executemany("DELETE FROM product WHERE id = ?", ids)
    db.execute("DELETE FROM product_key WHERE product_id NOT IN (SELECT id FROM product)")  # by product it has no index
