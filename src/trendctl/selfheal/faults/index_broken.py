"""An index does not say what its table says: a search finds too little or too much. It is rebuilt from the table."""

import re
from collections.abc import Iterator

from trendctl.errors import StoreError
from trendctl.selfheal.evidence import about, failing, found, keys
from trendctl.selfheal.rules import indexes
from trendctl.selfheal.rules.database import DEEP
from trendctl.selfheal.values import Change, Diagnosis, Fault, Kind, Look, Plan
from trendctl.store import integrity

NAME = "index_broken"
_NAMED = re.compile(r"\bindex (\w+)")


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """Only where entries alone are wrong; damaged pages are a corrupt database."""
    told = look.of("database.index")
    if not failing(look, "indexes") and not told:
        return
    try:
        verdict = indexes.verdict(look.probe) or _of_large(look, tuple(s.text for s in told))
    except StoreError:
        return
    names = integrity.broken_indexes(verdict) if verdict else ()
    if not names:
        return
    explains = (
        keys(look, "check.indexes", "database.index")
        | about(look, DEEP)
        | frozenset((s.kind, s.subject) for s in look.of("check.database") if _NAMED.search(s.text))
    )
    yield found(NAME, f"the index {', '.join(names)} does not fit its table", verdict[:5], explains, 0.95,
                indexes=list(names), deep=any(s.subject == DEEP for s in look.signs))  # fmt: skip


def _of_large(look: Look, texts: tuple[str, ...]) -> list[str]:
    """What the weekly thorough look named, looked at again: only the tables of those indexes are read."""
    named = tuple(dict.fromkeys(_NAMED.findall(" ".join(texts))))
    with look.probe.read() as db:
        tables = integrity.tables_of(db, named) if named else ()
        return integrity.wrong_entries(db, tables) if tables else []


def plan(d: Diagnosis, look: Look) -> Plan | None:
    """REINDEX changes no row."""
    try:
        with look.probe.read() as db:
            known = integrity.names_of_indexes(db)
    except StoreError:
        return None
    names = [n for n in d.details["indexes"] if n in known]
    if not names:
        return None
    words = f"I will rebuild {', '.join(names)} from the rows of its table; no row changes"
    again = (Change(Kind.JOB, name=DEEP, values={"next_due_at": look.probe.now}),) if d.details["deep"] else ()
    return Plan(NAME, d.subject, "reindex", words, "nothing to undo: an index says what its table says",
                (*(Change(Kind.REINDEX, name=name) for name in names), *again))  # fmt: skip


FAULT = Fault(
    name=NAME,
    about="Lists and look-ups miss rows or show wrong ones, while the data itself is whole.",
    diagnose=diagnose,
    checks=("indexes",),
    plan=plan,
)
