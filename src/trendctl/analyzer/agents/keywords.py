"""Agent: what a buyer may type to find the product, hashtags, and the item specifics; all out of the facts."""

import re
from collections.abc import Mapping
from itertools import pairwise

from pydantic import BaseModel

from trendctl.analyzer import evidence as ev
from trendctl.analyzer.copy_facts import facts_of
from trendctl.analyzer.outputs import Keywords, Normalised
from trendctl.commerce.rules import limit
from trendctl.ports import Agent, Case, Json
from trendctl.trends.title_features import Kind, read_title, token_kind

_MAX_TERMS, _MAX_TAGS, _MAX_ASPECTS = 20, 5, 25
_WORD = re.compile(r"[^\W_]+(?:[-.'][^\W_]+)*")
_SILENT = frozenset({Kind.FILLER, Kind.NUMBER})


def evidence(case: Case, outputs: Mapping[str, BaseModel]) -> Mapping[str, Json]:
    """The facts, and what the normaliser read out of the title."""
    name = outputs.get("normaliser")
    known = name if isinstance(name, Normalised) else None
    return {
        "facts": facts_of(case, known),
        "model": ev.text(known.model if known else "", "", known is not None and known.ai_ok),
        "search_term": ev.text(known.search_term if known else "", "", known is not None and known.ai_ok),
    }


def run(evidence: Mapping[str, Json]) -> Keywords:
    """Search term, brand with model, model, then the title's telling words; nothing without a title."""
    facts = {fact["key"]: str(fact["text"]) for fact in evidence["facts"]}
    brand = facts.get("brand", "")
    model, term = str(evidence["model"]["text"]), str(evidence["search_term"]["text"])
    told = [word for word in _WORD.findall(facts.get("title", "")) if _tells(word)]
    terms = [term, f"{brand} {model}".strip() if brand and model else "", model, brand, *told]
    unique = dict.fromkeys(t.casefold() for t in terms if t)
    return Keywords(
        search_terms=tuple(unique)[:_MAX_TERMS],
        hashtags=_hashtags([term, brand, model, *told]),
        aspects=_aspects(evidence["facts"], model),
    )


def _tells(word: str) -> bool:
    base = read_title(word).base
    return len(word) > 1 and any(token_kind(token) not in _SILENT for token in base)


def _hashtags(terms: list[str]) -> tuple[str, ...]:
    """Letters and digits only, each word with a capital, and never digits alone (no platform links those)."""
    tags: dict[str, str] = {}
    for term in terms:
        words = re.findall(r"[^\W_]+", term)
        if any(has_digits_apart(a, b) for a, b in pairwise(words)):
            continue  # "15 2" would become 152, "1.7" would become 17
        tag = "".join(word[:1].upper() + word[1:] for word in words)
        if 2 < len(tag) <= 40 and any(c.isalpha() for c in tag):
            tags.setdefault(tag.casefold(), f"#{tag}")
    return tuple(tags.values())[:_MAX_TAGS]


def has_digits_apart(left: str, right: str) -> bool:
    """Whether two words would run into one number when written together."""
    return left[-1:].isdigit() and right[:1].isdigit()


def _aspects(facts: list[Mapping[str, Json]], model: str) -> dict[str, str]:
    """Names and values within eBay's limits (the strictest); a longer one is left out, not cut."""
    aspects = {"Model": model} if model else {}
    aspects |= {"MPN" if f["key"] == "mpn" else f["label"]: f["text"] for f in facts if _is_aspect(str(f["key"]))}
    short = {name: value for name, value in aspects.items() if _fits(name, "name") and _fits(value, "value")}
    return dict(list(short.items())[:_MAX_ASPECTS])


def _is_aspect(key: str) -> bool:
    return key in ("brand", "mpn") or key.startswith("fact:")


def _fits(text: str, part: str) -> bool:
    found = limit("ebay", f"aspect_{part}")
    return found is None or len(text.encode("utf-16-le")) // 2 <= found.maximum


AGENT = Agent("keywords", 1, ("normaliser",), Keywords, evidence, run)
