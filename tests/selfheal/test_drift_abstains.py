"""Where drift is not repaired: nothing like the old field is there, too little proves it, or it is a person's."""

import json
import random
from typing import Any

import drift_world as world
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from trendctl import registry
from trendctl.selfheal import drift_json, drift_values
from trendctl.selfheal.drift import Found, propose
from trendctl.selfheal.drift_proof import prove
from trendctl.selfheal.drift_values import alike, column, name_likeness, number

HN = registry.load("sources", "hackernews")


def judged(doc: Any, source: str = "hackernews", rows: int = world.ROWS) -> Found:
    good = world.answer(source, world.as_bytes(world.long_json(source, rows=rows)), "ok.json")
    body = doc if isinstance(doc, bytes) else world.as_bytes(doc)
    return propose(registry.load("sources", source), good, world.answer(source, body, "ok.json"), {})


def changed(source: str = "hackernews", first: int = 3, rows: int = world.ROWS) -> Any:
    return world.long_json(source, first, rows)


def test_a_field_that_is_simply_gone_is_not_guessed() -> None:
    doc = changed()
    for row in doc["hits"]:
        del row["title"]
    assert judged(doc).fields is None


def test_another_text_that_was_there_before_does_not_become_the_title() -> None:
    doc = changed("tiktok_shop_affiliate")
    for row in doc["data"]["products"]:
        del row["title"]
    assert judged(doc, "tiktok_shop_affiliate").fields is None


def test_a_new_text_with_other_words_does_not_become_the_title() -> None:
    doc = changed()
    for n, row in enumerate(doc["hits"]):
        del row["title"]
        row["advert"] = f"Buy now number {n} while stocks last"
    assert judged(doc).fields is None


def test_two_new_places_that_fit_equally_but_differ_are_not_chosen_between() -> None:
    doc = changed()
    for n, row in enumerate(doc["hits"]):
        title = row.pop("title")
        row["headline_a"], row["headline_b"] = (title, f"{title} x") if n % 2 else (f"{title} x", title)
    assert judged(doc).fields is None


def test_another_list_does_not_become_the_list() -> None:
    doc = changed()
    del doc["hits"]
    doc["adverts"] = [{"id": n, "text": f"advert {n}", "link": f"https://ad.example/{n}"} for n in range(20)]
    assert judged(doc).fields is None


def test_numbers_that_do_not_belong_to_the_same_things_are_not_taken() -> None:
    doc, drawn = changed(), random.Random(1)
    for row in doc["hits"]:
        row["total_points_of_author"] = drawn.randrange(100, 300)
        del row["points"]
    found = judged(doc)
    assert found.fields is None or "points" not in found.fields


@pytest.mark.parametrize("rows", [1, 3])
def test_too_few_entries_prove_nothing(rows: int) -> None:
    doc = changed(rows=rows)
    world.rename(doc, "hits", "title", "headline")
    assert judged(doc, rows=rows).fields is None


def test_a_list_cut_to_a_quarter_is_not_taken_for_the_list() -> None:
    doc = changed(rows=5)
    world.rename(doc, "hits", "title", "headline")
    assert "instead of" in judged(doc).why


def test_a_list_of_which_nothing_is_known_again_is_not_sure() -> None:
    doc = changed(first=500)
    world.rename(doc, "hits", "title", "title_text")
    world.rename(doc, "hits", "objectID", "object_id")
    found = judged(doc)
    assert not found.sure


@pytest.mark.parametrize(
    ("source", "old", "new"),
    [("tiktok_shop_affiliate", "detail_link", "detailLink"), ("steam_charts", "final_price", "finalPrice"),
     ("steam_charts", "currency", "currencyCode"), ("hackernews", "url", "target")],
)  # fmt: skip
def test_a_price_a_currency_and_a_link_are_a_persons(source: str, old: str, new: str) -> None:
    doc = changed(source)
    world.rename(doc, world.JSON_SOURCES[source], old, new)
    found = judged(doc, source)
    assert found.fields is None or found.delicate


def test_prices_of_another_size_are_refused() -> None:
    doc = changed("steam_charts")
    for row in doc["top_sellers"]["items"]:
        row["final_price"] *= 100
    world.rename(doc, "top_sellers.items", "name", "label")
    assert "prices" in judged(doc, "steam_charts").why


def test_another_currency_is_refused() -> None:
    doc = changed("steam_charts")
    for row in doc["top_sellers"]["items"]:
        row["currency"] = "EUR"
    world.rename(doc, "top_sellers.items", "name", "label")
    assert "prices" in judged(doc, "steam_charts").why


def test_titles_that_are_addresses_are_refused() -> None:
    good = world.answer("hackernews", world.as_bytes(changed(first=0)), "ok.json")
    bad = world.answer("hackernews", world.as_bytes(changed()), "ok.json")
    assert prove(HN, good, bad, {"title": "url"}).against
    assert prove(HN, good, bad, {"title": "objectID"}).against
    assert prove(HN, good, bad, {"points": "created_at_i"}).against
    assert not prove(HN, good, bad, {}).against


@pytest.mark.parametrize(
    "body", [b"", b"{", b"null", b"[]", b"<html></html>", b'{"hits": []}', b'{"error": "no"}', b"\xff\xfe"]
)
def test_what_is_no_list_gives_no_map(body: bytes) -> None:
    assert judged(body).fields is None


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=30,
)


@settings(max_examples=20)
@given(JSONS)
def test_no_document_makes_the_search_stumble_or_invent(doc: Any) -> None:
    assert judged(json.dumps(doc).encode()).fields is None


@settings(max_examples=15)
@given(st.binary(max_size=300))
def test_no_bytes_make_a_feeds_search_stumble(body: bytes) -> None:
    good = world.answer("slickdeals_rss", world.feed_bytes(world.long_feed("slickdeals_rss")), "ok.xml")
    bad = world.answer("slickdeals_rss", body, "ok.xml")
    assert propose(registry.load("sources", "slickdeals_rss"), good, bad, {}).fields is None


@settings(max_examples=20)
@given(st.dictionaries(st.text(min_size=1, max_size=8), JSONS, max_size=4))
@example({"A¹": 0})  # a word to Python's regular expressions, none to JMESPath
def test_every_path_that_is_offered_can_be_read(row: dict[str, Any]) -> None:
    found = drift_json.JsonTable([row], "@", (row,))
    for path in found.paths():
        assert found.values(path) != [None], path


def test_values_are_compared_by_kind_and_spread() -> None:
    numbers, words, links = (
        column([1, 20, 300]),
        column(["a tall lamp", "a small lamp"]),
        column(["https://a.example/1"]),
    )
    assert (numbers.kind, words.kind, links.kind) == ("number", "text", "url")
    assert alike(numbers, words) == alike(words, links) == 0
    assert alike(numbers, column([2, 25, 310])) > 0.8 > alike(numbers, column([10**9, 2 * 10**9, 3 * 10**9]))
    assert column(["$1,234", "200K+"]).kind == "number"
    assert (number("200K+"), number("$1,234.5"), number("x")) == (200_000, 1234.5, 0)
    assert drift_values.close("100", "120")
    assert not drift_values.close("100", "abc")


def test_names_are_compared_by_their_words() -> None:
    assert name_likeness("post.name", "data.name") == 1
    assert name_likeness("num_comments", "numComments") > 0.9
    assert name_likeness("title || story_title", "storyTitle") > 0.9
    assert name_likeness("title", "points") < 0.5
    assert name_likeness("title", "title@value") == name_likeness("post.name", "name.rendered") == 0.92


@settings(max_examples=10)
@given(st.sampled_from(sorted(set(world.JSON_SOURCES) - {"x_trends"})), st.sampled_from(["title", "id"]), st.randoms())
def test_the_right_values_on_the_wrong_rows_are_not_taken(source: str, name: str, drawn: random.Random) -> None:
    path = str(registry.load("sources", source).facts.fields[name]).split("||")[0].strip()
    doc, rows = changed(source), world.JSON_SOURCES[source]
    world.rename(doc, rows, path, "headline")
    holders = world.rows_of(doc, rows)
    for key in filter(None, path.rpartition(".")[0].split(".")):
        holders = [h[key] for h in holders]
    values = [h["headline"] for h in holders]
    moved = drawn.randrange(1, len(values))
    for holder, value in zip(holders, values[moved:] + values[:moved], strict=True):
        holder["headline"] = value
    found = judged(doc, source)
    assert found.fields is None
