"""One job: the log price of a record from comparables: a Gaussian process over texts, amounts and kinds, and a forest.

The process says what the nearest comparables cost and how sure that is; with many comparables the forest, which finds
thresholds in amounts and kinds, is averaged in. Constants were fitted by `tests/benchmarks/fit_pricing.py`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trendctl.trends._price_text import (
    UNITS,
    Similarity,
    amount_terms,
    figures,
    kind_terms,
    letter_terms,
    word_terms,
)
from trendctl.trends._price_trees import Forest

Array = NDArray[np.float64]

VIEWS = (word_terms, letter_terms, kind_terms, amount_terms)
SHARES = np.array([2.1, 0.8, 0.3, 0.3]) / 3.5  # of the views in the likeness of two records
LINEAR, SMOOTH, SMOOTH_REACH, NARROW, NARROW_REACH = 1.7, 1.2, 0.55, 0.1, 0.12
KIND, KIND_REACH, KIND_LINEAR, WORD_AMOUNT = 1.0, 0.4, 0.18, 0.1
NOISE = 0.125  # variance of the log price of one offer around its product's
ROBUST = 0.3  # how fast an offer that its neighbours contradict loses weight
FOREST_FROM = 200  # comparables
FOREST_SHARE = 0.6
TWIN = 0.85  # likeness from which two comparables are offers of one product
EMBEDDED = 20  # dimensions of the likeness that the forest sees
_NEAR = ((30, 0.05), (60, 0.12))  # neighbours and their sharpness
_PRIORS = slice(len(UNITS), len(UNITS) + 7)


class PriceModel:
    """Built once for a list of comparables with positive prices; `doubt` (1 and more) widens single ones."""

    def __init__(self, records: Sequence[Mapping[str, Any]], prices: Array, doubt: Array | None = None) -> None:
        self._y = np.log1p(prices)
        self._views = [Similarity([view(r) for r in records]) for view in VIEWS]
        self._figures = np.array([figures(r) for r in records])
        priors = self._figures[:, _PRIORS]
        self._prior_mean, self._prior_spread = priors.mean(axis=0), priors.std(axis=0) + 0.25
        rows = [self._likeness(r) for r in records]
        parts = np.array([self._kernel(*row) for row in rows])
        self._center = float(np.quantile(self._y, 0.5))
        self._solve(parts, np.ones(len(prices)) if doubt is None else doubt)
        self._forest = self._grow(np.array([like for like, _, _ in rows])) if len(prices) >= FOREST_FROM else None

    def predict(self, record: Mapping[str, Any]) -> tuple[float, float]:
        """The log (of 1 + price) and the variance that the process gives it."""
        like, cross, prior = self._likeness(record)
        near = self._kernel(like, cross, prior)
        value = self._center + float(near @ self._weights)
        own = LINEAR + SMOOTH + NARROW + 2 * KIND + WORD_AMOUNT
        variance = max(0.05, own - float(near @ self._inverse @ near)) + NOISE
        if self._forest is not None:
            row = self._forest_row(like, figures(record))
            value = (1 - FOREST_SHARE) * value + FOREST_SHARE * self._forest.predict(row)
        return value, variance

    def likeness(self, record: Mapping[str, Any]) -> Array:
        """How alike the record is to each comparable, 0..1."""
        return self._likeness(record)[0]

    def _likeness(self, record: Mapping[str, Any]) -> tuple[Array, Array, Array]:
        views = np.array([s.to(view(record)) for s, view in zip(self._views, VIEWS, strict=True)])
        prior = (figures(record)[_PRIORS] - self._prior_mean) / self._prior_spread
        return SHARES @ views, views[0] * views[3], prior

    def _kernel(self, like: Array, cross: Array, prior: Array) -> Array:
        others = (self._figures[:, _PRIORS] - self._prior_mean) / self._prior_spread
        apart = np.mean((others - prior) ** 2, axis=1)
        kinds = np.exp(-apart / (2 * KIND_REACH**2))
        out = LINEAR * like + SMOOTH * np.exp((like - 1) / SMOOTH_REACH) + NARROW * np.exp((like - 1) / NARROW_REACH)
        out += KIND * kinds * like + KIND_LINEAR * (others @ prior) / len(prior) + WORD_AMOUNT * cross
        return np.asarray(out, dtype=np.float64)

    def _solve(self, kernel: Array, doubt: Array) -> None:
        """Twice: what its neighbours contradict (leave-one-out) is trusted less the second time."""
        wanted = self._y - self._center
        kernel = (kernel + kernel.T) / 2
        inverse = np.linalg.inv(kernel + np.diag(NOISE * doubt))
        spread = 1 / np.diag(inverse)
        surprise = (inverse @ wanted * spread) ** 2 / spread
        noise = NOISE * doubt * (1 + ROBUST * np.maximum(0.0, surprise - 1))
        self._inverse = np.linalg.inv(kernel + np.diag(noise))
        self._weights = self._inverse @ wanted

    def _grow(self, like: Array) -> Forest:
        values, vectors = np.linalg.eigh((like + like.T) / 2)
        top = np.argsort(-values)[:EMBEDDED]
        self._project = vectors[:, top] / np.sqrt(np.maximum(values[top], 1e-9))
        hidden = np.where(like > TWIN, -1.0, like)
        near = np.array([self._near(row) for row in hidden])
        return Forest(np.hstack([like @ self._project, self._figures, near]), self._y)

    def _forest_row(self, like: Array, numbers: Array) -> Array:
        return np.concatenate([like @ self._project, numbers, self._near(like)])

    def _near(self, like: Array) -> Array:
        """Mean and spread of the nearest prices, at two reaches."""
        out = []
        for count, sharpness in _NEAR:
            nearest = np.argpartition(-like, count)[:count]
            weight = np.exp((like[nearest] - like[nearest].max()) / sharpness)
            weight /= weight.sum()
            mean = float(weight @ self._y[nearest])
            out += [mean, float(np.sqrt(weight @ (self._y[nearest] - mean) ** 2)), float(like[nearest].max())]
        return np.array(out)
