"""What a draft needs to know from eBay: the account's policies and locations, a title's category and its aspects."""

from collections.abc import Mapping
from typing import Any

from trendctl.errors import AccessError, ParseError
from trendctl.ports import Answer, DraftInput, Json, Talk, Wire
from trendctl.posting import asked
from trendctl.posting.body import parsed, part, rows
from trendctl.posting.platforms.ebay import wires
from trendctl.posting.platforms.ebay.answers import errors, words

KINDS = {
    "fulfillment": ("fulfillment_policy", "fulfillmentPolicies", "fulfillmentPolicyId"),
    "payment": ("payment_policy", "paymentPolicies", "paymentPolicyId"),
    "return": ("return_policy", "returnPolicies", "returnPolicyId"),
}
MOST_ASPECTS = 80


def asks(wanted: DraftInput) -> dict[str, str]:
    """`account` once a marketplace, `category` once a title (the copywriter's, if there is one) or chosen category."""
    what = asked.chosen_category(wanted) or query(wanted)
    return {"account": wanted.marketplace, "category": f"{wanted.marketplace} {what}"}


def ask(name: str, wanted: DraftInput, known: Mapping[str, Json], talk: Talk) -> Json:
    """Read one of them. Raises AccessError or ParseError."""
    if name == "account":
        return account(talk, wanted.marketplace)
    tree_id, market = str(known["account"]["tree"]), wanted.marketplace
    chosen = asked.chosen_category(wanted)
    if chosen:
        return with_aspects(talk, market, tree_id, chosen, "")
    return category(talk, market, tree_id, query(wanted))


def query(wanted: DraftInput) -> str:
    """What the category is asked for."""
    return asked.title(wanted, "ebay")[:200]


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
    listed = _rows(read(talk, wires.get(f"{wires.INVENTORY}/location", marketplace, limit="100")), "locations")
    return [
        {"id": _text(r, "merchantLocationKey"), "name": str(r.get("name") or "")}
        for r in listed
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
    found = part(first.get("category"))
    above = [str(a.get("categoryName") or "") for a in reversed(rows(first.get("categoryTreeNodeAncestors")))]
    path = " > ".join([*above, str(found.get("categoryName") or "")])
    return with_aspects(talk, marketplace, tree_id, _text(found, "categoryId"), path)


def with_aspects(talk: Talk, marketplace: str, tree_id: str, number: str, path: str) -> dict[str, Json]:
    """A category with the aspects it requires and the names it knows."""
    url = f"{wires.TAXONOMY}/category_tree/{tree_id}/get_item_aspects_for_category"
    listed = _rows(read(talk, wires.get(url, marketplace, category_id=number)), "aspects")
    named = [(str(r.get("localizedAspectName") or ""), part(r.get("aspectConstraint"))) for r in listed]
    required = [name for name, rule in named if name and rule.get("aspectRequired")]
    names = [name for name, _ in named if name][:MOST_ASPECTS]
    return {"id": number, "path": path, "required": required, "names": names}


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
    found = body.get(field) or []
    if not isinstance(found, list):
        raise ParseError("eBay's answer could not be understood", why=f"{field} is no list")
    return rows(found)


def _text(body: Mapping[str, Any], field: str) -> str:
    value = body.get(field)
    if not isinstance(value, str | int) or value == "":
        raise ParseError("eBay's answer could not be understood", why=f"without {field}")
    return str(value)
