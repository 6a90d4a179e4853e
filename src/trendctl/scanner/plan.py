"""Which sources are asked in this run, and why the others are not: settings, credentials, intervals, breaker."""

import hashlib
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median_low

from trendctl.errors import TrendctlError
from trendctl.ports import Ask, Outcome, Source, SourceFacts
from trendctl.scanner.values import Scanning, ScanValues, SourceValues
from trendctl.store.scans import SourceRun, past_runs

TRIPS_AFTER = 3  # consecutive unavailable runs
REST_FIRST = 3600  # seconds of rest after that many; doubled with each further one
REST_MOST = 12 * 3600
ALARM_RUNS, ALARM_ITEMS = 3, 5  # so many runs with so many items make emptiness worth a word
_UNKNOWN_SECONDS = 5.0  # expected of a source that has never run


@dataclass(frozen=True, slots=True)
class Planned:
    """A source with what is known of it. `fields`: its overlay. `skip` "": it is asked. `due` False: skipped only for
    its interval."""

    source: Source
    values: SourceValues
    credentials: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    skip: str = ""
    due: bool = True
    past: tuple[SourceRun, ...] = ()

    @property
    def name(self) -> str:
        return self.source.facts.name

    @property
    def expected_seconds(self) -> float:
        """What its last run took; the pace of its host where it has not run yet."""
        return self.past[0].seconds if self.past else max(_UNKNOWN_SECONDS, self.source.facts.gap_seconds)


def plan(
    wiring: Scanning, db: sqlite3.Connection, wanted: Sequence[str] | None, now: datetime, *, force: bool
) -> list[Planned]:
    """All sources, or the wanted ones. `force`: asked although not due or resting."""
    chosen = [s for s in wiring.sources if wanted is None or s.facts.name in wanted]
    return [_planned(wiring, db, source, now, force) for source in chosen]


def _planned(wiring: Scanning, db: sqlite3.Connection, source: Source, now: datetime, force: bool) -> Planned:
    facts, values = source.facts, wiring.values.source(source.facts.name)
    past = tuple(past_runs(db, facts.name))
    given = held(wiring, facts)
    skip = _ours(facts, values, wiring.values, [name for name in facts.credentials if name not in given])
    fields, trouble = _overlay(wiring, facts.name)
    if skip or trouble:
        return Planned(source, values, given, skip=skip or trouble, past=past)
    if "discover" not in facts.kind or force:
        return Planned(source, values, given, fields, past=past)
    wait = _rest(facts.name, past, now) or _not_due(facts, values, past, now)
    return Planned(source, values, given, fields, wait, due=not wait, past=past)


def held(wiring: Scanning, facts: SourceFacts) -> dict[str, str]:
    """The credentials there are for a source, as they are now: a token may have been renewed since the last call."""
    found = {name: wiring.credentials.get(name) for name in (*facts.credentials, *facts.optional)}
    return {name: value for name, value in found.items() if value}


def _overlay(wiring: Scanning, name: str) -> tuple[Mapping[str, str], str]:
    """The overridden fields of a source, or why they cannot be read: asked without them it would be misread."""
    try:
        return wiring.overlay(name), ""
    except TrendctlError as fault:
        return {}, str(fault)


def _ours(facts: SourceFacts, values: SourceValues, scan: ScanValues, missing: list[str]) -> str:
    """Why we may not ask, with the command that changes it; "" if we may."""
    if not (facts.enabled if values.enabled is None else values.enabled):
        return f"disabled: trendctl sources enable {facts.name}"
    if facts.auth != "none" and missing:
        return f"no credentials: trendctl secrets set {missing[0]} (or that variable)"
    if facts.needs_contact and not scan.contact:
        return "it asks for your contact: set [scan] contact with trendctl config edit"
    return ""


def _not_due(facts: SourceFacts, values: SourceValues, past: Sequence[SourceRun], now: datetime) -> str:
    minutes = facts.min_interval_minutes if values.min_interval_minutes is None else values.min_interval_minutes
    if not past or past[0].at + minutes * 60 <= now.timestamp():
        return ""
    return f"not due before {_hour(past[0].at + minutes * 60)}"


def _rest(name: str, past: Sequence[SourceRun], now: datetime) -> str:
    """The breaker: after three unavailable runs a rest that doubles, then one probe; a good probe closes it."""
    tries = _tries(past)
    if tries < TRIPS_AFTER:
        return ""
    rest = min(REST_MOST, REST_FIRST * 2 ** (tries - TRIPS_AFTER)) * (0.9 + 0.1 * _jitter(name, past[0].at))
    until = past[0].at + int(rest)
    if until <= now.timestamp():
        return ""
    return f"resting until {_hour(until)} after {tries} times unavailable, last: {past[0].cause}"


def _tries(past: Sequence[SourceRun]) -> int:
    return next((n for n, run in enumerate(past) if run.outcome != Outcome.UNAVAILABLE), len(past))


def trips(past: Sequence[SourceRun]) -> bool:
    """Whether one unavailable run more opens the breaker."""
    return _tries(past) + 1 >= TRIPS_AFTER


def _jitter(name: str, at: int) -> float:
    """0 to 1, the same for the same failure, so that the rest does not change while it lasts."""
    return hashlib.sha256(f"{name} {at}".encode()).digest()[0] / 255


def ask_of(planned: Planned, wiring: Scanning, now: datetime, term: str | None = None, days: int = 30) -> Ask:
    """What a source is asked, with the user's options, credentials and overridden fields. `term` None: discover."""
    values, facts = wiring.values, planned.source.facts
    contact = values.contact if facts.needs_contact else ""
    return Ask(
        now, values.geo, values.language, term, days, contact, planned.values.options, planned.fields,
        planned.credentials,
    )  # fmt: skip


def emptiness(past: Sequence[SourceRun]) -> str:
    """What to say of a source that gave nothing: a word of alarm where it usually gives much, else nothing."""
    counts = [run.items for run in past if run.outcome == Outcome.OK]
    usual = median_low(counts) if counts else 0
    if len(counts) < ALARM_RUNS or usual < ALARM_ITEMS:
        return ""
    return f"nothing, where it usually gives about {usual} items: its format or address may have changed"


def _hour(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M UTC")
