"""Which pairs are worth a closer look: those that share rare tokens, the best few for each record."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from trendctl.trends.records import FloatArray, IntArray, Records
from trendctl.trends.title_features import Kind

_ENTRIES_PER_RECORD: Final = 600  # bounds the work: linear in the records, whatever the vocabulary
_PREFIX_WEIGHT: Final = 0.3
_UNNAMED_KINDS: Final = (Kind.UNIT, Kind.FILLER)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs of rows with the rarity they share, ordered by left row and then by falling rarity."""

    left: IntArray
    right: IntArray
    weight: FloatArray


def _token_weight(records: Records) -> FloatArray:
    weight = records.rarity**2
    weight = np.where(records.kind == Kind.PREFIX, weight * _PREFIX_WEIGHT, weight)
    return np.where(np.isin(records.kind, _UNNAMED_KINDS), 0.0, weight)


def _side(records: Records, low: int, high: int) -> tuple[IntArray, IntArray]:
    """(token, row) of the rows low..high, ordered by token."""
    size = records.vocabulary
    a, b = np.searchsorted(records.titled, (low * size, high * size))
    part = records.titled[a:b]
    row, token = part // size, part % size
    order = np.argsort(token, kind="stable")
    return token[order], row[order]


def candidates(records: Records, left: tuple[int, int], right: tuple[int, int], best: int) -> Candidates:
    """The `best` rows of the range `right` for each row of the range `left`; a row is no candidate of itself."""
    weight = _token_weight(records)
    left_token, left_row = _side(records, *left)
    right_token, right_row = _side(records, *right)
    size = records.vocabulary
    left_count = np.bincount(left_token, minlength=size)
    right_start = np.searchsorted(right_token, np.arange(size + 1))
    right_count = np.diff(right_start)
    cap = _cap(left_count, right_count, weight, _ENTRIES_PER_RECORD * (left[1] - left[0]))
    use = (right_count[left_token] <= cap) & (weight[left_token] > 0)
    token, row = left_token[use], left_row[use]
    count = right_count[token]
    ends = np.cumsum(count)
    total = int(ends[-1]) if len(ends) else 0
    at = np.repeat(right_start[token] - (ends - count), count) + np.arange(total)
    pair = np.repeat(row, count) * np.int64(len(records)) + right_row[at]
    return _best(pair, np.repeat(weight[token], count), len(records), best)


def _cap(left_count: IntArray, right_count: IntArray, weight: FloatArray, budget: int) -> int:
    """The greatest right-hand count of a token such that all pairs of all rarer tokens stay within the budget."""
    joined = np.where(weight > 0, left_count * right_count, 0)
    order = np.argsort(right_count, kind="stable")
    within = np.searchsorted(np.cumsum(joined[order]), budget, side="right")
    return int(right_count[order[min(int(within), len(order) - 1)]]) if len(order) else 0


def _best(pair: IntArray, weight: FloatArray, rows: int, best: int) -> Candidates:
    order = np.argsort(pair)
    pair, weight = pair[order], weight[order]
    starts = np.flatnonzero(np.r_[True, pair[1:] != pair[:-1]]) if len(pair) else np.zeros(0, np.int64)
    total = np.add.reduceat(weight, starts) if len(starts) else np.zeros(0)
    left, right = pair[starts] // rows, pair[starts] % rows
    keep = left != right
    left, right, total = left[keep], right[keep], total[keep]
    order = np.lexsort((right, -total, left))
    left, right, total = left[order], right[order], total[order]
    first = np.searchsorted(left, left)
    keep = np.arange(len(left)) - first < best
    return Candidates(left[keep], right[keep], total[keep])
