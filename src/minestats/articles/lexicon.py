"""Words and numbers of a sentence, tagged with classes that stand in a lexicon, one file for each language.

A rule never spells a word of a language: it asks for classes ("person", "injured", "anti_personnel"), and
`en.toml`, `ru.toml` and the like say which words belong to each. Another language is another file. Tagging is
one look-up for each word, whatever the size of the lexicon.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from minestats.errors import DataError

# Atomic groups, not possessive quantifiers of groups: with those, re before Python 3.11.5 matches too much.
_TOKEN = re.compile(
    r"[0-9]{1,3}(?>(?:[ ,.'][0-9]{3}(?![0-9]))+)(?>(?:[.,][0-9]{1,4}(?![0-9]))?)(?![0-9])"  # 1,234.5  1 234,5
    r"|[0-9]++(?>(?:[.,][0-9]++)?)"
    r"|[^\W\d_]++(?>(?:['.-](?=[^\W\d_])[^\W\d_]++)*)"
    r"|\S"
)
_BEFORE_NUMBER = ("a", "the", "of", "half", "us", "$")
_MODEL = re.compile(r"[^\W_]")


class Token:
    """A word, a number or a sign: its span in the sentence, its folded form, its class and its value."""

    __slots__ = ("attrs", "code", "end", "norm", "rounded", "start", "text", "value")

    def __init__(self, text: str, norm: str, start: int, end: int):
        self.text, self.norm, self.start, self.end = text, norm, start, end
        self.code, self.rounded = "", ""
        self.attrs: tuple[str, ...] = ()
        self.value: Any = None  # int or float; None where the token is no number

    def __repr__(self) -> str:
        return f"{self.text}/{self.code or '-'}" + (f"={self.value}" if self.value is not None else "")


class Lexicon:
    """The words and patterns of one language, and of one country where its folder holds `articles.toml`."""

    def __init__(self, language: str, folder: Path | None = None):
        path = Path(__file__).with_name(f"{language}.toml")
        self.data = tomllib.loads(path.read_text(encoding="utf-8"))
        if language == "en":
            _overlay(self.data, _agencies())
        country = _country(folder)
        _overlay(self.data, country.get(language, {}))
        self.home = tuple(country.get("country", {}).get("names", ()))
        war = country.get("war", {})
        self.war_start: dt.date | None = war.get("start")
        self.war_end: dt.date | None = war.get("end")
        self.language = language
        self.agencies = frozenset(self.data.get("people", {}).get("agencies", ()))
        self.surname = re.compile(self.data.get("places", {}).get("surname", "(?!)"), re.IGNORECASE)
        self.decimal_comma = self.data["numbers"].get("decimal", ".") == ","
        self.numbers = {word.casefold(): value for word, value in self.data["numbers"]["words"].items()}
        self.scales = {word.casefold(): value for word, value in self.data["numbers"]["scales"].items()}
        self.articles = self.data["numbers"].get("articles", {})
        clearance = self.data.get("clearance", {})
        units = [word for name in ("hectares", "square_km", "square_m") for word in clearance.get(name, ())]
        self.unit = re.compile(rf"(?:{'|'.join(map(re.escape, units)) or '(?!)'})(?!\w)", re.IGNORECASE)
        self.gate = {name: re.compile(pattern) for name, pattern in self.data.get("gate", {}).items()}
        names = ("rounding", "clearance", "casualties", "authorities", "operators", "speech")
        self.tables = {name: self._phrases(self.data.get(name, {})) for name in names}

    @staticmethod
    def _phrases(table: dict[str, list[str]]) -> dict[str, list[tuple[tuple[str, ...], str, tuple[str, ...]]]]:
        """First word -> the phrases that begin with it, longest first: (words, class, attributes)."""
        first: dict[str, list] = {}
        for name, phrases in table.items():
            code, *attrs = name.split(".")
            for phrase in phrases:
                words = tuple(_TOKEN.findall(phrase.casefold()))
                first.setdefault(words[0], []).append((words, code, tuple(attrs)))
        for options in first.values():
            options.sort(key=lambda option: -len(option[0]))
        return first

    def number(self, word: str) -> int | float | None:
        """The value of one word or figure, None where it is no number."""
        return self._value(word) if re.fullmatch(r"[0-9][0-9., ]*", word) else self.numbers.get(word)

    def tokens(self, text: str, low: str, masked: Iterable[tuple[int, int]] = ()) -> list[Token]:
        """Split a sentence; masked spans (dates) become one token of class `date`, numbers get their value."""
        made: list[Token] = []
        hidden = sorted(masked)
        which = 0
        for match in _TOKEN.finditer(text):
            start, end = match.span()
            while which < len(hidden) and hidden[which][1] <= start:
                which += 1
            if which < len(hidden) and end > hidden[which][0] and start < hidden[which][1]:
                if made and made[-1].code == "date" and made[-1].start == hidden[which][0]:
                    continue
                token = Token(text[slice(*hidden[which])], low[slice(*hidden[which])], *hidden[which])
                token.code = "date"
            else:
                token = Token(text[start:end], low[start:end], start, end)
            made.append(token)
        return self._valued(made, text)

    def _valued(self, tokens: list[Token], text: str) -> list[Token]:
        result: list[Token] = []
        for token in tokens:
            if token.code == "date":
                result.append(token)
                continue
            before = result[-1] if result else None
            first = token.text[0]
            if first in "0123456789":
                after = text[token.end : token.end + 2]
                glued = token.start > 0 and (
                    _MODEL.match(text[token.start - 1])
                    or (text[token.start - 1] == "-" and token.start > 1 and _MODEL.match(text[token.start - 2]))
                )
                if glued or (after and (_MODEL.match(after) or (after[0] == "-" and after[1:].isalpha()))):
                    token.code = "" if self._suffixed(after) or self.unit.match(text, token.end) else "model"
                if token.code != "model":
                    token.value = self._value(token.text)
            elif token.norm in self.numbers:
                token.value = self.numbers[token.norm]
            elif "-" in token.norm and (pair := token.norm.split("-")) and len(pair) == 2:
                tens, ones = self.numbers.get(pair[0]), self.numbers.get(pair[1])
                if tens in (20, 30, 40, 50, 60, 70, 80, 90) and ones and ones < 10:
                    token.value = tens + ones
            scaled = token.norm in self.scales and before is not None and before.code != "date"
            if scaled and before is not None and before.value is None and before.norm in self.articles:
                half = f"{result[-2].norm} {before.norm}" if len(result) > 1 else ""
                before.value = self.articles.get(half, self.articles[before.norm])  # "a million", "half a million"
            if scaled and before is not None and before.value is not None:
                before.value = before.value * self.scales[token.norm]
                before.value = int(before.value) if before.value == int(before.value) else before.value
                before.attrs = ("scaled",)
                before.end, before.text = token.end, text[before.start : token.end]
                continue
            if token.value is not None and before is not None and self._joins(before, token, result):
                before = result[-1]
                before.value += token.value
                before.end, before.text = token.end, text[before.start : token.end]
                continue
            result.append(token)
        for token in result:
            if token.value is not None:
                token.code = "N"
        self._round(result)
        return result

    def _suffixed(self, after: str) -> bool:
        """Whether what is glued to a number is an ending of this language ("10-dan"), not a model or an age."""
        return after[:1] == "-" and self.decimal_comma

    def _joins(self, before: Token, token: Token, result: list[Token]) -> bool:
        """Whether a number goes on: "one hundred (and) five", "11 min 9"."""
        if before.norm in ("and",) and len(result) > 1 and "scaled" in result[-2].attrs and not token.text[0].isdigit():
            if not result[-2].text[0].isdigit():
                result.pop()
                return result[-1].value is not None and result[-1].value % 100 == 0 and token.value < 100
            return False
        if before.value is None or "scaled" not in before.attrs:
            return False
        if before.text[0].isdigit() and not (self.decimal_comma and token.text[0].isdigit()):
            return False
        return before.value % 100 == 0 and token.value < (1000 if before.value % 1000 == 0 else 100)

    def _value(self, text: str) -> int | float | None:
        """A figure: the last mark is the decimal one, except before three digits where it groups thousands."""
        text = text.replace(" ", "").replace("'", "")
        *whole, last = re.split(r"[.,]", text)
        marks = {char for char in text if char in ".,"}
        grouped = len(last) == 3 and len(marks) == 1
        if len(whole) == 1:
            grouped = grouped and len(whole[0]) <= 3 and whole[0] != "0" and (marks == {","} or self.decimal_comma)
        digits = "".join(whole) if whole and not grouped else "".join([*whole, last])
        if len(digits) > 15:
            return None
        return float(f"{digits}.{last}") if whole and not grouped else int(digits)

    def _round(self, tokens: list[Token]) -> None:
        for i, token in enumerate(tokens):
            for words, name, _ in self.tables["rounding"].get(token.norm, ()):
                after = i + len(words)
                if after < len(tokens) and all(tokens[i + k].norm == word for k, word in enumerate(words)):
                    target = next(
                        (t for t in tokens[after : after + 3] if t.value is not None or t.norm not in _BEFORE_NUMBER),
                        token,
                    )
                    value = target.value
                    if target.code == "date":
                        target.rounded = name
                    elif value is not None and not (name == "more_than" and value >= 10_000 and value % 10):
                        target.rounded = target.rounded or name
                        for each in tokens[i:after]:
                            each.code = each.code or "~"
                    break

    def tag(self, tokens: list[Token], name: str) -> list[Token]:
        """Give each word its class out of the lexicon's table `name`; a phrase becomes one token. Words without a class
        are shared with the list that came in."""
        phrases = self.tables[name]
        result: list[Token] = []
        i, count = 0, len(tokens)
        while i < count:
            token = tokens[i]
            step = 1
            options = phrases.get(token.norm) if token.value is None and token.code == "" else None
            for words, code, attrs in options or ():
                length = len(words)
                if length == 1 or (
                    i + length <= count and all(tokens[i + k].norm == words[k] for k in range(1, length))
                ):
                    token = Token(token.text, " ".join(words), token.start, tokens[i + length - 1].end)
                    token.code, token.attrs, step = code, attrs, length
                    break
            result.append(token)
            i += step
        return result


def _country(folder: Path | None) -> dict:
    """What a data folder adds to the words: `articles.toml`, or nothing."""
    path = None if folder is None else folder / "articles.toml"
    if path is None or not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path.name}: {error}; mend it or take it out of the folder.") from error


@cache
def _agencies() -> dict:
    """The mine-action agencies of the world, as authorities and as operators."""
    countries = tomllib.loads(Path(__file__).with_name("agencies.toml").read_text(encoding="utf-8"))
    names = {name: words for agencies in countries.values() for name, words in agencies.items()}
    operators = {name.casefold().replace(" ", "_"): words for name, words in names.items()}
    worth = [phrase for words in names.values() for phrase in words]
    return {"authorities": names, "operators": operators, "worth": {"clearance": worth, "speaker": worth}}


@cache
def countries() -> frozenset[str]:
    """The countries of the list of agencies, in small letters."""
    named = tomllib.loads(Path(__file__).with_name("agencies.toml").read_text(encoding="utf-8"))
    return frozenset(name.casefold() for name in named) - {"world"}


def _overlay(general: dict, special: dict) -> None:
    """Add the words of a country to those of a language: tables meet, lists grow, patterns stand before patterns."""
    for name, value in special.items():
        known = general.get(name)
        if isinstance(value, dict):
            _overlay(general.setdefault(name, {}), value)
        elif isinstance(value, list):
            general[name] = [*(known or ()), *value]
        else:
            general[name] = f"{value}|{known}" if known else value


@cache
def lexicon(language: str, folder: Path | None = None) -> Lexicon:
    """The lexicon of a language with the words of a country's folder, read once."""
    return Lexicon(language, folder)


def language_of(plain: str) -> str:
    """Tell the languages of the word files apart by their letters and commonest words; English where there is no sign.

    Examples
    --------
    >>> language_of("обнаружено 12 мин"), language_of("ərazi təmizlənib"), language_of("")
    ('ru', 'az', 'en')
    >>> language_of("Se destruyeron 12 minas en el norte del país.")
    'es'
    """
    part = plain[:20_000].casefold()
    letters = sum(map(str.isalpha, part))
    cyrillic = sum("а" <= char <= "я" for char in part)
    if letters and cyrillic > 0.4 * letters:
        return "uk" if sum(map(part.count, "іїєґ")) > 0.02 * letters else "ru"
    if part.count("ə") >= 2 and part.count("ə") > 0.01 * letters:
        return "az"
    words = re.findall(r"[^\W\d_]+", part)
    counts = {language: sum(word in marks for word in words) for language, marks in _marks().items()}
    best = max(counts, key=lambda language: counts[language])
    return best if counts[best] > 0.1 * len(words) else "en"


@cache
def _marks() -> dict[str, frozenset[str]]:
    """The commonest words of the languages that share the letters of English."""
    files = [Path(__file__).with_name(f"{language}.toml") for language in ("en", "es", "fr")]
    return {file.stem: frozenset(tomllib.loads(file.read_text(encoding="utf-8"))["marks"].split()) for file in files}
