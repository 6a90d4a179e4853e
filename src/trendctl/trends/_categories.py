"""One job: which kinds of goods the name of a category covers, whatever words the name uses."""

import math
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

from rapidfuzz import fuzz

from trendctl.trends._lexicon import Concept, lexicon
from trendctl.trends._words import stem, words

_NO_MEANING = frozenset(
    [
        "and",
        "the",
        "of",
        "for",
        "a",
        "an",
        "in",
        "with",
        "other",
        "all",
        "item",
        "product",
        "equipment",
        "unit",
        "device",
        "accessory",
        "good",
        "supply",
        "system",
        "type",
        "apparatu",
        "general",
        "misc",
        "kind",
        "home",
        "household",
    ]
)
_SPECIFIC = 0.45  # a name that covers a concept at least this well means it, not a whole department
_FUZZY = 88.0  # per cent alike from which two words count as spellings of one


@lru_cache(maxsize=64)
def coverage(categories: tuple[str, ...]) -> Mapping[int, Mapping[str, float]]:
    """For each concept the share of each category in it (they add up to at most 1)."""
    fits = {name: _fits(name) for name in categories}
    leaders = _leaders(fits)
    out: dict[int, dict[str, float]] = {}
    for concept in lexicon().concepts:
        raw = {}
        for name, fit in fits.items():
            value = fit.get(concept.number, 0.0)
            if name in leaders and leaders[name] != concept.number:
                value *= 0.35
            raw[name] = value**2
        owner = [name for name, number in leaders.items() if number == concept.number]
        if owner:
            raw[owner[0]] = max(raw[owner[0]], 1.0)
        total = sum(raw.values())
        if total > 0:
            scale = min(1.0, max(raw.values()) * 2) / total
            out[concept.number] = {name: value * scale for name, value in raw.items() if value > 0}
    return out


def _leaders(fits: Mapping[str, Mapping[int, float]]) -> dict[str, int]:
    """The concept that each narrow category means: one each, best fit first, among equals the one of fewer words."""
    pairs = []
    for name, fit in fits.items():
        top = max(fit.values(), default=0.0)
        close = sum(v > 0.9 * top for v in fit.values())
        if top < _SPECIFIC or close > 4:
            continue
        pairs += [(-value, _breadth(number), name, number) for number, value in fit.items() if value >= 0.5 * top]
    taken: dict[str, int] = {}
    for _, _, name, number in sorted(pairs):
        if name not in taken and number not in taken.values():
            taken[name] = number
    return taken


def _breadth(number: int) -> int:
    return len(lexicon().concepts[number].terms)


@lru_cache(maxsize=1024)
def _fits(category: str) -> Mapping[int, float]:
    """Concept number to 0..1: how well the name of the category fits it."""
    named = " ".join(words(category))
    exact = _exact(named)
    if exact:
        return exact
    found = [w for w in words(category) if w not in _NO_MEANING] or words(category)
    out: dict[int, float] = {}
    for concept in lexicon().concepts:
        value = max(_overlap(found, _stems(concept)), 0.55 * _overlap(found, _top_stems(concept.top)))
        if value > 0.05:
            out[concept.number] = value
    return out


def _exact(named: str) -> dict[int, float]:
    book = lexicon()
    for top, (name, _) in book.top_terms.items():
        if named == " ".join(words(name)):
            return {c.number: 1.0 for c in book.concepts if c.top == top}
    return {e.concepts[0]: 1.0 for e in book.index.get(named, ()) if e.kind == "noun"}


def _overlap(found: Sequence[str], known: Mapping[str, float]) -> float:
    """The share of the name's meaning, in inverse frequency, that the concept's words hold."""
    got = total = 0.0
    for word in found:
        weight = _rarity(stem(word))
        total += weight
        got += weight * _likeness(stem(word), known)
    return got / total if total else 0.0


def _likeness(word: str, known: Mapping[str, float]) -> float:
    if word in known:
        return known[word]
    if len(word) < 5:
        return 0.0
    return (
        0.8
        if any(abs(len(k) - len(word)) < 3 and fuzz.ratio(word, k) >= _FUZZY for k in known if k[0] == word[0])
        else 0.0
    )


@cache
def _stems(concept: Concept) -> Mapping[str, float]:
    """Words of the concept: its first terms count most."""
    out = {stem(w): 0.9 for w in concept.terms}
    out.update({stem(w): 1.0 for w in words(concept.name)})
    return out


@cache
def _top_stems(top: int) -> Mapping[str, float]:
    return {stem(w): 1.0 for w in lexicon().top_terms[top][1]}


@cache
def _frequency() -> Mapping[str, int]:
    counts: dict[str, int] = {}
    for concept in lexicon().concepts:
        for word in _stems(concept):
            counts[word] = counts.get(word, 0) + 1
    return counts


def _rarity(word: str) -> float:
    return math.log(1.0 + len(lexicon().concepts) / (1.0 + _frequency().get(word, 3)))
