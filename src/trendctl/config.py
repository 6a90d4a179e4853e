"""Reads and changes the settings: flag, TRENDCTL_ variable, config.toml, default, in this order.

Importing this is cheap; pydantic loads with the first call.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trendctl.errors import ConfigError, StoreError
from trendctl.home import Home, write_private

if TYPE_CHECKING:
    from pydantic import ValidationError

    from trendctl.settings import Settings as Settings

PREFIX = "TRENDCTL_"
_NOT_SETTINGS = frozenset({"TRENDCTL_HOME"})
_FILE = "config.toml"


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings, and for each dotted key where its value came from: default, config.toml, a variable, flag."""

    settings: "Settings"
    origins: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of `config show`. A value that may hold a token is shown as ***."""

    key: str
    value: Any
    origin: str


def load(home: Home, environ: Mapping[str, str], flags: Mapping[str, str] | None = None) -> Loaded:
    """The checked settings. `flags`: dotted key to text. Raises ConfigError naming the key and its origin."""
    from trendctl import config_keys as keys

    tree: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for path, value in keys.leaves(_read(home)):
        keys.put(tree, path, value)
        origins[keys.dotted(path)] = _FILE
    typed = [(name, _path_of(name), text) for name, text in sorted(environ.items()) if _is_setting(name)]
    typed += [("flag", tuple(key.split(".")), text) for key, text in (flags or {}).items()]
    for origin, path, text in typed:
        keys.put(tree, path, keys.from_text(path, text))
        origins[keys.dotted(path)] = origin
    settings = _checked(tree, origins)
    found = {keys.dotted(path): "default" for path, _ in keys.flat(settings)}
    return Loaded(settings, {key: origins.get(key, origin) for key, origin in found.items()})


def rows(loaded: Loaded) -> tuple[Row, ...]:
    """Every key with value and origin, for `config show`."""
    from trendctl import config_keys as keys
    from trendctl.settings import SENSITIVE

    found = [(keys.dotted(path), value) for path, value in keys.flat(loaded.settings)]
    return tuple(Row(key, "***" if key in SENSITIVE and value else value, loaded.origins[key]) for key, value in found)


def set_value(home: Home, key: str, value: Any) -> Any:
    """Set one key in config.toml, keeping comments and order; the value as checked. None takes the key out.

    A text is understood as a variable's text would be. Raises ConfigError, with the file as it was.
    """
    from filelock import FileLock

    from trendctl import config_keys as keys
    from trendctl.config_edit import edited

    path = tuple(key.split("."))
    keys.field_at(path)
    if isinstance(value, str):
        value = keys.from_text(path, value)
    home.make()
    with FileLock(home.root / "config.lock", mode=0o600):
        text = _text(home)
        if value is not None:
            tree: dict[str, Any] = {}
            keys.put(tree, path, value)
            value = _dumped(_checked(tree, {key: "the value given"}), path)
        changed = edited(text, path, value)
        _checked(tomllib.loads(changed), {})
        try:
            write_private(home.config.resolve(), changed.encode())
        except OSError as fault:
            raise StoreError("config.toml cannot be written", why=str(fault), next="trendctl config path") from fault
    return value


def check_names(settings: "Settings", kind: str, known: Iterable[str]) -> None:
    """Raise ConfigError where `settings` speaks of a source or platform that there is not (`kind`: sources, ...)."""
    from trendctl.registry import nearest

    names = tuple(known)
    for name in getattr(settings, kind):
        if name not in names:
            why = nearest(name, names)
            raise ConfigError(f"There is no [{kind}.{name}]", why=why, next=f"trendctl {kind} list")


def example() -> str:
    """The text of config.example.toml: every key with its default and a comment."""
    from trendctl.config_example import text

    return text()


def __getattr__(name: str) -> Any:
    """`config.Settings`, without loading pydantic for those who do not ask."""
    if name == "Settings":
        from trendctl.settings import Settings

        return Settings
    raise AttributeError(name)


def _text(home: Home) -> str:
    try:
        return home.config.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as fault:
        raise ConfigError(f"{_FILE} is not UTF-8 text", why=str(fault), next="save it as UTF-8") from fault
    except OSError as fault:
        raise ConfigError(f"{_FILE} cannot be read", why=str(fault), next="trendctl config path") from fault


def _read(home: Home) -> dict[str, Any]:
    try:
        return tomllib.loads(_text(home).replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as fault:
        raise ConfigError(f"{_FILE} is not TOML", why=str(fault), next="trendctl config edit") from fault


def _is_setting(name: str) -> bool:
    """Whether a variable is meant as a setting. Raises ConfigError for one that only looks like it."""
    if not name.startswith(PREFIX) or name in _NOT_SETTINGS:
        return False
    if "__" in name:
        return True
    import difflib

    from trendctl import config_keys as keys
    from trendctl.settings import Settings

    known = [PREFIX + "__".join(path).upper() for path, _ in keys.flat(Settings())]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.85)
    if near:
        raise ConfigError(f"{name} is no setting", why=f"the nearest one is {near[0]}", next="trendctl config show")
    return False


def _path_of(name: str) -> tuple[str, ...]:
    return tuple(name.removeprefix(PREFIX).lower().split("__"))


def _checked(tree: Mapping[str, Any], origins: Mapping[str, str]) -> "Settings":
    from pydantic import ValidationError

    from trendctl.settings import Settings

    try:
        return Settings.model_validate(tree)
    except ValidationError as fault:
        raise _as_config_error(fault, origins) from None  # its text would show the values


def _as_config_error(fault: "ValidationError", origins: Mapping[str, str]) -> ConfigError:
    first = fault.errors(include_input=False, include_url=False)[0]
    parts = [str(part) for part in first["loc"] if part != "[key]"]
    key = ".".join(parts)
    origin = next((o for k in _prefixes(parts) if (o := origins.get(k))), _FILE)
    reason = first["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return ConfigError(f"{key} cannot be what {origin} says", why=reason, next="trendctl config edit")


def _prefixes(parts: list[str]) -> list[str]:
    return [".".join(parts[:n]) for n in range(len(parts), 0, -1)]


def _dumped(settings: "Settings", path: tuple[str, ...]) -> Any:
    value: Any = settings.model_dump(mode="json")
    for name in path:
        value = value[name]
    return value
