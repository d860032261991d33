"""Running totals as series: which rows can be used, which belong together, and one value a day.

A series is one scope and one start of counting. Authorities word the start differently ("since the war", "since
November 2020"), so starts up to 31 days after the earliest are one start. A total of a bounded stretch (`span` year,
year_to_date, month, period) belongs to its own start only: January's total and February's are no running total.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from minestats._columns import counts, dates, need, texts
from minestats.errors import DataError, ParameterError, Problem, check_choice, listed

COUNTS = (
    "victims",
    "killed",
    "injured",
    "civilians",
    "military",
    "civilians_killed",
    "civilians_injured",
    "military_killed",
    "military_injured",
    "women",
    "children",
    "journalists_killed",
)
PUBLISHED = "_published"
SAME_START_DAYS = 31
POLICIES = ("later-wins", "isotonic", "raise")
_BOUNDED = ("year", "year_to_date", "month", "period")
_TABLE, _KEY = "victim_totals", "total_id"


def prepare(totals: pd.DataFrame) -> pd.DataFrame:
    """Return one clean row for each row of the table, in its order, with a plain index.

    Columns: `id, scope, since, as_of, authority, source, inferred, start` (of the series, NaT where the row is
    unusable), `unusable` (why; empty where usable), and each count column of the table as float.
    """
    need(totals, ["since", "as_of", "authority"], _TABLE)
    key = _KEY if _KEY in totals.columns else ""
    ids = texts(totals, _KEY) if key else pd.Series(totals.index.map(str), index=totals.index)
    clean = pd.DataFrame(
        {
            "id": ids.to_numpy(dtype=object),
            "scope": texts(totals, "scope").to_numpy(),
            "since": dates(totals, "since", name=_TABLE, key=key).to_numpy(),
            "as_of": dates(_without_partial(totals), "as_of", name=_TABLE, key=key).to_numpy(),
            "authority": texts(totals, "authority").str.strip().to_numpy(),
        }
    )
    reversed_ = np.flatnonzero(clean["as_of"] < clean["since"])
    if len(reversed_):
        raise DataError(
            f"{_TABLE}: a total ends before it starts",
            [
                Problem(
                    _TABLE,
                    int(i) + 2,
                    "as_of",
                    str(clean["as_of"][i].date()),
                    f"not before `since` ({clean['since'][i].date()})",
                    "correct the date",
                    clean["id"][i],
                )
                for i in reversed_
            ],
        )
    clean["source"] = _sources(totals, clean["id"])
    clean["inferred"] = (texts(totals, "date_basis") == "inferred").to_numpy()
    for column in present(totals):
        published = column + PUBLISHED
        clean[column] = counts(totals, column, name=_TABLE, key=key, whole=published not in totals.columns)
    clean["unusable"] = _unusable(totals, clean)
    usable = clean["unusable"] == ""
    bounded = texts(totals, "span").isin(_BOUNDED).to_numpy()
    clean["start"] = pd.Series(np.datetime64("NaT"), index=clean.index, dtype="datetime64[s]")
    clean.loc[usable & bounded, "start"] = clean["since"]
    for _, group in clean[usable & ~bounded].groupby("scope", sort=False):
        clean.loc[group.index, "start"] = _starts(group["since"])
    return clean


def present(totals: pd.DataFrame) -> list[str]:
    """Return the count columns that the table has.

    Examples
    --------
    >>> present(pd.DataFrame(columns=["as_of", "killed", "victims"]))
    ['victims', 'killed']
    """
    return [column for column in COUNTS if column in totals.columns]


def check_value(totals: pd.DataFrame, value: str) -> str:
    """Return `value` if it is a count column that the table has, else raise a `ParameterError`.

    Examples
    --------
    >>> check_value(pd.DataFrame(columns=["victims"]), "women")
    Traceback (most recent call last):
    minestats.errors.ParameterError: `value`: the table has no column 'women'; its count columns are 'victims'.
    """
    check_choice("value", value, COUNTS)
    if isinstance(totals, pd.DataFrame) and value not in totals.columns:
        raise ParameterError(
            f"`value`: the table has no column '{value}'; its count columns are {listed(present(totals)) or 'none'}."
        )
    return value


def daily(clean: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return one row for each series and day with a usable, known figure: the value most distinct sources give.

    Columns `scope, start, as_of, total, sources`; a tie goes to the larger value. Sorted.
    """
    known = clean[(clean["unusable"] == "") & clean[column].notna()]
    keys = ["scope", "start", "as_of"]
    votes = known.groupby([*keys, column], as_index=False)["source"].nunique()
    votes = votes.sort_values([*keys, "source", column]).drop_duplicates(keys, keep="last")
    return votes.rename(columns={column: "total", "source": "sources"}).reset_index(drop=True)


def resolve_days(days: pd.DataFrame, policy: str) -> np.ndarray:
    """Return the resolved total of each row of `daily()`, non-decreasing within each series."""
    series = days.groupby(["scope", "start"], sort=False)["total"]
    if policy == "isotonic":
        from scipy.optimize import isotonic_regression

        resolved = np.empty(len(days))
        for index in series.indices.values():
            part = days.iloc[index]
            resolved[index] = isotonic_regression(part["total"], weights=part["sources"].astype(float)).x
        return resolved
    return days["total"][::-1].groupby([days["scope"], days["start"]], sort=False).cummin()[::-1].to_numpy()


def resolved_series(totals: pd.DataFrame, value: str) -> list[pd.DataFrame]:
    """Return each series of usable totals of `value` as a table, resolved (later-wins), sorted by scope and start.

    Columns `scope, start, as_of, total, authority` (of the rows that state the day's value, joined by ";"),
    `inferred` (no row with the day's value states the date), `statements`.

    Raises
    ------
    DataError
        No row is usable; a resolved total is no whole number.
    """
    check_value(totals, value)
    clean = prepare(totals)
    days = daily(clean, value)
    if days.empty:
        raise DataError(_no_usable(clean, value))
    days["resolved"] = resolve_days(days, "later-wins")
    fraction = days[days["resolved"] != np.rint(days["resolved"])]
    if len(fraction):
        raise DataError(
            f"{_TABLE}: {value} {fraction['resolved'].iloc[0]:g} on {fraction['as_of'].iloc[0].date()} is no whole "
            "number, and differences of made totals are no counts; resolve with policy='later-wins'."
        )
    rows = clean[(clean["unusable"] == "") & clean[value].notna()].merge(days, on=["scope", "start", "as_of"])
    stating = rows[rows[value] == rows["total"]].groupby(["scope", "start", "as_of"], as_index=False)
    named = stating.agg(
        authority=("authority", lambda names: ";".join(sorted(set(names)))),
        inferred=("inferred", "all"),
    )
    days = days.merge(named, on=["scope", "start", "as_of"])
    days["statements"] = days.merge(
        rows.groupby(["scope", "start", "as_of"], as_index=False).size(), on=["scope", "start", "as_of"]
    )["size"]
    days["total"] = days.pop("resolved")
    return [part.reset_index(drop=True) for _, part in days.groupby(["scope", "start"], sort=True)]


def one_series(totals: pd.DataFrame, value: str) -> pd.DataFrame:
    """Return the only series of the table; a DataError lists the series found where there are more, or one total."""
    found = resolved_series(totals, value)
    if len(found) == 1 and len(found[0]) >= 2:
        return found[0]
    what = "exactly one series" if len(found) > 1 else "two totals or more of one series"
    lines = [
        f"scope '{part['scope'][0]}' since {part['start'][0].date()}: {len(part)} dated total"
        + ("s" if len(part) > 1 else "")
        + f", {part['as_of'].iloc[0].date()} to {part['as_of'].iloc[-1].date()}"
        for part in sorted(found, key=len, reverse=True)
    ]
    shown = lines[:12] + ([f"... and {len(lines) - 12} more"] if len(lines) > 12 else [])
    raise DataError(
        f"{_TABLE}: this needs {what} of '{value}'; filter by scope and since. Found:\n  " + "\n  ".join(shown)
    )


def _without_partial(totals: pd.DataFrame) -> pd.DataFrame:
    """The as-of column with year or month texts ("2022", "2022-11") made missing: they are no full date."""
    column = totals["as_of"]
    if column.dtype == object or isinstance(column.dtype, pd.StringDtype):
        partial = column.map(lambda v: isinstance(v, str) and re.fullmatch(r"\d{4}(-\d{2})?", v.strip()) is not None)
        if partial.any():
            return totals.assign(as_of=column.astype(object).where(~partial.astype(bool), None))
    return totals


def _sources(totals: pd.DataFrame, ids: pd.Series) -> np.ndarray:
    """Whose statement a row is: its publisher, else its source, else the row itself (so that a copy adds nothing)."""
    result = ids.to_numpy(dtype=object)
    for column in ("source_id", "publisher"):
        named = texts(totals, column).str.strip().to_numpy()
        result = np.where(named != "", named, result)
    return result


def _unusable(totals: pd.DataFrame, clean: pd.DataFrame) -> np.ndarray:
    precision = texts(totals, "as_of_precision").to_numpy()
    partial = clean["as_of"].isna() | np.isin(precision, ["month", "year"])
    rounded = texts(totals, "rounded").str.strip().to_numpy()
    is_rounded = ~np.isin([word.casefold() for word in rounded], ["", "false", "0", "0.0"])
    unnamed = clean["authority"].isin(["", "unknown"])
    result = np.where(partial, "as_of is no full date; ", "").astype(object)
    result += np.where(clean["since"].isna(), "no start of counting; ", "")
    words = np.array([f"rounded ({word}); " if word.casefold() != "true" else "rounded; " for word in rounded], object)
    result += np.where(is_rounded, words, "")
    result += np.where(unnamed, "authority unknown; ", "")
    return np.array([reason.removesuffix("; ") for reason in result], dtype=object)


def _starts(since: pd.Series) -> pd.Series:
    """The start of each row's series: the earliest start at most 31 days before it."""
    starts, anchor = {}, None
    for start in sorted(since.unique()):
        if anchor is None or (start - anchor).days > SAME_START_DAYS:
            anchor = start
        starts[start] = anchor
    return since.map(starts)


def _no_usable(clean: pd.DataFrame, value: str) -> str:
    why = clean["unusable"].where(clean["unusable"] != "", f"{value} not stated")
    reasons = "; ".join(f"{n} x {reason}" for reason, n in why.value_counts().sort_index().items())
    return (
        f"{_TABLE}: no usable total of '{value}' among {len(clean)} rows"
        + (f" ({reasons})" if reasons else "")
        + ". A usable total has a full as-of date, a start, a named authority, and is not rounded."
    )
