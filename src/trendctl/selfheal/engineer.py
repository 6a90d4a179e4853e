"""The fix engineer: from a diagnosis to a plan that may be carried out, or to the reason why there is none.

What a leaf says is checked here against what is allowed at all; no leaf can lift these rules.
"""

import json
import logging
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from trendctl import log
from trendctl.errors import TrendctlError
from trendctl.home import Home
from trendctl.selfheal import acts
from trendctl.selfheal.analyst import Found
from trendctl.selfheal.values import Change, Diagnosis, Kind, Look, Plan
from trendctl.store.repairs import JOB_COLUMNS
from trendctl.store.writers import CACHES

NEVER = ("http.401", "http.403", "http.429", "http.block_page")  # told to the person, whatever a leaf says
MOST_BYTES, MOST_CHANGES = 1_000_000, 50
FILES = frozenset({Kind.WRITE, Kind.MODE, Kind.MOVE})
# Never written and never moved: the database has its own calls, the journal only grows, what was sent or told stays;
# the settings are written as @config only, whose keys are looked at.
_KEPT = ("trendctl.db", "trendctl.db-wal", "trendctl.db-shm", "journal", "outbox", "images", "repairs", ".env",
         "secrets.json", "home.lock", "config.toml", "config.last-good.toml")  # fmt: skip
# A change of these is a person's: money, where a buyer or a call is sent, what may be sold or spent.
_DELICATE = ("price", "currency", "link", "url", "cost", "margin", "fee", "budget", "platform", "policies", "account",
             "post_approved", "niches", "review", "notify", "enabled")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Proposal:
    """`plan` None: nothing can be done, `reason` says why. `automatic`: the plan's nature allows it without a person
    (its measured precision must allow it as well); where not, `reason` says why."""

    plan: Plan | None
    automatic: bool
    reason: str


def propose(found: Found, look: Look, open_targets: Iterable[str] = ()) -> Proposal:
    """The plan for a fault that stands."""
    d, home = found.diagnosis, look.probe.home
    refusal = _never(d, look)
    if refusal:
        return Proposal(None, False, refusal)
    if found.unclear:
        others = ", ".join(o.cause for o in found.alternatives[:2])
        return Proposal(None, False, f"it is not clear enough: it may as well be that {others}")
    plan = _asked(found, look)
    if plan is None:
        return Proposal(None, False, found.fault.no_fix or "there is no repair that is safe here")
    wrong = next(problems(plan, found.key, home), "")
    plan = plan if wrong else _dated(plan, home)
    if wrong:
        log.event("a plan was refused", stage="heal", leaf=found.fault.name, level=logging.ERROR, cause=wrong)
        return Proposal(None, False, f"its repair was refused: {wrong}")
    if overlap(targets(plan), open_targets):
        return Proposal(None, False, "another repair of the same thing is still open")
    why_not = plan.because if not plan.automatic else "" if plan.changes else "there is nothing to do but by you"
    why_not = why_not or ("" if plan.automatic else "this is for you to decide") or delicate(plan, home)
    return Proposal(replace(plan, automatic=not why_not, because=why_not), not why_not, why_not)


def _never(d: Diagnosis, look: Look) -> str:
    """Why nothing of this is ever repaired: a refusal by the other side is part of it."""
    kinds = {kind for kind, _ in d.explains} | {s.kind for s in look.signs if d.subject and s.subject == d.subject}
    told = sorted(kinds & set(NEVER))
    if not told:
        return ""
    return f"the other side refuses ({', '.join(k.removeprefix('http.') for k in told)}): that is never repaired"


def _asked(found: Found, look: Look) -> Plan | None:
    if found.fault.plan is None:
        return None
    try:
        return found.fault.plan(found.diagnosis, look)
    except Exception as bug:  # noqa: BLE001 - the edge of a leaf: no plan is better than no round
        log.event("a plan broke", stage="heal", leaf=found.fault.name, level=logging.ERROR, exc=bug)
        return None


def _dated(plan: Plan, home: Home) -> Plan:
    """The plan holds for the files as they are now: not for what a person saves before it is carried out."""
    changes = []
    for change in plan.changes:
        if change.kind is Kind.WRITE and change.before is None:
            with suppress(OSError):  # it cannot be read: then its way back cannot be kept, and nothing is done
                change = replace(change, before=acts.digest(acts.place(home, change.path)))
        changes.append(change)
    return replace(plan, changes=tuple(changes))


# ---------------------------------------------------------------- what is allowed at all


def problems(plan: Plan, key: tuple[str, str], home: Home) -> Iterator[str]:
    """Why a plan may not be carried out, by whomever."""
    if (plan.fault, plan.subject) != key:
        yield "it is a plan for something else"
    if len(plan.changes) > MOST_CHANGES:
        yield f"more than {MOST_CHANGES} changes"
    if not plan.words or not plan.undo_words:
        yield "it does not say what it does and how it is taken back"
    for change in plan.changes:
        yield from _problem(change, home)
    if overlap_within(plan):
        yield "two of its changes touch the same thing"


def _problem(change: Change, home: Home) -> Iterator[str]:
    if not isinstance(change.kind, Kind):
        yield f"{change.kind!r} is no act that is known"
    elif change.kind in FILES:
        yield from _file_problem(change, home)
    elif change.kind is Kind.JOB and (not change.name or not change.values or set(change.values) - set(JOB_COLUMNS)):
        yield "no job, or a column that it does not have"
    elif change.kind is Kind.CACHE and change.name not in CACHES:
        yield f"{change.name!r} is no cache"
    elif change.kind in (Kind.REINDEX, Kind.BACKUP) and not change.name.replace("_", "").replace("-", "").isalnum():
        yield f"{change.name!r} is no name"


def _file_problem(change: Change, home: Home) -> Iterator[str]:
    for path in (change.path, change.to) if change.kind is Kind.MOVE else (change.path,):
        try:
            acts.place(home, path)
        except TrendctlError as fault:
            yield str(fault)
            return
        kept = path not in (".", acts.CONFIG) and PurePosixPath(path).parts[0] in _KEPT
        if change.kind is not Kind.MODE and (path == "." or kept):
            yield f"{path} is never written or moved by a repair"
        if change.kind is Kind.WRITE and PurePosixPath(path).parts[0] == "backups":
            yield "a backup is never written over"
    if change.kind is Kind.MODE and change.mode & 0o077:
        yield "others would be able to read or write it"
    if change.kind is Kind.MODE and not change.mode & 0o400:
        yield "its owner could no longer read it"
    if len(change.data) > MOST_BYTES:
        yield "it would write too much"


def targets(plan: Plan) -> tuple[str, ...]:
    """All that a plan touches."""
    return tuple(dict.fromkeys(t for c in plan.changes for t in ((c.target, c.to) if c.to else (c.target,))))


def overlap(some: Iterable[str], others: Iterable[str]) -> bool:
    """Whether two lists of targets have one in common, or one lies inside the other."""
    return any(_same(a, b) for a in some for b in others)


def overlap_within(plan: Plan) -> bool:
    """Whether two changes of the same kind in a plan touch the same thing."""
    seen = [(c.kind, c.target) for c in plan.changes]
    return len(set(seen)) < len(seen)


def _same(a: str, b: str) -> bool:
    return a == b or a.startswith(f"{b}/") or b.startswith(f"{a}/") or "." in (a, b)


# ---------------------------------------------------------------- what is a person's, however well it is measured


def delicate(plan: Plan, home: Home) -> str:
    """Why a person must order it: it touches price, currency, link or another setting that decides. "": it does not."""
    for change in plan.changes:
        if change.kind is not Kind.WRITE:
            continue
        touched = _touched(change, home)
        if touched is None:
            return "what it changes cannot be compared with what stands there"
        named = next((name for name in sorted(touched) if any(word in name.lower() for word in _DELICATE)), "")
        if named:
            return f"it changes {named}, which only you may do"
    return ""


def _touched(change: Change, home: Home) -> set[str] | None:
    """The dotted keys whose value a settings file or an overlay would change; None: one of the two is no such file.

    Other files (a cache) have no keys.
    """
    is_overlay = PurePosixPath(change.path).parts[0] == "overlays"
    if change.path != acts.CONFIG and not is_overlay:
        return set()
    try:
        path = acts.place(home, change.path)
        before = path.read_bytes() if path.exists() else (b"{}" if is_overlay else b"")
        old, new = (_parsed(data, is_overlay) for data in (before, change.data))
    except (OSError, ValueError, AttributeError):
        return None
    return {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)} | (
        {f"{key}={new[key]}" for key in new if is_overlay and old.get(key) != new[key]}
    )


def _parsed(data: bytes, is_overlay: bool) -> dict[str, Any]:
    return dict(_flat(json.loads(data) if is_overlay else tomllib.loads(data.decode())))


def _flat(value: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, inner in value.items():
        if isinstance(inner, Mapping):
            yield from _flat(inner, f"{before}{key}.")
        else:
            yield f"{before}{key}", inner
