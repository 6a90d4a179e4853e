"""A model in the analysis of a store: who is asked about, and that nothing unchanged is asked about twice."""

import json
from typing import Any

from analyzer_world import DAY, PLATFORMS, STAMP, add_item, add_product, observe, tell_supply
from llm_kit import FakeTalk, memory

from fakes import FakeClock
from trendctl import registry
from trendctl.analyzer.report import AnalyzeReport
from trendctl.analyzer.service import Market, analyze
from trendctl.ports import Source, SourceFacts
from trendctl.store import analyses
from trendctl.store.engine import Store
from trendctl.store.writers import Role

FEED = Source(SourceFacts("feed", "", "", "", ("discover",), ai_ok=True, may_price=True))
AGENTS = registry.load_all("agents")


def a_trend(store: Store, title: str, at: int = STAMP, last: float = 900.0) -> int:
    product = add_product(store, title, at=at)
    item = add_item(store, product, title, source="feed", at=at)
    points = [(STAMP - (44 - n) * DAY, 100.0) for n in range(40)]
    points += [(STAMP - (4 - n) * DAY, value) for n, value in enumerate((180.0, 260.0, 420.0, 640.0, last))]
    observe(store, item, "views", points, period=DAY)
    tell_supply(store, product, at=at)
    return product


def run(store: Store, clock: FakeClock, talk: FakeTalk, **changes: Any) -> AnalyzeReport:
    told: dict[str, Any] = {
        "clock": clock, "market": Market(), "platforms": PLATFORMS, "agents": AGENTS, "minimum_score": 0.0,
        "sources": (FEED,),
        "answerer": memory(store, clock, talk, **changes.pop("model", {})),
    }  # fmt: skip
    return analyze(store, **(told | changes))


def by(store: Store, product: int) -> dict[str, str]:
    with store.read() as db:
        return {agent: row.provider for (_, agent), row in analyses.stored(db, [product]).items()}


def test_the_best_products_are_asked_about_and_a_second_run_asks_nothing(store: Store, clock: FakeClock) -> None:
    talk = FakeTalk()
    products = [a_trend(store, f"Acme Rocket Kettle Mark{n}") for n in "abc"]
    run(store, clock, talk)
    asked = len(talk.questions)
    clock.advance(600)
    report = run(store, clock, talk)

    assert asked == 6
    assert len(talk.questions) == asked
    assert report.analysed == 0
    assert {by(store, p)["copywriter"] for p in products} == {"openai:gpt-4.1-mini"}


def test_a_product_that_the_score_drops_is_never_asked_about(store: Store, clock: FakeClock) -> None:
    talk = FakeTalk()
    product = a_trend(store, "Acme Rocket Kettle")
    run(store, clock, talk, minimum_score=99.9)
    run(store, clock, talk, minimum_score=99.9, product_ids=[product])
    run(store, clock, talk, minimum_score=99.9, product_ids=[product], force=True)

    assert talk.questions == []
    assert set(by(store, product).values()) == {"offline"}


def test_a_rejected_product_is_never_asked_about(store: Store, clock: FakeClock) -> None:
    talk = FakeTalk()
    product = a_trend(store, "Acme Rocket Kettle")
    with store.write(Role.APPROVAL) as db:
        db.execute("INSERT INTO review (product_id, status, at) VALUES (?, 'rejected', ?)", (product, STAMP))
    run(store, clock, talk)
    run(store, clock, talk, product_ids=[product])

    assert talk.questions == []


def test_only_the_best_few_are_asked_about(store: Store, clock: FakeClock) -> None:
    talk = FakeTalk()
    for n in "abcd":
        a_trend(store, f"Acme Rocket Kettle Mark{n}")
    run(store, clock, talk, limit=1)

    assert len(talk.questions) == 2


def test_a_named_product_is_asked_about(store: Store, clock: FakeClock) -> None:
    talk = FakeTalk()
    product = a_trend(store, "Acme Rocket Kettle")
    run(store, clock, talk, product_ids=[product])

    assert len(talk.questions) == 2
    assert by(store, product)["normaliser"] == "openai:gpt-4.1-mini"


def test_new_numbers_do_not_take_a_models_answers_away(store: Store, clock: FakeClock) -> None:
    talk = FakeTalk()
    product = a_trend(store, "Acme Rocket Kettle")
    run(store, clock, talk)
    clock.advance(3600)
    with store.read() as db:
        item = db.execute("SELECT id FROM item").fetchone()[0]
    observe(store, item, "views", [(STAMP, 905.0)], period=DAY)
    with store.write(Role.SCANNER) as db:
        db.execute("UPDATE product SET last_seen_at = ?", (STAMP + 3600,))
    run(store, clock, talk)

    assert len(talk.questions) == 2
    assert by(store, product)["trend_stage"] == "openai:gpt-4.1-mini"


def test_a_day_without_budget_is_made_up_for_on_the_next(store: Store, clock: FakeClock) -> None:
    talk = FakeTalk()
    product = a_trend(store, "Acme Rocket Kettle")
    report = run(store, clock, talk, model={"budget": 0})
    assert by(store, product)["copywriter"] == "offline (openai:gpt-4.1-mini: the budget of this day is spent)"
    assert report.failed == 0
    clock.advance(DAY)
    run(store, clock, talk)

    assert len(talk.questions) == 2
    assert by(store, product)["copywriter"] == "openai:gpt-4.1-mini"


def test_without_a_model_the_offline_answers_come_back(store: Store, clock: FakeClock) -> None:
    product = a_trend(store, "Acme Rocket Kettle")
    run(store, clock, FakeTalk())
    clock.advance(60)
    run(store, clock, FakeTalk(), answerer=None)

    assert set(by(store, product).values()) == {"offline"}


def test_an_offline_answer_in_place_of_a_models_is_an_answer_to_every_reader(store: Store, clock: FakeClock) -> None:
    product = a_trend(store, "Acme Rocket Kettle")
    run(store, clock, FakeTalk(lambda data: "{no"))
    with store.read() as db:
        assert analyses.failures(db, product) == {}
        assert set(analyses.outputs(db, product)) == {agent.name for agent in AGENTS}


def test_the_questions_hold_the_title_once_the_score_is_known(store: Store, clock: FakeClock) -> None:
    talk = FakeTalk()
    a_trend(store, "Acme Rocket Kettle")
    run(store, clock, talk)

    assert "Acme Rocket Kettle" in json.dumps([q.turns for q in talk.questions])
