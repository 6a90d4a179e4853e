"""The rows of `sources list`: a source's facts beside what became of it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from trendctl.ports import Json, SourceFacts
from trendctl.store.engine import Store
from trendctl.store.scans import last_seen_outcomes


def source_rows(
    store: Store, facts: Sequence[SourceFacts], enabled: Mapping[str, bool | None], intervals: Mapping[str, int | None]
) -> list[dict[str, Json]]:
    """One row a source, in the shape of `sources list --json`. `last_ok` None: never (ISO 8601, UTC, otherwise).

    `enabled` and `intervals` (minutes) are the user's settings by name; None or missing: the source's own default.
    """
    with store.read() as db:
        seen = {name: (ok, last) for name, ok, last in last_seen_outcomes(db, [f.name for f in facts])}
    return [_row(f, enabled.get(f.name), intervals.get(f.name), *seen[f.name]) for f in facts]


def _row(f: SourceFacts, on: bool | None, minutes: int | None, ok: int | None, last: str | None) -> dict[str, Json]:
    return {
        "name": f.name,
        "kind": list(f.kind),
        "auth": f.auth,
        "enabled": f.enabled if on is None else on,
        "terms": f.terms,
        "commercial_use": f.commercial_use,
        "ai_ok": f.ai_ok,
        "retention_days": f.retention_days,
        "may_create_product": f.may_create_product,
        "may_price": f.may_price,
        "rate": f.rate,
        "daily_budget_usd": f.daily_budget_usd,
        "last_ok": datetime.fromtimestamp(ok, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if ok is not None else None,
        "last_outcome": last,
        "min_interval_minutes": f.min_interval_minutes if minutes is None else minutes,
    }
