"""The learning engine: how often a fault's diagnosis and repair proved right, and what that allows.

The drill's variants are the prior (data/heal_prior.json), this machine's own outcomes are added to them. Nothing else
counts: no weight of a diagnosis, no word of a model.
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

LEVEL = 0.80  # of the one-sided lower bound
ENOUGH = 0.85  # the lower bound from which on a reversible repair may be done without a person
BINS = 10
PRIOR = "heal_prior.json"


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted of one fault: repairs tried and proved right; diagnoses made (`named`) and right."""

    trials: int = 0
    successes: int = 0
    named: int = 0
    right: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.trials + other.trials, self.successes + other.successes, self.named + other.named,
            self.right + other.right,
        )  # fmt: skip

    @property
    def confidence(self) -> float | None:
        """How often such a diagnosis proves right: the mean of the Beta posterior (uniform before anything is known);
        None: nothing was measured."""
        return (self.right + 1) / (self.named + 2) if self.named else None

    @property
    def lower(self) -> float:
        """The one-sided 80% lower bound of the precision; 0 without trials."""
        if not self.trials:
            return 0.0
        return quantile(1 - LEVEL, self.successes + 1, self.trials - self.successes + 1)

    @property
    def is_enough(self) -> bool:
        """Whether a repair of this fault may be automatic."""
        return self.lower >= ENOUGH


def shipped() -> dict[str, Tally]:
    """What the drill measured, by fault. The file: {"measured": DATE, "by": COMMAND, "faults": {NAME: {"trials": N,
    "successes": N, "named": N, "named_right": N}}}; {} or anything that is not so: nothing was measured. Without the
    last two, the first two stand for them."""
    try:
        found = json.loads(resources.files("trendctl.data").joinpath(PRIOR).read_bytes())
        return dict(_tallies(found.get("faults", {})))
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _tallies(faults: Mapping[str, Mapping[str, Any]]) -> Iterable[tuple[str, Tally]]:
    for name, row in faults.items():
        trials, hits = row.get("trials"), row.get("successes")
        counts: list[Any] = [trials, hits, row.get("named", trials), row.get("named_right", hits)]
        if all(isinstance(n, int) for n in counts) and 0 <= counts[1] <= counts[0] and 0 <= counts[3] <= counts[2]:
            yield name, Tally(*counts)


def measured(own: Mapping[str, tuple[int, int]], prior: Mapping[str, Tally] | None = None) -> dict[str, Tally]:
    """Prior and this machine's (trials, successes), by fault."""
    before = shipped() if prior is None else prior
    return {name: before.get(name, Tally()) + Tally(*own.get(name, (0, 0)) * 2) for name in before.keys() | own.keys()}


def brier(judged: Iterable[tuple[float, bool]]) -> float | None:
    """The mean squared distance of a stated confidence from what came of it; None without any. 0 is perfect."""
    squares = [(stated - hit) ** 2 for stated, hit in judged]
    return sum(squares) / len(squares) if squares else None


def ece(judged: Iterable[tuple[float, bool]], bins: int = BINS) -> float | None:
    """The expected calibration error: per bin of confidence, how far its mean lies from the share that proved right,
    weighted by the bin's size. None without any."""
    rows = list(judged)
    if not rows:
        return None
    sorted_in: dict[int, list[tuple[float, bool]]] = {}
    for stated, hit in rows:
        sorted_in.setdefault(min(bins - 1, int(stated * bins)), []).append((stated, hit))
    return sum(abs(sum(s for s, _ in b) - sum(h for _, h in b)) for b in sorted_in.values()) / len(rows)


def quantile(p: float, a: int, b: int) -> float:
    """The value below which a Beta(a, b) variable lies with probability p; by bisection."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if beta_cdf(middle, a, b) < p else (low, middle)
    return (low + high) / 2


def beta_cdf(x: float, a: int, b: int) -> float:
    """P(Beta(a, b) <= x) for whole a, b >= 1: a binomial tail (DLMF 8.17.5)."""
    if x <= 0.0 or x >= 1.0:
        return 0.0 if x <= 0.0 else 1.0
    n, log_x, log_y = a + b - 1, math.log(x), math.log1p(-x)
    whole = math.lgamma(n + 1)
    terms = (whole - math.lgamma(j + 1) - math.lgamma(n - j + 1) + j * log_x + (n - j) * log_y for j in range(a, n + 1))
    return min(1.0, math.fsum(math.exp(t) for t in terms))
