"""Measuring: the watched terms and the most promising products, asked of every source that has a history to give."""

import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from trendctl.ports import Record
from trendctl.scanner import products
from trendctl.scanner.jobs import job_of
from trendctl.scanner.plan import Planned, ask_of
from trendctl.scanner.products import Grouping
from trendctl.scanner.runner import Job, Result
from trendctl.scanner.values import Scanning
from trendctl.store import watches
from trendctl.store.products import assign

AGAIN_AFTER = 20 * 3600  # seconds: once a day, wherever in the hour the daily scan happens to come
PROMISING_FOR = 2 * 86400  # seconds since a product was last named by a source
FIRST_DAYS, LATER_DAYS = 90, 30  # of history asked for
_WORDS = 6  # of a title that make a search
_ASIDE = re.compile(
    r"[\[(][^\])]*[\])]|[$€£¥]\s?[\d.,]+|\b[\d.,]+\s?(?:usd|eur|gbp|%)\W?(?:\s?off)?|\bfree shipping\b", re.I
)
_SEP = re.compile(r"\s[-–—|:]\s|,\s|\s@\s")


@dataclass(frozen=True, slots=True)
class Term:
    """What is searched for, and the product it stands for."""

    text: str
    product: int
    watched: bool

    def series(self, geo: str) -> str:
        """The external id of its measured series."""
        return f"q:{self.text}|{geo}"


def term_of(title: str) -> str:
    """A title as a person would search for it: no prices, no asides, the first words only. May be ""."""
    bare = _ASIDE.sub(" ", title)
    head = next((part for part in _SEP.split(bare) if len(part.split()) >= 2), bare)
    return " ".join(re.findall(r"[\w'’&+./-]+", head)[:_WORDS]).strip(" -./&+").lower()


def watched_terms(db: sqlite3.Connection, grouping: Grouping, now: int) -> tuple[list[Term], list[int]]:
    """The watch list with its products, and the products that had to be made for it. Writes."""
    terms, made = [], []
    for watched in watches.listed(db):
        product, new = products.product_for(db, watched.term, grouping, now)
        terms.append(Term(watched.term, product, True))
        if new:
            made.append(product)
    return terms, made


def all_terms(db: sqlite3.Connection, watched: Sequence[Term], candidates: int, now: int) -> list[Term]:
    """The watched terms first, then `candidates` promising products that they do not stand for."""
    terms, known = list(watched), {t.product for t in watched}
    for product in watches.promising(db, now - PROMISING_FOR, candidates + len(watched)):
        text = term_of(product.title)
        if text and product.id not in known and len(terms) < candidates + len(watched):
            known.add(product.id)
            terms.append(Term(text, product.id, False))
    return terms


def job_for(
    db: sqlite3.Connection, planned: Planned, terms: Sequence[Term], wiring: Scanning, now: datetime
) -> Job | None:
    """What one source is asked: the terms it was not asked within the day, those never asked first. None: nothing."""
    geo, facts = wiring.values.geo, planned.source.facts
    seen = watches.series_items(db, facts.name, [term.series(geo) for term in terms])
    due = [t for t in terms if t.series(geo) not in seen or seen[t.series(geo)][1] + AGAIN_AFTER <= now.timestamp()]
    due.sort(key=lambda t: (not t.watched, t.series(geo) in seen))
    asks = tuple(
        ask_of(planned, wiring, now, term.text, LATER_DAYS if term.series(geo) in seen else FIRST_DAYS)
        for term in {t.text: t for t in due}.values()
    )
    if not asks:
        return None
    expected = len(asks) * max(facts.gap_seconds, 1.0)
    return job_of(planned, asks, wiring, expected)


def records_of(result: Result) -> list[Record]:
    """The records, with an empty series for each term that was answered with nothing: it is not asked again today."""
    named = {record.external_id for record in result.records}
    blanks = ((f"q:{ask.term}|{ask.geo}", ask.term or "") for ask in result.answered)
    return [*result.records, *(Record(key, term) for key, term in blanks if key not in named)]


def put_to_products(
    db: sqlite3.Connection, source: str, records: Iterable[Record], by_series: Mapping[str, int]
) -> None:
    """Give the measured series of a source their products."""
    keys = [record.external_id for record in records if record.external_id in by_series]
    found = watches.series_items(db, source, keys)
    assign(db, [(item, by_series[key]) for key, (item, _) in found.items()])
