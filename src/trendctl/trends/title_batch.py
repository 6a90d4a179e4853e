"""Many titles as flat arrays of token numbers, so that a batch of any size leaves no object per title behind.

Many small objects cost more than reading the titles did: the garbage collector walks them again and again.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
import numpy.typing as npt

from trendctl.trends.records import IntArray, Postings, Records, Vocabulary, finished
from trendctl.trends.title_features import Tokens
from trendctl.trends.title_keys import CODES, TELLING, mix_all, token_worth
from trendctl.trends.title_reading import ReadTitles, gathered, read_titles

_UNSEEN: Final = np.zeros(0, np.int64)


class TitleBatch:
    """Titles in their order."""

    def __init__(self, ids: Vocabulary, read: ReadTitles) -> None:
        self._ids, self._read = ids, read

    @staticmethod
    def of(titles: Sequence[str]) -> "TitleBatch":
        ids = Vocabulary()
        return TitleBatch(ids, read_titles(titles, ids))

    @staticmethod
    def of_tokens(titles: Iterable[Tokens]) -> "TitleBatch":
        ids = Vocabulary()
        return TitleBatch(ids, gathered(titles, ids))

    def __len__(self) -> int:
        return len(self._read.accessory)

    def pick(self, rows: IntArray) -> "TitleBatch":
        """Some of the titles, in this order."""
        read = self._read
        some = ReadTitles(
            read.base.pick(rows), read.extra.pick(rows), read.accessory[rows], read.for_another[rows]
        )  # fmt: skip
        return TitleBatch(self._ids, some)

    def often(self) -> Callable[[str], int]:
        """How many times the titles say a word."""
        seen, ids = np.bincount(self._read.base.flat, minlength=len(self._ids)), self._ids
        return lambda word: int(seen[ids["w" + word]]) if "w" + word in ids else 0

    def plain(self) -> list[str]:
        """The `plain_text` of each title."""
        names, base = list(self._ids), self._read.base
        words = sorted({name[1:] for name in names if name[0] != "z"})
        place = {word: n for n, word in enumerate(words)}
        rank = np.fromiter((place[n[1:]] if n[0] != "z" else -1 for n in names), np.int64, len(names))[base.flat]
        said = rank >= 0
        packed = np.sort(base.rows[said] * max(len(words), 1) + rank[said])
        packed = packed[_new(packed)]
        ends = np.searchsorted(packed, np.arange(1, len(self) + 1) * max(len(words), 1)).tolist()
        spelled = [words[n] for n in (packed % max(len(words), 1)).tolist()]
        return [" ".join(spelled[low:high]) for low, high in zip([0, *ends], ends, strict=False)]

    def records(self, plain: list[str]) -> Records:
        """The titles, whose plain texts these are, as records without any other field."""
        self._ids["z"]  # a title without a word
        read, words = self._read, [name[1:] for name in self._ids]
        base, starts = read.base, read.base.starts
        spelled = [words[n] for n in base.flat.tolist()]
        ends = (starts + base.counts).tolist()
        both = base.beside(read.extra)
        nothing = Postings(np.zeros(len(self) + 1, np.int64), _UNSEEN)
        return finished(
            self._ids, base=Postings.flat(base.counts, base.flat, len(words)), brand=nothing, model=nothing,
            titled=Postings.flat(both.counts, both.flat, len(words)), known=None, plain=plain,
            compact=["".join(spelled[low:high]) for low, high in zip(starts.tolist(), ends, strict=True)],
            accessory=read.accessory, for_another=read.for_another, first=base.flat[starts],
            price=np.full(len(self), np.nan),
        )  # fmt: skip

    def keys(self) -> "BatchKeys":
        """As `title_keys.keys_of`, but here the batch itself says what is rare."""
        names = list(self._ids)
        base, extra = self._read.base, self._read.extra
        seen = np.bincount(base.flat, minlength=len(names))
        said = seen + np.bincount(extra.flat, minlength=len(names))
        worth, mark, is_code = _marks(names, seen, said)
        chosen = ((seen > 1) & (worth > 0))[base.flat]
        order = np.lexsort((mark, -worth, seen))
        row, token = _first_few(base.rows[chosen], base.flat[chosen], order, TELLING)
        telling = np.full((len(self), TELLING), -1, np.int64)
        telling[row, _place(row)] = mark[token]
        row, token = np.r_[row, extra.rows], np.r_[token, extra.flat]
        chosen = is_code[token]
        row, token = _first_few(row[chosen], token[chosen], np.argsort(mark, kind="stable"), CODES)
        codes = np.full((len(self), CODES), -1, np.int64)
        codes[row, _place(row)] = mark[token]
        return BatchKeys(telling, codes)


@dataclass(frozen=True, slots=True)
class BatchKeys:
    """Hashes of the telling tokens and of the model numbers of each title, -1 where it has fewer."""

    telling: IntArray
    codes: IntArray

    def entries(self) -> tuple[IntArray, IntArray]:
        """(title number, key) of all keys: pairs of telling tokens, lone ones, model numbers."""
        lone = np.flatnonzero((self.telling[:, 0] >= 0) & (self.telling[:, 1] < 0))
        row, place = np.nonzero(self.codes >= 0)
        rows, found = [row, lone], [self.codes[row, place], self.telling[lone, 0]]
        for x, y in combinations(range(TELLING), 2):
            both = np.flatnonzero((self.telling[:, x] >= 0) & (self.telling[:, y] >= 0))
            rows.append(both)
            found.append(mix_all(self.telling[both, x], self.telling[both, y]))
        return np.concatenate(rows), np.concatenate(found)

    def share_code(self, a: IntArray, b: IntArray) -> npt.NDArray[np.bool_]:
        """Whether two titles say the same model number."""
        one, two = self.codes[a][:, :, np.newaxis], self.codes[b][:, np.newaxis, :]
        return np.asarray(((one == two) & (one >= 0)).any(axis=(1, 2)), np.bool_)


def _marks(
    names: list[str], seen: IntArray, said: IntArray
) -> tuple[npt.NDArray[np.float64], IntArray, npt.NDArray[np.bool_]]:
    """Worth (0: not to be looked up by), hash and whether it is a model number; what is said once leads nowhere."""
    worth, mark = np.zeros(len(names)), np.zeros(len(names), np.int64)
    is_code = np.fromiter((name[0] == "c" and len(name) >= 6 for name in names), np.bool_, len(names))
    is_code &= said > 1
    for number in np.flatnonzero((seen > 1) | is_code).tolist():
        if names[number][0] != "z":
            less, mark[number], _ = token_worth(names[number])
            worth[number] = max(-less, 1e-9)
    return worth, mark, is_code


def _new(rising: IntArray) -> npt.NDArray[np.bool_]:
    """Where a value differs from the one before."""
    return np.r_[True, rising[1:] != rising[:-1]] if len(rising) else np.zeros(0, np.bool_)


def _place(row: IntArray) -> IntArray:
    """The place of each entry among those of its row; rows rise."""
    return np.asarray(np.arange(len(row)) - np.searchsorted(row, row), np.int64)


def _first_few(row: IntArray, token: IntArray, order: IntArray, few: int) -> tuple[IntArray, IntArray]:
    """Of each row the tokens that come first in the order, each once."""
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    packed = np.sort(row * max(len(order), 1) + rank[token])
    packed = packed[_new(packed)]
    row, token = packed // max(len(order), 1), order[packed % max(len(order), 1)]
    keep = _place(row) < few
    return row[keep], token[keep]
