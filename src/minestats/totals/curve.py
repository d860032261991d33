"""A curve through the totals, for display: between two totals nothing is known, so every value there is made."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from minestats.columns import needed_date
from minestats.errors import by_name, check_choice
from minestats.periods import DAY, grid
from minestats.totals.running import Series, one_series

METHODS = ("pchip", "uniform")


@by_name
def total_at(totals: pd.DataFrame, dates: object, *, method: str = "pchip", value: str = "victims") -> pd.DataFrame:
    """Read a running total at any date, from a curve through the published totals.

    At the date of a total it is that total; between two of them it is a guess that lies between them; outside there is
    none.

    Parameters
    ----------
    totals : DataFrame
        As in `resolve_totals`, of exactly one series with two totals or more.
    dates : date, ISO text, or a list of them
        Where to read. Missing is refused.
    method : {"pchip", "uniform"}
        A monotone cubic through every total [1]_, or straight lines.
    value : str
        Count column, default "victims".

    Returns
    -------
    DataFrame
        One row a date, in the order given: `date` (datetime64[us]); `total` (float, persons; NaN outside the span of
        the totals); `interpolated` (bool, True between two totals). `.attrs["interpolated"]` is True where a row is.

    Raises
    ------
    ParameterError
        An unknown method or column; a date is none.
    DataError
        Not exactly one series; fewer than two totals; no usable total.

    Notes
    -----
    For display only: an interpolated value never enters a rate, a test or a trend, and those functions refuse it. The
    totals are resolved first (later-wins). Never extrapolated.

    References
    ----------
    .. [1] Fritsch and Carlson (1980), Monotone piecewise cubic interpolation. SIAM J. Numer. Anal. 17.

    Examples
    --------
    >>> totals = pd.DataFrame({
    ...     "scope": "national", "since": "2020-11-10", "authority": "anama",
    ...     "as_of": ["2023-01-01", "2023-01-11"], "victims": [100, 101]})
    >>> total_at(totals, ["2023-01-01", "2023-01-06", "2023-02-01"], method="uniform")
            date  total  interpolated
    0 2023-01-01  100.0         False
    1 2023-01-06  100.5          True
    2 2023-02-01    NaN         False
    """
    check_choice("method", method, METHODS)
    several = list(dates) if isinstance(dates, Iterable) and not isinstance(dates, str) else [dates]
    stamps = [needed_date(date, "dates").to_datetime64() for date in several]
    series = one_series(totals, value)
    day = np.array(stamps, dtype="datetime64[D]")
    known = series.as_of
    inside = (day >= known[0]) & (day <= known[-1])
    result = pd.DataFrame({"date": day.astype("datetime64[us]"), "total": np.full(len(day), np.nan)})
    result.loc[inside, "total"] = _curve(series, day[inside], method)
    result["interpolated"] = inside & ~np.isin(day, known)
    result.attrs["interpolated"] = bool(result["interpolated"].any())
    return result


@by_name
def to_months(totals: pd.DataFrame, *, method: str = "uniform", value: str = "victims") -> pd.DataFrame:
    """Spread running totals over calendar months, for display.

    The months add up exactly to the last total minus the first; how the casualties of an interval fall on its months
    is a guess.

    Parameters
    ----------
    totals : DataFrame
        As in `resolve_totals`, of exactly one series with two totals or more.
    method : {"uniform", "pchip"}
        Evenly over the days between two totals, or by a monotone cubic through every total [1]_.
    value : str
        Count column, default "victims".

    Returns
    -------
    DataFrame
        One row a month of the span of the totals, which runs from the day after the first to the day of the last:

        - `month` : datetime64[us], its first day;
        - `start`, `end` : datetime64[us], the month cut to the span, both days inside;
        - `days` : Int64, days from `start` to `end`;
        - `count` : float, persons, 0 or more;
        - `interpolated` : bool, False only where the totals of the day before `start` and of `end` are published.

        `.attrs["interpolated"]` is True where a month is interpolated.

    Raises
    ------
    ParameterError
        An unknown method or column.
    DataError
        Not exactly one series; fewer than two totals; no usable total.

    Notes
    -----
    count = curve(end) - curve(start - 1), so no casualty is lost and none is made [2]_. For display only: interpolated
    months never enter a rate, a test, a trend or a dispersion, and those functions refuse them. For a rate use
    `interval_rates`, for a change `trend_from_totals`.

    References
    ----------
    .. [1] Fritsch and Carlson (1980), Monotone piecewise cubic interpolation. SIAM J. Numer. Anal. 17.
    .. [2] Tobler (1979), Smooth pycnophylactic interpolation for geographical regions. JASA 74.

    Examples
    --------
    >>> totals = pd.DataFrame({
    ...     "scope": "national", "since": "2020-11-10", "authority": "anama",
    ...     "as_of": ["2022-12-31", "2023-01-31", "2023-04-01"], "victims": [100, 103, 109]})
    >>> to_months(totals)[["start", "end", "days", "count", "interpolated"]]
           start        end  days  count  interpolated
    0 2023-01-01 2023-01-31    31    3.0         False
    1 2023-02-01 2023-02-28    28    2.8          True
    2 2023-03-01 2023-03-31    31    3.1          True
    3 2023-04-01 2023-04-01     1    0.1          True
    """
    check_choice("method", method, METHODS)
    result = increments(one_series(totals, value), "month", method)
    result = result.rename(columns={"period_start": "start", "period_end": "end"})
    result.insert(0, "month", result["start"].to_numpy().astype("datetime64[M]").astype("datetime64[us]"))
    result.attrs["interpolated"] = bool(result["interpolated"].any())
    return result


def increments(series: Series, interval: str, method: str) -> pd.DataFrame:
    """Return the increments of one series over the calendar periods of its span, cut at both ends.

    Columns `period_start, period_end, days, count, interpolated`.
    """
    known = series.as_of
    first, last = known[0] + DAY, known[-1]
    starts, ends = grid(first, last, interval)
    starts, ends = np.maximum(starts, first), np.minimum(ends, last)
    heights = _curve(series, np.append(known[0], ends), method)
    return pd.DataFrame(
        {
            "period_start": starts.astype("datetime64[us]"),
            "period_end": ends.astype("datetime64[us]"),
            "days": pd.array((ends - starts).astype("int64") + 1, dtype="Int64"),
            "count": np.diff(heights),
            "interpolated": ~(np.isin(starts - DAY, known) & np.isin(ends, known)),
        }
    )


def _curve(series: Series, days: np.ndarray, method: str) -> np.ndarray:
    """The curve at days within the span; at a total exactly that total, and never outside its two neighbours."""
    x, y = series.as_of.astype("int64").astype(float), series.total
    at = days.astype("int64").astype(float)
    if method == "uniform":
        heights = np.interp(at, x, y)
    else:
        from scipy.interpolate import PchipInterpolator

        heights = PchipInterpolator(x, y, extrapolate=False)(at)
    left = np.searchsorted(x, at, side="right") - 1
    heights = np.clip(heights, y[left], y[np.minimum(left + 1, len(y) - 1)])  # the last place of rounding
    return np.where(at == x[left], y[left], heights)
