"""One change of a rate: where it lies, how sure its place is, and whether it is there at all.

A series of counts has one rate up to some period and another after it. Where that period is follows from the
likelihood, how sure the place is from its exact posterior, and whether there is a change at all from simulated series
without one. `trend` offers these functions under its own name.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from minestats.columns import check_level, check_number, check_seed, column, numbers, same_rows
from minestats.errors import DataError, by_name
from minestats.estimate import LEVEL, Estimate
from minestats.rates.limits import predictive_limits
from minestats.trend.change import MIN_PERIODS, counts_and_exposure, dispersion_test, in_time_order


@by_name
def change_point(
    counts: object,
    exposure: object = None,
    *,
    min_segment: int = 3,
    n_boot: int = 2000,
    dispersion: float | str = 1.0,
    seed: int | np.random.Generator,
    level: float = LEVEL,
) -> Estimate:
    """Find after which period the rate of events changed once, and test whether it changed at all.

    Six quiet months and six loud ones: the first regime has 6 periods.

    Parameters
    ----------
    counts : array_like of int
        Events of each period in time order; a Series with dates or periods as its index is put in their order.
        Missing is refused.
    exposure : array_like of float, float or None
        Exposure of each period, above 0; None for equal ones.
    min_segment : int, default 3
        Periods that a regime has at least, 2 or more.
    n_boot : int, default 2000
        Simulated series for the p value, 1 or more.
    dispersion : float or "within", default 1.0
        Variance over mean of the counts about their regimes, 1 or more; "within" takes what is left within the two
        regimes found. 1 is chance alone: where counts vary more, it finds changes that are none.
    seed : int or numpy Generator
        Where chance starts; the same seed gives the same p value.
    level : float, default 0.95
        Probability of the interval, 0.5 to 0.999.

    Returns
    -------
    Estimate
        `value` is k, the periods of the first regime; `low`, `high` an interval of k from its posterior; `p_value`
        tests one constant rate; `n` is the number of periods; `method` states the rates before and after, the
        probability of the place, the places that were allowed, and the dispersion.

    Raises
    ------
    DataError
        Fewer than 4 periods or than 2 `min_segment`, no event, a count missing, negative or fractional, lengths that
        differ, or interpolated months.
    ParameterError
        `min_segment`, `n_boot`, `dispersion` or `seed` is not one of those allowed.

    Warns
    -----
    MinestatsWarning
        One exposure is probably in another unit than the rest; see `rate_table`.

    Notes
    -----
    k maximizes LR = 2 [l(C, E_k) + l(N-C, E-E_k) - l(N, E)], l(c, e) = c log(c/e), over min_segment <= k <= n -
    min_segment; the first maximum. p = (1 + #{LR* >= LR}) / (n_boot + 1), LR* of multinomial counts with the total seen
    and probabilities E_i / E: the search over k is in it. The interval is from `change_point_posterior`, its limits the
    first k with cumulative probability (1 - level) / 2 and (1 + level) / 2 or more; where k itself lies outside it (a
    flat posterior) the interval is widened to k. A dispersion phi divides LR, and the events and exposures of the
    posterior. Without it a series without a change is called one with a change in 17 to 43 of 100 cases where variance
    over mean is 1.6 to 3 (with "within" in 7 to 10). Assumes one step: a steady trend is taken for a step in its
    middle. Whether a date may be named at all says `change_date`.

    References
    ----------
    .. [1] Raftery & Akman (1986), Biometrika 73, 85; Carlin, Gelfand & Smith (1992), Applied Statistics 41, 389.

    Examples
    --------
    >>> change = change_point([2] * 6 + [10] * 6, seed=1)
    >>> print(change)
    6.00 (6.00 to 6.00)
    >>> change.p_value < 0.01
    True
    >>> change.method
    'one change of a Poisson rate, after 6 of 12 periods (probability 0.98; of 3 to 9), from 2 to 10 a period, ...'
    >>> change_point([0, 0, 0, 0, 0, 0], seed=1)
    Traceback (most recent call last):
    minestats.errors.DataError: no event in any period: a change needs events.
    """
    level = check_level(level)
    runs = int(check_number("n_boot", n_boot, least=1, whole=True))
    rng = check_seed(seed)
    x, e, first = _regimes(counts, exposure, min_segment)
    n, share = x.size, e / e.sum()
    ratios = _likelihood_ratios(x, e)[first - 1]
    k = int(first[ratios.argmax()])
    phi = _dispersion(dispersion, x, e, k)
    best = ratios.max() / phi
    simulated = rng.multinomial(int(x.sum()), share, size=runs)
    beaten = _likelihood_ratios(simulated, e)[:, first - 1].max(axis=1) >= best - 1e-9 * max(1.0, best)
    p_value = (1 + int(beaten.sum())) / (runs + 1)
    probability = _posterior(x, e, first, phi)
    cumulative = np.cumsum(probability)
    tail = (1 - level) / 2
    low, high = (first[np.searchsorted(cumulative, q)] for q in (tail, 1 - tail))
    before, after = (float(x[part].sum()) / float(e[part].sum()) for part in (slice(k), slice(k, None)))
    per = "a period" if exposure is None else "per unit of exposure"
    place = f"probability {probability[k - first[0]]:.2f}; of {first[0]} to {first[-1]}"
    words = f"one change of a Poisson rate, after {k} of {n} periods ({place}), from {before:.3g} to {after:.3g} {per}"
    words += f", dispersion {phi:.3g}"
    return Estimate(float(k), float(min(low, k)), float(max(high, k)), level, n, words, "periods", p_value)


@by_name
def change_date(
    counts: object,
    exposure: object = None,
    *,
    min_segment: int = 3,
    n_boot: int = 2000,
    dispersion: float | str = 1.0,
    seed: int | np.random.Generator,
    level: float = LEVEL,
) -> object:
    """Return the last period before the change, or None where the data do not tell it.

    A title that names a month says that it is known. It is when chance alone hardly makes such a change, and when one
    place is likelier than all the others together.

    Parameters
    ----------
    counts, exposure, min_segment, n_boot, dispersion, seed, level
        As for `change_point`.

    Returns
    -------
    object or None
        The label of the last period of the first regime (of the index of `counts`, else its number from 0); None where
        p exceeds 1 - `level` or the likeliest place has less than half of the probability.

    Raises
    ------
    DataError, ParameterError
        As for `change_point`.

    Examples
    --------
    >>> int(change_date([2] * 6 + [10] * 6, seed=1))
    5
    >>> change_date([5, 7, 6, 5, 8, 6, 5, 7], seed=1) is None
    True
    """
    change = change_point(
        counts, exposure, min_segment=min_segment, n_boot=n_boot, dispersion=dispersion, seed=seed, level=level
    )
    places = change_point_posterior(counts, exposure, min_segment=min_segment, dispersion=dispersion)
    best = int(places["probability"].argmax())
    told = (change.p_value or 0.0) <= 1 - level and places["probability"].iloc[best] >= 0.5
    return places["last"].iloc[best] if told else None


@by_name
def change_point_posterior(
    counts: object, exposure: object = None, *, min_segment: int = 3, dispersion: float | str = 1.0
) -> pd.DataFrame:
    """Return how probable each place of a single change of the rate is.

    The whole of what `change_point` sums up by one k and its limits: for a chart, or to see two places compete.

    Parameters
    ----------
    counts, exposure, min_segment, dispersion
        As for `change_point`.

    Returns
    -------
    DataFrame
        One row for each place, in order. Columns: `k` (int64, periods of the first regime), `last` (label of the last
        period of the first regime: of the index of `counts`, else its number from 0), `probability` (float64, adds to
        1), `likelihood_ratio` (float64, LR of `change_point`).

    Raises
    ------
    DataError, ParameterError
        As for `change_point`.

    Notes
    -----
    Exact: k has equal prior probability over min_segment <= k <= n - min_segment; both rates have a gamma prior of
    shape 1 whose mean is the rate of the whole series. With exposures a in events expected at that rate, p(k) is
    proportional to G(C+1) / (a_k+1)^(C+1) G(N-C+1) / (a_n-a_k+1)^(N-C+1), G the gamma function. It takes a change for
    granted: whether there is one says the p value of `change_point`.

    References
    ----------
    .. [1] Raftery & Akman (1986), Biometrika 73, 85.

    Examples
    --------
    >>> change_point_posterior([2] * 6 + [10] * 6).round(3).iloc[1:5]
       k  last  probability  likelihood_ratio
    1  4     3        0.001            19.246
    2  5     4        0.015            26.321
    3  6     5        0.982            34.932
    4  7     6        0.002            22.631
    """
    x, e, first = _regimes(counts, exposure, min_segment)
    ratios = _likelihood_ratios(x, e)[first - 1]
    phi = _dispersion(dispersion, x, e, int(first[ratios.argmax()]))
    series = column(counts, "counts")
    return pd.DataFrame(
        {
            "k": first,
            "last": series.index[in_time_order(series)[first - 1]],
            "probability": _posterior(x, e, first, phi),
            "likelihood_ratio": ratios,
        }
    )


def _regimes(counts: object, exposure: object, min_segment: object) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Counts and exposures in time order, and every length that the first of two regimes may have."""
    shortest = int(check_number("min_segment", min_segment, least=2, whole=True))
    rows = same_rows(counts=counts, exposure=exposure)
    x, e = counts_and_exposure(rows)
    if x.size < 2 * shortest:
        raise DataError(f"`counts` has {x.size} periods; two regimes of at least {shortest} need {2 * shortest}.")
    if not x.any():
        raise DataError("no event in any period: a change needs events.")
    order = in_time_order(rows["counts"])
    return x[order], e[order], np.arange(shortest, x.size - shortest + 1)


def _likelihood_ratios(x: np.ndarray, e: np.ndarray) -> np.ndarray:
    """LR of a change after period 1, 2, .., n - 1, along the last axis of counts `x`."""
    from scipy.special import xlogy

    c, a = np.cumsum(x, axis=-1, dtype=float), np.cumsum(e)
    total, whole = c[..., -1:], a[-1]
    c, a = c[..., :-1], a[:-1]
    expected = total * a / whole
    rest = total - c
    return 2 * (xlogy(c, c / expected) + xlogy(rest, rest / (total - expected)))


def _dispersion(given: float | str, x: np.ndarray, e: np.ndarray, k: int) -> float:
    """The dispersion asked for: a number, or what is left within the regimes of the first k periods and of the rest."""
    if given != "within":
        return check_number("dispersion", given, least=1.0)
    pearson = 0.0
    for part in (slice(None, k), slice(k, None)):
        expected = x[part].sum() * e[part] / e[part].sum()
        if expected.any():
            pearson += float(((x[part] - expected) ** 2 / expected).sum())
    return max(1.0, pearson / max(x.size - 2, 1))


def _posterior(x: np.ndarray, e: np.ndarray, first: np.ndarray, phi: float) -> np.ndarray:
    """Probability of each length of the first regime, given that there are two."""
    from scipy.special import gammaln

    # exposures in events expected at the rate of the whole: the prior mean is then 1 whatever the unit of time
    c, a = np.cumsum(x) / phi, np.cumsum(e * x.sum() / e.sum()) / phi
    logs = sum(
        gammaln(events + 1) - (events + 1) * np.log1p(periods)
        for events, periods in ((c[first - 1], a[first - 1]), (c[-1] - c[first - 1], a[-1] - a[first - 1]))
    )
    weight = np.exp(logs - logs.max())
    return weight / weight.sum()


@by_name
def predictive_limit(counts: object, *, periods: int = 36, level: float = LEVEL) -> Estimate:
    """Say how many events the next period may have before somebody should ask why.

    An alarm for officers: with 2.1 incidents a month, six in a month are no news, seven are.

    Parameters
    ----------
    counts : Series or array_like of int
        Events of each period (months) in time order, whole periods of one length only; a Series with dates or periods
        as its index is put in their order. Missing is refused.
    periods : int, default 36
        Periods before the next one that count, 4 or more; a shorter series is used whole.
    level : float, default 0.95
        Probability of the prediction interval, 0.5 to 0.999.

    Returns
    -------
    Estimate
        `value` is the count to be expected, `low` and `high` the least and the greatest count that would be no
        surprise: `high` + 1 or more are unusual. `n` is the number of periods; `method` states the dispersion.

    Raises
    ------
    DataError
        Fewer than 4 periods, no event, or a count missing, negative or fractional.
    ParameterError
        An argument is out of range.

    Notes
    -----
    Negative binomial as in `predict_count`, with the series' own dispersion X^2 / (n - 1), 1 or more: what varied so
    far may vary again. No prediction where the pace has just changed: it takes the last periods as they were.

    Examples
    --------
    >>> limit = predictive_limit([2, 1, 3, 2, 0, 4, 2, 3, 1, 2, 2, 3])
    >>> print(limit)
    2.08 (0.00 to 6.00)
    >>> limit.method
    'prediction interval of the next count (negative binomial, Jeffreys), 12 periods, dispersion 1'
    """
    last = int(check_number("periods", periods, least=MIN_PERIODS, whole=True))
    level = check_level(level)
    rows = same_rows(counts=counts)
    x = numbers(rows["counts"], "counts", whole=True)[in_time_order(rows["counts"])][-last:]
    phi = max(1.0, dispersion_test(x).value)
    low, high = predictive_limits(x.sum(), x.size, 1, dispersion=phi, level=level)
    words = (
        f"prediction interval of the next count (negative binomial, Jeffreys), {x.size} periods, dispersion {phi:.3g}"
    )
    return Estimate(float(x.mean()), low, high, level, x.size, words, "events a period")
