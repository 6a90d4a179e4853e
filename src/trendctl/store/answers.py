"""Kept answers of sources: for each the last good one and the latest bad one, so that a moved field can be found again.

Files in the cache (mode 0600, may be deleted at any time): a line of JSON, then the body, packed. People and secrets
were taken out before (scanner/kept.py).
"""

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from trendctl.ports import Json

FOLDER = "answers"  # in the cache
DAYS = 60  # kept where a source's terms set no limit
LARGEST = 4_000_000  # bytes of a body once unpacked; a file that says more is not ours
Which = Literal["good", "bad"]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer with what its parser needs. `at`: when it came (epoch seconds); `url` without secrets.

    `date`: the server's own clock (epoch seconds), None: it did not say. `not_modified`: it came out of the cache, as
    unchanged. `fields`: the overlay it was read with. `problem` "": it was read well; `shape`: for each value that
    records may hold, the share that had it.
    """

    source: str
    at: int
    url: str
    tag: str = ""
    kind: str = ""  # content type
    date: int | None = None
    not_modified: bool = False
    validator: str = ""  # the key under which the answer's ETag is kept
    geo: str = "US"
    language: str = "en"
    term: str | None = None
    days: int = 30
    options: Mapping[str, Json] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    records: int = 0
    rejected: int = 0
    problem: str = ""
    shape: Mapping[str, float] = field(default_factory=dict)
    body: bytes = b""


def packed(answer: Answer) -> bytes:
    """The file's bytes."""
    head = {name: value for name, value in asdict(answer).items() if name != "body"}
    return gzip.compress(json.dumps(head).encode() + b"\n" + answer.body, compresslevel=3, mtime=0)


def path_of(cache: Path, source: str, which: Which) -> Path:
    """Where a source's answer is kept."""
    return cache / FOLDER / f"{source}.{which}.gz"


def read(cache: Path, source: str, which: Which) -> Answer | None:
    """The kept answer; None where there is none, or the file is not what it should be."""
    with suppress(OSError, EOFError, zlib.error, ValueError, TypeError, RecursionError):
        with gzip.open(path_of(cache, source, which), "rb") as file:
            data = file.read(LARGEST + 1)
        if len(data) <= LARGEST:
            head, _, body = data.partition(b"\n")
            found: dict[str, Any] = json.loads(head)
            answer = Answer(**found, body=body)
            return answer if answer.source == source and isinstance(answer.at, int) else None
    return None


def sources(cache: Path) -> tuple[str, ...]:
    """The sources of which a bad answer is kept."""
    return tuple(sorted(p.name.removesuffix(".bad.gz") for p in (cache / FOLDER).glob("*.bad.gz")))


def newest(cache: Path) -> list[Answer]:
    """Of each source the newest answer, without its body: only what stands before it is read."""
    found: dict[str, Answer] = {}
    for path in _files(cache):
        answer = _head(path)
        if answer is not None and (answer.source not in found or answer.at > found[answer.source].at):
            found[answer.source] = answer
    return list(found.values())


def head(cache: Path, source: str, which: Which) -> Answer | None:
    """The kept answer without its body; None as `read`."""
    return _head(path_of(cache, source, which))


def _head(path: Path) -> Answer | None:
    with suppress(OSError, EOFError, zlib.error, ValueError, TypeError, RecursionError):
        with gzip.open(path, "rb") as file:
            head: dict[str, Any] = json.loads(file.readline(65_536))
        answer = Answer(**head)
        return answer if isinstance(answer.at, int) else None
    return None


def drop(cache: Path, source: str, which: Which) -> None:
    """Forget one."""
    with suppress(OSError):
        path_of(cache, source, which).unlink(missing_ok=True)


def current(cache: Path, source: str, which: Which, now: int, retention_days: int | None) -> Answer | None:
    """The kept answer, unless it is older than may be kept."""
    found = read(cache, source, which)
    days = min(retention_days or DAYS, DAYS)
    return found if found is not None and now - found.at <= days * 86_400 else None


def purge(cache: Path, days: Mapping[str, int], now: int) -> int:
    """Forget answers older than their source's `retention_days` (60 days without one); how many."""
    gone = 0
    for path in list(_files(cache)):
        source = path.name.split(".")[0]
        if now - path.stat().st_mtime > min(days.get(source, DAYS), DAYS) * 86_400:
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def _files(cache: Path) -> Iterator[Path]:
    yield from (cache / FOLDER).glob("*.gz")
