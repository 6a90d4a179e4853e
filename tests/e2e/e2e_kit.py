"""The whole program against a loopback server: six sources, each below its own prefix; commands in this process."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pexpect
import pytest

import forked
from fakes import FakeClock
from forked_terminal import Terminal
from loopback import Loopback
from trendctl.cli.main import main
from trendctl.store.engine import Store

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "sources"
SIX = ("google_trends_rss", "hackernews", "wikipedia_pageviews", "reddit_rss", "slickdeals_rss", "steam_charts")
XML, JSON, HTML = "application/xml", "application/json", "text/html; charset=utf-8"
REAL = (sys.executable, "-m", "trendctl.cli.main")
ERROR = re.compile(r"error: .+\n")


class Patient(FakeClock):
    """A clock whose waiting moves the time of day but no deadline: one source's pace is not another's."""

    def monotonic(self) -> float:
        return 1000.0


@dataclass(frozen=True)
class Ran:
    """What a command gave back."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def outcomes(self) -> dict[str, str]:
        """Of a scan: source to outcome."""
        return {s["name"]: s["outcome"] for s in self.json["sources"]}

    @property
    def causes(self) -> dict[str, str]:
        return {s["name"]: s["cause"] for s in self.json["sources"]}


def run(capsys: pytest.CaptureFixture[str], *args: str) -> Ran:
    """One command in this process."""
    capsys.readouterr()
    code = main(list(args))
    out, err = capsys.readouterr()
    return Ran(code, out, err)


def child(home: Path, *args: str, stdin: str = "", timeout: float = 60, real: bool = False, **environ: str) -> Ran:
    """One command in a process of its own, without a terminal; `real`: an interpreter is started for it."""
    env = {**os.environ, **environ, "TRENDCTL_HOME": str(home)}
    if not real:
        return Ran(*forked.run([forked.CLI, *args], env, stdin, timeout))
    done = subprocess.run(
        [*REAL, *args], capture_output=True, text=True, errors="replace", timeout=timeout, input=stdin, env=env,
        check=False,
    )  # fmt: skip
    return Ran(done.returncode, done.stdout, done.stderr)


def at_terminal(home: Path, *args: str, **options: Any) -> Terminal:
    """One command on a pseudo-terminal."""
    env = {**os.environ, "TRENDCTL_HOME": str(home), "TERM": "xterm"}
    return Terminal([forked.CLI, *args], env, **{"encoding": "utf-8", "timeout": 30, **options})


def left(told: Terminal, key: str) -> None:
    """Ctrl-KEY to its end. Ctrl-C in the instant between a question and the read of its answer is noticed by Python
    only at the next key, so it is then pressed again, as a person would."""
    told.sendcontrol(key)
    if told.expect([pexpect.EOF, pexpect.TIMEOUT], timeout=10):
        told.sendcontrol(key)
        told.expect(pexpect.EOF)


def point_at(monkeypatch: pytest.MonkeyPatch, loopback: Loopback, clock: FakeClock) -> None:
    """The program of this process asks the loopback server, by a clock whose waiting takes no time."""
    for name, value in environ(loopback).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("trendctl.app.SystemClock", lambda stop: clock)


def environ(loopback: Loopback) -> dict[str, str]:
    """The variables that point the six sources at the server."""
    found = {f"TRENDCTL_SOURCES__{n.upper()}__BASE_URL": f"{loopback.base_url}/{n}" for n in SIX}
    return {"TRENDCTL_SCAN__CONTACT": "seller@example.org"} | found


def serve_fixtures(loopback: Loopback) -> None:
    """Our own fixture for each of the six: built from documentation."""
    for name in SIX:
        body = next((FIXTURES / name).glob("ok.*"))
        kind = JSON if body.suffix == ".json" else XML
        loopback.add(re.compile(rf"^/{name}/"), body.read_bytes(), headers={"Content-Type": kind})
    loopback.add(re.compile(r"/search_by_date"), {"hits": [], "nbHits": 0})
    loopback.add(re.compile(r"/w/rest\.php/v1/search/page"), {"pages": []})


def named() -> list[str]:
    """--source for each of the six: the others need keys, or the internet."""
    return [word for name in SIX for word in ("--source", name)]


def items(store: Store, source: str) -> list[tuple[str, str]]:
    """What a source's items are called, as stored."""
    with store.read() as db:
        query = "SELECT external_id, title FROM item WHERE source = ? AND external_id NOT LIKE 'q:%' ORDER BY rowid"
        return [tuple(row) for row in db.execute(query, (source,))]


def sound(store: Store) -> None:
    """The database is whole."""
    with store.read() as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []


def one_line(ran: Ran, code: int, words: str = "") -> None:
    """A failure as design section 4 wants it: its exit code and one line for a person, no traceback, no crash file."""
    assert ran.code == code, ran.err
    last = ran.err.splitlines(keepends=True)[-1]
    assert ERROR.fullmatch(last), ran.err
    assert "Traceback" not in ran.err
    assert "bug in trendctl" not in ran.err
    assert words in last


def readings(store: Store, source: str, external_id: str) -> Mapping[str, tuple[float, int | None, int | None]]:
    """metric -> (value, rank, price in minor units) of an item's newest observations."""
    with store.read() as db:
        rows = db.execute(
            "SELECT m.name, o.value, o.rank, o.price FROM observation o JOIN item i ON i.id = o.item_id"
            " JOIN metric m ON m.id = o.metric_id WHERE i.source = ? AND i.external_id = ? ORDER BY o.at",
            (source, external_id),
        )  # fmt: skip
        return {r[0]: (r[1], r[2], r[3]) for r in rows}
