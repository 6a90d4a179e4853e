"""What drafts need to know from the platforms (categories, policies): asked before the draft, kept for a day.

Only for products whose supply is told, so that a scan never spends quotas. A failure is a line in the draft.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from trendctl.errors import TrendctlError
from trendctl.ports import Case, DraftInput, Gathering, Json, Talk
from trendctl.posting import base
from trendctl.store import analyses, drafts, operations, platform_known
from trendctl.store.rows import epoch
from trendctl.store.writers import Role

if TYPE_CHECKING:
    from trendctl.posting.drafting import Drafting

TROUBLE = "trouble"


def gather(work: "Drafting", products: Mapping[int, Case]) -> None:
    """Ask every platform that wants to be asked what is not known yet about these products."""
    told = {n: case for n, case in products.items() if case.supply is not None}
    for name, platform in work.platforms.items():
        if work.talk is None or not hasattr(platform, "asks") or name not in work.accounts:
            continue
        waiting = _waiting(work, told, name)
        if not waiting:
            continue
        try:
            with work.talk(name) as talk:
                _ask_all(work, name, waiting, talk)
        except TrendctlError as fault:  # no sign-in, no keys: the draft says so
            _keep(work, waiting[0], name, TROUBLE, "", _line(fault))


def known(work: "Drafting", db: Any, wanted: DraftInput, platform: str) -> dict[str, Json]:
    """What is known for a draft; `trouble`: why more is not."""
    leaf = work.platforms[platform]
    if not hasattr(leaf, "asks"):
        return {}
    now = epoch(work.clock.now())
    asks = cast(Gathering, leaf).asks(wanted)
    found = {n: platform_known.get(db, _key(wanted, platform, n, subject), now) for n, subject in asks.items()}
    answers = {n: value for n, value in found.items() if value is not None}
    if len(answers) < len(found):
        trouble = platform_known.get(db, _key(wanted, platform, TROUBLE, ""), now)
        answers |= {TROUBLE: trouble} if trouble else {}
    return answers


def inquiry(work: "Drafting", db: Any, product_id: int, case: Case, platform: str) -> DraftInput:
    """What a platform makes a draft of, before what it was told itself."""
    account = work.accounts[platform]
    chosen = drafts.edits(db, product_id, platform, account.name).get("category") or {}
    return DraftInput(
        case=case,
        analyses=analyses.outputs(db, product_id),
        account=account.name,
        marketplace=account.marketplace or work.platforms[platform].facts.default_marketplace,
        sku=operations.previous_sku(db, product_id, platform, account.name) or base.sku_for(case.uid),
        policies=account.policies,
        options={**account.options, "_platform": platform, "_category": str(chosen.get("id") or "")},
        basis={},
        live=operations.live_urls(db, product_id),
    )


def _waiting(work: "Drafting", products: Mapping[int, Case], platform: str) -> list[DraftInput]:
    """The products of which something is not known, where the person wants them on the platform."""
    waiting = []
    with work.store.read() as db:
        for product_id, case in products.items():
            if not drafts.wanted(db, product_id).get(platform, True):
                continue
            wanted = inquiry(work, db, product_id, case, platform)
            asks = cast(Gathering, work.platforms[platform]).asks(wanted)
            if not set(asks) <= set(known(work, db, wanted, platform)):
                waiting.append(wanted)
    return waiting


def _ask_all(work: "Drafting", platform: str, waiting: list[DraftInput], talk: Talk) -> None:
    """One product after the other; the first trouble ends it, as it would meet the next product too."""
    leaf = cast(Gathering, work.platforms[platform])
    for wanted in waiting:
        for name, subject in leaf.asks(wanted).items():
            with work.store.read() as db:
                answers = known(work, db, wanted, platform)
            if name in answers:
                continue
            try:
                value = leaf.ask(name, wanted, answers, talk)
            except TrendctlError as fault:
                _keep(work, wanted, platform, TROUBLE, "", _line(fault))
                return
            except Exception as fault:  # noqa: BLE001 - one edge per leaf call: a draft says what broke, a scan goes on
                _keep(work, wanted, platform, TROUBLE, "", f"the answer broke the client: {type(fault).__name__}")
                return
            _keep(work, wanted, platform, name, subject, value)


def _keep(work: "Drafting", wanted: DraftInput, platform: str, name: str, subject: str, value: Json) -> None:
    with work.store.write(Role.POSTING) as db:
        platform_known.put(db, _key(wanted, platform, name, subject), value, epoch(work.clock.now()))


def _key(wanted: DraftInput, platform: str, name: str, subject: str) -> tuple[str, str, str, str]:
    return platform, wanted.account, name, subject


def _line(fault: TrendctlError) -> str:
    return str(fault)[:300]
