"""Join records into groups by mean evidence: a group grows only while its members agree on the whole."""

import heapq
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from trendctl.trends.records import FloatArray, IntArray

UNSCORED: Final = -3.0  # log-odds taken for a pair that was never a candidate
Pair = tuple[int, int]


class _Groups:
    """Average linkage over sparse log-odds, with pairs that a person has joined or parted."""

    def __init__(self, count: int, least: float) -> None:
        self.parent = list(range(count))
        self.size = [1] * count
        self.least = least
        self.links: dict[int, dict[int, tuple[float, int]]] = {}
        self.parted: dict[int, set[int]] = {}
        self.heap: list[tuple[float, int, int]] = []

    def find(self, i: int) -> int:
        parent = self.parent
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    def mean(self, i: int, j: int) -> float:
        total, count = self.links[i][j]
        pairs = self.size[i] * self.size[j]
        return (total + UNSCORED * (pairs - count)) / pairs

    def part(self, i: int, j: int) -> None:
        i, j = self.find(i), self.find(j)
        if i == j:
            raise ValueError("the same two titles are said to be one product and to be different products")
        self.parted.setdefault(i, set()).add(j)
        self.parted.setdefault(j, set()).add(i)

    def alias(self, i: int, j: int) -> None:
        """A person says that two records are one: they count as one record with two titles."""
        i, j = self.find(i), self.find(j)
        self.parent[max(i, j)] = min(i, j)

    def add(self, i: int, j: int, value: float) -> None:
        """Evidence about two roots; of several titles of one record the likest counts."""
        value = max(value, self.links.get(i, {}).get(j, (value, 1))[0])
        self.links.setdefault(i, {})[j] = (value, 1)
        self.links.setdefault(j, {})[i] = (value, 1)

    def push(self, i: int, j: int) -> None:
        value = self.mean(i, j)
        if value > self.least and j not in self.parted.get(i, ()):
            self.heap.append((-value, min(i, j), max(i, j)))

    def merge(self, i: int, j: int) -> int:
        """Join two roots and return the new one; the smaller gives its links to the larger."""
        if len(self.links.get(i, ())) < len(self.links.get(j, ())):
            i, j = j, i
        self.parent[j] = i
        self.size[i] += self.size[j]
        given, own = self.links.pop(j, {}), self.links.setdefault(i, {})
        own.pop(j, None)
        for k, (total, count) in given.items():
            if k == i:
                continue
            del self.links[k][j]
            before, n = own.get(k, (0.0, 0))
            own[k] = self.links[k][i] = (before + total, n + count)
        for k in self.parted.pop(j, set()):
            self.parted[k].discard(j)
            self.parted[k].add(i)
            self.parted.setdefault(i, set()).add(k)
        return i

    def run(self) -> None:
        """Join the pair with the greatest mean until none is above the threshold."""
        for i, row in self.links.items():
            for j in row:
                if i < j:
                    self.push(i, j)
        heapq.heapify(self.heap)
        while self.heap:
            value, i, j = heapq.heappop(self.heap)
            if self.parent[i] != i or self.parent[j] != j or self.mean(i, j) != -value:
                continue  # one of them has grown since
            if j in self.parted.get(i, ()):
                continue
            root = self.merge(i, j)
            for k in self.links[root]:
                mean = self.mean(root, k)
                if mean > self.least and k not in self.parted.get(root, ()):
                    heapq.heappush(self.heap, (-mean, min(root, k), max(root, k)))


def _linked(count: int, a: Sequence[int], b: Sequence[int]) -> IntArray:
    """Component of each record over the strong pairs: weak pairs across components can never matter."""
    part = _Groups(count, 0.0)
    for i, j in zip(a, b, strict=True):
        x, y = part.find(i), part.find(j)
        if x != y:
            part.parent[max(x, y)] = min(x, y)
    return np.fromiter((part.find(i) for i in range(count)), np.int64, count)


def agglomerate(
    count: int,
    a: IntArray,
    b: IntArray,
    log_odds: FloatArray,
    least: float,
    must_link: Iterable[Pair] = (),
    cannot_link: Iterable[Pair] = (),
) -> list[int]:
    """A label for each of `count` records, numbered by first appearance. ValueError if the person's pairs contradict.

    Each pair (a, b) may come once. `must_link` is applied first and is transitive; a group that holds one side of a
    `cannot_link` pair never takes in the other.
    """
    groups = _Groups(count, least)
    for i, j in must_link:
        groups.alias(i, j)
    for i, j in cannot_link:
        groups.part(i, j)
    roots = np.fromiter(map(groups.find, range(count)), np.int64, count)
    left, right, strong = roots[a], roots[b], log_odds > least
    component = _linked(count, left[strong].tolist(), right[strong].tolist())
    inside = (left != right) & (component[left] == component[right])
    if not groups.parted:  # two that have nobody else join without further ado
        lone = inside & strong & (np.bincount(component, minlength=count)[component[left]] == 2)
        for i, j in zip(left[lone].tolist(), right[lone].tolist(), strict=True):
            groups.alias(i, j)
        inside &= np.bincount(component, minlength=count)[component[left]] > 2
    for i, j, value in zip(left[inside].tolist(), right[inside].tolist(), log_odds[inside].tolist(), strict=True):
        groups.add(i, j, value)
    groups.run()
    return numbered([groups.find(i) for i in range(count)])


def numbered(labels: Iterable[int]) -> list[int]:
    """The same grouping with labels 0, 1, 2 in the order of first appearance."""
    names: dict[int, int] = {}
    return [names.setdefault(label, len(names)) for label in labels]
