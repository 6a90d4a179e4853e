"""Agent: how well each platform suits the product: what a sale leaves there, its rules, and what it needs."""

from collections.abc import Mapping

from pydantic import BaseModel

from trendctl.analyzer.outputs import Compliance, Fit, Margin, PlatformFit, Price
from trendctl.commerce.rules import RULES_VERSION, check, limit, platforms
from trendctl.ports import Agent, Case, Json

_BASE = 0.5  # nothing known for or against
_FULL_MARGIN = 0.4  # net share of the price that earns the most
_NO_OFFER = 0.8  # a post sells only through a link that the reader must follow
_LACKS = 0.5


def evidence(case: Case, outputs: Mapping[str, BaseModel]) -> Mapping[str, Json]:
    """Margins and price as the other agents found them, blocks, and what the seller has."""
    margin, price, compliance = outputs.get("margin"), outputs.get("price"), outputs.get("compliance")
    margins = margin.platforms if isinstance(margin, Margin) else ()
    blocks = [f for f in compliance.flags if f.severity == "block"] if isinstance(compliance, Compliance) else []
    asked = case.supply.price_minor if case.supply else None
    mid = price.mid_minor if isinstance(price, Price) else None
    return {
        "platforms": [p for p in case.platforms if p in platforms()],
        "margins": {m.platform: {"fraction": m.fraction, "above_floor": m.above_floor} for m in margins},
        "blocks": [{"code": f.code, "platforms": list(f.platforms)} for f in blocks],
        "price_minor": asked if asked is not None else mid,
        "currency": case.supply.currency if case.supply and asked is not None else case.currency,
        "link": bool(case.supply and case.supply.link),
        "images": len(case.images),
        "supply": case.supply is not None,
        "rules": RULES_VERSION,
    }


def run(evidence: Mapping[str, Json]) -> PlatformFit:
    """Fits by platform; equal ones in the order of the settings."""
    fits = {platform: _one(platform, evidence) for platform in evidence["platforms"]}
    return PlatformFit(platforms=fits, order=tuple(sorted(fits, key=lambda name: -fits[name].fit)))


def _one(platform: str, evidence: Mapping[str, Json]) -> Fit:
    codes = [b["code"] for b in evidence["blocks"] if not b["platforms"] or platform in b["platforms"]]
    if codes:
        return Fit(fit=0.0, reasons=(f"blocked: {', '.join(sorted(set(codes)))}",))
    value, reasons = _margin(evidence["margins"].get(platform), evidence["supply"])
    for factor, reason in _needs(platform, evidence):
        value *= factor
        reasons.append(reason)
    return Fit(fit=round(value, 6), reasons=tuple(reasons))


def _margin(found: Mapping[str, Json] | None, supply: bool) -> tuple[float, list[str]]:
    if found is None:
        return _BASE, ["margin not known yet" if supply else "supply not told yet, so no margin"]
    share = float(found["fraction"])
    words = [f"{100 * share:.0f}% of the price is left"]
    if not found["above_floor"]:
        return 0.1, [*words, "the price is below the floor"]
    return min(1.0, max(0.0, share / _FULL_MARGIN)), words


def _needs(platform: str, evidence: Mapping[str, Json]) -> list[tuple[float, str]]:
    found = []
    if limit(platform, "title") is None:
        found.append((_NO_OFFER, "a post, no offer: the buyer has to follow a link"))
    if limit(platform, "link") is not None and not evidence["link"]:
        found.append((_LACKS, "needs a link to your own shop page"))
    if evidence["supply"] and not evidence["images"] and platform != "local":
        found.append((_LACKS, "needs an image"))
    if evidence["price_minor"] is not None:
        price = {"price_minor": evidence["price_minor"], "currency": evidence["currency"]}
        found += [(0.0, v.message) for v in check(platform, price, partial=True) if v.rule == "price_range"]
    return found


AGENT = Agent("platform_fit", 1, ("compliance", "margin", "price"), PlatformFit, evidence, run)
