"""The dates of a register's rows as the tables want them: a day with its precision, or a period."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from minestats.registers.coded import Coded, strings
from minestats.registers.date_reader import languages_of, month_number
from minestats.registers.dates import PRECISIONS, Parts, coarsen, from_parts, parse_dates, span
from minestats.registers.findings import rows_of
from minestats.registers.numeric import first_of
from minestats.registers.work import Work

STATED = np.array(["stated"], dtype=object)


class Timing:
    """Dates of the rows of a register, by the mapping's [date]."""

    COLUMNS = ("column", "year", "month", "day", "start", "end", "precision")
    LOOKS = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{1,2}[- ]\w{3,9}[- ]\d{2,4}")

    def __init__(self, work: Work) -> None:
        self.work, self.spec = work, work.mapping.date

    def _column(self, key: str) -> Parts:
        column, known, header = self.work.column(self.spec[key])
        return parse_dates(column, known, self.spec, header, self.work.rows, self.work.findings)

    def _from_parts(self) -> Parts:
        columns, headers = {}, {}
        for key in ("year", "month", "day"):
            if key not in self.spec:
                continue
            column, known, header = self.work.column(self.spec[key])
            headers[key] = header
            if key == "month":
                columns[key] = (column, known, self._months(column, known, header))
            else:
                _, numbers = self.work.number_column(self.spec[key], "", whole=True)
                columns[key] = (column, known, numbers)
        parts = from_parts(columns, headers, self.spec, self.work.rows, self.work.findings)
        for key, count in (("month", parts.month), ("day", parts.day)):
            coarse = (count == 0) & (parts.year > 0)
            if key in self.spec and coarse.any():
                self.work.findings.repair(
                    "date",
                    f"column '{headers[key]}': {key} not stated in {rows_of(int(coarse.sum()))}; the date is coarser",
                    column=headers[key],
                    rows=int(coarse.sum()),
                )
        return parts

    def _months(self, column: Coded, known: np.ndarray, header: str) -> np.ndarray:
        """Months as numbers or as names in the languages of the mapping."""
        languages = self.spec.get("languages") or ["en"]
        values = np.full(len(known), np.nan)
        rest = known.copy()
        for code in np.flatnonzero(known):
            text = column.texts[code].strip()
            if text[:1].isalpha():
                number = month_number(text, languages)
                rest[code] = False
                if number is None:
                    others = [one for one in languages_of(text) if one not in languages]
                    at, word = first_of(column, np.array([code]), self.work.rows)
                    wanted = ",".join(f"'{one}'" for one in [*others[:1], *languages])
                    self.work.findings.error(
                        "month",
                        f"column '{header}', row {at}: '{word}' is no month in {', '.join(languages)}",
                        f"languages = [{wanted}]" if others else "correct it, or list it in [source] unknown",
                        row=at,
                        column=header,
                        value=word,
                        rows=int(column.count[code]),
                    )
                else:
                    values[code] = number
        if rest.any():
            _, numbers = (
                self.work.number_column(self.spec["month"], "", whole=True)
                if (rest == known).all()
                else (
                    column,
                    np.array(
                        [
                            float(t) if r and t.strip().isdecimal() else np.nan
                            for t, r in zip(column.texts, rest, strict=True)
                        ]
                    ),
                )
            )
            values = np.where(rest, numbers, values)
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
            start = Parts(*(np.where(missing, e, s) for s, e in zip(_three(start), _three(end), strict=True)))
            parts, _ = span(start, end, work.rows, work.findings)
            wider = (parts.precision > start.precision) & (parts.precision < 3)
            if wider.any():
                work.findings.repair(
                    "date",
                    f"{rows_of(int(wider.sum()))} with another end than start take the month or year that holds both",
                    rows=int(wider.sum()),
                )
        if "precision" in self.spec:
            column, known, header = work.column(self.spec["precision"])
            words, places = work._translate("precision", column, known, header)
            order = {"day": 0, "month": 1, "year": 2}
            stated = np.array([order[word] for word in words] + [0])[places]
            parts = coarsen(parts, stated)
        self.parts = parts
        dates = parts.dates()
        nothing = np.isnat(dates)
        if nothing.any():
            i = int(np.argmax(nothing))
            work.findings.warn(
                "no year",
                f"{rows_of(int(nothing.sum()))} without a known year; the date stays empty (first: row {work.rows[i]})",
                row=work.rows[i],
                rows=int(nothing.sum()),
            )
        self._after_publication(dates)
        return self

    def _after_publication(self, dates: np.ndarray) -> None:
        published = self.work.mapping.register.get("published")
        if published is None:
            return
        with np.errstate(invalid="ignore"):
            late = dates > np.datetime64(published)
        if late.any():
            i = int(np.argmax(late))
            self.work.findings.error(
                "date after publication",
                f"{rows_of(int(late.sum()))}: date after publication (first: row {self.work.rows[i]}, "
                f"{str(dates[i])[:10]} > {published}).",
                "Correct the rows or [register] published, or [[accept]] rule = 'date after publication'",
                row=self.work.rows[i],
                value=str(dates[i])[:10],
                rows=int(late.sum()),
            )

    def incident_columns(self) -> dict[str, pd.Series]:
        """Return date, date_precision and date_basis."""
        precision = self.parts.precision
        known = np.where(precision < 3, precision, -1)
        return {
            "date": pd.Series(self.parts.dates()),
            "date_precision": strings(PRECISIONS[:3], known),
            "date_basis": strings(STATED, np.where(known >= 0, 0, -1)),
        }

    def period(self, *, required: bool = False) -> Timing:
        """Read the period that each row is of: a stated year or month is one; one date is the last day of a count."""
        work = self.work
        start, end = self._both()
        if end is not None:
            span(start, end, work.rows, work.findings)
        bounded = "column" not in self.spec
        last = (
            start
            if end is None
            else Parts(*(np.where(end.year > 0, e, s) for s, e in zip(_three(start), _three(end), strict=True)))
        )
        self.parts = start
        self.start = pd.Series(start.dates())
        self.end = pd.Series(last.dates(last=True))
        known = np.where(last.precision < 3, last.precision, -1)
        self.precision = strings(PRECISIONS[:3], known)
        self.basis = strings(STATED, np.where(known >= 0, 0, -1))
        fine = start.precision < 3
        self.since = self.start if bounded else self.start.where(fine & (start.precision > 0))
        self.since_precision = strings(
            PRECISIONS[:3], np.where(fine & (bounded | (start.precision > 0)), start.precision, -1)
        )
        nothing = self.start.isna().to_numpy() | self.end.isna().to_numpy()
        if required and nothing.any():
            i = int(np.argmax(nothing))
            work.findings.error(
                "no period",
                f"{rows_of(int(nothing.sum()))} without a known period (first: row {work.rows[i]})",
                "correct them, or take them out by [[drop]]",
                row=work.rows[i],
                rows=int(nothing.sum()),
            )
        elif nothing.any():
            work.findings.warn(
                "no year",
                f"{rows_of(int(nothing.sum()))} without a known date (first: row {work.rows[int(np.argmax(nothing))]})",
                rows=int(nothing.sum()),
            )
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

    def kinds(self) -> pd.Series:
        """Return the kind of each period, for `period_type`."""
        return pd.Series(self._lengths(), dtype="string")

    def spans(self) -> pd.Series:
        """Return the kind of each period of a total, missing where only its last day is known."""
        kinds = self._lengths()
        kinds = np.where(np.isin(kinds, ["year", "month"]), kinds, "period")
        known = self.since.notna().to_numpy() & self.end.notna().to_numpy()
        return pd.Series(np.where(known, kinds, ""), dtype="string").replace("", pd.NA)


def _three(parts: Parts) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return parts.year, parts.month, parts.day
