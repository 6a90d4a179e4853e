"""The program with a language model on this machine: `scan` twice, every kind of bad answer, and what is shown."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from llm_kit import EMPTY_READING, PATHS, good_answer, reply, serve

from loopback import Loopback, Response, Seen
from trendctl.cli.main import main
from trendctl.store import analyses
from trendctl.store.engine import Store

FIXTURE = Path(__file__).resolve().parents[1] / "fixtures" / "sources" / "hackernews" / "ok.json"
Scan = Callable[..., Any]


@pytest.fixture
def scan(store: Store, loopback: Loopback, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Scan:
    """`trendctl scan` of one source with a provider on the loopback server; what its analysis told."""
    loopback.add(re.compile("^/hackernews/"), FIXTURE.read_bytes(), headers={"Content-Type": "application/json"})

    def run(provider: str = "openai", *command: str) -> Any:
        base = loopback.base_url + ("" if provider == "anthropic" else "/v1")
        for name, value in {
            "SOURCES__HACKERNEWS__BASE_URL": f"{loopback.base_url}/hackernews", "REVIEW__MINIMUM_SCORE": "0",
            "LLM__PROVIDER": "anthropic" if provider == "anthropic" else "compatible", "LLM__MODEL": "local",
            "LLM__BASE_URL": base, "REVIEW__QUEUE_LIMIT": "2",
            "SCAN__CANDIDATES": "0",  # nothing is measured here: its pace is a real second a call
        }.items():  # fmt: skip
            monkeypatch.setenv(f"TRENDCTL_{name}", value)
        capsys.readouterr()
        code = main(list(command) or ["scan", "--source", "hackernews", "--force"])
        return code, "".join(capsys.readouterr())

    return run


def questions(loopback: Loopback) -> list[Seen]:
    return [seen for seen in loopback.requests if seen.path in PATHS.values()]


def providers(store: Store) -> set[str]:
    with store.read() as db:
        return {row[0] for row in db.execute("SELECT DISTINCT provider FROM analysis")}


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_a_second_scan_makes_no_call(provider: str, store: Store, loopback: Loopback, scan: Scan) -> None:
    serve(loopback, provider)
    assert scan(provider)[0] == 0
    asked = len(questions(loopback))
    assert scan(provider)[0] == 0

    assert asked == 2, "one question for each of the two best; there is no supply to write about"
    assert len(questions(loopback)) == asked
    name = "anthropic" if provider == "anthropic" else "compatible"
    assert providers(store) == {"offline", f"{name}:local"}


@pytest.mark.parametrize("provider", ["openai", pytest.param("anthropic", marks=pytest.mark.soak)])
@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        ("{broken", "the answer is no JSON"),
        ({"wrong": 1}, "the answer breaks the schema"),
        (Response({"error": {"message": "no"}}, 401), "HTTP 401"),
        (Response({"error": {"message": "wait"}}, 429, {"Retry-After": "86400"}), "HTTP 429"),
        ("refusal", "the model refused"),
        ("length", "the answer was cut off"),
    ],
)
def test_every_bad_answer_ends_in_the_offline_one_with_its_cause_told(
    provider: str, answer: Any, cause: str, store: Store, loopback: Loopback, scan: Scan
) -> None:
    kind = answer if isinstance(answer, str) and answer in ("refusal", "length") else ""
    serve(loopback, provider, lambda data: Response(reply(provider, "{", kind)) if kind else answer)
    code, _ = scan(provider)

    assert code == 0
    told = {by for by in providers(store) if by != "offline"}
    assert told
    assert all(by.startswith("offline (") and cause in by for by in told)
    with store.read() as db:
        products = [row[0] for row in db.execute("SELECT DISTINCT product_id FROM analysis")]
        assert all(analyses.failures(db, product) == {} for product in products)


def test_analyze_tells_calls_costs_and_causes(store: Store, loopback: Loopback, scan: Scan) -> None:
    serve(loopback, "openai", lambda data: "{broken")
    scan()
    code, text = scan("openai", "analyze", "--json")
    found = json.loads(text)

    assert code == 0
    assert found["model"] == {
        "calls": 0, "cached": 2, "cost_usd": "0.000000", "offline": {"the answer is no JSON": 2},
    }  # fmt: skip
    assert "answered offline 2 times: the answer is no JSON" in scan("openai", "analyze")[1]


def test_a_model_that_answers_in_escape_codes_reaches_no_terminal(store: Store, loopback: Loopback, scan: Scan) -> None:
    bad = "\x1b]0;owned\x07\x1b[31m\u202eevil\U000e0041"

    def answer(data: dict[str, Any]) -> Any:
        made = good_answer(data)
        if "titles" not in data:
            return made
        line = {"text": bad, "cites": list(data["trend"]) or ["x"]}
        return EMPTY_READING | {"title": bad, "search_term": bad, "story": [line],
                                "doubts": [{"code": "claim", "quote": bad}]}  # fmt: skip

    serve(loopback, "openai", answer)
    scan()
    with store.read() as db:
        products = [str(row[0]) for row in db.execute("SELECT product_id FROM analysis WHERE provider LIKE 'comp%'")]
        stored = "".join(row[0] for row in db.execute("SELECT output FROM analysis"))
    shown = [scan("openai", command, products[0])[1] for command in ("show", "explain")]
    shown += [scan("openai", "products")[1], scan("openai", "show", products[0], "--json")[1], stored]

    assert products
    for text in shown:
        assert "owned" not in text
        assert "evil" not in text
        assert "\x1b" not in text
