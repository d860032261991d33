"""Dates of registers: in one cell or in parts, to the day, the month or the year, in several spellings.

A cell is read when it reads one way. Whatever reads two ways (03/04/2016, a year of two digits, a bare serial number)
is refused with the line that the mapping needs. A day or month that is not stated makes the date coarser; a
year that is not stated leaves it empty: no row falls out.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd

from minestats.periods import period_end, period_start
from minestats.registers import vocabulary as v
from minestats.registers.cells import Cells, Coded, strings
from minestats.registers.date_reader import Reader, Unreadable, month_number, no_month, order_of
from minestats.registers.findings import Findings, rows_of
from minestats.registers.work import Work

PRECISIONS = np.array(["day", "month", "year", ""], dtype=object)


@dataclass
class Parts:
    """The first and the last day of what each row tells of its date, NaT where nothing is known.

    A month or year of the Jalali or Hijri calendar is none of the Gregorian: as a period it keeps its first and last
    day, as a date it is no finer than the year that holds both, and unknown where two years share it.
    """

    first: np.ndarray
    last: np.ndarray

    @cached_property
    def precision(self) -> np.ndarray:
        """0 day, 1 month, 2 year, 3 nothing known: the smallest that holds both days."""
        same = [self.first.astype(f"M8[{unit}]") == self.last.astype(f"M8[{unit}]") for unit in "DMY"]
        return np.select(same, [0, 1, 2], 3).astype(np.int8)

    @property
    def edges(self) -> np.ndarray:
        """How exactly the first and the last day of a period are known: of a quarter, to the day."""
        part = (self.precision == 2) & (self.last - self.first < np.timedelta64(360, "D"))
        return np.where(part, 0, self.precision)

    def whole(self, precision: np.ndarray) -> Parts:
        """Return the months (1) and years (2) that hold the dates, nothing where no year does (3)."""
        first, last = self.first.copy(), self.last.copy()
        for number, interval in ((1, "month"), (2, "year")):
            at = precision == number
            first[at], last[at] = period_start(first[at], interval), period_end(last[at], interval)
        first[precision == 3] = last[precision == 3] = np.datetime64("NaT")
        return Parts(first, last)


def _read(cells: Cells, codes: Iterable[int], words: np.ndarray, read: Callable[[Any], Any]) -> dict[int, Any]:
    """What the words of some distinct cells read as; each reason why some do not is said once, with its rows."""
    found = {}
    wrong: dict[tuple[str, str], tuple[dict, list]] = {}
    for code in codes:
        try:
            found[code] = read(words[code])
        except Unreadable as error:
            wrong.setdefault((error.code, error.word), (error.facts, []))[1].append(code)
    for (said, word), (facts, those) in wrong.items():
        if said == "date-two-ways" and (form := order_of(cells.texts[cells.known & (cells.count > 0)])):
            facts["how"] = f"set formats = ['{form}'], as other cells show"
        rows = cells.rows_with(those)
        more = f" ({rows_of(rows)})" if rows > 1 else ""
        cells.say(said, those, shown=word or cells.first(those)[1], more=more, **facts)
    return found


def parse_dates(cells: Cells, spec: dict) -> Parts:
    """Return the dates of a column of whole dates.

    Parameters
    ----------
    spec : dict
        The mapping's [date]: formats, languages, zero, timezone, century, calendar.
    """
    reader = Reader(spec)
    rest = cells.known & (cells.count > 0)
    days = np.full((2, len(rest)), np.datetime64("NaT"), dtype="M8[us]")
    if not reader.formats and not reader.calendar:
        _plain(cells.column, rest, days)
    found = _read(cells, np.flatnonzero(rest), cells.column.words, reader.read)
    for code, (first, last, _) in found.items():
        days[:, code] = first, last
    cells.say("date-time", [code for code, told in found.items() if told[2]])
    if reader.zero:
        cells.say("date-zero-read", [code for code, told in found.items() if told[0] != told[1]])
    return Parts(*days[:, cells.column.codes])


def _plain(column: Coded, rest: np.ndarray, days: np.ndarray) -> None:
    """Read the cells that are ISO dates, with or without midnight, in one go."""
    candidates = np.flatnonzero(rest)
    if not len(candidates):
        return
    series = pd.Series(column.texts[candidates], dtype="str")
    fits = series.str.fullmatch(r"\d{4}-\d{2}-\d{2}([T ]00:00(:00(\.0+)?)?)?").to_numpy(dtype=bool)
    read = pd.to_datetime(series[fits].str.slice(0, 10), format="%Y-%m-%d", errors="coerce")
    good = (read.dt.year.between(1900, 2100)).to_numpy(dtype=bool)
    codes = candidates[fits][good]
    days[:, codes] = read[good]
    rest[codes] = False


def month_numbers(cells: Cells, spec: dict) -> np.ndarray | None:
    """Return months as numbers where some are names in the languages of the mapping, else None."""
    languages = spec.get("languages") or ["en"]
    named = cells.known & np.array([text.strip()[:1].isalpha() for text in cells.texts], dtype=bool)
    if not named.any():
        return None

    def read(text: str) -> float:
        text = text.strip()
        if not text[:1].isalpha():
            return float(text) if text.isdecimal() else np.nan
        if (number := month_number(text, languages, spec.get("calendar", ""))) is None:
            how = no_month(text, languages, "correct it, or list it in [source] unknown")
            raise Unreadable("date-no-month", text, **how)
        return number

    values = np.full(len(named), np.nan)
    for code, number in _read(cells, np.flatnonzero(cells.known), cells.texts, read).items():
        values[code] = number
    return values


def from_parts(columns: dict[str, tuple[Cells, np.ndarray]], spec: dict) -> Parts:
    """Return dates from columns of years, months and days.

    `columns` gives for "year", "month" and "day" the column and the number of each of its cells.
    """
    reader = Reader(spec)
    got: list[np.ndarray] = []
    for name in ("year", "month", "day"):
        if name not in columns:
            got.append(np.zeros_like(got[0]))
            continue
        cells, numbers = columns[name]
        stated = ~np.isnan(numbers) & (cells.count > 0)
        if reader.zero:
            cells.say("date-zero-read", stated & (numbers == 0))
        values = np.zeros(len(numbers), dtype=np.int64)
        for code, value in _read(cells, np.flatnonzero(stated), numbers, partial(reader.part, name)).items():
            values[code] = value
        got.append(values[cells.column.codes])
    year, month, day = got
    place, unique = pd.factorize(year * 10_000 + month * 100 + day * (month > 0))
    days, wrong = np.full((2, len(unique)), np.datetime64("NaT"), dtype="M8[us]"), np.zeros(len(unique), dtype=bool)
    for i, joined in enumerate(unique.tolist()):
        parts = joined // 10_000, joined // 100 % 100, joined % 100
        try:
            days[:, i] = reader.days(*parts)[:2]
        except Unreadable:  # the month of a day that it does not have is known, if there is one
            wrong[i], days[:, i] = True, reader.days(*parts[:2], 0)[:2]
    shown = np.array([f"{n // 10_000}-{n // 100 % 100:02}-{n % 100:02}" for n in unique.tolist()], dtype=object)
    cells = columns["year"][0]
    cells.findings.say_of("date-not-real", wrong[place], cells.rows, value=shown[place])
    return Parts(*days[:, place])


def check_order(start: Parts, end: Parts, rows: np.ndarray, findings: Findings) -> None:
    """Refuse rows that end before they start."""
    with np.errstate(invalid="ignore"):
        findings.say_of("date-order", end.last < start.first, rows, start=start.first, end=end.last)


def span(start: Parts, end: Parts, rows: np.ndarray, findings: Findings) -> Parts:
    """Return the smallest day, month or year that holds start and end; a span that no year holds has no date."""
    check_order(start, end, rows, findings)
    both = Parts(start.first, np.where(np.isnat(end.last), start.last, end.last))
    precision = both.precision
    findings.say_of("date-two-years", (precision == 3) & ~np.isnat(both.first), rows)
    return both.whole(precision)


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
        if "year" in self.spec:
            self._spans_of_years()
        for key in ("year", "month", "day"):
            if key in self.spec:
                cells = self.work.cells(self.spec[key])
                numbers = month_numbers(cells, self.spec) if key == "month" else None
                if numbers is None:
                    cells, numbers = self.work.number_column(self.spec[key], whole=True)
                columns[key] = (cells, numbers)
        parts = from_parts(columns, self.spec)
        for least, key in ((2, "month"), (1, "day")):
            if key in self.spec:
                coarse = (parts.precision >= least) & ~np.isnat(parts.first)
                self.work.say("date-coarser", coarse, column=columns[key][0].header, part=key)
        return parts

    def _spans_of_years(self) -> None:
        """Refuse totals of several years among those of one: added up, their people would count twice."""
        cells = self.work.cells(self.spec["year"])
        spans = cells.known & np.array([bool(self.YEARS.fullmatch(text)) for text in cells.texts], dtype=bool)
        if cells.say("date-years", spans):
            self.work.findings.stop()

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
            start = _either(np.isnat(start.first), end, start)
            parts = span(start, end, work.rows, work.findings)
            work.say("date-wider", (parts.precision > start.precision) & (parts.precision < 3))
            with np.errstate(invalid="ignore"):
                long = end.last - start.first > np.timedelta64(92, "D")
            work.say("date-long", long & (2 * long.sum() >= len(long)), every=len(long))
        if "precision" in self.spec:
            words, places = work.translate("precision", work.cells(self.spec["precision"]))
            stated = np.array([v.WORDS["precision"].index(word) for word in words] + [0])[places]
            parts = parts.whole(np.maximum(parts.precision, stated))
        self.parts, none = parts, parts.precision == 3
        work.say("date-no-year", none)
        work.say("date-none", none & none.all())
        self._after_publication(parts.first)
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
            "date": pd.Series(self.parts.first).where(precision < 3),
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
        last = start if end is None else _either(~np.isnat(end.first), end, start)
        self.parts = start
        self.closed = pd.Series((end or start).last)
        self.start = pd.Series(start.first)
        self.end = pd.Series(last.last)
        known = np.where(last.edges < 3, last.edges, -1)
        # the last day of a stated year is a day: nothing of it is filled in, as it is where a total is "of 2016"
        self.precision = strings(PRECISIONS[:3], np.where(known > 0, 0, known) if "year" in self.spec else known)
        self.basis = strings(STATED, np.where(known >= 0, 0, -1))
        fine = start.precision < 3
        self.since = self.start if bounded else self.start.where(fine & (start.precision > 0))
        self.since_precision = strings(
            PRECISIONS[:3],
            np.where(fine & (bounded | (start.precision > 0)), 0 if "year" in self.spec else start.edges, -1),
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
    return Parts(np.where(mask, one.first, other.first), np.where(mask, one.last, other.last))
