"""What the scanner is given: settings as plain values, its wiring, and who watches its progress."""

import base64
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from trendctl.http import Client
from trendctl.ports import Clock, Credentials, Json, Outcome, Source
from trendctl.store.engine import Store


@dataclass(frozen=True, slots=True)
class SourceValues:
    """The user's settings of one source; None: the source's own default."""

    enabled: bool | None = None
    base_url: str = ""
    auth_url: str = ""
    min_interval_minutes: int | None = None
    options: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ScanValues:
    """The settings a scan obeys. `sellable_threshold` None: the one the filter was fitted with."""

    geo: str = "US"
    language: str = "en"
    contact: str = ""
    candidates: int = 20
    max_items_per_source: int = 200
    workers: int = 32
    deadline_seconds: float = 120.0
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    sellable_threshold: float | None = None
    sources: Mapping[str, SourceValues] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Any) -> "ScanValues":
        """From the loaded settings (trendctl.settings.Settings)."""
        scan, market, niches = settings.scan, settings.market, settings.niches
        named = {
            name: SourceValues(s.enabled, s.base_url, s.auth_url, s.min_interval_minutes, s.options)
            for name, s in settings.sources.items()
        }
        return cls(
            market.geo, market.language, scan.contact, scan.candidates, scan.max_items_per_source, scan.workers,
            scan.deadline_seconds, tuple(niches.include), tuple(niches.exclude), settings.review.sellable_threshold,
            named,
        )  # fmt: skip

    def source(self, name: str) -> SourceValues:
        """The settings of one source."""
        return self.sources.get(name, SourceValues())


class Progress(Protocol):
    """Told how the sources come along; always called from the thread that called `scan`."""

    def start(self, source: str) -> None: ...
    def update(self, source: str, text: str) -> None: ...
    def done(self, source: str, outcome: Outcome, items: int, cause: str) -> None: ...


class Silent:
    """Progress that nobody watches."""

    def start(self, source: str) -> None:
        """Nothing."""

    def update(self, source: str, text: str) -> None:
        """Nothing."""

    def done(self, source: str, outcome: Outcome, items: int, cause: str) -> None:
        """Nothing."""


def new_uid() -> str:
    """A product's public id: 80 random bits as 16 lower-case base32 characters."""
    return base64.b32encode(secrets.token_bytes(10)).decode().lower()


def sellable_chance(title: str) -> float:
    """The probability that a title names a good one person could sell. Loads the fitted filter at the first call."""
    from trendctl.trends.taxonomy import sellable  # numpy and the fitted numbers: only when something new was found

    return float(sellable(title))


def sellable_threshold() -> float:
    """The chance at which the fitted filter calls a title sellable."""
    from trendctl.trends.taxonomy import SELLABLE_THRESHOLD

    return float(SELLABLE_THRESHOLD)


def no_overlay(name: str) -> Mapping[str, str]:
    """No field of the source is overridden."""
    return {}


@dataclass(frozen=True, slots=True)
class Scanning:
    """All that a scan needs. `overlay` gives a source's overridden fields; the rest is for tests to replace."""

    store: Store
    client: Client
    clock: Clock
    sources: Sequence[Source]
    values: ScanValues
    credentials: Credentials
    overlay: Callable[[str], Mapping[str, str]] = no_overlay
    uid: Callable[[], str] = new_uid
    sellable: Callable[[str], float] = sellable_chance
    threshold: Callable[[], float] = sellable_threshold
