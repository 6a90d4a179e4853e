"""Reads the dated facts of `trendctl.data`: parsed once, with a content hash for drift checks."""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from hashlib import sha256
from importlib.resources import files
from tomllib import loads
from typing import Any

FILES = ("fees", "listing_rules", "compliance")


def _read(name: str) -> bytes:
    # A checkout may hold CRLF line ends; the facts, and so their hash, are the same.
    return (files("trendctl.data") / f"{name}.toml").read_bytes().replace(b"\r\n", b"\n")


@cache
def load(name: str) -> Mapping[str, Any]:
    """The parsed file `name`.toml of the data folder. Callers must not change it."""
    return loads(_read(name).decode("utf-8"))


@cache
def version(name: str) -> str:
    """The first 12 hex digits of the file's SHA-256: another value means another set of facts."""
    return sha256(_read(name)).hexdigest()[:12]


def dates(name: str) -> Iterator[tuple[str, date]]:
    """Every `as_of` of the file with the dotted path of its table."""
    yield from _dates(load(name), name)


def _dates(node: Any, path: str) -> Iterator[tuple[str, date]]:
    if isinstance(node, list):
        for index, entry in enumerate(node):
            yield from _dates(entry, f"{path}.{index}")
    elif isinstance(node, Mapping):
        for key, value in node.items():
            if key == "as_of":
                yield path, value
            else:
                yield from _dates(value, f"{path}.{key}")


def older_than(name: str, today: date, days: int) -> tuple[str, ...]:
    """Paths of the facts last checked more than `days` days before `today`: time to look at their source again."""
    return tuple(path for path, at in dates(name) if (today - at).days > days)
