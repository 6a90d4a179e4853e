"""`post` killed (SIGKILL) at any step of Amazon's flow, of a create and of a change: one listing, none lost."""

import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from amazon_rig import EVERY, AmazonRig, amazon
from conformance import settled, sound

from trendctl.ports import Action
from trendctl.posting import proposing

CHILD = str(Path(__file__).with_name("amazon_child.py"))
COMMITS = {"create": 8, "reprice": 5, "end": 5}  # journal syncs in an undisturbed post
CALLS = {"create": EVERY, "reprice": ("patch", "get"), "end": ("delete", "get")}


def killed(rig: AmazonRig, kill: str) -> int:
    """One `post` in a process of its own; its exit status."""
    now = int(rig.shop.clock.now().timestamp())
    command = [sys.executable, CHILD, str(rig.shop.home.root), rig.shop.base_url, str(now), kill]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=os.environ)
    rig.server.victim = child.pid
    out, _ = child.communicate(timeout=60)
    assert child.returncode in (-9, 0), out.decode()
    return child.returncode


def plan(rig: AmazonRig, draw: random.Random, flow: str) -> str:
    """Where this process dies: at a request, before or after it was applied, or at a commit of its own."""
    kind = draw.choice(["kill_before", "kill_after", "commit", "journal"])
    if kind.startswith("kill"):
        rig.fault(draw.choice(CALLS[flow]), 1, kind)
        return "none"
    return f"{kind}:{draw.randrange(1, COMMITS[flow])}"


def survives(folder: Path, seed: int, deaths: int) -> None:
    draw = random.Random(seed)
    flow = ("create", "create", "reprice", "end")[seed % 4]
    with amazon(folder) as rig:
        number = rig.shop.stock()
        rig.shop.approve(number)
        if flow != "create":
            rig.shop.post()
            changes = {"price": {"minor": 2999, "currency": "USD"}} if flow == "reprice" else {}
            proposing.propose(rig.shop.drafting, number, "amazon", Action(flow), changes)
            rig.shop.approve(number)
        died = [killed(rig, plan(rig, draw, flow)) for _ in range(deaths)]
        rig.server.plan.clear()
        settled(rig.shop)
        sound(rig, ["ended" if flow == "end" else "live"], live=0 if flow == "end" else 1)
        assert rig.made() == 1
        assert flow != "reprice" or rig.shop.listings()[0]["price_minor"] == 2999
        assert died[0] == -9, "the first one must have died"


@pytest.mark.parametrize("seed", range(5))
def test_a_killed_post_is_taken_up_again(tmp_path: Path, seed: int) -> None:
    survives(tmp_path, seed, deaths=1)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_100_killed_posts_are_taken_up_again(
    tmp_path: Path, soak_seed: int, soak_slice: Callable[[int], list[int]]
) -> None:
    for n in soak_slice(100):
        folder = tmp_path / str(n)
        folder.mkdir()
        survives(folder, 1000 * soak_seed + n, deaths=1 + n % 3)


def test_the_plan_covers_every_call_and_the_commits_between() -> None:
    """The seeds of the long run die at every request of every flow, before and after it, and at commits."""

    class Noted:
        def fault(self, *what: Any) -> None:
            calls.add((flow, what[0], what[2]))

    calls: set[Any] = set()
    own = set()
    for seed in range(300):
        flow = ("create", "create", "reprice", "end")[seed % 4]
        own.add((flow, plan(Noted(), random.Random(seed), flow)))  # type: ignore[arg-type]  # only `fault` is used
    assert calls >= {(f, c, k) for f in CALLS for c in CALLS[f] for k in ("kill_before", "kill_after")}
    assert len(own) >= 15
