"""Rates: how many events for how much time, people or ground, and how far chance alone could have moved them.

A count says little without what it is a count *of*. Twelve blasts in 3.5 months are 3.43 a month, and a place where
the true rate is 1.8 or 6.0 could have shown the same twelve. The functions here put an interval to each rate, ratio
and share; the casualties of one blast are not independent, so casualties have an interval of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

import numpy as np
import pandas as pd

from minestats.columns import check_level, check_number, check_text, numbers, repeated, same_rows
from minestats.errors import DataError, ParameterError, by_name, check_choice
from minestats.estimate import LEVEL, Estimate
from minestats.rates.limits import (
    compound_limits,
    odds_limits,
    odds_p_value,
    poisson_limits,
    warn_odd_exposure,
    warn_units,
)

UNSTABLE_BELOW = 8
"""Fewer events than this make a rate unstable: the upper limit of its 95 percent interval is over twice the rate."""

_RATE_METHODS = {"exact": "exact Poisson (Garwood)", "midp": "mid-p Poisson", "jeffreys": "Jeffreys"}
_RATIO_METHODS = {"exact": "exact conditional, central", "midp": "mid-p conditional"}


def rate(
    count: int,
    exposure: float,
    *,
    per: float = 1.0,
    method: str = "exact",
    dispersion: float = 1.0,
    level: float = LEVEL,
    unit: str = "",
) -> Estimate:
    """Estimate a rate of events with its interval.

    Twelve incidents in 3.5 months are 3.43 a month; were months like these to repeat, intervals made this way would
    hold the true rate at least 95 times in 100.

    Parameters
    ----------
    count : int
        Events seen, 0 or more. Missing is refused, never taken for 0.
    exposure : float
        Time, people or area at risk, above 0: days, months, person-years, hectares.
    per : float, default 1.0
        Exposure that the rate is stated for, in the unit of `exposure`: 365.25 turns days into a year.
    method : {"exact", "midp", "jeffreys"}, default "exact"
        Exact never covers less than its level. Mid-p and Jeffreys are shorter and give no such guarantee.
    dispersion : float, default 1.0
        Variance over mean of the events, 1 or more. 1 is for incidents; for casualties pass `dispersion(sizes)`, or use
        `casualty_rate`. Other than 1 needs `exact`.
    level : float, default 0.95
        Confidence level, 0.5 to 0.999.
    unit : str, default ""
        Words for the unit of the rate, such as "per year"; kept with the result.

    Returns
    -------
    Estimate
        `value`, `low`, `high` in events per `per` of exposure; `n` is the count.

    Raises
    ------
    ParameterError
        `count` is negative, fractional or missing; `exposure` or `per` is not above 0; `dispersion` is below 1, or
        not 1 with another method than `exact`.

    Notes
    -----
    Exact [1]_: low = chi2(a/2; 2x)/2, high = chi2(1-a/2; 2x+2)/2, over exposure; low is 0 for x = 0. With dispersion
    phi: phi/2 chi2(.; 2x/phi) and phi/2 chi2(.; 2x/phi + 2). Mid-p [2]_ solves P(X<x) + P(X=x)/2 = 1-a/2 and a/2.
    Jeffreys: quantiles of gamma(x + 1/2). Assumes independent events and one rate over the whole exposure. Do not use
    it for people hurt together without a dispersion: on casualties it covers about 78 percent where it says 95.

    References
    ----------
    .. [1] Garwood (1936), Biometrika 28, 437; Patil & Kulkarni (2012), REVSTAT 10, 211.
    .. [2] Cohen & Yang (1994), Statistics in Medicine 13, 2189.

    Examples
    --------
    >>> print(rate(12, 3.5))
    3.43 (1.77 to 5.99)
    >>> print(rate(38, 234, per=365.25, dispersion=2.5, unit="per year"))
    59.3 (33.3 to 97.5)
    >>> rate(0, 1).low
    0.0
    >>> rate(float("nan"), 1)
    Traceback (most recent call last):
    minestats.errors.ParameterError: `count` must be a whole number, 0 or more; it is missing: unknown is not zero.
    """
    x = check_number("count", count, whole=True)
    t = check_number("exposure", exposure, above=True)
    per = check_number("per", per, above=True)
    phi, level = _options(method, _RATE_METHODS, dispersion, level)
    limits = poisson_limits(x, method=method, dispersion=phi, level=level)
    words = _rate_words(method, phi)
    value, low, high = (float(number) / t * per for number in (x, *limits))
    return Estimate(value, low, high, level, int(x), words, check_text("unit", unit))


def rate_ratio(
    count1: int,
    exposure1: float,
    count0: int,
    exposure0: float,
    *,
    method: str = "exact",
    dispersion: float = 1.0,
    level: float = LEVEL,
) -> Estimate:
    """Compare two rates of events: how many times the second is the first.

    Seventeen events in 100 025 person-years against three in 122 268 are a rate 6.9 times as high; the data allow
    anything from 2 to 37 times.

    Parameters
    ----------
    count1, count0 : int
        Events of the group of interest and of the group it is compared with. Missing is refused.
    exposure1, exposure0 : float
        Their exposures, above 0, both in one unit.
    method : {"exact", "midp"}, default "exact"
        Exact never covers less than its level; mid-p is shorter and gives no guarantee.
    dispersion : float, default 1.0
        Variance over mean of the events, 1 or more: what `dispersion_test` finds in the series that the counts are of,
        where it exceeds 1. Other than 1 needs `exact`.
    level : float, default 0.95
        Confidence level, 0.5 to 0.999.

    Returns
    -------
    Estimate
        The ratio with its limits; `p_value` tests equal rates; `n` is the sum of both counts; unit "ratio". Without
        events in the second group the ratio and its upper limit are infinite.

    Raises
    ------
    ParameterError
        A count is negative, fractional or missing, an exposure is not above 0, or `dispersion` is below 1, or not 1
        with another method than `exact`.
    DataError
        Both counts are 0: any ratio would do.

    Warns
    -----
    MinestatsWarning
        The exposures differ 100-fold or more, and the whole interval says that the rates differ more than 10-fold the
        other way: probably one exposure is in another unit (days beside years).

    Notes
    -----
    Given their sum, count1 is binomial with p = R t1 / (R t1 + t0) [1]_. The limits of p are Clopper and Pearson's, and
    R = p/(1-p) t0/t1; the p value is central [2]_, 2 min(P(X <= x1), P(X >= x1)), at most 1, and so agrees with the
    interval: below 0.05 exactly when the 95 percent interval leaves out 1. Mid-p counts half of P(X = x1). With
    dispersion phi both counts are divided by phi in the beta quantiles of the limits and of p. Without it an interval
    of 95 percent covers 0.78 to 0.90 where variance over mean is 1.6 to 3. Casualties are clustered: compare incidents.
    That the interval holds 1 says that chance can explain the difference, not that there is none: see
    `detectable_ratio`.

    References
    ----------
    .. [1] Przyborowski & Wilenski (1940), Biometrika 31, 313.
    .. [2] Fay (2010), The R Journal 2(1), 53.

    Examples
    --------
    >>> ratio = rate_ratio(2, 17877, 10, 20000)
    >>> print(ratio)
    0.22 (0.02 to 1.05)
    >>> round(ratio.p_value, 5)
    0.06056
    >>> print(rate_ratio(5, 100, 0, 100))
    inf (0.916 to inf)
    """
    x1 = check_number("count1", count1, whole=True)
    t1 = check_number("exposure1", exposure1, above=True)
    x0 = check_number("count0", count0, whole=True)
    t0 = check_number("exposure0", exposure0, above=True)
    phi, level = _options(method, _RATIO_METHODS, dispersion, level)
    if x1 == x0 == 0:
        raise DataError("no rate ratio without events: both counts are 0. Give each rate with its interval instead.")
    scale = t0 / t1
    low, high = (limit * scale for limit in odds_limits(x1 / phi, x0 / phi, method=method, level=level))
    if (scale <= 0.01 and high < 0.1) or (scale >= 100 and low > 10):
        warn_units(f"`exposure1` is {t1:g} and `exposure0` is {t0:g}")
    value = x1 / x0 * scale if x0 else inf
    p_value = odds_p_value(x1 / phi, x0 / phi, scale, method=method)
    words = _RATIO_METHODS[method] + (f", dispersion {phi:.3g}" if phi != 1 else "")
    return Estimate(value, low, high, level, int(x1 + x0), words, "ratio", p_value)


@by_name
def standardized_rate(
    counts: object, population: object, standard: object, *, per: float = 100_000, level: float = LEVEL, unit: str = ""
) -> Estimate:
    """Estimate a rate as it would be if each stratum had its share of a standard population.

    Two districts differ in casualties partly because one has more young men. Weighting the rates of age groups by one
    standard population takes that difference away.

    Parameters
    ----------
    counts : array_like of int
        Events of each stratum. Missing is refused.
    population : array_like of float
        People (or person-years) of each stratum, above 0.
    standard : array_like of float
        Size of each stratum in the standard population, 0 or more, not all 0; only the proportions matter.
    per : float, default 100_000
        People that the rate is stated for.
    level : float, default 0.95
        Confidence level, 0.5 to 0.999.
    unit : str, default ""
        Words for the unit of the rate.

    Returns
    -------
    Estimate
        Events per `per` of the standard population; `n` is the sum of counts.

    Raises
    ------
    DataError
        Lengths or labels differ, there is no stratum, a count is missing, negative or fractional, a population is not
        above 0, a standard is negative, or all are 0.

    Notes
    -----
    w_i = (s_i / sum s) / n_i, y = sum w x, v = sum w^2 x, w = max w_i; limits are gamma quantiles as in
    `casualty_rate` [1]_, times `per`. One stratum gives `rate`. Columns with labels are matched by label. Assumes
    Poisson counts within strata; a stratum with a tiny population and a large weight makes the interval very wide, and
    rightly so.

    References
    ----------
    .. [1] Fay & Feuer (1997), Statistics in Medicine 16, 791.

    Examples
    --------
    >>> print(standardized_rate([5, 20], [1000, 10_000], [3, 7], per=1000))
    2.90 (1.64 to 4.95)
    >>> standardized_rate([5], [1000], [1], per=1000).value == rate(5, 1000, per=1000).value
    True
    >>> print(standardized_rate([0, 0], [1000, 1000], [1, 1], per=1000))
    0.00 (0.00 to 1.84)
    """
    rows = same_rows(counts=counts, population=population, standard=standard)
    x = numbers(rows["counts"], "counts", whole=True)
    people = numbers(rows["population"], "population", above=True)
    weight = numbers(rows["standard"], "standard")
    per = check_number("per", per, above=True)
    level = check_level(level)
    if not x.size:
        raise DataError("`counts` has no stratum; give at least one.")
    if not weight.any():
        raise DataError("`standard` is 0 in every stratum; give the sizes of a standard population.")
    w = weight / weight.sum() / people
    largest = w.max()
    w = w / largest
    y = (w * x).sum()
    low, high = compound_limits(y, (w**2 * x).sum(), 1.0, level=level)
    scale = largest * per
    words = f"directly standardized, {x.size} strat{'a' if x.size > 1 else 'um'}, gamma limits (Fay-Feuer)"
    unit = check_text("unit", unit)
    return Estimate(float(y * scale), float(low * scale), float(high * scale), level, int(x.sum()), words, unit)


@by_name
def rate_table(
    counts: object,
    exposures: object,
    *,
    per: float = 1.0,
    method: str = "exact",
    dispersion: float = 1.0,
    level: float = LEVEL,
) -> pd.DataFrame:
    """Estimate many rates at once, one a row, with their intervals.

    What `rate` does for one count, for a column: districts, months or a million simulated counts.

    Parameters
    ----------
    counts : Series or array_like of int
        Events of each row. A missing count stays missing: it has no rate, and is not 0.
    exposures : Series, array_like of float, or float
        Exposure of each row, above 0, never missing; a single number holds for all rows. A Series is matched to
        `counts` by label.
    per, method, dispersion, level
        As for `rate`.

    Returns
    -------
    DataFrame
        Index of `counts`. Columns: `count` (Int64), `exposure` (float64, as given), `value`, `low`, `high` (float64,
        events per `per` of exposure; NaN where the count is missing), `unstable` (bool: fewer than 8 events, or count
        missing). `method` and `level` are in `attrs`.

    Raises
    ------
    DataError
        Lengths or labels differ; a count is negative or fractional; an exposure is missing or not above 0.
    ParameterError
        As for `rate`.

    Warns
    -----
    MinestatsWarning
        The exposure of a row is 100 times the median exposure or more, or a hundredth or less, and the row's whole
        interval lies more than 10-fold away, the other way, from the rate of all other rows together: probably it is
        in another unit.

    Notes
    -----
    The formulas are those of `rate`. Each distinct count is computed once. A rate of fewer than 8 events is marked: the
    upper limit of its 95 percent interval is more than twice the rate, so that it can double by chance.

    Examples
    --------
    >>> rate_table([12, 3, 0], [3.5, 1, 2]).round(4)
       count  exposure   value     low    high  unstable
    0     12       3.5  3.4286  1.7716  5.9890     False
    1      3       1.0  3.0000  0.6187  8.7673      True
    2      0       2.0  0.0000  0.0000  1.8444      True
    >>> rate_table([20, None], 2.0)["value"].tolist()
    [10.0, nan]
    """
    per = check_number("per", per, above=True)
    phi, level = _options(method, _RATE_METHODS, dispersion, level)
    rows = same_rows(counts=counts, exposures=exposures)
    x = numbers(rows["counts"], "counts", whole=True, missing=True)
    index = rows["counts"].index
    t = repeated(rows["exposures"], "exposures", x.size)
    unknown = np.isnan(x)
    whole = np.where(unknown, 0, x).astype("int64")
    codes, distinct = pd.factorize(whole)
    limits = poisson_limits(distinct, method=method, dispersion=phi, level=level)
    factor = per / t
    columns = {"count": pd.arrays.IntegerArray(whole, unknown), "exposure": t.copy(), "value": x * factor}
    for name, limit in zip(("low", "high"), limits, strict=True):
        columns[name] = limit[codes] * factor
        columns[name][unknown] = np.nan
    columns["unstable"] = ~(x >= UNSTABLE_BELOW)
    table = pd.DataFrame(columns, index=index, copy=False)
    table.attrs.update(method=_rate_words(method, phi), level=level)
    warn_odd_exposure(x, t, index)
    return table


def _options(method: str, allowed: Mapping[str, str], dispersion: float, level: float) -> tuple[float, float]:
    check_choice("method", method, allowed)
    phi = check_number("dispersion", dispersion, least=1.0)
    if phi != 1 and method != "exact":
        raise ParameterError(f"`dispersion` = {phi:g} needs `method` 'exact', not '{method}'.")
    return phi, check_level(level)


def _rate_words(method: str, phi: float) -> str:
    return _RATE_METHODS[method] + (f", dispersion {phi:.3g}" if method == "exact" else "")
