"""The ledger of statements: every one as published, its period on the calendar, and which periods overlap.

Nothing is dropped, corrected or added up here. A person who doubts a figure of the monthly series finds in the
ledger every page that it could have come from.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from minestats._statements import Group, Statements
from minestats.errors import ParameterError


def ledger(statements: pd.DataFrame) -> pd.DataFrame:
    """List every statement of clearance as published, with its period put on the calendar and its group.

    A bulletin of "1 to 30 December" means December, and a week printed Monday to Saturday means that week. `start`
    and `end` say what is meant; the printed dates stay beside them.

    Parameters
    ----------
    statements : pandas.DataFrame
        One statement a row: `statement_id`, `period_start`, `period_end` (dates, both days inside, never missing),
        `period_type` (week, month, quarter, half, year, cumulative, other; missing is other), `operator`; optionally
        `district` (missing: not limited to one), `area_ha` (hectares), `anti_personnel`, `anti_tank`, `uxo`,
        `items_total` (pieces), `rounded`, `rounded_columns`, `source_id`, `publisher`, `published`.

    Returns
    -------
    pandas.DataFrame
        The table as given, its rows, order and index, and: `start`, `end` (datetime64), `days` (int, both ends
        inside), `snapped` (bool, moved from the printed dates), `group` (str: operator, district, period and
        whether it is a running total; statements with one group speak of the same work).

    Raises
    ------
    DataError
        A column is missing, a date is none or missing, a period ends before it starts, a figure is negative or a
        count not whole, or `period_type` is another word; all rows are named.
    ParameterError
        `statements` is no table.

    Notes
    -----
    - month, quarter, half, year: where the day before the start and the end lie each within 4 days of a month end and
      enclose 1, 3, 6 or 12 months, they move there.
    - week, at most 10 days long: a Tuesday or Sunday start moves to the nearest Monday unless it is the first of a
      month; the end moves on to its Sunday, but a Monday end 4 days or more after the start moves back one day.
    - other, cumulative: as printed.

    Examples
    --------
    >>> statements = pd.DataFrame({
    ...     "statement_id": ["s1", "s2"], "operator": "all", "period_type": ["month", "week"],
    ...     "period_start": ["2022-12-01", "2024-03-04"], "period_end": ["2022-12-30", "2024-03-09"]})
    >>> ledger(statements)[["start", "end", "days", "snapped", "group"]]
           start        end  days  snapped                          group
    0 2022-12-01 2022-12-31    31     True  all, 2022-12-01 to 2022-12-31
    1 2024-03-04 2024-03-10     7     True  all, 2024-03-04 to 2024-03-10
    """
    read = Statements(statements)
    made = statements.copy()
    made["start"] = as_dates(read.starts, made.index)
    made["end"] = as_dates(read.ends, made.index)
    made["days"] = np.array(read.ends, dtype="int64") - np.array(read.starts, dtype="int64") + 1
    made["snapped"] = np.array(read.snapped, dtype=bool)
    labels = [""] * len(made)
    for group in read.groups:
        for row in group.rows:
            labels[row] = group.label
    made["group"] = pd.Series(labels, index=made.index, dtype="str")
    return made


def overlaps(statements: pd.DataFrame) -> pd.DataFrame:
    """List the pairs of periods of one operator and district that share days.

    Periods that overlap must not be added up: the work of the shared days would count twice.

    Parameters
    ----------
    statements : pandas.DataFrame
        Statements of clearance, as for `ledger`. Running totals are left out: they contain each other by nature.

    Returns
    -------
    pandas.DataFrame
        One row a pair of groups (see `ledger`): `operator`, `district` (str, empty for the whole country), `start`,
        `end` (datetime64, the longer period where one contains the other, else the earlier), `other_start`,
        `other_end` (datetime64), `relation` (str: contains, straddles), `days` (int, shared days).

    Raises
    ------
    DataError
        A statement is impossible (see `ledger`).

    Examples
    --------
    >>> statements = pd.DataFrame({
    ...     "statement_id": ["s1", "s2"], "operator": "all", "period_type": ["month", "week"],
    ...     "period_start": ["2024-02-01", "2024-02-26"], "period_end": ["2024-02-29", "2024-03-03"]})
    >>> overlaps(statements)[["relation", "days"]]
        relation  days
    0  straddles     4
    >>> len(overlaps(statements.head(1)))
    0
    """
    together: dict[tuple[str, str], list[Group]] = {}
    for group in Statements(statements).groups:
        if not group.cumulative:
            together.setdefault((group.operator, group.district), []).append(group)
    pairs = []
    for groups in together.values():
        groups = sorted(groups, key=lambda g: (g.start, -g.end))
        for i, first in enumerate(groups):
            for other in groups[i + 1 :]:
                if other.start > first.end:
                    break
                pairs.append((first, other, "contains" if other.end <= first.end else "straddles"))
    made = pd.DataFrame(
        {
            "operator": pd.Series([first.operator for first, _, _ in pairs], dtype="str"),
            "district": pd.Series([first.district for first, _, _ in pairs], dtype="str"),
            "start": as_dates([first.start for first, _, _ in pairs]),
            "end": as_dates([first.end for first, _, _ in pairs]),
            "other_start": as_dates([other.start for _, other, _ in pairs]),
            "other_end": as_dates([other.end for _, other, _ in pairs]),
            "relation": pd.Series([relation for _, _, relation in pairs], dtype="str"),
        }
    )
    shared = [min(first.end, other.end) - other.start + 1 for first, other, _ in pairs]
    made["days"] = np.array(shared, dtype="int64")
    return made


def district_statements(statements: pd.DataFrame, district: str) -> pd.DataFrame:
    """List the statements that are limited to one district, as rows of the ledger.

    Districts rarely have months: read the rows as they stand. They must not be added to rows of the whole country,
    which contain them.

    Parameters
    ----------
    statements : pandas.DataFrame
        Statements of clearance, as for `ledger`.
    district : str
        Name of the district as in the column `district`.

    Returns
    -------
    pandas.DataFrame
        The columns of `ledger`, sorted by `start`, `end`, statement_id; no row where the district has none.

    Raises
    ------
    ParameterError
        `district` is empty or no text.
    DataError
        A statement is impossible (see `ledger`).

    Examples
    --------
    >>> statements = pd.DataFrame({
    ...     "statement_id": ["s1", "s2"], "operator": "all", "district": ["Gazakh", None], "area_ha": [5, 700],
    ...     "period_type": "month", "period_start": "2024-05-01", "period_end": "2024-05-31"})
    >>> district_statements(statements, "Gazakh")["area_ha"].tolist()
    [5]
    >>> len(district_statements(statements, "Lachin"))
    0
    """
    if not isinstance(district, str) or not district.strip():
        raise ParameterError(f"`district` must be the name of a district, not {district!r}.")
    rows = ledger(statements)
    rows = rows[(rows["district"] == district.strip()).fillna(False)] if "district" in rows.columns else rows.iloc[:0]
    return rows.sort_values(["start", "end", "statement_id"], kind="stable").reset_index(drop=True)


def as_dates(days: list[int], index: pd.Index | None = None) -> pd.Series:
    """Return day numbers (days since 1970-01-01) as a column of dates.

    Examples
    --------
    >>> as_dates([0]).tolist()
    [Timestamp('1970-01-01 00:00:00')]
    """
    return pd.Series(np.array(days, dtype="datetime64[D]").astype("datetime64[us]"), index=index)
