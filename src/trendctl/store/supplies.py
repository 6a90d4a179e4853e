"""Supply and images as SQLModel rows. Written by approval only (it is the person who tells them)."""

import json
import sqlite3
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from trendctl.ports import SupplyView

if TYPE_CHECKING:
    from sqlmodel import Session

    from trendctl.models import Image, Supply


_TOLD = ", ".join(f"s.{name}" for name in SupplyView.__dataclass_fields__ if name != "stock")
# What sold is taken off, until the number is told anew: store/stocks.py counts it.
ROWS = f"""SELECT s.product_id, {_TOLD}, s.updated_at, s.stock AS stock_told,
    CASE WHEN k.told <> s.stock OR k.tellings <> s.stock_tellings THEN s.stock
         ELSE min(s.stock, coalesce(k.quantity, s.stock)) END AS stock
    FROM supply s LEFT JOIN stock k ON k.product_id = s.product_id"""
"""What was told of products; `stock` is what is left of `stock_told`. NULL: not told."""


def row(db: sqlite3.Connection, product_id: int) -> sqlite3.Row | None:
    """What was told of a product and what is left of it, as ROWS says; None: nothing yet."""
    found: sqlite3.Row | None = db.execute(f"{ROWS} WHERE s.product_id = ?", (product_id,)).fetchone()
    return found


def pictures(db: sqlite3.Connection, product_id: int) -> frozenset[tuple[str, str, str]]:
    """A product's images as they stand: (sha256, rights, url) of each."""
    rows = db.execute("SELECT sha256, rights, url FROM image WHERE product_id = ?", (product_id,))
    return frozenset((row[0], row[1], row[2]) for row in rows)


def told(session: "Session", product_id: int) -> "Supply | None":
    """What was told of a product, inside the session that will change it; None: nothing yet."""
    from trendctl.models import Supply

    return session.get(Supply, product_id)


def set_supply(session: "Session", product_id: int, changes: Mapping[str, Any], now: int) -> "Supply":
    """Change the named fields (SupplyView's names; `facts` a mapping, merged; a fact of "" is removed)."""
    from trendctl.models import Supply  # loads SQLAlchemy: only here

    row = session.get(Supply, product_id) or Supply(product_id=product_id, updated_at=now)
    for name, value in changes.items():
        if name == "facts":
            facts = {**json.loads(row.facts), **value}
            row.facts = json.dumps({k: v for k, v in facts.items() if v}, sort_keys=True)
        else:
            setattr(row, name, int(value) if isinstance(value, bool) else value)
    if "stock" in changes:
        row.stock_tellings += 1
    row.updated_at = now
    session.add(row)
    return row


def images(session: "Session", product_id: int) -> list["Image"]:
    """A product's images in the seller's order."""
    from sqlmodel import select

    from trendctl.models import Image

    wanted = select(Image).where(Image.product_id == product_id).order_by("position", "id")
    return list(session.exec(wanted))


def add_image(session: "Session", product_id: int, values: Mapping[str, Any], now: int) -> "Image":
    """Add an image behind the others; the same bytes again only change rights and address."""
    from trendctl.models import Image

    there = images(session, product_id)
    same = next((i for i in there if i.sha256 == values["sha256"]), None)
    if same is not None:
        same.rights, same.url = values["rights"], values["url"]
        session.add(same)
        return same
    position = 1 + max((i.position for i in there), default=0)
    row = Image(product_id=product_id, position=position, added_at=now, **values)
    session.add(row)
    session.flush()
    return row


def remove_image(session: "Session", product_id: int, image_id: int) -> bool:
    """Take an image off the product; False when it has no such image. The bytes stay: a listing may rest on them."""
    found = next((i for i in images(session, product_id) if i.id == image_id), None)
    if found is None:
        return False
    session.delete(found)
    return True
