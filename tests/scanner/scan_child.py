"""A scan in a process of its own (tests/forked.py), to be killed; arguments: HOME BASE_URL NOW."""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from scan_fakes import Known, make_source

from trendctl.http import Client
from trendctl.ports import Source
from trendctl.scanner.service import scan
from trendctl.scanner.values import Scanning, ScanValues, SourceValues
from trendctl.store.engine import Store
from trendctl.store.http_state import StoredHttpState


class Hour:
    """A wall clock that stands still within one hour, so that two scans are about the same time."""

    def __init__(self, at: int) -> None:
        self._at = datetime.fromtimestamp(at, UTC)

    def now(self) -> datetime:
        return self._at

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """At once: pace is not what this is about."""


SOURCES: tuple[Source, ...] = tuple(make_source(f"s{n}", min_interval_minutes=0) for n in range(6))


def main(home: Path, base_url: str, now: int) -> None:
    store, clock = Store(home / "trendctl.db"), Hour(now)
    client = Client(StoredHttpState(store, clock), clock, home / "cache", user_agent="test", spread=lambda: 0.0)
    values = ScanValues(sources={s.facts.name: SourceValues(base_url=base_url) for s in SOURCES})
    wiring = Scanning(store, client, clock, SOURCES, values, Known(), sellable=lambda title: 0.8, threshold=lambda: 0.5)
    report = scan(wiring)
    assert not report.failed


def run() -> None:
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
