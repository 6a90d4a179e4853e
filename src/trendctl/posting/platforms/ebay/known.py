"""What a draft needs to know from eBay: the account's policies and locations, a title's category and its aspects."""

from collections.abc import Mapping
from typing import Any

from trendctl.errors import AccessError, ParseError
from trendctl.ports import Answer, DraftInput, Json, Talk, Wire
from trendctl.posting.platforms.ebay import wires
from trendctl.posting.platforms.ebay.answers import errors, parsed, words

KINDS = {
    "fulfillment": ("fulfillment_policy", "fulfillmentPolicies", "fulfillmentPolicyId"),
    "payment": ("payment_policy", "paymentPolicies", "paymentPolicyId"),
    "return": ("return_policy", "returnPolicies", "returnPolicyId"),
}
MOST_ASPECTS = 80


def asks(wanted: DraftInput) -> dict[str, str]:
    """`account` once a marketplace, `category` once a title (or the title the copywriter gave it)."""
    return {"account": wanted.marketplace, "category": f"{wanted.marketplace} {query(wanted)}"}


def ask(name: str, wanted: DraftInput, known: Mapping[str, Json], talk: Talk) -> Json:
    """Read one of them. Raises AccessError or ParseError."""
    if name == "account":
        return account(talk, wanted.marketplace)
    return category(talk, wanted.marketplace, str(known["account"]["tree"]), query(wanted))


def query(wanted: DraftInput) -> str:
    """What the category is asked for: the listing's title, else the product's."""
    copy = wanted.analyses.get("copywriter") or {}
    made = copy.get("platforms", {}).get("ebay", {}) if isinstance(copy, Mapping) else {}
    return str(made.get("title") or wanted.case.title)[:200]


def account(talk: Talk, marketplace: str) -> dict[str, Json]:
    """The marketplace's category tree, the account's policies and enabled locations, by id and name."""
    found: dict[str, Json] = {"tree": tree(talk, marketplace), "locations": locations(talk, marketplace)}
    found["policies"] = {kind: policies(talk, marketplace, kind) for kind in KINDS}
    return found


def tree(talk: Talk, marketplace: str) -> str:
    """The id of a marketplace's category tree."""
    body = read(
        talk, wires.get(f"{wires.TAXONOMY}/get_default_category_tree_id", marketplace, marketplace_id=marketplace)
    )
    return _text(body, "categoryTreeId")


def policies(talk: Talk, marketplace: str, kind: str) -> list[dict[str, str]]:
    """The account's business policies of one kind, as eBay lists them."""
    path, field, key = KINDS[kind]
    body = read(talk, wires.get(f"{wires.ACCOUNT}/{path}", marketplace, marketplace_id=marketplace))
    return [{"id": _text(p, key), "name": str(p.get("name") or "")} for p in _rows(body, field)]


def locations(talk: Talk, marketplace: str) -> list[dict[str, str]]:
    """The inventory locations that are enabled."""
    rows = _rows(read(talk, wires.get(f"{wires.INVENTORY}/location", marketplace, limit="100")), "locations")
    return [
        {"id": _text(r, "merchantLocationKey"), "name": str(r.get("name") or "")}
        for r in rows
        if r.get("merchantLocationStatus") != "DISABLED"
    ]


def category(talk: Talk, marketplace: str, tree_id: str, title: str) -> dict[str, Json]:
    """eBay's first suggestion for a title with the aspects it wants; `id` "" where it suggests nothing."""
    base = f"{wires.TAXONOMY}/category_tree/{tree_id}"
    suggested = _rows(
        read(talk, wires.get(f"{base}/get_category_suggestions", marketplace, q=title)), "categorySuggestions"
    )
    if not suggested:
        return {"id": "", "path": "", "required": [], "names": []}
    first = suggested[0]
    found = _text(first.get("category") or {}, "categoryId")
    above = [str(a.get("categoryName") or "") for a in reversed(first.get("categoryTreeNodeAncestors") or [])]
    path = " > ".join([*above, str(first["category"].get("categoryName") or "")])
    rows = _rows(
        read(talk, wires.get(f"{base}/get_item_aspects_for_category", marketplace, category_id=found)), "aspects"
    )
    named = [(str(r.get("localizedAspectName") or ""), (r.get("aspectConstraint") or {})) for r in rows]
    required = [name for name, rule in named if name and rule.get("aspectRequired")]
    return {
        "id": found,
        "path": path,
        "required": required,
        "names": [name for name, _ in named if name][:MOST_ASPECTS],
    }


def read(talk: Talk, wire: Wire) -> dict[str, Any]:
    """The body of a read; {} for 204 and for a 404 (nothing there). Raises AccessError with eBay's words."""
    answer = talk.send(wire)
    if answer.status in (204, 404):
        return {}
    if answer.status == 403:
        raise AccessError("eBay refuses permission", why=trouble(answer), next="trendctl platforms login ebay")
    if answer.status != 200:
        raise AccessError("eBay did not answer", why=trouble(answer), next="trendctl platforms check ebay")
    return parsed(answer)


def trouble(answer: Answer) -> str:
    """Why a read failed, in words."""
    return answer.error or words(errors(answer)) or f"HTTP {answer.status}"


def _rows(body: Mapping[str, Any], field: str) -> list[dict[str, Any]]:
    rows = body.get(field) or []
    if not isinstance(rows, list):
        raise ParseError("eBay's answer could not be understood", why=f"{field} is no list")
    return [r for r in rows if isinstance(r, dict)]


def _text(body: Mapping[str, Any], field: str) -> str:
    value = body.get(field)
    if not isinstance(value, str | int) or value == "":
        raise ParseError("eBay's answer could not be understood", why=f"without {field}")
    return str(value)
