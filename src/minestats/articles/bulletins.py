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
from minestats.articles.gazetteer import Place
from minestats.articles.when import Candidate, Line, When


@dataclass
class _Statement:
    line: int
    heading: bool
    start: int
    end: int
    figures: dict[str, Stated]
    period: When | None = None
    until: When | None = None
    operators: dict[str, Place] = field(default_factory=dict)
    districts: dict[str, Place] = field(default_factory=dict)
    authority: Place | None = None
    ongoing: bool = False


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
                previous.operators |= _named(line.operators)
            elif not hurt and _opens(line):
                context = line
            continue
        for group, period, until in _groups(line, figures):
            statement = _statement(line, group, period, until)
            opened = context is not None and (previous is None or context.number > previous.line)
            undated = period is None and until is None and not line.heading
            if undated and context and opened and line.number - context.number <= 2:
                _inherit(statement, context)
            twin = next((s for s in reversed(statements[-6:]) if _same(s, statement)), None)
            if twin is not None:
                _join(twin, statement)
            else:
                statements.append(statement)
            previous = twin or statement
        context = line if _periods(line) and not hurt else context
    _spread_operators(statements, lines)
    return [_candidate(statement, published) for statement in statements]


def _opens(line: Line) -> bool:
    """Whether a sentence without figures can say of which work or time those after it are."""
    return any(tag.code in ("found", "cleared") for tag in line.bulletin) or any(
        w.kind in ("range", "months", "week") for w in line.dates
    )


def _named(places: list[Place]) -> dict[str, Place]:
    """The first mention of each name."""
    return {place.name: next(p for p in places if p.firm and p.name == place.name) for place in places if place.firm}


def _spread_operators(statements: list[_Statement], lines: list[Line]) -> None:
    """Who did the work is often said once: at the head of the article or in the statement before."""
    opening = _named([place for line in lines[:2] if line.number <= 1 for place in line.operators])
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
    if item.kind in ("range", "months", "war_end"):
        return item.role not in ("report", "other")
    return item.role == "since" or (item.role == "event" and item.kind != "decade")


def _groups(line: Line, figures: list[Stated]):
    """Split the figures of a sentence by period and by column: (figures, period, until) for each statement."""
    periods = _periods(line)
    strong = [p for p in periods if p.kind != "day"] or periods
    until = next((w for w in line.dates if w.role == "until" and w.kind in ("day", "month")), None)
    groups: list[list[Stated]] = []
    for figure in figures:
        current = groups[-1] if groups else []
        between = current and any(current[-1].end <= p.start <= figure.start for p in strong)
        apart = between and any(p.start <= current[0].start for p in strong)
        if not current or apart or any(f.column == figure.column for f in current):
            groups.append([figure])
        else:
            current.append(figure)
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
    made = _Statement(line.number, line.heading, line.offset, line.end, {f.column: f for f in group}, period, until)
    made.ongoing = any(word in line.low for word in line.lexicon.data["clearance"].get("ongoing", ()))
    made.districts, made.operators, made.authority = _named(line.districts), _named(line.operators), line.speaker
    return made


def _weak(statement: _Statement) -> bool:
    period = statement.period
    return period is None or (period.kind in ("week", "day") and period.role != "since")


def _agree(a: Stated, b: Stated) -> bool:
    """Whether two prints can be the same figure, one with fewer decimals or rounded ("over 5,500" and 5,523)."""
    whole = a.value == int(a.value) or b.value == int(b.value)
    if a.value == b.value or (abs(a.value - b.value) < 1 and whole):
        return True
    return bool(a.rounded or b.rounded) and abs(a.value - b.value) <= 0.06 * max(a.value, b.value)


def _finer(a: Stated, b: Stated) -> bool:
    """Whether the second print says more: not rounded, or with more digits."""
    if bool(a.rounded) != bool(b.rounded):
        return bool(a.rounded)
    digits = [len(f"{x.value:.6f}".rstrip("0").rstrip(".").replace(".", "").rstrip("0")) for x in (a, b)]
    return digits[1] > digits[0]


def _fits(earlier: _Statement, later: _Statement) -> bool:
    """Whether a statement without a period of its own goes on with the one before."""
    if any(c in earlier.figures and not _agree(earlier.figures[c], later.figures[c]) for c in later.figures):
        return False
    apart = len(later.districts) == 1 and not set(later.districts) <= set(earlier.districts)
    return not apart or (earlier.heading and not earlier.districts)


def _same(earlier: _Statement, later: _Statement) -> bool:
    """Whether two statements tell of one period: the headline and the body, or two sentences of one bulletin."""
    if not _fits(earlier, later):
        return False
    a, b = earlier.period, later.period
    shared = any(column in earlier.figures for column in later.figures)
    if a is None or b is None:
        return shared or later.line - earlier.line <= (4 if b is None else 2)
    near = later.line - earlier.line
    if a.first == b.first and ((a.last == b.last and a.kind != "war_end") or a.role == b.role == "since"):
        return shared or near <= 4
    if not {a.kind, b.kind} & {"week", "day"}:
        return False
    other = b if a.kind in ("week", "day") else a
    if other.role == "since" or other.kind in ("war_end", "year", "year_to_date"):
        return sum(column in earlier.figures for column in later.figures) > 1
    if a.first is None or b.first is None or a.kind == b.kind:
        return shared or (near <= 4 and (a.kind == b.kind == "week" or other.kind in ("range", "month")))
    close = abs((a.first - b.first).days) <= 10 or (b.kind == "week" and near <= 2)
    return shared or (near <= 4 and close)


def _join(earlier: _Statement, later: _Statement) -> None:
    for column, figure in later.figures.items():
        known = earlier.figures.get(column)
        if known is None or _finer(known, figure):
            earlier.figures[column] = figure
    if later.period is not None and _weak(earlier) and not (earlier.period and later.period.kind == "week"):
        earlier.period = later.period
    earlier.until = earlier.until or later.until
    earlier.districts = later.districts if earlier.heading and later.districts else earlier.districts | later.districts
    earlier.operators |= later.operators
    earlier.authority = earlier.authority or later.authority
    earlier.end = max(earlier.end, later.end)
    earlier.line, earlier.heading = later.line, earlier.heading and later.heading


def _inherit(statement: _Statement, context: Line) -> None:
    """Take period, places and operator from the sentence that opens the bulletin."""
    periods = _periods(context)
    statement.period = _best([p for p in periods if p.kind != "day"] or periods, 0)
    if statement.period is not None:
        statement.start = min(statement.start, context.offset)
    statement.districts = statement.districts or _named(context.districts)
    statement.operators |= _named(context.operators)
    statement.authority = statement.authority or context.speaker


def _candidate(statement: _Statement, published: dt.date | None) -> Candidate:
    columns = set(statement.figures)
    made = Candidate("clearance", statement.start, statement.end)
    for column, figure in statement.figures.items():
        made.put(column, float(figure.value) if column == "area_ha" else int(figure.value), figure, figure.rounded)
    first, last, kind, made.date_basis = _period(statement, published)
    if kind:
        made.put("period_type", kind)
    if first is not None:
        made.put("period_start", first, statement.period)
    if last is not None:
        stated = [w for w in (statement.until, statement.period) if w is not None and w.last == last]
        made.put("period_end", last, stated[0] if stated else None)
    if len(statement.districts) == 1:
        for name, place in statement.districts.items():
            made.put("district", name, place)
    elif statement.districts:
        made.put("districts_listed", "; ".join(statement.districts))
    one = next(iter(statement.operators.values()), None)
    made.put("operator", "unknown" if one is None else one.name if len(statement.operators) == 1 else "all", one)
    if statement.authority:
        made.put("authority", statement.authority.name, statement.authority)
    main = columns & {"anti_personnel", "anti_tank", "uxo", "area_ha"}
    made.confidence = 0.95 if len(main) >= 2 else 0.85 if main else 0.5
    if not main:
        made.doubt(0, "only a total of mines or items")
    if statement.period is None:
        made.doubt(0.35, "no period stated")
    elif _weak(statement):
        made.doubt(0.2, "period told only in words; dates follow from publication")
    elif made.date_basis == "inferred":
        made.confidence -= 0.03
    if last is None and statement.period is not None:
        made.doubt(0.15, "no date of publication to resolve the period")
    if statement.heading:
        made.doubt(0.2, "only a headline")
    return made.settle()


def _period(statement: _Statement, published: dt.date | None) -> tuple:
    """First day, last day, type and basis of a statement's period."""
    period, until = statement.period, statement.until
    ended = until is not None and until.last is not None
    last, basis = (until.last, until.basis) if until and ended else (published, "inferred")
    if period is None:
        if statement.ongoing:
            return None, last, "cumulative", basis
        return None, last if ended else None, "", "stated" if until else ""
    this_year = period.kind == "year_to_date" or (
        period.kind == "year" and period.first and published and period.first.year == published.year
    )
    if period.role == "since" or period.kind == "war_end":
        kind = "other" if this_year else "cumulative"
        return period.first, last, kind, basis if period.basis == "stated" else "inferred"
    if period.first is None or period.last is None:
        return None, None, period.kind if period.kind in ("month", "week", "year") else "", "inferred"
    if this_year and (period.kind == "year_to_date" or (published and published.month < 12)):
        return period.first, last, "other", "inferred"
    return period.first, period.last, _type(period.first, period.last), period.basis


def _type(first: dt.date, last: dt.date) -> str:
    days = (last - first).days + 1
    whole = first.day == 1 and last.day == monthrange(last.year, last.month)[1] and first.year == last.year
    if whole:
        months = last.month - first.month + 1
        named = {1: "month", 12: "year", 3: "quarter", 6: "half"}.get(months, "other")
        return named if (first.month - 1) % months == 0 else "other"
    if 4 <= days <= 8:
        return "week"
    return "cumulative" if days > 366 else "other"
