"""Running totals as series: which rows can be used, which belong together, and one value a day.

A series is one scope and one start of counting. Authorities word the start differently ("since the war", "since
November 2020"), so starts up to 31 days after the earliest are one start. A total of a bounded stretch (`span` year,
year_to_date, month, period) belongs to its own start only: January's total and February's are no running total.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
import pandas as pd

from minestats.columns import counts, days, is_rounded, need, refuse_interpolated, refused, row_ids, texts
from minestats.errors import DataError, ParameterError, check_choice, listed
from minestats.rates.casualties import CROSSINGS

WHOLES = ("victims", "killed", "injured", "civilians", "military")
COUNTS = (*WHOLES, *CROSSINGS, "women", "children", "journalists_killed")
PUBLISHED = "_published"
SAME_START_DAYS = 31
POLICIES = ("later-wins", "isotonic", "raise")
_BOUNDED = ("year", "year_to_date", "month", "period")
_SHOWN = 12
_TABLE, _KEY = "victim_totals", "total_id"


@dataclass(frozen=True)
class Rows:
    """The table of totals, cleaned: one entry a row, in the order of the table."""

    ids: list[str]
    scope: list[str]
    since: np.ndarray
    """datetime64[D], NaT where missing."""
    as_of: np.ndarray
    authority: list[str]
    source: list[str]
    """Whose statement it is: publisher, else source, else the row itself, so that a copy of it adds nothing."""
    inferred: np.ndarray
    rounded: np.ndarray
    unusable: list[str]
    """Why the row is not used; empty where it is."""
    start: np.ndarray
    """Start of the row's series; NaT where the row is not used."""
    bounded: list[bool]
    """Whether the row counts a year, month or other stretch of its own."""
    figures: dict[str, np.ndarray]
    """Each count column of the table, NaN for missing."""

    def in_order(self) -> list[int]:
        """Positions sorted by scope, since, as_of and id, missing dates last."""
        keys = pd.DataFrame({"scope": self.scope, "since": self.since, "as_of": self.as_of, "id": self.ids})
        return keys.sort_values(list(keys), kind="stable").index.tolist()

    def stating(self, *columns: str) -> tuple[np.ndarray, list[int]]:
        """The figures of some columns, a row each, and the usable rows that state them all."""
        lost = np.full(len(self.ids), np.nan)
        figures = np.column_stack([self.figures.get(column, lost) for column in columns])
        return figures, [i for i, why in enumerate(self.unusable) if not why and not np.isnan(figures[i]).any()]


@dataclass(frozen=True)
class Day:
    """One day of one series with a known figure, and the value that most distinct sources give (or the larger)."""

    scope: str
    start: np.datetime64
    as_of: np.datetime64
    total: float
    rows: list[int]
    """Positions of all usable rows of the day that state a figure."""
    stating: list[int]
    """Those of them that state `total`."""
    stated_by: str
    """The first of these, by id."""
    sources: int
    """Distinct sources that state `total`."""
    sources_of_day: int

    @property
    def series(self) -> tuple[str, np.datetime64]:
        """Scope and start."""
        return self.scope, self.start


@dataclass(frozen=True)
class Series:
    """Resolved totals of one scope and start, by date."""

    scope: str
    since: np.datetime64
    as_of: np.ndarray
    """datetime64[D], increasing."""
    total: np.ndarray
    """Whole numbers, never falling."""
    authority: list[str]
    """Who states the day's value, ";" between several."""
    inferred: np.ndarray
    """No row with the day's value states the date."""
    statements: int


def prepare(totals: pd.DataFrame) -> Rows:
    """Return the table cleaned; wrong dates and figures, and totals that end before they start, are refused."""
    need(totals, ["since", "as_of", "authority"], _TABLE)
    ids = row_ids(totals, _KEY)
    since = days(totals, "since", name=_TABLE)
    as_of = days(_without_partial(totals), "as_of", name=_TABLE)
    if (wrong := as_of < since).any():
        rules = [f"not before `since` ({day})" for day in since]
        raise refused("a total ends before it starts", totals, wrong, "as_of", rules, "correct the date", name=_TABLE)
    scope, authority = texts(totals, "scope").tolist(), texts(totals, "authority").str.strip()
    words = texts(totals, "rounded").str.strip()
    rounded = words.map(is_rounded).to_numpy(dtype=bool)
    vague = np.isnat(as_of) | texts(totals, "as_of_precision").isin(["month", "year"]).to_numpy()
    why = [
        np.where(vague, "as_of is no full date", ""),
        np.where(np.isnat(since), "since is missing", ""),
        [
            "" if not yes else "rounded" if said.casefold() == "true" else f"rounded ({said})"
            for yes, said in zip(rounded, words, strict=True)
        ],
        np.where(authority.isin(["", "unknown"]), "authority unknown", ""),
    ]
    unusable = ["; ".join(filter(None, reasons)) for reasons in zip(*why, strict=True)]
    bounded = texts(totals, "span").isin(_BOUNDED).tolist()
    publisher, source = texts(totals, "publisher").str.strip(), texts(totals, "source_id").str.strip()
    return Rows(
        ids=ids.tolist(),
        scope=scope,
        since=since,
        as_of=as_of,
        authority=authority.tolist(),
        source=publisher.mask(publisher == "", source).mask(lambda who: who == "", ids).tolist(),
        inferred=(texts(totals, "date_basis") == "inferred").to_numpy(),
        rounded=rounded,
        unusable=unusable,
        start=_starts(scope, since, bounded, unusable),
        bounded=bounded,
        figures={
            column: counts(totals, column, name=_TABLE, whole=column + PUBLISHED not in totals.columns)
            for column in present(totals)
        },
    )


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


def daily(rows: Rows, column: str) -> list[Day]:
    """Return each series and day with a usable, known figure, sorted by scope, start and date."""
    figures = rows.figures[column]
    found: dict[tuple, list[int]] = {}
    for i in np.flatnonzero(~np.isnan(figures)).tolist():
        if not rows.unusable[i]:
            found.setdefault((rows.scope[i], rows.start[i], rows.as_of[i]), []).append(i)
    made = []
    for (scope, start, as_of), here in sorted(found.items()):
        votes: dict[float, set[str]] = {}
        for i in here:
            votes.setdefault(float(figures[i]), set()).add(rows.source[i])
        total = max(votes, key=lambda value: (len(votes[value]), value))
        stating = [i for i in here if figures[i] == total]
        stated_by, sources = min(rows.ids[i] for i in stating), len(votes[total])
        made.append(
            Day(scope, start, as_of, total, here, stating, stated_by, sources, len(set().union(*votes.values())))
        )
    return made


def by_series(found: list[Day]) -> Iterator[list[Day]]:
    """Return the days of each series in turn."""
    for _, part in groupby(found, key=lambda day: day.series):
        yield list(part)


def resolve(days: list[Day], policy: str) -> list[float]:
    """Return the resolved total of each day, never falling within a series."""
    resolved: list[float] = []
    for part in by_series(days):
        total = np.array([day.total for day in part])
        if policy == "isotonic":
            resolved += _isotonic(total.tolist(), [float(day.sources) for day in part])
        else:
            resolved += np.minimum.accumulate(total[::-1])[::-1].tolist()
    return resolved


def _isotonic(values: list[float], weights: list[float]) -> list[float]:
    """The never falling values nearest to these; where they fall, neighbours are replaced by their weighted mean.

    As `scipy.optimize.isotonic_regression`, which takes a third of a second to import.
    """
    pools: list[tuple[float, float, int]] = []
    for value, weight in zip(values, weights, strict=True):
        size = 1
        while pools and pools[-1][0] >= value:
            before, heavy, n = pools.pop()
            value, weight, size = (before * heavy + value * weight) / (heavy + weight), weight + heavy, size + n
        pools.append((value, weight, size))
    return [value for value, _, size in pools for _ in range(size)]


def falls(days: list[Day]) -> list[tuple[Day, Day]]:
    """Return each day that is below an earlier one of its series, with the last of the highest days before it."""
    found = []
    for part in by_series(days):
        highest = part[0]
        for day in part:
            if day.total >= highest.total:
                highest = day
            else:
                found.append((day, highest))
    return found


def all_series(
    totals: pd.DataFrame, value: str, *, policy: str = "later-wins", from_start: bool = False
) -> list[Series]:
    """Return each series of usable totals of `value`, resolved, sorted by scope and start.

    `from_start` puts the total 0 on the first day of counting before the others, and joins stretches that follow each
    other without a gap: the totals of 2019 and of 2020 are a running total since 2019.

    Raises
    ------
    DataError
        No row is usable; a resolved total is no whole number; the totals are interpolated.
    """
    check_value(totals, value)
    check_choice("policy", policy, POLICIES[:2])
    refuse_interpolated(totals, "totals")
    rows = prepare(totals)
    found: list[Series] = []
    for part in by_series(daily(rows, value)):
        total = np.array(resolve(part, policy))
        for day, figure in zip(part, total.tolist(), strict=True):
            if policy != "isotonic" and figure != int(figure):
                raise DataError(
                    f"{_TABLE}: {value} {figure:g} on {day.as_of} is no whole number, and differences of made totals "
                    "are no counts; resolve with policy='later-wins'."
                )
        one = Series(
            scope=part[0].scope,
            since=part[0].start,
            as_of=np.array([day.as_of for day in part]),
            total=total,
            authority=[";".join(sorted({rows.authority[i] for i in day.stating})) for day in part],
            inferred=np.array([bool(rows.inferred[day.stating].all()) for day in part]),
            statements=len({rows.ids[i] for day in part for i in day.rows}),
        )
        bounded = rows.bounded[part[0].rows[0]]
        before = next((n for n, s in enumerate(found) if s.scope == one.scope and s.as_of[-1] + 1 == one.since), None)
        first = one.since - int(bounded)
        if from_start and bounded and before is not None:
            found[before] = _joined(found[before], one)
        elif from_start and one.as_of[0] > first:
            # the total is 0 on the first day of counting by definition, though nobody prints it
            nothing = replace(
                one,
                as_of=np.array([first]),
                total=np.zeros(1),
                authority=[""],
                inferred=np.zeros(1, bool),
                statements=0,
            )
            found.append(_joined(nothing, one))
        else:
            found.append(one)
    if not found:
        raise DataError(_no_usable(rows, value))
    return found


def _joined(before: Series, one: Series) -> Series:
    """The totals of a stretch added to those of the stretch that ends on the day before."""
    return replace(
        before,
        as_of=np.append(before.as_of, one.as_of),
        total=np.append(before.total, before.total[-1] + one.total),
        authority=[*before.authority, *one.authority],
        inferred=np.append(before.inferred, one.inferred),
        statements=before.statements + one.statements,
    )


def one_series(totals: pd.DataFrame, value: str, *, policy: str = "later-wins", from_start: bool = False) -> Series:
    """Return the only series of the table; a DataError lists the series found where there are more, or one total."""
    found = all_series(totals, value, policy=policy, from_start=from_start)
    if len(found) == 1 and len(found[0].total) >= 2:
        return found[0]
    what = "exactly one series" if len(found) > 1 else "two totals or more of one series"
    lines = []
    for part in sorted(found, key=lambda part: -len(part.total)):
        n = len(part.total)
        said = f"{n} dated total{'s' if n > 1 else ''}, {part.as_of[0]} to {part.as_of[-1]}"
        lines.append(f"scope '{part.scope}' since {part.since}: {said}")
    shown = lines[:_SHOWN] + ([f"... and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else [])
    raise DataError(
        f"{_TABLE}: this needs {what} of '{value}'; filter by scope and since. Found:\n  " + "\n  ".join(shown)
    )


def walk(series: Series, min_days: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions of the totals that open and that close each interval of `min_days` or more.

    The rest after the last such interval extends it; the only interval may be shorter.
    """
    day = series.as_of.astype("int64").tolist()
    last = len(day) - 1
    edges = [0]
    for i in range(1, len(day)):
        if day[i] - day[edges[-1]] >= min_days:
            edges.append(i)
    if edges[-1] != last:
        edges[max(1, len(edges) - 1) :] = [last]
    return np.array(edges[:-1], dtype=int), np.array(edges[1:], dtype=int)


def _without_partial(totals: pd.DataFrame) -> pd.DataFrame:
    """The as-of column with year or month texts ("2022", "2022-11") made missing: they are no full date."""
    column = totals["as_of"]
    if column.dtype == object or isinstance(column.dtype, pd.StringDtype):
        partial = column.map(lambda v: isinstance(v, str) and re.fullmatch(r"\d{4}(-\d{2})?", v.strip()) is not None)
        if partial.any():
            return totals.assign(as_of=column.astype(object).where(~partial.astype(bool), None))
    return totals


def _starts(scope: list[str], since: np.ndarray, bounded: list[bool], unusable: list[str]) -> np.ndarray:
    """The start of each row's series: the earliest start at most 31 days before its own, or its own if bounded."""
    start = np.full(len(scope), "NaT", dtype="datetime64[D]")
    anchors: dict[str, np.datetime64] = {}
    for i in sorted((i for i, why in enumerate(unusable) if not why), key=lambda i: since[i]):
        start[i] = since[i]
        if not bounded[i]:
            anchor = anchors.get(scope[i])
            if anchor is None or (since[i] - anchor).astype(int) > SAME_START_DAYS:
                anchor = anchors[scope[i]] = since[i]
            start[i] = anchor
    return start


def _no_usable(rows: Rows, value: str) -> str:
    reasons = Counter(why or f"{value} not stated" for why in rows.unusable)
    told = "; ".join(f"{n} x {reason}" for reason, n in sorted(reasons.items()))
    return (
        f"{_TABLE}: no usable total of '{value}' among {len(rows.ids)} rows"
        + (f" ({told})" if told else "")
        + ". A usable total has a full as-of date, a start, a named authority, and is not rounded."
    )
