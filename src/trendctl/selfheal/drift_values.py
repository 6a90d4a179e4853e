"""How alike two columns of values are (kind, spread, what they share), and how alike two names are."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from statistics import median
from typing import Final

from trendctl.ports import Json

_NUMBER: Final = re.compile(r"[+$€£-]?\s?\d[\d,. ]{0,20}\s?[KkMmBb%+]?\+?")
_URL: Final = re.compile(r"(https?:)?//\S+", re.I)
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d([T ].*)?|[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4}.*")
_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
MOST: Final = 200  # values looked at


@dataclass(frozen=True, slots=True)
class Column:
    """The values that a path gives over the rows, without missing ones. `coverage`: the share of rows that have one."""

    values: tuple[str, ...]
    coverage: float

    @property
    def kind(self) -> str:
        """url, time, number or text: what most of the values are; "" without any."""
        if not self.values:
            return ""
        for name, pattern in (("url", _URL), ("time", _TIME), ("number", _NUMBER)):
            if sum(pattern.fullmatch(v) is not None for v in self.values) >= 0.8 * len(self.values):
                return name
        return "text"

    @property
    def distinct(self) -> float:
        """The share of different values."""
        return len(set(self.values)) / len(self.values) if self.values else 0.0


def column(values: Sequence[Json]) -> Column:
    """From raw values, one a row; None and "" are missing, structures are no values."""
    there = [str(v).strip() for v in values if isinstance(v, str | int | float) and not isinstance(v, bool)]
    kept = tuple(v for v in there if v)
    return Column(kept[:MOST], len(kept) / len(values) if values else 0.0)


def shared(one: Column, other: Column) -> float:
    """The share of values that both have, of the smaller set; lists of hot things keep most from hour to hour."""
    a, b = set(one.values), set(other.values)
    return len(a & b) / min(len(a), len(b)) if a and b else 0.0


def alike(one: Column, other: Column) -> float:
    """0 to 1: how alike two columns are in kind and spread, whatever their values."""
    if not one.values or one.kind != other.kind:
        return 0.0
    spread = 1 - abs(one.distinct - other.distinct)
    if one.kind == "number":
        return 0.3 * spread + 0.7 * _near(_middle(one), _middle(other), 1.5)
    size = _near(median(map(len, one.values)), median(map(len, other.values)), 0.6)
    spaces = 1 - abs(_spaced(one) - _spaced(other))
    return 0.3 * spread + 0.4 * size + 0.3 * spaces


def _near(a: float, b: float, tenfolds: float) -> float:
    """1 for equal sizes, 0 where they differ by so many powers of ten."""
    return max(0.0, 1 - abs(math.log10(abs(a) + 1) - math.log10(abs(b) + 1)) / tenfolds)


def _middle(c: Column) -> float:
    return median(number(v) for v in c.values)


def number(text: str) -> float:
    """The number in a text such as "$1,234.50" or "200K+"; 0 where there is none."""
    match = re.search(r"\d+(\.\d+)?", text.replace(",", ""))
    units = {"K": 1e3, "M": 1e6, "B": 1e9}
    return float(match[0][:15]) * units.get(text.rstrip("+ ")[-1:].upper(), 1.0) if match else 0.0


def close(one: str, other: str) -> bool:
    """Whether two texts are numbers that an hour can have moved from one to the other."""
    if not (_NUMBER.fullmatch(one) and _NUMBER.fullmatch(other)):
        return False
    a, b = number(one), number(other)
    return abs(a - b) <= 0.3 * max(a, b)


def _spaced(c: Column) -> float:
    return sum(" " in v for v in c.values) / len(c.values)


def name_likeness(old: str, new: str) -> float:
    """0 to 1: how alike two paths are in their last names; 1 for a value that only moved, a little less where the old
    name now holds it (`title@value`, `title.text`)."""
    candidates = [part for part in re.findall(r"[\w:.@/-]+", old) if re.search(r"[A-Za-z]", part)]
    *above, last = ["", *_names(new)][-2:]
    here = max((_alike_names(_names(part)[-1], last) for part in candidates), default=0.0)
    held = any(_names(part)[-1] == name for part in candidates for name in above)
    return max(here, 0.92 if held else 0.0)


def _names(path: str) -> list[str]:
    return re.findall(r"[\w:-]+", re.sub(r"\[\d+\]", "", path)) or [""]


def _alike_names(a: str, b: str) -> float:
    if a == b:
        return 1.0
    one, two = [w.lower() for w in _WORDS.findall(a)], [w.lower() for w in _WORDS.findall(b)]
    if not one or not two:
        return 0.0
    if one == two:
        return 0.97
    words = len(set(one) & set(two)) / max(len(set(one)), len(set(two)))
    return max(0.9 * words, SequenceMatcher(None, "".join(one), "".join(two)).ratio() * 0.95)
