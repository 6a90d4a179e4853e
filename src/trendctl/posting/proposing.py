"""`reprice` and `end` only make a Draft; `review` decides it and `post` sends it."""

import json
from typing import Any

from trendctl.commerce.canonical import intent_hash
from trendctl.commerce.rules import RULES_VERSION
from trendctl.errors import UsageError
from trendctl.intent import freeze
from trendctl.ports import Action, Json, State
from trendctl.posting import checks
from trendctl.posting.drafting import Drafting
from trendctl.store import cases, decisions, drafts, operations, supplies
from trendctl.store.engine import Store
from trendctl.store.rows import epoch
from trendctl.store.writers import Role


def propose(
    work: Drafting, product_id: int, platform: str, action: Action, changes: dict[str, Json], why: str = ""
) -> str:
    """A draft that ends, reprices or revises the live listing of a product; its id.

    `changes`: intent fields to change (`price`, `quantity`, `title` ...). `why`: shown first on the card. Raises
    UsageError when nothing is live there, when the platform cannot do it, or when another change is approved there.
    """
    if platform not in work.platforms:
        raise UsageError(f"{platform} is not enabled", next="trendctl platforms list")
    if action is Action.END and not work.platforms[platform].facts.can_end:
        raise UsageError(f"{platform} cannot end a listing through its API", next="end it on the platform's own page")
    if action not in getattr(work.platforms[platform], "actions", tuple(Action)):
        raise UsageError(
            f"{platform} cannot {action} a listing through its API", next="do it on the platform's own page"
        )
    now = epoch(work.clock.now())
    with work.store.write(Role.POSTING) as db:
        live = _live(db, product_id, platform)
        _refuse_to_hide(db, live, now)
        doc = _last_intent(db, live["id"])
        supply = supplies.row(db, product_id)
        view = cases.supply_view(supply) if supply else None
        chosen = dict(work.accounts[platform].policies)
        doc |= {**changes, "action": str(action), "policies": {**doc["policies"], **chosen}}
        if "price" in changes and doc["price"]["currency"] != live["currency"]:
            raise UsageError(
                "A listing keeps its currency", why=live["currency"], next="trendctl reprice ID --price 19.99"
            )
        lifts = drafts.lifts(db, product_id)
        found = checks.findings(doc, view, lifts, work.context.minimum_margin)
        doc["basis"] = {**doc["basis"], "supply": checks.supply_sha256(view, str(action)), "rules": RULES_VERSION,
                        "compliance": found.flags_sha256, "policies": intent_hash(chosen)}  # fmt: skip
        blocks = () if action is Action.END else found.blocks
        return drafts.insert(
            db, product_id=product_id, platform=platform, account=live["account"], action=action, listing_id=live["id"],
            frozen=freeze(doc), doc=doc, missing=(), blocks=blocks, now=now,
            warnings=(why, *found.warnings) if why else found.warnings,
        )  # fmt: skip


def live_platforms(store: Store, product_id: int) -> list[str]:
    """Where a product is live."""
    with store.read() as db:
        return sorted(r["platform"] for r in operations.listings(db, product_id) if r["state"] == State.LIVE)


def _live(db: Any, product_id: int, platform: str) -> Any:
    for row in operations.listings(db, product_id):
        if row["platform"] == platform and row["state"] == State.LIVE:
            return row
    raise UsageError(f"Product {product_id} has no live listing on {platform}", next="trendctl listings")


def _refuse_to_hide(db: Any, live: Any, now: int) -> None:
    """A new draft would take the place of an approved one on the card, and `post` would send that one all the same."""
    for found in decisions.unused(db):
        where = (found.product_id, found.platform, found.account)
        if where == (live["product_id"], live["platform"], live["account"]) and found.expires_at >= now:
            raise UsageError(
                "A change of this listing is approved and not posted", why=found.action,
                next="trendctl post, or trendctl review --undo",
            )  # fmt: skip


def _last_intent(db: Any, listing_id: str) -> dict[str, Json]:
    """The newest intent that was carried out on the listing."""
    done = [o for o in operations.of_listing(db, listing_id) if o.state == State.LIVE and o.kind != "auto_decrease"]
    approval = decisions.approval(db, done[-1].decision_id)
    if approval is None and decisions.is_forgotten(db, done[-1].decision_id):
        raise UsageError("You had this listing's words forgotten", next="change or end it on the platform's own page")
    if approval is None:
        raise UsageError("The listing's approval is gone", next="trendctl audit verify")
    doc: dict[str, Json] = json.loads(approval.intent)
    return doc
