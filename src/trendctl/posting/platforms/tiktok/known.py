"""What a draft needs to know from TikTok: shop, warehouses, what the shop lacks; a title's category and its rules."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from trendctl.errors import AccessError
from trendctl.ports import DraftInput, Json, Talk
from trendctl.posting import asked
from trendctl.posting.body import part, rows, text
from trendctl.posting.platforms.tiktok import attributes, shops, wires
from trendctl.posting.platforms.tiktok.envelope import BUSY, CHECK, GATE, envelope, read, trouble

_NO_MATCH = (12019064, 12052303, 12052912)  # "no matching category", in several words
_NEEDS = ("size_chart", "package_dimension", "manufacturer", "responsible_person")


def asks(wanted: DraftInput) -> dict[str, str]:
    """`account` once a marketplace and shop, `category` once a title or chosen category, `brand` once a brand."""
    where = f"{wanted.marketplace} {wanted.policies.get('shop', '')}".strip()
    found = {"account": where, "category": f"{where} {asked.chosen_category(wanted) or query(wanted)}"}
    name = brand_of(wanted)
    return found | ({"brand": f"{where} {name}"} if name else {})


def ask(name: str, wanted: DraftInput, known: Mapping[str, Json], talk: Talk) -> Json:
    """Read one of them. Raises AccessError."""
    if name == "account":
        return account(talk, wanted.marketplace, wanted.policies.get("shop", ""))
    cipher = str(part(known["account"].get("shop")).get("cipher") or "")
    if not cipher:  # which shop is meant is not clear yet: the draft says so
        return {}
    if name == "brand":
        return brand(talk, cipher, brand_of(wanted), version(wanted.marketplace))
    return category(talk, cipher, asked.chosen_category(wanted), query(wanted), version(wanted.marketplace))


def query(wanted: DraftInput) -> str:
    """What the category is asked for."""
    return asked.title(wanted, "tiktok")[:200]


def brand_of(wanted: DraftInput) -> str:
    """The seller's brand; "" where none is told."""
    return wanted.case.supply.brand if wanted.case.supply is not None else ""


def version(marketplace: str) -> str:
    """US shops have the second version of the category tree, all others the first (error 12052217)."""
    return "v2" if shops.region(marketplace) == "US" else "v1"


def account(talk: Talk, marketplace: str, shop_id: str) -> dict[str, Json]:
    """The shops, the one meant, its warehouses, and what TikTok says it lacks."""
    found = shops.shops(talk)
    shop = shops.meant(found, shop_id, marketplace)
    bare = [{"id": s["id"], "name": s["name"], "region": s["region"]} for s in found]
    if not shop:
        return {"shops": bare, "shop": {}, "warehouses": [], "failed": []}
    cipher = shop["cipher"]
    return {"shops": bare, "shop": shop, "warehouses": warehouses(talk, cipher), "failed": failed(talk, cipher)}


def warehouses(talk: Talk, cipher: str) -> list[dict[str, Json]]:
    """The warehouses that goods are sold from."""
    told = rows(read(talk, wires.get(wires.WAREHOUSES, cipher)).get("warehouses"))
    return [
        {"id": text(row["id"]), "name": text(row.get("name")), "default": row.get("is_default") is True}
        for row in told
        if text(row.get("id"))
        and row.get("type", "SALES_WAREHOUSE") == "SALES_WAREHOUSE"
        and row.get("effect_status", "ENABLED") == "ENABLED"
    ]


def failed(talk: Talk, cipher: str) -> list[str]:
    """The prerequisites of a listing that the shop does not meet, in TikTok's words."""
    told = rows(read(talk, wires.get(wires.PREREQUISITES, cipher)).get("check_results"))
    return [_why(row) for row in told if row.get("is_failed") is True]


def category(talk: Talk, cipher: str, number: str, title: str, version: str) -> dict[str, Json]:
    """The chosen category, else TikTok's first suggestion, with its attributes and rules; `id` "" for none."""
    path, closed = "", ""
    if not number:
        told = _recommended(talk, cipher, title, version)
        tree = sorted(rows(told.get("categories")), key=lambda c: c["level"] if isinstance(c.get("level"), int) else 0)
        number, path = text(told.get("leaf_category_id")), " > ".join(text(c.get("name")) for c in tree)
        closed = ", ".join(text(s) for s in (tree[-1].get("permission_statuses") or [] if tree else []))
    if not number:
        return {"id": "", "path": "", "closed": "", "attributes": [], "rules": {}}
    base = f"{wires.CATEGORIES}/{quote(number, safe='')}"
    given = read(talk, wires.get(f"{base}/attributes", cipher, category_version=version))
    rules = read(talk, wires.get(f"{base}/rules", cipher, category_version=version))
    return {
        "id": number, "path": path, "closed": "" if closed == "AVAILABLE" else closed,
        "attributes": attributes.trimmed(given.get("attributes")), "rules": _rules(rules),
    }  # fmt: skip


def brand(talk: Talk, cipher: str, name: str, version: str) -> dict[str, Json]:
    """TikTok's number of a brand that this shop may use; {} where it knows none of that name."""
    params = {"brand_name": name, "page_size": "20", "category_version": version}
    answer = talk.send(wires.get(wires.BRANDS, cipher, **params))
    told = envelope(answer)
    if told.code != 0 and (told.code in BUSY | GATE or answer.status == 0 or answer.status >= 500):
        raise AccessError("TikTok's brands cannot be read", why=trouble(answer), next=CHECK)
    fit = [
        b
        for b in rows(told.data.get("brands"))
        if text(b.get("name")).casefold() == name.casefold() and text(b.get("id"))
    ]
    open_ = [b for b in fit if b.get("authorized_status") != "UNAUTHORIZED" or b.get("is_t1_brand") is not True]
    return {"id": text(open_[0]["id"]), "name": text(open_[0]["name"])} if open_ else {}


def _recommended(talk: Talk, cipher: str, title: str, version: str) -> Mapping[str, Any]:
    answer = talk.send(
        wires.post(f"{wires.CATEGORIES}/recommend", cipher, {"product_title": title, "category_version": version})
    )
    told = envelope(answer)
    if told.code in _NO_MATCH:
        return {}
    if told.code != 0:
        raise AccessError("TikTok suggests no category", why=trouble(answer), next=CHECK)
    return told.data


def _rules(told: Mapping[str, Any]) -> dict[str, Json]:
    """What this category demands besides; a certificate that only some attribute asks for is left to the check."""
    papers = [
        text(row.get("name")) or text(row.get("id"))
        for row in rows(told.get("product_certifications"))
        if row.get("is_required") is True and not row.get("requirement_conditions")
    ]
    return {"papers": papers} | {name: part(told.get(name)).get("is_required") is True for name in _NEEDS}


def _why(row: Mapping[str, Any]) -> str:
    given = row.get("fail_reasons")
    said = [" ".join(str(r).split())[:200] for r in given] if isinstance(given, list) else []
    return "; ".join(said) or text(row.get("check_item")) or "TikTok does not say what"
