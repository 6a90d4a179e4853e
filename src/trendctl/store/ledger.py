"""The ledger: what was foretold of a product, what came of it, and what a source's word is worth since.

One open prediction a product and kind: a new one is made when the last is settled, so that a product analysed every
hour does not count a thousand times. Written on behalf of the analyzer.
"""

import json
import sqlite3
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from trendctl.store.engine import Store
from trendctl.store.writers import Role

DAY = 86_400
DUE_DAYS = {"stage": 14, "forecast": 14, "price": 30, "score": 30}
LATE_DAYS = 14  # a day's sales are read again for so long, as tracking does: until then they are not final
GIVEN_UP = 60 * DAY  # after its time a prediction that nothing was seen of is closed without an outcome
GONE = 7 * DAY  # a trend that no source named for so long before the day is over
UP = frozenset({"emerging", "rising"})
# What a stage foretells for two weeks later; "gone" means that no source names the product any more.
FOLLOWS: dict[str, frozenset[str]] = {
    "emerging": frozenset({"emerging", "rising", "peaking"}), "rising": frozenset({"rising", "peaking"}),
    "peaking": frozenset({"peaking", "fading", "steady", "gone"}), "fading": frozenset({"fading", "steady", "gone"}),
    "seasonal": frozenset({"seasonal"}), "steady": frozenset({"steady"}),
}  # fmt: skip
LEAST, MOST = 0.25, 2.0
STEP = 0.05  # a weight moves by this at most in one settling
PRIOR = 20  # settled predictions that a source's record must outweigh
_BATCH = 5_000

# Whether every listing that tells its units was read to the end of the prediction's time, or of its own; late days too.
_READ = f"""coalesce((SELECT min(m.last_day >= min(r.due_at, iif(l.state = 'ended', l.updated_at, r.due_at)) / {DAY}
    + {LATE_DAYS}) FROM listing l JOIN metric_listing m ON m.listing_id = l.id
    WHERE l.product_id = r.product_id AND m.units IS NOT NULL), 0)"""
_SOURCES = (
    "(SELECT json_group_array(DISTINCT json_extract(g.value, '$.source')) FROM json_each(a.output, '$.signals') g)"
)
_FREE = (
    "NOT EXISTS (SELECT 1 FROM prediction r WHERE r.product_id = s.product_id AND r.kind = :kind"
    " AND r.settled_at IS NULL)"
)
_OF = "FROM score s JOIN analysis a ON a.product_id = s.product_id AND a.cause = '' AND a.agent = "
# What each kind foretells: product, label, value, low, high, currency, sources.
_SAYS = {
    "stage": f"""SELECT s.product_id, s.stage, coalesce(json_extract(a.output, '$.strength'), 0.0), NULL, NULL, NULL,
        {_SOURCES} {_OF} 'trend_stage' WHERE s.stage <> ''""",
    "forecast": f"""SELECT s.product_id, '', json_extract(a.output, '$.forecast_up') AS up, NULL, NULL, NULL,
        {_SOURCES} {_OF} 'trend_stage' WHERE up IS NOT NULL""",
    "price": f"""SELECT s.product_id, '', json_extract(a.output, '$.mid_minor') AS mid,
        json_extract(a.output, '$.low_minor'), json_extract(a.output, '$.high_minor'),
        json_extract(a.output, '$.currency'), '[]' {_OF} 'price' WHERE mid IS NOT NULL""",
    "score": "SELECT s.product_id, '', s.score, NULL, NULL, NULL, '[]' FROM score s WHERE 1",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was seen. `hit` None: nothing could be seen, the prediction counts for nothing."""

    value: float | None = None
    label: str = ""
    hit: bool | None = None


def record(store: Store, since: int, now: int) -> int:
    """Store what the scores computed since `since` foretell; how many predictions are new."""
    with store.read() as db:  # what a writing connection may not: json_each
        said = [
            (row[0], kind, now, now + DUE_DAYS[kind] * DAY, *row[1:])
            for kind, select in _SAYS.items()
            for row in db.execute(f"{select} AND s.computed_at >= :since AND {_FREE}", {"kind": kind, "since": since})
        ]
    if not said:
        return 0
    with store.write(Role.ANALYZER) as db:
        return db.executemany(
            "INSERT OR IGNORE INTO prediction (product_id, kind, made_at, due_at, label, value, low, high, currency,"
            " sources) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            said,
        ).rowcount


def settle(store: Store, now: int) -> int:
    """Compare what is due with what happened, and let the sources' weights learn from it; how many were settled."""
    done = 0
    while True:
        with store.write(Role.ANALYZER) as db:
            rows = _due(db, now)
            closed = [(row, found) for row in rows if (found := _outcome(db, row, now)) is not None]
            db.executemany(
                "UPDATE prediction SET outcome = ?, outcome_label = ?, hit = ?, settled_at = ? WHERE id = ?",
                [(o.value, o.label, None if o.hit is None else int(o.hit), now, r["id"]) for r, o in closed],
            )
            _count(db, closed, now)
            done += len(closed)
        if not closed or len(rows) < _BATCH:
            break
    if done:
        with store.write(Role.ANALYZER) as db:
            _learn(db, now)
    return done


def weights(db: sqlite3.Connection) -> dict[str, float]:
    """The learned weight of each source; a source without one counts as 1."""
    return {row[0]: row[1] for row in db.execute("SELECT source, weight FROM source_weight ORDER BY source")}


def reset(store: Store) -> int:
    """Forget what was learned of the sources; how many had a weight. The settled predictions stay."""
    with store.write(Role.ANALYZER) as db:
        return db.execute("DELETE FROM source_weight").rowcount


def summary(db: sqlite3.Connection) -> dict[str, Any]:
    """Hit rates by kind, the calibration of the forecasts in fifths, and the sources' weights."""
    kinds = db.execute(
        "SELECT kind, count(*) AS made, sum(settled_at IS NULL) AS open, sum(hit IS NOT NULL) AS settled,"
        " coalesce(sum(hit), 0) AS hits, avg(hit) AS hit_rate FROM prediction GROUP BY kind ORDER BY kind"
    ).fetchall()
    bins = db.execute(
        "SELECT min(4, CAST(value * 5 AS INTEGER)) AS fifth, count(*) AS n, avg(value) AS foretold,"
        " avg(outcome) AS happened FROM prediction WHERE kind = 'forecast' AND hit IS NOT NULL GROUP BY fifth"
    ).fetchall()
    brier = db.execute(
        "SELECT avg((value - outcome) * (value - outcome)) FROM prediction WHERE kind = 'forecast' AND hit IS NOT NULL"
    ).fetchone()[0]
    learned = db.execute(
        "SELECT source, weight, hits, settled FROM source_weight ORDER BY weight DESC, source"
    ).fetchall()
    return {
        "kinds": [dict(r) for r in kinds], "calibration": [dict(r) for r in bins], "brier": brier,
        "source_weights": [dict(r) for r in learned],
    }  # fmt: skip


def _due(db: sqlite3.Connection, now: int) -> list[sqlite3.Row]:
    return db.execute(
        f"SELECT r.*, {_READ} AS is_read, p.last_seen_at, s.stage AS now_stage, s.computed_at, s.price_mid,"
        " s.currency AS now_currency"
        " FROM prediction r JOIN product p ON p.id = r.product_id LEFT JOIN score s ON s.product_id = r.product_id"
        " WHERE r.settled_at IS NULL AND r.due_at <= :now AND (r.due_at <= :now - :over"
        f" OR iif(r.kind = 'score', {_READ}, coalesce(s.computed_at, 0) >= r.due_at))"
        " ORDER BY r.due_at, r.id LIMIT :batch",
        {"now": now, "over": GIVEN_UP, "batch": _BATCH},
    ).fetchall()


def _outcome(db: sqlite3.Connection, row: sqlite3.Row, now: int) -> Outcome | None:
    """None: wait longer."""
    over = Outcome() if row["due_at"] <= now - GIVEN_UP else None
    if row["kind"] == "score":
        return _sold(db, row) or over
    if row["computed_at"] is None or row["computed_at"] < row["due_at"]:
        return over
    if row["kind"] == "price":
        return _priced(db, row) or over
    seen = "gone" if row["last_seen_at"] < row["due_at"] - GONE else row["now_stage"]
    if row["kind"] == "stage":
        return Outcome(None, seen, seen in FOLLOWS.get(row["label"], frozenset()))
    up = 1.0 if seen in UP else 0.0
    return Outcome(up, seen, (row["value"] >= 0.5) == bool(up))


def _sold(db: sqlite3.Connection, row: sqlite3.Row) -> Outcome | None:
    """A score of 50 or more says that it sells within its time, where it is on sale at all and units are told. That
    nothing sold is known only once all is read."""
    units = db.execute(
        "SELECT sum(d.units) FROM listing l JOIN metric_listing m ON m.listing_id = l.id"
        " JOIN metric_day d ON d.number = m.number WHERE l.product_id = ? AND d.day BETWEEN ? AND ?",
        (row["product_id"], row["made_at"] // DAY, row["due_at"] // DAY),
    ).fetchone()[0]
    if units is None or (units == 0 and not row["is_read"]):
        return None
    return Outcome(float(units), "", (row["value"] >= 50) == (units > 0))


def _priced(db: sqlite3.Connection, row: sqlite3.Row) -> Outcome | None:
    """What buyers paid within its time, else the middle of the prices that are asked now."""
    paid = db.execute(
        "SELECT sum(d.revenue_minor) * 1.0 / sum(d.units) FROM listing l JOIN metric_listing m ON m.listing_id = l.id"
        " JOIN metric_day d ON d.number = m.number WHERE l.product_id = ? AND d.day BETWEEN ? AND ?"
        " AND d.currency = ? AND d.units > 0 AND d.revenue_minor IS NOT NULL",
        (row["product_id"], row["made_at"] // DAY, row["due_at"] // DAY, row["currency"]),
    ).fetchone()[0]
    if paid is None and row["now_currency"] == row["currency"]:
        paid = row["price_mid"]
    if paid is None or row["low"] is None or row["high"] is None:
        return None
    return Outcome(float(paid), "", row["low"] <= paid <= row["high"])


def _count(db: sqlite3.Connection, closed: list[tuple[sqlite3.Row, Outcome]], now: int) -> None:
    """Put what was settled on the record of the sources it rested on."""
    tally: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row, found in closed:
        if found.hit is not None and row["kind"] in ("stage", "forecast"):
            for source in json.loads(row["sources"]):
                tally[source][0] += found.hit
                tally[source][1] += 1
    db.executemany(
        "INSERT INTO source_weight (source, weight, hits, settled, updated_at) VALUES (?, 1.0, ?, ?, ?)"
        " ON CONFLICT (source) DO UPDATE SET hits = hits + excluded.hits, settled = settled + excluded.settled,"
        " updated_at = excluded.updated_at",
        [(source, hits, settled, now) for source, (hits, settled) in sorted(tally.items())],
    )


def _learn(db: sqlite3.Connection, now: int) -> None:
    """Move each weight a small step towards its source's hit rate over that of all, both held back by a prior."""
    rows = db.execute("SELECT source, weight, hits, settled FROM source_weight").fetchall()
    hits, settled = sum(r["hits"] for r in rows), sum(r["settled"] for r in rows)
    if not settled:
        return
    usual = (hits + PRIOR / 2) / (settled + PRIOR)
    for row in rows:
        wanted = (row["hits"] + PRIOR * usual) / (row["settled"] + PRIOR) / usual
        moved = row["weight"] + max(-STEP, min(STEP, wanted - row["weight"]))
        db.execute(
            "UPDATE source_weight SET weight = ?, updated_at = ? WHERE source = ?",
            (round(max(LEAST, min(MOST, moved)), 4), now, row["source"]),
        )
