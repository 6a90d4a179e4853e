"""`post` killed (SIGKILL) at any step of the TikTok flow: never two products, never a lost one, and the chains agree.

Whoever is killed leaves the rotated refresh token behind it, in the home's own store.
"""

import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conformance import settled, sound
from tiktok_rig import EVERY, KEYS, TiktokRig, tiktok

from trendctl.secrets import Secrets

CHILD = str(Path(__file__).with_name("post_child.py"))
COMMITS = 15  # journal syncs in an undisturbed post: begin, and attempt, answer, move for each step


def killed(rig: TiktokRig, kill: str) -> int:
    """One `post` in a process of its own; its exit status."""
    now = int(rig.shop.clock.now().timestamp())
    command = [sys.executable, CHILD, str(rig.shop.home.root), rig.shop.base_url, str(now), kill, "tiktok"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=os.environ | KEYS)
    rig.server.victim = child.pid
    out, _ = child.communicate(timeout=60)
    assert child.returncode in (-9, 0), out.decode()
    return child.returncode


def plan(draw: random.Random) -> tuple[str, str]:
    """Where a process dies: at a request (its name), before or after it was applied, or at a commit of its own."""
    kind = draw.choice(["kill_before", "kill_after", "commit", "journal"])
    if kind.startswith("kill"):
        return kind, draw.choice(EVERY)
    return f"{kind}:{draw.randrange(1, COMMITS)}", ""


def survives(folder: Path, seed: int, deaths: int) -> None:
    draw = random.Random(seed)
    with tiktok(folder) as rig:
        rig.fake.now = None  # a process that slept in its own time is ahead of the server's
        secrets = Secrets(rig.shop.home, KEYS)
        secrets.put("TIKTOK_SHOP_REFRESH_TOKEN", rig.fake.refresh)
        rig.shop.wallet = secrets
        rig.shop.approve(rig.shop.stock())
        died = []
        for _ in range(deaths):
            kind, call = plan(draw)
            if call:
                rig.fault(call, 1, kind)
            died.append(killed(rig, "none" if call else kind))
        rig.server.plan.clear()
        settled(rig.shop)
        sound(rig, ["live"])
        assert rig.made() == 1
        assert died[0] == -9, "the first one must have died"


@pytest.mark.parametrize("seed", range(5))
def test_a_killed_post_is_taken_up_again(tmp_path: Path, seed: int) -> None:
    survives(tmp_path, seed, deaths=1)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_75_killed_posts_are_taken_up_again(
    tmp_path: Path, soak_seed: int, soak_slice: Callable[[int], list[int]]
) -> None:
    for n in soak_slice(75):
        folder = tmp_path / str(n)
        folder.mkdir()
        survives(folder, 1000 * soak_seed + n, deaths=1 + n % 3)


def test_the_plan_covers_requests_and_commits() -> None:
    drawn = [plan(random.Random(seed)) for seed in range(5)]
    assert {bool(call) for _, call in drawn} == {True, False}
    many = [plan(random.Random(seed)) for seed in range(75)]
    assert {call for _, call in many if call} == set(EVERY)
    assert len({kind for kind, call in many if not call}) > COMMITS
