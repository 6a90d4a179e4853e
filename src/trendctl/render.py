"""The one place that writes to the terminal: tables, or the same rows as JSON. stdout is data, stderr is talk."""

import json
import os
import sys
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TextIO

from trendctl.errors import TrendctlError
from trendctl.ports import Json

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

SPARKS = "▁▂▃▄▅▆▇█"


def clean(text: object, limit: int = 0) -> str:
    """Text from outside made safe for a terminal: no control, bidi, tag or other invisible characters, one line.

    `limit` > 0 cuts to that many characters, with an ellipsis.
    """
    kept = "".join(" " if c in "\n\t\r" else c for c in str(text) if c in "\n\t\r" or unicodedata.category(c)[0] != "C")
    line = " ".join(kept.split())
    return line if not limit or len(line) <= limit else line[: limit - 1].rstrip() + "…"


def sparkline(values: Sequence[float | None], width: int = 24) -> str:
    """The shape of a series in `width` characters or fewer; a gap is a dot. Empty for no values."""
    points = _bins(values, width)
    known = [p for p in points if p is not None]
    if not known:
        return ""
    low, span = min(known), (max(known) - min(known)) or 1.0
    return "".join("·" if p is None else SPARKS[round((p - low) / span * (len(SPARKS) - 1))] for p in points)


def _bins(values: Sequence[float | None], width: int) -> list[float | None]:
    if len(values) <= width:
        return list(values)
    edges = [round(i * len(values) / width) for i in range(width + 1)]
    bins = [[v for v in values[a:b] if v is not None] for a, b in pairwise(edges)]
    return [sum(b) / len(b) if b else None for b in bins]


class Screen:
    """stdout and stderr of one command. Colour only on a terminal and without NO_COLOR."""

    def __init__(
        self, *, as_json: bool = False, out: TextIO | None = None, err: TextIO | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.as_json = as_json
        self.out = out or sys.stdout
        self.err = err or sys.stderr
        self.environ = os.environ if environ is None else environ

    @property
    def is_terminal(self) -> bool:
        """Whether a person looks at stdout."""
        return self.out.isatty()

    @property
    def may_ask(self) -> bool:
        """Whether stdin is a terminal, so that a question makes sense."""
        return sys.stdin is not None and sys.stdin.isatty()

    def console(self, *, err: bool = False) -> "Console":
        """A rich console that never interprets markup in data."""
        from rich.console import Console  # 30 ms: only where something is drawn

        stream = self.err if err else self.out
        return Console(
            file=stream, markup=False, highlight=False, emoji=False, width=None if stream.isatty() else self._width(),
            no_color=bool(self.environ.get("NO_COLOR")) or None,
        )  # fmt: skip

    def _width(self) -> int:
        """Characters of a line that goes to no terminal: what COLUMNS says, else the width of the other stream's
        terminal, where a pager shows it."""
        told = self.environ.get("COLUMNS", "")
        if told.isdecimal() and int(told):
            return int(told)
        for stream in (self.err, self.out):
            with suppress(OSError, ValueError):  # closed, or no file at all
                if stream.isatty() and (columns := os.get_terminal_size(stream.fileno()).columns):
                    return columns
        return 100

    def json(self, document: Json) -> None:
        """One document, ASCII only, so that nothing outside reaches a terminal raw."""
        self.out.write(json.dumps(document, indent=2, ensure_ascii=True, default=_plain) + "\n")
        self.out.flush()

    def rows(
        self,
        document: Json,
        columns: Sequence[str],
        rows: Callable[[], Sequence[Sequence[object]]],
        *,
        empty: str = "",
        right: Sequence[str] = (),
        stretch: str = "",
        whole: Sequence[str] = (),
    ) -> None:
        """The JSON document, or a table of the same rows; `empty` is said on stderr when there are none."""
        if self.as_json:
            self.json(document)
            return
        lines = rows()
        if not lines:
            self.say(empty or "Nothing to show.")
            return
        self.draw(table(columns, lines, right=right, stretch=stretch, whole=whole))

    def draw(self, what: "RenderableType") -> None:
        """A rich renderable on stdout."""
        self.console().print(what)

    def say(self, words: str) -> None:
        """Talk, on stderr; silent words in JSON runs stay on stderr too, so that stdout is one document."""
        self.err.write(words + "\n")
        self.err.flush()

    def fail(self, fault: TrendctlError) -> None:
        """An error as one line for a person, and as the error document for a script."""
        if self.as_json:
            what = f"{fault.what}: {fault.why}" if fault.why else fault.what
            self.json({"error": {"code": fault.code, "message": clean(what), "next": clean(fault.next)}})
        self.say(f"error: {clean(fault)}")


def _plain(value: object) -> str:
    """What JSON has no form for: times as the other times are, the rest as its text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(value)


def table(
    columns: Sequence[str], rows: Sequence[Sequence[object]], *, right: Sequence[str] = (), stretch: str = "",
    whole: Sequence[str] = (),
) -> "RenderableType":  # fmt: skip
    """A plain table that fits the width; every cell is cleaned unless it is a rich Text already.

    `stretch`: the column that takes what is left of the width, one line a row, cut with an ellipsis. `whole`: columns
    whose words are never broken, such as names that a person types again.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    grid = Table(
        box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold", expand=bool(stretch),
        collapse_padding=True,
    )  # fmt: skip
    for name in columns:
        alone = name in right or name in whole or name == stretch
        grid.add_column(
            name, justify="right" if name in right else "left", overflow="ellipsis" if alone else "fold", no_wrap=alone,
            ratio=1 if name == stretch else None, min_width=16 if name == stretch else None,
        )  # fmt: skip
    for row in rows:
        grid.add_row(*[cell if isinstance(cell, Text) else Text(clean(cell)) for cell in row])
    return grid


def age(seconds: float) -> str:
    """A length of time in the largest whole unit: 45s, 12m, 5h, 3d."""
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return f"{max(0, int(seconds))}s"


def money(minor: int | None, currency: str | None) -> str:
    """An amount with its currency, or "-" where there is none."""
    if minor is None or not currency:
        return "-"
    from trendctl.commerce.money import Money

    return Money(minor, currency).format_plain()


def dig(document: Any, *path: str) -> Any:
    """A value deep in nested mappings; None where a step is missing."""
    for name in path:
        if not isinstance(document, Mapping):
            return None
        document = document.get(name)
    return document
