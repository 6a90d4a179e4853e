"""Prices of other products with similar titles, for products that no source priced."""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from trendctl.ports import Case, PriceView
from trendctl.store import cases
from trendctl.store.cases import Context
from trendctl.store.engine import Store
from trendctl.trends.title_features import Kind, read_title, token_kind

NEAREST = 20
_MIN_SHARED = 0.35  # share of the title's telling words that a comparable must have
_TELLING = frozenset({Kind.WORD, Kind.CODE, Kind.SHORT, Kind.ACCESSORY})


@dataclass
class Comparables:
    """Read once, when the first product without a price needs them."""

    load: Callable[[], Sequence[tuple[int | None, PriceView]]]

    def __call__(self, product_id: int, case: Case) -> Case:
        """The case with its nearest comparables, if it has no price of its own."""
        if any(price.currency == case.currency for price in case.prices):
            return case
        return replace(case, comparables=self.near(product_id, case.title))

    def near(self, product_id: int, title: str) -> tuple[PriceView, ...]:
        """At most 20 prices of other products that share telling words, most similar first."""
        wanted = _tokens(title)
        whole = sum(self._rarity(token) for token in wanted)
        shared: defaultdict[int, float] = defaultdict(float)
        for token in wanted:
            for at in self._index.get(token, ()):
                shared[at] += self._rarity(token)
        found = [(-share / whole, at) for at, share in shared.items() if share >= _MIN_SHARED * whole]
        prices = [self._all[at] for _, at in sorted(found) if self._all[at][0] != product_id]
        return tuple(view for _, view in prices[:NEAREST])

    @cached_property
    def _all(self) -> Sequence[tuple[int | None, PriceView]]:
        return self.load()

    @cached_property
    def _index(self) -> dict[str, list[int]]:
        index: dict[str, list[int]] = {}
        for at, (_, view) in enumerate(self._all):
            for token in _tokens(view.title):
                index.setdefault(token, []).append(at)
        return index

    def _rarity(self, token: str) -> float:
        return math.log1p((1 + len(self._all)) / (1 + len(self._index.get(token, ()))))


def of_store(store: Store, context: Context, now: int) -> Comparables:
    """Comparables from the newest prices in the store, in the market's currency."""

    def load() -> Sequence[tuple[int | None, PriceView]]:
        with store.read() as db:
            return cases.recent_prices(db, context, now)

    return Comparables(load)


def _tokens(title: str) -> frozenset[str]:
    return frozenset(token for token in read_title(title).base if token_kind(token) in _TELLING)
