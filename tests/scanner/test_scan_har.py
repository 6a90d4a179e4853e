"""Recordings: valid HAR, no secret in it, and played back to the byte."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trendctl.errors import UsageError
from trendctl.http import Exchange
from trendctl.scanner.har import Recorder, Replay, clean_url
from trendctl.scanner.people import without_people

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def exchange(**more: Any) -> Exchange:
    settings: dict[str, Any] = {
        "method": "GET", "url": "https://a.example/x", "headers": (), "sent": b"", "status": 200, "answered": {},
        "body": b"{}", "started": NOW, "seconds": 0.25,
    }  # fmt: skip
    return Exchange(**(settings | more))


def test_no_secret_stays_in_the_file(tmp_path: Path) -> None:
    with Recorder(tmp_path / "x.har", "1", lambda text: text.replace("known-s3cret", "REMOVED")) as tape:
        tape.add(
            exchange(
                method="POST",
                url="https://me:s3cret-a@a.example/token?api_key=s3cret-b&q=lamp&access_token=s3cret-c&applicationId=s3cret-d",
                headers=(
                    ("Authorization", "Bearer s3cret-e"), ("x-api-key", "s3cret-f"), ("Content-Type", "text/plain"),
                    ("User-Agent", "trendctl (s3cret@mail.example)"),
                ),
                sent=b"grant_type=client_credentials&client_secret=s3cret-g&client_id=s3cret-h",
                answered={"set-cookie": "s3cret-i", "content-type": "application/json",
                          "location": "https://a.example/?token=s3cret-j"},
                body=b'{"access_token": "s3cret-k", "refresh_token":"s3cret-l\\"x", "note": "known-s3cret"}',
            )
        )  # fmt: skip
    text = (tmp_path / "x.har").read_text()
    assert "s3cret" not in text
    assert "q=lamp" in text
    assert (tmp_path / "x.har").stat().st_mode & 0o777 == 0o600


def test_words_that_only_look_like_secrets_stay() -> None:
    assert clean_url("https://a.example/?keyword=lamp&author=x&sort=new") == (
        "https://a.example/?keyword=lamp&author=x&sort=new"
    )


def test_the_file_is_har_1_2(tmp_path: Path) -> None:
    with Recorder(tmp_path / "x.har", "1") as tape:
        tape.add(exchange())
        tape.add(exchange(body=b"\xff\x00"))
    log = json.loads((tmp_path / "x.har").read_text())["log"]
    assert (log["version"], log["creator"]["name"], len(log["entries"])) == ("1.2", "trendctl", 2)
    entry = log["entries"][1]
    assert {"startedDateTime", "time", "request", "response", "cache", "timings"} <= set(entry)
    assert (entry["startedDateTime"], entry["time"]) == ("2026-06-01T12:00:00.000Z", 250.0)
    assert entry["response"]["content"]["encoding"] == "base64"


def test_an_unfinished_recording_leaves_no_file_of_that_name(tmp_path: Path) -> None:
    tape = Recorder(tmp_path / "x.har", "1")
    tape.add(exchange())
    assert not (tmp_path / "x.har").exists()
    tape.close()
    assert (tmp_path / "x.har").exists()


def test_answers_are_played_back_in_order_then_the_last(tmp_path: Path) -> None:
    with Recorder(tmp_path / "x.har", "1") as tape:
        tape.add(exchange(body=b"\xff1", url="https://a.example/x?key=secret"))
        tape.add(exchange(body=b"2", status=429, answered={"retry-after": "9"}, url="https://a.example/x?key=secret"))
    client = httpx.Client(transport=Replay(tmp_path / "x.har"))
    answers = [client.get("https://a.example/x?key=other") for _ in range(3)]
    assert [(a.status_code, a.content) for a in answers] == [(200, b"\xff1"), (429, b"2"), (429, b"2")]
    assert answers[1].headers["retry-after"] == "9"
    with pytest.raises(httpx.ConnectError, match="not in the recording"):
        client.get("https://a.example/other")


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"log": {"entries": [{}]}}'])
def test_a_file_that_is_no_har_is_a_usage_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.har").write_text(text)
    with pytest.raises(UsageError, match="no HAR"):
        Replay(tmp_path / "x.har")


PEOPLE = {
    "json": b"""{"hits": [{"objectID": "1", "title": "Camp lantern", "author": "kim_example", "points": 7,
        "_tags": ["story", "author_kim_example"], "url": "https://a.example/users/kim_example/1"},
        {"post": {"creator": {"name": "kim_example", "id": 42}, "body": "write to kim@mail.example"}}],
        "owner": {"login": "kim_example", "avatar_url": "https://a.example/kim_example.png"},
        "full_name": "kim_example/lantern", "seller": {"username": "kim_example"}, "history": [{"accounts": "12"}]}""",
    "feed": b"""<?xml version="1.0"?><feed xmlns:dc="d"><entry><title>Camp lantern</title>
        <author><name>kim_example</name><uri>https://a.example/user/kim_example</uri></author><dc:creator><![CDATA[kim_example]]></dc:creator>
        <content>by &lt;a href="https://a.example/user/kim_example"&gt; /u/kim_example &lt;/a&gt; kim@mail.example
        </content>        </entry></feed>""",
    "cut json": b'{"hits": [{"title": "Camp lantern", "author": "kim_example", "email": "kim@mail.example"',
    "latin": b'<rss><item><title>Camp lantern caf\xe9</title><author>kim_example</author></item></rss>',
}  # fmt: skip


@pytest.mark.parametrize("kind", PEOPLE)
def test_people_and_their_addresses_are_taken_out_of_the_bodies(tmp_path: Path, kind: str) -> None:
    with Recorder(tmp_path / "x.har", "1") as tape:
        tape.add(exchange(body=PEOPLE[kind]))
    content = json.loads((tmp_path / "x.har").read_text())["log"]["entries"][0]["response"]["content"]
    text = content["text"] if "encoding" not in content else base64.b64decode(content["text"]).decode("latin-1")
    assert "kim" not in text
    assert "Camp lantern" in text
    assert "REMOVED" in text


def test_counts_and_product_names_are_no_people() -> None:
    text = '{"history": [{"uses": "5", "accounts": "12"}], "user_count": 3, "name": "Kim lamp", "num_comments": 4}'
    assert json.loads(without_people(text)) == json.loads(text)


KEYS = st.sampled_from(["author", "title", "user", "by", "n"])
LEAVES = st.none() | st.booleans() | st.integers() | st.text()


@given(st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)))
def test_json_stays_json_of_the_same_shape(document: Any) -> None:
    cleaned = json.loads(without_people(json.dumps([document])))[0]

    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: shape(part) for key, part in value.items()}
        return [shape(part) for part in value] if isinstance(value, list) else type(value)

    assert shape(cleaned) == shape(document)


@given(st.text(st.sampled_from('<>/"@.:{}[] au\\author'), max_size=300))
def test_any_text_is_cleaned_without_an_error(text: str) -> None:
    assert isinstance(without_people(text), str)


def test_markup_that_never_ends_is_cleaned_in_no_time() -> None:
    for part in ("<author>", "<author ", '"author": "', "a@", "/u/"):
        assert without_people(part * 20_000)  # would take minutes if it were read again from every place
