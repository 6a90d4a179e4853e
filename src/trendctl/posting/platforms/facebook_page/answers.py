"""What a Page's answers prove. Pure."""

from trendctl.ports import Answer, Understood, Verdict
from trendctl.posting.body import parsed, text
from trendctl.posting.graph import errors

NAME = "facebook_page"
_IDS = {"photo": "photo_id", "post": "post_id"}


def understand(step: str, answer: Answer) -> Understood:
    """The verdict on a step's answer."""
    if errors.is_gone(answer) and not errors.was_not_made(answer):
        return _gone(step)
    said = errors.common(answer, NAME)
    if said is not None:
        found = errors.problem(answer)
        if found is not None and found.code == errors.DUPLICATE:
            return Understood(
                Verdict.REJECTED, f"Facebook says that this text was posted already: trendctl edit ID ({found.named})"
            )
        return said
    body = parsed(answer)
    if step in _IDS:
        number = text(body.get("id"))
        if not number:
            return Understood(Verdict.UNKNOWN, "Meta's answer names nothing that was made")
        return Understood(Verdict.APPLIED, late={_IDS[step]: number})
    if body.get("success") is not True:
        return Understood(Verdict.UNKNOWN, "Meta does not say whether it was done")
    return Understood(Verdict.APPLIED)


def _gone(step: str) -> Understood:
    """Meta shows no such post: what a repeated deletion meets; otherwise no proof of anything."""
    if step == "delete":
        return Understood(Verdict.APPLIED, "the post was gone already")
    if step == "message":
        return Understood(Verdict.REJECTED, "Facebook shows no such post: look at the Page, then trendctl end ID")
    return Understood(Verdict.UNKNOWN, "Facebook shows no such post or Page, which proves nothing")
