"""Reading a Page post back: published or not, by Meta's own word on the post."""

from collections.abc import Mapping
from typing import Any

from trendctl.ports import Json, ReadBack, State, Talk
from trendctl.posting.body import parsed, text
from trendctl.posting.graph import api, errors
from trendctl.posting.graph.pages import AsPage
from trendctl.posting.platforms.facebook_page import wires
from trendctl.posting.platforms.facebook_page.answers import NAME
from trendctl.posting.texts import message


def read_back(intent: Mapping[str, Json], late: Mapping[str, str], talk: Talk) -> ReadBack:
    """LIVE: published. A post that says it is not published excludes a publish; one not found proves nothing."""
    version, page = wires.version(intent), wires.page(intent)
    own = AsPage(talk, version, page)
    post = late.get("post_id", "")
    if not post:
        return _searched(intent, own)
    answer = own.send(api.get(version, post, fields=wires.POST_FIELDS))
    if errors.is_gone(answer):
        return _gone(intent, own)
    said = errors.common(answer, NAME)
    if said is not None:
        return ReadBack(State.UNKNOWN, cause=f"the post could not be read ({said.cause})")
    return _judged(intent, parsed(answer))


def _judged(intent: Mapping[str, Json], post: Mapping[str, Any]) -> ReadBack:
    number, url = text(post.get("id")), text(post.get("permalink_url"))
    if not number or not isinstance(post.get("is_published"), bool):
        return ReadBack(State.UNKNOWN, cause="Meta does not say whether the post is published")
    late = {"post_id": number, "where": f"{wires.version(intent)}/{wires.page(intent)}"}
    if intent["action"] == "end":
        return ReadBack(State.UNKNOWN, cause="the post is still there", excluded=True, late=late)
    if not post["is_published"]:
        return ReadBack(State.UNKNOWN, cause="Meta has the post, not published", excluded=True, late=late)
    if intent["action"] in ("reprice", "revise") and not same(post.get("message"), message(intent)):
        return ReadBack(State.UNKNOWN, cause="the post still has the old text", excluded=True, late=late)
    url = url if url.startswith("https://") else f"https://www.facebook.com/{number}"
    return ReadBack(State.LIVE, number, url, late=late)


def _gone(intent: Mapping[str, Json], own: AsPage) -> ReadBack:
    """ENDED only where the Page itself can be read: else it may be a lost permission that hides the post."""
    if intent["action"] == "end":
        page = own.send(api.get(wires.version(intent), wires.page(intent), fields="id"))
        if errors.common(page, NAME) is None and parsed(page).get("id") == wires.page(intent):
            return ReadBack(State.ENDED)
    return ReadBack(State.UNKNOWN, cause="Meta does not show the post, which proves nothing")


def _searched(intent: Mapping[str, Json], own: AsPage) -> ReadBack:
    """The post by its text, which names the SKU, among the Page's newest."""
    ask = api.get(
        wires.version(intent), wires.page(intent), "posts", fields=wires.POST_FIELDS, limit=wires.RECENT
    )  # fmt: skip
    answer = own.send(ask)
    said = errors.common(answer, NAME)
    if said is not None:
        return ReadBack(State.UNKNOWN, cause=f"the Page's posts could not be read ({said.cause})")
    for post in api.rows(parsed(answer).get("data")):
        if same(post.get("message"), message(intent)):
            return _judged(intent, post)
    return ReadBack(State.UNKNOWN, cause="the Page shows no such post, which proves nothing")


def same(told: object, wanted: str) -> bool:
    """Whether two texts are the same but for white space, which Meta tidies."""
    return text(told).split() == wanted.split()
