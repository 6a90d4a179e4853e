"""One job: from stored evidence to a score of 0 to 100 whose parts a person can read.

Pure and deterministic: the same `Inputs` give the same `Score`, whatever the order of the signals.
The number never falls when evidence is added or gets stronger, and never rises when evidence gets older:

    evidence of a signal = trust(strength * 0.5 ** (age / HALF_LIFE_HOURS), weight)
    evidence of a source = its strongest signal (two items of one source count once)
    score = gate(sellable) * 100 * sum(WEIGHTS[part] * value[part])

Every value is a maximum, a sum or a product of terms that only grow with the evidence, which is what makes this hold.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self, get_args

from trendctl.trends._score_words import age, level

Kind = Literal["count", "rank", "event"]

WEIGHTS: Mapping[str, float] = {
    "momentum": 0.40,  # the trend itself is what the program looks for
    "breadth": 0.20,  # agreement of independent sources is the best guard against one noisy feed
    "stage": 0.15,  # there must be time left to sell
    "demand": 0.08,
    "competition": 0.07,
    "margin": 0.10,
}
"""Share of each part in the score; they add up to 1. A judgement, not a fit: no outcomes exist to fit on yet."""

HALF_LIFE_HOURS = 72.0
"""Evidence counts half after three days: a search or discussion burst commonly lasts two to seven days."""

STAGE_VALUE: Mapping[str, float] = {
    "emerging": 1.0,
    "rising": 0.9,
    "peaking": 0.55,
    "seasonal": 0.5,
    "steady": 0.3,
    "fading": 0.1,
}
"""How much selling time a stage leaves, best first; the order also breaks ties between stages."""

NEUTRAL = 0.5
"""Value of a part whose input is unknown."""

FULL_MARGIN = 0.5
"""Net margin (fraction of the price) that earns all points of its part; from there on more is not better."""

FULL_SELLABLE = 0.8
"""From this probability on the gate is fully open; below it the score shrinks in proportion."""

_WEIGHT_RANGE = (0.25, 2.0)
_SHOWN_SIGNALS = 5
_DEFAULT_STAGE = "steady"
_OPTIONAL = ("demand", "competition", "margin", "forecast_up", "price_confidence")


@dataclass(frozen=True, slots=True)
class Signal:
    """One series or event that speaks for the product.

    `strength` is 0..1, calibrated against the series' own past. `age_hours` is the age of the newest value.
    `weight` is the learned trust in the source, 0.25 to 2; outside that it is clamped.
    """

    source: str
    item: str
    kind: Kind
    strength: float
    stage: str
    age_hours: float
    weight: float = 1.0

    @property
    def evidence(self) -> float:
        """Strength after age and trust, 0..1."""
        hours = max(0.0, self.age_hours) if math.isfinite(self.age_hours) else math.inf
        decayed = _unit(self.strength) * math.pow(0.5, hours / HALF_LIFE_HOURS)
        low, high = _WEIGHT_RANGE
        weight = min(high, max(low, self.weight)) if math.isfinite(self.weight) else 1.0
        return weight * decayed if weight <= 1 else 1.0 - math.pow(1.0 - decayed, weight)


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that a score depends on. None means "not known", which is neutral.

    `sellable`, `demand`, `competition` (higher is more crowded), `forecast_up` (probability that it still rises when
    the goods could be on sale) and `price_confidence` are 0..1; `margin` is the net fraction of the middle price.
    """

    signals: tuple[Signal, ...]
    sellable: float
    demand: float | None = None
    competition: float | None = None
    margin: float | None = None
    forecast_up: float | None = None
    price_confidence: float | None = None

    def to_json(self) -> dict[str, Any]:
        """A plain dict of JSON types; `from_json` gives an equal value back."""
        out = {f.name: getattr(self, f.name) for f in fields(self)}
        return out | {"signals": [asdict(s) for s in self.signals]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Unknown keys are ignored, so that an older program reads a newer row. ValueError if it is not such a dict."""
        try:
            signals = tuple(_signal(raw) for raw in data["signals"])
            numbers = {n: None if data.get(n) is None else float(data[n]) for n in _OPTIONAL}
            return cls(signals=signals, sellable=float(data["sellable"]), **numbers)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not the stored inputs of a score: {error}") from error


@dataclass(frozen=True, slots=True)
class Part:
    """One part: `points` are what it adds to the score (the gate's are what it takes away), `words` say why."""

    name: str
    value: float
    weight: float
    points: float
    words: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """`value` is 0..100; the points of all parts add up to it."""

    value: float
    stage: str
    parts: tuple[Part, ...]


def score(inputs: Inputs) -> Score:
    """The score and its parts. Never raises on odd numbers: NaN counts as no evidence, the rest is clamped."""
    signals = sorted(inputs.signals, key=_order)
    best = _best_of_sources(signals)
    open_parts = [
        _momentum(signals),
        _breadth(best),
        _stage_part(signals, inputs.forecast_up),
        _demand(inputs.demand),
        _competition(inputs.competition),
        _margin(inputs.margin, inputs.price_confidence),
    ]
    full = 100.0 * math.fsum(p.weight * p.value for p in open_parts)
    gate = _gate(inputs.sellable, full)
    value = min(100.0, max(0.0, full * gate.value))
    return Score(value=round(value, 6), stage=overall_stage(best), parts=(*open_parts, gate))


def overall_stage(signals: Sequence[Signal]) -> str:
    """The stage of most strong evidence: those at least half as strong as the strongest vote, by their evidence.

    "steady" without evidence. It is a label: the number uses every signal's own stage.
    """
    top = max((s.evidence for s in signals), default=0.0)
    if top <= 0:
        return _DEFAULT_STAGE
    votes: dict[str, list[float]] = {}
    for signal in signals:
        if signal.evidence >= 0.5 * top:
            votes.setdefault(_known_stage(signal.stage), []).append(signal.evidence)
    return max(votes, key=lambda stage: (math.fsum(votes[stage]), STAGE_VALUE[stage]))


def explain_lines(result: Score) -> list[str]:
    """The score in plain words: the total, then each part with its points, the reason and its evidence."""
    lines = [f"score {result.value:.1f} of 100, stage: {result.stage}"]
    for part in result.parts:
        limit = f" of {100 * part.weight:.0f}" if part.weight else ""
        lines.append(f"{part.name}: {_points(part.points)}{limit} points: {part.words}")
        lines.extend(f"  - {text}" for text in part.evidence)
    return lines


def _points(points: float) -> str:
    return f"{points:+.1f}" if abs(points) >= 0.05 else "0.0"


def _momentum(signals: Sequence[Signal]) -> Part:
    ranked = sorted(signals, key=lambda s: (-s.evidence, _order(s)))
    if not ranked:
        return _part("momentum", 0.0, "no signal yet")
    top = ranked[0]
    words = f"strongest against its own past: {top.source}: {top.item}, {age(top.age_hours)} old"
    more = len(ranked) - _SHOWN_SIGNALS
    shown = [_describe(s) for s in ranked[:_SHOWN_SIGNALS]] + ([f"and {more} weaker signals"] if more > 0 else [])
    return _part("momentum", top.evidence, words, tuple(shown))


def _breadth(best: Sequence[Signal]) -> Part:
    """Each source beyond the strongest one halves what is missing, in proportion to its evidence."""
    if not best:
        return _part("breadth", 0.0, "no source reports it yet")
    levels = sorted((s.evidence for s in best), reverse=True)
    value = 1.0 - 0.5 ** math.fsum(levels[1:])
    names = tuple(f"{s.source}: evidence {s.evidence:.2f}, {age(s.age_hours)} old" for s in best)
    words = f"{len(best)} independent sources agree" if len(best) > 1 else "one source only, nothing confirms it yet"
    return _part("breadth", value, words, names)


def _stage_part(signals: Sequence[Signal], forecast_up: float | None) -> Part:
    def promise(s: Signal) -> float:
        own = STAGE_VALUE[_known_stage(s.stage)]
        return own if forecast_up is None else 0.5 * own + 0.5 * _unit(forecast_up)

    top = max(signals, key=lambda s: (s.evidence * promise(s), _order(s)), default=None)
    if top is None:
        return _part("stage", 0.0, "no signal yet, so no stage")
    outlook = (
        "no forecast yet" if forecast_up is None else f"{100 * _unit(forecast_up):.0f}% likely to still rise in time"
    )
    return _part(
        "stage", top.evidence * promise(top), f"{top.source}: {top.item} is {_known_stage(top.stage)}; {outlook}"
    )


def _demand(demand: float | None) -> Part:
    if demand is None:
        return _part("demand", NEUTRAL, "no demand measured yet: neutral")
    return _part("demand", _unit(demand), f"measured demand is {level(_unit(demand))} ({_unit(demand):.2f})")


def _competition(competition: float | None) -> Part:
    if competition is None:
        return _part("competition", NEUTRAL, "no competition measured yet: neutral")
    crowd = _unit(competition)
    return _part("competition", 1.0 - crowd, f"the number of sellers is {level(crowd)} ({crowd:.2f})")


def _margin(margin: float | None, confidence: float | None) -> Part:
    """A margin from an unsure price is drawn towards neutral, in proportion to the doubt."""
    if margin is None:
        return _part("margin", NEUTRAL, "no margin yet: supply missing, neutral")
    value = _unit(margin / FULL_MARGIN)
    words = f"{100 * margin:.0f}% of the middle price is left"
    if confidence is not None:
        sure = _unit(confidence)
        value = sure * value + (1.0 - sure) * NEUTRAL
        words += f"; the price is {100 * sure:.0f}% sure"
    return _part("margin", value, words)


def _gate(sellable: float, full: float) -> Part:
    chance = _unit(sellable)
    value = min(1.0, chance / FULL_SELLABLE)
    words = f"{100 * chance:.0f}% likely a good that one person can list"
    if value < 1.0:
        words += f"; the rest counts {100 * value:.0f}%"
    return Part("sellable", value, 0.0, -full * (1.0 - value), words)


def _part(name: str, value: float, words: str, evidence: tuple[str, ...] = ()) -> Part:
    weight = WEIGHTS[name]
    return Part(name, value, weight, 100.0 * weight * value, words, evidence)


def _best_of_sources(ordered: Sequence[Signal]) -> list[Signal]:
    best: dict[str, Signal] = {}
    for signal in ordered:
        known = best.get(signal.source)
        if known is None or signal.evidence > known.evidence:
            best[signal.source] = signal
    return sorted(best.values(), key=lambda s: (-s.evidence, _order(s)))


def _order(signal: Signal) -> tuple[Any, ...]:
    numbers = (signal.strength, signal.age_hours, signal.weight)
    return (signal.source, signal.item, signal.kind, signal.stage, *(repr(float(n)) for n in numbers))


def _signal(raw: Mapping[str, Any]) -> Signal:
    kind = raw["kind"]
    if kind not in get_args(Kind):
        raise ValueError(f"not the kind of a signal: {kind!r}")
    numbers = (float(raw["age_hours"]), float(raw.get("weight", 1.0)))
    return Signal(str(raw["source"]), str(raw["item"]), kind, float(raw["strength"]), str(raw["stage"]), *numbers)


def _known_stage(stage: str) -> str:
    return stage if stage in STAGE_VALUE else _DEFAULT_STAGE


def _unit(x: float) -> float:
    return 0.0 if math.isnan(x) else min(1.0, max(0.0, x))


def _describe(signal: Signal) -> str:
    trust = "" if signal.weight == 1.0 else f", source weight {signal.weight:.2f}"
    state = f"{signal.kind}, {_known_stage(signal.stage)}"
    return (
        f"{signal.source}: {signal.item} ({state}), strength {signal.strength:.2f}, {age(signal.age_hours)} old{trust}"
    )
