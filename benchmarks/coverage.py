"""What the intervals cover, beside what plainer ones would: made-up series whose truth is known.

Casualties of clustered incidents, shares, ratios and change points of overdispersed counts, trends of slowly swinging
rates, completions of work whose pace changes; and the real monthly series, forecast from each of its own past months.

    python benchmarks/coverage.py [RUNS]
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd

from minestats import load
from minestats.clearance import completion_forecast, monthly_clearance
from minestats.rates import design_effect, rate_ratio
from minestats.rates.limits import compound_limits, poisson_limits, share_limits
from minestats.totals import trend_from_totals
from minestats.trend import change_point

SIZES, CHANCES = np.array([1, 2, 3, 8]), np.array([0.72, 0.18, 0.06, 0.04])
MEAN = float(SIZES @ CHANCES)
PHI = float(SIZES**2 @ CHANCES / MEAN)
SHARE = 0.55
AHEAD = 150  # months of work left
OLD, NEW = "blocks of 3, even level", "blocks of 12, level walk"


def rates(mean: int, runs: int, rng: np.random.Generator) -> dict[str, float]:
    """Coverage of four intervals of the casualty rate."""
    found = rng.poisson(mean * CHANCES, size=(runs, 4))
    y, v = (found @ SIZES).astype(float), (found @ SIZES**2).astype(float)
    largest = np.maximum(np.where(found > 0, SIZES, 0).max(axis=1), 1)
    intervals = {
        "Garwood on casualties": poisson_limits(y, level=0.95),
        "casualty_rate, own sizes": compound_limits(y, v, largest, level=0.95),
        "dispersion of a longer list": poisson_limits(y, dispersion=PHI, level=0.95),
    }
    return {name: held(limits, mean * MEAN) for name, limits in intervals.items()}


def shares(mean: int, runs: int, rng: np.random.Generator) -> dict[str, float]:
    """Coverage of Wilson's interval of a share: plain, with the design effect, with at least the dispersion of sizes."""
    rows = []
    for _ in range(runs):
        k = rng.choice(SIZES, size=max(rng.poisson(mean), 2), p=CHANCES)
        a = k * (rng.random(k.size) < SHARE)
        effect = design_effect(a, k)
        rows.append((a.sum(), k.sum(), effect, max(effect, (k**2).sum() / k.sum()) if k.size < 40 else effect))
    a, k, effect, most = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    return {
        name: held(share_limits(a, k, method="wilson", design_effect=d, level=0.95), SHARE)
        for name, d in (("Wilson", 1.0), ("design effect", effect), ("at least that of the sizes below 40", most))
    }


def overdispersed(mean: float, spread: float, size: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Counts of one mean whose variance is `spread` times the mean."""
    return rng.poisson(mean, size) if spread == 1 else rng.negative_binomial(mean / (spread - 1), 1 / spread, size)


def ratios(spread: float, runs: int, rng: np.random.Generator) -> dict[str, float]:
    """Coverage of the ratio of two years of one rate, 25 events a year, with and without the dispersion."""
    x = overdispersed(25, spread, (runs, 2), rng)
    found = {"without": 1.0, "with the dispersion": spread}
    return {
        name: float(np.mean([e.low <= 1 <= e.high for a, b in x for e in [rate_ratio(a, 1, b, 1, dispersion=phi)]]))
        for name, phi in found.items()
    }


def change_points(spread: float, runs: int, rng: np.random.Generator) -> dict[str, float]:
    """False alarms (p < 0.05) of the change point among 20 quarters of one rate, 7 events a quarter."""
    x = overdispersed(7, spread, (runs, 20), rng)
    found = {"without": 1.0, "dispersion within": "within"}
    return {
        name: float(np.mean([change_point(row, dispersion=phi, n_boot=199, seed=1).p_value < 0.05 for row in x]))
        for name, phi in found.items()
    }


def trends(swing: float, runs: int, rng: np.random.Generator) -> dict[str, float]:
    """Coverage of the annual change of totals every 15 days or so, the rate falling 30 % a year around slow swings."""
    held_by = {"14 days": [], "widest of 14, 30, 60, 90": []}
    days = np.arange(1, 5 * 365)
    for _ in range(runs):
        noise, rho = np.zeros(len(days)), np.exp(-1 / 60)
        shocks = rng.normal(0, swing * np.sqrt(1 - rho**2), len(days))
        for i in range(1, len(days)):
            noise[i] = rho * noise[i - 1] + shocks[i]
        total = np.cumsum(rng.poisson(100 / 365 * 0.7 ** (days / 365.25) * np.exp(noise - swing**2 / 2)))
        dates = np.cumsum(rng.integers(8, 40, 80))
        dates = dates[dates < len(days)]
        table = pd.DataFrame(
            {
                "scope": "national",
                "since": "2020-11-10",
                "authority": "made up",
                "as_of": pd.Timestamp("2020-11-10") + pd.to_timedelta(dates, unit="D"),
                "victims": total[dates],
            }
        )
        for name, shortest in zip(held_by, (14, (14, 30, 60, 90)), strict=True):
            change = trend_from_totals(table, min_days=shortest)
            held_by[name].append(change.low <= -30 <= change.high)
    return {name: float(np.mean(found)) for name, found in held_by.items()}


def work(kind: str, months: int, rng: np.random.Generator) -> np.ndarray:
    """Hectares a month: gamma with a coefficient of variation of 0.5, months alike in a row, or years of their own level."""
    if kind == "independent":
        return rng.gamma(4, 250, months)
    if kind == "AR(1) 0.6":
        z = np.zeros(months)
        z[0], steps = rng.normal(), rng.normal(0, 0.8, months)
        for i in range(1, months):
            z[i] = 0.6 * z[i - 1] + steps[i]
        return 1000 * np.exp(0.5 * z)
    level = np.repeat(np.cumsum(rng.normal(0, 0.25, -(-months // 12))), 12)[:months]
    return rng.gamma(4, 250, months) * np.exp(level)


def band(past: np.ndarray, remaining: float, options: dict, seed: int) -> tuple[float, float]:
    """The months between which the forecast ends with 80 percent."""
    table = completion_forecast(past, remaining, n=400, horizon_years=80, seed=seed, **options)
    return tuple(float(table.loc[table["done"] >= q, "month"].min()) for q in (0.1, 0.9))


OPTIONS = {OLD: {"block": 3, "level_sd": 0}, NEW: {}}


def completions(kind: str, runs: int, rng: np.random.Generator) -> dict[str, float]:
    """How often the 80 % band of the completion holds the month in which the work is done."""
    inside = {name: [] for name in OPTIONS}
    for run in range(runs):
        made = work(kind, 36 + 80 * 12, rng)
        remaining = (
            AHEAD * made[:36].mean()
            if kind.startswith("yearly")
            else AHEAD * 1000.0 * (1.133 if kind.startswith("AR") else 1)
        )
        truth = int(np.searchsorted(np.cumsum(made[36:]), remaining)) + 1
        for name, options in OPTIONS.items():
            low, high = band(made[:36], remaining, options, run)
            inside[name].append(low <= truth <= (np.inf if np.isnan(high) else high))
    return {name: float(np.mean(found)) for name, found in inside.items()}


def backtest(area: float = 40_000.0, as_of: str | None = None) -> pd.DataFrame:
    """The real series, from each month with 12 or more behind it: did the band hold the month in which `area` was done?"""
    data = load().known_on(as_of)
    monthly = monthly_clearance(data.with_sources("clearance"), operator="all")
    series = monthly.set_index("month")["area_ha"]
    whole = series.loc[series.first_valid_index() : series.last_valid_index()]
    known = whole[: int(whole.notna().to_numpy().cumprod().sum())]  # up to the first gap
    values, rows = known.to_numpy(), {name: [] for name in OPTIONS}
    for start in range(12, len(values)):
        truth = int(np.searchsorted(np.cumsum(values[start:]), area)) + 1
        if truth > len(values) - start:
            break
        past = values[max(0, start - 36) : start]
        for name, options in OPTIONS.items():
            low, high = band(past, area, options, start)
            rows[name].append(low <= truth <= high)
    table = pd.DataFrame({name: [len(found), float(np.mean(found))] for name, found in rows.items()})
    return table.set_axis(["starts", "held"], axis=0)


def held(limits: tuple[np.ndarray, np.ndarray], truth: float) -> float:
    """Share of the intervals that hold the truth."""
    low, high = limits
    return float(((low <= truth) & (truth <= high)).mean())


def show(title: str, made: dict[object, dict[str, float]], name: str) -> None:
    """Print one table, a row for each case."""
    print(f"{title}\n\n{pd.DataFrame(made).T.rename_axis(name).round(3)}\n")


def main(runs: int = 20_000) -> None:
    """Print the tables."""
    rng = np.random.default_rng(20201110)
    some, few = max(runs // 4, 1), max(runs // 20, 1)
    pd.set_option("display.width", 200, "display.max_columns", 20)
    print("Seed 20201110; intervals of 95 % unless another level is named\n")
    show(f"Casualty rate, {runs} runs: coverage", {m: rates(m, runs, rng) for m in (5, 15, 30, 60)}, "incidents")
    show(
        f"Share {SHARE}, status by whole incident, {some} runs: coverage",
        {m: shares(m, some, rng) for m in (10, 20, 40, 80)},
        "incidents",
    )
    show(
        f"Ratio of two years of one rate, {few} runs: coverage",
        {s: ratios(s, few, rng) for s in (1, 1.64, 3)},
        "variance/mean",
    )
    show(
        f"Change point of one rate, {few} runs: false alarms at 0.05",
        {s: change_points(s, few, rng) for s in (1, 1.64, 3)},
        "variance/mean",
    )
    show(
        f"Annual change of totals, {few // 3} runs: coverage",
        {s: trends(s, few // 3, rng) for s in (0.0, 0.3, 0.6)},
        "swing (sd of the log rate)",
    )
    kinds = ("independent", "AR(1) 0.6", "yearly level walk")
    show(
        f"Completion, 36 months of past, {AHEAD} of work left, {few // 5} runs: 80 % band held",
        {k: completions(k, few // 5, rng) for k in kinds},
        "months",
    )
    print(
        f"Completion of 40,000 ha, forecast from the months of the real series: 80 % band held\n\n{backtest().round(2)}"
    )


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:2]))
