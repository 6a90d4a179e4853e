"""`post` killed (SIGKILL) in a process of its own, at any step of any platform's flow."""

import json
import os
import random
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import amazon_rig
import ebay_rig
import meta_rig
import tiktok_rig
from conformance import settled, sound

from forked import STDOUT, Forked
from trendctl.ports import Action
from trendctl.posting import proposing
from trendctl.secrets import Secrets

CHILD = f"{Path(__file__).with_name('post_child.py')}:run"
NEW_PRICE = 2999


@dataclass(frozen=True, slots=True)
class Flow:
    """`calls`: at whose request it may die; `commits`: journal syncs in an undisturbed post (begin; attempt, answer and
    move for each step)."""

    action: str
    calls: tuple[str, ...]
    commits: int


@dataclass(frozen=True, slots=True)
class Victim:
    """A platform whose `post` is killed. `environ`: the child's credentials; `short` and `long`: how many times."""

    name: str
    opened: Callable[[Path], AbstractContextManager[Any]]
    flows: tuple[Flow, ...]
    short: int
    long: int
    environ: Mapping[str, str]
    options: Mapping[str, str]
    readied: Callable[[Any], None] = lambda rig: None

    def flow(self, seed: int) -> Flow:
        return self.flows[seed % len(self.flows)]


def _kept_in_the_home(rig: Any) -> None:
    """Whoever is killed leaves the rotated refresh token behind it, in the home's own store."""
    rig.fake.now = None  # a process that slept in its own time is ahead of the server's
    rig.shop.wallet = Secrets(rig.shop.home, tiktok_rig.KEYS)
    rig.shop.wallet.put("TIKTOK_SHOP_REFRESH_TOKEN", rig.fake.refresh)


def _meta(name: str, commits: int) -> Victim:
    flow = Flow("create", meta_rig.EVERY[name], commits)
    return Victim(
        name, lambda root: meta_rig.meta(name, root), (flow,), 5, 50, meta_rig.wallet().values, meta_rig.OPTIONS[name]
    )


_CREATED = Flow("create", amazon_rig.EVERY, 8)
VICTIMS = {
    victim.name: victim
    for victim in (
        Victim("amazon", amazon_rig.amazon,
               (_CREATED, _CREATED, Flow("reprice", ("patch", "get"), 5), Flow("end", ("delete", "get"), 5)), 5, 100,
               amazon_rig.wallet().values, amazon_rig.OPTIONS),
        Victim("ebay", ebay_rig.ebay, (Flow("create", ebay_rig.EVERY, 20),), 20, 300, ebay_rig.wallet().values, {}),
        _meta("facebook", 5),
        _meta("facebook_page", 11),
        _meta("instagram", 14),
        Victim("tiktok", tiktok_rig.tiktok, (Flow("create", tiktok_rig.EVERY, 15),), 5, 75, tiktok_rig.KEYS, {},
               _kept_in_the_home),
    )
}  # fmt: skip


def plan(draw: random.Random, flow: Flow) -> tuple[str, str]:
    """Where a process dies: before or after a request (its name) was applied, or at a commit of its own ("")."""
    kind = draw.choice(["kill_before", "kill_after", "commit", "journal"])
    if kind.startswith("kill"):
        return kind, draw.choice(flow.calls)
    return f"{kind}:{draw.randrange(1, flow.commits)}", ""


def killed(victim: Victim, rig: Any, kind: str, call: str) -> int:
    """One `post` in a process of its own, killed as planned; its exit status."""
    if call:
        rig.fault(call, 1, kind)
    now = int(rig.shop.clock.now().timestamp())
    words = [CHILD, str(rig.shop.home.root), rig.shop.base_url, str(now), "none" if call else kind, victim.name,
             json.dumps(dict(victim.options))]  # fmt: skip
    child = Forked(words, os.environ | victim.environ, stderr=STDOUT, held=True)
    rig.server.victim = child.pid
    child.go()
    out, _ = child.communicate(timeout=60)
    assert child.returncode in (-9, 0), out
    return child.returncode


def survives(victim: Victim, folder: Path, seed: int, deaths: int) -> None:
    """After so many deaths, another `post` leaves one listing, as approved, and the chains agree."""
    draw, flow = random.Random(seed), victim.flow(seed)
    with victim.opened(folder) as rig:
        victim.readied(rig)
        number = rig.shop.stock()
        rig.shop.approve(number)
        if flow.action != "create":
            rig.shop.post()
            changes = {"price": {"minor": NEW_PRICE, "currency": "USD"}} if flow.action == "reprice" else {}
            proposing.propose(rig.shop.drafting, number, victim.name, Action(flow.action), changes)
            rig.shop.approve(number)
        died = [killed(victim, rig, *plan(draw, flow)) for _ in range(deaths)]
        rig.server.plan.clear()
        settled(rig.shop)
        ended = flow.action == "end"
        sound(rig, ["ended" if ended else "live"], live=0 if ended else 1)
        assert rig.made() == 1
        assert flow.action != "reprice" or rig.shop.listings()[0]["price_minor"] == NEW_PRICE
        assert died[0] == -9, "the first one must have died"
