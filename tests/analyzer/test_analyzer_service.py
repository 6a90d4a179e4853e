"""The analysis as a whole: what is looked at, what is stored, what a failing agent costs."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from analyzer_world import DAY, HOUR, PLATFORMS, STAMP, add_item, add_product, observe, tell_supply, touch
from pydantic import BaseModel

from trendctl import registry
from trendctl.analyzer.outputs import Demand, Price
from trendctl.analyzer.report import AnalyzeReport
from trendctl.analyzer.running import Offline, closure, in_order
from trendctl.analyzer.service import Market, analyze
from trendctl.errors import TrendctlError
from trendctl.ports import Agent, Case, Clock, Json, Source, SourceFacts
from trendctl.store import analyses
from trendctl.store.engine import Store
from trendctl.store.writers import Role

AGENTS = registry.load_all("agents")
FEED = Source(SourceFacts("feed", "", "", "", ("discover",), ai_ok=True, may_price=True))
Analyze = Callable[..., AnalyzeReport]


class Counting(Offline):
    """The offline answers, counted by agent."""

    def __init__(self) -> None:
        self.asked: dict[str, int] = {}

    def answer(self, agent: Agent, evidence: Mapping[str, Json]) -> BaseModel:
        self.asked[agent.name] = self.asked.get(agent.name, 0) + 1
        return super().answer(agent, evidence)


@pytest.fixture
def run(store: Store, clock: Clock) -> Analyze:
    def ask(**changes: Any) -> AnalyzeReport:
        told: dict[str, Any] = {
            "clock": clock, "market": Market(), "platforms": PLATFORMS, "agents": AGENTS, "sources": (FEED,),
        }  # fmt: skip
        return analyze(store, **(told | changes))

    return ask


def a_trend(store: Store, title: str = "Acme Rocket Kettle", at: int = STAMP - HOUR) -> int:
    """A product with six quiet weeks and a burst, and a price."""
    product = add_product(store, title, at=at)
    item = add_item(store, product, title)
    day = at // DAY * DAY
    observe(store, item, "views", [(day - n * DAY, 5.0 if n > 3 else 400.0) for n in range(44)], period=DAY)
    observe(store, item, "deal", [(at, None)], price=4990, currency="USD", rank=1)
    return product


def everything(store: Store) -> list[tuple[Any, ...]]:
    with store.read() as db:
        return [
            tuple(r) for t in ("analysis", "score") for r in db.execute(f"SELECT * FROM {t} ORDER BY product_id, 2")
        ]


def outputs(store: Store, product: int) -> dict[str, Any]:
    with store.read() as db:
        return analyses.outputs(db, product)


def the_score(store: Store, product: int) -> analyses.ScoreRow:
    with store.read() as db:
        row = analyses.score(db, product)
    assert row is not None
    return row


def failing(name: str, *, in_evidence: bool = False) -> tuple[Agent, ...]:
    """All agents, one of which raises."""

    def boom(*_: object) -> Any:
        raise RuntimeError("no\nluck")

    change = {"evidence": boom} if in_evidence else {"run": boom}
    return tuple(replace(a, **change) if a.name == name else a for a in AGENTS)  # type: ignore[arg-type] # by name


def test_a_trend_is_scored_and_the_best_get_every_agent(store: Store, run: Analyze) -> None:
    product = a_trend(store)
    report = run(minimum_score=1.0)

    assert (report.analysed, report.unchanged, report.failed) == (1, 0, 0)
    assert set(outputs(store, product)) == {agent.name for agent in AGENTS}
    row = the_score(store, product)
    assert row.score > 0
    assert (row.price_mid, row.currency, row.sources) == (4990, "USD", 1)


def test_below_the_minimum_only_what_the_score_needs_is_run(store: Store, run: Analyze) -> None:
    product = a_trend(store)
    run(minimum_score=99.9)

    assert {"trend_stage", "demand", "competition", "price", "margin"} <= set(outputs(store, product))
    assert "copywriter" not in outputs(store, product)


def test_only_the_best_few_get_every_agent(store: Store, run: Analyze) -> None:
    numbers = [a_trend(store, f"Acme Kettle {n}") for n in range(3)]
    add_item(store, numbers[1], "Acme Kettle 1", source="another")
    run(minimum_score=0.0, limit=1)

    assert sum("copywriter" in outputs(store, product) for product in numbers) == 1


def test_a_second_run_at_once_writes_nothing(store: Store, run: Analyze, clock: Any) -> None:
    for n in range(3):
        a_trend(store, f"Acme Kettle {n}", at=STAMP)
    tell_supply(store, 1)
    run(minimum_score=0.0)
    before = everything(store)
    counting = Counting()
    with store.read() as watcher:
        version = watcher.execute("PRAGMA data_version").fetchone()[0]
        watcher.execute("COMMIT")
        clock.advance(60)
        report = run(minimum_score=0.0, answerer=counting)
        assert watcher.execute("PRAGMA data_version").fetchone()[0] == version
        watcher.execute("BEGIN")

    assert everything(store) == before
    assert counting.asked == {}
    assert report.analysed == 0


def test_what_did_not_change_is_not_even_looked_at(store: Store, run: Analyze, clock: Any) -> None:
    a_trend(store)
    run(minimum_score=99.9)
    clock.advance(HOUR)

    assert run(minimum_score=99.9).unchanged == 0


def test_a_new_observation_changes_the_trend_only_where_it_is_read(store: Store, run: Analyze, clock: Any) -> None:
    product = a_trend(store)
    run(minimum_score=0.0)
    before = {row[2]: row[4] for row in everything(store) if isinstance(row[2], str) and len(row) == 9}
    clock.advance(HOUR)
    with store.read() as db:
        item = db.execute("SELECT id FROM item").fetchone()[0]
    observe(store, item, "views", [(STAMP + HOUR, 9000.0)], period=DAY)
    touch(store, product, STAMP + HOUR)
    report = run(minimum_score=0.0)
    after = {row[2]: row[4] for row in everything(store) if isinstance(row[2], str) and len(row) == 9}

    assert report.analysed == 1
    assert before["demand"] != after["demand"]
    assert before["normaliser"] == after["normaliser"]
    assert before["copywriter"] == after["copywriter"]


def test_told_supply_makes_the_margin_known(store: Store, run: Analyze, clock: Any) -> None:
    product = a_trend(store)
    run()
    assert outputs(store, product)["margin"]["best"] is None
    clock.advance(HOUR)
    tell_supply(store, product, at=STAMP + HOUR)
    run()

    assert float(outputs(store, product)["margin"]["best"]) > 0.5


def test_another_least_margin_is_noticed_though_no_product_changed(store: Store, run: Analyze) -> None:
    product = a_trend(store)
    tell_supply(store, product)
    run(minimum_score=0.0)
    low = outputs(store, product)["margin"]["platforms"][0]["floor_minor"]
    run(minimum_score=0.0, minimum_margin="0.50")

    assert outputs(store, product)["margin"]["platforms"][0]["floor_minor"] > low


def test_force_answers_again(store: Store, run: Analyze) -> None:
    a_trend(store)
    run(minimum_score=0.0)
    counting = Counting()
    run(minimum_score=0.0, force=True, answerer=counting)

    assert set(counting.asked) == {agent.name for agent in AGENTS}


def test_named_products_get_every_agent_and_unknown_ones_are_passed_over(store: Store, run: Analyze) -> None:
    first, second = a_trend(store, "One Kettle"), a_trend(store, "Two Kettle")
    run(product_ids=[second, 999], minimum_score=99.9)

    assert outputs(store, first) == {}
    assert set(outputs(store, second)) == {agent.name for agent in AGENTS}


@pytest.mark.parametrize("in_evidence", [False, True])
@pytest.mark.parametrize("name", [agent.name for agent in AGENTS])
def test_a_failing_agent_costs_its_own_answer_only(store: Store, run: Analyze, name: str, in_evidence: bool) -> None:
    product = a_trend(store)
    report = run(minimum_score=0.0, agents=failing(name, in_evidence=in_evidence))

    assert report.failed == 1
    assert [(f.agent, f.cause) for f in report.failures] == [(name, "RuntimeError: no luck")]
    with store.read() as db:
        assert analyses.failures(db, product) == {name: "RuntimeError: no luck"}
    assert set(outputs(store, product)) == {agent.name for agent in AGENTS} - {name}
    assert the_score(store, product).product_id == product


def test_an_agent_that_works_again_is_asked_again(store: Store, run: Analyze) -> None:
    product = a_trend(store)
    run(minimum_score=0.0, agents=failing("copywriter"))
    report = run(minimum_score=0.0)

    assert report.failed == 0
    assert "copywriter" in outputs(store, product)


def test_an_answer_of_another_schema_is_a_failure(store: Store, run: Analyze) -> None:
    product = a_trend(store)
    wrong = replace(registry.load("agents", "demand"), run=lambda _: Price.model_construct())
    run(agents=[wrong])

    with store.read() as db:
        assert "instead of Demand" in analyses.failures(db, product)["demand"]


def test_a_new_version_of_an_agent_is_asked_again(store: Store, run: Analyze) -> None:
    a_trend(store)
    run(minimum_score=0.0)
    counting = Counting()
    newer = tuple(replace(a, version=99) if a.name == "keywords" else a for a in AGENTS)
    run(minimum_score=0.0, agents=newer, answerer=counting)

    assert counting.asked == {"keywords": 1}


def test_another_provider_is_asked_again(store: Store, run: Analyze) -> None:
    class Other(Counting):
        def provider(self, agent: Agent) -> str:
            return "model" if agent.name == "copywriter" else "offline"

    product = a_trend(store)
    run(minimum_score=0.0)
    other = Other()
    run(minimum_score=0.0, answerer=other)

    assert other.asked == {"copywriter": 1}
    with store.read() as db:
        assert analyses.stored(db, [product])[product, "copywriter"].provider == "model"


def test_a_stored_answer_that_no_longer_fits_its_schema_is_replaced(store: Store, run: Analyze) -> None:
    product = a_trend(store)
    run(minimum_score=0.0)
    with store.write(Role.ANALYZER) as db:
        db.execute("UPDATE analysis SET output = '{\"old\": 1}' WHERE agent = 'demand'")
    run(minimum_score=0.0)

    assert Demand.model_validate(outputs(store, product)["demand"])


def test_an_agent_sees_only_what_it_needs(store: Store, run: Analyze) -> None:
    seen: list[set[str]] = []

    def evidence(case: Case, outputs: Mapping[str, BaseModel]) -> Mapping[str, Json]:
        seen.append(set(outputs))
        return {}

    nosy = replace(registry.load("agents", "demand"), name="nosy", needs=("normaliser",), evidence=evidence)
    a_trend(store)
    run(minimum_score=0.0, agents=[*AGENTS, replace(nosy, run=lambda _: Demand(level=None, evidence=()))])

    assert seen == [{"normaliser"}]


def test_merged_and_rejected_products_are_left_alone(store: Store, run: Analyze) -> None:
    kept = a_trend(store)
    gone = add_product(store, "gone", merged_into=kept)
    with store.write(Role.APPROVAL) as db:
        db.execute("INSERT INTO review (product_id, status, at) VALUES (?, 'rejected', 1)", (kept,))
    run(minimum_score=0.0)

    assert outputs(store, gone) == {}
    assert "copywriter" not in outputs(store, kept)


def test_a_score_falls_as_its_evidence_ages(store: Store, run: Analyze, clock: Any) -> None:
    product = a_trend(store)
    run(minimum_score=99.9)
    before = the_score(store, product)
    clock.advance(5 * DAY)
    report = run(minimum_score=99.9)
    after = the_score(store, product)

    assert report.aged == 1
    assert after.score < before.score
    assert after.computed_at == before.computed_at + 5 * DAY


def test_aging_in_two_steps_is_aging_in_one(store: Store, run: Analyze, clock: Any) -> None:
    product = a_trend(store)
    run(minimum_score=99.9)
    once = analyses.ScoreRow(
        **{n: getattr(the_score(store, product), n) for n in analyses.ScoreRow.__dataclass_fields__}
    )
    for _ in range(2):
        clock.advance(DAY)
        run(minimum_score=99.9)
    from trendctl.analyzer.scoring import aged

    assert the_score(store, product).score == pytest.approx(aged(once, STAMP + 2 * DAY).score, abs=1e-4)


def test_prices_of_closed_sources_and_estimates_are_not_shown_as_seen(store: Store, run: Analyze) -> None:
    for n in range(6):
        a_trend(store, f"Acme Rocket Kettle {n}")
    bare = add_product(store, "Acme Rocket Kettle steel")
    run(product_ids=[bare])

    assert outputs(store, bare)["price"]["how"] == "comparable"
    assert the_score(store, bare).price_mid is None


def test_many_products_are_written_in_batches_and_none_is_lost(
    store: Store, run: Analyze, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trendctl.analyzer.service.BATCH", 4)
    numbers = [add_product(store, f"Kettle {n}") for n in range(10)]
    report = run(minimum_score=99.9)

    assert report.analysed == 10
    with store.read() as db:
        assert set(analyses.scores(db, numbers)) == set(numbers)


def test_agents_come_behind_what_they_need() -> None:
    order = [agent.name for agent in in_order(tuple(reversed(AGENTS)))]

    for agent in AGENTS:
        assert all(order.index(need) < order.index(agent.name) for need in agent.needs)


def test_agents_in_a_circle_are_refused() -> None:
    first = replace(AGENTS[0], name="a", needs=("b",))

    with pytest.raises(TrendctlError, match="circle"):
        in_order([first, replace(first, name="b", needs=("a",))])


def test_a_need_that_is_not_there_is_passed_over() -> None:
    assert in_order([replace(AGENTS[0], needs=("gone",))])[0].name == AGENTS[0].name


def test_closure_takes_what_the_named_need() -> None:
    names = {agent.name for agent in closure(AGENTS, ["margin"])}

    assert {"margin", "price", "category"} <= names
    assert "copywriter" not in names


def test_the_report_is_plain_json(store: Store, run: Analyze) -> None:
    a_trend(store)
    told = run(minimum_score=0.0, agents=failing("demand")).to_json()

    assert told["failures"] == [{"product": 1, "agent": "demand", "cause": "RuntimeError: no luck"}]
    assert told["failed"] == 1
