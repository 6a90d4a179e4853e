"""What the catalogue's answers prove. Pure. A batch that is taken (HTTP 200) may hold refusals of items."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from trendctl.ports import Answer, Understood, Verdict
from trendctl.posting.body import parsed, text
from trendctl.posting.graph import api, errors

NAME = "facebook"
# Our own notes on an answer, never sent: what the batch's status said a moment later; which batch it is the answer to.
STATUS, SENT = "x-trendctl-batch", "x-trendctl-sent"


def understand(step: str, answer: Answer) -> Understood:
    """The verdict on a batch: it was taken, refused, or refused in part (which for one item is whole)."""
    said = errors.common(answer, NAME)
    if said is not None:
        return said
    body = parsed(answer)
    refused = words(e for row in api.rows(body.get("validation_status")) for e in api.rows(row.get("errors")))
    if refused:
        return Understood(Verdict.REJECTED, f"Meta refuses it: {refused}")
    handle = _handle(body)
    if not handle:
        return Understood(Verdict.UNKNOWN, "Meta took the batch without naming it")
    later = answer.headers.get(STATUS, "")
    if later:
        return Understood(Verdict.REJECTED, f"Meta refuses it: {later}")
    warned = words(w for row in api.rows(body.get("validation_status")) for w in api.rows(row.get("warnings")))
    late = {"handle": handle, "sent": answer.headers.get(SENT, "")}
    return Understood(Verdict.APPLIED, warned, late)


def noted(answer: Answer, sent: str, refused: str = "") -> Answer:
    """The answer with what it is the answer to, and what its batch refused a moment later."""
    more = {SENT: sent} | ({STATUS: refused} if refused else {})
    return replace(answer, headers={**answer.headers, **more})


def handle_of(answer: Answer) -> str:
    """The name of the batch, by which its end is asked for; "" where it was not taken."""
    return _handle(parsed(answer)) if errors.common(answer, NAME) is None else ""


def _handle(body: Mapping[str, Any]) -> str:
    handles = body.get("handles")
    return text(handles[0]) if isinstance(handles, list) and handles else ""


def progress(body: Mapping[str, Any]) -> tuple[str, str]:
    """A batch's state (finished, in_progress ...; "" where it is not told), and in words what it refused."""
    found = api.rows(body)
    row = found[0] if found else {}
    refused = words(api.rows(row.get("errors")))
    count = row.get("errors_total_count")
    if not refused and (row.get("ids_of_invalid_requests") or (isinstance(count, int) and count > 0)):
        refused = "an error it does not name"
    return text(row.get("status")).lower(), refused


def words(problems: "Sequence[Mapping[str, Any]] | Any") -> str:
    """Meta's sentences."""
    said = []
    for row in list(problems)[:3]:
        texts = [text(row.get(name)) for name in ("title", "message", "summary", "description")]
        found = ": ".join(dict.fromkeys(text for text in texts if text))
        said.append(errors.scrubbed(found or text(row.get("error_type")) or "no reason given")[:300])
    return "; ".join(said)
