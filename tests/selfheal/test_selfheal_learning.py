"""What outcomes allow: the bound, the mean, the calibration figures."""

import json
from importlib import resources
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trendctl.selfheal.learning import ENOUGH, Tally, beta_cdf, brier, ece, measured, quantile, shipped


@pytest.mark.parametrize(
    ("x", "a", "b", "expected"),
    [(0.3, 1, 1, 0.3), (0.5, 2, 2, 0.5), (0.5, 5, 1, 0.03125), (0.2, 1, 3, 0.488), (0.0, 2, 3, 0.0), (1.0, 2, 3, 1.0)],
)
def test_the_beta_distribution_by_hand(x: float, a: int, b: int, expected: float) -> None:
    assert beta_cdf(x, a, b) == pytest.approx(expected, abs=1e-12)


@given(st.integers(1, 400), st.integers(1, 400), st.floats(0.01, 0.99))
def test_a_quantile_is_where_the_distribution_has_its_probability(a: int, b: int, p: float) -> None:
    assert beta_cdf(quantile(p, a, b), a, b) == pytest.approx(p, abs=1e-6)


def test_ten_of_ten_are_enough_and_nine_of_nine_are_not() -> None:
    assert Tally(10, 10).lower == pytest.approx(0.2 ** (1 / 11))  # 1 - I_x(11, 1) = 0.8
    assert Tally(10, 10).is_enough
    assert not Tally(9, 9).is_enough or ENOUGH <= 0.2 ** (1 / 10)
    assert not Tally(10, 9).is_enough
    assert not Tally(100, 86).is_enough
    assert Tally(100, 95).is_enough


def test_nothing_measured_allows_nothing() -> None:
    assert (Tally().confidence, Tally().lower, Tally().is_enough) == (None, 0.0, False)
    assert Tally(0, 0) + Tally(2, 1) == Tally(2, 1)


@given(st.integers(1, 300), st.data())
def test_a_success_never_lowers_and_a_failure_never_raises_the_bound(trials: int, data: Any) -> None:
    hits = data.draw(st.integers(0, trials))
    here = Tally(trials, hits).lower
    assert Tally(trials + 1, hits + 1).lower >= here - 1e-9
    assert Tally(trials + 1, hits).lower <= here + 1e-9


def test_this_machines_outcomes_are_added_to_the_drills() -> None:
    found = measured({"a": (2, 1), "c": (1, 1)}, {"a": Tally(10, 10, 12, 11), "b": Tally(3, 3)})
    assert found == {"a": Tally(12, 11, 14, 12), "b": Tally(3, 3), "c": Tally(1, 1, 1, 1)}
    assert found["a"].confidence == 13 / 16


@pytest.mark.parametrize(
    "text",
    ["{}", "[]", "x", '{"faults": 3}', '{"faults": {"a": {"trials": 1, "successes": 2}}}', '{"faults": {"a": {}}}',
     '{"faults": {"a": 7}}'],
)  # fmt: skip
def test_a_prior_that_is_none_allows_nothing(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    class Folder:
        def joinpath(self, name: str) -> "Folder":
            return self

        def read_bytes(self) -> bytes:
            return text.encode()

    monkeypatch.setattr(resources, "files", lambda package: Folder())
    assert shipped() == {}


def test_the_shipped_prior_says_when_and_by_what_it_was_measured() -> None:
    document = json.loads(resources.files("trendctl.data").joinpath("heal_prior.json").read_bytes())
    assert document == {} or {"measured", "faults"} <= document.keys()
    assert len(shipped()) == len(document.get("faults", {}))


def test_brier_and_ece_by_hand() -> None:
    assert brier([]) is None
    assert ece([]) is None
    assert brier([(1.0, True), (0.0, False)]) == 0
    assert brier([(0.8, True), (0.8, False)]) == pytest.approx((0.04 + 0.64) / 2)
    assert ece([(0.8, True)] * 4 + [(0.8, False)]) == pytest.approx(0)
    assert ece([(0.95, False)] * 2 + [(0.05, False)] * 2) == pytest.approx((1.9 + 0.1) / 4)
    assert ece([(1.0, True)]) == 0


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_the_figures_lie_between_0_and_1(judged: list[tuple[float, bool]]) -> None:
    for figure in (brier(judged), ece(judged)):
        assert figure is not None
        assert 0 <= figure <= 1 + 1e-12


def test_the_drills_file_is_read_as_the_drill_writes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"trials": 12, "successes": 11, "named": 15, "named_right": 14, "false_fixes": 0}
    text = json.dumps({"measured": "2026-11-24", "by": "x", "faults": {"a": row, "b": {"trials": 2, "successes": 1}}})

    class Folder:
        def joinpath(self, name: str) -> "Folder":
            return self

        def read_bytes(self) -> bytes:
            return text.encode()

    monkeypatch.setattr(resources, "files", lambda package: Folder())
    assert shipped() == {"a": Tally(12, 11, 15, 14), "b": Tally(2, 1, 2, 1)}
