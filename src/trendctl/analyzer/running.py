"""Runs the agents on one case: in the order of their needs, only where the evidence changed, each failure contained."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from pydantic import BaseModel, ValidationError

from trendctl.analyzer.evidence import digest, tidy
from trendctl.errors import TrendctlError
from trendctl.ports import Agent, Case, Json
from trendctl.store.analyses import AnalysisRow

MAX_CAUSE = 300


class Answerer(Protocol):
    """Who turns evidence into an answer. `provider` is stored with it; another provider than last time answers anew.

    `provider` is asked before an answer (who would give it) and after (who gave it).
    """

    def provider(self, agent: Agent) -> str: ...
    def answer(self, agent: Agent, evidence: Mapping[str, Json]) -> BaseModel: ...


@runtime_checkable
class PerProduct(Protocol):
    """An answerer that is another one for each product."""

    def for_product(self, case: Case, known: "Known", *, asked: bool) -> Answerer: ...


class Offline:
    """The agents' own rules and statistics; no model."""

    def provider(self, agent: Agent) -> str:
        """Always "offline"."""
        return "offline"

    def answer(self, agent: Agent, evidence: Mapping[str, Json]) -> BaseModel:
        """What the agent's `run` says."""
        return agent.run(evidence)


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored of a product: the answers by agent. `stamp`: epoch seconds for new ones.

    `trusted`: agents whose evidence cannot have changed since their answer, so that it is not gathered again.
    """

    product_id: int
    rows: Mapping[str, AnalysisRow]
    force: bool
    stamp: int
    trusted: frozenset[str] = frozenset()


@dataclass(slots=True)
class Result:
    """All answers by agent (old and new), the rows to store, and why agents failed."""

    outputs: dict[str, BaseModel] = field(default_factory=dict)
    new: list[AnalysisRow] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)


def in_order(agents: Sequence[Agent]) -> tuple[Agent, ...]:
    """Each agent behind those it needs; by name where that leaves a choice. A need that is not there is passed over.

    Raises TrendctlError when agents need each other in a circle.
    """
    waiting = {agent.name: agent for agent in sorted(agents, key=lambda a: a.name)}
    ordered: list[Agent] = []
    while waiting:
        ready = [a for a in waiting.values() if not any(need in waiting for need in a.needs)]
        if not ready:
            raise TrendctlError("The agents need each other in a circle", why=", ".join(waiting))
        ordered.append(ready[0])
        del waiting[ready[0].name]
    return tuple(ordered)


def closure(agents: Sequence[Agent], names: Sequence[str]) -> tuple[Agent, ...]:
    """The named agents and all they need, in the order given."""
    by_name = {agent.name: agent for agent in agents}
    wanted, todo = set(), list(names)
    while todo:
        name = todo.pop()
        if name in by_name and name not in wanted:
            wanted.add(name)
            todo.extend(by_name[name].needs)
    return tuple(agent for agent in agents if agent.name in wanted)


def run_agents(agents: Sequence[Agent], case: Case, known: Known, answerer: Answerer) -> Result:
    """The answers on one case. An agent sees the outputs of its `needs` only; a failed one is not among them."""
    result = Result()
    for agent in agents:
        seen = {need: result.outputs[need] for need in agent.needs if need in result.outputs}
        row, output = _one(agent, case, seen, known, answerer)
        if output is not None:
            result.outputs[agent.name] = output
        if row.cause:
            result.failures[agent.name] = row.cause
        if known.force or not _same(row, known.rows.get(agent.name)):
            result.new.append(row)
    return result


def _one(
    agent: Agent, case: Case, seen: Mapping[str, BaseModel], known: Known, answerer: Answerer
) -> tuple[AnalysisRow, BaseModel | None]:
    hashed, provider = "", "offline"
    before = known.rows.get(agent.name)
    try:
        trusted = before is not None and agent.name in known.trusted and answerer.provider(agent) == before.provider
        if before is not None and trusted and (kept := _kept(agent, before, known.force)):
            return before, kept
        evidence = tidy(agent.evidence(case, seen))
        hashed, provider = digest(evidence), answerer.provider(agent)
        same = before is not None and (before.input_hash, before.provider) == (hashed, provider)
        if before is not None and same and (kept := _kept(agent, before, known.force)):
            return before, kept
        output = answerer.answer(agent, evidence)
        provider = answerer.provider(agent)
        if not isinstance(output, agent.output):
            raise TypeError(f"{type(output).__name__} instead of {agent.output.__name__}")
        text, cause = output.model_dump_json(), ""
    except Exception as fault:  # noqa: BLE001 - one agent's bug must not stop the product, nor the run
        output, text, cause = None, "null", _cause(fault)
    return (
        AnalysisRow(known.product_id, agent.name, agent.version, hashed, text, provider, cause, known.stamp), output
    )  # fmt: skip


def _kept(agent: Agent, before: AnalysisRow, force: bool) -> BaseModel | None:
    """The stored answer, if it may stand: of this version of the agent, no failure, and still of its schema."""
    if force or before.cause or before.version != agent.version:
        return None
    try:
        return agent.output.model_validate_json(before.output)
    except ValidationError:
        return None  # the schema changed without a new version: answer again


def _same(row: AnalysisRow, before: AnalysisRow | None) -> bool:
    """Whether nothing but the time differs."""
    return before is not None and (row.version, row.input_hash, row.output, row.provider, row.cause) == (
        before.version, before.input_hash, before.output, before.provider, before.cause,
    )  # fmt: skip


def _cause(fault: Exception) -> str:
    return " ".join(f"{type(fault).__name__}: {fault}".split())[:MAX_CAUSE]
