"""The fixtures of the sources: one folder each, a reply a file, and in cases.json what must come of it.

A case: `tag`, `term`, `days`, `options`, `fields` of the ask; `records` (the named attributes must be equal, readings
are written as `metric=value`, `metric#rank`, then `@time`, `/period`, ` price currency`), `rejected`, `follow`.
All content is simulated, in the documented formats.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from trendctl import registry
from trendctl.ports import Ask, Parsed, Reading, Record, Reply, Request, Source

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "sources"
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


@cache
def sources() -> dict[str, Source]:
    """Every source that the registry finds, by name."""
    broken: list[str] = []
    found = registry.load_all("sources", on_broken=lambda name, cause: broken.append(f"{name}: {cause}"))
    assert not broken, broken
    return {source.facts.name: source for source in found}


def names(*, parsing: bool | None = None) -> list[str]:
    """Names of sources; `parsing` True: those with requests and parse, False: those that gather."""
    return sorted(name for name, source in sources().items() if parsing in (None, source.parse is not None))


@dataclass(frozen=True)
class Case:
    """One reply of a source and what must come of it."""

    source: str
    file: str
    told: dict[str, Any] = field(hash=False)

    @property
    def body(self) -> bytes:
        return (FIXTURES / self.source / self.file).read_bytes()

    @property
    def ask(self) -> Ask:
        return ask(self.source, **{k: self.told[k] for k in ("term", "days", "options", "fields") if k in self.told})

    def parse(self, body: bytes | None = None) -> Parsed:
        return parse(self.source, self.body if body is None else body, self.ask, self.told.get("tag", ""))


def ask(name: str, **given: Any) -> Ask:
    """An ask with simulated credentials."""
    secrets = {key: f"simulated-{key.lower()}" for key in sources()[name].facts.credentials}
    return Ask(NOW, credentials=secrets, contact="seller@shop.example", **given)


def parse(name: str, body: bytes, asked: Ask | None = None, tag: str = "") -> Parsed:
    """What a source understands of a reply."""
    source = sources()[name]
    assert source.parse is not None
    reply = Reply(Request("https://host.example/", tag=tag), 200, {}, body, NOW)
    return source.parse(reply, asked or ask(name))


@cache
def cases(name: str) -> tuple[Case, ...]:
    """The cases of a source; those that gather have none here."""
    told = FIXTURES / name / "cases.json"
    return (
        tuple(Case(name, file, case) for file, case in json.loads(told.read_text("utf-8")).items())
        if told.is_file()
        else ()
    )


def all_cases() -> list[Case]:
    return [case for name in names(parsing=True) for case in cases(name)]


def main_case(name: str) -> Case:
    """The case of the source's usual reply."""
    return next(case for case in cases(name) if case.file.startswith("ok."))


def reading(value: Reading) -> str:
    """A reading in the short form of cases.json."""
    words = value.metric + (f"#{value.rank}" if value.rank is not None else f"={value.value:.12g}")
    if value.at is not None:
        assert value.at.tzinfo is UTC
        words += f"@{value.at:%Y-%m-%d}" + (f"T{value.at:%H:%M}" if value.at.time().isoformat() != "00:00:00" else "")
    words += f"/{value.period}" if value.period else ""
    return words + (f" {value.price_minor} {value.currency}" if value.price_minor is not None else "")


def shown(record: Record, keys: Any) -> dict[str, Any]:
    """The named attributes of a record as cases.json writes them."""
    found = {key: getattr(record, key) for key in keys}
    if "readings" in found:
        found["readings"] = [reading(value) for value in record.readings]
    if found.get("event_at") is not None:
        found["event_at"] = found["event_at"].isoformat()
    return found


def address(request: Request) -> str:
    """The address with its parameters."""
    return request.url + (f"?{urlencode(request.params)}" if request.params else "")
