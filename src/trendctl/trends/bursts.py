"""Is it taking off? An online burst score that compares across series, its false-alarm rate, and the stage in words.

A score is about minus the natural logarithm of the chance of seeing the last hours on a quiet series. Scores of one
series, of another and of another source can be compared and share one threshold.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trendctl.trends import burst_evidence, seasonality, stages
from trendctl.trends.seasonality import FloatArray, Layout, Values

# On the 500 quiet series of the quality kit's development side 3.4% ever reach this in the 264 hours scored (aim 4%).
ALARM_THRESHOLD = 6.38
# One point alone (a spike, a double count after a gap) is worth noting but never an alarm.
SPIKE_CEILING = 5.75
# Below this a lasting rise is not worth a word; above it is "emerging", with a strength below 1 until it is an alarm.
WATCH_THRESHOLD = 4.5

# Share of points of quiet series at or above each score; measured by tests/benchmarks/fit_bursts.py: hourly on the
# development side's quiet series, daily on the seeded simulation there.
_RATE_KNOTS = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 5.75, 5.76, 6.0, 6.5, 7.0)
_HOURLY_RATES = (0.67, 0.43, 0.22, 0.087, 0.03, 0.0093, 0.0036, 0.0012, 0.0008, 0.00021, 0.00013)
_DAILY_RATES = (0.62, 0.41, 0.22, 0.094, 0.031, 0.0084, 0.0025, 0.0014, 0.001, 0.00048, 0.00024)

_LOOKBACK_HOURLY, _LOOKBACK_DAILY = 24, 3  # points that count as "now" where no rise began


@dataclass(frozen=True, slots=True)
class Trend:
    """What a series does now.

    ``stage`` is emerging, rising, peaking, fading, seasonal or steady. ``score`` is the score of the last point.
    ``p_value`` and ``strength`` (0 to 1) are about the best score of a lasting rise, since this one began or, without
    one, in the last day (hourly) or three days (daily): the share of quiet points that score as high, and that score
    over the alarm threshold. ``began_hours_ago`` counts from the first
    unusual point to the last one, None without a rise. ``level`` and ``baseline`` are means per point over the last
    hours, seen and expected from the time before the rise, and ``ratio`` is one over the other; for ranks they are in
    units of 100 / rank. ``points`` is how many values there were to go on.
    """

    stage: str
    score: float
    p_value: float
    strength: float
    began_hours_ago: float | None
    level: float
    baseline: float
    ratio: float
    points: int


def burst_scores(counts: Values, *, period: int = 24) -> FloatArray:
    """One score a point, from the points up to it only; ``period`` 24 = hourly, 7 = daily; None or NaN = missing."""
    layout = seasonality.layout_for(period)
    lasting, spike = _scores(seasonality.as_counts(counts), layout)
    return np.maximum(lasting, np.minimum(spike, SPIKE_CEILING))


def false_alarm_rate(score: float, *, period: int = 24) -> float:
    """Share of the points of a quiet series with this score or a higher one, between 0 and 1."""
    rates = _HOURLY_RATES if period == seasonality.HOURLY.block else _DAILY_RATES
    if not score > _RATE_KNOTS[0]:
        return 1.0
    logs = np.log(np.array(rates))
    if score <= _RATE_KNOTS[-1]:
        return float(np.exp(np.interp(score, _RATE_KNOTS, logs)))
    slope = (logs[-1] - logs[-2]) / (_RATE_KNOTS[-1] - _RATE_KNOTS[-2])
    return float(np.exp(logs[-1] + slope * (min(score, 50.0) - _RATE_KNOTS[-1])))


def describe(values: Sequence[float | int | None] | FloatArray, *, period: int = 24, kind: str = "count") -> Trend:
    """The stage of a series now, however short. ``kind`` "rank": 1 is the top, None = not in the chart."""
    layout = seasonality.layout_for(period)
    counts = seasonality.from_ranks(values) if kind == "rank" else seasonality.as_counts(values)
    known = int(np.sum(~np.isnan(seasonality.as_counts(values))))
    if known == 0:
        return Trend("steady", 0.0, 1.0, 0.0, None, 0.0, 0.0, 1.0, 0)
    lasting, spike = _scores(counts, layout)
    score = float(max(lasting[-1], min(spike[-1], SPIKE_CEILING)))
    verdict = stages.judge(counts, lasting, layout, alarm=ALARM_THRESHOLD, watch=WATCH_THRESHOLD)
    lookback = _LOOKBACK_HOURLY if layout.block == seasonality.HOURLY.block else _LOOKBACK_DAILY
    since = -lookback if verdict.onset is None else verdict.onset
    best = max(float(lasting[since:].max()), 0.0)
    return Trend(
        stage=verdict.stage,
        score=score,
        p_value=false_alarm_rate(best, period=period),
        strength=min(1.0, best / ALARM_THRESHOLD),
        began_hours_ago=None if verdict.onset is None else (len(counts) - 1 - verdict.onset) * layout.hours,
        level=verdict.level,
        baseline=verdict.baseline,
        ratio=verdict.ratio,
        points=known,
    )


def _scores(values: FloatArray, layout: Layout) -> tuple[FloatArray, FloatArray]:
    """Evidence of a lasting rise, and of the last point alone."""
    windows = burst_evidence.windows_for(layout)
    residual = burst_evidence.residuals(values, seasonality.expected(values, layout), layout)
    return burst_evidence.evidence(residual, windows, layout)
