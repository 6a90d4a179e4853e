"""A source's answer is damaged, or ends in the middle."""

from collections.abc import Iterator

from trendctl.selfheal import drift_state
from trendctl.selfheal.evidence import about, found, said
from trendctl.selfheal.values import Diagnosis, Fault, Look

NAME = "answer_cut"
KINDS = ("source.parse", "source.failed", "http.cut")


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """By the kept answer."""
    for name in sorted({s.subject for s in look.of(*KINDS) if s.subject}):
        seen = drift_state.seen(look.probe.home, name, look.probe.now)
        if seen is not None and seen.state == "cut":
            signs = [s for s in look.of(*KINDS) if s.subject == name]
            yield found(NAME, f"{name}: {seen.words}", said(signs, look.probe.now), about(look, name), 0.8, name)


FAULT = Fault(
    name=NAME,
    about="The source gives nothing in this scan.",
    diagnose=diagnose,
    no_fix="half an answer is not guessed at: the source is asked again by itself",
)
