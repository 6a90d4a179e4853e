"""Check digits and stock keeping units."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trendctl.commerce.identifiers import (
    gtin14,
    gtin_check_digit,
    gtin_kind,
    isbn13,
    restricted_gtin,
    valid_gtin,
    valid_isbn10,
    valid_sku,
)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("4006381333931", "ean"),  # 4x1+0x3+0x1+6x3+3x1+8x3+1x1+3x3+3x1+3x3+9x1+3x3 = 89; 90 - 89 = 1
        ("036000291452", "upc"),  # (0+6+0+2+1+5) x 3 + (3+0+0+9+4) = 58; 60 - 58 = 2
        ("73513537", "ean"),
        ("10614141000415", "gtin"),
        ("978-0-306-40615-7", "isbn"),
        ("0-306-40615-2", "isbn"),
        ("0-8044-2957-X", "isbn"),
        (" 4006381 333931 ", "ean"),
    ],
)
def test_valid_codes_are_known_by_kind(code: str, kind: str) -> None:
    assert gtin_kind(code) == kind


@pytest.mark.parametrize(
    "code",
    ["4006381333932", "", "0000000000000", "123", "40063813339X1", "٤٠٠٦٣٨١٣٣٣٩٣١", "0-306-40615-3", "does not apply"],
)
def test_wrong_codes_are_refused(code: str) -> None:
    assert gtin_kind(code) is None
    assert gtin14(code) is None


@settings(max_examples=100)
@given(st.sampled_from([7, 11, 12, 13]), st.data())
def test_one_wrong_digit_is_always_noticed(length: int, data: st.DataObject) -> None:
    body = data.draw(st.text("0123456789", min_size=length, max_size=length).filter(lambda text: text.strip("0") != ""))
    code = body + str(gtin_check_digit(body))
    assert valid_gtin(code)
    place = data.draw(st.integers(0, length))
    other = str((int(code[place]) + data.draw(st.integers(1, 9))) % 10)
    assert not valid_gtin(code[:place] + other + code[place + 1 :])


def test_forms_of_one_book_compare_equal() -> None:
    assert isbn13("0306406152") == "9780306406157"
    assert isbn13("9780306406157") == "9780306406157"
    assert isbn13("4006381333931") is None
    assert gtin14("036000291452") == gtin14("0036000291452") == "00036000291452"
    assert not valid_isbn10("X306406152")


def test_numbers_for_use_inside_a_shop_are_told_apart() -> None:
    body = "200000000001"
    assert restricted_gtin(body + str(gtin_check_digit(body)))
    assert not restricted_gtin("4006381333931")
    assert not restricted_gtin("not a code")


def test_the_body_of_a_gtin_is_digits() -> None:
    with pytest.raises(ValueError, match="digits only"):
        gtin_check_digit("12a")


@pytest.mark.parametrize(("sku", "valid"), [("A1", True), ("A" * 40, True), ("A" * 41, False), ("", False)])
def test_sku_length(sku: str, valid: bool) -> None:
    assert valid_sku(sku) is valid


@pytest.mark.parametrize("sku", ["A-1", "A 1", "Ä1", "A1\n", "A\u200b1", "١"])
def test_sku_characters(sku: str) -> None:
    assert not valid_sku(sku)
