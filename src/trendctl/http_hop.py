"""One hop of a call: what goes over the wire, what comes back, and where a redirect leads."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import MappingProxyType
from typing import Protocol

import httpx

from trendctl.http_address import same_origin

_KEPT_ACROSS_HOSTS = frozenset({"accept", "accept-language", "accept-encoding", "user-agent"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """One hop as it went over the wire. `url` is the leaf's own, before base_url; `body` is decoded."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    sent: bytes
    status: int
    answered: Mapping[str, str]
    body: bytes
    started: datetime
    seconds: float


class Recorder(Protocol):
    """Takes every exchange (a HAR file). It must remove secrets itself."""

    def add(self, exchange: Exchange) -> None: ...


@dataclass(frozen=True, slots=True)
class Hop:
    """A call about to be made."""

    own: str  # the leaf's URL
    url: str  # the URL called
    method: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    public_only: bool = False


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer, read whole and decoded."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def plain(headers: httpx.Headers) -> Mapping[str, str]:
    """Lower-case names; several cookies stand one a line, as they cannot be joined by commas."""
    plain = {name.lower(): value for name, value in headers.items()}
    if "set-cookie" in plain:
        plain["set-cookie"] = "\n".join(headers.get_list("set-cookie"))
    return MappingProxyType(plain)


def no_cookies() -> CookieJar:
    """A jar that keeps nothing: what one call was given must not follow the person to the next."""
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))


def next_hop(hop: Hop, target: str, local: bool) -> Hop:
    """The call that a redirect asks for; another host gets no header that could hold a secret."""
    same = same_origin(hop.url, target)
    headers = tuple((n, v) for n, v in hop.headers if same or n.lower() in _KEPT_ACROSS_HOSTS)
    return Hop(target, target, hop.method, headers, b"", public_only=hop.public_only or not (local or same))
