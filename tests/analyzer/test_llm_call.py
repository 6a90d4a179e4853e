"""The one call: the real SDKs against a loopback server that speaks both interfaces."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from llm_kit import EMPTY_READING, MODELS, PATHS, free_model, paid_model, reply

from fakes import FakeClock
from loopback import Loopback, Response, Seen
from trendctl.analyzer.asking import Reading
from trendctl.analyzer.llm import Chosen, Got, Model, Task
from trendctl.store import llm_calls
from trendctl.store.engine import Store

GOOD = json.dumps(EMPTY_READING | {"title": "Acme Kettle"})
both = pytest.mark.parametrize("provider", ["openai", "anthropic"])


def a_task(user: str = "hello") -> Task[Reading]:
    return Task("normaliser 1", 7, "be good", user, Reading, 100)


def rows(store: Store) -> list[dict[str, Any]]:
    with store.read() as db:
        return [dict(row) for row in db.execute("SELECT * FROM llm_call ORDER BY id")]


def ask(model: Model, user: str = "hello") -> Got[Reading]:
    try:
        return model.ask(a_task(user))
    finally:
        model.close()


def in_turn(*answers: Any) -> Any:
    """A route's body that gives one answer after the other, the last for ever."""
    left = list(answers)
    return lambda seen: left.pop(0) if len(left) > 1 else left[0]


@both
def test_a_good_answer_is_taken_and_paid_for(
    provider: str, store: Store, clock: FakeClock, loopback: Loopback
) -> None:  # fmt: skip
    loopback.add(PATHS[provider], reply(provider, GOOD, usage=(1000, 100)))
    got = ask(paid_model(store, clock, loopback, provider))

    assert got.answer is not None
    assert got.answer.title == "Acme Kettle"
    (row,) = rows(store)
    assert (row["state"], row["input_tokens"], row["output_tokens"], row["product_id"]) == ("done", 1000, 100, 7)
    assert row["spent_micro_usd"] == {"openai": 560, "anthropic": 1500}[provider]
    assert row["spent_micro_usd"] < row["reserved_micro_usd"]


@both
def test_the_request_holds_model_key_schema_and_limit(
    provider: str, store: Store, clock: FakeClock, loopback: Loopback
) -> None:  # fmt: skip
    loopback.add(PATHS[provider], reply(provider, GOOD))
    ask(paid_model(store, clock, loopback, provider))
    (seen,) = loopback.requests
    sent = seen.json()

    assert sent["model"] == MODELS[provider]
    assert "key-for-tests" in seen.headers.get("authorization", "") + seen.headers.get("x-api-key", "")
    asked = sent["output_config"]["format"] if provider == "anthropic" else sent["response_format"]["json_schema"]
    assert asked["schema"]["additionalProperties"] is False
    assert set(asked["schema"]["required"]) == set(EMPTY_READING)
    assert "maxLength" not in json.dumps(asked)
    assert sent.get("max_tokens", sent.get("max_completion_tokens")) == 100


@both
@pytest.mark.parametrize("fence", ["```json\n{}\n```", "```\n{}\n```\n", " {} "])
def test_a_fenced_answer_is_read(
    provider: str, fence: str, store: Store, clock: FakeClock, loopback: Loopback
) -> None:  # fmt: skip
    loopback.add(PATHS[provider], reply(provider, fence.replace("{}", GOOD)))

    assert ask(free_model(store, clock, loopback, provider)).answer is not None


@both
@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("{broken", "the answer is no JSON"),
        ("", "the answer is no JSON"),
        ("[" * 100_000, "the answer is too long"),
        ("[" * 50_000, "the answer is no JSON"),
        ('{"title": 5}', "the answer breaks the schema"),
        (json.dumps(EMPTY_READING | {"price": 1}), "the answer breaks the schema"),
        (json.dumps(EMPTY_READING | {"title": "x" * 201}), "the answer breaks the schema"),
    ],
)
def test_an_unusable_answer_gets_one_repair_round_then_a_cause(
    provider: str, text: str, cause: str, store: Store, clock: FakeClock, loopback: Loopback
) -> None:
    loopback.add(PATHS[provider], reply(provider, text))
    got = ask(paid_model(store, clock, loopback, provider))

    assert got.answer is None
    assert got.cause.startswith(cause)
    assert len(loopback.requests) == 2
    assert [row["state"] for row in rows(store)] == ["failed", "failed"]
    assert all(row["spent_micro_usd"] > 0 for row in rows(store)), "usage is kept on failure too"


@both
def test_a_repaired_answer_is_taken_and_the_fault_is_told_without_its_text(
    provider: str, store: Store, clock: FakeClock, loopback: Loopback
) -> None:
    bad = reply(provider, json.dumps({"evil\x1b[31m text": 1}))
    loopback.add(PATHS[provider], in_turn(bad, reply(provider, GOOD)))

    assert ask(free_model(store, clock, loopback, provider)).answer is not None
    assert "title: missing" in loopback.requests[1].body.decode()


@both
@pytest.mark.parametrize(("kind", "cause"), [("refusal", "the model refused"), ("length", "the answer was cut off")])
def test_a_refusal_and_a_cut_answer_are_not_asked_again(
    provider: str, kind: str, cause: str, store: Store, clock: FakeClock, loopback: Loopback
) -> None:
    loopback.add(PATHS[provider], reply(provider, GOOD[:40], kind))
    got = ask(paid_model(store, clock, loopback, provider))

    assert (got.answer, got.cause) == (None, cause)
    assert len(loopback.requests) == 1
    assert rows(store)[0]["spent_micro_usd"] > 0


@both
def test_too_many_requests_are_tried_again_after_the_pause_asked_for(
    provider: str, store: Store, clock: FakeClock, loopback: Loopback
) -> None:
    busy = Response({"error": {"message": "slow down"}}, 429, {"Retry-After": "7"})
    loopback.add(PATHS[provider], in_turn(busy, reply(provider, GOOD)))
    got = ask(paid_model(store, clock, loopback, provider))

    assert got.answer is not None
    assert clock.slept == [7.0]
    assert [(r["state"], r["spent_micro_usd"] == 0) for r in rows(store)] == [("failed", True), ("done", False)]


@both
@pytest.mark.parametrize(
    ("error", "cause"),
    [
        ({"message": "You exceeded it: hello", "type": "x", "code": "insufficient_quota"}, " (insufficient_quota)"),
        ({"message": "slower", "type": "rate_limit_error"}, " (rate_limit_error)"),
        ({"message": "slower", "type": "You asked: hello", "code": 429}, ""),
        ("hello", ""),
    ],
)
def test_of_a_refusal_the_providers_word_is_kept_and_not_its_text(
    provider: str, error: Any, cause: str, store: Store, clock: FakeClock, loopback: Loopback
) -> None:  # fmt: skip
    loopback.add(PATHS[provider], Response({"error": error}, 429, {"Retry-After": "86400"}))
    assert ask(paid_model(store, clock, loopback, provider)).cause == f"HTTP 429: too many requests{cause}"


@both
def test_a_pause_of_a_day_is_not_waited_for_and_stops_the_run(
    provider: str, store: Store, clock: FakeClock, loopback: Loopback
) -> None:
    busy = Response({"error": {"message": "come back tomorrow"}}, 429, {"Retry-After": "86400"})
    loopback.add(PATHS[provider], busy)
    model = paid_model(store, clock, loopback, provider)

    assert model.ask(a_task()).cause == "HTTP 429: too many requests"
    assert ask(model, "another").cause == "HTTP 429: too many requests"
    assert clock.slept == []
    assert len(loopback.requests) == 1


@both
def test_a_broken_server_is_tried_three_times_and_each_lost_answer_counts_as_spent(
    provider: str, store: Store, clock: FakeClock, loopback: Loopback
) -> None:
    loopback.add(PATHS[provider], Response({"error": {"message": "oops"}}, 500))
    got = ask(paid_model(store, clock, loopback, provider))

    assert got.cause == "HTTP 500: the server failed"
    assert len(loopback.requests) == 3
    assert [(r["state"], r["spent_micro_usd"]) for r in rows(store)] == [("lost", None)] * 3
    with store.read() as db:
        assert llm_calls.taken(db, int(clock.now().timestamp())) == sum(r["reserved_micro_usd"] for r in rows(store))


@both
@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_wrong_key_or_model_is_asked_once_a_run(
    provider: str, status: int, store: Store, clock: FakeClock, loopback: Loopback
) -> None:
    loopback.add(PATHS[provider], Response({"error": {"message": "no"}}, status))
    model = paid_model(store, clock, loopback, provider)

    assert model.ask(a_task()).cause.startswith(f"HTTP {status}")
    assert ask(model, "another").cause.startswith(f"HTTP {status}")
    assert len(loopback.requests) == 1
    assert rows(store)[0]["spent_micro_usd"] == 0


@both
def test_an_answer_that_trickles_ends_at_the_deadline(
    provider: str, store: Store, clock: FakeClock, loopback: Loopback
) -> None:
    def drops() -> Iterator[bytes]:
        while True:
            clock.advance(2)
            yield b" "

    headers = {"Content-Type": "application/json"}
    loopback.add(PATHS[provider], lambda seen: Response(drops(), 200, headers), chunked=True)
    got = ask(paid_model(store, clock, loopback, provider, timeout=20.0))

    assert got.cause == "no answer in time"
    assert [r["state"] for r in rows(store)] == ["lost"]


@both
def test_an_endless_answer_is_not_read_to_its_end(
    provider: str, store: Store, clock: FakeClock, loopback: Loopback
) -> None:
    sent = []

    def flood() -> Iterator[bytes]:
        while True:
            sent.append(1)
            yield b"x" * 65_536

    headers = {"Content-Type": "application/json"}
    loopback.add(PATHS[provider], lambda seen: Response(flood(), 200, headers), chunked=True)
    got = ask(paid_model(store, clock, loopback, provider))

    assert got.cause == "the connection broke off"
    assert len(loopback.requests) == 3
    assert len(sent) < 600


@both
@pytest.mark.parametrize(
    "body", [b"<html>no</html>", b"", b"[]", b'{"choices": []}', b'{"choices": "x", "content": 5}', b"\xff\xfe"]
)
def test_whatever_comes_back_ends_in_a_cause(
    provider: str, body: bytes, store: Store, clock: FakeClock, loopback: Loopback
) -> None:
    loopback.add(PATHS[provider], Response(body, 200, {"Content-Type": "application/json"}))
    got = ask(paid_model(store, clock, loopback, provider))

    assert got.answer is None
    assert got.cause
    assert all(r["state"] in ("lost", "failed") and r["spent_micro_usd"] is None for r in rows(store))


@both
def test_a_tool_call_is_no_answer(provider: str, store: Store, clock: FakeClock, loopback: Loopback) -> None:
    call = {"id": "t", "type": "function", "function": {"name": "approve", "arguments": "{}"}}
    made = reply(provider, None)
    if provider == "anthropic":
        made |= {
            "stop_reason": "tool_use",
            "content": [{"type": "tool_use", "id": "t", "name": "approve", "input": {}}],
        }
    else:
        made["choices"][0] |= {"finish_reason": "tool_calls"}
        made["choices"][0]["message"]["tool_calls"] = [call]
    loopback.add(PATHS[provider], made)

    assert ask(free_model(store, clock, loopback, provider)).cause == "the answer is no text"


@both
def test_an_answer_that_cost_more_than_it_can_stops_the_day(
    provider: str, store: Store, clock: FakeClock, loopback: Loopback
) -> None:
    loopback.add(PATHS[provider], reply(provider, GOOD, usage=(90_000, 90_000)))
    model = paid_model(store, clock, loopback, provider, budget=1_000_000_000)

    assert model.ask(a_task()).answer is not None
    assert ask(model, "another").cause == "the budget of this day is spent"
    assert len(loopback.requests) == 1
    assert rows(store)[0]["state"] == "overrun"
    clock.advance(86_400)
    assert ask(paid_model(store, clock, loopback, provider), "the next day").answer is not None


def test_a_redirect_is_not_followed(store: Store, clock: FakeClock, loopback: Loopback) -> None:
    loopback.add(PATHS["openai"], b"", 307, {"Location": f"{loopback.base_url}/elsewhere"})

    assert ask(free_model(store, clock, loopback)).cause.startswith("HTTP 307")
    assert loopback.to("/elsewhere") == []


def test_a_packed_answer_is_refused(store: Store, clock: FakeClock, loopback: Loopback) -> None:
    loopback.add(PATHS["openai"], Response(b"xx", 200, {"Content-Encoding": "gzip"}))

    assert ask(free_model(store, clock, loopback)).cause == "the connection broke off"


def test_a_server_that_is_not_there_costs_nothing(store: Store, clock: FakeClock) -> None:
    with Loopback() as gone:
        model = paid_model(store, clock, gone)

    assert ask(model).cause == "cannot be reached"
    assert [(r["state"], r["spent_micro_usd"]) for r in rows(store)] == [("failed", 0)] * 3


def test_the_same_question_is_asked_once_and_another_one_anew(
    store: Store, clock: FakeClock, loopback: Loopback
) -> None:
    loopback.add(PATHS["openai"], reply("openai", GOOD))
    for user in ("one", "one", "two"):
        assert ask(free_model(store, clock, loopback), user).answer is not None

    assert len(loopback.requests) == 2


def test_an_unusable_answer_is_asked_for_again_on_another_day_only(
    store: Store, clock: FakeClock, loopback: Loopback
) -> None:
    loopback.add(PATHS["openai"], reply("openai", GOOD, "refusal"))
    causes = [ask(free_model(store, clock, loopback)).cause for _ in range(2)]
    clock.advance(86_400)
    ask(free_model(store, clock, loopback))

    assert causes == ["the model refused"] * 2
    assert len(loopback.requests) == 2


def test_a_fresh_model_does_not_take_the_cached_answer(store: Store, clock: FakeClock, loopback: Loopback) -> None:
    loopback.add(PATHS["openai"], reply("openai", GOOD))
    for _ in range(2):
        ask(free_model(store, clock, loopback, fresh=True))

    assert len(loopback.requests) == 2


@pytest.mark.parametrize(
    ("provider", "model", "base", "key", "cause"),
    [
        ("openai", "gpt-99", "https://api.openai.com/v1", "k", "the price of gpt-99 is not known"),
        ("compatible", "m", "https://llm.example.org/v1", None, "the price of m is not known"),
        ("compatible", "m", "", None, "llm.base_url is not set"),
        ("compatible", "", "http://127.0.0.1:9/v1", None, "llm.model is not set"),
        ("openai", "gpt-4.1-mini", "https://api.openai.com/v1", None, "OPENAI_API_KEY is not set"),
        ("groq", "", "", None, "GROQ_API_KEY is not set"),
    ],
)
def test_a_model_that_cannot_be_used_says_why_and_makes_no_call(
    provider: str, model: str, base: str, key: str | None, cause: str, store: Store, clock: FakeClock
) -> None:
    chosen = Chosen.of(provider, model, base, "1.00", 5.0)

    assert Model(chosen, key, store, clock).ask(a_task()).cause == cause
    assert rows(store) == []


def test_groq_is_reached_through_openais_sdk(store: Store, clock: FakeClock, loopback: Loopback) -> None:
    extras = reply("openai", GOOD) | {"x_groq": {"id": "r"}, "usage": {"prompt_tokens": 9, "completion_tokens": 3,
                                      "total_tokens": 12, "queue_time": 0.1}}  # fmt: skip
    loopback.add("/openai/v1/chat/completions", extras)
    chosen = Chosen.of("groq", "", f"{loopback.base_url}/openai/v1", "1.00", 5.0)

    assert ask(Model(chosen, "k", store, clock)).answer is not None
    assert rows(store)[0]["input_tokens"] == 9


def test_after_some_time_a_run_asks_nothing_more(store: Store, clock: FakeClock, loopback: Loopback) -> None:
    loopback.add(PATHS["openai"], reply("openai", GOOD))
    model = free_model(store, clock, loopback)
    clock.advance(3600)

    assert ask(model).cause == "the time for the model is over in this run"
    assert loopback.requests == []


def test_no_environment_variable_redirects_or_signs_a_call(
    store: Store, clock: FakeClock, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_BASE_URL", "ANTHROPIC_BASE_URL", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/other")
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"):
        monkeypatch.setenv(name, "from-the-environment")
    for provider in ("openai", "anthropic"):
        loopback.add(PATHS[provider], reply(provider, GOOD))
        assert ask(free_model(store, clock, loopback, provider)).answer is not None

    assert all("from-the-environment" not in json.dumps(dict(seen.headers)) for seen in loopback.requests)


def test_the_sdks_load_on_use_only(fresh_python: Any) -> None:
    code = (
        "import sys, trendctl.analyzer.setup, trendctl.analyzer.service;"
        "print([m for m in ('openai', 'anthropic', 'httpx2') if m in sys.modules])"
    )
    assert fresh_python(code).strip() == "[]"


def test_a_seen_request_has_no_more_than_the_two_messages(store: Store, clock: FakeClock, loopback: Loopback) -> None:
    loopback.add(re.compile("."), reply("openai", GOOD))
    ask(free_model(store, clock, loopback))
    (seen,) = loopback.requests

    assert isinstance(seen, Seen)
    assert [m["role"] for m in seen.json()["messages"]] == ["system", "user"]
