"""`post` killed at any step: never two listings, never a lost one, and the chains agree."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from killed import VICTIMS, plan, survives

from trendctl import registry

SHORT = [(name, seed) for name, victim in VICTIMS.items() for seed in range(victim.short)]


@pytest.mark.parametrize(("name", "seed"), SHORT)
def test_a_killed_post_is_taken_up_again(tmp_path: Path, name: str, seed: int) -> None:
    survives(VICTIMS[name], tmp_path, seed, deaths=1)


@pytest.mark.soak
@pytest.mark.timeout(3600)
class ManyDeaths:
    """A class each, not parameters: of every platform a share is killed, however small TRENDCTL_SOAK_SHARE is."""

    name: str

    def test_many_killed_posts_are_taken_up_again(
        self, tmp_path: Path, soak_seed: int, soak_slice: Callable[[int], list[int]]
    ) -> None:
        for n in soak_slice(VICTIMS[self.name].long):
            folder = tmp_path / str(n)
            folder.mkdir()
            survives(VICTIMS[self.name], folder, 1000 * soak_seed + n, deaths=1 + n % 3)


class TestAmazonAtLength(ManyDeaths):
    name = "amazon"


class TestEbayAtLength(ManyDeaths):
    name = "ebay"


class TestFacebookAtLength(ManyDeaths):
    name = "facebook"


class TestFacebookPageAtLength(ManyDeaths):
    name = "facebook_page"


class TestInstagramAtLength(ManyDeaths):
    name = "instagram"


class TestTiktokAtLength(ManyDeaths):
    name = "tiktok"


def test_every_platform_that_is_called_is_killed_at_length() -> None:
    assert (
        {kind.name for kind in ManyDeaths.__subclasses__()}
        == set(VICTIMS)
        == {*registry.names("platforms")} - {"local"}
    )


@pytest.mark.parametrize("name", VICTIMS)
def test_the_short_run_dies_at_requests_and_at_commits(name: str) -> None:
    victim = VICTIMS[name]
    drawn = [plan(random.Random(seed), victim.flow(seed)) for seed in range(victim.short)]
    assert {bool(call) for _, call in drawn} == {True, False}


@pytest.mark.parametrize("name", VICTIMS)
def test_the_plan_leaves_out_no_call_and_no_commit(name: str) -> None:
    victim = VICTIMS[name]
    seen = {(victim.flow(seed).action, *plan(random.Random(seed), victim.flow(seed))) for seed in range(1500)}
    for flow in victim.flows:
        at_calls = {(flow.action, kind, call) for kind in ("kill_before", "kill_after") for call in flow.calls}
        own = {(flow.action, f"{kind}:{n}", "") for kind in ("commit", "journal") for n in range(1, flow.commits)}
        assert seen >= at_calls | own
