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
    pictures: Collection[tuple[str, str, str]],
    live: Collection[str] = (),
) -> list[str]:
    """What changed, in words; empty when the approval still stands. `account` None: the platform is off now.

    `pictures`: the product's images now, (sha256, rights, url) of each; one more than approved is no drift.
    `live`: addresses of the product's listings that are live now, to which others may link.
    """
    found = _account(doc, account, marketplace)
    basis = doc["basis"]
    if doc["action"] == "end":
        return found
    if basis.get("supply") != checks.supply_sha256(supply, doc["action"]):
        found.append("the supply changed")
    elif supply is not None and doc["link"] not in ("", supply.link, *live):
        found.append("the listing that it links to is not live any more")
    if basis.get("rules") != RULES_VERSION:
        found.append("the listing rules changed")
    now = checks.findings(doc, supply, lifts, minimum_margin)
    if basis.get("compliance") != now.flags_sha256:
        found.append("the compliance flags changed")
    found += [*now.blocks] if not found else []
    if doc["action"] != "reprice":
        found += _pictures(doc, pictures)
    return found + (images.changed(image_folder, doc["images"]) if images.are_sent(doc) else [])


def _account(doc: Mapping[str, Json], account: Account | None, marketplace: str) -> list[str]:
    """What changed in how the platform is set up: the first thing only, the others follow from it."""
    if account is None:
        return ["the platform is switched off"]
    if account.name != doc["account"]:
        return ["the account changed"]
    if doc["basis"].get("policies") != intent_hash(dict(account.policies)):
        return ["the policies changed"]
    return ["the marketplace changed"] if marketplace != doc["marketplace"] else []


def _pictures(doc: Mapping[str, Json], pictures: Collection[tuple[str, str, str]]) -> list[str]:
    """The approved images that the product no longer has, or has with other rights or at another address."""
    known = {sha256 for sha256, _, _ in pictures}
    problems = []
    for number, image in enumerate(doc["images"], 1):
        if (image["sha256"], image["rights"], image["url"]) not in pictures:
            what = "has other rights or another address" if image["sha256"] in known else "was taken off the product"
            problems.append(f"image {number} {what}")
    return problems
