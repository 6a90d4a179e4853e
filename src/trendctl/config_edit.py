"""Changes one key in the text of a config.toml and leaves every comment where it is."""

import tomllib
from typing import Any

import tomlkit
from tomlkit.items import InlineTable

from trendctl.config_keys import put
from trendctl.errors import ConfigError


def edited(text: str, path: tuple[str, ...], value: Any) -> str:
    """The text with the key set; None takes it out. Raises ConfigError where the text cannot take it."""
    try:
        document = tomlkit.parse(text)
        _set(document, path, value)
        changed = tomlkit.dumps(document)
        if tomllib.loads(changed) == _expected(text, path, value):
            return changed
        why = "its sections stand in an order that cannot be edited safely"
    except (ValueError, TypeError, KeyError) as fault:  # tomlkit's and tomllib's errors are ValueErrors
        why = str(fault)
    raise ConfigError("config.toml cannot be changed", why=why, next="trendctl config edit")


def _set(document: tomlkit.TOMLDocument, path: tuple[str, ...], value: Any) -> None:
    here: Any = document
    for depth, name in enumerate(path[:-1], start=1):
        if name not in here:
            if value is None:
                return
            inline = isinstance(here, InlineTable)
            here[name] = tomlkit.inline_table() if inline else tomlkit.table(is_super_table=depth < len(path) - 1)
        here = here[name]
    if value is not None:
        here[path[-1]] = value
    elif path[-1] in here:
        del here[path[-1]]


def _expected(text: str, path: tuple[str, ...], value: Any) -> dict[str, Any]:
    tree = tomllib.loads(text)
    if value is not None:
        put(tree, path, value)
        return tree
    here: Any = tree
    for name in path[:-1]:
        here = here.get(name, {})
    here.pop(path[-1], None)
    return tree
