"""A column as a mapping reads it: its distinct cells, which of them say something, where they stand.

Whatever is found of some cells is said in one way: the finding counts the rows, names the first and quotes its cell.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from minestats.errors import fold
from minestats.registers.findings import Findings


class Coded:
    """A column of a register: `codes[i]` is the place in `words` of the cell of row i.

    Parameters
    ----------
    codes : array of int
        One for each row.
    words : sequence
        The distinct cells: text, or numbers and dates from formats that have types. Missing is "".
    textual : bool
        Every cell is text.
    """

    def __init__(self, codes, words, *, textual=False):
        self.codes = codes
        self._words = words
        self._textual = textual

    @property
    def words(self) -> np.ndarray:
        """The distinct cells, as they are."""
        if not isinstance(self._words, np.ndarray):
            words = self._words
            if hasattr(words, "to_numpy"):
                words = words.to_numpy(zero_copy_only=False)
            array = np.empty(len(words), dtype=object)
            array[:] = list(words)
            self._words = array
        return self._words

    @cached_property
    def texts(self) -> np.ndarray:
        """The distinct cells as text: whole numbers without a point, dates as ISO."""
        if self._textual:
            return self.words
        result = np.empty(len(self.words), dtype=object)
        result[:] = [word if type(word) is str else as_text(word) for word in self.words]
        return result

    @cached_property
    def count(self) -> np.ndarray:
        """How many rows hold each distinct cell."""
        return np.bincount(self.codes, minlength=len(self._words))

    def is_ascii(self) -> bool:
        """Return whether no distinct cell has a letter beyond ASCII, without making them Python's."""
        if hasattr(self._words, "buffers"):
            content = self._words.buffers()[-1]
            return content is None or content.to_pybytes().isascii()
        return all(text.isascii() for text in self.texts)

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, rows) -> Coded:
        """Return the column of some rows; cells that no row holds any more count 0."""
        return Coded(self.codes[rows], self._words, textual=self._textual)

    def spread(self, answers):
        """Return for each row the answer given for its cell."""
        return np.asarray(answers)[self.codes]

    def known(self, unknown: set[str]) -> np.ndarray:
        """Return which distinct cells say something: not blank, none of the folded words for unknown (with "")."""
        texts = self.texts
        if unknown <= {""}:
            return ~self.blank
        longest = max(map(len, unknown)) + 8
        first = {letter for word in unknown if word for letter in (word[0], word[0].upper())}
        # `fold`, without its cost where the first letter rules a word out, or where nothing but case can differ
        answers = [
            (text[:1] in first or not "!" <= text[:1] <= "~")
            and len(text) <= longest
            and (text.strip().lower() if text.isascii() and "  " not in text else fold(text)) in unknown
            for text in texts
        ]
        return ~(np.array(answers, dtype=bool) | self.blank)

    @cached_property
    def blank(self) -> np.ndarray:
        """Which distinct cells are empty or hold spaces only."""
        return np.array([not text or text.isspace() for text in self.texts], dtype=bool)

    def strings(self, known: np.ndarray, texts=None) -> pd.Series:
        """Return the column as pandas text, missing where a cell is not known."""
        texts = self.texts if texts is None else texts
        return strings(texts, np.where(known, np.arange(len(texts)), -1)[self.codes] if len(texts) else self.codes)


def strings(words, codes) -> pd.Series:
    """Return text for each row from distinct words; -1 is missing.

    Examples
    --------
    >>> strings(["a", "b"], np.array([1, -1])).isna().tolist()
    [False, True]
    """
    words = pd.array([None if word is None else str(word) for word in words], dtype="string")
    if len(words) == 0:
        return pd.Series(pd.array([None] * len(codes), dtype="string"))
    return pd.Series(words.take(np.asarray(codes), allow_fill=True))


def from_values(values) -> Coded:
    """Return a column from a sequence of cells; None and NaN become "".

    Examples
    --------
    >>> from_values(["a", None, "a"]).count.tolist()
    [2, 1]
    """
    seen: dict = {}
    codes = np.empty(len(values), dtype=np.int32)
    words: list = []
    for i, value in enumerate(values):
        if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value):
            value = ""
        elif isinstance(value, bool | np.bool_):
            value = str(bool(value))
        elif isinstance(value, list | dict | bytes):
            value = str(value)
        key = (type(value), value)
        code = seen.get(key)
        if code is None:
            code = seen[key] = len(words)
            words.append(value)
        codes[i] = code
    return Coded(codes, words)


def as_text(word) -> str:
    """Return a typed cell as text.

    Examples
    --------
    >>> as_text(5.0), as_text(dt.datetime(2018, 4, 5))
    ('5', '2018-04-05')
    """
    if isinstance(word, str):
        return word
    if isinstance(word, dt.datetime):
        midnight = word.hour == word.minute == word.second == word.microsecond == 0
        return word.date().isoformat() if midnight and word.tzinfo is None else word.isoformat(sep=" ")
    if isinstance(word, dt.date):
        return word.isoformat()
    if isinstance(word, float | np.floating):
        return str(int(word)) if float(word).is_integer() and abs(float(word)) < 1e15 else repr(float(word))
    return str(word)


@dataclass(frozen=True)
class Cells:
    """A column, its header, the rows of the spreadsheet, and which distinct cells say something in some row."""

    column: Coded
    known: np.ndarray
    header: str
    rows: np.ndarray
    findings: Findings

    @property
    def texts(self) -> np.ndarray:
        """The distinct cells as text."""
        return self.column.texts

    @property
    def count(self) -> np.ndarray:
        """How many rows hold each distinct cell."""
        return self.column.count

    def rows_with(self, codes) -> int:
        """Return how many rows hold one of some distinct cells."""
        return int(self.count[np.asarray(codes)].sum())

    def first(self, codes) -> tuple[int, str]:
        """Return the spreadsheet row of the first cell that is one of some distinct cells, and the cell."""
        mask = np.zeros(len(self.texts), dtype=bool)
        mask[np.asarray(codes)] = True
        place = int(np.argmax(mask[self.column.codes]))
        return int(self.rows[place]), str(self.texts[self.column.codes[place]])

    def say(self, code: str, codes, **facts) -> bool:
        """Add what `messages` says of some distinct cells, if there are any; return whether an error that stands."""
        if not len(codes) or not (count := self.rows_with(codes)):
            return False
        row, word = self.first(codes)
        facts = {"value": word, **facts, "word": word, "values": shown_values(count)}
        return self.findings.say(code, row=row, column=self.header, rows=count, **facts)


def shown_values(count: int) -> str:
    """Return "1 value" or "12 values".

    Examples
    --------
    >>> shown_values(1), shown_values(1200)
    ('1 value', '1,200 values')
    """
    return f"{count:,} value" + ("" if count == 1 else "s")
