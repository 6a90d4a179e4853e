"""One job: the log price of a record from comparables: a Gaussian process over texts, amounts and kinds, and a forest.

The process says what the nearest comparables cost and how sure that is. With many comparables the forest, which finds
thresholds in amounts and kinds and sees what the process says, gives the spread of likely prices, and `_price_point`
the one price that stands for both. The constants were fitted by `tests/benchmarks/fit_pricing.py` on comparables
alone, each judged from those of other products.
"""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trendctl.trends._price_likeness import Likeness
from trendctl.trends._price_neighbours import KeyMeans, Nearest
from trendctl.trends._price_point import point
from trendctl.trends._price_process import NOISE, Ints, Process, groups_of
from trendctl.trends._price_text import (
    UNITS,
    Terms,
    amount_terms,
    code_shape_terms,
    figures,
    kind_terms,
    letter_terms,
    listed_terms,
    maker_terms,
    maker_word_terms,
    shelf_word_terms,
    word_terms,
)
from trendctl.trends._price_trees import Forest

Array = NDArray[np.float64]

VIEWS = (word_terms, letter_terms, kind_terms, amount_terms)
SHARES = (0.275, 0.43, 0.04, 0.255)  # of the views in the likeness of two records
SIDES = (maker_terms, maker_word_terms, shelf_word_terms, listed_terms, code_shape_terms)
SIDE_SHARES = (0.5, 0.5, 0.48, 0.19, 0.3)  # variance of the log price that each of these further views may explain
LINEAR, SMOOTH, SMOOTH_REACH, NARROW, NARROW_REACH = 2.7, 1.2, 0.55, 0.1, 0.12
KIND, KIND_ALONE, KIND_REACH, KIND_LINEAR = 2.56, 0.05, 0.64, 0.11
GRADE = 0.05  # variance of the log price for a step of a grade, below on one scale
GRADE_SCALE = np.array([1 / 1.2, 1 / 1.5, 1.0])
LEAST_VARIANCE = 0.05
FOREST_FROM = 500  # comparables
TWIN = 0.7  # likeness, against that to itself, from which two comparables are offers of one product
_SHORTEST_CODE = 4  # characters; a shorter model code is not one product's alone
_LEAST_LIKENESS = 1e-9
_PRIORS = slice(len(UNITS), len(UNITS) + 7)
_GRADES = slice(_PRIORS.stop, _PRIORS.stop + 3)


class PriceModel:
    """Built once for a list of comparables with positive prices; `doubt` (1 and more) widens single ones."""

    def __init__(self, records: Sequence[Mapping[str, Any]], prices: Array, doubt: Array | None = None) -> None:
        self._y = y = np.log1p(prices)
        read = [_read_record(r) for r in records]
        views, sides = [one[0] for one in read], [one[1] for one in read]
        self._likeness, self._sides = Likeness(views, SHARES), Likeness(sides, SIDE_SHARES)
        numbers = np.array([one[2] for one in read])
        priors = numbers[:, _PRIORS]
        self._prior_mean, self._prior_spread = priors.mean(axis=0), priors.std(axis=0) + 0.25
        self._priors, self._grades = self._scaled(numbers), numbers[:, _GRADES] * GRADE_SCALE
        like = np.array([self._likeness.to(row) for row in views])
        side = np.array([self._sides.to(row) for row in sides])
        kernel = self._kernel(like, side, self._priors, self._grades)
        self._process = Process(kernel, y, np.ones(len(y)) if doubt is None else doubt)
        self._forest = self._grow(records, y, like, numbers) if len(y) >= FOREST_FROM else None

    def predict(self, record: Mapping[str, Any]) -> tuple[float, float]:
        """The log (of 1 + price) and the variance that the process gives it."""
        views, sides, numbers = _read_record(record)
        prior, grade = self._scaled(numbers[np.newaxis]), numbers[np.newaxis, _GRADES] * GRADE_SCALE
        like = self._likeness.to(views)
        near = self._kernel(like[np.newaxis], self._sides.to(sides)[np.newaxis], prior, grade)[0]
        value, explained = self._process.predict(near)
        own = LINEAR + SMOOTH + NARROW + KIND + KIND_ALONE + KIND_LINEAR * float(np.mean(prior**2))
        own += GRADE * float(np.sum(grade**2))
        own += sum(share for terms, share in zip(sides, SIDE_SHARES, strict=True) if terms)
        variance = max(LEAST_VARIANCE, own - explained) + NOISE
        if self._forest is not None:
            row = np.concatenate([numbers, self._nearest.row(like), self._means.row(record), [value]])
            value = point(self._y, self._forest.weights(row), value, math.sqrt(variance))
        return value, variance

    def likeness(self, record: Mapping[str, Any]) -> Array:
        """How alike the record is to each comparable, 0..1."""
        return self._likeness.to(_read_record(record)[0])

    def _scaled(self, numbers: Array) -> Array:
        return np.asarray((numbers[:, _PRIORS] - self._prior_mean) / self._prior_spread, dtype=np.float64)

    def _kernel(self, like: Array, side: Array, prior: Array, grade: Array) -> Array:
        """Of some records (rows) to the comparables (columns)."""
        inner = prior @ self._priors.T
        apart = (prior**2).sum(axis=1)[:, np.newaxis] + (self._priors**2).sum(axis=1) - 2 * inner
        kinds = np.exp(-np.maximum(apart, 0.0) / prior.shape[1] / (2 * KIND_REACH**2))
        out = LINEAR * like + SMOOTH * np.exp((like - 1) / SMOOTH_REACH) + NARROW * np.exp((like - 1) / NARROW_REACH)
        out += (KIND * like + KIND_ALONE) * kinds + KIND_LINEAR * inner / prior.shape[1] + side
        out += GRADE * (grade @ self._grades.T)
        return np.asarray(out, dtype=np.float64)

    def _grow(self, records: Sequence[Mapping[str, Any]], y: Array, like: Array, numbers: Array) -> Forest:
        groups = products(records, like)
        self._nearest, self._means = Nearest(y), KeyMeans(records, y, groups)
        hidden = like.copy()
        for rows in groups:
            hidden[np.ix_(rows, rows)] = -1.0
        near = np.array([self._nearest.row(row) for row in hidden])
        stacked = self._process.without_group(groups)[:, np.newaxis]
        return Forest(np.hstack([numbers, near, self._means.known, stacked]), y)


def _read_record(record: Mapping[str, Any]) -> tuple[tuple[Terms, ...], tuple[Terms, ...], Array]:
    return _read(*(str(record.get(field) or "") for field in ("title", "brand", "category", "model")))


@lru_cache(maxsize=4096)
def _read(title: str, brand: str, category: str, model: str) -> tuple[tuple[Terms, ...], tuple[Terms, ...], Array]:
    """Terms of the views and of the sides, and the figures; kept, since products share their comparables."""
    record = {"title": title, "brand": brand, "category": category, "model": model}
    return tuple(view(record) for view in VIEWS), tuple(view(record) for view in SIDES), figures(record)


def products(records: Sequence[Mapping[str, Any]], like: Array) -> list[Ints]:
    """Offers of one product: nearly the same text or the same model code."""
    own = np.sqrt(np.maximum(np.diag(like), _LEAST_LIKENESS))  # less than 1 where a view is without terms
    left, right = np.nonzero(np.triu(like / own / own[:, np.newaxis] > TWIN, 1))
    pairs = list(zip(left.tolist(), right.tolist(), strict=True))
    first: dict[str, int] = {}
    for number, record in enumerate(records):
        code = "".join(c for c in str(record.get("model") or "").lower() if c.isalnum())
        if len(code) >= _SHORTEST_CODE:
            pairs.append((number, first.setdefault(code, number)))
    return groups_of(pairs, len(records))
