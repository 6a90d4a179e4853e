"""Put titles to products: the best product for a new title, and whole batches of titles into groups."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process

from trendctl.trends.clustering import Pair, agglomerate, numbered
from trendctl.trends.conflicts import conflicts
from trendctl.trends.pair_features import pair_features
from trendctl.trends.pair_model import model, probability, threshold
from trendctl.trends.records import FloatArray, IntArray, Records, build_titles, plain_text
from trendctl.trends.title_features import Tokens, read_title
from trendctl.trends.title_keys import fingerprint_of, keys_of

VETO: Final = -6.0  # log-odds of a pair with a conflict, if they were not lower anyway
_CLOSE_LOOK: Final = 8  # candidates of one title that are compared in full
_BLOCK: Final = 12  # titles of one key that are all compared; in a larger block each meets its neighbours only
_ALIKE: Final = 55.0  # token-set ratio below which a pair is not looked at
_PRICE_GAP: Final = 8.0  # the same product does not cost eight times as much elsewhere; its accessory costs an eighth
Candidate = tuple[int, str]


def title_log_odds(records: Records, a: IntArray, b: IntArray) -> FloatArray:
    """Log-odds that the titles of two rows name one product; conflicts are never outweighed."""
    table = pair_features(records, a, b)
    value = model("titles").log_odds(table)
    return np.where(conflicts(table), np.minimum(value, VETO), value)


def _shortlist(title: str, candidates: Sequence[Candidate]) -> list[int]:
    """Places of the candidates that look most alike, in their order."""
    if len(candidates) <= _CLOSE_LOOK:
        return list(range(len(candidates)))
    scores = process.cdist([title], [c[1] for c in candidates], scorer=fuzz.token_set_ratio, dtype=np.float32)[0]
    return sorted(np.argsort(-scores, kind="stable")[:_CLOSE_LOOK].tolist())


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
    out: list[tuple[int, float] | None] = [None] * len(titles)
    for i, (title, options) in enumerate(zip(titles, candidates, strict=True)):
        tokens = read_title(title)
        mark = fingerprint_of(tokens)
        if mark in joined:
            out[i] = (joined[mark], 1.0)
            continue
        allowed = [c for c in options if (mark, c[0]) not in parted]
        here = len(rows)
        rows.append(tokens)
        for place in _shortlist(title, allowed):
            pairs.append((i, here, len(rows)))
            ids.append(allowed[place][0])
            rows.append(read_title(allowed[place][1]))
    if not pairs:
        return out
    number, a, b = np.asarray(pairs, np.int64).T
    value = title_log_odds(build_titles(rows), a, b)
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


def block_pairs(rows: Sequence[Sequence[int]], order: IntArray) -> tuple[IntArray, IntArray]:
    """Pairs (a < b) of rows that share a key: all of a small block, neighbours by `order` in a large one."""
    counts = np.fromiter(map(len, rows), np.int64, len(rows))
    row = np.repeat(np.arange(len(rows), dtype=np.int64), counts)
    key = np.fromiter((k for keys in rows for k in keys), np.int64, int(counts.sum()))
    by = np.lexsort((order[row], key))
    row, key = row[by], key[by]
    left, right = [], []
    for step in range(1, _BLOCK):
        same = np.flatnonzero(key[step:] == key[:-step])
        left.append(row[same])
        right.append(row[same + step])
    a, b = np.concatenate(left), np.concatenate(right)
    packed = np.sort(np.minimum(a, b) * len(rows) + np.maximum(a, b))
    if len(packed):
        packed = packed[np.r_[True, packed[1:] != packed[:-1]]]
    return packed // max(len(rows), 1), packed % max(len(rows), 1)


def group(titles: Sequence[str], *, must_link: Collection[Pair] = (), cannot_link: Collection[Pair] = ()) -> list[int]:
    """A product label for each title, 0, 1, 2 in order of appearance. Constraints are pairs of places in `titles`.

    ValueError if the constraints contradict each other.
    """
    held = {i for pair in cannot_link for i in pair}
    place: list[int] = []
    of_mark: dict[int, int] = {}
    read: list[Tokens] = []
    for i, title in enumerate(titles):
        tokens = read_title(title)
        mark = -1 - i if i in held else fingerprint_of(tokens)
        at = of_mark.setdefault(mark, len(read))
        if at == len(read):
            read.append(tokens)
        place.append(at)
    a, b = _worth_a_look(read)
    some, where = np.unique(np.r_[a, b], return_inverse=True)
    records = build_titles([read[i] for i in some.tolist()])
    value = title_log_odds(records, where[: len(a)], where[len(a) :])
    joined = [(place[i], place[j]) for i, j in must_link]
    parted = [(place[i], place[j]) for i, j in cannot_link]
    labels = agglomerate(len(read), a, b, value, _least(), joined, parted)
    return numbered(labels[i] for i in place)


def _worth_a_look(read: Sequence[Tokens]) -> tuple[IntArray, IntArray]:
    """Pairs that share a key and look alike at a glance."""
    plain = [plain_text(tokens) for tokens in read]
    alphabetical = np.empty(len(plain), np.int64)
    alphabetical[np.array(sorted(range(len(plain)), key=plain.__getitem__), np.int64)] = np.arange(len(plain))
    a, b = block_pairs([keys_of(tokens) for tokens in read], alphabetical)
    left, right = [plain[i] for i in a.tolist()], [plain[i] for i in b.tolist()]
    alike = process.cpdist(left, right, scorer=fuzz.token_set_ratio, score_cutoff=_ALIKE, dtype=np.float32)
    return a[alike > 0], b[alike > 0]


def _least() -> float:
    share = threshold("titles")
    return float(np.log(share / (1 - share)))
