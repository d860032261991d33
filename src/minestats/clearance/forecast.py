"""How long the rest would take if the months to come were like the months on record.

A completion date divides what remains by what is cleared a month. Both are uncertain: months differ, good and bad
ones come in runs, and the official figures for what remains contradict each other. The forecast draws whole runs of
past months again and again and lets each drawn future finish when it does. It is a scenario, not a prediction.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from minestats.columns import check_number, check_seed, column, numbers
from minestats.errors import DataError, ParameterError, by_name
from minestats.trend.change import in_time_order

QUANTILES = {"p10": 0.1, "p50": 0.5, "p90": 0.9}


@by_name
def completion_forecast(
    monthly_ha: object,
    remaining_ha: float | tuple[float, float, float],
    *,
    n: int = 10_000,
    block: int = 3,
    horizon_years: float = 60,
    seed: int | np.random.Generator,
) -> pd.DataFrame:
    """Simulate when the remaining area would be cleared if months like the past ones were to repeat.

    The row of a month says in which share of the simulated futures all is cleared by its end, and how many hectares
    are left. The first month with `done` >= 0.5 is the median of the completion; where `done` stays below 0.5 the
    answer is "not within the horizon", never a later date.

    Parameters
    ----------
    monthly_ha : list, array or Series
        Hectares cleared in each past month, in time order (a Series with dates is put in order). Missing or negative
        months are refused: choose a stretch without gaps, and say so where its months were allocated.
    remaining_ha : float or tuple of three floats
        Hectares that remain; or (low, mode, high), drawn from a triangular distribution.
    n : int
        Simulated futures.
    block : int
        Consecutive months that are drawn together; 1 takes months as independent.
    horizon_years : float
        Years after which a future counts as unfinished.
    seed : int or numpy.random.Generator
        Start of the random numbers; the same seed gives the same table.

    Returns
    -------
    pandas.DataFrame
        One row a month, ending when all futures are done or at the horizon. `month` (int, 1 is the first month
        ahead), `done` (float, share of the futures), `p10`, `p50`, `p90` (float, quantiles of the hectares left).
        `attrs` tell `unfinished` (share not done in the last row), `baseline_ha` (mean month), `baseline_months`,
        `n`, `block`, `horizon_months`.

    Raises
    ------
    DataError
        A month is missing, negative or infinite, or there are fewer months than `block`.
    ParameterError
        `remaining_ha` is negative, missing or not in the order low <= mode <= high; another argument is out of range.

    Notes
    -----
    Circular block bootstrap [1]_, [2]_: blocks of `block` consecutive months with a uniform start, wrapping round
    from the last month to the first. The blocks are drawn before the remaining area and do not depend on it, so with
    one seed more hectares are never finished sooner. An area of less than a billionth of what remained is done.
    Assumes that effort, terrain and funding stay as they were: it cannot know of a new fleet of machines or of land
    that proves clear. Do not use it over months that were apportioned without saying so: they vary too little.

    References
    ----------
    .. [1] Politis, D. N., Romano, J. P. (1992). A circular block-resampling procedure for stationary data. In
       LePage, R., Billard, L. (eds), Exploring the Limits of Bootstrap. Wiley.
    .. [2] Kunsch, H. R. (1989). The jackknife and the bootstrap for general stationary observations. Annals of
       Statistics 17.

    Examples
    --------
    >>> months = completion_forecast([50] * 6, 1020, n=100, seed=1)
    >>> months.tail(2)
        month  done   p10   p50   p90
    19     20   0.0  20.0  20.0  20.0
    20     21   1.0   0.0   0.0   0.0
    >>> completion_forecast([0, 0, 0], 10, n=100, horizon_years=1, seed=1).attrs["unfinished"]
    1.0
    """
    series = column(monthly_ha, "monthly_ha")
    past = numbers(series, "monthly_ha")[in_time_order(series)]
    runs = int(check_number("n", n, least=1, whole=True))
    length = int(check_number("block", block, least=1, whole=True))
    horizon = int(check_number("horizon_years", horizon_years, least=1 / 12, most=1000) * 12 + 1e-9)
    area = _area(remaining_ha)
    rng = check_seed(seed)
    if len(past) < length:
        raise DataError(
            f"`monthly_ha` has {len(past)} months, fewer than a block of {length}: "
            "give more months or a smaller `block`."
        )
    starts = rng.integers(len(past), size=(-(-horizon // length), runs), dtype=np.int32)
    low, mode, high = area
    remaining = rng.triangular(low, mode, high, runs) if low < high else np.full(runs, float(low))
    left, nothing = remaining.copy(), remaining * 1e-9
    done, quantiles = [], []
    for month in range(horizon):
        left -= past[(starts[month // length] + month % length) % len(past)]
        left[left <= nothing] = 0.0
        done.append(float(np.mean(left == 0)))
        quantiles.append(np.quantile(left, list(QUANTILES.values())))
        if done[-1] == 1:
            break
    made = pd.DataFrame({"month": np.arange(1, len(done) + 1), "done": done})
    made[list(QUANTILES)] = np.array(quantiles)
    made.attrs = {
        "unfinished": 1 - done[-1],
        "baseline_ha": float(past.mean()),
        "baseline_months": len(past),
        "n": runs,
        "block": length,
        "horizon_months": horizon,
    }
    return made


def _area(remaining_ha: object) -> tuple[float, float, float]:
    """What remains as (low, mode, high)."""
    if isinstance(remaining_ha, (tuple, list, np.ndarray)):
        if len(remaining_ha) != 3:
            raise ParameterError(
                f"`remaining_ha` must be a number or (low, mode, high), not {len(remaining_ha)} values."
            )
        low, mode, high = (check_number("remaining_ha", value) for value in remaining_ha)
        if not low <= mode <= high:
            raise ParameterError(f"`remaining_ha` must be in the order low <= mode <= high, not {remaining_ha!r}.")
        return low, mode, high
    area = check_number("remaining_ha", remaining_ha)
    return area, area, area
