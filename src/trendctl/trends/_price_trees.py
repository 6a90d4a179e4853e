"""One job: a small forest of extremely randomised regression trees (Geurts, Ernst and Wehenkel 2006), in numpy.

All nodes of a level are split at once, which is what makes it fast without compiled code.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Ints = NDArray[np.intp]
Flags = NDArray[np.bool_]

TREES = 160
SMALLEST_LEAF = 4
TRIED = 25  # features tried at a split
_FLAT = 1e-3  # log prices closer than this are not told apart
_SEED = 20240917  # a fixed one: the same comparables always give the same price


@dataclass(frozen=True, slots=True)
class _Level:
    """Of each node of a level: `left` is the number of the left child (the right one follows), 0 in a leaf."""

    feature: Ints
    threshold: Array
    left: Ints


class Forest:
    """Tells which known rows share its leaves with a row, so that any point of their spread can be asked for."""

    def __init__(self, x: Array, y: Array) -> None:
        self._count = len(y)
        rng = np.random.default_rng(_SEED)
        trees = [_grow(x, y, rng) for _ in range(TREES)]
        sizes = [sum(len(level.left) for level in tree) for tree in trees]
        self._roots = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.intp)
        levels = [level for tree in trees for level in tree]
        shift = np.repeat(self._roots, sizes)
        self._feature = np.concatenate([level.feature for level in levels])
        self._threshold = np.concatenate([level.threshold for level in levels])
        left = np.concatenate([level.left for level in levels])
        self._left = np.where(left > 0, left + shift, 0)
        leaf = np.concatenate([self._leaves(row) for row in x])
        rising = np.argsort(leaf, kind="stable")
        self._members = np.repeat(np.arange(len(x)), TREES)[rising]
        self._ends = np.concatenate([[0], np.bincount(leaf, minlength=len(self._left)).cumsum()])

    def weights(self, row: Array) -> Array:
        """The share of each known row in what the trees say of this one; their sum is 1 (Meinshausen 2006)."""
        leaf = self._leaves(row)
        starts, ends = self._ends[leaf], self._ends[leaf + 1]
        members = np.concatenate([self._members[a:b] for a, b in zip(starts.tolist(), ends.tolist(), strict=True)])
        shares = np.repeat(1 / (ends - starts), ends - starts) / len(leaf)
        return np.bincount(members, shares, self._count).astype(np.float64, copy=False)

    def _leaves(self, row: Array) -> Ints:
        node = self._roots.copy()
        walking = np.flatnonzero(self._left[node] > 0)
        while len(walking):
            at = node[walking]
            node[walking] = self._left[at] + (row[self._feature[at]] > self._threshold[at])
            walking = walking[self._left[node[walking]] > 0]
        return node


def _grow(x: Array, y: Array, rng: np.random.Generator) -> list[_Level]:
    levels: list[_Level] = []
    rows = np.arange(len(y))
    sizes = np.array([len(y)])
    numbered = 1
    while len(rows):
        own = y[rows]
        starts = np.cumsum(sizes) - sizes
        feature, threshold, splits = _split(x[rows], own, sizes, starts, rng)
        left = np.where(splits, numbered + 2 * (np.cumsum(splits) - 1), 0)
        levels.append(_Level(feature, threshold, left))
        numbered += 2 * int(splits.sum())
        node = np.repeat(np.arange(len(sizes)), sizes)
        staying = splits[node]
        rows, node = rows[staying], node[staying]
        child = left[node] + (x[rows, feature[node]] > threshold[node])
        rows = rows[np.argsort(child, kind="stable")]
        sizes = np.unique(child, return_counts=True)[1]
    return levels


def _split(part: Array, own: Array, sizes: Ints, starts: Ints, rng: np.random.Generator) -> tuple[Ints, Array, Flags]:
    """For each node the best of some features, each cut at one random place, and whether it can be split at all."""
    tried = min(TRIED, part.shape[1])
    features = np.argsort(rng.random((len(sizes), part.shape[1])), axis=1)[:, :tried]
    node = np.repeat(np.arange(len(sizes)), sizes)
    seen = np.take_along_axis(part, features[node], axis=1)
    low, high = np.minimum.reduceat(seen, starts), np.maximum.reduceat(seen, starts)
    cuts = low + (high - low) * rng.random(low.shape)
    goes_left = (seen <= cuts[node]).astype(np.float64)
    count = np.add.reduceat(goes_left, starts)
    total = np.add.reduceat(goes_left * own[:, np.newaxis], starts)
    others = sizes[:, np.newaxis] - count
    rest = np.add.reduceat(own, starts)[:, np.newaxis] - total
    fits = (count >= SMALLEST_LEAF) & (others >= SMALLEST_LEAF)
    gain = np.where(fits, total**2 / np.maximum(count, 1) + rest**2 / np.maximum(others, 1), -np.inf)
    best = gain.argmax(axis=1)
    every = np.arange(len(sizes))
    apart = np.maximum.reduceat(own, starts) - np.minimum.reduceat(own, starts) > _FLAT
    return features[every, best], cuts[every, best], fits.any(axis=1) & apart
