"""Published statements of clearance, made comparable: periods put on the calendar, groups, one figure for each.

A bulletin says "1 to 30 December" and means December, another says "week" and prints Monday to Saturday. Two
pages that tell of the same work then print 5523 and 5523.74 hectares. This module puts the periods on the
calendar, gathers the statements that speak of the same work into a group, and chooses one figure for each
measure of a group by a fixed order of reasons. Nothing is averaged and nothing is thrown away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

import numpy as np
import pandas as pd

from minestats.columns import counts, dates, days, framed, is_rounded, need, refused, row_ids, texts
from minestats.errors import ParameterError

NAME = "clearance"
KEY = "statement_id"
MEASURES = ("area_ha", "anti_personnel", "anti_tank", "uxo")
LENGTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}
PERIOD_TYPES = (*LENGTHS, "week", "cumulative", "other")


@dataclass(frozen=True, slots=True)
class Figure:
    """One printed figure, with what decides between it and another."""

    value: float
    rounded: bool
    source: tuple[str, ...]
    published: int
    statement: str


@dataclass(frozen=True, slots=True)
class Choice:
    """The figure chosen among those of a group, their range, and what was rejected."""

    value: float
    low: float
    high: float
    n_sources: int
    rejected: tuple[float, ...] = ()
    conflict: bool = False
    rounded: bool = False
    statements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """All statements of one operator, district and period; days are counted from 1970-01-01."""

    operator: str
    district: str
    start: int
    end: int
    cumulative: bool
    rows: tuple[int, ...]

    @property
    def days(self) -> int:
        """Days of the period, both ends inside."""
        return self.end - self.start + 1

    @property
    def label(self) -> str:
        """The group in words."""
        who = f"{self.operator} in {self.district}" if self.district else self.operator
        total = " (running total)" if self.cumulative else ""
        return f"{who}, {iso(self.start)} to {iso(self.end)}{total}"


class Statements:
    """The columns of a table of statements in one clean form, with its groups."""

    def __init__(self, table: pd.DataFrame) -> None:
        need(table, [KEY, "period_start", "period_end", "period_type", "operator"], NAME)
        self.ids = row_ids(table, KEY).tolist()
        self.operators, self.districts = texts(table, "operator").tolist(), texts(table, "district").tolist()
        kinds = texts(table, "period_type").replace("", "other")
        if not (known := kinds.isin(PERIOD_TYPES)).all():
            rule = f"one of {', '.join(PERIOD_TYPES)}"
            what = "{n} row{s} with a wrong period_type"
            raise refused(what, table, ~known, "period_type", rule, "correct the word", name=NAME)
        self.cumulative = (kinds == "cumulative").tolist()
        first, last = (days(table, name, name=NAME, required=True) for name in ("period_start", "period_end"))
        if (reversed_ := last < first).any():
            rules = [f"not before period_start ({day})" for day in first]
            what, remedy = "{n} row{s} with a wrong period_end", "correct or exchange the dates"
            raise refused(what, table, reversed_, "period_end", rules, remedy, name=NAME)
        printed = list(zip(first.astype(int).tolist(), last.astype(int).tolist(), strict=True))
        moved = [_on_calendar(kind, *period) for kind, period in zip(kinds, printed, strict=True)]
        self.starts, self.ends = [start for start, _ in moved], [end for _, end in moved]
        self.snapped = [new != old for new, old in zip(moved, printed, strict=True)]
        self.values = {m: counts(table, m, name=NAME, whole=m != "area_ha") for m in MEASURES}
        self.items = counts(table, "items_total", name=NAME)
        self._rounded = [is_rounded(value) for value in texts(table, "rounded")]
        only = texts(table, "rounded_columns").str.replace(",", ";").str.replace(" ", "")
        self._only = [set(value.split(";")) - {""} for value in only]
        named = list(zip(texts(table, "publisher"), texts(table, "source_id"), strict=True))
        self.source_names = [publisher or source for publisher, source in named]
        # a publisher and a page of the same name are two
        self.sources = [("publisher", a) if a else ("source", b) if b else () for a, b in named]
        self.published = [0] * len(table)
        if "published" in table.columns:
            said = dates(table, "published", name=NAME)
            self.published = [0 if pd.isna(day) else day.toordinal() for day in said]
        rows = defaultdict(list)
        columns = (self.operators, self.districts, self.starts, self.ends, self.cumulative)
        for row, key in enumerate(zip(*columns, strict=True)):
            rows[key].append(row)
        self.groups = [Group(*key, rows=tuple(rows[key])) for key in sorted(rows)]
        self._choices: dict[tuple[Group, str], Choice | None] = {}

    def rounded(self, row: int, column: str) -> bool:
        """Whether a figure is a round one: the statement says so, or it shows.

        `rounded_columns` limits the word to some columns. But a statement that rounds one of its figures rounds the
        others of its kind too: a running total of ten thousand or more in whole thousands ("over 67,000 mines on
        134,000 hectares") is then read as rounded, whatever column the word stands at.
        """
        if not self._rounded[row]:
            return False
        only = self._only[row]
        value = self.values[column][row]
        return not only or column in only or (self.cumulative[row] and value >= 10_000 and value % 1000 == 0)

    def figures(self, rows: Iterable[int], measure: str) -> list[Figure]:
        """The known figures of a measure in these rows."""
        values = self.values[measure]
        return [
            Figure(float(values[i]), self.rounded(i, measure), self.sources[i], self.published[i], self.ids[i])
            for i in rows
            if not np.isnan(values[i])
        ]

    def choice(self, group: Group, measure: str) -> Choice | None:
        """The figure chosen for a measure of a group; None where no statement gives one."""
        if (group, measure) not in self._choices:
            figures = self.figures(group.rows, measure)
            self._choices[group, measure] = chosen(figures) if figures else None
        return self._choices[group, measure]

    def by_place(self, *, cumulative: bool) -> list[list[Group]]:
        """The groups of each operator and district, running totals or the others."""
        found = defaultdict(list)
        for group in self.groups:
            if group.cumulative == cumulative:
                found[group.operator, group.district].append(group)
        return list(found.values())


def chosen(figures: list[Figure]) -> Choice:
    """Choose one figure among those that were printed for the same work, one or more.

    Figures are clustered from the most precise down; a figure that agrees with two clusters joins the nearer
    one (the larger where both are as near). The chosen cluster has, in this order: an unrounded statement, the
    most distinct sources, the more decimals, the latest publication, the largest statement_id.

    Examples
    --------
    >>> choice = chosen([Figure(100.5, False, ("A",), 0, "s1"), Figure(100, False, ("B",), 0, "s2")])
    >>> choice.value, choice.low, choice.n_sources, choice.conflict
    (100.5, 100, 2, False)
    """
    clusters: list[tuple[float, list[Figure]]] = []
    for value in sorted({figure.value for figure in figures}, key=lambda v: (-decimals(v), -v)):
        same = [figure for figure in figures if figure.value == value]
        near = [cluster for cluster in clusters if agree(value, cluster[0])]
        if near:
            min(near, key=lambda cluster: (abs(cluster[0] - value), -cluster[0]))[1].extend(same)
        else:
            clusters.append((value, same))
    value, members = max(clusters, key=_merit)
    solid = [figure.value for figure in figures if not figure.rounded] or [figure.value for figure in figures]
    others = [figure.value for other, group in clusters if other != value for figure in group]
    return Choice(
        value=value,
        low=min(*solid, value),
        high=max(*solid, value),
        n_sources=len({figure.source for figure in figures}),
        rejected=tuple(sorted(set(others))),
        conflict=sum(any(not figure.rounded for figure in group) for _, group in clusters) > 1,
        rounded=all(figure.rounded for figure in members),
        statements=tuple(sorted({figure.statement for figure in figures})),
    )


def agree(a: float, b: float) -> bool:
    """Whether two printed figures are the same but for rounding or truncation.

    Examples
    --------
    >>> agree(5523, 5523.74), agree(80, 90), agree(100.4, 100.5)
    (True, False, False)
    """
    coarse, fine = sorted((decimals(a), decimals(b)))
    return a == b if coarse == fine else abs(a - b) < 10.0**-coarse


@lru_cache(maxsize=65536)
def decimals(value: float) -> int:
    """Decimals that a figure was printed with, as far as a number can tell.

    Examples
    --------
    >>> decimals(5523.74), decimals(81386.0)
    (2, 0)
    """
    return max(0, -int(Decimal(repr(float(value))).normalize().as_tuple().exponent))


def shown(value: float) -> str:
    """A figure as it was printed.

    Examples
    --------
    >>> shown(90.0), shown(7135.1)
    ('90', '7135.1')
    """
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def iso(day: int) -> str:
    """A day number as an ISO date.

    Examples
    --------
    >>> iso(0)
    '1970-01-01'
    """
    return str(date_of(day))


def date_of(day: int) -> np.datetime64:
    """A day number (days since 1970-01-01) as a date.

    Examples
    --------
    >>> date_of(0)
    np.datetime64('1970-01-01')
    """
    return np.datetime64(int(day), "D")


@lru_cache(maxsize=65536)
def month_of(day: int) -> int:
    """Number of the month (months since January 1970) that a day lies in.

    Examples
    --------
    >>> month_of(31)
    1
    """
    return int(np.datetime64(day, "D").astype("datetime64[M]").astype(np.int64))


@lru_cache(maxsize=65536)
def first_day(month: int) -> int:
    """Number of the first day of a month.

    Examples
    --------
    >>> first_day(1)
    31
    """
    return int(np.datetime64(month, "M").astype("datetime64[D]").astype(np.int64))


def whole_months(start: int, end: int) -> int:
    """How many whole months a period is; 0 where an end lies within a month.

    Examples
    --------
    >>> whole_months(0, 58), whole_months(1, 58)
    (2, 0)
    """
    first, after = month_of(start), month_of(end + 1)
    return after - first if start == first_day(first) and end + 1 == first_day(after) else 0


def near_month_end(day: int, within: int) -> int | None:
    """The month whose last day is at most `within` days away from a day; None where there is none.

    Examples
    --------
    >>> near_month_end(33, 4), near_month_end(15, 4)
    (0, None)
    """
    month = month_of(day)
    if first_day(month + 1) - 1 - day <= within:
        return month
    return month - 1 if day - (first_day(month) - 1) <= within else None


def _on_calendar(kind: str, start: int, end: int) -> tuple[int, int]:
    """Start and end of a statement on the calendar."""
    if kind in LENGTHS:
        before, last = near_month_end(start - 1, 4), near_month_end(end, 4)
        if before is not None and last is not None and last - before == LENGTHS[kind]:
            return first_day(before + 1), first_day(last + 1) - 1
    elif kind == "week" and end - start + 1 <= 10:
        weekday = (start + 3) % 7  # 1970-01-01 was a Thursday; Monday is 0
        first = start
        if start != first_day(month_of(start)):
            first = start - 1 if weekday == 1 else start + 1 if weekday == 6 else start
        monday = (end + 3) % 7 == 0 and end - first >= 4
        last = end - 1 if monday else end + (3 - end) % 7
        if last >= first:
            return first, last
    return start, end


def _merit(cluster: tuple[float, list[Figure]]) -> tuple:
    value, members = cluster
    return (
        any(not figure.rounded for figure in members),
        len({figure.source for figure in members}),
        decimals(value),
        max(figure.published for figure in members),
        max(figure.statement for figure in members),
        value,
    )


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
    start, end = (np.array(edge, dtype="datetime64[D]") for edge in (read.starts, read.ends))
    made["start"], made["end"] = start.astype("datetime64[us]"), end.astype("datetime64[us]")
    made["days"] = (end - start).astype("int64") + 1
    made["snapped"] = np.array(read.snapped, dtype=bool)
    labels = {row: group.label for group in read.groups for row in group.rows}
    made["group"] = pd.Series([labels[row] for row in range(len(made))], index=made.index, dtype="str")
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
    pairs = []
    for groups in Statements(statements).by_place(cumulative=False):
        groups = sorted(groups, key=lambda g: (g.start, -g.end))
        for i, first in enumerate(groups):
            for other in groups[i + 1 :]:
                if other.start > first.end:
                    break
                edges = [date_of(day) for day in (first.start, first.end, other.start, other.end)]
                relation = "contains" if other.end <= first.end else "straddles"
                shared = min(first.end, other.end) - other.start + 1
                pairs.append((first.operator, first.district, *edges, relation, shared))
    types = dict.fromkeys(["operator", "district"], "str")
    types |= dict.fromkeys(["start", "end", "other_start", "other_end"], "datetime64[us]")
    return framed(pairs, types | {"relation": "str", "days": "int64"})


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
