"""The contract of a platform, and the plain values that pass through it. Imported through `ports`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from trendctl.ports_common import CheckResult, Credentials, Json
from trendctl.ports_views import Case


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
    `person`: it waits for the person, not for the platform; there is no use in asking again soon.
    """

    state: State
    external_id: str = ""
    url: str = ""
    cause: str = ""
    excluded: bool = False
    late: Mapping[str, str] = field(default_factory=dict)
    person: bool = False


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
    late: tuple[str, ...] = ()  # the closed list of late values; `approval`: the decision's id, from the start
    late_maybe: tuple[str, ...] = ()  # those of them that an undisturbed first run never has (an adopted offer's id)
    needs_link: bool = False
    way: str = "api"  # "file": the seller uploads; an approval holds for the way it was given for
    limits: tuple[CallLimit, ...] = ()


class Talk(Protocol):
    """How a platform talks: a call under the account's credentials, pace and limits. Never retries by itself.

    A talk may also have `refusal(wire) -> str`: why the call may not be made now, asked before an Attempt is written.
    """

    def send(self, wire: Wire) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Grant:
    """What a sign-in gave. Seconds from now; `refresh_token` "" : unchanged; `refresh_expires_in` None: not told.

    `ends_at`, `refresh_ends_at`: epoch seconds, where the platform tells points in time; they win.
    """

    access_token: str
    expires_in: float
    refresh_token: str = ""
    refresh_expires_in: float | None = None
    ends_at: float | None = None
    refresh_ends_at: float | None = None


class SignIn(Protocol):
    """How a person lets the program act for their account (OAuth), all pure. `secret`: the refresh token's name.

    `consent_url` and `exchange` raise UsageError for what is not set up or was pasted wrongly; `granted` raises
    AccessError, with `why` "" where the trouble may pass by itself. `signed` puts the token on a call, and signs its
    exact bytes where the platform wants that (`now`: UTC, for its timestamp).

    A sign-in may also have `refused(answer) -> bool`: whether an answer that is no 401 says that the access token is
    not taken; `spared(answer) -> bool`: whether a 401 is about something else; and `early`: seconds before its end (at
    most half its life) from which an access token is renewed, the old one serving on where that fails.
    """

    secret: str

    def consent_url(self, credentials: Credentials, options: Mapping[str, Json], state: str) -> str: ...
    def exchange(self, pasted: str, state: str, credentials: Credentials, options: Mapping[str, Json]) -> "Wire": ...
    def refresh(self, credentials: Credentials, options: Mapping[str, Json]) -> "Wire": ...
    def granted(self, answer: Answer) -> Grant: ...
    def signed(self, wire: "Wire", token: str, credentials: Credentials, now: datetime) -> "Wire": ...


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
    live: Mapping[str, str] = field(default_factory=dict)  # platform -> address of a live listing of this product


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
