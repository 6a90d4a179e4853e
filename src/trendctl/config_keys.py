"""Dotted keys of the settings: which exist, how a table becomes keys, and how a text becomes a key's value."""

import difflib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo

from trendctl.errors import ConfigError
from trendctl.settings import Section, Settings

Path = tuple[str, ...]
_EDIT = "trendctl config edit"


class Names:
    """A table whose keys are names of leaves, each with a section of that class."""

    def __init__(self, section: type[Section]) -> None:
        self.section = section


Place = type[Section] | Names | FieldInfo


def dotted(path: Iterable[Any]) -> str:
    """The key as a person writes it."""
    return ".".join(str(part) for part in path)


def at(path: Path) -> Place:
    """What stands at a key; a FieldInfo also for the keys inside a free table (`options`, `policies`).

    Raises ConfigError with the nearest key where there is none.
    """
    here: Place = Settings
    for depth, name in enumerate(path, start=1):
        if isinstance(here, Names):
            here = here.section
        elif isinstance(here, FieldInfo):
            if not is_free(here):
                raise ConfigError(f"{dotted(path[: depth - 1])} holds a value, no keys", next=_EDIT)
        elif name in here.model_fields:
            here = _inside(here.model_fields[name])
        else:
            raise _unknown(path[:depth], here.model_fields)
    return here


def field_at(path: Path) -> FieldInfo:
    """As `at`, for a key that must hold a value. Raises ConfigError for a section."""
    place = at(path)
    if isinstance(place, FieldInfo):
        return place
    raise ConfigError(f"{dotted(path)} is a section, not a value", next="trendctl config show")


def is_free(field: FieldInfo) -> bool:
    """Whether the field is a table with keys of any name."""
    return get_origin(field.annotation) is dict


def leaves(table: Mapping[str, Any], path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every key of a TOML document with its value. Raises ConfigError for an unknown key."""
    for name, value in table.items():
        key = (*path, name)
        place = at(key)
        if isinstance(place, FieldInfo):
            if is_free(place) and isinstance(value, dict):
                yield from leaves(value, key)
            else:
                yield key, value
        elif isinstance(value, dict):
            yield from leaves(value, key)
        else:
            raise ConfigError(f"{dotted(key)} is a section, not a value", why=f"write [{dotted(key)}]", next=_EDIT)


def flat(settings: Section, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every key of the settings with its value, defaults included."""
    for name in type(settings).model_fields:
        value, key = getattr(settings, name), (*path, name)
        if isinstance(value, Section):
            yield from flat(value, key)
        elif isinstance(at(key), Names):
            for leaf, section in value.items():
                yield from flat(section, (*key, leaf))
        elif isinstance(value, dict) and value:
            yield from ((inner, v) for inner, v in leaves(value, key))
        else:
            yield key, value


def from_text(path: Path, text: str) -> Any:
    """A value typed in a variable or a flag; the settings check its type. A list is comma-separated or TOML."""
    place = field_at(path)
    if is_free(place) and get_args(place.annotation)[1] is Any:
        return _toml_or(text, text)
    if get_origin(place.annotation) is list:
        return _toml_or(text, text) if text.startswith("[") else [p.strip() for p in text.split(",") if p.strip()]
    return None if text == "" and place.default is None else text


def put(tree: dict[str, Any], path: Path, value: Any) -> None:
    """Set a key in a tree of tables."""
    for name in path[:-1]:
        tree = tree.setdefault(name, {})
    tree[path[-1]] = value


def _inside(field: FieldInfo) -> Place:
    kind = field.annotation
    if isinstance(kind, type) and issubclass(kind, Section):
        return kind
    values = get_args(kind)[1:] if get_origin(kind) is dict else ()
    if values and isinstance(values[0], type) and issubclass(values[0], Section):
        return Names(values[0])
    return field


def _unknown(path: Path, known: Iterable[str]) -> ConfigError:
    near = difflib.get_close_matches(path[-1], list(known), n=1)
    why = f"the nearest one is {dotted((*path[:-1], near[0]))}" if near else ""
    return ConfigError(f"There is no setting {dotted(path)}", why=why, next="trendctl config show")


def _toml_or(text: str, otherwise: Any) -> Any:
    try:
        value = tomllib.loads(f"v = {text}")["v"]
    except tomllib.TOMLDecodeError:
        return otherwise
    return value if isinstance(value, str | bool | int | float | list | dict) else otherwise  # a date stays a text
