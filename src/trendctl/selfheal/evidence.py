"""What the leaves of faults look up, as plain facts: check results, runs of sources, the signs they account for."""

from collections.abc import Iterable, Iterator, Sequence

from trendctl.errors import StoreError
from trendctl.ports import CheckResult, Json
from trendctl.selfheal.health import ago
from trendctl.selfheal.rules.sources import FRESH
from trendctl.selfheal.values import Diagnosis, Look, Sign
from trendctl.store import jobs, vitals
from trendctl.store.jobs import JobState
from trendctl.store.vitals import Run

Keys = frozenset[tuple[str, str]]  # (kind, subject) of signs
PERSISTENT = 3  # times in a row that make a hiccup of the other side a fault


def failing(look: Look, *names: str) -> tuple[CheckResult, ...]:
    """Check results that are not ok, by name; a name that ends with a dot stands for all that begin with it."""
    return tuple(r for r in look.round.results if r.status != "ok" and any(fits(r.name, n) for n in names))


def fits(name: str, wanted: str) -> bool:
    """Whether a result's name is the wanted one, or begins with it where it ends with a dot."""
    return name == wanted or (wanted.endswith(".") and name.startswith(wanted))


def keys(look: Look, *kinds: str) -> Keys:
    """The signs of these kinds, all subjects; checks as `check.NAME`."""
    return frozenset((s.kind, s.subject) for s in look.of(*kinds))


def about(look: Look, *subjects: str) -> Keys:
    """All signs about these sources, jobs or platforms; of a platform's checks only that it rests after failures."""
    mine = (s for s in look.signs if s.subject in subjects)
    return frozenset(
        (s.kind, s.subject) for s in mine if not s.kind.startswith("check.platform.") or ".rests" in s.kind
    )


def lines(results: Iterable[CheckResult]) -> tuple[str, ...]:
    """Check results as evidence."""
    return tuple(f"{r.name}: {r.detail}" for r in results)


def said(signs: Sequence[Sign], now: int) -> tuple[str, ...]:
    """Signs as evidence, those of the checks left out (their results stand for them)."""
    told = [s for s in signs if s.origin != "check"]
    return tuple(f"{s.subject or s.kind}: {s.text[:160]} ({s.times} times, {ago(now - s.at)} ago)" for s in told[:4])


def found(
    fault: str,
    cause: str,
    evidence: Iterable[str],
    explains: Keys,
    weight: float,
    subject: str = "",
    **details: Json,
) -> Diagnosis:
    """A Diagnosis; `details` for the leaf's own plan."""
    return Diagnosis(fault, subject, cause, tuple(evidence), explains, weight, details)


def states(look: Look) -> dict[str, JobState]:
    """Every job's row; none where the database cannot be read."""
    try:
        with look.probe.read() as db:
            return jobs.all_states(db)
    except StoreError:
        return {}


def runs(look: Look) -> dict[str, list[Run]]:
    """The last runs of each source that was asked lately, newest first; none where the database cannot be read."""
    now, wanted = look.probe.now, look.probe.wanted.sources
    try:
        with look.probe.read() as db:
            switched = vitals.switched(db)
            past = dict(vitals.source_runs(db, now))
    except StoreError:
        return {}
    return {n: p for n, p in past.items() if p and p[0].at > now - FRESH and _is_on(wanted.get(n), switched.get(n))}


def _is_on(told: bool | None, switched: bool | None) -> bool:
    return told if told is not None else switched is not False


# ---------------------------------------------------------------- trouble on the way to a source


def network(
    look: Look, fault: str, kinds: Sequence[str], all_of_them: str, one: str, *, at_once: bool
) -> Iterator[Diagnosis]:
    """Trouble with the sources' hosts: of all that were asked, which points at this machine, or of single ones.

    `one` is formatted with the source's name. `at_once` False: a single source counts when it lasts.
    """
    hit, asked = _hit(look, kinds), runs(look)
    since = max((s.at for s in hit), default=0)
    well = [n for n, past in asked.items() if past[0].outcome in ("ok", "empty") and past[0].at >= since]
    if len(hit) >= 2 and not well and len(hit) * 2 > len(asked):
        names = [s.subject for s in hit]
        seen = (f"{len(hit)} of {len(asked)} sources have it, none answered since", *said(hit, look.probe.now))
        explains = about(look, *names) | keys(look, "check.scan", "check.job.scan", "job.failed")
        yield found(fault, all_of_them, seen, explains, 0.9, sources=names)
        return
    others = f"{len(well)} other sources answered since" if well else "no other source answered since"
    for s in hit:
        if at_once or _lasts(look, s):
            yield found(fault, one.format(s.subject), (*said([s], look.probe.now), others), about(look, s.subject), 0.8,
                        s.subject)  # fmt: skip


def single(look: Look, fault: str, kinds: Sequence[str], cause: str, *, at_once: bool) -> Iterator[Diagnosis]:
    """Trouble that one source has of its own; `cause` is formatted with its name."""
    for s in _hit(look, kinds):
        if at_once or _lasts(look, s):
            yield found(fault, cause.format(s.subject), said([s], look.probe.now), about(look, s.subject), 0.8,
                        s.subject)  # fmt: skip


def _lasts(look: Look, sign: Sign) -> bool:
    """Often enough in a row; or the last of several reasons for which the source was away so often."""
    return sign.times >= PERSISTENT or bool(failing(look, f"source.{sign.subject}"))


def _hit(look: Look, kinds: Sequence[str]) -> list[Sign]:
    return [s for s in look.of(*kinds) if s.subject and s.origin != "check"]
