"""The columns of a table of incidents as numbers: which day, which period, which group, how many people."""

from __future__ import annotations

import numpy as np
import pandas as pd

from minestats.columns import as_date, counts, dates, texts
from minestats.errors import DataError, ParameterError, Problem, check_choice, listed
from minestats.periods import DAY, grid, period_end, period_start

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


def day_numbers(incidents: pd.DataFrame) -> np.ndarray:
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


def window(days: np.ndarray, since: object, until: object) -> tuple[np.datetime64, np.datetime64]:
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


def place(
    incidents: pd.DataFrame, days: np.ndarray, first: np.datetime64, last: np.datetime64, interval: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The cell of each row (a period, "no single period" or "outside"), and the whole periods of the window."""
    starts, ends = grid(first, last, interval)
    n, low, high = len(starts), int(first.astype("int64")), int(last.astype("int64"))
    inner = np.arange(first, last + DAY)
    # One entry for each day of the window and one either side, so that a clipped day finds its cell by one look-up.
    table = np.concatenate([[n + 1], np.searchsorted(starts, inner, side="right") - 1, [n + 1]])
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


def groups(incidents: pd.DataFrame, keys: list[str]) -> tuple[pd.DataFrame, np.ndarray]:
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


def sums(cells: np.ndarray, values: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Sum of the known values and number of the unknown ones in each cell."""
    missing = np.isnan(values)
    if missing.any():
        unknown = np.bincount(cells[missing], minlength=size)
        values = np.where(missing, 0.0, values)
    else:
        unknown = np.zeros(size, dtype="int64")
    return np.rint(np.bincount(cells, weights=values, minlength=size)).astype("int64"), unknown
