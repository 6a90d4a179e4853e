"""`trendctl incidents`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from trendctl.cli import base

if TYPE_CHECKING:
    from trendctl.store.incidents import Incident

app = base.single("What went wrong, what still does.")


@app.command(epilog="Example: trendctl incidents --open")
def incidents(
    only_open: Annotated[bool, typer.Option("--open", help="Only what is still wrong.")] = False,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1)] = 50,
    as_json: base.Json = False,
) -> int:
    """Each fault once, from its first sight to its end; the daemon's health rounds write them."""
    from trendctl.store import incidents as stored

    run, screen = base.open_app(), base.screen(as_json)
    with run.store.read() as db:
        found = stored.listed(db, only_open=only_open, limit=limit)
    screen.rows(
        {"incidents": [document(i) for i in found]}, ("id", "fault", "severity", "opened", "closed", "detail"),
        lambda: [[i.id, i.fault, i.severity, iso(i.opened_at), iso(i.closed_at) or "open", i.detail] for i in found],
        empty="No incidents.", right=("id",),
    )  # fmt: skip
    return 0


def document(i: "Incident") -> dict[str, Any]:
    """One incident as scripts see it (design section 6)."""
    return {
        "id": i.id, "fault": i.fault, "severity": i.severity, "cause": i.cause, "confidence": i.confidence,
        "action": i.action, "repair_id": i.repair_id, "opened_at": iso(i.opened_at), "closed_at": iso(i.closed_at),
        "detail": i.detail,
    }  # fmt: skip


def iso(at: int | None) -> str | None:
    """ISO 8601, UTC; None stays None."""
    from datetime import UTC, datetime

    return None if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
