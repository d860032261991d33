"""Confidence limits as bare arrays: the formulas, without checks and words.

An interval for a count, a share or a ratio is a pair of quantiles of a known distribution. `rates` checks what it is
given and says what it did; here only the quantiles are taken, for a whole column at once. `level` is two-sided and
central: half of what is left lies below, half above. Every branch that a library answers with NaN (a count of 0) is
written out.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from math import ceil
from types import FrameType
from typing import Any

import numpy as np
import pandas as pd

from minestats.errors import MinestatsWarning
from minestats.estimate import LEVEL

Numbers = np.ndarray | float
Pair = tuple[np.ndarray, np.ndarray]


def poisson_limits(x: Numbers, *, method: str = "exact", dispersion: float = 1.0, level: float) -> Pair:
    """Return the limits of a Poisson mean from counts `x`, in counts.

    Examples
    --------
    >>> low, high = poisson_limits(np.array([0.0, 12.0]), level=0.95)
    >>> high.round(3).tolist()
    [3.689, 20.962]
    """
    from scipy.special import gammainc, gammaincc, gammainccinv, gammaincinv

    x = np.asarray(x, dtype=float)
    tail = (1 - level) / 2
    seen = x > 0
    k = np.where(seen, x, 1.0)
    if method == "exact":
        low = dispersion * gammaincinv(k / dispersion, tail)
        high = dispersion * gammainccinv(x / dispersion + 1, tail)
    elif method == "midp":
        # P(X > x) + P(X = x) / 2 is the mean of two gamma integrals; the root lies between the exact limits of x and
        # those of its neighbour.
        low = bisect(
            lambda m: (gammainc(k, m) + gammainc(k + 1, m)) / 2 - tail, gammaincinv(k, tail), gammaincinv(k + 1, tail)
        )
        high = bisect(
            lambda m: tail - (gammaincc(x, m) + gammaincc(x + 1, m)) / 2,
            np.where(seen, gammainccinv(k, tail), 0.0),
            gammainccinv(x + 1, tail),
        )
    else:
        low, high = gammaincinv(k + 0.5, tail), gammainccinv(x + 0.5, tail)
    return np.where(seen, low, 0.0), high


def compound_limits(y: Numbers, v: Numbers, w: Numbers, *, level: float) -> Pair:
    """Return the limits of a weighted sum `y` of Poisson counts with variance `v` and largest weight `w` (Fay, Feuer).

    Examples
    --------
    >>> low, high = compound_limits(np.array([0.0]), np.array([0.0]), np.array([1.0]), level=0.95)
    >>> (low[0], high.round(3)[0])
    (np.float64(0.0), np.float64(3.689))
    """
    from scipy.special import gammainccinv, gammaincinv

    y, v, w = (np.asarray(values, dtype=float) for values in (y, v, w))
    tail = (1 - level) / 2
    seen = y > 0
    mean, variance = np.where(seen, y, 1.0), np.where(seen, v, 1.0)
    low = variance / mean * gammaincinv(mean**2 / variance, tail)
    mean, variance = y + w, v + w**2
    return np.where(seen, low, 0.0), variance / mean * gammainccinv(mean**2 / variance, tail)


def share_limits(k: Numbers, n: Numbers, *, method: str, design_effect: Numbers = 1.0, level: float) -> Pair:
    """Return the limits of a share `k` of `n`.

    Examples
    --------
    >>> low, high = share_limits(np.array([0.0]), np.array([20.0]), method="wilson", level=0.95)
    >>> (low[0], high.round(4)[0])
    (np.float64(0.0), np.float64(0.1611))
    """
    from scipy.special import betainccinv, betaincinv, ndtri

    tail = (1 - level) / 2
    share = np.asarray(k, dtype=float) / n
    k, n = np.asarray(k) / design_effect, np.asarray(n) / design_effect
    some, rest = k > 0, k < n
    hits, misses = np.where(some, k, 1.0), np.where(rest, n - k, 1.0)
    if method == "wilson":
        z2 = ndtri(tail) ** 2
        middle = (share + z2 / (2 * n)) / (1 + z2 / n)
        half = np.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n**2))) / (1 + z2 / n)
        # the two limits multiply to share^2 / (1 + z2 / n): no difference of nearly equal numbers
        high = middle + half
        low = share**2 / (1 + z2 / n) / high
    elif method == "exact":
        low = betaincinv(hits, n - k + 1, tail)
        high = betainccinv(k + 1, misses, tail)
    else:
        low = betaincinv(k + 0.5, n - k + 0.5, tail)
        high = betainccinv(k + 0.5, n - k + 0.5, tail)
    low, high = np.where(some, low, 0.0), np.where(rest, high, 1.0)
    return np.minimum(low, share), np.maximum(high, share)


def bisect(rising: Callable[[Any], Any], low: Numbers, high: Numbers, *, within: float = 0.0) -> np.ndarray:
    """Return where rising functions cross 0 between two ends, by halving to the last digit, or to a width `within`.

    `scipy.optimize` does it in fewer steps, for one function at a time, and takes a third of a second to import.

    Examples
    --------
    >>> float(bisect(lambda x: x**2 - 2, 0, 2))
    1.414213562373095
    """
    below, above = np.array(low, dtype=float), np.array(high, dtype=float)
    while ((above - below > within) & (below < (middle := (below + above) / 2)) & (middle < above)).any():
        over = rising(middle) > 0
        below, above = np.where(over, below, middle), np.where(over, middle, above)
    return below


def find_root(rising: Callable[[float], float]) -> float:
    """Return where a function that rises from below 0 to above it crosses 0.

    Examples
    --------
    >>> find_root(lambda x: x - 5)
    5.0
    """
    reach = 1.0
    while rising(-reach) > 0 or rising(reach) < 0:
        reach *= 2
    return float(bisect(rising, -reach, reach))


def predictive_limits(
    x: float, exposure: float, ahead: float, *, dispersion: float = 1.0, level: float
) -> tuple[float, float]:
    """Return the limits of the count of an exposure ahead, after `x` events in `exposure`.

    Examples
    --------
    >>> predictive_limits(12, 3.5, 1, level=0.95)
    (0.0, 8.0)
    """
    from scipy.special import betainc  # scipy.stats has the distribution, and is slow to import

    spread = dispersion * (1 + ahead / exposure)  # variance over mean of the count to come
    size = (x + dispersion / 2) * ahead / exposure / (spread - 1)

    def quantile(share: float) -> float:
        """The least count of a negative binomial that at least this share of its counts reaches up to."""

        def short(count: float) -> float:
            return float(betainc(size, count + 1, 1 / spread)) - share

        most = 1.0
        while short(most) < 0:
            most *= 2
        return float(ceil(bisect(short, 0.0, most))) if short(0.0) < 0 else 0.0

    return quantile((1 - level) / 2), quantile((1 + level) / 2)


def odds_limits(x1: float, x0: float, *, method: str, level: float) -> tuple[float, float]:
    """Return the limits of p / (1 - p) where `x1` of `x1 + x0` events fell into the first group.

    Examples
    --------
    >>> low, high = odds_limits(0, 5, method="exact", level=0.95)
    >>> (low, round(high, 5))
    (0.0, 1.09128)
    """
    from scipy.special import betainc, betaincc, betainccinv, betaincinv

    if x1 > x0:  # the smaller share is found without a loss of digits
        low, high = odds_limits(x0, x1, method=method, level=level)
        return 1 / high, (1 / low if low > 0 else np.inf)
    tail = (1 - level) / 2
    low = betaincinv(x1, x0 + 1, tail) if x1 > 0 else 0.0
    high = betainccinv(x1 + 1, x0, tail)
    if method == "midp":
        inner_high = betainccinv(x1, x0 + 1, tail) if x1 > 0 else 0.0
        inner_low = betaincinv(x1 + 1, x0, tail)
        if x1 > 0:
            low = float(bisect(lambda p: (betainc(x1, x0 + 1, p) + betainc(x1 + 1, x0, p)) / 2 - tail, low, inner_low))
        below = (lambda p: betaincc(x1, x0 + 1, p)) if x1 > 0 else (lambda p: 0.0)
        high = float(bisect(lambda p: tail - (below(p) + betaincc(x1 + 1, x0, p)) / 2, inner_high, high))
    return float(low / (1 - low)), float(high / (1 - high))


def odds_p_value(x1: float, x0: float, odds: float, *, method: str) -> float:
    """Return the central p value of `x1` against `x0` events where a fair split is `1 / odds` to 1.

    Examples
    --------
    >>> odds_p_value(0, 5, 1.0, method="exact")
    0.0625
    """
    from scipy.special import betainc, betaincc

    p = 1 / (1 + odds)
    at_least = betainc(x1, x0 + 1, p) if x1 > 0 else 1.0
    at_most = betaincc(x1 + 1, x0, p) if x0 > 0 else 1.0
    if method == "midp":
        same = at_least + at_most - 1
        at_least, at_most = at_least - same / 2, at_most - same / 2
    return float(min(1.0, 2 * min(at_least, at_most)))


def warn_units(found: str) -> None:
    """Warn the caller of a public function that an exposure is probably in another unit than the others.

    The warning names the first line outside minestats: the caller's own.

    Examples
    --------
    >>> import warnings
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     warn_units("`exposure1` is 1 and `exposure0` is 365")
    >>> print(caught[0].message)
    `exposure1` is 1 and `exposure0` is 365: are both in one unit (days, years; people, thousands)?
    """
    warn_caller(f"{found}: are both in one unit (days, years; people, thousands)?")


def warn_caller(message: str) -> None:
    """Warn whoever called into the library, however many of its functions lie between.

    Examples
    --------
    >>> import warnings
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     warn_caller("the window is taken from the rows")
    >>> caught[0].category.__name__
    'MinestatsWarning'
    """
    level = 1
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_globals.get("__name__", "").startswith("minestats"):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, MinestatsWarning, stacklevel=level)


def warn_odd_exposure(x: np.ndarray, t: np.ndarray, labels: pd.Index) -> None:
    """Warn of a row whose exposure is far from the median one, and whose rate is as far from the others, reversed.

    Far is 100-fold for the exposure and 10-fold for the whole interval of the rate.

    Examples
    --------
    >>> warn_odd_exposure(np.array([5.0, 9.0]), np.array([1.0, 1.5]), pd.RangeIndex(2))
    """
    if not t.size:
        return
    middle = np.median(t)
    odd = (t >= 100 * middle) | (t <= middle / 100)
    rest = ~odd & ~np.isnan(x)
    if not odd.any() or not rest.any():
        return
    usual = x[rest].sum() / t[rest].sum()
    i = np.flatnonzero(odd & ~np.isnan(x))
    low, high = (limits / t[i] for limits in poisson_limits(x[i], level=LEVEL))
    wrong = i[np.where(t[i] > middle, high < usual / 10, low > usual * 10)]
    if wrong.size:
        at = wrong[0]
        found = f"the exposure of row {labels[at]} is {t[at]:g}, the median of all rows {middle:g}"
        warn_units(found)
