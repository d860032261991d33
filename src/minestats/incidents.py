"""An incident is one explosion: a day, a place, and the people it killed or injured.

The list of incidents is made from reports, and reports leave things out. This module counts incidents and people
for each period and group (`incidence`), gives the size of each incident, on which every interval for casualties
rests (`casualty_sizes`), says how much of an official total the list holds (`completeness`), and shows where the
sources of one incident contradict each other (`conflicts`).

A table may hold people of several sides (column `side`: azerbaijan, armenian, russian_peacekeepers, mixed). Which of
them to count is the caller's choice: filter first, as official totals count one side only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from minestats._calendar import INTERVALS, grid, period_end, period_start
from minestats._columns import as_date, counts, dates, need, texts
from minestats.errors import DataError, ParameterError, Problem, check_choice, listed

COUNTS = (
    "killed",
    "injured",
    "civilians_killed",
    "civilians_injured",
    "military_killed",
    "military_injured",
    "women",
    "children",
)
_PRECISIONS = ("day", "month", "year")
_MEASURES = ("period_start", "period_end", "incidents", "count", "unknown", "days")
_NAT = np.iinfo("int64").min


def incidence(
    incidents: pd.DataFrame,
    *,
    interval: str,
    count: str = "incidents",
    by: str | Sequence[str] | None = None,
    since: object = None,
    until: object = None,
) -> pd.DataFrame:
    """Count incidents, or the people they hurt, in each period and group.

    Every period of the window has its row, also where nothing happened: inside the window a period without incidents
    is an observed 0. An incident of which the number of people is not known is counted in `unknown`, never as 0.

    Parameters
    ----------
    incidents : DataFrame
        One row an incident: `date`, optionally `date_precision` ("day", "month", "year"; missing is "day"), the count
        columns and the columns of `by`. Filter it first, by `side` for example.
    interval : {"day", "week", "month", "quarter", "year"}
        Calendar period; weeks run from Monday to Sunday.
    count : str
        "incidents"; "casualties" (killed + injured, one of the two not stated being taken as not mentioned, so that the
        sum is a minimum; unknown when neither is stated); or a count column such as "killed" or "children".
    by : str or list of str, optional
        Columns to group by, such as "district". A missing key is the group "".
    since, until : date or ISO text, optional
        First and last day of the window, both inside. Default: the first and the last date of the table.

    Returns
    -------
    DataFrame
        Sorted by group, then period; one row for each period of the window and each group of the table:

        - `period_start`, `period_end` : datetime64[us], the period cut to the window, both days inside;
        - the columns of `by`, as in the table, "" for missing;
        - `incidents` : Int64, incidents of the cell; missing where `row_is` says that rows are people;
        - `count` : Int64, what `count` asks for, summed over the incidents that state it; missing where the cell has
          incidents and none of them states it;
        - `unknown` : Int64, incidents of the cell that do not state it;
        - `days` : Int64, days of the cut period.

        Incidents that belong to the window but to no single period stand in a last row of their group, with missing
        dates and `days` 0. The rows of a group add up to all its incidents in the window.

    Raises
    ------
    ParameterError
        An unknown interval, count or column; `until` before `since`; `count="incidents"` on a register of people.
    DataError
        A date is none or has a time zone; a count is negative or fractional; a precision is unknown; no incident is
        dated and the window is not given.

    Notes
    -----
    An incident known to the month or year belongs to the window when that month or year overlaps it. It is counted in
    the period that holds its whole month or year, and in the last row where none does. An incident without any date
    cannot be shown to lie outside the window: it is in the last row too. One row is one incident: the function does not
    look for an incident listed twice (`load()` refuses repeated keys).

    The counts are of what was reported. For a rate use `rate`; people hurt by one blast are not independent: for
    casualties use `casualty_rate`.

    Examples
    --------
    >>> incidents = pd.DataFrame({
    ...     "date": ["2023-01-05", "2023-01-20", "2023-03-01"], "date_precision": ["day", "day", "month"],
    ...     "killed": [1, None, 0], "injured": [2, 1, 3]})
    >>> incidence(incidents, interval="month", count="killed", until="2023-03-31")
      period_start period_end  incidents  count  unknown  days
    0   2023-01-05 2023-01-31          2      1        1    27
    1   2023-02-01 2023-02-28          0      0        0    28
    2   2023-03-01 2023-03-31          1      0        0    31

    An incident of which only the month is known has no week:

    >>> incidence(incidents[2:], interval="week", since="2023-03-27", until="2023-03-31")
      period_start period_end  incidents  count  unknown  days
    0   2023-03-27 2023-03-31          0      0        0     5
    1          NaT        NaT          1      1        0     0
    """
    check_choice("interval", interval, INTERVALS)
    check_choice("count", count, ("incidents", "casualties", *COUNTS))
    need(incidents, ["date"], "incidents")
    keys = _group_columns(incidents, by)
    people = _lists_people(incidents)
    if people and count == "incidents":
        raise ParameterError("`count`: this register lists people, not explosions; count 'killed' or 'injured'.")
    values = None if count == "incidents" else _values(incidents, count)

    days = _days(incidents)
    first, last = _window(days, since, until)
    cells, starts, ends = _place(incidents, days, first, last, interval)
    n_cells = len(starts) + 2  # the periods, then "no single period", then "outside the window"

    names, codes = _groups(incidents, keys)
    if keys:
        cells += codes * n_cells
    size = len(names) * n_cells
    total = np.bincount(cells, minlength=size)
    if values is None:
        summed, unknown = total, np.zeros_like(total)
    else:
        summed, unknown = _sums(cells, values, size)

    kept = np.ones((len(names), n_cells), dtype=bool)
    kept[:, -1] = False
    kept[:, -2] = total.reshape(kept.shape)[:, -2] > 0
    cut_start, cut_end = np.maximum(starts, first), np.minimum(ends, last)
    blank = np.full(2, "NaT", dtype="datetime64[D]")
    length = np.append((cut_end - cut_start).astype("int64") + 1, [0, 0])
    kept = kept.ravel()
    group = np.repeat(np.arange(len(names)), n_cells)[kept]

    result = pd.DataFrame(
        {
            "period_start": np.tile(np.append(cut_start, blank), len(names))[kept].astype("datetime64[us]"),
            "period_end": np.tile(np.append(cut_end, blank), len(names))[kept].astype("datetime64[us]"),
        }
    )
    for name in keys:
        result[name] = names[name].to_numpy()[group] if len(names) else names[name]
    result["incidents"] = pd.array(np.where(people, 0, total)[kept], dtype="Int64")
    if people:
        result["incidents"] = pd.array([pd.NA] * len(result), dtype="Int64")
    known = (total == unknown) & (total > 0)
    result["count"] = pd.array(summed[kept], dtype="Int64")
    result.loc[known[kept], "count"] = pd.NA
    result["unknown"] = pd.array(unknown[kept], dtype="Int64")
    result["days"] = pd.array(np.tile(length, len(names))[kept], dtype="Int64")
    return result


def casualty_sizes(incidents: pd.DataFrame) -> pd.DataFrame:
    """Give the number of people each incident hurt, for every incident that hurt someone.

    One mine may hurt one person or a bus full of them. How unequal the sizes are decides how wide an interval for
    casualties must be; `casualty_rate` takes this table.

    Parameters
    ----------
    incidents : DataFrame
        One row an incident: `incident_id`, `date`, and `killed`, `injured` (persons, missing where not stated). Filter
        it first, by `side` or period for example.

    Returns
    -------
    DataFrame
        In the order of the table: `incident_id` (text; the row label where the table has no such column), `date`
        (datetime64[us], missing where unknown), `casualties` (Int64, persons, 1 or more).

    Raises
    ------
    DataError
        Neither `killed` nor `injured` is there; a count is negative or fractional; a date is none; the rows are people
        (`row_is`), so that sizes of incidents are unknown.

    Notes
    -----
    casualties = killed + injured, one of the two not stated being taken as not mentioned: the size is a minimum.
    Incidents that state neither, and those that hurt nobody, have no row; `.attrs["unknown"]` is the number of the
    former.

    Examples
    --------
    >>> incidents = pd.DataFrame({
    ...     "incident_id": ["a", "b", "c", "d"], "date": ["2023-01-05", "2023-01-20", None, "2023-04-01"],
    ...     "killed": [1, None, 0, None], "injured": [2, 1, 0, None]})
    >>> casualty_sizes(incidents)
      incident_id       date  casualties
    0           a 2023-01-05           3
    1           b 2023-01-20           1
    >>> casualty_sizes(incidents).attrs["unknown"]
    1
    """
    need(incidents, ["date"], "incidents")
    if _lists_people(incidents):
        raise DataError("incidents: the rows are people, not explosions; the sizes of the incidents are unknown.")
    if not {"killed", "injured"} & set(incidents.columns):
        need(incidents, ["killed", "injured"], "incidents")
    size = _values(incidents, "casualties")
    kept = size > 0
    ids = texts(incidents, "incident_id") if "incident_id" in incidents else pd.Series(incidents.index.map(str))
    when = dates(incidents, "date", name="incidents", key="incident_id")
    result = pd.DataFrame(
        {
            "incident_id": pd.array(ids.to_numpy()[kept], dtype="string"),
            "date": when.to_numpy()[kept].astype("datetime64[us]"),
            "casualties": pd.array(size[kept].astype("int64"), dtype="Int64"),
        }
    )
    result.attrs["unknown"] = int(np.isnan(size).sum())
    return result


def _group_columns(incidents: pd.DataFrame, by: object) -> list[str]:
    keys = [] if by is None else [by] if isinstance(by, str) else list(by)
    for key in keys:
        if key in _MEASURES:
            raise ParameterError(f"`by` cannot be {key!r}: the result has a column of that name.")
        check_choice("by", key, [str(column) for column in incidents.columns])
    if len(set(keys)) < len(keys):
        raise ParameterError(f"`by` names a column twice: {listed(keys)}.")
    return keys


def _lists_people(incidents: pd.DataFrame) -> bool:
    return "row_is" in incidents.columns and bool((texts(incidents, "row_is") == "victim").any())


def _values(incidents: pd.DataFrame, count: str) -> np.ndarray:
    """The number of people of each row as float64, NaN where unknown."""
    if count != "casualties":
        if count not in incidents.columns:
            raise ParameterError(f"`count`: the table has no column {count!r}; it has {listed(incidents.columns, 40)}.")
        return _count_column(incidents, count)
    if not {"killed", "injured"} & set(incidents.columns):
        raise ParameterError("`count`: 'casualties' needs the column 'killed' or 'injured'.")
    killed, injured = _count_column(incidents, "killed"), _count_column(incidents, "injured")
    either = np.where(np.isnan(killed), 0.0, killed) + np.where(np.isnan(injured), 0.0, injured)
    return np.where(np.isnan(killed) & np.isnan(injured), np.nan, either)


def _count_column(incidents: pd.DataFrame, column: str) -> np.ndarray:
    """A count column, checked; whole-number types need one look only, which ten million rows notice."""
    if column in incidents.columns:
        values = incidents[column]
        if pd.api.types.is_integer_dtype(values.dtype):
            least = values.min()
            if pd.isna(least) or least >= 0:
                return values.to_numpy(dtype="float64", na_value=np.nan)
    return counts(incidents, column, name="incidents", key="incident_id" if "incident_id" in incidents else "")


def _days(incidents: pd.DataFrame) -> np.ndarray:
    """Dates as days since 1970 (int64), the smallest number for missing."""
    column = incidents["date"]
    if isinstance(column.dtype, np.dtype) and column.dtype.kind == "M":
        stamps = column.to_numpy()
        step = np.timedelta64(1, "D") // np.timedelta64(1, np.datetime_data(stamps.dtype)[0])
        stamps = stamps.view("int64")
        missing = stamps == _NAT
        days = stamps // int(step)
        if missing.any():
            days[missing] = _NAT
        return days
    key = "incident_id" if "incident_id" in incidents else ""
    return dates(incidents, "date", name="incidents", key=key).to_numpy().astype("datetime64[D]").view("int64")


def _window(days: np.ndarray, since: object, until: object) -> tuple[np.datetime64, np.datetime64]:
    first, last = as_date(since, "since"), as_date(until, "until")
    if first is None or last is None:
        dated = days if len(days) and days.min() != _NAT else days[days != _NAT]
        if len(dated) == 0:
            raise DataError("incidents: no incident has a date; give `since` and `until`.")
    first = int(dated.min()) if first is None else int(first.to_datetime64().astype("datetime64[D]").astype("int64"))
    last = int(dated.max()) if last is None else int(last.to_datetime64().astype("datetime64[D]").astype("int64"))
    if last < first:
        raise ParameterError(
            f"`until` ({np.datetime64(last, 'D')}) must not be before `since` ({np.datetime64(first, 'D')})."
        )
    return np.datetime64(first, "D"), np.datetime64(last, "D")


def _place(
    incidents: pd.DataFrame, days: np.ndarray, first: np.datetime64, last: np.datetime64, interval: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The cell of each row (a period, "no single period" or "outside"), and the whole periods of the window."""
    starts, ends = grid(first, last, interval)
    n, low, high = len(starts), int(first.astype("int64")), int(last.astype("int64"))
    window = np.arange(first, last + 1)
    # One entry for each day of the window and one either side, so that a clipped day finds its cell by one look-up.
    table = np.concatenate([[n + 1], np.searchsorted(starts, window, side="right") - 1, [n + 1]])
    cells = table[np.clip(days, low - 1, high + 1) - (low - 1)]
    if len(days) and days.min() == _NAT:
        cells[days == _NAT] = n
    vague, precision = _imprecise(incidents)
    if len(vague):
        dated = days[vague] != _NAT
        vague, precision = vague[dated], precision[dated]
        day = days[vague].astype("datetime64[D]")
        start = np.where(precision == "month", period_start(day, "month"), period_start(day, "year"))
        end = np.where(precision == "month", period_end(day, "month"), period_end(day, "year"))
        inside = period_start(start, interval)
        single = inside == period_start(end, interval)
        cell = np.where(single, np.searchsorted(starts, inside), n)
        cells[vague] = np.where((end < first) | (start > last), n + 1, cell)
    return cells, starts, ends


def _imprecise(incidents: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the rows known to the month or year only, and which of the two."""
    nothing = np.array([], dtype="int64"), np.array([], dtype=object)
    if "date_precision" not in incidents.columns:
        return nothing
    column = incidents["date_precision"]
    other = np.flatnonzero(~((column == "day") | column.isna()).to_numpy(dtype=bool, na_value=True))
    words = texts(incidents[["date_precision"]].iloc[other], "date_precision").to_numpy()
    unknown = [(i, word) for i, word in zip(other, words, strict=True) if word not in (*_PRECISIONS, "")]
    if unknown:
        ids = texts(incidents, "incident_id")
        allowed = f"one of {listed(_PRECISIONS)}, or empty for 'day'"
        raise DataError(
            f"incidents: {len(unknown)} unknown precision" + ("s" if len(unknown) > 1 else ""),
            [
                Problem("incidents", int(i) + 2, "date_precision", word, allowed, "correct the word", ids.iloc[i])
                for i, word in unknown
            ],
        )
    vague = words != ""
    return other[vague], words[vague]


def _groups(incidents: pd.DataFrame, keys: list[str]) -> tuple[pd.DataFrame, np.ndarray]:
    """The groups of the table, sorted, and the number of the group of each row."""
    if not keys:
        return pd.DataFrame(index=[0]), np.zeros(0, dtype="int64")
    combined, parts = np.zeros(len(incidents), dtype="int64"), []
    for key in keys:
        codes, found = pd.factorize(incidents[key], use_na_sentinel=True)
        labels = list(found)
        if (codes < 0).any():
            codes = np.where(codes < 0, len(labels), codes)
            labels.append("")
        blank = [i for i, label in enumerate(labels) if isinstance(label, str) and label == ""]
        order = sorted(range(len(labels)), key=lambda i: (str(labels[i]), i))
        rank = np.empty(len(labels), dtype="int64")
        rank[order] = np.arange(len(labels))
        if len(blank) > 1:  # an empty text and a missing key are one group
            rank[blank] = rank[blank[0]]
        combined = combined * max(len(labels), 1) + rank[codes]
        parts.append([labels[i] for i in order])
    size = int(np.prod([len(labels) for labels in parts], dtype="float64"))
    if size <= max(len(combined), 1000):  # faster than sorting millions of rows
        seen = np.bincount(combined, minlength=size) > 0
        present, codes = np.flatnonzero(seen), (np.cumsum(seen) - 1)[combined]
    else:
        present, codes = np.unique(combined, return_inverse=True)
    names, rest = {}, present
    for key, labels in zip(reversed(keys), reversed(parts), strict=True):
        rest, rank = np.divmod(rest, max(len(labels), 1))
        column = pd.Series([labels[i] for i in rank], dtype=object)
        text = all(isinstance(label, str) for label in labels)
        names[key] = column.astype("string") if text else column.infer_objects()
    return pd.DataFrame({key: names[key] for key in keys}), codes


def _sums(cells: np.ndarray, values: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Sum of the known values and number of the unknown ones in each cell."""
    missing = np.isnan(values)
    if missing.any():
        unknown = np.bincount(cells[missing], minlength=size)
        values = np.where(missing, 0.0, values)
    else:
        unknown = np.zeros(size, dtype="int64")
    return np.rint(np.bincount(cells, weights=values, minlength=size)).astype("int64"), unknown
