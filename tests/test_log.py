"""Logs and the crash file: one JSON line an event, private, rotated, and never a secret in them."""

import json
import logging
import re
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from trendctl import log
from trendctl.home import Home
from trendctl.secrets import Secrets
from trendctl.settings import Log, Notify, Settings

SECRET = 'sk-"quoted"\\and\u00e9-0123'


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    log.close()
    logging.getLogger("trendctl").setLevel(logging.NOTSET)
    logging.getLogger("trendctl").propagate = True


@pytest.fixture
def secrets(home: Home) -> Secrets:
    return Secrets(home, {"OPENAI_API_KEY": SECRET, "FACEBOOK_APP_ID": "7711223344"})


@pytest.fixture
def path(home: Home, secrets: Secrets) -> Path:
    return log.configure(home, Settings(), secrets)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_an_event_is_one_line_with_its_parts(path: Path) -> None:
    log.event("source answered", run=7, stage="scanner", leaf="hackernews", cause="two\nlines", items=3, titles=["é"])
    log.event("nothing else")
    first, second = lines(path)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", first.pop("at"))
    assert first == {
        "level": "INFO", "event": "source answered", "module": "trendctl", "run": 7, "stage": "scanner",
        "leaf": "hackernews", "cause": "two\nlines", "fields": {"items": 3, "titles": ["é"]},
    }  # fmt: skip
    assert set(second) == {"at", "level", "event", "module"}


def test_loggers_of_our_modules_end_in_the_file_and_others_do_not(path: Path) -> None:
    logging.getLogger("trendctl.scanner").warning("from %s", "below", extra={"leaf": "x"})
    logging.getLogger("httpx").error("GET https://h/?key=abc")
    (line,) = lines(path)
    assert (line["event"], line["level"], line["module"], line["leaf"]) == (
        "from below",
        "WARNING",
        "trendctl.scanner",
        "x",
    )


def test_the_level_is_the_settings(home: Home, secrets: Secrets) -> None:
    path = log.configure(home, Settings(log=Log(level="WARNING")), secrets)
    log.event("quiet")
    log.event("loud", level=logging.ERROR)
    assert [line["event"] for line in lines(path)] == ["loud"]


def test_files_are_private_and_rotated(home: Home, secrets: Secrets) -> None:
    path = log.configure(home, Settings(log=Log(max_mb=1, keep=2)), secrets)
    for number in range(45):
        log.event("filler", number=number, text="x" * 100_000)
    files = sorted(home.logs.iterdir())
    assert [f.name for f in files] == ["trendctl.jsonl", "trendctl.jsonl.1", "trendctl.jsonl.2"]
    assert {stat.S_IMODE(f.stat().st_mode) for f in files} == {0o600}
    assert all(f.stat().st_size <= 1_000_000 for f in files)
    assert lines(path)[-1]["fields"]["number"] == 44


def test_a_file_that_another_process_rotated_is_followed(path: Path) -> None:
    log.event("before")
    path.rename(path.with_name("trendctl.jsonl.1"))
    log.event("after")
    assert [line["event"] for line in lines(path)] == ["after"]
    assert [line["event"] for line in lines(path.with_name("trendctl.jsonl.1"))] == ["before"]


def test_configuring_again_does_not_write_twice(home: Home, secrets: Secrets, path: Path) -> None:
    log.configure(home, Settings(), secrets)
    log.event("once")
    assert len(lines(path)) == 1


def test_no_secret_reaches_the_log(path: Path) -> None:
    try:
        raise ValueError(f"refused: {SECRET} {SECRET!r}")
    except ValueError as fault:
        log.event(f"call with {SECRET}", cause=str(fault), leaf=SECRET, exc=fault, header=f"Bearer {SECRET}x1")
        logging.getLogger("trendctl.llm").exception("failed for %s", SECRET)
    log.event(
        "ids", app=7711223344, nested={SECRET: [SECRET, {"deep": SECRET}]}, api_key="unknown-key", raw=SECRET.encode()
    )
    text = path.read_text("utf-8")
    in_json = (json.dumps(SECRET)[1:-1], json.dumps(SECRET, ensure_ascii=False)[1:-1])
    for spelled in (SECRET, *in_json, "quoted", "7711223344", "unknown-key"):
        assert spelled not in text
    assert len(lines(path)) == 3
    assert "ValueError" in lines(path)[0]["error"]


def test_settings_that_hold_tokens_are_secrets_too(home: Home, secrets: Secrets) -> None:
    settings = Settings(notify=Notify(urls=["tgram://123:abc/chat"]))
    path = log.configure(home, settings, secrets)
    log.event("could not notify", cause="no answer from tgram://123:abc/chat")
    assert "123:abc" not in path.read_text()


def test_values_that_json_has_no_word_for_are_written_as_text(path: Path) -> None:
    log.event(
        "odd",
        nan=float("nan"),
        when=datetime(2026, 6, 1, tzinfo=UTC),
        kinds={"a"},
        path=Path("/x"),
        none=None,
        yes=True,
    )
    fields = lines(path)[0]["fields"]
    assert fields == {"nan": "nan", "when": "2026-06-01 00:00:00+00:00", "kinds": ["a"], "path": "/x", "none": None,
                      "yes": True}  # fmt: skip


def test_a_full_disk_does_not_stop_the_work(path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    log.event("fine")
    (handler,) = [h for h in logging.getLogger("trendctl").handlers if isinstance(h, log.PrivateFile)]

    def full(text: str) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(handler.stream, "write", full, raising=False)
    log.event("lost")
    assert handler.lost == 1
    assert capsys.readouterr().err == ""


def explode(password: str) -> None:
    raise RuntimeError(f"bad answer for token={password}")


def test_the_crash_file_has_versions_and_the_traceback_without_locals_or_secrets(
    home: Home, secrets: Secrets, clock: Any
) -> None:
    with pytest.raises(RuntimeError) as caught:
        explode(SECRET)
    path = log.crash(home, caught.value, secrets, clock.now())
    text = path.read_text("utf-8")
    assert re.fullmatch(r"crash-20260601T120000Z-\d+\.txt", path.name)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for wanted in ("trendctl 0.1.0", "python 3.", "sqlite 3.", "httpx 0.", "in explode", "RuntimeError: bad answer"):
        assert wanted in text
    assert SECRET not in text
    assert "quoted" not in text


def test_a_crash_before_anything_was_set_up_is_written_too(tmp_path: Path) -> None:
    home = Home(tmp_path / "fresh")
    path = log.crash(home, ValueError("\udce9 odd"), Secrets(home, {}))
    assert "ValueError" in path.read_text()
