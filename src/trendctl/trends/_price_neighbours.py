"""One job: what trees learn from about a record's neighbours: the nearest prices and those of its brand and category.

For a record that is itself known, its own product is left out, so that it looks like one that is asked for.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trendctl.trends._words import plain

Array = NDArray[np.float64]
Ints = NDArray[np.intp]

_NEAR = ((30, 0.05), (60, 0.12))  # neighbours and their sharpness
_BELIEF = (3.0, 3.0, 2.0, 2.0)  # records' worth of the middle price in the mean of each key
_CODE = 3  # leading characters of a model code that tell a series


class Nearest:
    def __init__(self, y: Array) -> None:
        self._y = y

    def row(self, like: Array) -> Array:
        """Mean, spread, greatest likeness and median of the nearest prices, at two reaches."""
        out: list[float] = []
        for count, sharpness in _NEAR:
            nearest = np.argpartition(-like, count)[:count]
            likeness, prices = like[nearest], self._y[nearest]
            weight = np.exp((likeness - likeness.max()) / sharpness)
            weight /= weight.sum()
            mean = float(weight @ prices)
            rising = np.argsort(prices)
            middle = int(np.searchsorted(weight[rising].cumsum(), 0.5))
            median = float(prices[rising[min(middle, count - 1)]])
            out += [mean, float(np.sqrt(weight @ (prices - mean) ** 2)), float(likeness.max()), median]
        return np.array(out)


class KeyMeans:
    """Mean log price, drawn to the middle of all, and log count by category, brand, model series and both."""

    def __init__(self, records: Sequence[Mapping[str, Any]], y: Array, groups: Sequence[Ints]) -> None:
        self._above = y - float(np.median(y))
        self._keys = [keys(r) for r in records]
        self._sums: dict[tuple[int, str], tuple[float, int]] = {}
        self._add(range(len(y)), self._sums)
        rows = np.zeros((len(y), 2 * len(_BELIEF)))
        for group in groups:
            own: dict[tuple[int, str], tuple[float, int]] = {}
            self._add(group.tolist(), own)
            for number in group.tolist():
                rows[number] = self._row(self._keys[number], own)
        self.known = rows

    def row(self, record: Mapping[str, Any]) -> Array:
        return self._row(keys(record), {})

    def _add(self, numbers: Sequence[int] | range, sums: dict[tuple[int, str], tuple[float, int]]) -> None:
        for number in numbers:
            for key in enumerate(self._keys[number]):
                total, count = sums.get(key, (0.0, 0))
                sums[key] = (total + float(self._above[number]), count + 1)

    def _row(self, own_keys: tuple[str, ...], left_out: Mapping[tuple[int, str], tuple[float, int]]) -> Array:
        out: list[float] = []
        for key, belief in zip(enumerate(own_keys), _BELIEF, strict=True):
            total, count = self._sums.get(key, (0.0, 0)) if key[1] else (0.0, 0)
            minus, fewer = left_out.get(key, (0.0, 0)) if key[1] else (0.0, 0)
            out += [(total - minus) / (count - fewer + belief), float(np.log1p(count - fewer))]
        return np.array(out)


def keys(record: Mapping[str, Any]) -> tuple[str, ...]:
    """Category, brand, brand with the first characters of the model code, brand in the category; "" if unknown."""
    category = plain(str(record.get("category") or "")).strip()
    brand = (plain(str(record.get("brand") or "")).split() or [""])[0]
    code = "".join(c for c in plain(str(record.get("model") or "")) if c.isalnum())
    both = f"{category}|{brand}" if category and brand else ""
    return category, brand, f"{brand}:{code[:_CODE]}" if code else "", both
