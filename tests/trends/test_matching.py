"""Same product or not: pair scores, linking, clustering and grouping."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trendctl.trends import matching
from trendctl.trends.pair_model import SHIFT, prior_shift

SAME = [
    ("Stanley Quencher H2.0 40oz", "STANLEY The Quencher H2.0 FlowState Tumbler 40 oz"),
    ("Sony WH-1000XM5 Wireless Headphones", "Sony WH1000XM5 noise cancelling headphones black"),
    ("Owala FreeSip 24 oz water bottle", "Owala FreeSip Insulated Water Bottle, 24-Ounce"),
    ("Apple iPhone 15 128GB Blue", "iPhone 15 blue 128 gb by Apple"),
    ("SONY カメラ α7 IV", "ＳＯＮＹ　カメラ α7 IV"),
    ("Energizer AA Batteries 2-Pack", "ENERGIZER AA batteries, pack of 2"),
]
DIFFERENT = [
    ("iPhone 15", "case for iPhone 15"),
    ("Apple iPhone 15 128GB Black", "Silicone case for Apple iPhone 15 black"),
    ("Apple iPhone 15 128GB", "Apple iPhone 15 256GB"),
    ("Energizer AA batteries 2-pack", "Energizer AA batteries"),
    ("Energizer AA batteries 2-pack", "Energizer AA batteries 4-pack"),
    ("LEGO Icons Orchid 10311", "LEGO Icons Orchid 10312"),
    ("Bosch dishwasher SMS24AW01G white", "Bosch dishwasher SPS25CW07G white"),
    ("Stanley Quencher H2.0 40oz", "Stanley Quencher H2.0 30oz"),
    ("Crocs Classic Clog", "UGG Tasman Slipper"),
]
ANOTHER_WORD = [
    ("Cricut Maker 3", "Cricut Explore 3"),
    ("Stanley Quencher 40oz", "Stanley IceFlow 40oz"),
    ("Logitech MX Master 3S", "Logitech MX Anywhere 3S"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_another_spelling_is_the_same_product(one: str, other: str) -> None:
    labels = matching.group([one, other])
    assert labels == [0, 0]
    found = matching.best_match(one, [(7, "Crocs Classic Clog"), (8, other)])
    assert found is not None
    assert found[0] == 8


@pytest.mark.parametrize(("one", "other"), DIFFERENT + ANOTHER_WORD)
def test_another_fact_is_another_product(one: str, other: str) -> None:
    assert matching.group([one, other]) == [0, 1]
    assert matching.best_match(one, [(8, other)]) is None
    assert matching.best_match(other, [(8, one)]) is None


@pytest.mark.parametrize(("one", "other"), DIFFERENT[:4] + DIFFERENT[7:])
def test_match_scores_of_another_product_stay_below_the_threshold(one: str, other: str) -> None:
    (score,) = matching.match_scores([({"title": one}, {"title": other})])
    assert score < matching.MATCH_THRESHOLD


def test_match_scores_of_the_same_product_reach_the_threshold() -> None:
    scores = matching.match_scores([({"title": one}, {"title": other}) for one, other in SAME])
    assert min(scores) >= matching.MATCH_THRESHOLD


def test_a_record_beside_itself_is_the_same_product() -> None:
    (score,) = matching.match_scores([({"title": "labubu doll"}, {"title": "labubu doll"})])
    assert score > 0.99


def test_a_model_number_in_its_own_field_counts_as_one_in_the_title() -> None:
    left = {"title": "Kensington wireless mouse", "model": "k72370us"}
    same, other = {"title": "Kensington mouse K72370US"}, {"title": "Kensington mouse K64325"}
    near, far = (matching.match_scores([(left, right)])[0] for right in (same, other))
    assert far < matching.MATCH_THRESHOLD < near


def test_a_large_batch_moves_its_scores_towards_the_share_it_implies_and_a_small_one_hardly() -> None:
    likely, unlikely = np.full(20_000, 1.0), np.full(20_000, -5.0)
    assert prior_shift(likely, 0.06) == pytest.approx(SHIFT)
    assert -SHIFT <= prior_shift(unlikely, 0.06) < -0.5
    assert abs(prior_shift(likely[:1], 0.06)) < 0.1
    assert prior_shift(np.zeros(0), 0.06) == pytest.approx(0.0)


def test_match_scores_are_symmetric_and_repeatable() -> None:
    pairs = [({"title": a, "price": 20.0, "brand": "sony"}, {"title": b, "price": 25.0}) for a, b in SAME + DIFFERENT]
    scores = matching.match_scores(pairs)
    assert scores == matching.match_scores([(b, a) for a, b in pairs])
    assert scores == matching.match_scores(pairs)
    assert all(0.0 <= score <= 1.0 for score in scores)


def test_match_scores_of_nothing_is_nothing() -> None:
    assert matching.match_scores([]) == []


def test_link_gives_each_record_one_partner_at_most() -> None:
    left = [{"title": one} for one, _ in SAME] + [{"title": "Crocs Classic Clog"}]
    right = [{"title": other} for _, other in reversed(SAME)] + [{"title": SAME[0][1]}]
    links = matching.link(left, right)
    assert {(i, j) for i, j, _ in links} >= {(1, 4), (2, 3), (3, 2)}
    assert len({i for i, _, _ in links}) == len({j for _, j, _ in links}) == len(links)
    assert all(0.0 <= score <= 1.0 for _, _, score in links)
    assert links == matching.link(left, right)


@pytest.mark.parametrize(("left", "right"), [([], []), ([{"title": "a"}], []), ([], [{"title": "a"}]), ([{}], [{}])])
def test_link_of_empty_tables_has_no_links(left: list[dict[str, str]], right: list[dict[str, str]]) -> None:
    assert matching.link(left, right) == []


def test_cluster_numbers_products_in_the_order_they_appear() -> None:
    titles = [
        "samsung rs68n8670s9 american fridge freezer", "bosch sms24aw01g dishwasher white 60cm",
        "samsung rs68n8670s9 side by side fridge freezer grey", "bosch sms24aw01g 12 place dishwasher",
        "lg 49lk5100pla 49 full hd led tv",
    ]  # fmt: skip
    assert matching.cluster([{"title": t} for t in titles]) == [0, 1, 0, 1, 2]
    assert matching.cluster([]) == []


def test_a_brand_field_counts_as_part_of_the_title() -> None:
    records = [{"title": "WH-1000XM5 headphones", "brand": "Sony"}, {"title": "Sony WH-1000XM5 headphones"}]
    assert matching.cluster(records) == [0, 0]


def test_group_does_not_join_a_chain_of_capacities() -> None:
    titles = [f"Samsung Galaxy S24 {size}GB phone" for size in (128, 256, 512)]
    assert matching.group(titles) == [0, 1, 2]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=12))
def test_group_takes_any_text_and_labels_each_title(titles: list[str]) -> None:
    labels = matching.group(titles)
    assert len(labels) == len(titles)
    assert set(labels) == set(range(len(set(labels))))
    assert matching.group(titles) == labels


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=80), st.text(max_size=80))
def test_any_two_texts_have_one_score_in_both_directions(one: str, other: str) -> None:
    pair = ({"title": one}, {"title": other})
    assert matching.match_scores([pair]) == matching.match_scores([pair[::-1]])
    matching.best_match(one, [(1, other)])


def test_a_title_of_ten_thousand_characters_is_cut_not_refused() -> None:
    long = "Stanley Quencher H2.0 40oz " * 400
    assert matching.keys(long) == matching.keys(long + "x" * 10_000)
    assert matching.group([long, "a" * 10_000, ""]) == [0, 1, 2]


def test_a_record_without_any_field_is_scored() -> None:
    (score,) = matching.match_scores([({}, {"title": None, "price": "unknown"})])
    assert 0.0 <= score <= 1.0
