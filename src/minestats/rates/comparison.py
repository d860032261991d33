"""Comparisons that say how much they could have seen: power, prediction, many places at once, a rate times a share.

A difference that is not found is not a difference that is not there: with few events only large ones show. And an
interval of a rate says where the rate lies, not what the next month will bring.
"""

from __future__ import annotations

from math import exp, inf, isnan, log, sqrt

import numpy as np
import pandas as pd

from minestats.columns import check_level, check_number, numbers, repeated, same_rows
from minestats.errors import DataError, ParameterError, by_name
from minestats.estimate import LEVEL, Estimate
from minestats.rates.formulas import UNSTABLE_BELOW, rate_ratio
from minestats.rates.limits import bisect, predictive_limits


def detectable_ratio(
    count0: int,
    exposure0: float,
    exposure1: float,
    *,
    power: float = 0.8,
    dispersion: float = 1.0,
    level: float = LEVEL,
) -> tuple[float, float]:
    """Return the rate ratios that a comparison would probably have found.

    After 23 incidents in one year, another year would have to have a third as many or twice as many before a comparison
    of the two probably shows it. A p value above 0.05 says no more than that.

    Parameters
    ----------
    count0 : int
        Events of the group compared with, 1 or more.
    exposure0, exposure1 : float
        Exposures of the group compared with and of the group of interest, above 0, in one unit.
    power : float, default 0.8
        Probability of finding it, 0.5 to 0.99.
    dispersion : float, default 1.0
        Variance over mean of the events, 1 or more, as in `rate_ratio`.
    level : float, default 0.95
        Level of the interval that has to leave out 1.

    Returns
    -------
    tuple of float
        The largest ratio below 1 and the smallest above 1 that are found with this probability; 0.0 where even none
        at all would not be.

    Raises
    ------
    ParameterError
        An argument is out of range.
    DataError
        `count0` is 0: nothing is known of the rate that is compared with.

    Notes
    -----
    The count of the first group is taken for its expectation. For a ratio R the sum of both counts over the dispersion
    is Poisson, and given the sum the test of `rate_ratio` is a binomial one; power is its probability of rejecting on
    the side of R, summed over all sums.

    Examples
    --------
    >>> below, above = detectable_ratio(23, 365, 365)
    >>> round(below, 2), round(above, 2)
    (0.31, 2.05)
    >>> detectable_ratio(3, 365, 365)[0]
    0.0
    """
    x0 = check_number("count0", count0, whole=True)
    t0, t1 = check_number("exposure0", exposure0, above=True), check_number("exposure1", exposure1, above=True)
    wanted = check_number("power", power, least=0.5, most=0.99)
    mean = x0 / check_number("dispersion", dispersion, least=1.0)
    level = check_level(level)
    if x0 == 0:
        raise DataError("`count0` is 0: nothing is known of the rate that is compared with.")

    def short(log_ratio: float) -> float:
        return _power(mean, mean * t1 / t0 * exp(log_ratio), t1 / t0, level, log_ratio > 0) - wanted

    least, most = -12.0, 1.0
    while short(most) < 0:
        most += 1.0
    below = exp(bisect(lambda b: -short(b), least, 0.0, within=1e-4)) if short(least) > 0 else 0.0
    return below, exp(bisect(short, 1e-9, most, within=1e-4))


def _power(mean0: float, mean1: float, scale: float, level: float, above: bool) -> float:
    """Probability that the interval lies above (or below) 1 where the counts have these means."""
    from scipy.special import bdtr, bdtrc, bdtrik, gammaln, xlogy  # scipy.stats has the same, and is slow to import

    total, tail = mean0 + mean1, (1 - level) / 2
    n = np.arange(1, int(total + 8 * sqrt(total) + 20) + 1)
    even, true = scale / (1 + scale), mean1 / total
    reached = 1 - tail if above else tail
    most = np.ceil(bdtrik(reached, n, even)).clip(0)  # the quantile of x1 under a fair split, or one above it
    most -= (most > 0) & (bdtr((most - 1).clip(0), n, even) >= reached)
    found = bdtrc(most, n, true) if above else np.where(most > 0, bdtr((most - 1).clip(0), n, true), 0.0)
    return float(np.exp(xlogy(n, total) - total - gammaln(n + 1)) @ found)


@by_name
def predict_count(
    count: int, exposure: float, next_exposure: float = 1.0, *, dispersion: float = 1.0, level: float = LEVEL
) -> Estimate:
    """Predict the count of a next stretch, from the events of a past one.

    Twelve incidents in 3.5 months are 3.4 a month, but the next month may have none or eight: the interval of a rate
    (1.77 to 5.99) is no prediction.

    Parameters
    ----------
    count : int
        Events seen, 0 or more. Missing is refused.
    exposure, next_exposure : float
        Exposure that they were seen in, and the one to come, above 0, in one unit.
    dispersion : float, default 1.0
        Variance over mean of the events, 1 or more.
    level : float, default 0.95
        Probability of the prediction interval, 0.5 to 0.999.

    Returns
    -------
    Estimate
        `value` is the count to be expected, `low` and `high` the least and the greatest count that would be no
        surprise; `n` is `count`.

    Raises
    ------
    ParameterError
        An argument is missing or out of range.

    Notes
    -----
    Predictive distribution under Jeffreys' prior of the rate: negative binomial of mean m = (x + phi/2) u / t and
    variance over mean phi (1 + u / t), the second part being the uncertainty of the rate itself. The limits are its
    quantiles. The rate is taken to stay as it was.

    Examples
    --------
    >>> print(predict_count(12, 3.5))
    3.43 (0.00 to 8.00)
    >>> print(predict_count(0, 1))
    0.00 (0.00 to 3.00)
    """
    x = check_number("count", count, whole=True)
    t, u = check_number("exposure", exposure, above=True), check_number("next_exposure", next_exposure, above=True)
    phi, level = check_number("dispersion", dispersion, least=1.0), check_level(level)
    low, high = predictive_limits(x, t, u, dispersion=phi, level=level)
    words = f"prediction interval of a count (negative binomial, Jeffreys), dispersion {phi:.3g}"
    return Estimate(x / t * u, low, high, level, int(x), words, "events")


@by_name
def compare_places(
    counts: object,
    exposures: object = 1.0,
    *,
    least: int = UNSTABLE_BELOW,
    dispersion: float = 1.0,
    level: float = LEVEL,
) -> pd.DataFrame:
    """Compare the rate of each place with that of all the others, allowing for the number of comparisons.

    Among twenty places one differs from the rest by chance alone. One test asks whether places differ at all; the
    ratios then have intervals that are right for all of them together.

    Parameters
    ----------
    counts : Series or array_like of int
        Events of each place; the index names the places. Missing is refused.
    exposures : Series, array_like of float, or float
        Exposure of each place (time, people), above 0; a single number holds for all.
    least : int, default 8
        A place with fewer events gets no ratio.
    dispersion : float, default 1.0
        Variance over mean of the counts of one place over time, 1 or more.
    level : float, default 0.95
        Level of the intervals taken together, 0.5 to 0.999.

    Returns
    -------
    DataFrame
        Index of `counts`. `count` (Int64), `exposure` (float), `value`, `low`, `high` (ratio to the rate of all other
        places; NaN below `least`), `n` (Int64, all events), `unit`, `method` (text), `p_value`, `p_adjusted` (float).
        `attrs["heterogeneity"]` is the dispersion between places and its p value (a dictionary: `Estimate.to_dict`).

    Raises
    ------
    DataError
        Fewer than two places, no event, a count missing, negative or fractional, or lengths that differ.
    ParameterError
        An argument is out of range.

    Notes
    -----
    Heterogeneity: X^2 = sum (x - mu)^2 / mu over the dispersion, mu in proportion to exposure, chi-squared with one
    degree of freedom less than places. p values are Holm's [1]_ among all places, also those without a ratio: which
    places have enough events to be compared is itself decided by the counts. The interval of a place has the level that
    Holm's step asks of it, so that it leaves out 1 exactly where the adjusted p is below 1 - level.

    References
    ----------
    .. [1] Holm (1979), Scandinavian Journal of Statistics 6, 65.

    Examples
    --------
    >>> places = compare_places(pd.Series([40, 12, 9, 3], index=["A", "B", "C", "D"]))
    >>> places[["count", "value", "p_adjusted"]].round(3)
       count  value  p_adjusted
    A     40  5.000       0.000
    B     12  0.692       0.623
    C      9  0.491       0.151
    D      3    NaN         NaN
    >>> places.attrs["heterogeneity"]["p_value"] < 0.001
    True
    """
    from scipy.special import chdtrc

    rows = same_rows(counts=counts, exposures=exposures)
    x = numbers(rows["counts"], "counts", whole=True)
    t = repeated(rows["exposures"], "exposures", x.size)
    fewest = check_number("least", least, least=1, whole=True)
    phi, level = check_number("dispersion", dispersion, least=1.0), check_level(level)
    m, total, time = x.size, int(x.sum()), t.sum()
    if m < 2 or total == 0:
        raise DataError(f"`counts` has {m} places and {total} events; a comparison needs two places and an event.")

    def against_others(i: int, level: float) -> Estimate:
        return rate_ratio(int(x[i]), t[i], total - int(x[i]), time - t[i], dispersion=phi, level=level)

    tested = np.flatnonzero(x >= fewest)
    p_value, adjusted, limits = np.full(m, np.nan), np.full(m, np.nan), np.full((m, 3), np.nan)
    p_value[tested] = [against_others(i, level).p_value for i in tested.tolist()]
    order = tested[np.argsort(p_value[tested], kind="stable")]
    rank = np.arange(order.size)
    adjusted[order] = np.maximum.accumulate(np.minimum((m - rank) * p_value[order], 1.0))
    # from the first place that is not told apart on, its step holds for all
    steps = m - np.minimum(rank, (adjusted[order] < 1 - level).sum())
    for i, step in zip(order.tolist(), steps, strict=True):
        one = against_others(i, min(0.9999999, 1 - (1 - level) / step))
        limits[i] = one.value, one.low, one.high
    made = pd.DataFrame({"count": x.astype("int64"), "exposure": t}, index=rows["counts"].index)
    made[["value", "low", "high"]] = limits
    words = f"exact conditional, dispersion {phi:.3g}, Holm of {m} places"
    none = f"no ratio below {fewest:.0f} events"
    made = made.assign(n=total, unit="ratio", method=np.where(x >= fewest, words, none))
    made["p_value"], made["p_adjusted"] = p_value, adjusted
    made = made.astype({"count": "Int64", "n": "Int64", "unit": "string", "method": "string"})
    expected = total * t / time
    pearson = float(((x - expected) ** 2 / expected).sum())
    spread = Estimate(
        pearson / (m - 1),
        n=m,
        method=f"dispersion between {m} places, chi-squared of {m - 1} degrees of freedom over {phi:.3g}",
        unit="dispersion",
        p_value=float(chdtrc(m - 1, pearson / phi)),
    )
    made.attrs.update(heterogeneity=spread.to_dict(), level=level)
    return made


def times(a: Estimate, b: Estimate, *, unit: str = "") -> Estimate:
    """Multiply two independent estimates, such as a rate and a share, and their uncertainty.

    Seventy casualties for 100,000 people, two thirds of them civilians, are 46 civilians: less certain than either.

    Parameters
    ----------
    a, b : Estimate
        Independent of each other, 0 or more, with intervals of one level.
    unit : str
        Unit of the product; that of `a` where empty.

    Returns
    -------
    Estimate
        The product with its interval; `n` is that of `a`.

    Raises
    ------
    ParameterError
        An estimate has no interval or is negative, or the levels differ.

    Notes
    -----
    Limits by the method of variance estimates recovery on the log scale [1]_: the distances of the limits of both from
    their values are squared and added. Where a lower limit is 0 so is that of the product; where a value is 0 the upper
    limit is the product of both upper limits.

    References
    ----------
    .. [1] Zou & Donner (2008), Statistics in Medicine 27, 1693.

    Examples
    --------
    >>> print(times(Estimate(70, 38, 118), Estimate(0.66, 0.55, 0.76)))
    46.2 (24.4 to 79.4)
    """
    for name, one in (("a", a), ("b", b)):
        if not isinstance(one, Estimate) or isnan(one.low) or isnan(one.high) or one.low < 0:
            raise ParameterError(f"`{name}` must be an estimate with an interval, 0 or more, not {one!r}.")
    if a.level != b.level:
        raise ParameterError(f"the levels of `a` ({a.level:g}) and `b` ({b.level:g}) differ; give both one level.")
    value = a.value * b.value
    if value == 0 or inf in (a.high, b.high):
        low, high = 0.0, a.high * b.high
    else:
        up = sqrt(log(a.high / a.value) ** 2 + log(b.high / b.value) ** 2)
        down = sqrt(log(a.value / a.low) ** 2 + log(b.value / b.low) ** 2) if a.low > 0 and b.low > 0 else inf
        low, high = value * exp(-down), value * exp(up)
    words = f"product (MOVER on the log scale) of [{a.method}] and [{b.method}]"
    return Estimate(value, low, high, a.level, a.n, words, unit or a.unit)
