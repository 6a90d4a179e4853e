"""What the machine checks on an intent before a person sees it, and again just before it is sent."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from decimal import Decimal

from trendctl.commerce import compliance, rules
from trendctl.commerce.canonical import intent_hash
from trendctl.commerce.fees import NoFeeTable, Terms
from trendctl.commerce.landed import LandedCost, floor_price, meets
from trendctl.commerce.money import CurrencyMismatch, Money
from trendctl.ports import Json, SupplyView
from trendctl.posting.texts import texts


@dataclass(frozen=True, slots=True)
class Findings:
    """`blocks` forbid approval; `warnings` are shown; `flags_sha256` is part of the approved basis."""

    blocks: tuple[str, ...]
    warnings: tuple[str, ...]
    flags_sha256: str


def findings(
    doc: Mapping[str, Json],
    supply: SupplyView | None,
    lifts: Mapping[str, str],
    minimum_margin: str,
    gaps: tuple[str, ...] = (),
) -> Findings:
    """Listing rules, compliance and floor price. `gaps`: intent fields the seller has still to fill, not judged yet."""
    blocks, warnings = _rules(doc, gaps)
    flags = _flags(doc, supply)
    for code, severity, words in flags:
        if severity != "block":
            warnings.append(words)
        elif code in lifts:
            warnings.append(f"{words} (lifted by you: {lifts[code]})")
        else:
            blocks.append(f"{words} [{code}]")
    if "price" not in gaps and supply is not None:
        below = below_floor(doc, supply, minimum_margin)
        if below:
            blocks.append(below)
    return Findings(
        tuple(blocks), tuple(warnings), intent_hash({"flags": [list(f) for f in flags], "lifts": dict(lifts)})
    )


def supply_sha256(supply: SupplyView | None, action: str) -> str:
    """The hash of everything the seller told and has left; "" without supply. A new price rests on no stock: what sells
    meanwhile does not touch it."""
    if supply is None:
        return ""
    return intent_hash(asdict(replace(supply, stock=None) if action == "reprice" else supply))


def below_floor(doc: Mapping[str, Json], supply: SupplyView, minimum_margin: str) -> str:
    """Why the price is too low now; "" when it is not, or when nothing can be said without a cost."""
    cost = landed(supply)
    if cost is None:
        return ""
    price = Money(doc["price"]["minor"], doc["price"]["currency"])
    try:
        terms = Terms(doc["platform"], _fee_market(doc), category=doc["category"]["path"] or None)
        if meets(cost, price, terms, minimum_margin=Decimal(minimum_margin)):
            return ""
        floor = floor_price(cost, terms, minimum_margin=Decimal(minimum_margin))
    except CurrencyMismatch:
        return f"the cost is in {cost.currency}, the price in {price.currency}: tell the cost in {price.currency}"
    except NoFeeTable:
        return (
            f"no fee table for {doc['platform']} in {doc['marketplace'] or 'this market'}: the floor price is unknown"
        )
    told = floor.format_plain() if floor else "out of reach"
    return f"the price {price.format_plain()} is below the floor ({told})"


def landed(supply: SupplyView) -> LandedCost | None:
    """The landed cost of a supply; None while cost or currency is not told."""
    if supply.cost_minor is None or not supply.currency:
        return None
    return LandedCost.from_minor(
        supply.currency,
        supply.cost_minor,
        freight_minor=supply.freight_minor,
        duty_minor=supply.duty_minor,
        packaging_minor=supply.packaging_minor,
        outbound_shipping_minor=supply.outbound_shipping_minor,
        ad_minor=supply.ad_minor,
        return_rate=supply.return_rate,
    )


def _fee_market(doc: Mapping[str, Json]) -> str:
    return str(doc["marketplace"] or "US")


def _rules(doc: Mapping[str, Json], gaps: tuple[str, ...]) -> tuple[list[str], list[str]]:
    shown = {**doc, **texts(doc)}
    found = [v for v in rules.check(doc["platform"], shown) if v.field.split(".")[0].split("[")[0] not in gaps]
    return [v.message for v in found if v.blocking], [v.message for v in found if not v.blocking]


def _flags(doc: Mapping[str, Json], supply: SupplyView | None) -> list[tuple[str, str, str]]:
    """Code, severity and words of every compliance flag, in a stable order."""
    told = {name: ", ".join(values) for name, values in doc["aspects"].items()}
    found = compliance.flags(
        title=doc["title"],
        description="\n".join([doc["description"], *doc["bullets"], *doc["keywords"]]),
        category=doc["category"]["path"],
        brand=doc["brand"],
        marketplace=_fee_market(doc),
        facts={**told, **(supply.facts if supply else {})},
    )
    return sorted({(f.code, str(f.severity), f.message) for f in found})
