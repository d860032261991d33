"""Dates of registers: in one cell or in parts, to the day, the month or the year, in several spellings.

A cell is read when it reads one way. Whatever reads two ways (03/04/2016, a year of two digits, a bare serial number)
is refused with the line that the mapping needs. A day or month that is not stated makes the date coarser; a
year that is not stated leaves it empty: no row falls out.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from minestats._adapt.coded import Coded
from minestats._adapt.findings import Findings, rows_of
from minestats._adapt.months import languages_of, month_number
from minestats._adapt.numeric import DIGITS, first_of, shown_values

DAY, MONTH, YEAR, NONE = 0, 1, 2, 3
PRECISIONS = np.array(["day", "month", "year", ""], dtype=object)
ISO = re.compile(
    r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:[T ]+(\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?\s*(Z|UTC|[+-]\d{2}:?\d{2})?"
)
SLASHED = re.compile(r"(\d{1,2})([-/. ])(\d{1,2})\2(\d{4}|\d{2})(?:[T ]+(\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?")
NAMED = re.compile(r"(\d{1,2})[\s./-]+(?:de\s+)?([^\W\d_]+\.?)[\s./,-]+(?:de\s+|del\s+)?(\d{4}|\d{2})", re.UNICODE)
NAMED_FIRST = re.compile(r"([^\W\d_]+\.?)\s+(\d{1,2}),?\s+(\d{4})", re.UNICODE)
MONTH_YEAR = re.compile(r"([^\W\d_]+\.?)[\s./,-]+(?:de\s+|del\s+)?(\d{4}|\d{2})", re.UNICODE)


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
            end = (months + 1).astype("datetime64[D]") - 1
            days = np.where(self.day > 0, months.astype("datetime64[D]") + (self.day - 1), end)
        else:
            days = months.astype("datetime64[D]") + (np.maximum(self.day, 1) - 1)
        days = days.astype("datetime64[us]")
        days[~known] = np.datetime64("NaT")
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
    reader = _Reader(spec)
    known = known & (column.count > 0)
    found = np.zeros((len(known), 3), dtype=np.int32)
    rest = known.copy()
    if not reader.formats:
        _plain(column, rest, found)
    wrong: dict[tuple[str, str], list[int]] = {}
    times, zeros = [], []
    for code in np.flatnonzero(rest):
        result = reader.read(column.words[code])
        if isinstance(result, _Wrong):
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


@dataclass
class _Wrong:
    """Why a cell is no date, and what the mapping needs."""

    code: str
    said: str
    remedy: str
    group: str = ""


class _Reader:
    def __init__(self, spec: dict) -> None:
        self.formats = spec.get("formats") or []
        self.languages = spec.get("languages") or ["en"]
        self.zero = spec.get("zero") == "unknown"
        self.century = spec.get("century")
        self.zone = spec.get("timezone")
        self.told: dict = {}

    def read(self, word) -> tuple | _Wrong:
        """Year, month, day (0 for unknown) and whether a time was left out; or what is wrong."""
        if isinstance(word, dt.datetime):
            return self._moment(word)
        if isinstance(word, dt.date):
            return word.year, word.month, word.day, False
        text = re.sub(r"\s+", " ", str(word).strip()) if isinstance(word, str) else ""
        text = text.translate(DIGITS)
        if not text and isinstance(word, int | float):
            text = str(int(word)) if float(word).is_integer() else repr(word)
        if self.formats:
            return self._by_formats(text)
        return self._by_shape(text)

    def _moment(self, moment: dt.datetime) -> tuple | _Wrong:
        if moment.tzinfo is not None:
            if not self.zone:
                return _Wrong("timezone", "has a time zone", "set timezone = 'Area/City', so that the day is certain")
            import zoneinfo

            moment = moment.astimezone(zoneinfo.ZoneInfo(self.zone))
            return moment.year, moment.month, moment.day, True
        late = bool(moment.hour or moment.minute or moment.second)
        return moment.year, moment.month, moment.day, late

    def _by_shape(self, text: str) -> tuple | _Wrong:
        if re.fullmatch(r"\d{4}", text):
            return self._parts(int(text), 0, 0)
        if match := re.fullmatch(r"(\d{4})[-/.](\d{1,2})", text):
            return self._parts(int(match[1]), int(match[2]), 0)
        if match := ISO.fullmatch(text):
            if match[6]:
                if not match[5]:
                    return _Wrong("date", "is no date", "correct it")
                return self._zoned(text)
            late = bool(match[5]) and re.search("[1-9]", match[5]) is not None
            return self._parts(int(match[1]), int(match[3]), int(match[4]), late)
        if match := SLASHED.fullmatch(text):
            one, two, year = int(match[1]), int(match[3]), self._year(match[4])
            if isinstance(year, _Wrong):
                return year
            late = bool(match[5]) and re.search("[1-9]", match[5]) is not None
            if one <= 12 and two <= 12 and one != two:
                return _Wrong("two ways", "reads two ways", "set formats, such as formats = ['%d/%m/%Y']")
            month, day = (two, one) if two <= 12 else (one, two)
            return self._parts(year, month, day, late)
        if match := NAMED.fullmatch(text):
            return self._named(match[2], int(match[1]), match[3])
        if match := NAMED_FIRST.fullmatch(text):
            return self._named(match[1], int(match[2]), match[3])
        if match := MONTH_YEAR.fullmatch(text):
            return self._named(match[1], 0, match[2])
        if re.fullmatch(r"\d{5}(\.\d+)?", text):
            return _Wrong("serial", "looks like a spreadsheet's serial number", "set formats = ['excel']")
        if re.fullmatch(r"-?(\d{9,10}|\d{12,13})", text):
            kind = "epoch_ms" if len(text.lstrip("-")) > 10 else "epoch_s"
            return _Wrong("serial", "looks like a time since 1970", f"set formats = ['{kind}'] and timezone")
        return _Wrong("date", "is no date", "set formats, or list the word in [source] unknown")

    def _zoned(self, text: str) -> tuple | _Wrong:
        try:
            moment = dt.datetime.fromisoformat(
                text.replace("/", "-").replace(" UTC", "Z").replace(" ", "T", 1).replace(" ", "")
            )
        except ValueError:
            return _Wrong("date", "is no date", "correct it")
        return self._moment(moment)

    def _named(self, word: str, day: int, year: str) -> tuple | _Wrong:
        month = month_number(word, self.languages)
        if month is None:
            others = [language for language in languages_of(word) if language not in self.languages]
            if others:
                wanted = ",".join(f"'{language}'" for language in [others[0], *self.languages])
                remedy = f"languages = [{wanted}]"
            else:
                remedy = "set languages or formats"
            return _Wrong("month", f"is no month in {', '.join(self.languages)}", remedy, word)
        number = self._year(year)
        return number if isinstance(number, _Wrong) else self._parts(number, month, day)

    def _year(self, text: str) -> int | _Wrong:
        if len(text) == 4:
            return int(text)
        if self.century is None:
            return _Wrong("century", "has a year of two digits", "set century = 2000 (the first year it can mean)")
        return self.century + (int(text) - self.century) % 100

    def _parts(self, year: int, month: int, day: int, late: bool = False) -> tuple | _Wrong:
        if year == 0 and self.zero:
            return 0, 0, 0, False
        if not 1900 <= year <= 2100:
            return _Wrong("date", "has no year from 1900 to 2100", "correct it")
        if month == 0:
            return year, 0, 0, False
        if not 1 <= month <= 12:
            return _Wrong("date", "is no real date", "correct it")
        if day:
            try:
                dt.date(year, month, day)
            except ValueError:
                return _Wrong("date", "is no real date", "correct it")
        return year, month, day, late

    def _by_formats(self, text: str) -> tuple | _Wrong:
        found, month_word = set(), ""
        for form in self.formats:
            result = self._serial(form, text) if "%" not in form else self._by_format(form, text)
            if isinstance(result, _Wrong):
                return result
            if isinstance(result, str):
                month_word = result
            elif result is not None:
                found.add(result)
        if len({item[:3] for item in found}) == 1:
            return found.pop()
        if found:
            return _Wrong("two ways", "reads two ways by the formats", "leave the one that is meant")
        if month_word:
            return self._named(month_word, 1, "2000")
        return _Wrong("date", f"fits none of the formats {self.formats}", "add its format, or list it in unknown")

    def _serial(self, form: str, text: str):
        if form == "excel":
            if not re.fullmatch(r"\d{4,5}(\.\d+)?", text):
                return None
            moment = dt.datetime(1899, 12, 30) + dt.timedelta(days=int(float(text)))
            return moment.year, moment.month, moment.day, "." in text and float(text) % 1 > 0
        if not re.fullmatch(r"-?\d{1,16}", text):
            return None
        seconds = int(text) / (1000 if form == "epoch_ms" else 1)
        if abs(seconds) > 4.2e9:
            return _Wrong("date", "is no time since 1970", "correct formats")
        moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=seconds)
        if not self.zone:
            if seconds % 86400:
                return _Wrong("timezone", "is a moment, not a day", "set timezone = 'Area/City'")
            return moment.year, moment.month, moment.day, False
        return self._moment(moment)

    def _by_format(self, form: str, text: str):
        pattern, names = _pattern(form)
        match = re.fullmatch(pattern, text, re.UNICODE)
        if not match:
            return None
        got = dict(zip(names, match.groups(), strict=True))
        year = self._year(got["y"]) if "y" in got else int(got["Y"])
        if isinstance(year, _Wrong):
            return year
        month = int(got["m"]) if "m" in got else 0
        if "b" in got:
            month = month_number(got["b"], self.languages) or 0
            if not month:
                return got["b"]
        day = int(got.get("d", 0))
        if "j" in got:
            moment = dt.date(year, 1, 1) + dt.timedelta(days=int(got["j"]) - 1)
            month, day = moment.month, moment.day
        if (("m" in got and month == 0) or ("d" in got and day == 0)) and not self.zero:
            return _Wrong("zero", "has a zero", "set zero = 'unknown' if it stands for unknown")
        if "z" in got or "Z" in got:
            clock = f"{int(got.get('H') or 0):02}:{got.get('M') or '00'}:{got.get('S') or '00'}"
            return self._zoned(f"{year:04}-{month:02}-{day:02}T{clock}{got.get('z') or got.get('Z')}")
        late = any(int(got.get(name) or 0) for name in ("H", "I", "M", "S"))
        return self._parts(year, month, day if month else 0, late)


_PIECES = {
    "Y": r"(\d{4})",
    "y": r"(\d{2})",
    "m": r"(\d{1,2})",
    "d": r"(\d{1,2})",
    "j": r"(\d{1,3})",
    "b": r"([^\W\d_]+\.?)",
    "B": r"([^\W\d_]+\.?)",
    "H": r"(\d{1,2})",
    "I": r"(\d{1,2})",
    "M": r"(\d{1,2})",
    "S": r"(\d{1,2})",
    "f": r"(\d{1,9})",
    "p": r"([AaPp]\.?[Mm]\.?)",
    "z": r"(Z|[+-]\d{2}:?\d{2})",
    "Z": r"(Z|UTC)",
}


def _pattern(form: str) -> tuple[str, list[str]]:
    pattern, names = "", []
    for piece in re.split(r"(%.)", re.sub(r"\s+", " ", form)):
        if piece.startswith("%") and len(piece) == 2:
            pattern += _PIECES[piece[1]]
            names.append("b" if piece[1] == "B" else piece[1])
        else:
            pattern += re.escape(piece)
    return pattern, names


def _refuse(wrong: _Wrong, codes, column, header, rows, findings) -> None:
    count = int(column.count[codes].sum())
    at, word = first_of(column, codes, rows)
    word = wrong.group or word
    more = f" ({rows_of(count)})" if count > 1 else ""
    findings.error(
        "no date" if wrong.code == "date" else wrong.code,
        f"column '{header}', row {at}: '{word}' {wrong.said}{more}",
        wrong.remedy,
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
