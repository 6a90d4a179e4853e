"""One scan: who is asked, the answers stored as they come, items into products, the promising ones measured."""

import sqlite3
from array import array
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from trendctl.errors import StoreError, UsageError
from trendctl.ports import Outcome, Record
from trendctl.scanner.jobs import job_of
from trendctl.scanner.kept import Kept
from trendctl.scanner.plan import Planned, ask_of, emptiness, held, plan, trips
from trendctl.scanner.report import ScanReport, SourceReport
from trendctl.scanner.runner import Job, Result, run_all
from trendctl.scanner.values import Progress, Scanning, Silent
from trendctl.store import scans, watches
from trendctl.store.observations import store_records
from trendctl.store.products import left_over, pending_items
from trendctl.store.scans import SourceRun
from trendctl.store.writers import Role

if TYPE_CHECKING:
    from trendctl.scanner.measure import Term
    from trendctl.scanner.products import Grouped, Grouping

_BODIES_KEPT = 7 * 86400  # seconds; a body older than that is fetched again in whole
_MEASURING = 0.5  # of the scan's time is left to measuring, even if discovery took all of it


class _Undo(Exception):
    """Ends a dry run's transaction: all was done, nothing stays."""


def scan(
    wiring: Scanning,
    wanted: Sequence[str] | None = None,
    *,
    force: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> ScanReport:
    """Ask the sources (all, or the wanted ones), store what they say, and put it to products.

    `force`: also those that are not due or resting. `dry_run`: the sources are asked, nothing is stored, and the
    report says what would have been. Raises UsageError for an unknown name, StoreError when there is no database.
    """
    known = {source.facts.name for source in wiring.sources}
    for name in wanted or ():
        if name not in known:
            raise UsageError(f"There is no source {name!r}", next="trendctl sources list")
    return _Scan(wiring, dry_run, progress or Silent()).run(wanted, force)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A result as it was stored."""

    run: SourceRun
    ids: "array[int]"
    duplicate: int


class _Scan:
    def __init__(self, wiring: Scanning, dry_run: bool, progress: Progress) -> None:
        self._wiring = wiring
        self._values = wiring.values
        self._dry = dry_run
        self._progress = progress
        self._now = wiring.clock.now()
        self._at = int(self._now.timestamp())
        self._report = ScanReport(None, self._now, self._now)
        self._run_id = 0
        self._lines: dict[str, SourceReport] = {}
        self._seen = array("q")
        self._sellable = lru_cache(maxsize=None)(wiring.sellable)
        self._new: list[int] = []
        self._updated: set[int] = set()

    def run(self, wanted: Sequence[str] | None, force: bool) -> ScanReport:
        store, clock, seconds = self._wiring.store, self._wiring.clock, self._values.deadline_seconds
        with store.read() as db:
            planned = plan(self._wiring, db, wanted, self._now, force=force)
            broken_off = scans.broken_off(db)
            self._seen.extend(left_over(db, broken_off) if broken_off is not None else ())
        ends = clock.monotonic() + seconds
        discover = [p for p in planned if not p.skip and "discover" in p.source.facts.kind]
        measure = [p for p in planned if not p.skip and "measure" in p.source.facts.kind]
        if self._dry:
            self._rehearse(planned, discover, ends)
        else:
            with store.write(Role.SCANNER) as db:
                self._run_id = scans.begin_run(db, self._at, "named" if wanted else "all")
                self._skip(db, [p for p in planned if p.skip])
            for p, result in self._results(discover, self._discovery(discover), ends):
                self._take(p, result, result.records)
                del result
            with store.write(Role.SCANNER) as db:
                self._group(db)
            self._measure(measure, max(ends, clock.monotonic() + seconds * _MEASURING))
        return self._finish(planned)

    def _rehearse(self, planned: Sequence[Planned], discover: Sequence[Planned], ends: float) -> None:
        """All but the measuring, in one transaction that is rolled back."""
        results = list(self._results(discover, self._discovery(discover), ends))
        try:
            with self._wiring.store.write(Role.SCANNER) as db:
                self._run_id = scans.begin_run(db, self._at, "dry")
                self._skip(db, [p for p in planned if p.skip])
                for p, result in results:
                    self._count(self._stored(db, p, result, result.records))
                self._group(db)
                raise _Undo
        except _Undo:
            return

    # ------------------------------------------------------------ asking

    def _discovery(self, planned: Sequence[Planned]) -> list[Job]:
        w, cache = self._wiring, self._wiring.store.path.parent / "cache"
        jobs = [job_of(p, (ask_of(p, w, self._now),), w, p.expected_seconds) for p in planned]
        return jobs if self._dry else [replace(job, kept=Kept(cache, job.values.base_url)) for job in jobs]

    def _results(
        self, planned: Sequence[Planned], jobs: Sequence[Job], ends: float
    ) -> Iterator[tuple[Planned, Result]]:
        w, by_name = self._wiring, {p.name: p for p in planned}
        found = run_all(
            jobs, w.client, w.clock, workers=w.values.workers, ends=ends, progress=self._progress, meanwhile=_warm
        )
        with closing(found):  # on Ctrl-C the threads are woken at once, not when the generator happens to go
            for result in found:
                yield by_name[result.source.facts.name], result
                del result  # its records, before the next one is waited for

    # ------------------------------------------------------------ storing

    def _skip(self, db: sqlite3.Connection, planned: Sequence[Planned]) -> None:
        runs = [SourceRun(p.name, "discover", Outcome.SKIPPED, p.skip, at=self._at) for p in planned]
        scans.add_source_runs(db, self._run_id, runs)
        for p in planned:
            self._add(SourceReport(p.name, Outcome.SKIPPED, p.skip, due=p.due))

    def _take(self, p: Planned, result: Result, records: Sequence[Record]) -> None:
        """Store a result in a transaction of its own. What the database refuses is that source's failure alone."""
        from trendctl.scanner.products import foresee

        try:
            with self._wiring.store.write(Role.SCANNER) as db:
                kept = self._stored(db, p, result, records)
                pending = pending_items(db, kept.ids)
        except Exception as fault:  # noqa: BLE001 - a full disk, or values from a parser that no table can hold
            self._refused(p, result, fault)
        else:
            self._count(kept)
            foresee((item.title for item in pending), self._sellable)

    def _refused(self, p: Planned, result: Result, fault: Exception) -> None:
        cause = str(fault) if isinstance(fault, StoreError) else f"cannot be stored: {fault}"[:300]
        run = SourceRun(p.name, result.kind, Outcome.FAILED, cause, seconds=result.seconds, at=self._at)
        self._add(SourceReport(p.name, Outcome.FAILED, cause, seconds=result.seconds))
        with suppress(StoreError), self._wiring.store.write(Role.SCANNER) as db:  # the report has it in any case
            scans.add_source_runs(db, self._run_id, [run])

    def _stored(self, db: sqlite3.Connection, p: Planned, result: Result, records: Sequence[Record]) -> "_Kept":
        stored = store_records(db, p.name, records, self._at)
        items = min(len(stored.ids), len(result.records))  # without the empty series that only note the question
        outcome, cause = result.outcome, result.cause
        if outcome == Outcome.OK and not items:
            outcome, cause = Outcome.FAILED, f"none of {len(records)} entries has an id and a title"
        if outcome == Outcome.EMPTY and result.kind == "discover":
            cause = "; ".join(filter(None, (emptiness(p.past), cause)))
        run = SourceRun(
            p.name, result.kind, outcome, cause, items, min(stored.new_items, items), stored.observations,
            result.rejected + stored.rejected, result.seconds, self._at,
        )  # fmt: skip
        scans.add_source_runs(db, self._run_id, [run])
        return _Kept(run, stored.ids, stored.duplicate)

    def _count(self, kept: "_Kept") -> None:
        """Put what is committed into the report."""
        run = kept.run
        self._seen.extend(kept.ids)
        self._report.stored += run.items
        self._report.duplicate += kept.duplicate
        self._report.rejected += run.rejected
        self._add(
            SourceReport(run.source, run.outcome, run.cause, run.items, run.new_items, run.observations, run.seconds)
        )

    def _add(self, line: SourceReport) -> None:
        if line.name in self._lines:
            self._lines[line.name].add(line)
        else:
            self._lines[line.name] = line
        whole = self._lines[line.name]
        self._progress.done(whole.name, whole.outcome, whole.items, whole.cause)

    # ------------------------------------------------------------ products

    def _grouping(self, watch: Sequence[str]) -> "Grouping":
        from trendctl.scanner.products import Grouping

        values, creators = self._values, {
            s.facts.name for s in self._wiring.sources if s.facts.may_create_product
        }  # fmt: skip
        threshold = values.sellable_threshold
        return Grouping(
            creators, self._sellable, self._wiring.threshold() if threshold is None else threshold,
            self._wiring.uid, values.include, values.exclude, tuple(watch),
        )  # fmt: skip

    def _group(self, db: sqlite3.Connection) -> None:
        """Put the items seen since the last call to products."""
        from trendctl.scanner.products import group_items

        if not self._seen:
            return
        grouping = self._grouping([w.term for w in watches.listed(db)])
        self._note(group_items(db, self._seen, grouping, self._at))
        self._seen = array("q")

    def _note(self, grouped: "Grouped") -> None:
        self._new += grouped.new
        self._updated |= grouped.updated

    # ------------------------------------------------------------ measuring

    def _measure(self, planned: Sequence[Planned], ends: float) -> None:
        from trendctl.scanner import measure

        planned = [
            replace(p, credentials=held(self._wiring, p.source.facts)) for p in planned if not self._tripped(p)
        ]  # fmt: skip
        if not planned:
            return
        with self._wiring.store.write(Role.SCANNER) as db:
            grouping = self._grouping([w.term for w in watches.listed(db)])
            watched, made = measure.watched_terms(db, grouping, self._at)
            self._new += made
            terms = measure.all_terms(db, watched, self._values.candidates, self._at)
            jobs = [job for p in planned if (job := measure.job_for(db, p, terms, self._wiring, self._now))]
        for p, result in self._results(planned, jobs, ends):
            self._measured(p, result, terms)
            del result

    def _tripped(self, p: Planned) -> bool:
        """Whether this very scan's discovery opened the breaker. What failed otherwise may well be measured."""
        line = self._lines.get(p.name)
        return line is not None and line.outcome == Outcome.UNAVAILABLE and trips(p.past)

    def _measured(self, p: Planned, result: Result, terms: "Sequence[Term]") -> None:
        from trendctl.scanner import measure

        records = measure.records_of(result)
        self._take(p, result, records)
        by_series = {t.series(self._values.geo): t.product for t in terms}
        watched = {t.text for t in terms if t.watched}
        with self._wiring.store.write(Role.SCANNER) as db:
            measure.put_to_products(db, p.name, records, by_series)
            watches.mark_measured(db, [a.term for a in result.answered if a.term in watched], self._at)
            self._group(db)

    def _finish(self, planned: Sequence[Planned]) -> ScanReport:
        report = self._report
        for p in planned:
            if p.name not in self._lines:
                cause = "nothing to measure now" if "discover" not in p.source.facts.kind else "not asked"
                self._lines[p.name] = SourceReport(p.name, Outcome.SKIPPED, cause, due=False)
        report.sources = [self._lines[p.name] for p in planned]
        report.products_new, report.products_updated = len(self._new), len(self._updated - set(self._new))
        report.product_ids = (*self._new, *sorted(self._updated - set(self._new)))
        report.finished_at = self._wiring.clock.now()
        if not self._dry:
            report.run_id = self._run_id
            self._wiring.client.cache.prune(self._at - _BODIES_KEPT)
            with self._wiring.store.write(Role.SCANNER) as db:
                scans.finish_run(db, self._run_id, int(report.finished_at.timestamp()))
        return report


def _warm() -> None:
    """Load what grouping needs (numpy, the fitted numbers) while the sources are on their way."""
    import trendctl.scanner.products  # noqa: F401 - loaded for its effect
