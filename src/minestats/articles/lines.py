"""One sentence with everything found in it once: dates, places, speakers, words. The kinds of candidate share it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property

from minestats.articles import gazetteer as places
from minestats.articles import hurt as people
from minestats.articles import when
from minestats.articles.lexicon import Lexicon, Token


class Reading:
    """What the words of a sentence say, wherever it stands: read when asked, and once for all its repetitions."""

    def __init__(self, text: str, low: str, lexicon: Lexicon, gazetteer: places.Gazetteer, published: dt.date | None):
        self.text, self.low = text, low
        self.lexicon, self.gazetteer, self.published = lexicon, gazetteer, published
        self.memo: dict = {}

    def has(self, gate: str) -> bool:
        """Whether a pattern of the lexicon's `[gate]` is in the sentence."""
        known = self.memo.get(gate)
        if known is None:
            known = self.memo[gate] = self.lexicon.gate[gate].search(self.low) is not None
        return known

    @cached_property
    def _dates(self) -> tuple[list[when.When], list[tuple[int, int]]]:
        return when.find(self.text, self.low, self.lexicon.language, self.published)

    @property
    def dates(self) -> list[when.When]:
        return self._dates[0]

    @cached_property
    def tokens(self) -> list[Token]:
        return self.lexicon.tokens(self.text, self.low, self._dates[1])

    @cached_property
    def bulletin(self) -> list[Token]:
        """The words with their classes for clearance."""
        return self.lexicon.tag(self.tokens, "clearance")

    @cached_property
    def sense(self) -> people.Sense:
        return people.read(self.tokens, self.lexicon)

    @cached_property
    def districts(self) -> list[places.Place]:
        return self.gazetteer.districts(self.text, self.lexicon)

    @cached_property
    def settlements(self) -> list[places.Place]:
        return places.settlements(self.text, self.low, self.lexicon, self.gazetteer)

    @cached_property
    def speakers(self) -> list[places.Speaker]:
        return places.speakers(self.tokens, self.lexicon)

    @cached_property
    def operators(self) -> list[tuple[int, int, str]]:
        table = places.phrase_table(self.lexicon, "operators")
        found = places.phrases(self.tokens, table)
        return [(self.tokens[i].start, self.tokens[j - 1].end, name) for i, j, name in found]


class Line:
    """A sentence at its place in the text: the reading, which repetitions share, and where it stands."""

    __slots__ = ("clears", "counts", "has", "heading", "low", "number", "offset", "reading", "text")

    def __init__(
        self, number: int, offset: int, heading: bool, reading: Reading, clears: bool = True, counts: bool = True
    ):
        self.number, self.offset, self.heading, self.reading = number, offset, heading, reading
        self.clears, self.counts = clears, counts
        self.text, self.low, self.has = reading.text, reading.low, reading.has

    def __getattr__(self, name: str):
        return getattr(self.reading, name)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """A span of the sentence as a span of the text."""
        return self.offset + start, self.offset + end

    def clauses(self, split: str) -> list[Line]:
        """The line itself, or its parts where the pattern cuts it ("..., bringing the number of victims to 300")."""
        if not self.has(split):
            return [self]
        cuts = [match.start() for match in self.lexicon.gate[split].finditer(self.low)]
        parts = []
        for start, end in zip([0, *cuts], [*cuts, len(self.text)], strict=True):
            whole = self.reading
            part = Reading(whole.text[start:end], whole.low[start:end], whole.lexicon, whole.gazetteer, whole.published)
            parts.append(Line(self.number, self.offset + start, self.heading, part))
        return parts


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
        """Set a field with its evidence."""
        self.fields[name] = value
        if span is not None:
            self.spans[name] = span
        if rounded:
            self.rounded = self.rounded or rounded
            self.rounded_columns.append(name)
