"""The dates of a register's rows as the tables want them: a day with its precision, or a period."""

from __future__ import annotations

import datetime as dt
import re

import numpy as np
import pandas as pd

from minestats.registers import vocabulary as v
from minestats.registers.cells import Cells
from minestats.registers.coded import strings
from minestats.registers.date_reader import month_number, no_month
from minestats.registers.dates import PRECISIONS, Parts, check_order, coarsen, from_parts, parse_dates, span
from minestats.registers.work import Work

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
