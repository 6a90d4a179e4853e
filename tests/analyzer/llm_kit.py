"""A language model for tests: a loopback server that speaks both interfaces, and answers made from the question."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pytest
from pydantic import BaseModel

from fakes import FakeClock
from loopback import Loopback, Response, Seen
from trendctl import registry
from trendctl.analyzer import signals
from trendctl.analyzer.evidence import digest
from trendctl.analyzer.llm import Chosen, Model, connect
from trendctl.analyzer.modelled import Modelled
from trendctl.analyzer.providers.wire import Line, Question, Said, Talk
from trendctl.analyzer.running import in_order
from trendctl.ports import Agent, Case
from trendctl.store.engine import Store

PATHS = {"openai": "/v1/chat/completions", "anthropic": "/v1/messages"}
MODELS = {"openai": "gpt-4.1-mini", "anthropic": "claude-haiku-4-5"}
EMPTY_READING: dict[str, Any] = {
    "title": "", "model": "", "search_term": "", "category": "", "story": [], "doubts": [],
}  # fmt: skip
EMPTY_WRITING: dict[str, Any] = {"platforms": [], "search_terms": [], "hashtags": [], "aspects": []}


def openai_reply(text: str | None, stop: str = "stop", usage: tuple[int, int] | None = (200, 50), **more: Any) -> Any:
    found = {
        "id": "c1", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "finish_reason": stop, "message": {"role": "assistant", "content": text, **more}}],
    }  # fmt: skip
    if usage:
        sent, made = usage
        found["usage"] = {"prompt_tokens": sent, "completion_tokens": made, "total_tokens": sent + made}
    return found


def anthropic_reply(text: str | None, stop: str = "end_turn", usage: tuple[int, int] | None = (200, 50)) -> Any:
    content = [{"type": "text", "text": text}] if text is not None else []
    sent, made = usage or (0, 0)
    found: dict[str, Any] = {
        "id": "m1", "type": "message", "role": "assistant", "model": "m", "stop_sequence": None, "stop_reason": stop,
        "content": content,
    }  # fmt: skip
    if usage:
        found["usage"] = {"input_tokens": sent, "output_tokens": made}
    return found


def reply(provider: str, text: str | None, kind: str = "good", usage: tuple[int, int] | None = (200, 50)) -> Any:
    """An answer in the provider's form; `kind`: good, length or refusal."""
    if provider == "anthropic":
        return anthropic_reply(text, {"good": "end_turn", "length": "max_tokens", "refusal": "refusal"}[kind], usage)
    if kind == "refusal":
        return openai_reply(None, "stop", usage, refusal="I cannot help with that.")
    return openai_reply(text, {"good": "stop", "length": "length"}[kind], usage)


def question_data(text: str) -> dict[str, Any]:
    """The JSON between the marks of a question."""
    found = re.search(r"<(data-[0-9a-f]{12})>\n(.*)\n</\1>", text, re.DOTALL)
    assert found, text
    return dict(json.loads(found[2]))


def question_text(seen: Seen) -> str:
    """All that the user's turns of a request say."""
    turns = [m["content"] for m in seen.json()["messages"] if m["role"] == "user"]
    return "\n".join(t if isinstance(t, str) else "\n".join(part["text"] for part in t) for t in turns)


def good_answer(data: Mapping[str, Any]) -> dict[str, Any]:
    """What an honest model says: the first title again, the story from the facts; or a sentence for each fact."""
    if "titles" in data:
        trend = data["trend"]
        story = [{"text": f"The stage is {trend['stage']['text']}.", "cites": ["stage"]}] if trend else []
        title = data["titles"][0] if data["titles"] else ""
        category = data["classes"][0] if data["classes"] else ""
        return {**EMPTY_READING, "title": title, "category": category, "story": story}
    facts = data["facts"]
    told = [k for k in facts if k.startswith("fact:")]
    lines = [{"text": f"The {facts[k]['label'].lower()} is {facts[k]['text']}.", "cites": [k]} for k in told]
    title = facts.get("title", {"text": ""})["text"]
    return {
        "platforms": [
            {"platform": p, "title": {"text": title, "cites": ["title"]}, "sentences": lines, "bullets": lines[:5]}
            for p in data["platforms"]
        ],
        "search_terms": [title.casefold()[:60]], "hashtags": [], "aspects": [],
    }  # fmt: skip


Answer = Callable[[dict[str, Any]], Any]


def serve(loopback: Loopback, provider: str, answer: Answer = good_answer) -> None:
    """Answer every question by `answer` (a text stands for itself), or by the Response it returns."""

    def made(seen: Seen) -> Any:
        said = answer(question_data(question_text(seen)))
        if isinstance(said, Response):
            return said
        return reply(provider, said if isinstance(said, str) else json.dumps(said))

    loopback.add(PATHS[provider], made)


def free_model(store: Store, clock: FakeClock, loopback: Loopback, provider: str = "openai", **more: Any) -> Model:
    """A model on the loopback server, which costs nothing; the real SDK."""
    base = loopback.base_url + ("" if provider == "anthropic" else "/v1")
    name = provider if provider == "anthropic" else "compatible"
    return Model(Chosen(name, "local", base, 0, 5.0), None, store, clock, **more)


def paid_model(
    store: Store, clock: FakeClock, loopback: Loopback, provider: str = "openai", budget: int = 1_000_000, **more: Any
) -> Model:
    """A model with the price of the real one; the real SDK, but the line leads to the loopback server."""
    base = loopback.base_url + ("" if provider == "anthropic" else "/v1")
    home = {"openai": "https://api.openai.com/v1", "anthropic": "https://api.anthropic.com"}[provider]

    def to_loopback(chosen: Chosen, line: Line) -> Talk:
        return connect(chosen, replace(line, base_url=base))

    chosen = Chosen(provider, MODELS[provider], home, budget, more.pop("timeout", 5.0))
    return Model(chosen, "key-for-tests", store, clock, talk=to_loopback, **more)


def quick_agents() -> tuple[Agent, ...]:
    """All agents; the statistics, which no model touches, are computed once for the same evidence."""
    slow = {"margin", "price", "platform_fit", "trend_stage"}
    found = registry.load_all("agents")
    return in_order([replace(a, run=_remembered(a.run)) if a.name in slow else a for a in found])


def _remembered(run: Callable[[Mapping[str, Any]], BaseModel]) -> Callable[[Mapping[str, Any]], BaseModel]:
    known: dict[str, BaseModel] = {}

    def ask(evidence: Mapping[str, Any]) -> BaseModel:
        key = digest(evidence)
        if key not in known:
            known[key] = run(evidence)
        return known[key]

    return ask


def remember_signals(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same series are looked at once."""
    monkeypatch.setattr(signals, "read", lambda case: _read(_Series(case)))


class _Series:
    """A case as far as signals depend on it in these tests."""

    def __init__(self, case: Case) -> None:
        self.case, self.key = case, (case.series, case.last_seen, case.now, tuple(case.event_days))

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Series) and self.key == other.key


_plain_read = signals.read


@lru_cache(maxsize=64)
def _read(series: _Series) -> Any:
    return _plain_read(series.case)


class FakeTalk:
    """A wire.Talk in memory."""

    def __init__(self, answer: Answer = good_answer, usage: tuple[int, int] | None = (200, 50)) -> None:
        self.answer, self.usage = answer, usage
        self.questions: list[Question] = []
        self.closed = False

    def say(self, question: Question) -> Said:
        self.questions.append(question)
        said = self.answer(question_data("\n".join(question.turns)))
        sent, made = self.usage or (None, None)
        return said if isinstance(said, Said) else Said(
            said if isinstance(said, str) else json.dumps(said), "end", sent, made
        )  # fmt: skip

    def close(self) -> None:
        self.closed = True


def memory(store: Store, clock: FakeClock, talk: FakeTalk, budget: int = 1_000_000_000, **more: Any) -> Modelled:
    """Agents with a model in memory, at the price of a real one."""
    chosen = Chosen("openai", "gpt-4.1-mini", "https://api.openai.com/v1", budget, 5.0)
    return Modelled(Model(chosen, "key-for-tests", store, clock, talk=lambda chosen, line: talk, **more))
