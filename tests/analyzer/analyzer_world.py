"""Products for the analyzer's tests: as plain cases, and as rows in a store."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from trendctl.ports import Case, ItemView, PriceView, SeriesView, SupplyView
from trendctl.store.engine import Store
from trendctl.store.writers import Role

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
STAMP = int(NOW.timestamp())
HOUR, DAY = 3600, 86_400
PLATFORMS = ("local", "ebay", "amazon", "tiktok", "facebook", "facebook_page", "instagram")
SUPPLY = SupplyView(
    cost_minor=1200, currency="USD", stock=3, condition="new", brand="Acme", mpn="AC-501", price_minor=4990,
    facts={"material": "Steel", "pack_size": "2"}, supplier="Secret Trading",
)  # fmt: skip


def an_item(title: str, source: str = "open_source", *, ai_ok: bool = True, external_id: str = "1") -> ItemView:
    return ItemView(source, external_id, title, "", "", NOW, NOW, ai_ok, True)


def a_series(values: list[float | None], metric: str = "views", source: str = "wiki", **changes: Any) -> SeriesView:
    """Daily counts that end now."""
    period = changes.pop("period", DAY)
    start = NOW - timedelta(seconds=period * (len(values) - 1))
    return SeriesView(source, "q:x|US", metric, period, changes.pop("kind", "count"), start, tuple(values), True)


def a_case(title: str = "Acme Rocket Kettle", **changes: Any) -> Case:
    told: dict[str, Any] = {
        "uid": "p1", "title": title, "brand": "", "now": NOW, "market": "US", "currency": "USD", "first_seen": NOW,
        "last_seen": NOW, "items": (an_item(title),), "series": (), "prices": (), "supply": None, "images": (),
        "platforms": PLATFORMS,
    }  # fmt: skip
    return Case(**(told | changes))


def seen(minor: int, source: str = "shop", title: str = "Acme Rocket Kettle", currency: str = "USD") -> PriceView:
    return PriceView(source, title, minor, currency, NOW)


def add_product(store: Store, title: str, *, uid: str = "", at: int = STAMP - HOUR, **columns: Any) -> int:
    """A product with one item of the same title; its number."""
    with store.write(Role.SCANNER) as db:
        values = {"brand": "", "category": "", "sellable": 0.9, "merged_into": None} | columns
        cursor = db.execute(
            "INSERT INTO product (uid, title, brand, category, sellable, first_seen_at, last_seen_at, merged_into)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (uid or f"uid-{title}-{at}", title, values["brand"], values["category"], values["sellable"], at, at,
             values["merged_into"]),
        )  # fmt: skip
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def add_item(
    store: Store, product_id: int | None, title: str, *, source: str = "feed", external_id: str = "", at: int = STAMP,
    event_at: int | None = None,
) -> int:  # fmt: skip
    with store.write(Role.SCANNER) as db:
        cursor = db.execute(
            "INSERT INTO item (source, external_id, title, event_at, first_seen_at, last_seen_at, product_id)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (source, external_id or f"{source}-{title}-{at}", title, event_at, at, at, product_id),
        )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def observe(store: Store, item_id: int, metric: str, points: list[tuple[int, float | None]], **more: Any) -> None:
    """Points of (time, value); `rank`, `price`, `currency` and `period` for all of them."""
    with store.write(Role.SCANNER) as db:
        db.execute("INSERT OR IGNORE INTO metric (name, period) VALUES (?, ?)", (metric, more.get("period", 0)))
        number = db.execute(
            "SELECT id FROM metric WHERE name = ? AND period = ?", (metric, more.get("period", 0))
        ).fetchone()[0]
        db.executemany(
            "INSERT OR REPLACE INTO observation VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(item_id, number, at, value, more.get("rank"), more.get("price"), more.get("currency"), at)
             for at, value in points],
        )  # fmt: skip


def touch(store: Store, product_id: int, at: int) -> None:
    """The scanner saw the product again."""
    with store.write(Role.SCANNER) as db:
        db.execute("UPDATE product SET last_seen_at = ? WHERE id = ?", (at, product_id))


def tell_supply(store: Store, product_id: int, at: int = STAMP, **columns: Any) -> None:
    values = {"cost_minor": 1200, "currency": "USD", "condition": "new", "facts": json.dumps({"material": "Steel"})}
    values |= columns | {"product_id": product_id, "updated_at": at}
    with store.write(Role.APPROVAL) as db:
        db.execute(
            f"INSERT OR REPLACE INTO supply ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})",
            tuple(values.values()),
        )
