"""Jobs of a scan: a planned source with its asks, who pays, where a new token goes, and what must be said of it."""

from collections.abc import Mapping, Sequence

from trendctl.ports import Ask
from trendctl.scanner.plan import Planned
from trendctl.scanner.runner import Job
from trendctl.scanner.spending import purse
from trendctl.scanner.values import Scanning


def job_of(planned: Planned, asks: Sequence[Ask], wiring: Scanning, expected_seconds: float) -> Job:
    """The job of one source."""
    values, facts = wiring.values, planned.source.facts
    return Job(
        planned.source,
        tuple(asks),
        planned.values,
        values.contact,
        values.max_items_per_source,
        expected_seconds,
        before=purse(wiring.store, wiring.clock, facts, planned.values),
        keep=wiring.credentials.put,
        note=overlay_note(planned.fields),
    )


def overlay_note(fields: Mapping[str, str]) -> str:
    """What the source's cause says where an overlay reads its fields another way; "" without one."""
    return f"read with an overlay of its fields: {', '.join(sorted(fields))}" if fields else ""
