"""Sources made of a few lines, and the fakes around a scan."""

import json
from collections.abc import Mapping
from typing import Any

from trendctl.errors import ParseError
from trendctl.ports import Ask, Outcome, Parsed, Reading, Record, Reply, Request, Source, SourceFacts


class Known:
    """Credentials of a test."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self.values = dict(values or {})

    def get(self, name: str) -> str | None:
        return self.values.get(name)

    def put(self, name: str, value: str) -> None:
        self.values[name] = value


class Watcher:
    """Progress that remembers."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.finished: list[tuple[str, Outcome, int, str]] = []

    def start(self, source: str) -> None:
        self.started.append(source)

    def update(self, source: str, text: str) -> None:
        """Not looked at."""

    def done(self, source: str, outcome: Outcome, items: int, cause: str) -> None:
        self.finished.append((source, outcome, items, cause))


def parse_list(reply: Reply, ask: Ask) -> Parsed:
    """[{"id", "title", "value"?, "rank"?, "next"?}]"""
    try:
        entries = json.loads(reply.body)
    except ValueError as fault:
        raise ParseError("not JSON") from fault
    records, follow = [], []
    for entry in entries:
        if "next" in entry:
            follow.append(Request(entry["next"]))
        elif entry.get("id"):
            readings = (Reading("points", entry.get("value", 1.0), entry.get("rank")),)
            records.append(Record(entry["id"], entry["title"], event=entry.get("event", False), readings=readings))
    return Parsed(tuple(records), tuple(follow), rejected=sum("bad" in entry for entry in entries))


def make_source(name: str, *, paths: tuple[str, ...] = (), parse: Any = parse_list, **facts: Any) -> Source:
    """A source that asks https://NAME.example/NAME (or the paths) and understands `parse_list`."""
    settings: dict[str, Any] = {"kind": ("discover",), "may_create_product": True, "gap_seconds": 0.0} | facts
    about = SourceFacts(name, "a test", f"https://{name}.example/", f"https://{name}.example/terms", **settings)

    def requests(ask: Ask) -> tuple[Request, ...]:
        if ask.term is not None:
            return (Request(f"https://{name}.example/{name}", params=(("q", ask.term), ("days", str(ask.days)))),)
        return tuple(Request(f"https://{name}.example{path}") for path in paths or (f"/{name}",))

    return Source(about, requests, parse)
