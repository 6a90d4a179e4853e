"""The language model's budget of the day is spent, or the account's own quota is."""

import re
from collections.abc import Iterator

from trendctl.selfheal.evidence import failing, found, keys, lines, said
from trendctl.selfheal.values import Diagnosis, Fault, Look, Sign

NAME = "model_quota"
_PAID = re.compile(r"insufficient.?quota|exceeded your (current )?quota|billing", re.I)
_KINDS = ("model.budget", "model.quota")


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """Ours (a limit that holds) or the provider's (money to be paid there)."""
    spent = tuple(r for r in failing(look, "models") if "until midnight" in r.detail)
    asked = [s for s in look.of("http.429") if is_quota(look, s)]
    told = (*look.of(*_KINDS), *asked)
    if not spent and not told:
        return
    ours = bool(spent) or bool(look.of("model.budget"))
    cause = (
        "the day's budget for the model is spent" if ours else "the provider says that the account's limit is used up"
    )
    explains = keys(look, *_KINDS, "check.models") | frozenset((s.kind, s.subject) for s in asked)
    yield found(NAME, cause, (*lines(spent), *said(told, look.probe.now)), explains, 0.9)


def is_quota(look: Look, sign: Sign) -> bool:
    """Whether a 429 is the model's provider's: its quota and its pace are one limit, bought by the month."""
    return sign.subject == look.probe.wanted.llm_provider or _PAID.search(sign.text) is not None


FAULT = Fault(
    name=NAME,
    about="Texts come from templates until midnight UTC; everything else works.",
    diagnose=diagnose,
    no_fix="a limit on spending is yours to raise: [llm] daily_budget_usd, or the plan at the provider",
)
