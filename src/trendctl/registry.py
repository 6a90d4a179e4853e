"""Finds the leaves (sources, agents, platforms, checks) by their folders; no list has to be edited to add one.

A leaf module exports its leaf under the kind's singular name (`AGENT = Agent(...)`), or several as a tuple under the
plural (`SOURCES = (...)`). A platform is a package; its `platform.py` exports. Names that begin with "_" are no leaves.
"""

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from trendctl.errors import TrendctlError, UsageError

if TYPE_CHECKING:
    from trendctl.ports import Agent, Check, Platform, Source

Kind = Literal["sources", "agents", "platforms", "checks", "faults"]
OnBroken = Callable[[str, str], object]  # module name, cause


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a kind's leaves live. `inner`: the module inside a leaf's package; "" where a leaf is one file."""

    package: str
    word: str
    inner: str = ""

    @property
    def folder(self) -> Path:
        spec = importlib.util.find_spec(self.package)  # imports the packages above it: they are empty
        assert spec is not None  # ours
        assert spec.submodule_search_locations is not None  # a package
        return Path(spec.submodule_search_locations[0])

    def module(self, name: str) -> str:
        return ".".join(filter(None, (self.package, name, self.inner)))

    def is_leaf(self, path: Path) -> bool:
        if path.name.startswith(("_", ".")):
            return False
        return (path / f"{self.inner}.py").is_file() if self.inner else path.suffix == ".py"


PLACES: dict[str, _Place] = {
    "sources": _Place("trendctl.scanner.sources", "source"),
    "agents": _Place("trendctl.analyzer.agents", "agent"),
    "platforms": _Place("trendctl.posting.platforms", "platform", inner="platform"),
    "checks": _Place("trendctl.selfheal.rules", "check"),
    "faults": _Place("trendctl.selfheal.faults", "fault"),
}


def names(kind: Kind) -> tuple[str, ...]:
    """The modules of a kind, sorted, without importing them. A family file stands here under its own name."""
    place = PLACES[kind]
    return tuple(sorted(path.stem for path in place.folder.iterdir() if place.is_leaf(path)))


@overload
def load(kind: Literal["sources"], name: str) -> "Source": ...
@overload
def load(kind: Literal["agents"], name: str) -> "Agent": ...
@overload
def load(kind: Literal["platforms"], name: str) -> "Platform": ...
@overload
def load(kind: Literal["checks"], name: str) -> "Check": ...
def load(kind: Kind, name: str) -> Any:
    """The leaf of that name: from the module so named, else from a family file.

    Raises UsageError for an unknown name (with the nearest one), TrendctlError where the leaf itself is broken.
    """
    if name in names(kind):
        found = {leaf_name(leaf): leaf for leaf in _import(kind, name)}
        if name in found:
            return found[name]
    others = {leaf_name(leaf): leaf for leaf in load_all(kind)}
    if name in others:
        return others[name]
    word = PLACES[kind].word
    raise UsageError(f"There is no {word} {name!r}", why=nearest(name, others), next=f"trendctl {_LISTED_BY[kind]}")


@overload
def load_all(kind: Literal["sources"], on_broken: OnBroken | None = None) -> "tuple[Source, ...]": ...
@overload
def load_all(kind: Literal["agents"], on_broken: OnBroken | None = None) -> "tuple[Agent, ...]": ...
@overload
def load_all(kind: Literal["platforms"], on_broken: OnBroken | None = None) -> "tuple[Platform, ...]": ...
@overload
def load_all(kind: Literal["checks"], on_broken: OnBroken | None = None) -> "tuple[Check, ...]": ...
@overload
def load_all(kind: Kind, on_broken: OnBroken | None = None) -> tuple[Any, ...]: ...
def load_all(kind: Kind, on_broken: OnBroken | None = None) -> tuple[Any, ...]:
    """Every leaf, by name. A broken module does not stop the others: `on_broken(module, cause)` is told."""
    leaves: dict[str, Any] = {}
    for module in names(kind):
        try:
            found = _import(kind, module)
        except TrendctlError as fault:
            if on_broken is not None:
                on_broken(module, fault.why)
            continue
        for leaf in found:
            if leaf_name(leaf) in leaves and on_broken is not None:
                on_broken(module, f"the name {leaf_name(leaf)!r} is taken by another module")
            leaves.setdefault(leaf_name(leaf), leaf)
    return tuple(leaves[name] for name in sorted(leaves))


def leaf_name(leaf: Any) -> str:
    """The name a person types: of the leaf's facts, or its own."""
    return str(leaf.facts.name if hasattr(leaf, "facts") else leaf.name)


def nearest(typed: str, known: "dict[str, Any] | tuple[str, ...]") -> str:
    """'the nearest one is X', or the empty string where nothing is near."""
    import difflib  # only where something went wrong

    near = difflib.get_close_matches(typed, list(known), n=1)
    return f"the nearest one is {near[0]}" if near else ""


_LISTED_BY: dict[str, str] = {
    "sources": "sources list",
    "agents": "analyze --help",
    "platforms": "platforms list",
    "checks": "health",
    "faults": "drill --help",
}


def _import(kind: Kind, name: str) -> tuple[Any, ...]:
    place = PLACES[kind]
    try:
        module = importlib.import_module(place.module(name))
        one, many = getattr(module, place.word.upper(), None), getattr(module, f"{place.word.upper()}S", ())
        leaves = (*many, *(() if one is None else (one,)))
        if not leaves:
            raise AttributeError(f"it exports no {place.word.upper()}")
        for leaf in leaves:
            leaf_name(leaf)
        return leaves
    except Exception as fault:  # a leaf's module may fail in any way; the others go on
        raise TrendctlError(
            f"The {place.word} {name} is broken", why=f"{type(fault).__name__}: {fault}", next="trendctl health"
        ) from fault
