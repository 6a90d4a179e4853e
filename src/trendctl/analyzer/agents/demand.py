"""Agent: how much the product is wanted, from the counts that sources measured (searches, views, sales, votes)."""

from collections.abc import Mapping
from datetime import timedelta

from pydantic import BaseModel

from trendctl.analyzer import evidence as ev
from trendctl.analyzer.outputs import Demand
from trendctl.analyzer.scales import DEMAND, LINEAR, full_value, level
from trendctl.analyzer.signals import hours_before
from trendctl.ports import Agent, Case, Json, SeriesView

_DAYS = 7
_MAX_AGE_HOURS = 14 * 24
_SHOWN = 6


def evidence(case: Case, outputs: Mapping[str, BaseModel]) -> Mapping[str, Json]:
    """For each source and metric the largest mean of a week, per day, and its age in hours."""
    best: dict[tuple[str, str], dict[str, Json]] = {}
    for series in case.series:
        if series.kind == "rank" or full_value(series.metric, DEMAND) is None:
            continue
        age = hours_before(case, series.start + timedelta(seconds=series.period * len(series.values)))
        value = _a_day(series)
        key = (series.source, series.metric)
        if value is not None and age <= _MAX_AGE_HOURS and value > best.get(key, {"value": -1.0})["value"]:
            best[key] = {"source": series.source, "metric": series.metric, "value": value, "age_hours": int(age)}
    return {"measured": [ev.tidy(best[key]) for key in sorted(best)]}


def _a_day(series: SeriesView) -> float | None:
    """Mean of the last week's values; hourly counts become daily ones. An index or a level stays as it is."""
    values = [v for v in series.values[-max(1, _DAYS * 86_400 // series.period) :] if v is not None]
    if not values:
        return None
    if series.kind == "level":
        return values[-1]
    mean = sum(values) / len(values)
    return mean if series.metric in LINEAR else mean * 86_400 / series.period


def run(evidence: Mapping[str, Json]) -> Demand:
    """The strongest count and half of what the next one adds: two sources that agree count for more than one."""
    levels = []
    for one in evidence["measured"]:
        full = full_value(one["metric"], DEMAND)
        if full is not None:
            levels.append((level(one["value"], full, linear=one["metric"] in LINEAR), one))
    if not levels:
        return Demand(level=None, evidence=())
    levels.sort(key=lambda pair: (-pair[0], pair[1]["source"], pair[1]["metric"]))
    top = levels[0][0]
    second = next((value for value, one in levels if one["source"] != levels[0][1]["source"]), 0.0)
    return Demand(level=round(top + (1 - top) * 0.5 * second, 6), evidence=tuple(map(_line, levels[:_SHOWN])))


def _line(pair: tuple[float, Json]) -> str:
    value, one = pair
    return f"{one['source']}: {one['metric']} {one['value']:,.0f}, {one['age_hours']} h old: level {value:.2f}"


AGENT = Agent("demand", 1, (), Demand, evidence, run)
