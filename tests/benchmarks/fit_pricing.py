"""Measures the price model on records that are not among its comparables, and fits the width of its range.

    python tests/benchmarks/fit_pricing.py --prices c2_prices.json.gz

Prints the share of the forest against the error, and the range factor fitted on one half and checked on the other.
Set OPENBLAS_NUM_THREADS=1: the matrices are small and threads only get in each other's way.
"""

import argparse
import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np

from trendctl.trends import _price_model as model_module
from trendctl.trends.pricing import RANGE_FACTOR

Array = Any


def errors(value: Array, price: Array) -> str:
    relative = 100 * np.abs(np.expm1(value) / price - 1)
    return f"MdAPE {np.median(relative):.1f}% RMSLE {np.sqrt(np.mean((value - np.log1p(price)) ** 2)):.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--prices", type=Path, required=True)
    with gzip.open(parser.parse_args().prices, "rt", encoding="utf-8") as file:
        data = json.load(file)
    known, asked = data["comparables"], data["queries"]
    model = model_module.PriceModel(known, np.array([r["price"] for r in known]))
    price = np.array([r["price"] for r in asked])
    records = [{k: v for k, v in r.items() if k != "price"} for r in asked]
    shipped = model_module.FOREST_SHARE
    by_share = {}
    for share in sorted({0.0, 0.4, shipped, 0.8, 1.0}):
        model_module.FOREST_SHARE = share
        by_share[share] = np.array([model.predict(r) for r in records])
        print(f"forest share {share}: {errors(by_share[share][:, 0], price)}")
    value, variance = by_share[shipped].T
    ratio = np.abs(value - np.log1p(price)) / np.sqrt(variance * (1 + 2 / len(known)))
    half = np.arange(len(price)) % 2 == 0
    for name, train, test in (("even", half, ~half), ("odd", ~half, half)):
        factor = np.quantile(ratio[train], 0.8)
        print(f"factor from the {name} half {factor:.3f}: covers {np.mean(ratio[test] <= factor):.3f} of the other")
    covered = np.mean(ratio <= RANGE_FACTOR)
    print(f"factor from all {np.quantile(ratio, 0.8):.3f}; shipped {RANGE_FACTOR} covers {covered:.3f}")


if __name__ == "__main__":
    main()
