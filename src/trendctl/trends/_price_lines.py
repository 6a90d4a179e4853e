"""One job: what general knowledge says of a title's price: product lines, kinds by their amount, and makers.

`data/product_prices.txt` holds it and says how it is written. Only ratios matter, as with the kinds of goods.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TypeVar

from trendctl.trends._lexicon import data_lines
from trendctl.trends._words import words

UNKNOWN = 3.3  # log of about 27: the middle of the coarse scale of kinds
COUNT = 10  # figures of a title
LINE_COLUMNS = (0, 1, 3, 4, 5, 6, 7, 8)  # of them those that tell how alike two records are
_LONGEST = 5  # words of a line
_MAKER_WORDS, _TITLE_START = 3, 4  # a title names its maker early
_FAR = math.log(100.0)  # of an amount from the usual one
_FAR_CHEAPER = 1.0  # of log price: a kind this far below the line that it follows is a thing for it

_Kind = tuple[int, int, float]
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Scaled:
    """The log price of a kind at an amount, and the power with which the price goes with the amount."""

    price: float
    unit: str
    amount: float
    power: float

    def at(self, amount: float) -> float:
        """The log price; far from the usual amount it stands still, since nobody sells that."""
        return self.price + self.power * max(-_FAR, min(_FAR, math.log(amount / self.amount)))


@dataclass(frozen=True, slots=True)
class Known:
    """By name: log prices of lines, of makers and of lines by the start of a model code (after the words before it);
    the scaled kinds; and those whose words may stand anywhere, which the scaled kinds are too."""

    lines: dict[str, float]
    starts: dict[str, dict[str, float]]
    makers: dict[str, float]
    scaled: dict[str, Scaled]
    anywhere: dict[str, Scaled]


@lru_cache(maxsize=4096)
def lines_in(tokens: tuple[str, ...]) -> list[tuple[int, int, float]]:
    """Start, length in words and log price of the product lines that the words name, the longest first."""
    known = known_prices()
    return _longest(tokens, lambda part: _line(part, known))


@lru_cache(maxsize=4096)
def scaled_in(tokens: tuple[str, ...]) -> list[tuple[int, int, Scaled]]:
    """Start, length in words and rule of the kinds that go with an amount, the longest first."""
    known = known_prices().scaled
    return _longest(tokens, lambda part: known.get(" ".join(part)))


def line_figures(
    tokens: tuple[str, ...], end: int, kinds: Sequence[_Kind], amounts: Mapping[str, float], fallback: float, brand: str
) -> list[float]:
    """`COUNT` figures: what the line, the kind with its amount and the maker say, and which are unknown.

    `end` is where the title turns to what the good is for, `kinds` are the listed kinds of `_price_text` in order,
    `amounts` the largest of each unit, `fallback` the log price that the kinds alone give.
    """
    lines = lines_in(tokens)
    own = [line for line in lines if line[0] < end]
    line = max(own, key=lambda found: (found[1], -found[0])) if own else None
    cheap = line is not None and any(
        start < end and start + size > line[0] + line[1] and price < line[2] - _FAR_CHEAPER
        for start, size, price in kinds
    )
    host = max((price for start, _, price in lines if start >= end), default=UNKNOWN)
    by_amount, surety = _by_amount(tokens, end, amounts)
    is_line = line is not None and not cheap
    best = line[2] if line is not None and is_line else by_amount if surety else fallback
    return [
        line[2] if line is not None else UNKNOWN, float(line is not None), float(cheap), host, by_amount, surety,
        best, float(is_line or surety > 0), *_maker(tokens, words(brand)),
    ]  # fmt: skip


def _by_amount(tokens: tuple[str, ...], end: int, amounts: Mapping[str, float]) -> tuple[float, float]:
    """Log price and 2 with the amount, 1 without one, 0 for no such kind; the longest name, then the last, wins."""
    found = scaled_in(tokens)
    found = [one for one in found if one[0] < end] or found
    best = (UNKNOWN, 0.0, 0)
    for _, size, rule in found:
        amount = amounts.get(rule.unit)
        value, surety = (rule.price, 1.0) if amount is None else (rule.at(amount), 2.0)
        if (surety, size) >= best[1:]:
            best = (value, surety, size)
    return best[:2]


def _maker(tokens: Sequence[str], brand: Sequence[str]) -> tuple[float, float]:
    """Log of what most of the maker's goods cost, by the brand field or the start of the title, and if it is known."""
    makers = known_prices().makers
    for size in range(min(_MAKER_WORDS, len(brand)), 0, -1):
        if (value := makers.get(" ".join(brand[:size]))) is not None:
            return value, 1.0
    first = tokens[:_TITLE_START]
    for size in range(_MAKER_WORDS, 0, -1):
        for start in range(len(first) - size + 1):
            if (value := makers.get(" ".join(first[start : start + size]))) is not None:
                return value, 1.0
    return UNKNOWN, 0.0


def _longest(tokens: Sequence[str], find: Callable[[Sequence[str]], _Value | None]) -> list[tuple[int, int, _Value]]:
    used: set[int] = set()
    found: list[tuple[int, int, _Value]] = []
    for size in range(min(_LONGEST, len(tokens)), 0, -1):
        for start in range(len(tokens) - size + 1):
            got = find(tokens[start : start + size])
            if got is not None and used.isdisjoint(range(start, start + size)):
                used.update(range(start, start + size))
                found.append((start, size, got))
    return found


def _line(part: Sequence[str], known: Known) -> float | None:
    """By the whole name, or by the longest listed start of a model code; a start in letters is followed by a digit."""
    price = known.lines.get(" ".join(part))
    starts = None if price is not None else known.starts.get(" ".join(part[:-1]))
    last = part[-1]
    if starts is None or not any(c.isdigit() for c in last):
        return price
    for size in range(len(last) - 1, 0, -1):
        if (last[size - 1].isdigit() or last[size].isdigit()) and last[:size] in starts:
            return starts[last[:size]]
    return None


@cache
def known_prices() -> Known:
    """The lists, read on first use."""
    out = Known({}, {}, {}, {}, {})
    for row in data_lines("product_prices.txt"):
        head, _, names = row.partition(":")
        before, _, rule = head.partition(" @ ")
        sort, _, price = before.rpartition(" ")
        value = math.log(float(price))
        amount, unit, _, power = rule.split() or ("1", "", "^", "0")
        scaled = Scaled(value, unit, float(amount), float(power))
        for name in (n.strip() for n in names.split(",")):
            key = " ".join(words(name.rstrip("*")))
            if sort == "words":
                out.anywhere.setdefault(key, scaled)
            elif rule:
                out.scaled.setdefault(key, scaled)
            elif name.endswith("*"):
                earlier, _, start = key.rpartition(" ")
                out.starts.setdefault(earlier, {}).setdefault(start, value)
            else:
                (out.makers if sort else out.lines).setdefault(key, value)
    out.anywhere.update({key: scaled for key, scaled in out.scaled.items() if key not in out.anywhere})
    return out
