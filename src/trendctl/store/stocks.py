"""The central quantity of each product: what the seller told, less what sold since. Written on behalf of posting."""

import sqlite3
from dataclasses import dataclass

from trendctl.store.operations import OperationRow


@dataclass(frozen=True, slots=True)
class Shelf:
    """One live listing of a product with stock. `set_to`: the quantity it was last given; `units` None: not told."""

    listing_id: str
    product_id: int
    platform: str
    account: str
    set_to: int
    units: int | None
    units_at_set: int
    allowed: bool  # the approval says auto_decrease

    def unseen(self, left: int) -> int:
        """Pieces that are gone from this listing though no sale was told yet."""
        return max(0, self.units_at_set + self.set_to - left - (self.units or 0))


def count(db: sqlite3.Connection, now: int) -> None:
    """Bring the central quantities up to date with what was told and what sold.

    A number told anew begins anew, though it be the same. A correction that takes sales back raises the central
    quantity; no listing is ever raised by it.
    """
    db.execute(
        "INSERT INTO stock (product_id, told, tellings, quantity, updated_at)"
        " SELECT s.product_id, s.stock, s.stock_tellings, s.stock, :now"
        " FROM supply s WHERE s.stock IS NOT NULL AND s.product_id IN (SELECT product_id FROM listing)"
        " AND s.product_id NOT IN (SELECT product_id FROM stock)",
        {"now": now},
    )
    anew = [
        tuple(row)
        for row in db.execute(
            "SELECT k.product_id, s.stock, s.stock_tellings FROM stock k JOIN supply s ON s.product_id = k.product_id"
            " WHERE s.stock <> k.told OR (s.stock IS NOT NULL AND s.stock_tellings <> k.tellings)"
        )
    ]
    for product_id, told, tellings in anew:
        db.execute(
            "UPDATE stock SET told = ?, tellings = ?, quantity = ?, oversold = 0, updated_at = ? WHERE product_id = ?",
            (told, tellings, told, now, product_id),
        )
        db.execute(
            "UPDATE metric_listing SET stock_counted = coalesce(units, 0)"
            " WHERE listing_id IN (SELECT id FROM listing WHERE product_id = ?)",
            (product_id,),
        )
    sold = db.execute(
        "SELECT l.product_id, sum(m.units - m.stock_counted) FROM metric_listing m"
        " JOIN listing l ON l.id = m.listing_id"
        " JOIN stock k ON k.product_id = l.product_id WHERE m.units <> m.stock_counted GROUP BY l.product_id"
    ).fetchall()
    for product_id, more in sold:
        db.execute(
            "UPDATE stock SET quantity = max(0, quantity - oversold - :more),"
            " oversold = max(0, :more + oversold - quantity), updated_at = :now WHERE product_id = :product",
            {"more": more, "now": now, "product": product_id},
        )
    db.execute(
        "UPDATE metric_listing SET stock_counted = units WHERE units IS NOT NULL AND listing_id IN"
        " (SELECT l.id FROM listing l JOIN stock k ON k.product_id = l.product_id)"
    )


def quantities(db: sqlite3.Connection) -> dict[int, int]:
    """The central quantity of each product that has one."""
    return {row[0]: row[1] for row in db.execute("SELECT product_id, quantity FROM stock")}


def shelves(db: sqlite3.Connection) -> list[Shelf]:
    """The live listings of products with a central quantity."""
    rows = db.execute(
        "SELECT l.id, l.product_id, l.platform, l.account, l.quantity, m.units, coalesce(m.units_at_set, 0),"
        " json_extract(nullif(CAST(f.intent AS TEXT), ''), '$.auto_decrease') FROM listing l"
        " JOIN stock k ON k.product_id = l.product_id JOIN decision d ON d.id = l.decision_id"
        " JOIN draft f ON f.id = d.draft_id LEFT JOIN metric_listing m ON m.listing_id = l.id"
        " WHERE l.state IN ('accepted', 'live') AND l.quantity IS NOT NULL ORDER BY l.product_id, l.platform, l.id"
    )
    return [Shelf(row[0], row[1], row[2], row[3], row[4], row[5], row[6], allowed=bool(row[7])) for row in rows]


def was_set(db: sqlite3.Connection, listing_id: str, units: int) -> None:
    """The listing's quantity was set when so many units had sold, told or not."""
    db.execute("UPDATE metric_listing SET units_at_set = ? WHERE listing_id = ?", (units, listing_id))


def open_lowerings(db: sqlite3.Connection) -> list[OperationRow]:
    """auto_decrease operations that a crash left open."""
    import json

    rows = db.execute("SELECT * FROM operation WHERE kind = 'auto_decrease' AND state IN ('submitting', 'unknown')")
    return [OperationRow(**{**dict(r), "late": json.loads(r["late"])}) for r in rows]
