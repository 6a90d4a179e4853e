"""Supply and images as SQLModel rows. Written by approval only (it is the person who tells them)."""

import json
import sqlite3
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlmodel import Session

    from trendctl.models import Image, Supply


def row(db: sqlite3.Connection, product_id: int) -> sqlite3.Row | None:
    """What was told of a product, as stored; None: nothing yet."""
    found: sqlite3.Row | None = db.execute("SELECT * FROM supply WHERE product_id = ?", (product_id,)).fetchone()
    return found


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
