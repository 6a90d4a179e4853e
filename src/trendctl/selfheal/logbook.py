"""Reads the end of the structured log: what is a warning or worse, how fast it grows, what is no JSON."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

FILE = "trendctl.jsonl"
TAIL = 1_000_000  # bytes looked at, from the end
LATELY = 3600  # seconds
FLOOD_SECONDS, FLOOD_LINES = 600, 2000  # a busy scan of all sources writes about a hundred lines
ENOUGH = 50  # lines in a row of another time: what lies before them is older still
CRASHES_FOR = 86_400
_BAD = ("WARNING", "ERROR", "CRITICAL")
_OWN = "heal"  # the stage of healing's own lines: they are no signs


@dataclass(frozen=True, slots=True)
class Line:
    """One event worth a sign. `at` in epoch seconds; `error` is the last line of a traceback."""

    at: int
    event: str
    stage: str
    leaf: str
    cause: str
    error: str
    is_error: bool


@dataclass(frozen=True, slots=True)
class Page:
    """What the end of the log says. `flood`: the number of lines lately, 0 where that is no flood."""

    troubles: tuple[Line, ...] = ()
    flood: int = 0
    busiest: str = ""
    unreadable: int = 0
    crashes: int = 0


def read(folder: Path, now: int) -> Page:
    """The end of `folder`/trendctl.jsonl; an unreadable file says nothing."""
    lines = _lately(_tail(folder / FILE), now)
    good = [event for event in lines if event is not None]
    late = [event for event in good if now - FLOOD_SECONDS <= _at(event) <= now + FLOOD_SECONDS]
    flood = len(late) if len(late) >= FLOOD_LINES else 0
    names = Counter(_text(e, "leaf") or _text(e, "stage") or _text(e, "event") for e in late)
    troubles = tuple(_line(e) for e in good if _counts(e, now))
    return Page(
        troubles, flood, names.most_common(1)[0][0] if flood else "", sum(event is None for event in lines),
        _crashes(folder, now),
    )  # fmt: skip


def _tail(path: Path) -> list[bytes]:
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - TAIL))
            data = file.read(TAIL)
    except OSError:
        return []
    lines = data.split(b"\n")
    return [line for line in (lines[1:] if size > TAIL else lines) if line.strip()]


def _lately(raw: list[bytes], now: int) -> list[Mapping[str, Any] | None]:
    """The lines of the last hour, oldest first; None: no JSON. Reading backwards ends where only other times come."""
    found: list[Mapping[str, Any] | None] = []
    others = 0
    for text in reversed(raw):
        event = _parsed(text)
        others = others + 1 if event is not None and abs(_at(event) - now) > LATELY else 0
        if others > ENOUGH:
            break
        found.append(event)
    return found[::-1]


def _parsed(text: bytes) -> Mapping[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _counts(event: Mapping[str, Any], now: int) -> bool:
    return (
        event.get("level") in _BAD and _text(event, "stage") != _OWN and now - LATELY <= _at(event) <= now + LATELY
    )  # fmt: skip


def _line(event: Mapping[str, Any]) -> Line:
    error = _text(event, "error").strip().rsplit("\n", 1)[-1]
    return Line(
        _at(event), _text(event, "event")[:200], _text(event, "stage"), _text(event, "leaf"),
        _text(event, "cause")[:300], error[:300], event.get("level") != "WARNING",
    )  # fmt: skip


def _at(event: Mapping[str, Any]) -> int:
    """Epoch seconds; 0 where the line does not say."""
    try:
        return int(datetime.fromisoformat(str(event.get("at"))).timestamp())
    except (ValueError, OverflowError, OSError):
        return 0


def _text(event: Mapping[str, Any], name: str) -> str:
    found = event.get(name)
    return found if isinstance(found, str) else ""


def _crashes(folder: Path, now: int) -> int:
    try:
        return sum(p.stat().st_mtime > now - CRASHES_FOR for p in folder.glob("crash-*.txt"))
    except OSError:
        return 0
