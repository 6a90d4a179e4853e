"""One job: how alike records are, as a weighted sum of the cosines of several views of their text."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from trendctl.trends._price_text import Terms

Array = NDArray[np.float64]
_Term = tuple[int, str]


class Likeness:
    """Cosines of term weights (log count x inverse frequency) to a fixed list of records, by inverted lists.

    A row has one collection of terms per view; `shares` weighs the views. A view without terms adds nothing.
    """

    def __init__(self, rows: Sequence[Sequence[Terms]], shares: Sequence[float]) -> None:
        self.size = len(rows)
        self._roots = [math.sqrt(share) for share in shares]
        counts = Counter((n, t) for row in rows for n, terms in enumerate(row) for t, w in terms.items() if w > 0)
        # A term that only one record has stays: the record asked for may share it, and it is the most telling then.
        self._rarity = {term: math.log(1 + self.size / c) for term, c in counts.items()}
        lists: dict[_Term, tuple[list[int], list[float]]] = {}
        self._units = [list(self._unit(row)) for row in rows]
        for number, unit in enumerate(self._units):
            for term, weight in unit:
                numbers, weights = lists.setdefault(term, ([], []))
                numbers.append(number)
                weights.append(weight)
        self._lists = {t: (np.array(i, dtype=np.intp), np.array(w)) for t, (i, w) in lists.items()}

    def to(self, row: Sequence[Terms]) -> Array:
        """The likeness of these terms to each of the records."""
        return self._to(self._unit(row))

    def among(self) -> Array:
        """The likeness of the records to each other. To be asked once: what it is made from is not kept."""
        units, self._units = self._units, []
        return np.array([self._to(unit) for unit in units])

    def _to(self, unit: Iterable[tuple[_Term, float]]) -> Array:
        numbers: list[NDArray[np.intp]] = []
        weights: list[Array] = []
        for term, weight in unit:
            listed = self._lists[term]
            numbers.append(listed[0])
            weights.append(weight * listed[1])
        if not numbers:
            return np.zeros(self.size)
        total = np.bincount(np.concatenate(numbers), np.concatenate(weights), self.size)
        return total.astype(np.float64, copy=False)

    def _unit(self, row: Sequence[Terms]) -> Iterator[tuple[_Term, float]]:
        for view, (terms, root) in enumerate(zip(row, self._roots, strict=True)):
            raw = [((view, t), math.log1p(w) * self._rarity.get((view, t), 0.0)) for t, w in terms.items() if w > 0]
            norm = math.sqrt(sum(v * v for _, v in raw))
            if norm > 0:
                yield from ((term, root * v / norm) for term, v in raw if v > 0)
