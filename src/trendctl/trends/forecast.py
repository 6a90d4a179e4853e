"""The next hours or days of a series, with an interval whose coverage is earned on the series' own past.

Several methods are tried from up to fourteen past origins. Their forecasts are averaged with weights of one over the
cubed past error, and the interval comes from the past errors of that average (split conformal, scaled by horizon).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trendctl.trends.forecasters import METHODS, Method, last_season
from trendctl.trends.seasonality import MOST, FloatArray, Values

ORIGINS = 14
COVERAGE = 0.8
WEIGHT_POWER = 3.0  # 1 to 4 differ by under 0.01 in scaled error on 210 hourly series
HORIZON_SMOOTHING = 3  # points either side
NORMAL_80 = 1.2816  # half width of an 80% interval in standard deviations
DAYS_COMPARED = 7  # one week, so that the weekday cancels out


@dataclass(frozen=True, slots=True)
class Forecast:
    """A path with its 80% interval, one value per point ahead.

    ``method`` is the one with the largest weight in the average ("none": no data; "last value": too short to test);
    ``error`` is the mean absolute error from past origins over that of the seasonal naive on the history (below 1 is
    better than repeating the last season), None where nothing could be tested.
    """

    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    method: str
    error: float | None
    weights: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Outlook:
    """Whether demand will still be there when stock arrives.

    ``probability`` that the week around arrival sells at least as much as the last week; ``verdict`` is "rising"
    (0.6 and more), "falling" (0.4 and less), "holding" between, or "unknown" where the history is too short. Levels
    are counts a day.
    """

    probability: float
    verdict: str
    current: float
    at_arrival: float
    lead_days: float


def forecast(values: Values, *, horizon: int = 24, period: int = 24) -> Forecast:
    """``period`` is the season in points: 24 for hourly values, 7 for daily. Missing points are None or NaN.

    A history without negative values gets no negative forecast. Never raises on odd input: with no value at all the
    path is zero.
    """
    history = _filled(values, period)
    if horizon <= 0 or len(history) == 0:
        zeros = (0.0,) * max(0, horizon)
        return Forecast(zeros, zeros, zeros, "none", None)
    origins = _origins(len(history), horizon, period)
    if len(origins) < 2:
        return _untested(history, horizon, period)
    return _tested(history, horizon, period, origins)


def still_rising(values: Values, lead_days: float, *, period: int = 7) -> Outlook:
    """Will demand hold until stock that takes ``lead_days`` arrives? ``period`` 24 = hourly values, else daily."""
    daily = _daily(values) if period == 24 else _filled(values, 7)
    lead = max(1, math.ceil(lead_days)) if math.isfinite(lead_days) else 1
    recent = float(daily[-DAYS_COMPARED:].mean()) if len(daily) else 0.0
    if len(daily) < 2 * DAYS_COMPARED or float(daily.max()) <= 0:
        return Outlook(0.5, "unknown", recent, recent, lead_days)
    ahead = forecast(daily, horizon=lead + DAYS_COMPARED // 2, period=7)
    window = slice(max(0, len(ahead.mean) - DAYS_COMPARED), None)
    middle = float(np.mean(ahead.mean[window]))
    width = float(np.mean(ahead.high[window])) - float(np.mean(ahead.low[window]))
    spread = max(width / (2 * NORMAL_80), 0.02 * abs(recent), 1e-9)
    probability = 0.5 * (1 + math.erf((middle - recent) / spread / math.sqrt(2)))
    if lead > len(daily):
        return Outlook(0.5, "unknown", recent, middle, lead_days)
    verdict = "rising" if probability >= 0.6 else "falling" if probability <= 0.4 else "holding"
    return Outlook(probability, verdict, recent, middle, lead_days)


def _daily(values: Values) -> FloatArray:
    """Whole days of hours, counted back from the end, as daily totals."""
    hourly = _filled(values, 24)
    days = len(hourly) // 24
    return np.asarray(hourly[len(hourly) - days * 24 :].reshape(days, 24).sum(axis=1))


def _filled(values: Values, period: int) -> FloatArray:
    """The series without gaps: a missing point takes the value a season earlier, else the median."""
    array = np.array([np.nan if value is None else float(value) for value in values], dtype=np.float64)
    array[~(np.abs(array) <= MOST)] = np.nan
    if np.isnan(array).all():
        return np.zeros(0)
    middle = float(np.nanmedian(array))
    for index in np.flatnonzero(np.isnan(array)):
        array[index] = array[index - period] if index >= period else middle
    return array


def _origins(size: int, horizon: int, period: int) -> list[int]:
    """Past lengths to forecast from, latest first: a horizon apart where the history is long, closer where short."""
    smallest = 2 * period
    room = size - horizon - smallest
    if room < 0:
        return []
    step = max(1, min(horizon, room // (ORIGINS - 1)))
    return [size - horizon - step * index for index in range(min(ORIGINS, room // step + 1))]


def _untested(history: FloatArray, horizon: int, period: int) -> Forecast:
    """Too short for a backtest: the last season or value, with the spread of the changes seen, growing with time."""
    path = last_season(history, horizon, period) if len(history) >= 2 * period else np.full(horizon, _recent(history))
    changes = np.abs(np.diff(history))
    typical = float(changes.mean()) if len(changes) else abs(path[0])
    spread = NORMAL_80 * 1.25 * typical * np.sqrt(np.arange(1, horizon + 1))
    return _bounded(history, path, spread, "last value", None, ())


def _recent(history: FloatArray) -> float:
    return float(np.median(history[-3:]))


def _tested(history: FloatArray, horizon: int, period: int, origins: list[int]) -> Forecast:
    past = np.stack([_paths(history[:origin], horizon, period) for origin in origins])  # origin, method, point
    actual = np.stack([history[origin : origin + horizon] for origin in origins])
    scale = _growth(history, origins, period)  # misses grow with the level
    errors = (np.abs(past - actual[:, None, :]) * scale[:, None, None]).mean(axis=(0, 2))
    floor = 1e-6 * float(np.abs(history).mean()) + 1e-12
    weights = (errors + floor) ** -WEIGHT_POWER
    weights = weights / weights.sum()
    path = weights @ _paths(history, horizon, period)
    misses = actual - np.einsum("m,omh->oh", weights, past)
    naive = float(np.abs(history[period:] - history[:-period]).mean())
    error = float(np.abs(misses).mean()) / naive if naive > 0 else None
    ranked = sorted(zip(METHODS, (float(weight) for weight in weights), strict=True), key=lambda pair: -pair[1])
    return _bounded(history, path, _half_width(misses * scale[:, None]), ranked[0][0], error, tuple(ranked))


def _growth(history: FloatArray, origins: list[int], period: int) -> FloatArray:
    """Today's level over that at each origin; 1 where there are negative values."""
    if float(history.min()) < 0:
        return np.ones(len(origins))
    floor = 0.05 * float(history.mean()) + 1e-12
    levels = np.array([max(float(history[origin - period : origin].mean()), floor) for origin in origins])
    return np.asarray(max(float(history[-period:].mean()), floor) / levels)


def _paths(history: FloatArray, horizon: int, period: int) -> FloatArray:
    naive = last_season(history, horizon, period)
    span = float(history.max() - history.min())
    low, high = float(history.min()) - 2 * span, float(history.max()) + 2 * span
    return np.stack([_safe(method, history, horizon, period, naive, (low, high)) for method in METHODS.values()])


def _safe(
    method: Method, history: FloatArray, horizon: int, period: int, naive: FloatArray, bounds: tuple[float, float]
) -> FloatArray:
    """An iterated regression can explode or meet a singular system: then the seasonal naive stands in."""
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            path = method(history, horizon, period)
    except np.linalg.LinAlgError:
        return naive
    sound = bool(np.isfinite(path).all())
    return np.clip(path, *bounds) if sound else naive


def _half_width(misses: FloatArray) -> FloatArray:
    """80% half width by horizon: root mean square miss, smoothed along the horizon, times the pooled quantile."""
    count, horizon = misses.shape
    reach = min(HORIZON_SMOOTHING, max(0, (horizon - 1) // 2))
    scale = np.pad(np.sqrt((misses**2).mean(axis=0)), reach, mode="edge")
    scale = np.convolve(scale, np.full(2 * reach + 1, 1 / (2 * reach + 1)), "valid")
    floor = max(float(scale.max()) * 1e-6, 1e-12)
    scale = np.maximum(scale, floor)
    few = 1 + 0.5 * max(0.0, 1 / count - 1 / ORIGINS)  # the weights were chosen on the same few origins
    return np.asarray(scale * float(np.quantile(np.abs(misses / scale), COVERAGE)) * few)


def _bounded(
    history: FloatArray,
    path: FloatArray,
    half: FloatArray,
    method: str,
    error: float | None,
    weights: Sequence[tuple[str, float]],
) -> Forecast:
    floor = 0.0 if float(history.min()) >= 0 else -math.inf
    mean = np.maximum(path, floor)
    low, high = np.maximum(path - half, floor), np.maximum(path + half, floor)
    return Forecast(_plain(mean), _plain(low), _plain(high), method, error, tuple(weights))


def _plain(values: FloatArray) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
