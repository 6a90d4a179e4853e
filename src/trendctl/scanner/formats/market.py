"""What a search in a marketplace tells of a term: how many offers there are, and at which prices."""

from collections.abc import Iterable, Sequence
from statistics import median_low
from typing import Final

from trendctl.commerce.money import EXPONENTS
from trendctl.ports import Ask, Parsed, Reading
from trendctl.scanner.formats.rows import Price, series

_FEWEST: Final = 3  # offers; the "range" of fewer is chance


def offers(ask: Ask, total: float | None, prices: Iterable[Price | None]) -> Parsed:
    """`listings_total`; with three or more prices in one currency also `price_low`, `price_mid`, `price_high`.

    Low and high are the 10th and 90th percent of the offers seen (one page, the marketplace's best matches), so that
    an accessory for a euro or a hoarder's price does not set the range. The values are in major units. No offers at
    all: nothing (an empty answer).
    """
    if not total:
        return Parsed()
    readings = [Reading("listings_total", total, at=ask.now)]
    seen = _common_currency([price for price in prices if price is not None])
    if len(seen) >= _FEWEST:
        amounts = sorted(price.minor for price in seen)
        last = len(amounts) - 1
        places = {"price_low": amounts[last // 10], "price_high": amounts[last - last // 10]}
        for metric, minor in {**places, "price_mid": median_low(amounts)}.items():
            value = minor / 10 ** EXPONENTS[seen[0].currency]
            readings.append(Reading(metric, value, at=ask.now, price_minor=minor, currency=seen[0].currency))
    return series(ask, readings)


def _common_currency(prices: Sequence[Price]) -> Sequence[Price]:
    """The prices of the currency that most of them have; currencies are never mixed."""
    counts: dict[str, int] = {}
    for price in prices:
        counts[price.currency] = counts.get(price.currency, 0) + 1
    most = max(counts, key=lambda code: counts[code], default="")
    return [price for price in prices if price.currency == most]
