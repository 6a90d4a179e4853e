"""What the three Meta drafts have in common: the link to where it is sold, images that Meta can fetch, the ids."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from trendctl.http_address import is_loopback, is_public
from trendctl.ports import DraftInput, Json, SupplyView
from trendctl.posting import asked
from trendctl.posting.graph import api

META = ("facebook", "facebook_page", "instagram")
_FIRST = ("ebay", "amazon", "tiktok")


def link_of(wanted: DraftInput) -> str:
    """Where a buyer can order: the seller's own page, else a live listing of the same product elsewhere; "": nowhere.

    Meta takes no orders itself (franetic.com/?p=73099: its checkout ended by August 2025).
    """
    own = (wanted.case.supply or SupplyView()).link
    if own:
        return own
    elsewhere = [name for name in (*_FIRST, *sorted(wanted.live)) if name in wanted.live and name not in META]
    return next((wanted.live[name] for name in elsewhere if is_https(wanted.live[name])), "")


def no_link(wanted: DraftInput, link: str) -> tuple[str, ...]:
    """Why nothing may be posted without a usable link."""
    tell = f"trendctl supply {wanted.case.uid} --link https://..."
    if not link:
        return (
            f"Meta takes no orders, and there is nowhere to buy this: {tell}, or list it on another platform first",
        )
    return () if is_https(link) else (f"the link must be an https address: {tell}",)


def is_https(address: str) -> bool:
    """Whether it is a whole https address that others can reach, as far as its name tells."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    host = parts.hostname or ""
    return parts.scheme == "https" and _is_outside(host) and not any(c.isspace() for c in address)


def _is_outside(host: str) -> bool:
    """Whether a host is not this machine's, a home network's or nobody's."""
    if ":" in host or host.replace(".", "").isdecimal():
        return is_public(host)
    return "." in host.strip(".") and not is_loopback(host) and not host.endswith((".local", ".localhost", ".internal"))


def unreachable(wanted: DraftInput, doc: Mapping[str, Json]) -> list[str]:
    """What is missing where Meta fetches the (first) image itself, from its address."""
    if not doc["images"] or is_https(str(doc["images"][0]["url"])):
        return []
    add = f"trendctl image add {wanted.case.uid} FILE --rights own --url https://..."
    return [f"a public https address of the first image, which Meta fetches by itself: {add}"]


def fetched(doc: Mapping[str, Json]) -> tuple[str, ...]:
    """Which images Meta fetches by itself."""
    return asked.fetched(doc, "Meta")


def number(wanted: DraftInput, platform: str, name: str, what: str) -> tuple[str, list[str]]:
    """An id of the account's, from the platform's options; and what is missing without it."""
    found = str(wanted.options.get(name) or "").strip()
    if found.isdecimal():
        return found, []
    choose = f"trendctl config set platforms.{platform}.options.{name} ID"
    return "", [f"{what}: {choose} (trendctl platforms check {platform} names yours)"]


def version(wanted: DraftInput) -> str:
    """The API's version: part of what is approved, so that the bytes sent are those rendered now."""
    return api.version_of(wanted.options)
