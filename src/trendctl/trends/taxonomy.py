"""One job: what kind of good a title names, and whether it names a good at all.

Both work without any training on the caller's categories: from written lists of goods, makers and cues (`data/`).
"""

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from rapidfuzz import fuzz

from trendctl.trends._categories import coverage
from trendctl.trends._evidence import evidence
from trendctl.trends._goods_features import features
from trendctl.trends._google import deepest, google_table
from trendctl.trends._words import plain, words

_MOST_EVIDENCE = 12.0  # beyond that more evidence changes nothing; it keeps exp() small


def classify(title: str, categories: Sequence[str]) -> str:
    """The category of the list that fits best; any names work, such as those of a shop or Google's top levels.

    Always one of `categories`, a guess even for a title that names nothing known. ValueError if the list is empty.
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


def google_category(title: str, hints: Sequence[str] = ()) -> tuple[int, str, float] | None:
    """(id, full path, confidence 0..1) in Google's product taxonomy, or None if nothing in the title or hints is known.

    `hints` are other words for the good, such as a shop's category; they decide only where the title does not.
    The path is as deep as the shipped ids go, at least the top level.
    """
    tops = tuple(google_table().tops)
    for text in (title, " ".join(hints)):
        scores = category_scores(text, tops)
        best = max(tops, key=lambda name: scores[name])
        if scores[best] > 0:
            number = deepest([title, *hints], best)
            return number, google_table().paths[number], scores[best]
    return None


_AGREED = 0.5  # share of the titles that name a kind under the top level


def google_under(titles: Sequence[str], top: str) -> tuple[int, str]:
    """(id, full path) of the deepest entry under a top level of Google's taxonomy that most of the titles name.

    The first title counts twice. Titles that name no kind there have no say; the top level's own entry without any.
    KeyError for what is no top level.
    """
    table, weights = google_table(), dict[str, float]()
    for place, title in enumerate(titles):
        path = table.paths[deepest([title], top)]
        if path != top:
            weights[path] = weights.get(path, 0.0) + (2.0 if place == 0 else 1.0)
    best, number, least = top, table.tops[top], _AGREED * sum(weights.values())
    for other, path in table.paths.items():
        inside = sum(weight for named, weight in weights.items() if f"{named} > ".startswith(f"{path} > "))
        if inside > least and path.count(" > ") > best.count(" > "):
            best, number = path, other
    return number, best


SELLABLE_THRESHOLD = 0.45
"""From this probability on a title counts as a good: where precision and recall are about equal in cross-validation
with parts of the word lists hidden, which is what titles with unknown makers look like (fit_taxonomy.py)."""

VETO_FACTOR = 0.15
"""What a recalled item, a gift card or a prescription medicine keeps of its probability: not to be listed."""

_VETO = ("recall", "gift_card", "drug")


def sellable(title: str) -> float:
    """The probability, 0..1, that a title names a good that one person could list on a marketplace.

    Low for people, news, events, films, services, apps, brands alone and topics; also for recalled items, gift cards
    and prescription medicines. A title that names nothing known gets a low but not a certain answer. Never raises.
    """
    if not words(title):
        return 0.0
    found = features(title)
    weights = _weights()
    logit = math.fsum(weights.get(name, 0.0) * value for name, value in found.items())
    chance = 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, logit))))
    return chance * VETO_FACTOR if any(name in found for name in _VETO) else chance


@cache
def _weights() -> Mapping[str, float]:
    text = files("trendctl.data").joinpath("sellable_model.json").read_text(encoding="utf-8")
    return {str(name): float(value) for name, value in json.loads(text)["weights"].items()}
