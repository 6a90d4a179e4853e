"""Agent: the range of asking prices, of this very product where a source showed them, else of comparable ones."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel

from trendctl.analyzer import evidence as ev
from trendctl.analyzer.outputs import Price
from trendctl.commerce.money import Money
from trendctl.ports import Agent, Case, Json
from trendctl.trends.pricing import Comparable, price_range

_LEAST_COMPARABLE = 3
_COMPARABLE_TRUST = 0.5  # of what the range's own width says: asking prices of other products
_SHOWN = 5


def evidence(case: Case, outputs: Mapping[str, BaseModel]) -> Mapping[str, Json]:
    """Prices in the market's currency, lowest first; comparables only where there are none. Amounts in minor units."""
    seen = sorted((p.minor, p.source) for p in case.prices if p.currency == case.currency)
    near = [] if seen else [c for c in case.comparables if c.currency == case.currency]
    return {
        "currency": case.currency,
        "title": ev.text(case.title, "", all(item.ai_ok for item in case.items)) if near else None,
        "seen": [{"minor": minor, "source": source} for minor, source in seen],
        "comparable": [{"minor": c.minor, **ev.text(c.title, c.source, False)} for c in near],
    }


def run(evidence: Mapping[str, Json]) -> Price:
    """Of seen prices the median with the 10% and 90% points, so that nothing lies outside what sources showed; else the
    80% range that prices of similar titles leave open.
    """
    currency, seen, near = str(evidence["currency"]), evidence["seen"], evidence["comparable"]
    if seen:
        lines = [f"{one['source']}: {Money(one['minor'], currency).format_plain()}" for one in seen]
        return _seen([one["minor"] for one in seen], currency, lines)
    others = [Comparable(str(one["text"]), one["minor"], currency, str(one["source"])) for one in near]
    found = price_range(others, str(evidence["title"]["text"]), currency) if len(near) >= _LEAST_COMPARABLE else None
    if found is not None:
        return Price(
            low_minor=found.low, mid_minor=found.mid, high_minor=found.high, currency=currency, n=found.n,
            how="comparable", confidence=round(_COMPARABLE_TRUST * found.confidence, 6), evidence=(found.how,),
        )  # fmt: skip
    return Price(
        low_minor=None, mid_minor=None, high_minor=None, currency=None, n=0, how="none", confidence=None, evidence=()
    )  # fmt: skip


def _seen(minors: Sequence[int], currency: str, lines: Sequence[str]) -> Price:
    """`minors` rising. The confidence grows with their number and falls with their spread."""
    low, mid, high = (_point(minors, share) for share in (0.1, 0.5, 0.9))
    spread = (high - low) / mid if mid else 1.0
    confidence = len(minors) / (len(minors) + 2) / (1.0 + spread)
    return Price(
        low_minor=low, mid_minor=mid, high_minor=high, currency=currency, n=len(minors), how="seen",
        confidence=round(confidence, 6), evidence=tuple(lines[:_SHOWN]),
    )  # fmt: skip


def _point(rising: Sequence[int], share: float) -> int:
    """The point below which `share` of the values lie, between the two nearest values, in whole minor units."""
    place = share * (len(rising) - 1)
    below = int(place)
    above = min(below + 1, len(rising) - 1)
    return round(rising[below] + (rising[above] - rising[below]) * (place - below))


AGENT = Agent("price", 1, (), Price, evidence, run)
