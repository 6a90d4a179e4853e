"""Drafts before review: for each wanted platform, what a person could approve, or what is still missing."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any

from trendctl.commerce.canonical import intent_hash
from trendctl.commerce.fees import FEES_VERSION
from trendctl.commerce.rules import RULES_VERSION
from trendctl.errors import Refused
from trendctl.intent import EDITABLE, freeze
from trendctl.ports import Case, Clock, Credentials, DraftOutput, Json, Platform, Talk
from trendctl.posting import checks, gathering
from trendctl.store import cases, drafts, operations
from trendctl.store.engine import Store
from trendctl.store.rows import epoch
from trendctl.store.writers import Role

REVIEW_HOLDS = 12 * 3600  # seconds for which a product open in review keeps its drafts

# Which intent fields the seller's own answers fill: not judged while the answer is missing.
_GAPS = {
    "an image with its rights": "images", "stock": "quantity", "stock above 0": "quantity", "condition": "condition",
    "price": "price", "cost": "price", "currency": "price",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Account:
    """A platform as the user set it up."""

    name: str = "default"
    marketplace: str = ""
    policies: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Json] = field(default_factory=dict)


def own_options(platform: Platform, options: Mapping[str, Json], credentials: Credentials) -> dict[str, Json]:
    """An account's options with the ids that a person keeps among the credentials, and that an intent holds: the
    platform's `from_credentials` says which (option -> credential). An option that is set wins."""
    named: Mapping[str, str] = getattr(platform, "from_credentials", {})
    found = {option: credentials.get(name) for option, name in named.items()}
    return {**{option: value for option, value in found.items() if value}, **options}


@dataclass(frozen=True, slots=True)
class Drafting:
    """What drafting works with: the enabled platforms and their accounts, by platform name.

    `talk` None: no platform is asked what a draft needs to know (categories, policies); what is known is used.
    """

    store: Store
    clock: Clock
    platforms: Mapping[str, Platform]
    accounts: Mapping[str, Account]
    context: cases.Context
    talk: Callable[[str], AbstractContextManager[Talk]] | None = None


def make_drafts(work: Drafting, product_ids: Sequence[int], *, forced: bool = False) -> int:
    """Bring the drafts of these products up to date; how many changed.

    A draft that is approved, in progress or open in review is left alone; one that says the same is not rewritten.
    """
    changed = 0
    with work.store.read() as db:
        known = cases.build(db, list(product_ids), work.context, work.clock.now())
    gathering.gather(work, known)
    for product_id, case in known.items():
        changed += sum(refresh(work, product_id, case, name, forced=forced) for name in work.accounts)
    return changed


def refresh(work: Drafting, product_id: int, case: Case, platform: str, *, forced: bool = False) -> bool:
    """Rebuild one draft; True if review would now show another. `forced`: though the product is open in review."""
    now = epoch(work.clock.now())
    account = work.accounts[platform].name
    with work.store.write(Role.POSTING) as db:
        old = drafts.current(db, product_id, platform, account)
        if old is not None and drafts.is_held(db, old["id"], now):
            return False
        if operations.is_listed(db, product_id, platform, account):
            return False  # a change of it is proposed, not drafted
        if not forced and drafts.is_open(db, product_id, now - REVIEW_HOLDS):
            return False
        if not drafts.wanted(db, product_id).get(platform, True):
            if old is not None:
                drafts.supersede(db, old["id"], now)
            return old is not None
        built = build(work, db, product_id, case, platform)
        frozen = None if built.missing else _frozen(built.intent)
        if old is not None and not drafts.is_used(db, old["id"]) and _says_the_same(old, built, frozen):
            return False
        drafts.insert(
            db, product_id=product_id, platform=platform, account=account, action="create", listing_id=None,
            frozen=frozen, doc=built.intent, missing=built.missing, blocks=built.blocks, warnings=built.warnings,
            now=now,
        )  # fmt: skip
    return True


def build(work: Drafting, db: Any, product_id: int, case: Case, platform: str) -> DraftOutput:
    """The draft as it would be now, with blocks and warnings; nothing is stored."""
    account = work.accounts[platform]
    wanted = gathering.inquiry(work, db, product_id, case, platform)
    wanted = replace(wanted, known=gathering.known(work, db, wanted, platform))
    made = work.platforms[platform].draft(wanted)
    edits = {k: v for k, v in drafts.edits(db, product_id, platform, account.name).items() if k in EDITABLE}
    doc = {**made.intent, **edits}
    missing = (*made.missing, *_needed(work.platforms[platform], doc))
    gaps = tuple(sorted({_GAPS.get(name, name) for name in missing}))
    found = checks.findings(doc, case.supply, drafts.lifts(db, product_id), work.context.minimum_margin, gaps)
    doc["basis"] = {
        "supply": checks.supply_sha256(case.supply, "create"), "rules": RULES_VERSION, "fees": FEES_VERSION,
        "compliance": found.flags_sha256, "policies": intent_hash(dict(account.policies)),
    }  # fmt: skip
    failure = operations.last_failure(db, product_id, platform, account.name)
    told = (f"last time the platform said: {failure}",) if failure else ()
    doubts = _doubts(wanted.analyses)
    return DraftOutput(
        doc, missing, (*made.blocks, *found.blocks), (*made.warnings, *found.warnings, *doubts, *told)
    )  # fmt: skip


def _needed(platform: Platform, doc: Mapping[str, Json]) -> tuple[str, ...]:
    """What a platform's form lacks in the document as it stands, the person's own words in it."""
    needs: Callable[[Mapping[str, Json]], tuple[str, ...]] | None = getattr(platform, "needs", None)
    return needs(doc) if needs is not None else ()


def _doubts(outputs: Mapping[str, Json]) -> tuple[str, ...]:
    """What a language model doubted: shown, never a block, and no part of the basis (it may say other words later)."""
    flags = (outputs.get("compliance") or {}).get("flags") or ()
    return tuple(f"a model doubts this: {f['words']}" for f in flags if str(f["code"]).startswith("doubt_"))


def _frozen(doc: Mapping[str, Json]) -> tuple[bytes, str] | None:
    try:
        return freeze(doc)
    except (Refused, ValueError):
        return None


def _says_the_same(old: Any, built: DraftOutput, frozen: tuple[bytes, str] | None) -> bool:
    same_words = (
        json.loads(old["missing"]) == list(built.missing)
        and json.loads(old["blocks"]) == list(built.blocks)
        and json.loads(old["warnings"]) == list(built.warnings)
    )
    if frozen is not None:
        return bool(old["hash"] == frozen[1]) and same_words
    return old["hash"] is None and same_words and json.loads(old["doc"]) == dict(built.intent)
