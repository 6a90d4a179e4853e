"""The other side refuses connections, breaks them off or fails itself (5xx); or its address is gone (404)."""

from collections.abc import Iterator

from trendctl.selfheal.evidence import network, single
from trendctl.selfheal.values import Diagnosis, Fault, Look

NAME = "unreachable"
_SERVER = ("http.unreachable", "http.5xx", "http.cut", "http.other", "http.too_large")


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """A hiccup is no fault; an address that is gone does not come back."""
    yield from network(
        look, NAME, _SERVER, "no source can be reached: the network is down", "{} fails or cannot be reached",
        at_once=False,
    )  # fmt: skip
    yield from single(look, NAME, ("http.404",), "the address of {} is gone", at_once=False)


FAULT = Fault(
    name=NAME,
    about="The source's trends are missed while it is away.",
    diagnose=diagnose,
    no_fix="the other side has to come back: the source rests and is asked again by itself. For an address that is "
    "gone see trendctl sources show NAME",
)
