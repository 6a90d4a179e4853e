"""`post` killed (SIGKILL) at any step of the eBay flow: never two listings, never a lost one, and the chains agree."""

import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conformance import settled, sound
from ebay_rig import EVERY, EbayRig, ebay

CHILD = str(Path(__file__).with_name("post_child.py"))
COMMITS = 20  # journal syncs in an undisturbed post: begin, and attempt, answer, move for each step


def killed(rig: EbayRig, kill: str) -> int:
    """One `post` in a process of its own; its exit status."""
    now = int(rig.shop.clock.now().timestamp())
    command = [sys.executable, CHILD, str(rig.shop.home.root), rig.shop.base_url, str(now), kill]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=os.environ)
    rig.server.victim = child.pid
    out, _ = child.communicate(timeout=60)
    assert child.returncode in (-9, 0), out.decode()
    return child.returncode


def plan(rig: EbayRig, draw: random.Random) -> str:
    """Where this process dies: at a request, before or after it was applied, or at a commit of its own."""
    kind = draw.choice(["kill_before", "kill_after", "commit", "journal"])
    if kind.startswith("kill"):
        rig.fault(draw.choice(EVERY), 1, kind)
        return "none"
    return f"{kind}:{draw.randrange(1, COMMITS)}"


def survives(folder: Path, seed: int, deaths: int) -> None:
    draw = random.Random(seed)
    with ebay(folder) as rig:
        rig.shop.approve(rig.shop.stock())
        died = [killed(rig, plan(rig, draw)) for _ in range(deaths)]
        rig.server.plan.clear()
        settled(rig.shop)
        sound(rig, ["live"])
        assert rig.made() == 1
        assert died[0] == -9, "the first one must have died"


@pytest.mark.parametrize("seed", range(20))
def test_a_killed_post_is_taken_up_again(tmp_path: Path, seed: int) -> None:
    survives(tmp_path, seed, deaths=1)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_300_killed_posts_are_taken_up_again(
    tmp_path: Path, soak_seed: int, soak_slice: Callable[[int], list[int]]
) -> None:
    for n in soak_slice(300):
        folder = tmp_path / str(n)
        folder.mkdir()
        survives(folder, 1000 * soak_seed + n, deaths=1 + n % 3)


def test_the_plan_covers_every_call_and_the_commits_between() -> None:
    """The seeds of the short run die at requests and at commits."""

    class Noted:
        def fault(self, *what: Any) -> None:
            calls.append(what)

    calls: list[Any] = []
    own = {plan(Noted(), random.Random(seed)) for seed in range(20)}  # type: ignore[arg-type]  # only `fault` is used
    assert len({call for call, _, _ in calls}) >= 4
    assert len(own - {"none"}) >= 4
