"""`post` killed (SIGKILL) at any step of the three Meta flows: one listing, none lost, and the chains agree."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conformance import settled, sound
from meta_rig import EVERY, OPTIONS, MetaRig, meta, wallet

CHILD = str(Path(__file__).with_name("post_child.py"))
NAMES = tuple(EVERY)
COMMITS = {"facebook": 5, "facebook_page": 11, "instagram": 14}  # journal syncs in an undisturbed post


def killed(rig: MetaRig, name: str, kill: str) -> int:
    """One `post` in a process of its own; its exit status."""
    now = int(rig.shop.clock.now().timestamp())
    command = [sys.executable, CHILD, str(rig.shop.home.root), rig.shop.base_url, str(now), kill, name,
               json.dumps(OPTIONS[name])]  # fmt: skip
    environ = os.environ | wallet().values
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environ)
    rig.server.victim = child.pid
    out, _ = child.communicate(timeout=60)
    assert child.returncode in (-9, 0), out.decode()
    return child.returncode


def plan(rig: MetaRig, name: str, draw: random.Random) -> str:
    """Where this process dies: at a request, before or after it was applied, or at a commit of its own."""
    kind = draw.choice(["kill_before", "kill_after", "commit", "journal"])
    if kind.startswith("kill"):
        rig.fault(draw.choice(EVERY[name]), 1, kind)
        return "none"
    return f"{kind}:{draw.randrange(1, COMMITS[name])}"


def survives(name: str, folder: Path, seed: int, deaths: int) -> None:
    draw = random.Random(seed)
    with meta(name, folder) as rig:
        rig.shop.approve(rig.shop.stock())
        died = [killed(rig, name, plan(rig, name, draw)) for _ in range(deaths)]
        rig.server.plan.clear()
        settled(rig.shop)
        sound(rig, ["live"])
        assert rig.made() == 1
        assert died[0] == -9, "the first one must have died"


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", NAMES)
def test_a_killed_post_is_taken_up_again(tmp_path: Path, name: str, seed: int) -> None:
    survives(name, tmp_path, seed, deaths=1)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_150_killed_posts_are_taken_up_again(
    tmp_path: Path, soak_seed: int, soak_slice: Callable[[int], list[int]]
) -> None:
    for n in soak_slice(150):
        folder = tmp_path / str(n)
        folder.mkdir()
        survives(NAMES[n % 3], folder, 1000 * soak_seed + n, deaths=1 + n // 3 % 3)


@pytest.mark.parametrize("name", NAMES)
def test_the_short_run_dies_at_requests_and_at_commits(name: str) -> None:
    class Noted:
        def fault(self, *what: object) -> None:
            calls.append(what)

    calls: list[object] = []
    own = {plan(Noted(), name, random.Random(seed)) for seed in range(5)}  # type: ignore[arg-type]  # only `fault`
    assert calls
    assert own - {"none"}
