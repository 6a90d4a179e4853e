"""No trusted, valid certificate: of all hosts (this machine's clock or certificates, a listening proxy) or of one."""

from collections.abc import Iterator

from trendctl.selfheal.evidence import failing, network
from trendctl.selfheal.values import Diagnosis, Fault, Look

NAME = "tls"


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """A wrong clock explains it better, and stands for itself then."""
    if failing(look, "clock", "clock_servers"):
        return iter(())
    return network(
        look, NAME, ("http.tls",), "no host's certificate is trusted: this machine's certificates, or a proxy between",
        "the certificate of {}'s host is not valid", at_once=True,
    )  # fmt: skip


FAULT = Fault(
    name=NAME,
    about="The source is not asked: who answers there may not be who it should be.",
    diagnose=diagnose,
    no_fix="a certificate is never passed over: for one host wait until it is renewed; for all check the clock, a "
    "proxy, and the system's certificates",
)
