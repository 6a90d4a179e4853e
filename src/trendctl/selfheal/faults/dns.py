"""Names of hosts cannot be resolved: of all hosts (this machine's network) or of one (it is gone)."""

from collections.abc import Iterator

from trendctl.selfheal.evidence import network
from trendctl.selfheal.values import Diagnosis, Fault, Look

NAME = "dns"


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """All at once is the network's name service, one alone is that host."""
    return network(
        look, NAME, ("http.dns",), "no host's name can be resolved: the network or its name service is down",
        "the name of {}'s host cannot be resolved: it is gone, or the address is wrong", at_once=True,
    )  # fmt: skip


FAULT = Fault(
    name=NAME,
    about="The source (or every source) is not reached, so its trends are missed.",
    diagnose=diagnose,
    no_fix="the network is not ours to mend: check the connection, a VPN, or [sources.NAME] base_url. The next scan "
    "asks again by itself",
)
