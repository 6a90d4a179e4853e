"""Which URL is really called, and which may be: base_url, https, loopback, redirects."""

import ipaddress
from collections.abc import Sequence
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit

from trendctl.http_fault import Fault, failed, unavailable

_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address in its last 32 bits


def whole(url: str, params: Sequence[tuple[str, str]]) -> str:
    """The URL with `params` behind the query it may have already. Raises Fault when it is no URL at all."""
    try:
        urlsplit(url).port  # noqa: B018 - the look is the check: a bad host or port raises here
    except ValueError as fault:
        raise failed(f"not a URL: {url[:80]}") from fault
    if not params:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode(params)}"


def rebase(url: str, base: str) -> str:
    """`url` with scheme, host and root of `base` (which may hold a path prefix); unchanged where base is empty."""
    if not base:
        return url
    old, new = urlsplit(url), urlsplit(base)
    return urlunsplit((new.scheme, new.netloc, new.path.rstrip("/") + "/" + old.path.lstrip("/"), old.query, ""))


def is_loopback(host: str) -> bool:
    """Whether the host name itself says: this machine."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def is_public(address: str) -> bool:
    """Whether a numeric address is on the public internet; embedded IPv4 addresses are looked at too."""
    try:
        ip = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return inner.is_global and not inner.is_multicast
    return ip.is_global and not ip.is_multicast


def check_first(url: str) -> str:
    """The URL, if it may be called: https, or http to loopback. Raises Fault otherwise."""
    parts = urlsplit(url)
    if not parts.hostname:
        raise failed("the address has no host")
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname)):
        return url
    raise failed(f"{parts.hostname} is not called without https")


def redirected(current: str, location: str, *, local: bool) -> str:
    """Where a redirect leads, if it may be followed. `local`: the leaf's base is loopback and stays there.

    Names that resolve to private addresses are refused later, when they are connected to. Raises Fault.
    """
    try:
        target = urljoin(current, location)
        parts = urlsplit(target)
        parts.port  # noqa: B018 - raises for a bad one
    except ValueError as fault:
        raise unavailable("the redirect leads nowhere we can go") from fault
    host = parts.hostname or ""
    if not host or parts.scheme not in ("http", "https"):
        raise unavailable("the redirect leads nowhere we can go")
    if local:
        if not is_loopback(host):
            raise unavailable(f"the redirect leads away from the local base_url, to {host}")
        return target
    if parts.scheme != "https":
        raise unavailable(f"the redirect leads to {host} without https")
    if same_origin(current, target):
        return target
    return _public(host, target)


def _public(host: str, target: str) -> str:
    refused: Fault = unavailable(f"the redirect leads to a private address ({host})")
    if is_loopback(host):
        raise refused
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return target
    if not is_public(host):
        raise refused
    return target


def same_origin(one: str, other: str) -> bool:
    """Same scheme, host and port: credentials may go along."""
    a, b = urlsplit(one), urlsplit(other)
    return (a.scheme, a.hostname, a.port) == (b.scheme, b.hostname, b.port)


def pace_key(own: str, sent: str) -> str:
    """The name under which calls to one host are paced: the leaf's own host, and the base's where one replaces it."""
    mine, real = urlsplit(own).netloc.rpartition("@")[2].lower(), urlsplit(sent).netloc.rpartition("@")[2].lower()
    return mine if mine == real else f"{mine} at {real}"
