"""The contracts that leaves plug into, and the plain values that pass through them.

A leaf (a source, an agent, a platform) imports this file and nothing else of ours but pure packages.
Amounts are integers in minor units beside their ISO 4217 currency; times are aware UTC datetimes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, Protocol

from trendctl.ports_common import CheckResult, Clock, Credentials, Json
from trendctl.ports_platform import (
    IMAGE_MARK,
    Action,
    Answer,
    CallLimit,
    Checking,
    DayMetrics,
    DraftInput,
    DraftOutput,
    Gathering,
    Grant,
    Lowering,
    Performance,
    Platform,
    PlatformFacts,
    ReadBack,
    Resend,
    Seen,
    SignIn,
    Sold,
    State,
    Step,
    Talk,
    Understood,
    Verdict,
    Wire,
)
from trendctl.ports_views import Case, ImageView, ItemView, PriceView, SeriesView, SupplyView

if TYPE_CHECKING:  # pydantic is heavy; leaves that need it import it themselves
    from pydantic import BaseModel

__all__ = [
    "IMAGE_MARK",
    "Action",
    "Agent",
    "Answer",
    "Ask",
    "CallLimit",
    "Case",
    "Check",
    "CheckResult",
    "Checking",
    "Choice",
    "Clock",
    "Credentials",
    "DayMetrics",
    "DraftInput",
    "DraftOutput",
    "Gathering",
    "Grant",
    "HttpState",
    "ImageView",
    "ItemView",
    "Json",
    "Lowering",
    "Outcome",
    "Parsed",
    "Performance",
    "Platform",
    "PlatformFacts",
    "PriceView",
    "ReadBack",
    "Reading",
    "Record",
    "Reply",
    "Request",
    "Resend",
    "Said",
    "Seen",
    "SeriesView",
    "SignIn",
    "Sold",
    "Source",
    "SourceFacts",
    "State",
    "Step",
    "SupplyView",
    "Talk",
    "Understood",
    "Validators",
    "Verdict",
    "Wire",
]  # most names live in the ports_* files: one import line serves every leaf


# ---------------------------------------------------------------- HTTP


@dataclass(frozen=True, slots=True)
class Request:
    """One call, as a leaf asks for it: the platform's own URL; the client applies `base_url`, pace and limits."""

    url: str
    method: str = "GET"
    params: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    cacheable: bool = True  # may be revalidated by ETag / Last-Modified and answered from the body cache
    tag: str = ""  # the leaf's own note, given back with the reply
    auth: bool = False  # the URL is under auth_url, not base_url


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer whose body was read whole, within the size limit. `not_modified`: the body is the cached one."""

    request: Request
    status: int
    headers: Mapping[str, str]  # lower-case names
    body: bytes
    fetched_at: datetime
    not_modified: bool = False


@dataclass(frozen=True, slots=True)
class Validators:
    """What makes a conditional request possible, and where the body of last time lies."""

    etag: str
    last_modified: str
    body_sha256: str


class HttpState(Protocol):
    """The HTTP client's memory, which survives restarts: pace per host and validators per URL.

    `reserve` atomically books the next call to `host`: the wall time (epoch seconds) at which it may start,
    at least `gap` seconds after the last one booked, across processes. `hold` forbids calls until a time
    (Retry-After). Both see only the wall clock.
    """

    def reserve(self, host: str, gap: float, now: float) -> float: ...
    def hold(self, host: str, until: float) -> None: ...
    def validators(self, url: str) -> Validators | None: ...
    def remember(self, url: str, validators: Validators) -> None: ...


# ---------------------------------------------------------------- sources


class Outcome(StrEnum):
    """How a source's run ended. Only OK and EMPTY count as measured."""

    OK = "ok"
    EMPTY = "empty"
    UNAVAILABLE = "unavailable"  # the other side: 403, 429, block page, timeout
    SKIPPED = "skipped"  # ours: not due, disabled, no credentials, no contact
    FAILED = "failed"  # the answer could not be understood, or a bug


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What is true of a source, as data: shown by `sources`, obeyed by the scanner.

    `gap_seconds`: the least time between two calls to one host. `min_interval_minutes`: the least time between
    two runs. `retention_days` None: no limit known. `may_create_product` False: its items join products that
    another source named, or create one only where the sellable filter is confident.
    """

    name: str
    about: str
    url: str
    terms_url: str
    kind: tuple[Literal["discover", "measure"], ...]
    auth: Literal["none", "key", "oauth"] = "none"
    credentials: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()  # credentials it can do without: with all of them it renews its own token
    get_key: str = ""  # how a person gets the credential
    terms: Literal["official", "feed", "unofficial"] = "official"
    commercial_use: Literal["yes", "no", "ask"] = "ask"
    ai_ok: bool = False
    retention_days: int | None = None
    may_create_product: bool = False
    may_price: bool = False
    rate: str = ""  # the published or observed limit, in words, with its source
    daily_budget_usd: float | None = None
    gap_seconds: float = 1.0
    min_interval_minutes: int = 55
    enabled: bool = True  # by default, before the user's settings
    needs_contact: bool = False
    deadline_seconds: float = 60.0
    max_bytes: int = 8_000_000
    options: Mapping[str, Json] = field(default_factory=dict)  # defaults of [sources.NAME.options]
    fields: Mapping[str, str] = field(default_factory=dict)  # JMESPath or feed field map; overlays/ may override


@dataclass(frozen=True, slots=True)
class Ask:
    """What is wanted of a source in this run. `term` None: discover what is hot now; else measure that term."""

    now: datetime
    geo: str = "US"
    language: str = "en"
    term: str | None = None
    days: int = 30
    contact: str = ""
    options: Mapping[str, Json] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    credentials: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """One measured value. `at` None: now. `period` in seconds: 3600 hourly, 86400 daily, 0 a momentary level.

    At least one of `value` and `rank` (1 = first) is given.
    """

    metric: str
    value: float | None = None
    rank: int | None = None
    at: datetime | None = None
    period: int = 0
    price_minor: int | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One thing a source named. `event`: an article, launch or deal, counted per product and day, not a series."""

    external_id: str
    title: str
    url: str = ""
    category: str = ""
    image_url: str = ""
    brand: str = ""
    event: bool = False
    event_at: datetime | None = None
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a reply told: records, further calls of the same chain, and how many entries could not be used."""

    records: tuple[Record, ...] = ()
    follow: tuple[Request, ...] = ()
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """A trend source: `requests` asks (pure), `parse` understands (pure; raises only ParseError).

    `fallback` (pure) is asked after a call that was unavailable, with its request and its HTTP status (None: there
    was no answer): what to ask instead, nothing where there is nothing else. At most once for each call.

    `gather` is for the two packages that talk by themselves (praw, pytrends): it is given a `requests`
    transport adapter that obeys the same limits, and returns the same Parsed.
    """

    facts: SourceFacts
    requests: Callable[[Ask], Sequence[Request]] | None = None
    parse: Callable[[Reply, Ask], Parsed] | None = None
    gather: Callable[[Any, Ask], Parsed] | None = None
    fallback: Callable[[Request, int | None, Ask], Sequence[Request]] | None = None


# ---------------------------------------------------------------- agents


@dataclass(frozen=True, slots=True)
class Agent:
    """An analyst. `evidence` reduces the case (and the outputs of the agents in `needs`) to JSON: exactly what it
    reads, hashed and stored with its answer. `run` turns that into `output`. Raise `version` when the rules change.
    """

    name: str
    version: int
    needs: tuple[str, ...]
    output: "type[BaseModel]"
    evidence: Callable[[Case, Mapping[str, "BaseModel"]], Mapping[str, Json]]
    run: Callable[[Mapping[str, Json]], "BaseModel"]


# ---------------------------------------------------------------- approval


class Choice(StrEnum):
    """What a person may say to a review card."""

    APPROVE = "approve"
    REJECT = "reject"
    DEFER = "defer"
    EDIT = "edit"
    SUPPLY = "supply"
    PLATFORMS = "platforms"
    LIFT = "lift"
    OPEN = "open"
    SKIP = "skip"
    UNDO = "undo"
    HELP = "help"
    QUIT = "quit"


@dataclass(frozen=True, slots=True)
class Said:
    """A choice with its detail: which drafts (by id) to approve, a reason, days, changed fields."""

    choice: Choice
    draft_ids: tuple[str, ...] = ()
    reason: str = ""
    days: int = 0
    changes: Mapping[str, Json] = field(default_factory=dict)


# ---------------------------------------------------------------- health


@dataclass(frozen=True, slots=True)
class Check:
    """A health check: `run` looks, through the probe it is given, and never changes anything."""

    name: str
    about: str
    run: Callable[[Any], CheckResult | Sequence[CheckResult]]
