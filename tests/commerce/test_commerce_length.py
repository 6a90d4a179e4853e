"""Lengths in each unit, clusters, and cutting to a limit."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trendctl.commerce.graphemes import clusters
from trendctl.commerce.length import UNITS, cut, measure

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
WAVE = "\U0001f44b\U0001f3fd"
FLAG = "\U0001f1e9\U0001f1ea"
HEART = "\u2764\ufe0f"
KEYCAP = "1\ufe0f\u20e3"
E_ACUTE = "e\u0301"
ZALGO = "a" + "\u0301" * 9
PIECES = [
    "a",
    "word",
    " ",
    "  ",
    "\n",
    "\r\n",
    ",",
    "漢",
    E_ACUTE,
    ZALGO,
    FAMILY,
    WAVE,
    FLAG,
    HEART,
    KEYCAP,
    "각",
    "क्षि",
]

texts = st.lists(st.sampled_from(PIECES), max_size=30).map("".join) | st.text(max_size=40)


@pytest.mark.parametrize(
    ("text", "chars", "utf16", "graphemes", "size"),
    [
        ("abc", 3, 3, 3, 3),
        ("", 0, 0, 0, 0),
        (E_ACUTE, 2, 2, 1, 3),
        ("é", 1, 1, 1, 2),
        (FAMILY, 7, 11, 1, 25),
        (WAVE, 2, 4, 1, 8),
        (FLAG, 2, 4, 1, 8),
        (FLAG + FLAG[0], 3, 6, 2, 12),
        (HEART, 2, 2, 1, 6),
        (KEYCAP, 3, 3, 1, 7),
        (ZALGO, 10, 10, 1, 19),
        ("漢字", 2, 2, 2, 6),
        ("\r\n", 2, 2, 1, 2),
        ("\u1112\u1161\u11ab", 3, 3, 1, 9),
        ("a\U000e0041", 2, 3, 1, 5),
        ("\ud83d", 1, 1, 1, 3),
    ],
)
def test_each_unit_counts_its_own(text: str, chars: int, utf16: int, graphemes: int, size: int) -> None:
    assert [measure(text, unit) for unit in ("chars", "utf16", "graphemes", "bytes")] == [chars, utf16, graphemes, size]


def test_an_unknown_unit_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown unit"):
        measure("a", "words")


@pytest.mark.parametrize("piece", [FAMILY, WAVE, FLAG, HEART, KEYCAP, E_ACUTE, ZALGO, "\r\n", "각", "क्षि"[2:]])
def test_what_a_reader_sees_as_one_is_one_cluster(piece: str) -> None:
    assert list(clusters(piece)) == [piece]
    assert list(clusters(piece + "x")) == [piece, "x"]


@settings(max_examples=100)
@given(texts)
def test_clusters_joined_are_the_text(text: str) -> None:
    assert "".join(clusters(text)) == text


@settings(max_examples=200)
@given(texts, st.integers(0, 40), st.sampled_from(UNITS))
def test_a_cut_text_fits_starts_the_text_and_stays(text: str, limit: int, unit: str) -> None:
    result = cut(text, limit, unit)
    assert measure(result, unit) <= limit
    assert text.startswith(result)
    assert cut(result, limit, unit) == result
    whole = list(clusters(text))
    assert any(result == "".join(whole[:count]) for count in range(len(whole) + 1))
    rest = text[len(result) : len(result) + 1]
    assert not rest or unicodedata.combining(rest) == 0


@pytest.mark.parametrize(
    ("text", "limit", "unit", "result"),
    [
        ("blue mug", 8, "chars", "blue mug"),
        ("blue mug set", 8, "chars", "blue mug"),
        ("blue mug set", 9, "chars", "blue mug"),
        ("blue mug set", 11, "chars", "blue mug"),
        ("blue mugs", 8, "chars", "blue"),
        ("a " + "b" * 20, 10, "chars", "a bbbbbbbb"),  # a word longer than half the limit is cut inside
        ("b" * 20, 10, "chars", "b" * 10),
        ("ab" + FAMILY, 12, "utf16", "ab"),
        ("ab" + FAMILY, 13, "utf16", "ab" + FAMILY),
        ("ab" + E_ACUTE, 3, "chars", "ab"),
        ("ab漢", 4, "bytes", "ab"),
        (FAMILY, 5, "utf16", ""),
        ("abc", 0, "chars", ""),
    ],
)
def test_cutting_by_example(text: str, limit: int, unit: str, result: str) -> None:
    assert cut(text, limit, unit) == result
