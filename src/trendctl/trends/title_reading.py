"""Read many titles at once into flat arrays of token numbers; what no neighbour changes is looked up by the spelling.

Says the same as `read_title` for each title: one in which chunks belong together (a number and its unit, a model number
written apart, "pack of 2", "case for") is read by that very function.
"""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from trendctl.trends.records import IntArray, Vocabulary
from trendctl.trends.title_features import CHUNK, Chunk, Tokens, analyse, normalise, read_title

_HEAD, _TAIL, _NUMBER, _UNIT, _JOINS = 1, 2, 4, 8, 16
_PACKS: Final = frozenset(("zof", "wpack"))


@dataclass(frozen=True, slots=True)
class Ragged:
    """Rows of numbers, one after the other, and how long each is."""

    counts: IntArray
    flat: IntArray

    @staticmethod
    def of(rows: Iterable[Sequence[int]]) -> "Ragged":
        counts, flat = array("q"), array("q")
        for row in rows:
            counts.append(len(row))
            flat.extend(row)
        return Ragged(np.array(counts, np.int64), np.array(flat, np.int64))

    @property
    def rows(self) -> IntArray:
        """The row of each number."""
        return np.repeat(np.arange(len(self.counts), dtype=np.int64), self.counts)

    @property
    def starts(self) -> IntArray:
        return np.asarray(np.cumsum(self.counts) - self.counts, np.int64)

    def pick(self, rows: IntArray) -> "Ragged":
        """Some of the rows, in this order, repeats allowed."""
        counts = self.counts[rows]
        ends = np.cumsum(counts)
        inside = np.arange(int(ends[-1]) if len(ends) else 0, dtype=np.int64) - np.repeat(ends - counts, counts)
        return Ragged(counts, self.flat[np.repeat(self.starts[rows], counts) + inside])

    def merged(self, lengths: IntArray) -> "Ragged":
        """So many rows at a time made into one."""
        ends = np.r_[0, np.cumsum(self.counts)]
        bounds = ends[np.r_[0, np.cumsum(lengths)]]
        return Ragged(np.diff(bounds).astype(np.int64), self.flat)

    def beside(self, other: "Ragged") -> "Ragged":
        """Each row with the same row of the other after it."""
        order = np.argsort(np.r_[self.rows, other.rows], kind="stable")
        return Ragged(self.counts + other.counts, np.r_[self.flat, other.flat][order])

    def below(self, other: "Ragged") -> "Ragged":
        return Ragged(np.r_[self.counts, other.counts], np.r_[self.flat, other.flat])


class _Spellings(dict[str, int]):
    """Numbers for chunks, each analysed when first seen."""

    def __init__(self) -> None:
        super().__init__()
        self.known: list[Chunk] = []

    def __missing__(self, chunk: str) -> int:
        self[chunk] = value = len(self.known)
        self.known.append(analyse(chunk))
        return value


@dataclass(frozen=True, slots=True)
class ReadTitles:
    """The tokens of many titles by number, and what `Tokens` says besides."""

    base: Ragged
    extra: Ragged
    accessory: npt.NDArray[np.bool_]
    for_another: npt.NDArray[np.bool_]


def gathered(titles: Iterable[Tokens], ids: Vocabulary) -> ReadTitles:
    """Titles that have been read one by one."""
    base, extra, flags = [], [], []
    for tokens in titles:
        base.append([ids[t] for t in tokens.base] or [ids["z"]])
        extra.append([ids[t] for t in tokens.extra])
        flags.append((tokens.accessory, tokens.for_another))
    said = np.array(flags, np.bool_).reshape(len(flags), 2)
    return ReadTitles(Ragged.of(base), Ragged.of(extra), said[:, 0], said[:, 1])


def read_titles(titles: Sequence[str], ids: Vocabulary) -> ReadTitles:
    """As `gathered` of `read_title`, in half the time."""
    spellings = _Spellings()
    number, find = spellings.__getitem__, CHUNK.findall
    counts, flat = array("q"), array("q")
    for title in titles:
        found = find(normalise(title))
        counts.append(len(found))
        flat.extend(map(number, found))
    chunks = Ragged(np.array(counts, np.int64), np.array(flat, np.int64))
    joined = _joined(chunks, spellings.known)
    plain = np.flatnonzero(~joined)
    some = chunks.pick(plain)
    base = Ragged.of([ids[t] for t in c.base] for c in spellings.known).pick(some.flat).merged(some.counts)
    extra = Ragged.of([ids[t] for t in c.extra] for c in spellings.known).pick(some.flat).merged(some.counts)
    others = np.flatnonzero(joined)
    rest = gathered((read_title(titles[i]) for i in others.tolist()), ids)
    back = np.argsort(np.r_[plain, others], kind="stable")
    no = np.zeros(len(plain), np.bool_)
    return ReadTitles(
        base.below(rest.base).pick(back),
        extra.below(rest.extra).pick(back),
        np.r_[no, rest.accessory][back],
        np.r_[no, rest.for_another][back],
    )


def _joined(chunks: Ragged, known: Sequence[Chunk]) -> npt.NDArray[np.bool_]:
    """Titles in which a chunk may change what another says, and those without any."""
    says = np.fromiter(map(_says, known), np.int64, len(known))[chunks.flat]
    row = chunks.rows
    follows = np.r_[row[1:] == row[:-1], False] if len(row) else np.zeros(0, np.bool_)
    after = np.where(follows, np.r_[says[1:], 0] if len(says) else says, 0)
    meets = ((says & _NUMBER) > 0) & ((after & _UNIT) > 0) | ((says & _HEAD) > 0) & ((after & _TAIL) > 0)
    out = chunks.counts == 0
    out[row[meets | ((says & _JOINS) > 0)]] = True
    return np.asarray(out, np.bool_)


def _says(chunk: Chunk) -> int:
    joins = chunk.adds or not _PACKS.isdisjoint(chunk.base)
    return (
        _HEAD * (chunk.head is not None)
        | _TAIL * (chunk.tail is not None)
        | _NUMBER * (chunk.number is not None)
        | _UNIT * (chunk.unit is not None)
        | _JOINS * joins
    )
