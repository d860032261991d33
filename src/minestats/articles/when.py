"""Dates as articles print them: found by patterns of the language, resolved against the day of publication.

A press date leaves out what the reader of that day knew: the year ("on July 13"), the date ("on Thursday"), or
all of it ("last weekend"). So each pattern finds what is said of the first and of the last day, as (year, month, day)
with None for what is left out, and one function makes days of it: the latest such days up to that of publication.
Without a day of publication, what depends on it stays empty.

`Line` is one sentence with everything found in it once; the kinds of candidate share it.
"""

from __future__ import annotations

import datetime as dt
import re
from calendar import monthrange
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from itertools import pairwise
from typing import Any

import pandas as pd

from minestats.articles import gazetteer as places
from minestats.articles import hurt
from minestats.articles.lexicon import Lexicon, Token
from minestats.articles.parse import parsed

_SPANS = ("range", "months", "part")
_KINDS = ("day", "month", "year", "decade", "week", "recent", "year_to_date", "war_end", *_SPANS)

_RELATIVE = {  # kind, stretch of the calendar, how many of them back
    "today": ("day", "D", 0), "yesterday": ("day", "D", 1), "day_earlier": ("day", "D", 1), "weekend": ("day", "W", 1),
    "last_week": ("week", "W", 1), "this_week": ("week", "W", 0), "last_month": ("month", "M", 1),
    "this_month": ("range", "M", 0), "year_start": ("year_to_date", "Y", 0),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class When:
    """A date expression: the days it covers, what it is the date of, and where it stands."""

    kind: str  # one of _KINDS
    first: Any = None  # dt.date; None where the text does not say it
    last: Any = None
    basis: str = "inferred"
    role: str = "event"  # event since until report other
    note: str = ""
    parts: tuple = ()  # year, month and day as stated, None for what is not
    start: int = 0
    end: int = 0

    @property
    def precision(self) -> str:
        """How fine the days are known: day, month or year."""
        return {"month": "month", "months": "month", "year": "year", "decade": "year"}.get(self.kind, "day")


class _Patterns:
    """The compiled date patterns of one language."""

    def __init__(self, words: Lexicon):
        dates, relative = words.data["dates"], words.data.get("relative", {})
        names = words.data["months"]["names"]
        months = [(name, number) for number, group in enumerate(names, 1) for name in group.split("|")]
        self.months = dict(sorted(months, key=lambda month: -len(month[0])))
        self.weekdays = {name: i for i, name in enumerate(words.data.get("weekdays", {}).get("names", ()))}
        self.parts = dates.get("parts", {})
        self.operations = {p: name for name, each in relative.items() if isinstance(each, list) for p in each}
        stems = dates.get("month_ending", "")
        holes = {
            "%RELATIVE": rf"(?:{_any(self.operations)})(?!\w)",
            "%WAR": rf"(?:{relative.get('war', '(?!)')})(?!\w|(?: ended| was over)? in (?:19|20)[0-9][0-9])",
            "%FULLMONTH": rf"(?:{'|'.join(group.split('|')[0] for group in names)}){stems}(?!\w)",
            "%MONTH": rf"(?:{_any(self.months)}){stems}(?!\w)",
            "%DAY": r"(?<![0-9,.])(?:0?[1-9]|[12][0-9]|3[01])(?![0-9])(?:st|nd|rd|th)?",
            "%YEAR": r"(?:19[5-9][0-9]|20[0-9][0-9])(?![0-9]|s\b)",
            "%THIS": rf"(?:{dates['this']})(?!\w)",
            "%WEEKDAY": rf"(?:{_any(self.weekdays)})(?!\w)",
            "%PART": _any(self.parts),
        }
        filled = (re.sub("%[A-Z]+", lambda hole: holes[hole[0]], pattern) for pattern in dates["patterns"])
        bodies = (re.sub(r"\(\?P<(\w+)>", rf"(?P<\1__{i}>", pattern) for i, pattern in enumerate(filled))
        self.atom = re.compile(rf"(?<!\w)(?:{'|'.join(bodies)})", re.IGNORECASE)
        self.clock = re.compile("|".join(rf"(?<![\w.,])(?:{p})" for p in dates.get("clock", ["(?!)"])), re.IGNORECASE)
        clues = ("connector", "and", "between", "last", "named", "page")
        self.connector, self.both, self.between, self.last, self.named, self.page = (
            re.compile(dates.get(name, "(?!)"), re.IGNORECASE) for name in clues
        )
        role = {
            name: rf"(?:^|\W)(?:{_any(dates.get(name, ()))})(?: the)?(?: early| late| mid)?[ -]?\"?,?\s?$"
            for name in ("since", "other", "report", "until")
        }
        self.roles = [
            (name, kinds, re.compile(pattern, re.IGNORECASE)) for name, kinds, pattern in (
                ("other", ("year", "month", *_SPANS), dates.get("compared", "(?!)")),  # "compared with 104 in 2019"
                ("since", ("day", "month", "year"), dates.get("since_clause", "(?!)")),  # "since it broke out in 2014"
                ("event", _SPANS, role["since"]),
                ("since", _KINDS, role["since"]),
                ("other", _KINDS, role["other"]),
                ("report", ("day",), dates.get("told_on", "(?!)")),  # "a source told the agency on Tuesday"
                ("report", _KINDS, role["report"]),
                ("until", _KINDS, role["until"]),
            )
        ]  # fmt: skip


def _any(words: Any) -> str:
    """A pattern for one of some words, the longest first; for none where there are none."""
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True))) or "(?!)"


@cache
def _patterns(words: Lexicon) -> _Patterns:
    return _Patterns(words)


def _date(year: Any, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _days(opens: tuple, closes: tuple, published: Any) -> tuple[Any, Any]:
    """First and last day of what is said from (year, month, day) to (year, month, day), None for what is left out."""
    (y1, m1, d1), (y2, m2, d2) = opens, closes
    said, final = (m1 or 1, d1 or 1), (m2 or 12, d2 or 31)
    recent: Any = None if published is None or y2 else next(
        (day for year in range(published.year, published.year - 5, -1)
         if (day := _date(year, final[0], d2 or 1)) and day <= published), None
    )  # fmt: skip
    if y2 is None and y1 is not None:
        y2 = recent.year if recent and recent >= dt.date(y1, *said) else y1 + ((y1, *final) < (y1, *said))
    if y2 is None and recent is None:
        return None, None
    y2 = y2 or recent.year
    y1 = y1 or y2 - (said > final)
    first, last = _date(y1, *said), _date(y2, final[0], d2 or monthrange(y2, final[0])[1])
    return (first, last) if first and last and first <= last else (None, None)


def find(text: str, words: Lexicon, published: Any) -> tuple[list[When], list[tuple[int, int]]]:
    """Return the date expressions of a sentence in order, and the spans that hold no counts (dates, hours, ages)."""
    patterns = _patterns(words)
    found: list[When] = []
    for match in patterns.atom.finditer(text):
        groups = {k.split("__")[0]: v for k, v in match.groupdict().items() if v is not None}
        atom = _resolve(groups, words, patterns, published)
        if atom is not None:
            atom = replace(atom, start=match.start(), end=match.end())
            if found and _meets(text, found[-1], atom, patterns):
                atom = _joined(found.pop(), atom, published)
            found.append(atom)
    found = [replace(item, role=_role(text, item, patterns)) if item.role == "event" else item for item in found]
    for i, (day, date) in enumerate(pairwise(found), 1):
        if day.note == "weekday" and 0 < date.start - day.end <= 2 and date.role == "event":
            found[i] = replace(date, role=day.role)  # "said on Wednesday, October 2"
    spans = [(w.start, w.end) for w in found if w.kind != "week" or re.search("[0-9]", text[w.start : w.end])]
    for match in patterns.clock.finditer(text):
        if all(match.end() <= start or match.start() >= end for start, end in spans):
            spans.append(match.span())
    return found, sorted(spans)


def _resolve(groups: dict, words: Lexicon, patterns: _Patterns, published: Any) -> When | None:
    """The days that an expression means, by the groups of its pattern."""
    if "war" in groups:
        return When("war_end", words.war_end, words.war_end, basis="stated", note="war_end")
    if "r" in groups or "w" in groups or "unit" in groups:
        return _relative(groups, words, patterns, published)
    known = next((groups[name] for name in ("y", "mid", "tens") if name in groups), None)
    year, basis = int(known) if known else None, "stated" if known else "inferred"
    if "t" in groups and published is not None:
        year = published.year - bool(patterns.last.fullmatch(groups["t"].strip()))
    kind, opens, closes = _said(groups, year, patterns)
    first, last = _days(opens, closes, published)
    if first is None and (year or published):
        return None  # "31 June"
    if kind == "year" and "t" in groups and first is not None and first.year == published.year:
        kind, last = "year_to_date", published
    if "nth" in groups and first is not None:
        week = {"first": 0, "second": 7, "third": 14, "fourth": 21}.get(groups["nth"].casefold(), last.day - 7)
        first += dt.timedelta(days=week)
        last = first + dt.timedelta(days=6)
    role = "since" if "from" in groups else "until" if "upto" in groups else "event"
    return When(kind, first, last, basis, role, parts=closes)


def _said(groups: dict, year: Any, patterns: _Patterns) -> tuple[str, tuple, tuple]:
    """What kind of expression it is, and year, month and day of its beginning and end as far as they are said."""
    if "q" in groups:
        first, last = patterns.parts[groups["q"].casefold()]
        return "part", (year, first, None), (year, last, None)
    if "m" not in groups:
        if "tens" in groups:
            return "decade", (year, None, None), (year + 9, None, None)
        return "year", (year, 7 if "mid" in groups else None, None), (year, None, None)
    month, start = (_month(groups.get(name, groups["m"]), patterns) for name in ("m", "m1"))
    day, opening = (int(re.sub(r"\D", "", groups[name])) if name in groups else None for name in (
        "d2" if "d2" in groups else "d", "d1"))  # fmt: skip
    kind = "range" if opening or "nth" in groups else "day" if day else "month"
    return kind, (None if opening else year, start, opening or day), (year, month, day)


def _month(word: str, patterns: _Patterns) -> int:
    """The number of a month, written in figures or as a name with its endings."""
    named = (number for name, number in patterns.months.items() if word.casefold().startswith(name))
    return int(word) if word.isdigit() else next(named)


def _relative(groups: dict, words: Lexicon, patterns: _Patterns, published: Any) -> When:
    """The days of "Thursday", "two weeks ago", "the past three months" and "last month"."""
    today: Any = published or dt.date(2000, 1, 1)  # any day: without that of publication nothing is said
    if "w" in groups:
        kind, note = "day", "weekday"
        back = (today.weekday() - patterns.weekdays[groups["w"].casefold()]) % 7
        first = last = today - dt.timedelta(days=back or 7 * (groups.get("lastw", "").casefold() == "last"))
    elif "unit" in groups:
        kind, note = "recent" if "span" in groups else "day", "ago"
        count = words.number((groups.get("count") or groups["span"]).casefold()) or 1
        first = (today - pd.DateOffset(**{f"{groups['unit'].casefold()}s": count})).date()
        last = today if "span" in groups else first
    else:
        note = patterns.operations[groups["r"].casefold()]
        kind, unit, back = _RELATIVE[note]
        stretch = pd.Period(today, unit) - back
        last = min(stretch.end_time.date(), today)
        first = last - dt.timedelta(days=1) if note == "weekend" else stretch.start_time.date()
    if published is None:
        first = last = None
    return When(kind, first, last, note="" if kind == "month" else note)


def _meets(text: str, before: When, after: When, patterns: _Patterns) -> bool:
    """Whether two dates are the ends of one range: "to" between them, or "between ... and"."""
    kinds = ("year",) if before.kind == "year" else ("day", "month", "year")
    if before.kind not in ("day", "month", "war_end", "year", "year_to_date") or after.kind not in kinds:
        return False
    gap = text[before.end : after.start]
    months = before.kind == after.kind == "month" and before.parts[:1] == (None,)  # "in August and September 2016"
    two = patterns.both.fullmatch(gap) and (months or patterns.between.search(text, 0, before.start))
    ends = before.role == "since" and after.role == "until" and len(gap) < 12
    return len(gap) < 24 and bool(patterns.connector.fullmatch(gap) or two or ends)


def _joined(before: When, after: When, published: Any) -> When:
    """One range of two dates, the year of one serving both."""
    opens, closes = (w.parts or (w.first and (w.first.year, w.first.month, w.first.day)) for w in (before, after))
    first, last = _days(opens, closes, published) if opens and closes else (None, None)
    kind = "months" if before.kind == after.kind == "month" else "range"
    return When(kind, first, last, after.basis, "event", before.note, after.parts, before.start, after.end)


_PLACE = re.compile(r"(?:^|\n)\s*(?:[A-ZА-ЯƏ][\w .]{1,20},(?: ?[A-Z][\w ]{2,20},)?)?\s*$")
_DASH = re.compile(r",? ?(?:\([^)]{2,30}\) ?|[A-Z][\w/.-]{1,20} )?(?:--?|:) ")
_CLOSED = re.compile(r"\s*(?:$|\n|[|/.(–-]|,?\s*[0-2]?[0-9][:.][0-5][0-9])")


def _of_page(text: str, item: When, patterns: _Patterns) -> bool:
    """Whether a day is that of the page: "Published: 17 May", "RIVERTOWN, May 17 (Agency) - "."""
    labelled = patterns.page.search(text, max(0, item.start - 45), item.start)
    return bool(labelled or (item.start < 40 and _DASH.match(text, item.end)))


def dateline(plain: str, words: Lexicon) -> dt.date | None:
    """Return the day of publication that an article prints at its head (the first 300 characters), if it does.

    Examples
    --------
    >>> from minestats.articles.lexicon import lexicon
    >>> dateline("BAKU, Azerbaijan, June 10, 2024. Mines were found.", lexicon("en"))
    datetime.date(2024, 6, 10)
    >>> dateline("On June 10, 2024 a mine exploded.", lexicon("en")) is None
    True
    """
    head = plain[:300]
    for item in find(head, words, None)[0]:
        if item.kind == "day" and item.first is not None and item.basis == "stated":
            opens = _PLACE.search(head, 0, item.start)
            iso = opens and not opens.group().strip() and head[item.start : item.start + 5].endswith("-")
            if iso or (opens and _CLOSED.match(head, item.end)) or _of_page(head, item, _patterns(words)):
                return item.first
    return None


def _role(text: str, item: When, patterns: _Patterns) -> str:
    """What an expression is the date of."""
    if item.kind == "day" and _of_page(text, item, patterns):
        return "report"
    if item.kind in ("year", "range", "months") and patterns.named.match(text, item.end):
        return "other"  # "the 1992-95 war"
    before = (max(0, item.start - 130), item.start)
    return next(
        (role for role, kinds, said in patterns.roles if item.kind in kinds and said.search(text, *before)), "event"
    )


class Line:
    """A sentence at its place in the text, and what its words say, read when asked; all spans are those of the text."""

    def __init__(self, text: str, low: str, number: int, offset: int, heading: bool, lexicon: Lexicon,
                 gazetteer: places.Gazetteer, published: Any, clears: bool = True, counts: bool = True):  # fmt: skip
        self.text, self.low, self.number, self.offset, self.heading = text, low, number, offset, heading
        self.lexicon, self.gazetteer, self.published = lexicon, gazetteer, published
        self.clears, self.counts = clears, counts
        self.end = offset + len(text)

    def has(self, gate: str) -> bool:
        """Whether a pattern of the lexicon's `[gate]` is in the sentence."""
        return self.lexicon.gate[gate].search(self.low) is not None

    def _here(self, found: list) -> list:
        return [replace(one, start=one.start + self.offset, end=one.end + self.offset) for one in found]

    @cached_property
    def _dates(self) -> tuple[list[When], list[tuple[int, int]]]:
        return find(self.text, self.lexicon, self.published)

    @cached_property
    def dates(self) -> list[When]:
        return self._here(self._dates[0])

    @cached_property
    def tokens(self) -> list[Token]:
        found = self.lexicon.tokens(self.text, self.low, self._dates[1])
        for token in found:
            token.start, token.end = token.start + self.offset, token.end + self.offset
        return found

    @cached_property
    def people(self) -> list[Token]:
        """The words with their classes for people and what happened to them."""
        return self.lexicon.tag(self.tokens, "casualties")

    @cached_property
    def sense(self) -> hurt.Sense:
        """What the sentence says of people; `read_people` sets it, a sentence without their words says nothing."""
        return hurt.Sense()

    @cached_property
    def districts(self) -> list[places.Place]:
        return self._here(self.gazetteer.districts(self.text, self.lexicon))

    @cached_property
    def settlements(self) -> list[places.Place]:
        return self._here(places.settlements(self.text, self.lexicon, self.gazetteer))

    @cached_property
    def speaker(self) -> places.Place | None:
        """The authority that the sentence lets speak."""
        return places.speaker(self.tokens, self.lexicon)

    @cached_property
    def operators(self) -> list[places.Place]:
        return places.operators(self.tokens, self.lexicon)

    def clauses(self, split: str) -> list[Line]:
        """The line itself, or its parts where the pattern cuts it ("..., bringing the number of victims to 300")."""
        if not self.has(split):
            return [self]
        cuts = [match.start() for match in self.lexicon.gate[split].finditer(self.low)]
        parts = []
        for start, end in zip([0, *cuts], [*cuts, len(self.text)], strict=True):
            part = Line(self.text[start:end], self.low[start:end], self.number, self.offset + start, self.heading,
                        self.lexicon, self.gazetteer, self.published)  # fmt: skip
            part.sense = self.sense.within(part.offset, part.end)
            parts.append(part)
        return parts


def read_people(lines: list[Line]) -> None:
    """Parse the sentences that may count people, all in one go, and read who was hurt in each."""
    worth = [line for line in lines if line.counts and hurt.worth(line.people)]
    for line, doc in zip(worth, parsed([line.text for line in worth]) if worth else (), strict=True):
        line.sense = hurt.read(line.people, doc, line.offset, line.lexicon)


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

    def put(self, name: str, value: Any, at: Any = None, rounded: str = "") -> None:
        """Set a field; `at` is what says it (with a start and an end)."""
        self.fields[name] = value
        if at is not None:
            self.spans[name] = (at.start, at.end)
        if rounded:
            self.rounded = self.rounded or rounded
            self.rounded_columns.append(name)

    def doubt(self, cost: float, reason: str) -> None:
        """Take confidence and say why."""
        self.confidence -= cost
        self.doubts.append(reason)

    def settle(self) -> Candidate:
        """End the counting: a figure that was printed rounded costs something, and no rule is wholly sure or unsure."""
        if self.rounded and self.kind != "incident":
            self.doubt(0.05 * (self.kind != "estimate"), f"printed as {self.rounded.replace('_', ' ')}")
        self.confidence = max(0.1, round(self.confidence, 2))
        return self
