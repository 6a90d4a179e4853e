"""Evidence: stable hashes, and no text for a model that its source keeps closed."""

import math

import pytest

from trendctl.analyzer import evidence


def test_hash_ignores_the_order_of_keys_and_noise_beyond_six_digits() -> None:
    one = evidence.tidy({"a": 0.1 + 0.2, "b": [1, "x"]})
    other = evidence.tidy({"b": (1, "x"), "a": 0.3})

    assert evidence.digest(one) == evidence.digest(other)


def test_hash_changes_with_a_number_in_the_sixth_digit() -> None:
    assert evidence.digest({"a": 0.000001}) != evidence.digest({"a": 0.000002})


def test_not_a_number_and_negative_zero_are_tidied() -> None:
    tidied = evidence.tidy([math.nan, math.inf, -0.0])

    assert tidied == [None, None, 0.0]
    assert math.copysign(1, tidied[2]) == 1


def test_a_value_that_json_does_not_know_is_refused() -> None:
    with pytest.raises(TypeError, match="bytes"):
        evidence.tidy({"a": b"x"})


def test_hash_takes_a_lone_surrogate() -> None:
    assert len(evidence.digest({"title": "\ud800"})) == 64


def test_a_model_sees_open_text_and_numbers_but_no_closed_text() -> None:
    closed, opened = evidence.text("secret", "keyed", False), evidence.text("open", "feed", True)
    seen = evidence.for_model({"titles": [closed, opened], "brand": closed, "score": 3, "deep": {"a": [[closed]]}})

    assert seen == {"titles": [opened], "brand": None, "score": 3, "deep": {"a": [[]]}}
