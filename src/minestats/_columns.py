"""Columns out of a table, checked once and in one wording: text, dates and counts with the missing kept.

Tables come typed from `load()`, but also from an analyst's own `read_csv`: dates as text, counts as floats,
empty text for missing. The functions here give each statistics function one clean form of a column, or an error
that names the row. They read nothing and change nothing that they are given.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import numpy as np
import pandas as pd

from minestats.errors import DataError, ParameterError, Problem, listed


def need(table: pd.DataFrame, columns: Iterable[str], name: str) -> pd.DataFrame:
    """Return the table itself if it is one and has the columns; `name` is what the message calls it.

    Raises
    ------
    ParameterError
        It is no DataFrame.
    DataError
        A column is missing.

    Examples
    --------
    >>> need(pd.DataFrame({"date": []}), ["date", "killed"], "incidents")
    Traceback (most recent call last):
    minestats.errors.DataError: incidents: column 'killed' is missing; the table has 'date'.
    """
    if not isinstance(table, pd.DataFrame):
        raise ParameterError(f"`{name}` must be a pandas DataFrame, not {type(table).__name__}.")
    missing = [column for column in columns if column not in table.columns]
    if missing:
        plural = "s" if len(missing) > 1 else ""
        verb = "are" if len(missing) > 1 else "is"
        raise DataError(
            f"{name}: column{plural} {listed(missing)} {verb} missing; the table has {listed(table.columns, 40)}."
        )
    return table


def texts(table: pd.DataFrame, column: str, *, default: str = "") -> pd.Series:
    """Return a column as text with `default` for missing; all `default` where the table lacks it.

    Examples
    --------
    >>> texts(pd.DataFrame({"district": ["Aghdam", None]}), "district").tolist()
    ['Aghdam', '']
    """
    if column not in table.columns:
        return pd.Series(default, index=table.index, dtype=object, name=column)
    values = table[column]
    result = values.astype(object).where(values.notna(), default)
    return result.map(str).astype(object)


def says_so(word: str) -> bool:
    """Whether a cell of `rounded` says so: any word but a no.

    Examples
    --------
    >>> says_so("about"), says_so("False"), says_so("")
    (True, False, False)
    """
    return word.strip().casefold() not in {"", "false", "0", "0.0", "no"}


def row_ids(table: pd.DataFrame, key: str) -> pd.Series:
    """Return the key column as text, or the row labels where the table has no such column.

    Examples
    --------
    >>> row_ids(pd.DataFrame({"x": [5, 6]}), "total_id").tolist()
    ['0', '1']
    """
    return texts(table, key) if key in table.columns else pd.Series(table.index.map(str), index=table.index)


def dates(table: pd.DataFrame, column: str, *, name: str, key: str = "", required: bool = False) -> pd.Series:
    """Return a column as calendar dates (datetime64[s], midnight), NaT where missing.

    Text must be ISO (YYYY-MM-DD). An aware timestamp is refused: time zones never enter.

    Raises
    ------
    DataError
        A value is no real date, has a time zone, or (with `required`) is missing. All rows are named.

    Examples
    --------
    >>> t = pd.DataFrame({"total_id": ["a", "b"], "as_of": ["2022-02-30", "2022-03-01"]})
    >>> dates(t, "as_of", name="victim_totals", key="total_id")
    Traceback (most recent call last):
    minestats.errors.DataError: victim_totals: 1 value of 'as_of' is no calendar date
      victim_totals, row 2 (a), column 'as_of': '2022-02-30': a real date, YYYY-MM-DD, without time zone...
    """
    values = table[column]
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        raise DataError(f"{name}: column '{column}' has a time zone; give calendar dates (tz_localize(None)).")
    if pd.api.types.is_datetime64_dtype(values.dtype):
        result = values.dt.normalize().astype("datetime64[s]")
        bad = np.zeros(len(values), dtype=bool)
    else:
        parsed = [_date(value) for value in values]
        bad = np.array([p is False for p in parsed], dtype=bool)
        result = pd.Series(
            np.array(
                [np.datetime64("NaT", "s") if p is None or p is False else np.datetime64(p) for p in parsed],
                dtype="datetime64[s]",
            ),
            index=table.index,
            name=column,
        )
    if required:
        bad = bad | (result.isna().to_numpy() & ~bad)
    if bad.any():
        ids = row_ids(table, key)
        rule = "a real date, YYYY-MM-DD, without time zone" + (", never empty" if required else "")
        problems = [
            Problem(
                name,
                int(i) + 2,
                column,
                _shown(values.iloc[i]),
                rule,
                "correct the date",
                ids.iloc[i] if key else "",
            )
            for i in np.flatnonzero(bad)
        ]
        many = "s" if len(problems) > 1 else ""
        verb = "are" if many else "is"
        raise DataError(f"{name}: {len(problems)} value{many} of '{column}' {verb} no calendar date", problems)
    return result


def counts(table: pd.DataFrame, column: str, *, name: str, key: str = "", whole: bool = True) -> np.ndarray:
    """Return a column as float64 with NaN for missing; all NaN where the table lacks it.

    Raises
    ------
    DataError
        A value is no number, negative, infinite, or (with `whole`) fractional. All rows are named.

    Examples
    --------
    >>> counts(pd.DataFrame({"killed": [1, None]}), "killed", name="incidents")
    array([ 1., nan])
    """
    if column not in table.columns:
        return np.full(len(table), np.nan)
    values = table[column]
    blank = values.isna()
    if values.dtype == object or isinstance(values.dtype, pd.StringDtype):
        blank = blank | (values.astype(str).str.strip() == "")
        numeric = pd.to_numeric(values.where(~blank), errors="coerce")
    else:
        numeric = values
    result = numeric.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    with np.errstate(invalid="ignore"):
        bad = (np.isnan(result) & ~blank.to_numpy()) | np.isinf(result) | (result < 0)
        if whole:
            bad |= ~np.isnan(result) & (np.floor(result) != result)
    if bad.any():
        ids = row_ids(table, key)
        kind = "a whole number, 0 or more" if whole else "a finite number, 0 or more"
        problems = [
            Problem(
                name,
                int(i) + 2,
                column,
                _shown(values.iloc[i]),
                f"{kind}, or empty for unknown",
                "correct the figure",
                ids.iloc[i] if key else "",
            )
            for i in np.flatnonzero(bad)
        ]
        many = "s" if len(problems) > 1 else ""
        raise DataError(f"{name}: {len(problems)} value{many} of '{column}' cannot be a count", problems)
    return result


def as_date(value: object, name: str) -> pd.Timestamp | None:
    """Return an argument as a calendar date; None stays None.

    Examples
    --------
    >>> as_date("2022-12-14", "since")
    Timestamp('2022-12-14 00:00:00')
    >>> as_date("14.12.2022", "since")
    Traceback (most recent call last):
    minestats.errors.ParameterError: `since` must be a date (YYYY-MM-DD), not '14.12.2022'.
    """
    if value is None:
        return None
    parsed = _date(value)
    if parsed is None or parsed is False:
        raise ParameterError(f"`{name}` must be a date (YYYY-MM-DD), not {value!r}.")
    return pd.Timestamp(parsed)


def _date(value: object) -> dt.date | bool | None:
    """A date; None for missing; False for what is no date."""
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, pd.Period):
        return value.start_time.date()
    if isinstance(value, np.datetime64):
        value = pd.Timestamp(value)
        if value is pd.NaT:
            return None
    if isinstance(value, dt.datetime):
        return False if value.tzinfo is not None else value.date()
    if isinstance(value, dt.date):
        return value
    if isinstance(value, str):
        text = value.strip()
        if text == "":
            return None
        try:
            return dt.date.fromisoformat(text) if len(text) == 10 else False
        except ValueError:
            return False
    return False


def _shown(value: object) -> str:
    return "" if value is None or value is pd.NA or value is pd.NaT else str(value)
