"""Are the sources' fields where their maps say? Looks at the latest bad answers; in health there are none."""

from trendctl.ports import Check, CheckResult
from trendctl.selfheal.health import Probe
from trendctl.store import answers, vitals

FRESH = 7 * 86_400  # an older answer says nothing about today


def run(probe: Probe) -> list[CheckResult]:
    """Warn: an answer came that can no longer be read as it was."""
    kept = answers.sources(probe.home.cache)
    results = [r for name in kept if _is_on(probe, name) and (r := _look(probe, name)) is not None]
    return results or [CheckResult("fields", "ok", "where they should be")]


def _is_on(probe: Probe, name: str) -> bool:
    """A source that was switched off is nobody's trouble."""
    told = probe.wanted.sources.get(name)
    if told is not None:
        return told
    with probe.read() as db:
        return vitals.switched(db).get(name, True)


def _look(probe: Probe, name: str) -> CheckResult | None:
    from trendctl.selfheal import drift_state  # loads the source's leaf: only where a bad answer is kept

    found = drift_state.seen(probe.home, name, probe.now)
    if found is None or found.state != "moved" or probe.now - found.bad.at > FRESH:
        return CheckResult(f"fields.{name}", "ok", "no field has moved") if found else None
    return CheckResult(f"fields.{name}", "warn", f"its fields have moved: {found.words}"[:300], "trendctl heal")


CHECK = Check("fields", "the sources' fields are where their maps say", run)
