"""How alike two records are, in numbers that do not depend on the size or the subject of the corpus."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process

from trendctl.trends.records import BoolArray, FloatArray, IntArray, Postings, Records
from trendctl.trends.title_features import Kind

COUNTED: Final = (
    Kind.NUMBER, Kind.CODE, Kind.SHORT, Kind.QUANTITY, Kind.PACK, Kind.EDITION, Kind.COLOUR, Kind.ACCESSORY, Kind.YEAR,
)  # fmt: skip
_SIDE: Final = (
    *("share", "said", "words", "worst", "mean_missing", "tokens", "brand", "model"),
    *(f"missing_{kind.name.lower()}" for kind in COUNTED),
)
NAMES: Final = (
    *(f"{name}_{side}" for name in _SIDE for side in ("low", "high")),
    *(f"shared_{kind.name.lower()}" for kind in COUNTED),
    *("accessory_only_one", "cosine", "jaccard", "rarest_shared", "code_start", "unit_conflict", "first_same"),
    *("price_gap", "ratio", "set_ratio", "compact_ratio", "compact_part"),
)


def _expand(rows: IntArray, postings: Postings) -> tuple[IntArray, IntArray, IntArray]:
    """For each row of a pair: (pair number, token) of each of its tokens, and where each pair starts."""
    counts = postings.start[rows + 1] - postings.start[rows]
    pair = np.repeat(np.arange(len(rows), dtype=np.int64), counts)
    ends = np.cumsum(counts)
    inside = np.arange(int(ends[-1]) if len(ends) else 0, dtype=np.int64) - np.repeat(ends - counts, counts)
    return pair, postings.token[np.repeat(postings.start[rows], counts) + inside], ends - counts


def _field_agrees(records: Records, a: IntArray, b: IntArray, postings: Postings) -> FloatArray:
    """Rarity-weighted share of a's field that b says anywhere in title, brand or model; -1 if a has no such field."""
    pair, token, _ = _expand(a, postings)
    weight = records.rarity[token] + 0.01
    hit = records.has(records.titled, b[pair], token)
    total = np.bincount(pair, weight, len(a))
    found = np.bincount(pair, weight * hit, len(a))
    return np.where(total > 0, found / np.maximum(total, 1e-9), -1.0)


class _Side:
    """What record a says, and how much of it b says too."""

    def __init__(self, records: Records, a: IntArray, b: IntArray) -> None:
        self.count = len(a)
        self.pair, token, self.start = _expand(a, records.base)
        self.weight = records.rarity[token]
        self.kind = records.kind[token]
        self.hit = self._said_in_title(records, b[self.pair], token)
        said = self.hit
        if records.known is not records.titled:
            said = said.copy()
            miss = np.flatnonzero(~self.hit)
            said[miss] = records.has(records.known, b[self.pair[miss]], token[miss])
        self.total = self._sum(self.weight)
        self.norm = self._sum(self.weight**2)
        self.found = self._sum(self.weight * self.hit)
        self.found_squared = self._sum(self.weight**2 * self.hit)
        self.rarest = np.maximum.reduceat(self.weight * self.hit, self.start)
        gone, self.shared = self._of_kind(~said), self._of_kind(self.hit)
        fields = [_field_agrees(records, a, b, postings) for postings in (records.brand, records.model)]
        self.columns = [*self._shares(said), *fields, *gone]

    def _sum(self, values: npt.NDArray[Any]) -> FloatArray:
        """The sum of a value of each token, for each pair."""
        return np.asarray(np.bincount(self.pair, values, self.count), np.float64)

    def _said_in_title(self, records: Records, other: IntArray, token: IntArray) -> BoolArray:
        """Whether b's title, brand or model has the token, or the bare number of a quantity."""
        hit = records.has(records.titled, other, token)
        spelled = records.spelled[token]
        again = np.flatnonzero(~hit & (spelled != token))
        hit[again] = records.has(records.titled, other[again], spelled[again])
        return hit

    def _shares(self, said: BoolArray) -> list[FloatArray]:
        """The columns share, said, words, worst, mean_missing and tokens."""
        total = np.maximum(self.total, 1e-9)
        word = (self.kind == Kind.WORD) * self.weight
        words = self._sum(word)
        missing = self.weight * ~self.hit
        return [
            self.found / total,
            self._sum(self.weight * said) / total,
            np.where(words > 0, self._sum(word * self.hit) / np.maximum(words, 1e-9), 0.5),
            np.maximum.reduceat(missing, self.start),
            self._sum(missing) / np.maximum(self._sum(~self.hit), 1),
            self._sum(self.kind != Kind.FILLER),
        ]

    def _of_kind(self, marked: BoolArray) -> list[FloatArray]:
        """How many marked tokens of each counted kind."""
        table = (
            np.bincount(self.pair * 16 + self.kind, marked, self.count * 16).astype(np.float64).reshape(self.count, 16)
        )
        return [table[:, kind] for kind in COUNTED]


def _starts(records: Records, a: IntArray, b: IntArray) -> tuple[FloatArray, FloatArray]:
    """Longest shared start of two model numbers, and units that both give with different values."""
    n = len(a)
    edges = np.searchsorted(records.titled, np.arange(len(records) + 1, dtype=np.int64) * records.vocabulary)
    pair, token, _ = _expand(a, Postings(edges.astype(np.int64), records.titled % records.vocabulary))
    kind = records.kind[token]
    keep = np.isin(kind, (Kind.PREFIX, Kind.UNIT, Kind.CODE, Kind.QUANTITY, Kind.PACK))
    pair, token, kind = pair[keep], token[keep], kind[keep]
    hit = records.has(records.titled, b[pair], token)
    code = hit & ((kind == Kind.PREFIX) | (kind == Kind.CODE))
    longest = np.zeros(n)
    np.maximum.at(longest, pair[code], records.length[token[code]])
    units = np.bincount(pair, hit & (kind == Kind.UNIT), n)
    values = np.bincount(pair, hit & ((kind == Kind.QUANTITY) | (kind == Kind.PACK)), n)
    return longest, np.maximum(units - values, 0.0)


def _texts(
    records: Records, a: IntArray, b: IntArray, set_ratio: npt.NDArray[np.float32] | None
) -> list[npt.NDArray[np.float32]]:
    """The columns ratio, set_ratio, compact_ratio and compact_part, 0 to 100."""

    def compare(texts: list[str], scorer: Callable[..., float]) -> npt.NDArray[np.float32]:
        left, right = [texts[i] for i in a.tolist()], [texts[i] for i in b.tolist()]
        return np.asarray(process.cpdist(left, right, scorer=scorer, dtype=np.float32), np.float32)

    return [
        compare(records.plain, fuzz.ratio),
        compare(records.plain, fuzz.token_set_ratio) if set_ratio is None else set_ratio,
        compare(records.compact, fuzz.ratio),
        compare(records.compact, fuzz.partial_ratio),
    ]


def pair_features(
    records: Records, a: IntArray, b: IntArray, set_ratio: npt.NDArray[np.float32] | None = None
) -> npt.NDArray[np.float32]:
    """One row of `NAMES` for each pair; the same for (a, b) and (b, a). `set_ratio`: that column, where it is known."""
    if len(a) == 0:
        return np.zeros((0, len(NAMES)), np.float32)
    one, two = _Side(records, a, b), _Side(records, b, a)
    columns: list[npt.NDArray[Any]] = []
    for x, y in zip(one.columns, two.columns, strict=True):
        columns += [np.minimum(x, y), np.maximum(x, y)]
    columns += [np.minimum(x, y) for x, y in zip(one.shared, two.shared, strict=True)]
    shared = np.minimum(one.found, two.found)
    gap = np.abs(np.log(records.price[a] / records.price[b]))
    columns += [
        records.accessory[a] ^ records.accessory[b],
        np.minimum(one.found_squared, two.found_squared) / np.maximum(np.sqrt(one.norm * two.norm), 1e-9),
        shared / np.maximum(one.total + two.total - shared, 1e-9),
        np.minimum(one.rarest, two.rarest),
        *_starts(records, a, b),
        records.first[a] == records.first[b],
        np.where(np.isnan(gap), -1.0, gap),
        *_texts(records, a, b, set_ratio),
    ]
    return np.stack([np.asarray(c, np.float32) for c in columns], axis=1)
