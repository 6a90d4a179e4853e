"""The burst score and the stages, on seeded synthetic series."""

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from trendctl.trends.bursts import ALARM_THRESHOLD, burst_scores, describe, false_alarm_rate

HOURS = 21 * 24
Series = np.ndarray[tuple[int], np.dtype[np.float64]]


def hourly(seed: int, level: float = 40, shape: Series | None = None, hours: int = HOURS) -> Series:
    """Over-dispersed hourly counts with a daily season, times ``shape``."""
    rng = np.random.default_rng(seed)
    time = np.arange(hours)
    mean = level * np.exp(0.5 * np.sin(2 * np.pi * time / 24)) * (1 if shape is None else shape)
    return rng.poisson(mean * rng.gamma(5, 1 / 5, hours)).astype(float)


def daily(seed: int, level: float = 60, shape: Series | None = None, days: int = 60) -> Series:
    rng = np.random.default_rng(seed)
    mean = level * np.exp(0.25 * np.sin(2 * np.pi * np.arange(days) / 7)) * (1 if shape is None else shape)
    return rng.poisson(mean * rng.gamma(20, 1 / 20, days)).astype(float)


def hill(size: int, start: int, up: int, top: float, *, flat: int = 10**6, decay: float = 10) -> Series:
    """1, then a straight rise to ``top`` over ``up`` points, ``flat`` points there, then an exponential decay."""
    point = np.arange(size)
    rise = 1 + (top - 1) * np.clip((point - start) / up, 0, 1)
    after = np.maximum(point - start - up - flat, 0)
    return 1 + (rise - 1) * np.exp(-after / decay)


def highest(values: Series, first: int = 240) -> float:
    return float(burst_scores(values)[first:].max())


def share_alarming(make: Callable[[int], Series], times: int = 10) -> float:
    return float(np.mean([highest(make(seed)) >= ALARM_THRESHOLD for seed in range(times)]))


def test_lasting_rise_alarms_within_hours() -> None:
    values = hourly(1, shape=hill(HOURS, 400, 1, 5))
    alarms = np.flatnonzero(burst_scores(values) >= ALARM_THRESHOLD)
    assert 400 <= alarms[alarms >= 240][0] <= 406


@pytest.mark.parametrize("level", [2, 20, 300])
def test_rise_is_found_at_every_level(level: float) -> None:
    assert share_alarming(lambda seed: hourly(seed, level, hill(HOURS, 380, 24, 8)), 8) >= 0.8


def test_slow_ramp_is_found() -> None:
    assert share_alarming(lambda seed: hourly(seed, shape=hill(HOURS, 300, 72, 5)), 8) >= 0.8


def test_quiet_series_do_not_alarm() -> None:
    assert share_alarming(hourly) <= 0.1


@pytest.mark.parametrize("factor", [10.0, 1000.0])
def test_spike_of_one_hour_never_alarms(factor: float) -> None:
    def spiked(seed: int) -> Series:
        values = hourly(seed)
        values[400] *= factor
        return values

    assert share_alarming(spiked) <= 0.1


def test_spike_of_one_hour_is_still_noted() -> None:
    values = hourly(3)
    values[400] = values[400] * 20 + 100
    assert burst_scores(values)[400] > 5


@pytest.mark.parametrize("missing", [0.0, np.nan])
def test_double_count_after_a_gap_does_not_alarm(missing: float) -> None:
    def gapped(seed: int) -> Series:
        values = hourly(seed)
        values[405] = values[400:406].sum()
        values[400:405] = missing
        return values

    assert share_alarming(gapped) <= 0.1


def test_weekend_level_does_not_alarm_once_it_is_known() -> None:
    weekend = np.where((np.arange(HOURS) // 24) % 7 >= 5, 1.5, 1.0)
    assert share_alarming(lambda seed: hourly(seed, shape=weekend)) <= 0.1


def test_drift_does_not_alarm() -> None:
    assert share_alarming(lambda seed: hourly(seed, shape=np.linspace(1, 1.6, HOURS))) <= 0.1


def test_level_shift_stops_alarming_once_it_is_the_new_normal() -> None:
    values = hourly(5, shape=np.where(np.arange(45 * 24) >= 480, 3.0, 1.0), hours=45 * 24)
    scores = burst_scores(values)
    assert scores[480:504].max() >= ALARM_THRESHOLD
    assert scores[-10 * 24 :].max() < ALARM_THRESHOLD


@given(
    values=st.lists(st.one_of(st.none(), st.integers(0, 500)), min_size=1, max_size=120),
    period=st.sampled_from([24, 7]),
    cut=st.floats(0.1, 1.0),
)
@settings(max_examples=25, deadline=None)
def test_scores_do_not_look_ahead(values: list[int | None], period: int, cut: float) -> None:
    keep = max(1, int(len(values) * cut))
    whole, part = burst_scores(values, period=period), burst_scores(values[:keep], period=period)
    assert len(whole) == len(values)
    np.testing.assert_allclose(whole[:keep], part, rtol=1e-9, atol=1e-9)
    assert np.isfinite(whole).all()


def test_scores_hardly_change_with_the_unit_of_large_counts() -> None:
    values = hourly(6, level=400, shape=hill(HOURS, 400, 24, 4))
    once, tenfold = burst_scores(values), burst_scores(values * 10)
    assert np.abs(once - tenfold)[240:].max() < 0.3


def noisy_quiet(rng: np.random.Generator, size: int, season: int) -> Series:
    """Made otherwise than the series behind the constants: slow noise from a random walk that is pulled back."""
    noise = np.zeros(size)
    for point in range(1, size):
        noise[point] = 0.9 * noise[point - 1] + 0.1 * rng.normal()
    mean = rng.choice([5, 30, 150]) * np.exp(noise + 0.4 * np.cos(2 * np.pi * np.arange(size) / season))
    return rng.poisson(mean * rng.gamma(2.5, 1 / 2.5, size)).astype(float)


@pytest.mark.parametrize(("period", "size", "first", "times"), [(24, HOURS, 240, 40), (7, 150, 35, 25)])
def test_stated_false_alarm_rate_is_the_measured_one(period: int, size: int, first: int, times: int) -> None:
    rng = np.random.default_rng(11)
    scores = [burst_scores(noisy_quiet(rng, size, period), period=period)[first:] for _ in range(times)]
    joined = np.concatenate(scores)
    for score in (1.0, 2.0, 3.0):
        stated, measured = false_alarm_rate(score, period=period), float((joined >= score).mean())
        assert stated / 2.5 <= measured <= stated * 2.5, (score, stated, measured)
    assert float((joined >= ALARM_THRESHOLD).mean()) <= 0.004


@pytest.mark.parametrize("period", [24, 7])
def test_false_alarm_rate_falls_with_the_score(period: int) -> None:
    rates = [false_alarm_rate(score, period=period) for score in (-np.inf, 0, 1, 2.5, 4, 5.5, 6, 8, 30, np.inf)]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] == 1.0
    assert 0 <= rates[-1] < rates[4] < 0.1
    assert false_alarm_rate(float("nan"), period=period) == 1.0


def usual_stage(make: Callable[[int], Series], period: int) -> str:
    return Counter(describe(make(seed), period=period).stage for seed in range(7)).most_common(1)[0][0]


@pytest.mark.parametrize(
    ("stage", "shape"),
    [
        ("steady", np.ones(HOURS)),
        ("emerging", hill(HOURS, HOURS - 7, 1, 5)),
        ("rising", hill(HOURS, HOURS - 37, 48, 8)),
        ("peaking", hill(HOURS, HOURS - 44, 24, 6)),
        ("fading", hill(HOURS, HOURS - 49, 24, 6, flat=0)),
    ],
)
def test_hourly_stage(stage: str, shape: Series) -> None:
    assert usual_stage(lambda seed: hourly(seed, shape=shape), 24) == stage


@pytest.mark.parametrize(
    ("stage", "shape"),
    [
        ("steady", np.ones(60)),
        ("emerging", hill(60, 57, 1, 4)),
        ("rising", hill(60, 49, 14, 6)),
        ("fading", hill(60, 42, 7, 5, flat=0, decay=4)),
    ],
)
def test_daily_stage(stage: str, shape: Series) -> None:
    assert usual_stage(lambda seed: daily(seed, shape=shape), 7) == stage


def test_daily_peak_of_the_regular_season_is_seasonal() -> None:
    assert usual_stage(lambda seed: hourly(seed)[:-15], 24) == "seasonal"


def test_rise_that_came_at_the_same_time_last_year_is_seasonal() -> None:
    days = 365 + 120
    shape = hill(days, 100, 10, 4, flat=5, decay=6) * hill(days, 465, 10, 4, flat=5, decay=6)
    assert usual_stage(lambda seed: daily(seed, shape=shape, days=days)[:476], 7) == "seasonal"


def test_last_years_rise_is_seen_in_weekly_means_too() -> None:
    """What is older than seven months is kept as the mean of each week."""
    days, rolled = 430, 217

    def stored(seed: int, shape: Series) -> list[float | None]:
        values = daily(seed, shape=shape, days=days)
        weeks = [float(values[d : d + 7].mean()) if d % 7 == 0 else None for d in range(rolled)]
        return [*weeks, *values[rolled:].tolist()]

    now, then = hill(days, days - 6, 1, 3), hill(days, days - 371, 1, 3, flat=14, decay=4)
    same = [describe(stored(seed, now * then), period=7).stage for seed in range(3)]
    assert same == ["seasonal"] * 3
    assert describe(stored(0, now), period=7).stage != "seasonal"


def test_describe_says_how_long_ago_it_began() -> None:
    trend = describe(hourly(2, shape=hill(HOURS, HOURS - 30, 1, 6)), period=24)
    assert trend.began_hours_ago == pytest.approx(29, abs=3)
    assert describe(daily(2, shape=hill(60, 50, 1, 6)), period=7).began_hours_ago == pytest.approx(216, abs=24)


def test_describe_compares_the_level_with_the_time_before_the_rise() -> None:
    trend = describe(hourly(4, shape=hill(HOURS, HOURS - 40, 1, 5)), period=24)
    assert trend.ratio == pytest.approx(5, rel=0.4)
    assert trend.level == pytest.approx(trend.ratio * trend.baseline, rel=0.1)
    assert trend.strength == 1.0
    assert trend.p_value < 0.001


def test_quiet_series_has_no_beginning() -> None:
    trend = describe(hourly(8))
    assert trend.began_hours_ago is None
    assert trend.strength < 1


@pytest.mark.parametrize("values", [[], [5], [0, 0], [3, 4, 3], [None, None], [float("nan"), 2], [float("inf"), -3]])
@pytest.mark.parametrize("period", [24, 7])
@pytest.mark.parametrize("kind", ["count", "rank"])
def test_too_short_a_series_is_steady_and_weak(values: list[float | None], period: int, kind: str) -> None:
    trend = describe(values, period=period, kind=kind)
    assert trend.stage == "steady"
    assert trend.strength < 0.5
    assert np.isfinite([trend.score, trend.level, trend.baseline, trend.ratio]).all()


def test_week_of_days_is_enough_for_a_steep_rise() -> None:
    trend = describe([1, 1, 2, 1, 40, 90, 200], period=7)
    assert trend.stage == "emerging"
    assert trend.began_hours_ago == 48


def test_chart_climber_emerges() -> None:
    places = [50, 48, 52, 55, 47, 50, 49, 51, 50, 48, 50, 52, 49, 30, 18, 9, 5]
    assert describe(places, period=7, kind="rank").stage in {"emerging", "rising"}


def test_new_entry_to_a_chart_emerges() -> None:
    trend = describe([None] * 20 + [80, 40, 12, 5], period=7, kind="rank")
    assert trend.stage == "emerging"
    assert trend.points == 4


@pytest.mark.parametrize("places", [[1] * 20, [5, 6, 7, 9, 14, 20, 30, 60, None], [70, 65, 72, 68] * 6])
def test_chart_place_that_holds_or_falls_does_not_emerge(places: list[int | None]) -> None:
    assert describe(places, period=7, kind="rank").stage in {"steady", "fading"}


@example(values=[None, 5.9e307, None], period=1)
@example(values=[5.9e307], period=24)
@given(values=st.lists(st.one_of(st.none(), st.floats()), max_size=60), period=st.sampled_from([24, 7, 1, 12]))
@settings(max_examples=30, deadline=None)
def test_describe_takes_any_numbers(values: list[float | None], period: int) -> None:
    for kind in ("count", "rank"):
        assert 0 <= describe(values, period=period, kind=kind).strength <= 1
