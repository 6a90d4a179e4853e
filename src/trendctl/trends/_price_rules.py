"""One job: what general knowledge says of a title by kinds whose words may stand anywhere in it ("6 ft black hdmi
to dvi cable" is an hdmi dvi cable), with the amount that goes with the kind.

`data/product_prices.txt` holds them and says how they are written.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from trendctl.trends._price_lines import UNKNOWN, Scaled, known_prices

RULE_COUNT = 6  # figures of a title
RULE_COLUMNS = (0, 1, 3)  # of them those that tell how alike two records are
_NO_RULE = (UNKNOWN, 0.0, 0.0, UNKNOWN, 0.0, UNKNOWN)
_FULL = 3.0  # words of a kind from which it is as sure as it gets


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind by the words that a title must have, in any order."""

    name: str
    words: frozenset[str]
    scaled: Scaled


@lru_cache(maxsize=4096)
def rules_in(tokens: tuple[str, ...], end: int) -> list[Rule]:
    """The kinds that the words before `end` name (where those name none, all words), without the ones that a more
    exact one holds; the longest first and of equals the one whose words come last."""
    return _named(tokens[:end]) or _named(tokens)


def rule_figures(tokens: tuple[str, ...], end: int, amounts: Mapping[str, float]) -> list[float]:
    """`RULE_COUNT` figures: the log price by the most exact kind, how exact it is and whether the amount was known,
    the mean of all kinds by their exactness, how many there are, and the dearest."""
    kinds = rules_in(tokens, end)
    if not kinds:
        return list(_NO_RULE)
    prices = [_price(rule.scaled, amounts) for rule in kinds]
    weights = [len(rule.words) ** 2 for rule in kinds]
    mean = sum(p * w for p, w in zip(prices, weights, strict=True)) / sum(weights)
    exact, known = min(_FULL, len(kinds[0].words)), float(kinds[0].scaled.unit in amounts)
    return [prices[0], exact, known, mean, math.log1p(len(kinds)), max(prices)]


def _price(scaled: Scaled, amounts: Mapping[str, float]) -> float:
    amount = amounts.get(scaled.unit)
    return scaled.price if amount is None else scaled.at(amount)


def _named(tokens: Sequence[str]) -> list[Rule]:
    place = {word: number for number, word in enumerate(tokens)}
    rules = _by_rarest()
    found = [rule for word in place for rule in rules.get(word, ()) if rule.words <= place.keys()]
    whole = [rule for rule in found if not any(rule.words < other.words for other in found)]
    return sorted(whole, key=lambda rule: (-len(rule.words), -max(place[word] for word in rule.words), rule.name))


@cache
def _by_rarest() -> Mapping[str, list[Rule]]:
    """The kinds, each under that of its words that fewest kinds have."""
    rules = {frozenset(name.split()): (name, scaled) for name, scaled in reversed(known_prices().anywhere.items())}
    count = Counter(word for needed in rules for word in needed)
    out: dict[str, list[Rule]] = {}
    for needed, (name, scaled) in rules.items():
        out.setdefault(min(needed, key=lambda word: (count[word], word)), []).append(Rule(name, needed, scaled))
    return out
