"""Keys under which the same product is found again: hashes that need no corpus and never change between runs."""

from functools import lru_cache
from hashlib import blake2b
from itertools import combinations
from typing import Final

import numpy as np
import numpy.typing as npt

from trendctl.trends.title_features import Tokens, read_title
from trendctl.trends.title_words import words

_MASK: Final = (1 << 63) - 1
TELLING: Final = 4  # pairs among the four most telling tokens: six keys
CODES: Final = 3
_GOLDEN: Final = 0x9E3779B97F4A7C15
_SEED: Final = 0xC2B2AE3D27D4EB4F
_WORTH: Final = {"c": 40.0, "s": 14.0, "n": 7.0, "q": 8.0, "k": 1.0, "y": 3.0, "e": 2.0, "o": 1.0, "a": 3.0, "w": 6.0}
COMMON_WORDS: Final = words(
    "wireless bluetooth portable digital electric electronic smart led lcd hd usb hdmi wifi new best top hot "
    "sale original genuine official premium quality home kitchen outdoor indoor travel office car phone mobile "
    "smartphone computer laptop tablet watch camera tv television speaker headphone earphone earbud monitor "
    "keyboard mouse printer machine system device tool set size color colour large medium small style design "
    "series model version system software game video audio sound music light water air power high low free fast "
    "super heavy duty women men kid baby girl boy toy gift card bag box bottle tumbler cup mug shirt shoe dress "
    "jacket hat ring book series memory drive freezer fridge dishwasher washing microwave oven processor cpu ram "
    "display full ultra built freestanding rechargeable waterproof adjustable foldable reusable compatible "
    "vacuum cleaner inkjet laser ink"
)


@lru_cache(maxsize=1 << 17)
def token_worth(token: str) -> tuple[float, int, bool]:
    """Minus how telling a token is without looking at any corpus, its stable hash, and whether it is a model number."""
    worth = _WORTH.get(token[0], 0.0)
    if token[0] == "w":
        worth = 2.0 if token[1:] in COMMON_WORDS else worth + min(len(token), 12) * 0.5
    elif token[0] == "n":
        worth += min(len(token), 6) - 2.0
    digest = blake2b(token.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return -worth, int.from_bytes(digest, "big") & _MASK, token[0] == "c" and len(token) >= 6


def _mix(a: int, b: int) -> int:
    """One key of two hashes, whichever comes first."""
    if a > b:
        a, b = b, a
    return ((a * _GOLDEN) ^ (b * _SEED + (a >> 7))) & _MASK


def telling_of(tokens: Tokens) -> tuple[list[int], list[int]]:
    """Hashes of the most telling tokens of a title, and of its model numbers, some of them written together."""
    telling = sorted([token_worth(t) for t in {t for t in tokens.base if t[0] != "z"}])[:TELLING]
    codes = {t[1] for t in telling if t[2]}
    for t in tokens.extra:
        if t[0] == "c" and (found := token_worth(t))[2]:
            codes.add(found[1])
    return [t[1] for t in telling], sorted(codes)[:CODES]


def keys_of(tokens: Tokens) -> tuple[int, ...]:
    """The blocking keys of a title that has been read."""
    telling, codes = telling_of(tokens)
    pairs = [_mix(a, b) for a, b in combinations(telling, 2)] or telling
    return tuple(sorted({*pairs, *codes}))


def mix_all(a: npt.NDArray[np.int64], b: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """`_mix` of many pairs: unsigned products wrap, and the low 63 bits are the same."""
    low, high = np.minimum(a, b).astype(np.uint64), np.maximum(a, b).astype(np.uint64)
    mixed = (low * np.uint64(_GOLDEN)) ^ (high * np.uint64(_SEED) + (low >> np.uint64(7)))
    return (mixed & np.uint64(_MASK)).astype(np.int64)


def keys(title: str) -> tuple[int, ...]:
    """About six keys of 63 bits; two titles of one product usually share at least one. None for a title without a word.

    The same in every run and on every machine, so that a table (key, product) is the index.
    """
    return keys_of(read_title(title))


def fingerprint_of(tokens: Tokens) -> int:
    """The fingerprint of a title that has been read."""
    said = "\0".join(sorted({t for t in tokens.base if t[0] != "z"}))
    return int.from_bytes(blake2b(said.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big") & _MASK


def fingerprint(title: str) -> int:
    """63 bits, equal for titles that say the same in another order, case, width, punctuation or unit spelling."""
    return fingerprint_of(read_title(title))
