"""Casualties: people hurt together are not independent of each other.

One blast under a bus hurts eight people at once, so casualties swing more from year to year than as many separate
accidents would. The sizes of the incidents say by how much. `rates` offers these functions under its own name.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from minestats._arguments import check_level, check_number, check_text, numbers, refuse_interpolated
from minestats._columns import need
from minestats._limits import compound_limits
from minestats.errors import DataError
from minestats.estimate import LEVEL, Estimate


def dispersion(sizes: object) -> float:
    """Return the dispersion of casualties: the sum of squared incident sizes over the sum of sizes.

    With one person hurt in each blast it is 1; when blasts hit buses and patrols it grows, and casualty counts swing
    more than chance alone would let independent people swing.

    Parameters
    ----------
    sizes : array_like of int, or DataFrame
        Casualties of each incident, or the table of `casualty_sizes` (its column `casualties`). Sizes of 0 drop out,
        a missing size is refused.

    Returns
    -------
    float
        phi, 1 or more, for the argument `dispersion` of `rate` and `interval_rates`.

    Raises
    ------
    DataError
        A size is missing, negative or fractional, or no incident has a casualty.

    Notes
    -----
    phi = sum k^2 / sum k is variance over mean of a compound Poisson sum: incidents come at random, sizes are as seen.

    References
    ----------
    .. [1] McCullagh & Nelder (1989), Generalized Linear Models, 2nd edition, section 6.2.

    Examples
    --------
    >>> dispersion([1] * 20 + [2] * 6 + [8])
    2.7
    >>> dispersion([1, 1, 0])
    1.0
    """
    k = _sizes(sizes)
    if not k.size:
        raise DataError("no dispersion without casualties: `sizes` has no incident with a casualty.")
    return float((k**2).sum() / k.sum())


def casualty_rate(
    sizes: object, exposure: float, *, per: float = 1.0, level: float = LEVEL, unit: str = ""
) -> Estimate:
    """Estimate a rate of casualties from the sizes of incidents, allowing for several people hurt by one blast.

    Forty people hurt in 27 blasts are not forty independent accidents: one bus counts eight. The interval widens by as
    much as the sizes of the incidents say.

    Parameters
    ----------
    sizes : array_like of int, or DataFrame
        Casualties of each incident, or the table of `casualty_sizes` (its column `casualties`). Sizes of 0 drop out,
        a missing size is refused. May be empty: nothing happened.
    exposure : float
        Time, people or area at risk, above 0.
    per : float, default 1.0
        Exposure that the rate is stated for, in the unit of `exposure`.
    level : float, default 0.95
        Confidence level, 0.5 to 0.999.
    unit : str, default ""
        Words for the unit of the rate, such as "casualties per year".

    Returns
    -------
    Estimate
        Casualties per `per` of exposure; `n` is the number of incidents with a casualty; `method` states phi.

    Raises
    ------
    DataError
        A size is missing, negative or fractional.
    ParameterError
        `exposure` or `per` is not above 0.

    Notes
    -----
    y = sum k, v = sum k^2, w = max k. low = q(a/2; gamma(shape y^2/v, scale v/y)); high the same with y + w and
    v + w^2: the limits of Fay & Feuer [1]_ for a weighted sum of Poisson counts, the size being the weight. phi is v/y.
    Equal to `rate` when every size is 1. Without an incident the limits are those of `rate(0, ...)`, an interval for
    incidents: sizes are then unknown. Assumes independent incidents whose sizes are like those seen; below about
    10 incidents it covers somewhat less than its level, because the largest blast may not have happened yet.

    References
    ----------
    .. [1] Fay & Feuer (1997), Statistics in Medicine 16, 791.

    Examples
    --------
    >>> print(casualty_rate([1] * 20 + [2] * 6 + [8], 1))
    40.0 (22.3 to 76.9)
    >>> casualty_rate([1] * 20 + [2] * 6 + [8], 1).method
    'compound Poisson (Fay-Feuer), phi = 2.70, n incidents'
    >>> print(casualty_rate([], 1))
    0.00 (0.00 to 3.69)
    """
    k = _sizes(sizes)
    t = check_number("exposure", exposure, above=True)
    per = check_number("per", per, above=True)
    level = check_level(level)
    y, v = k.sum(), (k**2).sum()
    low, high = compound_limits(y, v, k.max() if k.size else 1.0, level=level)
    if k.size:
        words = f"compound Poisson (Fay-Feuer), phi = {v / y:.2f}, n incidents"
    else:
        words = "exact Poisson (Garwood), no incident: the upper limit is of incidents, not of casualties"
    scale = per / t
    unit = check_text("unit", unit)
    return Estimate(float(y) * scale, float(low) * scale, float(high) * scale, level, k.size, words, unit)


def _sizes(sizes: object) -> np.ndarray:
    """Sizes above 0 as floats, out of a list, an array, a column or the table of `casualty_sizes`."""
    if isinstance(sizes, pd.DataFrame):
        refuse_interpolated(sizes, "sizes")
        sizes = need(sizes, ["casualties"], "sizes")["casualties"]
    k = numbers(sizes, "sizes", whole=True)
    return k[k > 0]
