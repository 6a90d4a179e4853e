"""One job: what a record says about its price, as weighted terms, amounts and a typical price of its kind."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from itertools import pairwise, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trendctl.trends._lexicon import data_lines
from trendctl.trends._price_grades import grades
from trendctl.trends._price_lines import UNKNOWN, line_figures, lines_in, scaled_in
from trendctl.trends._price_rules import rule_figures, rules_in
from trendctl.trends._words import plain, words

Array = NDArray[np.float64]
Terms = Mapping[str, float]

UNITS = (
    "gb", "mb", "inch", "ft", "mp", "w", "pack", "port", "mm", "va", "sheet", "count", "hz", "ghz", "lb", "ml",
    "ppm", "lumen", "user", "channel", "drawer", "oz", "mah", "cell", "u", "mbps", "area",
)  # fmt: skip
_UNIT_NAMES = {
    "in": "inch", "feet": "ft", "foot": "ft", "pk": "pack", "watt": "w", "megapixel": "mp", "ct": "count",
    "box": "count", "case": "count", "set": "count", "pc": "count", "piece": "count", "outlet": "port",
    "diagonal": "inch", "ctn": "count", "carton": "count", "ch": "channel", "inche": "inch", "ounce": "oz",
    "pound": "lb", "roll": "pack", "disc": "pack", "disk": "pack", "bay": "port", "page": "sheet", "gbps": "mbps",
}  # fmt: skip
_AMOUNT = re.compile(
    r"(\d+(?:\.\d+)?)\s?-?(gb|tb|mb|inch|in|ft|feet|foot|mp|megapixel|w|watt|mm|pack|pk|port|outlet|va|sheet|ct|count|box|"
    r"set|pc|piece|hz|ghz|lb|ml|diagonal|ctn|carton|ppm|lumen|user|channel|ch|drawer|oz|mah|cell|inche|ounce|pound|roll|disc|disk|bay|page|u|mbps|gbps)s?\b"
)
_SIDES = re.compile(r"(\d+(?:\.\d+)?)\s?(?:w|h|d|l|inch|in|ft)?\s?x\s?(\d+(?:\.\d+)?)")
_OF = re.compile(r"\b(pack|box|set|carton|case) of ([1-9]\d{0,4})\b")
_LETTER, _DIGIT = re.compile(r"[^\W\d_]"), re.compile(r"\d")
_NUMBER = re.compile(r"\b\d+(?:\.\d+)?\b")
_FOR = frozenset({"for", "with", "w", "fit", "compatible", "from", "to"})
NO_PRIOR = UNKNOWN
_THOUSANDS = frozenset({"tb", "gbps"})
_MOST = 1e9  # a number beyond that is no amount
_LONGEST_KIND = 4
_SHELF_WORDS = 3


def word_terms(record: Mapping[str, Any]) -> Terms:
    """Words and neighbouring pairs of the title."""
    tokens = _tokens(record)
    pairs = ((a + "_" + b, 0.7) for a, b in pairwise(tokens))
    return _sum([*((t, 1.0) for t in tokens), *pairs])


def letter_terms(record: Mapping[str, Any]) -> Terms:
    """Runs of four letters, which hold model codes and compounds."""
    text = " " + " ".join(_tokens(record)) + " "
    return _sum((text[i : i + 4], 1.0) for i in range(len(text) - 3))


def kind_terms(record: Mapping[str, Any]) -> Terms:
    """The category as a whole and its words, and the maker."""
    category = plain(str(record.get("category") or ""))
    brand = plain(str(record.get("brand") or ""))
    whole = [("=" + category, 1.0)] if category else []
    maker = [("brand=" + brand, 0.6)] if brand else []
    return _sum([*((w, 1.0) for w in words(category)), *whole, *maker])


def amount_terms(record: Mapping[str, Any]) -> Terms:
    """Amounts on a half-octave scale, shared between the two nearest steps so that 60 and 64 GB are alike."""
    out: list[tuple[str, float]] = []
    for unit, value in _amounts(str(record.get("title") or "")):
        step = 2 * math.log2(value)
        low = math.floor(step)
        out += [(f"{unit}:{low}", 1 - (step - low)), (f"{unit}:{low + 1}", step - low)]
    return _sum(out)


def maker_terms(record: Mapping[str, Any]) -> Terms:
    """The first word of the brand, which is how shops agree on it."""
    return dict.fromkeys(_maker(record), 1.0)


def maker_word_terms(record: Mapping[str, Any]) -> Terms:
    """The words of the title within the brand: what "pro" means depends on who says it."""
    return _sum((f"{word}|{maker}", 1.0) for word, maker in product(_tokens(record), _maker(record)))


def shelf_word_terms(record: Mapping[str, Any]) -> Terms:
    """The words of the title within the category."""
    shelf = words(str(record.get("category") or ""))[:_SHELF_WORDS]
    return _sum((f"{word}|{place}", 1.0) for word, place in product(_tokens(record), shelf))


def code_shape_terms(record: Mapping[str, Any]) -> Terms:
    """The maker with the shape of its model code (letters and digits): a series shares it."""
    code = "".join(c for c in plain(str(record.get("model") or "")) if c.isalnum())
    shape = _DIGIT.sub("0", _LETTER.sub("a", code))
    return {f"{'|'.join(_maker(record))}:{shape}": 1.0} if shape else {}


def listed_terms(record: Mapping[str, Any]) -> Terms:
    """The kinds of goods that the title names, where the level that the list gives them can be corrected."""
    tokens = _tokens(record)
    return _sum((" ".join(tokens[start : start + size]), 1.0) for start, size, _ in _found(tokens))


def line_terms(record: Mapping[str, Any]) -> Terms:
    """The product lines that the title names, those it is for apart; lines of one name and price are one."""
    tokens = _tokens(record)
    end = _turn(tokens)
    return {
        f"{'' if start < end else 'for '}{' '.join(tokens[start : start + size - 1])}:{price:.2f}": 1.0
        for start, size, price in lines_in(tokens)
    }


def scaled_terms(record: Mapping[str, Any]) -> Terms:
    """The kinds that go with an amount, where the level that the list gives them can be corrected."""
    tokens = _tokens(record)
    return {" ".join(tokens[start : start + size]): 1.0 for start, size, _ in scaled_in(tokens)}


def rule_terms(record: Mapping[str, Any]) -> Terms:
    """The kinds whose words stand anywhere in the title, the more exact ones weighing more."""
    tokens = _tokens(record)
    return {rule.name: float(len(rule.words)) for rule in rules_in(tokens, _turn(tokens))}


def figures(record: Mapping[str, Any]) -> Array:
    """The log of the largest amount of each unit (-1 without one), typical price of the kind, grade, form and lines."""
    title, brand = str(record.get("title") or ""), str(record.get("brand") or "")
    most: dict[str, float] = {}
    for unit, value in _amounts(title):
        most[unit] = max(most.get(unit, 0.0), value)
    amounts = [math.log1p(most[unit]) if unit in most else -1.0 for unit in UNITS]
    kind = typical(title, str(record.get("category") or ""))
    tokens = _words_of(title)
    fallback = kind[4] if kind[5] else kind[1]
    lines = line_figures(tokens, _turn(tokens), _found(tokens), most, fallback, brand)
    rules = rule_figures(tokens, _turn(tokens), most)
    return np.array([*amounts, *kind, *grades(title, brand), *_form(title), float(len(tokens)), *rules, *lines])


def _turn(tokens: Sequence[str]) -> int:
    """Where a title turns to what the good is for or comes with."""
    return next((n for n, word in enumerate(tokens) if n and word in _FOR), len(tokens))


def _form(title: str) -> tuple[float, ...]:
    """Log price of the first and the last kind before a "for", how many there are, and the numbers in the title."""
    tokens = _words_of(title)
    end = _turn(tokens)
    kinds = sorted(kind for kind in _found(tokens) if kind[0] < end)
    first, last = (kinds[0][2], kinds[-1][2]) if kinds else (NO_PRIOR, NO_PRIOR)
    numbers = [float(n) for n in _NUMBER.findall(plain(title))]
    most = min(max(numbers, default=0.0), _MOST)
    return first, last, float(len(kinds)), float(end < len(tokens)), math.log1p(most), float(len(numbers))


@lru_cache(maxsize=4096)
def typical(title: str, category: str) -> tuple[float, ...]:
    """Log of the typical price by title (mean, surest, highest, lowest) and by category, and which is unknown."""
    own, shelf = _kinds(title), _kinds(category)
    values = [p for p, _ in own]
    surest = max(own, key=lambda kind: kind[1])[0] if own else NO_PRIOR
    ends = (max(values, default=NO_PRIOR), min(values, default=NO_PRIOR))
    return (_mean(own), surest, *ends, _mean(shelf), float(not own), float(not shelf))


def _kinds(text: str) -> list[tuple[float, float]]:
    """(log price, weight) of each kind of good; what the good is for, or is part of a compound, counts less."""
    tokens = _words_of(text)
    found = _found(tokens)
    starts = {start for start, _, _ in found}
    out = []
    for start, size, price in found:
        weight = 1.0 + 0.5 * (size - 1)
        weight *= 0.25 if _FOR.intersection(tokens[max(0, start - 4) : start]) else 1.0
        out.append((price, weight * (0.4 if start + size in starts else 1.0)))
    return out


@lru_cache(maxsize=4096)
def _found(tokens: tuple[str, ...]) -> list[tuple[int, int, float]]:
    """Start, length in words and log price of the listed kinds, the longest first."""
    known = _typical_prices()
    used: set[int] = set()
    found: list[tuple[int, int, float]] = []
    for size in range(_LONGEST_KIND, 0, -1):
        for start in range(len(tokens) - size + 1):
            price = known.get(" ".join(tokens[start : start + size]))
            if price is not None and used.isdisjoint(range(start, start + size)):
                used.update(range(start, start + size))
                found.append((start, size, price))
    return found


def _tokens(record: Mapping[str, Any]) -> tuple[str, ...]:
    return _words_of(str(record.get("title") or ""))


@lru_cache(maxsize=4096)
def _words_of(title: str) -> tuple[str, ...]:
    return tuple(words(title))


def _maker(record: Mapping[str, Any]) -> list[str]:
    return plain(str(record.get("brand") or "")).split()[:1]


def _mean(kinds: Sequence[tuple[float, float]]) -> float:
    total = sum(w for _, w in kinds)
    return sum(p * w for p, w in kinds) / total if total else NO_PRIOR


def _amounts(title: str) -> Iterable[tuple[str, float]]:
    text = plain(title)
    for number, unit in _AMOUNT.findall(text):
        value = float(number) * (1000 if unit in _THOUSANDS else 1)
        if 0 < value < _MOST:
            yield ("gb" if unit == "tb" else _UNIT_NAMES.get(unit, unit)), value
    for unit, number in _OF.findall(text):
        yield _UNIT_NAMES.get(unit, unit), float(number)
    for one, other in _SIDES.findall(text):
        if 0 < (value := float(one) * float(other)) < _MOST:
            yield "area", value


def _sum(pairs: Iterable[tuple[str, float]]) -> Terms:
    out: dict[str, float] = {}
    for term, weight in pairs:
        out[term] = out.get(term, 0.0) + weight
    return out


@cache
def _typical_prices() -> Mapping[str, float]:
    out: dict[str, float] = {}
    for line in data_lines("typical_prices.txt"):
        price, _, kinds = line.partition(":")
        for kind in kinds.split(","):
            out.setdefault(" ".join(words(kind)), math.log(float(price)))
    return out
