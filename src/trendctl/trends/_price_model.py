"""One job: the log price of a record from comparables: a Gaussian process over texts, amounts and kinds, and trees.

The process says what the nearest comparables cost and how sure that is. With many comparables, boosted trees, which
find thresholds in amounts and kinds, correct what the process misses, and a forest, which sees what the process says,
gives the spread of likely prices; `_price_point` makes the one price of both. The constants were fitted by
`tests/benchmarks/fit_pricing.py` on comparables alone, each judged from those of other products.
"""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trendctl.trends._price_likeness import Likeness
from trendctl.trends._price_lines import COUNT, LINE_COLUMNS
from trendctl.trends._price_neighbours import KeyMeans, Nearest
from trendctl.trends._price_point import point
from trendctl.trends._price_process import NOISE, Ints, Process, groups_of
from trendctl.trends._price_rules import RULE_COLUMNS, RULE_COUNT
from trendctl.trends._price_text import (
    UNITS,
    Terms,
    amount_terms,
    code_shape_terms,
    figures,
    kind_terms,
    letter_terms,
    line_terms,
    listed_terms,
    maker_terms,
    maker_word_terms,
    rule_terms,
    scaled_terms,
    shelf_word_terms,
    word_terms,
)
from trendctl.trends._price_trees import Boosted, Forest

Array = NDArray[np.float64]

VIEWS = (word_terms, letter_terms, kind_terms, amount_terms)
SHARES = (0.275, 0.43, 0.04, 0.255)  # of the views in the likeness of two records
SIDES = (
    maker_terms, maker_word_terms, shelf_word_terms, listed_terms, code_shape_terms, line_terms, scaled_terms,
    rule_terms,
)  # fmt: skip
SIDE_SHARES = (0.5, 0.5, 0.48, 0.19, 0.3, 0.3, 0.4, 0.4)  # variance of the log price that each of them may explain
LINEAR, SMOOTH, SMOOTH_REACH, NARROW, NARROW_REACH = 2.7, 1.2, 0.55, 0.1, 0.12
KIND, KIND_ALONE, KIND_REACH, KIND_LINEAR = 2.56, 0.05, 0.64, 0.11
LINE, LINE_ALONE, LINE_REACH, LINE_LINEAR = 0.4, 0.2, 0.35, 0.2  # as KIND, of what lines, amounts and makers say
RULE, RULE_ALONE, RULE_REACH, RULE_LINEAR = 0.8, 0.4, 0.6, 0.3  # as KIND, of the kinds whose words stand anywhere
GRADE = 0.05  # variance of the log price for a step of a grade, below on one scale
GRADE_SCALE = np.array([1 / 1.2, 1 / 1.5, 1.0])
LEAST_VARIANCE = 0.05
FOREST_FROM = 500  # comparables
TWIN = 0.7  # likeness, against that to itself, from which two comparables are offers of one product
_SHORTEST_CODE = 4  # characters; a shorter model code is not one product's alone
_LEAST_LIKENESS = 1e-9
_PRIORS = slice(len(UNITS), len(UNITS) + 7)
_GRADES = slice(_PRIORS.stop, _PRIORS.stop + 3)
_LINES = [column - COUNT for column in LINE_COLUMNS]  # the last figures
_RULES = [column - COUNT - RULE_COUNT for column in RULE_COLUMNS]  # those before them


class PriceModel:
    """Built once for a list of comparables with positive prices; `doubt` (1 and more) widens single ones."""

    def __init__(self, records: Sequence[Mapping[str, Any]], prices: Array, doubt: Array | None = None) -> None:
        self._y = y = np.log1p(prices)
        read = [_read_record(r) for r in records]
        views, sides = [one[0] for one in read], [one[1] for one in read]
        self._likeness, self._sides = Likeness(views, SHARES), Likeness(sides, SIDE_SHARES)
        numbers = np.array([one[2] for one in read])
        self._kinds = _Columns(numbers[:, _PRIORS], KIND_REACH)
        self._lines = _Columns(numbers[:, _LINES], LINE_REACH)
        self._rules = _Columns(numbers[:, _RULES], RULE_REACH)
        self._grades = numbers[:, _GRADES] * GRADE_SCALE
        like = self._likeness.among()
        kernel = self._kernel(like, self._sides.among(), numbers)
        self._process = Process(kernel, y, np.ones(len(y)) if doubt is None else doubt)
        self._forest: Forest | None = None
        if len(y) >= FOREST_FROM:
            self._grow(records, like, numbers)

    def predict(self, record: Mapping[str, Any]) -> tuple[float, float]:
        """The log (of 1 + price) and the variance that the process gives it."""
        views, sides, numbers = _read_record(record)
        like = self._likeness.to(views)
        near = self._kernel(like[np.newaxis], self._sides.to(sides)[np.newaxis], numbers[np.newaxis])[0]
        value, explained = self._process.predict(near)
        variance = max(LEAST_VARIANCE, self._own(sides, numbers) - explained) + NOISE
        if self._forest is not None:
            row = np.concatenate([numbers, self._nearest.row(like), self._means.row(record), [value]])
            value += self._boosted.predict(row)
            value = point(self._y, self._forest.weights(row), value, math.sqrt(variance))
        return value, variance

    def likeness(self, record: Mapping[str, Any]) -> Array:
        """How alike the record is to each comparable, 0..1."""
        return self._likeness.to(_read_record(record)[0])

    def _own(self, sides: Sequence[Terms], numbers: Array) -> float:
        """The variance of a record's log price before any comparable is seen."""
        own = LINEAR + SMOOTH + NARROW + KIND + KIND_ALONE + LINE + LINE_ALONE + RULE + RULE_ALONE
        own += KIND_LINEAR * self._kinds.own(numbers[_PRIORS]) + LINE_LINEAR * self._lines.own(numbers[_LINES])
        own += RULE_LINEAR * self._rules.own(numbers[_RULES])
        own += GRADE * float(np.sum((numbers[_GRADES] * GRADE_SCALE) ** 2))
        return own + sum(share for terms, share in zip(sides, SIDE_SHARES, strict=True) if terms)

    def _kernel(self, like: Array, side: Array, numbers: Array) -> Array:
        """Of some records (rows) to the comparables (columns)."""
        out = LINEAR * like + SMOOTH * np.exp((like - 1) / SMOOTH_REACH) + NARROW * np.exp((like - 1) / NARROW_REACH)
        inner, bell = self._kinds.to(numbers[:, _PRIORS])
        out += (KIND * like + KIND_ALONE) * bell + KIND_LINEAR * inner + side
        inner, bell = self._lines.to(numbers[:, _LINES])
        out += (LINE * like + LINE_ALONE) * bell + LINE_LINEAR * inner
        inner, bell = self._rules.to(numbers[:, _RULES])
        out += (RULE * like + RULE_ALONE) * bell + RULE_LINEAR * inner
        out += GRADE * ((numbers[:, _GRADES] * GRADE_SCALE) @ self._grades.T)
        return np.asarray(out, dtype=np.float64)

    def _grow(self, records: Sequence[Mapping[str, Any]], like: Array, numbers: Array) -> None:
        groups = products(records, like)
        self._nearest, self._means = Nearest(self._y), KeyMeans(records, self._y, groups)
        hidden = like.copy()
        for rows in groups:
            hidden[np.ix_(rows, rows)] = -1.0
        near = np.array([self._nearest.row(row) for row in hidden])
        stacked = self._process.without_group(groups)
        x = np.hstack([numbers, near, self._means.known, stacked[:, np.newaxis]])
        self._forest, self._boosted = Forest(x, self._y), Boosted(x, self._y - stacked)


class _Columns:
    """Some figures of the comparables, scaled by their spread, and how near others are in them."""

    def __init__(self, known: Array, reach: float) -> None:
        self._mean, self._spread = known.mean(axis=0), known.std(axis=0) + 0.25
        self._known, self._reach = self._scaled(known), reach

    def to(self, rows: Array) -> tuple[Array, Array]:
        """The mean product and a bell of the distance."""
        scaled = self._scaled(rows)
        inner = scaled @ self._known.T
        apart = (scaled**2).sum(axis=1)[:, np.newaxis] + (self._known**2).sum(axis=1) - 2 * inner
        bell = np.exp(-np.maximum(apart, 0.0) / rows.shape[1] / (2 * self._reach**2))
        return np.asarray(inner / rows.shape[1], dtype=np.float64), np.asarray(bell, dtype=np.float64)

    def own(self, row: Array) -> float:
        return float(np.mean(self._scaled(row) ** 2))

    def _scaled(self, rows: Array) -> Array:
        return np.asarray((rows - self._mean) / self._spread, dtype=np.float64)


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
