"""From the numbers about a pair to the log-odds that both are one product: small trees fitted by tests/benchmarks."""

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from trendctl.trends.pair_features import NAMES
from trendctl.trends.records import FloatArray, IntArray

MODEL_FILE: Final = "match_model.json"
NO_RIVAL: Final = -8.0  # log-odds assumed where a record has no other partner in sight
SHIFT: Final = 1.5  # log-odds that a batch of pairs may move its own scores at most
_SEEN: Final = 500.0  # pairs that the prior counts for: a small batch hardly moves
_ROUNDS: Final = 40
_ROWS_AT_A_TIME: Final = 8192  # columns of that length stay in the processor's cache


@dataclass(frozen=True, slots=True)
class Trees:
    """A sum of trees that ask the same question on a whole level: `leaf[t]` is looked up by the answers as bits."""

    base: float
    feature: npt.NDArray[np.int64]  # trees x levels
    threshold: npt.NDArray[np.float32]
    leaf: FloatArray  # trees x 2 ** levels

    def log_odds(self, table: npt.NDArray[np.float32]) -> FloatArray:
        """Log-odds for each row of features."""
        out = np.full(len(table), self.base)
        for low in range(0, len(table), _ROWS_AT_A_TIME):
            columns = np.ascontiguousarray(table[low : low + _ROWS_AT_A_TIME].T)
            out[low : low + _ROWS_AT_A_TIME] += self._sum(columns)
        return out

    def _sum(self, columns: npt.NDArray[np.float32]) -> FloatArray:
        total = np.zeros(columns.shape[1])
        for features, thresholds, leaf in zip(self.feature.tolist(), self.threshold, self.leaf, strict=True):
            place = np.zeros(columns.shape[1], np.intp)
            for column, threshold in zip(features, thresholds, strict=True):
                place += place
                place += columns[column] > threshold
            total += leaf[place]
        return total


def trees_from(stored: dict[str, Any]) -> Trees:
    """Trees as the fitting script stores them: leaves in thousandths."""
    return Trees(
        float(stored["base"]),
        np.asarray(stored["feature"], np.int64),
        np.asarray(stored["threshold"], np.float32),
        np.asarray(stored["leaf"], np.float64) / 1000.0,
    )


@lru_cache(maxsize=1)
def _stored() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(files("trendctl.data").joinpath(MODEL_FILE).read_text(encoding="utf-8"))
    if data["features"] != list(NAMES):
        raise ValueError(f"{MODEL_FILE} was fitted on other features: run tests/benchmarks/fit_matching.py")
    return data


@lru_cache(maxsize=8)
def model(name: str) -> Trees:
    """`pairs` (any fields), `rivals` (its second stage), `link` (whole tables), `titles` (titles only)."""
    return trees_from(_stored()["models"][name])


def threshold(name: str) -> float:
    """The fitted decision threshold of a task, a probability."""
    return float(_stored()["thresholds"][name])


def prior(name: str) -> float:
    """The share of true pairs among those that a model learned from."""
    return float(_stored()["priors"][name])


def probability(log_odds: FloatArray) -> FloatArray:
    """Log-odds as a probability."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(log_odds, -30.0, 30.0))), np.float64)


def prior_shift(value: FloatArray, before: float) -> float:
    """What to add to log-odds fitted where the share `before` was true, for the share that these scores imply.

    Expectation-maximisation without labels (Saerens, Latinne and Decaestecker 2002), with `before` as 500 pairs more.
    Of 0.8 points in F1 it gains on tables like those learned from, and of four on a table of another kind.
    """
    share = before
    for _ in range(_ROUNDS):
        moved = value + np.log(share / (1 - share) * (1 - before) / before)
        share = (float(probability(moved).sum()) + _SEEN * before) / (len(value) + _SEEN)
    shift = np.log(share / (1 - share) * (1 - before) / before)
    return float(np.clip(shift, -SHIFT, SHIFT))


def best_rival(value: FloatArray, key: IntArray, missing: float) -> FloatArray:
    """For each entry the greatest value among the other entries of its key; `missing` if there is none."""
    order = np.lexsort((-value, key))
    keys, values = key[order], value[order]
    first = np.r_[True, keys[1:] != keys[:-1]]
    group = np.cumsum(first) - 1
    start = np.flatnonzero(first)
    runner_up = np.full(len(start), missing)
    has = np.r_[start[1:], len(keys)] - start > 1
    runner_up[has] = values[start[has] + 1]
    out = np.empty(len(value))
    out[order] = np.where(first, runner_up[group], values[start][group])
    return out


def rival_features(value: FloatArray, a: IntArray, b: IntArray) -> npt.NDArray[np.float32]:
    """The first stage's log-odds beside those of the best other pairs of both records; (a, b) is as (b, a)."""
    n = len(value)
    both = best_rival(np.r_[value, value], np.r_[a, b], NO_RIVAL)
    low, high = np.minimum(both[:n], both[n:]), np.maximum(both[:n], both[n:])
    return np.stack([value, value - high, value - low, high], axis=1).astype(np.float32)
