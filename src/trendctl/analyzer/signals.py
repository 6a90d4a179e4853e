"""From stored series to what speaks for the product: one signal for each series and each source of events.

Ages count from when the product was last seen, not from now: evidence that nothing new came for stays the same, and
the score adds the time since. Labels are metric names, never a source's text.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from trendctl.analyzer.scales import is_attention
from trendctl.ports import Case, SeriesView
from trendctl.trends.bursts import describe
from trendctl.trends.forecast import still_rising
from trendctl.trends.score import Kind, Signal

HOUR, DAY = 3600, 86_400
MAX_SERIES = 8  # of one product: measured ones and long ones first; a further one says little more
_POINTS = {HOUR: 336, DAY: 60}  # two weeks of hours, two months of days: more changes the answer little
_YEARS = 430  # days that show whether it was the same a year ago; read of measured series that have so many
_RECENT = {HOUR: 72, DAY: 21}  # points in which a rise must show to be looked at
_SMOOTH = {HOUR: 6, DAY: 3}  # points averaged, so that noise is no rise
_LIFT, _SPIKE = 1.25, 2.0  # times the usual level; a mean below the first and points below the second do nothing
_QUIET_POINTS = {HOUR: 48, DAY: 14}  # a shorter series has no usual level
DEFAULT_LEAD_DAYS = 7.0  # until goods ordered today are on sale, where the seller told nothing
_FORECAST_FROM = 0.5  # strength
_ABSURD = 1e12  # a count above it is an error of the source, and would overflow


@dataclass(frozen=True, slots=True)
class Seen:
    """A signal with what `describe` said beside it. `ratio`: seen over usual; None where nothing is usual yet."""

    signal: Signal
    began_hours_ago: float | None
    ratio: float | None


def read(case: Case) -> tuple[list[Seen], float | None]:
    """All signals, strongest first, and the probability that the strongest still rises when goods could be on sale."""
    pairs = [(_of_series(case, label, series), series) for label, series in _labelled(case.series)]
    found = [(seen, series) for seen, series in pairs if seen is not None]
    events = [seen for source, counts in sorted(case.event_days.items()) if (seen := _of_events(case, source, counts))]
    found.sort(key=lambda pair: _strongest_first(pair[0]))
    chance = _outlook(case, *found[0]) if found else None
    return sorted([*(seen for seen, _ in found), *events], key=_strongest_first), chance


def hours_before(case: Case, at: datetime) -> float:
    """Whole hours from `at` to when the product was last seen; never below 0."""
    return max(0.0, float((case.last_seen - at).total_seconds() // HOUR))


def _strongest_first(seen: Seen) -> tuple[float, str, str]:
    return (-seen.signal.evidence, seen.signal.source, seen.signal.item)


def _labelled(series: Sequence[SeriesView]) -> list[tuple[str, SeriesView]]:
    """The series worth reading, named by metric, numbered where a source has several of one metric."""
    telling = (s for s in series if is_attention(s.metric))
    chosen = sorted(telling, key=lambda s: (not s.measured, -len(s.values), s.source, s.metric, s.external_id))
    ordered = sorted(chosen[:MAX_SERIES], key=lambda s: (s.source, s.metric, s.period, s.external_id))
    named = []
    for _, group in groupby(ordered, key=lambda s: (s.source, s.metric)):
        same = list(group)
        named += [(s.metric if len(same) == 1 else f"{s.metric} {n}", s) for n, s in enumerate(same, 1)]
    return named


def _tail(series: SeriesView) -> tuple[float | None, ...]:
    step = HOUR if series.period < DAY else DAY
    long = step == DAY and series.measured and len(series.values) >= _YEARS
    tail = series.values[-(_YEARS if long else _POINTS[step]) :]
    return tuple(None if v is None or not math.isfinite(v) else min(v, _ABSURD) for v in tail)


def _of_series(case: Case, label: str, series: SeriesView) -> Seen | None:
    values = _tail(series)
    last = next((n for n, value in enumerate(reversed(series.values)) if value is not None), None)
    if last is None:
        return None
    ended = series.start + timedelta(seconds=series.period * (len(series.values) - last))
    kind: Kind = "rank" if series.kind == "rank" else "count"
    weight = case.source_weights.get(series.source, 1.0)
    age = hours_before(case, ended)
    if kind == "count" and _is_quiet(values, series.period):
        return Seen(Signal(series.source, label, kind, 0.0, "steady", age, weight), None, 1.0)
    trend = describe(values, period=24 if series.period < DAY else 7, kind=kind)
    stretch = max(1.0, series.period / DAY)  # weeks are described as if they were days
    began = None if trend.began_hours_ago is None else trend.began_hours_ago * stretch + age
    signal = Signal(series.source, label, kind, round(trend.strength, 6), trend.stage, age, weight)
    return Seen(signal, began, round(trend.ratio, 2) if math.isfinite(trend.ratio) else None)


def _is_quiet(values: Sequence[float | None], period: int) -> bool:
    """Whether no recent value stands out; spares the full look at the many series that do nothing."""
    step = HOUR if period < DAY else DAY
    known = [v for v in values if v is not None and v >= 0]
    recent = [v for v in values[-_RECENT[step] :] if v is not None]
    if len(known) < _QUIET_POINTS[step] + _RECENT[step] or not recent:
        return False
    usual, width = sorted(known)[len(known) // 2], _SMOOTH[step]
    if max(recent) > _SPIKE * usual:
        return False
    total = sum(recent[:width])
    highest = total
    for gone, come in zip(recent, recent[width:], strict=False):
        total += come - gone
        highest = max(highest, total)
    return highest <= _LIFT * usual * min(width, len(recent))


def _of_events(case: Case, source: str, counts: Sequence[int]) -> Seen | None:
    """Articles, launches and deals a day, up to the day the product was last seen; earlier days that it was known for
    count as days without one."""
    gone = case.now.toordinal() - case.last_seen.toordinal()
    days = list(counts[: len(counts) - gone] if gone > 0 else counts)
    if not any(days):
        return None
    known = min(28, max(0, case.last_seen.toordinal() - case.first_seen.toordinal() + 1 - len(days)))
    trend = describe([0] * known + days, period=7)
    last = next(n for n, count in enumerate(reversed(days)) if count)
    weight = case.source_weights.get(source, 1.0)
    signal = Signal(source, "events a day", "event", round(trend.strength, 6), trend.stage, 24.0 * last, weight)
    began = None if trend.began_hours_ago is None else trend.began_hours_ago
    return Seen(signal, began, round(trend.ratio, 2) if math.isfinite(trend.ratio) else None)


def _outlook(case: Case, seen: Seen, series: SeriesView) -> float | None:
    if seen.signal.strength < _FORECAST_FROM or series.kind == "rank" or series.period > DAY:
        return None
    told = case.supply.lead_days if case.supply is not None else None
    lead = DEFAULT_LEAD_DAYS if told is None else float(max(0, told))
    outlook = still_rising(_tail(series), lead, period=24 if series.period < DAY else 7)
    return None if outlook.verdict == "unknown" else round(outlook.probability, 4)
