"""Product identifiers: check digits of GTIN and ISBN, and stock keeping units that platforms accept."""

import re

_SKU = re.compile(r"[A-Za-z0-9]{1,40}", re.ASCII)


def digits(text: str) -> str:
    """An identifier as typed, without spaces and hyphens; upper case, as the X of an ISBN-10 is."""
    return re.sub(r"[\s\-\u2010-\u2015]", "", text).upper()


def _ascii_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def gtin_check_digit(body: str) -> int:
    """The check digit that follows `body` (GS1 General Specifications, 7.9: weights 3, 1 from the right)."""
    if not body or not _ascii_digits(body):
        raise ValueError("the body of a GTIN is digits only")
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body)))
    return -weighted % 10


def valid_gtin(text: str) -> bool:
    """A GTIN-8, -12 (UPC), -13 (EAN, ISBN-13) or -14 with a right check digit, not all zeros."""
    code = digits(text)
    if len(code) not in (8, 12, 13, 14) or not _ascii_digits(code) or not code.strip("0"):
        return False
    return gtin_check_digit(code[:-1]) == int(code[-1])


def valid_isbn10(text: str) -> bool:
    """An ISBN-10: weights 10 to 1, sum divisible by 11 (ISO 2108); the last place may be X for ten."""
    code = digits(text)
    if len(code) != 10 or not _ascii_digits(code[:9]) or not (_ascii_digits(code[9]) or code[9] == "X"):
        return False
    values = [int(digit) for digit in code[:9]] + [10 if code[9] == "X" else int(code[9])]
    return sum(weight * value for weight, value in zip(range(10, 0, -1), values, strict=True)) % 11 == 0


def isbn13(text: str) -> str | None:
    """The ISBN-13 of a valid ISBN-10 or ISBN-13; None if it is neither."""
    code = digits(text)
    if valid_isbn10(code):
        body = "978" + code[:9]
        return body + str(gtin_check_digit(body))
    return code if len(code) == 13 and code[:3] in ("978", "979") and valid_gtin(code) else None


def gtin_kind(text: str) -> str | None:
    """`isbn`, `upc`, `ean` or `gtin` (the name a platform's field has); None if the code is not valid."""
    if isbn13(text):
        return "isbn"
    if not valid_gtin(text):
        return None
    return {8: "ean", 12: "upc", 13: "ean", 14: "gtin"}[len(digits(text))]


def gtin14(text: str) -> str | None:
    """The 14-digit form, by which equal products compare equal; None if the code is not valid."""
    code = isbn13(text) or digits(text)
    return code.zfill(14) if valid_gtin(code) else None


def restricted_gtin(text: str) -> bool:
    """A number for use inside a shop or company (GS1 prefixes 02, 04, 20 to 29): no platform's catalogue knows it."""
    code = gtin14(text)
    if code is None or code.startswith("000000"):
        return False
    return code[1:3] in ("02", "04") or code[1] == "2"


def valid_sku(text: str) -> bool:
    """1 to 40 ASCII letters and digits: what every platform here takes (eBay 50 alphanumeric, Amazon 40, TikTok 50)."""
    return _SKU.fullmatch(text) is not None
