"""The canonical bytes of an intent, and its hash."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trendctl.commerce.canonical import MAX_INT, canonical, intent_hash, sha256_hex

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
scalars = st.none() | st.booleans() | st.integers(-MAX_INT, MAX_INT) | texts
documents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=20
)


def test_known_bytes_and_hash() -> None:
    # RFC 8785: keys sorted by UTF-16 code units, no white space, only the escapes that JSON needs.
    document = {
        "title": "Mug €",
        "price": {"minor": 1999, "currency": "USD"},
        "b": [True, None],
        "\U0001f600": 1,
        "ﬀ": 2,
    }
    expected = '{"b":[true,null],"price":{"currency":"USD","minor":1999},"title":"Mug €","\U0001f600":1,"ﬀ":2}'.encode()
    assert canonical(document) == expected
    assert intent_hash(document) == sha256_hex(expected)
    assert sha256_hex(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def shuffled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: shuffled(value[key]) for key in reversed(value)}
    return [shuffled(entry) for entry in value] if isinstance(value, list) else value


@settings(max_examples=100)
@given(documents)
def test_key_order_is_irrelevant_and_the_document_comes_back(document: Any) -> None:
    data = canonical(document)
    assert canonical(shuffled(document)) == data
    assert json.loads(data) == document
    assert canonical(json.loads(data)) == data


@settings(max_examples=100)
@given(documents, documents)
def test_different_documents_have_different_hashes(one: Any, two: Any) -> None:
    # Python says True == 1; JSON does not.
    same = json.dumps(one, sort_keys=True) == json.dumps(two, sort_keys=True)
    assert (intent_hash(one) == intent_hash(two)) == same


@pytest.mark.parametrize(
    ("document", "where"),
    [
        ({"price": 40.0}, r"\$\.price: float"),
        ({"a": [1, {"b": 0.5}]}, r"\$\.a\[1\]\.b: float"),
        ({1: "x"}, "key 1 is no string"),
        ({None: "x"}, "key None is no string"),
        ({"n": MAX_INT + 1}, "beyond"),
        ({"n": -MAX_INT - 1}, "beyond"),
        ({"t": "\ud800"}, "surrogate"),
        ({"\udc00": 1}, "surrogate"),
        ({"b": b"x"}, "bytes"),
        ({"s": {1}}, "set"),
    ],
)
def test_what_two_readers_could_see_differently_is_refused(document: Any, where: str) -> None:
    with pytest.raises(ValueError, match=where):
        canonical(document)


def test_the_largest_integers_pass() -> None:
    assert canonical([MAX_INT, -MAX_INT]) == b"[9007199254740991,-9007199254740991]"


@pytest.mark.parametrize("hidden", ["\u200b", "\U000e0041", "\u202e", " "])
def test_a_hidden_character_changes_the_hash(hidden: str) -> None:
    assert intent_hash({"title": "Mug"}) != intent_hash({"title": f"Mug{hidden}"})
