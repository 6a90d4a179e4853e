"""Agent: how many sell the product already, from the counts of offers that sources measured."""

from collections.abc import Mapping
from datetime import timedelta

from pydantic import BaseModel

from trendctl.analyzer import evidence as ev
from trendctl.analyzer.outputs import Competition
from trendctl.analyzer.scales import COMPETITION, full_value, level
from trendctl.analyzer.signals import hours_before
from trendctl.ports import Agent, Case, Json

_MAX_AGE_HOURS = 30 * 24


def evidence(case: Case, outputs: Mapping[str, BaseModel]) -> Mapping[str, Json]:
    """The newest count of each source and metric. Prices seen are not counted: a sample is no count of sellers."""
    newest: dict[tuple[str, str], dict[str, Json]] = {}
    for series in case.series:
        if series.kind == "rank" or full_value(series.metric, COMPETITION) is None:
            continue
        values = [v for v in series.values if v is not None]
        age = int(hours_before(case, series.start + timedelta(seconds=series.period * len(series.values))))
        key = (series.source, series.metric)
        if values and age <= _MAX_AGE_HOURS and age < newest.get(key, {"age_hours": _MAX_AGE_HOURS + 1})["age_hours"]:
            newest[key] = {"source": key[0], "metric": key[1], "value": values[-1], "age_hours": age}
    return {"measured": [ev.tidy(newest[key]) for key in sorted(newest)]}


def run(evidence: Mapping[str, Json]) -> Competition:
    """The most crowded market measured: that is where a buyer compares."""
    found = []
    for one in evidence["measured"]:
        full = full_value(one["metric"], COMPETITION)
        if full is not None and one["value"] >= 0:
            found.append((level(one["value"], full), int(one["value"]), one))
    if not found:
        return Competition(level=None, offers=None, evidence=())
    found.sort(key=lambda entry: (-entry[0], entry[2]["source"]))
    lines = tuple(f"{one['source']}: {n:,} {one['metric']}, {one['age_hours']} h old" for _, n, one in found[:6])
    return Competition(level=round(found[0][0], 6), offers=max(n for _, n, _ in found), evidence=lines)


AGENT = Agent("competition", 1, (), Competition, evidence, run)
