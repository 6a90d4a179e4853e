"""Products as the later stages see them: plain values, read from the store."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


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
