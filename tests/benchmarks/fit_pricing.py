"""Measures the price model on comparables alone, each judged from those of other products, and fits the range.

    OPENBLAS_NUM_THREADS=1 python tests/benchmarks/fit_pricing.py --prices c2_prices.json.gz

Prints the share of the forest and the pull to the densest place against the error, with the mean of the relative
errors around their median beside it (it moves less by chance), and the range factor of all folds but one with what
it covers of that one.
The `queries` of the file are not read. One thread: the matrices are small and threads only get in each other's way.
"""

import argparse
import gzip
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from trendctl.trends import _price_model as model_module
from trendctl.trends import _price_point as point_module
from trendctl.trends.pricing import RANGE_FACTOR

Array = Any
FOLDS = 10


def errors(value: Array, price: Array) -> str:
    relative = 100 * np.abs(np.expm1(value) / price - 1)
    around = np.quantile(relative, np.linspace(0.4, 0.6, 21)).mean()
    squared = np.mean((value - np.log1p(price)) ** 2)
    return f"MdAPE {np.median(relative):.1f}% ({around:.1f}) RMSLE {np.sqrt(squared):.3f}"


def folds(known: list[dict[str, Any]], price: Array, seed: int) -> Array:
    """The fold of each record; offers of one product share theirs."""
    model = model_module.PriceModel(known, price)
    groups = model_module.products(known, np.array([model.likeness(r) for r in known]))
    out = np.empty(len(known), dtype=int)
    for rows, fold in zip(groups, np.random.default_rng(seed).integers(0, FOLDS, len(groups)), strict=True):
        out[rows] = fold
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--prices", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=5, help="of the folds; look at more than one")
    asked = parser.parse_args()
    with gzip.open(asked.prices, "rt", encoding="utf-8") as file:
        known = json.load(file)["comparables"]
    price = np.array([r["price"] for r in known])
    fold = folds(known, price, asked.seed)
    shipped = point_module.FOREST_SHARE, point_module.PULL
    tried = sorted({shipped, *((share, pull) for share in (0.2, 0.4) for pull in (0.0, 0.5, 0.75, 1.0))})
    said = {settings: np.empty((len(known), 2)) for settings in tried}
    for number in range(FOLDS):
        began = time.process_time()
        rows = np.flatnonzero(fold != number)
        model = model_module.PriceModel([known[i] for i in rows], price[rows])
        print(f"fold {number}: built in {time.process_time() - began:.1f} s of processor time")
        for i in np.flatnonzero(fold == number):
            record = {k: v for k, v in known[i].items() if k != "price"}
            for settings, out in said.items():
                point_module.FOREST_SHARE, point_module.PULL = settings
                out[i] = model.predict(record)
    for (share, pull), out in said.items():
        print(f"forest share {share}, pull {pull}: {errors(out[:, 0], price)}")
    value, variance = said[shipped].T
    ratio = np.abs(value - np.log1p(price)) / np.sqrt(variance)
    for number in range(FOLDS):
        factor = np.quantile(ratio[fold != number], 0.8)
        print(
            f"factor without fold {number}: {factor:.3f}, covers {np.mean(ratio[fold == number] <= factor):.3f} of it"
        )
    covered = np.mean(ratio <= RANGE_FACTOR)
    print(f"factor of all: {np.quantile(ratio, 0.8):.3f}; shipped {RANGE_FACTOR} covers {covered:.3f}")


if __name__ == "__main__":
    main()
