"""Names of months in the languages of registers, compared without case and accents.

A name counts when it is a month's name, one of its inflected forms, or a beginning of one (three letters or more)
that begins no other month. Languages are never guessed: the mapping lists them.
"""

from __future__ import annotations

from functools import cache

from minestats.errors import fold

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
