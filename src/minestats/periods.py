"""The calendar grid: days, Monday-to-Sunday weeks, months, quarters and years as whole periods.

A period is its first and its last day, both inside. Days are whole numbers since 1 January 1970 (numpy's
`datetime64[D]`), so that ten million dates can be placed by arithmetic alone. No time of day and no time zone
enters.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

INTERVALS = ("day", "week", "month", "quarter", "year")


DAY = np.timedelta64(1, "D")


def last_day(text: str) -> pd.Timestamp:
    """Return the last day of a year, a month or a day.

    Examples
    --------
    >>> [f"{last_day(text):%F}" for text in ("2016", "2016-02", "2016-02-03")]
    ['2016-12-31', '2016-02-29', '2016-02-03']
    """
    return pd.Period(text, {4: "Y", 7: "M", 10: "D"}[len(text)]).end_time.normalize().as_unit("us")


def period_start(days: np.ndarray, interval: str) -> np.ndarray:
    """Return the first day of the calendar period that each day lies in.

    Examples
    --------
    >>> days = np.array(["2023-05-17"], dtype="datetime64[D]")
    >>> [str(period_start(days, interval)[0]) for interval in INTERVALS]
    ['2023-05-17', '2023-05-15', '2023-05-01', '2023-04-01', '2023-01-01']
    """
    days = np.asarray(days, dtype="datetime64[D]")
    if interval == "week":  # 1 January 1970 was a Thursday
        return days - ((days.astype("int64") + 3) % 7).astype("timedelta64[D]")
    if interval == "month":
        return days.astype("datetime64[M]").astype("datetime64[D]")
    if interval == "quarter":
        months = days.astype("datetime64[M]")
        return (months - (months.astype("int64") % 3).astype("timedelta64[M]")).astype("datetime64[D]")
    if interval == "year":
        return days.astype("datetime64[Y]").astype("datetime64[D]")
    return days


def period_end(days: np.ndarray, interval: str) -> np.ndarray:
    """Return the last day of the calendar period that each day lies in.

    Examples
    --------
    >>> days = np.array(["2024-02-10"], dtype="datetime64[D]")
    >>> [str(period_end(days, interval)[0]) for interval in INTERVALS]
    ['2024-02-10', '2024-02-11', '2024-02-29', '2024-03-31', '2024-12-31']
    """
    start = period_start(days, interval)
    if interval == "week":
        return start + 6 * DAY
    length = {"month": 1, "quarter": 3, "year": 12}.get(interval)
    if length is None:
        return start
    return (start.astype("datetime64[M]") + np.timedelta64(length, "M")).astype("datetime64[D]") - DAY


def grid(first: np.datetime64, last: np.datetime64, interval: str) -> tuple[np.ndarray, np.ndarray]:
    """Return first and last days of all calendar periods from the one of `first` to the one of `last`.

    The periods are whole; cutting them to the window is the caller's.

    Examples
    --------
    >>> starts, ends = grid(np.datetime64("2023-01-30"), np.datetime64("2023-03-02"), "month")
    >>> starts.astype(str).tolist(), ends.astype(str).tolist()
    (['2023-01-01', '2023-02-01', '2023-03-01'], ['2023-01-31', '2023-02-28', '2023-03-31'])
    """
    ends = np.array([first, last], dtype="datetime64[D]")
    starts = np.unique(period_start(np.arange(ends[0], ends[1] + DAY), interval))
    return starts, period_end(starts, interval)
