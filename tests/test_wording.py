"""Titles from outside: cleaned, never grown."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trendctl.commerce.invisible import invisible_characters
from trendctl.wording import MAX_TITLE, clean, product_title


@given(st.text(max_size=400))
def test_a_clean_title_is_one_visible_line_and_stays_as_it_is(text: str) -> None:
    title = product_title(text)

    assert len(title) <= MAX_TITLE
    assert "\n" not in title
    assert invisible_characters(title, multiline=False) == ()
    assert title == " ".join(title.split())


@given(st.text(alphabet=st.characters(codec="ascii"), max_size=200))
def test_no_word_comes_into_being(text: str) -> None:
    words = set(re.findall(r"[^\W_]+", clean(text).casefold()))

    assert set(re.findall(r"[^\W_]+", product_title(text).casefold())) <= words


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("\u202eabc\u202c", "abc"),
        ("a\u200bb", "ab"),
        ("a\U000e0041b", "ab"),
        ("a\x00b", "a b"),
        ("a\u2028b", "a b"),
        ("a\nb", "a b"),
        ("<b>a</b>", "a"),
        ("&lt;b&gt;a", "a"),
        ("a https://x.example/y b", "a b"),
        ("a someone@x.example b", "a b"),
        ("e\u0301", "é"),
        ("\ud800", "?"),
    ],
)
def test_what_a_reader_cannot_see_or_should_not_follow_is_gone(raw: str, kept: str) -> None:
    assert clean(raw) == kept


@pytest.mark.parametrize(
    "title",
    ["Pixel 8 Pro 256GB", "T-fal 12-Piece Set", "7 Wonders", "LEGO 75192 Millennium Falcon", "AirPods (2nd Gen)",
     "3-in-1 Charger 15W", "M&M's", "Wii U GamePad", "Monopoly Deal", "Garage Sale Mystery"],
)  # fmt: skip
def test_a_good_title_stays_as_it_is(title: str) -> None:
    assert product_title(title) == title
