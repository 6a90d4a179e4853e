"""Expected counts of a series: its level times its regular season, learnt only from the past.

The level is the geometric mean of past blocks (a day of hours, a week of days), weighted by age; the season is a
profile inside the block, shrunk towards its own smoothed shape, and, for hours, a factor for the day of the week.
One stray hour counts at most ``CLIP`` times what was expected there, so a spike does not teach the baseline.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Values = Sequence[float | int | None] | FloatArray

# The four below were chosen on the middle of a wide plateau (window sums of quiet series vary least there; a factor
# of two either way changes the share of found trends by under 0.02); measured by tests/benchmarks/fit_bursts.py.
CLIP = 3.0
PROFILE_PRIOR = 8.0  # blocks' worth of weight on the smoothed profile
WEEKDAY_PRIOR = 2.0  # days' worth of weight on "no weekday effect"
PROFILE_HALF_LIFE = 28.0  # blocks
MEMORY = 56  # blocks looked back on
LEVEL_OFFSET = 0.2  # keeps the logarithm of an empty block finite
CLIP_OFFSET = 3.0  # counts: small counts jump by chance
LEVEL_FLOOR = 0.05


@dataclass(frozen=True, slots=True)
class Layout:
    """How a series of one granularity is cut up; all lengths in points unless said otherwise."""

    block: int
    step: int  # points between two updates of the baseline
    week: int  # blocks in a week, 1 = the block already is the week
    half_life: float  # of the level, in blocks
    first_block_allowance: float  # how far a season that is not known yet may lift a count
    hours: float  # hours in a point


HOURLY = Layout(block=24, step=24, week=7, half_life=3.0, first_block_allowance=3.0, hours=1.0)


def layout_for(period: int) -> Layout:
    """24 means hourly counts; anything else is taken as daily counts with that many days to a season (7)."""
    if period == HOURLY.block:
        return HOURLY
    return Layout(block=max(2, int(period)), step=1, week=1, half_life=2.0, first_block_allowance=1.5, hours=24.0)


MOST = 1e15  # nothing that is counted comes near; sums and squares of larger numbers would overflow


def as_counts(values: Values) -> FloatArray:
    """Floats with NaN where a point is missing; what is negative, infinite or above MOST is no count but missing."""
    array = np.array([np.nan if value is None else float(value) for value in values], dtype=np.float64)
    array[~np.isfinite(array) | (array < 0) | (array > MOST)] = np.nan
    return array


def from_ranks(ranks: Values) -> FloatArray:
    """Chart places as pseudo-counts, 100 / rank (sales fall about so); absent is 1.5 times the lowest place seen."""
    array = as_counts(ranks)
    array[array < 1] = np.nan
    if np.isnan(array).all():
        return np.zeros(len(array))
    absent = 1.5 * max(float(np.nanmax(array)), 10.0)
    return np.asarray(100.0 / np.where(np.isnan(array), absent, array))


def expected(values: FloatArray, layout: Layout, *, freeze: int | None = None, begin: int = 0) -> FloatArray:
    """Expected value of every point from the points before it; from index ``freeze`` on, from those before ``freeze``.

    Points before ``begin`` may be left NaN. Within the first block no season is known: there it is the mean so far
    times ``first_block_allowance`` (NaN for point 0).
    """
    size = len(values)
    last = size if freeze is None else max(1, freeze)
    result = _first_block(values[: min(last, layout.block)], size, layout)
    for start in range(layout.block, size, layout.step):
        if start + layout.step <= begin:
            result[start : start + layout.step] = np.nan
            continue
        known = start if start <= last else last - (last - start) % layout.block  # the same place in the season
        if known < layout.block:
            continue
        width = min(layout.step, size - start)
        result[start : start + width] = _forecast_block(values[:known], start, layout)[:width]
    return result


def _first_block(head: FloatArray, size: int, layout: Layout) -> FloatArray:
    known = ~np.isnan(head)
    total = np.cumsum(np.where(known, head, 0.0))
    count = np.cumsum(known)
    mean = np.where(count > 0, total / np.maximum(count, 1), np.nan) * layout.first_block_allowance
    result = np.full(size, mean[-1] if len(mean) else np.nan)
    result[1 : len(head)] = mean[:-1]
    result[:1] = np.nan
    return result


def _forecast_block(past: FloatArray, start: int, layout: Layout) -> FloatArray:
    """Expected values of one block whose first point is ``start``, from blocks that end with ``past``."""
    blocks = min(len(past) // layout.block, MEMORY)
    history = past[len(past) - blocks * layout.block :].reshape(blocks, layout.block)
    seen = ~np.isnan(history)
    filled = np.where(seen, history, 0.0)
    profile, levels = _profile(filled, seen)
    usable = seen.mean(axis=1) >= 0.25
    if not usable.any():
        return np.full(layout.block, np.nan)
    age = np.arange(blocks - 1, -1, -1, dtype=np.float64)
    logs = np.log(levels + LEVEL_OFFSET)
    weights = usable * 0.5 ** (age / layout.half_life)
    shift = 0.0
    if layout.week > 1:
        effect, shift = _weekday_effect(logs, usable, age, layout.week, len(past), start)
        logs = logs - effect
    level = float(np.exp(np.average(logs, weights=weights) + shift)) - LEVEL_OFFSET
    return np.asarray(max(level, LEVEL_FLOOR) * profile)


def _profile(filled: FloatArray, seen: npt.NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
    """Mean-one profile inside the block, and the clipped level of every block."""
    blocks, width = filled.shape
    weight = 0.5 ** (np.arange(blocks - 1, -1, -1) / PROFILE_HALF_LIFE)
    observed = np.maximum(seen.sum(axis=1), 1)
    levels = np.maximum(filled.sum(axis=1) / observed, LEVEL_FLOOR)
    profile = np.ones(width)
    for _ in range(2):
        clipped = np.minimum(filled, CLIP * levels[:, None] * profile + CLIP_OFFSET)
        got = weight @ clipped
        base = (levels * weight) @ seen
        raw = got / np.maximum(base, 1e-9)
        raw[base <= 0] = 1.0
        smooth = (np.roll(raw, 1) + 2 * raw + np.roll(raw, -1)) / 4
        prior = PROFILE_PRIOR * float(np.average(levels, weights=weight))
        profile = (got + prior * smooth) / (base + prior)
        profile = profile / max(float(profile.mean()), 1e-9)
        clipped = np.minimum(filled, CLIP * levels[:, None] * profile + CLIP_OFFSET)
        levels = np.maximum(clipped.sum(axis=1) / np.maximum(seen @ profile, 1e-9), LEVEL_FLOOR)
    return profile, levels


def _weekday_effect(
    logs: FloatArray, usable: npt.NDArray[np.bool_], age: FloatArray, week: int, end: int, start: int
) -> tuple[FloatArray, float]:
    """Shrunk deviation of each block by its place in the week, and that of the block starting at ``start``.

    ``end`` and ``start`` are point indices; only their distance in blocks matters, so they may have any origin.
    """
    blocks = len(logs)
    place = np.arange(blocks) % week
    deviation = logs - np.average(logs, weights=usable * 0.5 ** (age / 14.0) + 1e-12)
    totals = np.bincount(place, weights=np.where(usable, deviation, 0.0), minlength=week)
    counts = np.bincount(place, weights=usable, minlength=week)
    effect = totals / (counts + WEEKDAY_PRIOR)
    ahead = (start - end) // HOURLY.block
    return np.asarray(effect[place]), float(effect[(blocks + ahead) % week])
