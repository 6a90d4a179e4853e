"""Leaves are found by their folder; a broken one does not take the others with it."""

import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from trendctl import registry
from trendctl.errors import TrendctlError, UsageError

GOOD = """
from types import SimpleNamespace
def leaf(name): return SimpleNamespace(facts=SimpleNamespace(name=name))
"""


@pytest.fixture
def leaves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package of sources and one of platforms, in place of the real ones; the folder that holds both."""
    root = tmp_path / "made_leaves"
    for folder in ("srcs", "plats"):
        (root / folder).mkdir(parents=True)
        (root / folder / "__init__.py").touch()
    (root / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(registry.PLACES, "sources", registry._Place("made_leaves.srcs", "source"))
    monkeypatch.setitem(registry.PLACES, "platforms", registry._Place("made_leaves.plats", "platform", "platform"))
    yield root
    for name in [n for n in sys.modules if n.startswith("made_leaves")]:
        del sys.modules[name]


def source(root: Path, name: str, code: str) -> None:
    (root / "srcs" / f"{name}.py").write_text(textwrap.dedent(GOOD) + textwrap.dedent(code))


def test_names_are_listed_without_importing(leaves: Path) -> None:
    source(leaves, "beta", "raise RuntimeError('imported')")
    source(leaves, "alpha", "raise RuntimeError('imported')")
    source(leaves, "_shared", "")
    (leaves / "srcs" / "notes.txt").touch()
    assert registry.names("sources") == ("alpha", "beta")


def test_a_platform_is_a_folder_with_platform_py(leaves: Path) -> None:
    for name in ("shop", "_common", "half"):
        (leaves / "plats" / name).mkdir()
        (leaves / "plats" / name / "__init__.py").touch()
    for name in ("shop", "_common"):
        (leaves / "plats" / name / "platform.py").write_text(GOOD + "PLATFORM = leaf('shop')")
    assert registry.names("platforms") == ("shop",)
    assert registry.load("platforms", "shop").facts.name == "shop"


def test_a_source_of_a_family_file_is_found_by_its_own_name(leaves: Path) -> None:
    source(leaves, "feeds", "SOURCES = (leaf('deals'), leaf('news'))")
    source(leaves, "charts", "SOURCE = leaf('charts')")
    assert registry.load("sources", "news").facts.name == "news"
    assert registry.load("sources", "charts").facts.name == "charts"
    assert [s.facts.name for s in registry.load_all("sources")] == ["charts", "deals", "news"]


def test_a_broken_leaf_is_told_and_the_others_go_on(leaves: Path) -> None:
    source(leaves, "good", "SOURCE = leaf('good')")
    source(leaves, "torn", "raise RuntimeError('boom')")
    source(leaves, "bare", "")
    source(leaves, "odd", "SOURCE = object()")
    told: dict[str, str] = {}
    assert [s.facts.name for s in registry.load_all("sources", told.__setitem__)] == ["good"]
    assert set(told) == {"torn", "bare", "odd"}
    assert "boom" in told["torn"]
    assert "SOURCE" in told["bare"]


def test_naming_a_broken_leaf_is_an_error(leaves: Path) -> None:
    source(leaves, "torn", "import there_is_no_such_module")
    with pytest.raises(TrendctlError, match="torn is broken") as caught:
        registry.load("sources", "torn")
    assert not isinstance(caught.value, UsageError)


def test_an_unknown_name_gets_the_nearest_one(leaves: Path) -> None:
    source(leaves, "hackernews", "SOURCE = leaf('hackernews')")
    with pytest.raises(UsageError, match="the nearest one is hackernews"):
        registry.load("sources", "hackernew")
    with pytest.raises(UsageError) as caught:
        registry.load("sources", "zzz")
    assert "nearest" not in str(caught.value)


def test_two_leaves_of_one_name_are_told(leaves: Path) -> None:
    source(leaves, "a", "SOURCE = leaf('same')")
    source(leaves, "b", "SOURCE = leaf('same')")
    told: list[str] = []
    assert len(registry.load_all("sources", lambda module, cause: told.append(f"{module}: {cause}"))) == 1
    assert told == ["b: the name 'same' is taken by another module"]


@pytest.mark.parametrize("kind", ["sources", "agents", "platforms", "checks"])
def test_every_leaf_of_this_program_loads(kind: registry.Kind) -> None:
    broken: dict[str, str] = {}
    found = registry.load_all(kind, broken.__setitem__)
    assert broken == {}
    assert len({registry.leaf_name(leaf) for leaf in found}) == len(found) >= len(registry.names(kind))
