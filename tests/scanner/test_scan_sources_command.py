"""`trendctl sources show/test/record` as a person uses them."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trendctl.cli.main import main
from trendctl.ports import SourceFacts
from trendctl.registry import load_all
from trendctl.store.engine import Store

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(store: Store, loopback: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Run:
    """A command in this process; every source it may ask is the loopback server."""
    for name in ("HACKERNEWS", "GOOGLE_NEWS_RSS", "GDELT", "YOUTUBE_DATA"):
        monkeypatch.setenv(f"TRENDCTL_SOURCES__{name}__BASE_URL", loopback.base_url)

    def run(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["sources", *words])
        return code, *capsys.readouterr()

    return run


STORY = {"objectID": "7", "title": "Camp lantern", "points": 5, "num_comments": 1, "author": "kim_example",
         "_tags": ["story", "author_kim_example"], "url": "https://a.example/7"}  # fmt: skip


@pytest.mark.parametrize("facts", [s.facts for s in load_all("sources")], ids=lambda facts: facts.name)
def test_show_tells_what_it_gives_its_key_its_limits_and_terms(command: Run, facts: SourceFacts) -> None:
    code, out, err = command("show", facts.name)
    assert code == 0
    for told in (facts.about, facts.terms_url, facts.rate, facts.get_key, *facts.credentials):
        assert told in out
    assert f"{facts.gap_seconds}" in out
    if facts.credentials:
        assert f"trendctl secrets set {facts.credentials[0]}" in err
    if not facts.enabled:
        assert f"trendctl sources enable {facts.name}" in err


def test_every_source_that_needs_a_key_says_how_to_get_it() -> None:
    assert [s.facts.name for s in load_all("sources") if s.facts.credentials and not s.facts.get_key] == []


def test_a_source_that_discovers_is_tried_and_nothing_is_stored(command: Run, loopback: Any, store: Store) -> None:
    loopback.add("/api/v1/search", {"hits": [STORY]})
    code, out, err = command("test", "hackernews")
    assert (code, "Camp lantern" in out, "hackernews: ok, 1 items" in err) == (0, True, True)
    with store.read() as db:
        assert db.execute("SELECT count(*) FROM item").fetchone()[0] == 0


def test_a_source_that_only_measures_is_tried_with_a_usual_term(command: Run, loopback: Any) -> None:
    point = {"date": "20260520T000000Z", "value": 12}
    loopback.add("/api/v2/doc/doc", {"timeline": [{"data": [point]}]})
    code, out, _ = command("test", "gdelt", "--json")
    document = json.loads(out)
    assert (code, document["outcome"], document["items"]) == (0, "ok", 1)
    assert document["sample"][0]["title"] == "insulated water bottle"


def test_a_source_without_its_credentials_says_how_to_set_them(command: Run, loopback: Any) -> None:
    code, _, err = command("test", "youtube_data")
    assert (code, loopback.requests) == (3, [])
    assert "trendctl secrets set YOUTUBE_API_KEY" in err


def test_a_refused_try_is_no_success(command: Run, loopback: Any) -> None:
    loopback.add(re.compile("/"), status=403)
    code, _, err = command("test", "hackernews")
    assert (code, "unavailable" in err) == (1, True)


def test_a_recording_is_a_fixture_without_people_that_plays_back(command: Run, loopback: Any, tmp_path: Path) -> None:
    from trendctl.scanner.har import Replay

    loopback.add("/api/v1/search", {"hits": [STORY | {"story_text": "mail kim@mail.example"}]})
    file = tmp_path / "hn.har"
    code, _, err = command("record", "hackernews", str(file))
    assert (code, "recorded in" in err) == (0, True)
    text = file.read_text()
    assert "Camp lantern" in text
    assert "kim" not in text
    assert Replay(file)
