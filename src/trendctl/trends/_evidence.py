"""One job: how strongly a title speaks for each kind of goods, from nouns, clues, makers and model codes."""

import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

from trendctl.trends._lexicon import Match, data_lines, lexicon, outermost
from trendctl.trends._words import words

# Weights in nats of evidence: chosen by hand on the development titles, in round numbers.
NOUN = 3.0
CLUE = 0.7
BRAND = 1.4
CODE = 2.2
MOST_CLUES = 5
AFTER_FOR = 0.25  # "case for a phone": what stands after such a word is what the good is for
MODIFIER = 0.4  # "phone case": a noun right before another noun only describes it

_FOR_WORDS = frozenset(
    {"for", "with", "w", "fit", "compatible", "without", "mit", "fur", "inc", "including", "plus", "from"}
)
_GAMES = {"paid_game": "video game", "board_game": "board game"}
_CODE = re.compile(r"([a-z]+)(\d[a-z\d.]*)?|\d+([a-z]{2,})\d*")


@lru_cache(maxsize=8192)
def evidence(title: str) -> Mapping[int, float]:
    """Concept number to its evidence; what nothing speaks for is left out."""
    tokens = words(title)
    found = list(lexicon().matches(tokens))
    total: dict[int, float] = {}
    for number, weight in _noun_weights(found, tokens).items():
        total[number] = total.get(number, 0.0) + NOUN * weight
    for match in found:
        if match.entry.group in _GAMES:
            kind = lexicon().number_of(_GAMES[match.entry.group])
            if kind is not None:
                total[kind] = max(total.get(kind, 0.0), NOUN)
    _add_clues(total, found)
    _add_brands(total, found)
    for number in coded(tokens):
        total[number] = total.get(number, 0.0) + CODE
    return total


def nouns_of(found: Sequence[Match]) -> list[Match]:
    """The nouns of goods, longest first where they overlap."""
    return outermost(m for m in found if m.entry.kind == "noun")


def best_nouns(title: str) -> list[str]:
    """The nouns of goods in a title, the surest first."""
    tokens = words(title)
    weighed = _weighed(list(lexicon().matches(tokens)), tokens)
    return [match.term for match, _ in sorted(weighed, key=lambda pair: -pair[1])]


def _noun_weights(found: Sequence[Match], tokens: Sequence[str]) -> dict[int, float]:
    best: dict[int, float] = {}
    for match, weight in _weighed(found, tokens):
        number = match.entry.concepts[0]
        best[number] = max(best.get(number, 0.0), weight)
    return best


def _weighed(found: Sequence[Match], tokens: Sequence[str]) -> list[tuple[Match, float]]:
    nouns = nouns_of(found)
    starts = {m.start for m in nouns}
    out = []
    for match in nouns:
        weight = match.entry.weight * (1.0 + 0.15 * (match.end - match.start - 1))
        if match.end in starts:
            weight *= MODIFIER
        if match.start > 0 and _FOR_WORDS.intersection(tokens[max(0, match.start - 3) : match.start]):
            weight *= AFTER_FOR
        out.append((match, weight))
    return out


def _add_clues(total: dict[int, float], found: Sequence[Match]) -> None:
    seen: dict[int, set[str]] = {}
    for match in found:
        if match.entry.kind == "clue":
            seen.setdefault(match.entry.concepts[0], set()).add(match.term)
    for number, terms in seen.items():
        total[number] = total.get(number, 0.0) + CLUE * min(len(terms), MOST_CLUES)


def _add_brands(total: dict[int, float], found: Sequence[Match]) -> None:
    for match in outermost(m for m in found if m.entry.kind == "brand"):
        share = BRAND * match.entry.weight / len(match.entry.concepts) ** 0.5
        for number in match.entry.concepts:
            total[number] = total.get(number, 0.0) + share


def coded(tokens: Sequence[str]) -> set[int]:
    """The concepts that a maker's model code in the title stands for."""
    out: set[int] = set()
    present = set(tokens)
    for brand, rules in _codes().items():
        if brand in present or (" " in brand and brand in " ".join(tokens)):
            out |= _by_rules(tokens, rules)
    return out


def _by_rules(tokens: Sequence[str], rules: Sequence[tuple[str, int]]) -> set[int]:
    for position, token in enumerate(tokens):
        hits = [(len(prefix), number) for prefix, number in rules if _has_code(tokens, position, token, prefix)]
        if hits:
            longest = max(size for size, _ in hits)
            return {number for size, number in hits if size == longest}
    return set()


def _has_code(tokens: Sequence[str], position: int, token: str, prefix: str) -> bool:
    match = _CODE.fullmatch(token)
    if match is None:
        return False
    letters, digits, inner = match.group(1) or "", match.group(2) or "", match.group(3) or ""
    if not digits and not inner:  # "dmc tz57": letters and digits in two tokens
        following = tokens[position + 1] if position + 1 < len(tokens) else ""
        if not any(c.isdigit() for c in following):
            return False
        digits = following
    bare = prefix.rstrip("=")
    if bare.isalpha():
        return (
            letters == bare
            or inner == bare
            or (len(bare) > 1 and not prefix.endswith("=") and letters.startswith(bare))
        )
    return (letters + digits).startswith(bare)


@cache
def _codes() -> Mapping[str, tuple[tuple[str, int], ...]]:
    rules: dict[str, list[tuple[str, int]]] = {}
    for line in data_lines("model_codes.txt"):
        head, _, prefixes = line.partition(":")
        brands, _, noun = head.partition("|")
        number = lexicon().number_of(noun)
        if number is None:
            raise ValueError(f"model_codes.txt names a kind of goods that lexicon.txt does not know: {noun.strip()}")
        for brand in brands.split(","):
            rules.setdefault(" ".join(words(brand)), []).extend((p, number) for p in prefixes.split())
    return {brand: tuple(listed) for brand, listed in rules.items()}
