"""One cell into a date, or into the reason why it is none and what the mapping needs."""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from collections.abc import Callable, Iterable
from functools import cache, cached_property
from typing import Any

import numpy as np

from minestats.errors import extra, fold
from minestats.registers.numeric import DIGITS

ISO = re.compile(
    r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:[T ]+(\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?\s*(Z|UTC|[+-]\d{2}:?\d{2})?"
)
SLASHED = re.compile(r"(\d{1,2})([-/. ])(\d{1,2})\2(\d{4}|\d{2})(?:[T ]+(\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?")
_Q = r"(?:Q|T|QTR|Quarter|Trim\.?)\s?([1-4])"
QUARTER = re.compile(rf"{_Q}[\s/.,-]*(\d{{4}})|(\d{{4}})[\s/.,-]*{_Q}", re.IGNORECASE)
# a month's name: letters, in some scripts with signs that are none, in one word or two ("كانون الثاني", "tháng 5")
NAME = r"([^\W\d_][^\d/,;-]*?(?:\s\d{1,2})?)"
# with the places of the name, the day (0: none) and the year
NAMED = [
    (re.compile(rf"(\d{{1,2}})[\s./-]+(?:de\s+)?{NAME}[\s./,-]+(?:de\s+|del\s+)?(\d{{4}}|\d{{2}})"), (2, 1, 3)),
    (re.compile(rf"{NAME}\s+(\d{{1,2}}),?\s+(\d{{4}})"), (1, 2, 3)),
    (re.compile(rf"{NAME}[\s./,-]+(?:de\s+|del\s+)?(\d{{4}}|\d{{2}})"), (1, 0, 2)),
]


class Unreadable(Exception):
    """Why a cell is no date: a code of `messages`, the word that is at fault where it is not the cell, the facts."""

    def __init__(self, code: str, word: str = "", **facts: object) -> None:
        super().__init__(code)
        self.code, self.word, self.facts = code, word, facts


# the first and the last day of what a cell tells (NaT for unknown), and whether it tells a time beside
Told = tuple[np.datetime64, np.datetime64, bool]
NOTHING = np.datetime64("NaT", "us")
LIMITS = {"month": (1, 12), "day": (1, 31)}


class Reader:
    def __init__(self, spec: dict) -> None:
        self.formats = spec.get("formats") or []
        self.languages = spec.get("languages") or ["en"]
        self.zero = spec.get("zero") == "unknown"
        self.century = spec.get("century")
        self.zone = spec.get("timezone")
        self.calendar = spec.get("calendar", "")
        self.years = YEARS[self.calendar]

    def read(self, word) -> Told:
        """Return the days of a cell; `Unreadable` where it is none or reads more than one way."""
        if isinstance(word, dt.datetime):
            return self._moment(word)
        if isinstance(word, dt.date):
            return self.days(word.year, word.month, word.day)
        text = re.sub(r"\s+", " ", str(word).strip()) if isinstance(word, str) else ""
        text = text.translate(DIGITS)
        if not text and isinstance(word, int | float):
            text = str(int(word)) if float(word).is_integer() else repr(word)
        return self._by_formats(text) if self.formats else self._by_shape(text)

    def part(self, name: str, value: float) -> int:
        """Return a year, a month or a day that stands in a column of its own; 0 where it is unknown."""
        low, high = LIMITS.get(name, self.years)
        if value == 0 and self.zero:
            return 0
        if value == 0:
            raise Unreadable("date-zero", name=name)
        if name == "year" and 0 < value < 100:
            value = self._year(f"{int(value):02}")
        if not low <= value <= high:
            how = other_calendars(int(value)) if name == "year" else "correct it"
            raise Unreadable("date-part", name=name, low=low, high=high, how=how)
        return int(value)

    def days(self, year: int, month: int, day: int, late: bool = False) -> Told:
        """Return the first and the last day of a year, a month or a day of the calendar; 0 where it is not stated."""
        if not year:
            return NOTHING, NOTHING, False
        month, day = max(month, 0), day if month else 0
        try:
            start = self.day_of(year, month or 1, day or 1)
            if day:
                return start, start, late
            after = self.day_of(year + 1, 1, 1) if month in (0, 12) else self.day_of(year, month + 1, 1)
        except (ValueError, OverflowError) as error:
            raise Unreadable("date-not-in-calendar-year") from error
        return start, after - np.timedelta64(1, "D"), late

    @cached_property
    def day_of(self) -> Callable[[int, int, int], np.datetime64]:
        """A function that gives a day of the calendar."""
        if self.calendar in SAME_MONTHS:
            shift = SAME_MONTHS[self.calendar]
            return lambda year, month, day: np.datetime64(dt.date(year + shift, month, day), "us")
        module, name = ("hijridate", "Hijri") if self.calendar == "hijri" else ("persiantools.jdatetime", "JalaliDate")
        kind = getattr(extra(module, f"the calendar '{self.calendar}'", "calendars"), name)
        return lambda year, month, day: np.datetime64(kind(year, month, day).to_gregorian(), "us")

    def _moment(self, moment: dt.datetime) -> Told:
        late = bool(moment.hour or moment.minute or moment.second) or moment.tzinfo is not None
        if moment.tzinfo is not None:
            if not self.zone:
                raise Unreadable("date-timezone")
            moment = moment.astimezone(zoneinfo.ZoneInfo(self.zone))
        day = np.datetime64(moment.date(), "us")
        return day, day, late

    def _by_shape(self, text: str) -> Told:
        if match := re.fullmatch(r"(\d{4})([-/.](\d{1,2}))?", text):
            return self._parts(int(match[1]), int(match[3] or 0), 0)
        if match := ISO.fullmatch(text):
            if match[6]:
                return self._zoned(text if match[5] else "")
            return self._parts(int(match[1]), int(match[3]), int(match[4]), _late(match[5]))
        if match := SLASHED.fullmatch(text):
            one, two, year = int(match[1]), int(match[3]), self._year(match[4])
            if one <= 12 and two <= 12 and one != two:
                form = f"%d{match[2]}%m{match[2]}%{'Y' if len(match[4]) == 4 else 'y'}"
                raise Unreadable("date-two-ways", how=f"set formats, such as formats = ['{form}']")
            month, day = (two, one) if two <= 12 else (one, two)
            return self._parts(year, month, day, _late(match[5]))
        if match := QUARTER.fullmatch(text):
            year, quarter = int(match[2] or match[3]), int(match[1] or match[4])
            return self._parts(year, 3 * quarter - 2, 0)[0], self._parts(year, 3 * quarter, 0)[1], False
        for pattern, (name, day, year) in NAMED:
            if match := pattern.fullmatch(text):
                month, number = self._month(match[name]), self._year(match[year])
                return self._parts(number, month, int(match[day]) if day else 0)
        if re.fullmatch(r"\d{5}(\.\d+)?", text):
            raise Unreadable("date-serial")
        if re.fullmatch(r"-?(\d{9,10}|\d{12,13})", text):
            raise Unreadable("date-epoch", kind="epoch_ms" if len(text.lstrip("-")) > 10 else "epoch_s")
        raise Unreadable("no-date")

    def _zoned(self, text: str) -> Told:
        text = text.replace("/", "-").replace(" UTC", "Z").replace(" ", "T", 1).replace(" ", "")
        try:
            return self._moment(dt.datetime.fromisoformat(text))
        except ValueError as error:
            raise Unreadable("date-broken") from error

    def _month(self, word: str) -> int:
        month = month_number(word, self.languages, self.calendar)
        if month is None:
            raise Unreadable("date-no-month", word, **no_month(word, self.languages, "set languages or formats"))
        return month

    def _year(self, text: str) -> int:
        if len(text) == 4:
            return int(text)
        if self.century is None:
            raise Unreadable("date-two-digits")
        return self.century + (int(text) - self.century) % 100

    def _parts(self, year: int, month: int, day: int, late: bool = False) -> Told:
        first, last = self.years
        if (year or not self.zero) and not first <= year <= last:
            raise Unreadable("date-no-year-of", first=first, last=last, how=other_calendars(year))
        return self.days(year, month, day, late)

    def _by_formats(self, text: str) -> Told:
        found, month_word = set(), ""
        for form in self.formats:
            result = self._serial(form, text) if "%" not in form else self._by_format(form, text)
            if isinstance(result, str):
                month_word = result
            elif result is not None:
                found.add(result)
        if len({item[:2] for item in found}) == 1:
            return found.pop()
        if found:
            raise Unreadable("date-two-formats")
        if month_word:
            self._month(month_word)
        raise Unreadable("date-no-format", formats=self.formats)

    def _serial(self, form: str, text: str) -> Told | None:
        if form == "excel":
            if not re.fullmatch(r"\d{4,5}(\.\d+)?", text):
                return None
            day = np.datetime64("1899-12-30", "us") + np.timedelta64(int(float(text)), "D")
            return day, day, float(text) % 1 > 0
        if not re.fullmatch(r"-?\d{1,16}", text):
            return None
        seconds = int(text) / (1000 if form == "epoch_ms" else 1)
        if abs(seconds) > 4.2e9:
            raise Unreadable("date-no-epoch")
        moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=seconds)
        if seconds % 86400 and not self.zone:
            raise Unreadable("date-moment")
        return self._moment(moment if self.zone else moment.replace(tzinfo=None))

    def _by_format(self, form: str, text: str) -> Told | str | None:
        """The day of a text in a format, None where it has another, the word where it is no month."""
        pattern, names = _pattern(form)
        match = re.fullmatch(pattern, text, re.UNICODE)
        if not match:
            return None
        got = dict(zip(names, match.groups(), strict=True))
        year, month, day = self._year(got.get("y") or got["Y"]), int(got.get("m", 0)), int(got.get("d", 0))
        if "b" in got and not (month := month_number(got["b"], self.languages, self.calendar) or 0):
            return got["b"]
        if "j" in got:
            moment = dt.date(year, 1, 1) + dt.timedelta(days=int(got["j"]) - 1)
            month, day = moment.month, moment.day
        if (("m" in got and month == 0) or ("d" in got and day == 0)) and not self.zero:
            raise Unreadable("date-has-zero")
        if zone := got.get("z") or got.get("Z"):
            clock = f"{int(got.get('H') or 0):02}:{got.get('M') or '00'}:{got.get('S') or '00'}"
            return self._zoned(f"{year:04}-{month:02}-{day:02}T{clock}{zone}")
        late = any(int(got.get(name) or 0) for name in ("H", "I", "M", "S"))
        return self._parts(year, month, day if month else 0, late)


def _late(clock: str | None) -> bool:
    return re.search("[1-9]", clock or "") is not None


def no_month(word: str, spoken: list[str], otherwise: str) -> dict[str, str]:
    """Return in which languages a word is no month, and how a mapping lists one in which it is."""
    others = [one for one in languages_of(word) if one not in spoken]
    wanted = ",".join(f"'{one}'" for one in [*others[:1], *spoken])
    return {"languages": ", ".join(spoken), "how": f"languages = [{wanted}]" if others else otherwise}


def order_of(texts: Iterable[str]) -> str:
    """Return the format that dates of numbers show to be meant; empty where no cell shows one, or cells show two.

    Examples
    --------
    >>> order_of(["05.12.2025", "23.01.2026"]), order_of(["05/12/2025"]), order_of(["23/01/2026", "01/23/2026"])
    ('%d.%m.%Y', '', '')
    """
    shown = set()
    for match in filter(None, (SLASHED.fullmatch(text.strip()) for text in texts)):
        sign, year = match[2], "%Y" if len(match[4]) == 4 else "%y"
        if (int(match[1]) > 12) != (int(match[3]) > 12) and not match[5]:
            shown.add(sign.join(("%d", "%m", year) if int(match[1]) > 12 else ("%m", "%d", year)))
    return shown.pop() if len(shown) == 1 else ""


# what a sign of a format stands for; hours, minutes and seconds as days
_PIECES = {
    **dict.fromkeys("mdHIMS", r"(\d{1,2})"),
    **dict.fromkeys("bB", NAME),
    "Y": r"(\d{4})",
    "y": r"(\d{2})",
    "j": r"(\d{1,3})",
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


# the years that a calendar's date can have; those with the months of the Gregorian differ from it by whole years
YEARS = {"": (1900, 2100), "buddhist": (2443, 2643), "jalali": (1279, 1479), "hijri": (1343, 1500)}
SAME_MONTHS = {"": 0, "buddhist": -543}
# forms in use that CLDR does not list
MORE_FORMS = {"de": {"mrz": 3}, "ru": {"мае": 5}, "bs": {"avgust": 8}}


def other_calendars(year: int) -> str:
    """Return what to do about a year that the calendar of a mapping does not have.

    Examples
    --------
    >>> other_calendars(2566)
    "correct it, or set calendar = 'buddhist'"
    """
    fits = [f"'{name}'" for name, (first, last) in YEARS.items() if name and first <= year <= last]
    return f"correct it, or set calendar = {' or '.join(fits)}" if fits else "correct it"


@cache
def _locales() -> dict[str, list[str]]:
    """The locales of each language, those of most countries first."""
    from babel.localedata import locale_identifiers

    found: dict[str, list[str]] = {}
    for name in sorted(locale_identifiers(), key=lambda name: (len(name), name)):
        found.setdefault(name.split("_")[0], []).append(name)
    return dict(sorted(found.items(), key=lambda item: (-len(item[1]), item[0])))


def languages() -> tuple[str, ...]:
    """Return the codes of the languages whose names of months are known, from CLDR.

    Examples
    --------
    >>> {"en", "fa", "km", "th"} <= set(languages())
    True
    """
    return tuple(_locales())


@cache
def _forms(language: str, calendar: str, every: bool) -> dict[str, int]:
    if calendar == "jalali":
        from persiantools import jdatetime

        listed = {"fa": jdatetime.MONTH_NAMES_FA, "en": jdatetime.MONTH_NAMES_EN}.get(language, [])
        return {fold(name): number for number, name in enumerate(listed) if name}
    if calendar == "hijri":
        from hijridate import Hijri

        days: list[Any] = [Hijri(1445, number, 1) for number in range(1, 13)]
        return {fold(day.month_name(language)): day.month for day in days if language in ("ar", "en")}
    from babel import Locale

    numbers: dict[str, set[int]] = {}
    names = _locales().get(language, [])
    for name in names if every else names[:1]:
        months = Locale.parse(name).months
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, form in months[context][width].items():
                    numbers.setdefault(fold(form).strip(". "), set()).add(number)
    forms = {form: next(iter(told)) for form, told in numbers.items() if len(told) == 1 and not form.isdecimal()}
    return forms | MORE_FORMS.get(language, {})


@cache
def _table(language: str, calendar: str = "", every: bool = True) -> dict[str, int]:
    names = _forms(language, calendar, every)
    starts: dict[str, set[int]] = {}
    for name, number in names.items():
        for length in range(3, len(name)):
            starts.setdefault(name[:length].strip(), set()).add(number)
    table = {start: next(iter(numbers)) for start, numbers in starts.items() if len(numbers) == 1}
    return {**table, **names}


def month_number(word: str, languages, calendar: str = "") -> int | None:
    """Return 1 to 12 for the name of a month in one of the languages, None for no month or two meanings.

    Examples
    --------
    >>> month_number("Ene", ["es"]), month_number("sept.", ["en"]), month_number("Ene", ["en"])
    (1, 9, None)
    >>> month_number("تشرين الأول", ["ar"]), month_number("مرداد", ["fa"], "jalali")
    (10, 5)
    """
    key = fold(word).strip(". ")
    found = {table[key] for language in languages if key in (table := _table(language, calendar))}
    return found.pop() if len(found) == 1 else None


def languages_of(word: str) -> list[str]:
    """Return the languages in which a word names a month, those of most countries first.

    Examples
    --------
    >>> languages_of("Ene")[0]
    'es'
    """
    key = fold(word).strip(". ")
    return [language for language in languages() if key in _table(language, every=False)]


def starts_a_date(text: str) -> bool:
    """Return whether a text begins as a date does: with a figure, or the name of a month.

    Examples
    --------
    >>> starts_a_date("3 mars"), starts_a_date("March 2020"), starts_a_date("* provisional")
    (True, True, False)
    """
    text = text.strip().translate(DIGITS)
    return text[:1].isdecimal() or (text[:1].isalpha() and bool(languages_of(re.split(r"[\W\d]", text)[0])))
