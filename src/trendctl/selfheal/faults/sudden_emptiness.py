"""A source that usually gives much gives nothing, or far less, and its answer has the form it always had."""

from collections.abc import Iterator

from trendctl.selfheal import drift_state
from trendctl.selfheal.evidence import about, found, said
from trendctl.selfheal.values import Diagnosis, Fault, Look

NAME = "sudden_emptiness"
KINDS = ("source.empty", "source.few", "source.parse", "source.failed", "source.rejected")


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """Told apart from moved fields by the kept answer; without one, by what the run says."""
    for name in sorted({s.subject for s in look.of(*KINDS)}):
        signs = [s for s in look.of(*KINDS) if s.subject == name]
        few = {s.kind for s in signs} & {"source.empty", "source.few"}
        seen = drift_state.seen(look.probe.home, name, look.probe.now)
        evidence = said(signs, look.probe.now)
        if seen is not None and seen.state in ("empty", "told") and (few or seen.state == "told"):
            cause = f"{name} gives nothing: {seen.words}"
            yield found(NAME, cause[:200], (*evidence, seen.words), about(look, name), 0.8, name)
        elif few and (seen is None or seen.state == "well"):
            cause = f"{name} gives far fewer entries than usual" if "source.few" in few else f"{name} gives nothing"
            yield found(NAME, cause, (*evidence, "its answer is not kept"), about(look, name), 0.6, name)


FAULT = Fault(
    name=NAME,
    about="Trends of this source are missed, and nothing else would tell you: an empty list is no error.",
    diagnose=diagnose,
    no_fix="the source itself has nothing, or asks for something else: trendctl sources test NAME shows its answer, "
    "trendctl sources show NAME its options",
)
