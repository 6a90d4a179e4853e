"""The analysis of products: every agent in the order of its needs, then the score; stored only where something is new.

All products that changed get the agents that the score rests on. The others (text, compliance, platforms) run for the
best products only: nobody reads a draft of the ten thousandth.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from trendctl import registry as leaves
from trendctl.analyzer.comparables import Comparables, of_store
from trendctl.analyzer.report import MAX_FAILURES, AnalyzeReport, Failure
from trendctl.analyzer.running import Answerer, Known, Offline, PerProduct, Result, closure, in_order, run_agents
from trendctl.analyzer.scoring import aged, score_row
from trendctl.ports import Agent, Case, Clock
from trendctl.store import analyses, cases
from trendctl.store.analyses import AnalysisRow, ScoreRow
from trendctl.store.cases import Context
from trendctl.store.engine import Store
from trendctl.store.writers import Role

if TYPE_CHECKING:
    from trendctl.ports import Source

BATCH = 200
"""Products in one write transaction."""
SCORED_BY = ("trend_stage", "demand", "competition", "price", "margin")
"""The agents whose answers are inputs of the score."""
MEASURED_BY = frozenset({"trend_stage", "demand", "competition"})
"""Agents that read stored series and nothing that settings can change."""
AGE_AFTER = 6 * 3600
"""Seconds after which a score that nothing new came for is computed again, with its evidence that much older."""
AGE_LIMIT = 20_000  # scores aged in one run, best first
_AGE_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Market:
    """Where the products are to be sold: ISO 3166 country and ISO 4217 currency."""

    geo: str = "US"
    currency: str = "USD"


@dataclass(frozen=True, slots=True)
class _Job:
    """What stays the same during one run."""

    agents: tuple[Agent, ...]
    context: Context
    now: datetime
    answerer: Answerer
    force: bool
    report: AnalyzeReport
    comparables: Comparables
    looked_at: set[int] = field(default_factory=set)
    written: set[int] = field(default_factory=set)
    failures: dict[tuple[int, str], str] = field(default_factory=dict)


def analyze(
    store: Store,
    *,
    clock: Clock,
    market: Market,
    platforms: tuple[str, ...],
    minimum_margin: str = "0.15",
    product_ids: Iterable[int] | None = None,
    force: bool = False,
    minimum_score: float = 20.0,
    limit: int = 200,
    agents: Sequence[Agent] | None = None,
    sources: "Sequence[Source] | None" = None,
    source_weights: Mapping[str, float] | None = None,
    answerer: Answerer | None = None,
) -> AnalyzeReport:
    """Analyse what changed; with `product_ids` those products, by all agents. `force`: answer again in any case.

    `limit` best products with `minimum_score` or more get every agent. `agents` and `sources` None: all that the
    registry finds. An agent that raises costs its own answer only. A model (`answerer`) sees none but the products
    that reach `minimum_score` and that the person has not rejected. `source_weights`: learned trust by source, 0.25 to
    2; a change is noticed when the product is seen again.
    """
    report = AnalyzeReport()
    if agents is None:
        agents = leaves.load_all("agents", report.broken_agents.__setitem__)
    if sources is None:
        sources = leaves.load_all("sources")
    # Ages count in whole hours, so that a second run at once finds nothing new.
    now = clock.now().replace(minute=0, second=0, microsecond=0)
    context = Context(
        market.geo, market.currency, platforms, minimum_margin,
        frozenset(s.facts.name for s in sources if s.facts.ai_ok),
        frozenset(s.facts.name for s in sources if s.facts.may_price),
        dict(source_weights or {}),
    )  # fmt: skip
    stamp = int(clock.now().timestamp())
    comparables = of_store(store, context, stamp)
    job = _Job(in_order(agents), context, now, answerer or Offline(), force, report, comparables)
    if product_ids is None:
        _everything(store, job, stamp, minimum_score, limit)
    else:
        _named(store, job, product_ids, stamp, minimum_score)
    report.analysed, report.failed = len(job.written), len({pid for pid, _ in job.failures})
    report.failures += [Failure(*key, cause) for key, cause in islice(job.failures.items(), MAX_FAILURES)]
    report.unchanged = len(job.looked_at - job.written)
    return report


def _named(store: Store, job: _Job, product_ids: Iterable[int], stamp: int, minimum_score: float) -> None:
    """The named products, by all agents; with a model after their score is known, as it decides who is asked."""
    with store.read() as db:
        wanted = analyses.existing(db, product_ids)
    asked: frozenset[int] = frozenset()
    if isinstance(job.answerer, PerProduct):
        _run(store, job, wanted, closure(job.agents, SCORED_BY), stamp)
        with store.read() as db:
            asked = frozenset(wanted) & frozenset(analyses.best(db, least=minimum_score, limit=-1))
    _run(store, job, wanted, job.agents, stamp, asked=asked)


def _everything(store: Store, job: _Job, stamp: int, minimum_score: float, limit: int) -> None:
    with store.read() as db:
        wanted = analyses.all_products(db) if job.force else analyses.changed(db)
    _run(store, job, wanted, closure(job.agents, SCORED_BY), stamp, changed=True)
    job.report.aged = _age(store, stamp)
    with store.read() as db:
        top = analyses.best(db, least=minimum_score, limit=limit)
    _run(store, job, top, job.agents, stamp, trusted=MEASURED_BY, asked=frozenset(top))


def _run(
    store: Store,
    job: _Job,
    wanted: Sequence[int],
    agents: tuple[Agent, ...],
    stamp: int,
    *,
    changed: bool = False,
    trusted: frozenset[str] = frozenset(),
    asked: frozenset[int] = frozenset(),
) -> None:
    """`asked`: products on which a model may be asked."""
    for start in range(0, len(wanted), BATCH):
        batch = wanted[start : start + BATCH]
        with store.read() as db:
            work = _Work.load(db, batch, job)
        rows, scores = work.results(job, agents, stamp, changed=changed, trusted=trusted, asked=asked)
        if rows or scores:
            with store.write(Role.ANALYZER) as db:
                analyses.save_analyses(db, rows)
                analyses.save_scores(db, scores)


@dataclass(frozen=True, slots=True)
class _Work:
    """All that is read for one batch, so that nothing is read while the agents run."""

    cases: dict[int, Case]
    sellable: dict[int, float]
    answers: dict[tuple[int, str], AnalysisRow]
    scores: dict[int, ScoreRow]

    @classmethod
    def load(cls, db: sqlite3.Connection, batch: Sequence[int], job: _Job) -> "_Work":
        built = cases.build(db, batch, job.context, job.now)
        return cls(
            {pid: job.comparables(pid, case) for pid, case in built.items()}, cases.sellable(db, batch),
            analyses.stored(db, batch), analyses.scores(db, batch),
        )  # fmt: skip

    def results(
        self,
        job: _Job,
        agents: tuple[Agent, ...],
        stamp: int,
        *,
        changed: bool,
        trusted: frozenset[str],
        asked: frozenset[int],
    ) -> tuple[list[AnalysisRow], list[ScoreRow]]:
        """What is new: analyses and scores to store. Without `changed` a score is left to age where no agent said
        anything new. One older than what it is about gets the new time though it says the same.
        """
        rows: list[AnalysisRow] = []
        scores: list[ScoreRow] = []
        for pid, case in self.cases.items():
            known = {a.name: row for a in agents if (row := self.answers.get((pid, a.name)))}
            facts = Known(pid, known, job.force, stamp, trusted)
            result = run_agents(agents, case, facts, _answerer(job, case, facts, asked))
            before = self.scores.get(pid)
            scored = score_row(pid, case, result.outputs, self.sellable[pid], stamp)
            fresh = before is None or (bool(result.new or changed) and _says(before) != _says(scored))
            if fresh or (before is not None and before.computed_at < case.last_seen.timestamp()):
                scores.append(scored)
            rows += result.new
            _count(job, pid, result, wrote=bool(result.new) or fresh)
        return rows, scores


def _answerer(job: _Job, case: Case, known: Known, asked: frozenset[int]) -> Answerer:
    if isinstance(job.answerer, PerProduct):
        return job.answerer.for_product(case, known, asked=known.product_id in asked)
    return job.answerer


def _says(row: ScoreRow) -> tuple[object, ...]:
    """All of a score but its time."""
    return (row.inputs, row.sources, row.price_low, row.price_mid, row.price_high, row.currency)


def _count(job: _Job, pid: int, result: Result, *, wrote: bool) -> None:
    job.looked_at.add(pid)
    if wrote:
        job.written.add(pid)
    job.failures.update({(pid, agent): cause for agent, cause in result.failures.items()})


def _age(store: Store, stamp: int) -> int:
    """Scores that nothing new came for fall as their evidence ages; how many were computed again."""
    with store.read() as db:
        old = analyses.stale(db, before=stamp - AGE_AFTER, least=1.0, limit=AGE_LIMIT)
    fresh = [aged(row, stamp) for row in old]
    for start in range(0, len(fresh), _AGE_BATCH):
        with store.write(Role.ANALYZER) as db:
            analyses.save_scores(db, fresh[start : start + _AGE_BATCH])
    return len(fresh)
