"""The answers that a scan keeps: one good and one bad a source, bounded, without people and secrets, not for ever."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import START
from trendctl.ports import Ask, Parsed, Reading, Record, Reply, Request, Source, SourceFacts
from trendctl.scanner import kept
from trendctl.scanner.kept import Kept, cleaned, lost, shape_of
from trendctl.store import answers

NOW = int(START.timestamp())
URL = "https://list.example/v1/hot"
SOURCE = Source(SourceFacts("listed", "a test", URL, URL, ("discover",)), lambda ask: (), lambda reply, ask: Parsed())


def reply(body: bytes = b"[]", hours: float = 0.0, tag: str = "", **headers: str) -> Reply:
    request = Request(URL, params=(("api_key", "s3cr3t"), ("page", "1")), tag=tag)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(request, 200, named, body, START + timedelta(hours=hours))


def records(count: int, **changes: Any) -> Parsed:
    made = Record("x", "a lamp", url="https://a.example/", readings=(Reading("points", 5.0),))
    return Parsed(tuple(replace(made, external_id=str(n), **changes) for n in range(count)))


def noted(
    cache: Path, given: Reply, parsed: Parsed | None, problem: str = "", *, bad: bool = False, base: str = ""
) -> None:
    job = Kept(cache, base)
    job.note(given, Ask(START, credentials={"KEY": "s3cr3t"}), parsed, problem)
    job.write(SOURCE, bad=bad)
    assert job.best is None
    assert job.worst is None


def test_a_good_and_a_bad_answer_are_kept_side_by_side(tmp_path: Path) -> None:
    noted(tmp_path, reply(b'{"a": 1}'), records(9))
    noted(tmp_path, reply(b'{"b": 1}', 1), None, "not understood: no list", bad=True)
    good, bad = answers.read(tmp_path, "listed", "good"), answers.read(tmp_path, "listed", "bad")
    assert good is not None
    assert bad is not None
    assert (good.body, good.records, good.problem) == (b'{"a": 1}', 9, "")
    assert (bad.body, bad.problem, bad.at) == (b'{"b": 1}', "not understood: no list", NOW + 3600)
    files = list((tmp_path / answers.FOLDER).iterdir())
    assert {p.stat().st_mode & 0o777 for p in files} == {0o600}
    assert answers.sources(tmp_path) == ("listed",)


def test_a_good_answer_drops_the_bad_one_and_is_renewed_now_and_then(tmp_path: Path) -> None:
    noted(tmp_path, reply(b"1"), records(9))
    noted(tmp_path, reply(b"2", 1), None, bad=True)
    noted(tmp_path, reply(b"3", 2), records(9))
    assert answers.read(tmp_path, "listed", "bad") is None
    assert (answers.read(tmp_path, "listed", "good") or answers.Answer("", 0, "")).body == b"1"
    noted(tmp_path, reply(b"4", 4), records(9))
    assert (answers.read(tmp_path, "listed", "good") or answers.Answer("", 0, "")).body == b"4"


def test_a_run_that_gave_something_elsewhere_keeps_no_bad_answer(tmp_path: Path) -> None:
    noted(tmp_path, reply(), Parsed(), bad=False)
    assert answers.read(tmp_path, "listed", "bad") is None


def test_a_value_that_is_gone_from_all_entries_makes_a_bad_answer(tmp_path: Path) -> None:
    noted(tmp_path, reply(b"1"), records(9))
    noted(tmp_path, reply(b"2", 1), records(9, readings=()))
    bad = answers.read(tmp_path, "listed", "bad")
    assert bad is not None
    assert bad.problem == "gone from all entries: value points"
    assert bad.records == 9
    noted(tmp_path, reply(b"3", 24 * 8), records(9, readings=()))
    assert answers.read(tmp_path, "listed", "bad") is None, "after a week it is how the source is now"


@pytest.mark.parametrize("other", [reply(b"2", 1, tag="another"), reply(b"2", -1)])
def test_only_answers_to_the_same_question_are_compared(tmp_path: Path, other: Reply) -> None:
    noted(tmp_path, reply(b"1"), records(9))
    noted(tmp_path, other, records(9, readings=()))
    assert answers.read(tmp_path, "listed", "bad") is None


def test_few_entries_say_nothing_about_what_is_gone() -> None:
    assert lost(shape_of(records(9).records), shape_of(records(9, url="").records)) == ["url"]
    assert shape_of(()) == {}


def test_sign_in_answers_and_large_ones_are_not_kept(tmp_path: Path) -> None:
    noted(tmp_path, reply(b'{"access_token": "x"}', tag="token"), None, bad=True)
    noted(tmp_path, reply(b"x" * (kept.LARGEST + 1)), records(9))
    assert not (tmp_path / answers.FOLDER).exists()


def test_secrets_and_people_are_taken_out(tmp_path: Path) -> None:
    body = json.dumps({"you": "s3cr3t", "refresh_token": "t0ken", "hits": [{"author": "jane.roe", "title": "a lamp",
                       "mail": "write to jane.roe@mail.example"}]}).encode()  # fmt: skip
    noted(tmp_path, reply(body), records(9))
    raw = answers.path_of(tmp_path, "listed", "good").read_bytes()
    answer = answers.read(tmp_path, "listed", "good")
    assert answer is not None
    for word in (b"s3cr3t", b"t0ken", b"jane.roe"):
        assert word not in answer.body
        assert word not in raw
    assert b"a lamp" in answer.body
    assert "s3cr3t" not in answer.url


@settings(max_examples=25)
@given(st.binary(max_size=200))
def test_cleaning_never_fails_and_keeps_what_needs_no_cleaning(body: bytes) -> None:
    assert isinstance(cleaned(body), bytes)


@pytest.mark.parametrize("body", ["caf\xe9".encode("latin-1"), "café".encode("utf-16"), b"<rss>\xff\xfe</rss>"])
def test_a_body_in_another_encoding_stays_what_it_was(body: bytes) -> None:
    assert cleaned(body) == body


def test_the_servers_clock_is_noted_unless_it_is_this_machines(tmp_path: Path) -> None:
    date = "Mon, 01 Jun 2026 11:00:00 GMT"
    noted(tmp_path, reply(b"1", date=date, age="60"), records(9))
    good = answers.head(tmp_path, "listed", "good")
    assert good is not None
    assert good.date == NOW - 3540
    assert good.validator.startswith("list.example ")
    noted(tmp_path, reply(b"1", 30, date=date), records(9), base="http://127.0.0.1:9")
    local = answers.head(tmp_path, "listed", "good")
    assert local is not None
    assert local.date is None


def test_a_full_disk_is_no_fault_of_the_scan(tmp_path: Path) -> None:
    (tmp_path / answers.FOLDER).write_text("in the way")
    noted(tmp_path, reply(b"1"), records(9))
    assert (tmp_path / answers.FOLDER).read_text() == "in the way"
    assert [p.name for p in tmp_path.rglob("*")] == [Path(answers.FOLDER).name]


def test_kept_answers_go_after_their_sources_own_limit(tmp_path: Path) -> None:
    import os

    noted(tmp_path, reply(b"1"), records(9))
    path = answers.path_of(tmp_path, "listed", "good")
    os.utime(path, (NOW, NOW))
    assert answers.current(tmp_path, "listed", "good", NOW + 4 * 86_400, 3) is None
    assert answers.purge(tmp_path, {"listed": 3}, NOW + 2 * 86_400) == 0
    assert answers.purge(tmp_path, {"listed": 3}, NOW + 4 * 86_400) == 1
    assert not path.exists()


@pytest.mark.parametrize("data", [b"", b"no gzip", b"\x1f\x8b\x08\x00"])
def test_a_file_that_is_not_ours_is_no_answer(tmp_path: Path, data: bytes) -> None:
    path = answers.path_of(tmp_path, "listed", "good")
    path.parent.mkdir()
    path.write_bytes(data)
    assert answers.read(tmp_path, "listed", "good") is None
    assert answers.newest(tmp_path) == []
