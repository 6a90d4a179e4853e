"""A source answers 'unchanged' again and again, and what is unchanged is empty: its ETag sticks. It is forgotten."""

from collections.abc import Iterator

from trendctl.errors import StoreError
from trendctl.selfheal import drift_state
from trendctl.selfheal.evidence import about, found, runs, said
from trendctl.selfheal.values import Change, Diagnosis, Fault, Kind, Look, Plan
from trendctl.store import integrity

NAME = "validator_stuck"
KINDS = ("source.empty", "source.parse", "source.failed", "source.rejected")
TIMES = 2  # runs in a row: once may be a source that truly has nothing


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """By the kept answer: it came out of the cache, and the key it came by is still known."""
    asked = None
    for name in sorted({s.subject for s in look.of(*KINDS)}):
        seen = drift_state.seen(look.probe.home, name, look.probe.now)
        if seen is None or not seen.bad.not_modified or seen.state in ("well", "moved"):
            continue
        asked = runs(look) if asked is None else asked
        past = asked.get(name, [])
        times = next((n for n, r in enumerate(past) if r.outcome == "ok"), len(past))
        if times >= TIMES and _known(look, seen.bad.validator):
            signs = [s for s in look.of(*KINDS) if s.subject == name]
            evidence = (*said(signs, look.probe.now), f"{times} times in a row the answer was 'unchanged'", seen.words)
            yield found(NAME, f"{name} keeps answering 'unchanged' to what is empty", evidence, about(look, name), 0.9,
                        name, key=seen.bad.validator)  # fmt: skip


def _known(look: Look, key: str) -> bool:
    try:
        with look.probe.read() as db:
            return integrity.has_validator(db, key)
    except StoreError:
        return False


def plan(d: Diagnosis, look: Look) -> Plan | None:
    """The next scan then asks for the whole answer."""
    words = f"I will forget the ETag of {d.subject}, so that the next scan asks for the whole answer"
    return Plan(NAME, d.subject, "ask anew", words, "the ETag is remembered again",
                (Change(Kind.CACHE, name="http_validator", values={"url": str(d.details["key"])}),))  # fmt: skip


FAULT = Fault(
    name=NAME,
    about="The source seems to have nothing, hour after hour.",
    diagnose=diagnose,
    plan=plan,
)
