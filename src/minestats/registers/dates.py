"""Dates of registers: in one cell or in parts, to the day, the month or the year, in several spellings.

A cell is read when it reads one way. Whatever reads two ways (03/04/2016, a year of two digits, a bare serial number)
is refused with the line that the mapping needs. A day or month that is not stated makes the date coarser; a
year that is not stated leaves it empty: no row falls out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from minestats.registers.coded import Coded
from minestats.registers.date_reader import Reader, Unreadable
from minestats.registers.findings import Findings, rows_of
from minestats.registers.numeric import first_of, shown_values

DAY, MONTH, YEAR, NONE = 0, 1, 2, 3
PRECISIONS = np.array(["day", "month", "year", ""], dtype=object)


@dataclass
class Parts:
    """Year, month and day of each row, 0 where not stated; an impossible date has been refused before."""

    year: np.ndarray
    month: np.ndarray
    day: np.ndarray

    @property
    def precision(self) -> np.ndarray:
        """0 day, 1 month, 2 year, 3 nothing known."""
        result = np.where(self.day > 0, DAY, np.where(self.month > 0, MONTH, YEAR))
        return np.where(self.year > 0, result, NONE).astype(np.int8)

    def dates(self, *, last: bool = False) -> np.ndarray:
        """Return the first (or last) day of what is known, NaT where the year is not."""
        known = self.year > 0
        month = np.where(self.month > 0, self.month, 12 if last else 1)
        months = ((np.where(known, self.year, 1970) - 1970) * 12 + month - 1).astype("datetime64[M]")
        if last:
            end = (months + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
            days = np.where(
                self.day > 0,
                months.astype("datetime64[D]") + (self.day.astype("int64") - 1).astype("timedelta64[D]"),
                end,
            )
        else:
            days = months.astype("datetime64[D]") + (np.maximum(self.day, 1).astype("int64") - 1).astype(
                "timedelta64[D]"
            )
        days = days.astype("datetime64[us]")
        days[~known] = np.datetime64("NaT", "us")
        return days


def parse_dates(
    column: Coded, known: np.ndarray, spec: dict, header: str, rows: np.ndarray, findings: Findings
) -> Parts:
    """Return the dates of a column of whole dates.

    Parameters
    ----------
    spec : dict
        The mapping's [date]: formats, languages, zero, timezone, century.
    """
    reader = Reader(spec)
    known = known & (column.count > 0)
    found = np.zeros((len(known), 3), dtype=np.int32)
    rest = known.copy()
    if not reader.formats:
        _plain(column, rest, found)
    wrong: dict[tuple[str, str], list[int]] = {}
    times, zeros = [], []
    for code in np.flatnonzero(rest):
        result = reader.read(column.words[code])
        if isinstance(result, Unreadable):
            wrong.setdefault((result.code, result.group), []).append(code)
            reader.told.setdefault((result.code, result.group), result)
            continue
        found[code] = result[:3]
        if result[3]:
            times.append(code)
        if 0 in result[:3] and "zero" in spec:
            zeros.append(code)
    for key, codes in wrong.items():
        _refuse(reader.told[key], np.array(codes), column, header, rows, findings)
    for codes, said in ((times, "the time of day left out"), (zeros, "a zero read as unknown")):
        if codes:
            count = int(column.count[codes].sum())
            findings.repair("date", f"column '{header}': {said} in {shown_values(count)}", column=header, rows=count)
    spread = found[column.codes]
    return Parts(spread[:, 0], spread[:, 1], spread[:, 2])


def _plain(column: Coded, rest: np.ndarray, found: np.ndarray) -> None:
    """Read the cells that are ISO dates, with or without midnight, in one go."""
    candidates = np.flatnonzero(rest)
    if not len(candidates):
        return
    series = pd.Series(column.texts[candidates], dtype="str")
    fits = series.str.fullmatch(r"\d{4}-\d{2}-\d{2}([T ]00:00(:00(\.0+)?)?)?").to_numpy(dtype=bool)
    days = pd.to_datetime(series[fits].str.slice(0, 10), format="%Y-%m-%d", errors="coerce")
    good = (days.dt.year.between(1900, 2100)).to_numpy(dtype=bool)
    codes = candidates[fits][good]
    found[codes, 0], found[codes, 1], found[codes, 2] = (
        days.dt.year[good],
        days.dt.month[good],
        days.dt.day[good],
    )
    rest[codes] = False


def _refuse(wrong: Unreadable, codes, column, header, rows, findings) -> None:
    count = int(column.count[codes].sum())
    at, word = first_of(column, codes, rows)
    word = wrong.group or word
    more = f" ({rows_of(count)})" if count > 1 else ""
    findings.error(
        "no date" if wrong.code == "date" else wrong.code,
        f"column '{header}', row {at}: '{word}' {wrong.said}",
        wrong.remedy + more,
        row=at,
        column=header,
        value=word,
        rows=count,
    )


def from_parts(
    columns: dict[str, tuple[Coded, np.ndarray, np.ndarray]],
    headers: dict[str, str],
    spec: dict,
    rows: np.ndarray,
    findings: Findings,
) -> Parts:
    """Return dates from columns of years, months and days.

    `columns` gives for "year", "month" and "day" the column, which of its cells are known, and their numbers.
    """
    size = len(rows)
    got = {name: np.zeros(size, dtype=np.int32) for name in ("year", "month", "day")}
    limits = {"year": (1900, 2100), "month": (1, 12), "day": (1, 31)}
    zero = spec.get("zero") == "unknown"
    for name, (column, _, numbers) in columns.items():
        low, high = limits[name]
        values = np.where(np.isnan(numbers), 0, numbers).astype(np.int64)
        stated = ~np.isnan(numbers) & (column.count > 0)
        zeros = stated & (values == 0)
        header = headers[name]
        if zeros.any():
            count = int(column.count[zeros].sum())
            at, _ = first_of(column, np.flatnonzero(zeros), rows)
            if zero:
                findings.repair(
                    "date",
                    f"column '{header}': a zero read as unknown in {shown_values(count)}",
                    column=header,
                    rows=count,
                )
            else:
                findings.error(
                    "zero",
                    f"column '{header}', row {at}: 0 is no {name} ({rows_of(count)})",
                    "set zero = 'unknown' if it stands for unknown",
                    row=at,
                    column=header,
                    value="0",
                    rows=count,
                )
        if name == "year" and (stated & (values > 0) & (values < 100)).any():
            century = spec.get("century")
            short = stated & (values > 0) & (values < 100)
            if century is None:
                at, word = first_of(column, np.flatnonzero(short), rows)
                findings.error(
                    "century",
                    f"column '{header}', row {at}: '{word}' is a year of two digits",
                    "set century = 2000 (the first year it can mean)",
                    row=at,
                    column=header,
                    value=word,
                    rows=int(column.count[short].sum()),
                )
            else:
                values = np.where(short, century + (values - century) % 100, values)
            stated &= ~short
        bad = stated & ~zeros & ((values < low) | (values > high))
        if bad.any():
            at, word = first_of(column, np.flatnonzero(bad), rows)
            findings.error(
                "no date",
                f"column '{header}', row {at}: '{word}' is no {name} from {low} to {high}",
                "correct it",
                row=at,
                column=header,
                value=word,
                rows=int(column.count[bad].sum()),
            )
            values = np.where(bad, 0, values)
        got[name] = np.where(values > high, 0, values)[column.codes].astype(np.int32)
    got["month"][got["year"] == 0] = 0
    skipped = (got["month"] == 0) & (got["day"] > 0)
    got["day"][skipped] = 0
    parts = Parts(got["year"], got["month"], got["day"])
    full = parts.day > 28
    if full.any():
        start = Parts(parts.year, parts.month, np.ones_like(parts.day)).dates().astype("datetime64[M]")
        over = full & (parts.dates().astype("datetime64[M]") != start)
        if over.any():
            i = int(np.argmax(over))
            text = f"{parts.year[i]}-{parts.month[i]:02}-{parts.day[i]:02}"
            if not findings.error(
                "no date",
                f"row {rows[i]}: {text} is no real date ({rows_of(int(over.sum()))})",
                "correct it",
                row=rows[i],
                value=text,
                rows=int(over.sum()),
            ):
                parts.day[over] = 0
    return parts


def span(start: Parts, end: Parts, rows: np.ndarray, findings: Findings) -> tuple[Parts, np.ndarray]:
    """Return the smallest day, month or year that holds start and end, and which rows end before they start.

    A span that no year holds has no date: its year is 0.
    """
    first, last = start.dates(), end.dates(last=True)
    with np.errstate(invalid="ignore"):
        before = (last < first) & ~np.isnat(first) & ~np.isnat(last)
    if before.any():
        i = int(np.argmax(before))
        days = f"{str(last[i])[:10]} < {str(first[i])[:10]}"
        said = f"{rows_of(int(before.sum()))}: end before start (first: row {rows[i]}, {days})"
        findings.error(
            "end before start",
            said + ".",
            "Exchange or correct them. Else [[accept]]",
            row=rows[i],
            rows=int(before.sum()),
        )
    known = end.year > 0
    same_year = ~known | (start.year == end.year)
    same_month = ~known | (same_year & (start.month == end.month) & (end.month > 0))
    same_day = ~known | (same_month & (start.day == end.day) & (end.day > 0))
    wide = (start.year > 0) & ~same_year
    if wide.any():
        i = int(np.argmax(wide))
        findings.warn(
            "date",
            f"{rows_of(int(wide.sum()))}: start and end lie in different years; the date is left empty "
            f"(first: row {rows[i]})",
            row=rows[i],
            rows=int(wide.sum()),
        )
    return (
        Parts(
            np.where(wide, 0, start.year),
            np.where(same_month & ~wide, start.month, 0),
            np.where(same_day & ~wide, start.day, 0),
        ),
        before,
    )


def coarsen(parts: Parts, precision: np.ndarray) -> Parts:
    """Return dates no finer than a stated precision (0 day, 1 month, 2 year)."""
    return Parts(
        parts.year,
        np.where(precision >= YEAR, 0, parts.month),
        np.where(precision >= MONTH, 0, parts.day),
    )
