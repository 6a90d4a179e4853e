"""A source's fields have moved. A changed field map is searched, proven on the recorded answers, written as overlay."""

import json
from collections.abc import Iterator

from trendctl.selfheal import drift, drift_state
from trendctl.selfheal.evidence import about, found, keys, said
from trendctl.selfheal.home_paths import aside
from trendctl.selfheal.values import Change, Diagnosis, Fault, Kind, Look, Plan
from trendctl.store import answers

NAME = "source_drift"
KINDS = ("source.parse", "source.rejected", "source.failed", "source.few")


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """By the answer itself, not by the message: an error page or an honest emptiness is no drift."""
    suspects = {s.subject for s in look.of(*KINDS, "source.empty")} | {
        s.kind.removeprefix("check.fields.") for s in look.of("check.fields.")
    }
    for name in sorted(suspects & set(answers.sources(look.probe.home.cache))):
        seen = drift_state.seen(look.probe.home, name, look.probe.now)
        if seen is None or seen.state != "moved":
            continue
        explains = about(look, name) | keys(look, f"check.fields.{name}")
        told = said([s for s in look.of(*KINDS) if s.subject == name], look.probe.now)
        if seen.good is None:
            yield found(NAME, f"{name} answers in another form than its map expects", (*told, seen.words,
                        "no earlier good answer is kept to compare with"), explains, 0.7, name)  # fmt: skip
            continue
        proposal = drift.propose(seen.source, seen.good, seen.bad, seen.overlay)
        evidence = (*told, seen.words, *proposal.moved, *proposal.facts, *filter(None, [proposal.why]))
        fields = dict(proposal.fields) if proposal.fields is not None else None
        yield found(NAME, f"the fields of {name} have moved", evidence, explains, 0.9 if fields is not None else 0.75,
                    name, fields=fields, moved=list(proposal.moved), sure=proposal.sure,
                    delicate=proposal.delicate)  # fmt: skip


def plan(d: Diagnosis, look: Look) -> Plan | None:
    """The overlay as a file; where the source's own map fits again, the old overlay goes aside."""
    fields, path = d.details.get("fields"), f"overlays/{d.subject}.json"
    if fields is None:
        return None
    if fields:
        data = (json.dumps(fields, indent=1, sort_keys=True) + "\n").encode()
        change = Change(Kind.WRITE, path=path, data=data)
        words = f"I will read {d.subject} by an overlay: {'; '.join(d.details['moved'])}"
    else:
        file = look.probe.home.overlays / f"{d.subject}.json"
        change = Change(Kind.MOVE, path=path, to=aside(look.probe.home, file, look.probe.now))
        words = f"I will move the overlay of {d.subject} aside: its own field map fits again"
    why = "it is about a price, a currency or a link" if d.details["delicate"] else (
        "" if d.details["sure"] else "too little of the old list is found again to be sure")  # fmt: skip
    return Plan(NAME, d.subject, "overlay", words, "the overlay is taken away again, or the old one comes back",
                (change,), automatic=not why, because=why)  # fmt: skip


FAULT = Fault(
    name=NAME,
    about="The source gives nothing, or its numbers are missing, although it answers.",
    diagnose=diagnose,
    checks=("fields.",),
    plan=plan,
    no_fix="no changed field map could be proven on the recorded answers: see trendctl sources test NAME; a newer "
    "trendctl may know the new form, and you can write the paths into overlays/NAME.json yourself",
)
