"""The golden products: what the offline agents reach there, and that the scorer sees faults."""

import json
from typing import Any

import pytest
from llm_kit import EMPTY_READING, EMPTY_WRITING, FakeTalk, memory, quick_agents, remember_signals
from pydantic import BaseModel

from fakes import FakeClock
from trendctl.analyzer import evaluate as scoring
from trendctl.analyzer.classes import GOOGLE
from trendctl.analyzer.evaluate import evaluate, golden
from trendctl.analyzer.outputs import Category, Compliance, Copy, PlatformCopy, Sentence
from trendctl.analyzer.running import Offline
from trendctl.cli.main import main
from trendctl.ports import Agent
from trendctl.store.engine import Store


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    remember_signals(monkeypatch)


def test_there_are_forty_products_of_known_classes() -> None:
    rows = golden()

    assert len(rows) == len({row["title"] for row in rows}) == 40
    assert {row["category"] for row in rows} <= set(GOOGLE)
    assert sum(bool(row["blocks"]) for row in rows) == 5
    assert all(row["facts"] for row in rows)


def test_the_offline_agents_reach_their_figures() -> None:
    found = evaluate(quick_agents())

    assert (found.limits_kept, found.facts_cited, found.invented) == (1.0, 1.0, 0)
    assert found.category_right >= 0.9
    assert found.flags_right >= 0.97
    assert found.readable >= 0.95
    assert found.by_model == 0.0


def test_an_honest_model_keeps_the_hard_figures(store: Store, clock: FakeClock) -> None:
    found = evaluate(quick_agents(), memory(store, clock, FakeTalk()))

    assert (found.limits_kept, found.facts_cited, found.invented) == (1.0, 1.0, 0)
    assert found.category_right >= 0.9
    assert found.flags_right >= 0.97
    assert found.by_model == 1.0


def test_a_lying_model_reaches_no_text(store: Store, clock: FakeClock) -> None:
    def lie(data: dict[str, Any]) -> Any:
        if "titles" in data:
            return EMPTY_READING | {"title": "Best Titanium Thing 999", "search_term": "titanium 999"}
        lines = [{"text": f"Lasts {n}00 hours, guaranteed.", "cites": [k]} for n, k in enumerate(data["facts"], 2)]
        return EMPTY_WRITING | {
            "platforms": [{"platform": p, "title": lines[0], "sentences": lines, "bullets": lines[:5]}
                          for p in data["platforms"]],
            "search_terms": ["titanium 999"],
        }  # fmt: skip

    found = evaluate(quick_agents(), memory(store, clock, FakeTalk(lie)))

    assert (found.limits_kept, found.facts_cited, found.invented) == (1.0, 1.0, 0)


class Wrong(Offline):
    """Answers that the scorer must not like."""

    def answer(self, agent: Agent, evidence: Any) -> BaseModel:
        found = super().answer(agent, evidence)
        if isinstance(found, Category):
            return Category(google_id=772, path="Mature", platform_categories={}, confidence=1.0)
        if isinstance(found, Compliance):
            return Compliance(flags=(), blocked=False)
        if isinstance(found, Copy):
            text = PlatformCopy(
                title="BUY 777 " * 60, description="BUY NOW 777", bullets=(), sentences=(Sentence(text="x", cites=()),)
            )
            return Copy(platforms=dict.fromkeys(found.platforms, text), facts=found.facts)
        return found


def test_the_scorer_sees_every_kind_of_fault() -> None:
    found = evaluate(quick_agents(), Wrong())

    assert found.limits_kept < 0.5
    assert found.facts_cited == found.readable == found.category_right == 0.0
    assert found.invented > 1000
    assert found.flags_right < 0.9
    assert len(found.wrong) >= 40


def test_the_command_prints_the_figures_and_stores_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(scoring, "golden", lambda: golden()[:3])

    assert main(["analyze", "--evaluate", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["products"] == 3
    assert main(["analyze", "--evaluate"]) == 0
    assert "limits kept: 100.0%" in "".join(capsys.readouterr())
    assert main(["analyze", "--evaluate", "--force"]) == 2
