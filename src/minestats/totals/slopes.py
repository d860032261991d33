"""The change of a rate estimated from running totals: intervals of unequal length, and no month made up."""

from __future__ import annotations

import numpy as np
import pandas as pd

from minestats.columns import DAYS_PER_YEAR, check_level
from minestats.errors import DataError
from minestats.estimate import LEVEL, Estimate
from minestats.totals.running import one_series, walk
from minestats.trend.change import percent_change
from minestats.trend.series import MIN_PERIODS

MIN_DAYS = 14
_SMALL = 0.03


def trend_from_totals(totals: pd.DataFrame, *, value: str = "victims", level: float = LEVEL) -> Estimate:
    """Estimate by how many percent a year casualties rise or fall, from official running totals alone.

    A steady change is fitted to the increments between the totals, each over its own days. Minus 25 means that each
    year has three quarters of the casualties of the year before.

    Parameters
    ----------
    totals : DataFrame
        As in `resolve_totals`, of exactly one series, with totals for four intervals or more.
    value : str
        Count column, default "victims".
    level : float
        Level of the interval, 0.5 to 0.999.

    Returns
    -------
    Estimate
        In percent a year, with limits and p value (against no change); `n` is the number of intervals; `method` names
        dispersion and the shortest interval.

    Raises
    ------
    ParameterError
        An unknown column; a level out of range.
    DataError
        Not exactly one series; fewer than four intervals; casualties in one interval only; no usable total.

    Notes
    -----
    The intervals are those of `interval_rates` (14 days or more, later-wins). The count x of an interval has mean
    mu = e^a G(b), where G is the integral of e^(bt) over the interval and t is in years, and variance phi mu. b solves
    sum (x - mu) H = 0 with sum mu = sum x, where H = (integral of t e^(bt)) / G; the solution is the only one. The
    variance of b is from the information of (1, H), times max(1, X^2 / (n - 2)), with Student's t of n - 2 degrees of
    freedom, as in `annual_change` [1]_. Taking the rate at the middle of each interval instead would be wrong by about
    (b length)^2 / 24 in the logarithm.

    Describes casualties, not danger: how many people live, work and travel in mined land is not in the model.

    References
    ----------
    .. [1] McCullagh and Nelder (1989), Generalized Linear Models, 2nd edition, chapter 9.

    Examples
    --------
    Increments whose rate falls by a quarter every 365 days:

    >>> totals = pd.DataFrame({
    ...     "scope": "national", "since": "2020-11-10", "authority": "anama",
    ...     "as_of": pd.Timestamp("2020-12-31") + pd.to_timedelta([0, 365, 1095, 1460, 2190], unit="D"),
    ...     "victims": [500, 4596, 9972, 11700, 13968]})
    >>> round(trend_from_totals(totals).value, 3)
    -25.015

    Three intervals show no trend:

    >>> trend_from_totals(totals[:4])
    Traceback (most recent call last):
    minestats.errors.DataError: victim_totals: 3 intervals of 14 days or more; a trend needs at least 4.
    """
    level = check_level(level)
    series = one_series(totals, value)
    opened, closed = walk(series, MIN_DAYS)
    if len(opened) < MIN_PERIODS:
        raise DataError(
            f"victim_totals: {len(opened)} interval{'s' if len(opened) != 1 else ''} of {MIN_DAYS} days or more; "
            f"a trend needs at least {MIN_PERIODS}."
        )
    count = series.total[closed] - series.total[opened]
    if np.count_nonzero(count) < 2:
        raise DataError(
            "victim_totals: casualties in one interval only, or in none; a trend needs them in two or more."
        )
    edges = series.as_of[[*opened, closed[-1]]]
    slope, variance, pearson = _fit(count, (edges - edges[0]).astype(float) / DAYS_PER_YEAR)
    return percent_change(
        slope, variance, pearson, len(count), level=level, of=f"intervals of {MIN_DAYS} days or more between totals"
    )


def _fit(count: np.ndarray, edges: np.ndarray) -> tuple[float, float, float]:
    """Slope a year, its Poisson variance, and Pearson's X^2, for counts between `edges` (years)."""
    from scipy.optimize import brentq

    span = edges[-1] - edges[0]
    edges = (edges - (edges[0] + edges[-1]) / 2) / span  # b is then a change over the whole span
    middle, half = (edges[1:] + edges[:-1]) / 2, np.diff(edges) / 2

    def parts(b: float) -> tuple[np.ndarray, np.ndarray]:
        u = b * half
        log_g = b * middle + np.log(2 * half) + _log_sinhc(u)
        g = np.exp(log_g - log_g.max())
        return g / g.sum(), middle + half * _langevin(u)

    def score(b: float) -> float:
        share, h = parts(b)
        return count @ h - count.sum() * (share @ h)

    # The log-likelihood is concave in b, so the score falls and has one root; it has one because two intervals or more
    # hold casualties.
    reach = 1.0
    while score(-reach) < 0 or score(reach) > 0:
        reach *= 2
    b = brentq(score, -reach, reach, xtol=1e-13, rtol=1e-13)
    share, h = parts(b)
    fitted = count.sum() * share
    information = (fitted * (h - share @ h) ** 2).sum()
    pearson = ((count - fitted) ** 2 / fitted).sum()
    return b / span, 1 / information / span**2, pearson


def _log_sinhc(u: np.ndarray) -> np.ndarray:
    """log(sinh(u) / u), without overflow or loss of digits, 0 at 0."""
    size = np.abs(u)
    small = size < _SMALL
    safe = np.where(small, 1.0, size)
    series = u**2 / 6 - u**4 / 180 + u**6 / 2835
    return np.where(small, series, safe + np.log1p(-np.exp(-2 * safe)) - np.log(2 * safe))


def _langevin(u: np.ndarray) -> np.ndarray:
    """coth(u) - 1 / u, the mean of t on (-1, 1) under e^(ut); 0 at 0."""
    small = np.abs(u) < _SMALL
    safe = np.where(small, 1.0, u)
    return np.where(small, u / 3 - u**3 / 45 + 2 * u**5 / 945, 1 / np.tanh(safe) - 1 / safe)
