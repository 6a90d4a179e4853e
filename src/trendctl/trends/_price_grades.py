"""One job: how dear a maker is within its kind of goods, and what the words of a title say about the grade."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from trendctl.trends._lexicon import data_lines
from trendctl.trends._words import plain, words

_LONGEST = 3  # words of a grade
_MOST, _LEAST = 4, -3  # a title full of praise says no more than this


@dataclass(frozen=True, slots=True)
class _Levels:
    """Steps by first word of the maker (in a brand field, in any title) and by words."""

    brands: Mapping[str, int]
    makers: Mapping[str, int]
    grades: Mapping[str, int]


@lru_cache(maxsize=4096)
def grades(title: str, brand: str) -> tuple[float, float, float, float]:
    """Steps above or below the middle: of the maker, and the praise, the doubt and the highest praise of the words."""
    levels = _levels()
    found = _said(tuple(words(title)), levels.grades)
    praise, doubt = sum(v for v in found if v > 0), sum(v for v in found if v < 0)
    return _maker_level(title, brand, levels), min(praise, _MOST), max(doubt, _LEAST), max([0, *found])


def _maker_level(title: str, brand: str, levels: _Levels) -> float:
    """By the brand field; where that says nothing known, by the first maker that the title names."""
    first = plain(brand).split()[:1]
    if first and first[0] in levels.brands:
        return levels.brands[first[0]]
    return next((levels.makers[w] for w in plain(title).split() if w in levels.makers), 0)


def _said(tokens: tuple[str, ...], known: Mapping[str, int]) -> list[int]:
    """The steps of the listed words, the longest first and none twice."""
    used: set[int] = set()
    found: list[int] = []
    for size in range(_LONGEST, 0, -1):
        for start in range(len(tokens) - size + 1):
            step = known.get(" ".join(tokens[start : start + size]))
            if step is not None and used.isdisjoint(range(start, start + size)):
                used.update(range(start, start + size))
                found.append(step)
    return found


@cache
def _levels() -> _Levels:
    brands: dict[str, int] = {}
    makers: dict[str, int] = {}
    known: dict[str, int] = {}
    for line in data_lines("price_levels.txt"):
        head, _, names = line.partition(":")
        kind, level = head.split()
        for name in (n.strip() for n in names.split(",")):
            if kind == "words":
                known.setdefault(" ".join(words(name)), int(level))
                continue
            first = plain(name.rstrip("?")).split()[0]
            brands.setdefault(first, int(level))
            if not name.endswith("?"):
                makers.setdefault(first, int(level))
    return _Levels(brands, makers, known)
