"""Agent: what one sale leaves on each platform, after landed cost and fees. Without supply it knows nothing."""

from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal, InvalidOperation

from pydantic import BaseModel

from trendctl.analyzer.outputs import Category, Margin, PlatformMargin, Price
from trendctl.commerce.fees import FEES_VERSION, NoFeeTable, Terms
from trendctl.commerce.landed import LandedCost, break_even, floor_price, margin, meets
from trendctl.commerce.money import CurrencyMismatch, Money
from trendctl.ports import Agent, Case, Json

_COSTS = (
    "cost_minor", "freight_minor", "duty_minor", "packaging_minor", "outbound_shipping_minor", "ad_minor",
    "return_rate",
)  # fmt: skip


def evidence(case: Case, outputs: Mapping[str, BaseModel]) -> Mapping[str, Json]:
    """Costs, price, category, platforms, the least margin and the version of the fees. Never the supplier."""
    category, price = outputs.get("category"), outputs.get("price")
    costs = None
    if case.supply is not None and case.supply.cost_minor is not None and case.supply.currency is not None:
        told = asdict(case.supply)
        costs = {name: told[name] for name in _COSTS} | {"currency": case.supply.currency}
    asked, origin = _price(case, price if isinstance(price, Price) else None)
    return {
        "costs": costs, "price_minor": asked[0], "currency": asked[1], "price_from": origin, "market": case.market,
        "category": category.path if isinstance(category, Category) else "", "platforms": list(case.platforms),
        "minimum_margin": case.minimum_margin, "fees": FEES_VERSION if costs else "",
    }  # fmt: skip


def _price(case: Case, price: Price | None) -> tuple[tuple[int | None, str | None], str]:
    """The seller's own price, else the middle of the range."""
    if case.supply is not None and case.supply.price_minor is not None:
        return (case.supply.price_minor, case.supply.currency), "seller"
    if price is not None and price.mid_minor is not None and price.how != "none":
        return (price.mid_minor, price.currency), price.how
    return (None, None), ""


def run(evidence: Mapping[str, Json]) -> Margin:
    """One entry for each platform whose fees are known in this market and currency."""
    missing = [word for word, name in (("cost", "costs"), ("price", "price_minor")) if evidence[name] is None]
    if missing:
        return Margin(platforms=(), best=None, price_from=evidence["price_from"], missing=tuple(missing))
    try:
        cost = _cost(evidence["costs"])
        asked = Money(evidence["price_minor"], evidence["currency"])
        least = Decimal(evidence["minimum_margin"])
    except (ValueError, InvalidOperation) as fault:
        return Margin(platforms=(), best=None, price_from=evidence["price_from"], missing=(str(fault),))
    found, without = [], []
    for platform in evidence["platforms"]:
        terms = Terms(platform, marketplace=evidence["market"], category=evidence["category"] or None)
        try:
            found.append(_one(platform, cost, asked, terms, least))
        except (NoFeeTable, CurrencyMismatch) as fault:
            without.append(f"{platform}: {fault}")
    best = _best(found)
    return Margin(
        platforms=tuple(found), best=best, price_from=evidence["price_from"], missing=tuple(without)
    )  # fmt: skip


def _best(found: list[PlatformMargin]) -> str | None:
    """The largest fraction where a fee is taken: `local` and own shops leave out what bringing buyers there costs."""
    paid = [one for one in found if one.fees_minor > 0] or found
    return str(max(Decimal(one.fraction) for one in paid)) if paid else None


def _cost(costs: Mapping[str, Json]) -> LandedCost:
    rest = {name: costs[name] for name in _COSTS if name != "cost_minor"}
    return LandedCost.from_minor(costs["currency"], costs["cost_minor"], **rest)


def _one(platform: str, cost: LandedCost, asked: Money, terms: Terms, least: Decimal) -> PlatformMargin:
    result = margin(cost, asked, terms)
    floor, even = floor_price(cost, terms, minimum_margin=least), break_even(cost, terms)
    return PlatformMargin(
        platform=platform, price_minor=asked.minor, currency=asked.currency, fees_minor=result.fees.total.minor,
        floor_minor=floor.minor if floor else None, break_even_minor=even.minor if even else None,
        net_minor=result.net.minor, fraction=str(result.fraction if result.fraction is not None else Decimal(0)),
        above_floor=meets(cost, asked, terms, minimum_margin=least),
    )  # fmt: skip


AGENT = Agent("margin", 1, ("category", "price"), Margin, evidence, run)
