"""The shared readers: feeds, JSON, and what is made of their entries."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trendctl.errors import ConfigError, ParseError
from trendctl.ports import Ask, Record, SourceFacts
from trendctl.scanner.formats import asks, feed, jsonbody, market, prefix, tokens
from trendctl.scanner.formats.rows import MAX_ROWS, Price, Row, collect, item, levels, price, series

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
ASK = Ask(NOW, term="kettle")

# ---------------------------------------------------------------- feeds

RSS = (
    "<rss version='2.0'><channel><title>T</title><item><title>Zażółć café</title><guid>1</guid></item></channel></rss>"
)


def titles(body: bytes) -> list[str]:
    return [row.text("title") for row in feed.rows(body, feed.FIELDS)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-2", "windows-1250"])
def test_a_declared_encoding_is_used(encoding: str) -> None:
    assert titles(f"<?xml version='1.0' encoding='{encoding}'?>{RSS}".encode(encoding)) == ["Zażółć café"]


@pytest.mark.parametrize("encoding", ["gb2312", "big5", "shift_jis", "euc-kr"])
def test_encodings_that_the_xml_parser_does_not_know_are_read_all_the_same(encoding: str) -> None:
    body = (
        f"<?xml version='1.0' encoding='{encoding}'?><rss><channel><item><title>三 café</title></item></channel></rss>"
    )
    written = body.replace("é", "e").encode(encoding)
    assert titles(written) == ["三 cafe"]
    assert feed.read(written).mended


@pytest.mark.parametrize(
    ("declared", "written"),
    [("nonesense", "utf-8"), ("nonesense", "cp1252"), ("utf-8", "cp1252"), ("ascii", "utf-8"), ("idna", "utf-8")],
)
def test_a_lying_or_unknown_encoding_is_mended(declared: str, written: str) -> None:
    body = f"<?xml version='1.0' encoding='{declared}'?><rss><channel><item><title>Café</title></item></channel></rss>"
    assert titles(body.encode(written)) == ["Café"]


def test_a_letter_that_cannot_be_known_stays_visible() -> None:
    body = "<rss><channel><item><title>Ѩ Espa".encode() + b"\xf1a</title></item></channel></rss>"
    assert titles(body) == ["Ѩ Espa\ufffda"]


def test_html_entities_and_forbidden_control_characters_are_mended() -> None:
    assert titles(b"<rss><channel><item><title>a&nbsp;&eacute;\x0b&amp;b</title></item></channel></rss>") == ["a é&b"]


def test_the_link_is_the_alternate_one_wherever_it_stands() -> None:
    body = (
        b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><link rel='self' href='https://a.example/self'/>"
        b"<link rel='alternate' href='https://a.example/page'/></entry><entry><link rel='self' href='https://a.example/s'/></entry></feed>"
    )
    assert [row.raw("url") for row in feed.rows(body, feed.FIELDS)] == ["https://a.example/page", "https://a.example/s"]


def test_rdf_feeds_have_their_items_beside_the_channel() -> None:
    body = (
        b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'><channel><title>C</title></channel>"
        b"<item rdf:about='https://a.example/1'><title>One</title><link>https://a.example/1</link></item></rdf:RDF>"
    )
    row = feed.rows(body, feed.FIELDS)[0]
    assert (row.text("title"), row.ident("id"), row.url("url")) == ("One", "https://a.example/1", "https://a.example/1")


def test_a_map_may_name_children_attributes_and_alternatives() -> None:
    body = b"<rss><channel><item><a><b x='1'/></a><c></c><d>2</d></item></channel></rss>"
    row = feed.rows(body, {"attribute": "a/b@x", "second": "c|d", "none": "a/z", "empty": ""})[0]
    assert [row.raw(name) for name in ("attribute", "second", "none", "empty", "unknown")] == [
        "1",
        "2",
        None,
        None,
        None,
    ]


@given(st.binary(max_size=300))
@settings(max_examples=200)
def test_arbitrary_bytes_are_a_feed_or_a_parse_error(body: bytes) -> None:
    for candidate in (body, b"<rss><channel><item><title>" + body + b"</title></item></channel></rss>"):
        try:
            rows = feed.rows(candidate, feed.FIELDS)
        except ParseError:
            continue
        assert all(row.text("title").isprintable() for row in rows)


# ---------------------------------------------------------------- JSON


@pytest.mark.parametrize("guard", [b")]}'\n", b")]}',\n", b")]}'\n\n", b"\xef\xbb\xbf)]}'\n", b"\r\n "])
def test_guards_before_json_are_taken_off(guard: bytes) -> None:
    assert jsonbody.load(guard + b'{"a": 1}') == {"a": 1}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"<html></html>",
        b"\n<!doctype html>",
        b"{",
        b'{"a": 1',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b"{'a': 1}",
        b'{"a": 1} and more',
        b"ok",
        b'{"a": "\xe9"}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
)
def test_what_is_not_whole_json_is_a_parse_error(body: bytes) -> None:
    with pytest.raises(ParseError):
        jsonbody.load(body)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=12))
def test_every_row_answers_every_question_without_raising(value: object) -> None:
    row = jsonbody.JsonRow({"v": value}, {"v": "v"})
    assert isinstance(row.text("v"), str)
    assert isinstance(row.ident("v"), str)
    assert isinstance(row.url("v"), str)
    found = (row.count("v"), row.number("v"), row.rank("v"), row.time("v"))
    assert all(part is None or isinstance(part, float | int | datetime) for part in found)


def test_the_other_sides_error_is_told_when_there_is_no_list() -> None:
    with pytest.raises(ParseError, match="Offset too large"):
        jsonbody.rows({"error": "Offset too\u202e large"}, {"rows": "results"})
    with pytest.raises(ParseError, match="wrong format"):
        jsonbody.rows({"error": "x", "error_description": "wrong format"}, {"rows": "results"})


@pytest.mark.parametrize("path", ["][", "a b c", "length(`1`)", "abs('x')", "a.nosuch()"])
def test_a_broken_field_map_is_a_parse_error(path: str) -> None:
    with pytest.raises(ParseError, match="field map"):
        jsonbody.find({"a": [1]}, path)


@given(st.binary(max_size=200))
@settings(max_examples=200)
def test_arbitrary_bytes_are_json_or_a_parse_error(body: bytes) -> None:
    try:
        found = jsonbody.load(body)
    except ParseError:
        return
    assert json.dumps(found) is not None


def test_the_beginning_of_a_list_is_read_up_to_the_cut() -> None:
    whole = '{"head": {"a": []}, "rows": [ {"n": 1}, {"n": 2}\n,{"n": 3}]}'
    assert [row["n"] for row in prefix.objects(whole, "rows")] == [1, 2, 3]
    for cut in range(len(whole)):
        try:
            found = [row["n"] for row in prefix.objects(whole[:cut], "rows")]
        except ParseError:
            continue
        assert found == [1, 2, 3][: len(found)]


# ---------------------------------------------------------------- records, options, tokens


def _rows(*ids: object) -> list[jsonbody.JsonRow]:
    return [
        jsonbody.JsonRow({"id": n, "title": "t"} if n is not None else {}, {"id": "id", "title": "title"}) for n in ids
    ]


def _build(row: Row, position: int) -> Record | None:
    return item(row, levels(position))


def test_repeated_ids_take_no_place_and_broken_rows_do() -> None:
    parsed = collect(_rows("a", "a", None, "b", "a", "c"), _build)
    assert [(r.external_id, r.readings[0].rank) for r in parsed.records] == [("a", 1), ("b", 3), ("c", 4)]
    assert parsed.rejected == 1


def test_a_list_without_end_is_cut_and_the_rest_counted() -> None:
    parsed = collect(_rows(*range(MAX_ROWS + 5)), _build)
    assert (len(parsed.records), parsed.rejected) == (MAX_ROWS, 5)


def test_a_price_alone_is_carried_by_a_reading_of_its_own() -> None:
    (reading,) = levels(cost=Price(500, "USD"), views=None)
    assert (reading.metric, reading.value, reading.price_minor, reading.currency) == ("listed", 1.0, 500, "USD")
    assert levels() == ()


def test_a_series_needs_a_term_and_readings() -> None:
    assert series(ASK, []).records == ()
    assert series(Ask(NOW), levels(views=1.0)).records == ()


def test_offers_tell_a_range_without_its_extremes_and_never_mix_currencies() -> None:
    prices = [price(str(n), "USD") for n in (0.5, *range(10, 29), 9000)] + [price("1", "EUR"), None]
    found = {r.metric: (r.price_minor, r.currency) for r in market.offers(ASK, 500, prices).records[0].readings}
    assert found == {
        "listings_total": (None, None),
        "price_low": (1100, "USD"),
        "price_mid": (1900, "USD"),
        "price_high": (2700, "USD"),
    }
    assert [r.metric for r in market.offers(ASK, 2, prices[:2]).records[0].readings] == ["listings_total"]
    assert market.offers(ASK, 0, []).records == ()


FACTS = SourceFacts(
    "demo", "", "", "", ("discover",), options={"names": ("a", "b"), "number": 3, "word": "x"}, fields={"a": "1"}
)


def test_options_and_fields_of_the_user_come_before_the_sources_own() -> None:
    asked = Ask(NOW, options={"names": "one", "number": 5}, fields={"b": "2"})
    assert asks.texts(FACTS, asked, "names") == ("one",)
    assert asks.amount(FACTS, asked, "number", 9) == 5
    assert asks.word(FACTS, asked, "word") == "x"
    assert asks.fields(FACTS, asked) == {"a": "1", "b": "2"}


@pytest.mark.parametrize("wrong", [{"names": [1]}, {"number": True}, {"number": 10}, {"number": 0}, {"word": 5}])
def test_an_option_of_another_kind_is_a_config_error(wrong: dict[str, object]) -> None:
    name = next(iter(wrong))
    with pytest.raises(ConfigError, match=name):
        {"names": asks.texts, "word": asks.word}.get(name, lambda f, a, n: asks.amount(f, a, n, 9))(
            FACTS, Ask(NOW, options=wrong), name
        )


@given(st.integers(1, 9), st.integers(1, 5), st.integers(0, 100))
def test_each_has_its_turn_within_a_day_of_hours(count: int, per_run: int, start: int) -> None:
    seen: set[int] = set()
    for hour in range(start, start + count):
        chosen = asks.this_hour(Ask(NOW + timedelta(hours=hour)), range(count), per_run)
        assert len(chosen) == min(count, per_run)
        seen |= set(chosen)
    assert seen == set(range(count)) or count % per_run == 0


@pytest.mark.parametrize("token", [None, "", 5, "a\nb", "é", "x" * 9000])
def test_a_token_that_could_not_stand_in_a_header_is_refused(token: object) -> None:
    from trendctl.ports import Reply, Request

    reply = Reply(Request("https://a.example/"), 200, {}, json.dumps({"access_token": token}).encode(), NOW)
    with pytest.raises(ParseError):
        tokens.access_token(reply)
