"""Records as sorted integer arrays: which typed tokens each holds, and how rare each token is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from trendctl.trends.title_features import Kind, Tokens, code_tokens, normalise, read_title, token_kind

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_DESCRIPTION_CHARS: Final = 300
_COMMON: Final = 40.0  # titles in the imagined earlier corpus that hold a common word
_IMAGINED: Final = 1000.0


@dataclass(frozen=True, slots=True)
class Postings:
    """Rows of token ids: row r is `token[start[r]:start[r + 1]]`, rising, without repeats."""

    start: IntArray
    token: IntArray

    @staticmethod
    def of(rows: Sequence[Sequence[int]], vocabulary: int) -> "Postings":
        counts = np.fromiter(map(len, rows), np.int64, len(rows))
        return Postings.flat(counts, np.fromiter(chain.from_iterable(rows), np.int64, int(counts.sum())), vocabulary)

    @staticmethod
    def flat(counts: IntArray, flat: IntArray, vocabulary: int) -> "Postings":
        """From the rows one after the other, and how long each is."""
        keys = np.sort(np.repeat(np.arange(len(counts), dtype=np.int64), counts) * vocabulary + flat)
        if len(keys):  # much faster than np.unique, which hashes
            keys = keys[np.r_[True, keys[1:] != keys[:-1]]]
        start = np.searchsorted(keys, np.arange(len(counts) + 1, dtype=np.int64) * vocabulary)
        return Postings(start.astype(np.int64), keys % vocabulary)

    def keys(self, vocabulary: int) -> IntArray:
        """Sorted row * vocabulary + token of every entry."""
        rows = np.repeat(np.arange(len(self.start) - 1, dtype=np.int64), np.diff(self.start))
        return rows * vocabulary + self.token


@dataclass(frozen=True, slots=True)
class Records:
    """The records of one run. Rarity comes from these very records, so no outside corpus is needed."""

    base: Postings  # title tokens that must be accounted for
    brand: Postings
    model: Postings
    known: IntArray  # sorted row * vocabulary + token: all that a record says, in any field
    titled: IntArray  # the same, title, brand and model only
    vocabulary: int
    kind: npt.NDArray[np.int8]
    spelled: IntArray  # the plain number of a quantity, or the token itself
    length: FloatArray  # characters of the token
    rarity: FloatArray  # 0 (in every record) to 1 (in one)
    price: FloatArray  # nan: unknown
    plain: list[str]  # normalised title, tokens sorted
    compact: list[str]  # normalised title in its own order, letters and digits only
    accessory: BoolArray  # sells an accessory
    for_another: BoolArray  # and says for what
    first: IntArray  # first token of the title, often the brand

    def __len__(self) -> int:
        return len(self.plain)

    def has(self, keys: IntArray, rows: IntArray, tokens: IntArray) -> BoolArray:
        """Whether each row's key set holds the token."""
        wanted = rows * self.vocabulary + tokens
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.asarray(keys[at] == wanted, dtype=np.bool_)


class Vocabulary(dict[str, int]):
    """Numbers for tokens, in the order in which they are first asked for."""

    def __missing__(self, token: str) -> int:
        self[token] = value = len(self)
        return value


def _text(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    return str(value) if value not in (None, "") else ""


def _price(record: Mapping[str, Any]) -> float:
    try:
        value = float(record.get("price") or "nan")
    except (TypeError, ValueError):
        return float("nan")
    return value if value > 0 else float("nan")


def _model_tokens(text: str) -> list[str]:
    """A model field: the whole as one code first, and its parts."""
    if not text:
        return []
    parts = read_title(text)
    joined = "".join(c for c in normalise(text) if c.isalnum())[:24]
    tokens = parts.base + parts.extra
    if joined and not joined.isalpha():
        code, more = code_tokens(joined)
        tokens = ["c" + code[1:], *more, *tokens]
    return tokens


@dataclass(slots=True)
class _Reader:
    """Reads records one by one into rows of token ids."""

    vocabulary: Vocabulary
    base: list[list[int]] = field(default_factory=list)
    brand: list[list[int]] = field(default_factory=list)
    model: list[list[int]] = field(default_factory=list)
    titled: list[list[int]] = field(default_factory=list)
    known: list[list[int]] = field(default_factory=list)
    plain: list[str] = field(default_factory=list)
    compact: list[str] = field(default_factory=list)
    accessory: list[bool] = field(default_factory=list)
    for_another: list[bool] = field(default_factory=list)
    described: bool = False

    def add(self, record: Mapping[str, Any]) -> None:
        ids = self.vocabulary
        brand = [ids[t] for t in read_title(b).base] if (b := _text(record, "brand")) else []
        tokens = read_title(_text(record, "title"))
        plain = plain_text(tokens)
        model = _model_tokens(_text(record, "model"))
        if model and model[0] not in tokens.base and model[0] not in tokens.extra:
            tokens.base.append(model[0])  # a model number tells as much in its own field as in the title
        more = self._description(_text(record, "description"))
        self._add(tokens, plain, brand, [ids[t] for t in model], more)

    def _add(self, tokens: Tokens, plain: str, brand: list[int], model: list[int], more: list[int]) -> None:
        ids = self.vocabulary
        row = [ids[t] for t in tokens.base] or [ids["z"]]
        said = [*row, *[ids[t] for t in tokens.extra], *brand, *model]
        self.base.append(row)
        self.brand.append(brand)
        self.model.append(model)
        self.titled.append(said)
        self.known.append(said + more if more else said)
        self.described = self.described or bool(more)
        self.plain.append(plain)
        self.compact.append("".join([t[1:] for t in tokens.base]))
        self.accessory.append(tokens.accessory)
        self.for_another.append(tokens.for_another)

    def _description(self, text: str) -> list[int]:
        if not text:
            return []
        tokens = read_title(text[:_DESCRIPTION_CHARS])
        return [self.vocabulary[t] for t in tokens.base + tokens.extra]


def build(records: Sequence[Mapping[str, Any]]) -> Records:
    """Read the fields title, brand, model, description and price (any may be missing)."""
    vocabulary = Vocabulary()
    reader = _Reader(vocabulary)
    for record in records:
        reader.add(record)
    return _finished(reader, np.fromiter(map(_price, records), np.float64, len(records)))


def plain_text(tokens: Tokens) -> str:
    """The telling tokens of a title, sorted, each once."""
    return " ".join(sorted({t[1:] for t in tokens.base if t[0] != "z"}))


def _finished(reader: _Reader, price: FloatArray) -> Records:
    vocabulary = reader.vocabulary
    vocabulary["z"]  # a title without a word
    size = len(vocabulary)
    return finished(
        vocabulary, base=Postings.of(reader.base, size), brand=Postings.of(reader.brand, size),
        model=Postings.of(reader.model, size), titled=Postings.of(reader.titled, size),
        known=Postings.of(reader.known, size) if reader.described else None, plain=reader.plain,
        compact=reader.compact, accessory=np.asarray(reader.accessory, np.bool_),
        for_another=np.asarray(reader.for_another, np.bool_),
        first=np.fromiter((row[0] for row in reader.base), np.int64, len(price)), price=price,
    )  # fmt: skip


def finished(
    vocabulary: Vocabulary, *, base: Postings, brand: Postings, model: Postings, titled: Postings,
    known: Postings | None, plain: list[str], compact: list[str], accessory: BoolArray, for_another: BoolArray,
    first: IntArray, price: FloatArray,
) -> Records:  # fmt: skip
    """The records of these rows, with what follows from all of them together. `known` None: as `titled`."""
    size, names = len(vocabulary), list(vocabulary)
    kind = np.fromiter((token_kind(t) for t in names), np.int8, size)
    said = titled.keys(size)
    in_titles = np.bincount(titled.token, minlength=size).astype(np.float64)
    return Records(
        base=base, brand=brand, model=model, known=said if known is None else known.keys(size), titled=said,
        vocabulary=size, kind=kind, spelled=_spelled(vocabulary, names),
        length=np.fromiter(map(len, names), np.float64, size) - 1.0,
        rarity=_rarity(in_titles, kind, len(price)), price=price, plain=plain, compact=compact,
        accessory=accessory, for_another=for_another, first=first,
    )  # fmt: skip


def _spelled(vocabulary: Mapping[str, int], names: list[str]) -> IntArray:
    """For each token its bare number if it is a quantity, else itself."""
    found = (vocabulary.get("n" + t.partition("=")[2], i) if t[0] == "q" else i for i, t in enumerate(names))
    return np.fromiter(found, np.int64, len(names))


def _rarity(in_titles: FloatArray, kind: npt.NDArray[np.int8], records: int) -> FloatArray:
    """Inverse document frequency as a share of the greatest possible, as if 1,000 titles had been seen before."""
    described = (kind == Kind.COLOUR) | (kind == Kind.EDITION) | (kind == Kind.ACCESSORY)
    before = np.where(described, _COMMON, 0.0)
    before = np.where(kind == Kind.FILLER, _IMAGINED, before)
    total = _IMAGINED + records
    share = np.log(total / (before + np.maximum(in_titles, 1.0))) / np.log(total)
    return np.asarray(np.where(kind == Kind.FILLER, 0.0, np.maximum(share, 0.0)), dtype=np.float64)
