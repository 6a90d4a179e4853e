"""One source asked once, nothing stored: for `sources test` and `sources record`."""

from contextlib import closing
from dataclasses import replace

from trendctl.errors import AccessError
from trendctl.scanner.jobs import job_of
from trendctl.scanner.plan import ask_of, plan
from trendctl.scanner.runner import Result, run_all
from trendctl.scanner.spending import is_paid
from trendctl.scanner.values import Scanning, Silent

SAMPLE_TERM = "insulated water bottle"  # asked of a source that only measures, where no term is given


def ask_once(wiring: Scanning, name: str, term: str | None = None) -> Result:
    """Ask a source, due or not, enabled or not; one whose calls cost money only where the person has switched it on.

    Raises AccessError when it may not be asked, for that or because credentials or the contact are missing.
    """
    now, values = wiring.clock.now(), wiring.values
    if not any(is_paid(s.facts) for s in wiring.sources if s.facts.name == name):
        on = replace(values, sources={**values.sources, name: replace(values.source(name), enabled=True)})
        wiring = replace(wiring, values=on)
    with wiring.store.read() as db:
        planned = plan(wiring, db, [name], now, force=True)[0]
    if planned.skip:
        what, _, command = planned.skip.partition(": ")
        raise AccessError(f"{name} cannot be asked", why=what, next=command)
    if term is None and "discover" not in planned.source.facts.kind:
        term = SAMPLE_TERM
    ask = ask_of(planned, wiring, now, term)
    job = job_of(planned, (ask,), wiring, 0.0)
    ends = wiring.clock.monotonic() + values.deadline_seconds
    found = run_all([job], wiring.client, wiring.clock, workers=1, ends=ends, progress=Silent())
    with closing(found):
        return next(found)
