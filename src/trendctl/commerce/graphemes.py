"""Splits text into what a reader sees as one character: extended grapheme clusters (UAX #29) by unicodedata.

Extended pictographs are taken from their blocks, Hangul and regional indicators by range, and prepended marks are
left out: enough never to cut a combining sequence, a flag, a keycap, a skin tone or a joined emoji.
"""

import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache

ZWJ = "\u200d"
ZWNJ = "\u200c"

# Blocks that hold the Extended_Pictographic characters (emoji-data.txt of Unicode 15.1), as inclusive ranges.
_PICTOGRAPHS = (
    (0xA9, 0xA9),
    (0xAE, 0xAE),
    (0x203C, 0x203C),
    (0x2049, 0x2049),
    (0x2122, 0x2122),
    (0x2139, 0x2139),
    (0x2194, 0x21AA),
    (0x231A, 0x2328),
    (0x2388, 0x2388),
    (0x23CF, 0x23FA),
    (0x24C2, 0x24C2),
    (0x25AA, 0x25FE),
    (0x2600, 0x27BF),
    (0x2934, 0x2935),
    (0x2B05, 0x2B55),
    (0x3030, 0x303D),
    (0x3297, 0x3299),
    (0x1F000, 0x1F1E5),
    (0x1F201, 0x1F3FA),
    (0x1F400, 0x1FAFF),
    (0x1FC00, 0x1FFFD),
)
_STARTS = [start for start, _ in _PICTOGRAPHS]


def is_pictograph(char: str) -> bool:
    """Whether the character can be an emoji that a zero width joiner joins."""
    code = ord(char)
    place = bisect_right(_STARTS, code) - 1
    return place >= 0 and code <= _PICTOGRAPHS[place][1]


def is_regional(char: str) -> bool:
    """One of the letters that make a flag in pairs."""
    return 0x1F1E6 <= ord(char) <= 0x1F1FF


@lru_cache(maxsize=4096)
def extends(char: str) -> bool:
    """Whether the character belongs to the one before it: marks, joiners, variation selectors, tags, skin tones."""
    code = ord(char)
    if code < 0x300:
        return False
    if unicodedata.category(char) in ("Mn", "Me", "Mc"):
        return True
    return char in (ZWJ, ZWNJ) or 0x1F3FB <= code <= 0x1F3FF or 0xE0020 <= code <= 0xE007F


@lru_cache(maxsize=4096)
def _hangul(char: str) -> str:
    """L, V, T, LV or LVT for a Hangul character; "" for any other."""
    code = ord(char)
    if 0x1100 <= code <= 0x115F or 0xA960 <= code <= 0xA97C:
        return "L"
    if 0x1160 <= code <= 0x11A7 or 0xD7B0 <= code <= 0xD7C6:
        return "V"
    if 0x11A8 <= code <= 0x11FF or 0xD7CB <= code <= 0xD7FB:
        return "T"
    if 0xAC00 <= code <= 0xD7A3:
        return "LV" if (code - 0xAC00) % 28 == 0 else "LVT"
    return ""


_HANGUL_JOINS = {"L": ("L", "V", "LV", "LVT"), "V": ("V", "T"), "LV": ("V", "T"), "T": ("T",), "LVT": ("T",)}


def _joined(cluster: str, char: str) -> bool:
    last = cluster[-1]
    if last == "\r" and char == "\n":
        return True
    if unicodedata.category(last) in ("Cc", "Zl", "Zp") or unicodedata.category(char) in ("Cc", "Zl", "Zp"):
        return False
    if extends(char):
        return True
    if last == ZWJ and is_pictograph(char):
        return is_pictograph(cluster[0])
    if is_regional(last) and is_regional(char):
        return len(cluster) % 2 == 1 and all(is_regional(one) for one in cluster)
    return _hangul(char) in _HANGUL_JOINS.get(_hangul(last), ())


def clusters(text: str) -> Iterator[str]:
    """The text's clusters in order; joined together they are the text."""
    cluster = ""
    for char in text:
        if cluster and not _joined(cluster, char):
            yield cluster
            cluster = ""
        cluster += char
    if cluster:
        yield cluster
