"""The contracts that leaves plug into, and the plain values that pass through them.

A leaf (a source, an agent, a platform) imports this file and nothing else of ours but pure packages.
Amounts are integers in minor units beside their ISO 4217 currency; times are aware UTC datetimes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:  # pydantic is heavy; leaves that need it import it themselves
    from pydantic import BaseModel

Json = Any  # a value of a JSON document: None, bool, int, float, str, list or dict of these


class Clock(Protocol):
    """The time, injected: tests and the demo bring their own."""

    def now(self) -> datetime: ...
    def monotonic(self) -> float: ...
    def sleep(self, seconds: float) -> None: ...


class Credentials(Protocol):
    """Named secrets (the environment names of the README). None: not set."""

    def get(self, name: str) -> str | None: ...
    def put(self, name: str, value: str) -> None: ...


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


# ---------------------------------------------------------------- products as the later stages see them


@dataclass(frozen=True, slots=True)
class ItemView:
    """An item of a product, with what its source allows."""

    source: str
    external_id: str
    title: str
    url: str
    category: str
    first_seen: datetime
    last_seen: datetime
    ai_ok: bool
    may_price: bool


@dataclass(frozen=True, slots=True)
class SeriesView:
    """A measured series, oldest first; None marks a missing point. `kind`: counts, levels or chart ranks."""

    source: str
    external_id: str
    metric: str
    period: int
    kind: Literal["count", "level", "rank"]
    start: datetime
    values: tuple[float | None, ...]
    measured: bool = False  # asked for by term, with history


@dataclass(frozen=True, slots=True)
class PriceView:
    """A price seen at a source."""

    source: str
    title: str
    minor: int
    currency: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ImageView:
    """A stored image the seller may use. `rights`: own, licensed or supplier; "" is not approvable."""

    sha256: str
    path: str  # relative to the home
    mime: str
    width: int
    height: int
    bytes: int
    rights: str
    url: str = ""  # a public https address, where a platform fetches by itself


@dataclass(frozen=True, slots=True)
class SupplyView:
    """What the seller has. Amounts are minor units of `currency`; None: not told yet."""

    cost_minor: int | None = None
    currency: str | None = None
    freight_minor: int = 0
    duty_minor: int = 0
    packaging_minor: int = 0
    outbound_shipping_minor: int = 0
    ad_minor: int = 0
    return_rate: str = "0"  # a decimal fraction as text
    stock: int | None = None
    lead_days: int | None = None
    condition: str | None = None
    brand: str = ""
    mpn: str = ""
    gtin: str = ""
    price_minor: int | None = None  # the seller's own wish, in `currency`
    link: str = ""  # the seller's own shop page for this product
    facts: Mapping[str, str] = field(default_factory=dict)  # material, size, pack ...
    supplier: str = ""  # never shown to a model
    auto_decrease: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """All that is known of a product, for the analysts: plain values only."""

    uid: str
    title: str
    brand: str
    now: datetime
    market: str
    currency: str
    first_seen: datetime
    last_seen: datetime
    items: tuple[ItemView, ...]
    series: tuple[SeriesView, ...]
    prices: tuple[PriceView, ...]
    supply: SupplyView | None
    images: tuple[ImageView, ...]
    platforms: tuple[str, ...]
    event_days: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # source -> counts a day, oldest first
    source_weights: Mapping[str, float] = field(default_factory=dict)
    minimum_margin: str = "0.15"  # the seller's least net margin, a decimal fraction as text
    comparables: tuple[PriceView, ...] = ()  # prices of other products, for the price agent


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


# ---------------------------------------------------------------- platforms


class State(StrEnum):
    """A listing's or operation's state (design section 2.3)."""

    SUBMITTING = "submitting"
    ACCEPTED = "accepted"
    LIVE = "live"
    REJECTED = "rejected"
    FAILED = "failed"
    UNKNOWN = "unknown"
    ENDED = "ended"


class Action(StrEnum):
    """What an intent does."""

    CREATE = "create"
    REVISE = "revise"
    REPRICE = "reprice"
    RELIST = "relist"
    END = "end"


class Resend(StrEnum):
    """When a step whose answer was lost may be sent again."""

    SAFE = "safe"  # idempotent by its own key, or makes nothing a buyer sees
    READ_BACK = "read_back"  # only after a read-back that excludes it


@dataclass(frozen=True, slots=True)
class Wire:
    """The exact bytes of one call, by pure rendering. `local`: a file act of the `local` platform, not a call."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    params: tuple[tuple[str, str], ...] = ()
    image: tuple[str, str] | None = (
        None  # SHA-256 and mime of the stored image whose bytes replace IMAGE_MARK in `body`
    )


IMAGE_MARK = b"<image bytes>"  # where a rendered body holds an approved image: put in, hash checked, as it is sent


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `status` 0: no answer (the call may or may not have been applied)."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    error: str = ""


class Verdict(StrEnum):
    """What an answer proves."""

    APPLIED = "applied"
    NOT_APPLIED = "not_applied"  # proven: may be sent again (429, 401, a refusal before the act)
    REJECTED = "rejected"  # proven, and sending the same again is useless
    UNKNOWN = "unknown"  # nothing proven


@dataclass(frozen=True, slots=True)
class Understood:
    """An answer, understood. `late`: values that exist only now, for later steps (uploaded ids, offer ids)."""

    verdict: Verdict
    cause: str = ""
    late: Mapping[str, str] = field(default_factory=dict)
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class ReadBack:
    """The platform's own word on a listing. `state` UNKNOWN: it could not be proven either way.

    `excluded`: the read-back proves that the step named was not applied, so that it may be sent again.
    """

    state: State
    external_id: str = ""
    url: str = ""
    cause: str = ""
    excluded: bool = False
    late: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One call of an operation. `once_per`: name of an intent list whose every entry gets its own call (images)."""

    name: str
    resend: Resend


@dataclass(frozen=True, slots=True)
class CallLimit:
    """At most `calls` in `seconds`, of the calls whose "METHOD /path" the pattern matches from its start.

    A token bucket: full at first, refilled evenly. `source`: where the figure is published.
    """

    name: str
    pattern: str
    calls: int
    seconds: float
    source: str


@dataclass(frozen=True, slots=True)
class PlatformFacts:
    """What is true of a platform, as data."""

    name: str
    about: str
    terms_url: str
    credentials: tuple[str, ...] = ()
    currencies: Mapping[str, str] = field(default_factory=dict)  # marketplace -> currency
    default_marketplace: str = ""
    can_end: bool = True
    fetches_images: bool = False  # the platform downloads image URLs itself: bytes can change after approval
    fields: tuple[str, ...] = ()  # the intent's fields this platform posts, in card order
    late: tuple[str, ...] = ()  # the closed list of late values
    late_maybe: tuple[str, ...] = ()  # those of them that an undisturbed first run never has (an adopted offer's id)
    needs_link: bool = False
    limits: tuple[CallLimit, ...] = ()


class Talk(Protocol):
    """How a platform talks: a call under the account's credentials, pace and limits. Never retries by itself.

    A talk may also have `refusal(wire) -> str`: why the call may not be made now, asked before an Attempt is written.
    """

    def send(self, wire: Wire) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Grant:
    """What a sign-in gave. Seconds from now; `refresh_token` "" : unchanged; `refresh_expires_in` None: not told."""

    access_token: str
    expires_in: float
    refresh_token: str = ""
    refresh_expires_in: float | None = None


class SignIn(Protocol):
    """How a person lets the program act for their account (OAuth), all pure. `secret`: the refresh token's name.

    `consent_url` and `exchange` raise UsageError for what is not set up or was pasted wrongly; `granted` raises
    AccessError, with `why` "" where the trouble may pass by itself.
    """

    secret: str

    def consent_url(self, credentials: Credentials, options: Mapping[str, Json], state: str) -> str: ...
    def exchange(self, pasted: str, state: str, credentials: Credentials, options: Mapping[str, Json]) -> "Wire": ...
    def refresh(self, credentials: Credentials, options: Mapping[str, Json]) -> "Wire": ...
    def granted(self, answer: Answer) -> Grant: ...
    def signed(self, wire: "Wire", token: str) -> "Wire": ...


@dataclass(frozen=True, slots=True)
class DraftInput:
    """What a platform makes a draft of: analyses by agent name (their JSON), supply, images, settings."""

    case: Case
    analyses: Mapping[str, Json]
    account: str
    marketplace: str
    sku: str
    policies: Mapping[str, str]
    options: Mapping[str, Json]
    basis: Mapping[str, str]  # hashes of supply, rules, fees, compliance: for the drift check
    known: Mapping[str, Json] = field(default_factory=dict)  # what a Gathering platform was told, by its asks' names


@dataclass(frozen=True, slots=True)
class DraftOutput:
    """`intent`: the fields so far. `missing`: what the seller must still tell. `blocks`: why it may not be posted."""

    intent: Mapping[str, Json]
    missing: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Platform(Protocol):
    """A place to sell. `draft`, `steps`, `render` and `understand` are pure; `perform` and `read_back` talk."""

    facts: PlatformFacts

    def draft(self, wanted: DraftInput) -> DraftOutput: ...
    def steps(self, intent: Mapping[str, Json]) -> tuple[Step, ...]: ...
    def render(self, step: str, intent: Mapping[str, Json], late: Mapping[str, str]) -> Wire: ...
    def perform(self, step: str, wire: Wire, talk: Talk) -> Answer: ...
    def understand(self, step: str, answer: Answer) -> Understood: ...
    def read_back(self, intent: Mapping[str, Json], late: Mapping[str, str], talk: Talk) -> ReadBack: ...


@dataclass(frozen=True, slots=True)
class Seen:
    """What `check` looks at. `talk` None: no sign-in yet, `why` says so. `mend`: may create what is missing."""

    account: str
    marketplace: str
    policies: Mapping[str, str]
    options: Mapping[str, Json]
    talk: Talk | None
    why: str = ""
    mend: bool = False


class Gathering(Protocol):
    """What a platform may have besides: reads that its drafts need. `asks`: name -> what it is about (the cache's key),
    in order; `ask` reads one (knowing those before it), raising TrendctlError where it cannot."""

    def asks(self, wanted: DraftInput) -> Mapping[str, str]: ...
    def ask(self, name: str, wanted: DraftInput, known: Mapping[str, Json], talk: Talk) -> Json: ...


class Checking(Protocol):
    """What a platform may have besides: `platforms check`."""

    def check(self, seen: Seen) -> "Sequence[CheckResult]": ...


@dataclass(frozen=True, slots=True)
class Sold:
    """A listing as its performance is asked for. `late`: what its operations learned (offer and container ids)."""

    sku: str
    external_id: str
    url: str
    marketplace: str
    currency: str
    late: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DayMetrics:
    """How one listing did on one UTC day. None: the platform does not give it, never 0.

    Minor units of `currency`: `revenue_minor` is what buyers paid for goods and shipping before refunds and without
    tax; `fees_minor` what the platform kept in the end. `returns` counts units sent back, on the day it happened.
    """

    day: date
    views: int | None = None
    clicks: int | None = None
    orders: int | None = None
    units: int | None = None
    revenue_minor: int | None = None
    fees_minor: int | None = None
    returns: int | None = None
    currency: str | None = None


class Performance(Protocol):
    """What a platform may have besides: how a listing does. Days it tells nothing of are left out.

    Raises AccessError where a permission is missing, TrendctlError where it cannot be read. No buyer data leaves it.
    """

    def performance(self, listing: Sold, days: "Sequence[date]", talk: Talk) -> Sequence[DayMetrics]: ...


class Lowering(Protocol):
    """What a platform may have besides: reading how many a listing has left, and the one call that sets that number and
    nothing else. The call must be safe to repeat; `perform` and `understand` are asked for it with the step "quantity".

    `left` None: the platform cannot tell, and the listing is not lowered. Raises TrendctlError.
    """

    def left(self, listing: Sold, talk: Talk) -> int | None: ...
    def render_quantity(self, intent: Mapping[str, Json], late: Mapping[str, str], quantity: int) -> Wire: ...


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
class CheckResult:
    """`status`: ok, warn or fail; `detail` is for a person."""

    name: str
    status: Literal["ok", "warn", "fail"]
    detail: str
    next: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A health check: `run` looks, through the probe it is given, and never changes anything."""

    name: str
    about: str
    run: Callable[[Any], CheckResult | Sequence[CheckResult]]
