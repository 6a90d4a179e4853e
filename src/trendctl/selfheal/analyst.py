"""The root-cause analyst: every fault's diagnoses of the same signs, ranked; the strongest stands, the others are kept
as alternatives."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from trendctl import log
from trendctl.selfheal.values import Diagnosis, Fault, Look, Sign

LEAST = 0.2  # a weaker diagnosis is no more than a guess
FOLD = 0.6  # of its weight at least: a diagnosis that explains more then swallows one that explains less
CLOSE = 0.05  # weights nearer than this do not tell two causes apart


@dataclass(frozen=True, slots=True)
class Found:
    """A fault that stands, with what else would explain the same signs (strongest first).

    `unclear`: another cause fits as well, so that nothing is repaired on its account.
    """

    fault: Fault
    diagnosis: Diagnosis
    alternatives: tuple[Diagnosis, ...] = ()
    unclear: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """Fault and subject: what an incident is about."""
        return self.diagnosis.fault, self.diagnosis.subject


@dataclass(frozen=True, slots=True)
class Analysis:
    """What stands, strongest first; and the signs that no fault explains."""

    found: tuple[Found, ...]
    unexplained: tuple[Sign, ...]


def analyse(faults: Sequence[Fault], look: Look) -> Analysis:
    """Ask every fault, then settle who explains what."""
    known = {fault.name: fault for fault in faults}
    said = [d for fault in faults for d in _asked(fault, look)]
    standing, losers = settle(said)
    found = tuple(_found(known[d.fault], d, losers) for d in standing)
    taken = {key for f in found for d in (f.diagnosis, *f.alternatives) for key in d.explains}
    return Analysis(found, tuple(s for s in look.signs if (s.kind, s.subject) not in taken))


def _asked(fault: Fault, look: Look) -> list[Diagnosis]:
    try:
        said = list(fault.diagnose(look))
    except Exception as bug:  # noqa: BLE001 - the edge of a leaf: its bug must not hide what the others find
        log.event("a diagnosis broke", stage="heal", leaf=fault.name, level=logging.ERROR, exc=bug)
        return []
    once: dict[str, Diagnosis] = {}
    for d in said:
        if d.fault == fault.name and d.weight >= LEAST and d.weight > once.get(d.subject, d).weight - 1e-12:
            once[d.subject] = d
    return list(once.values())


def settle(said: Sequence[Diagnosis]) -> tuple[list[Diagnosis], list[Diagnosis]]:
    """(those that stand, those that do not). One that explains more swallows what it explains, if it is not far weaker;
    else the heavier comes first, and a lighter one stands only by signs that nobody before it explains."""
    kept = [d for d in said if not any(_swallows(other, d) for other in said)]
    standing: list[Diagnosis] = []
    taken: set[tuple[str, str]] = set()
    for d in sorted(kept, key=lambda d: (-d.weight, -len(d.explains), d.fault, d.subject)):
        if not d.explains or d.explains - taken:
            standing.append(d)
            taken |= d.explains
    return standing, [d for d in said if d not in standing]


def _swallows(big: Diagnosis, small: Diagnosis) -> bool:
    return bool(small.explains) and small.explains < big.explains and big.weight >= FOLD * small.weight


def _found(fault: Fault, d: Diagnosis, losers: Sequence[Diagnosis]) -> Found:
    others = sorted((o for o in losers if o.explains & d.explains), key=lambda o: -o.weight)
    unclear = any(o.explains == d.explains and d.weight - o.weight < CLOSE for o in others)
    return Found(fault, d, tuple(others), unclear)
