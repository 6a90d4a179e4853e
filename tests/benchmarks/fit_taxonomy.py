"""Fits the model behind `taxonomy.sellable` and says how well it does on titles it has not seen.

    python tests/benchmarks/fit_taxonomy.py --titles d1_titles.json.gz [--write]

Training titles: the labelled ones given, and our own in `sellable_titles.tsv`. Each is also shown with a random part of
the written lists hidden, so that the weights do not lean on knowing every maker and every film.
`--write` replaces `src/trendctl/data/sellable_model.json`.
"""

import argparse
import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from trendctl.trends._goods_features import features
from trendctl.trends._lexicon import Match

HERE = Path(__file__).resolve().parent
MODEL = HERE.parents[1] / "src" / "trendctl" / "data" / "sellable_model.json"
RIDGE = 1.0
COPIES = 4
SEED = 5
HIDDEN = {"brand": 0.35, "noun": 0.15}  # share of the terms of a kind that a copy does not know
HIDDEN_NAMES = 0.4  # the same for lists of names
HIDDEN_WORDS = 0.15  # and for lists of plain words
NAMES = frozenset(
    ["named_good", "paid_game", "board_game", "free_game", "app_service", "franchise", "drug", "person_word"]
)
RAREST = 4  # a feature of fewer titles is not used

Array = Any
Title = tuple[int, str]


def read_given(path: Path) -> list[Title]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [(int(t["sellable"]), t["title"]) for t in json.load(file)["titles"]]


def read_own() -> list[Title]:
    lines = (HERE / "sellable_titles.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("# ")]
    return [(int(label), title) for label, _, title in rows]


def forgetful(rng: np.random.Generator) -> Callable[[Match], bool]:
    memory: dict[tuple[str, str, str], bool] = {}

    def keep(match: Match) -> bool:
        key = (match.term, match.entry.kind, match.entry.group)
        if key not in memory:
            names = HIDDEN_NAMES if match.entry.group in NAMES else HIDDEN_WORDS
            memory[key] = bool(rng.random() >= HIDDEN.get(match.entry.kind, names))
        return memory[key]

    return keep


def newton(x: Array, y: Array, weight: Array, ridge: float = RIDGE) -> Array:
    """Ridge logistic regression; column 0 is the constant."""
    w = np.zeros(x.shape[1])
    penalty = np.full(x.shape[1], ridge)
    penalty[0] = 0.01
    for _ in range(60):
        p = 1 / (1 + np.exp(-x @ w))
        hessian = (x * (weight * p * (1 - p))[:, None]).T @ x + np.diag(penalty)
        step = np.linalg.solve(hessian, x.T @ (weight * (p - y)) + penalty * w)
        w -= step
        if np.abs(step).max() < 1e-8:
            break
    return w


class Data:
    """All titles as matrices: as they are, and with parts of the lists hidden."""

    def __init__(self, titles: Sequence[Title]) -> None:
        rng = np.random.default_rng(SEED)
        plain = [features(t) for _, t in titles]
        hidden = [[features(t, forgetful(rng)) for _, t in titles] for _ in range(COPIES)]
        counts = {n: sum(n in f for f in plain) for f in plain for n in f}
        self.names = sorted((n for n in counts if counts[n] >= RAREST), key=lambda n: (n != "bias", n))
        self.y = np.array([label for label, _ in titles], float)
        self.x = self._matrix(plain)
        self.hidden = [self._matrix(rows) for rows in hidden]

    def _matrix(self, rows: Sequence[dict[str, float]]) -> Array:
        return np.array([[row.get(n, 0.0) for n in self.names] for row in rows])

    def fit(self, rows: Array) -> Array:
        x = np.vstack([self.x[rows], *(h[rows] for h in self.hidden)])
        share = np.r_[np.full(len(rows), 0.5), np.full(COPIES * len(rows), 0.5 / COPIES)]
        return newton(x, np.tile(self.y[rows], COPIES + 1), share)

    def chance(self, x: Array, w: Array) -> Array:
        return 1 / (1 + np.exp(-x @ w))


def figures(p: Array, y: Array, threshold: float) -> str:
    taken = p >= threshold
    right = float((taken & (y > 0)).sum())
    return f"precision {right / max(1.0, taken.sum()):.3f} recall {right / y.sum():.3f}"


def cross_validate(data: Data, given: int) -> None:
    order = np.random.default_rng(0).permutation(len(data.y))
    seen = np.zeros(len(data.y))
    blind = np.zeros((COPIES, len(data.y)))
    for fold in range(10):
        test = order[fold::10]
        w = data.fit(np.setdiff1d(order, test))
        seen[test] = data.chance(data.x[test], w)
        for k, h in enumerate(data.hidden):
            blind[k, test] = data.chance(h[test], w)
    for threshold in (0.4, 0.45, 0.5, 0.55):
        hidden = figures(blind[:, :given].ravel(), np.tile(data.y[:given], COPIES), threshold)
        print(f"at {threshold}: ten-fold, given titles {figures(seen[:given], data.y[:given], threshold)}")
        print(f"   own titles {figures(seen[given:], data.y[given:], threshold)}")
        print(f"   given titles, lists partly hidden {hidden}")
    first, second = np.arange(given), np.arange(given, len(data.y))
    for name, train, test in (("given -> own", first, second), ("own -> given", second, first)):
        print(f"{name} at 0.45: {figures(data.chance(data.x[test], data.fit(train)), data.y[test], 0.45)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--titles", type=Path, required=True)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    given = read_given(options.titles)
    data = Data(given + read_own())
    cross_validate(data, len(given))
    if options.write:
        w = data.fit(np.arange(len(data.y)))
        origin = (
            f"tests/benchmarks/fit_taxonomy.py: ridge {RIDGE} logistic regression on {len(data.y)} labelled titles, "
            f"half of the weight on copies with parts of the lists hidden (seed {SEED})"
        )
        weights = {n: round(float(v), 4) for n, v in zip(data.names, w, strict=True)}
        MODEL.write_text(json.dumps({"origin": origin, "weights": weights}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
