"""What a source's bad answer is, told by the answer itself; drift repaired through a true scan, and taken back."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import drift_world as world
import pytest
from faults_kit import HOUR, Ill, names, private

from fakes import FakeClock
from loopback import Loopback, Response
from trendctl import registry
from trendctl.home import Home
from trendctl.http import Client
from trendctl.ports import Outcome
from trendctl.scanner.service import scan
from trendctl.scanner.values import Scanning, ScanValues, SourceValues
from trendctl.selfheal.analyst import analyse
from trendctl.store import answers
from trendctl.store.engine import Store
from trendctl.store.http_state import StoredHttpState

OK, FAILED, EMPTY = Outcome.OK, Outcome.FAILED, Outcome.EMPTY
HN = "hackernews"


@pytest.fixture
def ill(home: Home, store: Store, clock: FakeClock) -> Ill:
    return Ill(home, store, clock)


def keep(ill: Ill, source: str, which: answers.Which, body: bytes, **changes: Any) -> None:
    name = "ok.xml" if source.endswith("rss") else "ok.json"
    changes.setdefault("records", 0 if which == "bad" else world.ROWS)
    answer = world.answer(source, body, name, **changes)
    path = answers.path_of(ill.home.cache, source, which)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(answers.packed(answer))


def standing(ill: Ill) -> set[tuple[str, str]]:
    return {f.key for f in analyse(ill.faults, ill.look()).found}


def failed(ill: Ill, source: str, body: bytes, cause: str = "not understood: no list there", **changes: Any) -> None:
    """The source was well for days, and its last answer is this."""
    good = (
        world.feed_bytes(world.long_feed(source)) if source.endswith("rss") else world.as_bytes(world.long_json(source))
    )
    keep(ill, source, "good", good)
    keep(ill, source, "bad", body, problem=cause, **changes)
    outcome = EMPTY if cause == "no entries" else FAILED
    ill.runs(source, *[(OK, 20, "")] * 4, (outcome, 0, cause))


def drifted(old: str = "title", new: str = "headline") -> bytes:
    doc = world.long_json(HN, 3)
    world.rename(doc, "hits", old, new)
    return world.as_bytes(doc)


# ---------------------------------------------------------------- told apart

LATIN = b'<?xml version="1.0" encoding="utf-8"?><rss><channel><item><title>caf\xe9</title></item></channel></rss>'
FORMS: Mapping[str, tuple[str, bytes, str, str]] = {
    "moved fields": (HN, drifted(), "none of 20 entries could be used: the format may have changed", "source_drift"),
    "JSON where a feed was": ("slickdeals_rss", b'{"entries": []}', "not understood: no feed", "source_drift"),
    "an emptiness of a list that the leaf knows": ("steam_charts", b'{"top_sellers": {"id": "x", "items": []}}',
                                                   "no entries", "sudden_emptiness"),
    "another document": (HN, b'{"status": "fine", "version": 3}', "not understood: no list", "source_drift"),
    "an honest emptiness": (HN, b'{"hits": [], "nbHits": 0}', "no entries", "sudden_emptiness"),
    "an error in its own words": (HN, b'{"error": {"message": "index is gone"}}', "not understood: no list at 'hits'",
                                  "sudden_emptiness"),
    "half an answer": (HN, drifted()[:900], "not understood: not whole JSON", "answer_cut"),
    "another encoding": (HN, '{"hits": [{"title": "caf\xe9"}]}'.encode("latin-1"),
                         "not understood: the answer is not in the encoding of JSON", "feed_encoding"),
    "a feed without entries": ("slickdeals_rss", b"<rss><channel><title>x</title></channel></rss>", "no entries",
                               "sudden_emptiness"),
    "a feed in another encoding": ("slickdeals_rss", LATIN, "not understood: not whole XML", "feed_encoding"),
    "a feed that ends in the middle": ("slickdeals_rss", LATIN[:45], "not understood: not whole", "answer_cut"),
}  # fmt: skip


@pytest.mark.parametrize("form", sorted(FORMS))
def test_a_bad_answer_is_told_by_what_it_is(ill: Ill, form: str) -> None:
    source, body, cause, fault = FORMS[form]
    failed(ill, source, body, cause)
    assert standing(ill) == {(fault, source)}


def test_a_source_that_never_gave_much_may_be_empty(ill: Ill) -> None:
    ill.runs(HN, *[(OK, 2, "")] * 4, (EMPTY, 0, ""))
    keep(ill, HN, "bad", b'{"hits": []}', problem="no entries")
    assert standing(ill) == set()


def test_far_fewer_entries_than_usual_are_told(ill: Ill) -> None:
    ill.runs(HN, *[(OK, 60, "")] * 4, (OK, 3, ""))
    assert standing(ill) == {("sudden_emptiness", HN)}


def test_drift_without_an_earlier_answer_is_told_not_guessed(ill: Ill) -> None:
    ill.runs(HN, *[(OK, 20, "")] * 4, (FAILED, 0, "not understood: no list"))
    keep(ill, HN, "bad", drifted(), problem="not understood")
    assert standing(ill) == {("source_drift", HN)}
    assert ill.plan("source_drift", HN) is None


def test_a_source_that_was_switched_off_is_nobodys_trouble(home: Home, store: Store, clock: FakeClock) -> None:
    ill = Ill(home, store, clock, sources={HN: False})
    failed(ill, HN, drifted())
    assert standing(ill) == set()


def test_an_answer_older_than_its_source_allows_is_not_used(ill: Ill) -> None:
    keep(ill, "bestbuy", "good", world.as_bytes(world.long_json("bestbuy")))
    doc = world.long_json("bestbuy", 3)
    world.rename(doc, "results", "sku", "uid")
    keep(ill, "bestbuy", "bad", world.as_bytes(doc), problem="none could be used")
    ill.clock.advance(4 * 24 * HOUR)  # its catalogue may be kept for three days
    ill.runs("bestbuy", *[(OK, 20, "")] * 4, (FAILED, 0, "not understood"))
    assert "source_drift" not in names(ill.found())


# ---------------------------------------------------------------- 'unchanged' for ever


def stuck(ill: Ill, times: int, key: str = "h k") -> None:
    from trendctl.ports import Validators

    StoredHttpState(ill.store, ill.clock).remember("h k", Validators('"1"', "", "a" * 64))
    keep(ill, HN, "bad", b'{"hits": []}', problem="no entries", not_modified=True, validator=key)
    ill.runs(HN, *[(OK, 20, "")] * 4, *[(EMPTY, 0, "")] * times)


def test_an_etag_that_sticks_is_forgotten_and_remembered_again(ill: Ill) -> None:
    stuck(ill, 3)
    told = ill.heal()["validator_stuck"]
    assert told.action == "fixed"
    state = StoredHttpState(ill.store, ill.clock)
    assert state.validators("h k") is None
    ill.take_back(told)
    assert state.validators("h k") is not None


@pytest.mark.parametrize(("times", "key"), [(1, "h k"), (3, "h other")])
def test_one_unchanged_answer_is_no_sticking(ill: Ill, times: int, key: str) -> None:
    stuck(ill, times, key)
    assert standing(ill) == {("sudden_emptiness", HN)}


# ---------------------------------------------------------------- repaired, and taken back


def test_an_overlay_is_written_and_one_command_takes_it_back(ill: Ill) -> None:
    failed(ill, HN, drifted())
    told = ill.heal()["source_drift"]
    overlay = ill.home.overlays / f"{HN}.json"
    assert told.action == "fixed"
    assert json.loads(overlay.read_bytes()) == {"title": "headline || (title || story_title)"}
    assert overlay.stat().st_mode & 0o777 == 0o600
    assert "source_drift" not in names(ill.found())
    ill.take_back(told)
    assert not overlay.exists()
    assert "source_drift" in names(ill.found())


def test_an_overlay_of_the_person_is_kept_and_comes_back(ill: Ill) -> None:
    mine = private(ill.home.overlays / f"{HN}.json", b'{"comments": "num_comments"}')
    failed(ill, HN, drifted())
    told = ill.heal()["source_drift"]
    assert set(json.loads(mine.read_bytes())) == {"comments", "title"}
    ill.take_back(told)
    assert mine.read_bytes() == b'{"comments": "num_comments"}'


@pytest.mark.parametrize(
    ("text", "action"), [(b'{"title": "nope"}', "fixed"), (b'{"title": "a", "url": "b"}', "proposed")]
)
def test_an_overlay_that_spoils_its_source_goes_aside_unless_it_is_about_a_link(
    ill: Ill, text: bytes, action: str
) -> None:
    path = private(ill.home.overlays / f"{HN}.json", text)
    failed(ill, HN, world.as_bytes(world.long_json(HN, 3)), "none of 20 entries could be used")
    told = ill.heal()["source_drift"]
    assert told.action == action
    assert path.exists() == (action == "proposed")


def test_a_link_that_moved_waits_for_a_person(ill: Ill) -> None:
    doc = world.long_json(HN, 3)
    world.rename(doc, "hits", "url", "target")
    keep(ill, HN, "good", world.as_bytes(world.long_json(HN)))
    keep(ill, HN, "bad", world.as_bytes(doc), problem="gone from all entries: url", records=20)
    ill.runs(HN, *[(OK, 20, "")] * 5)
    told = ill.heal()["source_drift"]
    assert told.action == "proposed"
    assert list(ill.home.overlays.iterdir()) == []


def test_a_number_that_moved_while_the_list_is_well_is_repaired(ill: Ill) -> None:
    doc = world.long_json(HN, 3)
    world.rename(doc, "hits", "points", "pointsTotal")
    keep(ill, HN, "good", world.as_bytes(world.long_json(HN)))
    keep(ill, HN, "bad", world.as_bytes(doc), problem="gone from all entries: value points", records=20)
    ill.runs(HN, *[(OK, 20, "")] * 5)
    assert ill.heal()["source_drift"].action == "fixed"


# ---------------------------------------------------------------- through a true scan


@pytest.fixture
def scanning(ill: Ill, loopback: Loopback) -> Iterator[Callable[[], Scanning]]:
    client = Client(
        StoredHttpState(ill.store, ill.clock), ill.clock, ill.home.cache, user_agent="t", spread=lambda: 0.0
    )

    def overlay(name: str) -> Mapping[str, str]:
        path = ill.home.overlays / f"{name}.json"
        found: Mapping[str, str] = json.loads(path.read_bytes()) if path.exists() else {}
        return found

    def wire() -> Scanning:
        values = ScanValues(sources={HN: SourceValues(base_url=loopback.base_url)}, candidates=0)
        return Scanning(ill.store, client, ill.clock, [registry.load("sources", HN)], values, _Nothing(), overlay,
                        sellable=lambda title: 0.1, threshold=lambda: 0.5)  # fmt: skip

    yield wire
    client.close()


class _Nothing:
    def get(self, name: str) -> None:
        return None

    def put(self, name: str, value: str) -> None:
        """Nothing is kept."""


def test_a_drifted_source_is_scanned_repaired_scanned_again_and_taken_back(
    ill: Ill, loopback: Loopback, scanning: Callable[[], Scanning]
) -> None:
    served: dict[str, Any] = {"first": 0, "new": ""}

    def answer(seen: Any) -> Response:
        doc = world.long_json(HN, served["first"])
        if served["new"]:
            world.rename(doc, "hits", "title", served["new"])
        return Response(world.as_bytes(doc), headers={"Content-Type": "application/json"})

    loopback.add(re.compile(r"/search.*"), answer)
    loopback.add(re.compile(r"/api.*"), answer)

    def hour() -> str:
        ill.clock.advance(HOUR)
        served["first"] += 1
        (line,) = scan(scanning(), force=True).sources
        return f"{line.outcome} {line.items}"

    assert [hour() for _ in range(4)] == ["ok 20"] * 4
    served["new"] = "headline"
    assert hour() == "failed 0"
    assert standing(ill) >= {("source_drift", HN)}
    told = ill.heal()["source_drift"]
    assert told.action == "fixed"
    assert hour() == "ok 20"
    assert "source_drift" not in names(ill.found())
    ill.take_back(told)
    assert hour() == "failed 0"
    assert answers.read(ill.home.cache, HN, "good") is not None
