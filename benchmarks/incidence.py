"""Ten million incidents: `incidence` beside a bare pandas groupby of the same, in seconds, ratio and peak memory.

The table is made up at random (seed 1); it says nothing about mines. Goal: a ratio of at most 1.5.

Run: python benchmarks/incidence.py [rows]
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from minestats.incidents import incidence

GOAL = 1.5
DISTRICTS = ["Aghdam", "Fuzuli", "Gubadly", "Jabrayil", "Kalbajar", "Khojavand", "Lachin", "Tartar", None]


def made_up(rows: int) -> pd.DataFrame:
    """Return a random table in the types that `load()` gives."""
    rng = np.random.default_rng(1)
    days = rng.integers(0, 3650, rows).astype("timedelta64[D]")
    killed = rng.integers(0, 3, rows)
    return pd.DataFrame(
        {
            "date": (np.datetime64("2015-01-01") + days).astype("datetime64[us]"),
            "date_precision": pd.Series("day", index=range(rows), dtype="string"),
            "district": pd.Series(np.array(DISTRICTS, dtype=object)[rng.integers(0, 9, rows)], dtype="string"),
            "killed": pd.array(np.where(killed < 2, killed, 0), dtype="Int64"),
            "injured": pd.array(np.where(killed < 2, killed, pd.NA), dtype="Int64"),
        }
    )


def seconds(call: Callable[[], object], times: int = 3) -> float:
    """Return the shortest of some runs."""
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return best


def peak() -> float:
    """Return the peak memory of this process so far, in gigabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def main(rows: int) -> int:
    """Print one line a case; return 1 where the goal is missed."""
    table = made_up(rows)
    # as a table of `load()` knows its window
    table.attrs["window"] = tuple(f"{day:%Y-%m-%d}" for day in (table["date"].min(), table["date"].max()))
    month = table["date"].dt.to_period
    print(f"{rows:,} rows, {table.memory_usage(deep=True).sum() / 1024**3:.2f} GB; peak before {peak():.2f} GB")
    cases = {
        "killed a month": (
            lambda: incidence(table, interval="month", count="killed"),
            lambda: table.groupby(month("M"))["killed"].sum(),
        ),
        "incidents a month": (
            lambda: incidence(table, interval="month"),
            lambda: table.groupby(month("M")).size(),
        ),
        "killed a month and district": (
            lambda: incidence(table, interval="month", count="killed", by="district"),
            lambda: table.groupby([month("M"), "district"], dropna=False)["killed"].sum(),
        ),
        "casualties a year and district": (
            lambda: incidence(table, interval="year", count="casualties", by="district"),
            lambda: (
                (table["killed"].fillna(0) + table["injured"].fillna(0))
                .groupby([month("Y"), table["district"]], dropna=False)
                .sum()
            ),
        ),
    }
    missed = 0
    for name, (ours, bare) in cases.items():
        groupby = seconds(bare)
        before = peak()
        own = seconds(ours)
        ratio = own / groupby
        missed += ratio > GOAL
        print(
            f"{name:32s} incidence {own:6.3f} s, groupby {groupby:6.3f} s, ratio {ratio:5.2f}, "
            f"peak {peak():.2f} GB (+{peak() - before:.2f})"
        )
    print("goal met" if not missed else f"goal of {GOAL} missed in {missed} cases")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000))
