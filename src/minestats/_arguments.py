"""Numbers given to a formula, checked once and in one wording.

A formula wants clean numbers: whole counts, exposures above 0, dates as years. What a person passes is a list, an
array, a column with missing values, sometimes text from a file. The functions here give the statistics modules one
form of each, or an error that says which value is wrong, where it stands and what is allowed. An argument that is a
single number fails with `ParameterError`, a value among many with `DataError`. Nothing given is changed.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from math import isfinite
from numbers import Integral, Real

import numpy as np
import pandas as pd

from minestats._limits import poisson_limits
from minestats.errors import DataError, MinestatsWarning, ParameterError, Problem
from minestats.estimate import LEVEL

DAYS_PER_YEAR = 365.25


def check_number(
    name: str, value: object, *, least: float = 0.0, above: bool = False, most: float = np.inf, whole: bool = False
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
        raise ParameterError(f"`{name}` must be {allowed}, not {value!r}.")
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


def check_seed(seed: object) -> np.random.Generator:
    """Return a random generator from a whole number or from a generator; chance without a seed is refused.

    Examples
    --------
    >>> check_seed(None)
    Traceback (most recent call last):
    minestats.errors.ParameterError: `seed` must be a whole number, 0 or more, or a numpy Generator, not None.
    """
    if isinstance(seed, np.random.Generator):
        return seed
    if isinstance(seed, Integral) and not isinstance(seed, (bool, np.bool_)) and seed >= 0:
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


def column(values: object, name: str) -> pd.Series:
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
    if pd.api.types.is_numeric_dtype(series.dtype) and not pd.api.types.is_complex_dtype(series.dtype):
        result = series.to_numpy(dtype=float, na_value=np.nan)
        blank = np.isnan(result)
    else:
        is_text = series.map(lambda value: isinstance(value, str) and value.strip() == "").to_numpy(dtype=bool)
        blank = series.isna().to_numpy() | is_text
        plain = series.astype(object).where(~blank, np.nan)
        plain = plain.map(lambda value: "no number" if isinstance(value, (bool, np.bool_)) else value)
        result = pd.to_numeric(plain, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    bad = ~np.isfinite(result)
    if missing:
        bad &= ~blank
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
        problems = [
            Problem(
                f"{name}[{series.index[i]}]",
                None,
                "",
                "" if blank[i] else str(series.iloc[i]),
                rule,
                "leave the row out or give its figure" if blank[i] else "correct the figure",
            )
            for i in np.flatnonzero(bad)
        ]
        plural = "s" if len(problems) > 1 else ""
        raise DataError(f"`{name}`: {len(problems)} value{plural} cannot be used", problems)
    return result


def same_rows(**columns: object) -> dict[str, object]:
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
    result: dict[str, object] = {}
    first = first_labelled = None
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


def warn_units(found: str, *, depth: int = 3) -> None:
    """Warn the caller of a public function that an exposure is probably in another unit than the others.

    `depth` is the stack level of that caller, seen from here.

    Examples
    --------
    >>> import warnings
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     warn_units("`exposure1` is 1 and `exposure0` is 365")
    >>> print(caught[0].message)
    `exposure1` is 1 and `exposure0` is 365: are both in one unit (days, years; people, thousands)?
    """
    warnings.warn(
        f"{found}: are both in one unit (days, years; people, thousands)?", MinestatsWarning, stacklevel=depth
    )


def warn_odd_exposure(x: np.ndarray, t: np.ndarray, labels: pd.Index, *, depth: int = 4) -> None:
    """Warn of a row whose exposure is far from the median one, and whose rate is as far from the others, reversed.

    Far is 100-fold for the exposure and 10-fold for the whole interval of the rate.

    Examples
    --------
    >>> warn_odd_exposure(np.array([5.0, 9.0]), np.array([1.0, 1.5]), pd.RangeIndex(2))
    """
    if not t.size:
        return
    middle = np.median(t)
    odd = (t >= 100 * middle) | (t <= middle / 100)
    rest = ~odd & ~np.isnan(x)
    if not odd.any() or not rest.any():
        return
    usual = x[rest].sum() / t[rest].sum()
    i = np.flatnonzero(odd & ~np.isnan(x))
    low, high = (limits / t[i] for limits in poisson_limits(x[i], level=LEVEL))
    wrong = i[np.where(t[i] > middle, high < usual / 10, low > usual * 10)]
    if wrong.size:
        at = wrong[0]
        found = f"the exposure of row {labels[at]} is {t[at]:g}, the median of all rows {middle:g}"
        warn_units(found, depth=depth)
