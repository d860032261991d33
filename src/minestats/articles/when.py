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
from typing import Any

from minestats.articles import gazetteer as places
from minestats.articles import hurt as people
from minestats.articles.lexicon import Lexicon, Token

_YEAR = r"(?:19[5-9][0-9]|20[0-9][0-9])(?![0-9]|s\b)"
_DAY = r"(?<![0-9,.])(?:0?[1-9]|[12][0-9]|3[01])(?![0-9])(?:st|nd|rd|th)?"


@dataclass(frozen=True, slots=True)
class When:
    """A date expression: the days it covers, what it is the date of, and where it stands."""

    kind: str  # day range months month year decade part week year_to_date war_end
    first: Any = None  # dt.date; None where the text does not say it
    last: Any = None
    precision: str = "day"
    basis: str = "inferred"
    role: str = "event"  # event since until report other
    note: str = ""
    parts: tuple = ()
    start: int = 0
    end: int = 0


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
        self.parts = dates.get("parts", {})
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
            "%PART": "|".join(self.parts) or "(?!)",
        }
        bodies = []
        for number, pattern in enumerate(dates["patterns"]):
            for hole, filling in holes.items():
                pattern = pattern.replace(hole, filling)
            bodies.append(re.sub(r"\(\?P<(\w+)>", rf"(?P<\1__{number}>", pattern))
        self.atom = re.compile(r"(?<!\w)(?:" + "|".join(bodies) + ")", re.IGNORECASE)
        self.digits = re.compile("[0-9]")
        self.clock = re.compile("|".join(f"(?<![\\w.,])(?:{p})" for p in dates.get("clock", ["(?!)"])), re.IGNORECASE)
        self.clues = {
            name: re.compile(dates.get(name, "(?!)"), re.IGNORECASE)
            for name in ("connector", "between", "and", "since_clause", "long_since", "last", "compared", "told")
        }
        self.roles = [
            (role, re.compile(r"(?:^|[^\w])(?:" + "|".join(map(re.escape, sorted(dates[role], key=len, reverse=True)))
                              + r")(?: the)?(?: early| late| mid)?[ -]?\"?,?\s?$", re.IGNORECASE))
            for role in ("since", "other", "report", "until") if dates.get(role)
        ]  # fmt: skip


@cache
def _patterns(words: Lexicon) -> _Patterns:
    return _Patterns(words)


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _latest(month: int, day: int, published: dt.date) -> dt.date | None:
    """The latest such day up to the day of publication."""
    days = (_date(year, month, day) for year in range(published.year, published.year - 5, -1))
    return next((day for day in days if day and day <= published), None)


def _months(year: int, first: int, last: int) -> tuple[dt.date, dt.date]:
    """First and last day of some months of a year."""
    return dt.date(year, first, 1), dt.date(year, last, monthrange(year, last)[1])


def find(text: str, low: str, words: Lexicon, published: Any) -> tuple[list[When], list[tuple[int, int]]]:
    """Return the date expressions of a sentence in order, and the spans that hold no counts (dates, hours, ages)."""
    patterns = _patterns(words)
    atoms: list[When] = []
    for match in patterns.atom.finditer(text):
        groups = {k.split("__")[0]: v for k, v in match.groupdict().items() if v is not None}
        expression = _resolve(match.group(), groups, words, patterns, published)
        if expression is not None:
            atoms.append(replace(expression, start=match.start(), end=match.end()))
    merged = _merge(text, atoms, patterns, published)
    result = [replace(item, role=_role(text, item, patterns)) if item.role == "event" else item for item in merged]
    spans = [(w.start, w.end) for w in result if w.kind != "week" or patterns.digits.search(text[w.start : w.end])]
    for match in patterns.clock.finditer(text) if patterns.digits.search(text) or " old" in low else ():
        if all(match.end() <= start or match.start() >= end for start, end in spans):
            spans.append(match.span())
    return result, sorted(spans)


def _resolve(text: str, groups: dict, words: Lexicon, patterns: _Patterns, published: Any) -> When | None:
    """The days that an expression means; without a year, the latest up to the day of publication."""
    if "r" in groups:
        return _relative(groups["r"].casefold(), words, patterns, published)
    if "w" in groups:
        return _weekday(patterns.weekdays[groups["w"].casefold()], text, published)
    known = next((groups[name] for name in ("y", "year_word", "mid", "tens") if name in groups), None)
    year, basis = int(known) if known else None, "stated" if known else "inferred"
    if "t" in groups and published is not None:
        year = published.year - bool(patterns.clues["last"].fullmatch(groups["t"].strip()))
    if "q" in groups:
        first, last = _months(year, *patterns.parts[groups["q"].casefold()]) if year else (None, None)
        return When("part", first, last, basis=basis)
    if "month_word" in groups and (words.language != "en" or text.lstrip("(\"'")[:1].isupper()):
        groups["m"] = groups["month_word"]
    if "m" in groups:
        return _in_month(groups, year, basis, patterns, published)
    if year is None:
        return When("year", precision="year") if "t" in groups else None
    if "t" in groups and year == published.year:
        return When("year_to_date", dt.date(year, 1, 1), published)
    first, last = _months(year, 7 if "mid" in groups else 1, 12)
    if "tens" in groups:
        return When("decade", first, last.replace(year=year + 9), "year")
    stated = "year_word" in groups
    return When(
        "year", first, last, "year", "stated" if stated else "inferred", parts=(year, None, None) if stated else ()
    )


def _in_month(groups: dict, year: Any, basis: str, patterns: _Patterns, published: Any) -> When | None:
    """A month, or a day, a week or days of it."""
    month = _month(groups["m"].casefold(), patterns)
    if month is None or not 1 <= month <= 12:
        return None
    role = "since" if "from" in groups else "until" if "upto" in groups else "event"
    day, start = (
        int(re.sub(r"\D", "", groups[n])) if n in groups else None for n in ("d2" if "d2" in groups else "d", "d1")
    )
    kind = "week" if "nth" in groups else "range" if start else "day" if day else "month"
    precision = "month" if kind == "month" else "day"
    parts = (year, month, day)
    if year is None and published is None:
        return When(kind, precision=precision, role=role, parts=parts)
    if day is None:
        opens, closes = _months(year or published.year - (month > published.month), month, month)
        if kind == "month":
            return When(kind, opens, closes, precision, basis, role, parts=parts)
        begins = {"first": 1, "second": 8, "third": 15, "fourth": 22}.get(groups["nth"].casefold(), closes.day - 6)
        return When("range", opens.replace(day=begins), opens.replace(day=begins + 6), parts=parts)
    last: Any = _date(year, month, day) if year else _latest(month, day, published)
    first: Any = last
    if start and last:
        opening = _month(groups["m1"].casefold(), patterns) if "m1" in groups else month
        first = _date(last.year - (opening > month), opening, start) if opening else None
    return When(kind, first, last, precision, basis, role, parts=parts) if first and last and first <= last else None


def _month(word: str, patterns: _Patterns) -> int | None:
    if word.isdigit():
        return int(word)
    return next((patterns.months[word[:n]] for n in range(len(word), 2, -1) if word[:n] in patterns.months), None)


def _weekday(number: int, text: str, published: Any) -> When:
    if published is None:
        return When("day", note="weekday")
    found = published - dt.timedelta(days=(published.weekday() - number) % 7)
    if text.casefold().startswith("last") and found == published:
        found -= dt.timedelta(days=7)
    return When("day", found, found, note="weekday")


def _relative(phrase: str, words: Lexicon, patterns: _Patterns, published: Any) -> When:
    operation = patterns.operations.get(phrase)
    if operation is None and patterns.war is not None and patterns.war.fullmatch(phrase):
        return When("war_end", words.war_end, words.war_end, basis="stated", note="war_end")
    if operation is None:
        found = published and _counted_back(phrase, words.language, published)
        return When("day", found, found, note="ago" if found or published is None else "needs dateparser")
    today, one = published or dt.date.max, dt.timedelta(days=1)
    monday, month = today - today.weekday() * one, today.replace(day=1)
    kind, first, last = {
        "today": ("day", today, today),
        "yesterday": ("day", today - one, today - one),
        "day_earlier": ("day", today - one, today - one),
        "weekend": ("day", monday - 2 * one, monday - one),
        "last_week": ("week", monday - 7 * one, monday - one),
        "this_week": ("week", monday, today),
        "this_month": ("range", month, today),
        "last_month": ("month", (month - one).replace(day=1), month - one),
        "year_start": ("year_to_date", today.replace(month=1, day=1), today),
    }[operation]
    precision, note = ("month", "") if kind == "month" else ("day", operation)
    return When(kind, first if published else None, last if published else None, precision, note=note)


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
                patterns.clues["connector"].fullmatch(gap)
                or (
                    patterns.clues["and"].fullmatch(gap)
                    and patterns.clues["between"].search(text[max(0, before.start - 14) : before.start])
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
        return When("range", note="end before start", start=before.start, end=after.end)
    precision = "month" if before.kind == "month" and before.first is not None else "day"
    whole = before.kind == "month" and after.kind == "month"
    kind = "months" if whole else "range"
    return When(kind, first, last, precision, basis, "event", before.note, after.parts, before.start, after.end)


DAY_LABEL = re.compile(r"(?:^|\n)\W*(?:date|published|posted|updated|опубликовано|tarix)\s*:?\s*$", re.IGNORECASE)
"""What stands on a line before the day on which a page was published."""


def _role(text: str, item: When, patterns: _Patterns) -> str:
    before = text[max(0, item.start - 45) : item.start]
    if item.kind in ("year", "month", "part", "range") and patterns.clues["compared"].search(before):
        return "other"  # "compared with 104 in the same period last year"
    if item.kind == "day" and item.start < 40 and re.match(r" ?(?:\([^)]{2,30}\) ?)?(?:--?|:) ", text[item.end :]):
        return "report"  # a dateline: "RIVERTOWN, May 17 (Agency) - "
    if item.kind == "day" and DAY_LABEL.search(before):
        return "report"  # "Published: 2023-04-26", the day of the page
    if item.kind in ("day", "month") and item.start < 5 and patterns.clues["told"].match(text, item.end):
        return "report"  # "On 18 November, the observatory reported that"
    inside = re.search(r"^[^()]*\([^()]*[A-Za-z]{3}[^()]*$", text[: item.start]) if item.start < 90 else None
    if item.kind == "day" and inside and text[item.end : item.end + 1] == ")":
        return "report"  # "RIVERTOWN (Agency - 17 May) "
    if item.kind in ("day", "month", "year") and patterns.clues["since_clause"].search(
        text[max(0, item.start - 130) : item.start]
    ):
        return "since"  # "since the conflict broke out in 2014"
    for role, pattern in patterns.roles:
        if pattern.search(before):
            if role == "since" and item.kind in ("range", "months", "part"):
                return "event"
            if role == "other" and patterns.clues["long_since"].search(text[max(0, item.start - 110) : item.start]):
                return "since"  # "since the signing of the agreement on 10 November 2020"
            return role
    return "event"


class Line:
    """A sentence at its place in the text, and what its words say, read when asked; all spans are those of the text."""

    def __init__(self, text: str, low: str, number: int, offset: int, heading: bool, lexicon: Lexicon,
                 gazetteer: places.Gazetteer, published: Any, clears: bool = True, counts: bool = True):  # fmt: skip
        self.text, self.low, self.number, self.offset, self.heading = text, low, number, offset, heading
        self.lexicon, self.gazetteer, self.published = lexicon, gazetteer, published
        self.clears, self.counts = clears, counts
        self.end = offset + len(text)
        self.known: dict[str, bool] = {}

    def has(self, gate: str) -> bool:
        """Whether a pattern of the lexicon's `[gate]` is in the sentence."""
        if gate not in self.known:
            self.known[gate] = self.lexicon.gate[gate].search(self.low) is not None
        return self.known[gate]

    def _here(self, found: list) -> list:
        return [replace(one, start=one.start + self.offset, end=one.end + self.offset) for one in found]

    @cached_property
    def _dates(self) -> tuple[list[When], list[tuple[int, int]]]:
        return find(self.text, self.low, self.lexicon, self.published)

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
    def bulletin(self) -> list[Token]:
        """The words with their classes for clearance."""
        return self.lexicon.tag(self.tokens, "clearance")

    @cached_property
    def sense(self) -> people.Sense:
        return people.read(self.tokens, self.lexicon)

    @cached_property
    def districts(self) -> list[places.Place]:
        return self._here(self.gazetteer.districts(self.text, self.lexicon))

    @cached_property
    def settlements(self) -> list[places.Place]:
        return self._here(places.settlements(self.text, self.low, self.lexicon, self.gazetteer))

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
        return [
            Line(self.text[start:end], self.low[start:end], self.number, self.offset + start, self.heading,
                 self.lexicon, self.gazetteer, self.published)
            for start, end in zip([0, *cuts], [*cuts, len(self.text)], strict=True)
        ]  # fmt: skip


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
