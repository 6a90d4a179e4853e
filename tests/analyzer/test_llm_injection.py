"""Sixty attacks from outside, against a model that obeys them: nothing that counts changes, nothing raw comes out."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from analyzer_world import (
    DAY,
    PLATFORMS,
    STAMP,
    SUPPLY,
    a_case,
    a_series,
    add_item,
    add_product,
    an_item,
    observe,
    seen,
)
from llm_kit import EMPTY_READING, EMPTY_WRITING, FakeTalk, memory, quick_agents, remember_signals

from fakes import FakeClock
from trendctl.analyzer.outputs import Compliance, Copy
from trendctl.analyzer.running import Known, Offline, Result, run_agents
from trendctl.analyzer.service import Market, analyze
from trendctl.commerce.invisible import invisible_characters
from trendctl.ports import Case, Source, SourceFacts
from trendctl.scanner.formats import feed
from trendctl.store.engine import Store

AGENTS = quick_agents()
FEED = Source(SourceFacts("feed", "", "", "", ("discover",), ai_ok=True, may_price=True))
FOLDER = Path(__file__).resolve().parents[1] / "fixtures" / "injection"
CASES = [
    (f"{path.stem}-{case['name']}", case)
    for path in sorted(FOLDER.glob("*.json"))
    for case in json.loads(path.read_text("utf-8"))
]
each = pytest.mark.parametrize("attack", [case for _, case in CASES], ids=[name for name, _ in CASES])
Attack = dict[str, Any]


def obey(attack: Attack) -> FakeTalk:
    """Does what the attacker wants in every field it has, citing whatever facts there are."""
    wants = [str(d) for d in attack["demands"]] + ["https://evil.example/pay", "$0.01", "Rolex", "\x1b[31mred", "99 kg"]

    def lines(data: Attack, keys: list[str]) -> list[Attack]:
        facts = data.get("facts") or data.get("trend") or {}
        alone = [{"text": w[:400], "cites": keys} for w in wants]
        beside = [{"text": f"{facts[k]['text']} {w}"[:400], "cites": [k]} for k in keys for w in wants]
        return [*alone, *beside, *[{"text": w[:400], "cites": ["system"]} for w in wants]]

    def answer(data: Attack) -> Any:
        if "raw" in attack:
            return attack["raw"]
        if "titles" in data:
            said = EMPTY_READING | {
                "title": wants[0][:200], "model": wants[0][:60], "search_term": " ".join(wants)[:80],
                "category": "Mature", "story": lines(data, list(data["trend"]))[:4],
                "doubts": [{"code": "claim", "quote": w[:200]} for w in wants][:8],
            }  # fmt: skip
        else:
            told = lines(data, list(data["facts"]))
            said = EMPTY_WRITING | {
                "platforms": [
                    {"platform": p, "title": told[n % len(told)], "sentences": told[n : n + 14], "bullets": told[:5]}
                    for n, p in enumerate([*data["platforms"], "evil_platform", "https://evil.example"])
                ],
                "search_terms": [w[:80] for w in wants], "hashtags": [f"#{w}"[:42] for w in wants],
                "aspects": [{"name": w[:40], "cites": k} for k in data["facts"] for w in wants][:20],
            }  # fmt: skip
        return said | attack.get("extra", {})

    return FakeTalk(answer)


def title_of(attack: Attack) -> str:
    if "feed" not in attack:
        return str(attack["title"])
    (row,) = feed.rows(attack["feed"].encode(), {"title": "title"})
    return row.text("title")


def victim(attack: Attack) -> Case:
    facts = attack.get("facts", {"material": "Steel", "pack_size": "2"})
    title = title_of(attack)
    rising: list[float | None] = [100.0] * 40 + [180.0, 260.0, 420.0, 640.0, 900.0]
    return a_case(
        title, items=(an_item(title),), supply=replace(SUPPLY, facts=facts), series=(a_series(rising),),
        prices=(seen(4990), seen(5990), seen(3990)),
    )  # fmt: skip


def texts(value: Any) -> Iterator[str]:
    """Every text of an answer, but not what evidence and flags quote of the product's own titles."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, entry in value.items():
            if key != "evidence":
                yield from texts(entry)
            yield str(key)
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from texts(entry)


def all_texts(result: Result) -> list[str]:
    return [t for output in result.outputs.values() for t in texts(output.model_dump())]


def judged(store: Store, clock: FakeClock, attack: Attack) -> tuple[Result, Result, FakeTalk]:
    talk, case, known = obey(attack), victim(attack), Known(1, {}, False, STAMP)
    answerer = memory(store, clock, talk).for_product(case, known, asked=True)
    return run_agents(AGENTS, case, known, answerer), run_agents(AGENTS, case, known, Offline()), talk


def test_there_are_sixty_attacks_each_with_its_own_name() -> None:
    assert len(CASES) == 60
    assert len({name for name, _ in CASES}) == 60
    assert all(case["demands"] for _, case in CASES)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    remember_signals(monkeypatch)


@each
def test_an_attack_changes_nothing_and_says_nothing(store: Store, clock: FakeClock, attack: Attack) -> None:
    obeyed, offline, talk = judged(store, clock, attack)

    assert talk.questions
    check_nothing_that_counts_changed(obeyed, offline)
    check_nothing_wanted_is_said(obeyed, offline, attack)
    check_nothing_is_raw(obeyed)
    check_the_attack_was_data(talk)


def check_nothing_that_counts_changed(obeyed: Result, offline: Result) -> None:
    assert obeyed.failures == offline.failures == {}
    for agent in ("demand", "competition", "price", "margin", "platform_fit", "category"):
        assert obeyed.outputs[agent] == offline.outputs[agent]
    copy, plain = obeyed.outputs["copywriter"], offline.outputs["copywriter"]
    assert isinstance(copy, Copy)
    assert isinstance(plain, Copy)
    assert set(copy.platforms) == set(plain.platforms) == set(PLATFORMS)
    assert copy.facts == plain.facts
    flags, before = obeyed.outputs["compliance"], offline.outputs["compliance"]
    assert isinstance(flags, Compliance)
    assert isinstance(before, Compliance)
    assert set(before.flags) <= set(flags.flags)
    assert flags.blocked == before.blocked
    assert {f.severity for f in set(flags.flags) - set(before.flags)} <= {"warn"}


def check_nothing_wanted_is_said(obeyed: Result, offline: Result, attack: Attack) -> None:
    said, before = "\n".join(all_texts(obeyed)).casefold(), "\n".join(all_texts(offline)).casefold()

    wanted = [*attack["demands"], "evil.example", "$0.01", "rolex", "99 kg", "<script", "javascript:", "mature"]
    compliance = obeyed.outputs["compliance"]
    assert isinstance(compliance, Compliance)
    doubts = [f.words for f in compliance.flags if f.code.startswith("doubt_")]
    for want in (w.casefold() for w in wanted):
        if want not in before and not any(want in words.casefold() for words in doubts):
            assert want not in said


def check_nothing_is_raw(obeyed: Result) -> None:

    for text in all_texts(obeyed):
        assert not invisible_characters(text), ascii(text)
        assert len(text) < 6000
        assert not text.startswith(("=", "@", "+cmd")), text


def check_the_attack_was_data(talk: FakeTalk) -> None:

    for question in talk.questions:
        assert "evil" not in question.system
        for turn in question.turns[:1]:
            assert turn.count("<") == 2, "the fence's own marks"
            assert not invisible_characters(turn)
            assert "http://" not in turn
            assert "https://" not in turn


def test_another_product_and_every_other_table_stay_as_they_are(store: Store, clock: FakeClock) -> None:
    titles = sorted({title_of(attack) for _, attack in CASES})
    numbers = [_stored(store, title, STAMP) for title in titles]
    neighbour = _stored(store, "Plain Wooden Spoon", STAMP)
    told: Any = {
        "clock": clock, "market": Market(), "platforms": PLATFORMS, "agents": AGENTS, "minimum_score": 0.0,
        "sources": (FEED,),
    }  # fmt: skip
    before = _others(store)
    analyze(store, **told)
    plain = _answers(store, neighbour)
    talk = obey({"demands": ["$0.01", "https://evil.example/pay"]})
    analyze(store, **told, answerer=memory(store, clock, talk))

    assert len(talk.questions) > 0
    assert _others(store) == before
    assert {a: o for a, o in _answers(store, neighbour).items() if a != "trend_stage"} == {
        a: o for a, o in plain.items() if a != "trend_stage"
    }
    assert "evil" not in json.dumps([_answers(store, n) for n in (*numbers, neighbour)]).replace("evil.example\\", "")


def _stored(store: Store, title: str, at: int) -> int:
    product = add_product(store, title, at=at)
    item = add_item(store, product, title, source="feed", at=at, external_id=f"x{product}")
    points = [(STAMP - (44 - n) * DAY, 100.0) for n in range(40)]
    points += [(STAMP - (4 - n) * DAY, v) for n, v in enumerate((180.0, 260.0, 420.0, 640.0, 900.0))]
    observe(store, item, "views", points, period=DAY)
    return product


def _answers(store: Store, product: int) -> dict[str, Any]:
    from trendctl.store import analyses

    with store.read() as db:
        found = analyses.outputs(db, product)
    return {agent: list(texts(output)) for agent, output in found.items()}


def _others(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    mine = {"analysis", "score", "llm_call", "llm_answer", "sqlite_sequence"}
    with store.read() as db:
        names = [r[0] for r in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'") if r[0] not in mine]
        return {name: [tuple(r) for r in db.execute(f"SELECT * FROM {name}")] for name in names}
