"""Link two tables one to one: every record has at most one partner, the surest links first."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from trendctl.trends.blocking import Candidates, candidates
from trendctl.trends.pair_features import pair_features
from trendctl.trends.pair_model import best_rival, model, prior, prior_shift, probability, threshold
from trendctl.trends.records import FloatArray, build

CANDIDATES: Final = 10  # per left record; 97 to 99% of true partners are among them


def context(found: Candidates) -> npt.NDArray[np.float32]:
    """How a candidate's shared rarity compares with the best other candidate of its left and of its right record."""
    left = best_rival(found.weight, found.left, 0.0)
    right = best_rival(found.weight, found.right, 0.0)
    columns = [found.weight - left, found.weight - right, found.weight, left, right]
    return np.stack(columns, axis=1).astype(np.float32)


def one_to_one(found: Candidates, score: FloatArray, least: float) -> list[tuple[int, int, float]]:
    """Links by falling score, each record once, down to `least`; ties by row."""
    order = np.lexsort((found.right, found.left, -score))
    order = order[score[order] >= least]
    used: set[int] = set()
    links = []
    for a, b, value in zip(found.left[order].tolist(), found.right[order].tolist(), score[order].tolist(), strict=True):
        if a in used or b in used:
            continue
        used.update((a, b))
        links.append((a, b, value))
    return links


def link(left: Sequence[Mapping[str, Any]], right: Sequence[Mapping[str, Any]]) -> list[tuple[int, int, float]]:
    """Index in `left`, index in `right`, probability: at most one link a record, surest first."""
    if not left or not right:
        return []
    split = len(left)
    records = build([*left, *right])
    found = candidates(records, (0, split), (split, len(records)), CANDIDATES)
    if len(found.left) == 0:
        return []
    table = np.hstack([pair_features(records, found.left, found.right), context(found)])
    value = model("link").log_odds(table)
    score = probability(value + prior_shift(value, prior("link")))
    return [(a, b - split, value) for a, b, value in one_to_one(found, score, threshold("link"))]
