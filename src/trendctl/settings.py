"""The settings as checked, frozen values, with the text that config.example.toml shows for each of them.

Loads pydantic: import it through `config.load` only where settings are truly needed.
"""

import re
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

SENSITIVE = frozenset({"notify.urls", "daemon.ping_url"})  # they may hold a token: never shown, always redacted
_LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|::1")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def _web_address(value: str) -> str:
    """Https, or http to this machine: what is sent there may hold credentials."""
    if not value:
        return value
    try:
        parts = urlsplit(value)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError as fault:
        raise ValueError(f"it is no web address ({fault})") from fault
    local = _LOOPBACK.fullmatch(host) is not None
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and local)):
        raise ValueError("it must begin with https:// (http:// only for this machine)")
    if parts.username is not None or parts.password is not None:
        raise ValueError("it must not hold a user name or password")
    if parts.fragment or parts.query:
        raise ValueError("it must not hold a ? or # part")
    return value


def _decimal_text(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _decimal(value: str) -> str:
    try:
        if Decimal(value).is_finite() and Decimal(value) >= 0:
            return value
    except InvalidOperation:
        pass
    raise ValueError('it must be a decimal number of 0 or more in quotes, such as "0.15"')


def _timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (OSError, ValueError, LookupError) as fault:
        raise ValueError("it is no IANA time zone, such as America/New_York") from fault
    return value


def _one_line(value: str) -> str:
    """It goes into request headers."""
    if not value.isprintable() or len(value) > 200:
        raise ValueError("it must be one line of at most 200 printable characters")
    return value


def _leaf_name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError("a name is lower-case letters, digits and _")
    return value


Address = Annotated[str, AfterValidator(_web_address)]
DecimalText = Annotated[str, BeforeValidator(_decimal_text), AfterValidator(_decimal)]
LeafName = Annotated[str, AfterValidator(_leaf_name)]
Line = Annotated[str, AfterValidator(_one_line)]


class Section(BaseModel):
    """Frozen; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Market(Section):
    """Where you sell."""

    geo: str = Field(default="US", pattern=r"^[A-Z]{2}$", description="Country, ISO 3166 (two letters).")
    language: str = Field(default="en", pattern=r"^[a-z]{2}(-[A-Z]{2})?$", description="Language, ISO 639.")
    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$", description="Currency of prices and reports, ISO 4217.")
    timezone: Annotated[str, AfterValidator(_timezone)] = Field(
        default="America/New_York", description="IANA time zone of the market; days and quiet hours follow it."
    )


class Scan(Section):
    """How trend sources are asked."""

    contact: Line = Field(default="", description="Your e-mail or web page; told only to hosts that ask for one.")
    candidates: int = Field(
        default=20, ge=0, le=500, description="Promising products measured (with history) per scan."
    )
    max_items_per_source: int = Field(default=200, ge=1, le=10_000, description="Items kept of one source's answer.")
    workers: int = Field(default=32, ge=1, le=64, description="Sources asked side by side.")
    deadline_seconds: float = Field(
        default=120.0, gt=0, le=3600, description="A scan ends after this time, with what it has."
    )


class Niches(Section):
    """Words that products must, or must not, have in title or category."""

    include: list[str] = Field(default=[], description="These come first; empty: everything.")
    exclude: list[str] = Field(default=[], description="These are never shown.")


class Review(Section):
    """What awaits your decision, and for how long an approval holds."""

    expires_hours: int = Field(default=72, ge=1, le=720, description="An approval not posted by then is void.")
    queue_limit: int = Field(default=50, ge=1, le=1000, description="Most products awaiting review at once.")
    minimum_score: float = Field(default=20.0, ge=0, le=100, description="Lower scores are not put up for review.")
    minimum_margin: DecimalText = Field(
        default="0.15", description="Least net margin, as a fraction of the price, in quotes."
    )
    sellable_threshold: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="Least confidence that a thing can be sold at all; unset: the trained value.",
    )
    cooling_minutes: int = Field(default=0, ge=0, le=1440, description="Wait this long after approval before posting.")


class Llm(Section):
    """The language model that may write texts; `offline` uses templates and sends nothing."""

    provider: Literal["offline", "openai", "anthropic", "groq", "compatible"] = Field(
        default="offline",
        description="offline, openai, anthropic, groq or compatible (any server with OpenAI's interface).",
    )
    model: str = Field(default="", description="Model name; empty: the provider's cheap one.")
    base_url: Address = Field(default="", description="Another address of the provider; needed for compatible.")
    daily_budget_usd: DecimalText = Field(
        default="1.00", description="No calls beyond this cost per day (UTC), in quotes."
    )
    timeout_seconds: float = Field(default=60.0, gt=0, le=600, description="For one answer.")


class SourceSettings(Section):
    """One trend source; `trendctl sources list` has the names."""

    enabled: bool | None = Field(default=None, description="Unset: the source's own default.")
    base_url: Address = Field(default="", description="Replaces scheme, host and root of every address of the source.")
    auth_url: Address = Field(default="", description="The same for its sign-in.")
    min_interval_minutes: int | None = Field(default=None, ge=1, le=100_000, description="Least time between two runs.")
    options: dict[str, Any] = Field(default={}, description="The source's own options; `trendctl sources show NAME`.")


class PlatformSettings(Section):
    """One place to sell; `trendctl platforms list` has the names."""

    enabled: bool | None = Field(default=None, description="Unset: on for local, off for the others.")
    base_url: Address = Field(
        default="", description="Replaces scheme, host and root of every address of the platform."
    )
    auth_url: Address = Field(default="", description="The same for its sign-in.")
    way: Literal["api", "file"] = Field(
        default="api", description="file: approved rows gather in a file that you upload yourself (no API access)."
    )
    marketplace: str = Field(default="", description="Such as EBAY_US; empty: the platform's default.")
    account: str = Field(default="default", min_length=1, max_length=60, description="Your name for the account.")
    policies: dict[str, str] = Field(default={}, description="Policy ids: payment, return, fulfillment, location ...")
    options: dict[str, Any] = Field(default={}, description="The platform's own options.")


class Selfheal(Section):
    """Checks and repairs by itself; a repair is backed up, verified and can be rolled back."""

    enabled: bool = Field(default=True, description="False: check and tell, repair nothing.")
    max_repairs_per_day: int = Field(default=10, ge=0, le=1000, description="More than that is left to you.")
    window_seconds: int = Field(
        default=120, ge=0, le=600, description="How long a repair is watched before it is final; else it is taken back."
    )


class BackupSettings(Section):
    """Copies of the database."""

    every_hours: int = Field(default=24, ge=1, le=720, description="Between two backups of the daemon.")
    keep_hourly: int = Field(
        default=24, ge=0, le=10_000, description="The last one of each of this many hours is kept."
    )
    keep_daily: int = Field(default=14, ge=0, le=10_000, description="The same for days.")
    keep_weekly: int = Field(default=8, ge=0, le=10_000, description="The same for weeks.")


class Notify(Section):
    """Messages to you (needs the extra `notify`)."""

    urls: list[str] = Field(default=[], description="Apprise addresses; empty: no messages.")
    quiet_hours: str = Field(
        default="22:00-07:00",
        pattern=r"^$|^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$",
        description="No messages then, in the market's time zone; empty: always.",
    )


class Daemon(Section):
    """The long-running process."""

    post_approved: bool = Field(
        default=False, description="Post what you approved without waiting for `trendctl post`."
    )
    ping_url: Address = Field(
        default="", description="Called after every good round, so that silence is noticed elsewhere."
    )


class Log(Section):
    """The log files in the home."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="DEBUG, INFO, WARNING or ERROR."
    )
    max_mb: int = Field(default=20, ge=1, le=1000, description="A file that gets larger is put aside.")
    keep: int = Field(default=5, ge=1, le=100, description="Older files kept.")


class Settings(Section):
    """Everything config.toml may say."""

    market: Market = Market()
    scan: Scan = Scan()
    niches: Niches = Niches()
    review: Review = Review()
    llm: Llm = Llm()
    sources: dict[LeafName, SourceSettings] = {}
    platforms: dict[LeafName, PlatformSettings] = {}
    selfheal: Selfheal = Selfheal()
    backup: BackupSettings = BackupSettings()
    notify: Notify = Notify()
    daemon: Daemon = Daemon()
    log: Log = Log()

    def source(self, name: str) -> SourceSettings:
        """The settings of one source; the defaults where config.toml is silent."""
        return self.sources.get(name, SourceSettings())

    def platform(self, name: str) -> PlatformSettings:
        """The settings of one platform; `enabled` is decided: `local` is on by default, the others off."""
        found = self.platforms.get(name, PlatformSettings())
        return found if found.enabled is not None else found.model_copy(update={"enabled": name == "local"})
