"""One register under conversion: its columns by the fields of the mapping, read as words, numbers or text."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from minestats.data.typed import CONTROL
from minestats.errors import fold, listed, nearest
from minestats.registers import vocabulary as v
from minestats.registers.cells import Cells, strings
from minestats.registers.findings import Findings, verb
from minestats.registers.mapping import RegisterMapping
from minestats.registers.numeric import parse_codes, parse_numbers
from minestats.registers.register import Register
from minestats.registers.vocabulary import look_like_names, private_cells

MOST_WORDS = 19  # unlisted words of a column that are named one by one: an error shows 20 lines
# signs without width: marks of direction, joiners, soft hyphens; a name with one looks like the name without
INVISIBLE = "[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"


class Work:
    """A register, the mapping it is read by, and what was found so far.

    Parameters
    ----------
    place : str
        Where the words of the values stand in the mapping.

    Attributes
    ----------
    case_ids : set of str
        Ids of all cases of the register, also of those that a filter leaves out.
    """

    def __init__(
        self, register: Register, mapping: RegisterMapping, findings: Findings, place: str = "[values."
    ) -> None:
        self.register, self.mapping, self.findings, self.place = register, mapping, findings, place
        self.fields, self.values, self.written = mapping.fields, mapping.values, mapping.raw.get("values", {})
        self.case_ids: set[str] = set()
        self.unknown = {fold(word) for word in mapping.source.get("unknown", [])} | {""}
        self.rounded: dict[str, np.ndarray] = {}
        self._known: dict[int, np.ndarray] = {}

    @property
    def size(self) -> int:
        """How many rows there are."""
        return len(self.register)

    @property
    def rows(self) -> np.ndarray:
        """The row of a spreadsheet for each row."""
        return self.register.rows

    def take(self, keep: np.ndarray) -> Work:
        """Return some of the rows, with what was found of them."""
        if keep.all():
            return self
        smaller = Work(self.register.take(keep), self.mapping, self.findings)
        smaller.case_ids = self.case_ids
        smaller.rounded = {name: values[keep] for name, values in self.rounded.items()}
        return smaller

    def cells(self, name: str) -> Cells:
        """Return a column of the register with which of its distinct cells say something."""
        i = self.register.at(name)
        column = self.register.columns[i]
        if i not in self._known:
            self._known[i] = column.known(self.unknown) & (column.count > 0)
        return Cells(column, self._known[i], self.register.headers[i], self.rows, self.findings)

    def say(self, code: str, mask: np.ndarray, **facts) -> bool:
        """Add what is said of some rows, if there are any; see `Findings.say_of`."""
        return self.findings.say_of(code, mask, self.rows, **facts)

    def number_column(self, name: str, field: str = "", *, findings: Findings | None = None, **options):
        """Return the numbers of a column, one for each distinct cell, with the column."""
        cells = self.cells(name)
        if findings is not None:
            cells = Cells(cells.column, cells.known, cells.header, cells.rows, findings)
        source = self.mapping.source
        separators = {"thousands": source.get("thousands", ""), "decimal": source.get("decimal", ".")}
        separators["nought"] = source.get("nought", ())
        numbers, rounded = parse_numbers(cells, typed=self.register.typed, **separators, **options)
        if (rounded != "").any() and field and findings is None:
            spread = cells.column.spread(rounded)
            before = self.rounded.get(field)
            self.rounded[field] = spread if before is None else np.where(before == "", spread, before)
        return cells, numbers

    def numbers(self, field: str) -> np.ndarray | None:
        """Return the number of each row (NaN where unknown), or None where the field is not mapped."""
        spec = self.fields.get(field)
        if spec is None:
            return None
        if spec.value is not None:
            return np.full(self.size, spec.value, dtype=float)
        whole, signed = field in v.COUNTS, field in ("latitude", "longitude")
        parts = []
        for name in spec.sum or [spec.column]:
            cells, values = self.number_column(name, field, whole=whole, signed=signed)
            if spec.blank is not None:
                values = np.where(cells.column.blank, spec.blank, values)
            parts.append(cells.column.spread(values))
        # what is known of a sum is less than the sum: a part that is empty is not nought
        known = np.sum(~np.isnan(parts), axis=0)
        self.say("partial-sum", (known > 0) & (known < len(parts)), field=field)
        return np.sum(parts, axis=0)

    def _constant(self, field: str) -> tuple[np.ndarray, np.ndarray] | None:
        """The one word of a field that has a constant, no word of one that is not mapped; None of one to be read."""
        spec = self.fields.get(field)
        if spec is None or spec.value is not None:
            words = [] if spec is None else [clean(str(spec.value))]
            return np.array(words, dtype=object), np.full(self.size, len(words) - 1, dtype=np.int32)
        return None

    def words(self, field: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the minestats' words of a field and for each row the place of its word, -1 for unknown.

        A cell whose word is not listed is an error.
        """
        if found := self._constant(field):
            return found
        return self.translate(field, self.cells(self.fields[field].column), split=self.fields[field].split)

    def translate(self, field: str, cells: Cells, split: str = "") -> tuple[np.ndarray, np.ndarray]:
        """Return the minestats' words of a column and for each row the place of its word, -1 for unknown."""
        listed_words = self.values.get(field, {})
        closed = v.words_of(self.mapping.table, field)
        targets: dict[str, int] = {}
        places = np.full(len(cells.known), -1, dtype=np.int32)
        original = set(self.written.get(field, {}))
        changed, starred, unlisted = [], [], []

        def target_of(text: str) -> str | None:
            key = fold(text)
            if key in listed_words:
                return listed_words[key]
            if closed and key in closed:
                return key
            if field == "area unit" and (unit := v.unit_in(text)):
                return unit
            return clean(text) if not closed and not listed_words else None

        for code in np.flatnonzero(cells.known):
            text = cells.texts[code]
            target = target_of(text)
            if target is None and split:
                answers = {target_of(answer) for answer in re.split(re.escape(split), text) if answer.strip()}
                target = answers.pop() if len(answers) == 1 else None
            elif target is not None and text not in original and fold(text) in listed_words:
                changed.append(code)
            if target is None and "*" in listed_words:
                target = listed_words["*"]
                starred.append(code)
            if target is None:
                unlisted.append(code)
            else:
                places[code] = targets.setdefault(target, len(targets))
        if changed:
            differ = verb(cells.rows_with(changed), "differs", "differ")
            cells.say("word-form", changed, field=field, differ=differ, place=self.place)
        cells.say("word-star", starred, field=field, target=listed_words.get("*"))
        self._unlisted(field, cells, unlisted)
        return np.array(list(targets), dtype=object), cells.column.spread(places)

    def _unlisted(self, field: str, cells: Cells, codes: list) -> None:
        others: dict[str, list] = {}
        rest = []
        facts: dict[str, Any] = {"field": field, "place": self.place}
        for code in codes:
            key = fold(cells.texts[code])
            owner = next((name for name, words in self.values.items() if name != field and key in words), None)
            others.setdefault(owner, []).append(code) if owner else rest.append(code)
        for owner, found in others.items():
            most = max(found, key=lambda code: cells.count[code])
            word = cells.texts[most].strip()
            facts |= {"times": int(cells.count[most]), "owner": owner}
            cells.say("headers-moved", found, value=word, **facts)
        rest.sort(key=lambda code: -cells.count[code])
        if len(rest) > MOST_WORDS and cells.rows_with(rest) < 2 * len(rest):
            # a column of names or remarks under this header would be printed
            cells.say("unknown-words", rest, value="", many=len(rest), **facts)
            return
        written = self.written.get(field, {})
        allowed = v.words_of(self.mapping.table, field) or tuple(dict.fromkeys(written.values()))
        private = private_cells(cells.column)
        for code in rest[:MOST_WORDS]:
            word = "(not shown)" if private[code] else clean(cells.texts[code])
            guess = nearest(word, written)
            key = word if re.fullmatch(r"[A-Za-z0-9_-]+", word) else '"' + word.replace('"', '\\"') + '"'
            facts |= {"shown": word, "key": key}
            if guess and only_ending(word, guess):
                cells.say("word-ending", [code], guess=guess, target=written[guess], **facts)
            else:  # a word that looks like another may mean its opposite
                cells.say("unknown-word", [code], choice=listed(allowed, 20) if allowed else "your word", **facts)
        more = rest[MOST_WORDS:]
        cells.say("more-words", more, value="", many=len(more), **facts)

    def texts(self, field: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the cleaned distinct texts of a field and for each row its place, -1 for unknown."""
        if found := self._constant(field):
            return found
        cells = self.cells(self.fields[field].column)
        renamed = self.values.get(field, {})
        places = np.where(cells.known, np.arange(len(cells.known)), -1).astype(np.int32)
        texts = cells.texts.copy()
        tidied = []
        for code in np.flatnonzero(cells.known):
            text = clean(texts[code])
            if text != texts[code]:
                tidied.append(code)
            texts[code] = renamed.get(fold(text), text) if renamed else text
            if not texts[code]:
                places[code] = -1
        cells.say("spaces", tidied)
        self._check_private(field, self.fields[field].column, cells)
        return texts, cells.column.spread(places)

    def _check_private(self, field: str, name: str, cells: Cells) -> None:
        """Refuse carried cells that look like addresses, telephone numbers or names of people; they are not quoted."""
        personal = self.mapping.personal
        fine = {fold(word) for key in ("not_personal", "reviewed") for word in personal.get(key, [])}
        if fold(name) in fine or fold(cells.header) in fine:
            return
        private = private_cells(cells.column) & cells.known
        if private.any():
            looks = verb(cells.rows_with(private), "looks", "look")
            cells.say("personal-cells", private, value="", looks=looks)
        if field == "note" and look_like_names(cells.texts[cells.known]):
            cells.say("personal-notes", cells.known, value="")

    def series(self, field: str) -> pd.Series | None:
        """Return a text field as pandas text, None where it is not mapped."""
        return strings(*self.texts(field)) if field in self.fields else None

    def codes(self, field: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the official codes of a field and for each row the place of its code, -1 for unknown."""
        if found := self._constant(field):
            return found
        cells = self.cells(self.fields[field].column)
        thousands = self.mapping.source.get("thousands", "")
        texts = parse_codes(cells, thousands=thousands, digits=self.fields[field].digits)
        return texts, cells.column.spread(np.where(cells.known, np.arange(len(cells.known)), -1).astype(np.int32))


def clean(text: str) -> str:
    """Return a text without control and invisible characters and without outer or double spaces.

    Examples
    --------
    >>> clean("  a \\x07 b "), clean("\\u200fNor\\u00adth")
    ('a b', 'North')
    """
    text = re.sub(CONTROL, " ", re.sub(INVISIBLE, "", text))
    return " ".join(text.split()).strip("\u200c\u200d")  # joiners belong inside a word only


def only_ending(word: str, other: str) -> bool:
    """Return whether two words differ in their last letters only, so that one is a form of the other.

    Examples
    --------
    >>> only_ending("Muerta", "Muerto"), only_ending("Mujer", "Muerto"), only_ending("ap_mine erw", "ap_mine")
    (True, False, False)
    """
    one, two = fold(word), fold(other)
    same = next((i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))
    return same >= 4 and max(len(one), len(two)) - same <= 2
