"""Can the overlays (corrected field maps) be used: whole JSON, of a source there is, for fields it has?"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from trendctl.errors import TrendctlError
from trendctl.ports import Check, CheckResult
from trendctl.selfheal.health import Probe

_LARGEST = 100_000  # bytes
_FEED_PATH = re.compile(r"[\w.@/|-]+")


@dataclass(frozen=True, slots=True)
class Broken:
    """An overlay that cannot be used; `source` as its file is named."""

    path: Path
    source: str
    why: str


def run(probe: Probe) -> list[CheckResult]:
    """Warn: the source is not asked while its overlay is broken."""
    bad = list(broken(probe))
    if not bad:
        return [CheckResult("overlays", "ok", "none is broken")]
    return [CheckResult(f"overlay.{b.source}", "warn", b.why[:300], f"fix or delete {b.path}") for b in bad]


def broken(probe: Probe) -> Iterator[Broken]:
    """Every overlay that cannot be used, by name."""
    folder = probe.home.overlays
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        why = fault_of(path)
        if why:
            yield Broken(path, path.stem, why)


def fault_of(path: Path) -> str:
    """Why an overlay cannot be used; "" if it can."""
    try:
        data = path.read_bytes()
        found = json.loads(data) if len(data) <= _LARGEST else None
    except (OSError, ValueError, RecursionError) as fault:
        return f"it cannot be read: {fault}"
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        return "it is no object of texts"
    return _misfit(path.stem, found)


def _misfit(source: str, fields: dict[str, str]) -> str:
    from trendctl import registry  # a source's leaf is loaded only where there is an overlay for it

    try:
        known = registry.load("sources", source).facts.fields
    except TrendctlError as fault:
        return f"there is no such source: {fault.what}"
    strange = sorted(set(fields) - set(known))
    if strange:
        return f"the source has no field {strange[0]!r}"
    wrong = next((name for name, path in fields.items() if not is_path(path, is_feed(known))), "")
    return f"{wrong}: {fields[wrong]!r} is no path" if wrong else ""


def is_feed(fields: Mapping[str, str]) -> bool:
    """Whether a source's field map names elements of a feed; a JSON source's holds JMESPath."""
    return fields.get("url") == "link"


def is_path(path: str, feed: bool) -> bool:
    """Whether a field path can be used: element names of a feed, or JMESPath."""
    if feed:
        return _FEED_PATH.fullmatch(path) is not None
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        jmespath.compile(path)
    except JMESPathError:
        return False
    return True


CHECK = Check("overlays", "overlays can be used", run)
