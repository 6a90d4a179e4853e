"""Agent: brands, restricted goods, claims and missing legal fields. It fails on the safe side: raw titles count too."""

from collections.abc import Mapping

from pydantic import BaseModel

from trendctl.analyzer import evidence as ev
from trendctl.analyzer.outputs import Category, Compliance, Flag, Normalised
from trendctl.commerce.compliance import COMPLIANCE_VERSION, flags
from trendctl.ports import Agent, Case, Json

_MAX_TITLES = 12


def evidence(case: Case, outputs: Mapping[str, BaseModel]) -> Mapping[str, Json]:
    """Every title of the product, brand, category, market and what the seller told of it; no cost, no supplier."""
    name, category, supply = outputs.get("normaliser"), outputs.get("category"), case.supply
    known = {item.title: item for item in case.items}
    own = dict.fromkeys([case.title, name.title if isinstance(name, Normalised) else ""])
    titles = [*own, *(title for title in known if title not in own)][:_MAX_TITLES]
    brand = (supply.brand if supply else "") or (name.brand if isinstance(name, Normalised) else "") or case.brand
    return {
        "titles": [
            ev.text(t, i.source if (i := known.get(t)) else "", bool(i and i.ai_ok)) | {"own": t in own}
            for t in titles
            if t
        ],
        "brand": ev.text(brand, "", bool(supply and supply.brand)),
        "category": category.path if isinstance(category, Category) else "",
        "market": case.market,
        "facts": dict(sorted(supply.facts.items())) if supply else {},
        "list": COMPLIANCE_VERSION,
    }


def run(evidence: Mapping[str, Json]) -> Compliance:
    """Flags of the product's own titles and facts; those only another source's title raises are warnings."""
    facts, brand = dict(evidence["facts"]), str(evidence["brand"]["text"])
    found: dict[tuple[str, str], Flag] = {}
    told = "\n".join(facts.values())
    for title in evidence["titles"]:
        text, category, market = str(title["text"]), str(evidence["category"]), str(evidence["market"])
        for flag in flags(text, told, category, brand, market, facts):
            severity = flag.severity if title["own"] else "warn"
            made = Flag(code=flag.code, severity=severity, words=flag.message, evidence=flag.evidence)
            found.setdefault((flag.code, flag.evidence.casefold()), made)
    order = {"block": 0, "warn": 1, "info": 2}
    ordered = sorted(found.values(), key=lambda f: (order[f.severity], f.code, f.evidence))
    return Compliance(flags=tuple(ordered), blocked=any(f.severity == "block" for f in ordered))


AGENT = Agent("compliance", 1, ("category", "normaliser"), Compliance, evidence, run)
