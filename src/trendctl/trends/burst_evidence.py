"""From counts to evidence: how unlikely the last hours are, on one scale for every series.

Residuals are taken on the scale that makes over-dispersed counts have equal variance, capped per point, and averaged
over windows; windows that must hold up without their largest point keep single spikes out. Each window's mean is then
compared with the series' own upper tail (peaks over threshold, exponential), shrunk towards the tail of quiet series.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trendctl.trends.seasonality import HOURLY, FloatArray, Layout

DISPERSION = 0.7  # variance = mean + 0.7 mean^2; quiet mention series measured 0.2 to 0.9, anything in there serves
CAP = 3.0  # standard deviations one point can add
TAIL_QUANTILE = 0.85
TAIL_MEMORY = 60  # blocks
TAIL_WARM_UP = 2  # blocks left out of the tail: the baseline is still rough


@dataclass(frozen=True, slots=True)
class Windows:
    """Window lengths in points, the prior tails of their means (threshold, mean excess), and the tails' weights."""

    weakest: int  # every point of it must be high
    robust: tuple[int, int]  # mean without the largest point
    long: tuple[int, int]  # plain mean
    tails: tuple[tuple[float, float], ...]  # for: the point itself, weakest, robust, robust, long, long
    lasting_tail: tuple[float, float]  # of the views' maximum
    prior_points: float  # weight of the prior tail of the windows, in points
    spike_prior_points: float  # the same for the single point


# Tails: 85% quantile and mean excess above it, of the 500 quiet hourly series of the quality kit's development side
# (index 240 on); tests/benchmarks/fit_bursts.py prints them.
HOURLY_WINDOWS = Windows(
    weakest=4,
    robust=(5, 6),
    long=(12, 24),
    tails=(
        (0.62, 0.461),
        (-0.149, 0.285),
        (0.165, 0.255),
        (0.163, 0.242),
        (0.233, 0.207),
        (0.173, 0.167),
    ),
    lasting_tail=(1.934, 0.921),
    prior_points=1000.0,
    spike_prior_points=200.0,
)
# Daily windows; tails from the seeded simulation of quiet daily series in the same script.
DAILY_WINDOWS = Windows(
    weakest=2,
    robust=(3, 4),
    long=(5, 7),
    tails=((0.528, 0.301), (0.124, 0.252), (0.09, 0.203), (0.072, 0.178), (0.205, 0.155), (0.161, 0.133)),
    lasting_tail=(1.95, 0.913),
    prior_points=200.0,
    spike_prior_points=100.0,
)


def windows_for(layout: Layout) -> Windows:
    return HOURLY_WINDOWS if layout.block == HOURLY.block else DAILY_WINDOWS


def residuals(values: FloatArray, means: FloatArray, layout: Layout) -> FloatArray:
    """Distance from the expected value in standard deviations; 0 where the point or its expectation is missing.

    Inside the first block only a rise above the allowance counts, weighted by how many points it rests on.
    """
    result = np.nan_to_num(_stabilised(values) - _stabilised(means), nan=0.0)
    head = np.arange(min(layout.block, len(values)))
    result[: len(head)] = np.maximum(result[: len(head)], 0.0) * np.sqrt(head / (head + 4.0))
    return np.asarray(result)


def _stabilised(values: FloatArray) -> FloatArray:
    """Variance-stabilising transform of the negative binomial (Anscombe 1948), unit variance."""
    return np.asarray(np.arcsinh(np.sqrt((values + 0.375) * DISPERSION)) * (2 / np.sqrt(DISPERSION)))


def channels(residual: FloatArray, windows: Windows) -> FloatArray:
    """One row for each tail in ``windows.tails``: what each window says at every point, from the past only."""
    capped = CAP * np.tanh(residual / CAP)
    rows = [residual, _lagged(capped, windows.weakest).min(axis=0)]
    for width in windows.robust:
        stack = _lagged(capped, width)
        rows.append((stack.sum(axis=0) - stack.max(axis=0)) / (width - 1))
    total = np.concatenate([np.zeros(1), np.cumsum(capped)])
    for width in windows.long:
        start = np.maximum(np.arange(1, len(capped) + 1) - width, 0)
        rows.append((total[1:] - total[start]) / width)
    return np.stack(rows)


def _lagged(values: FloatArray, width: int) -> FloatArray:
    """Row j is the series j points earlier; before the series begins there is nothing unusual (0)."""
    padded = np.concatenate([np.zeros(width - 1), values])
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, width).T)


def evidence(residual: FloatArray, windows: Windows, layout: Layout) -> tuple[FloatArray, FloatArray]:
    """Evidence of a lasting rise, and of the point alone.

    The lasting part is once more held against its own past, which evens out what differences between series are left.
    """
    rows = channels(residual, windows)
    alone = surprise(rows[:1], windows.tails[:1], windows.spike_prior_points, layout, lag=0)
    lasting = views(rows[1:], windows, layout)[None, :]
    lasting = surprise(lasting, (windows.lasting_tail,), 1.5 * windows.prior_points, layout, lag=1)
    return np.asarray(lasting[0]), np.asarray(alone[0])


def views(rows: FloatArray, windows: Windows, layout: Layout) -> FloatArray:
    """The stronger of a short and a long view of the windows.

    They lean a little on each other (0.87, 0.36: fitted by two-fold cross-validation on the development side's trends,
    where anything from 0.8 to 1 and 0.2 to 0.5 gives the same within 0.03).
    """
    each = surprise(rows, windows.tails[1:], windows.prior_points, layout, lag=1)
    short, long = each[:3].mean(axis=0), each[3:].mean(axis=0)
    return np.asarray(np.maximum(0.87 * short + 0.13 * long, 0.36 * short + 0.64 * long))


def surprise(
    rows: FloatArray, priors: Sequence[tuple[float, float]], prior_points: float, layout: Layout, *, lag: int
) -> FloatArray:
    """Minus the natural logarithm of the tail probability of each row at each point, against that row's own past.

    ``lag`` blocks before the current one are left out of that past: a burst must not hide itself.
    """
    prior = np.array(priors)
    result = np.empty_like(rows)
    for block, start in enumerate(range(0, rows.shape[1], layout.block)):
        begin = max(TAIL_WARM_UP, block - TAIL_MEMORY) * layout.block
        past = rows[:, begin : max(begin, start - lag * layout.block)]
        threshold, excess = _tail(past, prior, prior_points) if past.shape[1] >= layout.block else prior.T
        stop = start + layout.block
        result[:, start:stop] = (rows[:, start:stop] - threshold[:, None]) / excess[:, None]
    return np.asarray(result - np.log(1 - TAIL_QUANTILE))


def _tail(past: FloatArray, prior: FloatArray, weight: float) -> tuple[FloatArray, FloatArray]:
    """Shrunk threshold and mean excess of each row."""
    size = past.shape[1]
    threshold = np.quantile(past, TAIL_QUANTILE, axis=1)
    excess = np.maximum(past - threshold[:, None], 0).sum(axis=1) / (size * (1 - TAIL_QUANTILE))
    own = size / (size + weight)
    return own * threshold + (1 - own) * prior[:, 0], own * excess + (1 - own) * prior[:, 1]
