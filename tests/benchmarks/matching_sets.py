"""The labelled sets that matching is fitted on, as tables of pair features."""

import gzip
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from boosted_trees import Table, Vector

from trendctl.trends.blocking import Candidates, candidates
from trendctl.trends.conflicts import conflicts
from trendctl.trends.linking import CANDIDATES, context
from trendctl.trends.pair_features import pair_features
from trendctl.trends.records import build

DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "quality" / "data"
OFFER_CANDIDATES = 20
SAMPLE = 25_000  # offers lent to the other tasks
Rows = npt.NDArray[np.int64]


def _read(name: str) -> Any:
    with gzip.open(DATA / name, "rt", encoding="utf-8") as file:
        return json.load(file)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Labelled pairs of records."""

    a: Rows
    b: Rows
    table: Table
    truth: Vector
    few: Table  # the same pairs, each seen in a corpus of four


@dataclass(frozen=True, slots=True)
class Tables:
    """Candidates of two whole tables; `labelled` marks those whose left record has a label."""

    found: Candidates
    table: Table
    truth: Vector
    labelled: npt.NDArray[np.bool_]
    scored: set[int]
    gold: set[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Offers:
    """Candidate pairs among the offers of many shops."""

    titles: list[str]
    product: Rows
    category: Rows
    a: Rows
    b: Rows
    table: Table
    truth: Vector
    context: Table  # of the first candidates of each offer, as linking sees them, with its own truth
    context_truth: Vector
    conflict: npt.NDArray[np.bool_]

    @property
    def count(self) -> int:
        return len(self.titles)

    def figures(self, labels: list[int]) -> tuple[float, float]:
        """F1 over pairs of offers, and B-cubed F1."""
        gold = self.product.tolist()
        g, p, both = Counter(gold), Counter(labels), Counter(zip(gold, labels, strict=True))

        def two(counts: Counter[Any]) -> int:
            return sum(v * (v - 1) // 2 for v in counts.values())

        precision = sum(v * v / p[k[1]] for k, v in both.items()) / len(gold)
        recall = sum(v * v / g[k[0]] for k, v in both.items()) / len(gold)
        return 200 * two(both) / (two(g) + two(p)), 200 * precision * recall / (precision + recall)


def load_pairs(*, titles_only: bool = False) -> dict[str, Pairs]:
    out = {}
    for name, s in _read("b1_pairs.json.gz").items():
        triples = np.array(s["pairs"], np.int64)
        a, b = triples[:, 0], triples[:, 1] + len(s["left"])
        records = build([_stripped(r) if titles_only else r for r in s["left"] + s["right"]])
        truth = triples[:, 2].astype(np.float64)
        few = few_at_a_time([(s["left"][i], s["right"][j]) for i, j, _ in s["pairs"]])
        out[name] = Pairs(a, b, pair_features(records, a, b), truth, few)
    return out


def few_at_a_time(pairs: list[tuple[dict[str, Any], dict[str, Any]]], at_once: int = 4) -> Table:
    """Features of pairs that come a few at a time: then every word looks rare."""
    parts = []
    for low in range(0, len(pairs), at_once):
        some = pairs[low : low + at_once]
        records = build([r for pair in some for r in pair])
        at = np.arange(len(some), dtype=np.int64) * 2
        parts.append(pair_features(records, at, at + 1))
    return np.concatenate(parts)


def _stripped(record: dict[str, Any]) -> dict[str, Any]:
    return {"title": record["title"]}


def load_tables(*, titles_only: bool = False) -> dict[str, Tables]:
    out = {}
    for name, t in _read("b2_tables.json.gz").items():
        split = len(t["left"])
        records = build([_stripped(r) if titles_only else r for r in t["left"] + t["right"]])
        found = candidates(records, (0, split), (split, len(records)), CANDIDATES)
        table = np.hstack([pair_features(records, found.left, found.right), context(found)])
        gold = {(a, b + split) for a, b in t["gold"]}
        truth = np.array([p in gold for p in zip(found.left.tolist(), found.right.tolist(), strict=True)], np.float64)
        out[name] = Tables(found, table, truth, np.isin(found.left, t["scored_left"]), set(t["scored_left"]), gold)
    return out


def load_offers() -> Offers:
    offers = _read("b3_c1_offers.json.gz")["offers"]
    titles = [o[0] for o in offers]
    product = np.array([o[1] for o in offers], np.int64)
    category = np.unique([o[2] for o in offers], return_inverse=True)[1].astype(np.int64)
    records = build([{"title": t} for t in titles])
    n = len(titles)
    found = candidates(records, (0, n), (0, n), OFFER_CANDIDATES)
    pair = np.unique(np.minimum(found.left, found.right) * n + np.maximum(found.left, found.right))
    a, b = pair // n, pair % n
    table = pair_features(records, a, b)
    truth = (product[a] == product[b]).astype(np.float64)
    near = candidates(records, (0, n), (0, n), CANDIDATES)
    some = np.sort(np.random.default_rng(0).choice(len(near.left), SAMPLE, replace=False))
    linked = np.hstack([pair_features(records, near.left, near.right), context(near)])[some]
    same = (product[near.left] == product[near.right]).astype(np.float64)[some]
    return Offers(titles, product, category, a, b, table, truth, linked, same, conflicts(table))


@dataclass(frozen=True, slots=True)
class Lesson:
    """Rows to learn from, and how much each counts."""

    table: Table
    truth: Vector
    weight: Vector


def lesson(parts: list[tuple[Table, Vector, float]]) -> Lesson:
    return Lesson(
        np.concatenate([p[0] for p in parts]),
        np.concatenate([p[1] for p in parts]),
        np.concatenate([np.full(len(p[1]), p[2]) for p in parts]),
    )


def title_pairs() -> list[tuple[Table, Vector]]:
    """The labelled pairs and tables with all but the titles taken away."""
    pairs = [(s.table, s.truth) for s in load_pairs(titles_only=True).values()]
    width = pairs[0][0].shape[1]
    tables = load_tables(titles_only=True).values()
    return pairs + [(t.table[t.labelled][:, :width], t.truth[t.labelled]) for t in tables]


def small_corpora(o: Offers, size: int = 150) -> tuple[Table, Vector]:
    """The same offers a few products at a time, where words look rarer than they are: an index sees them so."""
    bucket = np.random.default_rng(3).integers(0, o.count // size, int(o.product.max()) + 1)[o.product]
    tables, truths = [], []
    for k in range(int(bucket.max()) + 1):
        rows = np.flatnonzero(bucket == k)
        if len(rows) < 2:
            continue
        records = build([{"title": o.titles[i]} for i in rows])
        found = candidates(records, (0, len(rows)), (0, len(rows)), 6)
        keep = found.left < found.right
        left, right = found.left[keep], found.right[keep]
        tables.append(pair_features(records, left, right))
        truths.append((o.product[rows[left]] == o.product[rows[right]]).astype(np.float64))
    return np.concatenate(tables), np.concatenate(truths)
