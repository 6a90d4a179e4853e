"""Finds characters that a reader cannot see: what was shown for approval must be what is sent."""

import unicodedata

from trendctl.commerce.graphemes import ZWJ, ZWNJ, is_pictograph

# Letters, marks and symbols that have no ink of their own, beside the categories below.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
_LINE_ENDS = frozenset("\n\r\t")


def invisible_characters(text: str, *, multiline: bool = True) -> tuple[tuple[int, str, str], ...]:
    """(index, "U+200B", name) of every control, bidi, tag, zero-width, filler, unassigned or private character.

    Kept out: line ends and tabs where `multiline`; a joiner between two emoji or after a virama, a non-joiner after
    a virama or within Arabic script; one variation selector 15 or 16 after a character that has both forms.
    """
    found = []
    for index, char in enumerate(text):
        if char < "\x7f" and char >= " ":
            continue
        if _hidden(text, index, multiline):
            found.append((index, f"U+{ord(char):04X}", _name(char)))
    return tuple(found)


def _hidden(text: str, index: int, multiline: bool) -> bool:
    char = text[index]
    if char in _LINE_ENDS:
        return not multiline
    if char in ("\ufe0e", "\ufe0f"):
        return not _has_forms(text, index)
    if 0xFE00 <= ord(char) <= 0xFE0D or 0xE0100 <= ord(char) <= 0xE01EF:
        return True
    if char in (ZWJ, ZWNJ):
        return not _joins(text, index)
    return char in _BLANK or unicodedata.category(char) in _HIDDEN


def _has_forms(text: str, index: int) -> bool:
    before = text[index - 1] if index else ""
    return bool(before) and (is_pictograph(before) or before in "0123456789#*" or _skin_tone(before))


def _skin_tone(char: str) -> bool:
    return 0x1F3FB <= ord(char) <= 0x1F3FF


def _joins(text: str, index: int) -> bool:
    before, after = text[:index], text[index + 1 : index + 2]
    if not before or not after:
        return False
    if unicodedata.combining(before[-1]) == 9:  # a virama: joiners choose between two forms of a conjunct
        return after.isalpha()
    if text[index] == ZWJ:
        base = before[-1] if before[-1] != "\ufe0f" else before[-2:-1]
        return bool(base) and (is_pictograph(base) or _skin_tone(base)) and is_pictograph(after)
    return _arabic(before[-1]) and _arabic(after)


def _arabic(char: str) -> bool:
    return unicodedata.name(char, "").startswith("ARABIC LETTER")


def _name(char: str) -> str:
    known = unicodedata.name(char, "")
    if known:
        return known
    return {"Cc": "CONTROL", "Co": "PRIVATE USE", "Cs": "SURROGATE"}.get(unicodedata.category(char), "UNASSIGNED")
