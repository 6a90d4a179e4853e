"""JSON answers as tables: where the rows are, what a path gives in each, which other paths there are."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from trendctl.ports import Json

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
DEPTH, MOST_ROWS, MOST_PATHS = 4, 60, 400


@dataclass(frozen=True, slots=True)
class JsonTable:
    """Rows of a document. `path` is JMESPath, "@" the document itself."""

    document: Json
    path: str
    rows: tuple[Mapping[str, Json], ...]

    def values(self, path: str) -> list[Json]:
        """What a field's path gives in each row."""
        return [search(path, row) for row in self.rows]

    def whole(self, path: str) -> Json:
        """What a path gives in the document."""
        return search(path, self.document)

    def paths(self) -> list[str]:
        """Every path to a plain value in the rows."""
        found: dict[str, None] = {}
        for row in self.rows[:20]:
            found.update(dict.fromkeys(_leaves(row, "", DEPTH)))
        return list(found)[:MOST_PATHS]

    def whole_paths(self) -> list[str]:
        """Every path to a plain value of the document that lies in no list."""
        return [p for p in _leaves(self.document, "", DEPTH) if "[" not in p][:MOST_PATHS]

    @staticmethod
    def either(new: str, old: str) -> str:
        """A path that gives the new place's value, else the old one's."""
        return f"{new} || ({old})"


def load(body: bytes) -> Json:
    """The document; None where it is no JSON."""
    start = body.find(b"\n") + 1 if body.startswith(b")]}'") else 0  # Google's guard
    try:
        return json.loads(body[start:].decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None


def search(path: str, value: Json) -> Json:
    """What JMESPath finds; None for nothing or a path that does not fit."""
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        return jmespath.search(path, value)
    except (JMESPathError, RecursionError, TypeError, ValueError):
        return None


def table(document: Json, path: str) -> JsonTable | None:
    """The rows at a path; None where there is no list of objects, or an empty one."""
    found = search(path, document)
    rows = [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
    return JsonTable(document, path, tuple(rows[:MOST_ROWS])) if rows and isinstance(found, list) else None


def tables(document: Json) -> Iterator[JsonTable]:
    """Every list of objects in the document: as it is, with its objects' one inner object, and mappings by id."""
    for path in _lists(document, "", DEPTH):
        found = table(document, path)
        if found is not None:
            yield found
            yield from _inner(document, path, found.rows)


def _lists(value: Json, path: str, depth: int) -> Iterator[str]:
    if isinstance(value, list):
        yield path or "@"
        if value and depth and isinstance(value[0], dict):
            yield from _lists(value[0], f"{path}[0]", depth - 1)
    elif isinstance(value, dict):
        objects = [v for v in value.values() if isinstance(v, dict)]
        if len(objects) >= 4 and len(objects) == len(value):
            yield f"{path}.*" if path else "*"
        for key, inner in list(value.items())[:100] if depth else ():
            yield from _lists(inner, join(path, key), depth - 1)


def _inner(document: Json, path: str, rows: Sequence[Mapping[str, Json]]) -> Iterator[JsonTable]:
    for key in [k for k, v in rows[0].items() if isinstance(v, dict)][:10]:
        if sum(isinstance(row.get(key), dict) for row in rows) >= 0.8 * len(rows):
            step = "@" if path == "@" else path
            inner = table(document, f"{'' if step == '@' else step}[].{quoted(key)}")
            if inner is not None:
                yield inner


def _leaves(value: Json, path: str, depth: int) -> Iterator[str]:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        if path:
            yield path
    elif isinstance(value, dict) and depth:
        for key, inner in list(value.items())[:100]:
            yield from _leaves(inner, join(path, key), depth - 1)
    elif isinstance(value, list) and value and depth and path:
        yield from _leaves(value[0], f"{path}[0]", depth - 1)


def join(path: str, key: str) -> str:
    """The path of a key below a path."""
    return f"{path}.{quoted(key)}" if path else quoted(key)


def quoted(key: str) -> str:
    """A key as JMESPath wants it."""
    return key if _PLAIN.fullmatch(key) else json.dumps(key)
