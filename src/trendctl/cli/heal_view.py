"""Incidents in words: what happened, how we know, what was done, how it is undone. And as JSON."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from trendctl.render import Screen, clean

if TYPE_CHECKING:
    from trendctl.selfheal.values import Told
    from trendctl.store.engine import Store
    from trendctl.store.incidents import Incident
    from trendctl.store.repairs import Repair

DID = {
    "fixed": "repaired", "proposed": "a repair is proposed", "abstained": "left alone",
    "rolled_back": "tried and taken back", "told": "told to you",
}  # fmt: skip


def document(i: "Incident", repair: "Repair | None" = None) -> dict[str, Any]:
    """One incident as scripts see it (design section 6). `next`: what a person may type; `undo`: how a repair is
    taken back, "" where there is nothing to take back."""
    undoable = repair is not None and repair.state == "final"
    return {
        "id": i.id, "fault": i.fault, "subject": i.subject, "severity": i.severity, "cause": i.cause,
        "confidence": i.confidence, "action": i.action, "repair_id": i.repair_id, "opened_at": iso(i.opened_at),
        "closed_at": iso(i.closed_at), "detail": i.detail, "evidence": list(i.evidence),
        "undo": f"trendctl rollback {i.repair_id}: {repair.undo_words}" if undoable and repair else "",
        "next": f"trendctl heal --apply {i.id}" if i.action == "proposed" and i.closed_at is None else "",
    }  # fmt: skip


def told_document(t: "Told", severity: str, at: str) -> dict[str, Any]:
    """What a round says of an incident that could not be stored, or was not (a dry run)."""
    return {
        "id": t.incident_id or None, "fault": t.fault, "subject": t.subject, "severity": severity, "cause": t.cause,
        "confidence": t.confidence, "action": t.action, "repair_id": t.repair_id, "opened_at": at or None,
        "closed_at": None, "detail": t.detail, "evidence": list(t.evidence), "undo": "", "next": "",
    }  # fmt: skip


def documents(store: "Store", found: "Sequence[Incident]") -> list[dict[str, Any]]:
    """The incidents with what is known of their repairs."""
    from trendctl.store import repairs

    with store.read() as db:
        return [document(i, repairs.find(db, i.repair_id) if i.repair_id else None) for i in found]


def show(screen: Screen, found: Sequence[Mapping[str, Any]], empty: str) -> None:
    """The JSON document, or a paragraph each."""
    if screen.as_json:
        screen.json({"incidents": list(found)})
        return
    if not found:
        screen.say(empty)
    for i in found:
        screen.out.write("\n".join(_paragraph(i)) + "\n\n")
    screen.out.flush()


def _paragraph(i: Mapping[str, Any]) -> list[str]:
    about = f" of {i['subject']}" if i["subject"] else ""
    when = f"{i['opened_at'] or ''}{' to ' + i['closed_at'] if i['closed_at'] else ', still open'}".strip(", ")
    head = f"{i['id'] or '-'}  {i['severity']}  {i['fault']}{about}  ({when})"
    lines = [clean(head), f"    what happened: {clean(i['cause'] or i['detail'])}"]
    lines += [f"    how we know:   {clean(line)}" for line in i["evidence"]]
    sure = f", {i['confidence']:.0%} of such diagnoses proved right" if i["confidence"] is not None else ""
    done = f"{DID[i['action']]}{sure}"
    lines.append(f"    what was done: {clean(done + (': ' + i['detail'] if i['cause'] and i['detail'] else ''))}")
    if i["undo"]:
        lines.append(f"    how to undo it: {clean(i['undo'])}")
    if i["next"]:
        lines.append(f"    Next: {i['next']}")
    return lines


def iso(at: int | None) -> str | None:
    """ISO 8601, UTC; None stays None."""
    return None if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
