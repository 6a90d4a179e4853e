"""How alike two records are, in numbers that do not depend on the size or the subject of the corpus."""

from typing import Final

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process
from rapidfuzz.distance import JaroWinkler

from trendctl.trends.records import FloatArray, IntArray, Postings, Records
from trendctl.trends.title_features import Kind

COUNTED: Final = (
    Kind.NUMBER, Kind.CODE, Kind.SHORT, Kind.QUANTITY, Kind.PACK, Kind.EDITION, Kind.COLOUR, Kind.ACCESSORY, Kind.YEAR,
)  # fmt: skip
_SIDE: Final = (
    "share",
    "said",
    "words",
    "worst",
    "mean_missing",
    "tokens",
    "brand",
    "model",
    *(f"missing_{k.name.lower()}" for k in COUNTED),
)
NAMES: Final = (
    *(f"{name}_{side}" for name in _SIDE for side in ("low", "high")),
    *(f"shared_{k.name.lower()}" for k in COUNTED),
    "accessory_only_one", "cosine", "jaccard", "rarest_shared", "code_start", "unit_conflict", "first_same", "price_gap", "ratio", "set_ratio",
    "compact_ratio", "compact_part",
)  # fmt: skip


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
    """What record a says and b does not."""

    def __init__(self, records: Records, a: IntArray, b: IntArray) -> None:
        n = len(a)
        pair, token, start = _expand(a, records.base)
        other = b[pair]
        weight = records.rarity[token]
        kind = records.kind[token]
        hit = records.has(records.titled, other, token)
        spelled = records.spelled[token]
        again = np.flatnonzero(~hit & (spelled != token))
        hit[again] = records.has(records.titled, other[again], spelled[again])
        said = hit.copy()
        miss = np.flatnonzero(~hit)
        said[miss] = records.has(records.known, other[miss], token[miss])
        self.total = np.bincount(pair, weight, n)
        self.norm = np.bincount(pair, weight * weight, n)
        self.found = np.bincount(pair, weight * hit, n)
        self.found_sq = np.bincount(pair, weight * weight * hit, n)
        words = (kind == Kind.WORD) * weight
        all_words = np.bincount(pair, words, n)
        missing = weight * ~hit
        self.rarest = np.maximum.reduceat(weight * hit, start)
        safe = np.maximum(self.total, 1e-9)
        lost = np.bincount(pair, ~hit, n)
        self.columns = [
            self.found / safe,
            np.bincount(pair, weight * said, n) / safe,
            np.where(all_words > 0, np.bincount(pair, words * hit, n) / np.maximum(all_words, 1e-9), 0.5),
            np.maximum.reduceat(missing, start),
            np.bincount(pair, missing, n) / np.maximum(lost, 1),
            np.bincount(pair, kind != Kind.FILLER, n).astype(np.float64),
            _field_agrees(records, a, b, records.brand),
            _field_agrees(records, a, b, records.model),
        ]
        spot = pair * 16 + kind
        gone = np.bincount(spot, ~said, n * 16).reshape(n, 16)
        both = np.bincount(spot, hit, n * 16).reshape(n, 16)
        self.columns += [gone[:, k] for k in COUNTED]
        self.shared = [both[:, k] for k in COUNTED]


def _starts(records: Records, a: IntArray, b: IntArray) -> tuple[FloatArray, FloatArray]:
    """Longest shared start of two model numbers, and units that both give with different values."""
    n = len(a)
    lo = np.searchsorted(records.titled, a * records.vocabulary)
    hi = np.searchsorted(records.titled, (a + 1) * records.vocabulary)
    pair, token, start = _expand(
        np.arange(n), Postings(np.r_[0, np.cumsum(hi - lo)], np.zeros(int((hi - lo).sum()), np.int64))
    )
    at = np.repeat(lo, hi - lo) + (np.arange(len(pair)) - start[pair])
    token = records.titled[at] % records.vocabulary
    kind = records.kind[token]
    keep = (
        (kind == Kind.PREFIX)
        | (kind == Kind.UNIT)
        | (kind == Kind.CODE)
        | (kind == Kind.QUANTITY)
        | (kind == Kind.PACK)
    )
    pair, token, kind = pair[keep], token[keep], kind[keep]
    hit = records.has(records.titled, b[pair], token)
    code = (kind == Kind.PREFIX) | (kind == Kind.CODE)
    longest = np.zeros(n)
    np.maximum.at(longest, pair[code & hit], records.length[token[code & hit]])
    units = np.bincount(pair, hit & (kind == Kind.UNIT), n)
    values = np.bincount(pair, hit & ((kind == Kind.QUANTITY) | (kind == Kind.PACK)), n)
    return longest, np.maximum(units - values, 0.0)


def pair_features(records: Records, a: IntArray, b: IntArray) -> npt.NDArray[np.float32]:
    """One row of `NAMES` for each pair; the same for (a, b) and (b, a)."""
    if len(a) == 0:
        return np.zeros((0, len(NAMES)), np.float32)
    one, two = _Side(records, a, b), _Side(records, b, a)
    columns: list[npt.NDArray[np.generic]] = []
    for x, y in zip(one.columns, two.columns, strict=True):
        columns += [np.minimum(x, y), np.maximum(x, y)]
    columns += [np.minimum(x, y) for x, y in zip(one.shared, two.shared, strict=True)]
    cosine = np.minimum(one.found_sq, two.found_sq) / np.maximum(np.sqrt(one.norm * two.norm), 1e-9)
    shared = np.minimum(one.found, two.found)
    jaccard = shared / np.maximum(one.total + two.total - shared, 1e-9)
    longest, units = _starts(records, a, b)
    gap = np.abs(np.log(records.price[a] / records.price[b]))
    left, right = [records.plain[i] for i in a], [records.plain[i] for i in b]
    tight_a, tight_b = [records.compact[i] for i in a], [records.compact[i] for i in b]
    columns += [
        (records.accessory[a] ^ records.accessory[b]).astype(np.float64), cosine, jaccard, np.minimum(one.rarest, two.rarest), longest, units,
        (records.first[a] == records.first[b]).astype(np.float64),
        np.where(np.isnan(gap), -1.0, gap),
        process.cpdist(left, right, scorer=fuzz.ratio, dtype=np.float32),
        process.cpdist(left, right, scorer=fuzz.token_set_ratio, dtype=np.float32),
        process.cpdist(tight_a, tight_b, scorer=fuzz.ratio, dtype=np.float32),
        process.cpdist(tight_a, tight_b, scorer=fuzz.partial_ratio, dtype=np.float32),
    ]  # fmt: skip
    return np.stack([np.asarray(c, np.float32) for c in columns], axis=1)
