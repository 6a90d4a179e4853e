"""How listings do, a day each; and the sums over their days. Written on behalf of posting.

NULL means that the platform does not give a figure; it is never turned into 0.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace

from trendctl.store.product_rows import category_sql

_SOLD = ("orders", "units", "revenue_minor", "fees_minor", "returns", "refunds_minor")
_FIGURES = ("views", "clicks", *_SOLD)


@dataclass(frozen=True, slots=True)
class DayRow:
    """A row of `metric_day`; `day` counts whole days since 1970-01-01 UTC, amounts are minor units of `currency`."""

    day: int
    views: int | None = None
    clicks: int | None = None
    orders: int | None = None
    units: int | None = None
    revenue_minor: int | None = None
    fees_minor: int | None = None
    returns: int | None = None
    refunds_minor: int | None = None
    currency: str | None = None
    fees_by: str = ""


def number_of(db: sqlite3.Connection, listing_id: str, now: int) -> int:
    """The listing's number among the tracked, given to it now if it has none."""
    db.execute("INSERT OR IGNORE INTO metric_listing (listing_id, fetched_at) VALUES (?, ?)", (listing_id, now))
    return int(db.execute("SELECT number FROM metric_listing WHERE listing_id = ?", (listing_id,)).fetchone()[0])


def save(db: sqlite3.Connection, listing_id: str, days: Sequence[DayRow], now: int) -> int:
    """Store the days of a listing, replacing what was read of them before, and its sums; how many days changed.

    What a platform told once and leaves out now (a report over its limit) stays. The unit's cost is kept with a day
    the first time it is known; a cost told later changes no day that has one.
    """
    if _is_forgotten(db, listing_id):
        return 0
    number = number_of(db, listing_id, now)
    names = ("day", *_FIGURES, "currency", "fees_by")
    before = {row["day"]: row for row in _stored(db, number, days)}
    merged = [_merged(d, before.get(d.day)) for d in days]
    changed = [
        d for d in merged
        if d.day not in before or any(before[d.day][n] != getattr(d, n) for n in names)
    ]  # fmt: skip
    db.executemany(
        f"INSERT INTO metric_day (number, {', '.join(names)}, fetched_at) VALUES (?{', ?' * (len(names) + 1)})"
        f" ON CONFLICT (number, day) DO UPDATE SET {', '.join(f'{n} = excluded.{n}' for n in names[1:])},"
        " fetched_at = excluded.fetched_at",
        [(number, *(getattr(d, n) for n in names), now) for d in changed],
    )
    _keep_cost(db, number)
    _sum_up(db, number, now)
    return len(changed)


def _is_forgotten(db: sqlite3.Connection, listing_id: str) -> bool:
    """Whether the person had its account forgotten, while it was being read."""
    row = db.execute(
        "SELECT f.intent = x'' FROM listing l JOIN decision d ON d.id = l.decision_id JOIN draft f ON f.id = d.draft_id"
        " WHERE l.id = ?", (listing_id,),
    ).fetchone()  # fmt: skip
    return bool(row and row[0])


def _merged(new: DayRow, old: sqlite3.Row | None) -> DayRow:
    if old is None:
        return new
    left_out = [n for n in ("views", "clicks") if getattr(new, n) is None]
    if all(getattr(new, n) is None for n in _SOLD):
        left_out += [*_SOLD, "currency", "fees_by"]
    return replace(new, **{n: old[n] for n in left_out})


def _keep_cost(db: sqlite3.Connection, number: int) -> None:
    """What a unit costs now, for the days that have no cost yet; only where it is told in the listing's currency."""
    db.execute(
        "UPDATE metric_day SET unit_minor = c.unit FROM (SELECT s.cost_minor + s.freight_minor + s.duty_minor"
        " + s.packaging_minor + s.outbound_shipping_minor + s.ad_minor AS unit FROM metric_listing m"
        " JOIN listing l ON l.id = m.listing_id JOIN supply s ON s.product_id = l.product_id"
        " AND s.currency = l.currency WHERE m.number = :number) c"
        " WHERE number = :number AND unit_minor IS NULL AND c.unit IS NOT NULL",
        {"number": number},
    )


def _stored(db: sqlite3.Connection, number: int, days: Sequence[DayRow]) -> list[sqlite3.Row]:
    first, last = min((d.day for d in days), default=0), max((d.day for d in days), default=0)
    return db.execute(
        "SELECT * FROM metric_day WHERE number = ? AND day BETWEEN ? AND ?", (number, first, last)
    ).fetchall()


def _sum_up(db: sqlite3.Connection, number: int, now: int) -> None:
    """The listing's sums anew. Fees are known only where they are known for every day with revenue; and the cost only
    where no day with revenue lacks its units (`unit_gaps`)."""
    sums = ", ".join(f"{n} = d.{n}" for n in _FIGURES if n != "fees_minor")
    db.execute(
        f"""UPDATE metric_listing SET {sums}, days = d.days, fees_minor = CASE WHEN d.unknown THEN NULL
            ELSE d.fees_minor END, currency = d.currency, fees_by = d.fees_by, first_day = d.first_day,
            last_day = d.last_day, cost_minor = d.cost, uncosted = d.uncosted, unit_gaps = d.unit_gaps,
            fetched_at = :now
        FROM (SELECT count(*) AS days, min(day) AS first_day, max(day) AS last_day, max(currency) AS currency,
                     coalesce(sum(units * unit_minor), 0) AS cost,
                     coalesce(sum(units) FILTER (WHERE unit_minor IS NULL), 0) AS uncosted,
                     coalesce(sum(revenue_minor > 0 AND units IS NULL), 0) AS unit_gaps,
                     sum(revenue_minor > 0 AND fees_minor IS NULL) > 0 AS unknown,
                     coalesce(group_concat(DISTINCT nullif(fees_by, '')), '') AS fees_by,
                     {", ".join(f"sum({n}) AS {n}" for n in _FIGURES)}
              FROM metric_day WHERE number = :number) d
        WHERE number = :number""",
        {"number": number, "now": now},
    )


def last_days(db: sqlite3.Connection) -> dict[str, int]:
    """The newest day stored of each tracked listing, by its id."""
    rows = db.execute("SELECT listing_id, last_day FROM metric_listing WHERE last_day IS NOT NULL")
    return {row[0]: row[1] for row in rows}


def to_track(db: sqlite3.Connection, ended_after: int) -> list[sqlite3.Row]:
    """Listings whose performance is worth reading: accepted, live, and those ended since that time (late data); not
    those whose account was forgotten. `category` is the approved one: margin and floor took their fees by it."""
    return db.execute(
        f"""
        SELECT l.*, p.title,
               coalesce(nullif(json_extract(nullif(CAST(f.intent AS TEXT), ''), '$.category.path'), ''),
                        {category_sql()}) AS category,
               coalesce(json_extract(nullif(CAST(f.intent AS TEXT), ''), '$.marketplace'), '') AS marketplace
        FROM listing l JOIN product p ON p.id = l.product_id JOIN decision d ON d.id = l.decision_id
             JOIN draft f ON f.id = d.draft_id
        WHERE l.external_id <> '' AND f.intent <> x''
              AND (l.state IN ('accepted', 'live') OR (l.state = 'ended' AND l.updated_at >= ?))
        ORDER BY l.platform, l.account, l.created_at, l.id
        """,
        (ended_after,),
    ).fetchall()


def note(db: sqlite3.Connection, platform: str, account: str, cause: str, now: int) -> bool:
    """Remember what could not be read; True the first time, so that it is told once."""
    done = db.execute("INSERT OR IGNORE INTO metric_note VALUES (?, ?, ?, ?)", (platform, account, cause, now))
    return done.rowcount > 0


def clear_notes(db: sqlite3.Connection, platform: str, account: str) -> None:
    """What could not be read can be read now: when it fails again it is told again."""
    db.execute("DELETE FROM metric_note WHERE platform = ? AND account = ?", (platform, account))


def coverage(db: sqlite3.Connection) -> list[sqlite3.Row]:
    """By platform: tracked listings, days, and on how many listings each figure was given (`stats --metrics`)."""
    given = ", ".join(f"count(m.{n}) AS {n}" for n in _FIGURES if n != "refunds_minor")
    return db.execute(
        f"SELECT l.platform, count(*) AS listings, sum(m.days) AS days, max(m.last_day) AS last_day,"
        f" max(m.fetched_at) AS fetched_at, {given} FROM metric_listing m JOIN listing l ON l.id = m.listing_id"
        " GROUP BY l.platform ORDER BY l.platform"
    ).fetchall()


def notes(db: sqlite3.Connection) -> list[sqlite3.Row]:
    """What could not be read, by platform and account."""
    return db.execute("SELECT platform, account, cause, at FROM metric_note ORDER BY platform, account, at").fetchall()


def priced(db: sqlite3.Connection, listed_before: int, drafted_before: int, since_day: int) -> list[sqlite3.Row]:
    """Live tracked listings whose price may be doubted: older than `listed_before`, no price draft since
    `drafted_before`, no draft waiting; with their sums, units since `since_day` and the prices that others ask."""
    return db.execute(
        """
        SELECT l.id, l.product_id, l.platform, l.account, l.decision_id, l.price_minor, l.currency, m.units, m.views,
               s.price_mid, s.price_high, s.currency AS asked_currency,
               (SELECT coalesce(sum(d.units), 0) FROM metric_day d WHERE d.number = m.number AND d.day >= :since_day)
                   AS recent
        FROM listing l JOIN metric_listing m ON m.listing_id = l.id JOIN score s ON s.product_id = l.product_id
        WHERE l.state = 'live' AND l.price_minor IS NOT NULL AND l.created_at <= :listed AND NOT EXISTS (
            SELECT 1 FROM draft f WHERE f.listing_id = l.id AND (f.created_at > :drafted OR (f.superseded_at IS NULL
                AND NOT EXISTS (SELECT 1 FROM decision d JOIN operation o ON o.decision_id = d.id
                                WHERE d.draft_id = f.id AND o.kind <> 'auto_decrease'))))
        ORDER BY l.product_id, l.platform
        """,
        {"listed": listed_before, "drafted": drafted_before, "since_day": since_day},
    ).fetchall()
