"""Has anything an approval rests on changed since? New trend evidence is no drift."""

from collections.abc import Collection, Mapping
from pathlib import Path

from trendctl.commerce.canonical import intent_hash
from trendctl.commerce.rules import RULES_VERSION
from trendctl.ports import Json, SupplyView
from trendctl.posting import checks, images
from trendctl.posting.drafting import Account


def drifted(
    doc: Mapping[str, Json],
    *,
    account: Account | None,
    marketplace: str,
    supply: SupplyView | None,
    lifts: Mapping[str, str],
    minimum_margin: str,
    image_folder: Path,
    live: Collection[str] = (),
) -> list[str]:
    """What changed, in words; empty when the approval still stands. `account` None: the platform is off now.

    `live`: addresses of the product's listings that are live now, to which others may link.
    """
    found = []
    if account is None:
        found.append("the platform is switched off")
    elif account.name != doc["account"]:
        found.append("the account changed")
    elif doc["basis"].get("policies") != intent_hash(dict(account.policies)):
        found.append("the policies changed")
    elif marketplace != doc["marketplace"]:
        found.append("the marketplace changed")
    basis = doc["basis"]
    if doc["action"] == "end":
        return found
    if basis.get("supply") != checks.supply_sha256(supply):
        found.append("the supply changed")
    elif supply is not None and doc["link"] not in ("", supply.link, *live):
        found.append("the listing that it links to is not live any more")
    if basis.get("rules") != RULES_VERSION:
        found.append("the listing rules changed")
    now = checks.findings(doc, supply, lifts, minimum_margin)
    if basis.get("compliance") != now.flags_sha256:
        found.append("the compliance flags changed")
    found += [*now.blocks] if not found else []
    return found + images.changed(image_folder, doc["images"])
