"""Agent: the product's name as a person would write it, with brand, model, variant and pack size read out of it."""

from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from trendctl.analyzer import evidence as ev
from trendctl.analyzer.outputs import Normalised
from trendctl.analyzer.titles import entries
from trendctl.ports import Agent, Case, Json
from trendctl.trends.title_features import Kind, analyse, normalise, read_title, token_kind
from trendctl.wording import clean, product_title

_MAX_PACK = 10_000
_VARIANT = frozenset({Kind.QUANTITY, Kind.COLOUR, Kind.EDITION})
_SEARCH_SKIPS = frozenset({Kind.QUANTITY, Kind.PACK, Kind.COLOUR, Kind.FILLER, Kind.YEAR})
_TRIM = ".,;:!?()[]\"'"


def evidence(case: Case, outputs: Mapping[str, BaseModel]) -> Mapping[str, Json]:
    """The product's title first, then those of its items (once each), and the brand."""
    supply = case.supply
    brand_ok = all(item.ai_ok for item in case.items)
    return {
        "titles": entries(case),
        "brand": ev.text(case.brand, "", brand_ok),
        "supply": {"brand": supply.brand, "mpn": supply.mpn} if supply else None,
    }


def run(evidence: Mapping[str, Json]) -> Normalised:
    """The first title that still says something once it is clean."""
    titles = evidence["titles"]
    title, chosen = next(
        ((t, raw) for raw in titles if (t := product_title(raw["text"]))), ("", titles[0] if titles else {})
    )
    supply = evidence["supply"] or {}
    own, seen = clean(supply.get("brand", "")), clean(evidence["brand"]["text"])
    words = _words(title)
    return Normalised(
        title=title,
        brand=own or seen,
        brand_from="supply" if own else "evidence" if seen else "",
        model=clean(supply.get("mpn", "")) or next((w for w, kind in words if kind is Kind.CODE), ""),
        variant=tuple(dict.fromkeys(w for w, kind in words if kind in _VARIANT))[:6],
        pack=_pack(title),
        search_term=_search_term(words, own or seen),
        source=chosen.get("source", ""),
        ai_ok=chosen.get("ai_ok") is True,
    )


def _words(title: str) -> list[tuple[str, Kind]]:
    """The title's words as written, with their kind; a number and its unit are one word."""
    return list(_joined([w for raw in title.split() if (w := raw.strip(_TRIM))]))


def _joined(words: list[str]) -> Iterator[tuple[str, Kind]]:
    at = 0
    while at < len(words):
        both = " ".join(words[at : at + 2])
        base = read_title(both).base if words[at][0].isdigit() else []
        if at + 1 < len(words) and len(base) == 1 and token_kind(base[0]) in (Kind.QUANTITY, Kind.PACK):
            yield both, token_kind(base[0])
            at += 2
            continue
        yield words[at], _kind(words[at])
        at += 1


def _kind(word: str) -> Kind:
    base = analyse(normalise(word)).base
    return token_kind(base[0]) if len(base) == 1 and base[0] else Kind.WORD


def _pack(title: str) -> int | None:
    for token in read_title(title).base:
        if token.startswith("kpack="):
            value = token.removeprefix("kpack=")
            if value.isascii() and value.isdigit() and 1 <= int(value) <= _MAX_PACK:
                return int(value)
    return None


def _search_term(words: list[tuple[str, Kind]], brand: str) -> str:
    """Brand and the first telling words, at most five words and 60 characters."""
    telling = [w for w, kind in words if kind not in _SEARCH_SKIPS and any(c.isalnum() for c in w)]
    folded = {w.casefold() for w in telling}
    lead = [w for w in brand.split() if w.casefold() not in folded]
    term = ""
    for word in (*lead, *telling)[:5]:
        longer = f"{term} {word}".strip()
        if len(longer) > 60:
            break
        term = longer
    return term.casefold()


AGENT = Agent("normaliser", 1, (), Normalised, evidence, run)
