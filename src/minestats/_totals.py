"""Running totals as series: which rows can be used, which belong together, and one value a day.

A series is one scope and one start of counting. Authorities word the start differently ("since the war", "since
November 2020"), so starts up to 31 days after the earliest are one start. A total of a bounded stretch (`span` year,
year_to_date, month, period) belongs to its own start only: January's total and February's are no running total.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from minestats._arguments import refuse_interpolated
from minestats._columns import counts, dates, need, texts
from minestats._statements import _flag as says_so
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
_DAY = ["scope", "start", "as_of"]
_TABLE, _KEY = "victim_totals", "total_id"


def prepare(totals: pd.DataFrame) -> pd.DataFrame:
    """Return one clean row for each row of the table, in its order, with a plain index.

    Columns: `id, scope, since, as_of, authority, source, inferred, rounded, start` (of the series, NaT where the row
    is unusable), `unusable` (why; empty where usable), and each count column of the table as float.
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
    clean["rounded"] = _rounded(totals)
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

    Columns `scope, start, as_of, total, sources` (that give it) `, sources_of_day, stated_by` (the first such row by
    id); a tie goes to the larger value. Sorted.
    """
    known = _known(clean, column)
    votes = known.groupby([*_DAY, column], as_index=False).agg(sources=("source", "nunique"), stated_by=("id", "min"))
    days = votes.sort_values([*_DAY, "sources", column]).drop_duplicates(_DAY, keep="last")
    every = known.groupby(_DAY, as_index=False).agg(sources_of_day=("source", "nunique"))
    return days.merge(every, on=_DAY).rename(columns={column: "total"})


def stating(clean: pd.DataFrame, days: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the rows that enter the series, each with what `daily` says of its day and the highest total before it.

    Index of `clean`; further columns `highest, highest_by, highest_on` (NaN where no earlier day is as high or higher).
    """
    series = days.groupby(["scope", "start"], sort=False)
    highest = series["total"].cummax()
    at_peak = days["total"] == highest
    before = pd.DataFrame({"highest": highest})
    before["highest_by"] = days["stated_by"].where(at_peak)
    before["highest_on"] = days["as_of"].where(at_peak)
    before = before.groupby([days["scope"], days["start"]], sort=False).ffill()
    told = days.join(before)
    rows = _known(clean, column)
    return rows.reset_index().merge(told, on=_DAY).set_index("index").sort_index()


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
        No row is usable; a resolved total is no whole number; the totals are interpolated.
    """
    check_value(totals, value)
    refuse_interpolated(totals, "totals")
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
    rows = stating(clean, days, value)
    named = (
        rows[rows[value] == rows["total"]]
        .groupby(_DAY, as_index=False)
        .agg(authority=("authority", lambda names: ";".join(sorted(set(names)))), inferred=("inferred", "all"))
    )
    size = rows.groupby(_DAY, as_index=False).agg(statements=("id", "nunique"))
    days = days.merge(named, on=_DAY).merge(size, on=_DAY)
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


def walk(part: pd.DataFrame, min_days: float) -> pd.DataFrame:
    """Return the intervals of one resolved series: which totals close one, and what lies between.

    Columns as in `interval_rates`, without the rates.
    """
    day = part["as_of"].to_numpy().astype("datetime64[D]").astype("int64")
    last = len(part) - 1
    ends = [0]
    for i in range(1, len(part)):
        if day[i] - day[ends[-1]] >= min_days:
            ends.append(i)
    if ends[-1] != last:
        if len(ends) > 1:
            ends.pop()
        ends.append(last)
    a, b = np.array(ends[:-1], dtype=int), np.array(ends[1:], dtype=int)
    inferred = part["inferred"].to_numpy(dtype=bool)
    when, total = part["as_of"].to_numpy().astype("datetime64[us]"), part["total"].to_numpy()
    return pd.DataFrame(
        {
            "scope": pd.array(part["scope"].to_numpy()[a], dtype="string"),
            "since": part["start"].to_numpy()[a].astype("datetime64[us]"),
            "start": when[a],
            "end": when[b],
            "days": pd.array(day[b] - day[a], dtype="Int64"),
            "count": pd.array((total[b] - total[a]).astype("int64"), dtype="Int64"),
            "merged": pd.array(b - a - 1, dtype="Int64"),
            "authority_start": pd.array(part["authority"].to_numpy()[a], dtype="string"),
            "authority_end": pd.array(part["authority"].to_numpy()[b], dtype="string"),
            "inferred": inferred[a] | inferred[b],
        }
    )


def _known(clean: pd.DataFrame, column: str) -> pd.DataFrame:
    return clean[(clean["unusable"] == "") & clean[column].notna()]


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
    words = texts(totals, "rounded").str.strip().to_numpy()
    unnamed = clean["authority"].isin(["", "unknown"])
    result = np.where(partial, "as_of is no full date; ", "").astype(object)
    result += np.where(clean["since"].isna(), "since is missing; ", "")
    said = np.array([f"rounded ({word}); " if word.casefold() != "true" else "rounded; " for word in words], object)
    result += np.where(clean["rounded"], said, "")
    result += np.where(unnamed, "authority unknown; ", "")
    return np.array([reason.removesuffix("; ") for reason in result], dtype=object)


def _rounded(totals: pd.DataFrame) -> np.ndarray:
    """Whether a row is said to be rounded: True, or any word but a no."""
    return np.array([says_so(word) for word in texts(totals, "rounded")], dtype=bool)


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
