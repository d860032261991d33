"""One cell into a date, or into the reason why it is none and what the mapping needs."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from minestats.errors import fold
from minestats.registers.numeric import DIGITS

ISO = re.compile(
    r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:[T ]+(\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?\s*(Z|UTC|[+-]\d{2}:?\d{2})?"
)
SLASHED = re.compile(r"(\d{1,2})([-/. ])(\d{1,2})\2(\d{4}|\d{2})(?:[T ]+(\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?")
# a month's name: letters, in some scripts with signs that are none, in one word or two ("كانون الثاني", "tháng 5")
NAME = r"([^\W\d_][^\d/,;-]*?(?:\s\d{1,2})?)"
NAMED = re.compile(rf"(\d{{1,2}})[\s./-]+(?:de\s+)?{NAME}[\s./,-]+(?:de\s+|del\s+)?(\d{{4}}|\d{{2}})", re.UNICODE)
NAMED_FIRST = re.compile(rf"{NAME}\s+(\d{{1,2}}),?\s+(\d{{4}})", re.UNICODE)
MONTH_YEAR = re.compile(rf"{NAME}[\s./,-]+(?:de\s+|del\s+)?(\d{{4}}|\d{{2}})", re.UNICODE)


@dataclass
class Unreadable:
    """Why a cell is no date, and what the mapping needs."""

    code: str
    said: str
    remedy: str
    group: str = ""


class Reader:
    def __init__(self, spec: dict) -> None:
        self.formats = spec.get("formats") or []
        self.languages = spec.get("languages") or ["en"]
        self.zero = spec.get("zero") == "unknown"
        self.century = spec.get("century")
        self.zone = spec.get("timezone")
        self.calendar = spec.get("calendar", "")
        self.years = YEARS[self.calendar]
        self.told: dict = {}

    def read(self, word) -> tuple | Unreadable:
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

    def _moment(self, moment: dt.datetime) -> tuple | Unreadable:
        if moment.tzinfo is not None:
            if not self.zone:
                return Unreadable(
                    "timezone", "has a time zone", "set timezone = 'Area/City', so that the day is certain"
                )
            import zoneinfo

            moment = moment.astimezone(zoneinfo.ZoneInfo(self.zone))
            return moment.year, moment.month, moment.day, True
        late = bool(moment.hour or moment.minute or moment.second)
        return moment.year, moment.month, moment.day, late

    def _by_shape(self, text: str) -> tuple | Unreadable:
        if re.fullmatch(r"\d{4}", text):
            return self._parts(int(text), 0, 0)
        if match := re.fullmatch(r"(\d{4})[-/.](\d{1,2})", text):
            return self._parts(int(match[1]), int(match[2]), 0)
        if match := ISO.fullmatch(text):
            if match[6]:
                if not match[5]:
                    return Unreadable("date", "is no date", "correct it")
                return self._zoned(text)
            late = bool(match[5]) and re.search("[1-9]", match[5]) is not None
            return self._parts(int(match[1]), int(match[3]), int(match[4]), late)
        if match := SLASHED.fullmatch(text):
            one, two, year = int(match[1]), int(match[3]), self._year(match[4])
            if isinstance(year, Unreadable):
                return year
            late = bool(match[5]) and re.search("[1-9]", match[5]) is not None
            if one <= 12 and two <= 12 and one != two:
                form = f"%d{match[2]}%m{match[2]}%{'Y' if len(match[4]) == 4 else 'y'}"
                return Unreadable("two ways", "reads two ways", f"set formats, such as formats = ['{form}']")
            month, day = (two, one) if two <= 12 else (one, two)
            return self._parts(year, month, day, late)
        if match := NAMED.fullmatch(text):
            return self._named(match[2], int(match[1]), match[3])
        if match := NAMED_FIRST.fullmatch(text):
            return self._named(match[1], int(match[2]), match[3])
        if match := MONTH_YEAR.fullmatch(text):
            return self._named(match[1], 0, match[2])
        if re.fullmatch(r"\d{5}(\.\d+)?", text):
            return Unreadable("serial", "looks like a spreadsheet's serial number", "set formats = ['excel']")
        if re.fullmatch(r"-?(\d{9,10}|\d{12,13})", text):
            kind = "epoch_ms" if len(text.lstrip("-")) > 10 else "epoch_s"
            return Unreadable("serial", "looks like a time since 1970", f"set formats = ['{kind}'] and timezone")
        return Unreadable("date", "is no date", "set formats, or list the word in [source] unknown")

    def _zoned(self, text: str) -> tuple | Unreadable:
        try:
            moment = dt.datetime.fromisoformat(
                text.replace("/", "-").replace(" UTC", "Z").replace(" ", "T", 1).replace(" ", "")
            )
        except ValueError:
            return Unreadable("date", "is no date", "correct it")
        return self._moment(moment)

    def _named(self, word: str, day: int, year: str) -> tuple | Unreadable:
        month = month_number(word, self.languages, self.calendar)
        if month is None:
            others = [language for language in languages_of(word) if language not in self.languages]
            if others:
                wanted = ",".join(f"'{language}'" for language in [others[0], *self.languages])
                remedy = f"languages = [{wanted}]"
            else:
                remedy = "set languages or formats"
            return Unreadable("month", f"is no month in {', '.join(self.languages)}", remedy, word)
        number = self._year(year)
        return number if isinstance(number, Unreadable) else self._parts(number, month, day)

    def _year(self, text: str) -> int | Unreadable:
        if len(text) == 4:
            return int(text)
        if self.century is None:
            return Unreadable("century", "has a year of two digits", "set century = 2000 (the first year it can mean)")
        return self.century + (int(text) - self.century) % 100

    def _parts(self, year: int, month: int, day: int, late: bool = False) -> tuple | Unreadable:
        if year == 0 and self.zero:
            return 0, 0, 0, False
        first, last = self.years
        if not first <= year <= last:
            return Unreadable("date", f"has no year from {first} to {last}", other_calendars(year))
        if month == 0:
            return year, 0, 0, False
        if not 1 <= month <= 12:
            return Unreadable("date", "is no real date", "correct it")
        if day and self.calendar in SAME_MONTHS:
            try:
                dt.date(year + SAME_MONTHS[self.calendar], month, day)
            except ValueError:
                return Unreadable("date", "is no real date", "correct it")
        return year, month, day, late

    def _by_formats(self, text: str) -> tuple | Unreadable:
        found, month_word = set(), ""
        for form in self.formats:
            result = self._serial(form, text) if "%" not in form else self._by_format(form, text)
            if isinstance(result, Unreadable):
                return result
            if isinstance(result, str):
                month_word = result
            elif result is not None:
                found.add(result)
        if len({item[:3] for item in found}) == 1:
            return found.pop()
        if found:
            return Unreadable("two ways", "reads two ways by the formats", "leave the one that is meant")
        if month_word:
            return self._named(month_word, 1, "2000")
        return Unreadable("date", f"fits none of the formats {self.formats}", "add its format, or list it in unknown")

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
            return Unreadable("date", "is no time since 1970", "correct formats")
        moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=seconds)
        if not self.zone:
            if seconds % 86400:
                return Unreadable("timezone", "is a moment, not a day", "set timezone = 'Area/City'")
            return moment.year, moment.month, moment.day, False
        return self._moment(moment)

    def _by_format(self, form: str, text: str):
        pattern, names = _pattern(form)
        match = re.fullmatch(pattern, text, re.UNICODE)
        if not match:
            return None
        got = dict(zip(names, match.groups(), strict=True))
        year = self._year(got["y"]) if "y" in got else int(got["Y"])
        if isinstance(year, Unreadable):
            return year
        month = int(got["m"]) if "m" in got else 0
        if "b" in got:
            month = month_number(got["b"], self.languages, self.calendar) or 0
            if not month:
                return got["b"]
        day = int(got.get("d", 0))
        if "j" in got:
            moment = dt.date(year, 1, 1) + dt.timedelta(days=int(got["j"]) - 1)
            month, day = moment.month, moment.day
        if (("m" in got and month == 0) or ("d" in got and day == 0)) and not self.zero:
            return Unreadable("zero", "has a zero", "set zero = 'unknown' if it stands for unknown")
        if "z" in got or "Z" in got:
            clock = f"{int(got.get('H') or 0):02}:{got.get('M') or '00'}:{got.get('S') or '00'}"
            return self._zoned(f"{year:04}-{month:02}-{day:02}T{clock}{got.get('z') or got.get('Z')}")
        late = any(int(got.get(name) or 0) for name in ("H", "I", "M", "S"))
        return self._parts(year, month, day if month else 0, late)


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


_PIECES = {
    "Y": r"(\d{4})",
    "y": r"(\d{2})",
    "m": r"(\d{1,2})",
    "d": r"(\d{1,2})",
    "j": r"(\d{1,3})",
    "b": NAME,
    "B": NAME,
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

        return {fold(Hijri(1445, n, 1).month_name(language)): n for n in range(1, 13)} if language in "ar en" else {}
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
