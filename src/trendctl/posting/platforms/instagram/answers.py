"""What Instagram's answers prove. Pure. Codes and subcodes: developers.facebook.com, Instagram error codes."""

from collections.abc import Mapping
from typing import Any

from trendctl.ports import Answer, Understood, Verdict
from trendctl.posting.body import count, parsed, part, text
from trendctl.posting.graph import api, errors

NAME = "instagram"
READY, PUBLISHED, WORKING, ERROR, EXPIRED = "FINISHED", "PUBLISHED", "IN_PROGRESS", "ERROR", "EXPIRED"
_SOON = 30.0  # seconds until a picture that is being fetched is looked at again
_NOT_READY, _OVER_LIMIT = 2207027, 2207042
_SLOW = frozenset({2207003, 2207052})  # the picture could not be fetched in time, or at all just now
_TROUBLE = frozenset({2207001, 2207008, 2207032, 2207053})  # Instagram's own: it may have been done
_MEANS = {
    2207004: "the picture is too large: trendctl image list ID",
    2207005: "Instagram does not take this kind of picture: trendctl image list ID",
    2207009: "the picture's width and height do not fit Instagram: trendctl image list ID",
    2207010: "the caption is too long: trendctl edit ID",
    2207020: "the container expired before it was published: approve it again",
    2207050: "Instagram restricts this account: look into the Instagram app",
    2207051: "Instagram took this for spam: look into the Instagram app",
}


def understand(step: str, answer: Answer) -> Understood:
    """The verdict on a step's answer."""
    found = errors.problem(answer)
    if found is not None and found.subcode >= 2207001:
        return _special(found)
    said = errors.common(answer, NAME)
    if said is not None:
        return _gone(step, said.cause) if step in ("ready", "publish") and errors.is_gone(answer) else said
    body = parsed(answer)
    if step == "ready":
        return _ready(body)
    if step == "quota":
        return _quota(body)
    number = text(body.get("id"))
    if not number:
        return Understood(Verdict.UNKNOWN, "Instagram's answer names nothing that was made")
    return Understood(Verdict.APPLIED, late={"container_id" if step == "container" else "media_id": number})


def _gone(step: str, cause: str) -> Understood:
    """No such container: the end of it before the publish (nobody saw anything), no proof of anything after it."""
    verdict = Verdict.REJECTED if step == "ready" else Verdict.UNKNOWN
    return Understood(verdict, f"Instagram does not know the container any more: approve it again ({cause})")


def _special(found: errors.Problem) -> Understood:
    """Instagram's own subcodes; their main code says little."""
    if found.subcode == _NOT_READY:
        return Understood(Verdict.NOT_APPLIED, f"the picture is not ready yet ({found.named})", retry_after=_SOON)
    if found.subcode == _OVER_LIMIT:
        said = f"Instagram's limit of posts a day is used up ({found.named})"
        return Understood(Verdict.NOT_APPLIED, said, retry_after=errors.LONG)
    if found.subcode in _SLOW:
        said = f"Instagram could not fetch the picture from its address in time ({found.named})"
        return Understood(Verdict.NOT_APPLIED, said, retry_after=_SOON)
    if found.subcode in _TROUBLE or found.transient:
        return Understood(Verdict.UNKNOWN, f"Instagram had trouble of its own ({found.named})")
    means = _MEANS.get(found.subcode, "Instagram refuses it")
    return Understood(Verdict.REJECTED, f"{means} ({found.named})")


def _ready(body: Mapping[str, Any]) -> Understood:
    state, told = container_state(body)
    if state in (READY, PUBLISHED):
        return Understood(Verdict.APPLIED)
    if state == WORKING:
        return Understood(Verdict.NOT_APPLIED, "Instagram is still fetching the picture", retry_after=_SOON)
    if state == EXPIRED:
        return Understood(Verdict.REJECTED, _MEANS[2207020])
    if state == ERROR:
        return Understood(Verdict.REJECTED, f"Instagram cannot use the picture: {told or 'no reason given'}")
    return Understood(Verdict.UNKNOWN, "Instagram does not say whether the picture is ready")


def container_state(body: Mapping[str, Any]) -> tuple[str, str]:
    """The container's state ("" where it is not told), and what Instagram says of it."""
    return text(body.get("status_code")).upper(), errors.scrubbed(text(body.get("status")))[:300]


def _quota(body: Mapping[str, Any]) -> Understood:
    """Nothing is published past the limit; where Meta does not tell it, the publish itself will."""
    used, total = quota_of(body)
    if used is not None and total is not None and used >= total:
        said = f"Instagram's limit of {total} posts a day is used up"
        return Understood(Verdict.NOT_APPLIED, said, retry_after=errors.LONG)
    return Understood(Verdict.APPLIED)


def quota_of(body: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """Posts used, and how many there are in a day; None: not told."""
    found = api.rows(body)
    row = found[0] if found else {}
    return count(row.get("quota_usage")), count(part(row.get("config")).get("quota_total"))
