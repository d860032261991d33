"""A column or an argument made clean, one way and in one wording.

Tables come typed from `load()`, but also from an analyst's own `read_csv`: dates as text, counts as floats, empty text
for missing. A formula wants clean numbers: whole counts, exposures above 0. The functions here give the statistics one
form of each, or an error that says which value is wrong, where it stands and what is allowed. An argument that is a
single number fails with `ParameterError`, a value among many with `DataError`. Nothing given is changed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from numbers import Integral, Real
from typing import Any, Literal

import numpy as np
import pandas as pd

from minestats.errors import DataError, ParameterError, Problem, listed, nearest
from minestats.say import iso_day

DAYS_PER_YEAR = 365.25
KEYS = {
    "clearance": "statement_id",
    "estimates": "estimate_id",
    "incident_reports": "report_id",
    "incidents": "incident_id",
    "sources": "source_id",
    "victim_totals": "total_id",
}
"""The column that names a row in what is said of a table, where the table has it."""


def check_number(
    name: str, value: Any, *, least: float = 0.0, above: bool = False, most: float = np.inf, whole: bool = False
) -> float:
    """Return a single number as float if it is finite and within bounds, else raise a `ParameterError`.

    Examples
    --------
    >>> check_number("exposure", 3.5, above=True)
    3.5
    >>> check_number("count", 12.5, whole=True)
    Traceback (most recent call last):
    minestats.errors.ParameterError: `count` must be a whole number, 0 or more, not 12.5.
    >>> check_number("count", None, whole=True)
    Traceback (most recent call last):
    minestats.errors.ParameterError: `count` must be a whole number, 0 or more; it is missing: unknown is not zero.
    """
    kind = "a whole number" if whole else "a finite number"
    bound = f"above {least:g}" if above else f"{least:g} or more"
    allowed = f"{kind}, {bound}" if most == np.inf else f"{kind} between {least:g} and {most:g}"
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, Real) and value != value):
        raise ParameterError(f"`{name}` must be {allowed}; it is missing: unknown is not zero.")
    good = isinstance(value, Real) and not isinstance(value, (bool, np.bool_)) and isfinite(value)
    good = good and (value > least if above else value >= least) and value <= most
    if not good or (whole and value != int(value)):
        many = isinstance(value, (pd.Series, np.ndarray))
        said = f"a {type(value).__name__} of {len(value)}" if many else repr(value)
        raise ParameterError(f"`{name}` must be {allowed}, not {said}.")
    return float(value)


def check_level(level: object) -> float:
    """Return the confidence level if it is between 0.5 and 0.999.

    Examples
    --------
    >>> check_level(0.95)
    0.95
    >>> check_level(95)
    Traceback (most recent call last):
    minestats.errors.ParameterError: `level` must be a finite number between 0.5 and 0.999, not 95.
    """
    return check_number("level", level, least=0.5, most=0.999)


def check_text(name: str, value: object) -> str:
    """Return a text argument itself.

    Examples
    --------
    >>> check_text("unit", "per year")
    'per year'
    """
    if not isinstance(value, str):
        raise ParameterError(f"`{name}` must be text, not {value!r}.")
    return value


def check_seed(seed: Any) -> np.random.Generator:
    """Return a random generator from a whole number or from a generator; chance without a seed is refused.

    Examples
    --------
    >>> check_seed(None)
    Traceback (most recent call last):
    minestats.errors.ParameterError: `seed` must be a whole number, 0 or more, or a numpy Generator, not None.
    """
    if isinstance(seed, np.random.Generator):
        return seed
    if isinstance(seed, Integral) and not isinstance(seed, (bool, np.bool_)) and int(seed) >= 0:
        return np.random.default_rng(int(seed))
    raise ParameterError(f"`seed` must be a whole number, 0 or more, or a numpy Generator, not {seed!r}.")


def refuse_interpolated(values: object, name: str) -> None:
    """Raise a `DataError` where a table or column says that its values were interpolated.

    The mark is a column `interpolated` that holds True, or the attribute `interpolated` that `to_months` sets.

    Examples
    --------
    >>> months = pd.DataFrame({"count": [4.4, 3.9], "interpolated": True})
    >>> refuse_interpolated(months, "counts")
    Traceback (most recent call last):
    minestats.errors.DataError: `counts`: interpolated months never enter a test, a trend or a rate...
    """
    attrs = getattr(values, "attrs", None)
    marked = isinstance(attrs, dict) and attrs.get("interpolated") is True
    if not marked and isinstance(values, pd.DataFrame) and "interpolated" in values.columns:
        marked = bool(values["interpolated"].isin([True, "True", "true"]).any())
    if marked:
        raise DataError(
            f"`{name}`: interpolated months never enter a test, a trend or a rate; they are for display. "
            "Use the published intervals (interval_rates, trend_from_totals)."
        )


def column(values: Any, name: str) -> pd.Series:
    """Return one-dimensional values as a Series; a Series keeps its index, anything else is numbered from 0.

    Examples
    --------
    >>> column([12, None], "counts").tolist()
    [12.0, nan]
    >>> column(12, "counts")
    Traceback (most recent call last):
    minestats.errors.ParameterError: `counts` must be a list, an array or a column of numbers, not int.
    """
    refuse_interpolated(values, name)
    if isinstance(values, pd.Series):
        return values
    if isinstance(values, pd.Index):
        return pd.Series(values.array, copy=False)
    good = isinstance(values, Iterable) and not isinstance(values, (str, bytes, dict, set, frozenset, pd.DataFrame))
    if not good or (isinstance(values, np.ndarray) and values.ndim != 1):
        remedy = "; choose one column" if isinstance(values, pd.DataFrame) else ""
        raise ParameterError(
            f"`{name}` must be a list, an array or a column of numbers, not {type(values).__name__}{remedy}."
        )
    if not isinstance(values, (np.ndarray, pd.api.extensions.ExtensionArray)):
        values = list(values)
        if not values:
            return pd.Series([], dtype=float)
    return pd.Series(values, copy=False)


def numbers(
    values: object,
    name: str,
    *,
    least: float | None = 0.0,
    above: bool = False,
    whole: bool = False,
    missing: bool = False,
) -> np.ndarray:
    """Return one-dimensional values as float64; missing is NaN and allowed only with `missing`.

    Text that reads as a number is taken, empty text is missing. All wrong values are named, by label where the
    values have one and else by their place, counted from 0.

    Examples
    --------
    >>> numbers(["12", 3], "counts", whole=True)
    array([12.,  3.])
    >>> numbers([12, 2.5, None], "counts", whole=True)
    Traceback (most recent call last):
    minestats.errors.DataError: `counts`: 2 values cannot be used
      counts[1]: '2.5': a whole number, 0 or more, never missing; correct the figure
      counts[2]: a whole number, 0 or more, never missing; leave the row out or give its figure
    """
    series = column(values, name)
    if pd.api.types.is_bool_dtype(series.dtype) or pd.api.types.is_datetime64_any_dtype(series.dtype):
        raise ParameterError(f"`{name}` must hold numbers, not {series.dtype}.")
    result, blank = _floats(series)
    bad = ~np.isfinite(result) & ~(blank & missing)
    with np.errstate(invalid="ignore"):
        if least is not None:
            bad |= (result <= least) if above else (result < least)
        if whole:
            bad |= np.isfinite(result) & (np.floor(result) != result)
    if bad.any():
        rule = "a whole number" if whole else "a finite number"
        if least is not None:
            rule += f", above {least:g}" if above else f", {least:g} or more"
        rule += ", or missing" if missing else ", never missing"
        said = [
            ("", "leave the row out or give its figure") if blank[i] else (str(series.iloc[i]), "correct the figure")
            for i in np.flatnonzero(bad)
        ]
        places = series.index[bad]
        problems = [
            Problem(f"{name}[{at}]", None, "", s, rule, remedy) for at, (s, remedy) in zip(places, said, strict=True)
        ]
        raise DataError(f"`{name}`: {len(problems)} value{'s'[: len(problems) > 1]} cannot be used", problems)
    return result


def repeated(values: Any, name: str, size: int) -> np.ndarray:
    """Return a column of numbers above 0, or one such number for every row.

    Examples
    --------
    >>> repeated(2.5, "exposures", 2)
    array([2.5, 2.5])
    """
    if isinstance(values, pd.Series):
        return numbers(values, name, above=True)
    return np.full(size, check_number(name, values, above=True))


def _floats(series: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Values as float64, text that reads as a number among them; and which are missing or empty text."""
    if pd.api.types.is_numeric_dtype(series.dtype) and not pd.api.types.is_complex_dtype(series.dtype):
        result = series.to_numpy(dtype=float, na_value=np.nan)
        return result, np.isnan(result)
    blank = series.isna() | series.map(lambda value: isinstance(value, str) and value.strip() == "").astype(bool)
    plain = series.astype(object).mask(blank, np.nan)
    plain = plain.map(lambda value: "no number" if isinstance(value, (bool, np.bool_)) else value)
    return pd.to_numeric(plain, errors="coerce").to_numpy(dtype=float, na_value=np.nan), blank.to_numpy(dtype=bool)


def same_rows(**columns: Any) -> dict[str, Any]:
    """Return the columns with their rows in one order; None and single numbers pass through.

    Columns with labels (Series) are matched by label to the first of them; columns without are taken as they stand.

    Examples
    --------
    >>> a, b = pd.Series([1, 2], index=["x", "y"]), pd.Series([20, 10], index=["y", "x"])
    >>> same_rows(counts=a, exposures=b)["exposures"].tolist()
    [10, 20]
    >>> same_rows(counts=[1, 2, 3], exposures=[1.0, 2.0])
    Traceback (most recent call last):
    minestats.errors.DataError: `counts` has 3 values and `exposures` has 2: they must be as many.
    """
    result: dict[str, Any] = {}
    first: Any = None
    first_labelled: Any = None
    for name, values in columns.items():
        if values is None or isinstance(values, Real):
            result[name] = values
            continue
        series = column(values, name)
        if first is None:
            first = name
        elif len(series) != len(result[first]):
            raise DataError(
                f"`{first}` has {len(result[first])} values and `{name}` has {len(series)}: they must be as many."
            )
        if isinstance(values, pd.Series):
            if first_labelled is None:
                first_labelled = name
            elif not values.index.equals(result[first_labelled].index):
                wanted = result[first_labelled].index
                if not (values.index.is_unique and wanted.is_unique and wanted.isin(values.index).all()):
                    raise DataError(
                        f"`{first_labelled}` and `{name}` have different row labels; give both one index, "
                        "or pass to_numpy() of both if they stand in the same order."
                    )
                series = values.reindex(wanted)
        result[name] = series
    return result


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
        guess = nearest(missing[0], map(str, table.columns))
        hint = f"; '{guess}' is the nearest" if guess else ""
        raise DataError(
            f"{name}: column{plural} {listed(missing)} {verb} missing; the table has {listed(table.columns, 40)}{hint}."
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


def is_rounded(word: str) -> bool:
    """Whether a cell of `rounded` says so: any word but a no.

    Examples
    --------
    >>> is_rounded("about"), is_rounded("False"), is_rounded("")
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


def dates(table: pd.DataFrame, column: str, *, name: str, required: bool = False) -> pd.Series:
    """Return a column as calendar dates (datetime64[s], midnight), NaT where missing.

    Text must be ISO (YYYY-MM-DD). An aware timestamp is refused: time zones never enter.

    Raises
    ------
    DataError
        A value is no real date, has a time zone, or (with `required`) is missing. All rows are named.

    Examples
    --------
    >>> t = pd.DataFrame({"total_id": ["a", "b"], "as_of": ["2022-02-30", "2022-03-01"]})
    >>> dates(t, "as_of", name="victim_totals")
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
        bad = np.array([day is False for day in parsed], dtype=bool)
        result = pd.Series(np.array([day or None for day in parsed], "datetime64[s]"), values.index, name=column)
    if required:
        bad |= result.isna().to_numpy()
    if bad.any():
        rule = "a real date, YYYY-MM-DD, without time zone" + (", never empty" if required else "")
        what = f"{{n}} value{{s}} of '{column}' {{be}} no calendar date"
        raise refused(what, table, bad, column, rule, "correct the date", name=name)
    return result


def days(table: pd.DataFrame, column: str, *, name: str, required: bool = False) -> np.ndarray:
    """Return a column as datetime64[D], as `dates` does.

    Examples
    --------
    >>> days(pd.DataFrame({"as_of": ["2022-03-01", None]}), "as_of", name="victim_totals")
    array(['2022-03-01', 'NaT'], dtype='datetime64[D]')
    """
    return dates(table, column, name=name, required=required).to_numpy().astype("datetime64[D]")


def refused(
    what: str,
    table: pd.DataFrame,
    wrong: np.ndarray,
    column: str,
    rule: str | Sequence[str],
    remedy: str,
    *,
    name: str,
) -> DataError:
    """Return the error that names the rows of a table that are wrong in a column, by one rule or by one for each row.

    `{n}`, `{s}` and `{be}` in `what` become their number, the "s" of the plural, and "is" or "are".

    Examples
    --------
    >>> table = pd.DataFrame({"killed": [1, -1]})
    >>> wrong = table["killed"] < 0
    >>> print(refused("{n} value{s}", table, wrong, "killed", "0 or more", "correct it", name="incidents"))
    incidents: 1 value
      incidents, row 3, column 'killed': '-1': 0 or more; correct it
    """
    ids, problems = texts(table, KEYS.get(name, "")), []
    for i in np.flatnonzero(wrong).tolist():
        said = rule if isinstance(rule, str) else rule[i]
        where = (name, i + 2, column, _shown(table[column].iloc[i]))
        problems.append(Problem(*where, said, remedy, ids.iloc[i]))
    many = len(problems) > 1
    return DataError(
        f"{name}: {what.format(n=len(problems), s='s' if many else '', be='are' if many else 'is')}", problems
    )


def framed(rows: Iterable[object], types: Mapping[str, str]) -> pd.DataFrame:
    """Return rows as a table whose columns have these names and types, also where there are none.

    Examples
    --------
    >>> framed([], {"count": "Int64", "unit": "string"}).dtypes.astype(str).tolist()
    ['Int64', 'string']
    """
    return pd.DataFrame(list(rows), columns=list(types)).astype(dict(types))


def counts(table: pd.DataFrame, column: str, *, name: str, whole: bool = True) -> np.ndarray:
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
    result, blank = _floats(table[column])
    with np.errstate(invalid="ignore"):
        bad = (np.isnan(result) & ~blank) | np.isinf(result) | (result < 0)
        if whole:
            bad |= ~np.isnan(result) & (np.floor(result) != result)
    if bad.any():
        rule = f"{'a whole' if whole else 'a finite'} number, 0 or more, or empty for unknown"
        what = f"{{n}} value{{s}} of '{column}' cannot be a count"
        raise refused(what, table, bad, column, rule, "correct the figure", name=name)
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
    return None if value is None else needed_date(value, name)


def check_order(since: pd.Timestamp | None, until: pd.Timestamp | None) -> None:
    """Raise a `ParameterError` where a period ends before it starts; None is no end.

    Examples
    --------
    >>> check_order(pd.Timestamp("2022-12-14"), pd.Timestamp("2022-12-13"))
    Traceback (most recent call last):
    minestats.errors.ParameterError: `until` (2022-12-13) must not be before `since` (2022-12-14).
    """
    if since is not None and until is not None and until < since:
        raise ParameterError(f"`until` ({until:%Y-%m-%d}) must not be before `since` ({since:%Y-%m-%d}).")


def needed_date(value: object, name: str) -> pd.Timestamp:
    """Return an argument as a calendar date; a missing one is refused.

    Examples
    --------
    >>> needed_date("2022-12-14", "since")
    Timestamp('2022-12-14 00:00:00')
    >>> needed_date(None, "since")
    Traceback (most recent call last):
    minestats.errors.ParameterError: `since` must be a date (YYYY-MM-DD), not None.
    """
    parsed = _date(value)
    if not parsed:
        raise ParameterError(f"`{name}` must be a date (YYYY-MM-DD), not {value!r}.")
    return pd.Timestamp(parsed)


def _date(value: Any) -> dt.date | Literal[False] | None:
    """A date; None for missing; False for what is no date."""
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
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
        return iso_day(value.strip()) or (False if value.strip() else None)
    return False


def _shown(value: object) -> str:
    return "" if value is None or value is pd.NA or value is pd.NaT else str(value)
