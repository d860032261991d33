"""Series of periods: their times as years, their order, and whether there are enough of them.

What the trend methods share. A period has a count and an exposure; its time is a number of years, a date, or a period
of the calendar that counts by its start.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from minestats.columns import DAYS_PER_YEAR, check_number, column, dates, numbers
from minestats.errors import DataError
from minestats.rates.limits import warn_odd_exposure

MIN_PERIODS = 4
"""Fewer periods than this show no trend: three points fit too many stories."""

FEW_PERIODS = 8
"""Below this a result is called one of few periods."""


def years(time: object, name: str) -> np.ndarray:
    """Return times as float years: numbers as they are, dates and periods as days / 365.25 since the first one.

    A period counts by its start. ISO text is a date; text that is a number is a number.

    Examples
    --------
    >>> years(["2023-01-01", "2024-01-01"], "time").round(4).tolist()
    [0.0, 0.9993]
    >>> years([2021, 2022], "time").tolist()
    [2021.0, 2022.0]
    """
    series = column(time, name)
    if isinstance(series.dtype, pd.PeriodDtype):
        series = series.dt.start_time
    if pd.api.types.is_numeric_dtype(series.dtype) or (
        series.dtype.kind == "O" and pd.to_numeric(series, errors="coerce").notna().any()
    ):
        return numbers(series, name, least=None)
    days = dates(series.to_frame(name), name, name=f"`{name}`", required=True).to_numpy().astype("datetime64[D]")
    return (days - days.min()).astype(float) / DAYS_PER_YEAR


def in_time_order(values: pd.Series) -> np.ndarray:
    """Return the positions that put a column in time order: by its dates where its index has them, else as it stands.

    Examples
    --------
    >>> in_time_order(pd.Series([5, 6], index=pd.to_datetime(["2023-02-01", "2023-01-01"]))).tolist()
    [1, 0]
    >>> in_time_order(pd.Series([5, 6])).tolist()
    [0, 1]
    """
    if isinstance(values.index, (pd.DatetimeIndex, pd.PeriodIndex)):
        return np.asarray(values.index.argsort(kind="stable"))
    return np.arange(len(values))


def enough(n: int, name: str, what: str) -> None:
    """Raise a `DataError` where there are too few of something to speak of a trend.

    Examples
    --------
    >>> enough(3, "counts", "periods")
    Traceback (most recent call last):
    minestats.errors.DataError: `counts` has 3 periods; a trend needs at least 4.
    """
    if n < MIN_PERIODS:
        raise DataError(f"`{name}` has {n} {what}; a trend needs at least {MIN_PERIODS}.")


def counts_and_exposure(
    rows: dict[str, object], *, needed: bool = False, depth: int = 5
) -> tuple[np.ndarray, np.ndarray]:
    """Whole counts and their exposures, both checked; exposures are 1 where None, and repeated where a number.

    `depth` is the stack level of who called the public function, for a warning.

    Examples
    --------
    >>> from minestats.columns import same_rows
    >>> counts_and_exposure(same_rows(counts=[1, 2, 3, 4], exposure=None))
    (array([1., 2., 3., 4.]), array([1., 1., 1., 1.]))
    """
    x = numbers(rows["counts"], "counts", whole=True)
    enough(x.size, "counts", "periods")
    given = rows["exposure"]
    if given is None and not needed:
        return x, np.ones(x.size)
    if not isinstance(given, pd.Series):
        return x, np.full(x.size, check_number("exposure", given, above=True))
    e = numbers(given, "exposure", above=True)
    warn_odd_exposure(x, e, rows["counts"].index, depth=depth)
    return x, e
