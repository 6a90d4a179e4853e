"""Is it the same product? The public side of matching: pair scores, linking, clustering, and the pieces of an index.

A record is a mapping with any of: title, brand, model, description (text), price (a number, one currency throughout).
Everything is pure and deterministic; nothing is kept between calls but the fitted constants.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from trendctl.trends.blocking import candidates
from trendctl.trends.clustering import agglomerate
from trendctl.trends.conflicts import sure_conflicts
from trendctl.trends.linking import link
from trendctl.trends.pair_features import pair_features
from trendctl.trends.pair_model import model, probability, rival_features, threshold
from trendctl.trends.product_titles import VETO, best_match, best_matches, group, title_log_odds
from trendctl.trends.records import build
from trendctl.trends.title_features import normalise
from trendctl.trends.title_keys import fingerprint, keys

__all__ = [
    "MATCH_THRESHOLD",
    "best_match",
    "best_matches",
    "cluster",
    "fingerprint",
    "group",
    "keys",
    "link",
    "match_scores",
    "normalise",
]

MATCH_THRESHOLD: Final = threshold("pairs")
CLUSTER_CANDIDATES: Final = 20
Record = Mapping[str, Any]
_FIELDS: Final = ("title", "brand", "model", "description", "price")


def match_scores(pairs: Sequence[tuple[Record, Record]]) -> list[float]:
    """Probability that both records of a pair are one product; symmetric.

    A batch is judged together: rarity of words is that of the batch, and a record that has a better partner in the
    batch is less likely to belong to another. A pair alone is judged by itself.
    """
    if not pairs:
        return []
    rows: dict[tuple[Any, ...], int] = {}
    records: list[Record] = []

    def row(record: Record) -> int:
        said = tuple(record.get(name) for name in _FIELDS)
        if said not in rows:
            rows[said] = len(records)
            records.append(record)
        return rows[said]

    a, b = np.array([(row(x), row(y)) for x, y in pairs], np.int64).T
    known = build(records)
    table = pair_features(known, a, b)
    value = model("rivals").log_odds(rival_features(model("pairs").log_odds(table), a, b))
    value = np.where(sure_conflicts(table, known.for_another[a] ^ known.for_another[b]), np.minimum(value, VETO), value)
    value = np.where(a == b, -VETO, value)  # the same record twice
    return [float(p) for p in probability(value)]


def cluster(records: Sequence[Record]) -> list[int]:
    """A product label for each record, by its title (and brand, where the title leaves it out)."""
    if not records:
        return []
    table = build([{"title": _titled(record)} for record in records])
    found = candidates(table, (0, len(table)), (0, len(table)), CLUSTER_CANDIDATES)
    low, high = np.minimum(found.left, found.right), np.maximum(found.left, found.right)
    pair = np.unique(low * len(table) + high)
    a, b = pair // len(table), pair % len(table)
    share = threshold("clusters")
    return agglomerate(len(table), a, b, title_log_odds(table, a, b), float(np.log(share / (1 - share))))


def _titled(record: Record) -> str:
    title, brand = str(record.get("title") or ""), str(record.get("brand") or "")
    return title if brand.casefold() in title.casefold() else f"{brand} {title}"
