"""What an analysis did, in numbers."""

from dataclasses import dataclass, field

from trendctl.ports import Json

MAX_FAILURES = 20


@dataclass(frozen=True, slots=True)
class Failure:
    """An agent that could not answer on a product; the product went on without it."""

    product_id: int
    agent: str
    cause: str


@dataclass(slots=True)
class Tally:
    """What a language model did in one run. `micro_usd`: millionths of a US dollar; a lost answer counts as paid.

    `causes`: why a question had no answer of the model, so that the offline one stands; with how often.
    """

    calls: int = 0
    cached: int = 0
    micro_usd: int = 0
    causes: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Json]:
        """Plain JSON values."""
        cost = f"{self.micro_usd / 1_000_000:.6f}"
        return {"calls": self.calls, "cached": self.cached, "cost_usd": cost, "offline": dict(self.causes)}


@dataclass(slots=True)
class AnalyzeReport:
    """Counts of products. `analysed`: something new was stored; `unchanged`: looked at, nothing new.

    `failed`: products with at least one agent that failed (counted in one of the other two as well). `aged`: scores
    lowered only because their evidence is older now. `failures` holds the first 20.
    """

    analysed: int = 0
    unchanged: int = 0
    failed: int = 0
    aged: int = 0
    failures: list[Failure] = field(default_factory=list)
    broken_agents: dict[str, str] = field(default_factory=dict)  # module -> cause: a leaf that could not be loaded
    model: Tally | None = None  # None: no model is set up

    def to_json(self) -> dict[str, Json]:
        """Plain JSON values."""
        return {
            "analysed": self.analysed,
            "unchanged": self.unchanged,
            "failed": self.failed,
            "aged": self.aged,
            "failures": [{"product": f.product_id, "agent": f.agent, "cause": f.cause} for f in self.failures],
            "broken_agents": dict(self.broken_agents),
            **({"model": self.model.to_json()} if self.model is not None else {}),
        }
