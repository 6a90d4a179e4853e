"""Forecasting methods: each takes a complete history, a horizon and a season length, and gives the path ahead."""

from collections.abc import Callable, Sequence

import numpy as np

from trendctl.trends.seasonality import FloatArray

Method = Callable[[FloatArray, int, int], FloatArray]

SEASONS_IN_CYCLE = 7  # days in a week of hours; for daily counts seven weeks, which does no harm
TREND_SEASONS = 6  # long enough to tell a slope from noise, short enough to follow a turn
TREND_DAMPING = 0.9
RIDGE = 1e-2  # relative to the mean square of the lags; 1e-1 to 1e-4 differ by under 0.02 in scaled error
DAMPING = 0.8  # of a trend, for each season ahead (Gardner and McKenzie's damped trend)


def last_season(history: FloatArray, horizon: int, season: int) -> FloatArray:
    """Seasonal naive: the last season again; the last value where there is no whole season."""
    width = season if len(history) >= season else 1
    return np.resize(history[-width:], horizon)


def mean_of_seasons(history: FloatArray, horizon: int, season: int, count: int = 3) -> FloatArray:
    """The mean of the last ``count`` seasons, point by point: for series that are mostly noise."""
    count = max(1, min(count, len(history) // season))
    if len(history) < season:
        return np.full(horizon, float(history.mean()))
    return np.resize(history[-count * season :].reshape(count, season).mean(axis=0), horizon)


def damped_trend(history: FloatArray, horizon: int, season: int) -> FloatArray:
    """The last season, moved on by the change between the last two seasons, damped with every further season."""
    width = season if len(history) >= 2 * season else max(1, len(history) // 2)
    before = history[-2 * width : -width] if len(history) >= 2 * width else history[-width:]
    change = float(history[-width:].mean()) - float(before.mean())
    seasons_ahead = np.arange(horizon) // width + 1
    return (
        np.resize(history[-width:], horizon)
        + change * np.cumsum(DAMPING ** np.arange(1, horizon + 1))[seasons_ahead - 1]
    )


def log_trend(history: FloatArray, horizon: int, season: int) -> FloatArray:
    """Straight line plus season through the logarithms of the last seasons, its slope damped by season ahead."""
    if float(history.min()) < 0 or len(history) < 2 * season:
        return damped_trend(history, horizon, season)
    seasons = min(len(history) // season, TREND_SEASONS)
    logs = np.log1p(history[-seasons * season :])
    time = np.arange(len(logs)) - (len(logs) - 1) / 2
    slope = float(time @ logs) / float(time @ time)
    profile = (logs - slope * time).reshape(seasons, season).mean(axis=0)
    ahead = np.arange(1, horizon + 1)
    travelled = season * (1 - TREND_DAMPING ** (ahead / season)) / -np.log(TREND_DAMPING)
    path = np.resize(profile, horizon) + slope * (time[-1] + travelled)
    return np.asarray(np.expm1(np.clip(path, 0.0, float(logs.max()) + 1.0)))


def season_difference(history: FloatArray, horizon: int, season: int) -> FloatArray:
    """Autoregression on the change from the season before, with weekly lags."""
    return _difference_ar(history, horizon, season, _season_lags(season), RIDGE)


def log_season_difference(history: FloatArray, horizon: int, season: int) -> FloatArray:
    """The same on logarithms: for series whose swings grow with their level; negative values: on the values."""
    if float(history.min()) < 0:
        return season_difference(history, horizon, season)
    path = _difference_ar(np.log1p(history), horizon, season, _season_lags(season), RIDGE)
    ceiling = np.log1p(float(history.max())) + 1.0  # an iterated logarithm can run away
    return np.asarray(np.expm1(np.clip(path, 0.0, ceiling)))


def step_difference(history: FloatArray, horizon: int, season: int) -> FloatArray:
    """Autoregression on the change from the point before."""
    lags = [1, 2, season - 1, season, season + 1, *(season * k for k in range(2, SEASONS_IN_CYCLE))]
    week = season * SEASONS_IN_CYCLE
    return _difference_ar(history, horizon, 1, [*lags, week - 1, week, week + 1], 1e-3)


def cycle_difference(history: FloatArray, horizon: int, season: int) -> FloatArray:
    """Autoregression on the change from the week before; seasonal naive where there are not two weeks."""
    week = season * SEASONS_IN_CYCLE
    if len(history) < 2 * week:
        return last_season(history, horizon, season)
    return _difference_ar(history, horizon, week, [1, 2, 3, season, season + 1, week], 1e-3)


def long_regression(history: FloatArray, horizon: int, season: int) -> FloatArray:
    """Autoregression on the values themselves, with lags up to two weeks."""
    week = season * SEASONS_IN_CYCLE
    lags = [1, 2, 3, 4, 5, 6, season - 1, season, season + 1, season + 2, 2 * season - 1, 2 * season, 2 * season + 1]
    lags += [season * k for k in range(3, SEASONS_IN_CYCLE)]
    lags += [week - 1, week, week + 1, week + 2, week + season, 2 * week, 2 * week + 1]
    return _autoregression(history, horizon, lags, 1e-5, centre=True)


def _season_lags(season: int) -> list[int]:
    lags = [1, 2, 3, 4]
    for multiple in (1, 2, SEASONS_IN_CYCLE - 1, SEASONS_IN_CYCLE):
        lags += [multiple * season - 1, multiple * season, multiple * season + 1]
    return lags + [multiple * season for multiple in range(3, SEASONS_IN_CYCLE - 1)]


def _difference_ar(history: FloatArray, horizon: int, gap: int, lags: Sequence[int], ridge: float) -> FloatArray:
    if len(history) < 3 * gap + 2:
        return last_season(history, horizon, gap)
    changes = _autoregression(history[gap:] - history[:-gap], horizon, lags, ridge, centre=False)
    path = np.concatenate([history, np.zeros(horizon)])
    for index in range(len(history), len(path)):
        path[index] = path[index - gap] + changes[index - len(history)]
    return path[len(history) :]


def _autoregression(series: FloatArray, horizon: int, lags: Sequence[int], ridge: float, *, centre: bool) -> FloatArray:
    """Ridge regression on the lags that leave enough rows to fit them, iterated over the horizon."""
    usable = np.array(sorted({lag for lag in lags if 0 < lag <= len(series) // 2}), dtype=np.intp)
    usable = usable[: max(1, len(series) // 4)]
    middle = float(series.mean()) if centre else 0.0
    if len(usable) == 0:
        return np.full(horizon, middle)
    data = series - middle
    depth = int(usable[-1])
    rows = np.lib.stride_tricks.sliding_window_view(data[:-1], depth)[:, depth - usable]
    gram = rows.T @ rows
    penalty = ridge * float(np.trace(gram)) / len(usable) + 1e-12
    weights = np.linalg.solve(gram + penalty * np.eye(len(usable)), rows.T @ data[depth:])
    path = np.concatenate([data, np.zeros(horizon)])
    for index in range(len(data), len(path)):
        path[index] = path[index - usable] @ weights
    return path[len(data) :] + middle


METHODS: dict[str, Method] = {
    "last season": last_season,
    "mean of seasons": mean_of_seasons,
    "damped trend": damped_trend,
    "log trend": log_trend,
    "season difference": season_difference,
    "log season difference": log_season_difference,
    "step difference": step_difference,
    "week difference": cycle_difference,
    "long regression": long_regression,
}
