"""Signals: series and events become strengths, stages and ages, whatever shape the series has."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from analyzer_world import NOW, SUPPLY, a_case, a_series
from hypothesis import given, settings
from hypothesis import strategies as st

from trendctl.analyzer import signals
from trendctl.analyzer.agents import trend_stage
from trendctl.analyzer.evidence import tidy
from trendctl.analyzer.outputs import TrendStage
from trendctl.analyzer.scoring import inputs_of
from trendctl.ports import Case

BURST: list[float | None] = [5.0, 6, 4, 5, 7, 5, 4, 6, 5, 5, 4, 6, 5, 7, 5, 5, 6, 4, 5, 6, 5, 40, 90, 160]
QUIET: list[float | None] = [5.0, 6, 4, 5, 7, 5] * 20


def stage_of(case: Case) -> TrendStage:
    return trend_stage.run(tidy(trend_stage.evidence(case, {})))


def test_nothing_measured_is_steady_without_strength() -> None:
    found = stage_of(a_case())

    assert (found.stage, found.strength, found.signals, found.began_hours_ago) == ("steady", 0.0, (), None)
    assert found.story == "no series that speaks for it yet"


def test_a_burst_is_strong_and_new() -> None:
    found = stage_of(a_case(series=(a_series(BURST),)))

    assert found.stage in ("emerging", "rising")
    assert found.strength > 0.7
    assert found.began_hours_ago is not None
    assert "views at wiki" in found.story


def test_a_quiet_series_has_no_strength() -> None:
    found = stage_of(a_case(series=(a_series(QUIET),)))

    assert (found.stage, found.strength) == ("steady", 0.0)


@pytest.mark.parametrize("period", [3600, 86_400])
def test_a_rise_behind_a_long_quiet_time_is_not_taken_for_quiet(period: int) -> None:
    rise: list[float | None] = [8.0, 9, 10, 12, 11, 13, 12, 14, 13, 15, 16, 15]
    found = stage_of(a_case(series=(a_series(QUIET + rise, period=period),)))

    assert found.strength > 0.0


def test_a_rank_that_climbs_speaks_for_the_product() -> None:
    ranks: list[float | None] = [None] * 10 + [90, 80, 40, 20, 5, 2]
    found = stage_of(a_case(series=(a_series(ranks, "chart", kind="rank"),)))

    assert found.signals[0].kind == "rank"
    assert found.strength > 0.0


def test_articles_a_day_are_a_signal_of_their_source() -> None:
    case = a_case(event_days={"press": (1, 0, 4, 9)}, first_seen=NOW - timedelta(days=20))
    (signal,) = stage_of(case).signals

    assert (signal.source, signal.item, signal.kind) == ("press", "events a day", "event")
    assert signal.strength > 0.0


def test_several_items_of_one_metric_are_numbered_not_named() -> None:
    series = tuple(replace(a_series([1.0]), external_id=f"secret {n}") for n in range(3))
    items = [s.item for s in stage_of(a_case(series=series)).signals]

    assert sorted(items) == ["views 1", "views 2", "views 3"]


@pytest.mark.parametrize("metric", ["price_mid", "listings_total", "discount_percent", "rank_change", "deal"])
def test_a_dearer_or_more_crowded_market_is_no_trend(metric: str) -> None:
    assert stage_of(a_case(series=(a_series(BURST, metric),))).signals == ()


def test_only_so_many_series_are_read_measured_ones_first() -> None:
    plain = tuple(replace(a_series([1.0]), external_id=f"{n}", measured=False) for n in range(20))
    found = stage_of(a_case(series=(*plain, a_series([1.0], "interest"))))

    assert len(found.signals) == signals.MAX_SERIES
    assert "interest" in {s.item for s in found.signals}


def test_age_counts_from_the_last_value_to_when_the_product_was_seen() -> None:
    old = replace(a_series([5.0]), start=NOW - timedelta(days=5))
    fresh, older = (
        stage_of(a_case(series=(s,))).signals[0].age_hours for s in (a_series([5.0], period=3600), old)
    )  # fmt: skip

    assert (fresh, older) == (0.0, 96.0)


def test_the_time_since_the_product_was_seen_is_added_for_the_score() -> None:
    found = stage_of(a_case(series=(a_series(BURST),)))
    now, later = inputs_of({"trend_stage": found}, 1.0), inputs_of({"trend_stage": found}, 1.0, 48.0)

    assert later.signals[0].age_hours == now.signals[0].age_hours + 48.0


def test_the_sources_weight_goes_along() -> None:
    found = stage_of(a_case(series=(a_series(BURST),), source_weights={"wiki": 0.5}))

    assert found.signals[0].weight == 0.5


def test_a_forecast_reaches_to_the_sellers_lead_time() -> None:
    series = (a_series([*(5.0 + n for n in range(40)), 90.0, 120.0, 180.0, 220.0]),)
    found = stage_of(a_case(series=series, supply=replace(SUPPLY, lead_days=21)))

    assert found.forecast_up is not None
    assert 0.0 <= found.forecast_up <= 1.0
    assert "in 21 days" in found.story


VALUES = st.lists(
    st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True), st.integers(-5, 10**9)), max_size=40
)


@settings(max_examples=40)
@given(
    values=VALUES,
    kind=st.sampled_from(["count", "level", "rank"]),
    period=st.sampled_from([3600, 86_400, 604_800]),
    events=st.lists(st.integers(0, 50), min_size=1, max_size=30),
)
def test_any_series_gives_a_valid_answer(values: list[Any], kind: str, period: int, events: list[int]) -> None:
    case = a_case(series=(a_series(values or [None], kind=kind, period=period),), event_days={"press": tuple(events)})
    found = stage_of(case)

    assert 0.0 <= found.strength <= 1.0
    assert all(s.age_hours >= 0 for s in found.signals)
