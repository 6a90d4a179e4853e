"""Runs the program as a user does: in process for exit codes and output, on a pseudo-terminal for questions."""

import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pexpect
import pytest

import forked
from forked_terminal import Terminal
from loopback import Loopback
from trendctl.cli.main import main

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "sources"
SIX = ("google_trends_rss", "hackernews", "wikipedia_pageviews", "reddit_rss", "slickdeals_rss", "steam_charts")


@dataclass(frozen=True)
class Ran:
    """What a command gave back."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def run(capsys: pytest.CaptureFixture[str], *args: str) -> Ran:
    """One command in this process."""
    capsys.readouterr()
    code = main(list(args))
    out, err = capsys.readouterr()
    return Ran(code, out, err)


def serve(loopback: Loopback) -> dict[str, str]:
    """The six sources' fixtures on the loopback server; the variables that point the program there."""
    environ = {"TRENDCTL_SCAN__CONTACT": "seller@example.org"}
    for name in SIX:
        folder = FIXTURES / name
        body = next(folder.glob("ok.*"))
        kind = "application/json" if body.suffix == ".json" else "application/xml"
        loopback.add(re.compile(rf"^/{name}/"), body.read_bytes(), headers={"Content-Type": kind})
        environ[f"TRENDCTL_SOURCES__{name.upper()}__BASE_URL"] = f"{loopback.base_url}/{name}"
    return environ


def spawn(
    home: Path, environ: Mapping[str, str], *args: str, size: tuple[int, int] = (60, 100), real: bool = False
) -> "pexpect.spawn[str]":
    """The program on a pseudo-terminal; `real`: an interpreter is started for it."""
    env = {**os.environ, **environ, "TRENDCTL_HOME": str(home), "TERM": "xterm"}
    if real:
        return pexpect.spawn(
            sys.executable, ["-m", "trendctl.cli.main", *args], env=env, encoding="utf-8", timeout=60, dimensions=size
        )
    return Terminal([forked.CLI, *args], env, encoding="utf-8", timeout=60, dimensions=size)
