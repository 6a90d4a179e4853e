"""The pipeline and the sales in numbers: what `stats` and `report` read."""

import sqlite3
from typing import Any

from trendctl.store import reviews
from trendctl.store.product_rows import category_sql

DAY = 86_400


def pipeline(db: sqlite3.Connection, now: int) -> dict[str, Any]:
    """Counts by stage of the pipeline, by platform and by source (design section 6).

    `pending` are the products that `review` would show: not one that is live and has nothing to decide.
    """
    # The kind of an operation is named so that the index of consumed decisions can be used.
    one = db.execute(
        """
        SELECT (SELECT count(*) FROM product WHERE merged_into IS NULL) AS found,
               :pending AS pending,
               (SELECT count(*) FROM review WHERE status = 'rejected') AS rejected,
               (SELECT count(*) FROM review WHERE status = 'deferred') AS deferred,
               (SELECT count(*) FROM decision d WHERE d.kind = 'approve' AND d.expires_at >= :now
                    AND NOT EXISTS (SELECT 1 FROM decision u WHERE u.of_decision = d.id)
                    AND NOT EXISTS (SELECT 1 FROM operation o WHERE o.decision_id = d.id
                        AND o.kind <> 'auto_decrease')) AS approved,
               (SELECT count(*) FROM listing WHERE state IN ('submitting', 'accepted', 'unknown')) AS in_progress,
               (SELECT count(*) FROM listing WHERE state = 'live') AS live,
               (SELECT count(*) FROM listing WHERE state = 'ended') AS ended
        """,
        {"now": now, "pending": reviews.awaited(db, now)},
    ).fetchone()
    platforms = db.execute(
        "SELECT platform, count(*) AS listings, sum(state = 'live') AS live, sum(state = 'ended') AS ended,"
        " sum(state IN ('rejected', 'failed')) AS failed, sum(state = 'unknown') AS unknown"
        " FROM listing GROUP BY platform ORDER BY platform"
    )
    sources = db.execute(
        "SELECT source, count(*) AS items, count(DISTINCT product_id) AS products FROM item"
        " GROUP BY source ORDER BY source"
    )
    return {
        "pipeline": dict(one),
        "by_platform": [dict(r) for r in platforms],
        "by_source": [dict(r) for r in sources],
    }


def sales(db: sqlite3.Connection) -> list[sqlite3.Row]:
    """Every listing that is or was on sale with the sums of its days (NULL: not tracked, or not given) and the costs.

    Newest first. `cost_minor` is what the units cost whose cost was kept with their day; the other units (`uncosted`)
    cost `unit_minor` in `cost_currency`, with packaging, shipping and ads; NULL while the seller has not told it.
    `cost_minor` is NULL too where a day with revenue has no units: nobody knows how many they were.
    """
    return db.execute(
        f"""
        SELECT l.id, l.product_id, l.platform, l.account, l.sku, l.state, l.url, l.quantity, l.price_minor,
               l.currency AS asked_currency, l.created_at, p.title, {category_sql()} AS category, m.number, m.days,
               m.views, m.clicks, m.orders, m.units, m.revenue_minor, m.fees_minor, m.returns, m.refunds_minor,
               m.currency, m.fees_by, m.last_day, iif(m.unit_gaps, NULL, m.cost_minor) AS cost_minor, m.uncosted,
               s.currency AS cost_currency,
               s.cost_minor + s.freight_minor + s.duty_minor
                   + s.packaging_minor + s.outbound_shipping_minor + s.ad_minor AS unit_minor
        FROM listing l JOIN product p ON p.id = l.product_id LEFT JOIN metric_listing m ON m.listing_id = l.id
             LEFT JOIN supply s ON s.product_id = l.product_id
        WHERE l.state IN ('accepted', 'live', 'ended', 'unknown') ORDER BY l.created_at DESC, l.rowid DESC
        """
    ).fetchall()


def sold_by_day(db: sqlite3.Connection, since_day: int) -> list[tuple[int, int, int, int]]:
    """(listing number, day, units, views) of the days from `since_day` (since 1970) on which there were any."""
    cursor = db.cursor()
    cursor.row_factory = None
    return cursor.execute(
        "SELECT number, day, coalesce(units, 0), coalesce(views, 0) FROM metric_day WHERE day >= ?"
        " AND (units > 0 OR views > 0)",
        (since_day,),
    ).fetchall()


def sources_of_listed(db: sqlite3.Connection) -> dict[int, tuple[str, ...]]:
    """The sources that named each product with a listing."""
    found: dict[int, tuple[str, ...]] = {}
    rows = db.execute(
        "SELECT DISTINCT product_id, source FROM item WHERE product_id IN (SELECT product_id FROM listing)"
        " ORDER BY product_id, source"
    )
    for product_id, source in rows:
        found[product_id] = (*found.get(product_id, ()), source)
    return found


def trending(db: sqlite3.Connection, limit: int) -> list[sqlite3.Row]:
    """The best products by score that the person has not rejected, with the story of their trend as told."""
    return db.execute(
        f"""
        SELECT p.id, p.title, {category_sql()} AS category, p.first_seen_at, s.score, s.stage, s.sources,
               s.price_low, s.price_high, s.currency, s.computed_at, json_extract(a.output, '$.story') AS story,
               json_extract(a.output, '$.forecast_up') AS forecast_up
        FROM score s CROSS JOIN product p ON p.id = s.product_id
             LEFT JOIN analysis a ON a.product_id = p.id AND a.agent = 'trend_stage' AND a.cause = ''
        WHERE p.merged_into IS NULL
              AND NOT EXISTS (SELECT 1 FROM review r WHERE r.product_id = p.id AND r.status = 'rejected')
        ORDER BY s.score DESC, s.product_id LIMIT ?
        """,
        (limit,),
    ).fetchall()


def curve(db: sqlite3.Connection, product_id: int, since: int) -> tuple[str, str, bool, list[tuple[int, float]]]:
    """The product's longest series since that time: source, metric, whether it is a rank (1 = best), (time, value)s.

    ("", "", False, []) when there is none.
    """
    one = db.execute(
        "SELECT i.id, i.source, o.metric_id, m.name, count(o.value) AS valued FROM item i"
        " JOIN observation o ON o.item_id = i.id JOIN metric m ON m.id = o.metric_id"
        " WHERE i.product_id = ? AND o.at >= ? AND (o.value IS NOT NULL OR o.rank IS NOT NULL)"
        " GROUP BY i.id, o.metric_id ORDER BY count(*) DESC, i.id, o.metric_id LIMIT 1",
        (product_id, since),
    ).fetchone()
    if one is None:
        return "", "", False, []
    column = "value" if one["valued"] else "rank"
    points = db.execute(
        f"SELECT at, {column} FROM observation WHERE item_id = ? AND metric_id = ? AND at >= ? AND {column} IS NOT NULL"
        " ORDER BY at",
        (one["id"], one["metric_id"], since),
    ).fetchall()
    return one["source"], one["name"], column == "rank", [(p[0], float(p[1])) for p in points]


def model_costs(db: sqlite3.Connection) -> list[dict[str, Any]]:
    """What models cost, by provider and model; nothing where this database keeps no account of it.

    Millionths of a US dollar; where a call's cost is not known, what was reserved for it counts.
    """
    if not db.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'llm_call'").fetchone():
        return []
    rows = db.execute(
        "SELECT provider, model, count(*) AS calls, sum(state = 'failed') AS failed, sum(input_tokens) AS input_tokens,"
        " sum(output_tokens) AS output_tokens, sum(coalesce(spent_micro_usd, reserved_micro_usd)) AS micro_usd"
        " FROM llm_call GROUP BY provider, model ORDER BY micro_usd DESC, provider, model"
    )
    return [dict(r) for r in rows]
