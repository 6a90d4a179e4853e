"""One job: a small forest of extremely randomised regression trees (Geurts, Ernst and Wehenkel 2006), in numpy."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

TREES = 60
SMALLEST_LEAF = 4
TRIED = 30  # features tried at a split
_SEED = 20240917  # a fixed one: the same comparables always give the same price


@dataclass(frozen=True, slots=True)
class Node:
    """`feature` is -1 in a leaf, where `threshold` is the value."""

    feature: int
    threshold: float
    left: int = -1
    right: int = -1


class Forest:
    def __init__(self, x: Array, y: Array) -> None:
        rng = np.random.default_rng(_SEED)
        self._trees = [_grow(x, y, rng) for _ in range(TREES)]

    def predict(self, row: Array) -> float:
        return float(np.mean([_leaf(tree, row) for tree in self._trees]))


def _grow(x: Array, y: Array, rng: np.random.Generator) -> list[Node]:
    nodes: list[Node] = [Node(-1, 0.0)]
    waiting: list[tuple[NDArray[np.intp], int]] = [(np.arange(len(y)), 0)]
    while waiting:
        rows, number = waiting.pop()
        split = _split(x, y, rows, rng)
        if split is None:
            nodes[number] = Node(-1, float(y[rows].mean()))
            continue
        feature, threshold, goes_left = split
        nodes[number] = Node(feature, threshold, len(nodes), len(nodes) + 1)
        waiting += [(rows[goes_left], len(nodes)), (rows[~goes_left], len(nodes) + 1)]
        nodes += [Node(-1, 0.0), Node(-1, 0.0)]
    return nodes


def _split(
    x: Array, y: Array, rows: NDArray[np.intp], rng: np.random.Generator
) -> tuple[int, float, NDArray[np.bool_]] | None:
    """The best of some features, each cut at one random place."""
    own = y[rows]
    if len(rows) < 2 * SMALLEST_LEAF or own.std() < 1e-3:
        return None
    features = rng.choice(x.shape[1], min(TRIED, x.shape[1]), replace=False)
    part = x[np.ix_(rows, features)]
    low, high = part.min(axis=0), part.max(axis=0)
    cuts = low + (high - low) * rng.random(len(features))
    left = part <= cuts
    count = left.sum(axis=0)
    others = len(rows) - count
    total = own @ left
    fits = (count >= SMALLEST_LEAF) & (others >= SMALLEST_LEAF)
    if not fits.any():
        return None
    gain = total**2 / np.maximum(count, 1) + (own.sum() - total) ** 2 / np.maximum(others, 1)
    best = int(np.where(fits, gain, -np.inf).argmax())
    return int(features[best]), float(cuts[best]), left[:, best]


def _leaf(tree: list[Node], row: Array) -> float:
    node = tree[0]
    while node.feature >= 0:
        node = tree[node.left if row[node.feature] <= node.threshold else node.right]
    return node.threshold
