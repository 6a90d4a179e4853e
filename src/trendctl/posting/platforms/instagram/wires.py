"""Instagram's wires, by pure rendering of the approved intent: a container, ready in its own time, then published.

Parameters: Meta's own specification of IGUser and IGMedia.
"""

from collections.abc import Mapping

from trendctl.ports import Json, Wire
from trendctl.posting.graph import api
from trendctl.posting.texts import texts

MEDIA_FIELDS = "id,caption,permalink,timestamp"
RECENT = "50"  # media looked through for one whose id is not known


def render(step: str, intent: Mapping[str, Json], late: Mapping[str, str]) -> Wire:
    """The call of a step."""
    if step == "container":
        return api.post(version(intent), user(intent), "media", body=container(intent))
    if step == "ready":
        return state_of(intent, late)
    if step == "quota":
        return quota(version(intent), user(intent))
    body = {"creation_id": late.get("container_id", "")}
    return api.post(version(intent), user(intent), "media_publish", body=body)


def container(intent: Mapping[str, Json]) -> dict[str, Json]:
    """What Instagram makes a picture of; nobody sees it before it is published."""
    return {"image_url": intent["images"][0]["url"], **texts(intent)}


def state_of(intent: Mapping[str, Json], late: Mapping[str, str]) -> Wire:
    """Whether the container is ready, or published."""
    return api.get(version(intent), late.get("container_id", ""), fields="id,status_code,status")


def quota(version: str, user: str) -> Wire:
    """How many posts of the allowed ones are used up: Meta's pages name 25, 50 and 100, so it is asked."""
    return api.get(version, user, "content_publishing_limit", fields="quota_usage,config")


def version(intent: Mapping[str, Json]) -> str:
    """As it was approved."""
    return str(intent["extra"]["graph_version"])


def user(intent: Mapping[str, Json]) -> str:
    """As it was approved."""
    return str(intent["extra"]["ig_user_id"])
