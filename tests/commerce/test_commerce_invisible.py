"""Invisible characters: found where they hide something, left where a script or an emoji needs them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trendctl.commerce.invisible import invisible_characters


@pytest.mark.parametrize(
    ("char", "code", "name"),
    [
        ("\u200b", "U+200B", "ZERO WIDTH SPACE"),
        ("\u200c", "U+200C", "ZERO WIDTH NON-JOINER"),
        ("\u200d", "U+200D", "ZERO WIDTH JOINER"),
        ("\u202e", "U+202E", "RIGHT-TO-LEFT OVERRIDE"),
        ("\u2066", "U+2066", "LEFT-TO-RIGHT ISOLATE"),
        ("\ufeff", "U+FEFF", "ZERO WIDTH NO-BREAK SPACE"),
        ("\u00ad", "U+00AD", "SOFT HYPHEN"),
        ("\U000e0041", "U+E0041", "TAG LATIN CAPITAL LETTER A"),
        ("\U000e0101", "U+E0101", "VARIATION SELECTOR-18"),
        ("\ufe0f", "U+FE0F", "VARIATION SELECTOR-16"),
        ("\ufe00", "U+FE00", "VARIATION SELECTOR-1"),
        ("\u3164", "U+3164", "HANGUL FILLER"),
        ("\u2800", "U+2800", "BRAILLE PATTERN BLANK"),
        ("\u2028", "U+2028", "LINE SEPARATOR"),
        ("\x00", "U+0000", "CONTROL"),
        ("\x1b", "U+001B", "CONTROL"),
        ("\x7f", "U+007F", "CONTROL"),
        ("\ue000", "U+E000", "PRIVATE USE"),
        ("\ud800", "U+D800", "SURROGATE"),
        ("\U0003fffd", "U+3FFFD", "UNASSIGNED"),
    ],
)
def test_each_kind_is_found_between_letters(char: str, code: str, name: str) -> None:
    assert invisible_characters(f"Mu{char}g") == ((2, code, name),)


@pytest.mark.parametrize(
    "text",
    [
        "plain title, 100% ASCII",
        "Café crème £5 – “quoted” ½",
        "e\u0301",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "\U0001f44b\U0001f3fd\u200d\u2764\ufe0f",
        "\u2764\ufe0f\u200d\U0001f525",
        "1\ufe0f\u20e3",
        "क\u094d\u200dष",  # a conjunct form asked for after a virama
        "می\u200cخواهم",  # Persian needs the non-joiner
        "漢字　かな",
        "שלום",
        "\U0001f1e9\U0001f1ea",
    ],
)
def test_visible_text_of_any_script_passes(text: str) -> None:
    assert invisible_characters(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "\U0001f468\u200da",  # a joiner that joins an emoji to a letter
        "\u200d\U0001f468",
        "\U0001f468\u200d",
        "\u2764\ufe0f\ufe0f",  # selectors in a row carry hidden data
        "\U0001f3f4\U000e0067\U000e0062\U000e007f",  # a flag by tags: tags are never needed in a listing
        "a\u200cb",
    ],
)
def test_joiners_selectors_and_tags_are_found_where_nothing_needs_them(text: str) -> None:
    assert invisible_characters(text)


def test_line_ends_belong_into_texts_of_several_lines_only() -> None:
    assert invisible_characters("one\r\ntwo\tthree") == ()
    assert [code for _, code, _ in invisible_characters("one\ntwo", multiline=False)] == ["U+000A"]


@settings(max_examples=100)
@given(st.text("abc é漢", max_size=20), st.integers(0, 20), st.sampled_from("\u200b\u202e\u2060\U000e0020\u061c\x08"))
def test_a_hidden_character_is_found_wherever_it_is(text: str, place: int, hidden: str) -> None:
    at = min(place, len(text))
    assert [index for index, _, _ in invisible_characters(text[:at] + hidden + text[at:])] == [at]
