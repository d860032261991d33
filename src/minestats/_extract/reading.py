"""One sentence with everything found in it once: dates, places, speakers, words. The kinds of candidate share it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property

from minestats._extract import places, when
from minestats._extract.text import Sentence
from minestats._extract.words import Lexicon, Token


class Line:
    """A sentence, read when asked: what is not asked for costs nothing."""

    def __init__(self, number: int, sentence: Sentence, lexicon: Lexicon, gazetteer, published: dt.date | None):
        self.number, self.sentence, self.lexicon = number, sentence, lexicon
        self.gazetteer, self.published = gazetteer, published
        self.text, self.offset, self.heading = sentence.text, sentence.start, sentence.heading
        self.worth = self.clears = True
        low = sentence.text.lower()
        self.low = low if len(low) == len(self.text) else "".join(c.lower()[:1] for c in self.text)

    @cached_property
    def _dates(self):
        return when.find(self.text, self.lexicon.language, self.published)

    @property
    def dates(self) -> list[when.When]:
        return self._dates[0]

    @cached_property
    def tokens(self) -> list[Token]:
        return self.lexicon.tokens(self.text, self._dates[1])

    @cached_property
    def districts(self) -> list[places.Place]:
        return self.gazetteer.districts(self.text, self.lexicon)

    @cached_property
    def settlements(self) -> list[places.Place]:
        return places.settlements(self.text, self.lexicon, self.gazetteer)

    @cached_property
    def speakers(self) -> list[places.Speaker]:
        return places.speakers(self.tokens, self.lexicon)

    @cached_property
    def operators(self) -> list[tuple[int, int, str]]:
        table = places.phrase_table(self.lexicon, "operators")
        return [
            (self.tokens[i].start, self.tokens[j - 1].end, name) for i, j, name in places.phrases(self.tokens, table)
        ]

    def clauses(self, split) -> list[Line]:
        """The line itself, or its parts where the pattern cuts it ("..., bringing the number of victims to 300")."""
        cuts = [match.start() for match in split.finditer(self.low)] if split is not None else []
        if not cuts:
            return [self]
        parts = []
        for start, end in zip([0, *cuts], [*cuts, len(self.text)], strict=True):
            part = Sentence(self.offset + start, self.offset + end, self.text[start:end], self.heading)
            parts.append(Line(self.number, part, self.lexicon, self.gazetteer, self.published))
        return parts

    def span(self, start: int, end: int) -> tuple[int, int]:
        """A span of the sentence as a span of the text."""
        return self.offset + start, self.offset + end


@dataclass
class Candidate:
    """One row to be: its fields, where each comes from, and why it may be wrong."""

    kind: str
    start: int
    end: int
    fields: dict = field(default_factory=dict)
    spans: dict = field(default_factory=dict)
    confidence: float = 0.5
    doubts: list[str] = field(default_factory=list)
    date_basis: str = ""
    rounded: str = ""
    rounded_columns: list[str] = field(default_factory=list)

    def put(self, name: str, value, span: tuple[int, int] | None, rounded: str = "") -> None:
        """Set a field with its evidence; the row's evidence grows to hold it."""
        self.fields[name] = value
        if span is not None:
            self.spans[name] = span
        if rounded:
            self.rounded = self.rounded or rounded
            self.rounded_columns.append(name)
