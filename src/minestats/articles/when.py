"""Dates as articles print them: found by patterns of the language, resolved against the day of publication.

A press date leaves out what the reader of that day knew: the year ("on July 13"), the date ("on Thursday"), or
all of it ("last weekend"). So each pattern finds an expression, and the rest follows from the day of publication:
the latest such day up to it. Without one, what depends on it stays empty. Expressions that count back in words
("two days ago") go, alone, to dateparser; nothing else does, because its search takes "one may" for the first of May.

`Line` is one sentence with everything found in it once; the kinds of candidate share it.
"""

from __future__ import annotations

import datetime as dt
import re
import warnings
from calendar import monthrange
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from itertools import takewhile
from typing import Any

from minestats.articles import gazetteer as places
from minestats.articles import hurt as people
from minestats.articles import when
from minestats.articles.lexicon import Lexicon, Token

_YEAR = r"(?:19[5-9][0-9]|20[0-9][0-9])(?![0-9]|s\b)"
_DAY = r"(?<![0-9,.])(?:0?[1-9]|[12][0-9]|3[01])(?![0-9])(?:st|nd|rd|th)?"
_PARTS = {
    **{f"first {word} months": (1, n) for n, word in ((2, "two"), (4, "four"), (5, "five"), (7, "seven"), (8, "eight"),
                                                      (10, "ten"), (11, "eleven"))},
    "first half": (1, 6), "second half": (7, 12), "first six months": (1, 6), "first nine months": (1, 9),
    "first three months": (1, 3), "first quarter": (1, 3), "second quarter": (4, 6), "third quarter": (7, 9),
    "fourth quarter": (10, 12), "q1": (1, 3), "q2": (4, 6), "q3": (7, 9), "q4": (10, 12),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class When:
    """A date expression: its span in the sentence, the days it covers, and what it is the date of."""

    start: int
    end: int
    kind: str  # day range month year part week year_to_date war_end unknown
    first: Any  # dt.date; None where the text does not say it
    last: Any
    precision: str = "day"
    basis: str = "stated"
    role: str = "event"  # event since until report other
    note: str = ""
    parts: tuple = ()


class _Patterns:
    """The compiled date patterns of one language."""

    def __init__(self, words: Lexicon):
        data = words.data
        dates = data["dates"]
        names = data["months"]["names"]
        self.months = {name: number for number, group in enumerate(names, 1) for name in group.split("|")}
        self.weekdays = {
            name: i for i, group in enumerate(data.get("weekdays", {}).get("names", ())) for name in group.split("|")
        }
        relative = data.get("relative", {})
        self.operations = {
            phrase: operation for operation, phrases in relative.items() if isinstance(phrases, list)
            for phrase in phrases if not phrase.startswith("%")
        }  # fmt: skip
        self.war = re.compile(relative["war"], re.IGNORECASE) if "war" in relative else None
        phrases = sorted(self.operations, key=len, reverse=True)
        alternatives = [rf"(?:{'|'.join(map(re.escape, phrases))})(?!\w)"] if phrases else []
        alternatives += [f"(?:{relative[key]})(?!\\w)" for key in ("war", "ago_pattern") if key in relative]
        full = sorted((group.split("|")[0] for group in names), key=len, reverse=True)
        every = sorted(self.months, key=len, reverse=True)
        stems = dates.get("month_ending", "")
        holes = {
            "%RELATIVE": f"(?:{'|'.join(alternatives)})",
            "%FULLMONTH": f"(?:{'|'.join(full)}){stems}(?!\\w)",
            "%MONTH": f"(?:{'|'.join(every)}){stems}(?!\\w)",
            "%DAY": _DAY,
            "%YEAR": _YEAR,
            "%THIS": f"(?:{dates['this']})(?!\\w)",
            "%WEEKDAY": f"(?:{'|'.join(self.weekdays) or '(?!)'})(?!\\w)",
        }
        bodies = []
        for number, pattern in enumerate(dates["patterns"]):
            for hole, filling in holes.items():
                pattern = pattern.replace(hole, filling)
            bodies.append(re.sub(r"\(\?P<(\w+)>", rf"(?P<\1__{number}>", pattern))
        self.atom = re.compile(r"(?<!\w)(?:" + "|".join(bodies) + ")", re.IGNORECASE)
        self.digits = re.compile("[0-9]")
        first = {
            "".join(takewhile(str.isalpha, phrase))
            for phrase in (*phrases, *dates["this"].split("|"), *dates.get("starts", ()))
        }
        self.first = frozenset(first | self.weekdays.keys())
        self.stems = tuple(sorted({name[:3] for name in self.months}))
        self.word = re.compile(r"(?<!\w)(?:[0-9]|[^\W\d_]++)")
        self.clock = re.compile("|".join(f"(?<![\\w.,])(?:{p})" for p in dates.get("clock", ["(?!)"])), re.IGNORECASE)
        self.connector = re.compile(dates["connector"], re.IGNORECASE)
        self.between = re.compile(dates.get("between", "(?!)"), re.IGNORECASE)
        self.joiner = re.compile(dates.get("and", "(?!)"), re.IGNORECASE)
        self.since_clause = re.compile(dates.get("since_clause", "(?!)"), re.IGNORECASE)
        self.long_since = re.compile(dates.get("long_since", "(?!)"), re.IGNORECASE)
        self.last_year = re.compile(dates.get("last", "(?!)"), re.IGNORECASE)
        self.compared = re.compile(dates.get("compared", "(?!)"), re.IGNORECASE)
        self.roles = [
            (role, re.compile(r"(?:^|[^\w])(?:" + "|".join(map(re.escape, sorted(dates[role], key=len, reverse=True)))
                              + r")(?: the)? ?\"?,?\s?$", re.IGNORECASE))
            for role in ("since", "other", "report", "until") if dates.get(role)
        ]  # fmt: skip

    def atoms(self, text: str, low: str):
        """Match a date at each word that can begin one, from left to right, without overlap."""
        until = 0
        for word in self.word.finditer(low):
            start = word.start()
            if start < until:
                continue
            first = word.group()
            if first[0] in "0123456789" or first in self.first or first[:3] in self.stems:
                match = self.atom.match(text, start)
                if match is not None:
                    until = match.end()
                    yield match


@cache
def _patterns(words: Lexicon) -> _Patterns:
    return _Patterns(words)


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _latest(month: int, day: int, published: dt.date) -> dt.date | None:
    for year in range(published.year, published.year - 5, -1):
        found = _date(year, month, day)
        if found and found <= published:
            return found
    return None


def find(text: str, low: str, words: Lexicon, published: Any) -> tuple[list[When], list[tuple[int, int]]]:
    """Return the date expressions of a sentence in order, and the spans that hold no counts (dates, hours, ages)."""
    patterns = _patterns(words)
    atoms: list[When] = []
    for match in patterns.atoms(text, low):
        groups = {k.split("__")[0]: v for k, v in match.groupdict().items() if v is not None}
        expression = _resolve(match.group(), groups, words, patterns, published)
        if expression is not None:
            atoms.append(replace(expression, start=match.start(), end=match.end()))
    merged = _merge(text, atoms, patterns, published)
    result = [replace(item, role=_role(text, item, patterns)) if item.role == "event" else item for item in merged]
    spans = [
        (item.start, item.end)
        for item in result
        if item.kind != "week" or re.search(r"[0-9]", text[item.start : item.end])
    ]
    for match in patterns.clock.finditer(text) if patterns.digits.search(text) or " old" in low else ():
        if all(match.end() <= start or match.start() >= end for start, end in spans):
            spans.append(match.span())
    return result, sorted(spans)


def _resolve(text: str, groups: dict, words: Lexicon, patterns: _Patterns, published: Any) -> When | None:
    year, how = int(groups["y"]) if "y" in groups else None, "stated"
    if "t" in groups:
        how = "inferred"
        if published is not None:
            year = published.year - bool(patterns.last_year.fullmatch(groups["t"].strip()))
    if "r" in groups:
        return _relative(groups["r"].casefold(), text, words, patterns, published)
    if "w" in groups:
        return _weekday(patterns.weekdays[groups["w"].casefold()], text, published)
    if "q" in groups:
        first, last = _PARTS[groups["q"].casefold()]
        if year is None:
            return When(0, 0, "part", None, None, basis=how)
        return When(0, 0, "part", dt.date(year, first, 1), dt.date(year, last, monthrange(year, last)[1]), basis=how)
    if "month_word" in groups:
        if words.language == "en" and not text.lstrip("(\"'")[:1].isupper():
            return None
        groups["m"] = groups["month_word"]
    month: Any = None
    if "m" in groups:
        word = groups["m"].casefold()
        month = int(word) if word.isdigit() else _month(word, patterns)
        if month is None or not 1 <= month <= 12:
            return None
    role = "since" if "from" in groups else "until" if "upto" in groups else "event"
    if "nth" in groups:
        if year is None and published is None:
            return When(0, 0, "week", None, None, basis="inferred")
        chosen = year or (published.year if month <= published.month else published.year - 1)
        days = {"first": 1, "second": 8, "third": 15, "fourth": 22}
        opening = dt.date(chosen, month, days.get(groups["nth"].casefold(), monthrange(chosen, month)[1] - 6))
        return When(0, 0, "range", opening, opening + dt.timedelta(days=6), basis="inferred", parts=(year, month, None))
    if "d1" in groups:
        return _range(groups, month, year, how, published, patterns)
    if "d" in groups:
        day = int(re.sub(r"\D", "", groups["d"]))
        if year is None and published is None:
            return When(0, 0, "day", None, None, basis="inferred", role=role, parts=(None, month, day))
        found = _date(year, month, day) if year else _latest(month, day, published)
        if found is None:
            return None
        basis = how if year else "inferred"
        return When(0, 0, "day", found, found, basis=basis, role=role, parts=(year, month, day))
    if month is not None:
        if year is None and published is None:
            return When(0, 0, "month", None, None, "month", "inferred", role, parts=(None, month, None))
        basis = how if year else "inferred"
        chosen = year or (published.year if month <= published.month else published.year - 1)
        last = monthrange(chosen, month)[1]
        return When(0, 0, "month", dt.date(chosen, month, 1), dt.date(chosen, month, last), "month", basis, role,
                    parts=(year, month, None))  # fmt: skip
    if "tens" in groups or "mid" in groups:
        year = int(groups.get("tens") or groups["mid"])
        opening = dt.date(year, 7 if "mid" in groups else 1, 1)
        return When(
            0,
            0,
            "decade" if "tens" in groups else "year",
            opening,
            dt.date(year + 9 * ("tens" in groups), 12, 31),
            "year",
            "inferred",
        )
    if "year_word" in groups:
        year = int(groups["year_word"])
        return When(
            0, 0, "year", dt.date(year, 1, 1), dt.date(year, 12, 31), "year", parts=(year, None, None), role=role
        )
    if "t" in groups:
        if year is None:
            return When(0, 0, "year", None, None, "year", "inferred")
        if year < published.year:
            return When(0, 0, "year", dt.date(year, 1, 1), dt.date(year, 12, 31), "year", "inferred")
        return When(0, 0, "year_to_date", dt.date(year, 1, 1), published, "day", "inferred")
    return None


def _month(word: str, patterns: _Patterns) -> int | None:
    for length in range(len(word), 2, -1):
        if word[:length] in patterns.months:
            return patterns.months[word[:length]]
    return None


def _range(groups, month, year, how, published, patterns) -> When | None:
    first_day, last_day = (int(re.sub(r"\D", "", groups[key])) for key in ("d1", "d2"))
    first_month = _month(groups["m1"].casefold(), patterns) if "m1" in groups else month
    parts = (year, month, last_day)
    if year is None and published is None:
        return When(0, 0, "range", None, None, basis="inferred", parts=parts)
    last = _date(year, month, last_day) if year else _latest(month, last_day, published)
    if last is None or first_month is None:
        return None
    first = _date(last.year - (first_month > month), first_month, first_day)
    if first is None or first > last:
        return None
    return When(0, 0, "range", first, last, basis=how if year else "inferred", parts=parts)


def _weekday(number: int, text: str, published: Any) -> When:
    if published is None:
        return When(0, 0, "day", None, None, basis="inferred", note="weekday")
    found = published - dt.timedelta(days=(published.weekday() - number) % 7)
    if text.casefold().startswith("last") and found == published:
        found -= dt.timedelta(days=7)
    return When(0, 0, "day", found, found, basis="inferred", note="weekday")


def _relative(phrase: str, text: str, words: Lexicon, patterns: _Patterns, published: Any) -> When | None:
    operation = patterns.operations.get(phrase)
    if operation is None and patterns.war is not None and patterns.war.fullmatch(phrase):
        return When(0, 0, "war_end", words.war_end, words.war_end, note="war_end")
    if published is None:
        kind = {"last_week": "week", "this_week": "week", "last_month": "month"}.get(operation or "", "day")
        return When(0, 0, kind, None, None, basis="inferred",
                    note=operation or "ago")  # fmt: skip
    one = dt.timedelta(days=1)
    if operation is None:
        found = _counted_back(phrase, words.language, published)
        return When(0, 0, "day", found, found, basis="inferred", note="ago" if found else "needs dateparser")
    day = {"today": published, "yesterday": published - one, "day_earlier": published - one}.get(operation)
    if day is not None:
        return When(0, 0, "day", day, day, basis="inferred", note=operation)
    monday = published - published.weekday() * one
    if operation == "weekend":
        return When(0, 0, "day", monday - 2 * one, monday - one, basis="inferred", note="weekend")
    if operation == "last_week":
        return When(0, 0, "week", monday - 7 * one, monday - one, basis="inferred", note="last_week")
    if operation == "this_week":
        return When(0, 0, "week", monday, published, basis="inferred", note="this_week")
    start = published.replace(day=1)
    if operation == "this_month":
        return When(0, 0, "range", start, published, basis="inferred", note="this_month")
    if operation == "last_month":
        last = start - one
        return When(0, 0, "month", last.replace(day=1), last, "month", "inferred")
    if operation == "year_start":
        return When(
            0, 0, "year_to_date", published.replace(month=1, day=1), published, basis="inferred", note="year_start"
        )
    return None


@cache
def _counted_back(phrase: str, language: str, published: dt.date) -> dt.date | None:
    """The day of "two days ago", by dateparser (optional: without it the day stays empty)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import dateparser

            base = dt.datetime(published.year, published.month, published.day, 12)
            found = dateparser.parse(
                phrase, languages=[language], settings={"RELATIVE_BASE": base, "PREFER_DATES_FROM": "past"}
            )
    except ImportError:
        return None
    return found.date() if found else None


def _merge(text: str, atoms: list[When], patterns: _Patterns, published: Any) -> list[When]:
    """Join two dates with "to" between them into one range, the year of one serving both."""
    result: list[When] = []
    for atom in atoms:
        before = result[-1] if result else None
        if before is not None and before.kind in ("day", "month", "war_end", "year", "year_to_date") and atom.kind in (
            "day", "month", "year"
        ) and not (before.kind == "year" and atom.kind != "year"):  # fmt: skip
            gap = text[before.end : atom.start]
            joined = len(gap) < 24 and (
                patterns.connector.fullmatch(gap)
                or (
                    patterns.joiner.fullmatch(gap)
                    and patterns.between.search(text[max(0, before.start - 14) : before.start])
                )
                or (before.role == "since" and atom.role == "until" and len(gap) < 12)
            )
            if joined:
                result[-1] = _joined(before, atom, published)
                continue
        result.append(atom)
    return result


def _joined(before: When, after: When, published: Any) -> When:
    first, last = before.first, after.last
    basis = "stated" if before.basis == after.basis == "stated" else "inferred"
    known, ending = (before.parts or (None,))[0], (after.parts or (None,))[0]
    if before.parts and known is None and last is not None:
        month, day = before.parts[1], before.parts[2] or 1
        first = _date(last.year, month, day) or first
        if first and first > last:
            first = _date(last.year - 1, month, day)
        if ending is not None:
            basis = "stated"
    elif after.parts and ending is None and known is not None:
        month, day = after.parts[1], after.parts[2]
        for year in (known, known + 1):
            last = _date(year, month, day or monthrange(year, month)[1])
            if last and first and last >= first:
                break
        latest = after.last
        if before.kind == "day" and latest is not None and published is not None:
            last = latest if (published - latest).days < 200 and latest >= first else last
    if first and last and first > last:
        return When(before.start, after.end, "range", None, None, basis="inferred", note="end before start")
    precision = "month" if before.kind == "month" and before.first is not None else "day"
    whole = before.kind == "month" and after.kind == "month"
    return When(before.start, after.end, "range" if not whole else "months", first, last, precision, basis,
                note=before.note, parts=after.parts)  # fmt: skip


def _role(text: str, item: When, patterns: _Patterns) -> str:
    before = text[max(0, item.start - 45) : item.start]
    if item.kind in ("year", "month", "part", "range") and patterns.compared.search(before):
        return "other"  # "compared with 104 in the same period last year"
    if item.kind == "day" and item.start < 40 and re.match(r" ?(?:\([^)]{2,30}\) ?)?(?:--?|:) ", text[item.end :]):
        return "report"  # a dateline: "RIVERTOWN, May 17 (Agency) - "
    if item.kind in ("day", "month", "year") and patterns.since_clause.search(
        text[max(0, item.start - 130) : item.start]
    ):
        return "since"  # "since the conflict broke out in 2014"
    for role, pattern in patterns.roles:
        if pattern.search(before):
            if role == "since" and item.kind in ("range", "months", "part"):
                return "event"
            if role == "other" and patterns.long_since.search(text[max(0, item.start - 110) : item.start]):
                return "since"  # "since the signing of the agreement on 10 November 2020"
            return role
    return "event"


class Reading:
    """What the words of a sentence say, wherever it stands: read when asked, and once for all its repetitions."""

    def __init__(self, text: str, low: str, lexicon: Lexicon, gazetteer: places.Gazetteer, published: Any):
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
        return when.find(self.text, self.low, self.lexicon, self.published)

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
        working = [(i, j, name) for i, j, name in found if not self._tells(j)]
        return [(self.tokens[i].start, self.tokens[j - 1].end, name) for i, j, name in working or found]

    def _tells(self, after: int) -> bool:
        """Whether a sentence ends with who tells it: "..., the agency said." names nobody who worked."""
        said = places.phrase_table(self.lexicon, "speech").get(self.tokens[after].norm if self.tokens[after:] else "")
        return bool(said) and [token.norm for token in self.tokens[after + 1 :]] in ([], ["."])


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
