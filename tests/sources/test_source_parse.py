"""What every source makes of answers: the values written by hand, and nothing but ParseError for the rest."""

import json
import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from source_cases import FIXTURES, Case, address, all_cases, ask, cases, main_case, names, parse, shown, sources

from trendctl.errors import ParseError
from trendctl.ports import Parsed
from trendctl.scanner.formats import text

READ_IN_PART = frozenset({"amazon_search_terms"})  # by design; test_source_details.py looks at its cuts
HTML = b"<!DOCTYPE html>\n<html><head><title>Blocked</title></head><body><p>Are you a robot?</p></body></html>"
NOT_ANSWERS = {
    "web page": HTML,
    "old web page": b"<html><body>Service unavailable</body></html>",
    "plain text": b"Please limit requests to one every 5 seconds.",
    "nothing": b"",
    "white space": b" \r\n\t",
    "null bytes": b"\x00" * 64,
    "other JSON": b'{"error": {"code": 400, "message": "bad request"}}',
    "a JSON word": b'"ok"',
    "other XML": b"<?xml version='1.0'?><error code='1'>no</error>",
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
}
TITLED = [name for name in names(parsing=True) if main_case(name).ask.term is None]  # else the title is the user's term
each_titled = pytest.mark.parametrize("name", TITLED)
each_parser = pytest.mark.parametrize("name", names(parsing=True))


def case_id(case: Case) -> str:
    return f"{case.source}-{case.file}"


# ---------------------------------------------------------------- parse


@pytest.mark.parametrize("case", all_cases(), ids=case_id)
def test_a_reply_built_from_documentation_gives_the_values_written_by_hand(case: Case) -> None:
    parsed = case.parse()
    expected = case.told["records"]
    assert len(parsed.records) == len(expected)
    for record, wanted in zip(parsed.records, expected, strict=True):
        assert shown(record, wanted) == wanted
    assert parsed.rejected == case.told.get("rejected", 0)
    assert [address(call) for call in parsed.follow] == case.told.get("follow", [])


@each_parser
def test_every_source_has_a_usual_and_an_empty_reply(name: str) -> None:
    files = [case.file for case in cases(name)]
    assert [file for file in files if file.startswith("ok.")]
    empty = next(case for case in cases(name) if case.file.startswith("empty."))
    assert empty.parse() == Parsed()


@pytest.mark.parametrize("case", all_cases(), ids=case_id)
def test_what_comes_out_is_well_formed(case: Case) -> None:
    parsed = case.parse()
    ids = [record.external_id for record in parsed.records]
    assert len(set(ids)) == len(ids)
    for record in parsed.records:
        assert record.external_id
        assert record.title == text.clean(record.title)
        assert all(not link or link.startswith("https://") for link in (record.url, record.image_url))
        assert record.event_at is None or record.event
        if case.ask.term is not None:
            assert record.external_id == f"q:{case.ask.term}|US"
            assert all(value.at is not None for value in record.readings)
        for value in record.readings:
            assert value.value is not None or value.rank is not None
            assert (value.price_minor is None) == (value.currency is None)
    assert all(call.url.startswith("https://") and not call.auth for call in parsed.follow)


@each_parser
def test_an_answer_of_another_kind_is_a_parse_error(name: str) -> None:
    for kind, body in NOT_ANSWERS.items():
        with pytest.raises(ParseError):
            pytest.fail(f"{kind} was understood as {main_case(name).parse(body)}")


@pytest.mark.parametrize("name", sorted({*names(parsing=True)} - READ_IN_PART))
def test_a_cut_answer_is_a_parse_error(name: str) -> None:
    body = main_case(name).body.rstrip()
    for part in (0.1, 0.3, 0.6, 0.9, 0.97):
        with pytest.raises(ParseError):
            pytest.fail(
                f"a part of the answer was understood as {main_case(name).parse(body[: int(len(body) * part)])}"
            )


@each_parser
def test_an_answer_in_a_wrong_encoding_is_mended_or_refused_but_never_garbled(name: str) -> None:
    """Feeds with Latin-1 bytes under a UTF-8 declaration are read as meant; JSON is UTF-8 or nothing."""
    case = main_case(name)
    body = case.body.decode("utf-8").encode("cp1252", "xmlcharrefreplace")
    assert body != case.body or b"\xc3" not in case.body
    if case.file.endswith(".xml"):
        assert [r.title for r in case.parse(body).records] == [r.title for r in case.parse().records]
    elif body == case.body:
        assert name == "gdelt"  # nothing but ASCII in its answers
    elif name == "amazon_search_terms":
        assert len(case.parse(body).records) == 2  # read in part, so a letter may be cut: shown as U+FFFD
    else:
        with pytest.raises(ParseError):
            case.parse(body)


@each_parser
def test_utf_16_and_a_byte_order_mark_are_understood(name: str) -> None:
    case = main_case(name)
    whole = case.body.decode("utf-8")
    marked = [b"\xef\xbb\xbf" + case.body]
    if name != "amazon_search_terms":
        marked.append(whole.replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16"))
    for body in marked:
        assert case.parse(body) == case.parse()


@each_parser
def test_repeated_entries_count_once(name: str) -> None:
    case = main_case(name)
    usual = case.parse()
    parsed = case.parse(_many(case, 40))
    assert [r.external_id for r in parsed.records] == [r.external_id for r in usual.records]
    if len(parsed.records) and case.ask.term is None:
        assert [r.title for r in parsed.records] == [r.title for r in usual.records]


def _many(case: Case, times: int) -> bytes:
    """The case's reply with its entries repeated."""
    if case.file.endswith(".xml"):
        whole = case.body.decode("utf-8")
        entries = "".join(re.findall(r"<(?:item|entry)>.*?</(?:item|entry)>", whole, re.S))
        first = re.search(r"<(?:item|entry)>", whole)
        assert first is not None
        return (whole[: first.start()] + entries * times + whole[first.start() :]).encode()
    document = json.loads(case.body)
    rows = _entries(document)
    rows[:] = rows * times
    return json.dumps(document).encode()


def _entries(document: Any) -> list[Any]:
    """The list of objects nearest to the root; where its first object is itself a holder of entries, those."""
    level, found = [document], None
    while found is None:
        assert level, "no list of objects"
        lists = [value for value in level if isinstance(value, list) and value and isinstance(value[0], dict)]
        found = lists[0] if lists else None
        level = [inner for value in level if isinstance(value, dict) for inner in value.values()]
    inner = [found[0][key] for key in ("articles", "data") if isinstance(found[0].get(key), list)]
    return inner[0] if inner else found


@each_parser
def test_an_entry_without_its_fields_is_rejected_and_the_others_stay(name: str) -> None:
    case = main_case(name)
    usual = case.parse()
    if case.file.endswith(".xml"):
        body = re.sub(rb"<(item|entry)>.*?</\1>", rb"<\1></\1>", case.body, count=1, flags=re.S)
        parsed = case.parse(body)
    else:
        document = json.loads(case.body)
        entries = _entries(document)
        first = 2 if name == "wikipedia_pageviews" else 0  # its first two are noise, which is left out anyway
        entries[first] = {}
        parsed = case.parse(json.dumps(document).encode())
    assert parsed.rejected == usual.rejected + 1
    if case.ask.term is None:
        assert len(parsed.records) == len(usual.records) - 1


@each_parser
def test_rows_of_another_type_are_rejected_and_the_others_stay(name: str) -> None:
    case, wrong = main_case(name), [None, [], "word", 7, [[]], {"a": {}}, "9" * 5000, True]
    if case.file.endswith(".xml"):
        body = re.sub(rb"<(item|entry)>", rb"<\1/>" * len(wrong) + rb"<\1>", case.body, count=1)
    else:
        document = json.loads(case.body)
        _entries(document).extend(wrong)
        body = json.dumps(document).encode()
    assert case.parse(body).rejected == case.parse().rejected + len(wrong)
    assert len(case.parse(body).records) == len(case.parse().records)


@pytest.mark.parametrize("case", [c for c in all_cases() if c.file.endswith(".json")], ids=case_id)
def test_numbers_written_as_text_mean_the_same(case: Case) -> None:
    def textual(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: textual(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [textual(inner) for inner in value]
        return value if isinstance(value, bool) or not isinstance(value, int | float) else str(value)

    if case.source == "x_trends" and case.file == "empty.json":
        return  # a count in the envelope, not a value
    assert case.parse(json.dumps(textual(json.loads(case.body))).encode()) == case.parse()


@pytest.mark.parametrize("case", [c for c in all_cases() if c.file.endswith(".json")], ids=case_id)
def test_absurd_numbers_are_no_values(case: Case) -> None:
    """Infinite, not-a-number and huge numbers never become a reading; the answer is refused or read without them."""

    def absurd(word: str) -> bytes:
        return re.sub(rb"(?<=[: \[])-?\d+(\.\d+)?(?=[,}\] ])", word.encode(), case.body)

    for word in ("1e999", "-1e999", "NaN", "Infinity", "9" * 400, "9" * 6000, "-5", "true", "1e308"):
        try:
            parsed = case.parse(absurd(word))
        except ParseError:
            continue
        for value in (value for record in parsed.records for value in record.readings):
            assert value.value is None or abs(value.value) <= 2**53
            assert value.rank is None or 1 <= value.rank <= 2**53


TRICKS = (
    "\u202e\u2066",  # turn the direction of what follows
    "\u200b\u200d\ufeff",  # zero width
    "\u2028\u2029",  # line and paragraph separators
    "\U000e0041\U000e0042",  # tags
    "\ue000",  # private use
    "\u00ad",  # soft hyphen
    "\u3164\u2800",  # fillers that are drawn as nothing
    "e" + "\u0301\u0302\u0303\u0304\u0305\u0306" * 20,  # marks piled up
)


@each_titled
def test_titles_lose_characters_that_hide_or_turn_text(name: str) -> None:
    case, trick = main_case(name), "".join(TRICKS)
    title = case.parse().records[0].title
    inner = title.split(" ")[-1][:6]
    body = case.body.decode("utf-8").replace(inner, inner[:3] + trick + inner[3:]).encode()
    assert body != case.body
    for record in case.parse(body).records:
        for shown_text in (record.title, record.category, record.brand, record.external_id):
            assert shown_text == text.clean(shown_text)
            assert not set(shown_text) & set(
                "\u202e\u2066\u200b\u200d\ufeff\u2028\u2029\U000e0041\ue000\u00ad\u3164\u2800"
            )


@pytest.mark.parametrize("name", [name for name in TITLED if main_case(name).file.endswith(".json")])
def test_control_characters_and_lone_surrogates_in_json_do_not_come_through(name: str) -> None:
    case = main_case(name)
    title = json.dumps(case.parse().records[0].title, ensure_ascii=False)[1:-1].split(" ")[-1][:4]
    body = case.body.decode("utf-8").replace(title, title[:2] + "\\u001b]0;x\\u0007\\ud800\\u0000" + title[2:]).encode()
    assert body != case.body
    for record in case.parse(body).records:
        assert record.title.isprintable()
        record.title.encode("utf-8")
        record.external_id.encode("utf-8")


@each_titled
def test_a_title_of_a_megabyte_is_cut(name: str) -> None:
    case = main_case(name)
    title = case.parse().records[0].title.split(" ")[-1]
    body = case.body.decode("utf-8").replace(title, title + "x" * 1_000_000).encode()
    assert all(len(record.title) <= text.TITLE_LIMIT for record in case.parse(body).records)


@pytest.mark.parametrize("name", [name for name in names(parsing=True) if main_case(name).file.endswith(".xml")])
def test_xml_bombs_and_outside_entities_are_refused(name: str) -> None:
    bomb = (
        b'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
        b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><rss><channel><item><title>&c;</title></item></channel></rss>'
    )
    outside = (
        b'<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/hostname">]><rss><channel><title>&x;</title></channel></rss>'
    )
    for body in (bomb, outside, b"<!DOCTYPE rss SYSTEM 'https://host.example/x.dtd'><rss><channel/></rss>"):
        with pytest.raises(ParseError):
            main_case(name).parse(body)


@each_parser
def test_absurd_nesting_is_a_parse_error(name: str) -> None:
    deep = b'{"a":' * 20_000 if main_case(name).file.endswith(".json") else b"<a>" * 20_000
    with pytest.raises(ParseError):
        main_case(name).parse(deep)


@pytest.mark.parametrize("name", [name for name in TITLED if "title" in sources()[name].facts.fields])
def test_a_field_map_that_fits_nothing_finds_nothing(name: str) -> None:
    case = main_case(name)
    usual = case.parse()
    parsed = parse(name, case.body, replace(case.ask, fields={"title": "no_such_field"}), case.told.get("tag", ""))
    assert parsed.records == ()
    assert parsed.rejected >= usual.rejected + len(usual.records)


def test_an_overlay_finds_a_renamed_field_again() -> None:
    moved = main_case("bluesky_trends").body.replace(b'"displayName"', b'"label"').replace(b'"trends"', b'"topics"')
    with pytest.raises(ParseError):
        parse("bluesky_trends", moved)
    overlay = {"rows": "topics", "title": "label"}
    assert parse("bluesky_trends", moved, ask("bluesky_trends", fields=overlay)) == main_case("bluesky_trends").parse()
    feed = main_case("dealnews_rss").body.replace(b"dealnews:price", b"dealnews:amount")
    assert parse("dealnews_rss", feed).records[0].readings[0].price_minor is None
    overlay = {"price": "amount", "currency": "amount@currency"}
    assert parse("dealnews_rss", feed, ask("dealnews_rss", fields=overlay)) == main_case("dealnews_rss").parse()


@pytest.mark.parametrize("name", ["hackernews", "etsy", "youtube_data", "apple_charts", "github_search"])
def test_a_field_map_that_is_no_jmespath_is_a_parse_error(name: str) -> None:
    case = main_case(name)
    with pytest.raises(ParseError, match="field map"):
        parse(name, case.body, replace(case.ask, fields={"rows": "]["}), case.told.get("tag", ""))


def test_a_record_is_made_of_the_contract_and_nothing_else() -> None:
    assert {f.name for f in fields(main_case("hackernews").parse().records[0])} == {
        "external_id", "title", "url", "category", "image_url", "brand", "event", "event_at", "readings",
    }  # fmt: skip


def test_the_fixtures_hold_no_copied_payload() -> None:
    for path in FIXTURES.rglob("*"):
        if path.is_file():
            assert path.stat().st_size < 6_000, f"{path} is too large to have been written by hand"
    assert Path(FIXTURES).is_dir()
