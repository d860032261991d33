"""Trends: does a series rise or fall, when did it change, and could chance alone have done it.

Each method answers a narrow question and assumes something: `annual_change` a steady percent change, `change_point` one
step, `mann_kendall` nothing but order. None of them knows why: a falling rate may mean fewer mines, fewer people, or
fewer reports. Short series are the rule here, so each refuses fewer than four periods and says how many it had. Made-up
values (interpolated months) are refused, because a test would take them for evidence.

Series of periods share their times as years, their order, and the least number of periods that may be called a trend.
"""

from __future__ import annotations

from functools import partial
from math import expm1, sqrt
from typing import Any

import numpy as np
import pandas as pd

from minestats.columns import DAYS_PER_YEAR, check_level, check_number, column, days, numbers, repeated, same_rows
from minestats.errors import DataError, by_name, check_choice
from minestats.estimate import LEVEL, Estimate
from minestats.rates.limits import find_root, warn_odd_exposure

_FAMILIES = {"quasipoisson": "quasi-Poisson", "poisson": "Poisson"}


@by_name
def annual_change(
    counts: object, exposure: object, time: object, *, family: str = "quasipoisson", level: float = LEVEL
) -> Estimate:
    """Estimate by how many percent a year a rate of events changes.

    A steady change is fitted through all periods: minus 20 means that each year has four fifths of the year before.

    Parameters
    ----------
    counts : array_like of int
        Events of each period, 0 or more. Missing is refused: leave the period out.
    exposure : array_like of float, or float
        Exposure of each period (days, person-years), above 0; a single number holds for all.
    time : array_like
        Middle or start of each period: numbers in years, dates, periods (by their start) or ISO text.
    family : {"quasipoisson", "poisson"}, default "quasipoisson"
        Whether the spread around the trend widens the interval (casualties, and anything clustered), or chance is
        taken to be Poisson (incidents).
    level : float, default 0.95
        Confidence level, 0.5 to 0.999.

    Returns
    -------
    Estimate
        Percent per year; `p_value` tests no change; `n` is the number of periods; `method` states the dispersion.

    Raises
    ------
    DataError
        Fewer than 4 periods, events in fewer than 2 of them or all at one time, all times equal, a count missing,
        negative or fractional, lengths or labels that differ, or interpolated months.
    ParameterError
        `family` or `level` is not one of those allowed.

    Warns
    -----
    MinestatsWarning
        One exposure is probably in another unit than the rest; see `rate_table`.

    Notes
    -----
    log E(x_i) = a + b t_i + log exposure_i by maximum likelihood; value = 100 (e^b - 1), limits 100 (e^(b -+ q s) - 1).
    Quasi-Poisson [1]_: s^2 is multiplied by max(1, X^2 / (n - 2)) and q is of Student's t with n - 2 degrees of
    freedom. The raw X^2 / (n - 2) is printed: below 1 it is chance at such n and shortens nothing. Given the sum of
    counts b alone is left, one root of a monotone equation; it is solved as such, because general fitting routines
    diverge silently or warn without end on a perfect fit. Assumes one steady change, and independent periods; exposure
    that changes in unrecorded ways (returnees, deminers at work) is not in the model.

    References
    ----------
    .. [1] McCullagh & Nelder (1989), Generalized Linear Models, 2nd edition, chapters 6 and 9.

    Examples
    --------
    >>> print(annual_change([80, 40, 20, 10], [1, 1, 1, 1], [2021, 2022, 2023, 2024]))
    -50.0 (-65.8 to -27.0)
    >>> annual_change([80, 40, 20, 10], 1, [2021, 2022, 2023, 2024]).method
    'quasi-Poisson log-linear, dispersion 0.00, 4 periods (few periods)'
    >>> annual_change([80, 40, 20], [1, 1, 1], [2021, 2022, 2023])
    Traceback (most recent call last):
    minestats.errors.DataError: `counts` has 3 periods; a trend needs at least 4.
    """
    check_choice("family", family, _FAMILIES)
    level = check_level(level)
    rows = same_rows(counts=counts, exposure=exposure, time=time)
    x, e = counts_and_exposure(rows, needed=True)
    t = years(rows["time"], "time")
    span = np.ptp(t)
    if span == 0:
        raise DataError(f"all {x.size} values of `time` are equal: no time passes, so nothing can change.")
    if np.count_nonzero(x) < 2 or np.ptp(t[x > 0]) == 0:
        raise DataError("events at one time only: a trend needs events at two times or more.")
    u = (t - t.mean()) / span
    slope, share = _tilt(x, e, u)
    fitted = x.sum() * share
    information = x.sum() * (share * (u - share @ u) ** 2).sum()
    pearson = np.divide((x - fitted) ** 2, fitted, out=np.zeros_like(x), where=fitted > 0).sum()
    return percent_change(slope / span, 1 / information / span**2, pearson, x.size, family=family, level=level)


def percent_change(
    slope: float,
    variance: float,
    pearson: float,
    n: int,
    *,
    family: str = "quasipoisson",
    level: float = LEVEL,
    of: str = "periods",
) -> Estimate:
    """Turn a fitted slope of log rates into a percent change a year with its interval.

    What `annual_change` and `trend_from_totals` share, once each has fitted its model.

    Parameters
    ----------
    slope : float
        Change of the log rate a year.
    variance : float
        Its variance, were counts Poisson.
    pearson : float
        Pearson's X^2 of the fit; its degrees of freedom are `n` - 2.
    n : int
        Periods fitted, 3 or more.
    family, level
        As for `annual_change`.
    of : str, default "periods"
        What the periods are called in `method`.

    Returns
    -------
    Estimate
        As of `annual_change`.

    Raises
    ------
    ParameterError
        `family` is not one of those allowed.

    Notes
    -----
    s^2 = variance max(1, pearson / (n - 2)) and Student's t for "quasipoisson", variance and the normal distribution
    for "poisson".

    Examples
    --------
    >>> print(percent_change(0.0, 0.01, 2.0, 10))
    0.0 (-20.6 to 25.9)
    >>> percent_change(0.0, 0.01, 2.0, 10).p_value
    1.0
    """
    from scipy.special import ndtr, ndtri, stdtr, stdtrit  # scipy.stats has the same, and is slow to import

    check_choice("family", family, _FAMILIES)
    dispersion = pearson / (n - 2)
    if family == "quasipoisson":
        error = sqrt(variance * max(1.0, dispersion))
        quantile, below = partial(stdtrit, n - 2), partial(stdtr, n - 2)
    else:
        error, quantile, below = sqrt(variance), ndtri, ndtr
    reach = -quantile((1 - level) / 2) * error
    words = f"{_FAMILIES[family]} log-linear, dispersion {dispersion:.2f}, {n} {of}"
    if n < FEW_PERIODS:
        words += f" (few {of})"
    low, value, high = (_percent(b) for b in (slope - reach, slope, slope + reach))
    p_value = float(2 * below(-abs(slope) / error))
    return Estimate(value, low, high, level, n, words, "percent per year", p_value)


def dispersion_test(counts: object, exposure: object = None) -> Estimate:
    """Test whether counts vary more from period to period than chance around one rate would make them.

    Around 1 the counts look like independent events at one rate; 2.7 says that they vary nearly three times as much,
    because events come in clusters or the rate changes.

    Parameters
    ----------
    counts : array_like of int
        Events of each period. Missing is refused.
    exposure : array_like of float, float or None
        Exposure of each period, above 0; None for equal ones.

    Returns
    -------
    Estimate
        `value` is X^2 / (n - 1); `low` and `high` are NaN; `p_value` is the upper chi-squared tail; `n` periods.

    Raises
    ------
    DataError
        Fewer than 4 periods, no event, a count missing, negative or fractional, lengths that differ, or interpolated
        months.

    Notes
    -----
    mu_i = N E_i / sum E, X^2 = sum (x - mu)^2 / mu against chi-squared with n - 1 degrees of freedom [1]_. It cannot
    tell clustering from a trend, and the chi-squared tail is rough where the mu are below about 1.

    References
    ----------
    .. [1] McCullagh & Nelder (1989), Generalized Linear Models, 2nd edition, section 6.2.

    Examples
    --------
    >>> print(dispersion_test([12, 7, 15, 9, 22]))
    2.65385 (p = 0.031)
    >>> print(dispersion_test([3, 6, 9, 12], [1, 2, 3, 4]))
    0 (p = 1)
    """
    from scipy.special import chdtrc

    x, e = counts_and_exposure(same_rows(counts=counts, exposure=exposure))
    if not x.any():
        raise DataError("no event in any period: a dispersion needs events.")
    fitted = x.sum() * (e / e.sum())
    pearson = ((x - fitted) ** 2 / fitted).sum()
    words = f"dispersion test, chi-squared with {x.size - 1} df, n periods"
    return Estimate(float(pearson / (x.size - 1)), n=x.size, method=words, p_value=float(chdtrc(x.size - 1, pearson)))


def mann_kendall(x: object) -> Estimate:
    """Test whether a series tends to rise or fall, by order alone.

    Each pair of values says up or down; S is the ups minus the downs. No shape of trend is assumed, so one wild value
    moves it little.

    Parameters
    ----------
    x : array_like of float
        Values in time order; a Series with dates or periods as its index is put in their order. Missing values are
        left out, and their number is printed in `method`.

    Returns
    -------
    Estimate
        `value` is S; `low` and `high` are NaN; `p_value` is two-sided; `n` is the number of known values.

    Raises
    ------
    DataError
        Fewer than 4 known values, an infinite value, or interpolated months.

    Notes
    -----
    S = sum sign(x_j - x_i), i < j [1]_. Up to 10 values without ties: the exact distribution of Kendall's S. Otherwise
    z = (S - sign S) / sqrt(var), var = [n(n-1)(2n+5) - sum t(t-1)(2t+5)] / 18 over groups of t ties; all equal: p = 1.
    Blind to exposure and to autocorrelation, which makes p too small: compare rates, not counts of unequal periods.

    References
    ----------
    .. [1] Mann (1945), Econometrica 13, 245.

    Examples
    --------
    >>> print(mann_kendall([1, 2, 3, 4, 5]))
    10 (p = 0.017)
    >>> mann_kendall([1, 2, None, 3, 5]).method
    'Mann-Kendall S, exact, 1 missing left out'
    """
    from scipy.special import ndtr

    series = column(x, "x")
    values = numbers(series, "x", least=None, missing=True)[in_time_order(series)]
    known = values[~np.isnan(values)]
    n = known.size
    enough(n, "x", "known values")
    s = sum(int(np.sign(known[i + 1 :] - known[i]).sum()) for i in range(n - 1))
    ties = np.unique(known, return_counts=True)[1].astype(float)
    exact = n <= 10 and ties.max() == 1
    if exact:
        from scipy.stats import kendalltau

        p_value = float(kendalltau(np.arange(n), known, method="exact").pvalue)
    else:
        variance = (n * (n - 1) * (2 * n + 5) - (ties * (ties - 1) * (2 * ties + 5)).sum()) / 18
        p_value = float(2 * ndtr(-(abs(s) - 1) / sqrt(variance))) if s else 1.0
    words = f"Mann-Kendall S, {'exact' if exact else 'normal approximation'}{_left_out(values)}"
    return Estimate(float(s), n=n, method=words, p_value=p_value)


@by_name
def sen_slope(x: object, t: object = None, *, level: float = LEVEL) -> Estimate:
    """Estimate a slope as the median of the slopes between all pairs of values.

    The steady change that half of the pairs exceed: a few wild values hardly move it.

    Parameters
    ----------
    x : array_like of float
        Values; missing ones are left out, and their number is printed in `method`.
    t : array_like or None
        Times: numbers in years, dates, periods (by their start) or ISO text, never missing. None: 0, 1, 2, .. in the
        order of `x`, or of its index where that holds dates or periods.
    level : float, default 0.95
        Confidence level, 0.5 to 0.999.

    Returns
    -------
    Estimate
        In units of `x` per year, per period where `t` is None; `n` is the number of known values.

    Raises
    ------
    DataError
        Fewer than 4 known values, all times equal, an infinite value, lengths that differ, or interpolated months.

    Notes
    -----
    Pairs of equal time are skipped. The limits are order statistics of the slopes [1]_, at ranks from the null variance
    of Kendall's S. Where ties in both values and times leave no variance, they are the extreme slopes. Assumes
    independent values; all pairs are held in memory, n^2 numbers.

    References
    ----------
    .. [1] Sen (1968), Journal of the American Statistical Association 63, 1379.

    Examples
    --------
    >>> sen_slope([1, 2, 4, 8], [0, 1, 2, 4]).value
    1.875
    >>> print(sen_slope([5, 5, None, 5, 5]))
    0 (0 to 0)
    """
    from scipy.stats import theilslopes

    level = check_level(level)
    rows = same_rows(x=x, t=t)
    values = numbers(rows["x"], "x", least=None, missing=True)
    if t is None:
        values = values[in_time_order(rows["x"])]
        time, unit = np.arange(values.size, dtype=float), "per period"
    else:
        time, unit = years(rows["t"], "t"), "per year"
    known = ~np.isnan(values)
    n = int(known.sum())
    enough(n, "x", "known values")
    y, time = values[known], time[known]
    if np.ptp(time) == 0:
        raise DataError(f"all {n} values of `t` are equal: no time passes, so there is no slope.")
    with np.errstate(invalid="ignore"):
        fit = theilslopes(y, time, level)
    low, high = fit.low_slope, fit.high_slope
    if np.isnan(low) or np.isnan(high):
        rise, run = np.subtract.outer(y, y), np.subtract.outer(time, time)
        slopes = rise[run > 0] / run[run > 0]
        low, high = slopes.min(), slopes.max()
    words = f"Theil-Sen slope, limits of Sen{_left_out(values)}"
    return Estimate(float(fit.slope), float(low), float(high), level, n, words, unit)


@by_name
def smooth(y: object, t: object, *, frac: float = 2 / 3) -> pd.Series:
    """Smooth a series for the eye by local straight lines (LOWESS).

    A curve to look at, drawn through the noise. It is no model: nothing may be tested on it.

    Parameters
    ----------
    y : array_like of float
        Values; missing ones stay missing.
    t : array_like
        Times: numbers, dates, periods (by their start) or ISO text, never missing.
    frac : float, default 2/3
        Share of the values that each local line is fitted to, above 0 and at most 1.

    Returns
    -------
    Series
        float64, in the order and with the index of `y`, named `smooth`; NaN where `y` is missing.

    Raises
    ------
    DataError
        Fewer than 4 known values, all times equal, or lengths that differ.
    ParameterError
        `frac` is not above 0 and at most 1.

    Notes
    -----
    Cleveland's robust locally weighted regression [1]_ with tricube weights, 3 robustifying iterations and a line
    fitted at each point (delta 0). Curves bend at the ends on few values: do not read a turn from the last month. Where
    many times are equal, few local lines are left, and the curve may leave the range of the values.

    References
    ----------
    .. [1] Cleveland (1979), Journal of the American Statistical Association 74, 829.

    Examples
    --------
    >>> smooth([1, 2, None, 4, 5], [0, 1, 2, 3, 4], frac=1).round(6).tolist()
    [1.0, 2.0, nan, 4.0, 5.0]
    """
    from statsmodels.nonparametric.smoothers_lowess import lowess

    frac = check_number("frac", frac, above=True, most=1.0)
    rows = same_rows(y=y, t=t)
    values = numbers(rows["y"], "y", least=None, missing=True)
    time = years(rows["t"], "t")
    known = ~np.isnan(values)
    enough(int(known.sum()), "y", "known values")
    if np.ptp(time[known]) == 0:
        raise DataError("all values of `t` are equal: there is no curve through one time.")
    result = np.full(values.size, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):  # equal times make empty neighbourhoods, which lowess handles
        result[known] = lowess(values[known], time[known], frac=frac, it=3, delta=0.0, return_sorted=False)
    return pd.Series(result, index=rows["y"].index, name="smooth")


def _left_out(values: np.ndarray) -> str:
    missing = int(np.isnan(values).sum())
    return f", {missing} missing left out" if missing else ""


def _percent(b: float) -> float:
    return 100 * expm1(b) if b < 700 else float("inf")


def _tilt(x: np.ndarray, exposure: np.ndarray, u: np.ndarray) -> tuple[float, np.ndarray]:
    """The b that gives exposure * e^(b u) the mean u of the events, and the shares of the periods at that b."""
    log_exposure, mean = np.log(exposure), x @ u / x.sum()

    def shares(b: float) -> np.ndarray:
        weight = log_exposure + b * u
        weight = np.exp(weight - np.max(weight))
        return weight / weight.sum()

    b = find_root(lambda b: float(shares(b) @ u - mean))
    return b, shares(b)


MIN_PERIODS = 4
"""Fewer periods than this show no trend: three points fit too many stories."""

FEW_PERIODS = 8
"""Below this a result is called one of few periods."""


def years(time: object, name: str) -> np.ndarray:
    """Return times as float years: numbers as they are, dates and periods as days / 365.25 since the first one.

    A period counts by its start. ISO text is a date; text that is a number is a number.

    Examples
    --------
    >>> years(["2023-01-01", "2024-01-01"], "time").round(4).tolist()
    [0.0, 0.9993]
    >>> years([2021, 2022], "time").tolist()
    [2021.0, 2022.0]
    """
    series = column(time, name)
    if isinstance(series.dtype, pd.PeriodDtype):
        series = series.dt.start_time
    if pd.api.types.is_numeric_dtype(series.dtype) or (
        series.dtype.kind == "O" and pd.to_numeric(series, errors="coerce").notna().any()
    ):
        return numbers(series, name, least=None)
    found = days(series.to_frame(name), name, name=f"`{name}`", required=True)
    return (found - found.min()).astype(float) / DAYS_PER_YEAR


def in_time_order(values: pd.Series) -> np.ndarray:
    """Return the positions that put a column in time order: by its dates where its index has them, else as it stands.

    Examples
    --------
    >>> in_time_order(pd.Series([5, 6], index=pd.to_datetime(["2023-02-01", "2023-01-01"]))).tolist()
    [1, 0]
    >>> in_time_order(pd.Series([5, 6])).tolist()
    [0, 1]
    """
    if isinstance(values.index, (pd.DatetimeIndex, pd.PeriodIndex)):
        return np.asarray(values.index.argsort(kind="stable"))
    return np.arange(len(values))


def enough(n: int, name: str, what: str) -> None:
    """Raise a `DataError` where there are too few of something to speak of a trend.

    Examples
    --------
    >>> enough(3, "counts", "periods")
    Traceback (most recent call last):
    minestats.errors.DataError: `counts` has 3 periods; a trend needs at least 4.
    """
    if n < MIN_PERIODS:
        raise DataError(f"`{name}` has {n} {what}; a trend needs at least {MIN_PERIODS}.")


def counts_and_exposure(rows: dict[str, Any], *, needed: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Whole counts and their exposures, both checked; exposures are 1 where None, and repeated where a number.

    Examples
    --------
    >>> from minestats.columns import same_rows
    >>> counts_and_exposure(same_rows(counts=[1, 2, 3, 4], exposure=None))
    (array([1., 2., 3., 4.]), array([1., 1., 1., 1.]))
    """
    x = numbers(rows["counts"], "counts", whole=True)
    enough(x.size, "counts", "periods")
    given = rows["exposure"]
    if given is None and not needed:
        return x, np.ones(x.size)
    e = repeated(given, "exposure", x.size)
    if isinstance(given, pd.Series):
        warn_odd_exposure(x, e, rows["counts"].index)
    return x, e
