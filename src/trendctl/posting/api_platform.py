"""A platform as its package's modules: the contract's methods, each handed to the module that knows it.

A platform writes down its facts and its steps, and does by itself only what no module of its own does alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Protocol

from trendctl.ports import (
    Answer,
    Checking,
    CheckResult,
    DayMetrics,
    DraftInput,
    DraftOutput,
    Gathering,
    Json,
    Performance,
    ReadBack,
    Seen,
    Sold,
    Talk,
    Understood,
    Wire,
)


class Rendering(Protocol):
    """A module `wires`. Pure."""

    def render(self, step: str, intent: Mapping[str, Json], late: Mapping[str, str]) -> Wire: ...


class Understanding(Protocol):
    """A module `answers`. Pure."""

    def understand(self, step: str, answer: Answer) -> Understood: ...


class ReadingBack(Protocol):
    """A module `back`."""

    def read_back(self, intent: Mapping[str, Json], late: Mapping[str, str], talk: Talk) -> ReadBack: ...


class Drafting(Protocol):
    """A module `draft`. Pure."""

    def draft(self, wanted: DraftInput) -> DraftOutput: ...


class MarketRendering(Rendering, Protocol):
    """A module `wires` that also renders the one call which sets how many are left (ports.Lowering)."""

    def render_quantity(self, intent: Mapping[str, Json], late: Mapping[str, str], quantity: int) -> Wire: ...


class Counting(Protocol):
    """A module `quantity`: ports.Lowering's read, and the call which never raises a number."""

    def left(self, listing: Sold, talk: Talk) -> int | None: ...
    def perform(self, wire: Wire, talk: Talk) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Calls:
    """The modules of an operation's calls."""

    wires: Rendering
    answers: Understanding
    back: ReadingBack


class ApiPlatform:
    """What every platform behind an API does alike. `draft` and `steps` are the platform's own."""

    calls: ClassVar[Calls]

    def render(self, step: str, intent: Mapping[str, Json], late: Mapping[str, str]) -> Wire:
        """Pure."""
        return self.calls.wires.render(step, intent, late)

    def perform(self, step: str, wire: Wire, talk: Talk) -> Answer:
        """One call."""
        return talk.send(wire)

    def understand(self, step: str, answer: Answer) -> Understood:
        """Pure."""
        return self.calls.answers.understand(step, answer)

    def read_back(self, intent: Mapping[str, Json], late: Mapping[str, str], talk: Talk) -> ReadBack:
        """The platform's own word on the listing."""
        return self.calls.back.read_back(intent, late, talk)


@dataclass(frozen=True, slots=True)
class Market:
    """The modules of what a marketplace does beside an operation's calls."""

    draft: Drafting
    known: Gathering
    check: Checking
    wires: MarketRendering
    quantity: Counting
    figures: Performance


class Marketplace(ApiPlatform):
    """Where buyers order: asked before a draft, checked, counted by the day, lowered when an item sold elsewhere."""

    market: ClassVar[Market]

    def draft(self, wanted: DraftInput) -> DraftOutput:
        """Pure."""
        return self.market.draft.draft(wanted)

    def asks(self, wanted: DraftInput) -> Mapping[str, str]:
        """ports.Gathering."""
        return self.market.known.asks(wanted)

    def ask(self, name: str, wanted: DraftInput, found: Mapping[str, Json], talk: Talk) -> Json:
        """ports.Gathering. Raises TrendctlError."""
        return self.market.known.ask(name, wanted, found, talk)

    def check(self, seen: Seen) -> Sequence[CheckResult]:
        """ports.Checking."""
        return self.market.check.check(seen)

    def perform(self, step: str, wire: Wire, talk: Talk) -> Answer:
        """One call; one that lowers a quantity looks first whether it still does."""
        return self.market.quantity.perform(wire, talk) if step == "quantity" else super().perform(step, wire, talk)

    def performance(self, listing: Sold, days: Sequence[date], talk: Talk) -> Sequence[DayMetrics]:
        """ports.Performance. Raises TrendctlError."""
        return self.market.figures.performance(listing, days, talk)

    def left(self, listing: Sold, talk: Talk) -> int | None:
        """ports.Lowering. Raises TrendctlError."""
        return self.market.quantity.left(listing, talk)

    def render_quantity(self, intent: Mapping[str, Json], late: Mapping[str, str], quantity: int) -> Wire:
        """ports.Lowering. Raises Refused where what the call needs is not known."""
        return self.market.wires.render_quantity(intent, late, quantity)
