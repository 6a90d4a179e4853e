"""Not signed in (401) or refused (403): a key has expired, is wrong, or is not allowed to do this."""

from collections.abc import Iterator

from trendctl.selfheal.evidence import single
from trendctl.selfheal.values import Diagnosis, Fault, Look

NAME = "refused"


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """Sources, platforms and the model's provider alike."""
    yield from single(look, NAME, ("http.401",), "{} does not accept the credential", at_once=True)
    yield from single(look, NAME, ("http.403",), "{} refuses the call", at_once=True)


FAULT = Fault(
    name=NAME,
    about="The source or platform gives nothing, or nothing is posted there, until you sign in again.",
    diagnose=diagnose,
    no_fix="a 401 or 403 is never worked round: check the key at the provider, then trendctl secrets set NAME or "
    "trendctl platforms login NAME; without a key the source may have been closed to programs",
)
