"""One job: what kind of good a title names, and whether it names a good at all.

Both work without any training on the caller's categories: from written lists of goods, makers and cues (`data/`).
"""

import math
from collections.abc import Sequence

from rapidfuzz import fuzz

from trendctl.trends._categories import coverage
from trendctl.trends._evidence import evidence
from trendctl.trends._words import plain

_MOST_EVIDENCE = 12.0  # beyond that more evidence changes nothing; it keeps exp() small


def classify(title: str, categories: Sequence[str]) -> str:
    """The category of the list that fits best; any names work, such as those of a shop or Google's top levels.

    Always one of `categories`, the best guess even for a title that names nothing known. ValueError if the list is empty.
    """
    if not categories:
        raise ValueError("classify needs at least one category")
    scores = category_scores(title, categories)
    best = max(scores.values())
    if best > 0:
        return max(categories, key=lambda name: scores[name])
    return max(categories, key=lambda name: fuzz.token_set_ratio(plain(title), plain(name)))


def category_scores(title: str, categories: Sequence[str]) -> dict[str, float]:
    """Each category's share of the evidence, adding up to 1; all 0 if nothing in the title is known."""
    shares = coverage(tuple(categories))
    scores = dict.fromkeys(categories, 0.0)
    for number, strength in evidence(title).items():
        worth = math.expm1(min(strength, _MOST_EVIDENCE))
        for name, share in shares.get(number, {}).items():
            scores[name] += worth * share
    total = math.fsum(scores.values())
    return {name: value / total for name, value in scores.items()} if total > 0 else scores
