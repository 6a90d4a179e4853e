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

    def to_json(self) -> dict[str, Json]:
        """Plain JSON values."""
        return {
            "analysed": self.analysed,
            "unchanged": self.unchanged,
            "failed": self.failed,
            "aged": self.aged,
            "failures": [{"product": f.product_id, "agent": f.agent, "cause": f.cause} for f in self.failures],
            "broken_agents": dict(self.broken_agents),
        }
