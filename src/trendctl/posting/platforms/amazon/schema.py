"""A product type's JSON Schema, as far as Amazon's use it: checked here, before anything is sent.

Keywords: JSON Schema 2019-09 (type, enum, const, required, properties, items, lengths, ranges, pattern, contains,
combinations, if/then/else, local $ref) and Amazon's own maxUtf8ByteLength and maxUniqueItems. Others are left out.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

DEEPEST = 40  # levels; a schema that refers to itself ends there
_LONGEST_MATCHED = 2000  # characters that a pattern from outside may be tried on
_TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda v: isinstance(v, Mapping),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "null": lambda v: v is None,
    "number": lambda v: isinstance(v, int | float) and not isinstance(v, bool),
    "integer": lambda v: isinstance(v, int | float) and not isinstance(v, bool) and v == int(v),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """`where`: the path, its first part the attribute. `lacking`: it is not given at all."""

    where: tuple[str, ...]
    words: str
    lacking: bool = False

    @property
    def attribute(self) -> str:
        """The attribute it is about."""
        return self.where[0] if self.where else ""


def problems(value: Any, schema: Mapping[str, Any]) -> list[Problem]:
    """What does not fit, each once, in the schema's order."""
    return list(dict.fromkeys(_Check(schema).run(value, schema, (), 0)))


class _Check:
    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root

    def run(self, value: Any, schema: Any, where: tuple[str, ...], depth: int) -> Iterator[Problem]:
        """Every problem of one value under one schema."""
        if schema is False:
            yield Problem(where, "is not allowed")
        if not isinstance(schema, Mapping) or depth > DEEPEST:
            return
        if "$ref" in schema:
            yield from self.run(value, self._at(schema["$ref"]), where, depth + 1)
        yield from _own(value, schema, where)
        yield from self._inside(value, schema, where, depth + 1)
        yield from self._combined(value, schema, where, depth + 1)

    def fits(self, value: Any, schema: Any, depth: int) -> bool:
        """Whether there is no problem."""
        return next(self.run(value, schema, (), depth), None) is None

    def _at(self, reference: object) -> Any:
        found: Any = self._root
        if not isinstance(reference, str) or not reference.startswith("#"):
            return {}
        for name in reference.lstrip("#/").split("/"):
            found = found.get(name, {}) if isinstance(found, Mapping) else {}
        return found

    def _inside(self, value: Any, schema: Mapping[str, Any], where: tuple[str, ...], depth: int) -> Iterator[Problem]:
        if isinstance(value, Mapping):
            known = _object(schema.get("properties"))
            for name, one in value.items():
                if name in known:
                    yield from self.run(one, known[name], (*where, str(name)), depth)
                elif schema.get("additionalProperties") is False:
                    yield Problem((*where, str(name)), "is not known in this product type")
        if isinstance(value, list):
            for number, one in enumerate(value):
                yield from self.run(one, schema.get("items"), (*where, str(number)), depth)
            if "contains" in schema and not any(self.fits(one, schema["contains"], depth) for one in value):
                yield Problem(where, "lacks an entry of the kind that is needed here")

    def _combined(self, value: Any, schema: Mapping[str, Any], where: tuple[str, ...], depth: int) -> Iterator[Problem]:
        for one in _list(schema.get("allOf")):
            yield from self.run(value, one, where, depth)
        for name in ("anyOf", "oneOf"):
            options = _list(schema.get(name))
            if options and not any(self.fits(value, one, depth) for one in options):
                yield from self._nearest(value, options, where, depth)
        if "not" in schema and self.fits(value, schema["not"], depth):
            yield Problem(where, "is not allowed together with the rest")
        if "if" in schema:
            branch = "then" if self.fits(value, schema["if"], depth) else "else"
            yield from self.run(value, schema.get(branch), where, depth)

    def _nearest(self, value: Any, options: Sequence[Any], where: tuple[str, ...], depth: int) -> Iterator[Problem]:
        """The problems of the option that fails least."""
        found = [list(self.run(value, one, where, depth)) for one in options]
        yield from min(found, key=len)


def _own(value: Any, schema: Mapping[str, Any], where: tuple[str, ...]) -> Iterator[Problem]:
    wanted = schema.get("type")
    names = [wanted] if isinstance(wanted, str) else _list(wanted)
    if names and not any(_TYPES.get(str(n), lambda v: True)(value) for n in names):
        yield Problem(where, f"must be {' or '.join(map(str, names))}")
        return
    if "const" in schema and not _same(value, schema["const"]):
        yield Problem(where, f"must be {schema['const']}")
    if "enum" in schema and not any(_same(value, one) for one in _list(schema["enum"])):
        yield Problem(where, f"must be one of {', '.join(map(str, _list(schema['enum'])[:8]))}")
    if isinstance(value, str):
        yield from _text(value, schema, where)
    elif isinstance(value, list):
        yield from _size(len(value), schema, ("minItems", "maxItems"), "entries", where)
        yield from _size(len(value), schema, ("", "maxUniqueItems"), "entries", where)
    elif isinstance(value, Mapping):
        for name in _list(schema.get("required")):
            if name not in value:
                yield Problem((*where, str(name)), "is needed", lacking=True)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _number(Decimal(str(value)), schema, where)


def _text(value: str, schema: Mapping[str, Any], where: tuple[str, ...]) -> Iterator[Problem]:
    yield from _size(len(value), schema, ("minLength", "maxLength"), "characters", where)
    yield from _size(len(value.encode()), schema, ("minUtf8ByteLength", "maxUtf8ByteLength"), "bytes", where)
    pattern = schema.get("pattern")
    if isinstance(pattern, str) and len(value) <= _LONGEST_MATCHED:
        try:
            if re.search(pattern, value) is None:
                yield Problem(where, f"does not fit the pattern {pattern}")
        except re.error:  # written for another engine
            return


def _size(
    size: int, schema: Mapping[str, Any], names: tuple[str, str], unit: str, where: tuple[str, ...]
) -> Iterator[Problem]:
    low, high = schema.get(names[0]), schema.get(names[1])
    if isinstance(low, int) and size < low:
        yield Problem(where, f"needs at least {low} {unit}")
    if isinstance(high, int) and size > high:
        yield Problem(where, f"has {size} {unit}, {high} are allowed")


def _number(value: Decimal, schema: Mapping[str, Any], where: tuple[str, ...]) -> Iterator[Problem]:
    rules: tuple[tuple[str, Callable[[Decimal, Decimal], bool], str], ...] = (
        ("minimum", lambda v, r: v >= r, "must be at least"),
        ("maximum", lambda v, r: v <= r, "must be at most"),
        ("exclusiveMinimum", lambda v, r: v > r, "must be above"),
        ("exclusiveMaximum", lambda v, r: v < r, "must be below"),
        ("multipleOf", lambda v, r: r <= 0 or v % r == 0, "must be a multiple of"),
    )
    for name, holds, said in rules:
        rule = schema.get(name)
        if isinstance(rule, int | float) and not isinstance(rule, bool) and not holds(value, Decimal(str(rule))):
            yield Problem(where, f"{said} {rule}")


def _same(one: Any, other: Any) -> bool:
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
