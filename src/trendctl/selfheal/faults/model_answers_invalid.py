"""The language model answers, but not in the form that was asked for."""

from collections.abc import Iterator

from trendctl.selfheal.detector import classify
from trendctl.selfheal.evidence import failing, found, keys, lines, said
from trendctl.selfheal.values import Diagnosis, Fault, Look

NAME = "model_answers_invalid"
_OTHERS = ("http.", "model.quota", "model.budget")  # why there is no answer at all


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """Silence for another reason (a key, the network) is that reason's fault."""
    told = look.of("model.invalid")
    silent = tuple(r for r in failing(look, "models") if "gave nothing" in r.detail)
    if silent and not told and classify(silent[0].detail).startswith(_OTHERS):
        return
    failed = look.of("model.failed")
    if told or silent:
        explains = keys(look, "model.invalid", "model.failed", "check.models")
        seen = (*lines(silent), *said((*told, *failed), look.probe.now))
        cause = "the model's answers break the form asked for" if told else "the model gave no usable answer"
        yield found(NAME, cause, seen, explains, 0.85 if told else 0.6)


FAULT = Fault(
    name=NAME,
    about="Texts come from templates; money may be spent on answers that cannot be used.",
    diagnose=diagnose,
    no_fix='which model is asked is yours to choose: try another [llm] model, or provider = "offline"',
)
