"""The one place that writes logs: JSON lines, redacted, rotated, mode 0600; and the crash file.

    log.event("source answered", stage="scanner", leaf="hackernews", items=20)

Modules may use `logging.getLogger(__name__)` as well: everything below "trendctl" ends here, and nothing else does
(httpx would log whole addresses with their keys).
"""

import json
import logging
import math
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trendctl.home import PRIVATE_FILE, PRIVATE_FOLDER, Home, write_private
from trendctl.redaction import HIDDEN, is_secret_name

if TYPE_CHECKING:
    from trendctl.secrets import Secrets
    from trendctl.settings import Settings

FILE = "trendctl.jsonl"
PARTS = ("run", "stage", "leaf", "cause")
_LOGGER = logging.getLogger("trendctl")
_LOGGER.addHandler(logging.NullHandler())  # before `configure`, Python would write events to stderr
_VERSIONS = ("trendctl", "typer", "rich", "sqlmodel", "sqlalchemy", "pydantic", "httpx", "openai", "anthropic", "praw",
             "pytrends", "pandas", "numpy", "apscheduler", "psutil", "pillow")  # fmt: skip


def configure(home: Home, settings: "Settings", secrets: "Secrets") -> Path:
    """Send the events of this process to `home.logs`; the file. Called again, it replaces what was set before.

    Settings that may hold tokens (notify.urls, daemon.ping_url) are redacted like secrets.
    """
    for value in (*settings.notify.urls, settings.daemon.ping_url):
        secrets.hide(value)
    close()
    home.logs.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    path = home.logs / FILE
    handler = PrivateFile(path, maxBytes=settings.log.max_mb * 1_000_000, backupCount=settings.log.keep)
    handler.setFormatter(JsonLines(secrets.redact))
    _LOGGER.addHandler(handler)
    _LOGGER.setLevel(settings.log.level)
    _LOGGER.propagate = False
    return path


def close() -> None:
    """Stop logging and close the file."""
    for handler in [h for h in _LOGGER.handlers if isinstance(h, PrivateFile)]:
        _LOGGER.removeHandler(handler)
        handler.close()


def event(
    what: str,
    *,
    level: int = logging.INFO,
    run: int | str | None = None,
    stage: str = "",
    leaf: str = "",
    cause: str = "",
    exc: BaseException | None = None,
    **fields: Any,
) -> None:
    """One event. `run`: the scan or daemon round; `leaf`: source, agent, platform or check; `fields`: plain values."""
    extra = {"run": run, "stage": stage, "leaf": leaf, "cause": cause, "fields": fields}
    _LOGGER.log(level, "%s", what, exc_info=exc, extra=extra)


class JsonLines(logging.Formatter):
    """A record as one line of JSON; every text in it is redacted before it is escaped."""

    def __init__(self, redact: Callable[[str], str]) -> None:
        super().__init__()
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "event": record.getMessage(),
            "module": record.name,
        }
        line |= {part: value for part in PARTS if (value := getattr(record, part, None)) not in (None, "")}
        line |= {"fields": fields} if (fields := getattr(record, "fields", None)) else {}
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = trace(record.exc_info[1])
        return json.dumps(clean(line, self._redact), ensure_ascii=False)


class PrivateFile(RotatingFileHandler):
    """A rotated file that only its owner can read. It follows along when another process has rotated it.

    `lost` counts events that could not be written (full disk): logging must not stop the work.
    """

    lost = 0

    def __init__(self, path: Path, *, maxBytes: int, backupCount: int) -> None:
        super().__init__(path, maxBytes=maxBytes, backupCount=backupCount, encoding="utf-8", delay=True)

    def _open(self) -> TextIOWrapper:
        handle = os.open(self.baseFilename, os.O_CREAT | os.O_APPEND | os.O_WRONLY, PRIVATE_FILE)
        return open(handle, "a", encoding=self.encoding)

    def shouldRollover(self, record: logging.LogRecord) -> bool:
        """Before deciding: another process may have renamed the file that we hold open."""
        if self.stream is not None and not _is_still(self.stream, self.baseFilename):
            self.stream.close()
            self.stream = self._open()
        return bool(super().shouldRollover(record))

    def handleError(self, record: logging.LogRecord) -> None:
        self.lost += 1


def crash(home: Home, exc: BaseException, secrets: "Secrets", now: datetime | None = None) -> Path:
    """Write what a bug report needs: versions and the traceback without locals, redacted; the file, mode 0600."""
    now = now or datetime.now(UTC)
    home.logs.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    lines = [f"trendctl crashed at {now.isoformat(timespec='seconds')}", "", *_versions(), "", trace(exc)]
    text = secrets.redact("\n".join(lines)).replace(str(Path.home()), "~")
    path = home.logs / f"crash-{now:%Y%m%dT%H%M%SZ}-{os.getpid()}.txt"
    write_private(path, text.encode("utf-8", "backslashreplace"))
    return path


def trace(exc: BaseException) -> str:
    """The traceback, without the values of variables."""
    return "".join(traceback.TracebackException.from_exception(exc, capture_locals=False).format())


def _versions() -> list[str]:
    import platform  # only a crash needs these
    import sqlite3
    from importlib import metadata

    found = [f"python {platform.python_version()} on {platform.system()} {platform.release()} {platform.machine()}"]
    found.append(f"sqlite {sqlite3.sqlite_version}")
    for name in _VERSIONS:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    return [*found, f"command: {Path(sys.argv[0]).name}"]


def _is_still(stream: TextIOWrapper, path: str) -> bool:
    try:
        there, ours = os.stat(path), os.fstat(stream.fileno())
    except OSError:
        return False
    return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)


def clean(value: Any, redact: Callable[[str], str]) -> Any:
    """The value as JSON can hold it, every text in it redacted; a field named like a secret is hidden whole."""
    if isinstance(value, Mapping):
        pairs = ((str(k), v) for k, v in value.items())
        return {redact(k): HIDDEN if is_secret_name(k) else clean(v, redact) for k, v in pairs}
    if isinstance(value, list | tuple | set | frozenset):
        return [clean(v, redact) for v in value]
    text = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
    hidden = redact(text)
    plain = isinstance(value, int | bool | None) or (isinstance(value, float) and math.isfinite(value))
    return value if plain and hidden == text else hidden
