"""Text from outside, made harmless: one line, no control, direction or invisible characters, a known length."""

import html
import re
import unicodedata
from typing import Final
from urllib.parse import urljoin, urlsplit

TITLE_LIMIT: Final = 300
URL_LIMIT: Final = 2_000
_RAW_LIMIT: Final = 20_000  # what is looked at before cutting: no title is longer, and work stays bounded
_MARKS_IN_A_ROW: Final = 3  # real scripts stack two or three; more is "zalgo" that spills over other lines

# Drawn as nothing although Unicode calls them letters, symbols or marks.
_INVISIBLE: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
_UNWANTED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_TAG: Final = re.compile(r"(</?[A-Za-z!?][^<>]*>)")
_TAG_NAME: Final = re.compile(r"</?([A-Za-z]+)")
_HIDDEN: Final = frozenset({"script", "style", "template", "noscript"})
_INLINE: Final = frozenset({"a", "b", "i", "u", "em", "strong", "span", "font", "sup", "sub", "mark", "small"})


def clean(text: str, limit: int = TITLE_LIMIT) -> str:
    """One line of visible text in NFC, at most `limit` characters, cut with an ellipsis at a whole character."""
    kept: list[str] = []
    marks = 0
    for char in unicodedata.normalize("NFC", text[:_RAW_LIMIT]):
        category = unicodedata.category(char)
        if char.isspace() or category in ("Zs", "Zl", "Zp"):
            kept.append(" ")
        elif category not in _UNWANTED and char not in _INVISIBLE:
            marks = marks + 1 if category in ("Mn", "Me") else 0
            if marks <= _MARKS_IN_A_ROW:
                kept.append(char)
    line = " ".join("".join(kept).split())
    return line if len(line) <= limit else _cut(line, limit)


def _cut(line: str, limit: int) -> str:
    end = limit - 1
    while end > 0 and unicodedata.combining(line[end]):
        end -= 1
    return line[:end].rstrip() + "…"


def from_html(markup: str, limit: int = TITLE_LIMIT) -> str:
    """The text a reader of `markup` would see, cleaned. A lone "<" that opens no tag stays."""
    shown: list[str] = []
    hidden = ""
    for piece in _TAG.split(markup[:_RAW_LIMIT]):
        name = _tag_name(piece)
        if hidden:
            hidden = "" if piece.startswith("</") and name == hidden else hidden
        elif name is None:
            shown.append(piece)
        elif name in _HIDDEN and not piece.startswith("</") and not piece.endswith("/>"):
            hidden = name
        elif name not in _INLINE:
            shown.append(" ")
    return clean(html.unescape("".join(shown)), limit)


def _tag_name(piece: str) -> str | None:
    if not _TAG.fullmatch(piece):
        return None
    found = _TAG_NAME.match(piece)
    return found.group(1).lower() if found else ""


def ident(value: object, limit: int = 200) -> str:
    """An identifier as text: whole numbers and text only, nothing invisible. "" if there is none.

    A longer one is refused (""), not cut: two things must never become one.
    """
    if isinstance(value, bool) or not isinstance(value, int | str):
        return ""
    if isinstance(value, int):
        return str(value) if abs(value) < 10**30 else ""
    if len(value) > 4 * limit:
        return ""
    text = clean(value, 4 * limit + 1)
    return text if len(text) <= limit else ""


def web_url(value: object, base: str = "") -> str:
    """An absolute http(s) address (a relative one joined to `base`), or "" if it is none that may be shown."""
    if not isinstance(value, str) or len(value) > URL_LIMIT:
        return ""
    text = clean(value, URL_LIMIT)
    if not text or " " in text:
        return ""
    try:
        joined = urljoin(base, text) if base else text
        parts = urlsplit(joined)
        named = bool(parts.hostname) and parts.username is None and parts.password is None
    except ValueError:
        return ""
    return joined if parts.scheme in ("http", "https") and named else ""
