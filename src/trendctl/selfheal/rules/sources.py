"""How each trend source does: its last answer, its usual amount, sudden emptiness, the age of the last scan."""

from collections.abc import Iterator, Sequence

from trendctl.ports import Check, CheckResult
from trendctl.selfheal.health import Probe, Status, ago
from trendctl.store import vitals
from trendctl.store.vitals import Run

REFUSED = 3  # unavailable runs in a row that are worth a warning
USUAL_RUNS, USUAL_ITEMS = 3, 5  # so many runs with so many items make emptiness worth a word
FEW, FEW_OF = 0.2, 20  # less than this part of a usual amount that is at least this
FRESH = 7 * 86_400  # a source not asked for longer says nothing about today


def run(probe: Probe) -> list[CheckResult]:
    """One line a source that was asked lately, and one for the scan as a whole."""
    return list(_look(probe))


def _look(probe: Probe) -> Iterator[CheckResult]:
    with probe.read() as db:
        last, switched = vitals.last_measured_scan(db), vitals.switched(db)
        runs = dict(vitals.source_runs(db, probe.now))
    on = {name: _is_on(probe, switched, name) for name in runs}
    asked = {name: past for name, past in runs.items() if past and on[name] and past[0].at > probe.now - FRESH}
    yield _scan(probe, last, asked)
    for name, past in sorted(asked.items()):
        yield source(name, past, probe.now)


def _is_on(probe: Probe, switched: dict[str, bool], name: str) -> bool:
    told = probe.wanted.sources.get(name)
    return switched.get(name, True) if told is None else told


def _scan(probe: Probe, last: int | None, asked: dict[str, list[Run]]) -> CheckResult:
    limit = probe.max_age_minutes
    if last is None:
        status: Status = "ok" if limit is None and not asked else "fail"
        return CheckResult("scan", status, "no scan has measured anything yet", "trendctl scan")
    age = probe.now - last
    if limit is not None and age > limit * 60:
        detail = f"the last good scan is {ago(age)} old, {limit} min allowed"
        return CheckResult("scan", "fail", detail, "trendctl scan")
    if asked and all(past[0].outcome in ("unavailable", "failed") for past in asked.values()):
        detail = f"none of {len(asked)} sources answered the last time"
        return CheckResult("scan", "fail", detail, "check the network")
    return CheckResult("scan", "ok", f"the last good scan is {ago(age)} old")


def source(name: str, past: Sequence[Run], now: int) -> CheckResult:
    """The verdict on one source from its last runs, newest first."""
    check, run, again = f"source.{name}", past[0], f"trendctl sources test {name}"
    counts = sorted(r.items for r in past[1:] if r.outcome == "ok")
    usual = counts[(len(counts) - 1) // 2] if len(counts) >= USUAL_RUNS else 0
    words = f"{run.outcome}, {run.items} items {ago(now - run.at)} ago"
    if run.outcome == "failed":
        return CheckResult(check, "warn", f"failed: {run.cause}"[:300], again)
    if run.outcome == "unavailable":
        row = next((n for n, r in enumerate(past) if r.outcome != "unavailable"), len(past))
        bad = row >= REFUSED
        detail = f"unavailable {row} times: {run.cause}"[:300]
        return CheckResult(check, "warn" if bad else "ok", detail, again if bad else "")
    if run.outcome == "empty" and usual >= USUAL_ITEMS:
        detail = f"nothing, where it usually gives about {usual} items: its format or address may have changed"
        return CheckResult(check, "warn", detail, again)
    if run.outcome == "ok" and usual >= FEW_OF and run.items < FEW * usual:
        return CheckResult(check, "warn", f"only {run.items} items, usually about {usual}", again)
    return CheckResult(check, "ok", words)


CHECK = Check("sources", "each source's last answer against its usual", run)
