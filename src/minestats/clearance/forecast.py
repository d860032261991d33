"""How long the rest would take if the months to come were like the months on record.

A completion date divides what remains by what is cleared a month. Both are uncertain: months differ, good and bad
ones come in runs, and the official figures for what remains contradict each other. And the pace itself changes from
year to year: three years of months say little of the tenth year ahead. The forecast draws whole years of past months
again and again, lets their level wander, and lets each drawn future finish when it does. It is a scenario, not a
prediction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from minestats.columns import as_date, check_level, check_number, check_seed, column, framed, needed_date, numbers
from minestats.errors import DataError, ParameterError, by_name
from minestats.estimate import LEVEL
from minestats.trend.change import in_time_order

QUANTILES = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
YEAR = 12
_LONGEST = 12_000
USUAL_SD, LEAST_SD = 0.15, 0.10
"""How much the log level of a year differs from the one before: where too few years tell, and at least."""


@by_name
def completion_forecast(
    monthly_ha: object,
    remaining_ha: float | tuple[float, float, float],
    *,
    n: int = 10_000,
    block: int | None = None,
    level_sd: float | None = None,
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
    block : int, optional
        Consecutive months that are drawn together; 1 takes months as independent. Default: 12, or all months where
        there are fewer.
    level_sd : float, optional
        Standard deviation of the yearly change of the level, in the logarithm; 0 keeps the pace of the past. Default:
        that between the years on record where there are three or more, at least 0.10; else 0.15.
    horizon_years : float
        Years after which a future counts as unfinished.
    seed : int or numpy.random.Generator
        Start of the random numbers; the same seed gives the same table.

    Returns
    -------
    pandas.DataFrame
        One row a month, ending when all futures are done or at the horizon. `month` (int, 1 is the first month
        ahead), `done` (float, share of the futures), `p10`, `p50`, `p90` (float, quantiles of the hectares left).
        `attrs` tell `unfinished` (share not done in the last row), `baseline_ha` (mean month at the level that the
        forecast starts from), `baseline_months`, `n`, `block`, `level_sd`, `horizon_months`.

    Raises
    ------
    DataError
        A month is missing, negative or infinite, or there are fewer months than `block`.
    ParameterError
        `remaining_ha` is negative, missing or not in the order low <= mode <= high; another argument is out of range.

    Notes
    -----
    Circular block bootstrap [1]_, [2]_: blocks of `block` consecutive months with a uniform start, wrapping round
    from the last month to the first. The months of each year ahead are multiplied by a level whose logarithm is a
    random walk, one normal step a year; its steps are estimated by the root mean square of the differences of the log
    means of the last whole years. A walk goes on from where it stands: the months of earlier years, counted back from
    the last, are put on the level of the last year. Of simulated series of 36 months with 150 months of work left the
    80 percent band of blocks of 3 at an even level held the truth in 8 to 44 percent, this one in 77 or more
    (`benchmarks/coverage.py`). Blocks and levels are drawn before the remaining area and do not depend on it, so with
    one seed more hectares are never finished sooner. An area of less than a billionth of what remained is done.

    It cannot know of a new fleet of machines or of land that proves clear. Do not use it over months that were
    apportioned without saying so: they vary too little. Take off first what was cleared after the day of the remaining
    area: `remaining_at`.

    References
    ----------
    .. [1] Politis, D. N., Romano, J. P. (1992). A circular block-resampling procedure for stationary data. In
       LePage, R., Billard, L. (eds), Exploring the Limits of Bootstrap. Wiley.
    .. [2] Kunsch, H. R. (1989). The jackknife and the bootstrap for general stationary observations. Annals of
       Statistics 17.

    Examples
    --------
    >>> months = completion_forecast([50] * 6, 1020, n=100, level_sd=0, seed=1)
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
    length = int(check_number("block", min(YEAR, max(len(past), 1)) if block is None else block, least=1, whole=True))
    sd = _level_sd(past) if level_sd is None else check_number("level_sd", level_sd)
    drawn = _on_last_level(past) if sd else past
    horizon = int(check_number("horizon_years", horizon_years, least=1 / 12, most=1000) * 12 + 1e-9)
    area = _area(remaining_ha)
    rng = check_seed(seed)
    if len(past) < length:
        raise DataError(
            f"`monthly_ha` has {len(past)} months, fewer than a block of {length}: "
            "give more months or a smaller `block`."
        )
    starts = rng.integers(len(past), size=(-(-horizon // length), runs), dtype=np.int32)
    steps = rng.normal(0.0, sd, size=(-(-horizon // YEAR), runs)) if sd else np.zeros((-(-horizon // YEAR), 1))
    level = np.exp(np.cumsum(steps, axis=0))
    low, mode, high = area
    remaining = rng.triangular(low, mode, high, runs) if low < high else np.full(runs, float(low))
    left, nothing = remaining.copy(), remaining * 1e-9
    done, quantiles = [], []
    for month in range(horizon):
        left -= drawn[(starts[month // length] + month % length) % len(past)] * level[month // YEAR]
        left[left <= nothing] = 0.0
        done.append(float(np.mean(left == 0)))
        quantiles.append(np.quantile(left, list(QUANTILES.values())))
        if done[-1] == 1:
            break
    made = pd.DataFrame({"month": np.arange(1, len(done) + 1), "done": done})
    made[list(QUANTILES)] = np.array(quantiles)
    made.attrs = {
        "unfinished": 1 - done[-1],
        "baseline_ha": float(drawn.mean()),
        "baseline_months": len(past),
        "n": runs,
        "block": length,
        "level_sd": sd,
        "horizon_months": horizon,
    }
    return made


def _on_last_level(past: np.ndarray) -> np.ndarray:
    """The months as they would have been at the mean of the last twelve; a year of nothing stays one."""
    if len(past) < 2 * YEAR:
        return past
    spare = len(past) % YEAR
    whole = past[spare:].reshape(-1, YEAR).mean(axis=1)
    factor = np.divide(whole[-1], whole, out=np.ones_like(whole), where=whole > 0)
    return past * np.concatenate([np.full(spare, factor[0]), np.repeat(factor, YEAR)])


def _level_sd(past: np.ndarray) -> float:
    """How much the log level changes from one year to the next, out of the last whole years."""
    whole = past[len(past) % YEAR :].reshape(-1, YEAR).mean(axis=1)
    if len(whole) < 3 or not (whole > 0).all():
        return USUAL_SD
    return max(LEAST_SD, float(np.sqrt(np.mean(np.diff(np.log(whole)) ** 2))))


@by_name
def remaining_at(remaining_ha: float, monthly_ha: pd.Series, *, as_of: object) -> tuple[float, pd.Timestamp]:
    """Take off what was cleared after the day of a remaining area, and say in which month the rest begins.

    A total of March beside a series that ends in May: what April and May cleared is no longer ahead.

    Parameters
    ----------
    remaining_ha : float
        Hectares that remained at the end of `as_of`.
    monthly_ha : Series
        Hectares cleared in each month, with the first days of the months as its index.
    as_of : date or ISO text
        The day of the remaining area.

    Returns
    -------
    tuple of float and Timestamp
        Hectares left at the end of the series, not below 0; and the first month ahead: the one after the last of the
        series, or after the month of `as_of` where that is later.

    Raises
    ------
    DataError
        A month after the day is unknown; the index holds no dates, or a month twice.
    ParameterError
        `remaining_ha` is negative or missing, `as_of` is no date.

    Notes
    -----
    The month of the day itself is shared out evenly over its days.

    Examples
    --------
    >>> months = pd.Series([310.0, 300.0], index=pd.to_datetime(["2024-03-01", "2024-04-01"]))
    >>> remaining_at(10_000, months, as_of="2024-03-21")
    (9600.0, Timestamp('2024-05-01 00:00:00'))
    >>> remaining_at(10_000, months, as_of="2024-06-12")
    (10000.0, Timestamp('2024-07-01 00:00:00'))
    """
    left = check_number("remaining_ha", remaining_ha)
    day = needed_date(as_of, "as_of")
    if not isinstance(monthly_ha, pd.Series) or not isinstance(monthly_ha.index, pd.DatetimeIndex):
        raise DataError("`monthly_ha` must be a Series with the first days of months as its index.")
    if monthly_ha.index.has_duplicates or not len(monthly_ha):
        raise DataError("`monthly_ha` has no month, or one twice.")
    for month, area in monthly_ha.items():
        days = month.days_in_month
        after = min(max(((month + pd.offsets.MonthEnd(0)) - day).days, 0), days)
        if after and pd.isna(area):
            raise DataError(f"`monthly_ha`: {month:%Y-%m} is unknown, and so is what remains after {day:%Y-%m-%d}.")
        left -= area * after / days if after else 0.0
    last = max(monthly_ha.index.max(), day.to_period("M").start_time)
    return max(left, 0.0), pd.Timestamp(last + pd.offsets.MonthBegin(1))


@by_name
def constant_pace(
    monthly_ha: object,
    remaining_ha: float | tuple[float, float, float],
    *,
    windows: Sequence[int] = (12, 24, 36, 48),
    start: object = None,
) -> pd.DataFrame:
    """Say how long the rest takes at the mean pace of the last one, two, three, four years.

    No chance is in it: where the windows differ, the pace has changed, and the answer depends on which of them lasts.

    Parameters
    ----------
    monthly_ha, remaining_ha
        As for `completion_forecast`.
    windows : list of int
        Months before the end of the series; a window longer than the series is left out.
    start : date or ISO text, optional
        The first month ahead. Default: the one after the last of a Series with dates; else no month is named.

    Returns
    -------
    DataFrame
        One row a window: `window` (Int64, months), `ha_a_month` (float), `value` (float, months to completion; inf
        where nothing was cleared), `low`, `high` (float: with the low and the high remaining area; NaN where it is one
        number), `n` (Int64, months of the window), `unit`, `method` (text), `done` (datetime64, the month in which the
        rest ends; missing where it is not within 1000 years).

    Raises
    ------
    DataError, ParameterError
        As for `completion_forecast`.

    Examples
    --------
    >>> constant_pace([50] * 12 + [100] * 12, 1200, start="2025-01-01")[["window", "ha_a_month", "value", "done"]]
       window  ha_a_month  value       done
    0      12       100.0   12.0 2025-12-01
    1      24        75.0   16.0 2026-04-01
    """
    series = column(monthly_ha, "monthly_ha")
    order = in_time_order(series)
    past, area = numbers(series, "monthly_ha")[order], _area(remaining_ha)
    first = as_date(start, "start")
    if first is None and isinstance(series.index, pd.DatetimeIndex) and len(series):
        first = series.index[order[-1]] + pd.offsets.MonthBegin(1)
    rows = []
    for window in (int(check_number("windows", size, least=1, whole=True)) for size in windows):
        if window > len(past):
            continue
        pace = float(past[-window:].mean())
        low, value, high = (x / pace if pace else np.inf if x else 0.0 for x in area)
        months = int(np.ceil(value - 1e-9)) if value <= _LONGEST else None
        done = pd.NaT if first is None or months is None else first + pd.DateOffset(months=max(months, 1) - 1)
        bounds = (low, high) if area[0] < area[2] else (np.nan, np.nan)
        words = f"remaining area over the mean of the last {window} months; no interval"
        rows.append((window, pace, value, *bounds, window, "months", words, done))
    types = {"window": "Int64"} | dict.fromkeys(["ha_a_month", "value", "low", "high"], "float64")
    return framed(rows, types | {"n": "Int64", "unit": "string", "method": "string", "done": "datetime64[us]"})


def completion_outlook(
    monthly_ha: pd.Series,
    remaining_ha: float,
    *,
    as_of: object,
    level: float = LEVEL,
    seed: int | np.random.Generator,
    **options: Any,
) -> pd.DataFrame:
    """Say how long the rest takes at the mean pace of each window, and in the last row where the pace changes.

    Parameters
    ----------
    monthly_ha, remaining_ha, as_of
        As for `remaining_at`; of months with gaps those after the last gap count.
    level : float
        Share of the simulated futures that end between `low` and `high`, 0.5 to 0.999.
    seed, **options
        As for `completion_forecast`.

    Returns
    -------
    DataFrame
        `basis` (text), `ha_a_month`, `value`, `low`, `high` (float, years; inf: not within the horizon; of a window
        without interval), `done` (text, the year in which the rest ends), `left_ha` (float, what the months leave).
        No row where fewer than twelve months are known without a gap.

    Examples
    --------
    >>> months = pd.Series(100.0, index=pd.date_range("2023-01-01", periods=24, freq="MS"))
    >>> outlook = completion_outlook(months, 4800, as_of="2024-12-31", n=200, level_sd=0, seed=1)
    >>> outlook[["basis", "value", "low", "done"]]
               basis  value  low  done
    0      12 months    4.0  NaN  2028
    1      24 months    4.0  NaN  2028
    2  changing pace    4.0  4.0  2028
    """
    level = check_level(level)
    monthly_ha = monthly_ha[: monthly_ha.last_valid_index()]
    monthly_ha = monthly_ha[monthly_ha[::-1].notna().cummin()[::-1]]
    if len(monthly_ha) < YEAR:
        return pd.DataFrame(columns=["basis", "ha_a_month", "value", "low", "high", "done", "left_ha"])
    left, start = remaining_at(remaining_ha, monthly_ha, as_of=as_of)
    made = constant_pace(monthly_ha, left, start=start)[["window", "ha_a_month", "value"]]
    made["basis"] = [f"{months} months" for months in made["window"]]
    runs = completion_forecast(monthly_ha, left, seed=seed, **options)
    ends = [runs.loc[runs["done"] >= 0.5 + side * level / 2, "month"] for side in (0, -1, 1)]
    band = [float(end.min()) if len(end) else np.inf for end in ends]
    made.loc[len(made), ["basis", "ha_a_month", "value"]] = ["changing pace", runs.attrs["baseline_ha"], band[0]]
    made[["low", "high"]] = np.nan
    made.loc[made.index[-1], ["low", "high"]] = band[1:]
    ahead = [
        min(max(int(np.ceil(months - 1e-9)), 1), _LONGEST) if np.isfinite(months) else None for months in made["value"]
    ]
    made["done"] = [f"{start + pd.DateOffset(months=n - 1):%Y}" if n else "not foreseeable" for n in ahead]
    made[["value", "low", "high"]] /= YEAR
    return made.drop(columns="window").assign(left_ha=left)


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
