"""What the 95 percent intervals cover when several people are hurt by one blast.

Made-up incidents, truth known: Poisson in number, with 1, 2, 3 or 8 casualties (probabilities 0.72, 0.18, 0.06, 0.04: mean
1.58, dispersion 2.87). Each run draws a set of incidents and asks whether the interval holds the true casualty rate, or
the true civilian share, where whole incidents are civilian or not. Prints one table of each.

    python benchmarks/coverage.py [RUNS]
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd

from minestats.rates import design_effect
from minestats.rates.limits import compound_limits, poisson_limits, share_limits

SIZES, CHANCES = np.array([1, 2, 3, 8]), np.array([0.72, 0.18, 0.06, 0.04])
MEAN = float(SIZES @ CHANCES)
PHI = float(SIZES**2 @ CHANCES / MEAN)
SHARE = 0.55


def rates(mean: int, runs: int, rng: np.random.Generator) -> dict[str, float]:
    """Coverage of three intervals of the casualty rate."""
    found = rng.poisson(mean * CHANCES, size=(runs, 4))
    y, v = (found @ SIZES).astype(float), (found @ SIZES**2).astype(float)
    largest = np.maximum(np.where(found > 0, SIZES, 0).max(axis=1), 1)
    intervals = {
        "Garwood on casualties": poisson_limits(y, level=0.95),
        "casualty_rate": compound_limits(y, v, largest, level=0.95),
        "scaled by true phi": poisson_limits(y, dispersion=PHI, level=0.95),
    }
    return {name: held(limits, mean * MEAN) for name, limits in intervals.items()}


def shares(mean: int, runs: int, rng: np.random.Generator) -> dict[str, float]:
    """Coverage of Wilson's interval of a share, plain and with the design effect."""
    rows = []
    for _ in range(runs):
        k = rng.choice(SIZES, size=max(rng.poisson(mean), 2), p=CHANCES)
        a = k * (rng.random(k.size) < SHARE)
        rows.append((a.sum(), k.sum(), design_effect(a, k)))
    a, k, effect = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    return {
        "Wilson": held(share_limits(a, k, method="wilson", level=0.95), SHARE),
        "with the design effect": held(share_limits(a, k, method="wilson", design_effect=effect, level=0.95), SHARE),
    }


def held(limits: tuple[np.ndarray, np.ndarray], truth: float) -> float:
    """Share of the intervals that hold the truth."""
    low, high = limits
    return float(((low <= truth) & (truth <= high)).mean())


def main(runs: int = 20_000) -> None:
    """Print the tables."""
    rng = np.random.default_rng(20201110)
    print(f"Coverage of 95 % intervals, {runs} runs, seed 20201110\n")
    means = [5, 15, 30, 60]
    print(pd.DataFrame([rates(m, runs, rng) for m in means], index=pd.Index(means, name="incidents")).round(3), "\n")
    means = [20, 40, 80]
    few = max(runs // 4, 1)
    print(f"Civilian share {SHARE}, status by whole incident, {few} runs\n")
    print(pd.DataFrame([shares(m, few, rng) for m in means], index=pd.Index(means, name="incidents")).round(3))


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:2]))
