"""Read a title into typed tokens: words, numbers, model numbers, quantities, packs, editions, colours, accessories."""

import re
import unicodedata
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from typing import Final

from trendctl.trends.title_words import ACCESSORIES, COLOURS, EDITIONS, FILLERS, UNITS

MAX_TITLE_CHARS: Final = 400  # a longer title is cut: what follows is description


class Kind(IntEnum):
    """What a token says about the product."""

    WORD = 0
    NUMBER = 1
    CODE = 2  # a model number: letters and digits, five or more
    SHORT = 3  # a short mixed token: s70, cs3, i5
    QUANTITY = 4  # a number with its unit
    PACK = 5
    EDITION = 6
    COLOUR = 7
    ACCESSORY = 8
    YEAR = 9
    FILLER = 10  # with, and, the: never counts
    PREFIX = 11  # the start of a model number
    UNIT = 12  # the unit of a quantity, to see two different values of one unit


_COUNT_WORDS: Final = {"etwin": 2, "edual": 2, "edouble": 2, "wtwo": 2, "wthree": 3, "wfour": 4, "wfive": 5, "wsix": 6}
_BESIDE: Final = frozenset(("zwith", "zw", "zplus", "zinc", "zmit", "zand", "z&", "wincluding", "wincluded"))
_FITS: Final = frozenset(("zfor", "wfit", "wcompatible"))
CHUNK: Final = re.compile(r"[^\W_]+(?:[-./'][^\W_]+)*")
_PART: Final = re.compile(r"[^\W_]+")
_INCH_MARK: Final = re.compile(r"(\d)\s?(?:''|[\"'″”’])(?=\W|$)")
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?$")
_QUANTITY: Final = re.compile(r"(\d+(?:\.\d+)?)-?([a-z]{1,10})$")
_VERSION: Final = re.compile(r"(?:v|ver)\.?(\d+(?:\.\d+)?)$")
_SERIES: Final = re.compile(r"([a-z]{1,3}\d+)\.(\d+)$")
_SIZE_THEN_CODE: Final = re.compile(r"\d{2,3}([a-z]+\d\w{3,})$")
_PREFIX_LENGTHS: Final = (5, 6, 7, 8, 10)
_MAX_CODE: Final = 24


def normalise(title: str) -> str:
    """The title in one width and case, without accents, cut at 400 characters."""
    text = title[:MAX_TITLE_CHARS]
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.replace("″", '"').replace("”", '"').replace("’", "'"))
        text = "".join(c for c in text if not unicodedata.combining(c)).casefold()
    else:
        text = text.lower()
    if '"' in text or "'" in text:
        text = _INCH_MARK.sub(r"\1 inch ", text)
    return text


def number(text: str) -> str:
    """A number in one spelling: 3.0 and 03 are 3."""
    whole, _, rest = text.partition(".")
    rest = rest.rstrip("0")
    return (whole.lstrip("0") or "0") + ("." + rest if rest else "")


@dataclass(frozen=True, slots=True)
class Chunk:
    """The tokens of one run of characters; `base` must be accounted for, `extra` only helps another title match it."""

    base: tuple[str, ...]
    extra: tuple[str, ...] = ()
    number: str | None = None  # a bare number waits for its unit in the next chunk
    unit: str | None = None
    head: str | None = None  # may be the first half of a model number written apart
    tail: str | None = None  # may be the second half
    adds: bool = False  # names an accessory or says that the thing fits another


@dataclass(slots=True)
class Tokens:
    """The typed tokens of a title."""

    base: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    accessory: bool = False  # the thing sold is an accessory: "case for X", "X charger", not "X with charger"
    for_another: bool = False  # and says so: "case for X"


def token_kind(token: str) -> Kind:
    """The kind of a token, read from its first character."""
    return _KIND_OF[token[0]]


_KIND_OF: Final = {
    "w": Kind.WORD, "n": Kind.NUMBER, "c": Kind.CODE, "s": Kind.SHORT, "q": Kind.QUANTITY, "k": Kind.PACK,
    "e": Kind.EDITION, "o": Kind.COLOUR, "a": Kind.ACCESSORY, "y": Kind.YEAR, "z": Kind.FILLER, "p": Kind.PREFIX,
    "u": Kind.UNIT,
}  # fmt: skip


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _word_token(word: str) -> str:
    if word in FILLERS:
        return "z" + word
    one = _singular(word)
    for letter, known in (("e", EDITIONS), ("o", COLOURS), ("a", ACCESSORIES)):
        if word in known or one in known:
            return letter + one
    return "w" + one


def _number_token(text: str) -> str:
    value = number(text)
    if len(value) >= 5 and value.isdigit():
        return "c" + value  # an article number
    if len(value) == 4 and value.isdigit() and 1985 <= int(value) <= 2039:
        return "y" + value
    return "n" + value


def code_tokens(code: str) -> tuple[str, tuple[str, ...]]:
    """A model number and what helps another spelling match it: its starts, and itself without a leading size."""
    extra = ["p" + code[:n] for n in _PREFIX_LENGTHS if n <= len(code)]
    if match := _SIZE_THEN_CODE.match(code):
        extra.append("c" + match[1])
        extra.append("p" + match[1][:6])
    return ("c" if len(code) >= 5 else "s") + code, tuple(extra)


def quantity_tokens(value: str, unit: str) -> tuple[str, tuple[str, ...]] | None:
    """A quantity in its base unit; None if `unit` is no unit."""
    known = UNITS.get(unit) or UNITS.get(_singular(unit))
    if known is None:
        return None
    name, factor = known
    amount = number(value) if factor == 1.0 else number(f"{float(value) * factor:.4f}")
    if name == "pack":
        return ("zsingle", ()) if amount == "1" else (f"k{name}={amount}", ("u" + name, _number_token(value)))
    return f"q{name}={amount}", ("u" + name, _number_token(value))


def _mixed(part: str) -> Chunk:
    """A chunk with letters and digits and no separator."""
    if match := _QUANTITY.match(part):
        found = quantity_tokens(match[1], match[2])
        if found:
            return Chunk((found[0],), found[1])
    if match := _VERSION.match(part):
        return Chunk((_number_token(match[1]),), ("s" + part,))
    if match := _SERIES.match(part):
        part = match[1] if not match[2].strip("0") else match[1] + match[2]
    part = part.replace(".", "")[:_MAX_CODE]
    base, extra = code_tokens(part)
    if len(part) <= 4:
        extra += tuple(_number_token(d) for d in re.findall(r"\d+", part))
    return Chunk((base,), extra, head=part if len(part) <= 4 else None, tail=part)


def _compound(chunk: str, parts: list[str]) -> Chunk:
    """Several parts with separators: one model number if it has digits and letters, else its parts."""
    joined = "".join(parts)
    pieces = [analyse(part) for part in parts]
    base = tuple(t for piece in pieces for t in piece.base)
    extra = tuple(t for piece in pieces for t in piece.extra)
    digits = sum(c.isdigit() for c in joined)
    longest = max(len(p) for p in parts if not p.isdigit()) if any(not p.isdigit() for p in parts) else 0
    is_code = digits and "/" not in chunk and len(joined) <= _MAX_CODE and len(joined) >= 5
    if is_code and (longest <= 3 or any(not p.isalpha() and not p.isdigit() for p in parts) or digits >= 4):
        code, more = code_tokens(joined)
        return Chunk((code,), (*base, *extra, *more))
    adds = any(piece.adds for piece in pieces)
    if joined.isalpha():
        return Chunk(base, (*extra, "w" + _singular(joined)), adds=adds)
    return Chunk(base, extra, adds=adds)


@lru_cache(maxsize=1 << 17)
def analyse(chunk: str) -> Chunk:
    """The typed tokens of one chunk. Pure, so that each spelling is read once."""
    if _NUMBER.match(chunk):
        return (
            Chunk((_number_token(chunk),), number=chunk, head=chunk, tail=chunk)
            if chunk.isdigit()
            else Chunk((_number_token(chunk),), number=chunk)
        )
    match = _QUANTITY.match(chunk)
    if match and (found := quantity_tokens(match[1], match[2])):
        return Chunk((found[0],), found[1])
    parts = _PART.findall(chunk)
    if len(parts) > 1 and not (_VERSION.match(chunk) or _SERIES.match(chunk)):
        return _compound(chunk, parts)
    if chunk.isalpha():
        return _alphabetic(chunk)
    return _mixed(chunk)


def _alphabetic(word: str) -> Chunk:
    unit = word if word in UNITS or _singular(word) in UNITS else None
    short = word if len(word) <= 4 and word not in FILLERS and word != "for" else None
    base = "zfor" if word == "for" else _word_token(word)
    extra: tuple[str, ...] = ()
    if not word.isascii() and len(word) > 3:  # scripts without spaces: pairs of characters help two titles meet
        extra = tuple("w" + word[i : i + 2] for i in range(min(len(word) - 1, 40)))
    return Chunk((base,), extra, unit=unit, head=short, adds=base[0] == "a" or base in _FITS)


def read_title(title: str) -> Tokens:
    """The typed tokens of a title, in order, repeated ones kept."""
    out = Tokens()
    base, extra = out.base, out.extra
    before: Chunk | None = None
    adds = False
    text = normalise(title)
    for chunk in CHUNK.findall(text):
        now = analyse(chunk)
        if before is not None:
            if now.unit is not None and before.number is not None:
                _join_unit(out, before.number, now.unit)
                before = None
                continue
            if before.head is not None and now.tail is not None:
                _join_code(extra, before.head, now.tail)
        base += now.base
        extra += now.extra
        adds = adds or now.adds
        before = now
    if "pack" in text or "of" in text:
        _packs(out)
    if adds:
        out.accessory, out.for_another = _sells_accessory(base)
    return out


def _join_unit(out: Tokens, value: str, unit: str) -> None:
    found = quantity_tokens(value, unit)
    if found is not None:
        out.base[-1] = found[0]
        out.extra += found[1]


def _join_code(extra: list[str], first: str, second: str) -> None:
    joined = first + second
    if 4 <= len(joined) <= _MAX_CODE and not joined.isdigit():
        extra.append(("c" if len(joined) >= 5 else "s") + joined)


def _sells_accessory(base: list[str]) -> tuple[bool, bool]:
    """Whether an accessory is sold (the title says "for", or one is its last telling word); and if as "case for X"."""
    last = before = ""
    for token in base:
        if token in _BESIDE:
            break
        if token in _FITS:
            return bool(last), last == "a"
        if token[0] in "wa" and not (token == "acase" and before == "wjewel"):
            last = token[0]
        before = token
    return last == "a", False


def _packs(out: Tokens) -> None:
    """ "pack of 2" says the same as "2-pack", "twin pack" the same as "2 pack"."""
    base = out.base
    for i, token in enumerate(base):
        if token in ("wpack", "wset", "wbox") and i + 2 < len(base) and base[i + 1] == "zof" and base[i + 2][0] == "n":
            base[i], base[i + 2] = "kpack=" + base[i + 2][1:], "zof"
            out.extra.append("upack")
        elif token == "wpack" and i and base[i - 1] in _COUNT_WORDS:
            base[i], base[i - 1] = f"kpack={_COUNT_WORDS[base[i - 1]]}", "zof"
            out.extra.append("upack")
