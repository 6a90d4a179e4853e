"""Reading an Instagram post back: the media by its id, else what became of the container that was stored before."""

from collections.abc import Mapping
from typing import Any

from trendctl.ports import Json, ReadBack, State, Talk
from trendctl.posting.body import parsed, text
from trendctl.posting.graph import api, errors
from trendctl.posting.platforms.instagram import answers, wires
from trendctl.posting.texts import caption


def read_back(intent: Mapping[str, Json], late: Mapping[str, str], talk: Talk) -> ReadBack:
    """LIVE: published. A container that is FINISHED and not PUBLISHED excludes a publish."""
    media = late.get("media_id", "")
    if media:
        answer = talk.send(api.get(wires.version(intent), media, fields=wires.MEDIA_FIELDS))
        said = errors.common(answer, answers.NAME)
        if said is not None:
            return ReadBack(State.UNKNOWN, cause=f"the post could not be read ({said.cause})")
        return _live(intent, parsed(answer))
    if not late.get("container_id"):
        return ReadBack(State.UNKNOWN, cause="no container is known")
    answer = talk.send(wires.state_of(intent, late))
    said = errors.common(answer, answers.NAME)
    if said is not None:
        return ReadBack(State.UNKNOWN, cause=f"the container could not be read ({said.cause})")
    return _of_container(intent, *answers.container_state(parsed(answer)), talk)


def _of_container(intent: Mapping[str, Json], state: str, told: str, talk: Talk) -> ReadBack:
    if state == answers.PUBLISHED:
        return _published(intent, talk)
    if state == answers.READY:
        return ReadBack(State.UNKNOWN, cause="the picture is ready, and not published", excluded=True)
    if state == answers.EXPIRED:
        return ReadBack(State.REJECTED, cause="the container expired and was never published: approve it again")
    if state == answers.ERROR:
        return ReadBack(State.REJECTED, cause=f"Instagram did not publish it: {told or 'no reason given'}")
    return ReadBack(State.UNKNOWN, cause=f"the container is {state or 'without a state'}, which proves nothing")


def _published(intent: Mapping[str, Json], talk: Talk) -> ReadBack:
    """The media that the container became: the newest with its caption."""
    ask = api.get(
        wires.version(intent), wires.user(intent), "media", fields=wires.MEDIA_FIELDS, limit=wires.RECENT
    )  # fmt: skip
    answer = talk.send(ask)
    found = [
        row for row in api.rows(parsed(answer).get("data"))
        if text(row.get("caption")).split() == caption(intent).split()
    ] if errors.common(answer, answers.NAME) is None else []  # fmt: skip
    if not found:
        return ReadBack(State.ACCEPTED, cause="published; Instagram does not show it among the newest posts yet")
    return _live(intent, max(found, key=lambda row: text(row.get("timestamp"))))


def _live(intent: Mapping[str, Json], media: Mapping[str, Any]) -> ReadBack:
    number, url = text(media.get("id")), text(media.get("permalink"))
    if not number:
        return ReadBack(State.UNKNOWN, cause="Instagram's answer could not be understood")
    late = {"media_id": number, "where": f"{wires.version(intent)}/{wires.user(intent)}"}
    return ReadBack(State.LIVE, number, url if url.startswith("https://") else "", late=late)
