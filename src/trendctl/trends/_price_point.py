"""One job: the one price that stands for a spread of likely ones: near their middle, drawn to where they are densest.

A relative error is small for most records if the price lies where most of the spread is within reach of it, not at
its mean, which a tail pulls; drawn all the way, the squared error of the logs would grow. The constants were chosen
on comparables alone, each judged from those of other products (`tests/benchmarks/fit_pricing.py`); the error is flat
around them.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FOREST_SHARE = 0.2
PULL = 0.75  # of the way from the middle to the densest place
REACH = 0.32  # relative error within which a price counts as met: about what half of the records are met within
BLUR = 0.3  # deviation of the log price around each known one
TRUST = 0.2  # of the process's deviations, which are too wide: how far from the middle the place may well be
_STEP, _FAR = 0.01, 1.5  # of the places tried, in the log


def point(y: Array, weights: Array, process: float, deviation: float) -> float:
    """The log (of 1 + price) from the weights of known ones, what the process (with the boosted trees' correction)
    says and the process's standard deviation."""
    center = (1 - FOREST_SHARE) * process + FOREST_SHARE * middle(y, weights)
    return center + PULL * (densest(y, weights, center, TRUST * deviation) - center)


def middle(y: Array, weights: Array) -> float:
    """The weighted median."""
    rising = np.argsort(y)
    total = weights[rising].cumsum()
    return float(y[rising[int(np.searchsorted(total, 0.5 * total[-1]))]])


def densest(y: Array, weights: Array, center: float, spread: float) -> float:
    """Where a price misses the fewest likely ones by more than `REACH` of them."""
    known = np.flatnonzero(weights)
    places = center + np.arange(-_FAR, _FAR + _STEP / 2, _STEP)
    bells = np.exp(-0.5 * ((places[:, np.newaxis] - y[known]) / BLUR) ** 2)
    mass = np.cumsum((bells @ weights[known]) * np.exp(-0.5 * ((places - center) / spread) ** 2))
    price = np.maximum(np.expm1(places), 0.0)
    below = np.searchsorted(places, np.log1p(price / (1 + REACH)))
    above = np.minimum(np.searchsorted(places, np.log1p(price / (1 - REACH))), len(places) - 1)
    return float(places[int(np.argmax(mass[above] - mass[below]))])
