"""What a draft needs to know from Amazon: the account's marketplaces, the product (ASIN), may it be sold, the fees."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from trendctl.commerce.money import Money
from trendctl.errors import AccessError, ParseError
from trendctl.ports import Answer, DraftInput, Json, SupplyView, Talk, Wire
from trendctl.posting import asked, base
from trendctl.posting.body import parsed, part, rows
from trendctl.posting.platforms.amazon import matching, shapes, wires
from trendctl.posting.platforms.amazon.answers import clean, is_of_token, money, trouble
from trendctl.posting.platforms.amazon.places import Place, known_place, place

CATALOG = "/catalog/2022-04-01/items"
TYPES = "/definitions/2020-09-01/productTypes"
MOST = 10  # candidates kept
OWN_PAGE = "new"  # the fact `asin=new`: a product page of the seller's own
_ASIN = re.compile(r"[A-Z0-9]{10}")
_TYPE = re.compile(r"[A-Z0-9_]{1,80}")
_KINDS = {12: "UPC", 14: "GTIN"}


def asks(wanted: DraftInput) -> dict[str, str]:
    """Each with everything its answer depends on; nothing where the marketplace is none of Amazon's."""
    found = place(wanted.marketplace)
    if found is None:
        return {}
    supply = wanted.case.supply or SupplyView()
    what = f"{found.id} {asked_asin(wanted)} {supply.gtin} {supply.brand} {wanted.case.title} {query(wanted)}"
    price = base.price_minor(wanted)
    names = " ".join(sorted(fact_names(wanted)))
    return {
        "account": found.id,
        "catalog": what,
        "type": f"{what} {chosen_type(wanted)} {seller_of(wanted)} {names}",
        "restrictions": f"{what} {seller_of(wanted)} {supply.condition}",
        "fees": f"{what} {price} {wanted.case.currency}",
    }


def ask(name: str, wanted: DraftInput, known: Mapping[str, Json], talk: Talk) -> Json:
    """Read one of them. Raises AccessError or ParseError."""
    where = known_place(wanted.marketplace)
    if name == "account":
        return participations(talk, where)
    if name == "catalog":
        return catalog(talk, where, wanted)
    found = matching.chosen(known.get("catalog"), wanted)
    if name == "type":
        return {} if found.asin or found.undecided else product_type(talk, where, wanted)
    if name == "restrictions":
        reasons = restrictions(talk, where, wanted, found.asin) if found.asin and seller_of(wanted) else []
        return {"asin": found.asin, "reasons": reasons}
    return fees(talk, where, wanted, found.asin) if found.asin and base.price_minor(wanted) else {}


def seller_of(wanted: DraftInput) -> str:
    """The seller's id at Amazon (merchant token); "" while it is not set."""
    return str(wanted.options.get("seller_id") or "")


def asked_asin(wanted: DraftInput) -> str:
    """The ASIN that the person told as a fact, `new` for a page of their own, "" where they told none."""
    told = _fact(wanted, "asin").strip()
    return told.lower() if told.lower() == OWN_PAGE else told.upper()


def chosen_type(wanted: DraftInput) -> str:
    """The product type that the person chose, by edit or as a fact."""
    return (asked.chosen_category(wanted) or _fact(wanted, "product_type")).strip().upper()


def fact_names(wanted: DraftInput) -> dict[str, str]:
    """The supply's facts, by the names that Amazon's attributes have: `Item Weight` is item_weight."""
    supply = wanted.case.supply or SupplyView()
    named = {re.sub(r"[\s-]+", "_", name.strip().casefold()): value for name, value in supply.facts.items()}
    return {name: value for name, value in named.items() if name not in ("asin", "product_type")}


def query(wanted: DraftInput) -> str:
    """What the catalogue is asked for; a comma would make two of it."""
    return " ".join(asked.title(wanted, "amazon").replace(",", " ").split())[:200]


def participations(talk: Talk, where: Place) -> dict[str, Json]:
    """Where the account sells: country, whether it takes part, whether its listings are held back."""
    listed = rows(read(talk, wires.get(where, "/sellers/v1/marketplaceParticipations")).get("payload"))
    found: dict[str, Json] = {}
    for row in listed:
        market, state = part(row.get("marketplace")), part(row.get("participation"))
        found[str(market.get("id") or "")] = {
            "country": str(market.get("countryCode") or ""), "in": state.get("isParticipating") is True,
            "held": state.get("hasSuspendedListings") is True,
        }  # fmt: skip
    return {"marketplaces": found}


def catalog(talk: Talk, where: Place, wanted: DraftInput) -> dict[str, Json]:
    """Amazon's products that this may be: by the ASIN told, else by GTIN, else by words."""
    told, gtin = asked_asin(wanted), (wanted.case.supply or SupplyView()).gtin
    if told == OWN_PAGE:
        return {"how": OWN_PAGE, "items": []}
    if told:
        if not _ASIN.fullmatch(told):
            return {"how": "asin", "items": []}
        return {"how": "asin", "items": _search(talk, where, identifiers=told, identifiersType="ASIN")}
    if gtin:
        kind = "ISBN" if gtin.startswith(("978", "979")) and len(gtin) == 13 else _KINDS.get(len(gtin), "EAN")
        found = _search(talk, where, identifiers=gtin, identifiersType=kind)
        if found:
            return {"how": "gtin", "items": found}
    return {"how": "words", "items": _search(talk, where, keywords=query(wanted), pageSize=str(MOST))}


def _search(talk: Talk, where: Place, **params: str) -> list[dict[str, str]]:
    body = read(
        talk, wires.get(where, CATALOG, marketplaceIds=where.id, includedData="summaries,productTypes", **params)
    )
    _expect(body, "items")
    found = []
    for item in rows(body.get("items"))[:MOST]:
        summary = _of_market(item.get("summaries"), where)
        asin = str(item.get("asin") or "")
        if _ASIN.fullmatch(asin) and summary.get("itemClassification") != "VARIATION_PARENT":  # no offer on a parent
            kind = str(_of_market(item.get("productTypes"), where).get("productType") or "")
            found.append(
                {"asin": asin, "title": clean(summary.get("itemName")), "brand": clean(summary.get("brand")),
                 "type": kind if _TYPE.fullmatch(kind) else ""}
            )  # fmt: skip
    return found


def product_type(talk: Talk, where: Place, wanted: DraftInput) -> dict[str, Json]:
    """The product type of a page of the seller's own, with its schema; `id` "" where Amazon names none."""
    number, others = chosen_type(wanted), []
    if not number:
        listed = _types(talk, where, itemName=query(wanted)) or _types(talk, where, keywords=query(wanted))
        if not listed:
            return {"id": "", "name": "", "others": [], "schema": {}}
        number, others = listed[0], listed[1:6]
    params = {"marketplaceIds": where.id, "requirements": wires.LISTING, "locale": "DEFAULT"}
    params |= {"sellerId": seller_of(wanted)} if seller_of(wanted) else {}
    body = read(talk, wires.get(where, f"{TYPES}/{quote(number, safe='')}", **params))
    if not body:
        return {"id": "", "name": number, "others": others, "schema": {}}
    schema = _schema(talk, part(body.get("schema")))
    needed = (*matching.OWN_ATTRIBUTES, *fact_names(wanted))
    return {"id": number, "name": clean(body.get("displayName") or number, 80), "others": others,
            "schema": shapes.reduced(schema, needed)}  # fmt: skip


def _types(talk: Talk, where: Place, **params: str) -> list[str]:
    body = read(talk, wires.get(where, TYPES, marketplaceIds=where.id, **params))
    return [str(row["name"]) for row in rows(body.get("productTypes")) if _TYPE.fullmatch(str(row.get("name")))]


def _schema(talk: Talk, told: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON Schema behind its address, compared with the checksum that Amazon gave."""
    url = str(part(told.get("link")).get("resource") or "")
    fetch = getattr(talk, "fetch", None)
    if not url or fetch is None:
        raise ParseError("Amazon named no schema for the product type")
    answer: Answer = fetch(url)
    if answer.status != 200:
        raise AccessError("The product type's schema cannot be read", why=answer.error or f"HTTP {answer.status}")
    digest = hashlib.md5(answer.body, usedforsecurity=False)  # Amazon's checksum is an MD5, against damage only
    if told.get("checksum") not in (base64.b64encode(digest.digest()).decode(), digest.hexdigest()):
        raise ParseError("The product type's schema came damaged", why="its checksum does not fit")
    try:
        found = json.loads(answer.body)
    except ValueError as fault:
        raise ParseError("The product type's schema could not be understood") from fault
    return part(found)


def restrictions(talk: Talk, where: Place, wanted: DraftInput, asin: str) -> list[dict[str, str]]:
    """Why this seller may not sell the product in this condition, each with the page that may mend it."""
    condition = wires.CONDITION.get((wanted.case.supply or SupplyView()).condition or "", "")
    params = {"asin": asin, "sellerId": seller_of(wanted), "marketplaceIds": where.id}
    params |= {"conditionType": condition} if condition else {}
    body = read(talk, wires.get(where, "/listings/2021-08-01/restrictions", **params))
    if not isinstance(body.get("restrictions"), list):  # silence is no permission
        raise ParseError("Amazon did not say whether you may sell this", next="trendctl platforms check amazon")
    return [
        _reason(reason)
        for row in rows(body.get("restrictions"))
        if row.get("marketplaceId") in (None, where.id) and row.get("conditionType") in (None, condition or None)
        for reason in rows(row.get("reasons")) or [{}]
    ]


def _reason(reason: Mapping[str, Any]) -> dict[str, str]:
    link = next((str(one["resource"]) for one in rows(reason.get("links")) if one.get("resource")), "")
    return {"code": str(reason.get("reasonCode") or ""), "words": clean(reason.get("message") or "no reason given"),
            "link": link if link.startswith("https://") else ""}  # fmt: skip


def fees(talk: Talk, where: Place, wanted: DraftInput, asin: str) -> dict[str, Json]:
    """Amazon's own estimate at the price (it is not guaranteed): minor units; {} where it gives none."""
    price = Money(base.price_minor(wanted) or 0, wanted.case.currency)
    asked = {"CurrencyCode": price.currency, "Amount": shapes.number(f"{price.decimal():f}")}
    request = {
        "MarketplaceId": where.id, "IsAmazonFulfilled": False, "Identifier": wanted.sku,
        "PriceToEstimateFees": {"ListingPrice": asked, "Shipping": {"CurrencyCode": price.currency, "Amount": 0}},
    }  # fmt: skip
    path = f"/products/fees/v0/items/{quote(asin, safe='')}/feesEstimate"
    body = read(talk, wires.sent("POST", where, path, {"FeesEstimateRequest": request}))
    estimate = part(part(part(body.get("payload")).get("FeesEstimateResult")).get("FeesEstimate"))
    total = money(estimate.get("TotalFeesEstimate"))
    if total is None:
        return {}
    named = [(clean(d.get("FeeType") or "fee", 60), money(d.get("FinalFee")))
             for d in rows(estimate.get("FeeDetailList"))]  # fmt: skip
    lines = [[kind, amount.minor] for kind, amount in named if amount is not None and amount.minor]
    return {"minor": total.minor, "currency": total.currency, "lines": lines, "price": price.minor,
            "asin": asin}  # fmt: skip


def read(talk: Talk, wire: Wire) -> dict[str, Any]:
    """The body of a read; {} for a 404 (nothing there). Raises AccessError with Amazon's words."""
    answer = talk.send(wire)
    if answer.status == 404:
        return {}
    if answer.status == 403 and not is_of_token(answer):
        raise AccessError("Amazon refuses permission", why=trouble(answer), next="trendctl platforms check amazon")
    if answer.status != 200:
        raise AccessError("Amazon did not answer", why=trouble(answer), next="trendctl platforms check amazon")
    body = parsed(answer)
    if not body and answer.body.strip() not in (b"", b"{}"):
        raise ParseError("Amazon's answer could not be understood", next="try again later")
    return body


def _expect(body: Mapping[str, Any], name: str) -> None:
    """A search that found nothing says so in an empty list, or is a 404 (an empty body here)."""
    if body and not isinstance(body.get(name), list):
        raise ParseError("Amazon's answer could not be understood", why=f"without {name}", next="try again later")


def _of_market(value: object, where: Place) -> dict[str, Any]:
    found: Sequence[dict[str, Any]] = rows(value)
    return next((row for row in found if row.get("marketplaceId") == where.id), found[0] if found else {})


def _fact(wanted: DraftInput, name: str) -> str:
    supply = wanted.case.supply or SupplyView()
    return next((value for key, value in supply.facts.items() if key.strip().casefold() == name), "")
