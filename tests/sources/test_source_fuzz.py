"""Whatever bytes come, a source understands them or says ParseError; it never raises anything else."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from source_cases import Case, ask, cases, main_case, names, parse, sources

from trendctl.errors import ConfigError, ParseError
from trendctl.ports import Parsed

few = settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
each_parser = pytest.mark.parametrize("name", names(parsing=True))
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["-1", "1e999", "NaN", ""])
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def understood(case: Case, body: bytes) -> Parsed | None:
    try:
        return case.parse(body)
    except ParseError:
        return None


def check(parsed: Parsed | None) -> None:
    """What is understood can be stored and sent."""
    for record in parsed.records if parsed else ():
        assert record.external_id
        json.dumps([record.external_id, record.title, record.category, record.brand], ensure_ascii=False).encode(
            "utf-8"
        )
        for value in record.readings:
            assert value.rank is None or 1 <= value.rank <= 2**53
            assert value.value is None or abs(value.value) <= 2**54
    for call in parsed.follow if parsed else ():
        assert call.url.startswith("https://")
        assert call.url.isascii()
        assert call.url.isprintable()
        assert all(value.isprintable() for _, value in call.headers)


@each_parser
@few
@given(
    body=st.binary(max_size=120), tag=st.sampled_from(["", "token", "search", "list", "data:gzip:", "id:x", "\u0000:"])
)
def test_arbitrary_bytes(name: str, body: bytes, tag: str) -> None:
    with contextlib.suppress(ParseError):
        check(parse(name, body, tag=tag))


@each_parser
@few
@given(data=st.data())
def test_replies_with_bytes_changed_taken_out_or_doubled(name: str, data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(cases(name)))
    body = bytearray(case.body)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, max(0, len(body) - 1)))
        end = min(len(body), start + data.draw(st.integers(0, 40)))
        body[start:end] = data.draw(
            st.sampled_from([b"", bytes(body[start:end]) * 2, b"\xff\xfe", b"<", b'"', b"&x;", b"\x00", b"]]>"])
        )
    check(understood(case, bytes(body)))


@pytest.mark.parametrize("name", [name for name in names(parsing=True) if sources()[name].facts.options])
@few
@given(data=st.data())
def test_any_option_is_obeyed_or_a_config_error(name: str, data: st.DataObject) -> None:
    source = sources()[name]
    assert source.requests is not None
    option = data.draw(st.sampled_from(sorted(source.facts.options)))
    given_options = {option: data.draw(values | st.lists(st.text(max_size=12), max_size=3))}
    term = data.draw(st.none() | st.text(min_size=1, max_size=20))
    try:
        calls = source.requests(ask(name, options=given_options, term=term))
    except ConfigError as error:
        assert option in str(error)  # noqa: PT017 - either outcome is right
        return
    assert all(call.url.startswith("https://") and call.url.isascii() for call in calls if name != "press_rss")


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(path for key, part in inner for path in paths(part, (*at, key)))]


@pytest.mark.parametrize("name", [name for name in names(parsing=True) if main_case(name).file.endswith(".json")])
@few
@given(data=st.data())
def test_json_with_any_value_in_any_place(name: str, data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(cases(name)))
    document = {"": json.loads(case.body)}
    *path, last = ("", *data.draw(st.sampled_from(paths(document[""]))))
    holder: Any = document
    for key in path:
        holder = holder[key]
    holder[last] = data.draw(values)
    check(understood(case, json.dumps(document[""]).encode()))
