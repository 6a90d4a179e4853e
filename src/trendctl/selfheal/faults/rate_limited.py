"""Told to slow down (429): the pace is kept by the client, and nothing else may answer this."""

from collections.abc import Iterator

from trendctl.selfheal.evidence import single
from trendctl.selfheal.faults.model_quota import is_quota
from trendctl.selfheal.values import Diagnosis, Fault, Look

NAME = "rate_limited"


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """Once is the other side's good right; three times in a row is told."""
    for d in single(look, NAME, ("http.429",), "{} says that it is asked too often", at_once=False):
        if not any(is_quota(look, s) for s in look.of("http.429") if s.subject == d.subject):
            yield d


FAULT = Fault(
    name=NAME,
    about="The source gives nothing until its limit has filled again.",
    diagnose=diagnose,
    no_fix="a 429 is never worked round: the host is left in peace for as long as it asks. Ask less often: "
    "[sources.NAME] min_interval_minutes, or a larger plan with the provider",
)
