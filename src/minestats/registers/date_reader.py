"""One cell into a date, or into the reason why it is none and what the mapping needs."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import cache

from minestats.errors import fold
from minestats.registers.numeric import DIGITS

ISO = re.compile(
    r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:[T ]+(\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?\s*(Z|UTC|[+-]\d{2}:?\d{2})?"
)
SLASHED = re.compile(r"(\d{1,2})([-/. ])(\d{1,2})\2(\d{4}|\d{2})(?:[T ]+(\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?")
NAMED = re.compile(r"(\d{1,2})[\s./-]+(?:de\s+)?([^\W\d_]+\.?)[\s./,-]+(?:de\s+|del\s+)?(\d{4}|\d{2})", re.UNICODE)
NAMED_FIRST = re.compile(r"([^\W\d_]+\.?)\s+(\d{1,2}),?\s+(\d{4})", re.UNICODE)
MONTH_YEAR = re.compile(r"([^\W\d_]+\.?)[\s./,-]+(?:de\s+|del\s+)?(\d{4}|\d{2})", re.UNICODE)


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
                return Unreadable("two ways", "reads two ways", "set formats, such as formats = ['%d/%m/%Y']")
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
        month = month_number(word, self.languages)
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
        if not 1900 <= year <= 2100:
            return Unreadable("date", "has no year from 1900 to 2100", "correct it")
        if month == 0:
            return year, 0, 0, False
        if not 1 <= month <= 12:
            return Unreadable("date", "is no real date", "correct it")
        if day:
            try:
                dt.date(year, month, day)
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
            month = month_number(got["b"], self.languages) or 0
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


# twelve names; "/" parts inflected and irregular short forms
NAMES = {
    "en": "January February March April May June July August September/sept October November December",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre/setiembre octubre noviembre diciembre",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "de": "Januar/Jänner Februar März/mrz April Mai Juni Juli August September Oktober November Dezember",
    "ru": "январь/января февраль/февраля март/марта апрель/апреля май/мая/мае июнь/июня июль/июля "
    "август/августа сентябрь/сентября октябрь/октября ноябрь/ноября декабрь/декабря",
    "uk": "січень/січня лютий/лютого березень/березня квітень/квітня травень/травня червень/червня липень/липня "
    "серпень/серпня вересень/вересня жовтень/жовтня листопад/листопада грудень/грудня",
    "az": "yanvar fevral mart aprel may iyun iyul avqust sentyabr oktyabr noyabr dekabr",
    "tr": "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
    "bs": "januar/januara februar/februara mart/marta april/aprila maj/maja juni/juna juli/jula "
    "august/augusta/avgust septembar/septembra oktobar/oktobra novembar/novembra decembar/decembra",
    "hr": "siječanj/siječnja veljača/veljače ožujak/ožujka travanj/travnja svibanj/svibnja lipanj/lipnja "
    "srpanj/srpnja kolovoz/kolovoza rujan/rujna listopad/listopada studeni/studenoga prosinac/prosinca",
    "ar": "يناير/كانون-الثاني فبراير/شباط مارس/آذار أبريل/نيسان مايو/أيار يونيو/حزيران يوليو/تموز "
    "أغسطس/آب سبتمبر/أيلول أكتوبر/تشرين-الأول نوفمبر/تشرين-الثاني ديسمبر/كانون-الأول",
    "id": "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember",
}
LANGUAGES = tuple(NAMES)


@cache
def _table(language: str) -> dict[str, int]:
    names: dict[str, int] = {}
    for number, forms in enumerate(NAMES[language].split(), start=1):
        for form in forms.split("/"):
            names[fold(form.replace("-", " "))] = number
    starts: dict[str, set[int]] = {}
    for name, number in names.items():
        for length in range(3, len(name)):
            starts.setdefault(name[:length], set()).add(number)
    table = {start: next(iter(numbers)) for start, numbers in starts.items() if len(numbers) == 1}
    return {**table, **names}


def month_number(word: str, languages) -> int | None:
    """Return 1 to 12 for the name of a month in one of the languages, None for no month or two meanings.

    Examples
    --------
    >>> month_number("Ene", ["es"]), month_number("sept.", ["en"]), month_number("Ene", ["en"])
    (1, 9, None)
    """
    key = fold(word).strip(". ")
    found = {_table(language)[key] for language in languages if key in _table(language)}
    return found.pop() if len(found) == 1 else None


def languages_of(word: str) -> list[str]:
    """Return the languages in which a word names a month.

    Examples
    --------
    >>> languages_of("Ene")
    ['es']
    """
    return [language for language in NAMES if month_number(word, [language])]
