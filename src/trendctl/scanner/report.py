"""What a scan says at its end, in the shape that scripts rely on."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from trendctl.ports import Json, Outcome

MEASURED = (Outcome.OK, Outcome.EMPTY)


@dataclass(slots=True)
class SourceReport:
    """One source's line. `due` False: skipped only because it is not its time."""

    name: str
    outcome: Outcome
    cause: str = ""
    items: int = 0
    new_items: int = 0
    observations: int = 0
    seconds: float = 0.0
    due: bool = True

    def add(self, other: "SourceReport") -> None:
        """Put the measuring of a source into its line; its discovery gives the outcome, unless it was not asked."""
        self.items += other.items
        self.new_items += other.new_items
        self.observations += other.observations
        self.seconds += other.seconds
        if self.outcome == Outcome.SKIPPED:
            self.outcome, self.cause = other.outcome, other.cause
        elif other.cause and other.cause != self.cause:
            self.cause = "; ".join(filter(None, (self.cause, f"measuring: {other.cause}")))
        if other.outcome == Outcome.FAILED:
            self.outcome = Outcome.FAILED

    def to_json(self) -> dict[str, Json]:
        """The object in `sources`."""
        return {
            "name": self.name,
            "outcome": str(self.outcome),
            "items": self.items,
            "new_items": self.new_items,
            "observations": self.observations,
            "seconds": round(self.seconds, 3),
            "cause": self.cause,
        }


@dataclass(slots=True)
class ScanReport:
    """`run_id` None: a dry run, of which nothing was stored. `product_ids`: the products made or seen, new first."""

    run_id: int | None
    started_at: datetime
    finished_at: datetime
    sources: list[SourceReport] = field(default_factory=list)
    stored: int = 0
    duplicate: int = 0
    rejected: int = 0
    products_new: int = 0
    products_updated: int = 0
    product_ids: tuple[int, ...] = ()

    @property
    def failed(self) -> bool:
        """A source failed, or none was measured although some was due."""
        if any(s.outcome == Outcome.FAILED for s in self.sources):
            return True
        measured = any(s.outcome in MEASURED for s in self.sources)
        return not measured and not any(not s.due for s in self.sources)

    def to_json(self) -> dict[str, Json]:
        """The document of `scan --json`."""
        return {
            "run_id": self.run_id,
            "started_at": _stamp(self.started_at),
            "finished_at": _stamp(self.finished_at),
            "sources": [source.to_json() for source in self.sources],
            "items": {
                "received": self.stored + self.duplicate + self.rejected,
                "stored": self.stored,
                "duplicate": self.duplicate,
                "rejected": self.rejected,
            },
            "products": {"new": self.products_new, "updated": self.products_updated},
        }


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
