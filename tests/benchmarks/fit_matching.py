"""Rebuild src/trendctl/data/match_model.json from the labelled pairs, tables and offers in ../shared/quality/data.

    PYTHONPATH=src:tests/benchmarks python tests/benchmarks/fit_matching.py [--check]

Prints, for pairs, tables and offers, figures on data left out: folds of the same sets, and whole sets or categories.
With --check nothing is written. A few minutes on one core.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from boosted_trees import Plan, Table, Vector, fit, stored
from matching_sets import Offers, Pairs, Tables, load_offers, load_pairs, load_tables, small_corpora, title_pairs

from trendctl.trends.clustering import agglomerate
from trendctl.trends.linking import one_to_one
from trendctl.trends.pair_features import NAMES
from trendctl.trends.pair_model import Trees, rival_features
from trendctl.trends.product_titles import VETO

OUT = Path(__file__).resolve().parents[2] / "src" / "trendctl" / "data" / "match_model.json"
FOLDS = 5
GRID = np.linspace(-3, 2, 101)
PAIRS, LINK = Plan(trees=600), Plan(trees=500)
TITLES = Plan(trees=300, levels=5, rate=0.08, columns=0.2, rows=0.5)
RIVALS = Plan(trees=60, levels=3, rate=0.1, columns=1.0)


def sigmoid(log_odds: float) -> float:
    return float(1 / (1 + np.exp(-log_odds)))


def f1(truth: Vector, taken: np.ndarray) -> float:
    return float(200 * (truth * taken).sum() / max(taken.sum() + truth.sum(), 1))


def fold_of(keys: np.ndarray, folds: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, folds, int(keys.max()) + 1)[keys]


def joined(parts: list[Table]) -> Table:
    return np.concatenate(parts)


# ---------------------------------------------------------------- pairs (B1)
def pairs_left_out(sets: dict[str, Pairs], tables: dict[str, Table], plan: Plan, seed: int) -> dict[str, Vector]:
    """Log-odds of each pair from a model that did not see it."""
    fold = {k: fold_of(np.arange(len(s.truth)), FOLDS, seed) for k, s in sets.items()}
    out = {k: np.zeros(len(s.truth)) for k, s in sets.items()}
    for c in range(FOLDS):
        trees = fit(
            joined([tables[k][fold[k] != c] for k in sets]), joined([s.truth[fold[k] != c] for k, s in sets.items()]), plan
        )
        for k in sets:
            out[k][fold[k] == c] = trees.log_odds(tables[k][fold[k] == c])
    return out


def rival_tables(sets: dict[str, Pairs], first: dict[str, Vector], parts: int) -> dict[str, Table]:
    """Second-stage features as if the pairs came in that many batches: how many rivals are in sight varies in use."""
    out = {}
    for k, s in sets.items():
        batch = np.random.default_rng(parts).integers(0, parts, len(s.truth)) * (int(max(s.a.max(), s.b.max())) + 1)
        out[k] = rival_features(first[k], s.a + batch, s.b + batch)
    return out


def fit_rivals(sets: dict[str, Pairs], first: dict[str, Vector]) -> Trees:
    tables = [rival_tables(sets, first, parts) for parts in (1, 2, 4)]
    return fit(joined([t[k] for t in tables for k in sets]), joined([sets[k].truth for _ in tables for k in sets]), RIVALS)


def best_common(sets: dict[str, Pairs], value: dict[str, Vector], what: str) -> float:
    scores = np.array([[f1(s.truth, value[k] > t) for t in GRID] for k, s in sets.items()])
    at = int(scores.mean(0).argmax())
    print(f"{what:46s} mean F1 {scores.mean(0)[at]:.1f} at {GRID[at]:+.2f}; " + ", ".join(f"{k} {x:.1f}" for k, x in zip(sets, scores[:, at], strict=True)))
    return float(GRID[at])


def fit_pairs(sets: dict[str, Pairs]) -> tuple[Trees, Trees, float]:
    tables = {k: s.table for k, s in sets.items()}
    first = pairs_left_out(sets, tables, PAIRS, 1)
    best_common(sets, first, "pairs, 5 folds, first stage")
    at = 0.0
    for parts in (4, 2, 1):
        second = pairs_left_out(sets, rival_tables(sets, first, parts), RIVALS, 7)
        at += best_common(sets, second, f"pairs, 5 folds, with rivals in {parts} batches") / 3
    lone = {}
    for k in sets:
        others = {o: s for o, s in sets.items() if o != k}
        trees = fit(joined([s.table for s in others.values()]), joined([s.truth for s in others.values()]), PAIRS)
        rivals = fit_rivals(others, pairs_left_out(others, tables, replace(PAIRS, trees=300), 1))
        lone[k] = rivals.log_odds(rival_features(trees.log_odds(sets[k].table), sets[k].a, sets[k].b))
    best_common(sets, lone, "pairs, leaving one set out")
    trees = fit(joined(list(tables.values())), joined([s.truth for s in sets.values()]), PAIRS)
    return trees, fit_rivals(sets, first), at


# ---------------------------------------------------------------- whole tables (B2)
def link_curve(t: Tables, value: Vector) -> Vector:
    links = [x for x in one_to_one(t.found, value, GRID[0]) if x[0] in t.scored]
    score = np.array([x[2] for x in links])
    hit = np.array([(x[0], x[1]) in t.gold for x in links], float)
    return np.array([200 * hit[score >= g].sum() / ((score >= g).sum() + len(t.gold)) for g in GRID])


def best_links(tables: dict[str, Tables], value: dict[str, Vector], what: str) -> float:
    curves = np.array([link_curve(t, value[k]) for k, t in tables.items()])
    at = int(curves.mean(0).argmax())
    print(f"{what:46s} mean F1 {curves.mean(0)[at]:.1f} at {GRID[at]:+.2f}; " + ", ".join(f"{k} {x:.1f}" for k, x in zip(tables, curves[:, at], strict=True)))
    return float(GRID[at])


def fit_link(tables: dict[str, Tables]) -> tuple[Trees, float]:
    value = {k: np.zeros(len(t.truth)) for k, t in tables.items()}
    fold = {k: fold_of(t.found.left, FOLDS, 3) for k, t in tables.items()}
    for c in range(FOLDS):
        use = {k: t.labelled & (fold[k] != c) for k, t in tables.items()}
        trees = fit(joined([t.table[use[k]] for k, t in tables.items()]), joined([t.truth[use[k]] for k, t in tables.items()]), LINK)
        for k, t in tables.items():
            value[k][fold[k] == c] = trees.log_odds(t.table[fold[k] == c])
    at = best_links(tables, value, "tables, 5 folds of left records")
    lone = {}
    for k in tables:
        others = [t for o, t in tables.items() if o != k]
        trees = fit(joined([t.table[t.labelled] for t in others]), joined([t.truth[t.labelled] for t in others]), LINK)
        lone[k] = trees.log_odds(tables[k].table)
    best_links(tables, lone, "tables, leaving one table out")
    every = list(tables.values())
    return fit(joined([t.table[t.labelled] for t in every]), joined([t.truth[t.labelled] for t in every]), LINK), at


# ---------------------------------------------------------------- offers (B3)
def cluster_figures(o: Offers, value: Vector, what: str) -> float:
    value = np.where(o.conflict, np.minimum(value, VETO), value)
    best = (0.0, 0.0, 0.0)
    for least in (-1.0, -0.75, -0.5, -0.25, 0.0):
        pair, cubed = o.figures(agglomerate(o.count, o.a, o.b, value, least))
        best = max(best, (pair + cubed, least, pair))
    print(f"{what:46s} pair F1 {best[2]:.1f}, B-cubed {best[0] - best[2]:.1f} at {best[1]:+.2f}")
    return best[1]


def fit_titles(o: Offers, extra: list[tuple[Table, Vector]]) -> tuple[Trees, float, float]:
    at = 0.0
    for what, side in (("offers, halves of products", fold_of(o.product, 2, 0)), ("offers, halves of categories", fold_of(o.category, 2, 2))):
        value = np.zeros((2, len(o.truth)))
        for c in (0, 1):
            use = (side[o.a] != c) & (side[o.b] != c)
            parts = [(o.table[use], o.truth[use]), *extra]
            value[c] = fit(joined([p[0] for p in parts]), joined([p[1] for p in parts]), TITLES).log_odds(o.table)
        ab = side[o.a], side[o.b]
        mixed = np.where(ab[0] == ab[1], np.where(ab[0] == 0, value[0], value[1]), value.mean(0))
        at = at or cluster_figures(o, mixed, what)
        if "categories" in what:
            cluster_figures(o, mixed, what)
    small = small_corpora(o)
    parts = [(o.table, o.truth), small, *extra]
    weight = joined([np.ones(len(o.truth)), np.full(len(small[1]), 0.5), *(np.ones(len(p[1])) for p in extra)])
    trees = fit(joined([p[0] for p in parts]), joined([p[1] for p in parts]), TITLES, weight)
    return trees, at, 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="print the figures, write nothing")
    check = parser.parse_args().check
    pairs, tables, offers = load_pairs(), load_tables(), load_offers()
    first, rivals, pair_at = fit_pairs(pairs)
    link, link_at = fit_link(tables)
    titles, cluster_at, title_at = fit_titles(offers, title_pairs())
    data = {
        "origin": "fitted by tests/benchmarks/fit_matching.py on the labelled pairs, tables and offers of the quality kit",
        "features": list(NAMES),
        "thresholds": {
            "pairs": round(sigmoid(pair_at), 4), "link": round(sigmoid(link_at), 4),
            "clusters": round(sigmoid(cluster_at), 4), "titles": round(sigmoid(title_at), 4),
        },
        "models": {"pairs": stored(first), "rivals": stored(rivals), "link": stored(link), "titles": stored(titles)},
    }  # fmt: skip
    if not check:
        OUT.write_text(json.dumps(data, separators=(",", ":")) + "\n", encoding="utf-8")
        print(f"{OUT.name}: {OUT.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
