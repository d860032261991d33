"""A million rates in one call, against the bare scipy calls for the same limits.

Time is the best of five, memory the peak that Python allocates beyond the input. The bare calls are the two quantiles
of the chi-squared distribution and their divisions by the exposure, kept in one array each: no checks, no labels, no
flag. The goal is a ratio of at most 1.2. Two columns of counts: one like a table of districts and months (few different
counts), one where nearly every count is another (nothing can be computed once for many).

    python benchmarks/rate_table.py [ROWS]
"""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable
from time import perf_counter

import numpy as np
import pandas as pd
from scipy.stats import chi2

from minestats.rates import rate_table


def bare(x: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, ...]:
    """The same figures by the plainest means."""
    low = np.where(x > 0, chi2.ppf(0.025, np.where(x > 0, 2 * x, 1)) / 2, 0.0)
    return x / t, low / t, chi2.ppf(0.975, 2 * x + 2) / 2 / t


def seconds(call: Callable[[], object], repeats: int = 5) -> float:
    """Best time of some repeats."""
    best = np.inf
    for _ in range(repeats):
        start = perf_counter()
        call()
        best = min(best, perf_counter() - start)
    return best


def peak(call: Callable[[], object]) -> float:
    """Peak memory of one call, in MB."""
    tracemalloc.start()
    call()
    result = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return result


def main(rows: int = 1_000_000) -> None:
    """Print time, memory and ratios."""
    rng = np.random.default_rng(1)
    exposure = pd.Series(rng.uniform(0.5, 20, rows))
    columns = {"few different counts": rng.poisson(8, rows), "all different counts": rng.permutation(rows)}
    lines = []
    for name, values in columns.items():
        counts = pd.Series(values, dtype="Int64")
        x, t = values.astype(float), exposure.to_numpy()
        ours, plain = rate_table(counts, exposure), bare(x, t)
        for column, expected in zip(("value", "low", "high"), plain, strict=True):
            np.testing.assert_allclose(ours[column], expected, rtol=1e-10)
        times = [seconds(lambda c=counts: rate_table(c, exposure)), seconds(lambda x=x, t=t: bare(x, t))]
        memory = [peak(lambda c=counts: rate_table(c, exposure)), peak(lambda x=x, t=t: bare(x, t))]
        lines.append([name, *times, times[0] / times[1], *memory, memory[0] / memory[1]])
    heads = ["", "rate_table s", "scipy s", "time ratio", "rate_table MB", "scipy MB", "memory ratio"]
    print(f"{rows:,} rates\n")
    print(pd.DataFrame(lines, columns=heads).set_index("").round(2).T.to_string())


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:2]))
