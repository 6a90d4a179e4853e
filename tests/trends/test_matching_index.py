"""The pieces of an index on disk: keys, fingerprints, the best known product, and a person's merges and splits."""

import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trendctl.trends import matching

TITLE = "Stanley Quencher H2.0 40oz"
RESPELLED = "STANLEY The Quencher H2.0 FlowState Tumbler 40 oz"


def test_keys_are_the_same_in_every_run_and_fit_an_sqlite_integer() -> None:
    found = matching.keys(TITLE)
    assert found == matching.keys("40 OZ quencher, H2.0 (stanley)")
    assert 1 <= len(found) <= 9
    assert all(0 <= key < 2**63 for key in found)
    assert matching.keys("samsung RS68N8670S9") == (3955953382570509022, 5326261482880548545)


def test_an_sqlite_index_finds_the_respelled_title_by_its_keys() -> None:
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE key (key INTEGER, product INTEGER, PRIMARY KEY (key, product)) WITHOUT ROWID")
    known = {1: TITLE, 2: "Crocs Classic Clog", 3: "Sony WH-1000XM5"}
    db.executemany(
        "INSERT INTO key VALUES (?, ?)", [(k, i) for i, title in known.items() for k in matching.keys(title)]
    )
    marks = matching.keys(RESPELLED)
    rows = db.execute(f"SELECT DISTINCT product FROM key WHERE key IN ({','.join('?' * len(marks))})", marks).fetchall()
    db.close()
    assert [i for (i,) in rows] == [1]
    found = matching.best_match(RESPELLED, [(i, known[i]) for (i,) in rows])
    assert found is not None
    assert found[0] == 1


@pytest.mark.parametrize("title", ["", "   ", "!!!", "the of and"])
def test_a_title_without_a_telling_word_has_no_keys(title: str) -> None:
    assert matching.keys(title) == ()
    assert matching.best_match(title, [(1, TITLE)]) is None


def test_two_spellings_of_a_model_number_share_a_key() -> None:
    assert set(matching.keys("Sony WH-1000XM5")) & set(matching.keys("headphones wh1000xm5 from sony in black"))


def test_fingerprint_ignores_order_case_width_and_punctuation_only() -> None:
    assert matching.fingerprint(TITLE) == matching.fingerprint("４０ oz, QUENCHER h2.0 - Stanley!")
    assert matching.fingerprint(TITLE) != matching.fingerprint("Stanley Quencher H2.0 30oz")


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=100))
def test_fingerprint_and_keys_take_any_text(title: str) -> None:
    assert 0 <= matching.fingerprint(title) < 2**63
    assert len(matching.keys(title)) <= 9
    assert matching.fingerprint(title) == matching.fingerprint(f"  {title} ")


def test_best_match_takes_the_likelier_of_two() -> None:
    options = [(1, "Sony WH-1000XM4 headphones"), (2, "Sony WH-1000XM5 headphones"), (3, "Sony headphones")]
    found = matching.best_match("sony wh1000xm5 wireless headphones", options)
    assert found is not None
    assert found[0] == 2
    assert 0.5 <= found[1] <= 1.0


def test_best_match_finds_the_equal_title_among_many_that_say_more() -> None:
    options = [(n, f"Stanley Quencher H2.0 40oz number{n}") for n in range(30)]
    found = matching.best_match(TITLE, [*options, (99, "40 oz stanley quencher H2.0")])
    assert found is not None
    assert found[0] == 99
    assert found[1] >= 0.99


def test_best_match_of_no_candidates_is_none() -> None:
    assert matching.best_match(TITLE, []) is None


def test_a_price_eight_times_off_is_another_product() -> None:
    option = [(1, "Dyson Airwrap multi styler")]
    assert matching.best_match("Dyson Airwrap Multi-Styler", option, price=450.0, prices={1: 480.0}) is not None
    assert matching.best_match("Dyson Airwrap Multi-Styler", option, price=20.0, prices={1: 480.0}) is None
    assert matching.best_match("Dyson Airwrap Multi-Styler", option, price=20.0) is not None


def test_best_matches_answers_each_title_in_its_place() -> None:
    options = [(1, TITLE), (2, "Crocs Classic Clog")]
    found = matching.best_matches([RESPELLED, "LEGO Orchid 10311", "crocs classic clog"], [options, options, options])
    assert [hit and hit[0] for hit in found] == [1, None, 2]


def test_a_persons_split_is_remembered_by_best_match() -> None:
    split = (matching.fingerprint(RESPELLED), 1)
    assert matching.best_match(RESPELLED, [(1, TITLE)], cannot_link=[split]) is None
    found = matching.best_match(RESPELLED, [(1, TITLE), (2, RESPELLED)], cannot_link=[split])
    assert found is not None
    assert found[0] == 2


def test_a_persons_merge_is_remembered_by_best_match_without_a_candidate() -> None:
    merge = (matching.fingerprint("big steel cup"), 9)
    assert matching.best_match("Big STEEL cup", [(1, TITLE)], must_link=[merge]) == (9, 1.0)


def test_a_persons_merge_is_kept_by_group() -> None:
    assert matching.group([TITLE, "big steel cup", RESPELLED], must_link=[(0, 1)]) == [0, 0, 0]


def test_a_persons_split_is_kept_by_group_even_between_equal_titles() -> None:
    assert matching.group([TITLE, TITLE], cannot_link=[(0, 1)]) == [0, 1]
    labels = matching.group([TITLE, RESPELLED, TITLE], cannot_link=[(0, 1)])
    assert labels[0] != labels[1]


def test_contradicting_merges_and_splits_are_refused() -> None:
    with pytest.raises(ValueError, match="different products"):
        matching.group(["a b", "c d", "e f"], must_link=[(0, 1), (1, 2)], cannot_link=[(0, 2)])


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from([TITLE, RESPELLED, "Stanley cup", "Crocs Classic Clog"]), min_size=4, max_size=9),
    st.data(),
)
def test_splits_hold_whatever_else_is_grouped(titles: list[str], data: st.DataObject) -> None:
    place = st.integers(0, len(titles) - 1)
    pairs = data.draw(st.lists(st.tuples(place, place).filter(lambda p: p[0] != p[1]), max_size=4))
    labels = matching.group(titles, cannot_link=pairs)
    assert all(labels[i] != labels[j] for i, j in pairs)
