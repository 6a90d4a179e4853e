"""One job: what about a title speaks for or against a good that one person could list, as numbers.

The features are of general kinds (a noun of goods and where it stands, a size, a price, words of news or software),
so that they hold for products, makers and people that no list names.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from trendctl.trends._goods_shape import AMOUNT, HEAD_END, TAGLINE, shape
from trendctl.trends._lexicon import Match, lexicon, outermost
from trendctl.trends._words import words

_ENTITIES = frozenset(
    [
        "named_good",
        "paid_game",
        "board_game",
        "free_game",
        "app_service",
        "franchise",
        "event",
        "drug",
        "topic_food",
        "person_word",
    ]
)
_GOODS = ("noun", "named_good", "paid_game", "board_game")
_AGAINST = [
    "app_service",
    "software_word",
    "service_word",
    "event",
    "news_word",
    "media_word",
    "drug",
    "topic_food",
    "anecdote",
    "recall",
    "gift_card",
]
_GROUPS = (*_GOODS[1:], *_AGAINST, "free_game", "franchise", "person_word", "sale_event")
_HINTS = ("buy_word", "material", "colour", "thing_word")
_PAIRS = [
    "franchise noun",
    "event noun",
    "person_word noun",
    "app_service noun",
    "news_word noun",
    "software_word noun",
    "service_word noun",
    "anecdote noun",
    "media_word noun",
    "brand noun",
    "brand news_word",
    "price noun",
    "price brand",
    "price service_word",
    "first_person noun",
    "question noun",
    "show_hn noun",
    "show_hn price",
    "tagline software_word",
    "tagline noun",
    "tagline material",
    "tagline thing_word",
    "brand thing_word",
    "brand name_number",
    "lower noun",
    "underscore noun",
    "buy_word noun",
    "material noun",
    "whole_sale any_good",
    "size any_good",
    "pack any_good",
]
_WITHOUT_GOOD = ("tagline", "price", "sentence", "thing_word", "lower")
_AUTHOR = re.compile(r"[A-Z][\w.'-]+(?: [A-Z][\w.'-]*)? [A-Z][\w'-]+(?: \([\w ]+\))?")


def features(title: str, keep: Callable[[Match], bool] | None = None) -> dict[str, float]:
    """Feature name to value, mostly 0..1; absent means 0. Never raises, whatever the text.

    `keep` hides terms of the lists: the fit uses it, so that the model does not lean on knowing every name.
    """
    tokens = words(title)
    found = [m for m in lexicon().matches(tokens) if keep is None or keep(m)]
    out = {"bias": 1.0} | shape(title)
    out |= _nouns(found, tokens, len(words(HEAD_END.split(title)[0])))
    out |= _makers(found, tokens, title)
    out |= _cues(found, tokens)
    out |= _people(title, tokens)
    out |= _together(out)
    return {name: value for name, value in out.items() if value}


def _nouns(found: Sequence[Match], tokens: Sequence[str], head: int) -> dict[str, float]:
    """How sure the nouns of goods are and where they stand; nouns inside a longer known name do not count."""
    nouns = [
        m
        for m in outermost(m for m in found if m.entry.kind == "noun" or m.entry.group in _ENTITIES)
        if m.entry.kind == "noun"
    ]
    if not nouns:
        return {}
    strong = [m for m in nouns if m.entry.weight >= 1]
    return {
        "noun": float(bool(strong)),
        "weak_noun": float(not strong),
        "long_noun": float(any(m.end - m.start > 1 for m in nouns)),
        "two_nouns": float(len({m.entry.concepts for m in nouns}) > 1),
        "noun_ends": float(nouns[-1].end == len(tokens)),
        "noun_ends_head": float(any(m.end == head for m in strong)),
        "noun_in_tail": float(head < len(tokens) and all(m.start >= head for m in nouns)),
        "noun_only": float(nouns[0].start == 0 and nouns[-1].end == len(tokens)),
    }


def _makers(found: Sequence[Match], tokens: Sequence[str], title: str) -> dict[str, float]:
    longer = outermost(m for m in found if m.entry.kind == "brand" or m.entry.group in ("free_game", "app_service"))
    brands = [m for m in longer if m.entry.kind == "brand"]
    if not brands:
        return {}
    covered = sum(m.end - m.start for m in brands)
    amounts_gone = set(words(AMOUNT.sub(" ", title)))
    after = tokens[brands[0].end : brands[0].end + 3]
    return {
        "brand": max(m.entry.weight for m in brands),
        "brand_first": float(brands[0].start == 0),
        "brand_only": float(covered >= len(tokens)),
        "brand_code": float(any(t in amounts_gone and any(c.isdigit() for c in t) for t in after)),
        "brand_more": float(brands[0].start == 0 and 1 <= len(tokens) - covered <= 4),
    }


def _cues(found: Sequence[Match], tokens: Sequence[str]) -> dict[str, float]:
    out: dict[str, float] = {}
    for group in (*_GROUPS, *_HINTS):
        total = sum(m.entry.weight for m in outermost(m for m in found if m.entry.group == group))
        out[group] = min(1.0, total)
        out[group + "_more"] = min(2.0, max(0.0, total - 1.0))
    starts = {m.entry.group for m in found if m.start == 0}
    out |= {f"{group}_first": float(group in starts) for group in ("app_service", "franchise", "paid_game")}
    out["thing_ends"] = float(any(m.entry.group == "thing_word" and m.end == len(tokens) for m in found))
    return out


def _people(title: str, tokens: Sequence[str]) -> dict[str, float]:
    """A person alone, the author after a comma, the artist after a dash, what an app does after a dash."""
    names = lexicon().names
    author = title.rsplit(",", 1)[1].strip() if "," in title else ""
    dash = words(TAGLINE.split(title, maxsplit=1)[1]) if TAGLINE.search(title) else []
    by = words(author)
    named = bool(tokens) and tokens[0] in names
    return {
        "person_first": float(named),
        "person_alone": float(named and 2 <= len(tokens) <= 3),
        "by_author": float(2 <= len(by) <= 3 and by[0] in names),
        "author_shape": float(bool(_AUTHOR.fullmatch(author))),
        "by_artist": float(bool(dash) and dash[0] in names and len(dash) <= 6),
        "tail_verb": float(bool(dash) and any(e.group == "app_verb" for e in lexicon().index.get(dash[0], ()))),
    }


def _together(f: Mapping[str, float]) -> dict[str, float]:
    good = any(f.get(n, 0.0) > 0 for n in _GOODS)
    known = dict(f) | {"any_good": float(good)}
    out = {pair.replace(" ", "+"): float(all(known.get(n, 0.0) > 0 for n in pair.split())) for pair in _PAIRS}
    out |= {f"{name}-good": float(not good and known.get(name, 0.0) > 0) for name in _WITHOUT_GOOD}
    out["any_good"] = float(good)
    out["no_good"] = float(not good and not f.get("weak_noun"))
    out["against"] = float(sum(f.get(n, 0.0) > 0 for n in _AGAINST))
    out["brand_model"] = float(bool(f.get("brand") and (f.get("brand_code") or f.get("model"))))
    return out
