"""`trendctl repairs`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from trendctl.cli import base
from trendctl.cli.heal_view import iso

if TYPE_CHECKING:
    from trendctl.store.repairs import Repair

app = base.single("What was repaired, and how it is taken back.")


@app.command(epilog="Example: trendctl repairs --json")
def repairs(
    limit: Annotated[int, typer.Option(help="At most so many.", min=1)] = 50,
    as_json: base.Json = False,
) -> int:
    """The repairs, newest first; `final` ones can be taken back by `trendctl rollback`."""
    from trendctl.store import repairs as stored

    run, screen = base.open_app(), base.screen(as_json)
    with run.store.read() as db:
        found = stored.listed(db, limit)
    screen.rows(
        [document(r) for r in found], ("id", "started", "fault", "state", "what was announced"),
        lambda: [[r.id, (iso(r.started_at) or "")[:16], _about(r), r.state, _did(r)] for r in found],
        empty="No repairs.", right=("id",),
    )  # fmt: skip
    last = next((r for r in found if r.state == "final"), None)
    if last is not None and not as_json:
        screen.say(f"Take one back: trendctl rollback {last.id} ({last.undo_words})")
    return 0


def document(r: "Repair") -> dict[str, Any]:
    """One repair as scripts see it (design section 6)."""
    return {
        "id": r.id, "incident_id": r.incident_id, "fault": r.fault, "subject": r.subject, "fix": r.fix,
        "state": r.state, "backup": r.backup or None, "touched": list(r.touched), "started_at": iso(r.started_at),
        "finished_at": iso(r.finished_at), "words": r.words, "undo": _undo(r), "detail": r.detail,
        "ordered_by": r.ordered_by,
    }  # fmt: skip


def _about(r: "Repair") -> str:
    return f"{r.fault} of {r.subject}" if r.subject else r.fault


def _did(r: "Repair") -> str:
    return f"{r.words} ({r.detail})" if r.detail else r.words


def _undo(r: "Repair") -> str:
    return f"trendctl rollback {r.id}: {r.undo_words}" if r.state == "final" else ""
