"""Writes config.example.toml from the settings, so that it cannot differ from them.

`# text` is a comment; `#key = value` is a setting at its default.
"""

import json
from collections.abc import Iterator
from typing import Any

from trendctl.settings import PlatformSettings, Section, Settings, SourceSettings

_HEAD = """\
# Settings of trendctl. Every key is shown at its default: remove the # before a key to change it.
# `trendctl config path` says where this file belongs; `trendctl config show` says where each value came from.
# A variable wins over this file: TRENDCTL_SCAN__CONTACT is scan.contact. A command's option wins over both.
# Passwords and keys do not belong here: see `trendctl secrets --help`.
"""
_UNSET: dict[str, Any] = {"enabled": True, "min_interval_minutes": 60, "sellable_threshold": 0.5}  # a value to show
_LEAVES: tuple[tuple[str, type[Section]], ...] = (
    ("sources.hackernews", SourceSettings),
    ("platforms.ebay", PlatformSettings),
)


def text() -> str:
    """The whole file."""
    lines = [_HEAD]
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, Section):
            lines += [*_prose(type(field.default)), f"[{name}]", *_keys(type(field.default)), ""]
    for name, section in _LEAVES:
        lines += [*_prose(section), f"#[{name}]", *_keys(section), ""]
    return "\n".join(lines).rstrip() + "\n"


def _prose(section: type[Section]) -> Iterator[str]:
    for line in (section.__doc__ or "").splitlines():
        yield f"# {line.strip()}".rstrip()


def _keys(section: type[Section]) -> Iterator[str]:
    for name, field in section.model_fields.items():
        unset = "" if field.default is not None else " (Not set by default.)"
        yield f"# {field.description}{unset}"
        yield f"#{name} = {_toml(_UNSET[name] if field.default is None else field.default)}"


def _toml(value: Any) -> str:
    """TOML and JSON agree on texts, numbers, booleans and empty lists and tables: all that defaults hold."""
    return json.dumps(value, ensure_ascii=False)
