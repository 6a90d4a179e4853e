"""The day's budget: reserved before each call, never passed, and told."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from analyzer_world import DAY, STAMP
from llm_kit import EMPTY_READING, FakeTalk, memory

from fakes import FakeClock
from trendctl.analyzer import model_prices
from trendctl.analyzer.asking import Reading, reading
from trendctl.analyzer.llm import Task
from trendctl.commerce import facts
from trendctl.store import llm_calls, llm_costs
from trendctl.store.engine import Store
from trendctl.store.llm_calls import Answered, Wanted
from trendctl.store.writers import Role


def a_task(number: int = 1) -> Task[Reading]:
    return Task("normaliser 1", number, "s", reading([f"Kettle {number}"], {}, [], {}), Reading, 400)


def reserve(store: Store, amount: int, budget: int, at: int = STAMP) -> int | None:
    with store.write(Role.ANALYZER) as db:
        return llm_calls.reserve(db, Wanted("a", 1, "openai", "m", amount, at), budget)


def settle(store: Store, number: int | None, answered: Answered) -> None:
    assert number is not None
    with store.write(Role.ANALYZER) as db:
        llm_calls.settle(db, number, answered)


def taken(store: Store, at: int = STAMP) -> int:
    with store.read() as db:
        return llm_calls.taken(db, at)


def test_what_does_not_fit_is_not_reserved(store: Store) -> None:
    assert reserve(store, 60, 100) is not None
    assert reserve(store, 41, 100) is None
    assert reserve(store, 40, 100) is not None
    assert taken(store) == 100


def test_a_call_without_an_answer_keeps_what_was_reserved(store: Store) -> None:
    settle(store, reserve(store, 60, 100), Answered("lost", None))

    assert reserve(store, 41, 100) is None


def test_a_cheaper_answer_gives_the_rest_back(store: Store) -> None:
    settle(store, reserve(store, 60, 100), Answered("done", 5, 1, 1))

    assert taken(store) == 5
    assert reserve(store, 95, 100) is not None


def test_the_next_day_has_its_own_budget(store: Store) -> None:
    reserve(store, 100, 100)

    assert reserve(store, 100, 100, STAMP + DAY) is not None


def test_a_free_call_needs_no_budget(store: Store) -> None:
    assert reserve(store, 0, 0) is not None


@pytest.mark.parametrize(("budget", "products"), [(0, 50), (2_000, 50), (20_000, 1000)])
def test_a_thousand_products_never_cost_more_than_the_budget(
    store: Store, clock: FakeClock, budget: int, products: int
) -> None:
    talk = FakeTalk(lambda data: EMPTY_READING, usage=(900, 400))
    model = memory(store, clock, talk, budget).model
    for number in range(products):
        model.ask(a_task(number))

    assert taken(store, int(clock.now().timestamp())) <= budget
    assert bool(talk.questions) is (budget > 0)
    assert model.tally.causes["the budget of this day is spent"] == products - len(talk.questions)


def test_two_processes_at_once_never_pass_the_budget(store: Store, clock: FakeClock, real_sleep: None) -> None:
    budget = 60_000  # about sixty of the thousand
    script = Path(__file__).with_name("llm_spender.py")
    running = [
        subprocess.Popen(
            [sys.executable, str(script), str(store.path), str(first), "500", str(budget)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ),
        )
        for first in (0, 500)
    ]  # fmt: skip
    done = [process.communicate(timeout=120) for process in running]

    assert [process.returncode for process in running] == [0, 0], done
    asked = [int(out) for out, _ in done]
    assert sum(asked) > 20
    with store.read() as db:
        spent, rows = db.execute("SELECT sum(spent_micro_usd), count(*) FROM llm_call").fetchone()
    assert rows == sum(asked)
    assert 0.5 * budget < spent <= budget


def test_costs_are_told_by_day_provider_and_model(store: Store) -> None:
    settle(store, reserve(store, 60, 1000), Answered("done", 5, 100, 10))
    settle(store, reserve(store, 60, 1000), Answered("lost", None))
    reserve(store, 7, 1000, STAMP - 3 * DAY)
    with store.read() as db:
        recent, all_days = llm_costs.costs(db, STAMP - DAY), llm_costs.costs(db, 0)

    (row,) = recent
    assert (row.calls, row.answered, row.without, row.micro_usd) == (2, 1, 1, 65)
    assert (row.input_tokens, row.output_tokens) == (100, 10)
    assert [r.day for r in all_days] == [STAMP // DAY, STAMP // DAY - 3]


def test_only_the_analyzer_writes_the_ledger(store: Store) -> None:
    from trendctl.errors import StoreError

    for role in set(Role) - {Role.ANALYZER, Role.FORGET}:
        with pytest.raises(StoreError), store.write(role) as db:
            llm_calls.keep(db, "h", "a", "", STAMP)


def test_old_answers_are_dropped(store: Store) -> None:
    with store.write(Role.ANALYZER) as db:
        llm_calls.keep(db, "old", "a", "", STAMP - 100 * DAY)
        llm_calls.keep(db, "new", "b", "", STAMP)
    with store.read() as db:
        assert llm_calls.kept(db, "old") is None
        assert llm_calls.kept(db, "new") == llm_calls.Kept("b", "", STAMP)


# ---------------------------------------------------------------- prices


def rows() -> list[dict[str, Any]]:
    return [row for provider in facts.load("model_prices").values() for row in provider]


def test_every_price_has_its_source_and_date() -> None:
    assert rows()
    for row in rows():
        assert row["source"]
        assert isinstance(row["as_of"], date)
        assert isinstance(row["input"], str)
        assert 0 < float(row["input"]) <= float(row["output"])


@pytest.mark.parametrize("provider", ["openai", "anthropic", "groq"])
def test_each_provider_has_one_cheap_model_with_a_price(provider: str) -> None:
    model = model_prices.cheap_model(provider)

    assert model
    assert model_prices.rate(provider, model, "https://api.example.org") is not None
    assert len([row for row in facts.load("model_prices")[provider] if row.get("cheap")]) == 1


@pytest.mark.parametrize(
    ("provider", "model", "known"),
    [
        ("openai", "gpt-4.1-mini-2025-04-14", True),
        ("anthropic", "claude-haiku-4-5-20251001", True),
        ("openai", "gpt-4.1-mini-turbo", False),
        ("groq", "gpt-4.1-mini", False),
        ("compatible", "gpt-4.1-mini", False),
    ],
)
def test_a_dated_name_has_its_models_price_and_a_strange_one_none(provider: str, model: str, known: bool) -> None:
    assert (model_prices.rate(provider, model, "https://x.example.org") is not None) is known


@pytest.mark.parametrize(
    ("url", "free"),
    [
        ("http://localhost:11434/v1", True), ("http://127.0.0.1:8080/v1", True), ("http://[::1]:1/v1", True),
        ("https://localhost.example.org/v1", False), ("https://127.0.0.1.example.org/v1", False),
        ("https://10.0.0.5/v1", False),
    ],
)  # fmt: skip
def test_only_this_machine_is_free(url: str, free: bool) -> None:
    assert (model_prices.rate("compatible", "any", url) == model_prices.FREE) is free


def test_costs_are_rounded_up() -> None:
    rate = model_prices.rate("openai", "gpt-4.1-nano", "")

    assert rate is not None
    assert [rate.micro_usd(*tokens) for tokens in ((0, 0), (1, 0), (10, 0), (11, 1))] == [0, 1, 1, 2]
