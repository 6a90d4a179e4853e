"""Calls to Meta's Graph API: addresses, wires of JSON, the version of the API, and reads that say why they failed."""

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import quote

from trendctl.commerce import facts
from trendctl.commerce.canonical import canonical
from trendctl.errors import AccessError
from trendctl.ports import CallLimit, Json, Talk, Wire
from trendctl.posting import body
from trendctl.posting.graph import errors

HOST = "https://graph.facebook.com"
DIALOG = "https://www.facebook.com"
DEFAULT_VERSION = "v26.0"
# Another fake's or a proxy's version is its own affair; Meta's are vN.0.
_VERSION = re.compile(r"v(\d{1,3})\.(\d{1,2})")
LIMITS = (
    CallLimit("graph", r"\w+ ", 200, 3600.0, "developers.facebook.com, rate limiting: 200 calls an hour for each user"),
)


def version_of(options: Mapping[str, Json]) -> str:
    """The version to call: the option `graph_version`, else the default. An unusable one counts as not set."""
    chosen = str(options.get("graph_version") or "")
    return chosen if _VERSION.fullmatch(chosen) else DEFAULT_VERSION


def version_end(version: str) -> tuple[date | None, bool]:
    """The day a version ends (None: not named), and whether it is so old that it has ended already."""
    known = facts.load("graph_versions")
    own = known.get(version)
    return (own or {}).get("ends"), own is None and _order(version) < min(map(_order, known))


def _order(version: str) -> tuple[int, int]:
    found = _VERSION.fullmatch(version)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def address(version: str, *path: str) -> str:
    """The address of a node or edge; late values that are named but not known (`<post_id>`) stay readable."""
    return "/".join((HOST, version, *(quote(part, safe="<>") for part in path)))


def get(version: str, *path: str, **params: str) -> Wire:
    """A read."""
    return Wire("GET", address(version, *path), (("Accept", "application/json"),), params=tuple(params.items()))


def post(version: str, *path: str, body: Json) -> Wire:
    """A write of a JSON document."""
    headers = (("Accept", "application/json"), ("Content-Type", "application/json"))
    return Wire("POST", address(version, *path), headers, canonical(body))


def delete(version: str, *path: str) -> Wire:
    """A deletion."""
    return Wire("DELETE", address(version, *path), (("Accept", "application/json"),))


def rows(value: object) -> list[dict[str, Any]]:
    """The objects of a list, or of an edge's `data`; none of anything else."""
    return body.rows(value.get("data") if isinstance(value, dict) else value)


def read(talk: Talk, wire: Wire, platform: str) -> dict[str, Any]:
    """The body of a read. Raises AccessError with Meta's words and the next command."""
    answer = talk.send(wire)
    if answer.status == 200 and errors.problem(answer) is None:
        return body.parsed(answer)
    said = errors.common(answer, platform)
    raise AccessError(
        "Meta did not answer", why=said.cause if said else f"HTTP {answer.status}",
        next=f"trendctl platforms check {platform}",
    )  # fmt: skip


def as_text(value: Json) -> str:
    """A parameter that holds a JSON document."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
