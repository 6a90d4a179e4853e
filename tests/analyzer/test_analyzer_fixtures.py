"""Every agent has a folder of fixtures: evidence as it was read, and what must stand in the answer."""

import json
from pathlib import Path
from typing import Any

import pytest

from trendctl import registry

FOLDER = Path(__file__).resolve().parents[1] / "fixtures" / "agents"
FILES = sorted(FOLDER.glob("*/*.json"))


def holds(answer: Any, expected: Any) -> bool:
    """Whether all that is expected stands in the answer; lists begin with what is expected, an empty one is empty."""
    if isinstance(expected, dict) and expected:
        return isinstance(answer, dict) and all(k in answer and holds(answer[k], v) for k, v in expected.items())
    if isinstance(expected, list) and expected:
        return len(answer) >= len(expected) and all(map(holds, answer, expected))
    return bool(answer == expected)


@pytest.mark.parametrize("name", registry.names("agents"))
def test_an_agent_has_fixtures(name: str) -> None:
    assert len(list((FOLDER / name).glob("*.json"))) >= 2


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_an_agent_says_what_its_fixture_expects(path: Path) -> None:
    told = json.loads(path.read_text("utf-8"))
    agent = registry.load("agents", path.parent.name)
    answer = agent.run(told["evidence"]).model_dump(mode="json")

    assert holds(answer, told["expect"]), json.dumps(answer, indent=1)


def test_holds_tells_right_from_wrong() -> None:
    assert holds({"a": [1, 2], "b": 3}, {"a": [1]})
    assert not holds({"a": [1, 2]}, {"a": []})
    assert not holds({"a": {}}, {"a": {"b": 1}})
    assert not holds({"a": 1}, {"a": 2})
