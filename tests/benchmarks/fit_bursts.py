"""Prints the fitted constants of the burst score, and what they give.

    python tests/benchmarks/fit_bursts.py [FOLDER_WITH_a2_bursts.json.gz]

Hourly constants come from the quiet series of that file (its trends only confirm them); daily ones from the seeded
simulation below, which needs no file. Paste the printed tails into burst_evidence.py and the rates into bursts.py.
"""

import gzip
import json
import sys
from pathlib import Path

import numpy as np

from trendctl.trends import burst_evidence, bursts, seasonality
from trendctl.trends.seasonality import FloatArray

KNOTS = bursts._RATE_KNOTS


def quiet_days(rng: np.random.Generator, days: int) -> FloatArray:
    """Quiet days: a weekday effect, level noise that lasts (autocorrelation 0.3 to 0.8), over-dispersed counts."""
    persistence, wander = rng.uniform(0.3, 0.8), rng.uniform(0.1, 0.4)
    noise = np.zeros(days)
    for day in range(1, days):
        noise[day] = persistence * noise[day - 1] + rng.normal() * wander * np.sqrt(1 - persistence**2)
    week = rng.normal(0, 0.2, 7)
    level = float(np.exp(rng.uniform(np.log(2), np.log(2000))))
    drift = rng.choice([0.0, 0.0, 0.002, -0.002])
    mean = level * np.exp(noise + week[np.arange(days) % 7] + drift * np.arange(days))
    shape = 1 / rng.uniform(0.02, 0.3)
    return np.asarray(rng.poisson(mean * rng.gamma(shape, 1 / shape, days)), dtype=np.float64)


def tails(series: list[FloatArray], period: int, first: int) -> list[tuple[float, float]]:
    layout = seasonality.layout_for(period)
    windows = burst_evidence.windows_for(layout)
    rows = []
    for values in series:
        residual = burst_evidence.residuals(values, seasonality.expected(values, layout), layout)
        rows.append(burst_evidence.channels(residual, windows)[:, first:])
    joined = np.concatenate(rows, axis=1)
    cut = np.quantile(joined, burst_evidence.TAIL_QUANTILE, axis=1)
    excess = np.maximum(joined - cut[:, None], 0).mean(axis=1) / (1 - burst_evidence.TAIL_QUANTILE)
    return [(round(float(a), 3), round(float(b), 3)) for a, b in zip(cut, excess, strict=True)]


def lasting_tail(series: list[FloatArray], period: int, first: int) -> tuple[float, float]:
    """Tail of the views' maximum before it is held against its own past."""
    layout = seasonality.layout_for(period)
    windows = burst_evidence.windows_for(layout)
    parts = []
    for values in series:
        residual = burst_evidence.residuals(values, seasonality.expected(values, layout), layout)
        rows = burst_evidence.channels(residual, windows)
        parts.append(burst_evidence.views(rows[1:], windows, layout)[first:])
    joined = np.concatenate(parts)
    cut = float(np.quantile(joined, burst_evidence.TAIL_QUANTILE))
    return round(cut, 3), round(float(np.maximum(joined - cut, 0).mean() / (1 - burst_evidence.TAIL_QUANTILE)), 3)


def rates(series: list[FloatArray], period: int, first: int) -> tuple[float, ...]:
    scores = np.concatenate([bursts.burst_scores(values, period=period)[first:] for values in series])
    return tuple(float(f"{max(float((scores >= knot).mean()), 1e-7):.2g}") for knot in KNOTS)


def report(name: str, series: list[FloatArray], period: int, first: int) -> None:
    print(name, "tails", tails(series, period, first))
    print(name, "lasting tail", lasting_tail(series, period, first))
    print(name, "rates at", KNOTS, rates(series, period, first))
    highest = np.array([bursts.burst_scores(values, period=period)[first:].max() for values in series])
    for share in (0.02, 0.03, 0.035, 0.04, 0.05):
        print(f"{name} threshold with {share:.1%} of quiet series alarming: {np.quantile(highest, 1 - share):.3f}")


def main() -> None:
    rng = np.random.default_rng(20240601)
    report("daily", [quiet_days(rng, 180) for _ in range(200)], 7, 35)
    if len(sys.argv) > 1:
        with gzip.open(Path(sys.argv[1]) / "a2_bursts.json.gz", "rt", encoding="utf-8") as file:
            data = json.load(file)
        quiet = [np.array(item["counts"], float) for item in data["series"] if not item["trend"]]
        report("hourly", quiet, data["period"], data["first_scored"])


if __name__ == "__main__":
    main()
