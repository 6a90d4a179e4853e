"""The intent of an Amazon listing: an offer on a product that Amazon has, or a product page of the seller's own."""

from collections.abc import Mapping
from typing import Any

from trendctl.commerce.fees import NoFeeTable, Terms, fees_for
from trendctl.commerce.money import CurrencyMismatch, Money
from trendctl.ports import DraftInput, DraftOutput, Json, SupplyView
from trendctl.posting import asked, base
from trendctl.posting.body import part, rows
from trendctl.posting.platforms.amazon import known, matching, page
from trendctl.posting.platforms.amazon.matching import Chosen
from trendctl.posting.platforms.amazon.places import CURRENCIES, Place, place

FIELDS = ("seller", "asin", "asin_title", "attributes", "shapes", "lead_days")  # the intent's `extra`


def draft(wanted: DraftInput) -> DraftOutput:
    """Pure: what Amazon told is in `wanted.known`. Without it the draft stays provisional, with the next command."""
    doc = base.common(wanted, "amazon")
    where = place(wanted.marketplace)
    if where is None:
        return DraftOutput(doc | {"extra": _extra(wanted, Chosen())}, base.missing(wanted), (_no_such_place(wanted),))
    found = matching.chosen(wanted.known.get("catalog"), wanted)
    doc["extra"] = _extra(wanted, found)
    missing = [*base.missing(wanted), *_seller(wanted), *_unasked(wanted)]
    ready = _is_asked(wanted)
    if ready and found.asin and part(wanted.known["restrictions"]).get("asin") != found.asin:
        missing.append(f"whether you may sell {found.asin}: trendctl platforms check amazon, then analyze")
    if ready and found.undecided:
        missing.append(found.undecided)
    blocks = [
        *asked.other_currency(wanted, f"Amazon {where.country}", CURRENCIES[where.id]),
        *_account(wanted, where),
        *_restricted(wanted, found),
    ]
    warnings = [*_product(found, where), *_fee_words(wanted, doc, found)]
    if found.asin or not ready or found.undecided:
        doc["category"] = {**doc["category"], "id": found.type}
        doc["aspects"] = {}
    else:
        made = page.fill(wanted, doc, where, ready=not missing)
        missing, blocks, warnings = missing + made.missing, blocks + made.blocks, warnings + made.warnings
    return DraftOutput(doc, tuple(missing), tuple(blocks), tuple(warnings))


def _extra(wanted: DraftInput, found: Chosen) -> dict[str, Json]:
    supply = wanted.case.supply or SupplyView()
    return {
        "seller": known.seller_of(wanted), "asin": found.asin, "asin_title": found.title, "attributes": [],
        "shapes": {}, "lead_days": supply.lead_days,
    }  # fmt: skip


def _no_such_place(wanted: DraftInput) -> str:
    return f"Amazon has no marketplace {wanted.marketplace!r} (ATVPDKIKX0DER, or US, DE, GB ...): trendctl config edit"


def _seller(wanted: DraftInput) -> list[str]:
    """The seller's id stands in every call's address."""
    return [] if known.seller_of(wanted) else ["your seller id at Amazon: trendctl secrets set AMAZON_SELLER_ID"]


def _is_asked(wanted: DraftInput) -> bool:
    return all(name in wanted.known for name in ("account", "catalog", "type", "restrictions"))


def _unasked(wanted: DraftInput) -> list[str]:
    """One line where Amazon was not asked yet, or did not answer."""
    if wanted.case.supply is None or _is_asked(wanted):
        return []
    trouble = str(wanted.known.get("trouble") or "")
    return [
        f"what Amazon knows of the product{f' ({trouble})' if trouble else f': trendctl analyze {wanted.case.uid}'}"
    ]


def _account(wanted: DraftInput, where: Place) -> list[str]:
    markets = part(part(wanted.known.get("account")).get("marketplaces"))
    if "account" not in wanted.known:
        return []
    state = part(markets.get(where.id))
    if not state.get("in"):
        return [f"your account does not sell at Amazon {where.country}: trendctl platforms check amazon"]
    return []


def _restricted(wanted: DraftInput, found: Chosen) -> list[str]:
    """Amazon's reasons against this seller, product and condition, each with the page that may mend it."""
    supply = wanted.case.supply or SupplyView()
    lines = []
    for row in rows(part(wanted.known.get("restrictions")).get("reasons")) if found.asin else ():
        code, link = f" [{row['code']}]" if row.get("code") else "", f": {row['link']}" if row.get("link") else ""
        lines.append(f"Amazon does not let you sell {found.asin} as {supply.condition}: {row.get('words')}{code}{link}")
    return lines


_HOW = {
    "asin": "the ASIN you told", "gtin": "found by its GTIN", "words": "found by its title: make sure that it is yours",
}  # fmt: skip


def _product(found: Chosen, where: Place) -> list[str]:
    """On whose page the offer will stand: it shows that page's words and pictures, not the seller's."""
    if not found.asin:
        return []
    return [
        f'an offer on Amazon\'s {found.asin} "{found.title}" ({_HOW.get(found.how, "")}): {where.page(found.asin)}',
        "Amazon shows that page's title, text and images; condition, price and quantity are yours",
    ]


def _fee_words(wanted: DraftInput, doc: Mapping[str, Json], found: Chosen) -> list[str]:
    """Amazon's own estimate beside the dated table; a difference says that the margin is reckoned wrongly."""
    price = Money(doc["price"]["minor"], doc["price"]["currency"])
    if not price.minor:
        return []
    told, table = part(wanted.known.get("fees")), _table(doc, price)
    lines = [f"Amazon's fee at this price: about {table[0].format_plain()} (fee table of {table[1]})"] if table else []
    if (told.get("currency"), told.get("price"), told.get("asin")) != (price.currency, price.minor, found.asin):
        return lines
    own = Money(int(told["minor"]), price.currency)
    parts = ", ".join(f"{kind} {Money(amount, price.currency).decimal():f}" for kind, amount in told.get("lines") or ())
    lines.append(f"Amazon's own estimate of its fees: {own.format_plain()}{f' ({parts})' if parts else ''}")
    if table and abs(own.minor - table[0].minor) * 10 > table[0].minor:
        lines.append("Amazon's estimate differs from the fee table by more than a tenth: reckon the margin with it")
    return lines


def _table(doc: Mapping[str, Any], price: Money) -> tuple[Money, str] | None:
    try:
        told = fees_for(Terms("amazon", doc["marketplace"], category=doc["category"]["path"] or None), price)
    except (NoFeeTable, CurrencyMismatch):
        return None
    return told.total, max((line.as_of for line in told.lines), default="")
