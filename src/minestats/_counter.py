"""The running counter of an operator: cleaned, and set against the months.

"81,386 hectares since the war" is published apart from the monthly bulletins, so it is the one independent check of
them. A counter is revised, rounded and quoted late; what was done to it is written beside each figure.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from minestats._ledger import as_dates
from minestats._months import Months, joined
from minestats._statements import MEASURES, NAME, Group, Statements, choose, iso
from minestats.errors import DataError, ParameterError, listed, nearest


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
    stretches = months_of(statements, operator).stretches()
    start, end, risen, months = (list(values) for values in zip(*stretches, strict=True)) if stretches else ([],) * 4
    made = pd.DataFrame({"start": as_dates(start), "end": as_dates(end)})
    made["days"] = (made["end"] - made["start"]).dt.days.astype("int64")
    made["increment_ha"] = np.array(risen, dtype=float)
    made["months_ha"] = np.array(months, dtype=float)
    made["residual_ha"] = [difference(a, b) for a, b in zip(months, risen, strict=True)]
    return made.astype({"residual_ha": float})


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
    points = {measure: {point.day: point for point in months.points(measure)} for measure in MEASURES}
    found = []
    for day in sorted({group.end for group in main}):
        here = {measure: points[measure][day] for measure in MEASURES if day in points[measure]}
        rows = {i for group in main if group.end == day for m in MEASURES for i in months.solid_rows(group, m)}
        changed = [
            f"{m} lowered by the total of {iso(point.lowered_by)}" if point.lowered_by is not None else ""
            for m, point in here.items()
        ]
        changed += [
            f"{m} {joined(point.choice.rejected).replace(';', ', ')} rejected" if point.choice.rejected else ""
            for m, point in here.items()
        ]
        values = {m: point.value for m, point in here.items()}
        printed = {m: point.choice.value for m, point in here.items()}
        found.append((day, start, values, printed, rows, True, "; ".join(filter(None, changed))))
    for group in months.totals:
        printed, rows = {}, set()
        for measure in MEASURES:
            taken = set(months.solid_rows(group, measure)) if group in main else set()
            figures = [i for i in group.rows if i not in taken and not np.isnan(read.values[measure][i])]
            if figures:
                printed[measure] = choose(read.figures(figures, measure)).value
                rows.update(figures)
        if printed:
            reason = "rounded" if group in main or not _solid(months, group) else f"runs from {iso(group.start)}"
            found.append((group.end, group.start, {}, printed, rows, False, reason))
    found.sort(key=lambda row: (row[0], not row[5], row[1]))
    made = pd.DataFrame({"as_of": as_dates([row[0] for row in found]), "start": as_dates([row[1] for row in found])})
    for measure in MEASURES:
        made[measure] = np.array([row[2].get(measure, np.nan) for row in found], dtype=float)
    for measure in MEASURES:
        made[f"{measure}_published"] = np.array([row[3].get(measure, np.nan) for row in found], dtype=float)
    names = [sorted({read.source_names[i] for i in row[4]} - {""}) for row in found]
    made["n_sources"] = np.array([max(1, len(some)) for some in names], dtype="int64")
    made["sources"] = pd.Series([";".join(some) for some in names], dtype="str")
    made["used"] = np.array([row[5] for row in found], dtype=bool)
    made["reason"] = pd.Series([row[6] for row in found], dtype="str")
    return made


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
    guess = nearest(months.operator, there) if months.operator not in there else None
    return DataError(
        f"{NAME}: no usable statement of operator '{months.operator}': {why}. Operators with statements of the whole "
        f"country: {listed(there, 40) or 'none'}" + (f"; did you mean '{guess}'?" if guess else ".")
    )


def difference(a: float, b: float) -> float:
    """a - b, where a difference of the size of rounding errors is none.

    Examples
    --------
    >>> difference(0.3, 0.1 + 0.2), difference(3.0, 1.0)
    (0.0, 2.0)
    """
    return 0.0 if abs(a - b) <= 1e-9 * max(abs(a), abs(b)) else a - b


def _solid(months: Months, group: Group) -> bool:
    return any(months.solid_rows(group, measure) for measure in MEASURES)
