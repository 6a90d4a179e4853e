"""What a seller may rely on in a score: its bounds, its monotonicity, its words, and that it can be recomputed."""

import json
import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trendctl.trends.score import (
    STAGE_VALUE,
    WEIGHTS,
    Inputs,
    Score,
    Signal,
    explain_lines,
    overall_stage,
    score,
)

unit = st.floats(0, 1)
maybe = st.none() | unit
signals = st.builds(
    Signal,
    source=st.sampled_from(["reddit", "google", "etsy", "hn", "ebay"]),
    item=st.text(max_size=8),
    kind=st.sampled_from(["count", "rank", "event"]),
    strength=unit,
    stage=st.sampled_from([*STAGE_VALUE, "never heard of"]),
    age_hours=st.floats(0, 2000),
    weight=st.floats(0.25, 2),
)
inputs = st.builds(
    Inputs,
    signals=st.lists(signals, max_size=6).map(tuple),
    sellable=unit,
    demand=maybe,
    competition=maybe,
    margin=st.none() | st.floats(-2, 2),
    forecast_up=maybe,
    price_confidence=maybe,
)
modest = settings(max_examples=60, deadline=None)


def one(**changes: object) -> Signal:
    base = Signal("reddit", "blue mug", "count", 0.8, "rising", 5.0)
    return replace(base, **changes)  # type: ignore[arg-type] # the tests pass the fields' own types


def given_signals(*items: Signal, sellable: float = 1.0) -> Score:
    return score(Inputs(signals=items, sellable=sellable))


@modest
@given(inputs)
def test_score_is_between_0_and_100_and_its_points_add_up(x: Inputs) -> None:
    result = score(x)
    assert 0 <= result.value <= 100
    assert math.isclose(math.fsum(p.points for p in result.parts), result.value, abs_tol=1e-5)
    assert all(0 <= p.value <= 1 for p in result.parts)


@modest
@given(inputs.filter(lambda x: x.signals), st.booleans())
def test_a_copy_of_the_strongest_signal_from_a_new_source_never_lowers(x: Inputs, raw: bool) -> None:
    strongest = max(x.signals, key=lambda s: s.strength if raw else s.evidence)
    more = replace(x, signals=(*x.signals, replace(strongest, source="one more")))
    assert score(more).value >= score(x).value


@modest
@given(inputs, signals)
def test_no_additional_signal_lowers(x: Inputs, extra: Signal) -> None:
    assert score(replace(x, signals=(*x.signals, extra))).value >= score(x).value


@modest
@given(inputs)
def test_all_evidence_a_day_older_never_raises(x: Inputs) -> None:
    older = replace(x, signals=tuple(replace(s, age_hours=s.age_hours + 24) for s in x.signals))
    assert score(older).value <= score(x).value


@modest
@given(inputs.filter(lambda x: x.signals), st.data())
def test_one_signal_a_day_older_never_raises(x: Inputs, data: st.DataObject) -> None:
    i = data.draw(st.integers(0, len(x.signals) - 1))
    aged = [replace(s, age_hours=s.age_hours + 24) if k == i else s for k, s in enumerate(x.signals)]
    assert score(replace(x, signals=tuple(aged))).value <= score(x).value


@modest
@given(inputs, st.floats(-2, 2), st.floats(0, 2))
def test_a_higher_margin_never_lowers(x: Inputs, margin: float, more: float) -> None:
    assert score(replace(x, margin=margin + more)).value >= score(replace(x, margin=margin)).value


@modest
@given(inputs, unit, unit)
def test_more_sellable_or_less_crowded_never_lowers(x: Inputs, a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert score(replace(x, sellable=high)).value >= score(replace(x, sellable=low)).value
    assert score(replace(x, competition=low)).value >= score(replace(x, competition=high)).value
    assert score(replace(x, demand=high)).value >= score(replace(x, demand=low)).value
    assert score(replace(x, forecast_up=high)).value >= score(replace(x, forecast_up=low)).value


@modest
@given(inputs, st.randoms(use_true_random=False))
def test_the_order_of_signals_changes_nothing(x: Inputs, rng: object) -> None:
    mixed = list(x.signals)
    rng.shuffle(mixed)  # type: ignore[attr-defined] # a random.Random
    assert score(replace(x, signals=tuple(mixed))) == score(x)


@modest
@given(inputs)
def test_stored_inputs_give_the_same_score_back(x: Inputs) -> None:
    again = Inputs.from_json(json.loads(json.dumps(x.to_json())))
    assert again == x
    assert score(again) == score(x)


def test_unknown_keys_of_a_newer_program_are_ignored() -> None:
    data = Inputs((one(),), 0.9).to_json() | {"later": 1}
    assert Inputs.from_json(data) == Inputs((one(),), 0.9)


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"signals": [], "sellable": None},
        {"signals": [{"kind": "x"}], "sellable": 1},
        {"signals": [3], "sellable": 1},
    ],
)
def test_what_is_not_stored_inputs_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="not the"):
        Inputs.from_json(broken)


def test_weights_add_up_to_one() -> None:
    assert math.isclose(math.fsum(WEIGHTS.values()), 1.0)


def test_two_items_of_one_source_count_once() -> None:
    twice = given_signals(one(), one(item="blue mug with lid"))
    assert twice.value == given_signals(one()).value
    assert given_signals(one(), one(source="etsy")).value > twice.value


def test_each_further_source_adds_less() -> None:
    names = ["reddit", "etsy", "ebay", "hn"]
    values = [given_signals(*(one(source=n) for n in names[: k + 1])).value for k in range(4)]
    gains = [b - a for a, b in pairwise(values)]
    assert gains == sorted(gains, reverse=True)
    assert gains[-1] > 0


def test_sellable_is_a_gate() -> None:
    assert given_signals(one(), sellable=0.0).value == 0
    assert given_signals(one(), sellable=0.4).value == pytest.approx(given_signals(one()).value / 2, abs=1e-4)


def test_a_distrusted_source_counts_less() -> None:
    assert given_signals(one(weight=0.25)).value < given_signals(one()).value < given_signals(one(weight=2.0)).value


def test_emerging_beats_fading_with_the_same_evidence() -> None:
    assert given_signals(one(stage="emerging")).value > given_signals(one(stage="fading")).value


def test_unknown_margin_is_neutral_and_says_so() -> None:
    result = given_signals(one())
    margin = next(p for p in result.parts if p.name == "margin")
    assert margin.value == 0.5
    assert "no margin yet: supply missing" in margin.words


def test_an_unsure_price_draws_the_margin_to_neutral() -> None:
    def margin_value(sure: float) -> float:
        result = score(Inputs((one(),), 1.0, margin=0.5, price_confidence=sure))
        return next(p.value for p in result.parts if p.name == "margin")

    assert margin_value(1.0) == 1.0
    assert margin_value(0.0) == 0.5


def test_the_label_follows_most_of_the_strong_evidence() -> None:
    many = [one(source=n, stage="peaking", strength=0.7) for n in ("etsy", "ebay")]
    assert overall_stage([one(stage="emerging"), *many]) == "peaking"
    assert overall_stage([one(stage="emerging"), one(source="hn", stage="fading", strength=0.1)]) == "emerging"
    assert overall_stage([]) == "steady"


def test_nan_is_no_evidence() -> None:
    nothing = given_signals().value
    assert given_signals(one(strength=math.nan)).value == nothing
    assert given_signals(one(age_hours=math.nan)).value == nothing
    assert 0 <= score(Inputs((one(),), math.nan, math.nan, math.nan, math.nan, math.nan, math.nan)).value <= 100


def test_explanation_names_every_part_with_evidence_age_and_source() -> None:
    result = score(Inputs((one(), one(source="etsy", age_hours=72.0, weight=1.5)), 0.9, demand=0.7, forecast_up=0.8))
    text = "\n".join(explain_lines(result))
    for part in (*WEIGHTS, "sellable"):
        assert f"{part}: " in text
    assert "reddit: blue mug (count, rising), strength 0.80, 5 h old" in text
    assert "3 days old, source weight 1.50" in text
    assert "80% likely to still rise" in text
    assert f"score {result.value:.1f} of 100" in text


def test_explanation_without_any_signal_says_so() -> None:
    text = "\n".join(explain_lines(given_signals()))
    assert "no signal yet" in text


def test_explanation_of_many_signals_stays_short() -> None:
    text = explain_lines(given_signals(*(one(item=f"mug {n}") for n in range(40))))
    assert "  - and 35 weaker signals" in text
    assert len(text) < 20
