"""Agents with a model beside them: two questions a product, each answer checked, the offline answer where it fails."""

from collections.abc import Mapping
from functools import cached_property

from pydantic import BaseModel

from trendctl.analyzer import asking, fencing, merging_reading, merging_writing, signals, trend_facts
from trendctl.analyzer.asking import Reading, Writing
from trendctl.analyzer.classes import tied
from trendctl.analyzer.evidence import text as entry
from trendctl.analyzer.llm import Got, Model, Task
from trendctl.analyzer.outputs import Category, Compliance, Copy, Keywords, Normalised, TrendStage
from trendctl.analyzer.running import Answerer, Known
from trendctl.analyzer.titles import entries
from trendctl.commerce.rules import platforms
from trendctl.ports import Agent, Case, Json

READERS = ("normaliser", "category", "trend_stage", "compliance")
WRITERS = ("keywords", "copywriter")
PROMPTS = 1
"""Raise it when the questions or the checks of their answers change."""
_MAX_PROVIDER = 300


class Modelled:
    """A running.Answerer for each product. `model` is asked only for the products that the service names."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def provider(self, agent: Agent) -> str:
        """Without a product there is nothing to ask a model about."""
        return "offline"

    def answer(self, agent: Agent, evidence: Mapping[str, Json]) -> BaseModel:
        """The offline answer."""
        return agent.run(evidence)

    def for_product(self, case: Case, known: Known, *, asked: bool) -> Answerer:
        """The answerer of one product. Not `asked`: what a model said before may stand, nothing new is asked."""
        return _Asking(self.model, case, known) if asked else _Standing(known)


class _Standing:
    """Offline answers, but a stored answer of any model stands while its evidence is the same."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._answered: set[str] = set()

    def provider(self, agent: Agent) -> str:
        before = self._known.rows.get(agent.name)
        return before.provider if before is not None and agent.name not in self._answered else "offline"

    def answer(self, agent: Agent, evidence: Mapping[str, Json]) -> BaseModel:
        self._answered.add(agent.name)
        return agent.run(evidence)


class _Asking:
    """One product, on which the model may be asked both questions, each at most once."""

    def __init__(self, model: Model, case: Case, known: Known) -> None:
        self._model, self._case, self._known = model, case, known
        self._by: dict[str, str] = {}
        self._facts: Mapping[str, tuple[str, str]] = {}  # of the second question

    def provider(self, agent: Agent) -> str:
        if not self._serves(agent.name):
            return "offline"
        return self._by.get(agent.name, self._model.label)

    def answer(self, agent: Agent, evidence: Mapping[str, Json]) -> BaseModel:
        offline = agent.run(evidence)
        if not self._serves(agent.name):
            return offline
        if agent.name in WRITERS:
            return self._written(agent.name, offline, evidence)
        got = self._reading
        self._note(agent.name, got)
        return offline if got.answer is None else self._read(offline, got.answer, evidence)

    def _serves(self, name: str) -> bool:
        if name in READERS:
            return bool(self._titles or self._trend)
        return name in WRITERS and self._case.supply is not None and bool(self._case.supply.facts)

    def _note(self, name: str, got: Got[Reading] | Got[Writing]) -> None:
        label = self._model.label
        self._by[name] = label if got.answer is not None else f"offline ({label}: {got.cause})"[:_MAX_PROVIDER]

    # ------------------------------------------------------------ the first question

    @cached_property
    def _entries(self) -> list[dict[str, Json]]:
        return entries(self._case)

    @cached_property
    def _titles(self) -> list[str]:
        return fencing.open_texts(self._entries)

    @cached_property
    def _trend(self) -> Mapping[str, tuple[str, str]]:
        return trend_facts.of(self._case, *signals.read(self._case))

    @cached_property
    def _told(self) -> Mapping[str, tuple[str, str]]:
        """The seller's facts that a model may read."""
        facts = self._case.supply.facts if self._case.supply is not None else {}
        rows = [
            {"key": f"fact:{k}", "label": k.replace("_", " "), **entry(v, "supply", True)} for k, v in facts.items()
        ]
        return fencing.open_facts(rows)

    @cached_property
    def _reading(self) -> Got[Reading]:
        classes = tied({"titles": [entry(title, "", True) for title in self._titles]})
        return self._model.ask(Task(
            f"{'+'.join(READERS)} {PROMPTS}", self._known.product_id, asking.READ,
            asking.reading(self._titles, self._told, classes, self._trend), Reading, asking.READ_TOKENS,
        ))  # fmt: skip

    def _read(self, offline: BaseModel, reading: Reading, evidence: Mapping[str, Json]) -> BaseModel:
        if isinstance(offline, Normalised):
            first = self._entries[0] if self._entries else {}
            own = str(first["text"]) if first.get("ai_ok") is True else ""
            return merging_reading.normalised(offline, reading, own)
        if isinstance(offline, Category):
            return merging_reading.category(offline, reading, evidence)
        if isinstance(offline, TrendStage):
            return merging_reading.stage(offline, reading, self._trend)
        if isinstance(offline, Compliance):
            return merging_reading.compliance(offline, reading, [*self._titles, *(t for _, t in self._told.values())])
        return offline

    # ------------------------------------------------------------ the second question

    def _written(self, name: str, offline: BaseModel, evidence: Mapping[str, Json]) -> BaseModel:
        facts = fencing.open_facts(evidence["facts"])
        if not self._facts:
            self._facts = facts
        got = self._writing
        self._note(name, got)
        if got.answer is None:
            return offline
        if isinstance(offline, Keywords):
            return merging_writing.keywords(offline, got.answer, facts)
        if isinstance(offline, Copy):
            brand = next((str(f["text"]) for f in evidence["facts"] if f["key"] == "brand"), "")
            return merging_writing.copy(offline, got.answer, facts, brand)
        return offline

    @cached_property
    def _writing(self) -> Got[Writing]:
        wanted = [p for p in self._case.platforms if p in platforms()]
        return self._model.ask(Task(
            f"{'+'.join(WRITERS)} {PROMPTS}", self._known.product_id, asking.WRITE,
            asking.writing(self._facts, wanted), Writing, asking.WRITE_TOKENS,
        ))  # fmt: skip
