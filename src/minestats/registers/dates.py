"""Dates of registers: in one cell or in parts, to the day, the month or the year, in several spellings.

A cell is read when it reads one way. Whatever reads two ways (03/04/2016, a year of two digits, a bare serial number)
is refused with the line that the mapping needs. A day or month that is not stated makes the date coarser; a
year that is not stated leaves it empty: no row falls out.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from minestats.errors import extra
from minestats.registers import vocabulary as v
from minestats.registers.cells import Cells, Coded, strings
from minestats.registers.date_reader import (
    SAME_MONTHS,
    YEARS,
    Reader,
    Unreadable,
    month_number,
    no_month,
    order_of,
    other_calendars,
)
from minestats.registers.findings import Findings, rows_of
from minestats.registers.work import Work

DAY, MONTH, YEAR, NONE = 0, 1, 2, 3
PRECISIONS = np.array(["day", "month", "year", ""], dtype=object)


@dataclass
class Parts:
    """Year, month and day of each row, 0 where not stated; an impossible date has been refused before."""

    year: np.ndarray
    month: np.ndarray
    day: np.ndarray
    first: np.ndarray | None = None  # of another calendar's months and years, the days that bound them
    last: np.ndarray | None = None

    @property
    def precision(self) -> np.ndarray:
        """0 day, 1 month, 2 year, 3 nothing known."""
        result = np.where(self.day > 0, DAY, np.where(self.month > 0, MONTH, YEAR))
        return np.where(self.year > 0, result, NONE).astype(np.int8)

    def dates(self, *, last: bool = False) -> np.ndarray:
        """Return the first (or last) day of what is known, NaT where the year is not."""
        if self.first is not None and self.last is not None:
            return self.last if last else self.first
        known = self.year > 0
        month = np.where(self.month > 0, self.month, 12 if last else 1)
        months = ((np.where(known, self.year, 1970) - 1970) * 12 + month - 1).astype("datetime64[M]")
        start = months.astype("datetime64[D]")
        whole = (months + 1).astype("datetime64[D]") - 1 if last else start
        days = np.where(self.day > 0, start + (self.day - 1), whole).astype("datetime64[us]")
        days[~known] = np.datetime64("NaT", "us")
        return days


def parse_dates(cells: Cells, spec: dict) -> Parts:
    """Return the dates of a column of whole dates.

    Parameters
    ----------
    spec : dict
        The mapping's [date]: formats, languages, zero, timezone, century.
    """
    reader = Reader(spec)
    known = cells.known & (cells.count > 0)
    found = np.zeros((len(known), 3), dtype=np.int32)
    rest = known.copy()
    if not reader.formats and not reader.calendar:
        _plain(cells.column, rest, found)
    wrong: dict[tuple[str, str], list] = {}
    facts: dict[tuple[str, str], dict] = {}
    times, zeros = [], []
    for code in np.flatnonzero(rest):
        try:
            *found[code], late = reader.read(cells.column.words[code])
        except Unreadable as error:
            wrong.setdefault((error.code, error.word), []).append(code)
            facts.setdefault((error.code, error.word), error.facts)
            continue
        if late:
            times.append(code)
        if 0 in found[code] and "zero" in spec:
            zeros.append(code)
    if (two := ("date-two-ways", "")) in wrong and (form := order_of(cells.texts[known])):
        facts[two]["how"] = f"set formats = ['{form}'], as other cells show"
    for key, codes in wrong.items():
        rows = cells.rows_with(codes)
        more = f" ({rows_of(rows)})" if rows > 1 else ""
        cells.say(key[0], codes, shown=key[1] or cells.first(codes)[1], more=more, **facts[key])
    cells.say("date-time", times)
    cells.say("date-zero-read", zeros)
    return gregorian(Parts(*found[cells.column.codes].T), reader.calendar, cells.rows, cells.findings)


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
    found[codes] = np.column_stack([days.dt.year[good], days.dt.month[good], days.dt.day[good]])
    rest[codes] = False


LIMITS = {"month": (1, 12), "day": (1, 31)}


def from_parts(columns: dict[str, tuple[Cells, np.ndarray]], spec: dict) -> Parts:
    """Return dates from columns of years, months and days.

    `columns` gives for "year", "month" and "day" the column and the number of each of its cells.
    """
    cells = columns["year"][0]
    rows, findings = cells.rows, cells.findings
    calendar = spec.get("calendar", "")
    limits = {"year": YEARS[calendar], **LIMITS}
    got = {name: np.zeros(len(rows), dtype=np.int32) for name in limits}
    for name, (cells, numbers) in columns.items():
        low, high = limits[name]
        values = np.where(np.isnan(numbers), 0, numbers).astype(np.int64)
        stated = ~np.isnan(numbers) & (cells.count > 0)
        zeros = stated & (values == 0)
        if spec.get("zero") == "unknown":
            cells.say("date-zero-read", zeros)
        else:
            cells.say("date-zero", zeros, value="0", name=name)
        short = stated & (values > 0) & (values < 100) & (name == "year")
        century = spec.get("century")
        if century is None:
            cells.say("date-century", short)
        else:
            values = np.where(short, century + (values - century) % 100, values)
        bad = stated & ~zeros & ~short & ((values < low) | (values > high))
        if bad.any():
            how = other_calendars(int(values[np.argmax(bad)])) if name == "year" else "correct it"
            cells.say("date-part", bad, name=name, low=low, high=high, how=how)
            values = np.where(bad, 0, values)
        got[name] = np.where(values > high, 0, values)[cells.column.codes].astype(np.int32)
    got["month"][got["year"] == 0] = 0
    got["day"][(got["month"] == 0) & (got["day"] > 0)] = 0
    parts = gregorian(Parts(got["year"], got["month"], got["day"]), calendar, rows, findings)
    if parts.first is not None:
        return parts
    full = parts.day > 28
    if full.any():
        start = Parts(parts.year, parts.month, np.ones_like(parts.day)).dates().astype("datetime64[M]")
        over = full & (parts.dates().astype("datetime64[M]") != start)
        i = int(np.argmax(over))
        day = f"{parts.year[i]}-{parts.month[i]:02}-{parts.day[i]:02}"
        if over.any() and not findings.say_of("date-not-real", over, rows, value=day):
            parts.day[over] = 0
    return parts


def gregorian(parts: Parts, calendar: str, rows: np.ndarray, findings: Findings) -> Parts:
    """Return dates of another calendar in the Gregorian one.

    A month or year of the Jalali or Hijri calendar is none of the Gregorian: as a period it keeps its first and last
    day, as a date it is no finer than the year that holds both, and unknown where two years share it.
    """
    if calendar in SAME_MONTHS:
        shift = SAME_MONTHS[calendar]
        return Parts(np.where(parts.year > 0, parts.year + shift, 0), parts.month, parts.day) if shift else parts
    edges = _edges(calendar)
    told = np.column_stack([parts.year, parts.month, parts.day])
    unique, place = np.unique(told, axis=0, return_inverse=True)
    nothing = np.datetime64("NaT", "us")
    first, last = np.full(len(unique), nothing), np.full(len(unique), nothing)
    wrong = np.zeros(len(unique), dtype=bool)
    for i, (year, month, day) in enumerate(unique.tolist()):
        try:
            if year:
                first[i], last[i] = edges(year, month, day)
        except (ValueError, OverflowError):
            wrong[i] = True
    place = place.ravel()
    findings.say_of("date-not-in-calendar", wrong[place], rows, calendar=calendar)
    first, last = first[place], last[place]
    finest = []
    for unit in ("Y", "M", "D"):
        same = ~np.isnat(first) & (first.astype(f"datetime64[{unit}]") == last.astype(f"datetime64[{unit}]"))
        finest.append(same)
    days, months, years = (first.astype(f"datetime64[{unit}]").astype(np.int64) for unit in "DMY")
    year, month = np.where(finest[0], years + 1970, 0), np.where(finest[1], months % 12 + 1, 0)
    starts = first.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    day = np.where(finest[2], days - starts + 1, 0)
    return Parts(year, month, day, first, last)


def _edges(calendar: str):
    """A function that gives the first and last day of a day, month or year of a calendar."""
    module, name = ("hijridate", "Hijri") if calendar == "hijri" else ("persiantools.jdatetime", "JalaliDate")
    day_of = getattr(extra(module, f"the calendar '{calendar}'", "calendars"), name)

    def edges(year: int, month: int, day: int) -> tuple[Any, Any]:
        start = np.datetime64(day_of(year, month or 1, day or 1).to_gregorian(), "us")
        if day:
            return start, start
        after = day_of(year + 1, 1, 1) if month in (0, 12) else day_of(year, month + 1, 1)
        return start, np.datetime64(after.to_gregorian(), "us") - np.timedelta64(1, "D")

    return edges


def check_order(start: Parts, end: Parts, rows: np.ndarray, findings: Findings) -> None:
    """Refuse rows that end before they start."""
    first, last = start.dates(), end.dates(last=True)
    with np.errstate(invalid="ignore"):
        before = (last < first) & ~np.isnat(first) & ~np.isnat(last)
    findings.say_of("date-order", before, rows, start=first, end=last)


def span(start: Parts, end: Parts, rows: np.ndarray, findings: Findings) -> Parts:
    """Return the smallest day, month or year that holds start and end; a span that no year holds has no date."""
    check_order(start, end, rows, findings)
    known = end.year > 0
    same_year = ~known | (start.year == end.year)
    same_month = ~known | (same_year & (start.month == end.month) & (end.month > 0))
    same_day = ~known | (same_month & (start.day == end.day) & (end.day > 0))
    wide = (start.year > 0) & ~same_year
    findings.say_of("date-two-years", wide, rows)
    return Parts(
        np.where(wide, 0, start.year),
        np.where(same_month & ~wide, start.month, 0),
        np.where(same_day & ~wide, start.day, 0),
    )


def coarsen(parts: Parts, precision: np.ndarray) -> Parts:
    """Return dates no finer than a stated precision (0 day, 1 month, 2 year)."""
    return Parts(
        parts.year,
        np.where(precision >= YEAR, 0, parts.month),
        np.where(precision >= MONTH, 0, parts.day),
    )


STATED = np.array(["stated"], dtype=object)


class Timing:
    """Dates of the rows of a register, by the mapping's [date]."""

    LOOKS = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{1,2}[- ]\w{3,9}[- ]\d{2,4}")

    YEARS = re.compile(r"\W*\d{4}\D{1,5}\d{2,4}\W*")

    def __init__(self, work: Work) -> None:
        self.work, self.spec = work, work.mapping.date

    def _column(self, key: str) -> Parts:
        return parse_dates(self.work.cells(self.spec[key]), self.spec)

    def _from_parts(self) -> Parts:
        columns: dict[str, tuple[Cells, np.ndarray]] = {}
        for key in ("year", "month", "day"):
            if key == "month" and key in self.spec:
                cells = self.work.cells(self.spec[key])
                columns[key] = (cells, self._months(cells))
            elif key in self.spec:
                if key == "year":
                    self._spans_of_years()
                columns[key] = self.work.number_column(self.spec[key], whole=True)
        parts = from_parts(columns, self.spec)
        for key, count in (("month", parts.month), ("day", parts.day)):
            coarse = (count == 0) & (parts.year > 0)
            if key in self.spec:
                self.work.say("date-coarser", coarse, column=columns[key][0].header, part=key)
        return parts

    def _spans_of_years(self) -> None:
        """Refuse totals of several years among those of one: added up, their people would count twice."""
        cells = self.work.cells(self.spec["year"])
        spans = cells.known & np.array([bool(self.YEARS.fullmatch(text)) for text in cells.texts], dtype=bool)
        if cells.say("date-years", spans):
            self.work.findings.stop()

    def _months(self, cells: Cells) -> np.ndarray:
        """Months as numbers or as names in the languages of the mapping."""
        languages = self.spec.get("languages") or ["en"]
        values = np.full(len(cells.known), np.nan)
        named = cells.known & np.array([text.strip()[:1].isalpha() for text in cells.texts], dtype=bool)
        for code in np.flatnonzero(named):
            number = month_number(cells.texts[code].strip(), languages, self.spec.get("calendar", ""))
            if number is not None:
                values[code] = number
                continue
            facts = no_month(cells.texts[code], languages, "correct it, or list it in [source] unknown")
            cells.say("date-no-month", [code], shown=cells.texts[code], more="", **facts)
        if not named.any():
            return self.work.number_column(self.spec["month"], whole=True)[1]
        for code in np.flatnonzero(cells.known & ~named):
            text = cells.texts[code].strip()
            values[code] = float(text) if text.isdecimal() else np.nan
        return values

    def _both(self) -> tuple[Parts, Parts | None]:
        if "column" in self.spec:
            return self._column("column"), None
        if "start" in self.spec:
            return self._column("start"), self._column("end") if "end" in self.spec else None
        return self._from_parts(), None

    def single(self) -> Timing:
        """Read one date a row, with what is known of it."""
        work = self.work
        start, end = self._both()
        parts = start
        if end is not None:
            missing = (start.year == 0) & (end.year > 0)
            start = _either(missing, end, start)
            parts = span(start, end, work.rows, work.findings)
            work.say("date-wider", (parts.precision > start.precision) & (parts.precision < 3))
            with np.errstate(invalid="ignore"):
                long = end.dates(last=True) - start.dates() > np.timedelta64(92, "D")
            work.say("date-long", long & (2 * long.sum() >= len(long)), every=len(long))
        if "precision" in self.spec:
            words, places = work.translate("precision", work.cells(self.spec["precision"]))
            parts = coarsen(parts, np.array([v.WORDS["precision"].index(word) for word in words] + [0])[places])
        self.parts, none = parts, parts.precision == 3
        work.say("date-no-year", none)
        work.say("date-none", none & none.all())
        self._after_publication(parts.dates())
        return self

    def _after_publication(self, dates: np.ndarray) -> None:
        published = self.work.mapping.register.get("published")
        limit = np.datetime64(published or dt.date.today())
        with np.errstate(invalid="ignore"):
            late = dates > limit
        code = "date-in-future" if published is None else "date-after-publication"
        self.work.say(code, late, value=dates, limit=limit)

    def total_columns(self) -> dict[str, pd.Series]:
        """Return since, as_of, as_of_precision and date_basis."""
        own = {"since": self.since, "as_of": self.end, "as_of_precision": self.precision}
        return own | {"date_basis": self.basis}

    def incident_columns(self) -> dict[str, pd.Series]:
        """Return date, date_precision and date_basis."""
        precision = self.parts.precision
        known = np.where(precision < 3, precision, -1)
        return {
            "date": pd.Series(self.parts.dates()).where(precision < 3),
            "date_precision": strings(PRECISIONS[:3], known),
            "date_basis": strings(STATED, np.where(known >= 0, 0, -1)),
        }

    def period(self, *, required: bool = False) -> Timing:
        """Read the period that each row is of: a stated year or month is one; one date is the last day of a count."""
        work = self.work
        start, end = self._both()
        if end is not None:
            check_order(start, end, work.rows, work.findings)
        bounded = "column" not in self.spec
        last = start if end is None else _either(end.year > 0, end, start)
        self.parts = start
        self.closed = pd.Series((end or start).dates(last=True))
        self.start = pd.Series(start.dates())
        self.end = pd.Series(last.dates(last=True))
        known = np.where(last.precision < 3, last.precision, -1)
        # the last day of a stated year is a day: nothing of it is filled in, as it is where a total is "of 2016"
        self.precision = strings(PRECISIONS[:3], np.where(known > 0, 0, known) if "year" in self.spec else known)
        self.basis = strings(STATED, np.where(known >= 0, 0, -1))
        fine = start.precision < 3
        self.since = self.start if bounded else self.start.where(fine & (start.precision > 0))
        self.since_precision = strings(
            PRECISIONS[:3],
            np.where(fine & (bounded | (start.precision > 0)), 0 if "year" in self.spec else start.precision, -1),
        )
        nothing = self.start.isna().to_numpy() | self.end.isna().to_numpy()
        work.say("date-no-period" if required else "date-unknown", nothing)
        self._after_publication(self.start.to_numpy())
        return self

    def _lengths(self) -> np.ndarray:
        """What each period is, by its first and last day."""
        start, end = self.start, self.end
        months = (end.dt.year - start.dt.year) * 12 + end.dt.month - start.dt.month + 1
        whole = (start.dt.day == 1) & ((end + pd.Timedelta(days=1)).dt.day == 1)
        days = (end - start).dt.days + 1
        kinds = np.full(len(start), "other", dtype=object)
        kinds[(days == 7).to_numpy()] = "week"
        for size, starts, name in ((1, 1, "month"), (3, 3, "quarter"), (6, 6, "half"), (12, 12, "year")):
            fits = whole & (months == size) & ((start.dt.month - 1) % starts == 0)
            kinds[fits.fillna(False).to_numpy(dtype=bool)] = name
        return kinds

    def from_one_day(self) -> bool:
        """Return whether all periods begin on one day and end on different ones, as those of running totals do."""
        begun, ended = (set(days.dropna()) for days in (self.start, self.end))
        return bool(self.start.notna().all()) and len(begun) == 1 and len(ended) > 1

    def kinds(self) -> pd.Series:
        """Return the kind of each period, for `period_type`."""
        return pd.Series(self._lengths(), dtype="string")

    def spans(self) -> pd.Series:
        """Return the kind of each period of a total, missing where only its last day is known."""
        kinds = self._lengths()
        kinds = np.where(np.isin(kinds, ["year", "month"]), kinds, "period")
        known = self.since.notna().to_numpy() & self.end.notna().to_numpy()
        return pd.Series(np.where(known, kinds, ""), dtype="string").replace("", pd.NA)


def _either(mask: np.ndarray, one: Parts, other: Parts) -> Parts:
    return Parts(*(np.where(mask, getattr(one, name), getattr(other, name)) for name in ("year", "month", "day")))
