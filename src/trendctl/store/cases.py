"""Builds ports.Case: all that is stored about products, for many products in a handful of queries.

Series come on a regular grid that ends with the newest value; hours or days without one are None.
"""

import json
import sqlite3
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from trendctl.ports import Case, ImageView, ItemView, PriceView, SeriesView, SupplyView
from trendctl.store import supplies

HOUR, DAY = 3600, 86_400
WINDOW_DAYS: Mapping[int, int] = {HOUR: 28, DAY: 180}
"""How far back series are read, by period: four weeks of hours, half a year of days."""
YEAR_DAYS = 440
"""How far back a measured series of days is read, to see whether it was the same a year ago: what is older than seven
months is there as weekly means only, so that it is few rows."""
LONGEST_DAYS = 730  # any longer period (weeks)
EVENT_DAYS = 35
PRICE_DAYS = 30
_MEASURED = "q:"  # begins the external id of a series that was asked for
MAX_PRICES = 50  # newest of a product; more do not make the range better


@dataclass(frozen=True, slots=True)
class Context:
    """What a case needs and the store does not know. `platforms`: those that are enabled.

    `ai_ok` and `may_price`: names of the sources that allow it; a source in neither is used as numbers only.
    """

    market: str = "US"
    currency: str = "USD"
    platforms: tuple[str, ...] = ()
    minimum_margin: str = "0.15"
    ai_ok: frozenset[str] = frozenset()
    may_price: frozenset[str] = frozenset()
    source_weights: Mapping[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class _Gathered:
    """What is collected for one product."""

    items: list[ItemView] = field(default_factory=list)
    series: list[SeriesView] = field(default_factory=list)
    prices: list[PriceView] = field(default_factory=list)
    images: list[ImageView] = field(default_factory=list)
    events: dict[str, list[int]] = field(default_factory=dict)  # source -> times
    supply: SupplyView | None = None
    choices: dict[str, bool] = field(default_factory=dict)


def build(db: sqlite3.Connection, product_ids: Sequence[int], context: Context, now: datetime) -> dict[int, Case]:
    """A case for each product that exists and was not merged into another. `now` is the case's time as given."""
    marks = _marks(product_ids)
    if not marks:
        return {}
    products = db.execute(f"SELECT * FROM product WHERE id IN ({marks}) AND merged_into IS NULL").fetchall()
    found = {row["id"]: _Gathered() for row in products}
    if not found:
        return {}
    marks = _marks(found)
    _add_items(db, marks, found, context, int(now.timestamp()))
    for row in db.execute(f"{supplies.ROWS} WHERE s.product_id IN ({marks})"):
        found[row["product_id"]].supply = supply_view(row)
    for row in db.execute(f"SELECT * FROM image WHERE product_id IN ({marks}) ORDER BY position, id"):
        found[row["product_id"]].images.append(image_view(row))
    for row in db.execute(f"SELECT product_id, platform, wanted FROM platform_choice WHERE product_id IN ({marks})"):
        found[row[0]].choices[row[1]] = bool(row[2])
    return {row["id"]: _case(row, found[row["id"]], context, now) for row in products}


def one(db: sqlite3.Connection, product_id: int, context: Context, now: datetime) -> Case | None:
    """The case of one product; None when there is no such product."""
    return build(db, [product_id], context, now).get(product_id)


def supply_view(row: sqlite3.Row) -> SupplyView:
    """A row of supplies.ROWS as a value: its stock is what is left. Facts that are no text are left out."""
    fields = {name: row[name] for name in SupplyView.__dataclass_fields__ if name not in ("facts", "auto_decrease")}
    raw = json.loads(row["facts"])
    facts = {str(k): v for k, v in raw.items() if isinstance(v, str)} if isinstance(raw, dict) else {}
    return SupplyView(**fields, facts=facts, auto_decrease=bool(row["auto_decrease"]))


def image_view(row: sqlite3.Row) -> ImageView:
    """A row of `image` as a value."""
    return ImageView(**{name: row[name] for name in ImageView.__dataclass_fields__})


def sellable(db: sqlite3.Connection, product_ids: Iterable[int]) -> dict[int, float]:
    """Stored probability that each product is a good one can list."""
    return dict(db.execute(f"SELECT id, sellable FROM product WHERE id IN ({_marks(product_ids)})").fetchall())


def recent_prices(
    db: sqlite3.Connection, context: Context, now: int, *, per_source: int = 1000
) -> list[tuple[int | None, PriceView]]:
    """(product, price) of the newest items of each source that may price, in the context's currency, newest last."""
    found: list[tuple[int | None, PriceView]] = []
    for source in sorted(context.may_price):
        rows = db.execute(
            "SELECT i.product_id, i.title, o.price, max(o.at) FROM (SELECT id, product_id, title FROM item"
            " WHERE source = ? ORDER BY id DESC LIMIT ?) i JOIN observation o ON o.item_id = i.id"
            " WHERE o.price > 0 AND o.currency = ? AND o.at >= ? GROUP BY i.id ORDER BY i.id",
            (source, per_source, context.currency, now - PRICE_DAYS * DAY),
        )
        found += [(row[0], PriceView(source, row[1], row[2], context.currency, _utc(row[3]))) for row in rows]
    return found


def _marks(ids: Iterable[int]) -> str:
    # Our own integers; written out because the number of bound variables is limited.
    return ",".join(str(int(i)) for i in ids)


def _add_items(db: sqlite3.Connection, marks: str, found: dict[int, _Gathered], context: Context, now: int) -> None:
    owner: dict[int, tuple[int, ItemView]] = {}
    rows = db.execute(
        "SELECT id, product_id, source, external_id, title, url, category, event_at, first_seen_at, last_seen_at"
        f" FROM item WHERE product_id IN ({marks}) ORDER BY source, external_id"
    )
    for row in rows:
        of = found[row["product_id"]]
        if row["event_at"] is not None and row["event_at"] > now - EVENT_DAYS * DAY:
            of.events.setdefault(row["source"], []).append(row["event_at"])
        item = _item(row, context)
        of.items.append(item)
        owner[row["id"]] = (row["product_id"], item)
    measured = {number for number, (_, item) in owner.items() if item.external_id.startswith(_MEASURED)}
    for (item_id, metric, period), points in _observations(db, owner, measured, now).items():
        product_id, item = owner[item_id]
        of = found[product_id]
        of.series.extend(_series(item, metric, period, points))
        if item.may_price:
            of.prices.extend(_prices(item, points, now))


def _item(row: sqlite3.Row, context: Context) -> ItemView:
    source = row["source"]
    return ItemView(
        source, row["external_id"], row["title"], row["url"], row["category"],
        _utc(row["first_seen_at"]), _utc(row["last_seen_at"]), source in context.ai_ok, source in context.may_price,
    )  # fmt: skip


_Key = tuple[int, str, int]


def _observations(
    db: sqlite3.Connection, items: Iterable[int], measured: Container[int], now: int
) -> dict[_Key, list[sqlite3.Row]]:
    """Rows by (item, metric, period), oldest first, as far back as the period's window."""
    metrics = {row["id"]: (row["name"], row["period"]) for row in db.execute("SELECT id, name, period FROM metric")}
    marks, points = _marks(items), dict[_Key, list[sqlite3.Row]]()
    if not marks:
        return points
    floor = {(key, own): now - _window(period, own) for key, (_, period) in metrics.items() for own in (False, True)}
    rows = db.execute(
        "SELECT item_id, metric_id, at, value, rank, price, currency FROM observation"
        f" WHERE item_id IN ({marks}) AND at BETWEEN ? AND ? ORDER BY item_id, metric_id, at",
        (min(floor.values(), default=now), now + DAY),
    )
    for row in rows:
        metric_id = row["metric_id"]
        if metric_id in metrics and row["at"] >= floor[metric_id, row["item_id"] in measured]:
            name, period = metrics[metric_id]
            points.setdefault((row["item_id"], name, period), []).append(row)
    return points


def _window(period: int, measured: bool) -> int:
    if period == DAY and measured:
        return DAY * YEAR_DAYS
    return DAY * WINDOW_DAYS.get(period or HOUR, LONGEST_DAYS)


def _series(item: ItemView, metric: str, period: int, points: list[sqlite3.Row]) -> list[SeriesView]:
    """The values and the ranks of one metric. A momentary level (period 0) is read once an hour, the last counts."""
    kind: Literal["count", "level"] = "count" if period else "level"
    values = [(row["at"], row["value"]) for row in points if row["value"] is not None]
    ranks = [(row["at"], float(row["rank"])) for row in points if row["rank"] is not None]
    wanted: list[tuple[Literal["count", "level", "rank"], list[tuple[int, float]]]] = [(kind, values), ("rank", ranks)]
    measured = item.external_id.startswith(_MEASURED)
    made = []
    for this, pairs in wanted:
        if pairs:
            step = max(period, HOUR)
            start, grid = _grid(pairs, step)
            name = metric if this != "rank" or not values else f"{metric} rank"
            made.append(
                SeriesView(
                    item.source, item.external_id, name, step, this, _utc(start), grid, measured
                )
            )  # fmt: skip
    return made


def _grid(pairs: list[tuple[int, float]], period: int) -> tuple[int, tuple[float | None, ...]]:
    """Pairs of (time, value), oldest first, on a grid of whole periods; the last value of a period counts."""
    first, last = pairs[0][0] // period, pairs[-1][0] // period
    values: list[float | None] = [None] * (last - first + 1)
    for at, value in pairs:
        values[at // period - first] = value
    return first * period, tuple(values)


def _prices(item: ItemView, points: list[sqlite3.Row], now: int) -> list[PriceView]:
    """The newest price in each currency."""
    newest: dict[str, sqlite3.Row] = {}
    for row in points:
        if row["price"] is not None and row["price"] > 0 and row["currency"] and row["at"] >= now - PRICE_DAYS * DAY:
            newest[row["currency"]] = row
    return [PriceView(item.source, item.title, row["price"], code, _utc(row["at"])) for code, row in newest.items()]


def _case(row: sqlite3.Row, of: _Gathered, context: Context, now: datetime) -> Case:
    wanted = [name for name in context.platforms if of.choices.get(name, True)]
    newest = sorted(of.prices, key=lambda p: (-p.at.timestamp(), p.source, p.minor))[:MAX_PRICES]
    return Case(
        uid=row["uid"], title=row["title"], brand=row["brand"], now=now, market=context.market,
        currency=context.currency, first_seen=_utc(row["first_seen_at"]), last_seen=_utc(row["last_seen_at"]),
        items=tuple(of.items), series=tuple(of.series), prices=tuple(newest), supply=of.supply,
        images=tuple(of.images), platforms=tuple(wanted),
        event_days={source: _daily(times, int(now.timestamp())) for source, times in sorted(of.events.items())},
        source_weights=context.source_weights, minimum_margin=context.minimum_margin,
    )  # fmt: skip


def _daily(times: list[int], now: int) -> tuple[int, ...]:
    """Counts for each UTC day from the first event to today."""
    today = now // DAY
    days = [min(at // DAY, today) for at in times]
    counts = [0] * (today - min(days) + 1)
    for day in days:
        counts[day - today - 1] += 1
    return tuple(counts)


def _utc(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)
