"""A Page post's wires, by pure rendering of the approved intent: made unseen, then published, so that a lost answer can
be looked into (`is_published`) instead of guessed at.

Parameters: Meta's own specification of Page, PagePost and Photo.
"""

from collections.abc import Mapping
from dataclasses import replace

from trendctl.errors import Refused
from trendctl.ports import Json, Wire
from trendctl.posting.graph import api
from trendctl.posting.graph.pages import PAGE
from trendctl.posting.texts import message
from trendctl.posting.upload import upload

POST_FIELDS = "id,message,is_published,permalink_url,created_time"
RECENT = "100"  # posts looked through for one whose id is not known


def render(step: str, intent: Mapping[str, Json], late: Mapping[str, str]) -> Wire:
    """The call of a step, naming the Page as which it is made. Raises Refused where the post's id is not known."""
    wire = _wire(step, intent, late)
    return replace(wire, headers=((PAGE, page(intent)), *wire.headers))


def _wire(step: str, intent: Mapping[str, Json], late: Mapping[str, str]) -> Wire:
    known = version(intent)
    if step == "photo":
        return _photo(intent)
    if step == "post":
        return api.post(known, page(intent), "feed", body=_post(intent, late))
    post = late.get("post_id", "")
    if not post:
        raise Refused("The id of this post is not known", next="trendctl reconcile")
    if step == "delete":
        return api.delete(known, post)
    return api.post(known, post, body={"is_published": True} if step == "publish" else {"message": message(intent)})


def _post(intent: Mapping[str, Json], late: Mapping[str, str]) -> dict[str, Json]:
    body: dict[str, Json] = {"message": message(intent), "published": False}
    if intent["extra"]["post"] == "link":
        return body | {"link": intent["link"]}
    return body | {"attached_media": [{"media_fbid": late.get("photo_id", "")}]}


def _photo(intent: Mapping[str, Json]) -> Wire:
    """The first image, unseen: fetched by Meta from its address, else its approved bytes."""
    picture, where = intent["images"][0], (version(intent), page(intent), "photos")
    if picture["url"]:
        return api.post(*where, body={"url": picture["url"], "published": False, "alt_text_custom": intent["title"]})
    fields = {"published": "false", "alt_text_custom": str(intent["title"])}
    return upload(api.address(*where), picture, "source", fields)


def version(intent: Mapping[str, Json]) -> str:
    """As it was approved."""
    return str(intent["extra"]["graph_version"])


def page(intent: Mapping[str, Json]) -> str:
    """As it was approved."""
    return str(intent["extra"]["page_id"])
