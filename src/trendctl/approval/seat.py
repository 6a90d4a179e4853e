"""Who may answer: a person at a terminal; or the demo's script, in a home this very process made, on `local` only."""

import os
import secrets
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from trendctl.errors import Refused

_THROWAWAY: dict[Path, str] = {}  # homes this process made, with the token written into each
_MARK = ".throwaway"


class Seat(Protocol):
    """The right to decide. `check` raises Refused where this seat may not decide."""

    @property
    def name(self) -> str: ...
    def check(self, home: Path, platform: str) -> None: ...


@dataclass(frozen=True, slots=True)
class TerminalSeat:
    """A person: stdin and stdout are both a terminal at the moment of the decision, whatever the caller believes."""

    name: str = "terminal"

    def check(self, home: Path, platform: str) -> None:
        if not (_is_terminal(sys.stdin) and _is_terminal(sys.stdout)):
            raise Refused(
                "This needs a terminal",
                why="stdin or stdout is not one",
                next="trendctl review, or the same command, in a terminal",
            )


@dataclass(frozen=True, slots=True)
class DemoSeat:
    """The demo's script. Any other home, or any other platform than `local`, refuses it."""

    name: str = "demo"

    def check(self, home: Path, platform: str) -> None:
        if platform != "local" or not is_throwaway(home):
            raise Refused("The demo decides nothing here", why="only `local` in a home made by this very process")


def make_throwaway(parent: Path | None = None) -> Path:
    """A new, empty folder that this process may treat as a demo home."""
    folder = Path(tempfile.mkdtemp(prefix="trendctl-demo-", dir=parent)).resolve()
    token = secrets.token_hex(16)
    (folder / _MARK).write_text(token)
    _THROWAWAY[folder] = token
    return folder


def is_throwaway(home: Path) -> bool:
    """Whether this very process made that home (the token in it is the one in our memory)."""
    token = _THROWAWAY.get(home.resolve())
    try:
        return token is not None and secrets.compare_digest((home / _MARK).read_text(), token)
    except OSError:
        return False


def _is_terminal(stream: object) -> bool:
    try:
        return os.isatty(stream.fileno())  # type: ignore[attr-defined]  # any object a test or an IDE put there
    except (AttributeError, OSError, ValueError):
        return False
