"""Put titles to products: the best product for a new title, and whole batches of titles into groups."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process
from rapidfuzz.distance import Levenshtein

from trendctl.trends.clustering import Pair, agglomerate, numbered
from trendctl.trends.conflicts import conflicts, respellings, swapped
from trendctl.trends.pair_features import pair_features
from trendctl.trends.pair_model import model, probability, threshold
from trendctl.trends.records import FloatArray, IntArray, Records
from trendctl.trends.title_batch import TitleBatch
from trendctl.trends.title_features import Tokens, read_title
from trendctl.trends.title_keys import fingerprint_of

VETO: Final = -6.0  # log-odds of a pair with a conflict, if they were not lower anyway
SWAPPED: Final = -1.0  # log-odds of titles with a word exchanged, if they were not lower anyway
RESPELLED: Final = 1.0  # log-odds of a respelling, if they were not higher anyway
_CLOSE_LOOK: Final = 8  # candidates of one title that are compared in full
_BLOCK: Final = 12  # titles of one key that are all compared
_NEIGHBOURS: Final = 3  # in a larger block each title meets so many of the next in the alphabet
_AT_A_TIME: Final = 100_000
_ALIKE: Final = 55.0  # token-set ratio below which a pair is not looked at
_ALIKE_WITHOUT_CODE: Final = (
    65.0  # the same without a model number in common: of such offers one in 400 is joined below
)
_DOUBTFUL: Final = -4.0  # log-odds; what is below is settled
_LONG_WORD: Final = 5  # letters; with one exchanged, a shorter word is another word
_PRICE_GAP: Final = 8.0  # the same product does not cost eight times as much elsewhere; its accessory costs an eighth
Candidate = tuple[int, str]


def title_log_odds(
    records: Records, a: IntArray, b: IntArray, *, any_goods: bool = False,
    set_ratio: npt.NDArray[np.float32] | None = None,
) -> FloatArray:  # fmt: skip
    """Log-odds that the titles of two rows name one product; conflicts are never outweighed.

    With `any_goods` a respelling without a model number counts as likely too, and another word as unlikely, as they
    are outside electronics. `set_ratio`: the token-set ratios of the pairs, where they are known.
    """
    out = np.zeros(len(a))
    for low in range(0, len(a), _AT_A_TIME):
        part = slice(low, low + _AT_A_TIME)
        table = pair_features(records, a[part], b[part], None if set_ratio is None else set_ratio[part])
        value = model("titles").log_odds(table)
        if any_goods:
            value = np.where(swapped(table), np.minimum(value, SWAPPED), value)
            value = np.where(respellings(table), np.maximum(value, RESPELLED), value)
        out[low : low + _AT_A_TIME] = np.where(conflicts(table), np.minimum(value, VETO), value)
    return out


def _shortlist(title: str, candidates: Sequence[Candidate], same: Sequence[bool]) -> list[int]:
    """Places of the candidates that look most alike, in their order; those that say the `same` come before all."""
    if len(candidates) <= _CLOSE_LOOK:
        return list(range(len(candidates)))
    alike = process.cdist([title], [c[1] for c in candidates], scorer=fuzz.token_set_ratio, dtype=np.float32)[0]
    return sorted(np.lexsort((-alike, ~np.asarray(same, np.bool_)))[:_CLOSE_LOOK].tolist())


def best_matches(
    titles: Sequence[str],
    candidates: Sequence[Sequence[Candidate]],
    *,
    prices: Sequence[float | None] | None = None,
    product_prices: Mapping[int, float] | None = None,
    must_link: Collection[Pair] = (),
    cannot_link: Collection[Pair] = (),
) -> list[tuple[int, float] | None]:
    """For each title (product id, probability) of the best of its candidates, or None if none reaches the threshold.

    Constraints are (title fingerprint, product id): a person's merge and split. A merge gives 1.0 and needs no
    candidate. Prices are in one currency, the caller's; None is unknown.
    """
    joined, parted = dict(must_link), set(cannot_link)
    rows: list[Tokens] = []
    pairs: list[tuple[int, int, int]] = []  # title number, its row, candidate's row
    ids: list[int] = []
    equal: list[bool] = []
    out: list[tuple[int, float] | None] = [None] * len(titles)
    for i, (title, options) in enumerate(zip(titles, candidates, strict=True)):
        tokens = read_title(title)
        mark = fingerprint_of(tokens)
        if mark in joined:
            out[i] = (joined[mark], 1.0)
            continue
        allowed = [c for c in options if (mark, c[0]) not in parted]
        others = [read_title(c[1]) for c in allowed]
        same = [fingerprint_of(other) == mark for other in others]
        here = len(rows)
        rows.append(tokens)
        for place in _shortlist(title, allowed, same):
            pairs.append((i, here, len(rows)))
            ids.append(allowed[place][0])
            equal.append(same[place])
            rows.append(others[place])
    if not pairs:
        return out
    number, a, b = np.asarray(pairs, np.int64).T
    batch = TitleBatch.of_tokens(rows)
    value = title_log_odds(batch.records(batch.plain()), a, b, any_goods=True)
    value = np.where(equal, -VETO, value)
    value = np.where(_dear(number, ids, prices, product_prices), np.minimum(value, VETO), value)
    _choose(out, number, ids, probability(value))
    return out


def _dear(
    number: IntArray, ids: list[int], prices: Sequence[float | None] | None, known: Mapping[int, float] | None
) -> npt.NDArray[np.bool_]:
    """Pairs whose prices are too far apart."""
    if prices is None or not known:
        return np.zeros(len(ids), np.bool_)
    nan = float("nan")
    own = np.array([prices[i] or nan for i in number.tolist()], np.float64)
    other = np.array([known.get(i) or nan for i in ids], np.float64)
    return np.asarray(np.abs(np.log(own / other)) > np.log(_PRICE_GAP), np.bool_)


def _choose(out: list[tuple[int, float] | None], number: IntArray, ids: list[int], score: FloatArray) -> None:
    least = threshold("titles")
    for i, product, value in zip(number.tolist(), ids, score.tolist(), strict=True):
        best = out[i]
        if value >= least and (best is None or (value, -product) > (best[1], -best[0])):
            out[i] = (product, value)


def best_match(
    title: str,
    candidates: Sequence[Candidate],
    *,
    price: float | None = None,
    prices: Mapping[int, float] | None = None,
    must_link: Collection[Pair] = (),
    cannot_link: Collection[Pair] = (),
) -> tuple[int, float] | None:
    """`best_matches` for one title; many at once cost a tenth each."""
    return best_matches(
        [title], [candidates], prices=[price], product_prices=prices, must_link=must_link, cannot_link=cannot_link
    )[0]


def block_pairs(row: IntArray, key: IntArray, order: IntArray) -> tuple[IntArray, IntArray]:
    """Pairs (a < b) of rows that share a key: all of a small block, neighbours by `order` in a large one."""
    by = np.lexsort((order[row], key))
    row, key = row[by], key[by]
    left, right = [], []
    size = np.searchsorted(key, key, side="right") - np.searchsorted(key, key)
    for step in range(1, _BLOCK):
        same = np.flatnonzero((key[step:] == key[:-step]) & ((size[step:] <= _BLOCK) | (step <= _NEIGHBOURS)))
        left.append(row[same])
        right.append(row[same + step])
    a, b = np.concatenate(left), np.concatenate(right)
    packed = np.sort(np.minimum(a, b) * len(order) + np.maximum(a, b))
    if len(packed):
        packed = packed[np.r_[True, packed[1:] != packed[:-1]]]
    return packed // max(len(order), 1), packed % max(len(order), 1)


def group(titles: Sequence[str], *, must_link: Collection[Pair] = (), cannot_link: Collection[Pair] = ()) -> list[int]:
    """A product label for each title, 0, 1, 2 in order of appearance. Constraints are pairs of places in `titles`.

    ValueError if the constraints contradict each other.
    """
    held = {i for pair in cannot_link for i in pair}
    every = TitleBatch.of(titles)
    places: dict[str, int] = {}
    texts = every.plain()
    place = [places.setdefault(f"{i}\0" if i in held else text, len(places)) for i, text in enumerate(texts)]
    first = np.unique(np.array(place, np.int64), return_index=True)[1]
    batch, plain = every.pick(first), [texts[i] for i in first.tolist()]
    a, b, alike = _worth_a_look(batch, plain)
    some, where = np.unique(np.r_[a, b], return_inverse=True)
    known = batch.pick(some).records([plain[i] for i in some.tolist()])
    value = title_log_odds(known, where[: len(a)], where[len(a) :], any_goods=True, set_ratio=alike)
    value[_misspelled(batch, plain, a, b, value)] = RESPELLED
    if held:
        value = np.where([plain[i] == plain[j] for i, j in zip(a.tolist(), b.tolist(), strict=True)], -VETO, value)
    joined = [(place[i], place[j]) for i, j in must_link]
    parted = [(place[i], place[j]) for i, j in cannot_link]
    labels = agglomerate(len(batch), a, b, value, _least(), joined, parted)
    return numbered(labels[i] for i in place)


def _misspelled(batch: TitleBatch, plain: Sequence[str], a: IntArray, b: IntArray, value: FloatArray) -> list[int]:
    """Pairs in doubt that differ by a letter of one long word, which no other title of the batch spells so."""
    often = batch.often()
    doubtful = np.flatnonzero((value <= _least()) & (value > _DOUBTFUL))
    found = []
    for place, i, j in zip(doubtful.tolist(), a[doubtful].tolist(), b[doubtful].tolist(), strict=True):
        differing = set(plain[i].split()) ^ set(plain[j].split())
        if len(differing) == 2 and all(len(word) >= _LONG_WORD and word.isalpha() for word in differing):
            one, other = differing
            if min(often(one), often(other)) == 1 and Levenshtein.distance(one, other, score_cutoff=1) == 1:
                found.append(place)
    return found


def _worth_a_look(batch: TitleBatch, plain: list[str]) -> tuple[IntArray, IntArray, npt.NDArray[np.float32]]:
    """Pairs that share a key and look alike at a glance, the likest few of each title; and how alike."""
    alphabetical = np.empty(len(plain), np.int64)
    alphabetical[np.array(sorted(range(len(plain)), key=plain.__getitem__), np.int64)] = np.arange(len(plain))
    keys = batch.keys()
    a, b = block_pairs(*keys.entries(), alphabetical)
    alike = np.zeros(len(a), np.float32)
    for low in range(0, len(a), _AT_A_TIME):
        left, right = a[low : low + _AT_A_TIME].tolist(), b[low : low + _AT_A_TIME].tolist()
        alike[low : low + _AT_A_TIME] = process.cpdist(
            [plain[i] for i in left], [plain[i] for i in right], scorer=fuzz.token_set_ratio, score_cutoff=_ALIKE
        )
    keep = alike > 0
    unlike = np.flatnonzero(keep & (alike < _ALIKE_WITHOUT_CODE))
    keep[unlike] = keys.share_code(a[unlike], b[unlike])
    a, b, alike = a[keep], b[keep], alike[keep]
    few = (_rank(a, alike) < _CLOSE_LOOK) & (_rank(b, alike) < _CLOSE_LOOK)
    return a[few], b[few], alike[few]


def _rank(row: IntArray, score: npt.NDArray[np.float32]) -> IntArray:
    """The place of each entry among those of its row, the greatest score first."""
    order = np.lexsort((-score, row))
    rows = row[order]
    out = np.empty(len(row), np.int64)
    out[order] = np.arange(len(row)) - np.searchsorted(rows, rows)
    return out


def _least() -> float:
    share = threshold("titles")
    return float(np.log(share / (1 - share)))
