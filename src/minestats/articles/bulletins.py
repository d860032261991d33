"""Clearance bulletins: how many mines and munitions were found, how many hectares cleared, when, where, by whom.

An agency publishes the same sentence every week. A number belongs to the device or unit beside it; the numbers of one
period make one statement, told over one to three sentences and often once more in the headline. A second value for
the same column, or a second period, begins the next statement (the month beside the running total).
"""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from dataclasses import dataclass, field

from minestats.articles.figures import Stated
from minestats.articles.figures import figures as find_figures
from minestats.articles.when import Candidate, Line, When


@dataclass
class _Statement:
    line: int
    heading: bool
    figures: dict[str, tuple[float, tuple[int, int], str, bool]] = field(default_factory=dict)
    period: When | None = None
    period_span: tuple[int, int] | None = None
    until: When | None = None
    until_span: tuple[int, int] | None = None
    operators: dict[str, tuple[int, int]] = field(default_factory=dict)
    districts: dict[str, tuple[int, int]] = field(default_factory=dict)
    authority: tuple[str, tuple[int, int]] | None = None
    ongoing: bool = False
    war_end: dt.date | None = None
    start: int = 0
    end: int = 0


def candidates(lines: list[Line], published: dt.date | None) -> list[Candidate]:
    """Return the clearance statements of the lines (those that hold a word of clearance), in text order."""
    statements: list[_Statement] = []
    context: Line | None = None
    for line in lines:
        figures = find_figures(line)
        hurt = bool(line.sense.mentions)
        if hurt and line.has("blast") and len(figures) < 2:
            figures = [f for f in figures if f.column == "area_ha"]  # the mine that was hit
        previous = statements[-1] if statements else None
        if not figures:
            if previous is not None and line.number - previous.line <= 3 and not _periods(line) and _by_whom(line):
                for start, end, name in line.operators:
                    previous.operators.setdefault(name, line.span(start, end))
            elif _about_clearance(line) and not hurt:
                context = line
            continue
        for group, period, until in _groups(line, figures):
            statement = _statement(line, group, period, until)
            opened = context is not None and (previous is None or context.number > previous.line)
            if (
                period is None
                and context is not None
                and opened
                and line.number - context.number <= 2
                and not line.heading
            ):
                _inherit(statement, context)
            twin = next((s for s in reversed(statements[-6:]) if _same(s, statement)), None)
            if twin is not None:
                _join(twin, statement)
                previous = twin
                continue
            statements.append(statement)
            previous = statement
        context = line if _periods(line) and not hurt else context
    _spread_operators(statements, lines)
    return [made for statement in statements if (made := _candidate(statement, published)) is not None]


def _about_clearance(line: Line) -> bool:
    tags = line.bulletin
    return any(tag.code in ("found", "cleared", "mines", "uxo", "anti_personnel") for tag in tags)


def _spread_operators(statements: list[_Statement], lines: list[Line]) -> None:
    """Who did the work is often said once: at the head of the article or in the statement before."""
    opening = {
        name: line.span(start, end) for line in lines[:2] if line.number <= 1 for start, end, name in line.operators
    }
    previous = None
    for statement in statements:
        if not statement.operators:
            if previous is not None and statement.start - previous.end < 300:
                statement.operators = dict(previous.operators)
            elif len(opening) == 1:
                statement.operators = dict(opening)
        previous = statement


def _by_whom(line: Line) -> bool:
    """Whether the sentence only tells who did the work."""
    return len(line.operators) > 1 or any(word in line.low for word in line.lexicon.data["clearance"]["work"])


def _periods(line: Line) -> list[When]:
    return [w for w in line.dates if _is_period(w)]


def _is_period(item: When) -> bool:
    if item.role in ("report", "other"):
        return False
    if item.role == "since" or item.kind in ("range", "months", "month", "part", "week", "year_to_date", "year"):
        return item.role != "until" or item.kind in ("range", "months")
    if item.kind == "war_end":
        return True
    return item.kind == "day" and item.role == "event"


def _groups(line: Line, figures: list[Stated]):
    """Split the figures of a sentence by period and by column: (figures, period, until) for each statement."""
    periods = _periods(line)
    strong = [p for p in periods if p.kind != "day"] or periods
    until = next((w for w in line.dates if w.role == "until" and w.kind in ("day", "month")), None)
    groups: list[list[Stated]] = []
    for figure in figures:
        current = groups[-1] if groups else None
        split = not current or any(f.column == figure.column for f in current)
        if current and not split and len(strong) > 1:
            between = any(current[-1].end <= p.start <= figure.start for p in strong)
            split = between and any(p.start <= current[0].start for p in strong)
        if split:
            groups.append([figure])
        else:
            groups[-1].append(figure)
    for number, group in enumerate(groups):
        before = [p for p in strong if p.start < group[0].start]
        following = [p for p in strong if p.start >= group[-1].end]
        if len(groups) == 1:
            period = _best(strong, group[0].start)
        elif before and (number == 0 or before[-1].start > groups[number - 1][-1].start):
            period = before[-1]
        elif following and (number + 1 == len(groups) or following[0].start < groups[number + 1][0].start):
            period = following[0]
        elif number and len(strong) == 1:
            continue  # "120 mines, 30 of them ...": a part of what was just counted
        else:
            period = before[-1] if before else None
        yield group, period, until


def _best(periods: list[When], start: int) -> When | None:
    """The period that says most: one with days before one that only says "last week"."""
    ranked = sorted(periods, key=lambda p: (p.kind == "day", p.kind == "week", p.kind == "year" and len(periods) > 1,
                                            p.start > start, abs(p.start - start)))  # fmt: skip
    return ranked[0] if ranked else None


def _statement(line: Line, group: list[Stated], period: When | None, until: When | None) -> _Statement:
    made = _Statement(line.number, line.heading, war_end=line.lexicon.war_end)
    for figure in group:
        made.figures[figure.column] = (
            figure.value,
            line.span(figure.start, figure.end),
            figure.rounded,
            figure.exact_unit,
        )
    made.start, made.end = line.offset, line.offset + len(line.text)
    made.ongoing = any(word in line.low for word in line.lexicon.data["clearance"].get("ongoing", ()))
    if period is not None:
        made.period, made.period_span = period, line.span(period.start, period.end)
    if until is not None:
        made.until, made.until_span = until, line.span(until.start, until.end)
    for place in line.districts:
        if place.firm:
            made.districts.setdefault(place.name, line.span(place.start, place.end))
    for start, end, name in line.operators:
        made.operators.setdefault(name, line.span(start, end))
    speaker = next((s for s in line.speakers if s.speaks), None)
    if speaker is not None:
        made.authority = (speaker.name, line.span(speaker.start, speaker.end))
    return made


def _weak(statement: _Statement) -> bool:
    period = statement.period
    return period is None or (period.kind in ("week", "day") and period.role != "since")


def _agree(a: tuple, b: tuple) -> bool:
    """Whether two prints can be the same figure, one with fewer decimals or rounded ("over 5,500" and 5,523)."""
    if a[0] == b[0] or (abs(a[0] - b[0]) < 1 and (a[0] == int(a[0]) or b[0] == int(b[0]))):
        return True
    return bool(a[2] or b[2]) and abs(a[0] - b[0]) <= 0.06 * max(a[0], b[0])


def _finer(a: tuple, b: tuple) -> bool:
    """Whether the second print says more: not rounded, or with more digits."""
    if bool(a[2]) != bool(b[2]):
        return bool(a[2])
    digits = [len(f"{x[0]:.6f}".rstrip("0").rstrip(".").replace(".", "").rstrip("0")) for x in (a, b)]
    return digits[1] > digits[0]


def _fits(earlier: _Statement, later: _Statement) -> bool:
    """Whether a statement without a period of its own goes on with the one before."""
    if any(c in earlier.figures and not _agree(earlier.figures[c], later.figures[c]) for c in later.figures):
        return False
    if len(later.districts) == 1 and earlier.districts and set(later.districts) - set(earlier.districts):
        return False
    return not (len(later.districts) == 1 and not earlier.districts and not earlier.heading)


def _same(earlier: _Statement, later: _Statement) -> bool:
    """Whether two statements tell of one period: the headline and the body, or two sentences of one bulletin."""
    if not _fits(earlier, later):
        return False
    a, b = earlier.period, later.period
    shared = [c for c in later.figures if c in earlier.figures]
    if a is None or b is None:
        return bool(shared) or later.line - earlier.line <= 4
    if ((a.first, a.last) == (b.first, b.last) and a.kind != "war_end") or (
        a.first == b.first and a.role == b.role == "since"
    ):
        return bool(shared) or later.line - earlier.line <= 4
    if {a.kind, b.kind} & {"week", "day"}:
        other = b if a.kind in ("week", "day") else a
        if other.role == "since" or other.kind in ("war_end", "year", "year_to_date"):
            return len(shared) > 1
        if bool(shared):
            return True
        if later.line - earlier.line > 4:
            return False
        if a.first is None or b.first is None or a.kind == b.kind:
            return a.kind == b.kind == "week" or other.kind in ("range", "month")
        near = abs((a.first - b.first).days) <= 10
        return near or (b.kind == "week" and later.line - earlier.line <= 2)
    return False


def _join(earlier: _Statement, later: _Statement) -> None:
    for column, figure in later.figures.items():
        known = earlier.figures.get(column)
        if known is None or _finer(known, figure):
            earlier.figures[column] = figure
    if later.period is not None and (_weak(earlier) and not (earlier.period and later.period.kind == "week")):
        earlier.period, earlier.period_span = later.period, later.period_span
    if earlier.until is None and later.until is not None:
        earlier.until, earlier.until_span = later.until, later.until_span
    if earlier.heading and later.districts:
        earlier.districts = dict(later.districts)
    for name, span in later.districts.items():
        earlier.districts.setdefault(name, span)
    for name, span in later.operators.items():
        earlier.operators.setdefault(name, span)
    earlier.authority = later.authority if earlier.authority is None else earlier.authority
    earlier.end = max(earlier.end, later.end)
    earlier.line, earlier.heading = later.line, earlier.heading and later.heading


def _inherit(statement: _Statement, context: Line) -> None:
    """Take period, places and operator from the sentence that opens the bulletin."""
    periods = _periods(context)
    best = _best([p for p in periods if p.kind != "day"] or periods, 0)
    if best is not None:
        statement.period, statement.period_span = best, context.span(best.start, best.end)
        statement.start = min(statement.start, context.offset)
    if not statement.districts:
        for place in context.districts:
            if place.firm:
                statement.districts.setdefault(place.name, context.span(place.start, place.end))
    for start, end, name in context.operators:
        statement.operators.setdefault(name, context.span(start, end))
    if statement.authority is None:
        speaker = next((s for s in context.speakers if s.speaks), None)
        if speaker is not None:
            statement.authority = (speaker.name, context.span(speaker.start, speaker.end))


def _candidate(statement: _Statement, published: dt.date | None) -> Candidate | None:
    columns = set(statement.figures)
    made = Candidate("clearance", statement.start, statement.end)
    for column, (value, span, rounded, _) in statement.figures.items():
        made.put(column, float(value) if column == "area_ha" else int(value), span, rounded)
    first, last, kind, basis = _period(statement, published, made)
    if kind:
        made.fields["period_type"] = kind
    if first is not None:
        made.put("period_start", first, statement.period_span)
    if last is not None:
        made.put("period_end", last, statement.until_span or statement.period_span)
    made.date_basis = basis
    if len(statement.districts) == 1:
        name, span = next(iter(statement.districts.items()))
        made.put("district", name, span)
    elif statement.districts:
        made.fields["districts_listed"] = "; ".join(statement.districts)
    if len(statement.operators) > 1:
        made.put("operator", "all", next(iter(statement.operators.values())))
    elif statement.operators:
        made.put("operator", *next(iter(statement.operators.items())))
    else:
        made.fields["operator"] = "unknown"
    if statement.authority:
        made.put("authority", *statement.authority)
    main = columns & {"anti_personnel", "anti_tank", "uxo", "area_ha"}
    score = 0.95 if len(main) >= 2 else 0.85 if main else 0.5
    if not main:
        made.doubts.append("only a total of mines or items")
    if statement.period is None:
        score -= 0.35
        made.doubts.append("no period stated")
    elif _weak(statement):
        score -= 0.2
        made.doubts.append("period told only in words; dates follow from publication")
    elif basis == "inferred":
        score -= 0.03
    if last is None and statement.period is not None:
        score -= 0.15
        made.doubts.append("no date of publication to resolve the period")
    if made.rounded:
        score -= 0.05
        made.doubts.append(f"printed as {made.rounded.replace('_', ' ')}")
    if statement.heading:
        score -= 0.2
        made.doubts.append("only a headline")
    made.confidence = max(0.1, round(score, 2))
    return made


def _period(statement: _Statement, published: dt.date | None, made: Candidate):
    """First day, last day, type and basis of a statement's period."""
    period, until = statement.period, statement.until
    if period is None:
        if statement.ongoing:
            return None, until.last if until else published, "cumulative", "stated" if until else "inferred"
        return None, (until.last if until else None), "", ("stated" if until else "")
    if period.role == "since" or period.kind == "war_end":
        last, basis = (until.last, until.basis) if until is not None and until.last else (published, "inferred")
        kind = "cumulative"
        if period.kind == "year_to_date" or (period.kind == "year" and period.first and published
                                             and period.first.year == published.year):  # fmt: skip
            kind = "other"
        first = period.first
        if period.kind == "month" and statement.war_end is not None and first == statement.war_end.replace(day=1):
            first = statement.war_end  # "since November" of that year is since the end of the war
        return first, last, kind, basis if period.basis == "stated" else "inferred"
    if period.first is None or period.last is None:
        return None, None, {"month": "month", "week": "week", "year": "year"}.get(period.kind, ""), "inferred"
    first, last = period.first, period.last
    if period.kind == "year_to_date" or (period.kind == "year" and published and first.year == published.year
                                         and last > published and published.month < 12):  # fmt: skip
        return first, until.last if until and until.last else published, "other", "inferred"
    return first, last, _type(first, last, statement.war_end), period.basis


def _type(first: dt.date, last: dt.date, war_end: dt.date | None) -> str:
    days = (last - first).days + 1
    whole = first.day == 1 and last.day == monthrange(last.year, last.month)[1] and first.year == last.year
    if whole:
        months = last.month - first.month + 1
        if months == 1:
            return "month"
        if months == 12:
            return "year"
        if months == 3 and first.month % 3 == 1:
            return "quarter"
        if months == 6 and first.month in (1, 7):
            return "half"
        return "other"
    if 4 <= days <= 8:
        return "week"
    if first == war_end:
        return "cumulative"
    if first.day == 1 and first.month == last.month and days >= 28:
        return "month"
    return "cumulative" if days > 366 else "other"
