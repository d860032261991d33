"""Casualties: people hurt together are not independent of each other.

One blast under a bus hurts eight people at once, so casualties swing more from year to year than as many separate
accidents would. The sizes of the incidents say by how much. `rates` offers these functions under its own name.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from minestats.columns import check_level, check_number, check_text, need, numbers, refuse_interpolated, same_rows
from minestats.errors import DataError, ParameterError, by_name, check_choice
from minestats.estimate import LEVEL, NAN, Estimate
from minestats.rates.limits import compound_limits, poisson_limits, share_limits

CROSSINGS = ("civilians_killed", "civilians_injured", "military_killed", "military_injured")
SHARES = {
    "killed": (("killed",), ("injured",)),
    "civilians": (CROSSINGS[:2], CROSSINGS[2:]),
    "killed_of_civilians": (CROSSINGS[:1], CROSSINGS[1:2]),
    "killed_of_military": (CROSSINGS[2:3], CROSSINGS[3:]),
}
"""Of each share, the count columns that have the property, and those of the others."""
FEW_INCIDENTS = 40
"""Below as many incidents their own sizes say too little of how unequal sizes are."""


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
    return float((k**2).sum()) / float(k.sum())


@by_name
def casualty_rate(
    sizes: object,
    exposure: float,
    *,
    per: float = 1.0,
    level: float = LEVEL,
    unit: str = "",
    dispersion: float | None = None,
    incident_dispersion: float = 1.0,
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
    dispersion : float, optional
        Dispersion of the sizes of a longer list, such as the whole country's, 1 or more. With fewer than 40 incidents
        it is used in place of the incidents' own, which may not have seen the largest blast yet.
    incident_dispersion : float, default 1.0
        Variance over mean of the number of incidents, 1 or more: above 1 where incidents come in bunches. It multiplies
        the dispersion of the sizes.

    Returns
    -------
    Estimate
        Casualties per `per` of exposure; `n` is the number of incidents with a casualty; `method` states phi.

    Raises
    ------
    DataError
        A size is missing, negative or fractional; or the table of `casualty_sizes` is empty because no incident states
        its casualties.
    ParameterError
        `exposure` or `per` is not above 0; a dispersion is below 1.

    Notes
    -----
    With `dispersion` and fewer than 40 incidents: `rate(sum k, exposure, dispersion=dispersion)`, which covers 0.96 to
    0.98 at 5 to 30 incidents where the own sizes cover 0.92 to 0.95. Otherwise y = sum k, v = sum k^2, w = max k.
    low = q(a/2; gamma(shape y^2/v, scale v/y)); high the same with y + w and
    v + w^2: the limits of Fay & Feuer [1]_ for a weighted sum of Poisson counts, the size being the weight. phi is v/y.
    Equal to `rate` when every size is 1. Without an incident the limits are those of `rate(0, ...)`, an interval for
    incidents: sizes are then unknown. Assumes independent incidents whose sizes are like those seen; below about
    10 incidents it covers somewhat less than its level, because the largest blast may not have happened yet.
    `incident_dispersion` multiplies v and w.

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
    >>> print(casualty_rate([1, 1, 2], 1, dispersion=2.7))
    4.0 (0.3 to 17.2)
    """
    k = _sizes(sizes)
    silent = int(sizes.attrs.get("unknown", 0)) if isinstance(sizes, pd.DataFrame) else 0
    if silent and not k.size:
        raise DataError(f"no rate of casualties: all {silent} incidents are of unknown size, which is not 0.")
    t = check_number("exposure", exposure, above=True)
    per = check_number("per", per, above=True)
    level = check_level(level)
    bunched = check_number("incident_dispersion", incident_dispersion, least=1.0)
    given = None if dispersion is None else bunched * check_number("dispersion", dispersion, least=1.0)
    y, v = float(k.sum()), bunched * float((k**2).sum())
    if given is not None and k.size < FEW_INCIDENTS:
        low, high = poisson_limits(y, dispersion=given, level=level)
        words = f"exact Poisson (Garwood), dispersion {given:.3g} of a longer list, n incidents"
    else:
        low, high = compound_limits(y, v, bunched * k.max() if k.size else bunched, level=level)
        words = f"compound Poisson (Fay-Feuer), phi = {v / y:.2f}, n incidents" if k.size else ""
    if not words:
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


_SHARE_METHODS = {"wilson": "Wilson", "exact": "exact (Clopper-Pearson)", "jeffreys": "Jeffreys"}


@by_name
def proportion(
    k: int, n: int, *, unknown: int = 0, method: str = "wilson", design_effect: float = 1.0, level: float = LEVEL
) -> Estimate:
    """Estimate a share of a known total with its interval.

    Of 304 casualties of known status 143 were civilians: 47 percent. Were casualties independent of each other, the
    share behind them would lie between 41.5 and 52.7 percent; with a design effect of 2.5 it may be 38.4 to 55.9.

    Parameters
    ----------
    k : int
        Those that have the property, from 0 to `n`. Missing is refused.
    n : int
        All whose status is known. 0 is refused: there is no share of nothing.
    unknown : int, default 0
        Those whose status is not known, beside `n`. They widen no interval; the bounds of the share, were all of them
        without or all with the property, are printed in `method`.
    method : {"wilson", "exact", "jeffreys"}, default "wilson"
        Wilson's score interval, Clopper and Pearson's exact one, or Jeffreys'.
    design_effect : float, default 1.0
        Variance of the share relative to independent observations, 1 or more; see `design_effect`.
    level : float, default 0.95
        Confidence level, 0.5 to 0.999.

    Returns
    -------
    Estimate
        `value`, `low`, `high` as a share between 0 and 1; `n` is the known denominator; unit "share".

    Raises
    ------
    ParameterError
        An argument is missing, negative or no whole number; `k` exceeds `n`; `design_effect` is below 1.
    DataError
        `n` is 0, or fewer than half are known (`n` < `unknown`): the share is withheld.

    Notes
    -----
    Wilson [1]_, with z the normal quantile: (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n). Exact:
    beta(a/2; k, n-k+1) and beta(1-a/2; k+1, n-k). Jeffreys: quantiles of beta(k+1/2, n-k+1/2). The lower limit is 0
    for k = 0, the upper 1 for k = n. A design effect d enters as k/d and n/d. Assumes that the known are like the
    unknown; where the status is stated only for the worst incidents it is not so, and the bounds are what is left.
    Wilson's interval holds its level on average, not for every share; the exact one for every share, and is wider.

    References
    ----------
    .. [1] Wilson (1927), Journal of the American Statistical Association 22; Newcombe (1998), Statistics in
       Medicine 17, 857.

    Examples
    --------
    >>> print(proportion(143, 304))
    0.470 (0.415 to 0.527)
    >>> print(proportion(143, 304, design_effect=2.5))
    0.470 (0.384 to 0.559)
    >>> proportion(0, 20).low
    0.0
    >>> proportion(10, 20, unknown=5).method
    'Wilson, design effect 1, n known; 5 unknown: between 0.4000 and 0.6000'
    >>> proportion(3, 10, unknown=11)
    Traceback (most recent call last):
    minestats.errors.DataError: share withheld: 10 are known and 11 unknown, fewer than half are known...
    """
    k = int(check_number("k", k, whole=True))
    n = int(check_number("n", n, whole=True))
    unknown = int(check_number("unknown", unknown, whole=True))
    check_choice("method", method, _SHARE_METHODS)
    effect = check_number("design_effect", design_effect, least=1.0)
    level = check_level(level)
    if k > n:
        raise ParameterError(f"`k` must be at most `n` = {n:.0f}, not {k:.0f}.")
    if n == 0:
        raise DataError("no share of nothing: `n`, those of known status, is 0.")
    if n < unknown:
        raise DataError(
            f"share withheld: {n:.0f} are known and {unknown:.0f} unknown, fewer than half are known. "
            "Give the counts instead."
        )
    low, high = share_limits(k, n, method=method, design_effect=effect, level=level)
    words = f"{_SHARE_METHODS[method]}, design effect {effect:.3g}, n known"
    if unknown:
        words += f"; {unknown:.0f} unknown: between {k / (n + unknown):.4f} and {(k + unknown) / (n + unknown):.4f}"
    return Estimate(k / n, float(low), float(high), level, int(n), words, "share")


def share_row(name: str, k: int, n: int, *, unknown: int = 0, effect: float = 1.0, level: float) -> dict[str, object]:
    """Return one row of a table of shares; a share that is withheld keeps its row, with the reason.

    Examples
    --------
    >>> row = share_row("killed", 3, 10, unknown=11, level=0.95)
    >>> row["value"], row["part"], row["method"]
    (nan, 3, 'withheld: 10 known and 11 unknown')
    >>> share_row("killed", 3, 10, unknown=5, level=0.95)["bound_high"]
    0.5333333333333333
    """
    row: dict[str, object] = {"share": name, "value": NAN, "low": NAN, "high": NAN, "n": n, "unit": "share"}
    row |= {"method": "", "part": k, "unknown": unknown, "bound_low": NAN, "bound_high": NAN, "design_effect": effect}
    if n + unknown:
        row |= {"bound_low": k / (n + unknown), "bound_high": (k + unknown) / (n + unknown)}
    if n == 0 or n < unknown:
        return row | {"method": f"withheld: {n} known and {unknown} unknown"}
    made = proportion(k, n, unknown=unknown, design_effect=effect, level=level)
    return row | {"value": made.value, "low": made.low, "high": made.high, "method": made.method}


def share_table(rows: Sequence[dict[str, object]], more: Sequence[str] = ()) -> pd.DataFrame:
    """Return rows of `share_row` as a typed table, also where there are none.

    Examples
    --------
    >>> share_table([share_row("killed", 3, 10, level=0.95)])[["share", "part", "n", "left_out"]]
        share  part   n  left_out
    0  killed     3  10      <NA>
    >>> len(share_table([]))
    0
    """
    limits = ["value", "low", "high"]
    names = ["share", *limits, "n", "unit", "method", "part", "unknown", "bound_low", "bound_high", "design_effect"]
    made = pd.DataFrame(list(rows), columns=[*names, "incidents", "left_out", *more])
    whole = dict.fromkeys(["n", "part", "unknown", "incidents", "left_out"], "Int64")
    exact = dict.fromkeys([*limits, "bound_low", "bound_high", "design_effect"], "float64")
    return made.astype(whole | exact | dict.fromkeys(["share", "unit", "method"], "string"))


@by_name
def case_fatality(
    killed: int,
    injured: int,
    *,
    unknown: int = 0,
    method: str = "wilson",
    design_effect: float = 1.0,
    level: float = LEVEL,
) -> Estimate:
    """Estimate the share of casualties that were killed.

    Of 304 casualties 57 died: a case fatality of 19 percent. It says how deadly the recorded blasts were, not how many
    people die of mines: that is a rate.

    Parameters
    ----------
    killed, injured : int
        Casualties who died and who survived, each 0 or more. Missing is refused, never taken for 0.
    unknown : int, default 0
        Casualties of unknown outcome. They are left out of the denominator and printed in `method`.
    method, design_effect, level
        As for `proportion`.

    Returns
    -------
    Estimate
        Share between 0 and 1; `n` = `killed` + `injured`; unit "share".

    Raises
    ------
    ParameterError
        A count is missing, negative or no whole number.
    DataError
        Nobody was hurt, or fewer than half of the outcomes are known.

    Notes
    -----
    `proportion(killed, killed + injured, unknown=unknown)`. Injuries are reported less completely than deaths, and
    deaths in hospital after the report are missed: both move the share, in opposite directions.

    References
    ----------
    .. [1] Landmine Monitor, yearly casualty chapters (killed, injured and unknown outcome told apart).

    Examples
    --------
    >>> print(case_fatality(57, 247))
    0.1875 (0.1476 to 0.2352)
    >>> round(case_fatality(17867, 51711, unknown=3998).value, 4)
    0.2568
    >>> case_fatality(0, 0)
    Traceback (most recent call last):
    minestats.errors.DataError: no share of nothing: `n`, those of known status, is 0.
    """
    killed = int(check_number("killed", killed, whole=True))
    injured = int(check_number("injured", injured, whole=True))
    return proportion(
        killed, killed + injured, unknown=unknown, method=method, design_effect=design_effect, level=level
    )


def design_effect(affected: object, sizes: object) -> float:
    """Return by what factor clustering within incidents inflates the variance of a share of casualties.

    If every blast hit only civilians or only soldiers, 300 casualties of 120 blasts say little more about the civilian
    share than 120 people would; the factor is then about the mean number of casualties that a casualty was hurt with.

    Parameters
    ----------
    affected : array_like of int
        Of each incident, the casualties that have the property (civilians, children, killed).
    sizes : array_like of int
        Of each incident, the casualties of known status, at least `affected`. Incidents of size 0 drop out.

    Returns
    -------
    float
        The design effect, 1 or more, for `proportion(..., design_effect=...)`.

    Raises
    ------
    DataError
        Lengths differ, a value is missing, negative or fractional, `affected` exceeds `sizes`, or fewer than two
        incidents have casualties.

    Notes
    -----
    d = max(1, [m/(m-1) sum (a_i - p k_i)^2 / (sum k)^2] / [p(1-p)/sum k]) for a_i of the k_i casualties of incident i,
    m incidents, p = sum a / sum k: the variance of a ratio of means under cluster sampling over that of independent
    observations. Where p is 0 or 1 nothing can be learnt about clustering and d is 1. It assumes that incidents are
    independent of each other, and is itself uncertain below about 20 incidents.

    References
    ----------
    .. [1] Cochran (1977), Sampling Techniques, 3rd edition, chapters 3 and 9.

    Examples
    --------
    >>> design_effect([2, 0, 2, 0], [2, 2, 2, 2])
    2.6666666666666665
    >>> design_effect([0, 0], [1, 3])
    1.0
    """
    rows = same_rows(affected=affected, sizes=sizes)
    a = numbers(rows["affected"], "affected", whole=True)
    k = numbers(rows["sizes"], "sizes", whole=True)
    wrong = np.flatnonzero(a > k)
    if wrong.size:
        i = wrong[0]
        raise DataError(f"`affected` exceeds `sizes` at place {i}: {a[i]:.0f} of {k[i]:.0f}; correct the figures.")
    a, k = a[k > 0], k[k > 0]
    m, total = k.size, float(k.sum())
    if m < 2:
        raise DataError(f"a design effect needs at least 2 incidents with casualties, not {m}.")
    p = float(a.sum()) / total
    if p in (0.0, 1.0):
        return 1.0
    clustered = m / (m - 1) * ((a - p * k) ** 2).sum() / total**2
    return float(max(1.0, clustered / (p * (1 - p) / total)))
