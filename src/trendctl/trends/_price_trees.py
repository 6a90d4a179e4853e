"""One job: regression trees in numpy: a forest of extremely randomised ones (Geurts, Ernst and Wehenkel 2006), and
boosted ones that ask one question a level (Friedman 2001; Prokhorenkova et al. 2018).

All nodes of a level are split at once, which is what makes it fast without compiled code.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Ints = NDArray[np.intp]
Flags = NDArray[np.bool_]

TREES = 140
SMALLEST_LEAF = 4
TRIED = 25  # features tried at a split
_FLAT = 1e-3  # log prices closer than this are not told apart
STEPS = 400  # boosted trees, in runs of their own that are averaged
RUNS = 2
LEVELS = 5
RATE = 0.05
RIDGE = 5.0  # records' worth of no correction in a leaf
COLUMNS, ROWS = 0.3, 0.7  # shares that a boosted tree sees
BINS = 32
TURN = 0.3  # of the log price: an error beyond counts by its size, no longer by its square (pseudo-Huber loss)
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


class Boosted:
    """A sum of small corrections towards `wanted`, each tree fitted to the error that those before it leave."""

    def __init__(self, x: Array, wanted: Array) -> None:
        edges = [np.unique(np.quantile(column, np.linspace(0, 1, BINS + 1)[1:-1])) for column in x.T]
        binned = np.stack([np.searchsorted(e, column) for e, column in zip(edges, x.T, strict=True)])
        rng = np.random.default_rng(_SEED)
        trees = [tree for _ in range(RUNS) for tree in _boost(binned, wanted, rng)]
        self._feature = np.array([feature for feature, _, _ in trees])
        self._threshold = np.array([[_edge(edges[f], b) for f, b in zip(fs, bs, strict=True)] for fs, bs, _ in trees])
        self._value = np.array([value for _, _, value in trees]) / RUNS

    def predict(self, row: Array) -> float:
        leaf = (row[self._feature] > self._threshold) @ _PLACES
        return float(self._value[np.arange(len(leaf)), leaf].sum())


_PLACES = 1 << np.arange(LEVELS)[::-1]


def _edge(edges: Array, number: int) -> float:
    """The greatest value of a bin; beyond the last one there is none."""
    return float(edges[number]) if number < len(edges) else np.inf


def _boost(binned: Ints, wanted: Array, rng: np.random.Generator) -> list[tuple[list[int], list[int], Array]]:
    """One run: of each tree the features, the bins up to which a row goes left, and the values of the leaves."""
    now = np.zeros(len(wanted))
    trees = []
    for _ in range(STEPS // RUNS):
        error = now - wanted
        weight = 1 / np.sqrt(1 + (error / TURN) ** 2)
        rows = np.flatnonzero(rng.random(len(wanted)) < ROWS)
        allowed = rng.choice(len(binned), max(1, round(len(binned) * COLUMNS)), replace=False)
        part = binned[allowed][:, rows]
        slope, curve = (error * weight)[rows], weight[rows]
        leaf, everywhere = np.zeros(len(rows), dtype=np.intp), np.zeros(len(wanted), dtype=np.intp)
        features, bins = [], []
        for level in range(LEVELS):
            column, number = _question(part, leaf, 1 << level, slope, curve)
            features.append(int(allowed[column]))
            bins.append(number)
            leaf = leaf * 2 + (part[column] > number)
            everywhere = everywhere * 2 + (binned[features[-1]] > number)
        size = 1 << LEVELS
        value = -RATE * np.bincount(leaf, slope, size) / (np.bincount(leaf, curve, size) + RIDGE)
        now += value[everywhere]
        trees.append((features, bins, value))
    return trees


def _question(part: Ints, leaf: Ints, leaves: int, slope: Array, curve: Array) -> tuple[int, int]:
    """The row of `part` and the bin at whose end a split of all leaves at once gains most."""
    columns = len(part)
    shape = (columns, leaves, BINS + 1)
    spot = (leaf * shape[2] + part + np.arange(columns)[:, np.newaxis] * (leaves * shape[2])).ravel()
    total = np.bincount(spot, np.tile(slope, columns), columns * leaves * shape[2]).reshape(shape).cumsum(axis=2)
    mass = np.bincount(spot, np.tile(curve, columns), columns * leaves * shape[2]).reshape(shape).cumsum(axis=2)
    rest, others = total[:, :, -1:] - total, mass[:, :, -1:] - mass
    gain = (total**2 / (mass + RIDGE) + rest**2 / (others + RIDGE)).sum(axis=1)
    best = int(gain.argmax())
    return best // shape[2], best % shape[2]
