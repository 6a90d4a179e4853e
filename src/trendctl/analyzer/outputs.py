"""What each agent answers: closed, frozen schemas. Amounts are minor units of the `currency` beside them.

None means "not known", never zero. Text in an answer is data: it came from outside and is not trusted.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Unit = Annotated[float, Field(ge=0.0, le=1.0)]
Minor = Annotated[int, Field(ge=0)]
Severity = Literal["block", "warn", "info"]
PriceFrom = Literal["seen", "comparable", "none"]


class Output(BaseModel):
    """Base of all answers."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Normalised(Output):
    """The product's name without what does not belong to it. `ai_ok`: its source lets a model read the text."""

    title: str
    brand: str
    brand_from: Literal["supply", "evidence", ""]
    model: str
    variant: tuple[str, ...]
    pack: Annotated[int, Field(ge=1)] | None
    search_term: str
    source: str
    ai_ok: bool


class Category(Output):
    """`path`: a top level of the Google product taxonomy. `google_id` and `google_path`: the deepest entry under it
    that the titles agree on, which is what feeds ask for. `google_id` None: no class is likely enough.
    """

    google_id: int | None
    path: str
    google_path: str = ""
    platform_categories: dict[str, str]
    confidence: Unit


class TrendSignal(Output):
    """One series or kind of event that speaks for the product; the fields of trends.score.Signal."""

    source: str
    item: str
    kind: Literal["count", "rank", "event"]
    strength: Unit
    stage: str
    age_hours: Annotated[float, Field(ge=0.0)]
    weight: float = 1.0


class TrendStage(Output):
    """Where the trend stands. `forecast_up`: how likely it still rises when the goods could be on sale."""

    stage: str
    began_hours_ago: Annotated[float, Field(ge=0.0)] | None
    strength: Unit
    story: str
    forecast_up: Unit | None
    signals: tuple[TrendSignal, ...]


class Demand(Output):
    """How much is wanted: 0 to 1 on a logarithmic scale for each kind of count."""

    level: Unit | None
    evidence: tuple[str, ...]


class Competition(Output):
    """How many sell it already: 0 to 1 on a logarithmic scale. `offers`: the largest count a source measured."""

    level: Unit | None
    offers: int | None
    evidence: tuple[str, ...]


class Price(Output):
    """An 80% range of asking prices. `how`: prices of this very product were seen, or only of comparable ones."""

    low_minor: Minor | None
    mid_minor: Minor | None
    high_minor: Minor | None
    currency: str | None
    n: int
    how: PriceFrom
    confidence: Unit | None
    evidence: tuple[str, ...]


class PlatformMargin(Output):
    """One unit sold at `price_minor`: what the platform keeps and what is left. `fraction` is of the price."""

    platform: str
    price_minor: Minor
    currency: str
    fees_minor: int
    floor_minor: int | None
    break_even_minor: int | None
    net_minor: int
    fraction: str
    above_floor: bool


class Margin(Output):
    """Empty `platforms`: not known, and `missing` says what is needed. `best` is the largest
    fraction of the platforms that take a fee (of all where none does)."""

    platforms: tuple[PlatformMargin, ...]
    best: str | None
    price_from: Literal["seller", "seen", "comparable", ""]
    missing: tuple[str, ...]


class Flag(Output):
    """A reason not to sell, or to look closer. `platforms` empty: it holds everywhere."""

    code: str
    severity: Severity
    words: str
    evidence: str
    platforms: tuple[str, ...] = ()


class Compliance(Output):
    """All flags found. No list is complete: none found is no proof."""

    flags: tuple[Flag, ...]
    blocked: bool


class Sentence(Output):
    """A sentence of the copy and the keys of the facts it says."""

    text: str
    cites: tuple[str, ...]


class PlatformCopy(Output):
    """Text within one platform's rules. `problems`: rules that no shortening could meet."""

    title: str
    description: str
    bullets: tuple[str, ...]
    sentences: tuple[Sentence, ...]
    problems: tuple[str, ...] = ()


class Copy(Output):
    """The copy for each platform, and the facts (key: what it says) that it was made of."""

    platforms: dict[str, PlatformCopy]
    facts: dict[str, str]


class Keywords(Output):
    """What a buyer may search by; every word comes from the facts. `aspects`: name and value, as eBay asks."""

    search_terms: tuple[str, ...]
    hashtags: tuple[str, ...]
    aspects: dict[str, str]


class Fit(Output):
    """How well a platform suits the product."""

    fit: Unit
    reasons: tuple[str, ...]


class PlatformFit(Output):
    """Fits by platform; `order` is best first."""

    platforms: dict[str, Fit]
    order: tuple[str, ...]
