"""Running totals as series: which rows can be used, which belong together, and one value a day.

A series is one scope and one start of counting. Authorities word the start differently ("since the war", "since
November 2020"), so starts up to 31 days after the earliest are one start. A total of a bounded stretch (`span` year,
year_to_date, month, period) belongs to its own start only: January's total and February's are no running total.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
import pandas as pd

from minestats.columns import counts, dates, need, refuse_interpolated, row_ids, says_so, texts
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
        since, as_of = _sortable(self.since), _sortable(self.as_of)
        return sorted(range(len(self.ids)), key=lambda i: (self.scope[i], since[i], as_of[i], self.ids[i]))


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
    key = _KEY if _KEY in totals.columns else ""
    ids = row_ids(totals, _KEY).tolist()
    since = dates(totals, "since", name=_TABLE, key=key).to_numpy().astype("datetime64[D]")
    as_of = dates(_without_partial(totals), "as_of", name=_TABLE, key=key).to_numpy().astype("datetime64[D]")
    _check_order(ids, since, as_of)
    rounded = np.array([says_so(word) for word in texts(totals, "rounded")], dtype=bool)
    authority = [name.strip() for name in texts(totals, "authority")]
    scope = texts(totals, "scope").tolist()
    unusable = _unusable(totals, since, as_of, rounded, authority)
    bounded = texts(totals, "span").isin(_BOUNDED).tolist()
    return Rows(
        ids=ids,
        scope=scope,
        since=since,
        as_of=as_of,
        authority=authority,
        source=_sources(totals, ids),
        inferred=(texts(totals, "date_basis") == "inferred").to_numpy(),
        rounded=rounded,
        unusable=unusable,
        start=_starts(scope, since, bounded, unusable),
        bounded=bounded,
        figures={
            column: counts(totals, column, name=_TABLE, key=key, whole=column + PUBLISHED not in totals.columns)
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
    days = []
    for (scope, start, as_of), here in sorted(found.items()):
        votes: dict[float, set[str]] = {}
        for i in here:
            votes.setdefault(float(figures[i]), set()).add(rows.source[i])
        total = max(votes, key=lambda value: (len(votes[value]), value))
        stating = [i for i in here if figures[i] == total]
        days.append(
            Day(
                scope=scope,
                start=start,
                as_of=as_of,
                total=total,
                rows=here,
                stating=stating,
                stated_by=min(rows.ids[i] for i in stating),
                sources=len(votes[total]),
                sources_of_day=len(set().union(*votes.values())),
            )
        )
    return days


def by_series(days: list[Day]) -> Iterator[list[Day]]:
    """Return the days of each series in turn."""
    for _, part in groupby(days, key=lambda day: day.series):
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
    for days in by_series(daily(rows, value)):
        total = np.array(resolve(days, policy))
        for day, figure in zip(days, total.tolist(), strict=True):
            if policy != "isotonic" and figure != int(figure):
                raise DataError(
                    f"{_TABLE}: {value} {figure:g} on {day.as_of} is no whole number, and differences of made totals "
                    "are no counts; resolve with policy='later-wins'."
                )
        one = Series(
            scope=days[0].scope,
            since=days[0].start,
            as_of=np.array([day.as_of for day in days]),
            total=total,
            authority=[";".join(sorted({rows.authority[i] for i in day.stating})) for day in days],
            inferred=np.array([bool(rows.inferred[day.stating].all()) for day in days]),
            statements=len({rows.ids[i] for day in days for i in day.rows}),
        )
        bounded = rows.bounded[days[0].rows[0]]
        before = next((s for s in found if s.scope == one.scope and s.as_of[-1] + 1 == one.since), None)
        if not from_start:
            found.append(one)
        elif bounded and before is not None:
            found[found.index(before)] = _joined(before, one)
        else:
            found.append(_with_start(one, one.since - int(bounded)))
    if not found:
        raise DataError(_no_usable(rows, value))
    return found


def _with_start(one: Series, first: np.datetime64) -> Series:
    """The series with the total 0 on its first day of counting: it is 0 by definition, though nobody prints it."""
    if one.as_of[0] <= first:
        return one
    return replace(
        one,
        as_of=np.append(first, one.as_of),
        total=np.append(0.0, one.total),
        authority=["", *one.authority],
        inferred=np.append(False, one.inferred),
    )


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
    lines = [
        f"scope '{part.scope}' since {part.since}: {len(part.total)} dated total"
        + ("s" if len(part.total) > 1 else "")
        + f", {part.as_of[0]} to {part.as_of[-1]}"
        for part in sorted(found, key=lambda part: -len(part.total))
    ]
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


def _sortable(days: np.ndarray) -> list[int]:
    """Dates as numbers, missing last."""
    numbers = days.astype("int64")
    return np.where(np.isnat(days), np.iinfo("int64").max, numbers).tolist()


def _check_order(ids: list[str], since: np.ndarray, as_of: np.ndarray) -> None:
    wrong = np.flatnonzero(as_of < since).tolist()
    if wrong:
        raise DataError(
            f"{_TABLE}: a total ends before it starts",
            [
                Problem(
                    _TABLE,
                    i + 2,
                    "as_of",
                    str(as_of[i]),
                    f"not before `since` ({since[i]})",
                    "correct the date",
                    ids[i],
                )
                for i in wrong
            ],
        )


def _without_partial(totals: pd.DataFrame) -> pd.DataFrame:
    """The as-of column with year or month texts ("2022", "2022-11") made missing: they are no full date."""
    column = totals["as_of"]
    if column.dtype == object or isinstance(column.dtype, pd.StringDtype):
        partial = column.map(lambda v: isinstance(v, str) and re.fullmatch(r"\d{4}(-\d{2})?", v.strip()) is not None)
        if partial.any():
            return totals.assign(as_of=column.astype(object).where(~partial.astype(bool), None))
    return totals


def _sources(totals: pd.DataFrame, ids: list[str]) -> list[str]:
    pairs = zip(texts(totals, "publisher"), texts(totals, "source_id"), ids, strict=True)
    return [publisher.strip() or source.strip() or key for publisher, source, key in pairs]


def _unusable(
    totals: pd.DataFrame, since: np.ndarray, as_of: np.ndarray, rounded: np.ndarray, authority: list[str]
) -> list[str]:
    words, precision = texts(totals, "rounded").tolist(), texts(totals, "as_of_precision").tolist()
    reasons = []
    for i, name in enumerate(authority):
        said = words[i].strip()
        why = [
            "as_of is no full date" if np.isnat(as_of[i]) or precision[i] in ("month", "year") else "",
            "since is missing" if np.isnat(since[i]) else "",
            ("rounded" if said.casefold() == "true" else f"rounded ({said})") if rounded[i] else "",
            "authority unknown" if name in ("", "unknown") else "",
        ]
        reasons.append("; ".join(reason for reason in why if reason))
    return reasons


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
    reasons: dict[str, int] = {}
    for why in rows.unusable:
        reasons[why or f"{value} not stated"] = reasons.get(why or f"{value} not stated", 0) + 1
    told = "; ".join(f"{n} x {reason}" for reason, n in sorted(reasons.items()))
    return (
        f"{_TABLE}: no usable total of '{value}' among {len(rows.ids)} rows"
        + (f" ({told})" if told else "")
        + ". A usable total has a full as-of date, a start, a named authority, and is not rounded."
    )
