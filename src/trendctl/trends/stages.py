"""Where in its life a rise is: when it began, and whether it emerges, rises, peaks, fades or is only its season."""

from dataclasses import dataclass

import numpy as np

from trendctl.trends.seasonality import HOURLY, FloatArray, Layout, expected

# Judgements, not fitted: each is far from the clean shapes that the tests use.
_SEASON_LIFT = 1.25  # a season (or last year) that explains this much is worth the word
_GROWTH = 1.10  # from one smoothing window to the next: still rising
_FADED = 0.5  # of the highest excess over the baseline
_PAST_PEAK = 0.7  # of the peak's ratio, once the peak is two windows old
_OVER = 1.25  # a ratio below this is back to normal
_ONSET_DRIFT = 0.15  # in logarithms of the ratio: how much a point must exceed to count towards the rise
_YEAR_DAYS = 365


@dataclass(frozen=True, slots=True)
class Verdict:
    """``onset`` is the index of the first point of the rise; the others are means over the last points."""

    stage: str
    onset: int | None
    level: float
    baseline: float
    ratio: float


@dataclass(frozen=True, slots=True)
class _Scale:
    """Lengths in points: the level's window, the longer one that slopes are judged by, how long a rise is new, how
    far back an alarm counts, the longest gap inside one rise.
    """

    window: int
    slope: int
    new: int
    recent: int
    gap: int


_HOURLY_SCALE = _Scale(window=6, slope=12, new=12, recent=72, gap=24)
_DAILY_SCALE = _Scale(window=3, slope=4, new=3, recent=21, gap=7)


def judge(counts: FloatArray, lasting: FloatArray, layout: Layout, *, alarm: float, watch: float) -> Verdict:
    """``lasting`` are the scores of lasting rises, one a point; ``alarm`` and ``watch`` their thresholds."""
    scale = _HOURLY_SCALE if layout.block == HOURLY.block else _DAILY_SCALE
    first = _first_alarm(lasting, scale, alarm)
    if first is None and lasting[-1] >= watch:
        first = len(counts) - 1
        new = True
    else:
        new = False
    if first is None:
        return _quiet(counts, layout, scale)
    onset = _onset(counts, first, layout, scale)
    means = _baseline(counts, onset, layout)
    ratio = float(_ratios(counts, means, onset, scale.window)[-1])
    level, baseline = _mean(counts[-scale.window :]), _mean(means[-scale.window :])
    stage = _stage(_ratios(counts, means, onset, scale.slope), scale)
    if new and stage != "fading":
        stage = "emerging"
    if ratio < _OVER and lasting[-1] < watch and not (lasting[-scale.gap :] >= alarm).any():
        return _quiet(counts, layout, scale)
    if _same_last_year(counts, ratio, layout):
        stage = "seasonal"
    return Verdict(stage, onset, level, baseline, ratio)


def _first_alarm(lasting: FloatArray, scale: _Scale, alarm: float) -> int | None:
    """First alarm of the latest run of alarms, if that run is recent."""
    hits = np.flatnonzero(lasting >= alarm)
    if len(hits) == 0 or hits[-1] < len(lasting) - scale.recent:
        return None
    breaks = np.flatnonzero(np.diff(hits) > scale.gap)
    return int(hits[breaks[-1] + 1] if len(breaks) else hits[0])


def _onset(counts: FloatArray, first: int, layout: Layout, scale: _Scale) -> int:
    """Start of the stretch up to the first alarm whose excess over the baseline sums highest (a reversed CUSUM)."""
    earliest = max(0, first - scale.recent)
    means = _baseline(counts, max(1, earliest), layout) if earliest >= layout.block else expected(counts, layout)
    excess = np.log((counts + 1.0) / (means + 1.0))[earliest : first + 1]
    excess = np.clip(np.nan_to_num(excess, nan=0.0), -1.0, 1.0) - _ONSET_DRIFT
    backward = np.cumsum(excess[::-1])
    return first - int(np.argmax(backward))


def _baseline(counts: FloatArray, onset: int, layout: Layout) -> FloatArray:
    """Expected values, taught only by the time before the onset."""
    means = expected(counts, layout, freeze=onset, begin=min(onset, len(counts) - layout.block))
    if onset < layout.block:
        means = means / layout.first_block_allowance
    return means


def _ratios(counts: FloatArray, means: FloatArray, onset: int, window: int) -> FloatArray:
    """Seen over expected in a moving window, from the onset on; half a count is added to both sides."""
    seen = ~np.isnan(counts) & ~np.isnan(means)
    tops = np.concatenate([np.zeros(1), np.cumsum(np.where(seen, counts, 0.0))])
    bottoms = np.concatenate([np.zeros(1), np.cumsum(np.where(seen, means, 0.0))])
    ends = np.arange(onset + 1, len(counts) + 1)
    starts = np.maximum(ends - window, onset)
    return np.asarray((tops[ends] - tops[starts] + 0.5) / (bottoms[ends] - bottoms[starts] + 0.5))


def _stage(ratios: FloatArray, scale: _Scale) -> str:
    peak_at = int(np.argmax(ratios))
    age, since_peak = len(ratios) - 1, len(ratios) - 1 - peak_at
    now, peak = float(ratios[-1]), float(ratios[peak_at])
    past = since_peak >= scale.slope // 2 and (now < 1 + _FADED * (peak - 1) or now < _PAST_PEAK * peak)
    if past:
        return "fading"
    if age <= scale.new:
        return "emerging"
    span = max(scale.slope, age // 3)  # a slow rise is judged over a longer time
    before = float(ratios[max(0, age - span)])
    return "rising" if now >= _GROWTH * before and since_peak < span else "peaking"


def _quiet(counts: FloatArray, layout: Layout, scale: _Scale) -> Verdict:
    """No rise: steady, or seasonal where the season lifts the last points above the usual level and they follow it."""
    means = expected(counts, layout, begin=len(counts) - scale.window)
    level = _mean(counts[-scale.window :])
    if len(counts) < 2 * layout.block:
        usual = _mean(counts)
        return Verdict("steady", None, level, usual, (level + 0.1) / (usual + 0.1))
    baseline, usual = _mean(means[-scale.window :]), _mean(counts[-7 * layout.block :])
    ratio = (level + 0.1) / (baseline + 0.1)
    follows = 1 / _OVER < ratio < 1.5 and level >= _SEASON_LIFT * usual
    stage = "seasonal" if follows and baseline >= _SEASON_LIFT * usual else "steady"
    return Verdict(stage, None, level, baseline, ratio)


def _same_last_year(counts: FloatArray, ratio: float, layout: Layout) -> bool:
    """Did the same days a year ago (daily series) stand as far above the weeks before them?"""
    if layout.block == HOURLY.block or len(counts) < _YEAR_DAYS + 56 or ratio < _SEASON_LIFT:
        return False
    there = len(counts) - _YEAR_DAYS
    then = _mean(counts[there - 4 : there + 3])
    before = _mean(counts[there - 56 : there - 14])
    lift = (then + 0.5) / (before + 0.5)
    return lift >= _SEASON_LIFT and lift >= 0.6 * ratio


def _mean(values: FloatArray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else 0.0
