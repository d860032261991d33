"""One figure for each month, out of months, weeks, longer periods and running totals that overlap.

The bulletins of an operator lie within each other: weeks in months, months in years, and a running total over
all of them. Adding them up would count the same hectare three times. Here each month takes its figure from the
best that speaks of it: a statement of the month, the weeks that cover it, else what is left of a longer span
once the known months are taken off. What was made so is marked, and what cannot be had stays unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product

import numpy as np

from minestats.clearance.statements import (
    MEASURES,
    Choice,
    Group,
    Statements,
    chosen,
    first_day,
    month_of,
    near_month_end,
    shown,
    whole_months,
)

SHORT = 16  # days: the longest group that counts as one of the weeks of a month
SAME_START = 31  # days: starts of a running total as near as this are one


@dataclass(frozen=True, slots=True)
class Cell:
    """What one month has in one measure; `first` and `last` are the days that it covers."""

    value: float
    method: str
    first: int
    last: int
    low: float
    high: float
    n_sources: int
    conflict: bool = False
    rejected: tuple[float, ...] = ()
    shared_by: int = 0
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Weeks:
    """What the short groups of one month give."""

    value: float
    days: int
    low: float
    high: float
    n_sources: int
    conflict: bool
    rejected: tuple[float, ...]
    assumed: bool


@dataclass(frozen=True, slots=True)
class Point:
    """A running total on one day: as chosen, as lowered by a later one, and the day of that later one."""

    day: int
    value: float
    choice: Choice
    lowered_by: int | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A figure for several months: a longer statement (kind 0) or the difference of two running totals (kind 1)."""

    months: int
    kind: int
    start: int
    end: int
    value: float
    n_sources: int
    conflict: bool
    rejected: tuple[float, ...]
    statements: tuple[str, ...]
    assumed: bool


@dataclass(frozen=True, slots=True)
class Unused:
    """A span that is smaller than the months known in it."""

    measure: str
    span: Span
    known: float


@dataclass
class Months:
    """The months of one operator in the whole country."""

    statements: Statements
    operator: str
    unused: list[Unused] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._points: dict[str, list[Point]] = {}
        self._cells: dict[str, dict[int, Cell]] = {}
        self._choices: dict[tuple[Group, str], Choice | None] = {}

    @cached_property
    def bounded(self) -> list[Group]:
        """The groups with two ends; for `all` also those of an unknown operator that nothing else speaks of.

        Not its weeks: where nobody says whose work a week counts it is often the work of one agency, a fifth to four
        fifths of what all operators did, and would then bound or fill a month of all.
        """
        ours = [g for g in self._national(self.operator) if not g.cumulative]
        if self.operator != "all":
            return ours
        there = {(g.start, g.end) for g in ours}
        others = [g for g in self._national("unknown") if not g.cumulative and g.days > SHORT]
        return ours + [g for g in others if (g.start, g.end) not in there]

    @cached_property
    def totals(self) -> list[Group]:
        """The running totals of the operator."""
        return [g for g in self._national(self.operator) if g.cumulative]

    @cached_property
    def counter(self) -> tuple[int, list[Group]] | None:
        """The main running counter: its start, and its groups; None where the operator has none."""
        dated = [g for g in self.totals if any(self.solid_rows(g, measure) for measure in MEASURES)]
        if not dated:
            return None
        main = max(same_start(dated), key=lambda c: (len({g.end for g in c}), -c[0].start))
        starts = {g.start: len({o.end for o in main if o.start == g.start}) for g in main}
        return max(starts, key=lambda start: (starts[start], -start)), main

    def solid_rows(self, group: Group, measure: str) -> list[int]:
        """The rows of a group that state the measure and do not call it a round figure."""
        values = self.statements.values[measure]
        return [i for i in group.rows if not np.isnan(values[i]) and not self.statements.rounded(i, measure)]

    def points(self, measure: str) -> list[Point]:
        """The main counter: one total a day, the later statement correcting the earlier."""
        if measure not in self._points:
            rows: dict[int, list[int]] = {}
            for group in self.counter[1] if self.counter else []:
                rows.setdefault(group.end, []).extend(self.solid_rows(group, measure))
            made: list[Point] = []
            # from the newest back: work is never undone, so a total above a later one was an error of its own day,
            # and the later one says the most that it can have been
            for day in sorted((day for day in rows if rows[day]), reverse=True):
                choice = chosen(self.statements.figures(rows[day], measure))
                later = made[-1] if made else None
                if later is not None and later.value < choice.value:
                    made.append(
                        Point(day, later.value, choice, later.day if later.lowered_by is None else later.lowered_by)
                    )
                else:
                    made.append(Point(day, choice.value, choice))
            self._points[measure] = made[::-1]
        return self._points[measure]

    def cells(self, measure: str) -> dict[int, Cell]:
        """The known months of a measure, by month number."""
        if measure not in self._cells:
            self._cells[measure] = self._made(measure)
        return self._cells[measure]

    def weeks(self, month: int, measure: str) -> Weeks | None:
        """What the short groups that touch a month give for it; None where there are none."""
        first, last = first_day(month), first_day(month + 1) - 1
        taken: list[tuple[float, int, Choice, bool]] = []
        before = -(10**9)
        for group, choice in self._short[measure].get(month, []):
            if group.start <= before:
                continue  # inside a week already taken (the longer comes first): it would be counted twice
            before = group.end
            days = min(group.end, last) - max(group.start, first) + 1
            # a week over the edge of the month gives its part by days: how its work fell on them, nobody states
            taken.append((days / group.days, days, choice, group.operator != self.operator))
        if not taken:
            return None
        return Weeks(
            value=sum(share * choice.value for share, _, choice, _ in taken),
            days=sum(days for _, days, _, _ in taken),
            low=sum(share * choice.low for share, _, choice, _ in taken),
            high=sum(share * choice.high for share, _, choice, _ in taken),
            n_sources=min(choice.n_sources for _, _, choice, _ in taken),
            conflict=any(choice.conflict for _, _, choice, _ in taken),
            rejected=tuple(value for _, _, choice, _ in taken for value in choice.rejected),
            assumed=any(assumed for _, _, _, assumed in taken),
        )

    def year_total(self, year: int) -> float:
        """The area stated for a calendar year; NaN where there is none."""
        start, end = first_day((year - 1970) * 12), first_day((year - 1969) * 12) - 1
        choices = [self._choice(g, "area_ha") for g in self.bounded if (g.start, g.end) == (start, end)]
        return next((choice.value for choice in choices if choice is not None), np.nan)

    def stretches(self) -> list[tuple[int, int, float, float]]:
        """The area between consecutive counter dates: day before, last day, increment, the same out of the months."""
        if self.counter is None:
            return []
        day, total, made = self.counter[0] - 1, 0.0, []
        for point in self.points("area_ha"):
            made.append((day, point.day, point.value - total, self.between(day + 1, point.day)))
            day, total = point.day, point.value
        return made

    def between(self, first: int, last: int) -> float:
        """The area of a stretch out of the months, each shared out evenly over its days; NaN where one is unknown."""
        cells, area = self.cells("area_ha"), 0.0
        for month in range(month_of(first), month_of(last) + 1):
            cell = cells.get(month)
            if cell is None:
                return np.nan
            days = min(last, cell.last) - max(first, cell.first) + 1
            area += cell.value * days / (cell.last - cell.first + 1)
        return area

    def extent(self) -> tuple[int, int] | None:
        """First and last month of the table; None where no month has a value."""
        known = [month for measure in MEASURES for month in self.cells(measure)]
        if not known:
            return None
        touched = [month_of(group.end) for group in self.bounded]
        return min(known), max(*known, *touched) if touched else max(known)

    @cached_property
    def _short(self) -> dict[str, dict[int, list[tuple[Group, Choice]]]]:
        """The short groups with a figure, by measure and each month that they touch, by start, the longer first."""
        short = sorted((g for g in self.bounded if g.days <= SHORT), key=lambda g: (g.start, -g.end))
        found: dict[str, dict[int, list[tuple[Group, Choice]]]] = {measure: {} for measure in MEASURES}
        for group, measure in product(short, MEASURES):
            choice = self._choice(group, measure)
            if choice is not None:
                for month in range(month_of(group.start), month_of(group.end) + 1):
                    found[measure].setdefault(month, []).append((group, choice))
        return found

    def _national(self, operator: str) -> list[Group]:
        return [g for g in self.statements.groups if g.operator == operator and g.district == ""]

    def _choice(self, group: Group, measure: str) -> Choice | None:
        key = (group, measure)
        if key not in self._choices:
            self._choices[key] = self.statements.choice(group, measure)
        return self._choices[key]

    def _made(self, measure: str) -> dict[int, Cell]:
        # the shortest first: what a quarter leaves for a month is known better than what a year leaves, and a month
        # that is filled is known to the longer ones
        spans = sorted(self._longer(measure) + self._differences(measure), key=lambda s: (s.months, s.kind, s.start))
        cells = self._stated(measure)
        for month in set(self._short[measure]) - set(cells):
            found = self.weeks(month, measure)
            first, last = first_day(month), first_day(month + 1) - 1
            if (
                found and found.days == last - first + 1
            ):  # weeks that leave days open are less than the month, by an unknown part
                cells[month] = Cell(
                    found.value,
                    "weeks",
                    first,
                    last,
                    found.low,
                    found.high,
                    found.n_sources,
                    found.conflict,
                    found.rejected,
                    assumed=found.assumed,
                )
        for span in spans:
            self._share_out(span, cells, measure)
        made = {month: self._ranged(month, cell, cells, measure) for month, cell in cells.items()}
        return dict(sorted(made.items()))

    def _ranged(self, month: int, cell: Cell, cells: dict[int, Cell], measure: str) -> Cell:
        """A month that alone was left over of a longer statement, with the range that the running totals allow.

        What is left carries the errors of all the others; the rise of the counter over the same time, less the other
        months, is a second answer, and the month may be either or between.
        """
        if cell.method != "allocated" or cell.shared_by != 1:
            return cell
        points = self.points(measure)
        before = [p for p in points if p.day < cell.first]
        after = [p for p in points if p.day >= cell.last]
        if not before or not after:
            return cell
        first, last = before[-1].day + 1, after[0].day
        rest, sure = after[0].value - before[-1].value, True
        for other in range(month_of(first), month_of(last) + 1):
            there = cells.get(other)
            if there is None or there.method == "allocated":
                sure = sure and other == month
            elif other != month:
                days = min(last, there.last) - max(first, there.first) + 1
                rest -= there.value * days / (there.last - there.first + 1)
        rest = max(rest, 0.0)
        return replace(cell, low=min(cell.low, rest) if sure else cell.low, high=max(cell.high, rest))

    def _stated(self, measure: str) -> dict[int, Cell]:
        """The months that a statement is exactly of."""
        cells = {}
        for group in self.bounded:
            choice = self._choice(group, measure) if whole_months(group.start, group.end) == 1 else None
            if choice is not None:
                cells[month_of(group.start)] = Cell(
                    choice.value,
                    "reported",
                    group.start,
                    group.end,
                    choice.low,
                    choice.high,
                    choice.n_sources,
                    choice.conflict,
                    choice.rejected,
                    assumed=group.operator != self.operator,
                )
        return cells

    def _longer(self, measure: str) -> list[Span]:
        """Unrounded statements of 2 to 12 whole months."""
        spans = []
        for group in self.bounded:
            months = whole_months(group.start, group.end)
            choice = self._choice(group, measure) if 2 <= months <= 12 else None
            # what is left of a round figure after the known months are taken off is mostly its rounding
            if choice is not None and not choice.rounded:
                spans.append(
                    Span(
                        months,
                        0,
                        group.start,
                        group.end,
                        choice.value,
                        choice.n_sources,
                        choice.conflict,
                        choice.rejected,
                        choice.statements,
                        group.operator != self.operator,
                    )
                )
        return spans

    def _differences(self, measure: str) -> list[Span]:
        """Differences of consecutive running totals that stand for month ends, at most 12 months apart."""
        nearest: dict[int, Point] = {}
        for point in self.points(measure):
            month = near_month_end(point.day, 3)  # agencies count up to a month's end and print some days around it
            if month is not None:
                end = first_day(month + 1) - 1
                held = nearest.get(month)
                if held is None or abs(point.day - end) <= abs(held.day - end):  # as near: the later one
                    nearest[month] = point
        spans = []
        start, total, last = self.counter[0] if self.counter else 0, 0.0, None
        for month, point in sorted(nearest.items()):
            if month < month_of(start):
                continue
            ends = [p.choice for p in (last, point) if p is not None]
            months = month - month_of(start) + 1
            if months <= 12:  # over a longer gap the even split by days would be a guess with decimals
                spans.append(
                    Span(
                        months,
                        1,
                        start,
                        first_day(month + 1) - 1,
                        point.value - total,
                        min(c.n_sources for c in ends),
                        any(c.conflict for c in ends),
                        tuple(value for c in ends for value in c.rejected),
                        tuple(s for c in ends for s in c.statements),
                        assumed=False,
                    )
                )
            start, total, last = first_day(month + 1), point.value, point
        return spans

    def _share_out(self, span: Span, cells: dict[int, Cell], measure: str) -> None:
        """Split what the known months leave of a span over its unknown months by days."""
        inside = range(month_of(span.start), month_of(span.end) + 1)
        unknown = [month for month in inside if month not in cells]
        if not unknown:
            return
        known = sum(cells[month].value for month in inside if month in cells)
        rest = span.value - known
        if rest < -1e-9 * max(span.value, known):  # the months contradict the span: kept apart, never a negative month
            self.unused.append(Unused(measure, span, known))
            return
        rest = max(rest, 0.0)
        edges = {m: (max(first_day(m), span.start), min(first_day(m + 1) - 1, span.end)) for m in unknown}
        days = sum(last - first + 1 for first, last in edges.values())
        alone = len(unknown) == 1
        for month, (first, last) in edges.items():
            cells[month] = Cell(
                rest if alone else rest * (last - first + 1) / days,
                "difference" if span.kind == 1 and span.months == 1 else "allocated",
                first,
                last,
                rest if alone else 0.0,  # of several, each may have had all of the rest or nothing
                rest,
                span.n_sources,
                span.conflict,
                span.rejected,
                len(unknown),
                span.assumed,
            )


def same_start(groups: list[Group]) -> list[list[Group]]:
    """Running totals by their start: starts up to 31 days after the earliest of a cluster are one.

    Examples
    --------
    >>> groups = [Group("all", "", start, 90, True, ()) for start in (0, 31, 32)]
    >>> [len(cluster) for cluster in same_start(groups)]
    [2, 1]
    """
    clusters: list[list[Group]] = []
    for group in sorted(groups, key=lambda g: (g.start, g.end)):
        if not clusters or group.start - clusters[-1][0].start > SAME_START:
            clusters.append([])
        clusters[-1].append(group)
    return clusters


def joined(values: tuple[float, ...]) -> str:
    """Rejected figures as text, each once, separated by ";".

    Examples
    --------
    >>> joined((90.0, 81.5, 90.0))
    '81.5;90'
    """
    return ";".join(shown(value) for value in sorted(set(values)))
