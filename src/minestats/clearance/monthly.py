"""Cleared land and mines found, out of bulletins that overlap, round, copy and contradict each other.

A mine-action agency publishes what it cleared by the week, the month and the year, and as a running total since
a date; newspapers reprint it, round it, and misprint it. The statements lie within each other and must not be
added up. This module keeps them all in a ledger, shows where they overlap and disagree, and makes one monthly
series in which every month says how it was obtained. What was apportioned is for display: it never enters a test
or a trend. Hectares are "as reported": bulletins do not say whether land was searched, reduced or cancelled.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from minestats.clearance.reconcile import Cell, Months, joined
from minestats.clearance.statements import MEASURES, NAME, Choice, Statements, chosen, date_of, first_day, iso, month_of
from minestats.columns import check_level, check_number, dates, framed, need
from minestats.errors import DataError, ParameterError, by_name, did_you_mean, listed
from minestats.estimate import LEVEL, Estimate
from minestats.trend.change import MIN_PERIODS

METHODS = ("reported", "weeks", "difference", "allocated", "missing")
WEEKS_ABOVE = 1.02  # weeks that exceed their month by more than this factor contradict it


@by_name
def monthly_clearance(statements: pd.DataFrame, *, operator: str) -> pd.DataFrame:
    """Make one monthly series of an operator's clearance, and say how each month was obtained.

    The bulletins overlap: adding them counts the same hectare several times. Each month takes its figure from the
    best that speaks of it, and `method` says which that was; a month of which nothing speaks stays unknown.

    Parameters
    ----------
    statements : pandas.DataFrame
        Statements of clearance, one a row, of any operators and districts: `statement_id`, `period_start`,
        `period_end`, `period_type`, `operator`, and any of `district`, `area_ha` (hectares), `anti_personnel`,
        `anti_tank`, `uxo` (pieces), `rounded`, `rounded_columns`, `source_id`, `publisher`, `published`. A missing
        figure is unknown, never 0. With `publisher` two pages of one site are one source.
    operator : str
        Whose work is counted, such as "all" or "anama". Rows of other operators and of single districts never enter.
        For "all", a statement of an unknown operator stands in where no other has the same period, but for weeks.

    Returns
    -------
    pandas.DataFrame
        One row a month, from the first with any figure to the last that a bounded statement touches (or the last
        with a figure, where that is later):

        - `month` (datetime64, first day), `area_ha` (float, hectares, NaN where unknown)
        - `method` (str): reported, weeks, difference, allocated, missing
        - `n_sources` (int): distinct sources of the statements used; the least of them where several are used
        - `low`, `high` (float, hectares): range of the unrounded statements; 0 and all that was shared out, where a
          remainder was split over several months; of a month that alone is left, what the running totals allow
        - `conflict` (bool): unrounded statements contradict each other, or the weeks exceed the month by over 2 %
        - `rejected` (str): figures that were not chosen, separated by ";"
        - `shared_by` (int): months that a remainder was split over; 0 where nothing was split
        - `assumed` (bool): rests on a statement of an unknown operator, in any measure
        - `weeks_ha` (float), `weeks_days` (int): what the short statements give and the days they cover, whatever
          the method
        - `year_total_ha`, `year_residual_ha` (float): the stated total of the year; sum of its months minus it,
          where all 12 have a figure
        - `counter_ha`, `counter_residual_ha` (float): in a month with dates of the main running counter, what it
          rose since the date before; the months, apportioned by days, minus that
        - `anti_personnel`, `anti_tank`, `uxo` (float, pieces), made in the same way, and `anti_personnel_method`,
          `anti_tank_method`, `uxo_method` (str)

    Raises
    ------
    ParameterError
        `operator` is "unknown", empty or no text.
    DataError
        A period is reversed, a date or figure impossible, or no statement of the operator gives a month; the message
        names the operators there are.

    Notes
    -----
    For each measure apart, the first that applies:

    1. *reported*: a statement is exactly of the month, once periods are put on the calendar (see `ledger`).
    2. *weeks*: statements of at most 16 days cover each day of the month, taken by start, the longer first, skipping
       one that starts within the one before; each gives its share by days.
    3. Spans, the shortest first, what is known of their months taken off and the rest split by days: unrounded
       statements of 2 to 12 whole months, and differences of consecutive running totals that stand within 3 days of
       a month end, at most 12 months apart. *difference* for one month of the counter, else *allocated*. A span
       smaller than its known months is not used and is listed by `clearance_conflicts`.
    4. *missing*.

    The counter is the running total with the most dates (starts within 31 days are one); a later total corrects an
    earlier one that is higher. A total of 10 000 or more in whole thousands, in a statement that rounds another of
    its figures, counts as rounded: a difference of two such totals would have an error as large as a month.
    Allocated months are for display: never put them into a test or a trend. Year residuals are 0 by construction
    where months were allocated, so judge the series by `counter_residuals`. Weeks that exceed their month are
    flagged also where they do so only in the highest of contradicting figures.

    Examples
    --------
    >>> statements = pd.DataFrame({
    ...     "statement_id": ["s1", "s2", "s3"], "operator": "all", "area_ha": [100.5, 80, 300],
    ...     "period_start": ["2024-01-01", "2024-02-01", "2024-01-01"],
    ...     "period_end": ["2024-01-30", "2024-02-29", "2024-03-31"], "period_type": ["month", "month", "quarter"]})
    >>> monthly_clearance(statements, operator="all")[["month", "area_ha", "method", "shared_by"]]
           month  area_ha     method  shared_by
    0 2024-01-01    100.5   reported          0
    1 2024-02-01     80.0   reported          0
    2 2024-03-01    119.5  allocated          1

    >>> monthly_clearance(statements, operator="anama")
    Traceback (most recent call last):
    minestats.errors.DataError: clearance: no usable statement of operator 'anama': ... 'all'.
    """
    months = months_of(statements, operator)
    extent = months.extent()
    if extent is None:
        raise unusable(months, "none of its statements of the whole country gives a month")
    span = range(extent[0], extent[1] + 1)
    rows = []
    for month in span:
        first, last = first_day(month), first_day(month + 1) - 1
        found = {measure: months.cells[measure].get(month) for measure in MEASURES}
        cell = found["area_ha"] or Cell(first, last, Choice(np.nan, np.nan, np.nan, 0), "missing")
        weeks, days = months.weeks(month, "area_ha") or (None, 0)
        choice, conflict, short = cell.choice, cell.choice.conflict, np.nan
        if weeks is not None:
            short = weeks.value
            conflict |= (weeks.choice.high if weeks.choice.conflict else short) > WEEKS_ABOVE * cell.value
        assumed = any(one is not None and one.assumed for one in found.values())
        rows.append(
            (
                *(date_of(first), cell.value, cell.method, choice.n_sources, choice.low, choice.high, conflict),
                *(joined(choice.rejected), cell.shared_by, assumed, short, days),
            )
        )
    types = {"month": "datetime64[us]", "area_ha": "float64", "method": "str", "n_sources": "int64", "low": "float64"}
    types |= {"high": "float64", "conflict": "bool", "rejected": "str", "shared_by": "int64", "assumed": "bool"}
    made = framed(rows, types | {"weeks_ha": "float64", "weeks_days": "int64"})
    made["year_total_ha"], made["year_residual_ha"] = _year_columns(months, made)
    made["counter_ha"], made["counter_residual_ha"] = _counter_columns(months, span)
    pieces = {measure: [months.cells[measure].get(month) for month in span] for measure in MEASURES[1:]}
    for measure, cells in pieces.items():
        made[measure] = [np.nan if one is None else one.value for one in cells]
    for measure, cells in pieces.items():
        made[f"{measure}_method"] = pd.Series(["missing" if one is None else one.method for one in cells], dtype="str")
    return made


def by_year(monthly: pd.DataFrame) -> pd.DataFrame:
    """Add up a monthly series by calendar year beside the official totals of the years.

    The sum is of the months that are known; `months_missing` says how many of the series are not in it.

    Parameters
    ----------
    monthly : pandas.DataFrame
        Output of `monthly_clearance`.

    Returns
    -------
    pandas.DataFrame
        One row a year: `year` (int); `sum_ha` (float, hectares, NaN where no month is known); `official_ha` (float,
        the stated total of the year, NaN where there is none); `residual_ha` (float, sum minus official, where all
        12 months are known); `months_reported`, `months_weeks`, `months_difference`, `months_allocated`,
        `months_missing` (int, months of the series; a first or last year may have fewer than 12).

    Raises
    ------
    DataError
        A column is missing.

    Notes
    -----
    A residual is 0 by construction where a month was allocated from the total of the year.

    Examples
    --------
    >>> statements = pd.DataFrame({
    ...     "statement_id": ["s1", "s2"], "operator": "all", "area_ha": [100, 1200], "period_type": ["month", "year"],
    ...     "period_start": ["2024-01-01", "2024-01-01"], "period_end": ["2024-01-31", "2024-12-31"]})
    >>> years = by_year(monthly_clearance(statements, operator="all"))
    >>> years[["year", "sum_ha", "official_ha", "months_reported", "months_allocated"]]
       year  sum_ha  official_ha  months_reported  months_allocated
    0  2024  1200.0       1200.0                1                11
    """
    need(monthly, ["month", "area_ha", "method", "year_total_ha", "year_residual_ha"], "monthly")
    groups = monthly.groupby(dates(monthly, "month", name="monthly", required=True).dt.year)
    made = pd.DataFrame(
        {
            "sum_ha": groups["area_ha"].sum(min_count=1),
            "official_ha": groups["year_total_ha"].first(),
            "residual_ha": groups["year_residual_ha"].first(),
        }
    )
    for method in METHODS:
        made[f"months_{method}"] = groups["method"].agg(lambda said, method=method: int((said == method).sum()))
    return made.rename_axis("year").reset_index()


def area_per_mine(
    area_ha: float, anti_personnel: int, anti_tank: int, *, dispersion: float = 1.0, level: float = LEVEL
) -> Estimate:
    """Estimate how many square metres were cleared for each mine found.

    Few square metres a mine say that teams worked where mines were; many say that much land without mines was
    released. Unexploded ordnance never counts as a mine.

    Parameters
    ----------
    area_ha : float
        Area in hectares, 0 or more, as reported.
    anti_personnel, anti_tank : int
        Mines found on it, 0 or more. A missing count is refused, never taken for 0.
    dispersion : float, default 1.0
        Variance over mean of the mines found, 1 or more: `finds_dispersion` of the 36 months up to the last of the
        area. Without it the interval is the least uncertainty, not all of it.
    level : float
        Level of the interval, 0.5 to 0.999.

    Returns
    -------
    Estimate
        Square metres a mine ("m2 per mine"), with the interval; `n` is the number of mines.

    Raises
    ------
    ParameterError
        A figure is missing, negative or not finite, a count is not whole, or there is neither area nor mine.

    Notes
    -----
    1e4 area / M with M = anti_personnel + anti_tank. The area is fixed and M a Poisson count: the limits are
    1e4 area / (exact limits of M), exchanged [1]_, with the dispersion of `rate`. Without a mine the value and the
    upper limit are infinite. Mines lie in rows and fields, so finds cluster: from month to month they vary a hundred
    times as much as independent finds would, and an interval without dispersion is ten times too narrow. Do not compare
    operators by it alone: terrain and the share of survey differ.

    References
    ----------
    .. [1] Garwood, F. (1936). Fiducial limits for the Poisson distribution. Biometrika 28.

    Examples
    --------
    >>> print(area_per_mine(54841, 25751, 12547))
    14,320 (14,177 to 14,464)
    >>> print(area_per_mine(54841, 25751, 12547, dispersion=200))
    14,320 (12,429 to 16,586)
    >>> area_per_mine(10, 0, 0).value
    inf
    """
    from minestats.rates.limits import poisson_limits

    area = 1e4 * check_number("area_ha", area_ha)
    mines = check_number("anti_personnel", anti_personnel, whole=True)
    mines += check_number("anti_tank", anti_tank, whole=True)
    if area == 0 and mines == 0:
        raise ParameterError("`area_ha` and the mines are both 0: there is nothing to divide.")
    phi, level = check_number("dispersion", dispersion, least=1.0), check_level(level)
    few, most = (float(limit) for limit in poisson_limits(np.array(mines), dispersion=phi, level=level))
    words = "finds cluster, so too narrow" if phi == 1 else f"dispersion of the finds {phi:.3g}"
    return Estimate(
        area / mines if mines else np.inf,
        area / most,
        area / few if few else np.inf if area else 0.0,
        level,
        int(mines),
        f"exact Poisson limits of the mines found, area as reported and fixed; {words}",
        "m2 per mine",
    )


def finds_dispersion(monthly: pd.DataFrame) -> float:
    """Return how much more the mines of a month vary around its area than independent finds would, within years.

    Parameters
    ----------
    monthly : pandas.DataFrame
        Output of `monthly_clearance`, such as its last 36 rows: the finds of other times may have varied otherwise.

    Returns
    -------
    float
        Variance over mean of the mines found, 1 or more, for `area_per_mine(..., dispersion=...)`.

    Raises
    ------
    DataError
        Fewer than four months beyond one a year have a stated area and stated mines of both kinds, or a column is
        missing.

    Notes
    -----
    X^2 of the months of each calendar year around the mines a hectare of that year, summed, over the months less the
    years; anti-personnel and anti-tank mines together. A change from one year to the next is what the interval is to
    be compared with, and is no part of it. Only months that are reported, or made of weeks, count: a month shared out
    of a longer period varies too little.

    Examples
    --------
    >>> monthly = pd.DataFrame({
    ...     "month": pd.date_range("2025-01-01", periods=4, freq="MS"),
    ...     "area_ha": [100.0] * 4, "method": "reported", "anti_personnel": [10, 30, 20, 20], "anti_tank": [0, 0, 0, 0],
    ...     "anti_personnel_method": "reported", "anti_tank_method": "reported"})
    >>> round(finds_dispersion(monthly), 3)
    3.333
    """
    pieces = ["anti_personnel", "anti_tank"]
    need(monthly, ["month", "area_ha", "method", *pieces, *(f"{p}_method" for p in pieces)], "monthly")
    told = monthly[["method", *(f"{p}_method" for p in pieces)]].isin(["reported", "weeks"]).all(axis=1)
    months = monthly[told & (monthly["area_ha"] > 0)]
    year = months["month"].dt.year
    made = pd.DataFrame({"mines": months[pieces].sum(axis=1), "area": months["area_ha"]}).astype(float)
    whole = made.groupby(year).transform("sum")
    expected = whole["mines"] / whole["area"] * made["area"]
    found = expected > 0
    free = int(found.sum()) - year[found].nunique()
    if free < MIN_PERIODS - 1:
        raise DataError(
            f"monthly: {found.sum()} months of {year[found].nunique()} years with a stated area and stated mines; "
            f"a dispersion within years needs {MIN_PERIODS} of one year."
        )
    return max(1.0, float((((made["mines"] - expected) ** 2) / expected)[found].sum() / free))


def _year_columns(months: Months, made: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """The stated total of each row's year, and the sum of its months minus that."""
    years = made["month"].dt.year
    known = made["area_ha"].groupby(years).agg(lambda area: area.sum() if area.count() == 12 else np.nan)
    totals = {year: months.year_total(year) for year in known.index}
    residuals = {year: difference(known[year], total) for year, total in totals.items()}
    return years.map(totals).astype(float), years.map(residuals).astype(float)


def _counter_columns(months: Months, rows: range) -> tuple[list[float], list[float]]:
    """What the counter rose in the stretches that end in each month, and the months minus that."""
    by_month: dict[int, tuple[float, float]] = {}
    for _, end, risen, apportioned in months.stretches():
        before = by_month.get(month_of(end), (0.0, 0.0))
        by_month[month_of(end)] = (before[0] + risen, before[1] + apportioned)
    found = [by_month.get(month, (np.nan, np.nan)) for month in rows]
    return [risen for risen, _ in found], [difference(apportioned, risen) for risen, apportioned in found]


def counter_residuals(statements: pd.DataFrame, *, operator: str) -> pd.DataFrame:
    """Compare the monthly series with the running counter, stretch by stretch.

    The counter is published apart from the monthly bulletins, so it checks them: a residual of -2000 says that the
    months of that stretch report 2000 hectares less than the counter rose.

    Parameters
    ----------
    statements : pandas.DataFrame
        Statements of clearance, as for `monthly_clearance`.
    operator : str
        Whose work is counted.

    Returns
    -------
    pandas.DataFrame
        One row for each stretch between consecutive dates of the main counter: `start` and `end` (datetime64, the
        two as-of dates: the stretch runs from the day after `start`; the first starts the day before the counter
        does, at 0), `days` (int), `increment_ha` (float, what the counter rose), `months_ha` (float, the same out of
        the months, each apportioned by days; NaN where a month is unknown), `residual_ha` (float, months minus
        increment). No row where the operator has no unrounded running total.

    Raises
    ------
    ParameterError
        `operator` is "unknown", empty or no text.
    DataError
        A statement is impossible, or none is of the operator and the whole country.

    Notes
    -----
    Increments add to last minus first: with several stretches the residuals add too. A residual of one sign followed
    by the other is a matter of dates (a total dated by its publication); one that stays is a difference in what is
    counted. Months allocated by a difference of the same counter agree with it by construction.

    Examples
    --------
    >>> statements = pd.DataFrame({
    ...     "statement_id": ["s1", "s2", "s3"], "operator": "all", "area_ha": [1000, 1150, 310],
    ...     "period_type": ["cumulative", "cumulative", "month"],
    ...     "period_start": ["2023-11-10", "2023-11-10", "2024-01-01"],
    ...     "period_end": ["2023-12-31", "2024-01-15", "2024-01-31"]})
    >>> counter_residuals(statements, operator="all")
           start        end  days  increment_ha  months_ha  residual_ha
    0 2023-11-09 2023-12-31    52        1000.0     1000.0          0.0
    1 2023-12-31 2024-01-15    15         150.0      150.0          0.0
    """
    stretches = [
        (date_of(start), date_of(end), end - start, risen, months, difference(months, risen))
        for start, end, risen, months in months_of(statements, operator).stretches()
    ]
    types = dict.fromkeys(["start", "end"], "datetime64[us]") | {"days": "int64"}
    return framed(stretches, types | dict.fromkeys(["increment_ha", "months_ha", "residual_ha"], "float64"))


def running_totals(statements: pd.DataFrame, *, operator: str) -> pd.DataFrame:
    """List the running totals of an operator, cleaned: one row a day, a later total correcting a higher earlier one.

    Totals that are rounded, or that run from another start than the main counter, stay in the table with `used`
    False and the reason.

    Parameters
    ----------
    statements : pandas.DataFrame
        Statements of clearance, as for `monthly_clearance`.
    operator : str
        Whose work is counted.

    Returns
    -------
    pandas.DataFrame
        Sorted by day, used rows first: `as_of` (datetime64), `start` (datetime64, the start as printed, the most
        frequent one in a used row), `area_ha` (float, hectares) and `anti_personnel`, `anti_tank`, `uxo` (float,
        pieces): the total as resolved, NaN where unknown or not used; the same four with `_published`: the figure
        chosen among those printed; `n_sources` (int), `sources` (str, publishers or source_ids, separated by ";"),
        `used` (bool), `reason` (str, empty where nothing was changed). Empty where the operator has no running total.

    Raises
    ------
    ParameterError
        `operator` is "unknown", empty or no text.
    DataError
        A statement is impossible, or none is of the operator and the whole country.

    Notes
    -----
    Resolved is min over the days from this one on ("later wins"): never a running maximum, which would keep every
    misprint that is too high. See `monthly_clearance` for the main counter and for what counts as rounded.

    Examples
    --------
    >>> statements = pd.DataFrame({
    ...     "statement_id": ["s1", "s2", "s3"], "operator": "all", "area_ha": [1010, 1000, 2000],
    ...     "rounded": ["", "", "about"], "period_type": "cumulative", "period_start": "2023-11-10",
    ...     "period_end": ["2024-01-15", "2024-01-31", "2024-03-01"]})
    >>> totals = running_totals(statements, operator="all")
    >>> totals[["as_of", "area_ha", "used", "reason"]]
           as_of  area_ha   used                                      reason
    0 2024-01-15   1000.0   True  area_ha lowered by the total of 2024-01-31
    1 2024-01-31   1000.0   True
    2 2024-03-01      NaN  False                                     rounded
    >>> totals["area_ha_published"].tolist()
    [1010.0, 1000.0, 2000.0]
    """
    months = months_of(statements, operator)
    read = months.statements
    start, main = months.counter or (0, [])
    points = {measure: {point.day: point for point in months.points[measure]} for measure in MEASURES}
    found = []

    def add(day: int, since: int, values: dict, printed: dict, rows: set[int], reason: str, *, used: bool) -> None:
        names = sorted({read.source_names[i] for i in rows} - {""})
        totals = [of.get(measure, np.nan) for of in (values, printed) for measure in MEASURES]
        row = (date_of(day), date_of(since), *totals, max(1, len(names)), ";".join(names), used, reason)
        found.append(row)

    for day in sorted({group.end for group in main}):
        here = {measure: points[measure][day] for measure in MEASURES if day in points[measure]}
        rows = {i for group in main if group.end == day for m in MEASURES for i in months.unrounded_rows(group, m)}
        changed = [
            f"{m} lowered by the total of {iso(point.lowered_by)}"
            for m, point in here.items()
            if point.lowered_by is not None
        ]
        changed += [
            f"{m} {joined(point.choice.rejected).replace(';', ', ')} rejected"
            for m, point in here.items()
            if point.choice.rejected
        ]
        values = {m: point.value for m, point in here.items()}
        printed = {m: point.choice.value for m, point in here.items()}
        add(day, start, values, printed, rows, "; ".join(changed), used=True)
    for group in months.totals:
        printed, rows, solid = {}, set(), {m: set(months.unrounded_rows(group, m)) for m in MEASURES}
        for measure in MEASURES:
            figures = [i for i in group.rows if not np.isnan(read.values[measure][i])]
            figures = [i for i in figures if group not in main or i not in solid[measure]]
            if figures:
                printed[measure] = chosen(read.figures(figures, measure)).value
                rows.update(figures)
        if printed:
            reason = f"runs from {iso(group.start)}" if group not in main and any(solid.values()) else "rounded"
            add(group.end, group.start, {}, printed, rows, reason, used=False)
    types = dict.fromkeys(["as_of", "start"], "datetime64[us]")
    types |= dict.fromkeys([*MEASURES, *(f"{m}_published" for m in MEASURES)], "float64")
    types |= {"n_sources": "int64", "sources": "str", "used": "bool", "reason": "str"}
    made = framed(found, types).sort_values(["as_of", "used", "start"], ascending=[True, False, True], kind="stable")
    return made.reset_index(drop=True)


def months_of(statements: pd.DataFrame, operator: str) -> Months:
    """The months of an operator; an error that names those there are where it has no statement."""
    if not isinstance(operator, str) or operator in {"", "unknown"}:
        raise ParameterError(
            f"`operator` must be the one whose work is counted, such as 'all' or 'anama', not {operator!r}: statements "
            "of an unknown operator are no series."
        )
    months = Months(Statements(statements), operator)
    if not months.bounded and not months.totals:
        raise unusable(months, "it has none of the whole country")
    return months


def unusable(months: Months, why: str) -> DataError:
    """The error of an operator without usable statements."""
    there = sorted({g.operator for g in months.statements.groups if g.district == ""} - {"", "unknown"})
    hint = did_you_mean(months.operator, set(there) - {months.operator}, before="; ", otherwise=".")
    return DataError(
        f"{NAME}: no usable statement of operator '{months.operator}': {why}. Operators with statements of the whole "
        f"country: {listed(there, 40) or 'none'}{hint}"
    )


def difference(a: float, b: float) -> float:
    """a - b, where a difference of the size of rounding errors is none.

    Examples
    --------
    >>> difference(0.3, 0.1 + 0.2), difference(3.0, 1.0)
    (0.0, 2.0)
    """
    return 0.0 if abs(a - b) <= 1e-9 * max(abs(a), abs(b)) else a - b
