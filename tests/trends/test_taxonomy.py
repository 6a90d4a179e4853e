"""What is a good and what kind: behaviour on titles of many kinds, and figures on the labelled data if it is there."""

import gzip
import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trendctl.trends._google import google_table
from trendctl.trends._lexicon import data_lines, lexicon
from trendctl.trends._words import words
from trendctl.trends.taxonomy import (
    SELLABLE_THRESHOLD,
    category_scores,
    classify,
    google_category,
    google_under,
    sellable,
)

SHOP = ["Kitchen", "Shoes", "Phones", "Toys", "Pet supplies"]
TOPS = tuple(google_table().tops)


@pytest.mark.parametrize(
    "title",
    [
        "Lego Millennium Falcon 75192",
        "Stanley Quencher 40 oz tumbler",
        "cat water fountain",
        "Sony WH-1000XM6 headphones $399",
        "Rubik's_Cube",
        "Makita 18V drill, bare tool, $89",
        "Atomic Habits (hardcover book)",
        "The Lord of the Rings 4K Steelbook $24.99",
        "wool socks, 6 pairs",
    ],
)
def test_a_named_good_is_sellable(title: str) -> None:
    assert sellable(title) >= SELLABLE_THRESHOLD


@pytest.mark.parametrize(
    "title",
    [
        "Keanu Reeves",
        "emma watson",
        "chiefs vs bills",
        "Stranger_Things_season_5",
        "Netflix raises prices again",
        "NordVPN two-year plan",
        "Hilton hotels: third night free",
        "nike",
        "tesla earnings call",
        "chicken soup recipe",
        "hurricane path",
        "Ask HN: Who is hiring?",
        "Coachella tickets",
        "My landlord ignores me, what can I do?",
    ],
)
def test_people_news_events_and_services_are_not_sellable(title: str) -> None:
    assert sellable(title) < SELLABLE_THRESHOLD


@pytest.mark.parametrize(
    "title",
    ["Apple gift card $100", "Ozempic pen 1 mg", "Recall: Cosori air fryer may overheat, stop using it"],
)
def test_what_must_not_be_listed_is_far_from_sellable(title: str) -> None:
    assert sellable(title) < 0.2


def test_the_toy_of_a_film_is_sellable_and_the_film_is_not() -> None:
    assert sellable("zootopia plush toy") >= SELLABLE_THRESHOLD > sellable("zootopia box office")


def test_a_brand_alone_is_not_the_good_of_the_brand() -> None:
    assert sellable("hoka running shoes") > sellable("hoka")


def test_unknown_words_give_a_low_but_not_a_certain_answer() -> None:
    assert 0.001 < sellable("blorptang vexil") < SELLABLE_THRESHOLD
    assert sellable("") == 0.0


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=200))
def test_any_text_gets_a_probability_and_a_category(text: str) -> None:
    assert 0 <= sellable(text) <= 1
    assert classify(text, SHOP) in SHOP
    found = google_category(text)
    assert found is None or (found[0] in google_table().paths and 0 < found[2] <= 1)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(max_size=30), min_size=1, max_size=6))
def test_any_category_names_are_accepted(names: list[str]) -> None:
    assert classify("red running shoes size 9", names) in names


def test_no_category_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one"):
        classify("mug", [])


@pytest.mark.parametrize(
    ("title", "category"),
    [
        ("cast iron skillet 12 inch", "Kitchen"),
        ("trail runners size 10", "Shoes"),
        ("iphone 15 128gb unlocked", "Phones"),
        ("teddy bear", "Toys"),
        ("dog leash", "Pet supplies"),
    ],
)
def test_a_shops_own_categories_need_no_training(title: str, category: str) -> None:
    assert classify(title, SHOP) == category


@pytest.mark.parametrize(
    ("names", "title", "expected"),
    [
        (["Plate washers", "Clothes washers"], "bosch 12 place settings dishwasher", "Plate washers"),
        (["Plate washers", "Clothes washers"], "washing machine 1400 spin 8kg", "Clothes washers"),
        (["Handheld telephones", "Flat screen sets"], "samsung galaxy smartphone dual sim", "Handheld telephones"),
        (["Handheld telephones", "Flat screen sets"], "55 inch oled tv", "Flat screen sets"),
        (["Deep-freeze units", "Food chillers"], "chest freezer 200 litre", "Deep-freeze units"),
    ],
)
def test_other_words_for_a_class_mean_the_same_class(names: list[str], title: str, expected: str) -> None:
    assert classify(title, names) == expected


def test_what_a_good_is_for_is_not_what_it_is() -> None:
    names = ["Phones", "Phone cases"]
    assert classify("leather case for iphone 15", names) == "Phone cases"


def test_category_scores_add_up_to_one_or_nothing() -> None:
    assert sum(category_scores("running shoes", SHOP).values()) == pytest.approx(1.0)
    assert sum(category_scores("qwxz", SHOP).values()) == 0.0


@pytest.mark.parametrize(
    ("title", "number"),
    [
        ("washing machine 8kg 1400 spin", 2549),
        ("noise cancelling headphones", 543626),
        ("dog leash", 6249),
        ("moka pot", 536),
        ("jigsaw puzzle 1000 pieces", 1239),
    ],
)
def test_google_category_is_as_deep_as_the_ids_go(title: str, number: int) -> None:
    found = google_category(title)
    assert found is not None
    assert (found[0], found[1]) == (number, google_table().paths[number])


def test_hints_decide_only_where_the_title_does_not() -> None:
    assert google_category("Zorbly Max") is None
    by_hint = google_category("Zorbly Max", hints=["Headphones"])
    assert by_hint is not None
    assert by_hint[0] == 543626
    by_title = google_category("dog leash", hints=["Headphones"])
    assert by_title is not None
    assert by_title[0] == 6249


def test_google_under_goes_only_as_deep_as_most_titles_agree() -> None:
    top = "Animals & Pet Supplies"
    assert google_under(["cat tree"], top)[1].endswith("> Cat Furniture")
    shared = google_under(["cat tree", "cat bed", "cat litter", "cat bed for kittens"], top)
    assert google_table().paths[shared[0]] == shared[1]
    assert not shared[1].endswith("> Cat Furniture")
    assert google_under(["cat tree", "Zorbly Max"], top)[1].endswith("> Cat Furniture")


@given(st.lists(st.text(max_size=40), max_size=4), st.sampled_from(TOPS))
@settings(max_examples=40)
def test_google_under_stays_under_its_top_level_whatever_the_titles(titles: list[str], top: str) -> None:
    number, path = google_under(titles, top)
    assert google_table().paths[number] == path
    assert f"{path} > ".startswith(f"{top} > ")


def test_every_google_path_starts_with_a_top_level() -> None:
    table = google_table()
    assert len(table.tops) == 21
    assert all(path.split(" > ")[0] in table.tops for path in table.paths.values())


def test_every_kind_in_the_google_table_is_a_noun_of_the_lexicon_under_the_same_top_level() -> None:
    table, book = google_table(), lexicon()
    for kind, number in table.kinds.items():
        concepts = [e.concepts[0] for e in book.index.get(kind, ()) if e.kind == "noun"]
        tops = {book.top_terms[book.concepts[c].top][0] for c in concepts}
        assert table.paths[number].split(" > ")[0] in tops, kind


def test_the_lists_hold_no_empty_lines_of_terms() -> None:
    for name in ("brands.txt", "cues.txt", "typical_prices.txt"):
        assert all(line.partition(":")[2].strip() for line in data_lines(name)), name


def test_words_are_the_same_for_list_and_title() -> None:
    assert words("Women's Running Shoes") == words("womens running shoe")
    assert words("#PocketReform") == ["pocket", "reform"]
    assert words("Ugg_boots") == ["ugg", "boot"]


def _script(name: str) -> ModuleType:
    path = Path(__file__).resolve().parents[1] / "benchmarks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_shipped_model_is_right_about_most_of_our_own_titles() -> None:
    titles = _script("fit_taxonomy").read_own()
    right = sum((sellable(title) >= SELLABLE_THRESHOLD) == bool(label) for label, title in titles)
    assert right / len(titles) > 0.93


@pytest.mark.shared
def test_google_top_levels_of_the_labelled_titles(shared: Path) -> None:
    with gzip.open(shared / "quality" / "data" / "d1_titles.json.gz", "rt", encoding="utf-8") as file:
        rows = [t for t in json.load(file)["titles"] if t["sellable"] and t["category"]]
    right = sum(classify(t["title"], TOPS) in (t["category"], *t["also"]) for t in rows)
    assert right / len(rows) > 0.85
