"""Fit the trees that trendctl.trends.pair_model evaluates: gradient boosting on log-loss, one question a level."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from trendctl.trends.pair_model import Trees

Table = npt.NDArray[np.float32]
Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Plan:
    """How to fit."""

    trees: int = 400
    levels: int = 6
    rate: float = 0.05
    ridge: float = 4.0
    columns: float = 0.15  # share of the features a tree may ask about
    rows: float = 0.7  # share of the rows a tree sees
    bins: int = 48
    seed: int = 0


def _edges(table: Table, bins: int) -> list[Table]:
    inner = np.linspace(0, 1, bins + 1)[1:-1]
    return [np.unique(np.quantile(column, inner)).astype(np.float32) for column in table.T]


def _best_split(
    binned: npt.NDArray[np.int64], allowed: npt.NDArray[np.int64], edges: list[Table], leaf: npt.NDArray[np.int64],
    leaves: int, slope: Vector, curve: Vector, plan: Plan,
) -> tuple[int, int]:  # fmt: skip
    width = plan.bins + 1
    best, choice = -np.inf, (int(allowed[0]), 0)
    for feature in allowed:
        if not len(edges[feature]):
            continue
        spot = leaf * width + binned[feature]
        g = np.bincount(spot, slope, leaves * width).reshape(leaves, width).cumsum(1)
        h = np.bincount(spot, curve, leaves * width).reshape(leaves, width).cumsum(1)
        all_g, all_h = g[:, -1:], h[:, -1:]
        gain = g**2 / (h + plan.ridge) + (all_g - g) ** 2 / (all_h - h + plan.ridge)
        total = gain.sum(0)[: len(edges[feature])]
        at = int(total.argmax())
        if total[at] > best:
            best, choice = float(total[at]), (int(feature), at)
    return choice


def fit(table: Table, truth: Vector, plan: Plan, weight: Vector | None = None) -> Trees:
    """Trees for P(truth | table)."""
    rng = np.random.default_rng(plan.seed)
    w = np.ones(len(truth)) if weight is None else weight
    edges = _edges(table, plan.bins)
    binned = np.stack([np.searchsorted(e, c, side="left") for e, c in zip(edges, table.T, strict=True)])
    base = float(np.log((w * truth).sum() / (w * (1 - truth)).sum()))
    now = np.full(len(truth), base)
    features, thresholds, leaves = [], [], []
    size = 1 << plan.levels
    for _ in range(plan.trees):
        p = 1 / (1 + np.exp(-now))
        rows = np.flatnonzero(rng.random(len(truth)) < plan.rows)
        allowed = rng.choice(table.shape[1], max(1, round(table.shape[1] * plan.columns)), replace=False)
        slope, curve = (w * (p - truth))[rows], (w * p * (1 - p))[rows]
        seen = binned[:, rows]
        leaf, everywhere, asked = np.zeros(len(rows), np.int64), np.zeros(len(truth), np.int64), []
        for level in range(plan.levels):
            f, at = _best_split(seen, allowed, edges, leaf, 1 << level, slope, curve, plan)
            asked.append((f, float(edges[f][at]) if len(edges[f]) else 0.0))
            leaf = leaf * 2 + (seen[f] > at)
            everywhere = everywhere * 2 + (binned[f] > at)
        value = -plan.rate * np.bincount(leaf, slope, size) / (np.bincount(leaf, curve, size) + plan.ridge)
        now += value[everywhere]
        features.append([f for f, _ in asked])
        thresholds.append([t for _, t in asked])
        leaves.append(value)
    return Trees(base, np.array(features), np.array(thresholds, np.float32), np.array(leaves))


def stored(trees: Trees) -> dict[str, Any]:
    """The form in the data file: thresholds to six digits, leaves in thousandths."""
    return {
        "base": round(trees.base, 4),
        "feature": trees.feature.tolist(),
        "threshold": [[float(f"{t:.6g}") for t in row] for row in trees.threshold.tolist()],
        "leaf": np.round(trees.leaf * 1000).astype(int).tolist(),
    }
