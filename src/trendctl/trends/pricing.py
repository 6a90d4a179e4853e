"""One job: what a good may sell for, as a range that holds the true price four times in five, from comparables."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np

from trendctl.trends._price_model import PriceModel

RANGE_FACTOR = 0.25
"""Half the width of the 80% range in the model's standard deviations, which are too wide: a little above the
0.8 quantile (0.24) of |error| / deviation over comparables judged from those of other products
(tests/benchmarks/fit_pricing.py)."""

ASKING_DOUBT = 1.5
"""An asking price is trusted less than a sold one by this factor of variance: it says what somebody hopes for."""

FRESH_DAYS = 90.0
"""A comparable this old has twice the variance of a new one, and so on in proportion."""

_MINOR = 100.0  # only sets the scale of the logs; currencies without minor units are fine with it


@dataclass(frozen=True, slots=True)
class Estimate:
    """Prices in the unit of the comparables; `low` to `high` is an 80% interval around `mid`."""

    low: float
    mid: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Comparable:
    """An offer of something alike. `sold` tells a price that was paid from one that is asked."""

    title: str
    amount_minor: int
    currency: str
    source: str = ""
    age_days: float = 0.0
    sold: bool = False
    brand: str = ""
    category: str = ""


@dataclass(frozen=True, slots=True)
class PriceRange:
    """Integer minor units of `currency`; an 80% interval. `how` says in words what it rests on."""

    low: int
    mid: int
    high: int
    currency: str
    n: int
    how: str

    @property
    def confidence(self) -> float:
        """0..1: 1 for a range without width, 0.5 where the ends are a factor of e apart."""
        return 1.0 / (1.0 + math.log(self.high / self.low))


def suggest(record: Mapping[str, Any], comparables: Sequence[Mapping[str, Any]]) -> Estimate:
    """The price of a record (`title`, `brand`, `model`, `category`; all but the title may be missing).

    Comparables also have `price`, all in one currency; one without a positive price is left out. The model of the last
    tuple of comparables is kept, so that a loop over records builds it once. ValueError if no comparable has a price.
    """
    model, count = _kept_model(comparables)
    value, variance = model.predict(record)
    return Estimate(*_ends(value, variance, count), count)


def price_range(comparables: Sequence[Comparable], title: str, currency: str) -> PriceRange | None:
    """The range for a title from the comparables in this very currency; others are left out, never converted.

    None if there is none. Sold prices and newer ones count more.
    """
    wanted = currency.strip().upper()
    usable = [c for c in comparables if c.currency.strip().upper() == wanted and c.amount_minor > 0]
    if not usable:
        return None
    usable.sort(key=lambda c: (c.title, c.amount_minor, c.source, c.age_days, c.sold))
    records = [{"title": c.title, "brand": c.brand, "category": c.category} for c in usable]
    model = PriceModel(
        records, np.array([c.amount_minor / _MINOR for c in usable]), np.array([_doubt(c) for c in usable])
    )
    record = {"title": title}
    value, variance = model.predict(record)
    low, mid, high = _ends(value, variance, len(usable))
    middle = max(1, round(mid * _MINOR))
    return PriceRange(
        low=min(middle, max(1, math.floor(low * _MINOR))),
        mid=middle,
        high=max(middle, math.ceil(high * _MINOR)),
        currency=wanted,
        n=len(usable),
        how=_how(usable, float(model.likeness(record).max()), len(comparables) - len(usable)),
    )


def _how(usable: Sequence[Comparable], nearest: float, left_out: int) -> str:
    sold = sum(c.sold for c in usable)
    noun = "comparable" if len(usable) == 1 else "comparables"
    text = f"{len(usable)} {noun} in {usable[0].currency.strip().upper()}, {sold} sold and {len(usable) - sold} asking"
    if nearest < 0.2:
        text += "; none is much like it, so the range is that of all"
    return text + (f"; {left_out} in another currency or without a price left out" if left_out else "")


def _doubt(comparable: Comparable) -> float:
    age = comparable.age_days if math.isfinite(comparable.age_days) else 10 * FRESH_DAYS
    return (1.0 if comparable.sold else ASKING_DOUBT) * (1.0 + max(0.0, age) / FRESH_DAYS)


def _ends(value: float, variance: float, count: int) -> tuple[float, float, float]:
    """Low, middle and high; few comparables widen the range."""
    reach = RANGE_FACTOR * math.sqrt(variance * (1.0 + 2.0 / count))
    low, mid, high = (max(0.0, math.expm1(v)) for v in (value - reach, value, value + reach))
    return low, mid, high


_lock = Lock()
_kept: list[tuple[Sequence[Mapping[str, Any]], PriceModel, int]] = []


def _kept_model(comparables: Sequence[Mapping[str, Any]]) -> tuple[PriceModel, int]:
    """The model of these comparables. Only a tuple is kept, since it cannot change; the lock serves threads."""
    with _lock:
        if _kept and _kept[0][0] is comparables:
            return _kept[0][1:]
        priced = [c for c in comparables if _price(c) > 0]
        if not priced:
            raise ValueError("no comparable has a positive price")
        model = PriceModel(priced, np.array([_price(c) for c in priced]))
        if isinstance(comparables, tuple):
            _kept[:] = [(comparables, model, len(priced))]
        return model, len(priced)


def _price(record: Mapping[str, Any]) -> float:
    try:
        value = float(record.get("price") or 0)
    except (TypeError, ValueError):
        return 0.0
    return value if math.isfinite(value) else 0.0
