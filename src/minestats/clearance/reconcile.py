"""One figure for each month, out of months, weeks, longer periods and running totals that overlap.

The bulletins of an operator lie within each other: weeks in months, months in years, and a running total over
all of them. Adding them up would count the same hectare three times. Here each month takes its figure from the
best that speaks of it: a statement of the month, the weeks that cover it, else what is left of a longer span
once the known months are taken off. What was made so is marked, and what cannot be had stays unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from typing import NamedTuple

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
    """A figure for the days from `first` to `last`: of a month, or of a span of months that it is split over."""

    first: int
    last: int
    choice: Choice
    method: str
    shared_by: int = 0
    assumed: bool = False

    @property
    def value(self) -> float:
        """The figure itself."""
        return self.choice.value

    @property
    def months(self) -> range:
        """The months that it touches."""
        return range(month_of(self.first), month_of(self.last) + 1)

    def within(self, first: int, last: int) -> float:
        """The part of the figure that falls on some of its days, shared out evenly."""
        days = min(last, self.last) - max(first, self.first) + 1
        return self.value * days / (self.last - self.first + 1)


@dataclass(frozen=True, slots=True)
class Point:
    """A running total on one day: as chosen, as lowered by a later one, and the day of that later one."""

    day: int
    value: float
    choice: Choice
    lowered_by: int | None = None


class Unused(NamedTuple):
    """A span that is smaller than the months known in it."""

    measure: str
    span: Cell
    known: float


@dataclass
class Months:
    """The months of one operator in the whole country."""

    statements: Statements
    operator: str
    unused: list[Unused] = field(default_factory=list)

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
        dated = [g for g in self.totals if any(self.unrounded_rows(g, measure) for measure in MEASURES)]
        if not dated:
            return None
        main = max(same_start(dated), key=lambda c: (len({g.end for g in c}), -c[0].start))
        starts = {g.start: len({o.end for o in main if o.start == g.start}) for g in main}
        return max(starts, key=lambda start: (starts[start], -start)), main

    def unrounded_rows(self, group: Group, measure: str) -> list[int]:
        """The rows of a group that state the measure and do not call it a round figure."""
        values = self.statements.values[measure]
        return [i for i in group.rows if not np.isnan(values[i]) and not self.statements.rounded(i, measure)]

    @cached_property
    def points(self) -> dict[str, list[Point]]:
        """The main counter in each measure: one total a day, the later statement correcting the earlier."""
        return {measure: self._points_of(measure) for measure in MEASURES}

    @cached_property
    def cells(self) -> dict[str, dict[int, Cell]]:
        """The known months of each measure, by month number."""
        return {measure: self._made(measure) for measure in MEASURES}

    def weeks(self, month: int, measure: str) -> tuple[Cell, int] | None:
        """What the short groups that touch a month give for it, and how many days they cover; None without any."""
        first, last = first_day(month), first_day(month + 1) - 1
        parts: list[tuple[float, Choice]] = []
        covered, before, assumed = 0, -(10**9), False
        for group, choice in self._short[measure].get(month, []):
            if group.start <= before:
                continue  # inside a week already taken (the longer comes first): it would be counted twice
            before = group.end
            days = min(group.end, last) - max(group.start, first) + 1
            # a week over the edge of the month gives its part by days: how its work fell on them, nobody states
            parts.append((days / group.days, choice))
            covered, assumed = covered + days, assumed or group.operator != self.operator
        return (Cell(first, last, combined(parts), "weeks", assumed=assumed), covered) if parts else None

    def year_total(self, year: int) -> float:
        """The area stated for a calendar year; NaN where there is none."""
        start, end = first_day((year - 1970) * 12), first_day((year - 1969) * 12) - 1
        choices = [self.statements.choice(g, "area_ha") for g in self.bounded if (g.start, g.end) == (start, end)]
        return next((choice.value for choice in choices if choice is not None), np.nan)

    def stretches(self) -> list[tuple[int, int, float, float]]:
        """The area between consecutive counter dates: day before, last day, increment, the same out of the months."""
        if self.counter is None:
            return []
        day, total, made = self.counter[0] - 1, 0.0, []
        for point in self.points["area_ha"]:
            made.append((day, point.day, point.value - total, self.between(day + 1, point.day)))
            day, total = point.day, point.value
        return made

    def between(self, first: int, last: int) -> float:
        """The area of a stretch out of the months, each shared out evenly over its days; NaN where one is unknown."""
        cells = [self.cells["area_ha"].get(month) for month in range(month_of(first), month_of(last) + 1)]
        return sum(np.nan if cell is None else cell.within(first, last) for cell in cells)

    def extent(self) -> tuple[int, int] | None:
        """First and last month of the table; None where no month has a value."""
        known = [month for cells in self.cells.values() for month in cells]
        if not known:
            return None
        return min(known), max([*known, *(month_of(group.end) for group in self.bounded)])

    @cached_property
    def _short(self) -> dict[str, dict[int, list[tuple[Group, Choice]]]]:
        """The short groups with a figure, by measure and each month that they touch, by start, the longer first."""
        short = sorted((g for g in self.bounded if g.days <= SHORT), key=lambda g: (g.start, -g.end))
        found: dict[str, dict[int, list[tuple[Group, Choice]]]] = {measure: {} for measure in MEASURES}
        for group, measure in product(short, MEASURES):
            choice = self.statements.choice(group, measure)
            if choice is not None:
                for month in range(month_of(group.start), month_of(group.end) + 1):
                    found[measure].setdefault(month, []).append((group, choice))
        return found

    def _national(self, operator: str) -> list[Group]:
        return [g for g in self.statements.groups if g.operator == operator and g.district == ""]

    def _points_of(self, measure: str) -> list[Point]:
        rows: dict[int, list[int]] = {}
        for group in self.counter[1] if self.counter else []:
            rows.setdefault(group.end, []).extend(self.unrounded_rows(group, measure))
        made: list[Point] = []
        # from the newest back: work is never undone, so a total above a later one was an error of its own day,
        # and the later one says the most that it can have been
        for day in sorted((day for day in rows if rows[day]), reverse=True):
            choice = chosen(self.statements.figures(rows[day], measure))
            later = made[-1] if made else None
            if later is not None and later.value < choice.value:
                made.append(replace(later, day=day, choice=choice, lowered_by=later.lowered_by or later.day))
            else:
                made.append(Point(day, choice.value, choice))
        return made[::-1]

    def _made(self, measure: str) -> dict[int, Cell]:
        cells, spans = {}, self._differences(measure)
        for group in self.bounded:
            choice, months = self.statements.choice(group, measure), whole_months(group.start, group.end)
            if choice is None:
                continue
            cell = Cell(group.start, group.end, choice, "reported", assumed=group.operator != self.operator)
            if months == 1:
                cells[month_of(group.start)] = cell
            # what is left of a round figure after the known months are taken off is mostly its rounding
            elif 2 <= months <= 12 and not choice.rounded:
                spans.append(replace(cell, method="statement"))
        for month in set(self._short[measure]) - set(cells):
            found = self.weeks(month, measure)
            # weeks that leave days open are less than the month, by an unknown part
            if found and found[1] == first_day(month + 1) - first_day(month):
                cells[month] = found[0]
        # the shortest first: what a quarter leaves for a month is known better than what a year leaves, and a month
        # that is filled is known to the longer ones
        for span in sorted(spans, key=lambda s: (len(s.months), s.method == "counter", s.first)):
            self._share_out(span, cells, measure)
        return {month: self._ranged(month, cell, cells, measure) for month, cell in sorted(cells.items())}

    def _ranged(self, month: int, cell: Cell, cells: dict[int, Cell], measure: str) -> Cell:
        """A month that alone was left over of a longer statement, with the range that the running totals allow.

        What is left carries the errors of all the others; the rise of the counter over the same time, less the other
        months, is a second answer, and the month may be either or between.
        """
        if cell.method != "allocated" or cell.shared_by != 1:
            return cell
        before = [p for p in self.points[measure] if p.day < cell.first]
        after = [p for p in self.points[measure] if p.day >= cell.last]
        if not before or not after:
            return cell
        first, last = before[-1].day + 1, after[0].day
        rest, sure = after[0].value - before[-1].value, True
        for other in range(month_of(first), month_of(last) + 1):
            there = cells.get(other)
            if there is None or there.method == "allocated":
                sure = sure and other == month
            elif other != month:
                rest -= there.within(first, last)
        rest, was = max(rest, 0.0), cell.choice
        return replace(cell, choice=replace(was, low=min(was.low, rest) if sure else was.low, high=max(was.high, rest)))

    def _differences(self, measure: str) -> list[Cell]:
        """Differences of consecutive running totals that stand for month ends, at most 12 months apart."""
        nearest: dict[int, Point] = {}
        for point in self.points[measure]:
            month = near_month_end(point.day, 3)  # agencies count up to a month's end and print some days around it
            if month is not None:
                end = first_day(month + 1) - 1
                held = nearest.get(month)
                if held is None or abs(point.day - end) <= abs(held.day - end):  # as near: the later one
                    nearest[month] = point
        spans: list[Cell] = []
        start, last = self.counter[0] if self.counter else 0, Point(0, 0.0, Choice(0.0, 0.0, 0.0, n_sources=10**9))
        for month, point in sorted(nearest.items()):
            if month < month_of(start):
                continue
            if month - month_of(start) < 12:  # over a longer gap the even split by days would be a guess with decimals
                risen = replace(combined([(1.0, point.choice), (-1.0, last.choice)]), value=point.value - last.value)
                spans.append(Cell(start, first_day(month + 1) - 1, risen, "counter"))
            start, last = first_day(month + 1), point
        return spans

    def _share_out(self, span: Cell, cells: dict[int, Cell], measure: str) -> None:
        """Split what the known months leave of a span over its unknown months by days."""
        unknown = [month for month in span.months if month not in cells]
        if not unknown:
            return
        known = sum(cells[month].value for month in span.months if month in cells)
        rest = span.value - known
        if rest < -1e-9 * max(span.value, known):  # the months contradict the span: kept apart, never a negative month
            self.unused.append(Unused(measure, span, known))
            return
        rest = max(rest, 0.0)
        edges = {m: (max(first_day(m), span.first), min(first_day(m + 1) - 1, span.last)) for m in unknown}
        days = sum(last - first + 1 for first, last in edges.values())
        alone = len(unknown) == 1
        method = "difference" if span.method == "counter" and len(span.months) == 1 else "allocated"
        for month, (first, last) in edges.items():
            value = rest if alone else rest * (last - first + 1) / days
            # of several, each may have had all of the rest or nothing
            choice = replace(span.choice, value=value, low=rest if alone else 0.0, high=rest)
            cells[month] = Cell(first, last, choice, method, len(unknown), span.assumed)


def combined(parts: list[tuple[float, Choice]]) -> Choice:
    """The weighted sum of several figures, which has the fewest sources of them and all their contradictions.

    Examples
    --------
    >>> week = Choice(70.0, 60.0, 70.0, n_sources=2, conflict=True)
    >>> made = combined([(1.0, Choice(30.0, 30.0, 30.0, n_sources=1)), (0.5, week)])
    >>> made.value, made.low, made.n_sources, made.conflict
    (65.0, 60.0, 1, True)
    """
    choices = [choice for _, choice in parts]
    return Choice(
        value=sum(weight * choice.value for weight, choice in parts),
        low=sum(weight * choice.low for weight, choice in parts),
        high=sum(weight * choice.high for weight, choice in parts),
        n_sources=min(choice.n_sources for choice in choices),
        rejected=tuple(value for choice in choices for value in choice.rejected),
        conflict=any(choice.conflict for choice in choices),
        statements=tuple(statement for choice in choices for statement in choice.statements),
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


def joined(values: Iterable[float]) -> str:
    """Rejected figures as text, each once, separated by ";".

    Examples
    --------
    >>> joined((90.0, 81.5, 90.0))
    '81.5;90'
    """
    return ";".join(shown(value) for value in sorted(set(values)))
