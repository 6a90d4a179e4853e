"""The own validator of product-type schemas: each keyword it knows, and that nothing from outside breaks it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trendctl.posting.platforms.amazon import schema, shapes


def words(value: Any, rules: dict[str, Any]) -> list[str]:
    return [f"{'.'.join(p.where)} {p.words}".strip() for p in schema.problems(value, rules)]


@pytest.mark.parametrize(
    ("rules", "good", "bad"),
    [
        ({"type": "string"}, "x", 1), ({"type": ["string", "null"]}, None, 1), ({"type": "integer"}, 3.0, 3.5),
        ({"type": "number"}, 1, True), ({"type": "boolean"}, False, 0), ({"enum": ["a", 1]}, 1, True),
        ({"const": "a"}, "a", "b"), ({"minLength": 2}, "ab", "a"), ({"maxLength": 2}, "äö", "abc"),
        ({"maxUtf8ByteLength": 3}, "abc", "äö"), ({"pattern": "^[A-Z]+$"}, "AB", "ab"), ({"minimum": 2}, 2, 1),
        ({"maximum": 2}, 2, 2.5), ({"exclusiveMinimum": 0}, 0.01, 0), ({"exclusiveMaximum": 5}, 4, 5),
        ({"multipleOf": 0.01}, 24.99, 24.995), ({"minItems": 1}, [1], []), ({"maxUniqueItems": 1}, [1], [1, 2]),
        ({"items": {"type": "string"}}, ["a"], ["a", 1]), ({"required": ["a"]}, {"a": 1}, {"b": 1}),
        ({"properties": {"a": {"const": 1}}}, {"a": 1}, {"a": 2}),
        ({"properties": {"a": {}}, "additionalProperties": False}, {"a": 1}, {"b": 1}),
        ({"allOf": [{"minimum": 1}, {"maximum": 3}]}, 2, 4), ({"anyOf": [{"const": 1}, {"const": 2}]}, 2, 3),
        ({"oneOf": [{"type": "string"}, {"type": "null"}]}, None, 3), ({"not": {"const": 1}}, 2, 1),
        ({"contains": {"const": 1}}, [2, 1], [2]), ({"items": False}, [], [1]),
        ({"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"required": ["c"]}}, {"a": 1, "b": 1}, {}),
        ({"$ref": "#/$defs/x", "$defs": {"x": {"const": 1}}}, 1, 2),
    ],
)  # fmt: skip
def test_each_keyword_holds_and_refuses(rules: dict[str, Any], good: Any, bad: Any) -> None:
    assert words(good, rules) == []
    assert len(words(bad, rules)) >= 1


def test_a_problem_names_where_it_is_and_whether_something_is_missing() -> None:
    rules = {"properties": {"a": {"items": {"required": ["value"]}}}, "required": ["b"]}
    found = schema.problems({"a": [{}]}, rules)
    assert [(p.where, p.lacking, p.attribute) for p in found] == [(("b",), True, "b"), (("a", "0", "value"), True, "a")]


def test_a_schema_that_refers_to_itself_ends_and_a_foreign_pattern_is_left_out() -> None:
    assert words([[[1]]], {"items": {"$ref": "#"}}) == []
    assert words(1, {"$ref": "#"}) == []
    assert words("x", {"pattern": "(?<![a"}) == []


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["object", "array", "string", "a", "#/$defs/x"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["type", "enum", "required", "properties", "items", "allOf", "anyOf", "not", "if", "then",
                         "minItems", "maxLength", "multipleOf", "$ref", "$defs", "contains", "pattern", "a"]),
        inner, max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@given(_JSON, st.dictionaries(st.sampled_from(["properties", "required", "allOf", "$defs", "type"]), _JSON, max_size=4))
def test_no_schema_breaks_the_check_or_the_shapes(value: Any, rules: dict[str, Any]) -> None:
    found = schema.problems(value, rules)
    assert len(found) == len(set(found))
    assert all(problem.words for problem in found)
    small, own = shapes.reduced(rules, ("a",)), rules.get("properties")
    assert set(small["properties"]) <= (set(own) if isinstance(own, dict) else set())
    for name in ("a", "type"):
        assert isinstance(shapes.shape(small, name), str)
        assert all(isinstance(choice, str) for choice in shapes.choices(small, name))


def test_a_reduced_schema_keeps_what_is_needed_named_or_wanted() -> None:
    rules = {
        "required": ["a"], "allOf": [{"if": {"required": ["b"]}, "then": {"required": ["c"]}}], "$comment": "x",
        "properties": {n: {"description": "long", "title": n, "properties": {"description": {"type": "string"}}}
                       for n in ("a", "b", "c", "d", "e")},
    }  # fmt: skip
    small = shapes.reduced(rules, ("d",))
    assert sorted(small["properties"]) == ["a", "b", "c", "d"]
    assert small["properties"]["a"] == {"title": "a", "properties": {"description": {"type": "string"}}}
    assert "$comment" not in small


@pytest.mark.parametrize(
    ("told", "value", "entry"),
    [("text lang market", "steel", {"language_tag": "en_US", "marketplace_id": "M", "value": "steel"}),
     ("number", "1.50", {"value": 1.5}), ("integer market", "3", {"marketplace_id": "M", "value": 3}),
     ("boolean", "Yes", {"value": True}), ("measure", "10.5 cm", {"value": 10.5, "unit": "centimeters"}),
     ("measure", "2 fluid ounces", {"value": 2, "unit": "fluid_ounces"}), ("json market", '[{"x": 1}]', {"x": 1})],
)  # fmt: skip
def test_a_fact_is_written_in_its_shape(told: str, value: str, entry: dict[str, Any]) -> None:
    found = shapes.written(told, [value], "M", "en_US")
    assert found == [({"marketplace_id": "M"} if told == "json market" else {}) | entry]


@pytest.mark.parametrize(
    ("told", "value"),
    [
        ("number", "much"),
        ("number", "NaN"),
        ("boolean", "perhaps"),
        ("measure", "10"),
        ("json", "[1]"),
        ("json", "[NaN]"),
    ],
)
def test_a_fact_that_does_not_fit_is_refused(told: str, value: str) -> None:
    with pytest.raises(ValueError, match=r"number|JSON|yes"):
        shapes.written(told, [value], "M", "en_US")
