"""Fields that move in answers of real sources: the changed map is found, proven, and reads what the old one read."""

from collections.abc import Callable, Mapping
from typing import Any
from xml.etree import ElementTree

import drift_world as world
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from trendctl import registry
from trendctl.selfheal.drift import Found, propose
from trendctl.selfheal.drift_proof import parsed
from trendctl.store.answers import Answer

FEED_CASES = ("slickdeals_rss", "producthunt_feed", "press_rss", "google_trends_rss", "youtube_feeds")
LATER = 3  # places by which the list has moved on
NEW = ("headline", "caption", "label_text", "displayName", "product-name", "Title2", "x:name")
BOXES = ("data", "attributes", "node", "meta")
LISTS = ("payload.entries", "response.result.list", "hits_v2", "feed-items")


def last(path: str) -> str:
    """The key that a simple path reads."""
    return path.split("||")[0].strip().split(".")[-1]


def parent(path: str) -> str:
    return path.split("||")[0].strip().rpartition(".")[0]


def field_of(source: str, name: str) -> str:
    return str(registry.load("sources", source).facts.fields[name])


def judged(source: str, doc: Any) -> tuple[Found, Answer, Answer]:
    good = world.answer(source, world.as_bytes(world.long_json(source)), "ok.json")
    bad = world.answer(source, world.as_bytes(doc), "ok.json")
    return propose(registry.load("sources", source), good, bad, {}), good, bad


def reads_the_same(source: str, found: Found, bad: Answer, was: Answer) -> None:
    """The changed map reads of the changed answer what the old map read of the unchanged one."""
    leaf = registry.load("sources", source)
    assert found.fields is not None, found.why
    now, before = parsed(leaf, bad, found.fields), parsed(leaf, was, {})
    assert now is not None
    assert before is not None
    assert [(r.external_id, r.title, r.readings) for r in now.records] == [
        (r.external_id, r.title, r.readings) for r in before.records
    ]


def unchanged(source: str) -> Answer:
    return world.answer(source, world.as_bytes(world.long_json(source, LATER)), "ok.json")


SOURCES = sorted(world.JSON_SOURCES)
RENAMABLE = [s for s in SOURCES if "." not in last(field_of(s, "title"))]


@settings(max_examples=12)
@given(st.sampled_from(RENAMABLE), st.sampled_from(["title", "id"]), st.sampled_from(NEW))
def test_a_renamed_field_is_found_again(source: str, name: str, new: str) -> None:
    path = field_of(source, name).split("||")[0].strip()
    assume(last(path) != new)
    doc = world.long_json(source, LATER)
    world.rename(doc, world.JSON_SOURCES[source], path, new)
    found, _, bad = judged(source, doc)
    reads_the_same(source, found, bad, unchanged(source))
    assert found.sure


@settings(max_examples=10)
@given(st.sampled_from(RENAMABLE), st.sampled_from(["title", "id"]), st.sampled_from(BOXES), st.booleans())
def test_a_field_that_went_one_level_deeper_is_found_again(source: str, name: str, box: str, other: bool) -> None:
    path = field_of(source, name).split("||")[0].strip()
    doc, rows = world.long_json(source, LATER), world.JSON_SOURCES[source]
    holders = world.rows_of(doc, rows)
    for key in filter(None, parent(path).split(".")):
        holders = [h[key] for h in holders]
    for holder in holders:
        holder[box] = {("value" if other else last(path)): holder.pop(last(path))}
    found, _, bad = judged(source, doc)
    reads_the_same(source, found, bad, unchanged(source))


def test_fields_that_came_one_level_up_are_found_again() -> None:
    doc = world.long_json("lemmy_hot", LATER)
    world.higher(doc, "posts", "post")
    found, _, bad = judged("lemmy_hot", doc)
    reads_the_same("lemmy_hot", found, bad, unchanged("lemmy_hot"))


@settings(max_examples=12)
@given(
    st.sampled_from([s for s in SOURCES if s not in ("steam_charts", "tiktok_shop_affiliate")]), st.sampled_from(LISTS)
)
def test_a_list_that_moved_is_found_again(source: str, place: str) -> None:
    doc = world.moved_list(world.long_json(source, LATER), world.JSON_SOURCES[source], place)
    found, _, bad = judged(source, doc)
    reads_the_same(source, found, bad, unchanged(source))
    assert set(found.fields or {}) == {"rows"}


@pytest.mark.parametrize("source", [s for s in SOURCES if s != "steam_charts"])
def test_rows_that_were_wrapped_are_found_again(source: str) -> None:
    doc = world.long_json(source, LATER)
    world.wrapped(doc, world.JSON_SOURCES[source], "node")
    found, _, bad = judged(source, doc)
    reads_the_same(source, found, bad, unchanged(source))
    assert set(found.fields or {}) == {"rows"}
    assert found.sure
    assert not found.delicate


def test_a_list_that_became_a_mapping_is_found_again() -> None:
    doc = world.long_json("hackernews", LATER)
    doc["hits"] = {f"k{n}": row for n, row in enumerate(doc["hits"])}
    found, _, bad = judged("hackernews", doc)
    reads_the_same("hackernews", found, bad, unchanged("hackernews"))
    assert not found.sure, "the places in a list are ranks, and a mapping has none"


def test_two_fields_that_moved_at_once_are_found_again() -> None:
    doc = world.long_json("hackernews", LATER)
    world.rename(doc, "hits", "title", "headline")
    world.rename(doc, "hits", "points", "pointsTotal")
    found, _, bad = judged("hackernews", doc)
    reads_the_same("hackernews", found, bad, unchanged("hackernews"))
    assert set(found.fields or {}) == {"title", "points"}


def test_an_id_that_became_a_number_needs_no_repair() -> None:
    doc = world.long_json("hackernews", LATER)
    for row in doc["hits"]:
        row["objectID"] = int(row["objectID"])
    found, _, bad = judged("hackernews", doc)
    assert found.fields is None
    leaf = registry.load("sources", "hackernews")
    read = parsed(leaf, bad, {})
    assert read is not None
    assert len(read.records) == world.ROWS


# ---------------------------------------------------------------- feeds

Change = Callable[[ElementTree.Element], object]
FEED_CHANGES: Mapping[str, Change] = {
    "renamed": world.rename_element("title", "headline"),
    "an attribute": world.into_attribute("title", "value"),
    "deeper": world.into_element("title", "info"),
}


@pytest.mark.parametrize("source", FEED_CASES)
@pytest.mark.parametrize("how", sorted(FEED_CHANGES))
def test_a_feeds_title_is_found_again(source: str, how: str) -> None:
    good = world.answer(source, world.feed_bytes(world.long_feed(source)), "ok.xml")
    was = world.answer(source, world.feed_bytes(world.long_feed(source, LATER)), "ok.xml")
    root = world.long_feed(source, LATER)
    world.each_entry(root, FEED_CHANGES[how])
    bad = world.answer(source, world.feed_bytes(root), "ok.xml")
    found = propose(registry.load("sources", source), good, bad, {})
    reads_the_same(source, found, bad, was)
    assert set(found.fields or {}) == {"title"}
    assert found.sure


def test_a_changed_namespace_is_no_drift_at_all() -> None:
    body = world.feed_bytes(world.long_feed("google_trends_rss", LATER))
    changed = body.replace(b"https://trends.google.com/trending/rss", b"https://trends.google.com/trending/v2")
    good = world.answer("google_trends_rss", body, "ok.xml")
    assert propose(registry.load("sources", "google_trends_rss"), good,
                   world.answer("google_trends_rss", changed, "ok.xml"), {}).why == "nothing moved"  # fmt: skip


# ---------------------------------------------------------------- the way back


def test_a_source_that_went_back_to_its_old_form_no_longer_needs_its_overlay() -> None:
    leaf = registry.load("sources", "hackernews")
    good, again = (
        world.answer("hackernews", world.as_bytes(world.long_json("hackernews", n)), "ok.json") for n in (0, 3)
    )
    found = propose(leaf, good, again, {"rows": "payload.entries"})
    assert found.fields == {}
    assert found.sure
    assert not found.delicate
    assert propose(leaf, good, again, {"rows": "payload.entries", "url": "target"}).delicate


def test_an_overlay_that_drifts_again_is_changed_and_keeps_its_other_fields() -> None:
    leaf = registry.load("sources", "hackernews")
    overlay = {"title": "headline || (title || story_title)", "points": "score || points"}
    first = world.long_json("hackernews")
    world.rename(first, "hits", "title", "headline")
    second = world.long_json("hackernews", LATER)
    world.rename(second, "hits", "title", "caption")
    good = world.answer("hackernews", world.as_bytes(first), "ok.json", fields=overlay)
    bad = world.answer("hackernews", world.as_bytes(second), "ok.json")
    found = propose(leaf, good, bad, overlay)
    assert found.fields is not None
    assert found.fields["points"] == "score || points"
    assert found.fields["title"].startswith("caption || ")
