"""The forecast, its interval, and the outlook against a lead time, on seeded synthetic series."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trendctl.trends.forecast import forecast, still_rising

Series = np.ndarray[tuple[int], np.dtype[np.float64]]


def daily(rng: np.random.Generator, days: int, growth: float = 0.0, level: float = 50) -> Series:
    noise = np.zeros(days)
    for day in range(1, days):
        noise[day] = 0.7 * noise[day - 1] + 0.12 * rng.normal()
    season = 0.3 * np.sin(2 * np.pi * np.arange(days) / 7)
    return rng.poisson(level * np.exp(noise + season + growth * np.arange(days))).astype(float)


def hourly(rng: np.random.Generator, hours: int) -> Series:
    time = np.arange(hours)
    season = 0.6 * np.sin(2 * np.pi * time / 24) + 0.2 * np.sin(2 * np.pi * time / 168)
    return rng.poisson(60 * np.exp(season + 0.1 * rng.normal(size=hours))).astype(float)


def covered(series: list[Series], horizon: int, period: int) -> float:
    shares = []
    for values in series:
        ahead = forecast(values[:-horizon], horizon=horizon, period=period)
        truth = values[-horizon:]
        shares.append(np.mean((truth >= np.array(ahead.low)) & (truth <= np.array(ahead.high))))
    return float(np.mean(shares))


@pytest.mark.parametrize("days", [60, 120])
def test_interval_covers_four_in_five_days(days: int) -> None:
    rng = np.random.default_rng(1)
    assert 0.70 <= covered([daily(rng, days + 14) for _ in range(40)], 14, 7) <= 0.90


def test_interval_covers_four_in_five_hours() -> None:
    rng = np.random.default_rng(2)
    assert 0.70 <= covered([hourly(rng, 21 * 24) for _ in range(20)], 24, 24) <= 0.90


def test_interval_widens_with_a_growing_level() -> None:
    rng = np.random.default_rng(3)
    assert covered([daily(rng, 104, growth=0.02) for _ in range(30)], 14, 7) >= 0.65


def test_forecast_beats_the_last_season_on_noisy_counts() -> None:
    rng = np.random.default_rng(4)
    ours, naive = [], []
    for _ in range(25):
        values = daily(rng, 134)
        ahead = forecast(values[:-14], horizon=14, period=7)
        ours.append(np.abs(np.array(ahead.mean) - values[-14:]).mean())
        naive.append(np.abs(np.resize(values[-21:-14], 14) - values[-14:]).mean())
    assert np.mean(ours) < 0.92 * np.mean(naive)


def test_regular_season_is_continued() -> None:
    season = np.array([3.0, 5, 8, 20, 14, 9, 4])
    ahead = forecast(np.tile(season, 12), horizon=14, period=7)
    np.testing.assert_allclose(ahead.mean, np.tile(season, 2), rtol=0.05, atol=0.2)
    assert ahead.error == pytest.approx(0, abs=0.05) or ahead.error is None


def test_method_is_chosen_by_the_series_own_past() -> None:
    rng = np.random.default_rng(5)
    white = rng.poisson(50, 140).astype(float)
    growing = 20 * np.exp(0.03 * np.arange(140))
    assert forecast(white, horizon=14, period=7).method != forecast(growing, horizon=14, period=7).method
    weights = dict(forecast(white, horizon=14, period=7).weights)
    assert sum(weights.values()) == pytest.approx(1)
    assert weights["mean of seasons"] > weights["last season"]


def test_growth_is_carried_on() -> None:
    values = 20 * np.exp(0.02 * np.arange(100))
    ahead = forecast(values, horizon=14, period=7)
    assert np.mean(ahead.mean[-7:]) > values[-7:].mean()


@given(
    values=st.lists(st.one_of(st.none(), st.integers(0, 10**6)), max_size=90),
    horizon=st.integers(0, 20),
    period=st.sampled_from([7, 24]),
)
@settings(max_examples=25, deadline=None)
def test_counts_get_an_ordered_forecast_that_is_never_negative(
    values: list[int | None], horizon: int, period: int
) -> None:
    ahead = forecast(values, horizon=horizon, period=period)
    assert len(ahead.mean) == len(ahead.low) == len(ahead.high) == horizon
    for low, mean, high in zip(ahead.low, ahead.mean, ahead.high, strict=True):
        assert 0 <= low <= mean <= high
        assert np.isfinite(high)


@pytest.mark.parametrize("values", [[], [None], [7], [7] * 3, [7] * 100, [0] * 60, [float("nan")] * 40, [5, None] * 40])
def test_empty_constant_and_missing_values_are_forecast(values: list[float | None]) -> None:
    ahead = forecast(values, horizon=5, period=7)
    known = [value for value in values if value is not None and value == value]
    assert ahead.mean == pytest.approx([known[-1] if known else 0] * 5, abs=0.2)


def test_series_with_negative_values_may_be_forecast_below_zero() -> None:
    values = -10 + np.tile(np.arange(7.0), 10)
    assert min(forecast(values, horizon=7, period=7).mean) < -5


def test_short_series_says_that_nothing_was_tested() -> None:
    ahead = forecast([3, 4, 6], horizon=4, period=7)
    assert ahead.method == "last value"
    assert ahead.error is None
    assert ahead.high[3] - ahead.low[3] > ahead.high[0] - ahead.low[0]


def test_growing_series_still_rises_when_the_stock_arrives() -> None:
    outlook = still_rising(daily(np.random.default_rng(6), 70, growth=0.04, level=10), 10)
    assert outlook.verdict == "rising"
    assert outlook.at_arrival > outlook.current


def test_fading_series_falls_before_the_stock_arrives() -> None:
    outlook = still_rising(daily(np.random.default_rng(7), 70, growth=-0.04, level=900), 10)
    assert outlook.verdict == "falling"
    assert outlook.probability < 0.4


def test_hourly_history_is_judged_by_the_day() -> None:
    outlook = still_rising(hourly(np.random.default_rng(8), 40 * 24), 5, period=24)
    assert outlook.current == pytest.approx(24 * 66, rel=0.25)
    assert 0.05 < outlook.probability < 0.95


@pytest.mark.parametrize("values", [[], [4] * 5, [0] * 60, [None] * 30])
def test_outlook_on_too_little_is_unknown(values: list[float | None]) -> None:
    outlook = still_rising(values, 7)
    assert outlook.verdict == "unknown"
    assert outlook.probability == 0.5


def test_lead_time_beyond_the_history_is_unknown() -> None:
    assert still_rising(daily(np.random.default_rng(9), 30), 60).verdict == "unknown"
