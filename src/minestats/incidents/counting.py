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

from minestats.columns import as_date, check_order, counts, dates, days, framed, need, refused, row_ids, texts
from minestats.errors import DataError, ParameterError, by_name, check_choice, listed
from minestats.periods import DAY, INTERVALS, grid, period_end, period_start
from minestats.rates.casualties import CROSSINGS
from minestats.rates.limits import warn_caller
from minestats.rates.population import covered_days
from minestats.totals.intervals import increments
from minestats.totals.running import one_series


@by_name
def incidence(
    incidents: pd.DataFrame,
    *,
    interval: str,
    count: str = "incidents",
    by: str | Sequence[str] | None = None,
    since: object = None,
    until: object = None,
    covered: pd.DataFrame | None = None,
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
        First and last day of the window, both inside. Default: the days that the data cover, which a table of `load()`
        knows (`attrs["window"]`); else the whole periods that hold the first and the last incident, with a warning.
    covered : DataFrame, optional
        Registers with `covered_from`, `covered_until`, as in `covered_days`: outside of them nothing is known. Default:
        the registers that list these incidents, which a table of `load()` knows (`attrs["covered"]`); none: all days.

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
        - `days` : Int64, days of the cut period; with `covered`, those of them that a register covers. A count of 0 in
          a period of which no day is covered is missing.

        Incidents that belong to the window but to no single period stand in a last row of their group, with missing
        dates and `days` 0. The rows of a group add up to all its incidents in the window.

    Raises
    ------
    ParameterError
        An unknown interval, count or column; `until` before `since`; `count="incidents"` on a register of people.
    DataError
        A date is none or has a time zone; a count is negative or fractional; a precision is unknown; no incident is
        dated and the window is not given.

    Warns
    -----
    MinestatsWarning
        The window is taken from the incidents: one incident in five years is then one in a single period, and a rate
        from it says nothing.

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
    >>> incidence(incidents, interval="month", count="killed", since="2023-01-01", until="2023-03-31")
      period_start period_end  incidents  count  unknown  days
    0   2023-01-01 2023-01-31          2      1        1    31
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
    keys = group_columns(incidents, by)
    of_people = lists_people(incidents)
    if of_people and count == "incidents":
        raise ParameterError("`count`: this register lists people, not explosions; count 'killed' or 'injured'.")
    values = None if count == "incidents" else people(incidents, count)

    first, last = window(incidents, since, until, interval)
    cells, starts, ends = cells_of(incidents, first, last, interval)
    names, codes = groups(incidents, keys)
    shape = (len(names), len(starts) + 2)  # the periods, then "no single period", then "outside the window"
    at = codes * shape[1] + cells
    total = np.bincount(at, minlength=shape[0] * shape[1])
    summed, unknown = (total, np.zeros_like(total)) if values is None else sums(at, values, total.size)

    cut_start, cut_end = np.append(np.maximum(starts, first), _NAT), np.append(np.minimum(ends, last), _NAT)
    periods = {"period_start": cut_start.astype("datetime64[us]"), "period_end": cut_end.astype("datetime64[us]")}
    result = names.merge(pd.DataFrame(periods), how="cross")[[*periods, *keys]]
    for name, figures in (("incidents", total), ("count", summed), ("unknown", unknown)):
        result[name] = pd.array(figures.reshape(shape)[:, :-1].ravel(), dtype="Int64")
    length = np.append((cut_end - cut_start)[:-1].astype("int64") + 1, 0)
    result["days"] = pd.array(np.tile(length, len(names)), dtype="Int64")
    result = result[(result["days"] > 0) | (result["incidents"] > 0)].reset_index(drop=True)
    result.loc[(result["incidents"] == result["unknown"]) & (result["incidents"] > 0), "count"] = pd.NA
    if of_people:
        result["incidents"] = pd.array([pd.NA] * len(result), dtype="Int64")
    if covered is None and incidents.attrs.get("covered"):
        covered = pd.DataFrame(incidents.attrs["covered"], columns=["covered_from", "covered_until"])
    return result if covered is None else _within(result, covered, first, last, interval)


def _within(
    cells: pd.DataFrame, covered: pd.DataFrame, first: np.datetime64, last: np.datetime64, interval: str
) -> pd.DataFrame:
    """The cells with the days that registers cover, and no nought where none does."""
    days = covered_days(covered, since=first, until=last, interval=interval).set_index("period_start")["covered"]
    cells["days"] = pd.array(cells["period_start"].map(days).fillna(0), dtype="Int64")
    nothing = (cells["days"] == 0) & cells["period_start"].notna()
    for name in ("incidents", "count"):
        cells.loc[nothing & (cells[name] == 0).fillna(False), name] = pd.NA
    return cells


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
    if lists_people(incidents):
        raise DataError("incidents: the rows are people, not explosions; the sizes of the incidents are unknown.")
    if not {"killed", "injured"} & set(incidents.columns):
        need(incidents, ["killed", "injured"], "incidents")
    size = people(incidents, "casualties")
    kept = size > 0
    hurt = incidents.loc[kept, [name for name in ("incident_id",) if name in incidents]]
    when = dates(incidents, "date", name="incidents")
    typed = "incident_id" in hurt and isinstance(hurt["incident_id"].dtype, pd.StringDtype)
    # millions of ids are not made Python's on the way
    ids = hurt["incident_id"].fillna("").array if typed else row_ids(hurt, "incident_id").to_numpy()
    result = pd.DataFrame(
        {
            "incident_id": pd.array(ids, dtype="string"),
            "date": when.to_numpy()[kept].astype("datetime64[us]"),
            "casualties": pd.array(size[kept].astype("int64"), dtype="Int64"),
        }
    )
    result.attrs["unknown"] = int(np.isnan(size).sum())
    return result


@by_name
def completeness(
    incidents: pd.DataFrame, totals: pd.DataFrame, *, interval: str = "year", value: str = "victims"
) -> pd.DataFrame:
    """Compare the casualties of the incident list with what official totals say for the same time.

    A completeness of 0.75 says that the list holds three of four officially counted casualties. It can exceed 1, as
    totals lag behind events and the list may count what the authority does not.

    Parameters
    ----------
    incidents : DataFrame
        As in `incidence`. Filter it to those whom the totals count (`side`).
    totals : DataFrame
        As in `resolve_totals`, of exactly one series with two totals or more.
    interval : {"day", "week", "month", "quarter", "year"}
        Calendar period, default "year". Short periods compare the list with interpolated figures.
    value : str
        Count column of the totals, default "victims", compared with the casualties of the list; any other is compared
        with the column of that name in the list.

    Returns
    -------
    DataFrame
        One row a period of the span of the totals, which runs from the day after the first to the day of the last:

        - `period_start`, `period_end` : datetime64[us], the period cut to the span, both days inside;
        - `days` : Int64, days of the cut period;
        - `listed` : Int64, casualties in the list (persons); missing where there are incidents but none states it;
        - `official` : float, increment of the totals (persons);
        - `completeness` : float, listed / official, NaN where `official` is 0 or `listed` is missing;
        - `interpolated` : bool, False only where totals of the day before and of the last day are published.

        Casualties of the list that belong to the span but to no single period, or have no date at all, stand in a last
        row with missing dates.
        `.attrs["interpolated"]` is True where a row is.

    Raises
    ------
    ParameterError
        An unknown interval or column.
    DataError
        Not exactly one series (those found are listed); fewer than two totals; wrong dates or counts.

    Notes
    -----
    Between two totals the official figure is spread evenly over the days, as in `to_months`. The list is a minimum:
    what a report does not state is not in it. A completeness says nothing of people whom neither counts.

    Examples
    --------
    >>> totals = pd.DataFrame({
    ...     "scope": "national", "since": "2020-11-10", "authority": "anama",
    ...     "as_of": ["2022-12-31", "2023-12-31", "2024-12-31"], "victims": [100, 120, 120]})
    >>> incidents = pd.DataFrame({"date": ["2023-04-01", "2024-05-01"], "killed": [1, 0], "injured": [14, 2]})
    >>> completeness(incidents, totals)[["period_start", "listed", "official", "completeness"]]
      period_start  listed  official  completeness
    0   2023-01-01      15      20.0          0.75
    1   2024-01-01       2       0.0           NaN
    """
    check_choice("interval", interval, INTERVALS)
    check_choice("value", value, ("victims", *COUNTS))
    official = increments(one_series(totals, value), interval, "uniform")
    first, last = official["period_start"].iloc[0], official["period_end"].iloc[-1]
    count = "casualties" if value == "victims" else value
    listed = incidence(incidents, interval=interval, count=count, since=first, until=last)
    result = official.rename(columns={"count": "official"}).merge(
        listed[["period_start", "count"]].rename(columns={"count": "listed"}), how="right", on="period_start"
    )
    result["completeness"] = (result["listed"] / result["official"].where(result["official"] > 0)).astype("float64")
    result["days"] = result["days"].fillna(0)
    result["interpolated"] = result["interpolated"].eq(True)
    columns = ["period_start", "period_end", "days", "listed", "official", "completeness", "interpolated"]
    result.attrs["interpolated"] = bool(result["interpolated"].any())
    return result[columns]


_WORDS = ("district", "settlement")
_KINDS_OF_MINE = {"anti_personnel", "anti_tank"}


@by_name
def conflicts(incident_reports: pd.DataFrame, *, incidents: pd.DataFrame | None = None) -> pd.DataFrame:
    """List where the reports of one incident state different known values.

    Each row is a question for a person: which of the values is right, and who says so. A source that is silent
    contradicts nobody.

    Parameters
    ----------
    incident_reports : DataFrame
        One row a report: `incident_id` (missing: the report is left out, as it is of no known incident), and any of
        `reported_date`, `date_precision`, `district`, `settlement`, `device`, the count columns, `publisher`,
        `source_id`.
    incidents : DataFrame, optional
        The incidents made from the reports: adds what was chosen.

    Returns
    -------
    DataFrame
        One row an incident and field, sorted by both; empty where all agree:

        - `incident_id`, `field` : text;
        - `values` : text, the different values in order, ";" between;
        - `low`, `high` : Int64, least and greatest of a count (persons); missing for other fields;
        - `n_sources` : Int64, different sources that state the field;
        - `sources` : text, who states each value, in the order of `values`: ";" between values, "," within one;
        - with `incidents` also `chosen` (text, the value that stands there) and `note` (text, its note).

    Raises
    ------
    DataError
        `incident_id` is missing; a date, or a count, is none.

    Notes
    -----
    A source is a `publisher`, where the table has one, else a `source_id`. One source that changed its figure is a
    conflict too. Dates are compared where a report gives the day. "mine" says that the kind of mine is not told, and
    contradicts neither "anti_personnel" nor "anti_tank". `activity` is free text, and is not compared. Many pages copy
    one agency: the more sources are not the more witnesses.

    Examples
    --------
    >>> reports = pd.DataFrame({
    ...     "incident_id": ["a", "a", "a", "b"], "killed": [1, 1, None, 0], "injured": [2, 3, 3, 1],
    ...     "source_id": ["x-1", "y-7", "z-2", "x-3"]})
    >>> conflicts(reports)
      incident_id    field values  low  high  n_sources      sources
    0           a  injured    2;3    2     3          3  x-1;y-7,z-2

    >>> len(conflicts(reports[3:]))
    0
    """
    need(incident_reports, ["incident_id"], "incident_reports")
    named = _stated(incident_reports, "incident_reports", "report_id", "reported_date")
    source = texts(incident_reports, "source_id").str.strip()
    source = source.where(source != "", row_ids(incident_reports, "report_id"))
    publisher = texts(incident_reports, "publisher").str.strip()
    publisher = publisher.where(publisher != "", source)
    named["source"], named["publisher"] = (who.to_numpy()[named["row"]] for who in (source, publisher))
    named = named[named["incident_id"] != ""]

    rows = []
    for (incident, field), part in named.groupby(["incident_id", "field"]):
        distinct = set(part["value"])
        if field == "device" and distinct & _KINDS_OF_MINE:
            distinct -= {"mine"}
        if len(distinct) < 2:
            continue
        part = part[part["value"].isin(distinct)]
        number = field in COUNTS
        values = sorted(distinct, key=int) if number else sorted(distinct)
        told = [",".join(sorted(set(part.loc[part["value"] == value, "source"]))) for value in values]
        ends = (int(values[0]), int(values[-1])) if number else (pd.NA, pd.NA)
        rows.append((incident, field, ";".join(values), *ends, part["publisher"].nunique(), ";".join(told)))
    text = dict.fromkeys(["incident_id", "field", "values"], "string")
    result = framed(rows, text | dict.fromkeys(["low", "high", "n_sources"], "Int64") | {"sources": "string"})
    if incidents is not None:
        need(incidents, ["incident_id"], "incidents")
        ids = incidents["incident_id"].astype("string").str.strip()
        incidents = incidents[ids.isin(result["incident_id"]).to_numpy(dtype=bool)]  # few of what may be millions
        chosen = _stated(incidents, "incidents", "incident_id", "date").drop_duplicates(["incident_id", "field"])
        chosen["field"] = chosen["field"].replace("date", "reported_date")
        chosen = chosen.rename(columns={"value": "chosen"})[["incident_id", "field", "chosen"]]
        notes = pd.DataFrame({"incident_id": texts(incidents, "incident_id"), "note": texts(incidents, "note")})
        result = result.merge(chosen, how="left", on=["incident_id", "field"])
        result = result.merge(notes.drop_duplicates("incident_id"), how="left", on="incident_id")
        result[["chosen", "note"]] = result[["chosen", "note"]].fillna("").astype("string")
    return result


def _stated(table: pd.DataFrame, name: str, key: str, date: str) -> pd.DataFrame:
    """Every known value of every field as text: columns `row, incident_id, field, value`."""
    columns: dict[str, pd.Series] = {}
    if date in table.columns:
        day = dates(table, date, name=name)
        exact = texts(table, "date_precision").isin(["", "day"]) & day.notna()
        columns[date] = day.dt.strftime("%Y-%m-%d").where(exact, "")
    for word in _WORDS:
        columns[word] = texts(table, word).str.strip()
    device = texts(table, "device").str.strip()
    columns["device"] = device.where(device != "unknown", "")
    for count in COUNTS:
        columns[count] = pd.Series([f"{x:.0f}" if x == x else "" for x in counts(table, count, name=name)])
    ids = texts(table, "incident_id").str.strip().to_numpy()
    parts = []
    for field, values in columns.items():
        values = values.to_numpy(dtype=object)
        known = (values != "").nonzero()[0]
        parts.append(pd.DataFrame({"row": known, "incident_id": ids[known], "field": field, "value": values[known]}))
    return pd.concat(parts, ignore_index=True)


COUNTS = ("killed", "injured", *CROSSINGS, "women", "children")
_PRECISIONS = ("day", "month", "year")
_MEASURES = ("period_start", "period_end", "incidents", "count", "unknown", "days")
_NAT = np.datetime64("NaT", "D")
_EVER = 10**6  # days since 1970: no date of a table is as far away


def group_columns(incidents: pd.DataFrame, by: object) -> list[str]:
    if not (by is None or isinstance(by, (str, list, tuple))):
        raise ParameterError(f"`by` must be the name of a column or a list of names, not {by!r}.")
    keys = [] if by is None else [by] if isinstance(by, str) else list(by)
    for key in keys:
        if key in _MEASURES:
            raise ParameterError(f"`by` cannot be {key!r}: the result has a column of that name.")
        check_choice("by", key, [str(column) for column in incidents.columns])
    if len(set(keys)) < len(keys):
        raise ParameterError(f"`by` names a column twice: {listed(keys)}.")
    return keys


def lists_people(incidents: pd.DataFrame) -> bool:
    return "row_is" in incidents.columns and bool((texts(incidents, "row_is") == "victim").any())


def people(incidents: pd.DataFrame, count: str) -> np.ndarray:
    """The number of people of each row as float64, NaN where unknown."""
    if count != "casualties":
        if count not in incidents.columns:
            raise ParameterError(f"`count`: the table has no column {count!r}; it has {listed(incidents.columns, 40)}.")
        return _count_column(incidents, count)
    if not {"killed", "injured"} & set(incidents.columns):
        raise ParameterError("`count`: 'casualties' needs the column 'killed' or 'injured'.")
    killed, injured = _count_column(incidents, "killed"), _count_column(incidents, "injured")
    either = np.nan_to_num(killed) + np.nan_to_num(injured)
    silent = np.isnan(killed) & np.isnan(injured)
    # whoever was hurt is a casualty, also where nobody says how badly
    if "outcome_unknown" in incidents.columns and incidents["outcome_unknown"].notna().any():
        others = np.nan_to_num(_count_column(incidents, "outcome_unknown"))
        either, silent = either + others, silent & (others == 0)
    return np.where(silent, np.nan, either)


def _count_column(incidents: pd.DataFrame, column: str) -> np.ndarray:
    return counts(incidents, column, name="incidents")


def _days(incidents: pd.DataFrame) -> np.ndarray:
    """Dates as datetime64[D]; a column of dates is not gone through one by one, which ten million rows notice."""
    column = incidents["date"]
    if isinstance(column.dtype, np.dtype) and column.dtype.kind == "M":
        return column.to_numpy().astype("datetime64[D]")
    return days(incidents, "date", name="incidents")


def window(incidents: pd.DataFrame, since: object, until: object, interval: str) -> tuple[np.datetime64, np.datetime64]:
    """First and last day of the window: as given, else as the data know it, else of the periods that hold incidents."""
    known = incidents.attrs.get("window")
    if known is not None:
        since, until = (known[0] if since is None else since), (known[1] if until is None else until)
    first, last = as_date(since, "since"), as_date(until, "until")
    if first is None or last is None:
        dated = pd.Series(_days(incidents))
        if dated.isna().all():
            raise DataError("incidents: no incident has a date; give `since` and `until`.")
        seen = np.array([dated.min(), dated.max()], dtype="datetime64[D]")
        taken = first is None, last is None
        first = pd.Timestamp(period_start(seen, interval)[0]) if first is None else first
        last = pd.Timestamp(period_end(seen, interval)[1]) if last is None else last
        if first <= last:
            said = " and ".join(name for name, missing in zip(("`since`", "`until`"), taken, strict=True) if missing)
            warn_caller(
                f"{said} not given: counted from {first:%Y-%m-%d} to {last:%Y-%m-%d}, the whole periods that hold the "
                "first and the last incident. Before and after them nothing happened, or nothing is known: give the "
                "days that the list covers."
            )
    check_order(first, last)
    return first.to_datetime64().astype("datetime64[D]"), last.to_datetime64().astype("datetime64[D]")


def possible_days(incidents: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """First and last day (days since 1970) on which each incident can have happened; without a date, any."""
    found = _days(incidents)
    vague, precision = _imprecise(incidents)
    undated = np.isnat(found)
    start = np.where(undated, -_EVER, found.view("int64"))
    if not len(vague) and not undated.any():
        return start, start
    end = np.where(undated, _EVER, start)
    for word in ("month", "year"):
        at = vague[(precision == word) & ~undated[vague]]
        start[at], end[at] = (edge(found[at], word).astype("int64") for edge in (period_start, period_end))
    return start, end


def cells_of(
    incidents: pd.DataFrame, first: np.datetime64, last: np.datetime64, interval: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The cell of each row (a period, "no single period" or "outside"), and the whole periods of the window."""
    starts, ends = grid(first, last, interval)
    begin, n = starts[0].astype("int64"), len(starts)
    # The period of each day of the grid and of one either side, which are two: what lies in one period does so with
    # both its ends, and a look-up is all that ten million rows need.
    inner = np.arange(starts[0], ends[-1] + DAY)
    table = np.concatenate([[-1], np.searchsorted(starts, inner, side="right") - 1, [n]])
    start, end = possible_days(incidents)
    cells = table[np.clip(start - begin + 1, 0, len(table) - 1)]
    if start is not end:
        other = table[np.clip(end - begin + 1, 0, len(table) - 1)]
        cells = np.where(cells == other, cells, n)
    cells[(end < first.astype("int64")) | (start > last.astype("int64"))] = n + 1
    return cells, starts, ends


def _imprecise(incidents: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the rows known to the month or year only, and which of the two."""
    nothing = np.array([], dtype="int64"), np.array([], dtype=object)
    if "date_precision" not in incidents.columns:
        return nothing
    column = incidents["date_precision"]
    other = np.flatnonzero(~((column == "day") | column.isna()).to_numpy(dtype=bool, na_value=True))
    words = texts(incidents[["date_precision"]].iloc[other], "date_precision").to_numpy()
    wrong = np.zeros(len(incidents), dtype=bool)
    wrong[other] = ~np.isin(words, [*_PRECISIONS, ""])
    if wrong.any():
        rule, what = f"one of {listed(_PRECISIONS)}, or empty for 'day'", "{n} unknown precision{s}"
        raise refused(what, incidents, wrong, "date_precision", rule, "correct the word", name="incidents")
    vague = words != ""
    return other[vague], words[vague]


def groups(incidents: pd.DataFrame, keys: list[str]) -> tuple[pd.DataFrame, np.ndarray]:
    """The groups of the table, sorted, and the number of the group of each row."""
    if not keys:
        return pd.DataFrame(index=[0]), np.zeros(len(incidents), dtype="int64")
    labels = incidents[keys].reset_index(drop=True)
    for key in keys:
        if labels[key].hasnans:  # a missing key and an empty text are one group
            text = isinstance(labels[key].dtype, pd.StringDtype)
            labels[key] = (labels[key] if text else labels[key].astype(object)).fillna("")
    grouped = labels.groupby(keys, observed=True)
    names = grouped.size().reset_index()[keys]
    texts = {key: "string" for key in keys if pd.api.types.is_string_dtype(names[key])}
    return names.astype(texts), grouped.ngroup().to_numpy()


def sums(cells: np.ndarray, values: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Sum of the known values and number of the unknown ones in each cell."""
    missing = np.isnan(values)
    if missing.any():
        unknown = np.bincount(cells[missing], minlength=size)
        values = np.where(missing, 0.0, values)
    else:
        unknown = np.zeros(size, dtype="int64")
    return np.rint(np.bincount(cells, weights=values, minlength=size)).astype("int64"), unknown
