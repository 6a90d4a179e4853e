"""`scan --record`, then `--replay`: the same items in a throwaway home; no secret in the file; nothing half-written."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from e2e_kit import Patient, items, named, one_line, point_at, run, serve_fixtures

from loopback import Loopback
from trendctl.approval.seat import is_throwaway
from trendctl.home import Home
from trendctl.store.engine import Store

Capture = pytest.CaptureFixture[str]
SECRET = "s3cret-value-of-a-key"


@pytest.fixture
def served(loopback: Loopback, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Loopback:
    serve_fixtures(loopback)
    point_at(monkeypatch, loopback, Patient())
    monkeypatch.setenv("YOUTUBE_API_KEY", SECRET)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return loopback


def test_a_recording_played_back_gives_the_same_scan(
    capsys: Capture, served: Loopback, store: Store, home: Home, tmp_path: Path
) -> None:
    file = tmp_path / "scan.har"
    first = run(capsys, "scan", "--json", "--record", str(file), *named())
    assert set(first.outcomes.values()) == {"ok"}, first.causes
    asked = len(served.requests)
    again = run(capsys, "scan", "--json", "--replay", str(file), *named())
    assert len(served.requests) == asked
    assert again.outcomes == first.outcomes
    assert [s["items"] for s in again.json["sources"]] == [s["items"] for s in first.json["sources"]]
    assert again.json["products"] == first.json["products"]
    (folder,) = tmp_path.glob("trendctl-demo-*")
    assert is_throwaway(folder)
    assert str(folder) in again.err  # told, so that a person can look around
    for name in ("slickdeals_rss", "steam_charts", "hackernews"):
        assert items(Store(folder / "trendctl.db"), name) == items(store, name)


def test_no_secret_is_in_a_recording(capsys: Capture, served: Loopback, store: Store, tmp_path: Path) -> None:
    import re

    served.add(re.compile("^/youtube"), lambda seen: {"items": [], "echo": seen.target, "key": SECRET})
    os.environ["TRENDCTL_SOURCES__YOUTUBE_DATA__BASE_URL"] = f"{served.base_url}/youtube"
    try:
        file = tmp_path / "scan.har"
        run(capsys, "scan", "--json", "--record", str(file), "--source", "youtube_data", "--source", "steam_charts")
    finally:
        del os.environ["TRENDCTL_SOURCES__YOUTUBE_DATA__BASE_URL"]
    assert any(SECRET in f"{seen.target} {seen.headers}" for seen in served.requests)
    assert SECRET not in file.read_text()
    assert "seller@example.org" not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_text())["log"]["entries"]


@pytest.mark.parametrize("flag", ["--record", "--replay"])
def test_a_file_that_cannot_be_is_one_line(
    capsys: Capture, served: Loopback, store: Store, tmp_path: Path, flag: str
) -> None:
    ran = run(capsys, "scan", "--source", "steam_charts", flag, str(tmp_path / "no" / "such.har"))
    one_line(ran, 2 if flag == "--replay" else 1)
    assert served.requests == []


def test_a_recording_that_the_disk_refuses_leaves_no_half_file(
    capsys: Capture, served: Loopback, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("trendctl.scanner.har.os.replace", full)
    file = tmp_path / "x.har"
    ran = run(capsys, "scan", "--source", "steam_charts", "--record", str(file))
    monkeypatch.undo()
    one_line(ran, 1, "disk is full")
    assert not list(tmp_path.glob("x.har*"))
