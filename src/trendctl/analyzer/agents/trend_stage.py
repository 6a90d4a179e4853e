"""Agent: where the trend stands (emerging, rising, peaking, fading, seasonal, steady), since when, and how strong."""

from collections.abc import Mapping

from pydantic import BaseModel

from trendctl.analyzer import signals
from trendctl.analyzer.outputs import TrendSignal, TrendStage
from trendctl.ports import Agent, Case, Json
from trendctl.trends.score import Signal, overall_stage


def evidence(case: Case, outputs: Mapping[str, BaseModel]) -> Mapping[str, Json]:
    """Our own numbers on every series: no text, no titles."""
    found, chance = signals.read(case)
    told = case.supply.lead_days if case.supply is not None else None
    return {
        "signals": [_fields(s.signal) | {"began_hours_ago": s.began_hours_ago, "ratio": s.ratio} for s in found],
        "forecast_up": chance,
        "lead_days": signals.DEFAULT_LEAD_DAYS if told is None else float(told),
    }


def run(evidence: Mapping[str, Json]) -> TrendStage:
    """The stage that most strong evidence votes for; the rise began where the strongest series of it says."""
    rows = evidence["signals"]
    heard = [_signal(row) for row in rows]
    best: dict[str, Signal] = {}
    for signal in heard:  # strongest first
        best.setdefault(signal.source, signal)
    stage = overall_stage(list(best.values()))
    leading = next((row for row, s in zip(rows, heard, strict=True) if s.stage == stage and s.evidence > 0), None)
    chance = evidence["forecast_up"]
    return TrendStage(
        stage=stage,
        began_hours_ago=leading["began_hours_ago"] if leading else None,
        strength=round(max((s.evidence for s in heard), default=0.0), 6),
        story=_story(stage, leading, len(best), chance, evidence["lead_days"]),
        forecast_up=chance,
        signals=tuple(TrendSignal(**_fields(signal)) for signal in heard),
    )


def _fields(signal: Signal) -> dict[str, Json]:
    return {name: getattr(signal, name) for name in Signal.__dataclass_fields__}


def _signal(row: Mapping[str, Json]) -> Signal:
    return Signal(**{name: row[name] for name in Signal.__dataclass_fields__})


def _story(
    stage: str, leading: Mapping[str, Json] | None, sources: int, chance: float | None, lead_days: float
) -> str:  # fmt: skip
    if leading is None:
        return "no series that speaks for it yet"
    words = [f"{stage}: {leading['item']} at {leading['source']}"]
    if leading["ratio"] is not None and leading["ratio"] >= 1.1:
        words.append(f"{leading['ratio']:.1f} times its usual level")
    if leading["began_hours_ago"] is not None:
        words.append(f"since {_hours(leading['began_hours_ago'])}")
    words.append("one source" if sources == 1 else f"{sources} sources")
    if chance is not None:
        words.append(f"{100 * chance:.0f}% likely to hold its level in {lead_days:.0f} days")
    return ", ".join(words)


def _hours(hours: float) -> str:
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} days"


AGENT = Agent("trend_stage", 1, (), TrendStage, evidence, run)
