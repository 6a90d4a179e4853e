"""What general knowledge of lines, amounts and makers says of a title, and the trees that correct with it."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trendctl.trends._lexicon import data_lines
from trendctl.trends._price_likeness import Likeness
from trendctl.trends._price_lines import COUNT, UNKNOWN, lines_in, scaled_in
from trendctl.trends._price_rules import RULE_COUNT, rules_in
from trendctl.trends._price_text import UNITS, figures, line_terms, rule_terms
from trendctl.trends._price_trees import Boosted
from trendctl.trends._words import words
from trendctl.trends.pricing import suggest


def said(title: str, brand: str = "") -> list[float]:
    out = figures({"title": title, "brand": brand})[-COUNT:].tolist()
    return [float(value) for value in out]


def test_a_line_is_found_by_its_longest_name_and_by_the_start_of_its_model_code() -> None:
    (found,) = lines_in(tuple(words("GoPro Hero")))
    assert found[:2] == (0, 2)
    (camera,) = lines_in(tuple(words("powershot sd1200is")))
    assert camera[:2] == (0, 2)
    assert lines_in(("powershot", "sdx")) == [], "letters alone are no model code"


def test_a_dearer_line_of_the_same_maker_is_known_as_dearer() -> None:
    assert said("macbook pro 16")[0] > said("macbook air")[0] > said("ipod shuffle")[0]
    assert said("garden gnome")[:2] == [UNKNOWN, 0.0]


def test_what_a_good_is_for_is_not_what_it_is() -> None:
    case = said("leather case for iphone")
    assert case[1] == 0.0
    assert case[3] > math.log(300), "the host is still told"
    assert said("iphone case")[2] == 1.0, "a cheap kind behind the line is a thing for it"


def test_more_of_an_amount_costs_more_and_a_kind_without_one_is_usual() -> None:
    small, usual, large = (said(f"{size}flash drive")[4] for size in ("2gb ", "", "64gb "))
    assert small < usual < large
    assert said("900000gb flash drive")[4] == said("90000gb flash drive")[4], "nobody sells that"


def kind_price(title: str) -> float:
    return float(figures({"title": title})[-COUNT - RULE_COUNT])


def test_the_words_of_a_kind_may_stand_anywhere_and_the_most_exact_kind_counts() -> None:
    tokens = tuple(words("cable black 6 ft hdmi gold to dvi"))
    names = [rule.name for rule in rules_in(tokens, len(tokens))]
    assert names[0] == "hdmi dvi cable"
    assert "hdmi cable" not in names, "the more exact one holds it"
    assert kind_price("rolling black nylon laptop case") > kind_price("black nylon laptop sleeve")
    assert rule_terms({"title": "garden gnome"}) == {}


def test_a_kind_whose_words_stand_anywhere_goes_with_its_amount_too() -> None:
    assert kind_price("cat6 50 ft blue patch cable") > kind_price("cat6 3 ft blue patch cable")
    assert kind_price("switch with 24 ports gigabit smart") > kind_price("switch with 8 ports gigabit smart")


def test_what_a_good_is_for_names_its_kind_only_if_nothing_before_does() -> None:
    assert kind_price("laptop sleeve for tablet android") == kind_price("laptop sleeve")
    assert kind_price("thing for tablet android") == kind_price("tablet android")


def test_amounts_are_read_however_they_are_written() -> None:
    def pack(title: str) -> float:
        return float(figures({"title": title})[UNITS.index("pack")])

    assert pack("batteries pack of 12") == pack("batteries 12 pack") == pytest.approx(math.log1p(12))
    assert figures({"title": "tv 42 inches"})[UNITS.index("inch")] == pytest.approx(math.log1p(42))
    assert figures({"title": "sfp 10gbps"})[UNITS.index("mbps")] == pytest.approx(math.log1p(10_000))


def test_the_brand_field_tells_the_maker_before_the_title_does() -> None:
    assert said("thing", "Dyson")[8] > said("thing", "Sharpie")[8]
    assert said("sharpie thing", "Dyson")[8] == said("thing", "Dyson")[8]
    assert said("thing", "unheard of")[8:] == [UNKNOWN, 0.0]


def test_lines_of_one_name_and_price_are_one_term() -> None:
    assert line_terms({"title": "easyshare c140"}) == line_terms({"title": "easyshare c180"}) != {}


def test_every_row_of_the_list_names_something_at_a_price() -> None:
    for row in data_lines("product_prices.txt"):
        head, _, names = row.partition(":")
        price, _, rule = head.removeprefix("makers ").removeprefix("words ").partition("@")
        assert float(price) > 0, row[:60]
        assert all(name.strip() for name in names.split(",")), row[:60]
        if rule:
            amount, unit, sign, power = rule.split()
            assert unit in UNITS, row[:60]
            assert (float(amount) > 0, sign, abs(float(power)) <= 2) == (True, "^", True), row[:60]


@given(st.text(max_size=120), st.text(max_size=30))
@settings(max_examples=60, deadline=None)
def test_the_figures_of_any_title_are_finite(title: str, brand: str) -> None:
    assert np.isfinite(figures({"title": title, "brand": brand})).all()
    tokens = tuple(words(title))
    assert all(start + size <= len(tokens) for start, size, _ in [*lines_in(tokens), *scaled_in(tokens)])


def test_knowledge_of_lines_tells_apart_what_few_comparables_do_not() -> None:
    known = tuple(
        {"title": title, "price": price}
        for title, price in (("ipod shuffle", 50.0), ("ipod nano", 140.0), ("macbook air", 1000.0), ("imac", 1400.0))
    )
    assert suggest({"title": "macbook pro"}, known).mid > 1.5 * suggest({"title": "sansa clip"}, known).mid


# ---------------------------------------------------------------- likeness and the boosted trees


def test_the_likeness_among_records_is_that_to_each() -> None:
    rows: list[list[dict[str, float]]] = [
        [{"mug": 1.0, "blue": 1.0}],
        [{"mug": 2.0}],
        [{}],
        [{"cup": 1.0, "blue": 3.0}],
    ]
    likeness = Likeness(rows, [0.8])
    assert np.allclose(likeness.among(), [likeness.to(row) for row in rows])


def test_boosted_trees_find_a_threshold_and_leave_an_outlier_alone() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(300, 4))
    wanted = np.where(x[:, 1] > 0.5, 1.0, -1.0)
    wanted[0] = 40.0
    trees = Boosted(x, wanted)
    assert trees.predict(np.array([0.0, 2.0, 0.0, 0.0])) == pytest.approx(1.0, abs=0.3)
    assert trees.predict(np.array([0.0, -2.0, 0.0, 0.0])) == pytest.approx(-1.0, abs=0.3)


def test_boosted_trees_without_anything_to_learn_correct_nothing() -> None:
    assert Boosted(np.zeros((60, 2)), np.zeros(60)).predict(np.zeros(2)) == 0.0
