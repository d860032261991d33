"""A ministry prints how many people mines have killed or injured since the war ended.

Such totals rise, are revised, and come at irregular dates, from authorities that quote one register. This module turns
them into rates. `check_totals` says what is wrong with them, `resolve_totals` repairs falls in the open, and
`interval_rates` gives casualties a year between the dates at which a total is known: nothing finer can be known.
`to_months` and `total_at` draw a curve through the totals, for display; `trend_from_totals` estimates a change without
such a curve.

A series is one scope and one start of counting (`series` lists those of a table). "Victims" in official statements
means casualties: killed and injured together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from math import inf, log1p

import numpy as np
import pandas as pd

from minestats.columns import DAYS_PER_YEAR, check_level, check_number, framed, needed_date, texts
from minestats.errors import DataError, ParameterError, Problem, by_name, check_choice
from minestats.estimate import LEVEL, Estimate
from minestats.periods import DAY, grid
from minestats.rates.limits import find_root, poisson_limits
from minestats.totals.running import (
    COUNTS,
    POLICIES,
    PUBLISHED,
    Day,
    Rows,
    Series,
    all_series,
    check_value,
    daily,
    falls,
    one_series,
    prepare,
    resolve,
    walk,
)
from minestats.trend.change import MIN_PERIODS, percent_change


@by_name
def resolve_totals(totals: pd.DataFrame, *, policy: str = "later-wins") -> pd.DataFrame:
    """Give each series one value a day that never falls, and say of every figure why it was changed.

    A running total that falls was corrected, or one of the two figures is wrong. The default takes the later statement
    for the correction of the earlier one. The published figures stay beside the resolved ones.

    Parameters
    ----------
    totals : DataFrame
        One row a published total: `since`, `as_of`, `authority`, optionally `total_id`, `scope`, `span`, `rounded`,
        `as_of_precision`, `publisher` or `source_id`, and count columns (persons; missing where not stated).
    policy : {"later-wins", "isotonic", "raise"}
        What to do where a total is lower than an earlier one: take the later figure; fit a non-decreasing series by
        weighted least squares, for when neither figure is better (figures may become fractional); or refuse.

    Returns
    -------
    DataFrame
        All rows and columns, sorted by `scope`, `since`, `as_of`, `total_id`, with a plain index, and:

        - each count column : Int64 (Float64 with isotonic), persons; the resolved value, missing where not stated;
        - `<column>_published` : the figure as published;
        - `start` : datetime64; the first day of the row's series, where starts at most 31 days apart are one;
        - `used` : bool, False where the row cannot be used;
        - `reason` : text; why the row is not used or which figures were changed; empty where nothing changed.

    Raises
    ------
    ParameterError
        An unknown policy.
    DataError
        With "raise", a total falls; a date, or a count, is none; a total ends before it starts.

    Notes
    -----
    Not usable: no full `as_of`, no `since`, `rounded` (about, more_than, nearly), `authority` empty or "unknown". Such
    rows keep the published figure. For each series and column: (1) one value a day, the one with most distinct sources,
    a tie going to the larger; (2) later-wins: the least of this and all later totals; isotonic: weights are the sources
    of the day's value [1]_. Never the absolute difference, never the running maximum: both make casualties out of
    corrections. Resolving twice changes no number.

    Later-wins is wrong where the later figure is the misprint; a misprint that other sources of the day contradict is
    outvoted.

    References
    ----------
    .. [1] Barlow, Bartholomew, Bremner and Brunk (1972), Statistical Inference under Order Restrictions.

    Examples
    --------
    >>> totals = pd.DataFrame({
    ...     "total_id": ["a", "b", "c", "d"], "scope": "national", "since": "2020-11-10", "authority": "anama",
    ...     "as_of": ["2022-10-25", "2022-12-13", "2022-12-14", "2022-12-15"], "victims": [266, 268, 262, 278]})
    >>> resolved = resolve_totals(totals)
    >>> resolved[["as_of", "victims", "victims_published"]]
            as_of  victims  victims_published
    0  2022-10-25      262                266
    1  2022-12-13      262                268
    2  2022-12-14      262                262
    3  2022-12-15      278                278
    >>> print(resolved.loc[0, "reason"])
    victims 266: 262 by the later c (2022-12-14)

    A total without a named authority is kept, and not used:

    >>> resolve_totals(totals[:1].assign(authority=None))[["victims", "used", "reason"]]
       victims   used             reason
    0      266  False  authority unknown
    """
    check_choice("policy", policy, POLICIES)
    rows = prepare(totals)
    notes = _earlier_notes(totals, rows.unusable)
    result = totals.copy()
    fallen: list[Problem] = []
    for column, figures in rows.figures.items():
        days = daily(rows, column)
        fallen += _problems(rows, days, column) if policy == "raise" else []
        new = figures.copy()
        for day, resolved in zip(days, resolve(days, policy), strict=True):
            for i in day.rows:
                new[i] = resolved
                if figures[i] != resolved:
                    notes[i].append(_why(column, figures[i], day, resolved, days, policy))
        if column + PUBLISHED not in result.columns:
            result[column + PUBLISHED] = result[column]
        made = policy == "isotonic" or (np.floor(new) != new)[~np.isnan(new)].any()
        result[column] = pd.array(new, dtype="Float64").astype("Float64" if made else "Int64")
    if fallen:
        raise DataError("victim_totals: totals fall, and policy 'raise' allows none", fallen)
    result["start"] = rows.start.astype("datetime64[us]")
    result["used"] = [not why for why in rows.unusable]
    result["reason"] = pd.array(["; ".join(note) for note in notes], dtype="string")
    return result.iloc[rows.in_order()].reset_index(drop=True)


@by_name
def interval_rates(
    totals: pd.DataFrame,
    *,
    value: str = "victims",
    per_days: float = DAYS_PER_YEAR,
    min_days: float = 14,
    dispersion: float = 1.0,
    level: float = LEVEL,
    from_start: bool = False,
) -> pd.DataFrame:
    """Estimate casualties a year between consecutive official totals, with intervals.

    A total of 266 on 25 October and of 304 on 16 June says that 38 people were hurt in 234 days: 59 a year. When
    within the 234 days is not known, and this function does not guess.

    Parameters
    ----------
    totals : DataFrame
        As in `resolve_totals`. Filter by authority first if you doubt that all quote one register.
    value : str
        Count column, default "victims" (casualties, persons).
    per_days : float
        Days that the rate is for, above 0; 365.25 is a year.
    min_days : float
        Shortest interval in days, 0 or more; totals that follow sooner are passed over, and counted in `merged`.
    dispersion : float
        Variance over mean of the counts, 1 or more. 1 is for incidents; people hurt by one blast come together, so pass
        the dispersion of the incident list (sum k^2 / sum k over the sizes k of `casualty_sizes`).
    level : float
        Level of the intervals, 0.5 to 0.999.
    from_start : bool
        Begin with the total 0 on `since`, which is so by definition, instead of with the first published total; its
        authority is "". Totals of years or months (`span`) that follow each other are joined.

    Returns
    -------
    DataFrame
        One row an interval, all series, sorted by scope, start of counting, date; a series with one total has none:

        - `scope` : text; `since` : datetime64[us], the start of counting of the series (its earliest);
        - `start`, `end` : datetime64[us], as-of dates of the totals at both ends; the days counted are those after
          `start` up to `end`;
        - `days` : Int64; `count` : Int64, persons, the later total minus the earlier;
        - `rate`, `low`, `high` : float, persons per `per_days` days;
        - `dispersion` : float, as given;
        - `merged` : Int64, totals passed over within the interval;
        - `authority_start`, `authority_end` : text, who stated the totals, ";" between several;
        - `inferred` : bool, True where no source states the as-of date of one of the ends.

    Raises
    ------
    ParameterError
        An unknown column; an argument out of range.
    DataError
        No usable total; a date, or a count, is none; a total ends before it starts.

    Notes
    -----
    The totals are resolved first (later-wins). From the first total on, an interval closes at the first total at least
    `min_days` later; what remains at the end extends the last interval, so that the counts add to the last total minus
    the first. With x counted, phi the dispersion and a = 1 - level, the limits of x are phi/2 chi2(a/2; 2x/phi) and
    phi/2 chi2(1 - a/2; 2x/phi + 2), the lower being 0 for x = 0 [1]_. This is panel count data of one subject: the
    increments are all that is known [2]_.

    Do not use it for totals of different registers, nor read a falling rate as an effect of clearance: how many people
    live and work there changes too.

    References
    ----------
    .. [1] Garwood (1936), Fiducial limits for the Poisson distribution. Biometrika 28.
    .. [2] Sun and Kalbfleisch (1995), Estimation of the mean function of point processes based on panel count data.
       Statistica Sinica 5.

    Examples
    --------
    >>> totals = pd.DataFrame({
    ...     "scope": "national", "since": "2020-11-10", "authority": "anama",
    ...     "as_of": ["2022-10-25", "2022-12-13", "2022-12-15", "2023-06-16"], "victims": [266, 268, 278, 304]})
    >>> interval_rates(totals)[["days", "count", "rate", "low", "high", "merged"]].round(1)
       days  count  rate   low  high  merged
    0    49      2  14.9   1.8  53.9       0
    1   185     36  71.1  49.8  98.4       1

    One total is no interval:

    >>> len(interval_rates(totals[:1]))
    0
    """
    check_value(totals, value)
    per_days = check_number("per_days", per_days, above=True)
    min_days = check_number("min_days", min_days)
    dispersion = check_number("dispersion", dispersion, least=1)
    level = check_level(level)
    rows = []
    for one in all_series(totals, value, from_start=from_start):
        for i, j in zip(*walk(one, min_days), strict=True):
            days, count = int((one.as_of[j] - one.as_of[i]).astype(int)), int(one.total[j] - one.total[i])
            low, high = (float(limit) for limit in poisson_limits(count, dispersion=dispersion, level=level))
            rates = [number * (per_days / days) for number in (count, low, high)]
            ends, inferred = (one.authority[i], one.authority[j]), bool(one.inferred[i] | one.inferred[j])
            period = (one.scope, one.since, one.as_of[i], one.as_of[j], days, count)
            rows.append((*period, *rates, dispersion, j - i - 1, *ends, inferred))
    types = {"scope": "string"} | dict.fromkeys(["since", "start", "end"], "datetime64[us]")
    types |= dict.fromkeys(["days", "count"], "Int64") | dict.fromkeys(["rate", "low", "high", "dispersion"], "float64")
    types |= {"merged": "Int64", "authority_start": "string", "authority_end": "string", "inferred": "bool"}
    return framed(rows, types)


def series(totals: pd.DataFrame, *, value: str = "victims") -> pd.DataFrame:
    """List the series of a table: each scope and start of counting, with its dates.

    The functions that need one series name those they found; this is the same as a table, to choose from.

    Parameters
    ----------
    totals : DataFrame
        As in `resolve_totals`.
    value : str
        Count column, default "victims".

    Returns
    -------
    DataFrame
        One row a series with a usable total, sorted by scope and start: `scope` (text), `since` (datetime64[us], the
        earliest start of the series), `first`, `last` (datetime64[us], as-of dates), `n` (Int64, dates with a total),
        `statements` (Int64, rows).

    Raises
    ------
    ParameterError
        An unknown column.
    DataError
        No usable total.

    Examples
    --------
    >>> totals = pd.DataFrame({
    ...     "scope": "national", "since": ["2020-11-10", "2020-11-20", "1991-01-01"], "authority": "anama",
    ...     "as_of": ["2022-10-25", "2022-12-13", "2022-12-13"], "victims": [266, 268, 3375]})
    >>> series(totals)
          scope      since      first       last  n  statements
    0  national 1991-01-01 2022-12-13 2022-12-13  1           1
    1  national 2020-11-10 2022-10-25 2022-12-13  2           2
    """
    rows = [
        (one.scope, one.since, one.as_of[0], one.as_of[-1], len(one.as_of), one.statements)
        for one in all_series(totals, value)
    ]
    types = {"scope": "string"} | dict.fromkeys(["since", "first", "last"], "datetime64[us]")
    return framed(rows, types | dict.fromkeys(["n", "statements"], "Int64"))


def _earlier_notes(totals: pd.DataFrame, unusable: list[str]) -> list[list[str]]:
    """The reasons to begin with: why a row is not used, or what an earlier resolution has said of it."""
    resolved = any(column + PUBLISHED in totals.columns for column in COUNTS)
    before = texts(totals, "reason") if resolved else [""] * len(totals)
    return [[why or old] if why or old else [] for why, old in zip(unusable, before, strict=True)]


def _why(column: str, published: float, day: Day, resolved: float, days: list[Day], policy: str) -> str:
    """Why one published figure differs from the resolved one."""
    text = f"{column} {published:g}: "
    if published != day.total:
        text += f"{day.total:g} by {day.sources} of {day.sources_of_day} sources of the day ({day.stated_by})"
        if day.total == resolved:
            return text
        text += ", then "
    if policy == "isotonic":
        return text + f"{resolved:g} by the non-decreasing fit"
    later = next(d for d in days if d.series == day.series and d.as_of > day.as_of and d.total == resolved)
    return text + f"{resolved:g} by the later {later.stated_by} ({later.as_of})"


def _problems(rows: Rows, days: list[Day], column: str) -> list[Problem]:
    """One problem for each statement that is lower than an earlier day of its series."""
    remedy, found = "correct the row, or use policy='later-wins'", []
    for day, highest in falls(days):
        rule = f"{day.as_of}: not below {highest.total:g} ({highest.stated_by}, {highest.as_of})"
        where = ("victim_totals", None, column, f"{day.total:g}", rule, remedy)
        found += [Problem(*where, rows.ids[i]) for i in day.stating]
    return found


MIN_DAYS = (14, 30, 60, 90)
"""Shortest intervals that the trend is fitted with: slow swings make neighbouring short intervals alike."""
_SMALL = 0.03


@by_name
def trend_from_totals(
    totals: pd.DataFrame,
    *,
    value: str = "victims",
    level: float = LEVEL,
    min_days: float | Sequence[float] = MIN_DAYS,
    from_start: bool = False,
    policy: str = "later-wins",
) -> Estimate:
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
    min_days : float or list of float, default (14, 30, 60, 90)
        Shortest interval in days, 0 or more. Of several the fit with the widest interval is returned.
    from_start : bool
        Begin with the total 0 on `since`, which is so by definition.
    policy : {"later-wins", "isotonic"}
        What becomes of a total that falls, as in `resolve_totals`.

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
    The intervals are those of `interval_rates`. Casualties swing slowly, by season and by where people work, so that
    short intervals that follow each other are alike, and taken as independent promise too much: at 14 days an interval
    of 95 percent held the truth in 74 to 88 percent of simulated series that swing. The trend is therefore fitted at
    each of `min_days` that leaves four intervals or more, and the one with the widest limits (in the logarithm) stands.
    The count x of an interval has mean
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
    several = list(min_days) if isinstance(min_days, Iterable) else [min_days]
    shortest = sorted({check_number("min_days", days) for days in several})
    if not shortest:
        raise ParameterError("`min_days` names no number of days; give one or more.")
    series = one_series(totals, value, policy=policy, from_start=from_start)
    fits = [trend_of_series(series, shortest[0], level=level)]  # where this one is refused, so are all
    for days in shortest[1:]:
        with suppress(DataError):  # longer intervals may be too few
            fits.append(trend_of_series(series, days, level=level))
    widest = max(fits, key=_width)
    among = f" (the widest of {', '.join(f'{days:g}' for days in shortest)} days)" if len(shortest) > 1 else ""
    return replace(widest, method=widest.method + among)


def trend_of_series(series: Series, min_days: float, *, level: float, without: int | None = None) -> Estimate:
    """Fit the trend to the intervals of one series, or to all but the one at the position `without`."""
    opened, closed = walk(series, min_days)
    kept = np.arange(len(opened)) != (-1 if without is None else without)
    opened, closed = opened[kept], closed[kept]
    if len(opened) < MIN_PERIODS:
        raise DataError(
            f"victim_totals: {len(opened)} interval{'s' if len(opened) != 1 else ''} of {min_days:g} days or more; "
            f"a trend needs at least {MIN_PERIODS}."
        )
    count = series.total[closed] - series.total[opened]
    if np.count_nonzero(count) < 2:
        raise DataError(
            "victim_totals: casualties in one interval only, or in none; a trend needs them in two or more."
        )
    start, end = ((series.as_of[at] - series.as_of[0]).astype(float) / DAYS_PER_YEAR for at in (opened, closed))
    slope, variance, pearson = _fit(count, start, end)
    return percent_change(
        slope, variance, pearson, len(count), level=level, of=f"intervals of {min_days:g} days or more between totals"
    )


def _width(change: Estimate) -> float:
    """Width of the limits of a percent change, in the logarithm."""
    return log1p(change.high / 100) - (log1p(change.low / 100) if change.low > -100 else -inf)


def _fit(count: np.ndarray, start: np.ndarray, end: np.ndarray) -> tuple[float, float, float]:
    """Slope a year, its Poisson variance, and Pearson's X^2, for counts from `start` to `end` (years)."""
    span, centre = end[-1] - start[0], (start[0] + end[-1]) / 2
    start, end = (start - centre) / span, (end - centre) / span  # b is then a change over the whole span
    middle, half = (start + end) / 2, (end - start) / 2

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
    b = find_root(lambda b: -score(b))
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
