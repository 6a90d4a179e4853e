"""Rebuild src/trendctl/data/match_model.json from the labelled pairs, tables and offers in ../shared/quality/data.

    PYTHONPATH=src:tests/benchmarks python tests/benchmarks/fit_matching.py [--check]

Prints, for pairs, tables and offers, figures on data left out: folds of the same sets, and whole sets or categories.
With --check nothing is written. Eight to twelve minutes on one core.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from boosted_trees import Plan, Table, Vector, fit, stored
from matching_sets import (
    Lesson,
    Offers,
    Pairs,
    Tables,
    lesson,
    load_offers,
    load_pairs,
    load_tables,
    small_corpora,
    title_pairs,
)

from trendctl.trends.clustering import agglomerate
from trendctl.trends.linking import one_to_one
from trendctl.trends.pair_features import NAMES
from trendctl.trends.pair_model import Trees, prior_shift, rival_features
from trendctl.trends.product_titles import VETO

OUT = Path(__file__).resolve().parents[2] / "src" / "trendctl" / "data" / "match_model.json"
FOLDS = 5
GRID = np.linspace(-3, 2, 101)
PAIRS, LINK = Plan(trees=500), Plan(trees=400)
TITLES = Plan(trees=300, levels=5, rate=0.08, columns=0.2, rows=0.5)
RIVALS = Plan(trees=60, levels=3, rate=0.1, columns=1.0)
FEW = 0.5  # weight of a pair seen in a corpus of four: costs 0.3 in a large batch, gains 9 for a pair alone
LENT = 0.1  # weight of a pair of offers: costs 0.8 on the sets themselves, gains 6 on a set left out
UNSEEN = 0.8  # say of a set left out in the threshold of pairs: what a person brings is none of these sets
TITLES_AT = 0.6  # a wrong merge of two products costs more than a missed one, so above an even chance


def learn(rows: Lesson, plan: Plan) -> Trees:
    return fit(rows.table, rows.truth, plan, rows.weight)


def f1(truth: Vector, taken: np.ndarray) -> float:
    return float(200 * (truth * taken).sum() / max(taken.sum() + truth.sum(), 1))


def fold_of(keys: np.ndarray, folds: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, folds, int(keys.max()) + 1)[keys]


def best_common(names: list[str], curves: np.ndarray, what: str) -> float:
    """Print the best mean at one threshold for all sets, and return that threshold."""
    at = int(curves.mean(0).argmax())
    each = ", ".join(f"{k} {x:.1f}" for k, x in zip(names, curves[:, at], strict=True))
    print(f"{what:44s} mean F1 {curves.mean(0)[at]:.1f} at {GRID[at]:+.2f}; {each}", flush=True)
    return float(GRID[at])


# ---------------------------------------------------------------- pairs
def pair_figure(sets: dict[str, Pairs], value: dict[str, Vector], what: str) -> float:
    curves = np.array([[f1(s.truth, value[k] > t) for t in GRID] for k, s in sets.items()])
    return best_common(list(sets), curves, what)


def pair_lesson(sets: dict[str, Pairs], use: dict[str, np.ndarray], o: Offers) -> Lesson:
    parts = [(s.table[use[k]], s.truth[use[k]], 1.0) for k, s in sets.items()]
    parts += [(s.few[use[k]], s.truth[use[k]], FEW) for k, s in sets.items()]
    return lesson([*parts, (o.context[:, : len(NAMES)], o.context_truth, LENT)])


def first_stage(sets: dict[str, Pairs], o: Offers) -> dict[str, Vector]:
    """Log-odds of each pair from a model that did not see it."""
    fold = {k: fold_of(np.arange(len(s.truth)), FOLDS, 1) for k, s in sets.items()}
    out = {k: np.zeros(len(s.truth)) for k, s in sets.items()}
    for c in range(FOLDS):
        trees = learn(pair_lesson(sets, {k: f != c for k, f in fold.items()}, o), PAIRS)
        for k, s in sets.items():
            out[k][fold[k] == c] = trees.log_odds(s.table[fold[k] == c])
    return out


def rival_tables(sets: dict[str, Pairs], first: dict[str, Vector], batches: int) -> dict[str, Table]:
    """Second-stage features as if the pairs came in that many batches: how many rivals are in sight varies in use."""
    out = {}
    for k, s in sets.items():
        shift = np.random.default_rng(batches).integers(0, batches, len(s.truth)) * (int(max(s.a.max(), s.b.max())) + 1)
        out[k] = rival_features(first[k], s.a + shift, s.b + shift)
    return out


def fit_rivals(sets: dict[str, Pairs], first: dict[str, Vector], use: dict[str, np.ndarray] | None = None) -> Trees:
    tables = [rival_tables(sets, first, batches) for batches in (1, 2, 4)]
    keep = use or {k: np.ones(len(s.truth), bool) for k, s in sets.items()}
    return learn(lesson([(t[k][keep[k]], sets[k].truth[keep[k]], 1.0) for t in tables for k in sets]), RIVALS)


def second_stage(sets: dict[str, Pairs], first: dict[str, Vector]) -> float:
    """The mean of the best thresholds for one, two and four batches, on folds left out."""
    fold = {k: fold_of(np.arange(len(s.truth)), FOLDS, 7) for k, s in sets.items()}
    models = [fit_rivals(sets, first, {k: f != c for k, f in fold.items()}) for c in range(FOLDS)]
    at = []
    for batches in (4, 2, 1):
        tables, out = rival_tables(sets, first, batches), {}
        for k, table in tables.items():
            every = np.stack([m.log_odds(table) for m in models])
            out[k] = every[fold[k], np.arange(len(table))]
        at.append(pair_figure(sets, out, f"pairs, folds, rivals in {batches} batches"))
    return float(np.mean(at))


def fit_pairs(sets: dict[str, Pairs], o: Offers) -> tuple[Trees, Trees, float]:
    first = first_stage(sets, o)
    pair_figure(sets, first, "pairs, folds, first stage")
    at = second_stage(sets, first)
    rivals = fit_rivals(sets, first)
    lone = {}
    for k, s in sets.items():
        others = {name: x for name, x in sets.items() if name != k}
        trees = learn(pair_lesson(others, {n: np.ones(len(x.truth), bool) for n, x in others.items()}, o), PAIRS)
        own = fit_rivals(others, first_stage(others, o))
        lone[k] = own.log_odds(rival_features(trees.log_odds(s.table), s.a, s.b))
    unseen = pair_figure(sets, lone, "pairs, leaving one set out")
    at = UNSEEN * unseen + (1 - UNSEEN) * at
    shipped = [f1(s.truth, lone[k] > at) for k, s in sets.items()]
    print(f"pairs, leaving one set out, at the shipped {at:+.2f}: mean F1 {np.mean(shipped):.1f}", flush=True)
    whole = pair_lesson(sets, {k: np.ones(len(s.truth), bool) for k, s in sets.items()}, o)
    return learn(whole, PAIRS), rivals, at


# ---------------------------------------------------------------- whole tables
def adapted(value: Vector, learned: dict[str, Tables]) -> Vector:
    """Scores of a table as `link` gives them: moved to the share of true pairs that they imply."""
    return value + prior_shift(value, share_true(learned))


def share_true(tables: dict[str, Tables]) -> float:
    return float(np.concatenate([t.truth[t.labelled] for t in tables.values()]).mean())


def link_figure(tables: dict[str, Tables], value: dict[str, Vector], what: str) -> float:
    curves = []
    for k, t in tables.items():
        links = [x for x in one_to_one(t.found, value[k], float(GRID[0])) if x[0] in t.scored]
        score = np.array([x[2] for x in links])
        hit = np.array([(x[0], x[1]) in t.gold for x in links], float)
        curves.append([200 * hit[score >= g].sum() / ((score >= g).sum() + len(t.gold)) for g in GRID])
    return best_common(list(tables), np.array(curves), what)


def link_lesson(tables: dict[str, Tables], use: dict[str, np.ndarray], o: Offers) -> Lesson:
    parts = [(t.table[use[k]], t.truth[use[k]], 1.0) for k, t in tables.items()]
    return lesson([*parts, (o.context, o.context_truth, LENT)])


def fit_link(tables: dict[str, Tables], o: Offers) -> tuple[Trees, float]:
    value = {k: np.zeros(len(t.truth)) for k, t in tables.items()}
    fold = {k: fold_of(t.found.left, FOLDS, 3) for k, t in tables.items()}
    for c in range(FOLDS):
        trees = learn(link_lesson(tables, {k: t.labelled & (fold[k] != c) for k, t in tables.items()}, o), LINK)
        for k, t in tables.items():
            value[k][fold[k] == c] = trees.log_odds(t.table[fold[k] == c])
    link_figure(tables, value, "tables, folds, scores not moved")
    at = link_figure(tables, {k: adapted(v, tables) for k, v in value.items()}, "tables, folds of left records")
    lone = {}
    for k, t in tables.items():
        others = {name: x for name, x in tables.items() if name != k}
        trees = learn(link_lesson(others, {n: x.labelled for n, x in others.items()}, o), LINK)
        lone[k] = adapted(trees.log_odds(t.table), others)
    at = (at + link_figure(tables, lone, "tables, leaving one table out")) / 2  # as much for a table not seen before
    return learn(link_lesson(tables, {k: t.labelled for k, t in tables.items()}, o), LINK), at


# ---------------------------------------------------------------- offers
def cluster_figure(o: Offers, value: Vector, what: str) -> float:
    """Print the best sum of both figures over a few thresholds, and return that threshold."""
    value = np.where(o.conflict, np.minimum(value, VETO), value)
    best = (0.0, 0.0, 0.0)
    for least in (-1.0, -0.75, -0.5, -0.25, 0.0):
        pair, cubed = o.figures(agglomerate(o.count, o.a, o.b, value, least))
        best = max(best, (pair + cubed, least, pair))
    print(f"{what:44s} pair F1 {best[2]:.1f}, B-cubed {best[0] - best[2]:.1f} at {best[1]:+.2f}", flush=True)
    return best[1]


def halves_left_out(o: Offers, side: np.ndarray, extra: list[tuple[Table, Vector, float]]) -> Vector:
    """Log-odds from a model that saw no offer of that half."""
    value = []
    for c in (0, 1):
        use = (side[o.a] != c) & (side[o.b] != c)
        value.append(learn(lesson([(o.table[use], o.truth[use], 1.0), *extra]), TITLES).log_odds(o.table))
    one, two = side[o.a], side[o.b]
    return np.where(one != two, (value[0] + value[1]) / 2, np.where(one == 0, value[0], value[1]))


def fit_titles(o: Offers, extra: list[tuple[Table, Vector, float]]) -> tuple[Trees, float]:
    at = cluster_figure(o, halves_left_out(o, fold_of(o.product, 2, 0), extra), "offers, halves of the products")
    cluster_figure(o, halves_left_out(o, fold_of(o.category, 2, 2), extra), "offers, halves of the categories")
    return learn(lesson([(o.table, o.truth, 1.0), (*small_corpora(o), FEW), *extra]), TITLES), at


def share(log_odds: float) -> float:
    return round(float(1 / (1 + np.exp(-log_odds))), 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="print the figures, write nothing")
    check = parser.parse_args().check
    offers = load_offers()
    titles, cluster_at = fit_titles(offers, [(table, truth, 1.0) for table, truth in title_pairs()])
    first, rivals, pair_at = fit_pairs(load_pairs(), offers)
    tables = load_tables()
    link, link_at = fit_link(tables, offers)
    data = {
        "origin": "fitted by tests/benchmarks/fit_matching.py on the quality kit's pairs, tables and offers",
        "features": list(NAMES),
        "thresholds": {
            "pairs": share(pair_at),
            "link": share(link_at),
            "clusters": share(cluster_at),
            "titles": TITLES_AT,
        },
        "priors": {"link": round(share_true(tables), 5)},
        "models": {"pairs": stored(first), "rivals": stored(rivals), "link": stored(link), "titles": stored(titles)},
    }
    if not check:
        OUT.write_text(json.dumps(data, separators=(",", ":")) + "\n", encoding="utf-8")
        print(f"{OUT.name}: {OUT.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
