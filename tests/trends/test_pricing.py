"""The price range: right currency, ordered ends, near what alike things cost, wider with less to go on."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trendctl.trends import _price_model
from trendctl.trends._price_grades import grades
from trendctl.trends._price_likeness import Likeness
from trendctl.trends._price_point import densest, middle, point
from trendctl.trends._price_text import amount_terms
from trendctl.trends._price_trees import Forest
from trendctl.trends.pricing import Comparable, PriceRange, price_range, suggest

MUGS = tuple(
    Comparable(f"blue ceramic mug {i}", 1500 + 40 * i, "EUR", "ebay", age_days=float(i), sold=i % 2 == 0)
    for i in range(8)
)
PHONES = tuple(Comparable(f"smartphone 128gb model {i}", 40000 + 900 * i, "EUR", "ebay") for i in range(8))


def got(comparables: tuple[Comparable, ...], title: str = "blue ceramic mug", currency: str = "EUR") -> PriceRange:
    result = price_range(comparables, title, currency)
    assert result is not None
    return result


def records(seed: int = 3, count: int = 260) -> tuple[dict[str, object], ...]:
    rng = np.random.default_rng(seed)
    kinds = {"mug": 12.0, "headphones": 60.0, "office chair": 150.0, "laptop": 700.0}
    rows = []
    for _ in range(count):
        kind = str(rng.choice(list(kinds)))
        tier = str(rng.choice(["basic", "deluxe"]))
        price = kinds[kind] * (2.0 if tier == "deluxe" else 1.0) * float(np.exp(rng.normal() * 0.15))
        rows.append({"title": f"{tier} {kind} {rng.integers(1000)}", "category": kind, "price": price})
    return tuple(rows)


def test_the_range_is_near_what_alike_things_cost() -> None:
    result = got(MUGS)
    assert 1300 < result.mid < 2000
    assert result.low < result.mid < result.high


def test_the_most_alike_comparables_decide() -> None:
    both = MUGS + PHONES
    assert got(both).high < 10000
    assert got(both, "smartphone 128gb").low > 10000


def test_another_currency_is_never_mixed_in() -> None:
    foreign = tuple(replace(c, currency="JPY", amount_minor=c.amount_minor * 100) for c in MUGS)
    mixed = got(MUGS + foreign)
    alone = got(MUGS)
    assert (mixed.low, mixed.mid, mixed.high, mixed.n) == (alone.low, alone.mid, alone.high, alone.n)
    assert "8 in another currency" in mixed.how


def test_no_comparable_in_the_currency_gives_none() -> None:
    assert price_range(MUGS, "blue ceramic mug", "USD") is None
    assert price_range((), "blue ceramic mug", "EUR") is None
    assert price_range((replace(MUGS[0], amount_minor=0),), "blue ceramic mug", "EUR") is None


def test_currency_is_the_code_in_capitals() -> None:
    assert got(MUGS, currency=" eur ").currency == "EUR"


def test_fewer_comparables_give_a_wider_range_and_less_confidence() -> None:
    few, many = got(MUGS[:1]), got(MUGS)
    assert few.high / few.low > many.high / many.low
    assert 0 < few.confidence < many.confidence < 1


def test_a_sold_price_counts_more_than_an_asked_one() -> None:
    sold_low = (replace(MUGS[0], amount_minor=1000, sold=True), replace(MUGS[0], amount_minor=4000, sold=False))
    sold_high = (replace(MUGS[0], amount_minor=1000, sold=False), replace(MUGS[0], amount_minor=4000, sold=True))
    assert got(sold_low).mid < got(sold_high).mid


def test_a_new_price_counts_more_than_an_old_one() -> None:
    cheap_new = (replace(MUGS[0], amount_minor=1000, age_days=0), replace(MUGS[0], amount_minor=4000, age_days=900))
    cheap_old = (replace(MUGS[0], amount_minor=1000, age_days=900), replace(MUGS[0], amount_minor=4000, age_days=0))
    assert got(cheap_new).mid < got(cheap_old).mid


def test_how_says_what_the_range_rests_on() -> None:
    assert got(MUGS).how == "8 comparables in EUR, 4 sold and 4 asking"
    assert "none is much like it" in got(PHONES, "garden gnome").how


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.builds(
            Comparable,
            title=st.text(max_size=20),
            amount_minor=st.integers(-5, 10**9),
            currency=st.sampled_from(["EUR", "usd", "JPY"]),
            age_days=st.floats(allow_nan=True, allow_infinity=True),
            sold=st.booleans(),
        ),
        max_size=6,
    ),
    st.text(max_size=20),
    st.randoms(use_true_random=False),
)
def test_any_comparables_give_ordered_integers_whatever_their_order(
    items: list[Comparable], title: str, rng: object
) -> None:
    result = price_range(items, title, "EUR")
    usable = [c for c in items if c.currency == "EUR" and c.amount_minor > 0]
    assert (result is None) == (not usable)
    if result is None:
        return
    assert all(isinstance(v, int) for v in (result.low, result.mid, result.high))
    assert 1 <= result.low <= result.mid <= result.high
    assert 0 < result.confidence <= 1
    rng.shuffle(items)  # type: ignore[attr-defined] # a random.Random
    again = price_range(items, title, "EUR")
    assert again is not None
    assert math.isclose(again.mid, result.mid, rel_tol=1e-3, abs_tol=1)


def test_suggest_learns_kinds_and_tiers_from_many_comparables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_price_model, "FOREST_FROM", 100)
    known = records()
    cheap = suggest({"title": "basic mug 77", "category": "mug"}, known)
    dear = suggest({"title": "deluxe laptop 9", "category": "laptop"}, known)
    assert cheap.low <= 12 <= cheap.high
    assert dear.low <= 1400 <= dear.high
    assert cheap.n == len(known)


def test_suggest_is_the_same_each_time_and_for_a_list() -> None:
    known = records(count=40)
    asked = {"title": "deluxe headphones"}
    assert suggest(asked, known) == suggest(asked, known) == suggest(asked, list(known))


def test_a_changed_list_of_comparables_is_seen() -> None:
    known = list(records(count=40))
    before = suggest({"title": "basic mug"}, known)
    for row in known:
        row["price"] = float(str(row["price"])) * 10
    assert suggest({"title": "basic mug"}, known).mid > 4 * before.mid


@pytest.mark.parametrize(
    "broken", [[], [{"title": "mug"}], [{"title": "mug", "price": "?"}], [{"title": "m", "price": -1}]]
)
def test_comparables_without_a_price_are_an_error(broken: list[dict[str, object]]) -> None:
    with pytest.raises(ValueError, match="positive price"):
        suggest({"title": "mug"}, broken)


def test_an_amount_between_the_known_ones_is_no_error() -> None:
    alone = (Comparable("8 port switch", 2000, "EUR"),)
    assert got(alone, "10 port switch").mid > 0


def test_missing_fields_are_no_error() -> None:
    assert suggest({"title": None}, [{"title": "mug", "price": 5.0}, {"price": 7.0}]).mid > 0


# ---------------------------------------------------------------- what a title says of the grade


def test_a_dearer_maker_and_words_of_praise_raise_the_grade() -> None:
    assert grades("office chair", "Herman Miller")[0] > grades("office chair", "unheard of")[0]
    assert grades("office chair", "")[0] == 0
    assert grades("Bose quiet headphones", "")[0] > 0, "the title names the maker where no field does"
    praise, doubt = grades("professional deluxe laser printer", "")[1:3], grades("refurbished mini printer", "")[1:3]
    assert praise[0] > 0 == praise[1]
    assert doubt[0] == 0 > doubt[1]


def test_an_everyday_word_names_a_maker_only_in_its_field() -> None:
    assert grades("solo travel mug", "")[0] == 0
    assert grades("travel mug", "Solo")[0] < 0


@given(st.text(max_size=200), st.text(max_size=30))
@settings(max_examples=60)
def test_a_grade_is_bounded_whatever_the_title(title: str, brand: str) -> None:
    maker, praise, doubt, most = grades(title, brand)
    assert -2 <= maker <= 2
    assert 0 <= praise <= 4
    assert -3 <= doubt <= 0
    assert 0 <= most <= 2


def test_sizes_and_counts_are_read_as_amounts() -> None:
    terms = amount_terms({"title": "whiteboard 48 x 72 in, carton of 12 ctn, 2 drawer, 8 ch"})
    assert {name.partition(":")[0] for name in terms} >= {"area", "count", "drawer", "channel"}
    assert amount_terms({"title": "0 x 5 mat, 9" + "9" * 40 + " x 2"}) == {}


# ---------------------------------------------------------------- the spread of likely prices and its point


def test_a_word_that_one_of_many_comparables_has_tells_it() -> None:
    rows = [[{"mug": 1.0, f"style{n % 7}": 1.0}] for n in range(80)]
    rows[9] = [{"mug": 1.0, "teapot": 1.0}]
    likeness = Likeness(rows, [1.0]).to([{"teapot": 1.0, "unheard": 1.0}])
    assert int(likeness.argmax()) == 9
    assert np.count_nonzero(likeness) == 1


def test_the_weights_of_a_forest_are_shares_of_alike_rows() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(120, 3))
    y = np.where(x[:, 0] > 0, 5.0, 2.0) + rng.normal(size=120) * 0.05
    weights = Forest(x, y).weights(np.array([1.5, 0.0, 0.0]))
    assert weights.shape == (120,)
    assert weights.min() >= 0
    assert math.isclose(weights.sum(), 1.0, rel_tol=1e-9)
    assert weights[x[:, 0] > 0].sum() > 0.9


def test_a_forest_that_cannot_split_gives_all_rows_the_same_share() -> None:
    assert np.allclose(Forest(np.zeros((10, 2)), np.arange(10.0)).weights(np.zeros(2)), 0.1)


def test_the_middle_is_the_weighted_median() -> None:
    assert middle(np.array([9.0, 1.0, 2.0]), np.array([0.3, 0.3, 0.4])) == 2.0
    assert middle(np.array([9.0, 1.0, 2.0]), np.array([0.6, 0.2, 0.2])) == 9.0


def test_a_tail_of_dear_ones_does_not_pull_the_price_from_where_most_are() -> None:
    y = np.log1p(np.array([20.0] * 6 + [60.0, 90.0, 200.0, 400.0]))
    weights = np.full(10, 0.1)
    assert densest(y, weights, float(y.mean()), 1.0) < np.log1p(25.0)
    assert point(y, weights, float(y.mean()), 2.0) < float(y.mean())


@settings(max_examples=40)
@given(st.lists(st.floats(-1e-3, 14), min_size=1, max_size=12), st.floats(0.0, 14), st.floats(0.3, 4))
def test_the_point_is_finite_and_near_the_middle_whatever_the_prices(
    logs: list[float], process: float, deviation: float
) -> None:
    y = np.array(logs)
    value = point(y, np.full(len(y), 1 / len(y)), process, deviation)
    low, high = min(process, y.min()), max(process, y.max())
    assert low - 1 < value < high + 1
