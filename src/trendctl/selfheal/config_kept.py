"""Keeps the last good copy of config.toml, and finds what is wrong with a bad one: a line, or all of it."""

import tomllib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from trendctl.home import Home, write_private

NAME = "config.last-good.toml"
_LARGEST = 1_000_000
# Values here change what is paid, offered or posted: put back only by a person.
GRAVE = ("market.", "review.", "platforms.", "daemon.post_approved", "llm.daily_budget_usd")


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a config.toml. `key`: the dotted key that is unknown or has a bad value, "" where the text is
    no TOML at all; `unknown`: the key is no setting."""

    key: str
    why: str
    unknown: bool = False


def keep_good(home: Home) -> bool:
    """Copy config.toml to config.last-good.toml (mode 0600) where it differs; whether it was copied.

    Called only after the settings were loaded and found valid. A full disk or a read-only home is no error here.
    """
    with suppress(OSError):
        data = home.config.read_bytes()
        kept = home.root / NAME
        if len(data) <= _LARGEST and wrong(data) is None and (not kept.exists() or kept.read_bytes() != data):
            write_private(kept, data)
            return True
    return False


def last_good(home: Home) -> bytes | None:
    """The kept copy, where there is one and it is still valid."""
    try:
        data = (home.root / NAME).read_bytes()
    except OSError:
        return None
    return data if wrong(data) is None else None


def wrong(data: bytes) -> Wrong | None:
    """What is wrong with the text of a config.toml; None: it is valid."""
    from pydantic import ValidationError

    from trendctl.settings import Settings

    try:
        tree = tomllib.loads(data.decode("utf-8-sig").replace("\r\n", "\n"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as fault:
        return Wrong("", str(fault))
    try:
        Settings.model_validate(tree)
    except ValidationError as fault:
        first = fault.errors(include_input=False, include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"] if part != "[key]")
        return Wrong(key, first["msg"], first["type"] == "extra_forbidden")
    return None


def without(data: bytes, key: str) -> bytes | None:
    """The text with the one line that sets `key` made a comment, where that makes it valid; else None."""
    text = data.decode("utf-8-sig")
    name = key.rpartition(".")[2]
    at = [
        n for n, line in enumerate(text.splitlines()) if line.split("=")[0].strip().strip("\"'") == name and "=" in line
    ]
    for n in at:
        parts = text.splitlines(keepends=True)
        parts[n] = f"# taken out, it is no setting: {parts[n]}"
        candidate = "".join(parts).encode()
        if wrong(candidate) is None:
            return candidate
    return None


def is_grave(key: str) -> bool:
    """Whether a key is about money, accounts or posting, also where it is only nearly the name of such a one."""
    import difflib

    from trendctl.config_keys import dotted, flat
    from trendctl.settings import Settings

    grave = [k for k in (dotted(path) for path, _ in flat(Settings())) if k.startswith(GRAVE)]
    return key.startswith(GRAVE) or bool(difflib.get_close_matches(key, grave, n=1, cutoff=0.8))


def changes_grave(broken: bytes, good: bytes) -> bool:
    """Whether the broken text sets something grave in another way than the good one, as its lines read."""
    before = set(_settings(good))
    return any(is_grave(key) for key, value in _settings(broken) if (key, value) not in before)


def _settings(data: bytes) -> Iterator[tuple[str, str]]:
    """(dotted key, text of its value) of each line that looks like a setting, TOML or not."""
    section = ""
    for line in data.decode("utf-8", "replace").splitlines()[:10_000]:
        bare = line.strip()
        if bare.startswith("["):
            section = bare.strip("[] ").split("]")[0]
        elif "=" in bare and not bare.startswith("#"):
            key, _, value = bare.partition("=")
            yield ".".join(filter(None, (section, key.strip().strip("\"'")))), value.split("#")[0].strip()
