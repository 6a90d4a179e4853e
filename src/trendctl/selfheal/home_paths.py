"""Paths of the home as Changes name them; the quarantine, where what is in the way is put, so that it can come back."""

import os
from datetime import UTC, datetime
from pathlib import Path

from trendctl.home import Home

CONFIG = "@config"
QUARANTINE = "quarantine"


def relative(home: Home, path: Path) -> str | None:
    """The path as a Change names it ("." for the home itself); None where it lies outside the home."""
    if path == home.config and home.config_folder is not None:
        return CONFIG
    try:
        found = path.relative_to(home.root)
    except ValueError:
        return None
    return None if ".." in found.parts else found.as_posix()


def aside(home: Home, path: Path, now: int) -> str:
    """A free name in the quarantine for what lies at `path`, with the time it was put there."""
    inside = relative(home, path) or path.name
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    stem = f"{QUARANTINE}/{stamp}-{inside.replace('/', '-')}"
    number = 0
    while os.path.lexists(home.root / (name := stem if not number else f"{stem}-{number}")):
        number += 1
    return name


def is_mine(path: Path) -> bool:
    """Whether it is a plain file or folder of this user: a link is followed nowhere."""
    try:
        status = path.lstat()
    except OSError:
        return False
    return not path.is_symlink() and (os.name == "nt" or status.st_uid == os.geteuid())
