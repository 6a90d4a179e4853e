"""Finds listed words however they are written: full width, look-alike letters, accents, hyphens, hidden marks."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

# Letters that pass for Latin ones (Unicode TR39, the common part). Capitals look like others than their small forms.
_LOOKS = str.maketrans(
    "АВСЕНІЈКМОРЅТХУԌԛΑΒΕΖΗΙΚΜΝΟΡΤΥΧаесорхуіјѕһԁԝкмтвнӏıαορνυικχτεωηłøđ",
    "ABCEHIJKMOPSTXYGqABEZHIKMNOPTYXaecopxyijshdwkmtbhliaopvuikxtewnlod",
)
_SPACES = re.compile(r"[\s\-_.\u2010-\u2015/]")
_DROPPED = frozenset("'’‘`´")


@dataclass(frozen=True, slots=True)
class Hit:
    """A listed phrase and where the original text has it."""

    phrase: str
    evidence: str
    start: int
    end: int


@lru_cache(maxsize=8192)
def _fold_char(char: str) -> str:
    plain = unicodedata.normalize("NFKD", char).translate(_LOOKS).casefold().translate(_LOOKS)
    return "".join(_kept(one) for one in plain)


def _kept(char: str) -> str:
    if char in _DROPPED:
        return ""
    if _SPACES.fullmatch(char):
        return " "
    return "" if unicodedata.category(char) in ("Cf", "Cc", "Mn", "Me") else char


@lru_cache(maxsize=16)  # one listing is looked through for many lists
def _folded(text: str) -> tuple[str, tuple[int, ...]]:
    """The folded text and, for each of its characters, the index it came from."""
    parts: list[str] = []
    origin: list[int] = []
    for index, char in enumerate(text):
        for one in _fold_char(char):
            if one == " " and parts and parts[-1] == " ":
                continue
            parts.append(one)
            origin.append(index)
    return "".join(parts), tuple(origin)


def fold(text: str) -> str:
    """The form in which texts are compared: NFKD without marks, case folded, look-alikes as Latin letters, hyphens,
    full stops and white space as single spaces, apostrophes and invisible characters dropped."""
    return _folded(text)[0].strip()


@lru_cache(maxsize=256)
def _pattern(phrases: tuple[str, ...], plural: bool) -> re.Pattern[str] | None:
    words = sorted({fold(phrase) for phrase in phrases} - {""}, key=lambda one: (-len(one), one))
    if not words:
        return None
    ending = "(?:e?s)?" if plural else ""
    return re.compile(r"(?<!\w)(" + "|".join(map(re.escape, words)) + ")" + ending + r"(?!\w)")


def find(text: str, phrases: Sequence[str], *, plural: bool = True, unless: Sequence[str] = ()) -> tuple[Hit, ...]:
    """Each whole-word occurrence of a phrase (`plural`: also with s or es), but not inside one of `unless`."""
    pattern = _pattern(tuple(phrases), plural)
    if pattern is None:
        return ()
    folded, origin = _folded(text)
    free = _pattern(tuple(unless), True)
    spans = [match.span() for match in free.finditer(folded)] if free else []
    hits = []
    for match in pattern.finditer(folded):
        if any(start <= match.start() and match.end() <= end for start, end in spans):
            continue
        start, end = origin[match.start()], origin[match.end() - 1] + 1
        hits.append(Hit(match.group(1), text[start:end], start, end))
    return tuple(hits)


def words(text: str) -> list[str]:
    """The folded words of a text, in order."""
    return re.findall(r"\w+", fold(text))
